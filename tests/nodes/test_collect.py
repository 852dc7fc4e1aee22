"""``collect``: several questions in one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowhook.engine.expressions import Expressions
from flowhook.engine.settings.compiled import NodeSettings, SettingsError
from flowhook.model.session import Session
from flowhook.model.understanding import Understanding
from flowhook.nodes.collect import Collect
from flowhook.nodes.parts.answer_types import NO_ANSWER
from tests.engine.conversation import TYPES, Builder, Conversation, settings

SIZE = {"text": "Size?", "type": "choice", "choices": ["small", "large"], "store": "context.size"}
DAY = {"text": "Day?", "type": "date", "store": "context.day"}
PEOPLE = {"text": "How many?", "type": "integer", "store": "context.people"}
MAIL = {"text": "Mail?", "type": "email", "store": "context.mail"}
NAME = {"text": "Name?", "store": "context.name"}
CONFIRM = "{{ context.size }} for {{ context.people }}?"


def collect(*asks: dict[str, Any], branches: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"id": "c", "collect": {"asks": list(asks), **more}, **(branches or {})}


def talk_about(*asks: dict[str, Any], context: dict[str, Any] | None = None, **more: Any) -> Conversation:
    """A conversation in which the first question is asked."""
    talk = Conversation(collect(*asks, **more), {"say": "done"}, context=context)
    talk.says("x")
    return talk


def test_it_asks_in_order_and_goes_on_when_it_has_all() -> None:
    """Each answer at its store, all of them in the result; nothing is remembered afterwards."""
    talk = Conversation(
        collect(SIZE, PEOPLE, NAME), {"say": "{{ input.result.people }}/{{ input.result.name }}"}
    )
    assert talk.says("hello") == ["Size?"]
    assert talk.says("large") == ["How many?"]
    assert talk.says("0") == ["Name?"]
    assert talk.says("Ann") == ["0/Ann"]
    assert talk.context == {"size": "large", "people": 0, "name": "Ann"}
    assert talk.session.memory == {}


def test_what_is_there_is_not_asked() -> None:
    """0 and false are there; null is not. ``again`` asks all the same."""
    more = {"size": "small", "people": 0, "mail": None}
    assert talk_about(SIZE, PEOPLE, MAIL, context=more).said == ["Mail?"]
    assert talk_about(SIZE | {"again": True}, PEOPLE, context=more).said == ["Size?"]
    assert talk_about(SIZE, PEOPLE, context=more).said == ["done"]


def test_skip_if_is_asked_when_it_comes_to_it() -> None:
    """It sees the answers so far."""
    out = {"text": "Delivery?", "type": "yes_no", "store": "context.delivery"}
    street = {"text": "Street?", "store": "context.street", "skip_if": "not context.delivery"}
    talk = talk_about(out, street)
    assert talk.says("yes") == ["Street?"]
    talk = talk_about(out, street)
    assert talk.says("no") == ["done"]


def test_questions_are_rendered_when_they_are_asked() -> None:
    """They see the answers of the same turn, and no template of a user's."""
    talk = talk_about(NAME, PEOPLE | {"text": "How many, {{ context.name }}?"})
    assert talk.says("Ann") == ["How many, Ann?"]
    talk = talk_about(NAME, PEOPLE | {"text": "How many, {{ context.name }}?"})
    assert talk.says("{{ 1 + 1 }}") == ["How many, {{ 1 + 1 }}?"]


def test_wrong_answers_of_one_question() -> None:
    """Its reprompt, its attempts, its ``valid_if``."""
    people = PEOPLE | {
        "reprompt": "At most {{ vars.most }}.",
        "attempts": 3,
        "valid_if": "answer <= vars.most",
    }
    talk = Conversation(
        collect(SIZE, people, branches={"on_fail": [{"say": "fail [{{ input.result }}]"}]}),
        {"say": "below"},
        vars={"most": 8},
    )
    talk.says("x")
    assert talk.says("huge") == ["Size?"]
    talk.says("large")
    assert talk.says("many") == talk.says("20") == ["At most 8."]
    assert talk.says("99") == ["fail []", "below"]
    assert talk.context == {"size": "large", "people": None}
    assert talk.session.memory == {}


