"""``ask``: what counts as an answer, and what happens when it is none."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from flowhook.engine.expressions import Expressions
from flowhook.engine.outcomes import Wait
from flowhook.engine.settings.compiled import NodeSettings, SettingsError
from flowhook.model.understanding import Understanding
from flowhook.nodes.ask import Ask
from flowhook.nodes.parts.answer_types import NO_ANSWER, UserMessage
from flowhook.nodes.parts.question import untaken
from tests.engine.conversation import BERLIN, TYPES, Builder, Conversation, settings


def ask(**raw: Any) -> Ask:
    node = settings("ask", text="?", **raw).node({}, [])
    assert isinstance(node, Ask)
    return node


def answer(kind: str, text: str, locale: str = "en", data: dict[str, Any] | None = None, **raw: Any) -> Any:
    node = ask(type=kind, **raw)
    heard = UserMessage(text, data or {}, [], locale, datetime(2026, 11, 21, 12, tzinfo=BERLIN))
    return node.types[kind](heard, node)


CHOICES = ["small", {"value": "large", "synonyms": ["big", "huge"]}, "0"]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("text", " as typed ", " as typed "),
        ("text", "0", "0"),
        ("text", "  ", NO_ANSWER),
        ("text", "", NO_ANSWER),
        ("any", "x", "x"),
        ("any", "", NO_ANSWER),
        ("yes_no", "Yes!", True),
        ("yes_no", "no", False),
        ("yes_no", "yes please, do it", True),
        ("yes_no", "no, thanks", False),
        ("yes_no", "sure", True),
        ("yes_no", "yes and no", NO_ANSWER),
        ("yes_no", "yesterday", NO_ANSWER),
        ("yes_no", "maybe", NO_ANSWER),
        ("yes_no", "...", NO_ANSWER),
        ("number", "0", 0),
        ("number", "1.5", 1.5),
        ("number", "1,5", 1.5),
        ("number", "-3", -3),
        ("number", "1,234.50", 1234.5),
        ("number", "1.234,50", 1234.5),
        ("number", "1,234", 1234),
        ("number", "1,234,567", 1234567),
        ("number", "I take 3 of them", 3),
        ("number", "3 or 4", NO_ANSWER),
        ("number", "three", 3),
        ("number", "9" * 400, NO_ANSWER),
        ("number", "3rd", NO_ANSWER),
        ("integer", "42", 42),
        ("integer", "2.0", 2),
        ("integer", "2.5", NO_ANSWER),
        ("email", "it is Ann.Lee+x@mail.example.com.", "Ann.Lee+x@mail.example.com"),
        ("email", "ann@localhost", NO_ANSWER),
        ("email", "ann@@x.de", NO_ANSWER),
        ("email", "nobody", NO_ANSWER),
    ],
)
def test_answers(kind: str, text: str, expected: Any) -> None:
    """0 and no are answers; blank and wrong things are none."""
    got = answer(kind, text)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("yes_no", "Ja, gerne", True),
        ("yes_no", "nein danke", False),
        ("yes_no", "yes", True),
        ("yes_no", "nö", False),
        ("number", "1.234", 1234),
        ("number", "1,234", 1.234),
        ("number", "0,5", 0.5),
    ],
)
def test_german_answers(kind: str, text: str, expected: Any) -> None:
    """The locale decides what a comma is and which words mean yes; English is understood too."""
    assert answer(kind, text, "de-AT") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LARGE", "large"),
        ("huge!", "large"),
        (" small ", "small"),
        ("0", "0"),
        ("medium", NO_ANSWER),
        ("", NO_ANSWER),
    ],
)
def test_choices(text: str, expected: Any) -> None:
    """A choice is named by its value or a synonym, without case."""
    assert answer("choice", text, choices=CHOICES) == expected


def test_patterns_are_found_anywhere() -> None:
    """The value is what the pattern finds."""
    assert answer("pattern", "my order AB123456, please", pattern=r"[A-Z]{2}\d{6}") == "AB123456"
    assert answer("pattern", "none", pattern=r"[A-Z]{2}\d{6}") is NO_ANSWER


def test_patterns_cannot_stall() -> None:
    """A pattern that would take forever is cut off and finds nothing."""
    assert answer("pattern", "a" * 40 + "!", pattern=r"^(a|a|aa)+$") is NO_ANSWER


def test_any_takes_data_and_text_does_not() -> None:
    """A message of data alone is an answer to ``any`` only."""
    assert answer("any", "", data={"a": 1}) == {"a": 1}
    assert answer("text", "", data={"a": 1}) is NO_ANSWER


# --- asking, reprompting, giving up ---------------------------------------------------------------------

SIZE = {"text": "Which size?", "type": "choice", "choices": CHOICES, "store": "context.size"}


def test_an_answer_is_kept_and_the_turn_goes_on() -> None:
    """It is in ``input.result`` and at ``store``, also when it is 0 or false."""
    talk = Conversation(
        {"id": "q", "ask": {"text": "Sure?", "type": "yes_no", "store": "context.sure"}},
        {"say": "got {{ input.result }}"},
    )
    talk.says("x")
    assert talk.says("no") == ["got false"]
    assert talk.context == {"sure": False}


def test_the_question_is_asked_again_or_replaced_by_the_reprompt() -> None:
    """Without ``reprompt`` the question itself is said again."""
    talk = Conversation({"id": "q", "ask": SIZE})
    assert talk.says("x") == talk.says("medium") == ["Which size?"]
    talk = Conversation({"id": "q", "ask": SIZE | {"reprompt": "Small or large?"}})
    talk.says("x")
    assert talk.says("medium") == talk.says("middle") == ["Small or large?"]


def test_the_nth_wrong_answer_takes_on_fail_without_another_reprompt() -> None:
    """A list under ``on_fail`` goes on below with a null result; the next asking counts anew."""
    node = {
        "id": "q",
        "ask": SIZE | {"attempts": 2, "reprompt": "Again?"},
        "on_fail": [{"say": "I give up."}],
    }
    talk = Conversation(node, {"say": "[{{ input.result }}]"})
    for _ in range(2):
        talk.says("x")
        assert talk.says("bad") == ["Again?"]
        assert talk.says("worse") == ["I give up.", "[]"]
        assert talk.session.memory == {}
    assert talk.context == {"size": None}


def test_a_reprompt_may_have_a_condition_and_repeat_the_question() -> None:
    """Where its condition does not hold nothing is said, and the question waits on; with ``repeat`` it is
    asked again in either case."""
    reprompt = {"text": "Small or large?", "if": "input.text != 'hm'"}
    talk = Conversation({"id": "q", "ask": SIZE | {"reprompt": reprompt, "timeout": 60}})
    talk.says("x")
    assert talk.says("medium") == ["Small or large?"]
    assert talk.says("hm") == []
    assert talk.run.timer is not None
    assert talk.says("large") == []
    assert talk.context == {"size": "large"}
    talk = Conversation({"id": "q", "ask": SIZE | {"reprompt": reprompt | {"repeat": True}}})
    talk.says("x")
    assert talk.says("medium") == ["Small or large?", "Which size?"]
    assert talk.says("hm") == ["Which size?"]


def test_no_reprompt_when_an_intent_was_understood() -> None:
    """With ``skip_on_intent``: the flow may have said something to it already."""
    ask = {"id": "q", "ask": SIZE | {"reprompt": {"text": "Small or large?", "skip_on_intent": True}}}
    talk = Conversation(flows=[Builder().flow("main", [ask], intents={"hours": {}})])
    talk.says("x")
    assert talk.hears("when do you open", "hours 0.9") == []
    assert talk.says("medium") == ["Small or large?"]


def test_a_flow_in_the_place_of_the_reprompt() -> None:
    """It runs, also over questions of its own; then the question is asked again, and attempts go on."""
    ask = SIZE | {"reprompt": {"flow": "help"}, "attempts": 3}
    main = Builder().flow("main", [{"id": "q", "ask": ask, "on_fail": [{"say": "I give up."}]}])
    nodes = [{"say": "Two sizes."}, {"id": "more", "ask": {"text": "Clear?", "type": "yes_no"}}]
    talk = Conversation(flows=[main, Builder().flow("help", nodes)])
    talk.says("x")
    assert talk.says("medium") == ["Two sizes.", "Clear?"]
    assert talk.run.position == "help/more"
    assert talk.says("yes") == ["Which size?"]
    assert talk.run.position == "main/q"
    assert talk.says("middle") == ["Two sizes.", "Clear?"]
    talk.says("no")
    assert talk.says("m") == ["I give up."]


def test_each_nth_wrong_answer_escalates() -> None:
    """``on_escalate`` in the place of the reprompt; the question goes on waiting, and counts on."""
    node = {
        "id": "q",
        "ask": SIZE | {"escalate_every": 2, "attempts": 5, "reprompt": "Again?"},
        "on_escalate": [{"say": "Ask a person: 030 123."}],
        "on_fail": [{"say": "I give up."}],
    }
    talk = Conversation(node)
    talk.says("x")
    wrong = [talk.says(text) for text in "abcde"]
    escalated = ["Ask a person: 030 123."]
    assert wrong == [["Again?"], escalated, ["Again?"], escalated, ["I give up."]]
    talk.says("x")
    talk.says("a")
    talk.says("b")
    assert talk.says("large") == []
    assert talk.session.memory == {}


def test_a_reprompt_is_a_text_or_a_flow() -> None:
    """Not both, not neither."""
    for reprompt in ({}, {"text": "a", "flow": "b"}):
        with pytest.raises(SettingsError, match="a reprompt has a text or a flow"):
            ask(reprompt=reprompt)


def test_without_on_fail_the_flow_goes_on_below() -> None:
    """``attempts`` alone gives a null result."""
    talk = Conversation({"id": "q", "ask": SIZE | {"attempts": 1}}, {"say": "below"})
    talk.says("x")
    assert talk.says("bad") == ["below"]


def test_attempts_begin_anew_when_the_question_is_reached_again() -> None:
    """A question that was left and is reached again forgets the wrong answers."""
    talk = Conversation({"id": "q", "ask": SIZE | {"attempts": 2}, "on_fail": [{"say": "fail"}]})
    talk.says("x")
    talk.says("bad")
    talk.session.frames[0].node, talk.session.waiting = None, False
    assert talk.says("x") == ["Which size?"]
    assert talk.says("bad") == ["Which size?"]


def test_a_reprompt_arms_the_timer_again_and_a_timeout_counts_no_attempt() -> None:
    """The timer fires once for each asking."""
    talk = Conversation(
        {
            "id": "q",
            "ask": SIZE | {"timeout": 60, "attempts": 2},
            "on_timeout": [{"say": "Hello?"}],
            "on_fail": [{"say": "fail"}],
        }
    )
    talk.says("x")
    talk.environment.now += 100
    assert talk.times_out() == ["Hello?"]
    assert talk.says("bad") == ["Which size?"]
    assert talk.run.timer is not None
    assert talk.run.timer.due_at == talk.environment.now + 60


def test_a_timeout_without_a_branch_changes_nothing() -> None:
    """The question goes on waiting."""
    talk = Conversation({"id": "q", "ask": SIZE | {"timeout": 60}}, {"say": "thanks"})
    talk.says("x")
    assert talk.times_out() == []
    assert talk.says("big") == ["thanks"]


def test_valid_if_sees_the_answer() -> None:
    """An answer that does not hold is a wrong one."""
    question = {
        "text": "How many?",
        "type": "integer",
        "valid_if": "answer > 0 and answer <= context.most",
        "store": "context.n",
    }
    talk = Conversation({"id": "q", "ask": question}, {"say": "{{ context.n }}"}, context={"most": 5})
    talk.says("x")
    assert talk.says("0") == talk.says("6") == ["How many?"]
    assert talk.says("5") == ["5"]
    assert talk.run.steps[0].saw == {"answer": 5, "context.most": 5}


def test_skip_if_asks_nothing() -> None:
    """The result is what is stored already."""
    talk = Conversation({"id": "q", "ask": SIZE | {"skip_if": "context.size"}}, {"say": "{{ input.result }}"})
    talk.session.context["size"] = "small"
    assert talk.says("x") == ["small"]


def test_a_choice_shows_quick_replies() -> None:
    """Unless it says ``buttons: none``; a click posts the choice's value."""
    talk = Conversation({"id": "q", "ask": SIZE})
    talk.says("x")
    assert talk.run.outputs[0].data == {
        "rich": {
            "type": "quick_replies",
            "quickReplies": [
                {"title": "small", "payload": "small"},
                {"title": "large", "payload": "large"},
                {"title": "0", "payload": "0"},
            ],
            "fallback": "Which size?\n1. small\n2. large\n3. 0",
        }
    }
    talk = Conversation({"id": "q", "ask": SIZE | {"buttons": "none"}})
    talk.says("x")
    assert talk.run.outputs[0].data == {}


