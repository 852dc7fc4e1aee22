"""English."""

from __future__ import annotations

from flowhook.languages.language import Language, counted

_UNITS = (
    "zero|nought one two three four five six seven eight nine ten eleven twelve thirteen fourteen|forteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty|fourty fifty sixty seventy eighty ninety|ninty"

TONGUE = Language(
    numbers=counted(_UNITS, 0) | counted(_TENS, 20, 10),
    scales={"hundred": 100, "hundreds": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
    | {"grand": 1000, "k": 1000, "dozen": 12, "dozens": 12, "millions": 10**6, "mio": 10**6},
    ones=frozenset({"a", "an"}),
    groups={"couple": 2, "pair": 2},
    special={"once": 1, "twice": 2},
    fractions={"half": 0.5, "halves": 0.5, "quarter": 0.25, "quarters": 0.25, "thirds": 1 / 3},
    and_half_re=r"and (?:a|one) half",
    half_a_re=r"half (?:an?|of an?)|half",
    minus_re=r"minus|negative",
    joins=frozenset({"and"}),
    ordinals=counted(
        "first second third fourth fifth sixth seventh eighth|eigth ninth tenth eleventh twelfth thirteenth "
        "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first|twentyfirst "
        "twenty-second twenty-third twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth "
        "twenty-ninth thirtieth thirty-first"
    ),
    ordinal_end_re=r"st|nd|rd|th",
    last_re=r"last",
    months=counted(
        "january|jan february|feb march|mar april|apr may june|jun july|jul august|aug september|sept|sep "
        "october|oct november|nov december|dec"
    ),
    weekdays=counted(
        "monday|mon|mondays tuesday|tue|tues|tuesdays wednesday|wed|weds|wensday thursday|thu|thur|thurs "
        "friday|fri|fridays saturday|sat|saturdays sunday|sun|sundays",
        0,
    ),
    days={
        "(?:the )?day after tomorrow|overmorrow": 2,
        "tomorrow|tomorow|tommorow|tommorrow|tmrw|tmr": 1,
        "today|tonight|this (?:morning|afternoon|evening|noon)": 0,
        "(?:the )?day before yesterday": -2,
        "yesterday|last night": -1,
    },
    feasts={
        "christmas eve|xmas eve": (12, 24),
        "christmas(?: day)?|xmas": (12, 25),
        "boxing day": (12, 26),
        "new year'?s eve": (12, 31),
        "new year'?s(?: day)?": (1, 1),
        "valentine'?s(?: day)?": (2, 14),
        "hallowe'?en": (10, 31),
    },
    next_re=r"next|the following",
    next_is_week_after=True,
    this_re=r"this(?: coming)?|coming|the coming",
    past_re=r"last|past",
    week_re=r"week",
    weekend_re=r"week-?end",
    month_re=r"month",
    year_re=r"year",
    of_re=r"of|in",
    the_re=r"the",
    day_end_re=r"st|nd|rd|th",
    month_first=True,
    end_of_month_re=r"(?:the )?end of (?:the|this) month",
    at_re=r"at|by|around|about|from|before|after|until|till|@|starting at|at about|at around",
    oclock_re=r"o'? ?clock(?: sharp)?|hrs|hours sharp|sharp",
    noon_re=r"(?:12 )?noon|midday|twelve noon",
    midnight_re=r"(?:12 )?midnight|twelve midnight",
    now_re=r"(?:right )?now|immediately|straight away|right away",
    clock={
        "half past {h}": (30, 0),
        "half {h}": (30, 0),
        "(?:a )?quarter past {h}|(?:a )?quarter after {h}": (15, 0),
        "(?:a )?quarter (?:to|of|till|before) {h}": (-15, 0),
        "{m}(?: minutes?| mins?)? (?:past|after) {h}": (0, 1),
        "{m}(?: minutes?| mins?)? (?:to|till|before) {h}": (0, -1),
        "{h} (?:thirty)": (30, 0),
        "{h} (?:fifteen)": (15, 0),
        "{h} (?:forty[ -]?five)": (45, 0),
        "{h} (?:twenty)": (20, 0),
        "{h} (?:ten)": (10, 0),
    },
    parts={
        "(?:early |late )?(?:in the |this )?morning|in the early hours": "morning",
        "(?:early |late )?(?:in the |this )?afternoon": "afternoon",
        "(?:early |late )?(?:in the |this )?evening|tonight": "evening",
        "at night|night": "night",
    },
    ahead_re=r"in|within",
    ahead_after_re=r"from (?:now|today)|later|hence",
    ago_after_re=r"ago|earlier",
    filler_re=r"at|by|around|about|on|the|in|of|for|from|next|this|and|please|sharp|exactly|maybe|t|@",
    seconds={
        "seconds?|secs?|s": 1,
        "minutes?|mins?|minuets?|m": 60,
        "hours?|hrs?|h": 3600,
        "days?|d": 86400,
        "weeks?|wks?|w": 604800,
        "fortnights?": 1209600,
        "months?": 2592000,
        "years?|yrs?": 31536000,
    },
    and_re=r"and",
    percent_re=r"%|percent|per cent|pct",
    degree_re=r"°|degrees?|deg",
    distances={
        "kilomet(?:er|re)s?|kms?|klicks?": "kilometre",
        "centimet(?:er|re)s?|cms?": "centimetre",
        "millimet(?:er|re)s?|mms?": "millimetre",
        "met(?:er|re)s?|m": "metre",
        "miles?|mi": "mile",
        "yards?|yds?": "yard",
        "foot|feet|ft": "foot",
        "inch|inches|in": "inch",
        "nautical miles?|nmi": "nautical mile",
    },
    money={
        "euros?": "EUR",
        "(?:us |american )?dollars?|bucks?": "USD",
        "canadian dollars?": "CAD",
        "australian dollars?": "AUD",
        "pounds?(?: sterling)?|quid": "GBP",
        "(?:swiss )?francs?": "CHF",
        "(?:japanese )?yens?": "JPY",
        "rupees?": "INR",
        "yuans?|renminbi": "CNY",
        "zlotys?": "PLN",
    },
    cents_re=r"cents?|ct|pence|p|penny|pennies",
    ages={"years?|yrs?|yo|y/o": "year", "months?": "month", "weeks?": "week", "days?": "day"},
    old_re=r"olds?|of age|age",
    i_am_re=r"i am|i'm|im|aged?|my age is|age:|(?:he|she) is|turning",
)
