"""The shipped flows, each as conversations on the engine: no server, no clock, no network."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from flowhook.engine.flow import Library
from flowhook.engine.outcome import Failure, HttpAnswer, HttpCall
from flowhook.engine.run import Run
from flowhook.engine.turn import Surroundings
from flowhook.flowfiles.library import load_library
from flowhook.flowfiles.types import NodeTypes
from flowhook.model.inbound import Inbound, Kind, SessionId
from flowhook.model.session import Frame, Session
from flowhook.nodes import BUILTIN

FLOWS = Path(__file__).parents[2] / "flows"
VARS = {"shop_name": "Mario's"}


@pytest.fixture(scope="module")
def library() -> Library:
    """The shipped flows."""
    loaded = load_library(FLOWS, NodeTypes(BUILTIN), vars=VARS, connections={"crm"})
    assert loaded.problems == []
    return loaded.library


class Conversation:
    """One session of a flow. ``answers`` are those of the HTTP services, in order."""

    def __init__(self, library: Library, flow: str, *answers: HttpAnswer | Failure) -> None:
        self.library = library
        self.session = Session([Frame(flow)], context=dict(library.flows[flow].context))
        self.answers = list(answers)
        self.calls: list[HttpCall] = []
        self.timer: Any = None
        self.position: str | None = None
        self._turns = 0

    def says(self, text: str) -> list[str]:
        """The user says something; what the bot says to it."""
        return self._turn(Kind.MESSAGE, text=text)

    def waits(self) -> list[str]:
        """The timer of the waiting node falls due."""
        return self._turn(Kind.TIMER, timer=self.timer.node)

    def _turn(self, kind: Kind, **details: Any) -> list[str]:
        self._turns += 1
        inbound = Inbound(SessionId("e", "u", "s"), kind, f"trace{self._turns}", 0.0, **details)
        state = self.session.to_json()
        self.session = Session.from_json(state)  # between turns a session is JSON
        run = Run(self.library, self.session, inbound, Surroundings(0.0, UTC, vars=dict(VARS)))
        end = run.start()
        while end.status == "needs":
            assert isinstance(run.need, HttpCall)
            self.calls.append(run.need)
            end = run.answer(self.answers.pop(0))
        assert end.status == "done", end
        self.timer, self.position = run.timer, run.position
        return [output.text for output in run.take_outputs()]


def test_echo(library: Library) -> None:
    """Echo says what it hears, turn after turn, and never runs what it hears."""
    bot = Conversation(library, "echo")
    assert bot.says("hello") == ["You said: hello"]
    assert bot.says("{{ vars }}") == ["You said: {{ vars }}"]
    assert bot.position is None


def test_pizza_is_ordered(library: Library) -> None:
    """The opening message is greeted and asked for the size; price and order follow."""
    bot = Conversation(library, "pizza", HttpAnswer(200, {}, {"total": 22}))
    assert bot.says("I want a pizza") == ["Hi there, welcome to Mario's!", "Which size?"]
    assert bot.position == "pizza/ask_size"
    assert bot.says("huge") == ["That is 22 euro. Shall I order it?"]
    assert (bot.calls[0].method, bot.calls[0].connection, bot.calls[0].url) == ("POST", "crm", "/price")
    assert (bot.calls[0].json, bot.calls[0].retries) == ({"size": "large"}, 2)
    assert bot.says("yes please") == ["Done, large is on its way."]
    assert bot.position is None
    assert bot.says("once more") == ["Which size?"]


def test_pizza_is_cancelled(library: Library) -> None:
    """A no leads to one of two sentences."""
    bot = Conversation(library, "pizza", HttpAnswer(200, {}, {"total": 9}))
    bot.says("hi")
    bot.says("small")
    assert bot.says("no") in (["Maybe next time."], ["Another time, then."])


def test_pizza_nudges_and_goes_on_waiting(library: Library) -> None:
    """After ten minutes it asks whether the user is there; the question still waits."""
    bot = Conversation(library, "pizza", HttpAnswer(200, {}, {"total": 9}))
    bot.says("hi")
    assert bot.timer.due_at == 600.0
    assert bot.waits() == ["Still there?"]
    assert bot.position == "pizza/ask_size"
    assert bot.says("medium") == ["That is 9 euro. Shall I order it?"]


def test_pizza_gives_up(library: Library) -> None:
    """The third wrong answer ends the asking; a kitchen that does not answer is excused for."""
    bot = Conversation(library, "pizza")
    bot.says("hi")
    assert bot.says("blue") == ["Small, medium or large?"]
    assert bot.says("green") == ["Small, medium or large?"]
    assert bot.says("red")[0].startswith("I could not make that out")
    assert bot.position is None


def test_pizza_without_a_kitchen(library: Library) -> None:
    """When the price cannot be had, on_error says sorry."""
    bot = Conversation(library, "pizza", Failure("timeout", "no answer in time"))
    bot.says("hi")
    assert bot.says("small") == ["Our kitchen does not answer. Please try again later."]


def test_appointment(library: Library) -> None:
    """A booking asks its way through another flow, which waits for the user, and comes back."""
    bot = Conversation(library, "appointment")
    assert bot.says("hello")[0] == "Hello, this is the repair shop."
    assert bot.says("Broken") == ["What is your name?"]
    assert bot.position == "contact/name"
    assert bot.says("Ada")[0].startswith("Thank you, Ada. At which email address")
    assert bot.says("nonsense")[0].startswith("That does not look like an email address")
    assert bot.says("it is ada@example.org")[0].startswith("Which serial number")
    assert bot.says("my serial number is ab123456") == [
        "Noted: repair, device AB123456, for Ada.",
        "Shall I book it?",
    ]
    assert bot.says("yes") == ["Booked. We write to ada@example.org."]
    assert bot.session.values["bookings"] == ["repair"]
    assert bot.session.context == {"contact": {"name": "Ada", "email": "ada@example.org"}}


def test_appointment_knows_its_visitor(library: Library) -> None:
    """Who comes back is not asked for name and address again; a number is checked."""
    bot = Conversation(library, "appointment")
    for text in ("hello", "question", "Ada", "ada@example.org", "How long are you open?"):
        bot.says(text)
    assert bot.says("no") == ["I leave it, then."]
    assert bot.says("hello again") == ["What can we do for you: a repair, a question, or a pickup?"]
    assert bot.says("pickup") == ["What is your ticket number?"]
    assert bot.says("0") == ["What is your ticket number?"]
    assert bot.says("ticket 42") == ["Noted: pickup, for Ada.", "Shall I book it?"]
    assert bot.session.context["ticket"] == 42


def test_appointment_without_serial_number_or_address(library: Library) -> None:
    """Questions that fail are left behind, and the flow goes on below."""
    bot = Conversation(library, "appointment")
    for text in ("hello", "repair", "Ada", "no", "none"):
        bot.says(text)
    said = bot.says("I have none")
    assert said[0] == "Never mind, we go on without."
    assert said[1].startswith("Which serial number")
    bot.says("no idea")
    assert bot.says("sorry") == [
        "We shall find it together when you are here.",
        "Noted: repair, for Ada.",
        "Shall I book it?",
    ]
    assert bot.says("sure") == ["Booked. We write to you."]