def test_choices_may_come_from_an_expression() -> None:
    """Numbers among them count as text."""
    talk = Conversation(
        {
            "id": "q",
            "ask": {"text": "?", "type": "choice", "choices": "{{ context.sizes }}", "store": "context.size"},
        },
        context={"sizes": [30, "40"]},
    )
    talk.says("x")
    talk.says("30")
    assert talk.context["size"] == "30"


def test_a_question_with_alternatives_says_one() -> None:
    """A list of texts means one of them."""
    talk = Conversation({"id": "q", "ask": ["One?", "Other?"]})
    assert talk.says("x")[0] in ("One?", "Other?")


def test_types_of_plugins() -> None:
    """A plugin's type is a function like the built-in ones, on a class of its own."""
    more = Ask.with_types(
        {"even": lambda heard, settings: NO_ANSWER if int(heard.text) % 2 else int(heard.text)}
    )
    talk = Conversation(
        {"id": "q", "ask": {"text": "?", "type": "even"}},
        {"say": "{{ input.result }}"},
        types=TYPES | {"ask": more},
    )
    talk.says("x")
    assert talk.says("3") == ["?"]
    assert talk.says("4") == ["4"]
    assert "even" not in Ask.types


# --- confirming -----------------------------------------------------------------------------------------

CONFIRMED = SIZE | {"confirm": {"text": "{{ answer }} – right?", "reprompt": "Yes or no?"}, "attempts": 2}


