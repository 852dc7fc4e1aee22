"""What people say to any bot, and no intent means; and what only looks unknown: typos, short forms."""

from __future__ import annotations

import pytest

from flowhook.builtin.evaluation.everyday import EVERYDAY
from flowhook.builtin.evaluation.small_flows import drawn, measured, small_flows
from flowhook.languages import language_for
from flowhook.nlu.features import exact
from tests.nlu.shop import made_up, read, reader_of

CLINIC = {
    "en": {
        "book": ["I need an appointment", "can I come in tomorrow", "is there anything free", "book a visit"],
        "cancel": ["cancel my appointment", "I can't come on Monday", "please delete my booking"],
        "hours": ["when are you open", "what are your opening hours", "what time do you close"],
        "address": ["where are you", "how do I get there", "what is your address", "where can I park"],
        "quit": ["stop it", "forget it", "this is too much for me"],
    },
    "de": {
        "book": ["ich brauche einen Termin", "kann ich morgen kommen", "haben Sie etwas frei"],
        "cancel": ["Termin löschen", "ich muss den Termin absagen", "ich kann am Montag nicht kommen"],
        "hours": ["wann haben Sie offen", "was sind Ihre Öffnungszeiten"],
    },
    "fr": {
        "book": ["je voudrais un rendez-vous", "avez-vous une place libre", "puis-je venir demain"],
        "cancel": ["annuler mon rendez-vous", "je ne peux pas venir lundi"],
        "hours": ["quand êtes-vous ouverts", "quels sont vos horaires"],
    },
    "es": {
        "book": ["necesito una cita", "tienen algo libre", "puedo ir mañana"],
        "cancel": ["cancelar mi cita", "no puedo ir el lunes"],
        "hours": ["cuándo abren", "cuál es su horario"],
    },
    "it": {
        "book": ["vorrei un appuntamento", "avete un posto libero", "posso venire domani"],
        "cancel": ["annullare l'appuntamento", "lunedì non posso venire"],
        "hours": ["quando aprite", "quali sono gli orari"],
    },
    "nl": {
        "book": ["ik wil een afspraak maken", "heeft u iets vrij", "kan ik morgen komen"],
        "cancel": ["mijn afspraak annuleren", "ik kan maandag niet komen"],
        "hours": ["wanneer bent u open", "wat zijn de openingstijden"],
    },
    "pt": {
        "book": ["preciso de uma consulta", "tem alguma vaga", "posso ir amanhã"],
        "cancel": ["cancelar a minha consulta", "não posso ir na segunda"],
        "hours": ["quando abrem", "qual é o horário"],
    },
}


@pytest.fixture(scope="module", params=sorted(CLINIC))
def clinic(request):
    return request.param, reader_of(CLINIC[request.param], locale=request.param)


def test_small_talk_wins_no_intent_in_any_language(clinic) -> None:
    locale, reader = clinic
    phrases = [phrase for group in language_for(locale).small_talk.values() for phrase in group]
    assert len(phrases) > 200
    won = [phrase for phrase in phrases if read(reader, phrase).score >= 0.4]
    assert len(won) <= 0.01 * len(phrases), won


def test_everyday_sentences_that_no_language_lists_are_refused_as_well(clinic) -> None:
    locale, reader = clinic
    won = [text for text in EVERYDAY[locale] if read(reader, text).score >= 0.4]
    assert len(won) <= 0.1 * len(EVERYDAY[locale]), won


def test_what_is_asked_is_never_what_is_known() -> None:
    for locale, texts in EVERYDAY.items():
        phrases = {exact(phrase) for group in language_for(locale).small_talk.values() for phrase in group}
        assert not phrases & {exact(text) for text in texts}


@pytest.mark.parametrize(
    "text", ["what", "a lot", "Here.", "this is stupid", "say that again", "are you there?", "let me check"]
)
def test_words_without_content(text: str) -> None:
    found = read(reader_of(CLINIC["en"]), text)
    assert found.rejected
    assert found.intent is None


