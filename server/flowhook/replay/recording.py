"""What is kept of a session, as a replay needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from flowhook.errors import FlowhookError
from flowhook.flowtest.files.writer import seconds_of
from flowhook.model.inbound import JsonObject
from flowhook.model.privacy import MASK
from flowhook.model.trace import UNDERSTANDING

CLOCK_SLACK = 1.0  #: seconds by which a session may seem younger than its first inbound


@dataclass(slots=True)
class RecordedTurn:
    """One inbound and what came of it. Times are POSIX seconds."""

    seq: int
    kind: str  #: message, inject, notify, timer, callback
    trace_id: str
    at: float
    status: str  #: done, failed, discarded, queued
    text: str = ""
    data: JsonObject | None = None
    attachments: list[JsonObject] = field(default_factory=list)
    result: Any = None  #: of a callback, where it was no object
    task: str | None = None  #: "flow/node" of the task whose callback this is
    outputs: list[JsonObject] = field(default_factory=list)  #: ``{text, data, source}``
    trace: JsonObject = field(default_factory=dict)
    reason: str | None = None

    @property
    def steps(self) -> list[JsonObject]:
        """What ran, without what was understood before."""
        return [step for step in self.trace.get("steps", ()) if step["type"] != UNDERSTANDING]

    @property
    def understanding(self) -> JsonObject | None:
        """The step that tells what was understood."""
        steps = self.trace.get("steps", ())
        return next((step for step in steps if step["type"] == UNDERSTANDING), None)

    @property
    def waited(self) -> float:
        """Seconds between its arrival and its turn."""
        return float(self.trace.get("waitedMs", 0.0)) / 1000

    @property
    def ended(self) -> float:
        """When its turn was over."""
        return self.at + self.waited + float(self.trace.get("ms", 0.0)) / 1000

    @property
    def calls(self) -> list[JsonObject]:
        """The HTTP calls of its nodes."""
        return [step["call"] for step in self.steps if "call" in step]

    @property
    def error(self) -> str | None:
        """Why it failed."""
        return str(self.trace.get("error") or self.reason or "failed") if self.status == "failed" else None


@dataclass(slots=True)
class Recording:
    """A session that took place."""

    endpoint: str
    user_id: str
    session_id: str
    turns: list[RecordedTurn]
    state: JsonObject  #: where it stands now
    profile: JsonObject = field(default_factory=dict)  #: of its user, as far as the session did not make it
    notes: list[str] = field(default_factory=list)  #: what is not kept of it

    def turn(self, trace_id: str) -> RecordedTurn | None:
        """The turn of an inbound."""
        return next((turn for turn in self.turns if turn.trace_id == trace_id), None)


def recording_of(exported: Mapping[str, Any], profile: Mapping[str, Any] | None = None) -> Recording:
    """From one session of an export. Raises FlowhookError when it cannot be run again."""
    # What another one's turn has taken is in its text.
    entries = [turn_of(entry) for entry in exported["transcript"] if "mergedInto" not in entry]
    began = seconds_of(exported["createdAt"]) - CLOCK_SLACK
    turns = [turn for turn in entries if turn.at >= began and turn.status not in ("queued", "discarded")]
    if not turns:
        raise FlowhookError("nothing of what was said in this session is kept, so it cannot be replayed")
    if any(_is_masked(turn.trace) for turn in turns):
        raise FlowhookError("the traces of this session are masked (mask_logging), so it cannot be replayed")
    if any(_is_masked([turn.text, turn.data]) for turn in turns):
        raise FlowhookError("what was said in this session is masked (blind), so it cannot be replayed")
    recording = Recording(
        exported["endpoint"], exported["userId"], exported["sessionId"], turns, exported["state"] or {}
    )
    recording.profile = _before(dict(profile or {}), turns)
    recording.notes += _notes(entries, turns, began)
    return recording


def turn_of(entry: Mapping[str, Any]) -> RecordedTurn:
    """From one entry of a transcript, as the store or the administration gives it."""
    return RecordedTurn(
        entry["seq"], entry["kind"], entry["traceId"], seconds_of(entry["at"]), entry["status"],
        entry.get("text") or "", entry.get("data"), entry.get("attachments") or [], entry.get("result"),
        entry.get("callback"), [_said(output["output"]) for output in entry.get("outputs", ())],
        entry.get("trace") or {}, entry.get("reason"),
    )  # fmt: skip


def _said(output: Any) -> JsonObject:
    """What the user was told; a plugin may have made anything of it."""
    told = output if isinstance(output, dict) else {"data": {"body": output}}
    return {
        "text": told.get("text") or "",
        "data": told.get("data") or {},
        "source": told.get("source", "bot"),
    }


def _notes(entries: Sequence[RecordedTurn], turns: Sequence[RecordedTurn], began: float) -> Iterator[str]:
    """What of the session is not kept, or not run again."""
    if any(turn.at < began for turn in entries):
        yield "an earlier session of the same name had expired: only the present one is replayed"
    elif turns[0].seq > 1 and not any(turn.seq < turns[0].seq for turn in entries):
        yield f"the first {_inbounds(turns[0].seq - 1)} not kept any more: the replay begins in its middle"
    missing = sum(after.seq - before.seq - 1 for before, after in pairwise(entries))
    if missing > 0:
        yield f"{_inbounds(missing)} in between not kept any more"
    discarded = [turn for turn in entries if turn.status == "discarded" and turn.kind != "timer"]
    if discarded:
        yield f"{_inbounds(len(discarded))} discarded, and left out"
    if waiting := [turn for turn in entries if turn.status == "queued"]:
        yield f"{_inbounds(len(waiting))} not handled yet, and left out"
    if untold := [turn for turn in turns if not turn.trace and turn.kind != "notify"]:
        yield (
            f"of {len(untold)} turns no trace is kept: their ways are not compared, and nobody knows what"
            " services answered"
        )


def _inbounds(count: int) -> str:
    return "1 inbound was" if count == 1 else f"{count} inbounds were"


def _before(profile: JsonObject, turns: Sequence[RecordedTurn]) -> JsonObject:
    """The profile as it was, as far as can be known: without what the session itself put into it."""
    for turn in turns:
        for step in turn.steps:
            for path in step.get("changed", {}):
                root, _, name = path.partition(".")
                if root == "profile":
                    profile.pop(name.partition(".")[0], None)
    return profile


def _is_masked(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_is_masked(part) for part in value.values())
    if isinstance(value, list):
        return any(_is_masked(part) for part in value)
    return bool(value == MASK)