def confirmed(**more: Any) -> Conversation:
    """A question with a confirmation, asked."""
    question = {"id": "q", "ask": CONFIRMED | more, "on_fail": [{"say": "fail"}]}
    talk = Conversation(question, {"say": "[{{ input.result }}]"})
    talk.says("x")
    return talk


def test_yes_accepts_the_answer() -> None:
    """Until then nothing is kept; afterwards nothing is remembered."""
    talk = confirmed()
    assert talk.says("huge") == ["large – right?"]
    assert talk.context == {}
    assert talk.says("yes please") == ["[large]"]
    assert talk.context == {"size": "large"}
    assert talk.session.memory == {}


def test_no_asks_the_question_again_without_counting() -> None:
    """The tentative answer is gone; wrong answers count as before."""
    talk = confirmed()
    for _ in range(3):
        talk.says("big")
        assert talk.says("no") == ["Which size?"]
    assert talk.says("bad") == ["Which size?"]
    assert talk.says("worse") == ["fail", "[]"]


def test_neither_yes_nor_no_is_asked_again() -> None:
    """The reprompt, then the confirmation; nothing is counted."""
    talk = confirmed()
    talk.says("big")
    for _ in range(3):
        assert talk.says("hm") == ["Yes or no?", "large – right?"]
    assert talk.says("yes") == ["[large]"]
    talk = confirmed(confirm="Sure about {{ answer }}?")
    talk.says("big")
    assert talk.says("hm") == ["Sure about large?"]