def test_attempts_count_for_each_question() -> None:
    """Wrong answers to one are none to the other."""
    talk = talk_about(SIZE | {"attempts": 2}, PEOPLE | {"attempts": 2})
    talk.says("bad")
    talk.says("large")
    assert talk.says("bad") == ["How many?"]
    assert talk.says("4") == ["done"]


# --- answers that were not asked for ------------------------------------------------------------------


def test_other_values_in_an_answer_are_taken() -> None:
    """Of types that tell by themselves which question they answer."""
    talk = talk_about(SIZE, MAIL, PEOPLE)
    assert talk.says("4 people, ann@example.com") == ["Size?"]
    assert talk.context == {"mail": "ann@example.com", "people": 4}
    assert talk.says("large") == ["done"]


def test_such_a_message_is_no_wrong_answer() -> None:
    """No attempt is counted and no reprompt said."""
    talk = talk_about(SIZE | {"attempts": 1, "reprompt": "Small or large?"}, MAIL)
    assert talk.says("ann@example.com") == ["Size?"]
    assert talk.says("dunno") == ["done"]


def test_a_value_that_two_questions_could_take_is_asked_for() -> None:
    """Nobody guesses which one is meant."""
    rooms = {"text": "Rooms?", "type": "integer", "store": "context.rooms"}
    talk = talk_about(MAIL, PEOPLE, rooms)
    assert talk.says("4, ann@example.com") == ["How many?"]
    assert talk.context == {"mail": "ann@example.com"}


def test_a_number_in_another_value_is_no_number() -> None:
    """The hour and the day of the month are not a count of people."""
    talk = talk_about(PEOPLE, DAY)
    assert talk.says("4 people on 5 May 2027") == ["done"]
    assert talk.context == {"people": 4, "day": "2027-05-05"}
    talk = talk_about(PEOPLE, DAY)
    assert talk.says("on 5 May 2027") == ["How many?"]
    assert talk.context == {"day": "2027-05-05"}


def test_a_number_that_looks_like_another_value_answers_all_the_same() -> None:
    """When no other question wants that value."""
    time = {"text": "When?", "type": "time", "store": "context.time"}
    talk = talk_about(PEOPLE, time, context={"time": "18:00"})
    assert talk.says("at 5") == ["done"]
    assert talk.context == {"people": 5, "time": "18:00"}
    assert talk_about(PEOPLE, time).says("at 5") == ["How many?"]


def test_a_position_in_a_list_is_no_number_either() -> None:
    """What answered the question does not answer another one."""
    count = {"text": "Which?", "type": "choice", "choices": ["1", "2"], "store": "context.which"}
    talk = talk_about(count, PEOPLE)
    assert talk.says("2") == ["How many?"]


def test_a_value_answers_the_question_asked_first() -> None:
    """One of the same type is still open."""
    until = {"text": "Until?", "type": "date", "store": "context.until"}
    talk = talk_about(DAY, until)
    assert talk.says("2027-05-05") == ["Until?"]
    assert talk.context == {"day": "2027-05-05"}


def test_a_text_is_left_whole() -> None:
    """What is in it belongs to it."""
    talk = talk_about(NAME, PEOPLE)
    assert talk.says("The 4 of us") == ["How many?"]
    assert talk.context == {"name": "The 4 of us"}


def test_slots_fill_questions_also_before_they_are_asked() -> None:
    """By the name of the store or by ``slot``; the message that led here counts as well."""
    toppings = {"text": "Topping?", "type": "slot", "slot": "topping", "store": "context.with"}
    talk = Conversation(
        collect(SIZE, toppings, PEOPLE),
        understanding=Understanding(slots={"size": ["large"], "topping": ["ham"], "people": [3]}),
    )
    assert talk.says("a large one with ham for 3") == []
    assert talk.context == {"size": "large", "with": "ham", "people": 3}


