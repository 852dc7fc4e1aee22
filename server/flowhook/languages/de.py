"""German."""

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
    "null eins|ein|eine zwei|zwo drei vier funf|fuenf sechs sieben acht neun zehn elf "
    "zwolf|zwoelf dreizehn "
    "vierzehn funfzehn|fuenfzehn sechzehn siebzehn achtzehn neunzehn"
)
_TENS = "zwanzig dreißig|dreissig vierzig funfzig|fuenfzig sechzig siebzig achtzig neunzig"
_ORDINALS = (
    "erst zweit dritt viert funft|fuenft sechst siebt|siebent acht neunt zehnt elft "
    "zwolft|zwoelft dreizehnt "
    "vierzehnt funfzehnt|fuenfzehnt sechzehnt siebzehnt achtzehnt neunzehnt zwanzigst einundzwanzigst "
    "zweiundzwanzigst dreiundzwanzigst vierundzwanzigst funfundzwanzigst|fuenfundzwanzigst "
    "sechsundzwanzigst siebenundzwanzigst achtundzwanzigst neunundzwanzigst dreißigst|dreissigst "
    "einunddreißigst|einunddreissigst"
)

LANGUAGE = Language(
    numbers=NumberWords(
        words=counted(_UNITS, 0) | counted(_TENS, 20, 10),
        scales={"hundert": 100, "tausend": 1000, "million": 10**6, "millionen": 10**6, "mio": 10**6}
        | {
            "milliarde": 10**9,
            "milliarden": 10**9,
            "billion": 10**12,
            "billionen": 10**12,
            "mrd": 10**9,
            "tsd": 1000,
            "dutzend": 12,
        }
        | {"k": 1000, "mln": 10**6, "mill": 10**6},
        fraction_join_re=r"und",
        abbreviations=frozenset(["mio", "mrd", "tsd", "mln", "mill"]),
        articles=frozenset({"ein", "eine", "einen", "einem", "einer", "eines"}),
        groups={"paar": 2},
        special={
            "anderthalb": 1.5,
            "anderthalbe": 1.5,
            "eineinhalb": 1.5,
            "eineinviertel": 1.25,
            "zweieinviertel": 2.25,
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
        }
        | {
            f"{stem}{part}": value + share
            for stem, value in counted(
                "zwei drei vier funf|fuenf sechs sieben acht neun zehn elf zwolf|zwoelf", 2
            ).items()
            for part, share in (
                ("einhalb", 0.5),
                ("einviertel", 0.25),
                ("dreiviertel", 0.75),
                ("undeinviertel", 0.25),
            )
        },
        fractions=dict.fromkeys(["halb", "halbe", "halber", "halbes", "halben", "einhalb"], 0.5)
        | {
            "viertel": 0.25,
            "drittel": 1 / 3,
            "achtel": 0.125,
            "funftel": 0.2,
            "fuenftel": 0.2,
            "sechstel": 1 / 6,
            "zehntel": 0.1,
        },
        and_half_re=r"und (?:ein|eine) halbe?s?",
        half_a_re=r"(?:eine |einen |ein )?halbe?[rsn]?",
        compound_join="und",
        glued=True,
        ordinals={
            stem + end: value
            for stem, value in counted(_ORDINALS).items()
            for end in ("e", "en", "er", "es", "em")
        },
        ordinal_end_re=r"\.|ter|te|ten|tes",
        last_re=r"letzte[nrs]?",
        half_hour_re=r"\d|eins|zwei|drei|vier|funf|fuenf|sechs|sieben|acht|neun|zehn|elf|zwolf|zwoelf",
        label_re=r"option|nummer|nr|auswahl",
        picking_articles=phrases("der die das den dem"),
        picking=phrases(
            "der die das den dem ich nehme nehmen nehm mochte hatte gern gerne will wurde bitte danke "
            "haben mir gib geben wahle ja ok also dann fur mich es ist ware lieber nimm wir"
        ),
        picked=phrases("option auswahl moglichkeit antwort punkt nummer variante wahl davon von ihnen denen"),
        decimal_re=r"komma|punkt",
        before_decimal_re=r"ist|sind|etwa|ungefahr|nur|minus",
        either_re=r"oder|zwischen|ich meine|warte|doch lieber|lieber|vielmehr|beziehungsweise|bzw|entweder",
        alternative_re=r"bis einschlie(?:ss|ß)lich|bis inklusive|bis inkl\.?|"
        r"vielleicht|eventuell|oder lieber|oder eher|oder besser|hochstens|maximal|"
        r"oder|bis|und|bis zu|oder auch|bzw\.?|bis zum|oder vielleicht",
        bound_re=r"ab|zwischen|"
        r"mehr als|weniger als|mindestens|hochstens|maximal|minimal|uber|unter|bis zu"
        r"|wenigstens|max\.?|min\.?",
        limit_re=r"irgendwann (?:ab|nach|vor)|fruhestens(?: am)?|spatestens(?: am)?|"
        r"(?<!viertel )(?:nach|spater als|fruher als"
        r"|vor(?! \w+ (?:tag|woche|monat|jahr|stunde|minute)))",
        limit_after_re=r"fruhestens|spatestens|oder (?:spater|fruher|danach|davor)",
        bound_after_re=r"irgendwas|und ein paar|und etwas|"
        r"oder mehr|oder weniger|aufwarts|und mehr|plus|maximal|mindestens|hochstens",
    ),
    dates=DateWords(
        months=counted(
            "januar|jan|janner|jaenner februar|feb|feber marz|maerz|mrz|mar april|apr mai juni|jun|juno "
            "juli|jul "
            "august|aug september|sept|sep oktober|okt november|nov dezember|dez"
        ),
        weekdays=counted(
            "montag|mo|montags dienstag|di|dienstags mittwoch|mi|mittwochs donnerstag|do|"
            "donnerstags freitag|fr|freitags samstag|sa|sonnabend|samstags|sonnabends "
            "sonntag|so|sonntags",
            0,
        ),
        weekday_tail_re=r"(?:abend|morgen|nachmittag|vormittag|mittag|nacht|fruh)",
        relative_days={
            "uber ?ubermorgen|ueberuebermorgen": 3,
            "(?<!uber )(?<!uber)ubermorgen|uebermorgen": 2,
            "(?<!guten )(?<!heute )(?<!gestern )(?<!am )(?<!jeden )(?<!g )morgen": 1,
            "heut(?:e)?": 0,
            "vorgestern": -2,
            "gestern": -1,
        },
        holidays={
            "heilig(?:er )?abend|weihnachtsabend": (12, 24),
            "(?:an |zu )?weihnachten|(?:1\\. |erster |ersten )weihnachts(?:feier)?tag": (12, 25),
            "(?:2\\. |zweiter |zweiten )weihnachts(?:feier)?tag": (12, 26),
            "silvester": (12, 31),
            "neujahr(?:stag)?": (1, 1),
            "nikolaus(?:tag)?": (12, 6),
        },
        next_re=r"nachste[nrsm]?|naechste[nrsm]?|kommende[nrsm]?(?= (?:woche|monat|jahr))",
        this_re=r"diese[nrsm]?|kommende[nrsm]?",
        last_re=r"letzte[nrsm]?|vergangene[nrsm]?|vorige[nrsm]?",
        week_re=r"woche",
        weekend_re=r"wochenende",
        month_re=r"monats?",
        year_re=r"jahr",
        of_re=r"des|im",
        the_re=r"am|den|zum|der",
        day_end_re=r"\.|ten|te",
        end_of_month_re=r"(?:am )?(?:monatsende|ende (?:des|dieses) monats)",
        ahead_re=r"in|binnen",
        ahead_after_re=r"spater|von heute an|ab heute|ab jetzt",
        ago_re=r"vor",
        weekday_lead_re=r"am",
        weekday_of_re=r"der|in der",
        weekday_gap_re=r"den|dem|der|am",
        weekend_lead_re=r"am",
        since_re=r"seit(?: dem)?",
        month_ordinals=True,
        later_re=r"(?:nach|ab)(?: dem| der)?",
        sooner_re=r"vor(?: dem| der)?",
        vague_re=r"morgen in (?:acht|14|vierzehn) tagen|morgen in (?:einer|zwei|drei) wochen?|(?:in "
        r"der )?woche (?:vom|ab|um den)|vorletzte[nrsm]? \w+tag|(?:oder|und) (?:am )?(?:tag (?:danach|"
        r"darauf|drauf)|nachsten tag|folgetag)|(?:erste|zweite|dritte|letzte)[nrs]? (?:woche|halfte|"
        r"wochenende)(?: (?:im|des|vom))?|"
        r"(?:ende|anfang|mitte) (?:der |des )?(?:nachste[nrs]?|naechste[nrs]?|diese[rs]?"
        r"|kommende[nrs]?|letzte[nrs]?)? ?(?:woche|jahres|jahr)|(?:ende|anfang|mitte) (?:der "
        r"|des )?(?:nachste[nrs]|naechste[nrs]|kommende[nrs]|letzte[nrs]) monats?|(?:anfang"
        r"|mitte) (?:des|dieses) monats|ubernachste[nrsm]? (?:woche|wochenende|monat|jahr|\w+tag)"
        r"|(?:ende|anfang|mitte) (?:januar|februar|marz|april|mai|juni|juli|august|september|oktober"
        r"|november|dezember)",
    ),
    times=TimeWords(
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
        day_parts={
            "(?:fruh)?morgens|(?:in der )?fruh|am (?:fruhen )?morgen|(?:am )?vormittags?": "morning",
            "(?<=heute )morgen|(?<=tag )morgen|(?<=tag)morgen|(?<=och )morgen": "morning",
            "(?:am )?(?:fruhen |spaten )?nachmittags?|mittags|am mittag": "afternoon",
            "(?:am )?(?:fruhen |spaten )?abends?": "evening",
            "nachts|in der nacht|nacht": "night",
        },
        filler_re=r"um|gegen|am|an|den|dem|der|ab|bis|so|in|im|bitte|dann|fruh|t|@|zu|und|genau",
        no_hours=frozenset({"eine"}),
        no_minutes=frozenset({"ein", "eine"}),
        counted_re=r"eur|euros?|dollars?|personen|leute|km|kg|jahre|tagen?|stunden|minuten|wochen"
        r"|monaten?|prozent|grad|stuck",
        range_re=r"von|zwischen",
    ),
    units=UnitWords(
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
        spans={"viertelstunde": 900, "halbstunde": 1800, "dreiviertelstunde": 2700},
        only_re=r"erst|gerade|jetzt|schon|nur",
    ),
    yes_no=YesNoWords(
        yes=phrases(
            "ja j jo jep jup jau joa yes jawohl klar sicher gern gerne ok okay okey richtig stimmt "
            "korrekt genau selbstverstandlich naturlich natuerlich logisch unbedingt einverstanden "
            "passt absolut definitiv bestatige bestatigt freilich doch perfekt super klaro logo "
            "bestimmt freili jawoll jupp joar yo jap japp jepp abgemacht gebongt zweifellos sowieso "
            "meinetwegen",
            "ich glaub schon|ich glaub ja|glaub ja|"
            "ich furchte ja|ich furchte schon|ich sagte ja|ich habe ja gesagt|hab ich doch gesagt ja|"
            "ja habe ich|habe ich|"
            "ich denke doch|das ware toll|das ware super|das ware gut|sehr wohl|"
            "auf jeden fall|na klar|ja klar|ja gern|ja gerne|warum nicht|wieso nicht|sehr gern|"
            "sehr gerne|in ordnung|aber sicher|aber ja|alles klar|so ist es|das stimmt|ist richtig|"
            "das ist richtig|mach das|na gut|von mir aus|kein problem|geht klar|nicht schlecht|"
            "das passt|ich denke schon|ich glaube schon|passt scho|passt schon|kein zweifel|"
            "ohne zweifel|keine frage|ganz bestimmt|ja doch|ja sicher|ja logo|ja klaro|na logo|"
            "na sicher|aber klar|"
            "aber gern|aber gerne|denke schon|glaub schon|glaube schon|wird schon|ist ok|ist okay|"
            "ist gut|ist in ordnung|das ist ok|das ist okay|das ist in ordnung|passt so|passt mir|"
            "geht in ordnung|ich bin dafur|ich denke ja|ich glaube ja|ich stimme zu|bin dabei",
        ),
        no=phrases(
            "keine keinen keins "
            "nein n nee no nope ne nicht niemals falsch keinesfalls keineswegs nie negativ nö",
            "ich glaub nicht|nicht ganz|hab keine|habe keine|hab keinen|nicht genau|nicht unbedingt|"
            "nicht mehr|habe ich nicht|hab ich nicht|ich habe keine|ich hab keine|ich habe keinen|"
            "ich habe nein gesagt|ich sagte nein|ich furchte nein|ich furchte nicht|"
            "nicht dass ich wusste|nicht das ich wusste|nicht dass ich wuste|soweit ich weiss nicht|"
            "soweit ich weiß nicht|nicht notig|brauche ich nicht|brauch ich nicht|nicht direkt|"
            "so nicht|im gegenteil|mit sicherheit nicht|"
            "auf keinen fall|lieber nicht|eher nicht|besser nicht|noch nicht|gar nicht|"
            "uberhaupt nicht|stimmt nicht|das stimmt nicht|ist falsch|das ist falsch|nicht richtig|"
            "nicht wirklich|bloß nicht|bloss nicht|keine lust|kein interesse|nicht heute|jetzt nicht|"
            "naturlich nicht|natuerlich nicht|sicher nicht|ganz sicher nicht|passt nicht|"
            "will ich nicht|mochte ich nicht|ich will nicht|ich mochte nicht|ich glaube nicht|"
            "bestimmt nicht|ganz bestimmt nicht|nicht ok|nicht okay|nicht gut|nicht wahr|"
            "kommt nicht in frage|ich bin dagegen|denke nicht|glaube nicht|ich denke nicht|"
            "eher weniger|nie im leben|auf gar keinen fall|nein nicht",
        ),
        begins_yes=phrases(
            "ja jo jep jup jawohl klar gerne gern naturlich natuerlich okay ok klaro logo freilich jap yo",
            "auf jeden fall|na klar|warum nicht|kein problem|keine frage|kein zweifel|na logo|passt schon",
        ),
        begins_no=phrases(
            "nein nee no ne niemals nö",
            "auf keinen fall|lieber nicht|naturlich nicht|natuerlich nicht|noch nicht|eher nicht|"
            "bestimmt nicht|auf gar keinen fall|sicher nicht|ganz sicher nicht|glaube nicht|"
            "ich glaube nicht|ich denke nicht",
        ),
        polite=phrases(
            "hmm ahm ahm ahja "
            "leider ehrlich gesagt glucklicherweise zum gluck sorry "
            "bitte danke schon dankeschon vielen dank ach oh na hm ahm also dann",
        ),
        approval=phrases(
            "richtig korrekt gut ok okay okey recht wahr einverstanden schön schon prima toll stimmt "
            "passt ordnung",
        ),
        approving=phrases(
            "glaube denke dass "
            "das ist es ich bin nicht nich net ned kein keine gar wirklich so ganz sehr uberhaupt "
            "leider fur mich mir damit auch doch nein nee halt eher in finde find da war geht aber",
        ),
        unsure_re=r"muss (?:ich )?(?:\w+ ){0,2}?(?:uberlegen|nachdenken|nachsehen|fragen)|mal so mal "
        r"so|geht so|teils teils|halb halb|uberfragt|"
        r"(?:weiss|weiß|weis) (?:\w+ ){0,3}?(?:nicht|ned|net|nich|nix)|(?:nicht|net"
        r"|nich) (?:\w+ ){0,2}?(?:sicher|wissen|sagen|verstanden|verstehen|erinnern|entscheiden)"
        r"|versteh\w* (?:\w+ ){0,3}?nicht|erinner\w* (?:\w+ ){0,3}?nicht"
        r"|keine (?:blasse )?ahnung|kein(?:en)? plan|unsicher|vielleicht|eventuell|mal (?:sehen"
        r"|schauen)|kommt (?:\w+ )?(?:drauf|darauf) an|je nachdem|jein|na ja|naja|unentschlossen"
        r"|egal|schwer zu sagen|was mein(?:st du|en sie)|kann sein|moglicherweise",
    ),
    negation=Negation(
        negators=phrases(
            "hasse keinesfalls keineswegs nimmer kein keine keinen keinem keiner keines nicht nich net ned "
            "ohne niemals nie weder nein"
        ),
        light=phrases(
            "ich du er sie es wir ihr mir mich uns dir ihnen man der die das den dem des ein eine "
            "einen einem einer am an im in um zu zum zur auf fur von bei mit kann konnen konnte "
            "konnten will wollen mochte mochten wurde wurden darf soll muss habe haben hat hatte ist "
            "sind bin war sein werde werden geht ging passt passen klappt schaffe schaffen lauft "
            "kommen komme machen mache gehen nehmen nehme mag bitte lieber leider auch da so gut "
            "recht sehr ganz gar uberhaupt wirklich eher eigentlich gerade zeit moglich frei "
            "verfugbar jetzt mehr als noch schon ja denn dann halt eben wohl ubrigens tag uhr termin "
            "wunsche wunschen brauche brauchen bestellen buchen essen trinken"
        ),
        joins=phrases("oder und noch am um die der das den"),
        turns=phrases("sondern aber statt stattdessen dafur jedoch"),
        bounds=phrases("vor nach bis spater fruher ab als"),
        harmless_re=r"nicht nur|(?:warum|wieso|weshalb) (?:auch )?nicht|kein problem|keine frage"
        r"|kein(?:en)? zweifel|nicht schlecht|nicht vergessen|nichts dagegen|nicht ohne"
        r"|nicht wahr|oder nicht|keine ahnung|wenn nicht|ob nicht|keine sorge|macht nichts"
        r"|nicht spater|nicht fruher",
        except_re=r"es sei denn(?: es ist)?|ausser wenn|bloss kein\w*|"
        r"ausser(?: am| an| um)?|außer(?: am| an| um)?|bis auf|ausgenommen|abgesehen von|statt"
        r"|anstatt|anstelle von|alles andere als",
        unfit_re=r"abwesend|"
        r"(?:im|in) urlaub|in den ferien|vergiss es|vergessen sie es|keine chance|"
        r"ist (?:\w+ )?(?:voll|dicht|ausgebucht|ausverkauft)|vermeiden|kommt (?:\w+ )?nicht "
        r"in frage|scheidet aus|"
        r"wird (?:leider )?nichts?|bringt nichts|sehr (?:spat|fruh|ungunstig|schlecht)|viel zu \w+|"
        r"unmoglich|ungunstig|schlecht|zu (?:spat|fruh|weit|viel|wenig|lang|kurz|teuer|gross"
        r"|groß|klein)|verhindert|beschaftigt|verplant|ausgebucht|geschlossen"
        r"|fallt (?:leider )?(?:aus|weg|flach)",
        unable=phrases(
            "kann kannst konnen konnt konnte konnten weiss wusste verstehe "
            "verstehen erinnere finde finden gefunden sehe sicher glaube geht gelingt "
            "funktioniert funktionieren gekommen angekommen erhalten bekommen"
        ),
        wanting=phrases("will willst wollen wollte mochte mochten brauche brauchen benotige"),
        subjects=phrases(
            "ich er es wir du man ist sind war waren wurde wurden wird hat haben hatte habe geht"
        ),
        lacking_re=r"kein\w*",
    ),
    cues=SentenceCues(
        ands=phrases("und ausserdem sowie", "und auch|und dann"),
        greetings=phrases(
            "hallo hi hey moin servus gruezi tag morgen abend huhu",
            "guten tag|guten morgen|guten abend|gruss gott|grus gott|hallo zusammen|"
            "wie geht es dir|wie geht's|schonen guten tag",
        ),
        farewells=phrases(
            "tschuss tschuess tschau ciao bye wiedersehen ade",
            "auf wiedersehen|bis bald|bis dann|bis spater|gute nacht|mach's gut|schonen tag noch|bis morgen",
        ),
        what=phrases(
            "was wann wo wer wen wem wessen welche welcher welches welchen welchem warum wieso "
            "weshalb woher wohin womit wofur woran wozu worum",
        ),
        how=phrases(
            "wie wieviel wieviele",
        ),
        whether=phrases(
            "ist sind bin bist seid war waren hat habt haben hast habe kann konnen kannst konnt "
            "konnte konnten konntest wird werden wirst willst will wollen soll sollen sollte "
            "darf durfen muss mussen mochte gibt geht macht mag magst tut wurde wurden wurdest "
            "hatte hatten",
        ),
        commands=phrases(
            "gib gebt geben zeig zeige zeigen sag sage sagen storniere stornieren storno buche "
            "buchen bestelle bestellen schick schicke schicken bring bringe bringen mach mache "
            "offne schliesse starte stopp stoppe such suche finde ruf rufe andere setze leg lege "
            "losche nimm hilf helfen erklare erklar lies wiederhole sperre entsperre aktiviere "
            "verbinde prufe lass abbrechen zeigt andern",
        ),
        polite=phrases(
            "bitte und also ok okay dann jetzt mal hey hallo hi",
        ),
        prepositions=phrases("an am um von fur mit zu auf bei in"),
    ),
    answers=AnswerWords(
        name_lead_re=r"(?:hallo|hi|ja|also|guten tag|gruss gott|servus)|(?:mein|der|sein|ihr|"
        r"unser)(?: (?:voller|ganzer))? name (?:ist|lautet)"
        r"|ich (?:bin|hei(?:ss|ß)e)(?: (?:der|die))?|(?:das ist|es ist|hier ist|hier spricht|"
        r"nennen sie mich|nenn mich|man nennt mich|name:?)"
        r"|(?:es ist |das ist )?fur (?:(?:meinen|meine|mein) (?:sohn|tochter|frau|mann|mutter|"
        r"vater|kind|freund|freundin|chef|partner))?"
        r"|mein(?:e|en)? (?:sohn|tochter|frau|mann|mutter|vater|kind|freund|freundin)(?: "
        r"hei(?:ss|ß)t)?|(?:er|sie) hei(?:ss|ß)t",
        name_tail_re=r"bitte|danke|hier|am apparat|ist mein name|hei(?:ss|ß)e ich|mein name",
        particles=phrases("von van der den zu zum zur vom und de la da di"),
        no_names=phrases(
            "ja nein ok okay was wer warum wie wann wo nichts keiner niemand "
            "egal vielleicht spater hilfe klar "
            "stopp stop abbrechen ich du sie es mich mein nicht kein keine name bitte danke "
            "hallo hi sorry gut fertig neu alt"
        ),
        night_re=r"nacht(?:e|en)?",
        out_of_re=r"von|aus|/",
        to_re=r"bis(?: zum)?",
        after_re=r"nach|ab|spater als|fruhestens|nicht vor|seit",
        before_re=r"vor|bis(?: zum| spatestens)?|spatestens|fruher als|nicht nach",
        how_many_re=r"wie ?viele?n?|wie oft",
        none_re=r"(?:gar )?kein(?:e[nrs]?|s)?|kein(?:e[nrs]?|s)? einzige[nrs]?|nie|niemals|niemand"
        r"|(?:gar|uberhaupt) nicht|kein(?: einziges)? ?mal",
        days_a_week_re=r"(?:tagen?|mal) (?:in der|pro|die|je|der) woche"
        r"|wie oft[^.?!]{0,60}(?:in der|pro|die|je) woche",
        every_day_re=r"jeden(?: einzelnen)? tag|taglich|alle(?: tage)?|an allen tagen|an jedem tag",
    ),
    corrections=CorrectionWords(
        clear_re=r"(?:ja|jo|ok|okay|gut|nein|nee) aber(?: lieber| doch| bitte| eher)?"
        r"|(?:nein|nee) (?:lieber|eher|doch|besser)|nein warten?(?: sie)?|nein moment"
        r"|warten? nein|nein nein|moment doch(?: lieber| eher)?"
        r"|nein doch(?: lieber| eher)?|doch lieber|doch eher|dann doch(?: lieber| eher)?"
        r"|ich meine|ich meinte|ich wollte sagen|korrektur|vielmehr"
        r"|ich habe? mich (?:vertan|geirrt|verschrieben|vertippt)"
        r"|habe? mich (?:vertan|geirrt|verschrieben|vertippt)"
        r"|andern sie (?:das|es) (?:auf|in|zu)|ander (?:das|es) (?:auf|in|zu)",
        setting_re=r"mach(?:en)?(?: sie| wir)? (?:daraus|lieber|doch|mal)|sagen wir",
        no_re=r"nein|nee|ne|quatsch|halt",
        hinting_re=r"lieber|eher|doch|eigentlich|warten?(?: sie)?|moment(?: mal)?|stattdessen|besser"
        r"|quatsch|sorry|entschuldigung|verzeihung|pardon|ups|hoppla|(?:nein|nee|ne)(?=\s*[,.!])",
        opening_re=r"ach(?: so)?|ah|oh|h+m+|ahm|na"
        r"|also",
        being_re=r"ist|war|lautet|lautete|ware|muss sein",
        relative_re=r"spater|fruher|vorher|nachher|danach|davor|nach|vor(?! allem)|mehr|weniger|noch"
        r"|zusatzlich|weitere",
    ),
    function_words=phrases(
        "ich mich mir mein meine meinen meiner wir uns unser unsere ihr euch du dich dir dein "
        "sie es ein eine einen einem einer der die das den dem des zu von in im auf an am für "
        "mit bei und oder ist sind bin bist war habe hab hat haben kann können könnte möchte "
        "will wollen würde gern gerne bitte mal"
    ),
    synonyms=groups(
        """
        absag abgesagt absog absogn storni storno abbestell streich ausfallen annullier|\
            nicht kommen|dazwischen gekommen
        kundig gekundigt kundigung beend auflos
        stopp anhalt abbrech aufhor schluss|hor auf
        verschieb verschob verleg andern umbuch umleg spater fruher|andere zeit|anderer tag|anderen tag
        ander andern geandert anpass aktualisier korrigier wechsel tausch umstell
        kauf gekauft bestell bestellt erwerb
        zuruckgeb zuruckschick retour rucksend ruckgabe umtausch erstatt ruckerstatt|geld zuruck
        verloren verlier weg verlegt vermiss|finde nicht|nicht finden|ist weg
        gestohlen geklaut diebstahl beklaut geraubt
        kaputt defekt beschadigt zerbroch gebroch gerissen sprung
        fehler problem storung stimmt schwierigkeit falsch|geht nicht|funktioniert nicht|klappt nicht
        abgelehnt verweigert abgewiesen gescheitert fehlgeschlag|nicht akzeptiert|nicht geklappt
        verspat warte warten dauert langsam|noch nicht|immer noch|so lange
        ankomm angekomm eintreff liefer geliefert zustell zugestellt erhalt bekomm versand verschick
        verfolg status sendungsverfolg|wo ist|wo bleibt|wo sind
        paket sendung lieferung packchen post ware
        gebuhr kosten kostet preis preise tarif teuer|wie viel|was kostet
        gunstig billig rabatt gutschein aktion nachlass
        rechnung abrechnung beleg quittung
        bezahl zahl zahlung gezahlt uberweis
        geld bargeld betrag
        karte kreditkarte girocard ec bankkarte debitkarte
        konto guthaben kontostand saldo
        aufladen einzahl aufgeladen eingezahlt
        abheb abgehob geldautomat auszahl
        pin passwort kennwort code geheimzahl
        handy telefon smartphone mobil
        offen offnet offnung offnungszeiten geoffnet aufmach|macht auf|\
            machen sie auf|habt ihr auf|haben sie auf|habt auf|ist auf
        geschlossen schliess zu zumach|macht zu
        adresse wo standort anfahrt weg lage|wie komme
        termin reservier buchung buch slot besuch
        arzt doktor arztin praxis
        krank krankheit fieber grippe erkaltung husten
        schmerz weh tut zahnschmerz
        medikament tablett arznei pille rezept verschreib
        hilf hilfe helf unterstutz
        mensch person mitarbeit berater kollege jemand support kundendienst kundenservice|echte person
        anruf anrufen ruckruf telefonier zuruckruf meld
        beschwer unzufried arger reklam enttausch
        dank danke vielen
        hallo guten moin servus gruss
        urlaub frei ferien|frei nehmen
        gehalt lohn gehaltszettel abrechnung
        flug fliegen flieger flugzeug
        gepack koffer tasche handgepack
        zug bahn
        auto wagen fahrzeug
        hotel zimmer unterkunft
        essen speise menu gericht
        tisch platz
        gross klein grosse passt
        verfugbar vorratig lager|auf lager|habt ihr
        internet wlan netz router leitung verbindung
        vertrag abo abonnement mitglied mitgliedschaft
        verlanger ausdehn|langer behalten
        anmeld registrier|konto eroffnen|mitglied werden
        einlogg login|melde an
        ausweis identitat nachweis bestatig
        kind kinder sohn tochter baby
        hund katze tier haustier
        versicher deckung ubernimmt
        sperr blockier
        entsperr freischalt aktivier
        losch entfern
        zeig sehen anzeig schau
        such find
        wiss sag info information erklar auskunft
        limit grenze hochst maximum
        ausland reise verreis
        doppelt zweimal mehrfach
        unbekannt verdachtig betrug|kenne nicht|nicht ich
        neu ersatz
        dringend schnell sofort notfall|so schnell wie
        morgen ubermorgen
        wetter regen
        reparatur reparier
        umzug umzieh zieh
        """
    ),
    small_talk={
        "fragments": sentences(
            "was|wann|wo|wer|warum|wie|wieso|welche|welches|hier|da|dort|toll|gut|schlecht|schön|"
            "viele|viel|ein bisschen|ein paar|einige|die meisten|nichts|nichts besonderes|etwas|"
            "etwas anderes|alles|alle|niemand|jemand anders|wirklich|nicht wirklich|vielleicht|"
            "wahrscheinlich|nie|immer|manchmal|oft|jeden Tag|einmal pro Woche|zweimal|das erste|"
            "das letzte|das andere|beide|alle beide|keins davon|weder noch|keine Ahnung|"
            "weiß ich nicht|ich weiß nicht|kommt darauf an|mehr oder weniger|nicht viel|"
            "ungefähr fünfzig|so um die zwanzig|egal|ist mir egal|irgendwas|das da|dieses|"
            "so in der Art|weil|einfach so|na und|und dann|und jetzt|was noch|was nun|ich auch|"
            "noch nicht|später|gleich|ich glaube schon|das ist kompliziert|ich bin nicht sicher|"
            "ich erinnere mich nicht|das habe ich vergessen|das weiß ich nicht auswendig|"
            "das habe ich gerade nicht hier|geht es auch ohne|das steht da nicht|ich finde es nicht|"
            "ich sehe es nicht|da ist nichts|wie gesagt|das habe ich schon gesagt|mach das|"
            "mach weiter|weiter|mehr|na gut|meinetwegen"
        ),
        "repetition": sentences(
            "sag das noch mal|können Sie das wiederholen|noch mal bitte|was hast du gesagt|wie bitte|"
            "bitte was|das habe ich nicht verstanden|verstehe ich nicht|ich verstehe nicht|"
            "was meinst du|was meinen Sie damit|was heißt das|was soll das heißen|erklär das|"
            "wie war die Frage|hä"
        ),
        "presence": sentences(
            "bist du da|bist du noch da|ist da jemand|hallo ist da wer|noch da|hörst du mich|"
            "hören Sie mich|warum antwortest du nicht|warum dauert das so lange|antworte mir|"
            "hörst du mir zu"
        ),
        "pauses": sentences(
            "ich schau mal|lass mich nachsehen|lass mich überlegen|ich muss nachschauen|einen Moment|"
            "Moment|Moment bitte|kleinen Augenblick|eine Sekunde|warte|warte mal|warten Sie bitte|"
            "ich muss überlegen|bin gleich zurück|bin wieder da|ich suche es gerade|"
            "ich frage meine Frau|ich habe gerade keine Zeit|bis später dann"
        ),
        "complaints": sentences(
            "das ist doof|das ist blöd|das ist lächerlich|das ist Zeitverschwendung|das nervt|"
            "das ergibt keinen Sinn|das stimmt nicht|das habe ich nicht gefragt|"
            "das habe ich nicht gemeint|das hilft mir nicht|du bist nutzlos|du bist dumm|"
            "du hilfst mir nicht|du verstehst mich nicht|soll das ein Witz sein|ist das dein Ernst|"
            "ich bin sauer|ich hasse das|das ist furchtbar|so ein Mist|halt die Klappe|hau ab|"
            "lass mich in Ruhe|Idiot|verdammt|was zum Teufel|das ist langweilig|zu viele Fragen|"
            "warum fragst du|warum wollen Sie das wissen|wozu brauchen Sie das|das geht Sie nichts an"
        ),
        "praise": sentences(
            "gut gemacht|super|spitze|perfekt|wunderbar|das ging schnell|das war hilfreich|sehr gut|"
            "das gefällt mir|ich mag dich|ich liebe dich|das ist nett|du bist toll|du bist lustig|"
            "haha|wow|interessant|gut zu wissen|ach so|alles klar|verstanden|verstehe|"
            "das leuchtet ein"
        ),
        "greetings": sentences(
            "hallo|hi|hey|guten Morgen|guten Tag|guten Abend|grüß Gott|servus|moin|hallo nochmal"
        ),
        "farewells": sentences(
            "tschüss|auf Wiedersehen|bis dann|bis bald|gute Nacht|schönen Tag noch|mach's gut|"
            "das war's|das ist alles"
        ),
        "thanks": sentences(
            "danke|vielen Dank|danke schön|tausend Dank|danke für die Hilfe|merci|bitte sehr|gern geschehen"
        ),
        "wellbeing": sentences(
            "wie geht es dir|wie geht's|wie geht es Ihnen|was geht|mir geht es gut|ich bin müde|"
            "mir ist langweilig|ich bin traurig|ich habe Hunger|mein Tag war schrecklich"
        ),
        "identity": sentences(
            "wer bist du|was bist du|bist du ein Roboter|bist du ein Mensch|bist du echt|"
            "wie heißt du|wie alt bist du|wo wohnst du|wer hat dich gemacht|hast du Gefühle|"
            "was kannst du"
        ),
        "time": sentences(
            "wie spät ist es|wie viel Uhr ist es|welcher Tag ist heute|welches Datum haben wir heute"
        ),
        "weather": sentences(
            "wie ist das Wetter|wird es morgen regnen|ist es kalt draußen|es regnet|heute ist es so heiß"
        ),
        "chat": sentences(
            "erzähl mir einen Witz|erzähl mir eine Geschichte|bring mich zum Lachen|sing ein Lied|"
            "magst du Musik|magst du mich|willst du mich heiraten|was ist der Sinn des Lebens|"
            "reden wir über etwas anderes|ich habe eine Frage|kann ich dich etwas fragen|"
            "was denkst du darüber|nur so ein Gedanke|ich teste nur|Test|das ist ein Test|"
            "ich heiße Hans|ich wohne in einem Dorf|ich komme aus Italien|"
            "das hat meine Mutter gesagt|mein Hund ist krank|ich habe zwei Kinder"
        ),
        "world": sentences(
            "wer hat das Spiel gewonnen|wer ist der Präsident|was ist die Hauptstadt von Frankreich|"
            "wie weit ist der Mond weg|spiel Musik|mach das Licht an|empfiehl mir einen Film|"
            "was soll ich heute kochen|wie backe ich einen Kuchen|übersetz das ins Englische|"
            "was ist zwei plus zwei|wo kann ich Schuhe kaufen|wie komme ich zum Flughafen|"
            "was läuft heute im Fernsehen|lies mir die Nachrichten vor|stell den Wecker auf sechs|"
            "ich muss zum Friseur|wo ist der nächste Supermarkt"
        ),
    },
)
