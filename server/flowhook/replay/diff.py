"""What a replay does otherwise than the session did: turn by turn, and where it stands in the end."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from flowhook.engine.flow import Library
from flowhook.model.inbound import JsonObject
from flowhook.replay.recording import RecordedTurn, Recording
from flowhook.replay.replayer import Replay

What = Literal["outcome", "output", "path", "state", "intent", "call", "turn"]
MISSING = object()
#: Of a session's state, what flows and users see of it. Not: what nodes keep for themselves.
SEEN = ("context", "values", "locale", "state", "pending")


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. ``then`` and ``now`` are JSON; None for nothing there."""

    what: What
    then: Any = None
    now: Any = None
    at: str = ""  #: of the state: the path; of a call or turn: a sentence

    def to_json(self) -> JsonObject:
        """``{what, at, then, now}``, without what is not there."""
        told: JsonObject = {"what": self.what}
        if self.at:
            told["at"] = self.at
        if (self.then, self.now) != (None, None):
            told |= {"then": self.then, "now": self.now}
        return told


@dataclass(slots=True)
class Compared:
    """A turn then and now; one of them may be missing."""

    then: RecordedTurn | None
    now: RecordedTurn | None
    differences: list[Difference] = field(default_factory=list)

    @property
    def turn(self) -> RecordedTurn:
        """Either."""
        found = self.then or self.now
        assert found is not None
        return found


@dataclass(slots=True)
class Comparison:
    """All turns in their order, and the state in the end."""

    turns: list[Compared]
    state: list[Difference]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.state and not any(turn.differences for turn in self.turns)


def compare(recording: Recording, replay: Replay, library: Library) -> Comparison:
    """``library`` is the one that was replayed on: nodes that it moved are the same nodes."""
    names = _Names(library)
    turns = [_compared(then, now, replay, names) for then, now in _pairs(recording, replay)]
    state = list(_state(recording.state, replay.state, names))
    return Comparison(turns, state)


def _pairs(recording: Recording, replay: Replay) -> Iterator[tuple[RecordedTurn | None, RecordedTurn | None]]:
    """Each recorded turn with what became of it; what is new stands where it took place."""
    now = list(replay.turns)
    for then in recording.turns:
        partner = next((turn for turn in now if replay.pairs.get(turn.trace_id) is then), None)
        if partner is not None:
            while now[0] is not partner and replay.pairs.get(now[0].trace_id) is None:
                yield None, now.pop(0)
            now.remove(partner)
        yield then, partner
    for turn in now:
        yield None, turn


def _compared(then: RecordedTurn | None, now: RecordedTurn | None, replay: Replay, names: _Names) -> Compared:
    compared = Compared(then, now)
    found = compared.differences
    trace_id = now.trace_id if now is not None else compared.turn.trace_id
    unknown = [call for call in replay.unknown if call.trace_id == trace_id]
    if then is None:
        found.append(Difference("turn", at="this turn did not take place then"))
    elif now is None:
        found.append(Difference("turn", at="this turn does not take place any more"))
    if then is not None and now is not None:
        found += _outcome(then, now)
        found += _outputs(then, now)
        if then.trace:
            found += _intent(then, now)
            found += _path(then, now, names)
            found += _changes(then, now)
            found += _calls(then, now)
    else:
        found += _outputs(then or _nothing(now), now or _nothing(then))
    found += [Difference("call", at=call.what) for call in unknown]
    return compared


def _nothing(turn: RecordedTurn | None) -> RecordedTurn:
    assert turn is not None
    return RecordedTurn(turn.seq, turn.kind, turn.trace_id, turn.at, turn.status)


# --- one turn ----------------------------------------------------------------------------------------


def _outcome(then: RecordedTurn, now: RecordedTurn) -> Iterator[Difference]:
    if (then.status, then.error) != (now.status, now.error):
        yield Difference("outcome", then.error or then.status, now.error or now.status)


def _outputs(then: RecordedTurn, now: RecordedTurn) -> Iterator[Difference]:
    """Outputs that are not there any more, are new, or were replaced by others."""
    said = sum(step.get("said", 0) for step in then.trace.get("steps", ()))
    if said and not then.outputs:
        return  # they are not kept any more
    for old, new in _replaced(
        [_told(output) for output in then.outputs], [_told(output) for output in now.outputs]
    ):
        yield Difference("output", old, new)


def _told(output: JsonObject) -> JsonObject:
    """An output without what says nothing."""
    told: JsonObject = {"text": output["text"]}
    if output["data"]:
        told["data"] = output["data"]
    if output["source"] != "bot":
        told["source"] = output["source"]
    return told


