"""The words by which kinds of sentences are told apart, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SentenceCues:
    """The words of one language. All folded; phrases have spaces."""

    greetings: frozenset[str]
    farewells: frozenset[str]
    what: frozenset[str]  #: question words but "how"
    how: frozenset[str]
    whether: frozenset[str]  #: verbs that begin a question
    commands: frozenset[str]  #: verbs that begin a command
    polite: frozenset[str]  #: may stand before all of these


def _set(words: str, *phrases: str) -> frozenset[str]:
    return frozenset(words.split()) | frozenset(phrases)


SIGNS: Final[Mapping[str, SentenceCues]] = {
    "en": SentenceCues(
        greetings=_set(
            "hi hello hey hiya howdy greetings yo hullo",
            "good morning", "good afternoon", "good evening", "good day", "hi there", "hello there",
            "hey there", "how are you", "how do you do", "what's up",
        ),
        farewells=_set(
            "bye goodbye cya farewell cheerio",
            "see you", "see ya", "good night", "bye bye", "good bye", "take care", "so long",
            "have a nice day", "see you later", "see you soon",
        ),
        what=_set("what whats when where wheres who whos whom whose which why"),
        how=_set("how hows"),
        whether=_set(
            "do does did is are am was were can could will would shall should may might must "
            "have has had isn aren don doesn didn can't couldn won wouldn shouldn hasn haven",
        ),
        commands=_set(
            "give show tell cancel book order send bring get make open close start stop find "
            "search call change set add remove delete let go take put buy help connect "
            "transfer check repeat say read explain list update block unblock activate reset "
            "turn switch remind play describe forget leave",
        ),
        polite=_set("please pls and so well ok okay then just now kindly hey hi hello"),
    ),
    "de": SentenceCues(
        greetings=_set(
            "hallo hi hey moin servus gruezi tag morgen abend huhu",
            "guten tag", "guten morgen", "guten abend", "gruss gott", "grus gott", "hallo zusammen",
            "wie geht es dir", "wie geht's", "schonen guten tag",
        ),
        farewells=_set(
            "tschuss tschuess tschau ciao bye wiedersehen ade",
            "auf wiedersehen", "bis bald", "bis dann", "bis spater", "gute nacht", "mach's gut",
            "schonen tag noch", "bis morgen",
        ),
        what=_set(
            "was wann wo wer wen wem wessen welche welcher welches welchen welchem warum "
            "wieso weshalb woher wohin womit wofur woran wozu worum",
        ),
        how=_set("wie wieviel wieviele"),
        whether=_set(
            "ist sind bin bist seid war waren hat habt haben hast habe kann konnen kannst "
            "konnt konnte konnten konntest wird werden wirst willst will wollen soll sollen "
            "sollte darf durfen muss mussen mochte gibt geht macht mag magst tut wurde wurden "
            "wurdest hatte hatten",
        ),
        commands=_set(
            "gib gebt geben zeig zeige zeigen sag sage sagen storniere stornieren storno "
            "buche buchen bestelle bestellen schick schicke schicken bring bringe bringen "
            "mach mache offne schliesse starte stopp stoppe such suche finde ruf rufe andere "
            "setze leg lege losche nimm hilf helfen erklare erklar lies wiederhole sperre "
            "entsperre aktiviere verbinde prufe lass abbrechen zeigt andern",
        ),
        polite=_set("bitte und also ok okay dann jetzt mal hey hallo hi"),
    ),
    "fr": SentenceCues(
        greetings=_set("bonjour salut bonsoir coucou allo", "comment ca va", "bonjour a tous"),
        farewells=_set(
            "adieu ciao",
            "au revoir", "a bientot", "bonne nuit", "a plus", "bonne journee", "a demain",
        ),
        what=_set(
            "que quoi quand ou qui quel quelle quels quelles pourquoi lequel laquelle combien",
            "qu'est ce",
        ),
        how=_set("comment"),
        whether=_set(
            "est es sont peut peux puis pouvez avez as a ai y faut dois",
            "est ce que", "est ce qu",
        ),
        commands=_set(
            "donne donnez montre montrez dis dites annule annulez commande reserve reservez "
            "envoie envoyez arrete arretez cherche trouve ouvre ferme aide aidez change "
            "changez expliquez ajoute ajoutez",
        ),
        polite=_set("s'il te plait svp et alors ok bonjour"),
    ),
    "es": SentenceCues(
        greetings=_set(
            "hola buenas saludos",
            "buenos dias", "buenas tardes", "buenas noches", "que tal", "como estas",
        ),
        farewells=_set("adios chao chau", "hasta luego", "hasta manana", "hasta pronto", "nos vemos"),
        what=_set("que cuando donde quien quienes cual cuales cuanto cuanta cuantos cuantas", "por que"),
        how=_set("como"),
        whether=_set(
            "es son esta estan puede puedo puedes pueden hay tiene tienen tienes hace has ha "
            "debo",
        ),
        commands=_set(
            "dame deme muestra muestrame dime digame cancela cancele reserva envia enviame "
            "para busca abre cierra ayuda ayudame cambia anade explica pon quita",
        ),
        polite=_set("por favor y bueno pues ok hola"),
    ),
    "it": SentenceCues(
        greetings=_set(
            "ciao salve buongiorno buonasera buondi",
            "buon giorno", "buona sera", "come stai", "come va",
        ),
        farewells=_set("arrivederci addio", "a presto", "buona notte", "a domani", "ci vediamo"),
        what=_set(
            "che cosa quando dove chi quale quali quanto quanta quanti quante perche",
            "che cosa", "cos'e",
        ),
        how=_set("come"),
        whether=_set("e sono puo posso puoi potete c'e ci hai ha avete hanno devo"),
        commands=_set(
            "dammi mostra mostrami dimmi annulla prenota manda inviami ferma cerca apri "
            "chiudi aiuto aiutami cambia aggiungi spiega togli",
        ),
        polite=_set("per favore e allora ok ciao"),
    ),
    "nl": SentenceCues(
        greetings=_set(
            "hallo hoi hey dag goedemorgen goedemiddag goedenavond goedendag",
            "hoe gaat het", "goede morgen",
        ),
        farewells=_set(
            "doei tot doeg",
            "tot ziens", "tot straks", "tot morgen", "welterusten", "goede nacht", "tot later",
        ),
        what=_set("wat wanneer waar wie welke welk waarom waarvoor waarheen"),
        how=_set("hoe hoeveel"),
        whether=_set(
            "is zijn ben bent was waren heeft hebben heb hebt kan kunnen kun kunt wil wilt "
            "zal zou mag mogen moet gaat",
        ),
        commands=_set(
            "geef toon zeg annuleer boek bestel stuur breng maak open sluit start stop zoek "
            "bel verander voeg verwijder neem help laat leg",
        ),
        polite=_set("alstublieft alsjeblieft en dus ok dan nu hallo"),
    ),
    "pt": SentenceCues(
        greetings=_set("ola oi alo", "bom dia", "boa tarde", "boa noite", "tudo bem", "como vai"),
        farewells=_set("tchau adeus", "ate logo", "ate amanha", "ate breve", "ate mais"),
        what=_set(
            "que quando onde quem qual quais quanto quanta quantos quantas porque",
            "por que", "o que",
        ),
        how=_set("como"),
        whether=_set("e sao esta estao pode posso podem ha tem tens temos devo"),
        commands=_set(
            "da me mostra mostre diga cancela cancele reserva reserve envia envie para pare "
            "procura abre fecha ajuda ajude muda mude adiciona explica explique tira tire",
        ),
        polite=_set("por favor e entao ok ola"),
    ),
}  # fmt: skip
