"""A denied intent does not win, in seven languages; an intent that is itself negative does. 200 pairs."""

from __future__ import annotations

import pytest

from tests.nlu.shop import read, reader_of

FLOWS = {
    "en": {
        "cancel": [
            "cancel my appointment",
            "please cancel it",
            "I want to cancel",
            "delete my booking",
            "call it off",
        ],
        "move": [
            "move my appointment",
            "can we move it",
            "another day please",
            "just move it to Friday",
            "postpone it",
        ],
        "lost": [
            "I lost my card",
            "my card is lost",
            "my wallet is gone",
            "someone stole my card",
            "it got stolen",
        ],
        "block": ["block my card", "please block it", "I want to block the card", "freeze the account"],
        "no_card": ["I don't have a card", "I have no card yet", "I never got a card"],
        "broken": ["it does not work", "the app isn't working", "my card doesn't work", "it won't open"],
    },
    "de": {
        "cancel": [
            "ich möchte absagen",
            "Termin absagen",
            "bitte stornieren",
            "ich will den Termin stornieren",
        ],
        "move": ["Termin verschieben", "ich möchte verschieben", "einen anderen Tag bitte", "bitte verlegen"],
        "lost": [
            "ich habe meine Karte verloren",
            "Karte gestohlen",
            "meine Karte ist weg",
            "Geldbörse verloren",
        ],
        "block": ["Karte sperren", "bitte sperren Sie meine Karte", "ich will das Konto sperren"],
        "no_card": ["ich habe keine Karte", "ich besitze keine Karte", "noch keine Karte bekommen"],
        "broken": ["es funktioniert nicht", "die App geht nicht", "meine Karte funktioniert nicht"],
    },
    "fr": {
        "cancel": [
            "annuler mon rendez-vous",
            "je veux annuler",
            "annulez s'il vous plaît",
            "supprimer la réservation",
        ],
        "move": [
            "déplacer le rendez-vous",
            "je veux déplacer",
            "un autre jour",
            "reportez-le",
            "reporter à vendredi",
        ],
        "lost": ["j'ai perdu ma carte", "ma carte est perdue", "on a volé ma carte", "ma carte est volée"],
        "block": ["bloquer ma carte", "bloquez la carte", "je veux bloquer le compte"],
        "no_card": ["je n'ai pas de carte", "je n'ai pas encore de carte"],
        "broken": ["ça ne fonctionne pas", "l'application ne marche pas", "ma carte ne fonctionne pas"],
    },
    "es": {
        "cancel": ["cancelar mi cita", "quiero cancelar", "anular la cita", "cancele por favor"],
        "move": [
            "mover la cita",
            "quiero mover la cita",
            "cambiar de día",
            "cámbiela al viernes",
            "otro día",
        ],
        "lost": ["perdí mi tarjeta", "he perdido la tarjeta", "me robaron la tarjeta", "tarjeta robada"],
        "block": ["bloquear mi tarjeta", "quiero bloquear la tarjeta", "bloquee la cuenta"],
        "no_card": ["no tengo tarjeta", "todavía no tengo tarjeta"],
        "broken": ["no funciona", "la aplicación no funciona", "mi tarjeta no funciona"],
    },
    "it": {
        "cancel": [
            "annullare l'appuntamento",
            "voglio annullare",
            "annulla per favore",
            "cancellare la prenotazione",
        ],
        "move": [
            "spostare l'appuntamento",
            "voglio spostare",
            "un altro giorno",
            "spostalo a venerdì",
            "rimandare",
        ],
        "lost": ["ho perso la carta", "la mia carta è persa", "mi hanno rubato la carta", "carta rubata"],
        "block": ["bloccare la carta", "voglio bloccare la carta", "bloccate il conto"],
        "no_card": ["non ho una carta", "non ho ancora la carta"],
        "broken": ["non funziona", "l'app non funziona", "la mia carta non funziona"],
    },
    "nl": {
        "cancel": ["mijn afspraak annuleren", "ik wil annuleren", "annuleer het", "afzeggen graag"],
        "move": ["de afspraak verzetten", "ik wil verzetten", "een andere dag", "verplaats het naar vrijdag"],
        "lost": ["ik ben mijn pas verloren", "mijn pas is verloren", "mijn pas is gestolen", "pas kwijt"],
        "block": ["mijn pas blokkeren", "ik wil de pas blokkeren", "blokkeer de rekening"],
        "no_card": ["ik heb geen pas", "ik heb nog geen pas"],
        "broken": ["het werkt niet", "de app werkt niet", "mijn pas werkt niet"],
    },
    "pt": {
        "cancel": [
            "cancelar a minha consulta",
            "quero cancelar",
            "cancele por favor",
            "desmarcar a consulta",
        ],
        "move": [
            "mudar a consulta",
            "quero mudar a consulta",
            "outro dia",
            "mude para sexta",
            "adiar a consulta",
        ],
        "lost": ["perdi o meu cartão", "o cartão está perdido", "roubaram o meu cartão", "cartão roubado"],
        "block": ["bloquear o meu cartão", "quero bloquear o cartão", "bloqueie a conta"],
        "no_card": ["não tenho cartão", "ainda não tenho cartão"],
        "broken": ["não funciona", "a aplicação não funciona", "o meu cartão não funciona"],
    },
}

