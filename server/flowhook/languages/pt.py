"""Portuguese."""

from __future__ import annotations

from flowhook.languages.language import Language, counted

_UNITS = (
    "zero um|uma dois|duas tres quatro cinco seis sete oito nove dez onze doze treze catorze|quatorze quinze "
    "dezesseis|dezasseis dezessete|dezassete dezoito dezenove|dezanove"
)
_HUNDREDS = (
    "duzentos|duzentas trezentos|trezentas quatrocentos|quatrocentas quinhentos|quinhentas "
    "seiscentos|seiscentas setecentos|setecentas oitocentos|oitocentas novecentos|novecentas"
)

TONGUE = Language(
    numbers=counted(_UNITS, 0)
    | counted("vinte trinta quarenta cinquenta sessenta setenta oitenta noventa", 20, 10)
    | counted("cem|cento", 100)
    | counted(_HUNDREDS, 200, 100),
    scales={"mil": 1000, "milhao": 10**6, "milhoes": 10**6, "duzia": 12, "duzias": 12, "dezena": 10},
    ones=frozenset({"um", "uma"}),
    groups={"par": 2},
    fractions={"meio": 0.5, "meia": 0.5, "metade": 0.5, "quarto": 0.25, "quartos": 0.25, "terco": 1 / 3},
    and_half_re=r"e mei[oa]",
    half_a_re=r"mei[oa]",
    minus_re=r"menos",
    joins=frozenset({"e"}),
    tens_join=True,
    ordinals=counted(
        "primeiro|primeira segundo|segunda terceiro|terceira quarto|quarta quinto|quinta sexto|sexta "
        "setimo|setima oitavo|oitava nono|nona decimo|decima"
    ),
    ordinal_end_re=r"º|ª|°|o|a",
    last_re=r"ultim[oa]",
    months=counted(
        "janeiro|jan fevereiro|fev marco|mar abril|abr maio|mai junho|jun julho|jul agosto|ago "
        "setembro|set outubro|out novembro|nov dezembro|dez"
    ),
    weekdays=counted("segunda terca quarta quinta sexta sabado domingo", 0),
    weekday_tail_re=r"-?\s?feira",
    days={
        "depois de amanha": 2,
        "(?<!depois de )amanha": 1,
        "hoje|esta (?:noite|tarde|manha)": 0,
        "anteontem": -2,
        "ontem": -1,
    },
    feasts={"vespera de natal": (12, 24), "natal": (12, 25), "ano novo": (1, 1)},
    next_re=r"(?:o |a |na |no )?proxim[oa]",
    next_after_re=r"que vem|seguinte",
    this_re=r"(?:n?est[ea]|n?ess[ea])",
    past_re=r"(?:o |a |na |no )?ultim[oa]",
    past_after_re=r"passad[oa]",
    week_re=r"(?:a )?semana",
    weekend_re=r"fim de semana|fim-de-semana",
    month_re=r"(?:o )?mes",
    year_re=r"(?:o )?ano",
    of_re=r"de|do",
    the_re=r"o dia|no dia|dia|em",
    day_end_re=r"",
    end_of_month_re=r"(?:no )?fi(?:m|nal) do mes",
    at_re=r"as|a|pelas|por volta das|das|ate as|depois das",
    oclock_re=r"horas?|h|em ponto",
    noon_re=r"meio[- ]dia",
    midnight_re=r"meia[- ]noite",
    now_re=r"agora(?: mesmo)?|ja",
    clock={
        "{h}(?: horas)? e meia": (30, 0),
        "{h}(?: horas)? e um quarto": (15, 0),
        "quinze para as? {h}": (-15, 0),
        "{m} para as? {h}": (0, -1),
        "as {h}(?: horas)? e {m}": (0, 1),
    },
    parts={
        "(?:da|de|pela) manha": "morning",
        "(?:da|de|a) tarde|esta tarde": "afternoon",
        "(?:da|de|a) noite|esta noite": "evening",
        "da madrugada": "night",
    },
    ahead_re=r"em|dentro de|daqui a",
    ahead_after_re=r"depois|mais tarde",
    ago_re=r"ha|faz",
    ago_after_re=r"atras",
    filler_re=r"as|a|o|da|de|do|na|no|em|pelas|por|para|t|e|dia",
    seconds={
        "segundos?|seg|s": 1,
        "minutos?|mins?|m": 60,
        "horas?|hrs?|h": 3600,
        "quartos? de hora": 900,
        "dias?|d": 86400,
        "semanas?": 604800,
        "quinzenas?": 1296000,
        "mes(?:es)?": 2592000,
        "anos?": 31536000,
    },
    and_re=r"e",
    percent_re=r"%|por ?cento",
    degree_re=r"°|º|graus?",
    distances={
        "quilometros?|km": "kilometre",
        "centimetros?|cm": "centimetre",
        "milimetros?|mm": "millimetre",
        "metros?|m": "metre",
        "milhas? nauticas?": "nautical mile",
        "milhas?": "mile",
        "pes?": "foot",
        "polegadas?": "inch",
    },
    money={
        "euros?": "EUR",
        "reais|real": "BRL",
        "dolar(?:es)?": "USD",
        "libras?(?: esterlinas?)?": "GBP",
        "francos?(?: suicos?)?": "CHF",
        "ienes?": "JPY",
    },
    cents_re=r"centimos?|centavos?|cts?",
    ages={"anos?": "year", "mes(?:es)?": "month", "semanas?": "week", "dias?": "day"},
    old_re=r"de idade",
    i_am_re=r"tenho|idade:?|minha idade e|tem",
)
