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
    ("choice", "de", {"choices": ["Tee", "Kaffee", "Saft"]}, {
        "Sekunde": None, "ich bin zum zweiten Mal hier": None, "Erstmal eine Frage": None,
        "die zweite Option": "Kaffee", "letztes Jahr war das billiger": None,
    }),
    ("choice", "de", {"choices": ["mit Zwiebeln", "ohne Zwiebeln"]}, {
        "mit Zwiebeln": "mit Zwiebeln", "ohne Zwibeln": "ohne Zwiebeln", "Zwiebeln": None,
    }),
    ("choice", "de", {"choices": ["verheiratet", "nicht verheiratet"]}, {
        "unverheiratet": None,
    }),
    ("choice", "de", {"choices": ["stornieren", "behalten"]}, {
        "auf keinen Fall behalten": None, "behalten kommt nicht in Frage": None,
    }),
    ("choice", "de", {"choices": ["9:00", "9:30"]}, {
        "halb zehn": "9:30",
    }),
    ("choice", "de", {"choices": ["3 Nächte", "5 Nächte"]}, {
        "drei Nächte": "3 Nächte",
    }),
    ("choice", "de", {"choices": ["A", "Ä"]}, {
        "Ä": "Ä", "a": "A",
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
        "don't you dare cancel": None, "I never wanted to cancel": None, "do NOT cancel": None,
        "cancelling is out of the question": None, "no change": None, "don't change, just cancel": "cancel",
        "under no circumstances cancel": None, "stop! don't cancel it": None,
        "everything except cancel": None, "keep it, don't cancel": "keep", "I can't keep it": None,
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
    ("choice", "en", {"choices": ["Tea", "Coffee", "Juice"]}, {
        "second to none, I'll take coffee": "Coffee", "gimme the 3rd": "Juice",
        "option two please": "Coffee", "one moment": None, "two seconds": None, "first name John": None,
        "the very last one": "Juice", "it's my second visit": None, "third party": None,
    }),
    ("choice", "en", {"choices": ["no meat", "no fish"]}, {
        "I eat meat": None,
    }),
    ("choice", "en", {"choices": ["no thing", "something"]}, {
        "nothing": None,
    }),
    ("choice", "en", {"choices": ["with onions", "without onions"]}, {
        "without onions": "without onions", "with onions": "with onions", "onions": None,
    }),
    ("choice", "en", {"choices": ["never drink", "sometimes"]}, {
        "i drink": None,
    }),
    ("choice", "en", {"choices": ["interested", "not interested"]}, {
        "not interested": "not interested", "interested": "interested",
    }),
    ("choice", "en", {"choices": ["3 nights", "5 nights", "7 nights"]}, {
        "five": "5 nights", "seven nights": "7 nights", "a week": None, "4": None,
    }),
    ("choice", "en", {"choices": ["9:00", "9:30"]}, {
        "9:30 please": "9:30", "half past nine": "9:30", "not at 9": None,
    }),
    ("choice", "en", {"choices": ["9am", "2pm"]}, {
        "9 am": "9am", "2 in the afternoon": "2pm",
    }),
    ("choice", "en", {"choices": ["10", "25", "50"]}, {
        "twenty five": "25",
    }),
    ("choice", "en", {"choices": ["$10", "$25"]}, {
        "25 dollars": "$25",
    }),
    ("choice", "en", {"choices": ["yes", "2 cats"]}, {
        "I have two kids": None,
    }),
    ("choice", "en", {"choices": ["row 1", "row 3"]}, {
        "row 2 seat 5": None,
    }),
    ("choice", "en", {"choices": ["F", "F#"]}, {
        "F# please": "F#",
    }),
    ("choice", "en", {"choices": ["B", "B-", "B+"]}, {
        "B-": "B-", "I got a B-": "B-", "a B": "B",
    }),
    ("choice", "en", {"choices": ["Q&A", "News"]}, {
        "Q&A": "Q&A",
    }),
    ("choice", "en", {"choices": ["R&B", "Rock"]}, {
        "r&b please": "R&B",
    }),
    ("choice", "en", {"choices": ["H&M", "C&A"]}, {
        "H&M": "H&M",
    }),
    ("choice", "en", {"choices": ["👍", "👎"]}, {
        "👍": "👍",
    }),
    ("choice", "en", {"choices": ["❤️", "💔"]}, {
        "❤️ please": "❤️",
    }),
    ("choice", "en", {"choices": ["50%", "100%"]}, {
        "100%": "100%",
    }),
    ("choice", "en", {"choices": ["€", "€€"]}, {
        "€€": "€€",
    }),
    ("choice", "en", {"choices": ["x²", "x³"]}, {
        "x²": "x²",
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
    ("choice", "es", {"choices": ["té", "café"]}, {
        "me quedo con la primera": "té", "espera un segundito": None,
    }),
    ("choice", "es", {"choices": ["fumador", "no fumador"]}, {
        "no fumador": "no fumador", "fumador": "fumador",
    }),
    ("choice", "es", {"choices": ["cancelar", "mantener"]}, {
        "de ninguna manera cancelar": None,
    }),
    ("choice", "es", {"choices": ["9:00", "9:30"]}, {
        "a las nueve y media": "9:30",
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
    ("choice", "fr", {"choices": ["thé", "café"]}, {
        "deuxièmement c'est trop cher": None, "je prends le premier": "thé",
        "la dernière fois c'était fermé": None,
    }),
    ("choice", "fr", {"choices": ["sans sucre", "miel"]}, {
        "avec sucre": None,
    }),
    ("choice", "fr", {"choices": ["pas marié", "veuf"]}, {
        "marié": None,
    }),
    ("choice", "fr", {"choices": ["annuler", "garder"]}, {
        "surtout pas annuler": None, "garder, pas annuler": "garder",
    }),
    ("choice", "fr", {"choices": ["9h00", "9h30"]}, {
        "neuf heures et demie": "9h30",
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
    ("choice", "it", {"choices": ["tè", "caffè"]}, {
        "prima vorrei sapere il prezzo": None, "prendo il primo": "tè",
    }),
    ("choice", "it", {"choices": ["fumatore", "non fumatore"]}, {
        "non fumatore": "non fumatore",
    }),
    ("choice", "it", {"choices": ["annullare", "mantenere"]}, {
        "assolutamente non annullare": None,
    }),
    ("choice", "it", {"choices": ["9:00", "9:30"]}, {
        "alle nove e mezza": "9:30",
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
    ("choice", "nl", {"choices": ["thee", "koffie"]}, {
        "ten eerste wil ik weten wat het kost": None, "doe maar de laatste": "koffie",
    }),
    ("choice", "nl", {"choices": ["zonder suiker", "honing"]}, {
        "met suiker": None,
    }),
    ("choice", "nl", {"choices": ["annuleren", "houden"]}, {
        "in geen geval annuleren": None,
    }),
    ("choice", "nl", {"choices": ["9:00", "9:30"]}, {
        "half tien": "9:30",
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
    ("choice", "pt", {"choices": ["chá", "café"]}, {
        "espere um segundo": None, "a última, por favor": "café",
    }),
    ("choice", "pt", {"choices": ["sem açúcar", "mel"]}, {
        "com açúcar": None,
    }),
    ("choice", "pt", {"choices": ["cancelar", "manter"]}, {
        "de jeito nenhum cancelar": None,
    }),
    ("choice", "pt", {"choices": ["9:00", "9:30"]}, {
        "às nove e meia": "9:30",
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
        "zweiter Dienstag im November": "2026-11-10", "gleich": None, "Mo-Mi": None,
        "10. bis einschließlich 12. Oktober": None, "10./11.10.": None, "montags oder dienstags": None,
        "Mi, 14.10.": "2026-10-14", "der dritte Stock": None, "im 3. Stock": None,
        "am 3. habe ich Zeit": "2026-10-03", "am dritten": "2026-10-03", "zum dritten Mal": None,
        "29. Februar": "2028-02-29", "Freitag eher nicht": None, "Freitag bitte nicht": None,
        "am liebsten nicht Freitag": None, "Freitag ist voll": None, "bis auf Freitag": None,
        "Freitag ginge nicht": None, "nur Freitag nicht": None, "am 5. des nächsten Monats": "2026-10-05",
        "am 20. dieses Monats": "2026-09-20", "zwei Tage vor Freitag": "2026-09-16",
        "drei Wochen nach Freitag": "2026-10-09", "Mitte Oktober": None, "Freitag abend": "2026-09-18",
        "vorletzter Freitag": None, "nächste Woche irgendwann": None, "Silvester": "2026-12-31",
        "heute Abend": "2026-09-15", "in drei Tagen": "2026-09-18",
    }),
    ("date", "de", {"direction": "past"}, {
        "03.05.60": "1960-05-03", "geboren am 1. Mai 49": "1949-05-01",
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
        "monday through wednesday": None, "mon-wed": None, "on the 10th, 11th or 12th of october": None,
        "the 10th/11th": None, "october 10 and 11": None, "any day next week": None, "weekdays only": None,
        "the thirteenth of october twenty twenty seven": "2027-10-13", "the 13th": "2026-10-13",
        "on the thirteenth": "2026-10-13", "wednesday, october 14th": "2026-10-14",
        "wed 14 oct": "2026-10-14", "2026/10/14": "2026-10-14", "14-10-2026": "2026-10-14",
        "14.10.26": "2026-10-14", "2027": None, "the thirty-second of october": None, "0 october": None,
        "29 feb 2027": None, "feb 29": "2028-02-29", "the third": "2026-10-03", "the third floor": None,
        "third time lucky": None, "the 4th item": None, "5th avenue": None, "the 21st century": None,
        "the second one": None, "the 1st would be great": "2026-10-01", "the 1st is fine": "2026-10-01",
        "let's do the 5th at noon": "2026-10-05", "the 5th if possible": "2026-10-05",
        "I'd rather not friday": None, "I would avoid friday": None, "skip friday": None,
        "friday is off the table": None, "friday is fully booked": None, "all but friday": None,
        "I can do friday not saturday": "2026-09-18", "unless it's friday": None,
        "if not friday then saturday": None, "no to friday": None, "3 weeks after friday": "2026-10-09",
        "2 days before friday": "2026-09-16", "the 31st of next month": "2026-10-31",
        "the 31st of this month": None, "the 20th of this month": "2026-09-20",
        "new year's eve": "2026-12-31", "easter": None, "mid next week": None, "sometime in october": None,
        "soon": None, "friday evening": "2026-09-18", "the day after friday": None,
        "second friday of october": "2026-10-09", "the fifth friday of september": None,
        "first of october": "2026-10-01",
    }),
    ("date", "en", {"direction": "past"}, {
        "my birthday is 12 March 85": "1985-03-12", "born on the fourth of july 1976": "1976-07-04",
        "12/03/58": "1958-03-12", "12 March 2058": None,
    }),
    ("date", "en-GB", {}, {
        "10/5/27": "2027-05-10",
    }),
    ("date", "en-US", {}, {
        "10/5/26": "2026-10-05",
    }),
    ("date", "en-US", {"direction": "past"}, {
        "12/03/58": "1958-12-03",
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
        "de lunes a miércoles": None, "el 10 y el 11 de octubre": None, "el miércoles 14": "2026-10-14",
        "el 14 de octubre del 2027": "2027-10-14", "el tercer piso": None,
        "el 14 por la tarde": "2026-10-14", "evitemos el viernes": None, "el viernes está lleno": None,
        "todo menos el viernes": None, "prefiero no el viernes": None,
        "el 5 del mes que viene": "2026-10-05", "dos días antes del viernes": "2026-09-16",
        "el viernes por la noche": "2026-09-18", "pasado mañana": "2026-09-17",
        "este viernes": "2026-09-18",
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
        "le deuxième mardi de novembre": "2026-11-10", "du lundi au mercredi": None,
        "le 10 et le 11 octobre": None, "mercredi 14 octobre": "2026-10-14", "le 14": "2026-10-14",
        "le troisième étage": None, "le 3 au soir": "2026-10-03", "le 14/10": "2026-10-14",
        "le premier": "2026-10-01", "le premier choix": None, "je préfère éviter vendredi": None,
        "vendredi est complet": None, "tout sauf vendredi": None, "le 5 du mois prochain": "2026-10-05",
        "deux jours avant vendredi": "2026-09-16", "trois semaines après vendredi": "2026-10-09",
        "mi-octobre": None, "vendredi soir": "2026-09-18", "ce vendredi": "2026-09-18",
        "l'avant-dernier vendredi": None,
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
        "metà ottobre": None, "da lunedì a mercoledì": None, "il 10 e l'11 ottobre": None,
        "mercoledì 14 ottobre": "2026-10-14", "il terzo piano": None, "il 14": "2026-10-14",
        "il 14 va bene": "2026-10-14", "meglio di no venerdì": None, "eviterei venerdì": None,
        "venerdì è pieno": None, "il 5 del mese prossimo": "2026-10-05",
        "due giorni prima di venerdì": "2026-09-16", "venerdì sera": "2026-09-18",
        "questo venerdì": "2026-09-18",
    }),
    ("date", "it", {"direction": "past"}, {
        "12 marzo 58": "1958-03-12",
    }),
    ("date", "nl", {}, {
        "3 of 4 oktober": None, "drieëntwintig oktober": "2026-10-23", "de eerste oktober": "2026-10-01",
        "zaterdag 3 oktober": "2026-10-03", "5-10-26": "2026-10-05", "31 november": None,
        "vrijdag lukt niet": None, "niet vrijdag maar zaterdag": "2026-09-19",
        "elke dag behalve vrijdag": None, "vrijdag komt niet uit": None,
        "over veertien dagen": "2026-09-29", "vrijdag over een week": "2026-09-25",
        "vrijdag over drie weken": "2026-10-09", "volgende week vrijdag": "2026-09-25",
        "eergisteren": "2026-09-13", "afgelopen vrijdag": "2026-09-11",
        "tweede dinsdag van november": "2026-11-10", "half oktober": None, "10 en 11 oktober": None,
        "maandag t/m woensdag": None, "woensdag 14 oktober": "2026-10-14", "de derde verdieping": None,
        "de 14e": "2026-10-14", "veertien oktober": "2026-10-14", "liever niet vrijdag": None,
        "vrijdag zit vol": None, "alles behalve vrijdag": None, "de 5e van volgende maand": "2026-10-05",
        "twee dagen voor vrijdag": "2026-09-16", "vrijdagavond": "2026-09-18", "deze vrijdag": "2026-09-18",
    }),
    ("date", "nl", {"direction": "past"}, {
        "12-03-58": "1958-03-12",
    }),
    ("date", "pt", {}, {
        "entre 3 e 5 de outubro": None, "vinte e três de outubro": "2026-10-23",
        "primeiro de outubro": "2026-10-01", "sábado, 3 de outubro": "2026-10-03", "31 de novembro": None,
        "dia 5": "2026-10-05", "dia 5 de outubro": "2026-10-05", "sexta não dá": None,
        "não na sexta, mas no sábado": "2026-09-19", "qualquer dia menos sexta": None,
        "sexta é impossível": None, "daqui a quinze dias": "2026-09-30",
        "sexta da semana que vem": "2026-09-25", "anteontem": "2026-09-13", "sexta passada": "2026-09-11",
        "a segunda terça de novembro": "2026-11-10", "meados de outubro": None, "de segunda a quarta": None,
        "dias 10 e 11 de outubro": None, "quarta, 14 de outubro": "2026-10-14", "o terceiro andar": None,
        "no dia 14 de manhã": "2026-10-14", "14/10/27": "2027-10-14", "prefiro evitar sexta": None,
        "sexta está lotado": None, "melhor não na sexta": None, "dia 5 do mês que vem": "2026-10-05",
        "dois dias antes de sexta": "2026-09-16", "sexta à noite": "2026-09-18",
        "nesta sexta": "2026-09-18",
    }),
    ("date", "pt", {"direction": "past"}, {
        "12/03/58": "1958-03-12",
    }),
    ("date_range", "de", {}, {
        "3.10.-7.10.": ("2026-10-03", "2026-10-07"), "vom 28.12. bis 3.1.": ("2026-12-28", "2027-01-03"),
        "ab dem 3. Oktober": ("2026-10-03", None), "10.-12. Oktober": ("2026-10-10", "2026-10-12"),
        "drei Nächte ab Freitag": ("2026-09-18", "2026-09-21"),
    }),
    ("date_range", "en", {}, {
        "oct 3 through oct 7": ("2026-10-03", "2026-10-07"),
        "from tomorrow till friday": ("2026-09-16", "2026-09-18"),
        "monday to wednesday": ("2026-09-21", "2026-09-23"), "oct 10-12": ("2026-10-10", "2026-10-12"),
        "from the 10th to the 12th": ("2026-10-10", "2026-10-12"),
        "2 nights from friday": ("2026-09-18", "2026-09-20"),
        "friday for 2 nights": ("2026-09-18", "2026-09-20"), "next weekend": ("2026-09-26", "2026-09-27"),
        "not next week": None, "oct 12 to oct 10": None,
    }),
    ("date_range", "es", {}, {
        "del 28 de diciembre al 3 de enero": ("2026-12-28", "2027-01-03"),
        "del 10 al 12 de octubre": ("2026-10-10", "2026-10-12"),
    }),
    ("date_range", "fr", {}, {
        "du 28 décembre au 3 janvier": ("2026-12-28", "2027-01-03"),
        "du 10 au 12 octobre": ("2026-10-10", "2026-10-12"),
        "trois nuits à partir de vendredi": ("2026-09-18", "2026-09-21"),
    }),
    ("date_range", "it", {}, {
        "dal 28 dicembre al 3 gennaio": ("2026-12-28", "2027-01-03"),
        "dal 10 al 12 ottobre": ("2026-10-10", "2026-10-12"),
        "tre notti da venerdì": ("2026-09-18", "2026-09-21"),
    }),
    ("date_range", "nl", {}, {
        "van 28 december tot 3 januari": ("2026-12-28", "2027-01-03"),
        "van 10 tot 12 oktober": ("2026-10-10", "2026-10-12"),
    }),
    ("date_range", "pt", {}, {
        "de 28 de dezembro a 3 de janeiro": ("2026-12-28", "2027-01-03"),
        "de 10 a 12 de outubro": ("2026-10-10", "2026-10-12"),
    }),
    ("datetime", "de", {}, {
        "Freitag 17 oder 18 Uhr": None, "am dritten Oktober um halb fünf": "2026-10-03T16:30",
        "in einer halben Stunde": "2026-09-15T10:30", "in eineinviertel Stunden": "2026-09-15T11:15",
        "Freitag um 18 Uhr geht nicht": None, "am 13. um viertel nach zwei": "2026-10-13T14:15",
        "in sechseinhalb Stunden": "2026-09-15T16:30",
    }),
    ("datetime", "en", {}, {
        "friday at 4 or 5": None, "friday or saturday at 6pm": None,
        "oct twenty third at half past four": "2026-10-23T16:30",
        "in three quarters of an hour": "2026-09-15T10:45", "in an hour and a quarter": "2026-09-15T11:15",
        "half an hour from now": "2026-09-15T10:30", "friday but not at 6": None, "not friday at 6": None,
        "the 13th at half past two": "2026-10-13T14:30", "friday. saturday is full. 5pm": None,
        "in two hours and a quarter": "2026-09-15T12:15", "an hour from now": "2026-09-15T11:00",
        "90 minutes ago": "2026-09-15T08:30",
    }),
    ("datetime", "es", {}, {
        "el viernes a las 5 o a las 6": None, "el tres de octubre a las cuatro y media": "2026-10-03T16:30",
        "en media hora": "2026-09-15T10:30", "dentro de tres cuartos de hora": "2026-09-15T10:45",
        "el 13 a las dos y cuarto": "2026-10-13T14:15", "el 3 de octubre a las 16:30": "2026-10-03T16:30",
        "dentro de un cuarto de hora": "2026-09-15T10:15",
    }),
    ("datetime", "fr", {}, {
        "le trois octobre à seize heures trente": "2026-10-03T16:30",
        "il y a un dîner demain à 19h30": "2026-09-16T19:30",
        "il y en a deux demain à midi": "2026-09-16T12:00", "dans trois quarts d'heure": "2026-09-15T10:45",
        "vendredi à 18h je ne peux pas": None, "le 13 octobre à 14h15": "2026-10-13T14:15",
        "dans deux heures et quart": "2026-09-15T12:15",
    }),
    ("datetime", "it", {}, {
        "venerdì alle 17 o alle 18": None, "il tre ottobre alle quattro e mezza": "2026-10-03T16:30",
        "fra mezz'ora": "2026-09-15T10:30", "tra un'ora e un quarto": "2026-09-15T11:15",
        "il 13 alle due e un quarto": "2026-10-13T14:15", "3 ottobre alle 16:30": "2026-10-03T16:30",
        "tra due ore e mezza": "2026-09-15T12:30",
    }),
    ("datetime", "nl", {}, {
        "drie oktober om half vijf": "2026-10-03T16:30", "over een half uur": "2026-09-15T10:30",
        "de 13e om kwart over twee": "2026-10-13T14:15", "over een uur en een kwartier": "2026-09-15T11:15",
    }),
    ("datetime", "pt", {}, {
        "três de outubro às quatro e meia": "2026-10-03T16:30", "daqui a meia hora": "2026-09-15T10:30",
        "dia 13 às duas e um quarto": "2026-10-13T14:15", "3 de outubro às 16h30": "2026-10-03T16:30",
        "daqui a duas horas e meia": "2026-09-15T12:30",
    }),
    ("duration", "de", {}, {
        "ein bis zwei Stunden": None, "ein oder zwei Wochen": None, "eine Stunde, höchstens zwei": None,
        "dreieinviertel Stunden": 11700, "eine halbe Stunde": 1800, "ein halber Tag": 43200,
        "eineinhalb Wochen": 907200, "ne Viertelstunde": 900, "vierzehn Tage": 1209600,
        "zwei, drei Tage": None, "bis zu einer Stunde": None, "fünf Viertelstunden": 4500,
        "zwei Stunden und eine Viertelstunde": 8100, "sechseinhalb Stunden": 23400,
        "anderthalb Tage": 129600, "eine Dreiviertelstunde": 2700, "2 Std 15 Min": 8100,
    }),
    ("duration", "en", {}, {
        "a week or two": None, "one to two weeks": None, "a couple of hours, maybe three": None,
        "2 hrs or 3": None, "half an hour": 1800, "one point five days": 129600,
        "three and a quarter hours": 11700, "two days and a half": 216000, "1 1/2 hours": 5400,
        "2½ hours": 9000, "an hour and a half": 5400, "half a day": 43200, "a week and a half": 907200,
        "ninety minutes": 5400, "1h20": 4800, "a day and two hours": 93600, "half hour": 1800,
        "two hours is too long": None, "between 2 and 3 weeks": None, "2-3 nights": None,
        "three or four years": None, "up to an hour": None, "over an hour": None, "a quarter hour": 900,
        "three and a half weeks": 2116800, "six and a half hours": 23400, "a day and a half": 129600,
        "a month and a half": 3888000, "1:45 hours": 6300, "5 min": 300, "overnight": None,
    }),
    ("duration", "es", {}, {
        "una o dos semanas": None, "tres horas y cuarto": 11700, "media hora": 1800,
        "semana y media": 907200, "un cuarto de hora": 900, "más de una hora": None,
        "entre una y dos horas": None, "seis horas y media": 23400, "un día y medio": 129600,
        "dos horas y tres cuartos": 9900, "mes y medio": 3888000, "1 h 45 min": 6300,
    }),
    ("duration", "fr", {}, {
        "une ou deux semaines": None, "une heure ou deux": None, "une heure et demie": 5400,
        "trois heures et quart": 11700, "une demi-journée": 43200, "2h15": 8100,
        "une semaine et demie": 907200, "quinze jours": 1296000, "plus d'une heure": None,
        "entre une et deux heures": None, "six heures et demie": 23400, "un jour et demi": 129600,
        "cinq quarts d'heure": 4500, "1 h 45": 6300, "un mois et demi": 3888000,
    }),
    ("duration", "it", {}, {
        "una o due settimane": None, "tre ore e un quarto": 11700, "mezz'ora": 1800,
        "una settimana e mezza": 907200, "più di un'ora": None, "tra un'ora e due": None,
        "sei ore e mezza": 23400, "un giorno e mezzo": 129600, "due ore e tre quarti": 9900,
        "un mese e mezzo": 3888000,
    }),
    ("duration", "nl", {}, {
        "een of twee weken": None, "drie en een kwart uur": 11700, "een half uur": 1800,
        "anderhalve week": 907200, "een halve dag": 43200, "meer dan een uur": None,
        "zes en een half uur": 23400, "anderhalve dag": 129600, "vijf kwartier": 4500,
        "twee uur en een kwartier": 8100,
    }),
    ("duration", "pt", {}, {
        "uma ou duas semanas": None, "três horas e um quarto": 11700, "meia hora": 1800,
        "uma semana e meia": 907200, "mais de uma hora": None, "seis horas e meia": 23400,
        "um dia e meio": 129600, "duas horas e três quartos": 9900, "mês e meio": 3888000,
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
        "1.250,50 €": (1250.5, "EUR"), "unter 50 Euro": None, "höchstens 50 €": None,
        "so um die 50 Euro": (50, "EUR"), "10 000 Euro": (10000, "EUR"), "1 500,50 €": (1500.5, "EUR"),
        "fünf Euro und drei Cent": (5.03, "EUR"), "eine halbe Million Euro": (500000, "EUR"),
        "20 Tsd. Euro": (20000, "EUR"), "2,5 Mrd €": (2500000000, "EUR"), "0,5 Mio €": (500000, "EUR"),
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
        "$5-10": None, "5$ or 10$": None, "between ten and fifteen pounds": None, "under $50": None,
        "$50 max": None, "around $50": (50, "USD"), "10 000 euros": (10000, "EUR"),
        "twelve pounds fifty": (12.5, "GBP"), "a pound fifty": (1.5, "GBP"),
        "5 and a half dollars": (5.5, "USD"), "half a million dollars": (500000, "USD"), "500k": None,
        "$3.5 million": (3500000, "USD"), "3.5 mil dollars": (3500000, "USD"), "€2bn": (2000000000, "EUR"),
        "2 thousand pounds": (2000, "GBP"), "$1k": (1000, "USD"), "1.5k€": (1500, "EUR"),
    }),
    ("money", "en", {"currency": "EUR"}, {
        "40 grand": (40000, "EUR"), "50": (50, "EUR"), "fifty": (50, "EUR"), "50 dollars": (50, "USD"),
        "12.50": (12.5, "EUR"), "500k": (500000, "EUR"),
    }),
    ("money", "en-US", {}, {
        "$1,250.50": (1250.5, "USD"), "99 cents": (0.99, "USD"),
    }),
    ("money", "es", {}, {
        "de 50 a 60 euros": None, "tres euros con cincuenta": (3.5, "EUR"), "20 mil €": (20000, "EUR"),
        "unos 50 euros": (50, "EUR"), "menos de 50 euros": None, "un millón de euros": (1000000, "EUR"),
        "1,5 M€": (1500000, "EUR"),
    }),
    ("money", "es-MX", {}, {
        "$500": (500, "MXN"),
    }),
    ("money", "fr", {}, {
        "dans les 50-60 euros": None, "trois euros cinquante": (3.5, "EUR"), "1,5 M€": (1500000, "EUR"),
        "20 000 €": (20000, "EUR"), "20 mille euros": (20000, "EUR"), "moins de 50 euros": None,
        "environ 50 euros": (50, "EUR"), "cinq euros et dix centimes": (5.1, "EUR"), "2 k€": (2000, "EUR"),
        "1 Md€": (1000000000, "EUR"), "un million d'euros": (1000000, "EUR"),
    }),
    ("money", "it", {}, {
        "tra i 50 e i 60 euro": None, "tre euro e cinquanta": (3.5, "EUR"), "20mila euro": (20000, "EUR"),
        "2 mln di euro": (2000000, "EUR"), "circa 50 euro": (50, "EUR"), "10 000 euro": (10000, "EUR"),
        "un milione di euro": (1000000, "EUR"), "1,5 mln €": (1500000, "EUR"),
    }),
    ("money", "nl", {}, {
        "vijftig a zestig euro": None, "drie euro vijftig": (3.5, "EUR"), "€ 1,5 mln": (1500000, "EUR"),
        "2 miljoen euro": (2000000, "EUR"), "ongeveer 50 euro": (50, "EUR"), "10 000 euro": (10000, "EUR"),
        "anderhalf miljoen euro": (1500000, "EUR"), "20 duizend euro": (20000, "EUR"),
    }),
    ("money", "pt", {}, {
        "entre 50 e 60 reais": None, "três euros e cinquenta": (3.5, "EUR"), "R$ 2 mil": (2000, "BRL"),
        "2 milhões de reais": (2000000, "BRL"), "cerca de 50 euros": (50, "EUR"),
        "um milhão de reais": (1000000, "BRL"), "R$ 1,5 mi": (1500000, "BRL"),
    }),
    ("money", "pt-BR", {}, {
        "R$ 12,50": (12.5, "BRL"),
    }),
    ("name", "de", {}, {
        "Ich bin der Klaus": "Klaus", "sag ich nicht": None, "Tom mein Name": "Tom",
        "man nennt mich Tom": "Tom", "keine Lust": None,
    }),
    ("name", "en", {}, {
        "call me Bob": "Bob", "it's Bob": "Bob", "Bob here": "Bob", "I don't want to say": None,
        "none of your business": None, "book a table": None, "yes": None,
        "Mary-Jane O'Connor": "Mary-Jane O'Connor", "my name's Tom": "Tom", "everyone calls me Tom": "Tom",
        "Tom, thanks": "Tom", "what's yours?": None, "I'd rather not say": None, "tom@x.com": None,
        "hello": None, "It's not Tom": None,
    }),
    ("name", "es", {}, {
        "mi nombre es José María": "José María", "no te lo digo": None,
    }),
    ("name", "fr", {}, {
        "moi c'est Paul": "Paul", "Jean-Pierre Dupont": "Jean-Pierre Dupont", "pourquoi ?": None,
        "mon prénom c'est Tom": "Tom",
    }),
    ("name", "it", {}, {
        "sono Maria Rossi": "Maria Rossi", "perché?": None, "il mio nome è Tom": "Tom",
    }),
    ("name", "nl", {}, {
        "mijn naam is Piet van der Berg": "Piet van der Berg", "zeg ik niet": None, "ik ben Tom": "Tom",
    }),
    ("name", "pt", {}, {
        "chamo-me Ana Silva": "Ana Silva", "por que?": None, "o meu nome é Tom": "Tom",
    }),
    ("number", "de", {}, {
        "vier bis fünf": None, "sieben Komma zwei fünf": 7.25, "ungefähr drei Komma sechs": 3.6,
        "minus null Komma fünf": -0.5, "hundert Komma fünf": 100.5, "dreieinhalb": 3.5,
        "1.000.000": 1000000, "zweitausendundfünf": 2005, "7,5 Tsd": 7500, "12k": 12000,
        "2 Mrd": 2000000000, "nicht 3 sondern 4": 4, "so 20": 20, "zwei Erwachsene und drei Kinder": None,
        "zwei Fünftel": 0.4, "drei Viertel": 0.75, "zweidreiviertel": 2.75, "siebeneinhalb": 7.5,
        "minus zwölf Komma fünf": -12.5, "elfhundert": 1100, "eintausendzweihundert": 1200, "12,5": 12.5,
        "zwoundzwanzig": 22, "hundertzwanzig": 120, "5, quatsch, 4": 4,
    }),
    ("number", "en", {}, {
        "four or five": None, "4-5": None, "less than 10": None, "a few": None, "several": None,
        "four point two five": 4.25, "it's about three point six": 3.6, "ninety nine point nine": 99.9,
        "one hundred point five": 100.5, "zero point zero one": 0.01, "minus two point five": -2.5,
        "5 ft 11": None, "1 000 000": 1000000, "1,000,000.50": 1000000.5,
        "two hundred thousand and one": 200001, "a dozen and a half": 18, "3 to the power of 2": None,
        "10^3": None, "2x3": None, "1.2bn": 1200000000, "4.5 K": 4500, "10K": 10000,
        "everything except 3": None, "not 3, 4": 4, "3, no, 4": 4, "2 adults and 3 kids": None,
        "5 or 6 people": None, "about 20": 20, "20-ish": 20, "a dozen or so": 12, "half a dozen": 6,
        "no more than five": None, "one hundred and twenty point seven five": 120.75,
        "nine point nine nine": 9.99, "three hundred point two": 300.2, "three fifths": 0.6,
        "two and three quarters": 2.75, "five eighths": 0.625, "two hundred fifty": 250,
        "12 thousand": 12000, "twelve hundred": 1200, "ten thousand five hundred": 10500,
        "minus zero point five": -0.5, "3.": 3, ".5": 0.5, "3,5": 3.5, "1.234.567": 1234567, "5'000": 5000,
        "5_000": None, "100 K": 100000, "anything over 5": None,
        "not more than 5 but not less than 3": None, "four not five": 4, "5? no, 4": 4,
    }),
    ("number", "es", {}, {
        "cuatro o cinco": None, "tres coma seis": 3.6, "noventa y nueve coma nueve": 99.9,
        "tres y medio": 3.5, "menos dos coma cinco": -2.5, "3 millones": 3000000, "15k": 15000,
        "no 3 sino 4": 4, "tres quintos": 0.6, "tres cuartos": 0.75, "dos y cuarto": 2.25,
        "mil doscientos coma cinco": 1200.5, "5, no, 4": 4,
    }),
    ("number", "fr", {}, {
        "quatre ou cinq": None, "quatre-vingt-dix-neuf virgule neuf": 99.9,
        "trois virgule six environ": 3.6, "moins deux virgule cinq": -2.5, "trois et demi": 3.5,
        "12 500,75": 12500.75, "1,5 million": 1500000, "3 milliards": 3000000000, "pas 3 mais 4": 4,
        "trois cinquièmes": 0.6, "trois quarts": 0.75, "deux et quart": 2.25, "mille deux cents": 1200,
        "quatre-vingt virgule cinq": 80.5, "septante-cinq": 75, "5, non, 4": 4,
    }),
    ("number", "it", {}, {
        "quattro o cinque": None, "tre virgola sei": 3.6, "novantanove virgola nove": 99.9,
        "tre e mezzo": 3.5, "3 milioni": 3000000, "1,5 mln": 1500000, "non 3 ma 4": 4, "tre quinti": 0.6,
        "tre quarti": 0.75, "due e un quarto": 2.25, "milleduecento virgola cinque": 1200.5, "5, no, 4": 4,
    }),
    ("number", "nl", {}, {
        "vier à vijf": None, "drie komma zes": 3.6, "negenennegentig komma negen": 99.9, "drieënhalf": 3.5,
        "drie en een half": 3.5, "3 mln": 3000000, "2,5 miljoen": 2500000, "niet 3 maar 4": 4,
        "een stuk of vijf": 5, "drie vijfde": 0.6, "driekwart": 0.75, "zesenhalf": 6.5,
        "twaalfhonderd": 1200, "5, nee, 4": 4,
    }),
    ("number", "pt", {}, {
        "quatro ou cinco": None, "três vírgula seis": 3.6, "noventa e nove vírgula nove": 99.9,
        "três e meio": 3.5, "3 milhões": 3000000, "10 mil": 10000, "não 3, mas 4": 4, "uns vinte": 20,
        "três quintos": 0.6, "três quartos": 0.75, "dois e um quarto": 2.25, "mil e duzentos": 1200,
        "2 mi": 2000000, "5, não, 4": 4,
    }),
    ("percentage", "de", {}, {
        "anderthalb Prozent": 1.5, "so um die 5 %": 5, "hundert Prozent": 100,
    }),
    ("percentage", "en", {}, {
        "ten to fifteen percent": None, "10%-15%": None, "a half percent": 0.5,
        "zero point five percent": 0.5, "fifteen to twenty percent": None, "less than 5%": None,
        "5 percent or so": 5, "half": None, "a quarter": None, "one hundred percent": 100,
    }),
    ("percentage", "es", {}, {
        "medio por ciento": 0.5,
    }),
    ("percentage", "fr", {}, {
        "deux virgule cinq pour cent": 2.5,
    }),
    ("percentage", "it", {}, {
        "mezzo per cento": 0.5,
    }),
    ("percentage", "nl", {}, {
        "een half procent": 0.5,
    }),
    ("percentage", "pt", {}, {
        "meio por cento": 0.5,
    }),
    ("phone", "de-DE", {}, {
        "vom 1.10. bis zum 5.10.": None, "01.10.2026 - 05.10.2026": None, "Kundennummer 2026-1005-33": None,
        "IBAN DE89 3704 0044 0532 0130 00": None, "030 1234567": "+49301234567",
        "meine Nummer ist 0171/2345678": "+491712345678", "PLZ 10115": None, "10.10.1985": None,
        "9-17 Uhr": None, "12:30-14:30": None, "192.168.178.20": None, "zwischen 5.10. und 9.10.": None,
        "5.10.26–9.10.26": None, "05.10.2026, 09.10.2026": None, "05.10.-09.10. und 12.10.-16.10.": None,
        "08:00-16:30": None, "Kto 1234567890": None, "Rechnung RE-2026-10045": None,
        "Steuernummer 12/345/67890": None, "(0171) 234 56 78": "+491712345678",
        "+49 171 2345678 oder 030 1234567": "+491712345678", "0049 171 2345678": "+491712345678",
    }),
    ("phone", "en-GB", {}, {
        "07911 123456": "+447911123456", "+44 (0)20 7946 0958": "+442079460958",
        "020 7946 0958": "+442079460958",
    }),
    ("phone", "en-US", {}, {
        "don't call 212 555 2368": None, "10/01/2026-10/05/2026": None, "(212) 555-2368": "+12125552368",
        "call me on 212.555.2368": "+12125552368", "order 112-1234567-1234567": None,
        "my card is 4111 1111 1111 1111": None, "SSN 123-45-6789": None, "555-2368": None,
        "1-800-356-9377": "+18003569377", "10/5-10/9": None, "zip 90210-1234": None,
        "tracking 9400 1000 0000 0000 0000 00": None, "two one two 555 2368": None,
    }),
    ("phone", "es-ES", {}, {
        "612 345 678": "+34612345678", "del 01/10/26 al 05/10/26": None, "+34 612 34 56 78": "+34612345678",
        "DNI 12345678Z": None,
    }),
    ("phone", "fr-FR", {}, {
        "06 12 34 56 78": "+33612345678", "du 01/10 au 05/10": None, "01.10.26 - 05.10.26": None,
        "+33 6 12 34 56 78": "+33612345678", "n° 2026-10-05-0042": None,
    }),
    ("phone", "it-IT", {}, {
        "347 123 4567": "+393471234567", "dal 01.10 al 05.10": None, "01/10-05/10": None,
        "02 1234 5678": "+390212345678",
    }),
    ("phone", "nl-NL", {}, {
        "06-12345678": "+31612345678", "1-10 t/m 5-10": None, "01-10-2026 t/m 05-10-2026": None,
        "020 123 4567": "+31201234567",
    }),
    ("phone", "pt-BR", {}, {
        "(11) 91234-5678": "+5511912345678",
    }),
    ("phone", "pt-PT", {}, {
        "912 345 678": "+351912345678", "01/10/2026 a 05/10/2026": None, "NIF 123456789": None,
    }),
    ("scale", "de", {}, {
        "vier Sterne": 4, "eine 4": 4, "vier Komma fünf": None, "zwei von fünf": 2,
    }),
    ("scale", "en", {}, {
        "a solid 4": 4, "4.5": None, "I'd say four": 4, "5 stars!": 5, "8 out of 10": None, "4 or 5": None,
        "not 5, 4": 4, "zero": None, "at least 4": None, "2 stars": 2, "between 3 and 4": None,
        "3 or so": 3, "3/5": 3, "three and a half": None, "5 out of 5!": 5, "11": None, "a one": 1,
        "5 minutes late, so 2": None, "I give it a 2": 2,
    }),
    ("scale", "es", {}, {
        "un cuatro": 4, "cuatro de cinco": 4, "le doy un 2": 2,
    }),
    ("scale", "fr", {}, {
        "quatre étoiles sur cinq": 4, "je mets 3": 3, "2 sur 5": 2,
    }),
    ("scale", "it", {}, {
        "un quattro": 4, "do un 2": 2,
    }),
    ("scale", "nl", {}, {
        "een vier": 4, "ik geef een 2": 2,
    }),
    ("scale", "pt", {}, {
        "um quatro": 4, "nota 4": 4, "dou nota 2": 2,
    }),
    ("time", "de", {}, {
        "so gegen halb drei, drei": None, "zwischen halb drei und drei": None, "9 oder lieber 10 Uhr": None,
        "um eine Pizza": None, "um eins": "13:00", "17 Uhr ist zu spät": None, "zehn bis zwölf": None,
        "halb zehn oder zehn": None, "14:00-15:30": None, "dreiviertel acht": "07:45",
        "viertel vor neun": "08:45", "fünf vor halb neun": "08:25", "um acht abends": "20:00",
        "8 Uhr 30": "08:30", "ich bin um die 40": None, "9 Uhr passt nicht, 10 Uhr schon": "10:00",
    }),
    ("time", "en", {}, {
        "sometime between three and four": None, "around 5, 5:30 maybe": None, "4ish or 5ish": None,
        "any time after 4pm": None, "half four or five": None, "at one point I called": None,
        "by two friends": None, "about five people": None, "5 is too late for me": None,
        "not before 5": None, "no later than 5": None, "anytime between ten and noon": None,
        "9am-noon": None, "9 to 5": None, "from 9 until 11:30": None, "2:30 or 3:30": None,
        "quarter to nine": "08:45", "ten to": None, "5 past": None, "at 5 o'clock sharp": "17:00",
        "17h30": "17:30", "half past": None, "at seven in the evening": "19:00", "7 tonight": "19:00",
        "about two friends": None, "around 100 people": None, "by one of us": None, "at two places": None,
        "anything but 9": None, "I can't do 9": None,
    }),
    ("time", "es", {}, {
        "de las 5 a las 6": None, "sobre las 5 o las 5 y media": None, "a una amiga": None,
        "voy a 3 sitios": None, "a la una": "13:00", "al mediodía": "12:00", "a las 5 es muy tarde": None,
        "entre las diez y las doce": None, "las ocho y media de la tarde": "20:30",
        "a las 20 horas": "20:00", "a mediodía": "12:00", "a dos amigos": None,
        "a las 9 no, a las 10 sí": "10:00",
    }),
    ("time", "fr", {}, {
        "vers 17h ou 18h": None, "entre midi et 14 heures": None, "il y a deux problèmes": None,
        "il a une question": None, "elle a 5 enfants": None, "à une heure": "13:00", "a 17h": "17:00",
        "vers dix-sept heures": "17:00", "il y a trois jours": None, "ça a un prix": None,
        "on a 8 personnes": None, "17h c'est trop tard": None, "10h-12h": None, "14h30 ou 15h30": None,
        "il a 3 enfants": None, "il y en a à 5 euros": None, "y a t il une table à 20h": "20:00",
        "elle a une heure de retard": None, "à huit heures et quart": "08:15",
        "midi moins le quart": "11:45", "minuit": "00:00", "pas 9h, 10h": "10:00",
    }),
    ("time", "it", {}, {
        "tra le 17 e le 18": None, "ho parlato a due persone": None, "all'una": "13:00",
        "a mezzogiorno": "12:00", "alle 17 è troppo tardi": None, "10-12": None,
        "le otto e mezza di sera": "20:30", "all'1": "13:00", "alle otto meno un quarto": "07:45",
        "non alle 9, alle 10": "10:00",
    }),
    ("time", "nl", {}, {
        "half drie of drie uur": None, "om een biertje": None, "17 uur is te laat": None,
        "tussen tien en twaalf": None, "kwart voor negen": "08:45", "acht uur 's avonds": "20:00",
        "half negen": "08:30", "niet om 9 maar om 10": "10:00",
    }),
    ("time", "pt", {}, {
        "entre as 17 e as 18 horas": None, "falei a duas pessoas": None, "à uma": "13:00",
        "ao meio-dia": "12:00", "às 17 é tarde demais": None, "das 10 às 12": None,
        "oito e meia da noite": "20:30", "às quinze para as nove": "08:45", "a dois amigos": None,
        "às 9 não, às 10 sim": "10:00",
    }),
    ("time_range", "de", {}, {
        "von halb neun bis zehn": ("08:30", "10:00"), "ab 18 Uhr": ("18:00", None),
        "bis 12": (None, "12:00"), "8 bis 10": ("08:00", "10:00"), "nicht nachmittags": None,
    }),
    ("time_range", "en", {}, {
        "9 to 5": ("09:00", "17:00"), "10-12": ("10:00", "12:00"), "from noon until 2": ("12:00", "14:00"),
        "after lunch": None, "tomorrow afternoon": ("12:00", "18:00"), "1pm-3pm": ("13:00", "15:00"),
        "until 5": (None, "17:00"), "not in the morning": None, "morning": ("06:00", "12:00"),
        "9 or 10": None,
    }),
    ("time_range", "es", {}, {
        "de 9 a 11": ("09:00", "11:00"), "de 8 a 10 de la mañana": ("08:00", "10:00"),
    }),
    ("time_range", "fr", {}, {
        "de 9h30 à 11h": ("09:30", "11:00"), "de 8 à 10": ("08:00", "10:00"),
    }),
    ("time_range", "it", {}, {
        "dalle 14 alle 16:30": ("14:00", "16:30"), "dalle 8 alle 10": ("08:00", "10:00"),
    }),
    ("time_range", "nl", {}, {
        "van 9 tot half 11": ("09:00", "10:30"), "van 8 tot 10": ("08:00", "10:00"),
    }),
    ("time_range", "pt", {}, {
        "das 14 às 16h30": ("14:00", "16:30"), "das 8 às 10": ("08:00", "10:00"),
    }),
    ("yes_no", "de", {}, {
        "keinen Plan": None, "da bin ich überfragt": None, "nicht dass ich wüsste": False,
        "leider ja": True, "leider nein": False, "ja leider": True, "eher nicht": False,
        "auf keinen Fall": False, "auf jeden Fall": True, "ja und nein": None, "mal so mal so": None,
        "nö": False, "nee lass mal": False, "das stimmt so nicht": False, "stimmt": True,
        "weiß nich so genau": None, "was heißt das?": None, "geht so": None, "null Ahnung": None,
        "ja klar, gerne": True, "weiss nicht": None, "k.A.": None, "keine Ahnung ehrlich": None,
        "hä?": None, "jaja": True, "neinnein": False, "nicht mehr": False, "manchmal": None,
        "habe ich nicht": False, "ich fürchte ja": True, "muss das sein?": None, "keine": False,
        "doch, schon": True,
    }),
    ("yes_no", "en", {}, {
        "beats me": None, "not that I know of": False, "not that I'm aware": False,
        "I couldn't tell you": None, "no clue what that is": None, "can you repeat that": None,
        "I have to think about it": None, "good question": None, "yep, that's me": True,
        "absolutely not": False, "yes and no": None, "no no no": False, "nooooo way": False,
        "sure why not": True, "I don't think that's right": False, "sort of": None, "kinda": None,
        "yes unfortunately": True, "unfortunately yes": True, "sadly no": False, "nah I'm good": False,
        "no need": False, "what?": None, "why?": None, "no matter what": None,
        "I'm not entirely certain": None, "couldn't say": None, "not a clue mate": None, "huh?": None,
        "no I don't": False, "yes I do": True, "indeed I do": True, "I don't have any": False,
        "not anymore": False, "sometimes": None, "yup yup": True, "YEP!!": True, "negative": False,
        "that's a no": False, "I said no": False, "I already said yes": True, "yes. no. yes.": None,
        "what do you mean by allergy": None, "is that important?": None, "do I have to?": None, "y": True,
        "ya": True, "no preference": None, "no clue, sorry": None, "no thank you, I'm fine": False,
        "fine": True, "I'm afraid so": True,
    }),
    ("yes_no", "es", {}, {
        "no sabría decirle": None, "ni fu ni fa": None, "no tengo claro": None, "no lo tengo claro": None,
        "claro que sí": True, "claro que no": False, "para nada": False, "ojalá": None,
        "sí, por desgracia": True, "no, gracias, ya tengo": False, "no recuerdo bien": None,
        "ni de broma": False, "vale": True, "qué significa eso": None, "ni la menor idea": None,
        "no me acuerdo bien": None, "¿cómo?": None, "no tengo": False, "ya no": False, "a veces": None,
        "he dicho que no": False, "pues sí": True, "pues no": False, "sí señor": True,
    }),
    ("yes_no", "fr", {}, {
        "aucune idée franchement": None, "j'en sais rien": None, "bof": None, "pas du tout": False,
        "bien sûr que non": False, "bien sûr que oui": True, "mais oui": True, "ouais": True,
        "c'est pas ça": False, "je comprends pas": None, "hélas non": False, "malheureusement oui": True,
        "oui et non": None, "ça dépend": None, "j'en ai aucune idée": None, "chais pas": None,
        "comment ?": None, "je n'en ai pas": False, "parfois": None, "sûrement pas": False,
        "j'ai dit non": False, "que oui": True,
    }),
    ("yes_no", "it", {}, {
        "boh": None, "non saprei": None, "non ne ho idea": None, "direi di no": False, "direi di sì": True,
        "certo che no": False, "assolutamente no": False, "purtroppo sì": True, "ma certo": True,
        "non credo": False, "non ho capito": None, "dipende": None, "non ricordo": None, "come?": None,
        "non ne ho": False, "non più": False, "a volte": None, "ho detto di no": False, "eh sì": True,
        "eh no": False, "sissì": True,
    }),
    ("yes_no", "nl", {}, {
        "geen flauw idee": None, "weet ik veel": None, "helaas niet": False, "helaas wel": True,
        "jawel": True, "natuurlijk niet": False, "ik snap de vraag niet": None, "ja hoor": True,
        "nee hoor": False, "misschien wel": None, "dat klopt niet": False, "liever niet": False,
        "wat?": None, "heb ik niet": False, "niet meer": False, "soms": None, "ik zei nee": False,
        "nou ja": None, "ja graag": True, "nee dank je": False,
    }),
    ("yes_no", "pt", {}, {
        "nem ideia": None, "não faço a menor ideia": None, "não saberia dizer": None,
        "infelizmente sim": True, "infelizmente não": False, "claro que não": False, "com certeza": True,
        "com certeza não": False, "de jeito nenhum": False, "mais ou menos": None, "sei não": None,
        "como?": None, "não tenho": False, "já não": False, "às vezes": None, "já disse que não": False,
        "é sim": True, "tenho sim": True,
    }),
]  # fmt: skip
