"""Flows built by hand and a session that talks to them, without files, storage or server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flowhook.engine.effects import EffectResult
from flowhook.engine.expressions import Expressions
from flowhook.engine.flow import Back, Flow, FlowNode, Intent, Library, Stay
from flowhook.engine.node import Node
from flowhook.engine.settings.compiled import NodeSettings
from flowhook.engine.turn.executor import TurnExecutor
from flowhook.engine.turn.view import TurnEnd, TurnEnvironment
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session import Frame, Session
from flowhook.model.session_ref import SessionRef
from flowhook.model.understanding import Understanding
from flowhook.nodes import BUILTIN

WHO = SessionRef("pizza", "u1", "s1")
BERLIN = ZoneInfo("Europe/Berlin")
TYPES: dict[str, type[Node]] = {node_type.key: node_type for node_type in BUILTIN}

Item = Mapping[str, Any]


def settings(key: str, **raw: Any) -> NodeSettings:
    """The settings of a built-in node."""
    return NodeSettings(TYPES[key], raw, Expressions())


class Builder:
    """Turns lists of nodes as they stand in YAML into a flow: enough of the compiler for tests."""

    def __init__(self, types: Mapping[str, type[Node]] = TYPES) -> None:
        self.types = types
        self.expressions = Expressions()

    def flow(self, name: str, items: list[Item], *, on_error: Any = False, **rest: Any) -> Flow:
        """A flow of these nodes."""
        self.nodes: dict[str, FlowNode] = {}
        intents = rest.pop("intents", {})
        rest["intents"] = {intent: self._intent(name, intent, raw) for intent, raw in intents.items()}
        first = self._list(items, "", None)
        if isinstance(on_error, list):
            on_error = self._list(on_error, "on_error.", None)
        return Flow(name, "r", self.nodes, first, on_error=on_error, **rest)  # type: ignore[arg-type]

    def _intent(self, flow: str, name: str, raw: Item) -> Intent:
        """An intent as it stands in YAML; what it says becomes hidden places."""
        raw = dict(raw)
        for word in ("reply", "confirm"):
            if word in raw:
                key = f"#intents.{name}.{word}"
                self._place(key, {"say": raw[word]}, Back())
                raw[word] = key
        rules = raw.pop("rules", [])
        for source in [rules] if isinstance(rules, str) else rules:
            raw.setdefault("rules", ())
            raw["rules"] += (self.expressions.compile_condition(source),)
        if "condition" in raw:
            raw["condition"] = self.expressions.compile_condition(raw["condition"])
        return Intent(name, flow, **raw)

    def _list(self, items: list[Item], prefix: str, below: Any) -> Any:
        keys = [item.get("id", f"{prefix}{index}") for index, item in enumerate(items)]
        for key, after, item in zip(keys, [*keys[1:], below], items, strict=False):
            self._place(key, item, after)
        return keys[0] if keys else below

    def _place(self, key: str, item: Item, after: Any) -> None:
        word = next(word for word in item if word in self.types)
        node_type = self.types[word]
        value = item[word]
        raw = value if isinstance(value, dict) and word not in ("set", "append") else {node_type.main: value}
        place = FlowNode(
            key, node_type, NodeSettings(node_type, raw if value is not None else {}, self.expressions)
        )
        place.below = item.get("next", after)
        place.disabled = item.get("disabled", False)
        self.nodes[key] = place
        for name in node_type.branches:
            if name in item:
                place.branches[name] = self._way(
                    item[name], f"{key}.{name}.", place, name in node_type.staying
                )
        for name in node_type.branch_maps:
            for case, way in item.get(name, {}).items():
                place.branches[f"{name}.{case}"] = self._way(
                    way, f"{key}.{name}.{case}.", place, name in node_type.staying
                )
        if "on_error" in item:
            place.on_error = self._way(item["on_error"], f"{key}.on_error.", place, False)

    def _way(self, way: Any, prefix: str, place: FlowNode, staying: bool) -> Any:
        if isinstance(way, str):
            return way
        return self._list(way, prefix, Stay(place.key) if staying else place.below)


class Conversation:
    """One session. ``says`` plays a turn and answers the texts of its outputs."""

    def __init__(
        self,
        *nodes: Item,
        flows: list[Flow] | None = None,
        types: Mapping[str, type[Node]] = TYPES,
        context: dict[str, Any] | None = None,
        **environment: Any,
    ) -> None:
        every = flows or [Builder(types).flow("main", list(nodes))]
        self.library = Library({flow.name: flow for flow in every})
        self.session = Session([Frame(every[0].name)], context or {})
        self.environment = TurnEnvironment(1_700_000_000.0, BERLIN, **environment)
        self.run: TurnExecutor
        self.end: TurnEnd
        self.turns = 0

    @property
    def context(self) -> dict[str, Any]:
        """The session's context."""
        return self.session.context

    @property
    def said(self) -> list[str]:
        """The texts of the last turn since they were last taken."""
        return [output.text for output in self.run.outputs]

    def says(self, text: str = "", **inbound: Any) -> list[str]:
        """The user says something; expects the turn to succeed."""
        self.tries(text, **inbound)
        assert self.end.status != "failed", self.end.error
        return self.said

    def hears(self, text: str, understanding: Understanding | str | None = None, **inbound: Any) -> list[str]:
        """The user says something, and an NLU engine understands it: ``"order 0.9"``, or all of it."""
        if isinstance(understanding, str):
            name, _, score = understanding.partition(" ")
            understanding = Understanding(name, float(score or 1))
        self.environment.understanding = understanding
        try:
            return self.says(text, **inbound)
        finally:
            self.environment.understanding = None

    def tries(self, text: str = "", *, kind: Kind = Kind.MESSAGE, **inbound: Any) -> TurnEnd:
        """The user says something."""
        self.turns += 1
        arrived = Inbound(WHO, kind, f"{self.turns:032x}", self.environment.now, text=text, **inbound)
        self.session = Session.from_json(json.loads(json.dumps(self.session.to_json())))
        self.run = TurnExecutor(self.library, self.session, arrived, self.environment)
        self.end = self.run.start()
        return self.end

    def times_out(self, node: str | None = None) -> list[str]:
        """The timer of the place where the session stands falls due."""
        self.tries(kind=Kind.TIMER, timer=node or self.run.position)
        return self.said

    def answers(self, answer: EffectResult) -> list[str]:
        """The outside answers the need."""
        self.run.take_outputs()
        self.end = self.run.resume(answer)
        return self.said

    def crashes(self, *, down: float = 0.0) -> TurnExecutor:
        """Everything but what was committed is lost; some seconds later the run is restored from it."""
        state = json.loads(json.dumps({"session": self.session.to_json(), "run": self.run.suspend()}))
        self.session = Session.from_json(state["session"])
        self.environment.now += down
        self.run = TurnExecutor.restore(
            self.library, self.session, self.run.inbound, self.environment, state["run"]
        )
        return self.run

    @property
    def warnings(self) -> list[str]:
        """All warnings of the last turn."""
        return [warning for step in self.run.steps for warning in step.warnings]

    @property
    def went(self) -> list[tuple[str, str]]:
        """The road of the last turn: node and way."""
        return [(step.node, step.went) for step in self.run.steps]
