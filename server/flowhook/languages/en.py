"""English."""

from __future__ import annotations

from flowhook.languages.language import (
    DateWords,
    Language,
    Negation,
    NumberWords,
    SentenceCues,
    TimeWords,
    UnitWords,
    YesNoWords,
    counted,
    phrases,
)

_UNITS = (
    "zero|nought one two three four five six seven eight nine ten eleven twelve thirteen fourteen|forteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty|fourty fifty sixty seventy eighty ninety|ninty"

LANGUAGE = Language(
    numbers=NumberWords(
        words=counted(_UNITS, 0) | counted(_TENS, 20, 10),
        scales={"hundred": 100, "hundreds": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
        | {"grand": 1000, "k": 1000, "dozen": 12, "dozens": 12, "millions": 10**6, "mio": 10**6},
        articles=frozenset({"a", "an"}),
        groups={"couple": 2, "pair": 2},
        special={"once": 1, "twice": 2},
        fractions={"half": 0.5, "halves": 0.5, "quarter": 0.25, "quarters": 0.25, "thirds": 1 / 3},
        and_half_re=r"and (?:a|one) half",
        half_a_re=r"half (?:an?|of an?)|half",
        minus_re=r"minus|negative",
        joins=frozenset({"and"}),
        ordinals=counted(
            "first second third fourth fifth sixth seventh eighth|eigth ninth tenth eleventh twelfth "
            "thirteenth "
            "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth "
            "twenty-first|twentyfirst "
            "twenty-second twenty-third twenty-fourth twenty-fifth twenty-sixth twenty-seventh "
            "twenty-eighth "
            "twenty-ninth thirtieth thirty-first"
        ),
        ordinal_end_re=r"st|nd|rd|th",
        last_re=r"last",
        half_hour_re=r"past|\d",
        label_re=r"option|number|no|num|choice",
        no_number_re=r"th(?:is|at|e)|which|any|no|every|each|another|last|next|big|small|large|other"
        r"|same|new|old|huge"
        r"|first|second|third|right|wrong|good|only|medium",
    ),
    dates=DateWords(
        months=counted(
            "january|jan february|feb march|mar april|apr may june|jun july|jul august|aug "
            "september|sept|sep "
            "october|oct november|nov december|dec"
        ),
        weekdays=counted(
            "monday|mon|mondays tuesday|tue|tues|tuesdays wednesday|wed|weds|wensday "
            "thursday|thu|thur|thurs "
            "friday|fri|fridays saturday|sat|saturdays sunday|sun|sundays",
            0,
        ),
        relative_days={
            "(?:the )?day after tomorrow|overmorrow": 2,
            "tomorrow|tomorow|tommorow|tommorrow|tmrw|tmr": 1,
            "today|tonight|this (?:morning|afternoon|evening|noon)": 0,
            "(?:the )?day before yesterday": -2,
            "yesterday|last night": -1,
        },
        holidays={
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
        last_re=r"last|past",
        week_re=r"week",
        weekend_re=r"week-?end",
        month_re=r"month",
        year_re=r"year",
        of_re=r"of(?: the)?|in",
        the_re=r"the",
        day_end_re=r"st|nd|rd|th",
        month_first=True,
        end_of_month_re=r"(?:the )?end of (?:the|this) month",
        ahead_re=r"in|within",
        ahead_after_re=r"from (?:now|today)|later|hence",
        ago_after_re=r"ago|earlier",
        weekday_lead_re=r"on",
        weekday_of_re=r"of",
        weekday_gap_re=r"the|on",
        weekend_lead_re=r"(?:at|on|over) the",
        day_stands_alone=True,
    ),
    times=TimeWords(
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
        day_parts={
            "(?:early |late )?(?:in the |this )?morning|in the early hours": "morning",
            "(?:early |late )?(?:in the |this )?afternoon": "afternoon",
            "(?:early |late )?(?:in the |this )?evening|tonight": "evening",
            "at night|night": "night",
        },
        filler_re=r"at|by|around|about|on|the|in|of|for|from|next|this|and|please|sharp|exactly|maybe|t|@",
        afternoon_until_six=True,
        counted_re=r"eur|euros?|dollars?|people|persons?|guests?|km|kg|years?|days?|hours?|minutes?"
        r"|weeks?|months?"
        r"|percent|degrees|pieces|times",
    ),
    units=UnitWords(
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
        only_re=r"only|just|now",
    ),
    yes_no=YesNoWords(
        yes=phrases(
            "yes y yeah yea yep yup yah ya sure ok okay k correct right true definitely "
            "absolutely certainly exactly affirmative agreed indeed totally gladly fine alright "
            "perfect great confirmed confirm aye",
            "of course|go ahead|please do|that's right|thats right|that is right|why not|"
            "sounds good|all right|go for it|i do|i am|i would|i will|i think so|i guess so|"
            "do it|let's do it|for sure|by all means|not bad|no problem|no objections|it is|"
            "that's correct|thats correct|that is correct|you bet|with pleasure|very much|uh huh|"
            "i agree|sure thing|works for me",
        ),
        no=phrases(
            "no n nope nah not never wrong false negative incorrect disagree nay neither none don't dont",
            "not really|do not|not at all|no way|not yet|not now|i don't|i dont|i do not|"
            "i'd rather not|rather not|i am not|i'm not|certainly not|of course not|"
            "absolutely not|definitely not|better not|i don't think so|i dont think so|"
            "not correct|not right|that's wrong|that is wrong|not ok|not okay|no chance|"
            "not today|no more|i would not|i wouldn't|please don't|please dont",
        ),
        begins_yes=phrases(
            "yes yeah yea yep yup sure okay ok absolutely definitely",
            "of course|why not|go ahead|yes please|no problem",
        ),
        begins_no=phrases(
            "no nope nah never don't",
            "not really|of course not|no thanks|no thank you|certainly not|absolutely not|"
            "definitely not|i don't|please don't|do not|not now|not yet",
        ),
        polite=phrases(
            "please thanks thank you so much oh well hm hmm um uh ah then",
        ),
    ),
    negation=Negation(
        particles=phrases("not"),
        before=phrases(
            "no not without never neither nor dont doesnt isnt arent wont except minus excluding skip cannot"
        ),
        only=phrases("only just"),
        why=phrases("why"),
        joins=phrases("or nor and any the a an of"),
        turn=phrases("but instead rather"),
        articles=phrases("the a an this that on at in for"),
    ),
    cues=SentenceCues(
        greetings=phrases(
            "hi hello hey hiya howdy greetings yo hullo",
            "good morning|good afternoon|good evening|good day|hi there|hello there|hey there|"
            "how are you|how do you do|what's up",
        ),
        farewells=phrases(
            "bye goodbye cya farewell cheerio",
            "see you|see ya|good night|bye bye|good bye|take care|so long|have a nice day|"
            "see you later|see you soon",
        ),
        what=phrases(
            "what whats when where wheres who whos whom whose which why",
        ),
        how=phrases(
            "how hows",
        ),
        whether=phrases(
            "do does did is are am was were can could will would shall should may might must "
            "have has had isn aren don doesn didn can't couldn won wouldn shouldn hasn haven",
        ),
        commands=phrases(
            "give show tell cancel book order send bring get make open close start stop find "
            "search call change set add remove delete let go take put buy help connect transfer "
            "check repeat say read explain list update block unblock activate reset turn switch "
            "remind play describe forget leave",
        ),
        polite=phrases(
            "please pls and so well ok okay then just now kindly hey hi hello",
        ),
        prepositions=phrases("at in on for from to with by about of"),
    ),
    function_words=phrases(
        "i me my we our us you your it its a an the to of in on at for from with by as and or is "
        "are am was were be been do does did have has had can could will would want like need "
        "please some any"
    ),
)
