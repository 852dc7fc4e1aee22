"""Spanish."""

from __future__ import annotations

from flowhook.languages.language import Language, counted

_UNITS = (
    "cero uno|un|una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
    "dieciseis diecisiete dieciocho diecinueve veinte veintiuno|veintiun|veintiuna veintidos veintitres "
    "veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve"
)
_HUNDREDS = (
    "doscientos|doscientas trescientos|trescientas cuatrocientos|cuatrocientas quinientos|quinientas "
    "seiscientos|seiscientas setecientos|setecientas ochocientos|ochocientas novecientos|novecientas"
)

TONGUE = Language(
    numbers=counted(_UNITS, 0)
    | counted("treinta cuarenta cincuenta sesenta setenta ochenta noventa", 30, 10)
    | counted("cien|ciento", 100)
    | counted(_HUNDREDS, 200, 100),
    scales={"mil": 1000, "millon": 10**6, "millones": 10**6, "docena": 12, "docenas": 12, "decena": 10},
    ones=frozenset({"un", "una", "uno"}),
    groups={"par": 2},
    fractions={"medio": 0.5, "media": 0.5, "mitad": 0.5, "cuarto": 0.25, "cuartos": 0.25, "tercio": 1 / 3},
    and_half_re=r"y medi[oa]",
    half_a_re=r"medi[oa]",
    minus_re=r"menos",
    joins=frozenset({"y"}),
    tens_join=True,
    ordinals=counted(
        "primero|primer|primera segundo|segunda tercero|tercer|tercera cuarto|cuarta quinto|quinta "
        "sexto|sexta "
        "septimo|septima octavo|octava noveno|novena decimo|decima"
    ),
    ordinal_end_re=r"º|ª|°|o|a|er|ro|do|da|ra",
    last_re=r"ultim[oa]",
    months=counted(
        "enero|ene febrero|feb marzo|mar abril|abr mayo|may junio|jun julio|jul agosto|ago "
        "septiembre|setiembre|sept|sep octubre|oct noviembre|nov diciembre|dic"
    ),
    weekdays=counted("lunes martes miercoles jueves viernes sabado domingo", 0),
    days={
        "pasado manana": 2,
        "(?<!la )(?<!pasado )(?<!esta )manana": 1,
        "hoy|esta (?:noche|tarde|manana)": 0,
        "anteayer|antes de ayer": -2,
        "(?<!de )ayer": -1,
    },
    feasts={"nochebuena": (12, 24), "navidad": (12, 25), "nochevieja": (12, 31), "ano nuevo": (1, 1)},
    next_re=r"(?:el |la )?proxim[oa]",
    next_after_re=r"proxim[oa]|que viene|siguiente",
    this_re=r"est[ea]",
    past_re=r"(?:el |la )?ultim[oa]",
    past_after_re=r"pasad[oa]",
    week_re=r"(?:la )?semana",
    weekend_re=r"(?:el )?fin de semana",
    month_re=r"(?:el )?mes",
    year_re=r"(?:el )?ano",
    of_re=r"de|del",
    the_re=r"el|el dia|dia",
    day_end_re=r"",
    end_of_month_re=r"(?:a )?fin(?:al)?(?:es)? de(?:l)? mes",
    at_re=r"a las?|sobre las?|hacia las?|desde las?|las?|hasta las?",
    oclock_re=r"horas?|h|en punto",
    noon_re=r"mediodia",
    midnight_re=r"medianoche",
    now_re=r"ahora(?: mismo)?|ya mismo",
    clock={
        "(?:a )?las? {h} y media": (30, 0),
        "(?:a )?las? {h} y cuarto": (15, 0),
        "(?:a )?las? {h} menos cuarto": (-15, 0),
        "(?:a )?las? {h} menos {m}": (0, -1),
        "(?:a )?las? {h} y {m}": (0, 1),
        "{h} y media": (30, 0),
        "{h} y cuarto": (15, 0),
        "{h} menos cuarto": (-15, 0),
    },
    parts={
        "(?:de|por) la manana": "morning",
        "(?:de|por) la tarde|esta tarde": "afternoon",
        "(?:de|por) la noche|esta noche": "evening",
        "de la madrugada": "night",
    },
    ahead_re=r"en|dentro de",
    ahead_after_re=r"mas tarde|despues",
    ago_re=r"hace",
    filler_re=r"a|las|la|el|de|por|en|sobre|para|del|t|y|dia",
    seconds={
        "segundos?|seg|s": 1,
        "minutos?|mins?|m": 60,
        "horas?|hrs?|h": 3600,
        "cuartos? de hora": 900,
        "dias?|d": 86400,
        "semanas?": 604800,
        "quincenas?": 1296000,
        "mes(?:es)?": 2592000,
        "anos?": 31536000,
    },
    and_re=r"y|con",
    percent_re=r"%|por ?ciento",
    degree_re=r"°|º|grados?",
    distances={
        "kilometros?|km": "kilometre",
        "centimetros?|cm": "centimetre",
        "milimetros?|mm": "millimetre",
        "metros?|m": "metre",
        "millas? nauticas?": "nautical mile",
        "millas?": "mile",
        "pies?": "foot",
        "pulgadas?": "inch",
    },
    money={
        "euros?": "EUR",
        "dolar(?:es)?": "USD",
        "libras?(?: esterlinas?)?": "GBP",
        "francos?(?: suizos?)?": "CHF",
        "yen(?:es)?": "JPY",
        "pesos?": "",
    },
    cents_re=r"centimos?|centavos?|cts?",
    ages={"anos?": "year", "mes(?:es)?": "month", "semanas?": "week", "dias?": "day"},
    old_re=r"de edad",
    i_am_re=r"tengo|edad:?|mi edad es|tiene",
)
