"""What ``expect`` looks at: the session as it is stored, and what the last step set going."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from flowhook.flowtest.files.matchers import MISSING, Absent, Listed, Mapped, Matcher, Miss, Same
from flowhook.flowtest.files.model import Expected
from flowhook.flowtest.run.fixture import EndedTurn, Fixture
from flowhook.flowtest.run.mocks import calls_of
from flowhook.flowtest.run.outputs import misses_of, shown_output
from flowhook.model.trace import UNDERSTANDING
from flowhook.storage.records import DeliveryFilter


@dataclass(slots=True)
class Seen:
    """What one step set going."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    turns: list[EndedTurn] = field(default_factory=list)
    calls: list[httpx.Request] = field(default_factory=list)
    error_expected: bool = False  #: a step expects that a turn fails

    @property
    def input(self) -> dict[str, Any]:
        """What the expressions of the last turn saw."""
        return next((turn.input for turn in reversed(self.turns) if turn.input), {})


async def look_at(expected: Expected, seen: Seen, fixture: Fixture) -> AsyncIterator[Miss]:
    """What is not as expected."""
    if expected.outputs is not None:
        for miss in _outputs(expected, seen):
            yield miss
        return
    matcher = expected.matcher
    assert matcher is not None
    if expected.key == "error" and not isinstance(matcher, Absent):
        seen.error_expected = True
    for miss in matcher.misses(await _actual(expected.key, matcher, seen, fixture)):
        yield miss


async def _actual(key: str, matcher: Matcher, seen: Seen, fixture: Fixture) -> Any:
    match key:
        case "intent" | "slots" | "result":
            return seen.input.get(key, MISSING)
        case "input":
            return seen.input
        case "path":
            return _path(matcher, seen)
        case "error":
            return _error(matcher, seen)
        case "calls":
            return _calls(matcher, seen)
        case "texts":
            return [output["text"] for output in seen.outputs]
        case "profile":
            return await fixture.harness.profile()
        case "timers":
            return await _timers(matcher, fixture)
        case "pending":
            return len(
                await fixture.harness.application.store.outbox.find(
                    DeliveryFilter(status="pending"), limit=1000
                )
            )
    return _of_session(key, matcher, await fixture.state(), seen)


def _of_session(key: str, matcher: Matcher, state: dict[str, Any], seen: Seen) -> Any:
    flow, node = state["frames"][-1][:2]
    match key:
        case "context":
            return state.get("context", {})
        case "session":
            return state.get("values", {})
        case "node":
            return f"{flow}/{node}" if _is_long(matcher) and node is not None else node
        case "flow":
            return flow
        case "locale":
            return state.get("locale") or seen.input.get("locale", MISSING)
        case "state":
            return state.get("state") or seen.input.get("state", MISSING)
    raise ValueError(f"expect has no key {key!r}")


def _is_long(matcher: Matcher) -> bool:
    """Whether a place is written with its flow: ``pizza/ask_size``."""
    return "/" in matcher.words


def _path(matcher: Matcher, seen: Seen) -> list[str]:
    steps = [step for turn in seen.turns for step in turn.steps if step["type"] != UNDERSTANDING]
    if _is_long(matcher):
        return [f"{step['flow']}/{step['node']}" for step in steps]
    return [str(step["node"]) for step in steps]


def _error(matcher: Matcher, seen: Seen) -> Any:
    """The last failure: its message, or with ``{message, node}``."""
    found: tuple[str, str | None] | None = None
    for turn in seen.turns:
        for step in turn.steps:
            if "error" in step:
                found = str(step["error"]), f"{step['flow']}/{step['node']}"
        if turn.error is not None:
            found = turn.error, turn.position
    if found is None:
        return MISSING
    return {"message": found[0], "node": found[1]} if isinstance(matcher, Mapped) else found[0]


def _calls(matcher: Matcher, seen: Seen) -> list[Any]:
    """Each call as "POST https://…", or with its body where the test looks at that."""
    calls = calls_of(seen.calls)
    items: Sequence[Matcher] = matcher.items if isinstance(matcher, Listed) else ()
    return [
        call if number < len(items) and isinstance(items[number], Mapped) else call["call"]
        for number, call in enumerate(calls)
    ]


async def _timers(matcher: Matcher, fixture: Fixture) -> Any:
    """Node, or the name of the timer, to the seconds that are left; a number of timers; "none"."""
    rows = await fixture.harness.application.store.timers.find(1000)
    now = fixture.clock.now()
    if isinstance(matcher, Same) and isinstance(matcher.value, int):
        return len(rows)
    if isinstance(matcher, Absent | Same):
        return "none" if not rows and isinstance(matcher, Same) else rows or MISSING
    return {row.name or (row.node or row.kind).rpartition("/")[2]: _left(row.due_at, now) for row in rows}


def _left(due_at: float | None, now: float) -> float | None:
    return None if due_at is None else round(due_at - now, 3)


def _outputs(expected: Expected, seen: Seen) -> list[Miss]:
    """All outputs of the last step against all that were expected."""
    assert expected.outputs is not None
    found: list[Miss] = []
    for number in range(max(len(expected.outputs), len(seen.outputs))):
        if number >= len(expected.outputs):
            found.append(Miss((number,), "nothing more", shown_output(seen.outputs[number])))
        elif number >= len(seen.outputs):
            text = expected.outputs[number].text
            found.append(Miss((number,), text.words if text is not None else "an output", MISSING))
        else:
            for part, miss in misses_of(expected.outputs[number], seen.outputs[number]):
                at = (number, *miss.at) if part == "text" else (number, part, *miss.at)
                found.append(Miss(at, miss.expected, miss.actual))
    return found