@pytest.mark.parametrize("text", ["no, small", "no small", "small"])
def test_another_answer_is_a_correction(text: str) -> None:
    """It is taken, and confirmed in its turn."""
    talk = confirmed()
    talk.says("big")
    assert talk.says(text) == ["small – right?"]
    assert talk.says("yes") == ["[small]"]


def test_the_same_answer_again_is_a_yes_but_not_after_a_no() -> None:
    """Who repeats the answer means it."""
    talk = confirmed()
    talk.says("big")
    assert talk.says("LARGE") == ["[large]"]
    talk = confirmed()
    talk.says("big")
    assert talk.says("no, large") == ["Which size?"]


def test_any_text_is_confirmed_by_yes_and_no_only() -> None:
    """Where everything would be an answer, nothing is taken for another one."""
    talk = Conversation(
        {"id": "q", "ask": {"text": "Name?", "confirm": "{{ answer }}?", "store": "context.name"}},
        {"say": "Hi {{ context.name }}"},
    )
    talk.says("x")
    assert talk.says("Ann") == ["Ann?"]
    assert talk.says("Bob") == ["Ann?"]
    assert talk.says("no") == ["Name?"]
    assert talk.says("Bob") == ["Bob?"]
    assert talk.says("yes") == ["Hi Bob"]