#: Locale → what is said, and the intent that wins; "-x": x is denied and none wins; "-x y": and y wins.
PAIRS = {
    "en": """
        no, my card is not lost = -lost | my card isn't lost = -lost | I haven't lost my card = -lost
        I did not lose it, my card is not lost = -lost | it was not stolen = -lost
        my wallet is not gone = -lost
        I don't want to cancel my appointment = -cancel | actually don't cancel = -cancel
        do not cancel it = -cancel
        please don't cancel = -cancel | I never wanted to cancel = -cancel
        don't delete my booking = -cancel
        i don't want to cancel it, just move it = -cancel move | don't cancel, move it = -cancel move
        not cancel but move it = -cancel move | don't move it, cancel it = -move cancel
        I don't want to block my card = -block | please don't block it = -block
        do not block the card = -block
        no need to block my card = -block | don't freeze the account = -block
        I don't have a card = no_card | i have no card = no_card | it doesn't work = broken
        my card does not work = broken
        the app does not work = broken | the card won't work = broken
        I lost my card = lost | cancel it please = cancel | can we move the appointment = move
        block the card now = block
        I can't find my wallet, I lost it = lost | why don't you block my card? = block
        why not block the card? = block | could you not just cancel it? = cancel
        please cancel, I don't have time = cancel | I don't need it any more, cancel it = cancel
    """,
    "de": """
        nein, meine Karte ist nicht verloren = -lost | ich habe meine Karte nicht verloren = -lost
        die Karte wurde nicht gestohlen = -lost | nicht absagen! = -cancel | bitte nicht absagen = -cancel
        ich will nicht absagen = -cancel | ich möchte den Termin nicht absagen = -cancel
        nicht stornieren bitte = -cancel
        den Termin bitte nicht stornieren = -cancel | nicht absagen, sondern verschieben = -cancel move
        ich will nicht absagen, nur verschieben = -cancel move | nicht verschieben, absagen = -move cancel
        bitte nicht sperren = -block | meine Karte nicht sperren = -block
        ich will die Karte nicht sperren = -block
        sperren will ich die Karte nicht = -block | niemals sperren = -block
        ich habe keine Karte = no_card | keine Karte bekommen = no_card
        die App funktioniert nicht = broken
        es geht nicht, es funktioniert nicht = broken | Karte funktioniert nicht = broken
        Termin absagen bitte = cancel | ich möchte den Termin verschieben = move | Karte verloren = lost
        sperren Sie die Karte = block | ich kann nicht kommen, bitte absagen = cancel
        wieso sperren Sie meine Karte nicht? = block | warum nicht den Termin absagen? = cancel
        ich finde meine Karte nicht, ich habe sie verloren = lost
    """,
    "fr": """
        ma carte n'est pas perdue = -lost | non, je n'ai pas perdu ma carte = -lost
        elle n'est pas volée = -lost
        ma carte n'est pas volée = -lost
        je ne veux pas annuler = -cancel | n'annulez pas = -cancel
        ne pas annuler s'il vous plaît = -cancel
        je ne veux pas annuler mon rendez-vous = -cancel | ne supprimez pas la réservation = -cancel
        je ne veux pas annuler, mais déplacer = -cancel move | ne pas annuler, déplacer = -cancel move
        ne pas déplacer, annuler = -move cancel | ne bloquez pas la carte = -block
        je ne veux pas bloquer ma carte = -block
        pas bloquer la carte = -block | je n'ai pas de carte = no_card
        je n'ai pas encore la carte = no_card
        ça ne fonctionne pas = broken | l'application ne fonctionne pas = broken
        ma carte ne marche pas = broken
        annuler le rendez-vous = cancel | je voudrais déplacer le rendez-vous = move
        j'ai perdu la carte = lost
        bloquez ma carte = block | je ne peux pas venir, annulez = cancel
        pourquoi ne pas bloquer ma carte ? = block | pourquoi pas annuler ? = cancel
    """,
    "es": """
        mi tarjeta no está perdida = -lost | no he perdido la tarjeta = -lost | no perdí mi tarjeta = -lost
        no me robaron la tarjeta = -lost
        no quiero cancelar = -cancel | no cancele la cita = -cancel | por favor no cancelar = -cancel
        no quiero cancelar mi cita = -cancel | no anular = -cancel
        no quiero cancelar, sino mover la cita = -cancel move | no cancelar, mover la cita = -cancel move
        no mover la cita, cancelar = -move cancel | no quiero bloquear mi tarjeta = -block
        no bloquee la tarjeta = -block
        nunca bloquear la cuenta = -block | no tengo tarjeta = no_card | aún no tengo tarjeta = no_card
        no funciona = broken | la tarjeta no funciona = broken | la aplicación no funciona bien = broken
        quiero cancelar la cita = cancel | mover mi cita = move | perdí la tarjeta = lost
        bloquear tarjeta = block
        no puedo ir, quiero cancelar = cancel | por qué no bloquear mi tarjeta = block
        por qué no cancelar = cancel
    """,
    "it": """
        la mia carta non è persa = -lost | non ho perso la carta = -lost | no, non ho perso la carta = -lost
        non mi hanno rubato la carta = -lost
        non voglio annullare = -cancel | non annullare = -cancel
        per favore non annullare l'appuntamento = -cancel
        non voglio annullare l'appuntamento = -cancel | non cancellare la prenotazione = -cancel
        non voglio annullare, ma spostare = -cancel move | non annullare, spostare = -cancel move
        non spostare, annullare = -move cancel | non bloccare la carta = -block
        non voglio bloccare la carta = -block
        mai bloccare il conto = -block | non ho una carta = no_card | non ho la carta = no_card
        non funziona = broken | la carta non funziona = broken | l'app non funziona bene = broken
        annullare il mio appuntamento = cancel | vorrei spostare l'appuntamento = move
        ho perso la mia carta = lost
        bloccare la mia carta = block | non posso venire, voglio annullare = cancel
        perché non annullare? = cancel
    """,
    "nl": """
        mijn pas is niet verloren = -lost | nee, mijn pas is niet gestolen = -lost
        ik ben mijn pas niet verloren = -lost
        ik wil niet annuleren = -cancel | niet annuleren alsjeblieft = -cancel
        ik wil mijn afspraak niet annuleren = -cancel
        niet afzeggen = -cancel | niet annuleren maar verzetten = -cancel move
        niet annuleren, verzetten = -cancel move
        niet verzetten, annuleren = -move cancel | mijn pas niet blokkeren = -block
        ik wil de pas niet blokkeren = -block
        niet blokkeren = -block | nooit de rekening blokkeren = -block | ik heb geen pas = no_card
        nog geen pas = no_card | het werkt niet = broken | mijn pas werkt niet = broken
        de app werkt niet goed = broken
        de afspraak annuleren = cancel | ik wil de afspraak verzetten = move | ik ben de pas verloren = lost
        blokkeer mijn pas = block | ik kan niet komen, annuleer het = cancel
        waarom mijn pas niet blokkeren? = block | waarom niet annuleren? = cancel
    """,
    "pt": """
        o meu cartão não está perdido = -lost | não perdi o cartão = -lost
        não, não perdi o meu cartão = -lost
        não roubaram o meu cartão = -lost
        não quero cancelar = -cancel | não cancele = -cancel | por favor não cancelar a consulta = -cancel
        não quero cancelar a minha consulta = -cancel | não desmarcar = -cancel
        não quero cancelar, mas mudar = -cancel move | não cancelar, mudar a consulta = -cancel move
        não mudar a consulta, cancelar = -move cancel | não bloquear o cartão = -block
        não quero bloquear o meu cartão = -block
        nunca bloquear a conta = -block | não tenho cartão = no_card | ainda não tenho o cartão = no_card
        não funciona = broken | o cartão não funciona = broken | a aplicação não funciona bem = broken
        quero cancelar a consulta = cancel | mudar a minha consulta = move | perdi meu cartão = lost
        bloquear o cartão = block | não posso ir, quero cancelar = cancel
        por que não bloquear o meu cartão = block | por que não cancelar? = cancel
    """,
}


