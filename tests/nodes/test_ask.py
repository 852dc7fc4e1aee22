"""``ask``: what counts as an answer, and what happens when it is none."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.engine.expressions import Expressions
from flowhook.engine.settings import Settings, SettingsError
from flowhook.nodes.answers import NO_ANSWER
from flowhook.nodes.ask import Ask
from tests.engine.conversation import TYPES, Conversation, settings


def ask(**raw: Any) -> Ask:
    node = settings("ask", text="?", **raw).node({}, [])
    assert isinstance(node, Ask)
    return node


def answer(kind: str, text: str, locale: str = "en", data: dict[str, Any] | None = None, **raw: Any) -> Any:
    node = ask(type=kind, **raw)
    return node.types[kind](text, data or {}, node, locale)


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
        ("number", "three", NO_ANSWER),
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
    talk.surroundings.now += 100
    assert talk.times_out() == ["Hello?"]
    assert talk.says("bad") == ["Which size?"]
    assert talk.run.timer is not None
    assert talk.run.timer.due_at == talk.surroundings.now + 60


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
        {"even": lambda text, data, settings, locale: NO_ANSWER if int(text) % 2 else int(text)}
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


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"type": "date"}, "not available yet"),
        ({"type": "slot"}, "not available yet"),
        ({"confirm": "Right?"}, "not available yet"),
        ({"digression": "none"}, "not available yet"),
        ({"forget_after": 2}, "not available yet"),
        ({"type": "colour"}, "no questions of type colour"),
        ({"type": "choice"}, "needs choices"),
        ({"type": "choice", "choices": ["a", "A"]}, "there twice"),
        ({"type": "pattern"}, "needs a pattern"),
        ({"choices": ["a"]}, "add type: choice"),
        ({"pattern": "a+"}, "add type: pattern"),
        ({"type": "pattern", "pattern": "("}, "no regular expression"),
        ({"attempts": 0}, "greater than or equal to 1"),
        ({"buttons": "all"}, "none"),
    ],
)
def test_wrong_settings_are_refused(raw: dict[str, Any], message: str) -> None:
    """What does nothing yet says so; what cannot work says why."""
    with pytest.raises(SettingsError, match=message):
        Settings(Ask, {"text": "?"} | raw, Expressions())