def test_each_value_of_a_slot_is_taken_once() -> None:
    """From here to there."""
    away = {"text": "From?", "type": "slot", "slot": "city", "store": "context.from"}
    to = {"text": "To?", "type": "slot", "slot": "city", "store": "context.to"}
    talk = Conversation(collect(away, to), understanding=Understanding(slots={"city": ["Bonn"]}))
    assert talk.says("from Bonn") == ["To?"]
    talk.environment.understanding = Understanding(slots={"city": ["Bonn", "Rome"]})
    talk.session.frames[0].node, talk.session.waiting, talk.session.context = None, False, {}
    assert talk.says("from Bonn to Rome") == []
    assert talk.context == {"from": "Bonn", "to": "Rome"}


def test_slots_must_be_valid() -> None:
    """``valid_if`` holds for all values, wherever they come from."""
    talk = Conversation(
        collect(PEOPLE | {"valid_if": "answer < 9"}), understanding=Understanding(slots={"people": [12]})
    )
    assert talk.says("we are 12") == ["How many?"]


# --- confirming and correcting ------------------------------------------------------------------------


def at_the_end(**confirm: Any) -> Conversation:
    """A conversation in which all is to be confirmed."""
    talk = talk_about(SIZE, PEOPLE, confirm={"text": CONFIRM, **confirm})
    talk.says("large")
    assert talk.says("4") == ["large for 4?"]
    return talk


def test_yes_ends_it() -> None:
    """Then the flow goes on below."""
    talk = at_the_end()
    assert talk.says("yes") == ["done"]
    assert talk.session.memory == {}
    assert talk.run.turn.input["result"] == {"size": "large", "people": 4}


def test_a_correction_changes_a_value() -> None:
    """With a no or without; all is confirmed again."""
    talk = at_the_end()
    assert talk.says("no, small") == ["small for 4?"]
    assert talk.says("6 people") == ["small for 6?"]
    assert talk.says("yes") == ["done"]
    assert talk.context == {"size": "small", "people": 6}


def test_a_plain_no_asks_everything_again() -> None:
    """But what is kept stays until it is answered anew."""
    talk = at_the_end()
    assert talk.says("no") == ["Size?"]
    assert talk.context == {"size": "large", "people": 4}
    assert talk.says("small") == ["How many?"]
    assert talk.says("5") == ["small for 5?"]


def test_a_plain_no_asks_what_to_change() -> None:
    """The answer is a correction, or names what is asked again."""
    talk = at_the_end(change="What is wrong?")
    assert talk.says("no") == ["What is wrong?"]
    assert talk.says("hm") == ["What is wrong?"]
    assert talk.says("the size") == ["Size?"]
    assert talk.says("small") == ["small for 4?"]
    talk.says("no")
    assert talk.says("6 people") == ["small for 6?"]
    talk.says("no")
    assert talk.says("no, nothing") == ["small for 6?"]


def test_neither_yes_nor_no() -> None:
    """The reprompt and the confirmation."""
    assert at_the_end(reprompt="Yes or no?").says("hm") == ["Yes or no?", "large for 4?"]
    assert at_the_end().says("hm") == ["large for 4?"]


def test_a_no_on_the_way_corrects_what_was_said_before() -> None:
    """The question of now is asked again, no attempt counted."""
    talk = talk_about(PEOPLE, SIZE | {"attempts": 1})
    talk.says("4")
    assert talk.says("no, 5 people") == ["Size?"]
    assert talk.context == {"people": 5}
    assert talk.says("large") == ["done"]


# --- waiting ------------------------------------------------------------------------------------------


def test_each_asking_arms_the_timer() -> None:
    """``on_timeout`` runs, the question stays."""
    talk = Conversation(
        collect(SIZE, PEOPLE, timeout=60, branches={"on_timeout": [{"say": "Hello?"}]}), {"say": "done"}
    )
    talk.says("x")
    talk.environment.now += 100
    assert talk.times_out() == ["Hello?"]
    talk.says("large")
    assert talk.run.timer is not None
    assert talk.run.timer.due_at == talk.environment.now + 60
    assert talk.says("4") == ["done"]


