"""What kind of sentence a text is: an answer, a greeting, a question, a command, a statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flowhook.nlu.lexicon import fold, split
from flowhook.reading.plain import language
from flowhook.reading.yes_no import yes_no

GREETING_WORDS: Final = 5  #: a longer text that begins with "hello" wants something else
YES, NO = "pAnswer", "nAnswer"
GREETING, FAREWELL = "Greeting", "BGreeting"
WHAT, HOW, WHETHER = "whQuestion", "howQuestion", "ynQuestion"
COMMAND, STATEMENT = "Command", "Statement"


@dataclass(frozen=True, slots=True)
class Signs:
    """The words of one language that tell kinds of sentences apart. All folded; phrases have spaces."""

    greetings: frozenset[str]
    farewells: frozenset[str]
    what: frozenset[str]  #: question words but "how"
    how: frozenset[str]
    whether: frozenset[str]  #: verbs that begin a question
    commands: frozenset[str]  #: verbs that begin a command
    polite: frozenset[str]  #: may stand before all of these


def _set(words: str, *phrases: str) -> frozenset[str]:
    return frozenset(words.split()) | frozenset(phrases)


SIGNS: Final[Mapping[str, Signs]] = {
    "en": Signs(
        _set("hi hello hey hiya howdy greetings yo hullo", "good morning", "good afternoon", "good evening",
             "good day", "hi there", "hello there", "hey there", "how are you", "how do you do", "what's up"),
        _set("bye goodbye cya farewell cheerio", "see you", "see ya", "good night", "bye bye", "good bye",
             "take care", "so long", "have a nice day", "see you later", "see you soon"),
        _set("what whats when where wheres who whos whom whose which why"),
        _set("how hows"),
        _set("do does did is are am was were can could will would shall should may might must have has had isn "
             "aren don doesn didn can't couldn won wouldn shouldn hasn haven"),
        _set("give show tell cancel book order send bring get make open close start stop find search call change "
             "set add remove delete let go take put buy help connect transfer check repeat say read explain list "
             "update block unblock activate reset turn switch remind play describe forget leave"),
        _set("please pls and so well ok okay then just now kindly hey hi hello"),
    ),
    "de": Signs(
        _set("hallo hi hey moin servus gruezi tag morgen abend huhu", "guten tag", "guten morgen", "guten abend",
             "gruss gott", "grus gott", "hallo zusammen", "wie geht es dir", "wie geht's", "schonen guten tag"),
        _set("tschuss tschuess tschau ciao bye wiedersehen ade", "auf wiedersehen", "bis bald", "bis dann",
             "bis spater", "gute nacht", "mach's gut", "schonen tag noch", "bis morgen"),
        _set("was wann wo wer wen wem wessen welche welcher welches welchen welchem warum wieso weshalb woher wohin "
             "womit wofur woran wozu worum"),
        _set("wie wieviel wieviele"),
        _set("ist sind bin bist seid war waren hat habt haben hast habe kann konnen kannst konnt konnte konnten "
             "konntest wird werden wirst willst will wollen soll sollen sollte darf durfen muss mussen mochte gibt "
             "geht macht mag magst tut wurde wurden wurdest hatte hatten"),
        _set("gib gebt geben zeig zeige zeigen sag sage sagen storniere stornieren storno buche buchen bestelle "
             "bestellen schick schicke schicken bring bringe bringen mach mache offne schliesse starte stopp stoppe "
             "such suche finde ruf rufe andere setze leg lege losche nimm hilf helfen erklare erklar lies wiederhole "
             "sperre entsperre aktiviere verbinde prufe lass abbrechen zeigt andern"),
        _set("bitte und also ok okay dann jetzt mal hey hallo hi"),
    ),
    "fr": Signs(
        _set("bonjour salut bonsoir coucou allo", "comment ca va", "bonjour a tous"),
        _set("adieu ciao", "au revoir", "a bientot", "bonne nuit", "a plus", "bonne journee", "a demain"),
        _set("que quoi quand ou qui quel quelle quels quelles pourquoi lequel laquelle combien", "qu'est ce"),
        _set("comment"),
        _set("est es sont peut peux puis pouvez avez as a ai y faut dois", "est ce que", "est ce qu"),
        _set("donne donnez montre montrez dis dites annule annulez commande reserve reservez envoie envoyez arrete "
             "arretez cherche trouve ouvre ferme aide aidez change changez expliquez ajoute ajoutez"),
        _set("s'il te plait svp et alors ok bonjour"),
    ),
    "es": Signs(
        _set("hola buenas saludos", "buenos dias", "buenas tardes", "buenas noches", "que tal", "como estas"),
        _set("adios chao chau", "hasta luego", "hasta manana", "hasta pronto", "nos vemos"),
        _set("que cuando donde quien quienes cual cuales cuanto cuanta cuantos cuantas", "por que"),
        _set("como"),
        _set("es son esta estan puede puedo puedes pueden hay tiene tienen tienes hace has ha debo"),
        _set("dame deme muestra muestrame dime digame cancela cancele reserva envia enviame para busca abre cierra "
             "ayuda ayudame cambia anade explica pon quita"),
        _set("por favor y bueno pues ok hola"),
    ),
    "it": Signs(
        _set("ciao salve buongiorno buonasera buondi", "buon giorno", "buona sera", "come stai", "come va"),
        _set("arrivederci addio", "a presto", "buona notte", "a domani", "ci vediamo"),
        _set("che cosa quando dove chi quale quali quanto quanta quanti quante perche", "che cosa", "cos'e"),
        _set("come"),
        _set("e sono puo posso puoi potete c'e ci hai ha avete hanno devo"),
        _set("dammi mostra mostrami dimmi annulla prenota manda inviami ferma cerca apri chiudi aiuto aiutami cambia "
             "aggiungi spiega togli"),
        _set("per favore e allora ok ciao"),
    ),
    "nl": Signs(
        _set("hallo hoi hey dag goedemorgen goedemiddag goedenavond goedendag", "hoe gaat het", "goede morgen"),
        _set("doei tot doeg", "tot ziens", "tot straks", "tot morgen", "welterusten", "goede nacht", "tot later"),
        _set("wat wanneer waar wie welke welk waarom waarvoor waarheen"),
        _set("hoe hoeveel"),
        _set("is zijn ben bent was waren heeft hebben heb hebt kan kunnen kun kunt wil wilt zal zou mag mogen moet "
             "gaat"),
        _set("geef toon zeg annuleer boek bestel stuur breng maak open sluit start stop zoek bel verander voeg "
             "verwijder neem help laat leg"),
        _set("alstublieft alsjeblieft en dus ok dan nu hallo"),
    ),
    "pt": Signs(
        _set("ola oi alo", "bom dia", "boa tarde", "boa noite", "tudo bem", "como vai"),
        _set("tchau adeus", "ate logo", "ate amanha", "ate breve", "ate mais"),
        _set("que quando onde quem qual quais quanto quanta quantos quantas porque", "por que", "o que"),
        _set("como"),
        _set("e sao esta estao pode posso podem ha tem tens temos devo"),
        _set("da me mostra mostre diga cancela cancele reserva reserve envia envie para pare procura abre fecha "
             "ajuda ajude muda mude adiciona explica explique tira tire"),
        _set("por favor e entao ok ola"),
    ),
}  # fmt: skip


def answer_of(text: str, locale: str) -> bool | None:
    """Whether a text says yes (True) or no (False); None: neither."""
    return yes_no(text, locale)


def kind_of(text: str, locale: str, answer: bool | None) -> str | None:
    """One of pAnswer, nAnswer, Greeting, BGreeting, whQuestion, howQuestion, ynQuestion, Command,
    Statement; None for a text without words. ``answer`` is what :func:`answer_of` makes of it.

    In a language that is not known here, a text is a question when it ends like one.
    """
    words = [word.text for word in split(text)]
    if not words:
        return None
    if answer is not None:
        return YES if answer else NO
    signs = SIGNS.get(language(locale))
    asks = text.rstrip().rstrip("!\"'»”)").endswith(("?", "？", "؟", ";" if language(locale) == "el" else "?"))
    if signs is None:
        return WHETHER if asks else STATEMENT
    return _greeting(words, signs, asks) or _question(words, signs, asks) or _other(words, signs)


def _greeting(words: list[str], signs: Signs, asks: bool) -> str | None:
    if len(words) > GREETING_WORDS:
        return None
    for phrases, kind in ((signs.farewells, FAREWELL), (signs.greetings, GREETING)):
        if _begins(words, phrases) and (not asks or len(words) <= 1 or _is_phrase(words, phrases)):
            rest = words[_begins(words, phrases) :]
            if not rest or not (set(rest) & (signs.what | signs.how | signs.whether | signs.commands)):
                return kind
    return None


def _question(words: list[str], signs: Signs, asks: bool) -> str | None:
    words = _without_politeness(words, signs)
    if not words:
        return None
    first = words[0]
    second = words[1] if len(words) > 1 else ""
    for place in (first, second if first in _PREPOSITIONS else ""):
        if place in signs.how:
            return HOW
        if place in signs.what:
            return WHAT
    if _begins(words, frozenset(phrase for phrase in signs.what if " " in phrase or "'" in phrase)):
        return WHAT
    if first in signs.whether or _begins(words, frozenset(p for p in signs.whether if " " in p)):
        return WHETHER if asks or len(words) > 1 else None
    if asks:
        later = set(words)
        return HOW if later & signs.how else WHAT if later & signs.what and len(words) <= 4 else WHETHER
    return None


def _other(words: list[str], signs: Signs) -> str:
    words = _without_politeness(words, signs)
    return COMMAND if words and words[0] in signs.commands else STATEMENT


#: "At what time", "für wen": a question word may stand second.
_PREPOSITIONS: Final = frozenset(
    "at in on for from to with by about of fur an am um von mit zu auf bei a de pour avec para con por da per su"
    " met voor van op em no na com".split()
)


def _without_politeness(words: list[str], signs: Signs) -> list[str]:
    place = 0
    while place < len(words) and words[place] in signs.polite:
        place += 1
    return words[place:]


def _begins(words: list[str], phrases: frozenset[str]) -> int:
    """How many of the first words are one of the phrases: 0, or the most that are."""
    for count in range(min(6, len(words)), 0, -1):
        if " ".join(words[:count]) in phrases or "'".join(words[:count]) in phrases:
            return count
        if count > 2 and f"{words[0]}'{' '.join(words[1:count])}" in phrases:
            return count
    return 0


def _is_phrase(words: list[str], phrases: frozenset[str]) -> bool:
    return _begins(words, phrases) == len(words)


__all__ = ["answer_of", "fold", "kind_of"]