@pytest.mark.parametrize(
    ("locale", "texts"),
    [
        ("en", ["12345678", "4", "on monday", "Monday, please", "tomorrow", "3 May 1980", "at ten", "10:30"]),
        ("en", ["a@example.com", "0171 2345678", "50 euros", "2 hours", "tomorrow at ten", "5%", "twenty"]),
        ("de", ["am Montag", "morgen", "Montag bitte", "um zehn", "12345678", "nächsten Dienstag um zehn"]),
        ("fr", ["lundi", "demain", "à dix heures", "le 3 mai"]),
        ("es", ["el lunes", "mañana", "a las diez"]),
        ("it", ["lunedì", "domani", "alle dieci"]),
        ("nl", ["maandag", "morgen", "om tien uur"]),
        ("pt", ["segunda", "amanhã", "às dez"]),
    ],
)
def test_a_bare_value_is_an_answer_and_no_intent(locale: str, texts: list[str]) -> None:
    """Although examples hold the word; with a word of what is wanted it is one."""
    reader = reader_of(CLINIC[locale], locale=locale)
    for text in texts:
        found = read(reader, text)
        assert found.intent is None or found.score < 0.1, text
    if locale == "en":
        assert read(reader, "can I come tomorrow").intent == "book"
        assert read(reader, "book tomorrow").intent == "book"


def test_who_wants_bare_values_gets_them() -> None:
    """An example is what it is, and a value that the flow looks for says something."""
    more = {**CLINIC["en"], "day": ["monday", "on tuesday"]}
    assert read(reader_of(more), "Monday").intent == "day"
    slots = {"when": {"type": "date"}}
    assert read(reader_of({**CLINIC["en"], "day": ["on monday"]}, slots), "on friday").intent == "day"


def test_who_wants_small_talk_gets_it() -> None:
    """An example that is such a phrase takes its whole group back for the flow."""
    reader = reader_of({**CLINIC["en"], "greeting": ["hello", "hi there", "good day to you"]})
    assert read(reader, "hello").score == 1.0
    assert read(reader, "good morning").rejected is False
    assert read(reader, "say that again").rejected
    more = reader_of({**CLINIC["en"], "again": ["can you say that again", "one more time"]})
    assert read(more, "say that again").intent == "again"


@pytest.mark.parametrize(
    ("locale", "text", "intent"),
    [
        ("en", "appoinment pls", "book"),
        ("en", "cancle my apointment", "cancel"),
        ("en", "openning hours", "hours"),
        ("de", "termin loeschen bitte", "cancel"),
        ("de", "Termin loschen", "cancel"),
        ("de", "was sind eure oeffnungszeiten", "hours"),
        ("de", "brauch einen temrin", "book"),
        ("fr", "anuler mon rdv svp", "cancel"),
        ("es", "cancelar cita porfa", "cancel"),
    ],
)
def test_typos_written_out_umlauts_and_short_forms(locale: str, text: str, intent: str) -> None:
    found = read(reader_of(CLINIC[locale], locale=locale), text)
    assert found.ranking[0].name == intent
    assert found.score >= 0.4


def test_the_value_of_a_slot_says_something() -> None:
    """Where nothing else does: "can I have a latte please"."""
    slots = {"drink": {"values": {"tea": {}, "coffee": {"synonyms": ["latte"]}}}}
    reader = reader_of(
        {"order": ["a coffee please", "can I order a tea"], "hours": ["when are you open"]}, slots
    )
    assert read(reader, "can I have a latte please").score >= 0.4
    assert read(reader, "can I have it please").score < 0.4


def test_an_umlaut_may_be_written_in_three_ways() -> None:
    reader = reader_of(CLINIC["de"], locale="de")
    assert [read(reader, text).score for text in ("Termin löschen", "TERMIN LOESCHEN", "termin loschen")] == [
        1.0,
        1.0,
        1.0,
    ]


def test_small_flows_are_drawn_and_measured() -> None:
    examples = made_up(10, 12)
    flows = list(drawn(examples, 3, seed=4))
    assert flows == list(drawn(examples, 3, seed=4))
    assert [len(flow.examples) for flow in flows] == [3, 5, 8]
    for flow in flows:
        assert all(5 <= len(texts) <= 11 for texts in flow.examples.values())
        assert not {text for text, _ in flow.inside} & {t for texts in flow.examples.values() for t in texts}
    shares = measured(flows[0], "en", 0.4)
    assert 0 <= shares.wrong <= 1 - shares.right
    assert shares.balance == pytest.approx(
        (shares.right + shares.refused_other + shares.refused_unrelated) / 3
    )
    report = small_flows(examples, draws=2).to_json()
    assert report["draws"] == 2
    assert report["balance"] > 0.6
    assert small_flows({"one": ["a"] * 9}, draws=2).draws == ()
