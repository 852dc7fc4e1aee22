"""A turn that waits for an effect, as JSON: kept with the segment that is committed before the effect is
performed, so that the turn goes on after a crash with the very same call, under the same key."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from flowhook.engine.effects import (
    CheckAvailability,
    Effect,
    HttpCall,
    Pause,
    RunNode,
    RunScript,
    StartTask,
    Understand,
)
from flowhook.engine.turn.analytics import AnalyticsNotes
from flowhook.model.trace import TraceStep

if TYPE_CHECKING:
    from flowhook.engine.turn.executor import TurnExecutor

#: Effects by the name under which a suspended turn keeps them.
_EFFECTS: dict[str, type[Any]] = {
    effect.__name__: effect
    for effect in (HttpCall, RunNode, RunScript, Understand, StartTask, CheckAvailability)
}


def suspended(run: TurnExecutor) -> dict[str, Any]:
    """Return what :func:`restore` wants of the turn and its navigator. Only while an effect is wanted."""
    assert run.effect is not None
    turn = run.turn
    state: dict[str, Any] = {
        "flow": turn.flow.name,
        "place": turn.node.key,
        "need": [type(run.effect).__name__, _effect_json(run.effect, turn.environment.now)],
        "needKey": run.effect_key,
        "needs": turn.effects,
        "visits": run.visits,
        "input": turn.input,
        "steps": [step.to_json() for step in turn.steps],
    }
    optional = {"settings": run.rendered, "error": turn.scope.get("error"), "early": run.early}
    state |= {name: value for name, value in optional.items() if value}
    if turn.analytics is not None:
        state["analytics"] = turn.analytics.to_json()
    return state | run.navigator.suspend()


def restore(run: TurnExecutor, state: dict[str, Any]) -> None:
    """Bring a new executor to where one was suspended. When its node is gone from the library, resuming it
    fails the turn."""
    turn = run.turn
    said = cast(dict[str, Any], turn.input)  # the very mapping that expressions read
    said.clear()
    said.update(state["input"])
    if "error" in state:
        turn.scope["error"] = state["error"]
    turn.steps = [TraceStep(**step) for step in state["steps"]]
    turn.effects = state["needs"]
    run.early = state.get("early", 0)
    if "analytics" in state:
        turn.analytics = AnalyticsNotes(**state["analytics"])
    run.navigator.restore(state)
    if state.get("thinks"):
        run.rethinker.restore(state)
    run.visits = dict(state["visits"])
    run.effect_key = state["needKey"]
    run.effect = _effect_of(state["need"], turn.environment.now)
    _return_to_node(run, state)


def _return_to_node(run: TurnExecutor, state: dict[str, Any]) -> None:
    """Stand again at the node that wants the effect, with its settings as they were rendered."""
    turn = run.turn
    flow = turn.library.flows.get(state["flow"])
    node = flow.node_at(state["place"]) if flow is not None else None
    turn.step = turn.steps[-1]
    at = f"{state['flow']}/{state['place']}"
    if flow is None or node is None:
        run.lost = at
        run.effect = Pause(0.0)
        return
    turn.flow, turn.node = flow, node
    turn.visit = run.visits.get(at, 1)
    run.rendered = state.get("settings")
    run.instance = node.settings.always or node.settings.validated(run.rendered or {})


def _effect_json(effect: Effect, now: float) -> dict[str, Any]:
    if isinstance(effect, Pause):  # a pause ends when it would have ended
        return {"until": now + effect.seconds}
    return asdict(effect) if isinstance(effect, HttpCall) else effect._asdict()


def _effect_of(saved: tuple[str, dict[str, Any]], now: float) -> Effect:
    name, values = saved
    if name == "Pause":
        return Pause(max(0.0, values["until"] - now))
    effect: Effect = _EFFECTS[name](**values)
    return effect