def test_it_goes_on_after_a_restart_and_after_an_edit() -> None:
    """All it knows is in the session; a question that is gone is not missed."""
    talk = talk_about(SIZE, PEOPLE, NAME)
    talk.says("large")
    edited = Conversation(collect(SIZE, MAIL, NAME), {"say": "done"})
    edited.session = Session.from_json(json.loads(json.dumps(talk.session.to_json())))
    assert edited.says("whatever") == ["Mail?"]


def node_of(talk: Conversation) -> Collect:
    node = talk.run.turn.node.settings.node(talk.run.turn.scope, [])
    assert isinstance(node, Collect)
    return node


def test_hearing_has_no_effect() -> None:
    """Answers, other values and reactions to the confirmation are heard."""
    talk = talk_about(SIZE, PEOPLE)
    before = json.dumps(talk.session.to_json())
    for text, heard in (("large", True), ("4 people", True), ("hello", False)):
        talk.run.turn.input["text"] = text
        assert node_of(talk).hears(talk.run.turn) is heard
    assert json.dumps(talk.session.to_json()) == before
    talk = at_the_end()
    for text, heard in (("yes", True), ("no", True), ("small", True), ("hello", False)):
        talk.run.turn.input["text"] = text
        assert node_of(talk).hears(talk.run.turn) is heard


@pytest.mark.parametrize(
    ("said", "expected"), [([], "Size?"), (["large"], "How many?"), (["large", "4"], "large for 4?")]
)
def test_it_asks_again_after_a_digression(said: list[str], expected: str) -> None:
    """Whatever was asked last."""
    talk = talk_about(SIZE, PEOPLE, confirm=CONFIRM)
    for text in said:
        talk.says(text)
    talk.run.take_outputs()
    node_of(talk).again(talk.run.turn)
    assert talk.said == [expected]


def test_among_intents() -> None:
    """A list under ``on_intent`` leaves it waiting; a reply asks again, with ``silent`` it does not."""
    intents = {"hours": {"reply": "All day."}, "help": {}}
    for digression, more in (("reask", ["Size?"]), ("silent", [])):
        node = collect(
            SIZE, PEOPLE, digression=digression, branches={"on_intent": {"help": [{"say": "Just say it."}]}}
        )
        talk = Conversation(flows=[Builder().flow("main", [node, {"say": "done"}], intents=intents)])
        talk.says("x")
        assert talk.hears("help me", "help 0.9") == ["Just say it."]
        assert talk.hears("when do you open", "hours 0.9") == ["All day.", *more]
        talk.says("large")
        assert talk.hears("4 people at all hours", "hours 0.9") == ["done"]


def test_in_a_called_flow() -> None:
    """It goes on there, and then in the caller."""
    inner = Builder().flow("inner", [collect(SIZE, PEOPLE)])
    outer = Builder().flow("outer", [{"call": "inner"}, {"say": "{{ context.people }} {{ context.size }}"}])
    talk = Conversation(flows=[outer, inner])
    talk.says("x")
    talk.says("small")
    assert talk.says("2") == ["2 small"]


# --- settings -----------------------------------------------------------------------------------------


def test_types_of_plugins() -> None:
    """They are types of its questions, too."""
    more = Collect.with_types(
        {"even": lambda heard, settings: NO_ANSWER if int(heard.text) % 2 else int(heard.text)}
    )
    talk = Conversation(
        collect({"text": "?", "type": "even", "store": "context.n"}), types=TYPES | {"collect": more}
    )
    talk.says("x")
    assert talk.says("3") == ["?"]
    assert talk.says("4") == []
    with pytest.raises(SettingsError, match="no questions of type"):
        settings("collect", asks=[{"text": "?", "type": "even", "store": "context.n"}])


def test_what_it_reads_is_known() -> None:
    """Conditions and texts of its questions are compiled at load."""
    asks = [
        NAME | {"text": "{{ vars.a }}?", "valid_if": "answer != input.text"},
        MAIL | {"store": "profile.mail"},
    ]
    known = settings("collect", asks=asks, confirm="{{ context.mail }}?")
    assert known.names == {"vars", "answer", "input", "context", "profile"}


