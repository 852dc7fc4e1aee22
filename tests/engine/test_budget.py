"""What one turn may compute, all in all: a clear failure in the place of a server that stands still."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowhook.engine.effects import HttpCall, HttpResult
from tests.engine.conversation import Builder, Conversation

#: 150 patterns, none of which is slow enough to be stopped by itself.
SLOW = {
    "switch": "input.text",
    "cases": {f"/^(a+)+{number}$/": [{"say": "no"}] for number in range(150)},
    "default": [{"say": "nothing fits"}],
}


def counting(step: float) -> Callable[[], float]:
    """A clock that goes on by so many seconds at each look."""
    seconds = 0.0

    def look() -> float:
        nonlocal seconds
        seconds += step
        return seconds

    return look


def test_many_slow_patterns_fail_the_turn_and_nothing_else() -> None:
    """Each is bounded by itself; together they would hold the server for as long as they are many."""
    talk = Conversation(SLOW, stopwatch=counting(0.09))
    end = talk.tries("aaaa")
    assert (end.status, end.error_at) == ("failed", "main/0")
    assert end.error is not None
    assert "computed for more than 3 seconds" in end.error


def test_quick_ones_are_not_stopped() -> None:
    """The same flow, where no time goes by to speak of."""
    assert Conversation(SLOW, stopwatch=counting(0.001)).says("aaaa") == ["nothing fits"]
    assert Conversation(SLOW).says("aaaa") == ["nothing fits"]


def test_templates_count_too() -> None:
    """Also those of one node: none of them is evaluated any more once the time is over."""
    values = {f"context.n{number}": "{{ [1, 2, 3] | sum }}" for number in range(200)}
    talk = Conversation({"set": values}, {"say": "done"}, stopwatch=counting(0.1))
    assert talk.tries("x").status == "failed"
    assert "computed for more than" in (talk.end.error or "")


def test_rules_of_intents_count_too() -> None:
    """They are tried before the first node runs."""
    rules = [f"[1, {number}] | sum == 0" for number in range(200)]
    intents: dict[str, Any] = {"never": {"rules": rules, "reply": "no"}}
    flow = Builder().flow("main", [{"say": "hi"}], intents=intents)
    talk = Conversation(flows=[flow], stopwatch=counting(0.1))
    assert talk.tries("x").status == "failed"
    assert "computed for more than" in (talk.end.error or "")


def test_questions_that_read_count_too() -> None:
    """Nothing more is read of an answer once the time is over."""
    ask = {"id": "q", "ask": {"text": "When?", "type": "date", "store": "context.day"}}
    talk = Conversation(ask, {"say": "done"})
    talk.says("hi")
    talk.environment.stopwatch = counting(4.0)
    assert talk.tries("tomorrow").status == "failed"


def test_what_effects_take_does_not_count() -> None:
    """Waiting for a slow service costs nobody else anything."""
    seconds = 0.0
    call = {"id": "a", "http_request": {"url": "https://x.example"}}
    talk = Conversation(call, {"say": "done"}, stopwatch=lambda: seconds)
    assert talk.tries("x").status == "effect"
    assert isinstance(talk.run.effect, HttpCall)
    seconds = 100.0
    assert talk.answers(HttpResult(200, {}, {})) == ["done"]
