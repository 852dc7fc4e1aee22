"""Answers to questions of all types, as people write them, and what the question takes them for. It is the
morning of Tuesday, 15 September 2026, in Berlin. None: the question is asked again."""

from __future__ import annotations

from typing import Any

#: (type, locale, settings of the question, text → answer). Money is (amount, currency), a span (from, to), a
#: moment its local time.
QUESTIONS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("choice", "de", {"choices": ["klein", "mittel", "groß"]}, {
        "Moment, eine Sekunde noch": None, "zuerst möchte ich wissen was das kostet": None,
        "das ist jetzt das dritte Mal": None, "ich nehm das zweite": "mittel", "das Letzte bitte": "groß",
        "die Nummer drei": "groß",
    }),
    ("choice", "de", {"choices": ["keine Kinder", "ein Kind", "mehrere"]}, {
        "ich habe Kinder": None, "keine kinder": "keine Kinder",
    }),
    ("choice", "de", {"choices": ["keine Versicherung", "privat", "gesetzlich"]}, {
        "ich hab eine Versicherung": None,
    }),
    ("choice", "de", {"choices": ["nicht schwanger", "weiß nicht"]}, {
        "ich bin schwanger": None,
    }),
    ("choice", "de", {"choices": ["stornieren", "ändern", "behalten"]}, {
        "bitte nicht stornieren": None, "ich will nicht stornieren sondern ändern": "ändern",
        "auf gar keinen Fall stornieren": None,
    }),
    ("choice", "de", {"choices": ["10:00", "11:00"]}, {
        "10 Uhr": "10:00", "um 11": "11:00",
    }),
    ("choice", "de", {"choices": ["1 Stunde", "2 Stunden"]}, {
        "zwei Stunden": "2 Stunden",
    }),
    ("choice", "de", {"choices": ["klein", "groß"]}, {
        "gross": "groß",
    }),
    ("choice", "en", {"choices": ["small", "medium", "large"]}, {
        "hang on a second": None, "first things first, what does it cost?": None,
        "on second thought, let me call my wife": None, "I'm a first timer here": None,
        "this is the third time you ask me": None, "I want to speak to someone first": None,
        "the 2nd pls": "medium", "second please!": "medium", "I guess I'd go with the third one": "large",
        "number three": "large", "the last of those": "large", "let me see that first": None,
        "not the first one": None, "either the first or the second": None,
    }),
    ("choice", "en", {"choices": ["non-smoking", "smoking"]}, {
        "nonsmoking": "non-smoking",
    }),
    ("choice", "en", {"choices": ["no pets", "a dog", "a cat"]}, {
        "I have a pet": None, "pets yes": None, "no pets at all": "no pets",
    }),
    ("choice", "en", {"choices": ["no sugar", "half sugar"]}, {
        "with sugar": None,
    }),
    ("choice", "en", {"choices": ["vaccinated", "not vaccinated"]}, {
        "I am vaccinated": "vaccinated",
    }),
    ("choice", "en", {"choices": ["cancel", "change", "keep"]}, {
        "don't you dare cancel": None, "I never wanted to cancel": None,
    }),
    ("choice", "en", {"choices": ["red", "green", "blue"]}, {
        "anything but blue": None, "I hate green": None, "no red, green": "green",
        "instead of red, blue": "blue", "blue instead of red": "blue", "green isn't my colour": None,
    }),
    ("choice", "en", {"choices": ["2 people", "4 people", "6 people"]}, {
        "6": "6 people", "3": None,
    }),
    ("choice", "en", {"choices": ["Room 11", "Room 12"]}, {
        "room 12": "Room 12", "12": "Room 12",
    }),
    ("choice", "en", {"choices": ["2023", "2024"]}, {
        "2024": "2024",
    }),
    ("choice", "en", {"choices": ["C", "C++", "C#"]}, {
        "C# please": "C#", "c++": "C++", "I mostly write C": "C",
    }),
    ("choice", "en", {"choices": ["Java", ".NET"]}, {
        ".NET please": ".NET",
    }),
    ("choice", "en", {"choices": ["Node.js", "Deno"]}, {
        "node.js": "Node.js", "nodejs": "Node.js",
    }),
    ("choice", "en", {"choices": ["A", "A+", "B"]}, {
        "A+ please": "A+",
    }),
    ("choice", "en", {"choices": ["0+", "0-", "A+"]}, {
        "blood type 0-": "0-", "0 negative": None,
    }),
    ("choice", "en", {"choices": ["🍕", "🍔"]}, {
        "🍔 please": "🍔",
    }),
    ("choice", "en", {"choices": ["AT&T", "Verizon"]}, {
        "AT&T": "AT&T", "I have AT&T": "AT&T",
    }),
    ("choice", "en", {"choices": ["$", "$$", "$$$"]}, {
        "$$ please": "$$", "$$$": "$$$",
    }),
    ("choice", "en", {"choices": ["under 18", "18+"]}, {
        "18+": "18+",
    }),
    ("choice", "en", {"choices": ["small", "large"]}, {
        "Ｌarge": "large",
    }),
    ("choice", "es", {"choices": ["pequeño", "mediano", "grande"]}, {
        "es la primera vez que vengo": None, "dame un segundo": None, "el segundo": "mediano",
        "la última vez estaba cerrado": None,
    }),
    ("choice", "es", {"choices": ["sin alergias", "nueces"]}, {
        "tengo alergia": None,
    }),
    ("choice", "es", {"choices": ["sin gluten", "vegano"]}, {
        "con gluten": None,
    }),
    ("choice", "es", {"choices": ["cancelar", "cambiar"]}, {
        "no quiero cancelar": None,
    }),
    ("choice", "es", {"choices": ["1 hora", "2 horas"]}, {
        "dos horas": "2 horas",
    }),
    ("choice", "fr", {"choices": ["petit", "moyen", "grand"]}, {
        "d'abord je voudrais savoir le prix": None, "la deuxième s'il vous plaît": "moyen",
        "c'est la première fois que je viens": None, "le dernier": "grand",
    }),
    ("choice", "fr", {"choices": ["aucune allergie", "noix", "lait"]}, {
        "j'ai des allergies": None,
    }),
    ("choice", "fr", {"choices": ["pas d'enfants", "un enfant"]}, {
        "j'ai des enfants": None,
    }),
    ("choice", "fr", {"choices": ["annuler", "modifier"]}, {
        "je ne veux pas annuler": None, "ne pas annuler, modifier": "modifier",
    }),
    ("choice", "fr", {"choices": ["1 heure", "2 heures"]}, {
        "deux heures": "2 heures",
    }),
    ("choice", "fr", {"choices": ["cafe", "the"]}, {
        "le café": "cafe",
    }),
    ("choice", "it", {"choices": ["piccolo", "medio", "grande"]}, {
        "aspetta un secondo": None, "il terzo, grazie": "grande", "è la prima volta per me": None,
    }),
    ("choice", "it", {"choices": ["nessun figlio", "un figlio"]}, {
        "ho figli": None,
    }),
    ("choice", "it", {"choices": ["annullare", "cambiare"]}, {
        "non voglio annullare": None,
    }),
    ("choice", "it", {"choices": ["1 ora", "2 ore"]}, {
        "due ore": "2 ore",
    }),
    ("choice", "nl", {"choices": ["klein", "middel", "groot"]}, {
        "een seconde graag": None, "de tweede graag": "middel", "dit is de eerste keer": None,
    }),
    ("choice", "nl", {"choices": ["geen kinderen", "een kind"]}, {
        "ik heb kinderen": None, "geen kindern": "geen kinderen",
    }),
    ("choice", "nl", {"choices": ["annuleren", "wijzigen"]}, {
        "ik wil niet annuleren": None,
    }),
    ("choice", "nl", {"choices": ["1 uur", "2 uur"]}, {
        "twee uur": "2 uur",
    }),
    ("choice", "pt", {"choices": ["pequeno", "médio", "grande"]}, {
        "só um segundo": None, "a segunda opção por favor": "médio", "é a primeira vez que peço": None,
        "em primeiro lugar quero saber o preço": None,
    }),
    ("choice", "pt", {"choices": ["sem filhos", "um filho"]}, {
        "tenho filhos": None, "sem filho": "sem filhos",
    }),
    ("choice", "pt", {"choices": ["cancelar", "mudar"]}, {
        "não quero cancelar, quero mudar": "mudar",
    }),
    ("choice", "pt", {"choices": ["1 hora", "2 horas"]}, {
        "duas horas": "2 horas",
    }),
    ("date", "de", {}, {
        "entweder Freitag oder Samstag": None, "3./4. Oktober": None, "in der Woche vom 5. Oktober": None,
        "am dreiundzwanzigsten Oktober": "2026-10-23", "am fünften zehnten": "2026-10-05",
        "am 5.10.": "2026-10-05", "5. Okt 27": "2027-10-05", "Samstag, den 3.10.": "2026-10-03",
        "Freitag, den 3.10.": None, "der einunddreißigste Dezember": "2026-12-31", "30. Februar": None,
        "am ersten": "2026-10-01", "1. Advent": None, "Heiligabend": "2026-12-24",
        "Freitag ist schlecht": None, "Freitag wird nichts": None, "alles nur nicht Freitag": None,
        "nicht Freitag sondern Samstag": "2026-09-19", "statt Freitag lieber Samstag": "2026-09-19",
        "Freitag hab ich keine Zeit": None, "Freitag leider nicht, aber Samstag": "2026-09-19",
        "frühestens Freitag": None, "Freitag in drei Wochen": "2026-10-09",
        "heute in einer Woche": "2026-09-22", "in vierzehn Tagen": "2026-09-29",
        "letzten Freitag": "2026-09-11", "vorgestern": "2026-09-13", "kommenden Freitag": "2026-09-18",
        "nächstes Jahr im März": None, "Anfang nächster Woche": None,
        "zweiter Dienstag im November": "2026-11-10", "gleich": None,
    }),
    ("date", "de", {"direction": "past"}, {
        "03.05.60": "1960-05-03",
    }),
    ("date", "en", {}, {
        "the 3rd or 4th of october": None, "oct 3rd or 4th": None,
        "somewhere between monday and thursday": None, "any day from the 20th on": None,
        "either tomorrow or the day after": None, "the weekend of the 3rd/4th of october": None,
        "october the twenty third": "2026-10-23", "twenty-second of november": "2026-11-22",
        "nov thirtieth": "2026-11-30", "the thirty first of december twenty twenty six": "2026-12-31",
        "5th Jan 27": "2027-01-05", "Jan 5 2027": "2027-01-05", "Jan. 5, '27": "2027-01-05",
        "next to last friday": None, "feb 30": None, "31 november": None, "sept 31st": None,
        "the 31st of june": None, "Sunday the 20th": "2026-09-20", "Saturday 3 October": "2026-10-03",
        "christmas eve": "2026-12-24", "two days after christmas": "2026-12-27",
        "I'm out of town on friday": None, "friday is a no go": None, "anything apart from friday": None,
        "friday's not great": None, "can't make friday, monday is fine": "2026-09-21",
        "not friday but saturday": "2026-09-19", "saturday rather than friday": "2026-09-19",
        "friday? no, saturday": "2026-09-19", "friday is impossible for me": None,
        "everyday except friday": None, "I can't come before friday": None,
        "the second tuesday of november": "2026-11-10", "last sunday in march": "2027-03-28",
        "friday in three weeks": "2026-10-09", "two weeks from friday": "2026-10-02",
        "three weeks from now": "2026-10-06", "monday week": "2026-09-28",
        "a week from today": "2026-09-22", "the day after": None, "late october": None,
        "sometime next week": None, "early next week": None, "in a few days": None,
        "the first of next month": "2026-10-01", "the 5th of next month": "2026-10-05",
        "friday of next week": "2026-09-25", "this coming friday": "2026-09-18",
        "last friday": "2026-09-11", "tuesday the 22nd": "2026-09-22", "tuesday the 23rd": None,
        "tmrw morning": "2026-09-16", "tomorow": "2026-09-16", "asap": None, "whenever suits you": None,
    }),
    ("date", "en", {"direction": "past"}, {
        "my birthday is 12 March 85": "1985-03-12", "born on the fourth of july 1976": "1976-07-04",
    }),
    ("date", "en-GB", {}, {
        "10/5/27": "2027-05-10",
    }),
    ("date", "en-US", {}, {
        "10/5/26": "2026-10-05",
    }),
    ("date", "es", {}, {
        "el 3 o 4 de octubre": None, "el veintitrés de octubre": "2026-10-23",
        "el uno de octubre": "2026-10-01", "treinta y uno de diciembre": "2026-12-31",
        "5 de oct de 2026": "2026-10-05", "30 de febrero": None, "sábado 3 de octubre": "2026-10-03",
        "Nochebuena": "2026-12-24", "el viernes imposible": None,
        "no el viernes sino el sábado": "2026-09-19", "el viernes no me va bien": None,
        "todos los días excepto el viernes": None, "dentro de quince días": "2026-09-30",
        "el viernes de la semana que viene": "2026-09-25", "el viernes que viene": "2026-09-18",
        "anteayer": "2026-09-13", "el viernes pasado": "2026-09-11",
        "el segundo martes de noviembre": "2026-11-10", "a mediados de octubre": None,
    }),
    ("date", "es", {"direction": "past"}, {
        "3/5/61": "1961-05-03",
    }),
    ("date", "fr", {}, {
        "lundi ou bien mardi": None, "le vingt-deux novembre": "2026-11-22", "le 1er octobre": "2026-10-01",
        "samedi 3 octobre": "2026-10-03", "31 novembre": None,
        "le trente et un décembre deux mille vingt-six": "2026-12-31", "5/10/26": "2026-10-05",
        "vendredi c'est pas possible": None, "n'importe quel jour sauf vendredi": None,
        "pas vendredi mais samedi": "2026-09-19", "samedi plutôt que vendredi": "2026-09-19",
        "vendredi ça ne va pas": None, "surtout pas vendredi": None, "dans quinze jours": "2026-09-30",
        "vendredi dans trois semaines": "2026-10-09", "avant-hier": "2026-09-13", "le lendemain": None,
        "vendredi prochain": "2026-09-18", "vendredi dernier": "2026-09-11", "en fin de semaine": None,
        "le deuxième mardi de novembre": "2026-11-10",
    }),
    ("date", "fr", {"direction": "past"}, {
        "né le 3 mai 62": "1962-05-03",
    }),
    ("date", "it", {}, {
        "il 3 o il 4 ottobre": None, "tra il 3 e il 5 ottobre": None, "il ventitré ottobre": "2026-10-23",
        "il primo ottobre": "2026-10-01", "sabato 3 ottobre": "2026-10-03", "31 novembre": None,
        "trenta settembre": "2026-09-30", "venerdì non va bene": None,
        "non venerdì ma sabato": "2026-09-19", "tutti i giorni eccetto venerdì": None,
        "venerdì è impossibile": None, "fra due settimane": "2026-09-29", "venerdì prossimo": "2026-09-18",
        "venerdì della prossima settimana": "2026-09-25", "l'altro ieri": "2026-09-13",
        "venerdì scorso": "2026-09-11", "il secondo martedì di novembre": "2026-11-10",
        "metà ottobre": None,
    }),
    ("date", "nl", {}, {
        "3 of 4 oktober": None, "drieëntwintig oktober": "2026-10-23", "de eerste oktober": "2026-10-01",
        "zaterdag 3 oktober": "2026-10-03", "5-10-26": "2026-10-05", "31 november": None,
        "vrijdag lukt niet": None, "niet vrijdag maar zaterdag": "2026-09-19",
        "elke dag behalve vrijdag": None, "vrijdag komt niet uit": None,
        "over veertien dagen": "2026-09-29", "vrijdag over een week": "2026-09-25",
        "vrijdag over drie weken": "2026-10-09", "volgende week vrijdag": "2026-09-25",
        "eergisteren": "2026-09-13", "afgelopen vrijdag": "2026-09-11",
        "tweede dinsdag van november": "2026-11-10", "half oktober": None,
    }),
    ("date", "pt", {}, {
        "entre 3 e 5 de outubro": None, "vinte e três de outubro": "2026-10-23",
        "primeiro de outubro": "2026-10-01", "sábado, 3 de outubro": "2026-10-03", "31 de novembro": None,
        "dia 5": "2026-10-05", "dia 5 de outubro": "2026-10-05", "sexta não dá": None,
        "não na sexta, mas no sábado": "2026-09-19", "qualquer dia menos sexta": None,
        "sexta é impossível": None, "daqui a quinze dias": "2026-09-30",
        "sexta da semana que vem": "2026-09-25", "anteontem": "2026-09-13", "sexta passada": "2026-09-11",
        "a segunda terça de novembro": "2026-11-10", "meados de outubro": None,
    }),
    ("date_range", "de", {}, {
        "3.10.-7.10.": ("2026-10-03", "2026-10-07"), "vom 28.12. bis 3.1.": ("2026-12-28", "2027-01-03"),
        "ab dem 3. Oktober": ("2026-10-03", None),
    }),
    ("date_range", "en", {}, {
        "oct 3 through oct 7": ("2026-10-03", "2026-10-07"),
        "from tomorrow till friday": ("2026-09-16", "2026-09-18"),
    }),
    ("date_range", "es", {}, {
        "del 28 de diciembre al 3 de enero": ("2026-12-28", "2027-01-03"),
    }),
    ("date_range", "fr", {}, {
        "du 28 décembre au 3 janvier": ("2026-12-28", "2027-01-03"),
    }),
    ("date_range", "it", {}, {
        "dal 28 dicembre al 3 gennaio": ("2026-12-28", "2027-01-03"),
    }),
    ("date_range", "nl", {}, {
        "van 28 december tot 3 januari": ("2026-12-28", "2027-01-03"),
    }),
    ("date_range", "pt", {}, {
        "de 28 de dezembro a 3 de janeiro": ("2026-12-28", "2027-01-03"),
    }),
    ("datetime", "de", {}, {
        "Freitag 17 oder 18 Uhr": None, "am dritten Oktober um halb fünf": "2026-10-03T16:30",
        "in einer halben Stunde": "2026-09-15T10:30", "in eineinviertel Stunden": "2026-09-15T11:15",
        "Freitag um 18 Uhr geht nicht": None,
    }),
    ("datetime", "en", {}, {
        "friday at 4 or 5": None, "friday or saturday at 6pm": None,
        "oct twenty third at half past four": "2026-10-23T16:30",
        "in three quarters of an hour": "2026-09-15T10:45", "in an hour and a quarter": "2026-09-15T11:15",
        "half an hour from now": "2026-09-15T10:30", "friday but not at 6": None, "not friday at 6": None,
    }),
    ("datetime", "es", {}, {
        "el viernes a las 5 o a las 6": None, "el tres de octubre a las cuatro y media": "2026-10-03T16:30",
        "en media hora": "2026-09-15T10:30", "dentro de tres cuartos de hora": "2026-09-15T10:45",
    }),
    ("datetime", "fr", {}, {
        "le trois octobre à seize heures trente": "2026-10-03T16:30",
        "il y a un dîner demain à 19h30": "2026-09-16T19:30",
        "il y en a deux demain à midi": "2026-09-16T12:00", "dans trois quarts d'heure": "2026-09-15T10:45",
        "vendredi à 18h je ne peux pas": None,
    }),
    ("datetime", "it", {}, {
        "venerdì alle 17 o alle 18": None, "il tre ottobre alle quattro e mezza": "2026-10-03T16:30",
        "fra mezz'ora": "2026-09-15T10:30", "tra un'ora e un quarto": "2026-09-15T11:15",
    }),
    ("datetime", "nl", {}, {
        "drie oktober om half vijf": "2026-10-03T16:30", "over een half uur": "2026-09-15T10:30",
    }),
    ("datetime", "pt", {}, {
        "três de outubro às quatro e meia": "2026-10-03T16:30", "daqui a meia hora": "2026-09-15T10:30",
    }),
    ("duration", "de", {}, {
        "ein bis zwei Stunden": None, "ein oder zwei Wochen": None, "eine Stunde, höchstens zwei": None,
        "dreieinviertel Stunden": 11700, "eine halbe Stunde": 1800, "ein halber Tag": 43200,
        "eineinhalb Wochen": 907200, "ne Viertelstunde": 900, "vierzehn Tage": 1209600,
    }),
    ("duration", "en", {}, {
        "a week or two": None, "one to two weeks": None, "a couple of hours, maybe three": None,
        "2 hrs or 3": None, "half an hour": 1800, "one point five days": 129600,
        "three and a quarter hours": 11700, "two days and a half": 216000, "1 1/2 hours": 5400,
        "2½ hours": 9000, "an hour and a half": 5400, "half a day": 43200, "a week and a half": 907200,
        "ninety minutes": 5400, "1h20": 4800, "a day and two hours": 93600, "half hour": 1800,
        "two hours is too long": None,
    }),
    ("duration", "es", {}, {
        "una o dos semanas": None, "tres horas y cuarto": 11700, "media hora": 1800,
        "semana y media": 907200, "un cuarto de hora": 900,
    }),
    ("duration", "fr", {}, {
        "une ou deux semaines": None, "une heure ou deux": None, "une heure et demie": 5400,
        "trois heures et quart": 11700, "une demi-journée": 43200, "2h15": 8100,
        "une semaine et demie": 907200, "quinze jours": 1296000,
    }),
    ("duration", "it", {}, {
        "una o due settimane": None, "tre ore e un quarto": 11700, "mezz'ora": 1800,
        "una settimana e mezza": 907200,
    }),
    ("duration", "nl", {}, {
        "een of twee weken": None, "drie en een kwart uur": 11700, "een half uur": 1800,
        "anderhalve week": 907200, "een halve dag": 43200,
    }),
    ("duration", "pt", {}, {
        "uma ou duas semanas": None, "três horas e um quarto": 11700, "meia hora": 1800,
        "uma semana e meia": 907200,
    }),
    ("email", "de", {}, {
        "nicht a@b.de sondern c@b.de": "c@b.de",
    }),
    ("email", "en", {}, {
        "not a@b.com but c@b.com": "c@b.com",
    }),
    ("integer", "en", {}, {
        "two point five": None, "point nine": None,
    }),
    ("money", "de", {}, {
        "50-100€": None, "zwischen 50€ und 100€": None, "50 vielleicht 60 Euro": None,
        "drei Euro fünfzig": (3.5, "EUR"), "€ 20k": (20000, "EUR"), "1,2 Millionen Euro": (1200000, "EUR"),
        "500 Mio. Euro": (500000000, "EUR"), "nen Zwanziger": None, "Fr. 12.50": (12.5, "CHF"),
        "1.250,50 €": (1250.5, "EUR"),
    }),
    ("money", "de-CH", {}, {
        "12.50 Franken": (12.5, "CHF"),
    }),
    ("money", "en", {}, {
        "anywhere from 50 to 100 dollars": None, "50-100$": None, "$50, maybe $60": None,
        "10 or 20 quid": None, "three point five grand": None, "five dollars and fifty cents": (5.5, "USD"),
        "two fifty": None, "$1.2bn": (1200000000, "USD"), "20k USD": (20000, "USD"),
        "USD 20k": (20000, "USD"), "3 million bucks": (3000000, "USD"), "£2.5k": (2500, "GBP"),
        "40 grand": None, "not 50 dollars": None, "50 dollars is too much": None,
        "the 12 euro menu": (12, "EUR"), "a hundred bucks": (100, "USD"), "a fiver": None,
        "5 dollars 2 cents": (5.02, "USD"), "5.- CHF": (5, "CHF"), "CHF 1'250.50": (1250.5, "CHF"),
    }),
    ("money", "en", {"currency": "EUR"}, {
        "40 grand": (40000, "EUR"), "50": (50, "EUR"), "fifty": (50, "EUR"), "50 dollars": (50, "USD"),
        "12.50": (12.5, "EUR"),
    }),
    ("money", "en-US", {}, {
        "$1,250.50": (1250.5, "USD"),
    }),
    ("money", "es", {}, {
        "de 50 a 60 euros": None, "tres euros con cincuenta": (3.5, "EUR"), "20 mil €": (20000, "EUR"),
    }),
    ("money", "es-MX", {}, {
        "$500": (500, "MXN"),
    }),
    ("money", "fr", {}, {
        "dans les 50-60 euros": None, "trois euros cinquante": (3.5, "EUR"), "1,5 M€": (1500000, "EUR"),
        "20 000 €": (20000, "EUR"), "20 mille euros": (20000, "EUR"),
    }),
    ("money", "it", {}, {
        "tra i 50 e i 60 euro": None, "tre euro e cinquanta": (3.5, "EUR"), "20mila euro": (20000, "EUR"),
        "2 mln di euro": (2000000, "EUR"),
    }),
    ("money", "nl", {}, {
        "vijftig a zestig euro": None, "drie euro vijftig": (3.5, "EUR"), "€ 1,5 mln": (1500000, "EUR"),
        "2 miljoen euro": (2000000, "EUR"),
    }),
    ("money", "pt", {}, {
        "entre 50 e 60 reais": None, "três euros e cinquenta": (3.5, "EUR"), "R$ 2 mil": (2000, "BRL"),
        "2 milhões de reais": (2000000, "BRL"),
    }),
    ("money", "pt-BR", {}, {
        "R$ 12,50": (12.5, "BRL"),
    }),
    ("name", "de", {}, {
        "Ich bin der Klaus": "Klaus", "sag ich nicht": None,
    }),
    ("name", "en", {}, {
        "call me Bob": "Bob", "it's Bob": "Bob", "Bob here": "Bob", "I don't want to say": None,
        "none of your business": None, "book a table": None, "yes": None,
        "Mary-Jane O'Connor": "Mary-Jane O'Connor",
    }),
    ("name", "es", {}, {
        "mi nombre es José María": "José María", "no te lo digo": None,
    }),
    ("name", "fr", {}, {
        "moi c'est Paul": "Paul", "Jean-Pierre Dupont": "Jean-Pierre Dupont", "pourquoi ?": None,
    }),
    ("name", "it", {}, {
        "sono Maria Rossi": "Maria Rossi", "perché?": None,
    }),
    ("name", "nl", {}, {
        "mijn naam is Piet van der Berg": "Piet van der Berg", "zeg ik niet": None,
    }),
    ("name", "pt", {}, {
        "chamo-me Ana Silva": "Ana Silva", "por que?": None,
    }),
    ("number", "de", {}, {
        "vier bis fünf": None, "sieben Komma zwei fünf": 7.25, "ungefähr drei Komma sechs": 3.6,
        "minus null Komma fünf": -0.5, "hundert Komma fünf": 100.5, "dreieinhalb": 3.5,
        "1.000.000": 1000000, "zweitausendundfünf": 2005, "7,5 Tsd": 7500, "12k": 12000,
        "2 Mrd": 2000000000, "nicht 3 sondern 4": 4,
    }),
    ("number", "en", {}, {
        "four or five": None, "4-5": None, "less than 10": None, "a few": None, "several": None,
        "four point two five": 4.25, "it's about three point six": 3.6, "ninety nine point nine": 99.9,
        "one hundred point five": 100.5, "zero point zero one": 0.01, "minus two point five": -2.5,
        "5 ft 11": None, "1 000 000": 1000000, "1,000,000.50": 1000000.5,
        "two hundred thousand and one": 200001, "a dozen and a half": 18, "3 to the power of 2": None,
        "10^3": None, "2x3": None, "1.2bn": 1200000000, "4.5 K": 4500, "10K": 10000,
        "everything except 3": None, "not 3, 4": 4, "3, no, 4": 4,
    }),
    ("number", "es", {}, {
        "cuatro o cinco": None, "tres coma seis": 3.6, "noventa y nueve coma nueve": 99.9,
        "tres y medio": 3.5, "menos dos coma cinco": -2.5, "3 millones": 3000000, "15k": 15000,
        "no 3 sino 4": 4,
    }),
    ("number", "fr", {}, {
        "quatre ou cinq": None, "quatre-vingt-dix-neuf virgule neuf": 99.9,
        "trois virgule six environ": 3.6, "moins deux virgule cinq": -2.5, "trois et demi": 3.5,
        "12 500,75": 12500.75, "1,5 million": 1500000, "3 milliards": 3000000000, "pas 3 mais 4": 4,
    }),
    ("number", "it", {}, {
        "quattro o cinque": None, "tre virgola sei": 3.6, "novantanove virgola nove": 99.9,
        "tre e mezzo": 3.5, "3 milioni": 3000000, "1,5 mln": 1500000, "non 3 ma 4": 4,
    }),
    ("number", "nl", {}, {
        "vier à vijf": None, "drie komma zes": 3.6, "negenennegentig komma negen": 99.9, "drieënhalf": 3.5,
        "drie en een half": 3.5, "3 mln": 3000000, "2,5 miljoen": 2500000, "niet 3 maar 4": 4,
    }),
    ("number", "pt", {}, {
        "quatro ou cinco": None, "três vírgula seis": 3.6, "noventa e nove vírgula nove": 99.9,
        "três e meio": 3.5, "3 milhões": 3000000, "10 mil": 10000, "não 3, mas 4": 4,
    }),
    ("percentage", "de", {}, {
        "anderthalb Prozent": 1.5,
    }),
    ("percentage", "en", {}, {
        "ten to fifteen percent": None, "10%-15%": None, "a half percent": 0.5,
        "zero point five percent": 0.5,
    }),
    ("percentage", "es", {}, {
        "medio por ciento": 0.5,
    }),
    ("phone", "de-DE", {}, {
        "vom 1.10. bis zum 5.10.": None, "01.10.2026 - 05.10.2026": None, "Kundennummer 2026-1005-33": None,
        "IBAN DE89 3704 0044 0532 0130 00": None, "030 1234567": "+49301234567",
        "meine Nummer ist 0171/2345678": "+491712345678", "PLZ 10115": None, "10.10.1985": None,
        "9-17 Uhr": None, "12:30-14:30": None, "192.168.178.20": None,
    }),
    ("phone", "en-GB", {}, {
        "07911 123456": "+447911123456", "+44 (0)20 7946 0958": "+442079460958",
    }),
    ("phone", "en-US", {}, {
        "don't call 212 555 2368": None, "10/01/2026-10/05/2026": None, "(212) 555-2368": "+12125552368",
        "call me on 212.555.2368": "+12125552368", "order 112-1234567-1234567": None,
        "my card is 4111 1111 1111 1111": None, "SSN 123-45-6789": None,
    }),
    ("phone", "es-ES", {}, {
        "612 345 678": "+34612345678", "del 01/10/26 al 05/10/26": None,
    }),
    ("phone", "fr-FR", {}, {
        "06 12 34 56 78": "+33612345678", "du 01/10 au 05/10": None, "01.10.26 - 05.10.26": None,
    }),
    ("phone", "it-IT", {}, {
        "347 123 4567": "+393471234567", "dal 01.10 al 05.10": None, "01/10-05/10": None,
    }),
    ("phone", "nl-NL", {}, {
        "06-12345678": "+31612345678", "1-10 t/m 5-10": None, "01-10-2026 t/m 05-10-2026": None,
    }),
    ("phone", "pt-BR", {}, {
        "(11) 91234-5678": "+5511912345678",
    }),
    ("phone", "pt-PT", {}, {
        "912 345 678": "+351912345678", "01/10/2026 a 05/10/2026": None,
    }),
    ("scale", "de", {}, {
        "vier Sterne": 4, "eine 4": 4, "vier Komma fünf": None,
    }),
    ("scale", "en", {}, {
        "a solid 4": 4, "4.5": None, "I'd say four": 4, "5 stars!": 5, "8 out of 10": None, "4 or 5": None,
        "not 5, 4": 4, "zero": None, "at least 4": None,
    }),
    ("scale", "es", {}, {
        "un cuatro": 4, "cuatro de cinco": 4,
    }),
    ("scale", "fr", {}, {
        "quatre étoiles sur cinq": 4, "je mets 3": 3,
    }),
    ("scale", "it", {}, {
        "un quattro": 4,
    }),
    ("scale", "nl", {}, {
        "een vier": 4,
    }),
    ("scale", "pt", {}, {
        "um quatro": 4, "nota 4": 4,
    }),
    ("time", "de", {}, {
        "so gegen halb drei, drei": None, "zwischen halb drei und drei": None, "9 oder lieber 10 Uhr": None,
        "um eine Pizza": None, "um eins": "13:00", "17 Uhr ist zu spät": None,
    }),
    ("time", "en", {}, {
        "sometime between three and four": None, "around 5, 5:30 maybe": None, "4ish or 5ish": None,
        "any time after 4pm": None, "half four or five": None, "at one point I called": None,
        "by two friends": None, "about five people": None, "5 is too late for me": None,
        "not before 5": None, "no later than 5": None,
    }),
    ("time", "es", {}, {
        "de las 5 a las 6": None, "sobre las 5 o las 5 y media": None, "a una amiga": None,
        "voy a 3 sitios": None, "a la una": "13:00", "al mediodía": "12:00", "a las 5 es muy tarde": None,
    }),
    ("time", "fr", {}, {
        "vers 17h ou 18h": None, "entre midi et 14 heures": None, "il y a deux problèmes": None,
        "il a une question": None, "elle a 5 enfants": None, "à une heure": "13:00", "a 17h": "17:00",
        "vers dix-sept heures": "17:00", "il y a trois jours": None, "ça a un prix": None,
        "on a 8 personnes": None, "17h c'est trop tard": None,
    }),
    ("time", "it", {}, {
        "tra le 17 e le 18": None, "ho parlato a due persone": None, "all'una": "13:00",
        "a mezzogiorno": "12:00", "alle 17 è troppo tardi": None,
    }),
    ("time", "nl", {}, {
        "half drie of drie uur": None, "om een biertje": None, "17 uur is te laat": None,
    }),
    ("time", "pt", {}, {
        "entre as 17 e as 18 horas": None, "falei a duas pessoas": None, "à uma": "13:00",
        "ao meio-dia": "12:00", "às 17 é tarde demais": None,
    }),
    ("time_range", "de", {}, {
        "von halb neun bis zehn": ("08:30", "10:00"), "ab 18 Uhr": ("18:00", None),
        "bis 12": (None, "12:00"),
    }),
    ("time_range", "en", {}, {
        "9 to 5": ("09:00", "17:00"), "10-12": ("10:00", "12:00"), "from noon until 2": ("12:00", "14:00"),
        "after lunch": None, "tomorrow afternoon": ("12:00", "18:00"),
    }),
    ("time_range", "es", {}, {
        "de 9 a 11": ("09:00", "11:00"),
    }),
    ("time_range", "fr", {}, {
        "de 9h30 à 11h": ("09:30", "11:00"),
    }),
    ("time_range", "it", {}, {
        "dalle 14 alle 16:30": ("14:00", "16:30"),
    }),
    ("time_range", "nl", {}, {
        "van 9 tot half 11": ("09:00", "10:30"),
    }),
    ("time_range", "pt", {}, {
        "das 14 às 16h30": ("14:00", "16:30"),
    }),
    ("yes_no", "de", {}, {
        "keinen Plan": None, "da bin ich überfragt": None, "nicht dass ich wüsste": False,
        "leider ja": True, "leider nein": False, "ja leider": True, "eher nicht": False,
        "auf keinen Fall": False, "auf jeden Fall": True, "ja und nein": None, "mal so mal so": None,
        "nö": False, "nee lass mal": False, "das stimmt so nicht": False, "stimmt": True,
        "weiß nich so genau": None, "was heißt das?": None, "geht so": None, "null Ahnung": None,
        "ja klar, gerne": True,
    }),
    ("yes_no", "en", {}, {
        "beats me": None, "not that I know of": False, "not that I'm aware": False,
        "I couldn't tell you": None, "no clue what that is": None, "can you repeat that": None,
        "I have to think about it": None, "good question": None, "yep, that's me": True,
        "absolutely not": False, "yes and no": None, "no no no": False, "nooooo way": False,
        "sure why not": True, "I don't think that's right": False, "sort of": None, "kinda": None,
        "yes unfortunately": True, "unfortunately yes": True, "sadly no": False, "nah I'm good": False,
        "no need": False, "what?": None, "why?": None, "no matter what": None,
    }),
    ("yes_no", "es", {}, {
        "no sabría decirle": None, "ni fu ni fa": None, "no tengo claro": None, "no lo tengo claro": None,
        "claro que sí": True, "claro que no": False, "para nada": False, "ojalá": None,
        "sí, por desgracia": True, "no, gracias, ya tengo": False, "no recuerdo bien": None,
        "ni de broma": False, "vale": True, "qué significa eso": None,
    }),
    ("yes_no", "fr", {}, {
        "aucune idée franchement": None, "j'en sais rien": None, "bof": None, "pas du tout": False,
        "bien sûr que non": False, "bien sûr que oui": True, "mais oui": True, "ouais": True,
        "c'est pas ça": False, "je comprends pas": None, "hélas non": False, "malheureusement oui": True,
        "oui et non": None, "ça dépend": None,
    }),
    ("yes_no", "it", {}, {
        "boh": None, "non saprei": None, "non ne ho idea": None, "direi di no": False, "direi di sì": True,
        "certo che no": False, "assolutamente no": False, "purtroppo sì": True, "ma certo": True,
        "non credo": False, "non ho capito": None, "dipende": None,
    }),
    ("yes_no", "nl", {}, {
        "geen flauw idee": None, "weet ik veel": None, "helaas niet": False, "helaas wel": True,
        "jawel": True, "natuurlijk niet": False, "ik snap de vraag niet": None, "ja hoor": True,
        "nee hoor": False, "misschien wel": None, "dat klopt niet": False, "liever niet": False,
    }),
    ("yes_no", "pt", {}, {
        "nem ideia": None, "não faço a menor ideia": None, "não saberia dizer": None,
        "infelizmente sim": True, "infelizmente não": False, "claro que não": False, "com certeza": True,
        "com certeza não": False, "de jeito nenhum": False, "mais ou menos": None,
    }),
]  # fmt: skip