def test_zero_and_no_are_confirmed_like_any_answer() -> None:
    """A falsy tentative answer is one."""
    below = {"say": "[{{ input.result }}]"}
    talk = Conversation(
        {"id": "q", "ask": {"text": "?", "type": "integer", "confirm": "{{ answer }}?"}}, below
    )
    talk.says("x")
    assert talk.says("0") == ["0?"]
    assert talk.says("yes") == ["[0]"]
    talk = Conversation(
        {
            "id": "q",
            "ask": {"text": "A bag?", "type": "yes_no", "confirm": "{{ 'A' if answer else 'No' }} bag?"},
        },
        below,
    )
    talk.says("x")
    assert talk.says("no") == ["No bag?"]
    assert talk.says("yes") == ["[false]"]


def test_what_a_user_wrote_is_never_a_template() -> None:
    """A confirmation renders the author's text, not the answer in it."""
    talk = Conversation({"id": "q", "ask": {"text": "Name?", "confirm": "{{ answer }}?"}})
    talk.says("x")
    assert talk.says("{{ 1 + 1 }}") == ["{{ 1 + 1 }}?"]


def test_a_confirmation_arms_the_timer_and_is_asked_again_after_a_digression() -> None:
    """It is an asking like the question itself."""
    talk = confirmed(timeout=60)
    talk.says("big")
    assert talk.run.timer is not None
    assert talk.run.timer.due_at == talk.environment.now + 60
    assert again(talk) == ["large – right?"]


def test_a_confirmation_is_compiled_at_load() -> None:
    """Its faults are found there, and what it reads is known."""
    for confirm in ("{{ answer", {"text": "{{ answer"}, ["{{ answer }}"]):
        with pytest.raises(SettingsError):
            settings("ask", text="?", confirm=confirm)
    assert settings("ask", text="?", confirm="{{ answer.total }}").paths == {"answer.total"}


# --- what was said before -------------------------------------------------------------------------------

SLOT = {"text": "Which size?", "type": "slot", "slot": "size", "store": "context.size"}


def with_slots(*nodes: Any, **slots: Any) -> Conversation:
    """A conversation in whose messages these slots are found."""
    return Conversation(*nodes, understanding=Understanding(slots=slots))


def test_a_slot_in_the_message_that_led_here_is_taken() -> None:
    """Nothing is asked; the text around it is no answer."""
    talk = with_slots({"id": "q", "ask": SLOT}, {"say": "{{ input.result }}"}, size=["large"])
    assert talk.says("a large one") == ["large"]
    assert talk.context == {"size": "large"}


def test_a_slot_stands_in_for_an_answer_of_any_type() -> None:
    """Its value is read as the type reads; what it cannot be is not taken."""
    choice = {"id": "q", "ask": SIZE | {"slot": "size"}}
    talk = with_slots(choice, size=["huge"])
    assert talk.says("one of those for me") == []
    assert talk.context == {"size": "large"}
    assert with_slots(choice, size=["medium"]).says("make it medium") == ["Which size?"]


