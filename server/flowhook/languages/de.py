"""German."""

from __future__ import annotations

from flowhook.languages.language import Language, counted

_UNITS = (
    "null eins|ein|eine zwei|zwo drei vier funf|fuenf sechs sieben acht neun zehn elf zwolf|zwoelf dreizehn "
    "vierzehn funfzehn|fuenfzehn sechzehn siebzehn achtzehn neunzehn"
)
_TENS = "zwanzig dreißig|dreissig vierzig funfzig|fuenfzig sechzig siebzig achtzig neunzig"
_ORDINALS = (
    "erst zweit dritt viert funft|fuenft sechst siebt|siebent acht neunt zehnt elft zwolft|zwoelft dreizehnt "
    "vierzehnt funfzehnt|fuenfzehnt sechzehnt siebzehnt achtzehnt neunzehnt zwanzigst einundzwanzigst "
    "zweiundzwanzigst dreiundzwanzigst vierundzwanzigst funfundzwanzigst|fuenfundzwanzigst "
    "sechsundzwanzigst siebenundzwanzigst achtundzwanzigst neunundzwanzigst dreißigst|dreissigst "
    "einunddreißigst|einunddreissigst"
)

TONGUE = Language(
    numbers=counted(_UNITS, 0) | counted(_TENS, 20, 10),
    scales={"hundert": 100, "tausend": 1000, "million": 10**6, "millionen": 10**6, "mio": 10**6}
    | {"milliarde": 10**9, "milliarden": 10**9, "mrd": 10**9, "tsd": 1000, "dutzend": 12},
    ones=frozenset({"ein", "eine", "einen", "einem", "einer", "eines"}),
    groups={"paar": 2},
    special={
        "anderthalb": 1.5,
        "anderthalbe": 1.5,
        "eineinhalb": 1.5,
        "einundeinhalb": 1.5,
        "zweieinhalb": 2.5,
        "zweiundeinhalb": 2.5,
        "dreieinhalb": 3.5,
        "viereinhalb": 4.5,
        "funfeinhalb": 5.5,
        "fuenfeinhalb": 5.5,
        "sechseinhalb": 6.5,
        "siebeneinhalb": 7.5,
        "achteinhalb": 8.5,
        "neuneinhalb": 9.5,
        "zehneinhalb": 10.5,
        "dreiviertel": 0.75,
        "einmal": 1,
        "zweimal": 2,
        "dreimal": 3,
        "viermal": 4,
        "funfmal": 5,
        "sechsmal": 6,
    },
    fractions=dict.fromkeys(["halb", "halbe", "halber", "halbes", "halben", "einhalb"], 0.5)
    | {"viertel": 0.25, "drittel": 1 / 3, "achtel": 0.125},
    compounds="und",
    glued=True,
    and_half_re=r"und (?:ein|eine) halbe?s?",
    half_a_re=r"(?:eine |einen |ein )?halbe?[rsn]?",
    ordinals={
        stem + end: value
        for stem, value in counted(_ORDINALS).items()
        for end in ("e", "en", "er", "es", "em")
    },
    ordinal_end_re=r"\.|ter|te|ten|tes",
    last_re=r"letzte[nrs]?",
    months=counted(
        "januar|jan|janner|jaenner februar|feb|feber marz|maerz|mrz april|apr mai juni|jun|juno juli|jul "
        "august|aug september|sept|sep oktober|okt november|nov dezember|dez"
    ),
    weekdays=counted(
        "montag|mo|montags dienstag|di mittwoch|mi donnerstag|do freitag|fr samstag|sa|sonnabend sonntag|so",
        0,
    ),
    weekday_tail_re=r"(?:abend|morgen|nachmittag|vormittag|mittag|nacht|fruh)",
    days={
        "ubermorgen|uebermorgen": 2,
        "(?<!guten )(?<!heute )(?<!gestern )(?<!am )(?<!jeden )(?<!g )morgen": 1,
        "heute": 0,
        "vorgestern": -2,
        "gestern": -1,
    },
    feasts={
        "heilig(?:er )?abend|weihnachtsabend": (12, 24),
        "(?:an |zu )?weihnachten|(?:1\\. |erster |ersten )weihnachts(?:feier)?tag": (12, 25),
        "(?:2\\. |zweiter |zweiten )weihnachts(?:feier)?tag": (12, 26),
        "silvester": (12, 31),
        "neujahr(?:stag)?": (1, 1),
        "nikolaus(?:tag)?": (12, 6),
    },
    next_re=r"nachste[nrsm]?|naechste[nrsm]?",
    this_re=r"diese[nrsm]?|kommende[nrsm]?",
    past_re=r"letzte[nrsm]?|vergangene[nrsm]?|vorige[nrsm]?",
    week_re=r"woche",
    weekend_re=r"wochenende",
    month_re=r"monat",
    year_re=r"jahr",
    of_re=r"des",
    the_re=r"am|den|zum|der",
    day_end_re=r"\.|ten|te",
    end_of_month_re=r"(?:am )?(?:monatsende|ende (?:des|dieses) monats)",
    at_re=r"um|gegen|ab|bis|vor|nach|@|so um|kurz nach|von",
    oclock_re=r"uhr",
    noon_re=r"(?:12 uhr |zwolf uhr )?(?:mittags?|zu mittag)",
    midnight_re=r"(?:24 uhr |um )?mitternacht",
    now_re=r"jetzt(?: gleich)?|sofort",
    clock={
        "halb {h}": (-30, 0),
        "viertel nach {h}": (15, 0),
        "viertel vor {h}": (-15, 0),
        "viertel {h}": (-45, 0),
        "(?:dreiviertel|drei viertel) {h}": (-15, 0),
        "{m}(?: minuten)? vor halb {h}": (-30, -1),
        "{m}(?: minuten)? nach halb {h}": (-30, 1),
        "{m}(?: minuten)? nach {h}": (0, 1),
        "{m}(?: minuten)? vor {h}": (0, -1),
        "{h} uhr {m}": (0, 1),
    },
    parts={
        "(?:fruh)?morgens|(?:in der )?fruh|am (?:fruhen )?morgen|(?:am )?vormittags?": "morning",
        "(?<=heute )morgen|(?<=tag )morgen|(?<=tag)morgen|(?<=och )morgen": "morning",
        "(?:am )?(?:fruhen |spaten )?nachmittags?|mittags|am mittag": "afternoon",
        "(?:am )?(?:fruhen |spaten )?abends?": "evening",
        "nachts|in der nacht|nacht": "night",
    },
    ahead_re=r"in|binnen",
    ahead_after_re=r"spater|von heute an|ab heute|ab jetzt",
    ago_re=r"vor",
    filler_re=r"um|gegen|am|an|den|dem|der|ab|bis|so|in|im|bitte|dann|fruh|t|@|zu|und|genau",
    seconds={
        "sekunden?|sek|s": 1,
        "minuten?|min|m": 60,
        "stunden?|std|stdn|h": 3600,
        "viertelstunden?": 900,
        "halbstunden?": 1800,
        "dreiviertelstunden?": 2700,
        "tage?n?|d": 86400,
        "wochen?": 604800,
        "monate?n?|monats": 2592000,
        "jahre?n?": 31536000,
    },
    and_re=r"und",
    percent_re=r"%|prozent|proz|v\.h\.",
    degree_re=r"°|grad",
    distances={
        "kilometern?|kilometer|km": "kilometre",
        "zentimetern?|zentimeter|cm": "centimetre",
        "millimetern?|millimeter|mm": "millimetre",
        "metern?|meter|m": "metre",
        "meilen?": "mile",
        "fuß|fuss": "foot",
        "zoll": "inch",
        "seemeilen?|sm": "nautical mile",
    },
    money={
        "euros?|euronen": "EUR",
        "(?:us[- ]|amerikanische )?dollars?": "USD",
        "pfund(?: sterling)?": "GBP",
        "(?:schweizer )?franken|stutz|sfr": "CHF",
        "yen": "JPY",
        "zloty": "PLN",
        "kronen?": "",
    },
    cents_re=r"cents?|ct|rappen|rp|pence",
    ages={"jahre?n?|j\\.": "year", "monate?n?": "month", "wochen?": "week", "tage?n?": "day"},
    old_re=r"alt|jung",
    i_am_re=r"ich bin|bin|im alter von|alter:?|mein alter ist|(?:er|sie) ist|werde",
)