@pytest.mark.parametrize(
    ("asks", "path"),
    [
        ([], ("asks",)),
        ([{"text": "?"}], ("asks", 0, "store")),
        ([NAME, NAME], ("asks",)),
        ([NAME | {"valid_if": "answer >"}], ("asks", 0, "valid_if")),
        ([NAME | {"text": "{{ vars.a"}], ("asks", 0, "text")),
        ([NAME | {"confirm": "?"}], ("asks", 0, "confirm")),
        ([NAME | {"type": "nmuber"}], ("asks", 0, "type")),
    ],
)
def test_wrong_settings_are_refused_at_their_place(asks: list[dict[str, Any]], path: tuple[Any, ...]) -> None:
    """Each problem leads to the value that is wrong."""
    with pytest.raises(SettingsError) as caught:
        NodeSettings(Collect, {"asks": asks}, Expressions())
    assert [problem.path[: len(path)] for problem in caught.value.problems] == [path]


def test_what_is_not_valid_is_meant_for_the_question_all_the_same() -> None:
    """ "11" is no time of day where a number was asked for, and the reprompt says what is wrong."""
    people = PEOPLE | {"valid_if": "answer < 10", "reprompt": "Up to 9."}
    time = {"text": "When?", "type": "datetime", "store": "context.when"}
    talk = talk_about(people, time)
    assert talk.says("11") == ["Up to 9."]
    assert talk.says("12, and my mail is a@example.org") == ["Up to 9."]
    assert talk.context == {}
    talk = talk_about(people, MAIL)
    assert talk.says("12, and my mail is a@example.org") == ["Up to 9."]
    assert talk.context == {"mail": "a@example.org"}
    assert talk.says("2") == ["done"]


def test_no_with_another_choice_changes_one_that_was_made() -> None:
    """As "no, on Friday" changes a day."""
    talk = talk_about(SIZE, MAIL)
    talk.says("small")
    assert talk.says("no, large") == ["Mail?"]
    assert talk.context == {"size": "large"}


def test_not_a_value_is_no_other_value() -> None:
    """ "Not large" does not change small to large."""
    talk = talk_about(SIZE, PEOPLE, confirm=CONFIRM)
    talk.says("small")
    talk.says("3")
    assert talk.says("not large") == ["small for 3?"]
    assert talk.says("not 4") == ["small for 3?"]


SUNDAY = 1_795_953_600.0  #: 29 November 2026, noon UTC


@pytest.mark.parametrize(
    ("asked", "said", "other"),
    [
        ({"type": "date_range"}, "next weekend", {"type": "date", "direction": "past"}),
        ({"type": "date_range"}, "from friday to monday", {"type": "date"}),
        ({"type": "time_range"}, "after three o'clock", {"type": "time"}),
        ({"type": "scale"}, "four", {"type": "integer"}),
    ],
)
def test_a_part_of_an_answer_answers_nothing_else(
    asked: dict[str, Any], said: str, other: dict[str, Any]
) -> None:
    """A span consists of days, and a mark is a number; another question does not take them."""
    span = {"text": "Span?", "store": "context.span"} | asked
    talk = Conversation(collect(span, {"text": "Other?", "store": "context.other"} | other), {"say": "done"})
    talk.environment.now = SUNDAY
    talk.says("x")
    assert talk.says(said) == ["Other?"]
    assert "other" not in talk.context


def test_what_is_said_in_passing_lies_where_its_question_looks() -> None:
    """Towards the past, as it would if it were the answer to what is asked."""
    paid = {"text": "Paid?", "type": "date", "direction": "past", "store": "context.paid"}
    talk = Conversation(collect(PEOPLE, paid), {"say": "done"})
    talk.environment.now = SUNDAY
    talk.says("x")
    assert talk.says("3, on friday") == ["done"]
    assert talk.context["paid"] == "2026-11-27"
    assert talk_about(PEOPLE, paid).says("3, tomorrow") == ["Paid?"]