def test_a_slot_answers_the_question_that_waits() -> None:
    """Where the type does not see the answer in the text."""
    talk = Conversation({"id": "q", "ask": SLOT}, {"say": "{{ input.result }}"})
    assert talk.says("x") == talk.says("dunno") == ["Which size?"]
    talk.environment.understanding = Understanding(slots={"size": ["small"]})
    assert talk.says("the small one I guess") == ["small"]


def test_a_value_answers_one_question_of_a_turn() -> None:
    """The second size is asked for, unless two were said."""
    first = {"id": "first", "ask": SLOT}
    second = {"id": "second", "ask": SLOT | {"text": "And the other?", "store": "context.other"}}
    assert with_slots(first, second, size=["large"]).says("a large one") == ["And the other?"]
    talk = with_slots(first, second, size=["large", "small"])
    assert talk.says("a large and a small one") == []
    assert talk.context == {"size": "large", "other": "small"}


def test_what_was_said_before_must_be_valid_and_is_confirmed() -> None:
    """``valid_if`` and ``confirm`` hold for it, too."""
    talk = with_slots({"id": "q", "ask": SLOT | {"valid_if": "answer != 'large'"}}, size=["large"])
    assert talk.says("large") == ["Which size?"]
    talk = with_slots({"id": "q", "ask": SLOT | {"confirm": "{{ answer }}?"}}, size=["large"])
    assert talk.says("large") == ["large?"]


def test_skip_if_sees_what_was_said() -> None:
    """What is kept already stays; where nothing is, what was said is the result."""
    talk = with_slots({"id": "q", "ask": SLOT | {"skip_if": "context.size or answer"}}, size=["large"])
    assert talk.says("x") == []
    assert talk.context == {"size": "large"}
    talk.environment.understanding = Understanding(slots={"size": ["small"]})
    assert talk.says("x") == []
    assert talk.context == {"size": "large"}


def test_what_was_denied_is_not_taken() -> None:
    """Who says "not large" has not asked for large."""
    talk = Conversation({"id": "q", "ask": SLOT})
    talk.says("x")
    talk.run.turn.input["slots"] = {"size": ["large", "small"]}
    talk.run.turn.input["nlu"] = {
        "slots": {"size": [{"value": "large", "negated": True}, {"value": "small"}]}
    }
    assert untaken(talk.run.turn, "size") == ["small"]


# --- what the engine asks of a question -----------------------------------------------------------------


def node_of(talk: Conversation) -> Ask:
    """The question at which the conversation stands."""
    node = talk.run.turn.node.settings.node(talk.run.turn.scope, [])
    assert isinstance(node, Ask)
    return node


def hears(talk: Conversation, text: str) -> bool:
    """Whether a text would be an answer; to find out must change nothing."""
    before = json.dumps(talk.session.to_json())
    talk.run.turn.input["text"] = text
    answer = node_of(talk).hears(talk.run.turn)
    assert json.dumps(talk.session.to_json()) == before
    return answer


def again(talk: Conversation) -> list[str]:
    """What is said after a digression."""
    talk.run.take_outputs()
    assert isinstance(node_of(talk).again(talk.run.turn), Wait)
    return talk.said


def test_hearing_has_no_effect() -> None:
    """The engine may ask whether an input is an answer; ``valid_if`` has its say."""
    talk = Conversation({"id": "q", "ask": SIZE | {"valid_if": "answer != 'small'"}})
    talk.says("x")
    assert [hears(talk, text) for text in ("huge", "small", "hello")] == [True, False, False]


def test_hearing_while_a_confirmation_is_pending() -> None:
    """Yes, no, and another answer."""
    talk = confirmed()
    talk.says("big")
    assert [hears(talk, text) for text in ("yes", "no", "small", "hello")] == [True, True, True, False]