def pairs() -> list[tuple[str, str, str]]:
    found = []
    for locale, lines in PAIRS.items():
        for line in lines.strip().splitlines():
            for pair in line.split("|"):
                text, _, wanted = pair.rpartition(" = ")
                found.append((locale, text.strip(), wanted.strip()))
    return found


@pytest.fixture(scope="module")
def readers():
    return {locale: reader_of(flow, locale=locale) for locale, flow in FLOWS.items()}


def test_there_are_two_hundred_pairs() -> None:
    assert len(pairs()) >= 200


@pytest.mark.parametrize(("locale", "text", "wanted"), pairs())
def test_denied_intents_do_not_win_and_negative_ones_do(readers, locale: str, text: str, wanted: str) -> None:
    found = read(readers[locale], text)
    won = found.intent if found.score >= 0.4 else None
    denied, _, meant = wanted.removeprefix("-").partition(" ") if wanted[0] == "-" else ("", "", wanted)
    assert (won, denied in found.denied) == (meant or None, bool(denied))


@pytest.mark.parametrize(
    ("locale", "examples", "text"),
    [
        ("de", ["ich brauche meine Rechnung", "schicken Sie mir die Rechnung"], "ich brauche keine Rechnung"),
        ("nl", ["stuur me de factuur", "ik heb mijn factuur nodig"], "ik heb geen factuur nodig"),
        ("es", ["bloquear mi tarjeta", "bloquee la tarjeta"], "no hace falta bloquear la tarjeta"),
        ("es", ["cancelar mi reserva", "quiero cancelar", "cancele la cita"], "nunca quise cancelar"),
        ("pt", ["cancelar a minha reserva", "quero cancelar", "cancele a consulta"], "nunca quis cancelar"),
        ("fr", ["bloquer ma carte", "bloquez la carte"], "inutile de bloquer la carte"),
        ("en", ["cancel my booking", "please cancel it", "I want to cancel"], "forget about cancelling"),
    ],
)  # fmt: skip
def test_other_ways_to_say_that_it_is_not_needed(locale: str, examples: list[str], text: str) -> None:
    """A need that is denied is a wish that is denied."""
    others = {"de": ["wann haben Sie offen", "Öffnungszeiten"], "en": ["when are you open", "opening hours"]}
    reader = reader_of({"it": examples, "hours": others.get(locale, ["horario", "hora"])}, locale=locale)
    understood = read(reader, text)
    assert understood.intent != "it" or understood.score < 0.4