def _intent(then: RecordedTurn, now: RecordedTurn) -> Iterator[Difference]:
    before, after = _understood(then), _understood(now)
    if before != after:
        yield Difference("intent", before, after)


def _understood(turn: RecordedTurn) -> str | None:
    """Which intent won, or who else took the input."""
    step = turn.understanding
    if step is None:
        return None
    ranking = step.get("saw", {}).get("ranking") or [{}]
    went = str(step.get("went", ""))
    return went or ranking[0].get("name")


def _path(then: RecordedTurn, now: RecordedTurn, names: _Names) -> Iterator[Difference]:
    """The nodes that ran and where they went, as one difference."""
    before = [names.way(step) for step in then.steps]
    after = [names.way(step) for step in now.steps]
    if [way.compared for way in before] != [way.compared for way in after]:
        yield Difference("path", [way.shown for way in before], [way.shown for way in after])


def _changes(then: RecordedTurn, now: RecordedTurn) -> Iterator[Difference]:
    before, after = _changed(then), _changed(now)
    for path in [*before, *(path for path in after if path not in before)]:
        if (old := before.get(path)) != (new := after.get(path)) or (path in before) != (path in after):
            yield Difference("state", old, new, path)


def _changed(turn: RecordedTurn) -> JsonObject:
    """What the turn put where, in the end."""
    return {path: value for step in turn.steps for path, value in step.get("changed", {}).items()}


def _calls(then: RecordedTurn, now: RecordedTurn) -> Iterator[Difference]:
    after = [_called(call) for call in now.calls]
    for call in map(_called, then.calls):
        if call in after:
            after.remove(call)
        else:
            yield Difference("call", at=f"{call} is not called any more")


def _called(call: JsonObject) -> str:
    return f"{call.get('method', 'GET')} {call.get('url', '')}"


def _replaced(then: Sequence[Any], now: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """What differs between two lists, in pairs; None where one has nothing."""
    before, after = [repr(item) for item in then], [repr(item) for item in now]
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            old, new = then[a:b], now[c:d]
            for number in range(max(len(old), len(new))):
                yield (
                    old[number] if number < len(old) else None,
                    new[number] if number < len(new) else None,
                )


# --- the end -----------------------------------------------------------------------------------------


def _state(then: JsonObject, now: JsonObject, names: _Names) -> Iterator[Difference]:
    before, after = names.position(then), names.position(now)
    if before != after:
        yield Difference("state", before, after, "position")
    for part in SEEN:
        yield from _unlike(then.get(part), now.get(part), "session" if part == "values" else part)


def _unlike(then: Any, now: Any, path: str) -> Iterator[Difference]:
    """Values that differ, each with the path to it."""
    if isinstance(then, Mapping) or isinstance(now, Mapping):
        old = then if isinstance(then, Mapping) else {}
        new = now if isinstance(now, Mapping) else {}
        if (isinstance(then, Mapping) or not then) and (isinstance(now, Mapping) or not now):
            for name in [*old, *(name for name in new if name not in old)]:
                if (name in old) != (name in new) or old[name] != new[name]:
                    yield from _unlike(old.get(name), new.get(name), f"{path}.{name}")
            return
    if then != now:
        yield Difference("state", then, now, path)


@dataclass(frozen=True, slots=True)
class _Way:
    """A step as it is compared and as it is shown."""

    compared: tuple[str, str, str]
    shown: str


class _Names:
    """Nodes under the names that they have now. One without an id is known by its type: its key is its
    place in the file."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def way(self, step: JsonObject) -> _Way:
        """A step of a trace."""
        flow = step["flow"]
        key, went = self._now(flow, step["node"]), self._went(flow, str(step.get("went", "")))
        known = step["type"] if key.startswith("#") else key.partition(".")[0] + f" {step['type']}"
        arrow = f" → {went}" if went and went != "next" else ""
        return _Way((flow, known, went), f"{flow}/{key}{arrow}")

    def position(self, state: JsonObject) -> str:
        """Where a session stands: its frames, from the root."""
        frames = state.get("frames") or []
        stands = [f"{flow}/{self._now(flow, node)}" if node else str(flow) for flow, node, *_ in frames]
        return " > ".join(stands) + (" (waiting)" if state.get("waiting") else "")

    def _went(self, flow: str, went: str) -> str:
        """A way out; the target of a ``goto`` may have moved."""
        word, _, target = went.partition(" ")
        if word != "goto":
            return went
        name, slash, key = target.rpartition("/")
        return f"goto {name}{slash}{self._now(name or flow, key)}"

    def _now(self, flow: str, key: str) -> str:
        known = self._library.flows.get(flow)
        return known.moved.get(key, key) if known is not None else key
