"""Corrections of earlier answers: "no wait, tuesday", while the next question waits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flowhook.model.understanding import Slot, Understanding
from tests.engine.conversation import Builder, Conversation

SUNDAY = datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp()
DAY = {"text": "Which day? Welcher Tag?", "type": "date", "store": "context.day"}
TIME = {"text": "What time?", "type": "time", "store": "context.time"}
PEOPLE = {"text": "How many people?", "type": "integer", "store": "context.people"}
SIZES = ["small", {"value": "large", "synonyms": ["groß", "grande", "groot"]}]
SIZE = {"text": "Which size?", "type": "choice", "store": "context.size", "choices": SIZES}
NUMBER = {"text": "Your customer number? Ihre Kundennummer? Votre numéro? ¿Su número? Il suo numero? "
          "Uw klantnummer? O seu número?", "type": "number", "store": "context.number"}  # fmt: skip
MAIL = {"text": "Your mail address?", "type": "email", "store": "context.mail"}
NAME = {"text": "Your name?", "store": "context.name"}
SURE = {"text": "Shall I book it?", "type": "yes_no", "store": "context.sure"}
BACK = {"text": "When do you come back?", "type": "date", "store": "context.back"}

FIRST: dict[str, tuple[dict[str, Any], str, Any]] = {
    "day": (DAY, "2026-12-04", "2026-12-04"),
    "time": (TIME, "10:00", "10:00"),
    "people": (PEOPLE, "4", 4),
    "size": (SIZE, "small", "small"),
    "number": (NUMBER, "12345678", 12345678),
    "mail": (MAIL, "a@example.com", "a@example.com"),
    "name": (NAME, "Ann", "Ann"),
}
WAITING = {"sure": SURE, "name": NAME, "people": PEOPLE, "back": BACK, "day": DAY, "mail": MAIL}


def ask(question: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(question["store"]).partition(".")[2], "ask": question}


def talk_after(first: str, waiting: str, locale: str, *, collected: bool = False) -> Conversation:
    """A conversation in which one question is answered and the other one waits."""
    asked, said, value = FIRST[first]
    nodes = (
        [{"id": "c", "collect": {"asks": [asked, WAITING[waiting]]}}]
        if collected
        else [ask(asked), ask(WAITING[waiting])]
    )
    talk = Conversation(*nodes, {"say": "done"}, locale=locale)
    talk.environment.now = SUNDAY
    talk.says("x")
    assert talk.says(said) == [WAITING[waiting]["text"]]
    assert talk.context == {first: value}
    return talk


#: locale, what was answered, what waits, what is said, the new answer
CORRECTED: list[tuple[str, str, str, str, Any]] = [
    ("en", "day", "sure", "no wait, 2026-12-08", "2026-12-08"),
    ("en", "day", "sure", "no, wait, tuesday", "2026-12-01"),
    ("en", "day", "people", "hmm rather wednesday", "2026-12-02"),
    ("en", "day", "name", "no wait, tuesday", "2026-12-01"),
    ("en", "day", "back", "sorry, I meant tuesday", "2026-12-01"),
    ("en", "day", "people", "wednesday instead please", "2026-12-02"),
    ("en", "day", "people", "actually on wednesday", "2026-12-02"),
    ("en", "day", "people", "no, on tuesday", "2026-12-01"),
    ("en", "time", "sure", "wait, make it eleven", "11:00"),
    ("en", "time", "name", "make that half past ten please", "10:30"),
    ("en", "time", "day", "I'd rather come at 11", "11:00"),
    ("en", "people", "day", "actually two", 2),
    ("en", "day", "sure", "yes, make it tuesday", "2026-12-01"),
    ("en", "day", "sure", "yes but on tuesday", "2026-12-01"),
    ("en", "day", "sure", "no, make it tuesday", "2026-12-01"),
    ("en", "time", "people", "actually at 5", "17:00"),
    ("en", "day", "people", "tuesday, i meant", "2026-12-01"),
    ("en", "day", "sure", "not friday, saturday", "2026-12-05"),
    ("en", "day", "sure", "saturday, not friday", "2026-12-05"),
    ("en", "day", "name", "I meant saturday, not friday", "2026-12-05"),
    ("en", "day", "back", "I meant saturday, not friday", "2026-12-05"),
    ("en", "size", "sure", "no, not small, large please", "large"),
    ("en", "people", "day", "not 4 but 5", 5),
    ("de", "day", "sure", "nicht Freitag, sondern Samstag", "2026-12-05"),
    ("de", "people", "sure", "nicht vier, sondern fünf", 5),
    ("fr", "day", "sure", "pas vendredi mais samedi", "2026-12-05"),
    ("es", "day", "sure", "no el viernes, sino el sábado", "2026-12-05"),
    ("it", "day", "sure", "non venerdì ma sabato", "2026-12-05"),
    ("nl", "day", "sure", "niet vrijdag, maar zaterdag", "2026-12-05"),
    ("pt", "day", "sure", "não na sexta, mas no sábado", "2026-12-05"),
    ("de", "day", "sure", "ja, aber lieber Mittwoch", "2026-12-02"),
    ("de", "day", "sure", "nein, lieber Mittwoch", "2026-12-02"),
    ("fr", "day", "sure", "oui mais mardi", "2026-12-01"),
    ("es", "day", "sure", "sí, pero el martes", "2026-12-01"),
    ("es", "time", "people", "mejor a las 5", "17:00"),
    ("it", "day", "sure", "sì, ma martedì", "2026-12-01"),
    ("nl", "day", "sure", "ja, maar liever dinsdag", "2026-12-01"),
    ("pt", "day", "sure", "sim, mas terça-feira", "2026-12-01"),
    ("en", "people", "sure", "oh wait, we are 5 people", 5),
    ("en", "people", "mail", "sorry, I meant six", 6),
    ("en", "number", "name", "oh, my number was 12345679", 12345679),
    ("en", "number", "day", "oh wait, my number was 12345679", 12345679),
    ("en", "size", "people", "actually the large one", "large"),
    ("en", "size", "sure", "on second thought, large please", "large"),
    ("en", "mail", "people", "sorry, my mail is b@example.com", "b@example.com"),
    ("en", "name", "people", "oh, my name is Bob Miller", "Bob Miller"),
    ("de", "day", "sure", "doch lieber Mittwoch", "2026-12-02"),
    ("de", "day", "people", "Moment, doch lieber am Mittwoch", "2026-12-02"),
    ("de", "day", "name", "nein, warte, Dienstag", "2026-12-01"),
    ("de", "day", "people", "lieber am Dienstag", "2026-12-01"),
    ("de", "day", "back", "ich meinte Mittwoch", "2026-12-02"),
    ("de", "time", "sure", "Moment, doch um elf", "11:00"),
    ("de", "time", "day", "eher um elf Uhr", "11:00"),
    ("de", "people", "day", "eigentlich zwei", 2),
    ("de", "people", "sure", "ich habe mich vertan, sechs", 6),
    ("de", "number", "name", "ach, meine Nummer war 12345679", 12345679),
    ("de", "size", "people", "doch lieber groß", "large"),
    ("fr", "day", "sure", "non attends, mardi", "2026-12-01"),
    ("fr", "day", "people", "plutôt mercredi", "2026-12-02"),
    ("fr", "day", "name", "je voulais dire mercredi", "2026-12-02"),
    ("fr", "day", "people", "finalement mardi", "2026-12-01"),
    ("fr", "time", "sure", "attendez, plutôt à onze heures", "11:00"),
    ("fr", "people", "day", "en fait deux", 2),
    ("fr", "number", "name", "ah, mon numéro était 12345679", 12345679),
    ("es", "day", "sure", "no, espera, el martes", "2026-12-01"),
    ("es", "day", "people", "mejor el miércoles", "2026-12-02"),
    ("es", "day", "name", "quería decir el miércoles", "2026-12-02"),
    ("es", "time", "day", "espera, mejor a las once", "11:00"),
    ("es", "people", "day", "en realidad dos", 2),
    ("es", "people", "sure", "me he equivocado, seis", 6),
    ("es", "number", "name", "ay, mi número era 12345679", 12345679),
    ("it", "day", "sure", "no aspetta, martedì", "2026-12-01"),
    ("it", "day", "people", "meglio mercoledì", "2026-12-02"),
    ("it", "day", "name", "anzi, mercoledì", "2026-12-02"),
    ("it", "time", "sure", "aspetti, facciamo alle undici", "11:00"),
    ("it", "people", "day", "in realtà due", 2),
    ("it", "people", "mail", "mi sono sbagliato, sei", 6),
    ("it", "number", "name", "oh, il mio numero era 12345679", 12345679),
    ("nl", "day", "sure", "nee wacht, dinsdag", "2026-12-01"),
    ("nl", "day", "people", "toch liever woensdag", "2026-12-02"),
    ("nl", "day", "name", "ik bedoelde woensdag", "2026-12-02"),
    ("nl", "time", "day", "wacht, liever om elf uur", "11:00"),
    ("nl", "people", "day", "eigenlijk twee", 2),
    ("nl", "people", "sure", "maak er zes van", 6),
    ("nl", "number", "name", "oh, mijn klantnummer was 12345679", 12345679),
    ("pt", "day", "sure", "não, espera, terça-feira", "2026-12-01"),
    ("pt", "day", "people", "melhor quarta-feira", "2026-12-02"),
    ("pt", "day", "name", "quer dizer, quarta-feira", "2026-12-02"),
    ("pt", "time", "day", "espera, melhor às onze", "11:00"),
    ("pt", "people", "day", "na verdade dois", 2),
    ("pt", "people", "sure", "enganei-me, seis", 6),
    ("pt", "number", "name", "ah, o meu número era 12345679", 12345679),
]

#: locale, what was answered, what waits, what is said: the earlier answer stays
LEFT: list[tuple[str, str, str, str]] = [
    ("en", "day", "back", "rather wednesday"),
    ("en", "day", "back", "actually on wednesday"),
    ("en", "day", "people", "hmm tuesday"),
    ("en", "people", "day", "hmm, 5"),
    ("en", "people", "name", "actually two"),
    ("en", "day", "people", "tuesday"),
    ("en", "day", "name", "actually I can't come on tuesday with my dog"),
    ("en", "day", "name", "can I come on wednesday instead?"),
    ("en", "day", "people", "wait, is tuesday free"),
    ("en", "day", "people", "no wait, not on tuesday"),
    ("en", "day", "people", "no wait, tuesday or wednesday"),
    ("en", "day", "people", "no wait, after tuesday"),
    ("en", "day", "sure", "no wait"),
    ("en", "day", "sure", "no"),
    ("en", "name", "people", "oh, it was Bob"),
    ("en", "name", "people", "no wait, bob"),
    ("en", "size", "people", "no wait, large dogs bark"),
    ("en", "number", "name", "oh, her number is secret"),
    ("en", "time", "day", "make it quick"),
    ("en", "number", "people", "make it 5"),
    ("en", "people", "day", "make it the 5th"),
    ("en", "day", "sure", "make it a week later"),
    ("en", "time", "sure", "make it an hour earlier"),
    ("en", "people", "day", "actually two more"),
    ("en", "day", "sure", "not thursday, saturday"),
    ("en", "day", "sure", "not friday"),
    ("en", "day", "sure", "no, saturday"),
    ("en", "day", "back", "not friday, saturday"),
    ("en", "day", "name", "not friday, saturday"),
    ("en", "day", "sure", "not friday, a day later"),
    ("de", "people", "day", "eigentlich noch zwei"),
    ("fr", "people", "day", "en fait deux de plus"),
    ("it", "people", "day", "in realtà due in più"),
    ("en", "name", "day", "sorry, my name was wrong"),
    ("en", "name", "day", "oh, my name is not important"),
    ("en", "name", "people", "oh, the name is taken by someone"),
    ("en", "name", "people", "sorry, my name was misspelled"),
    ("de", "day", "back", "lieber Mittwoch"),
    ("de", "day", "people", "nein warte, nicht am Dienstag"),
    ("de", "day", "name", "doch lieber Mittwoch oder Donnerstag"),
    ("de", "people", "name", "eigentlich zwei"),
    ("fr", "day", "back", "plutôt mercredi"),
    ("fr", "day", "people", "non attends, mardi ou mercredi"),
    ("es", "day", "back", "mejor el miércoles"),
    ("es", "day", "people", "no, espera, el martes no"),
    ("it", "day", "back", "meglio mercoledì"),
    ("it", "people", "name", "in realtà due"),
    ("nl", "day", "back", "liever woensdag"),
    ("nl", "day", "people", "nee wacht, niet op dinsdag"),
    ("pt", "day", "back", "melhor quarta-feira"),
    ("pt", "people", "name", "na verdade dois"),
]


@pytest.mark.parametrize("collected", [False, True], ids=["asks", "collect"])
@pytest.mark.parametrize(("locale", "first", "waiting", "said", "value"), CORRECTED)
def test_an_earlier_answer_is_corrected(
    locale: str, first: str, waiting: str, said: str, value: Any, collected: bool
) -> None:
    """It stands where the old one stood, and the question that waits is asked again."""
    talk = talk_after(first, waiting, locale, collected=collected)
    assert talk.says(said) == [WAITING[waiting]["text"]]
    assert talk.context == {first: value}


@pytest.mark.parametrize(("locale", "first", "waiting", "said"), LEFT)
def test_an_earlier_answer_is_left(locale: str, first: str, waiting: str, said: str) -> None:
    """What is no correction, may be an answer to the question that waits, or is not sure, changes nothing."""
    talk = talk_after(first, waiting, locale)
    talk.says(said)
    assert talk.context[first] == FIRST[first][2]


def talk(*nodes: dict[str, Any], **more: Any) -> Conversation:
    conversation = Conversation(*nodes, {"id": "end", "ask": "end"}, **more)
    conversation.environment.now = SUNDAY
    conversation.says("x")
    return conversation


@pytest.mark.parametrize(
    ("wording", "said", "size"),
    [
        ("Is {{ context.size }} right?", "no, large", "large"),
        ("Is {{ context.size }} right?", "no", "small"),
        ("Shall we send a catalogue?", "no, large", "small"),
    ],
)
def test_a_no_with_a_value_corrects_what_the_question_says(wording: str, said: str, size: str) -> None:
    """Where it asks whether that is right; elsewhere "no" is no."""
    t = talk(ask(SIZE), {"id": "sure", "ask": {"text": wording, "type": "yes_no", "store": "context.sure"}})
    t.says("small")
    t.says(said)
    assert t.context == {"size": size} | ({} if size == "large" else {"sure": False})


@pytest.mark.parametrize(("said", "day"), [("no, saturday", "2026-12-05"), ("no, sunday", "2026-12-06")])
def test_a_day_that_the_question_says_in_words(said: str, day: str) -> None:
    """It is read as the answer was."""
    wording = "Friday, is that right?"
    t = talk(ask(DAY), {"id": "sure", "ask": {"text": wording, "type": "yes_no", "store": "context.sure"}})
    t.says("friday")
    assert t.says(said) == [wording]
    assert t.context == {"day": day}


def test_a_slot_that_is_denied_is_exchanged() -> None:
    """By the places of both values."""
    topping = {"text": "With what?", "type": "slot", "slot": "topping", "store": "context.topping"}
    t = talk(ask(topping), ask(SURE))

    def says(text: str, **negated: bool) -> None:
        slots = [Slot(word, word, text.index(word), text.index(word) + len(word)) for word in negated]
        for slot in slots:
            slot.negated = negated[str(slot.value)]
        found = Understanding(found={"topping": slots})
        found.slots = found.wanted()
        t.hears(text, found)

    says("ham", ham=False)
    says("not ham, olives", ham=True, olives=False)
    assert t.context == {"topping": "olives"}
    says("not ham, tuna", ham=True, tuna=False)
    assert t.context == {"topping": "olives"}


def test_two_answers_of_one_message_are_corrected() -> None:
    """The day and the time, each for its question; the trace says which."""
    t = talk(ask(DAY), ask(TIME), ask(PEOPLE))
    t.says("friday")
    t.says("10:00")
    assert t.says("hmm rather wednesday at eleven") == ["How many people?"]
    assert t.context == {"day": "2026-12-02", "time": "11:00"}
    assert t.run.steps[-1].saw["corrected"] == ["context.day", "context.time"]
    assert t.run.steps[-1].changed.keys() == {"context.day", "context.time"}


def test_of_two_answers_that_could_be_meant_none_is_corrected() -> None:
    """The question is asked again as after any wrong answer; a name tells which of them."""
    t = talk(ask(DAY), ask(BACK), ask(PEOPLE))
    t.says("friday")
    t.says("saturday")
    before = dict(t.context)
    assert t.says("no wait, tuesday") == ["How many people?"]
    assert t.context == before
    assert t.says("oh, the day was tuesday") == ["How many people?"]
    assert t.context == before, '"day" is too small a word'
    assert t.says("no wait, I come back on sunday") == ["How many people?"]
    assert t.context == before | {"back": "2026-12-06"}


def test_a_word_of_the_question_that_waits_names_no_other() -> None:
    """It is said of that one, whoever has it, too."""
    t = talk(ask(DAY | {"text": "Ankunft, Datum?"}), ask(BACK | {"text": "Abreise, Datum?"}), locale="de")
    t.says("2026-12-04")
    t.says("oh, das Datum ist der 7.12.2026")
    assert t.context == {"day": "2026-12-04", "back": "2026-12-07"}


def test_valid_if_of_the_corrected_question_holds() -> None:
    """A value that it refuses changes nothing."""
    t = talk(ask(TIME | {"valid_if": "answer >= '08:00'"}), ask(DAY))
    t.says("10:00")
    assert t.says("wait, make it 7:00") == [DAY["text"]]
    assert t.context == {"time": "10:00"}
    t.says("wait, make it 9:00")
    assert t.context == {"time": "09:00"}
    t = talk(ask(TIME | {"valid_if": "answer >= '08:00'"}), ask(NAME))
    t.says("10:00")
    assert t.says("wait, make it 7:00") == ["Your name?"]
    assert t.context == {"time": "10:00"}, "nor is it a name"
    t.says("wait, make it 9:00")
    assert t.context == {"time": "09:00"}


def test_a_correction_counts_no_attempt() -> None:
    """The question that waits was not answered wrongly."""
    t = talk({**ask(PEOPLE | {"attempts": 1}), "on_fail": "end"}, ask(DAY | {"attempts": 1}))
    t.says("4")
    assert t.says("actually two") == [DAY["text"]]
    assert t.says("no wait, three") == [DAY["text"]]
    assert t.context == {"people": 3}


def test_an_answer_that_was_refused_is_the_one_that_is_corrected() -> None:
    """After a wrong answer "no wait" is about that one."""
    t = talk(ask(DAY), ask(BACK | {"valid_if": "answer > context.day"}), ask(PEOPLE))
    t.says("friday")
    assert t.says("monday") == ["When do you come back?"]
    assert t.says("no wait, saturday") == ["How many people?"]
    assert t.context == {"day": "2026-12-04", "back": "2026-12-05"}


def test_an_answer_that_is_being_confirmed_is_the_one_that_is_corrected() -> None:
    """So is it where both could be meant, in ``ask`` and in ``collect``."""
    t = talk(ask(DAY), ask(BACK | {"confirm": "{{ answer }}, right?"}))
    t.says("friday")
    t.says("saturday")
    assert t.says("no wait, sunday") == ["2026-12-06, right?"]
    assert t.context == {"day": "2026-12-04"}
    t = talk(
        {"id": "c", "collect": {"asks": [DAY, TIME], "confirm": "{{ context.day }} {{ context.time }}?"}}
    )
    t.says("friday")
    t.says("10:00")
    assert t.says("hmm rather wednesday at eleven") == ["2026-12-02 11:00?"]


def test_the_question_sees_the_correction() -> None:
    """It is asked anew with the values as they are now, and ``input.result`` is the new answer."""
    t = talk(ask(DAY), {"id": "n", "ask": {"text": "{{ context.day }} {{ input.result }}, how many?",
                                           "type": "integer"}})  # fmt: skip
    t.says("friday")
    assert t.says("no wait, tuesday") == ["2026-12-01 2026-12-01, how many?"]


def test_texts_and_names_are_corrected_by_their_name_alone() -> None:
    """What any text would answer is told by a word of its question."""
    t = talk(ask(NAME | {"type": "name"}), ask(DAY))
    t.says("Ann")
    t.says("sorry, my name is Bob Miller please")
    assert t.context["name"] == "Bob Miller"


@pytest.mark.parametrize("collected", [False, True], ids=["asks", "collect"])
def test_values_of_slots_are_corrected(collected: bool) -> None:
    """One value, not denied, and nothing beside it; its place in the text tells that."""
    topping = {"text": "With what?", "type": "slot", "slot": "topping", "store": "context.topping"}

    def said(*words: str, text: str, negated: bool = False) -> Understanding:
        slots = [Slot(word, word, text.index(word), text.index(word) + len(word)) for word in words]
        for slot in slots:
            slot.negated = negated
        found = Understanding(found={"topping": slots})
        found.slots = found.wanted()
        return found

    nodes = (
        [{"id": "c", "collect": {"asks": [topping, PEOPLE]}}] if collected else [ask(topping), ask(PEOPLE)]
    )
    t = talk(*nodes)
    t.hears("salami", said("salami", text="salami"))
    for text, words, negated in [
        ("no wait, ham or tuna", ("ham", "tuna"), False),
        ("wait, no ham", ("ham",), True),
        ("wait, is there ham on the other one", ("ham",), False),
    ]:
        assert t.hears(text, said(*words, text=text, negated=negated)) == ["How many people?"]
        assert t.context == {"topping": "salami"}
    text = "hmm, rather ham please"
    assert t.hears(text, said("ham", text=text)) == ["How many people?"]
    assert t.context == {"topping": "ham"}


def test_secret_answers_are_not_corrected() -> None:
    """They are taken from no message but the one that answers; nor does such a question take corrections."""
    t = talk(ask(PEOPLE | {"secret": True}), ask(DAY))
    t.says("4")
    t.says("actually two")
    assert t.context == {"people": 4}
    t = talk(ask(DAY), ask(PEOPLE | {"secret": True}))
    t.says("friday")
    t.says("no wait, tuesday")
    assert t.context == {"day": "2026-12-04"}


def test_the_last_five_answers_can_be_corrected() -> None:
    """One before them is over; an answer without ``store`` is kept nowhere."""
    more = [{"id": f"n{n}", "ask": {"text": f"t{n}", "store": f"context.n{n}"}} for n in range(5)]
    t = talk(ask(DAY), *more)
    t.says("friday")
    for _ in range(4):
        t.says("x")
    t.says("no wait, tuesday")
    assert t.context["day"] == "2026-12-01"
    t.says("x")
    assert t.session.answered == [[f"main/n{n}", f"context.n{n}"] for n in range(5)]
    assert t.says("no wait, monday") == []
    assert t.context["day"] == "2026-12-01"


def test_a_conversation_that_ended_is_not_corrected() -> None:
    """Nothing is remembered when it is over."""
    t = Conversation(ask(DAY), ask(PEOPLE))
    t.environment.now = SUNDAY
    for text in ("x", "friday", "4"):
        t.says(text)
    assert t.session.answered == []


def test_an_example_of_an_intent_is_no_correction() -> None:
    """An intent that resembles it is less than the correction."""
    items = [
        ask(DAY),
        ask(PEOPLE),
        {"stop": None},
        {"id": "move", "say": "moved"},
    ]
    flow = Builder().flow("main", items, intents={"move": {"entry": "move"}})
    t = Conversation(flows=[flow])
    t.environment.now = SUNDAY
    t.says("x")
    t.says("friday")
    assert t.hears("no wait, tuesday", "move 0.9") == ["How many people?"]
    assert t.context == {"day": "2026-12-01"}
    assert t.hears("no wait, monday", "move 0.96") == ["moved"]
    assert t.session.answered == []


def test_another_flow_is_not_corrected() -> None:
    """A question of a flow that is called corrects nothing of its caller."""
    build = Builder()
    caller = build.flow("main", [ask(DAY), {"id": "call", "call": "other"}, ask(SURE)])
    called = Builder().flow("other", [ask(PEOPLE)])
    t = Conversation(flows=[caller, called])
    t.environment.now = SUNDAY
    t.says("x")
    t.says("friday")
    t.says("no wait, tuesday")
    assert t.context == {"day": "2026-12-04"}
    t.says("4")
    t.says("no wait, tuesday")
    assert t.context == {"day": "2026-12-01", "people": 4}
