"""Dutch."""

from __future__ import annotations

from flowhook.languages.language import (
    AnswerWords,
    CorrectionWords,
    DateWords,
    Language,
    Negation,
    NumberWords,
    SentenceCues,
    TimeWords,
    UnitWords,
    YesNoWords,
    counted,
    groups,
    phrases,
    sentences,
)

_UNITS = (
    "nul een|eentje twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien "
    "zestien zeventien achttien negentien"
)

LANGUAGE = Language(
    numbers=NumberWords(
        words=counted(_UNITS, 0)
        | counted("twintig dertig veertig vijftig zestig zeventig tachtig negentig", 20, 10),
        scales={
            "honderd": 100,
            "duizend": 1000,
            "miljoen": 10**6,
            "miljard": 10**9,
            "mln": 10**6,
            "dozijn": 12,
        }
        | {"k": 1000, "mio": 10**6, "mld": 10**9, "biljoen": 10**12, "mrd": 10**9},
        fraction_join_re=r"en",
        abbreviations=frozenset(["mio", "mln", "mld", "mrd"]),
        articles=frozenset({"een"}),
        groups={"paar": 2, "stel": 2},
        special={
            "anderhalf": 1.5,
            "anderhalve": 1.5,
            "tweeenhalf": 2.5,
            "tweeenhalve": 2.5,
            "drieenhalf": 3.5,
        }
        | {
            f"{stem}en{half}": value + 0.5
            for stem, value in counted("zes zeven acht negen tien elf twaalf", 6).items()
            for half in ("half", "halve")
        }
        | {"drieenhalve": 3.5, "vierenhalf": 4.5, "vierenhalve": 4.5, "vijfenhalf": 5.5},
        fractions={
            "half": 0.5,
            "halve": 0.5,
            "helft": 0.5,
            "kwart": 0.25,
            "driekwart": 0.75,
            "derde": 1 / 3,
            "derden": 1 / 3,
        },
        ordinal_fractions={"vijfde": 0.2, "zesde": 1 / 6, "achtste": 0.125, "tiende": 0.1},
        and_half_re=r"en (?:een )?hal(?:f|ve)",
        half_a_re=r"(?:een )?hal(?:f|ve)",
        minus_re=r"min|minus",
        compound_join="en",
        glued=True,
        ordinals=counted(
            "eerste tweede derde vierde vijfde zesde zevende achtste negende tiende elfde twaalfde "
            "dertiende "
            "veertiende vijftiende zestiende zeventiende achttiende negentiende twintigste eenentwintigste "
            "tweeentwintigste drieentwintigste vierentwintigste vijfentwintigste zesentwintigste "
            "zevenentwintigste achtentwintigste negenentwintigste dertigste eenendertigste"
        ),
        ordinal_end_re=r"e|ste|de",
        last_re=r"laatste",
        half_hour_re=r"\d|een|twee|drie|vier|vijf|zes|zeven|acht|negen|tien|elf|twaalf",
        label_re=r"optie|nummer|nr",
        picking_articles=phrases("de het"),
        picking=phrases(
            "de het ik neem wil graag kies zou willen doe maar alstublieft alsjeblieft dank bedankt je u "
            "ja ok geef mij me voor dan hebben"
        ),
        picked=phrases("optie keuze antwoord van die"),
        decimal_re=r"komma|punt",
        before_decimal_re=r"is|zijn|ongeveer|maar",
        either_re=r"of|tussen|ik bedoel|wacht|liever|toch|ofwel",
        alternative_re=r"a|misschien|of liever|of zelfs|of eventueel|hooguit|hoogstens|maximaal|"
        r"of|tot|en|tot en met|of misschien",
        bound_re=r"vanaf|"
        r"meer dan|minder dan|minstens|minimaal|hoogstens|maximaal|tot|ten minste|boven de"
        r"|onder de|max",
        limit_re=r"(?:op zijn|op z'n) (?:vroegst|laatst)|uiterlijk|ergens (?:na|voor)|"
        r"na|later dan|eerder dan",
        limit_after_re=r"op (?:zijn|z'n) (?:vroegst|laatst)|of (?:later|eerder|daarna)",
        bound_after_re=r"of meer|of minder|maximaal|minimaal|en meer|plus",
    ),
    dates=DateWords(
        months=counted(
            "januari|jan februari|feb maart|mrt april|apr mei juni|jun juli|jul augustus|aug "
            "september|sept|sep "
            "oktober|okt november|nov december|dec"
        ),
        weekdays=counted(
            "maandag|ma dinsdag|di woensdag|wo donderdag|do vrijdag|vr zaterdag|za zondag|zo", 0
        ),
        weekday_tail_re=r"(?:avond|ochtend|middag|morgen|nacht)",
        relative_days={
            "overmorgen": 2,
            "(?<!goede )(?<!'s )(?<!elke )morgen": 1,
            "vandaag|vanavond|vanmiddag|vanochtend|vanmorgen|vannacht": 0,
            "eergisteren": -2,
            "gisteren": -1,
        },
        holidays={
            "kerstavond": (12, 24),
            "(?:eerste )?kerst(?:mis|dag)?": (12, 25),
            "oudejaarsavond|oudjaar": (12, 31),
        }
        | {"nieuwjaar(?:sdag)?": (1, 1), "sinterklaas": (12, 5), "koningsdag": (4, 27)},
        next_re=r"volgende?|komende?(?= (?:week|maand))",
        next_is_week_after=True,
        this_re=r"deze|dit|komende?|aanstaande?",
        this_after_re=r"aanstaande",
        last_re=r"vorige?|afgelopen",
        week_re=r"week",
        weekend_re=r"weekend",
        month_re=r"maand",
        year_re=r"jaar",
        of_re=r"van|in",
        the_re=r"de|op",
        day_end_re=r"e|ste|de",
        end_of_month_re=r"eind(?:e)? van de maand",
        ahead_re=r"over|binnen",
        ahead_after_re=r"later",
        ago_after_re=r"geleden",
        weekday_lead_re=r"op",
        weekday_gap_re=r"de|op",
        weekend_lead_re=r"in dit",
        since_re=r"sinds|sedert",
        later_re=r"na(?: de)?|vanaf",
        sooner_re=r"voor(?: de)?",
        vague_re=r"(?:de )?week van|voorlaatste \w+|(?:of|en) de dag (?:erna|daarna|erop|daarop)|"
        r"(?:de )?(?:eerste|tweede|laatste) (?:week|weekend|helft)(?: (?:van|in))?|"
        r"(?:eind|einde|begin|midden) (?:van )?(?:de )?(?:volgende|komende|vorige"
        r"|deze)? ?(?:week|jaar)|(?:eind|einde|begin|midden) (?:van )?(?:volgende|komende"
        r"|vorige) maand|(?:eind|begin|half) (?:januari|februari|maart|april|mei|juni|juli|augustus"
        r"|september|oktober|november|december)",
    ),
    times=TimeWords(
        at_re=r"om|rond|vanaf|tegen|voor|tot|na",
        has_re=r"gedurende|heb|hebben",
        oclock_re=r"uur(?! (?:lang|durend))|u",
        noon_re=r"12 uur 's middags|twaalf uur 's middags",
        midnight_re=r"middernacht",
        now_re=r"nu|meteen|direct",
        clock={
            "half {h}": (-30, 0),
            "kwart over {h}": (15, 0),
            "kwart voor {h}": (-15, 0),
            "{m}(?: minuten)? voor half {h}": (-30, -1),
            "{m}(?: minuten)? over half {h}": (-30, 1),
            "{m}(?: minuten)? over {h}": (0, 1),
            "{m}(?: minuten)? voor {h}": (0, -1),
            "{h} uur {m}": (0, 1),
        },
        day_parts={
            "'?s ?(?:ochtends|morgens)|(?:in de )?ochtend|vanochtend|vanmorgen": "morning",
            "'?s ?middags|(?:in de )?(?:na)?middag|vanmiddag": "afternoon",
            "'?s ?avonds|(?:in de )?avond|vanavond": "evening",
            "'?s ?nachts|(?:in de )?nacht|vannacht": "night",
        },
        filler_re=r"om|rond|op|de|in|vanaf|t|en",
        counted_re=r"eur|euro'?s?|dollars?|person(?:en)?|personen|mensen|km|kg|jaar|dagen|minuten"
        r"|weken|maanden|procent|graden|keer",
        articles=frozenset({"een"}),
        range_re=r"van|tussen",
    ),
    units=UnitWords(
        seconds={
            "seconden?|sec|s": 1,
            "minuten|minuut|min|m": 60,
            "uren|uur|u|h": 3600,
            "kwartieren|kwartier": 900,
            "dagen|dag|d": 86400,
            "weken|week": 604800,
            "maanden|maand": 2592000,
            "jaren|jaar": 31536000,
        },
        and_re=r"en",
        percent_re=r"%|procent",
        degree_re=r"°|grad(?:en)?|graad",
        distances={
            "kilometers?|km": "kilometre",
            "centimeters?|cm": "centimetre",
            "millimeters?|mm": "millimetre",
            "meters?|m": "metre",
            "zeemijl(?:en)?": "nautical mile",
            "mijl(?:en)?": "mile",
            "voet": "foot",
            "inch|duim": "inch",
        },
        money={
            "euro'?s?|piek": "EUR",
            "dollars?": "USD",
            "pond(?:en)?(?: sterling)?": "GBP",
            "(?:zwitserse )?franken|frank": "CHF",
            "yen": "JPY",
        },
        cents_re=r"cents?|ct",
        ages={"jaar|jaren": "year", "maand(?:en)?": "month", "weken|week": "week", "dag(?:en)?": "day"},
        old_re=r"oud|jong",
        i_am_re=r"ik ben|ben|leeftijd:?|mijn leeftijd is|(?:hij|zij|ze) is",
    ),
    yes_no=YesNoWords(
        yes=phrases(
            "ja j jawel jep jup yes ok oke okay zeker graag goed juist klopt correct natuurlijk "
            "prima akkoord absoluut inderdaad uiteraard precies jazeker tuurlijk",
            "ik zei ja|ik vrees van wel|ja heb ik|heb ik|"
            "helaas wel|ik wel|toch wel|dat zou fijn zijn|dat zou leuk zijn|jazeker wel|wel degelijk|"
            "ja hoor|waarom niet|in orde|dat klopt|heel graag|is goed|geen probleem|doe maar|"
            "niet slecht|zeker weten|vind ik goed|zonder twijfel|geen twijfel|ik denk het|"
            "ik denk het wel|ik denk van wel|vind het goed|mij best|is prima|reken maar|ja zeker|"
            "is oke|dat is goed|ik ben het ermee eens|prima zo",
        ),
        no=phrases(
            "nee n neen nope nooit fout onjuist niet geenszins no",
            "niet helemaal|doe maar niet|niet precies|ik dacht het niet|ik denk niet|"
            "heb ik niet|niet meer|ik zei nee|ik heb er geen|ik heb geen|ik vrees van niet|"
            "helaas niet|ik niet|niet dat ik weet|voor zover ik weet niet|niet nodig|dat hoeft niet|"
            "hoeft niet|liever van niet|geen kans|eerder niet|"
            "nee hoor|liever niet|echt niet|zeker niet|nog niet|helemaal niet|klopt niet|"
            "dat klopt niet|niet echt|natuurlijk niet|nu niet|absoluut niet|beter niet|"
            "ik denk het niet|ik denk van niet|niet goed|niet oke|geen sprake van|vind ik niet|"
            "in geen geval",
        ),
        begins_yes=phrases(
            "ja jawel graag oke ok natuurlijk jazeker tuurlijk",
            "waarom niet|geen probleem|zonder twijfel|ik denk het wel|zeker weten",
        ),
        begins_no=phrases(
            "nee neen nooit",
            "liever niet|zeker niet|nog niet|natuurlijk niet|absoluut niet|ik denk het niet|"
            "geen sprake van|in geen geval|ik denk van niet",
        ),
        polite=phrases(
            "hmm mmm "
            "helaas eerlijk gezegd gelukkig jammer genoeg sorry "
            "alstublieft alsjeblieft dank je dankje bedankt u wel dankjewel hoor",
        ),
        approval=phrases(
            "goed juist correct oke ok okay akkoord waar klopt prima mogelijk best eens",
        ),
        approving=phrases(
            "denk geloof dat "
            "dat is het niet nie ben ik geen heel echt zo helemaal mee daar nee ermee vind voor mij "
            "me hiermee was",
        ),
        unsure_re=r"weet ik veel|ja en nee|een beetje|min of meer|zo zo|moet (?:ik )?(?:er )?(?:even "
        r")?(?:nadenken|over nadenken|navragen|vragen)|"
        r"weet (?:\w+ ){0,2}?niet|geen (?:flauw )?idee|(?:begrijp|snap|versta"
        r"|herinner) (?:\w+ ){0,4}?niet|niet (?:\w+ )?(?:zeker|begrepen)|misschien"
        r"|hangt (?:er )?(?:van|vanaf)|ligt eraan|(?<!geen )(?<!zonder )twijfel|onzeker|wie weet"
        r"|maakt (?:mij |me )?niet uit",
    ),
    negation=Negation(
        negators=phrases("haat geenszins allerminst geen niet nie zonder nooit noch nee neen"),
        light=phrases(
            "ik jij je u hij zij ze het we wij jullie mij me ons jou hun de een op om in aan voor "
            "met van bij te naar kan kunnen kon wil willen wilde zou zal mag moet heb hebben had ben "
            "is zijn was word wordt gaat gaan lukt past schikt werkt komt uit kom komen doe doen "
            "maak maken neem nemen graag liever helaas echt zo goed heel erg helemaal mogelijk vrij "
            "beschikbaar tijd ook wel dan nu meer dag uur er dat die alsjeblieft alstublieft jammer "
            "eten drinken bestellen boeken nodig lust"
        ),
        joins=phrases("of en noch de het op om"),
        turns=phrases("maar wel liever"),
        bounds=phrases("voor na tot later eerder vanaf dan"),
        harmless_re=r"niet alleen|waarom niet|geen probleem|geen zorgen|geen twijfel|niet slecht"
        r"|niet vergeten|niets op tegen|of niet|als niet|geen idee|niet zonder|niet later"
        r"|niet eerder|maakt niet uit",
        except_re=r"vermijd\w*|tenzij(?: het)?|"
        r"behalve(?: op| om)?|met uitzondering van|uitgezonderd|in plaats van|op \w+ na"
        r"|alles behalve",
        unfit_re=r"afwezig|"
        r"(?:op|met) (?:vakantie|verlof)|vergeet (?:het|dat)|laat maar|"
        r"(?:zit|is) (?:al )?(?:vol|volgeboekt)|uitgesloten|valt af|"
        r"(?:erg|heel) (?:laat|vroeg|ver|duur)|wordt (?:hem )?niets?|"
        r"onmogelijk|bezet|verhinderd|gesloten"
        r"|te (?:laat|vroeg|ver|veel|weinig|duur|lang|kort|groot|klein)"
        r"|komt (?:slecht|niet) uit",
        unable=phrases(
            "kan kunt kunnen kon lukt weet begrijp "
            "snap herinner vind vinden zie zeker denk "
            "werkt werken ontvangen aangekomen gekregen"
        ),
        wanting=phrases("wil willen wilde hoef hoeft nodig"),
        subjects=phrases("ik hij het we wij is zijn was werd heeft heb hebben"),
        lacking_re=r"geen",
    ),
    cues=SentenceCues(
        ands=phrases("en bovendien", "en ook|en dan"),
        greetings=phrases(
            "hallo hoi hey dag goedemorgen goedemiddag goedenavond goedendag",
            "hoe gaat het|goede morgen",
        ),
        farewells=phrases(
            "doei tot doeg welterusten",
            "tot ziens|tot straks|tot morgen|goede nacht|tot later",
        ),
        what=phrases(
            "wat wanneer waar wie welke welk waarom waarvoor waarheen",
        ),
        how=phrases(
            "hoe hoeveel",
        ),
        whether=phrases(
            "is zijn ben bent was waren heeft hebben heb hebt kan kunnen kun kunt wil wilt zal "
            "zou mag mogen moet gaat",
        ),
        commands=phrases(
            "geef toon zeg annuleer boek bestel stuur breng maak open sluit start stop zoek bel "
            "verander voeg verwijder neem help laat leg",
        ),
        polite=phrases(
            "alstublieft alsjeblieft en dus ok dan nu hallo",
        ),
        prepositions=phrases("voor met van op om in"),
    ),
    answers=AnswerWords(
        name_lead_re=r"(?:hallo|hoi|ja|goedendag)|(?:mijn|de|zijn|haar)(?: volledige)? naam "
        r"is|ik (?:ben|heet)|(?:dit is|het is|dat is|noem me|u spreekt met|"
        r"naam:?)"
        r"|(?:het is |dat is )?voor (?:(?:mijn|m'n) (?:zoon|dochter|vrouw|man|moeder|vader|"
        r"kind|vriend|vriendin))?"
        r"|mijn (?:zoon|dochter|vrouw|man|moeder|vader|kind|vriend|vriendin)(?: heet)?|(?:hij|zij) heet",
        name_tail_re=r"alstublieft|alsjeblieft|bedankt|dank u|hier|is mijn naam",
        particles=phrases("van de der den het ter ten von la"),
        no_names=phrases(
            "moe klaar kwijt "
            "ja nee ok oke wat wie waarom hoe wanneer waar niets niemand nooit "
            "misschien hulp stop annuleren ik jij u het "
            "mij mijn niet geen naam bedankt hallo hoi sorry goed"
        ),
        night_re=r"nacht(?:en)?",
        out_of_re=r"van(?: de)?|uit|/",
        to_re=r"tot(?: en met)?|t/m",
        after_re=r"na|vanaf|later dan|niet voor|sinds",
        before_re=r"voor|tot|uiterlijk|eerder dan|niet na",
        how_many_re=r"hoe ?veel|hoe vaak",
        none_re=r"geen(?: een| enkele(?: keer)?)?|helemaal niet|nooit|niemand",
        days_a_week_re=r"(?:dagen|keer|maal) (?:per|in de|in een|van de) week"
        r"|hoe vaak[^.?!]{0,60}(?:per|in de|in een) week",
        every_day_re=r"elke dag|iedere dag|dagelijks|alle dagen|allemaal",
    ),
    corrections=CorrectionWords(
        clear_re=r"(?:ja|ok|oke|goed|nee) maar(?: liever| graag)?|nee wacht|wacht nee|nee nee"
        r"|nee sorry|toch liever|nee toch|toch maar|nee liever|ik bedoel|ik bedoelde"
        r"|correctie|ik heb me vergist|ik vergiste me|of nee"
        r"|verander (?:het|dat) (?:in|naar)|bij nader inzien"
        r"|ik ben van gedachten veranderd",
        setting_re=r"maak (?:er|daar|het)|doe maar|laten we zeggen",
        no_re=r"nee|neen",
        hinting_re=r"liever|toch|eigenlijk|wacht(?: even)?|beter|in plaats daarvan|sorry|oeps"
        r"|nee(?=\s*[,.!])",
        opening_re=r"oh|o|ah|h+m+|eh|nou",
        being_re=r"is|was|moet zijn|luidt",
        relative_re=r"later|eerder|vroeger|meer|minder|nog|na|voor(?= \w+dag)|extra",
    ),
    function_words=phrases(
        "ik mij mijn wij ons jij je jouw u uw het een van op aan voor met zijn ben heb kan wil "
        "graag alstublieft"
    ),
    synonyms=groups(
        """
        annuleer annuler afzeg afgezegd schrap|niet komen
        opzeg stop beeindig
        verzet verplaats verander wijzig ander later|andere dag|andere tijd
        koop kopen gekocht bestel besteld
        terugstur retour terugbetal teruggav|geld terug
        kwijt verlor|niet vinden
        kapot stuk defect beschadig|doet het niet|werkt niet
        probleem fout storing
        geweiger afgewez mislukt
        wacht traag duurt laat|nog niet
        aangekom bezorg gelever lever ontvang verzond
        volg status waar|waar is|waar blijft
        pakket pakje zending bestelling
        prijs kost tarief duur|hoeveel
        korting bon actie
        factuur rekening
        betaal betal overmaak
        geld contant
        pas kaart pinpas creditcard
        pinnen opnemen geldautomaat
        pincode wachtwoord code
        mobiel telefoon
        open opening geopend
        dicht gesloten sluit
        adres waar|hoe kom
        afspraak reserveer reserver boek
        dokter arts
        ziek koorts griep hoest
        medicijn recept pil
        help hulp
        mens persoon medewerker iemand
        bel bellen terugbel contact
        klacht klag
        dank bedankt
        hallo hoi goedemorgen
        vakantie vrij verlof
        salaris loon
        vlucht vlieg
        bagage koffer
        auto wagen
        hotel kamer
        eten menu
        maat groot klein
        beschikbaar voorraad
        internet wifi verbinding
        contract abonnement lidmaatschap
        aanmeld inschrijf registr
        kind zoon dochter
        hond kat huisdier
        blokkeer geblokkeerd
        buitenland reis
        onbekend fraude
        dringend snel
        """
    ),
    small_talk={
        "fragments": sentences(
            "wat|wanneer|waar|wie|waarom|hoe|welke|hier|daar|geweldig|goed|slecht|veel|een beetje|"
            "een paar|sommige|de meeste|niets|niks bijzonders|iets|iets anders|alles|allemaal|"
            "niemand|iemand anders|echt|niet echt|misschien|waarschijnlijk|nooit|altijd|soms|vaak|"
            "elke dag|een keer per week|twee keer|de eerste|de laatste|de andere|allebei|"
            "geen van beide|geen idee|weet ik niet|ik weet het niet|dat hangt ervan af|min of meer|"
            "niet veel|ongeveer vijftig|maakt niet uit|het kan me niet schelen|wat dan ook|die daar|"
            "deze|zoiets|omdat|zomaar|en dan|en nu|wat nog meer|ik ook|nog niet|later|"
            "ik denk het wel|het is ingewikkeld|ik weet het niet zeker|ik herinner het me niet|"
            "dat ben ik vergeten|dat weet ik niet uit mijn hoofd|dat heb ik niet bij me|"
            "kan het ook zonder|het staat er niet|ik kan het niet vinden|ik zie het niet|er is niets|"
            "zoals ik zei|dat heb ik al gezegd|doe het|ga door|volgende|meer|vooruit dan"
        ),
        "repetition": sentences(
            "zeg dat nog eens|kunt u dat herhalen|nog een keer graag|wat zei je|pardon|sorry wat|"
            "dat heb ik niet begrepen|ik begrijp het niet|ik snap het niet|wat bedoel je|"
            "wat betekent dat|leg uit|wat was de vraag|hè"
        ),
        "presence": sentences(
            "ben je daar|ben je er nog|is daar iemand|hallo is er iemand|hoor je me|"
            "waarom antwoord je niet|waarom duurt het zo lang|geef antwoord|luister je wel"
        ),
        "pauses": sentences(
            "ik kijk even|laat me even kijken|laat me nadenken|een moment|een ogenblik|even wachten|"
            "momentje|een seconde|wacht|wacht even|ik moet het opzoeken|ik moet nadenken|"
            "ben zo terug|ik ben er weer|ik ben het aan het zoeken|ik vraag het mijn vrouw|"
            "ik heb het druk"
        ),
        "complaints": sentences(
            "dit is stom|dit is belachelijk|dit is tijdverspilling|dit is irritant|"
            "dat slaat nergens op|dat klopt niet|dat vroeg ik niet|dat bedoelde ik niet|"
            "daar heb ik niets aan|je bent nutteloos|je bent dom|je begrijpt me niet|is dit een grap|"
            "meen je dat|ik ben boos|ik haat dit|dit is verschrikkelijk|shit|hou je mond|ga weg|"
            "laat me met rust|idioot|verdomme|dit is saai|te veel vragen|waarom vraag je dat|"
            "waarom wilt u dat weten|dat gaat u niets aan"
        ),
        "praise": sentences(
            "goed gedaan|super|top|perfect|prachtig|dat was snel|dat hielp|heel goed|"
            "dat vind ik leuk|ik vind je leuk|ik hou van je|wat aardig|je bent grappig|haha|wauw|"
            "interessant|goed om te weten|ik snap het|begrepen|duidelijk"
        ),
        "greetings": sentences("hallo|hoi|hey|goedemorgen|goedemiddag|goedenavond|goedendag|hallo weer"),
        "farewells": sentences(
            "dag|doei|tot ziens|tot later|welterusten|fijne dag nog|dat was het|dat is alles"
        ),
        "thanks": sentences("bedankt|dank je wel|dank u|hartelijk dank|bedankt voor de hulp|graag gedaan"),
        "wellbeing": sentences(
            "hoe gaat het|hoe is het|hoe gaat het met u|alles goed|het gaat goed|ik ben moe|"
            "ik verveel me|ik ben verdrietig|ik heb honger|mijn dag was vreselijk"
        ),
        "identity": sentences(
            "wie ben je|wat ben je|ben je een robot|ben je een mens|ben je echt|hoe heet je|"
            "hoe oud ben je|waar woon je|wie heeft je gemaakt|heb je gevoelens|wat kun je"
        ),
        "time": sentences("hoe laat is het|welke dag is het|welke datum is het vandaag"),
        "weather": sentences(
            "wat voor weer is het|gaat het morgen regenen|het regent|is het koud buiten|"
            "het is zo warm vandaag"
        ),
        "chat": sentences(
            "vertel een mop|vertel me een verhaal|maak me aan het lachen|zing een liedje|"
            "hou je van muziek|vind je mij leuk|wil je met me trouwen|wat is de zin van het leven|"
            "laten we over iets anders praten|ik heb een vraag|mag ik je iets vragen|"
            "wat vind je daarvan|ik test alleen maar|dit is een test|ik heet Jan|ik woon in een dorp|"
            "ik kom uit Italië|dat zei mijn moeder|mijn hond is ziek|ik heb twee kinderen"
        ),
        "world": sentences(
            "wie heeft de wedstrijd gewonnen|wie is de president|wat is de hoofdstad van Frankrijk|"
            "speel muziek|doe het licht aan|raad me een film aan|wat zal ik vanavond koken|"
            "hoe bak ik een taart|vertaal dit in het Engels|hoeveel is twee plus twee|"
            "waar kan ik schoenen kopen|hoe kom ik op het vliegveld|wat is er op tv|"
            "lees het nieuws voor|zet de wekker op zes uur|ik moet naar de kapper|"
            "waar is de dichtstbijzijnde supermarkt"
        ),
    },
)
