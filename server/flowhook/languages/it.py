"""Italian."""

from __future__ import annotations

from flowhook.languages.language import Language, counted

_UNITS = (
    "zero uno|un|una due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici "
    "quindici sedici diciassette diciotto diciannove"
)
_TENS = (
    "venti|vent trenta|trent quaranta|quarant cinquanta|cinquant sessanta|sessant settanta|settant "
    "ottanta|ottant novanta|novant"
)

TONGUE = Language(
    numbers=counted(_UNITS, 0) | counted(_TENS, 20, 10),
    scales={"cento": 100, "cent": 100, "mille": 1000, "mila": 1000, "milione": 10**6, "milioni": 10**6}
    | {"miliardo": 10**9, "miliardi": 10**9, "dozzina": 12, "dozzine": 12, "decina": 10},
    ones=frozenset({"un", "uno", "una"}),
    groups={"paio": 2, "coppia": 2},
    fractions={"mezzo": 0.5, "mezza": 0.5, "meta": 0.5, "quarto": 0.25, "quarti": 0.25, "terzo": 1 / 3},
    and_half_re=r"e mezz[oa]",
    half_a_re=r"mezz['oa]|mezz'",
    minus_re=r"meno",
    glued=True,
    ordinals=counted(
        "primo|prima secondo|seconda terzo|terza quarto|quarta quinto|quinta sesto|sesta settimo|settima "
        "ottavo|ottava nono|nona decimo|decima"
    ),
    ordinal_end_re=r"º|ª|°|o|a",
    last_re=r"ultim[oa]",
    months=counted(
        "gennaio|gen febbraio|feb marzo|mar aprile|apr maggio|mag giugno|giu luglio|lug agosto|ago "
        "settembre|set|sett ottobre|ott novembre|nov dicembre|dic"
    ),
    weekdays=counted("lunedi martedi mercoledi giovedi venerdi sabato domenica", 0),
    days={
        "dopodomani|dopo domani": 2,
        "(?<!dopo )domani": 1,
        "oggi|stasera|stamattina|stanotte|questa sera|questo pomeriggio": 0,
        "l'altro ieri|ieri l'altro|altroieri": -2,
        "(?<!altro )ieri": -1,
    },
    feasts={"vigilia di natale": (12, 24), "natale": (12, 25), "capodanno": (1, 1), "ferragosto": (8, 15)},
    next_re=r"(?:il |la )?prossim[oa]",
    next_after_re=r"prossim[oa]|che viene",
    this_re=r"quest[oa]|quest'",
    past_re=r"(?:lo |la )?scors[oa]",
    past_after_re=r"scors[oa]|passat[oa]",
    week_re=r"(?:la )?settimana",
    weekend_re=r"(?:il )?(?:week-?end|fine settimana)",
    month_re=r"(?:il )?mese",
    year_re=r"(?:l')?anno",
    of_re=r"di|del",
    the_re=r"il|l'|il giorno|giorno",
    day_end_re=r"",
    end_of_month_re=r"(?:a )?fine mese",
    at_re=r"alle|all'|verso le|dalle|per le|le|entro le",
    oclock_re=r"ore|h|in punto",
    noon_re=r"mezzogiorno",
    midnight_re=r"mezzanotte",
    now_re=r"adesso|ora|subito",
    clock={
        "{h} e mezz[oa]": (30, 0),
        "{h} e un quarto": (15, 0),
        "{h} e tre quarti": (45, 0),
        "{h} meno un quarto": (-15, 0),
        "(?:alle|le|all') {h} e {m}": (0, 1),
        "(?:alle|le|all') {h} meno {m}": (0, -1),
    },
    parts={
        "(?:di|del|la|al|questa )? ?mattin[oa]|stamattina": "morning",
        "(?:di|del|nel|questo )? ?pomeriggio": "afternoon",
        "(?:di|della|la|questa )? ?sera|stasera": "evening",
        "(?:di|della|la )? ?notte|stanotte": "night",
    },
    ahead_re=r"tra|fra|entro|in",
    ahead_after_re=r"dopo|piu tardi",
    ago_after_re=r"fa",
    filler_re=r"alle|all'|le|il|la|di|del|verso|per|ore|t|e",
    seconds={
        "second[oi]|sec|s": 1,
        "minut[oi]|min|m": 60,
        "or[ae]|h": 3600,
        "quart[oi] d'ora": 900,
        "giorn[oi]|gg|g": 86400,
        "settiman[ae]": 604800,
        "mes[ei]": 2592000,
        "ann[oi]": 31536000,
    },
    and_re=r"e",
    percent_re=r"%|per ?cento",
    degree_re=r"°|grad[oi]",
    distances={
        "chilometr[oi]|km": "kilometre",
        "centimetr[oi]|cm": "centimetre",
        "millimetr[oi]|mm": "millimetre",
        "metr[oi]|m": "metre",
        "migli[ao] marin[ei]": "nautical mile",
        "migli[ao]": "mile",
        "pied[ei]": "foot",
        "pollic[ei]": "inch",
    },
    money={
        "euro": "EUR",
        "dollar[oi]": "USD",
        "sterlin[ae]": "GBP",
        "franch?[oi](?: svizzer[oi])?": "CHF",
        "yen": "JPY",
    },
    cents_re=r"centesim[oi]|cents?|ct",
    ages={"ann[oi]": "year", "mes[ei]": "month", "settiman[ae]": "week", "giorn[oi]": "day"},
    i_am_re=r"ho|eta:?|la mia eta e|ha",
)