def test_an_input_is_read_once() -> None:
    """``hears`` and ``resume`` share the reading."""
    read: list[str] = []

    def even(heard: UserMessage, settings: Any) -> Any:
        read.append(heard.text)
        return NO_ANSWER if int(heard.text) % 2 else int(heard.text)

    types = TYPES | {"ask": Ask.with_types({"even": even})}
    talk = Conversation({"id": "q", "ask": {"text": "?", "type": "even"}}, types=types)
    talk.says("x")
    hears(talk, "4")
    assert hears(talk, "4")
    assert read == ["4"]


def test_a_question_is_asked_again_after_a_digression() -> None:
    """No attempt is counted; what was counted stays."""
    talk = Conversation({"id": "q", "ask": SIZE | {"attempts": 2, "reprompt": "Small or large?"}})
    talk.says("x")
    talk.says("bad")
    assert again(talk) == ["Which size?"]
    assert talk.session.memory["main/q"]["wrong"] == 1


def test_digressions() -> None:
    """The question's own setting, else the flow's."""
    talk = Conversation({"id": "q", "ask": SIZE | {"digression": "silent"}})
    talk.says("x")
    assert node_of(talk).digressions(talk.run.turn) == "silent"
    talk = Conversation({"id": "q", "ask": SIZE})
    talk.says("x")
    assert node_of(talk).digressions(talk.run.turn) == "reask"


def test_a_question_is_forgotten() -> None:
    """After so many inputs without an answer the next one is not taken: all begins anew."""
    talk = Conversation({"id": "q", "ask": SIZE | {"forget_after": 2, "reprompt": "Again?"}}, {"say": "ok"})
    talk.says("x")
    assert talk.says("bad") == talk.says("worse") == ["Again?"]
    assert not hears(talk, "big")
    assert talk.says("big") == ["Which size?"]
    assert talk.says("big") == ["ok"]


def test_an_answer_to_confirm_begins_the_count_anew() -> None:
    """A question is not forgotten over its own confirmation."""
    talk = confirmed(forget_after=1)
    assert talk.says("big") == ["large – right?"]
    assert talk.says("yes") == ["[large]"]


def test_a_choice_shows_titles() -> None:
    """A button may show more than it says."""
    choices = [{"value": "l", "title": "Large (32 cm)"}, "s"]
    talk = Conversation({"id": "q", "ask": {"text": "?", "type": "choice", "choices": choices}})
    talk.says("x")
    titles = [reply["title"] for reply in talk.run.outputs[0].data["rich"]["quickReplies"]]
    assert titles == ["Large (32 cm)", "s"]
    talk.says("large (32 cm)")
    assert talk.run.turn.input["result"] == "l"


def test_data_alone_answers_a_question_for_data() -> None:
    """And is a wrong answer to a question for text."""
    talk = Conversation({"id": "q", "ask": {"text": "?", "type": "data", "store": "context.form"}})
    talk.says("x")
    assert talk.says("hello") == ["?"]
    assert talk.says("", data={"a": 1}) == []
    assert talk.context == {"form": {"a": 1}}
    talk = Conversation({"id": "q", "ask": {"text": "?"}})
    talk.says("x")
    assert talk.says("", data={"a": 1}) == ["?"]


# --- among intents --------------------------------------------------------------------------------------

INTENTS = {
    "hours": {"reply": "All day."},
    "order": {"entry": "q"},
    "help": {},
    "out": {"rules": "input.text == 'out'", "entry": "bye"},
}


def among_intents(**more: Any) -> Conversation:
    """The question, asked, in a flow with intents."""
    question = {"id": "q", "ask": SIZE | more, "on_intent": {"help": [{"say": "Small is 20 cm."}]}}
    nodes = [question, {"say": "[{{ input.result }}]"}, {"stop": None}, {"id": "bye", "say": "Bye."}]
    talk = Conversation(flows=[Builder().flow("main", nodes, intents=INTENTS)])
    assert talk.says("x") == ["Which size?"]
    return talk


def test_a_confirmation_survives_a_digression() -> None:
    """It is asked again, like the question; ``input.activeQuestion`` tells what is to be confirmed."""
    talk = among_intents(confirm="{{ answer }}?")
    talk.says("big")
    assert talk.hears("when do you open", "hours 0.9") == ["All day.", "large?"]
    assert talk.run.turn.input["activeQuestion"]["tentativeAnswer"] == "large"
    assert talk.hears("help me", "help 0.9") == ["Small is 20 cm."]
    assert talk.says("yes") == ["[large]"]


