"""Random conversations on random flows: no turn breaks, and no question is lost by accident."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from flowhook.engine.effects import Understand
from flowhook.engine.flow import Flow, SlotRule, State
from flowhook.model.inbound import Kind
from flowhook.model.understanding import Ranked, Understanding
from tests.engine.conversation import Builder, Conversation

WORDS = ("small", "large", "stop", "yes", "no", "seven", "7", "")
#: Ways out of a question that are meant to lose it.
LEAVING = ("goto", "stop", "think")


class Author:
    """Writes small flows without a plan."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names = ("main", "chat", "sub")

    def flows(self) -> list[Flow]:
        """The flow ``main``, one that it may attach and one that it may call."""
        return [self.flow(name) for name in self.names]

    def flow(self, name: str) -> Flow:
        self.ids = 0
        items = [*self.items(name, 4), self.question(name)]
        ids = [item["id"] for item in items if "id" in item]
        picks = self.random
        intents = {f"i{n}": self.intent(ids) for n in range(picks.randrange(4))}
        states = {
            "busy": State("busy", allow=frozenset({"i0"})),
            "calm": State("calm", block=frozenset({"i1"})),
        }
        settings = {
            "digressions": picks.choice(["reask", "silent", "none"]),
            "mapping": picks.choice(["joint", "main_first", "attached_first"]),
            "continue_after_reply": picks.random() < 0.2,
        }
        attach = {"main": ("chat",), "sub": ("chat",)}.get(name, ()) if picks.random() < 0.7 else ()
        slots = {"n": SlotRule("n", store=("context", "n"))}
        return Builder().flow(
            name, items, intents=intents, states=states, settings=settings, attach=attach, slots=slots
        )

    def items(self, flow: str, count: int) -> list[dict[str, Any]]:
        return [self.item(flow) for _ in range(self.random.randrange(1, count))]

    def item(self, flow: str) -> dict[str, Any]:
        picks = self.random
        kind = picks.randrange(11)
        if kind == 0 and flow == "main":
            return {"call": "sub"}
        if kind == 1:
            return {"id": self.name(), "wait": None}
        if kind == 2:
            return {"state": picks.choice(["busy", "calm", "unknown", "default"])}
        if kind == 3:
            return {"if": "input.text == 'stop'", "then": [{"stop": None}]}
        if kind == 4:
            offer = {"text": "offer", "type": "choice", "choices": ["small", "7"], "forget_after": 2}
            return {"id": self.name(), "optional_ask": offer, "then": [{"say": "taken"}]}
        if kind == 5:
            return {"if": "input.text == 'seven'", "then": [{"think": picks.choice(["small", "nothing"])}]}
        return {"say": f"{flow} speaks"} if kind < 8 else self.question(flow)

    def question(self, flow: str) -> dict[str, Any]:
        picks = self.random
        ask: dict[str, Any] = {"text": f"{flow}?"}
        ask |= picks.choice(
            [{"type": "text"}, {"type": "number"}, {"type": "choice", "choices": ["small", "large"]}]
        )
        if picks.random() < 0.3:
            ask["attempts"] = 2
        if picks.random() < 0.3:
            ask["digression"] = picks.choice(["reask", "silent", "none"])
        item: dict[str, Any] = {"id": self.name(), "ask": ask}
        if picks.random() < 0.4:
            item["on_intent"] = {"i1": [{"say": "on intent"}]}
        return item

    def name(self) -> str:
        self.ids += 1
        return f"n{self.ids}"

    def intent(self, ids: list[str]) -> dict[str, Any]:
        picks = self.random
        intent: dict[str, Any] = {"disabled": picks.random() < 0.1}
        if picks.random() < 0.3:
            intent["rules"] = picks.choice(
                ["input.text == 'stop'", "input.text == 'large'", "context.n == 7"]
            )
        if picks.random() < 0.3:
            intent["condition"] = "input.text != 'small'"
        if picks.random() < 0.5:
            intent["entry"] = picks.choice(ids)
        if picks.random() < 0.5:
            intent["reply"] = "reply"
        if picks.random() < 0.3:
            intent["confirm"] = "sure?"
        return intent

    def understanding(self) -> Understanding | None:
        picks = self.random
        if picks.random() < 0.2:
            return None
        ranking = [
            Ranked(f"i{picks.randrange(5)}", picks.random(), picks.choice(["", "chat"])) for _ in range(3)
        ]
        ranking.sort(key=lambda ranked: -ranked.score)
        return Understanding(
            slots={"n": [7]} if picks.random() < 0.2 else {},
            ranking=ranking,
            answer=picks.choice([None, None, True, False]),
            rejected=picks.random() < 0.1,
        )


def play(seed: int, turns: int = 25) -> None:
    author = Author(seed)
    heard = Conversation(flows=author.flows())
    for _ in range(turns):
        before = [frame.to_json() for frame in heard.session.frames]
        waited = heard.session.waiting
        heard.environment.understanding = author.understanding()
        kind = author.random.choice([Kind.MESSAGE, Kind.MESSAGE, Kind.INJECT])
        heard.tries(author.random.choice(WORDS), kind=kind)
        while heard.end.status == "effect":
            assert isinstance(heard.run.effect, Understand)
            if author.random.random() < 0.5:
                heard.crashes()
            heard.end = heard.run.resume(author.understanding())
        if heard.end.status == "failed":  # the only ways to fail in such flows
            assert "anew" in (heard.end.error or "") or "circle" in (heard.end.error or ""), heard.end.error
            return
        check(heard, before, waited)


def check(heard: Conversation, before: list[Any], waited: bool) -> None:
    """What holds after every turn."""
    session = heard.session
    json.dumps([session.to_json(), [step.to_json() for step in heard.run.steps], heard.run.turn.input])
    top = session.top
    assert top.resting is None
    if session.waiting:
        assert heard.library.flows[top.flow].nodes[top.node or ""].type.waits
    for frame in session.frames[:-1]:
        assert frame.resting in (None, "waiting", "standing")
        assert frame.resting is not None or frame.node is not None
    if waited:
        assert still_there(heard, before), (before, session.frames, heard.went)


def still_there(heard: Conversation, before: list[Any]) -> bool:
    """Whether the question that waited still does, was heard, or was left on purpose."""
    flow, node = before[-1][:2]
    if any((frame.flow, frame.node) == (flow, node) for frame in heard.session.frames):
        return True
    for step in heard.run.steps:
        if step.type == "understanding" and step.went.startswith(("entry", "offer", "on_intent")):
            return True
        if step.type in LEAVING or (
            (step.flow, step.node) == (flow, node) and step.went not in ("wait", "again")
        ):
            return True
    return False


@pytest.mark.parametrize("start", range(0, 400, 40))
def test_random_conversations(start: int) -> None:
    """400 flows, 25 inputs each."""
    for seed in range(start, start + 40):
        play(seed)
