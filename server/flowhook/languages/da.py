"""Danish."""

from __future__ import annotations

from flowhook.languages.language import (
    AnswerWords,
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
    "nul en|et|een to tre fire fem seks syv otte ni ti elleve tolv tretten fjorten femten seksten sytten "
    "atten nitten"
)
_ORDINALS = (
    "første anden|andet tredje fjerde femte sjette syvende ottende niende tiende ellevte tolvte trettende "
    "fjortende femtende sekstende syttende attende nittende tyvende enogtyvende toogtyvende treogtyvende "
    "fireogtyvende femogtyvende seksogtyvende syvogtyvende otteogtyvende niogtyvende tredivte enogtredivte"
)

LANGUAGE = Language(
    numbers=NumberWords(
        words=counted(_UNITS, 0)
        | counted("tyve tredive|tredve fyrre|fyrretyve halvtreds tres halvfjerds firs halvfems", 20, 10),
        scales={"hundrede": 100, "hundred": 100, "tusind": 1000, "tusinde": 1000, "dusin": 12}
        | {"million": 10**6, "millioner": 10**6, "mio": 10**6, "milliard": 10**9, "milliarder": 10**9}
        | {"k": 1000, "mia": 10**9, "mln": 10**6},
        fraction_join_re=r"og",
        abbreviations=frozenset(["mio", "mia", "mln"]),
        articles=frozenset({"en", "et"}),
        groups={"par": 2},
        special={"halvanden": 1.5, "halvandet": 1.5},
        fractions={
            "halv": 0.5,
            "halvt": 0.5,
            "halve": 0.5,
            "kvart": 0.25,
            "tredjedel": 1 / 3,
            "tredjedele": 1 / 3,
        },
        and_half_re=r"og en halv|og et halvt",
        half_a_re=r"en halv|et halvt|halv|halvt",
        half_hour_re=r"\d|et|to|tre|fire|fem|seks|syv|otte|ni|ti|elleve|tolv",
        joins=frozenset({"og"}),
        compound_join="og",
        glued=True,
        ordinals=counted(_ORDINALS),
        ordinal_end_re=r"\.|te|de",
        last_re=r"sidste",
        label_re=r"nummer|nr|valg",
        picking_articles=phrases("den det de"),
        picking=phrases("den det de jeg tager tag vil gerne have vælger tak venligst ja ok giv mig"),
        picked=phrases("mulighed valg svar af dem"),
        decimal_re=r"komma",
        before_decimal_re=r"er|cirka|kun",
        either_re=r"eller|mellem|jeg mener|vent|hellere",
        alternative_re=r"eller|til|og|op til",
        bound_re=r"mere end|mindre end|mindst|højst|op til|maks|over|under",
        bound_after_re=r"eller mere|eller mindre",
    ),
    dates=DateWords(
        months=counted(
            "januar|jan februar|feb marts|mar april|apr maj juni|jun juli|jul august|aug "
            "september|sept|sep "
            "oktober|okt november|nov december|dec"
        ),
        weekdays=counted(
            "mandag|man tirsdag|tirs onsdag|ons torsdag|tors fredag|fre lørdag|lør søndag|søn", 0
        ),
        weekday_lead_re=r"pa",
        weekday_of_re=r"i",
        weekday_tail_re=r"(?:aften|morgen|formiddag|eftermiddag|middag|nat)",
        weekday_gap_re=r"den|d",
        relative_days={
            "i overmorgen|overmorgen": 2,
            "i ?morgen": 1,
            "i ?dag|i aften|i eftermiddag|i formiddag|i morges|i nat": 0,
            "i ?forgars": -2,
            "i ?gar": -1,
        },
        holidays={
            "juleaften|juleaftensdag": (12, 24),
            "(?:første |1\\. )?juledag": (12, 25),
            "(?:anden |2\\. )juledag": (12, 26),
            "nytarsaften(?:sdag)?": (12, 31),
            "nytarsdag": (1, 1),
        },
        next_re=r"næste",
        this_re=r"denne|dette|pa|kommende",
        last_re=r"sidste|forrige",
        week_re=r"uge",
        weekend_re=r"week-?end(?:en)?",
        weekend_lead_re=r"i",
        month_re=r"maned",
        year_re=r"ar",
        of_re=r"i",
        the_re=r"den|d",
        day_end_re=r"\.|te|de",
        end_of_month_re=r"(?:i )?slutningen af maneden|sidst pa maneden",
        ahead_re=r"om|inden for",
        ahead_after_re=r"senere|fra nu|fra i dag",
        ago_after_re=r"siden",
        since_re=r"siden",
    ),
    times=TimeWords(
        at_re=r"kl\.?|klokken|ved|omkring|fra|før|efter|inden",
        noon_re=r"(?:12 )?middag",
        midnight_re=r"midnat",
        now_re=r"nu|med det samme|straks",
        no_hours=frozenset({"en"}),
        no_minutes=frozenset({"en", "et"}),
        counted_re=r"kr|kroner?|euro|dollars?|personer|mennesker|gæster|km|kg|ar|dage?|timer?"
        r"|minutter|uger?"
        r"|maneder|procent|grader|gange",
        clock={
            "halv {h}": (-30, 0),
            "kvart over {h}": (15, 0),
            "kvart i {h}": (-15, 0),
            "{m}(?: minutter)? i halv {h}": (-30, -1),
            "{m}(?: minutter)? over halv {h}": (-30, 1),
            "{m}(?: minutter)? over {h}": (0, 1),
            "{m}(?: minutter)? i {h}": (0, -1),
        },
        day_parts={
            "om morgenen|i morges": "morning",
            "om formiddagen|i formiddag|formiddag": "morning",
            "om eftermiddagen|i eftermiddag|eftermiddag": "afternoon",
            "om aftenen|i aften|aften": "evening",
            "om natten|i nat": "night",
        },
        filler_re=r"kl\.?|klokken|om|pa|den|i|ved|og",
        range_re=r"fra|mellem",
    ),
    units=UnitWords(
        seconds={
            "sekunder|sekund|sek|s": 1,
            "minutter|minut|min|m": 60,
            "timer|time|t": 3600,
            "kvarter": 900,
            "dage|dag|døgn": 86400,
            "uger|uge": 604800,
            "maneder|maned": 2592000,
            "ar": 31536000,
        },
        and_re=r"og",
        percent_re=r"%|procent|pct",
        degree_re=r"°|grader|grad",
        distances={
            "kilometer|km": "kilometre",
            "centimeter|cm": "centimetre",
            "millimeter|mm": "millimetre",
            "meter|m": "metre",
            "sømil": "nautical mile",
            "engelske mil": "mile",
            "fod": "foot",
            "tommer|tomme": "inch",
        },
        money={
            "kroner|krone": "DKK",
            "euro": "EUR",
            "dollars?": "USD",
            "pund": "GBP",
            "(?:schweizer)?franc": "CHF",
            "yen": "JPY",
        },
        cents_re=r"øre|cents?",
        ages={"ar": "year", "maneder|maned": "month", "uger|uge": "week", "dage|dag": "day"},
        old_re=r"gammel|gamle",
        i_am_re=r"jeg er|alder:?|min alder er|(?:han|hun) er",
        only_re=r"kun|lige|allerede",
    ),
    yes_no=YesNoWords(
        yes=phrases(
            "ja j jo jep jeps jada yes ok okay gerne selvfølgelig naturligvis bestemt klart præcis "
            "præcist rigtigt korrekt fint godt absolut",
            "ja tak|ja gerne|hvorfor ikke|det er rigtigt|helt sikkert|lyder godt|det passer|"
            "det er fint|helt klart|intet problem|det er i orden|meget gerne|uden tvivl|"
            "det lyder godt",
        ),
        no=phrases(
            "nej n næ niks nope aldrig forkert ikke no",
            "nej tak|slet ikke|ikke endnu|helst ikke|bestemt ikke|absolut ikke|det passer ikke|"
            "ikke nu|ikke i dag|det er forkert|det er ikke rigtigt|pa ingen made|selvfølgelig ikke|"
            "nej da",
        ),
        begins_yes=phrases(
            "ja jo jep gerne ok okay",
            "ja tak|hvorfor ikke|helt sikkert|intet problem",
        ),
        begins_no=phrases(
            "nej næ aldrig",
            "nej tak|slet ikke|helst ikke|selvfølgelig ikke",
        ),
        polite=phrases(
            "tak venligst mange du øh nå så hm",
        ),
        approval=phrases(
            "godt rigtigt ok okay korrekt fint enig orden",
        ),
        approving=phrases(
            "det er ikke jeg i nej slet helt sa for mig",
        ),
        unsure_re=r"ved (?:\w+ )?ikke|ikke (?:\w+ )?sikker|forstar (?:\w+ ){0,2}?ikke|husker (?:\w+ )?ikke"
        r"|ingen (?:anelse|ide)|maske|kommer an pa|usikker",
    ),
    negation=Negation(
        negators=phrases("ikke ingen intet uden aldrig hverken ej"),
        light=phrases(
            "jeg du han hun vi i de mig dig os det den der en et pa om kl til for med af kan kunne "
            "vil ville skal har havde er var bliver ga gar passer virker komme kommer gøre gør tage "
            "tager tak venligst desværre rigtig godt god så sa heller slet helt tid muligt ledig dag "
            "mere"
        ),
        joins=phrases("eller og"),
        turns=phrases("men"),
        bounds=phrases("før efter indtil senere tidligere end"),
        harmless_re=r"ikke kun|ikke bare|hvorfor ikke|intet problem|uden problemer|ikke darligt|glem ikke"
        r"|uden tvivl|ikke sandt|eller ej",
        except_re=r"undtagen|bortset fra|i stedet for",
        unfit_re=r"umuligt|for (?:sent|tidligt|langt|dyrt)",
    ),
    cues=SentenceCues(
        greetings=phrases("hej hejsa goddag godmorgen godaften dav halløj", "god dag|god morgen|god aften"),
        farewells=phrases("farvel", "hej hej|vi ses|god nat|ha det godt|pa gensyn"),
        what=phrases("hvad hvornar hvor hvem hvis hvilken hvilket hvilke hvorfor"),
        how=phrases("hvordan hvormange hvormeget"),
        whether=phrases("er var kan kunne vil ville skal skulle har havde ma bliver findes gør"),
        commands=phrases(
            "vis giv sig bestil annuller afbestil send bring find stop start luk abn hjælp ring skift "
            "tilføj "
            "slet book forklar gentag"
        ),
        polite=phrases("venligst og ok okay sa nu hej"),
        prepositions=phrases("i pa til fra med om af for"),
    ),
    answers=AnswerWords(
        name_lead_re=r"(?:hej|ja|goddag)|(?:mit|hans|hendes)(?: fulde)? navn er|jeg (?:er|"
        r"hedder)|(?:det er|dette er|kald mig|navn:?)"
        r"|(?:det er )?til (?:min (?:son|datter|kone|mand|mor|far|ven|veninde))?|min (?:son|"
        r"datter|kone|mand|mor|far|ven|veninde)(?: hedder)?",
        name_tail_re=r"tak|er mit navn",
        particles=phrases("af von van de der"),
        no_names=phrases(
            "ja nej ok hvad hvem hvorfor hvordan hvornar hvor intet ingen "
            "aldrig maske hjaelp stop annuller jeg du det mig min "
            "ikke navn tak hej undskyld godt"
        ),
        out_of_re=r"ud af|af|/",
        to_re=r"til|frem til",
        after_re=r"efter|fra|tidligst|ikke for",
        before_re=r"inden|for|senest|til",
        how_many_re=r"hvor mange|hvor tit|hvor ofte",
        none_re=r"(?:slet )?ingen|ikke en eneste|aldrig",
        days_a_week_re=r"dage (?:om|i) ugen|dage pr\.? uge",
        every_day_re=r"hver dag|alle dage|dagligt|alle",
    ),
    function_words=phrases(
        "jeg mig min mit mine vi os vores du dig din dit dine han hun den det de en et at til i på for fra "
        "med om som og eller er var være har havde kan kunne vil ville gerne tak"
    ),
)