def test_an_intent_that_leaves_drops_the_confirmation() -> None:
    """Who comes back is asked from the beginning."""
    talk = among_intents(confirm="{{ answer }}?", attempts=2)
    talk.says("bad")
    talk.says("big")
    assert talk.says("out") == ["Bye."]
    assert talk.says("x") == ["Which size?"]
    assert talk.says("bad") == ["Which size?"]


def test_digressions_do_not_count_for_forgetting() -> None:
    """They never reached the question."""
    talk = among_intents(forget_after=1)
    for _ in range(3):
        talk.hears("when do you open", "hours 0.9")
        talk.hears("help me", "help 0.9")
    assert talk.says("big") == ["[large]"]


def test_a_forgotten_question_lets_an_intent_take_its_answer() -> None:
    """An input that is no answer any more goes to what else it means."""
    talk = among_intents(forget_after=1)
    talk.says("bad")
    assert talk.hears("big", "out 0.9") == ["Bye."]


def test_a_message_that_enters_is_no_answer_but_slots_in_it_are() -> None:
    """It says which size only when the slot says so."""
    talk = among_intents(slot="size")
    talk.says("out")
    assert talk.hears("large", "order 0.9") == ["Which size?"]
    talk.says("out")
    order = Understanding("order", 0.9, slots={"size": ["huge"]})
    assert talk.hears("I want a huge one", order) == ["[large]"]


def test_a_question_in_a_called_flow_goes_on_there() -> None:
    """With its confirmation, and then back in the caller."""
    inner = Builder().flow("inner", [{"id": "q", "ask": CONFIRMED}])
    outer = Builder().flow("outer", [{"call": "inner"}, {"say": "back with {{ context.size }}"}])
    talk = Conversation(flows=[outer, inner])
    assert talk.says("x") == ["Which size?"]
    assert talk.says("big") == ["large – right?"]
    assert talk.says("yes") == ["back with large"]


def test_a_turn_that_thinks_again_has_other_slots() -> None:
    """What a question took before belongs to the text before."""
    nodes = [
        {
            "if": "context.thought",
            "then": [{"id": "second", "ask": SLOT | {"store": "context.other"}}, {"stop": None}],
        },
        {"id": "first", "ask": SLOT},
        {"set": {"context.thought": True}},
        {"think": "a large one"},
    ]
    talk = Conversation(flows=[Builder().flow("main", nodes, intents={"order": {}})])
    understood = Understanding("order", 0.9, slots={"size": ["large"]})
    talk.hears("a large one", understood)
    assert talk.answers(understood) == []
    assert talk.context == {"size": "large", "thought": True, "other": "large"}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"type": "slot"}, "needs a slot"),
        ({"digression": "maybe"}, "reask"),
        ({"forget_after": 0}, "greater than or equal to 1"),
        ({"type": "choise"}, 'no questions of type "choise"; did you mean "choice"'),
        ({"type": "colour"}, 'no questions of type "colour"; there are: text, any'),
        ({"buttons": "none"}, "questions of type choice only"),
        ({"type": "choice"}, "needs choices"),
        ({"type": "choice", "choices": ["a", "A"]}, "there twice"),
        ({"type": "pattern"}, "needs a pattern"),
        ({"choices": ["a"]}, "add type: choice"),
        ({"pattern": "a+"}, "add type: pattern"),
        ({"type": "pattern", "pattern": "("}, "no regular expression"),
        ({"type": "pattern", "pattern": "credit_crad"}, 'did you mean "credit_card"'),
        ({"attempts": 0}, "greater than or equal to 1"),
        ({"buttons": "all"}, "none"),
    ],
)
def test_wrong_settings_are_refused(raw: dict[str, Any], message: str) -> None:
    """What cannot work says why."""
    with pytest.raises(SettingsError, match=message):
        NodeSettings(Ask, {"text": "?"} | raw, Expressions())
