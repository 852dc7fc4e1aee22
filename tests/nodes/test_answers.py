"""Types of questions: what each takes of a message."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from flowhook.engine.expressions import Expressions
from flowhook.engine.settings.compiled import NodeSettings
from flowhook.hooks.loading.ask_types import ask_type_of
from flowhook.nodes.ask import Ask
from flowhook.nodes.parts.answer_types import NO_ANSWER, UserMessage
from tests.engine.conversation import BERLIN

NOW = datetime(2026, 11, 21, 12, tzinfo=BERLIN)


def answer(kind: str, text: str = "", locale: str = "en", **heard: Any) -> Any:
    """What a question of a type takes of a message."""
    raw = {key: heard.pop(key) for key in ("choices", "pattern", "slot") if key in heard}
    node = NodeSettings(Ask, {"text": "?", "type": kind} | raw, Expressions()).node({}, [])
    assert isinstance(node, Ask)
    said = UserMessage(text, heard.pop("data", {}), heard.pop("attachments", []), locale, NOW, **heard)
    return node.types[kind](said, node)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("number", "two dozen", 24),
        ("number", "zero", 0),
        ("number", "three or four", NO_ANSWER),
        ("number", "four, yes 4", 4),
        ("integer", "2.5 or 3", NO_ANSWER),
        ("integer", "a dozen", 12),
        ("date", "tomorrow at five", "2026-11-22"),
        ("date", "monday or tuesday", NO_ANSWER),
        ("date", "30 February", NO_ANSWER),
        ("time", "at five", "17:00"),
        ("time", "never", NO_ANSWER),
        ("datetime", "tomorrow at five", "2026-11-22T17:00:00+01:00"),
        ("datetime", "tomorrow", NO_ANSWER),
        ("duration", "an hour and a half", 5400),
        ("money", "five euros", {"value": 5, "currency": "EUR"}),
        ("money", "five", NO_ANSWER),
        ("percentage", "0 %", 0),
        ("percentage", "about 80", 80),
        ("percentage", "10 % or 20 %", NO_ANSWER),
        ("percentage", "10 or 20", NO_ANSWER),
        ("percentage", "12.5", 12.5),
        ("percentage", "half", NO_ANSWER),
        ("email", "Ann@Example.com or b@x.de", "Ann@example.com"),
        ("phone", "+49 30 1234567", "+49301234567"),
        ("url", "www.example.com", "https://www.example.com"),
        ("yes_no", "no", False),
    ],
)
def test_values(kind: str, text: str, expected: Any) -> None:
    """The value of the kind; two different ones are no answer; 0 and no are."""
    assert answer(kind, text) == expected


def test_named_patterns_are_checked() -> None:
    """A name stands for a pattern with its checksum; anything else is a regular expression."""
    assert answer("pattern", "DE89 3704 0044 0532 0130 00", pattern="iban") == "DE89370400440532013000"
    assert answer("pattern", "DE89 3704 0044 0532 0130 01", pattern="iban") is NO_ANSWER
    assert answer("pattern", "an iban", pattern="ib.n") == "iban"


def test_the_question_said_back_is_a_yes() -> None:
    """Alone, or behind a clause that denies something else; a no stays one."""
    node = NodeSettings(Ask, {"text": "Shall I block the card?", "type": "yes_no"}, Expressions()).node(
        {}, []
    )
    assert isinstance(node, Ask)

    def said(text: str, locale: str = "en") -> Any:
        return node.types["yes_no"](UserMessage(text, {}, [], locale, NOW), node)

    assert said("block it!") is True
    assert said("the card, block it please") is True
    assert said("I don't want to cancel the account, block the card") is True
    assert said("don't block it") is False
    assert said("no, block the account") is not True
    assert said("block the account") is NO_ANSWER
    assert said("which card?") is NO_ANSWER


@pytest.mark.parametrize(
    ("kind", "locale", "text", "expected"),
    [
        ("date", "en", "monday, no wait, tuesday", "2026-11-24"),
        ("time", "en", "at ten, I meant at eleven", "11:00"),
        ("date", "de", "Montag, nein warte, Dienstag", "2026-11-24"),
        ("integer", "en", "four, no wait, five or six", NO_ANSWER),
        ("date", "en", "monday or tuesday, I meant", NO_ANSWER),
    ],
)
def test_what_is_taken_back_in_one_breath(kind: str, locale: str, text: str, expected: Any) -> None:
    """What comes last counts."""
    assert answer(kind, text, locale) == expected


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("it is 1234 5678", r"\d{8}", "12345678"),
        ("12 34 56 78, I think", r"\b\d{8}\b", "12345678"),
        ("AB 123 456", r"[A-Z]{2} ?\d{6}", "AB 123456"),
        ("8 12345678", r"\d{8}", "12345678"),
        ("0171 2345678", r"\d{8}", NO_ANSWER),
        ("1234-5678", r"\d{8}", NO_ANSWER),
        ("2026-11-03", r"\d{8}", NO_ANSWER),
    ],
)
def test_digits_may_be_written_in_groups(text: str, pattern: str, expected: Any) -> None:
    """Where a pattern wants them together; never is a number cut out of a longer one."""
    assert answer("pattern", text, pattern=pattern) == expected


def test_what_was_understood() -> None:
    """Slots, intents, data and attachments."""
    slots = {"topping": ["mushroom", "olive"], "none": [], "count": [0]}
    assert answer("slot", slot="topping", slots=slots) == "mushroom"
    assert answer("slot", slot="count", slots=slots) == 0
    assert answer("slot", slot="none", slots=slots) is NO_ANSWER
    assert answer("slot", slot="other", slots=slots) is NO_ANSWER
    assert answer("intent", intent="order") == "order"
    assert answer("intent") is NO_ANSWER
    assert answer("data", data={"a": 0}) == {"a": 0}
    assert answer("data") is NO_ANSWER
    assert answer("attachment", attachments=[{"url": "u"}]) == [{"url": "u"}]
    assert answer("attachment", "a text") is NO_ANSWER


def test_data_alone_is_no_text() -> None:
    """It answers ``any`` and ``data``."""
    assert answer("text", data={"a": 1}) is NO_ANSWER
    assert answer("any", data={"a": 1}) == {"a": 1}


def test_types_of_plugins_are_told_what_they_name() -> None:
    """Any of text, data, settings, locale, now and input."""
    heard = UserMessage("x", {"a": 1}, [], "de", NOW, {"s": [1]}, "order")
    told = ask_type_of("t", lambda now, input, text: (now, input["slots"], input["intent"], text))
    assert told(heard, None) == (NOW, {"s": [1]}, "order", "x")  # type: ignore[arg-type]
    everything = ask_type_of("t", lambda **every: sorted(every))
    assert everything(heard, None) == ["data", "input", "locale", "now", "settings", "text"]  # type: ignore[arg-type]
    assert ask_type_of("t", lambda text: None)(heard, None) is NO_ANSWER  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="colour"):
        ask_type_of("t", lambda colour: 1)
