"""Writes what happened in a session as a test: who spoke and when, what the bot said, what services answered.

``flowhook record`` and ``chat``'s ``/save`` use it. It takes a transcript as the store and the
administration give it, and adds nothing to it: what was masked there stays masked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flowhook.flowtest.files.model import AGENT_KEYS
from flowhook.flowtest.run.outputs import written_output
from flowhook.model.handover import EVENT_TYPES
from flowhook.model.trace import UNDERSTANDING
from flowhook.yamldoc.writer import write_flow_style as one_line
from flowhook.yamldoc.writer import write_key, write_scalar

if TYPE_CHECKING:
    from flowhook.config import Config

JsonObject = dict[str, Any]

#: What a service is said to do when no answer came, by the reason in the trace.
FAILURES = {"timeout": "timeout", "closed": "closed", "protocol": "closed"}

LATE = 0.25  #: seconds that a timer may come late


@dataclass(slots=True)
class Recording:
    """A test on its way to a file: settings, mocks and steps as plain data."""

    name: str
    settings: JsonObject = field(default_factory=dict)
    mocks: list[JsonObject] = field(default_factory=list)
    steps: list[JsonObject] = field(default_factory=list)


def recorded_test(
    flow: str,
    turns: Sequence[Mapping[str, Any]],
    config: Config,
    *,
    name: str | None = None,
    endpoint: str | None = None,
    locale: str | None = None,
    seeds: bool = False,
) -> str:
    """A whole test file with the one test that the transcript ``turns`` makes, oldest first.

    ``endpoint`` names the endpoint whose plugins took part; ``seeds`` repeats what chance chose.
    """
    recording = recording_of(turns, config, name=name, endpoint=endpoint, locale=locale, seeds=seeds)
    return file_text(flow, [recording])


def recording_of(
    turns: Sequence[Mapping[str, Any]],
    config: Config,
    *,
    name: str | None = None,
    endpoint: str | None = None,
    locale: str | None = None,
    seeds: bool = False,
) -> Recording:
    """The same as data, to which more can be added."""
    if not turns:
        return Recording(name or "recorded", steps=[])
    began = seconds_of(turns[0]["at"])
    at = datetime.fromtimestamp(began, config.zone)
    recording = Recording(name or f"recorded {at:%Y-%m-%d %H:%M}")
    if endpoint is not None:
        recording.settings["endpoint"] = endpoint
    if locale is not None:
        recording.settings["locale"] = locale
    if seeds:
        recording.settings["seed"] = [int(str(turn["traceId"])[-8:], 16) for turn in turns]
    recording.settings["start"] = {"at": at.isoformat(timespec="milliseconds")}
    _Recorder(recording, config, began).record(turns)
    return recording


def file_text(flow: str, recordings: Sequence[Recording]) -> str:
    """A test file. Everything in it stands on a line of its own, ready to be edited."""
    lines = [f"flow: {write_key(flow)}", "tests:"]
    for recording in recordings:
        lines += _test_lines(recording)
    return "\n".join(lines) + "\n"


def _test_lines(recording: Recording) -> Iterator[str]:
    yield f"  - name: {write_scalar(recording.name)}"
    for name, value in recording.settings.items():
        yield f"    {name}: {one_line(value)}"
    if recording.mocks:
        yield "    mocks:"
        yield from (f"      - {one_line(mock)}" for mock in recording.mocks)
    yield "    steps:" if recording.steps else "    steps: []"
    for step in recording.steps:
        ((kind, value),) = step.items()
        yield f"      - {kind}: {_written(kind, value)}"


def _written(kind: str, value: Any) -> str:
    if kind == "advance":
        return str(value)
    return write_scalar(value, bare=kind == "user") if isinstance(value, str) else one_line(value)


class _Recorder:
    """Walks through a transcript."""

    def __init__(self, recording: Recording, config: Config, began: float) -> None:
        self.recording = recording
        self.config = config
        self._real = began  #: when the last turn ended
        self._clock = 0.0  #: what the steps so far let pass, in seconds
        self._turns = [(began, 0.0)]  #: of each turn so far the real time and that of the steps

    def record(self, turns: Sequence[Mapping[str, Any]]) -> None:
        """All inbounds in their order; those that were discarded without effect are left out."""
        for turn in turns:
            if turn["status"] == "discarded":
                continue
            self._advance_to(seconds_of(turn["at"]), falls_due=turn["kind"] == "timer")
            self._act(turn)
            self._follow(turn)

    def _step(self, kind: str, value: Any) -> None:
        self.recording.steps.append({kind: value})

    def _advance_to(self, at: float, *, falls_due: bool) -> None:
        """The whole seconds that passed: never more than in truth, so that no timer falls due before a
        message that it came after; and for a timer no less than it takes, wherever it was set."""
        whole = math.floor(round(at - self._real, 3))
        clock = self._due(at) if falls_due else self._clock + whole
        if clock > self._clock:
            self._step("advance", duration(round(clock - self._clock, 3)))
            self._clock = clock
        self._real = max(self._real, at)
        self._turns.append((self._real, self._clock))

    def _due(self, at: float) -> float:
        """When by the clock of the steps a timer came. It was set in one of the turns before, likely for
        whole seconds, and came a little late; else it is taken to the millisecond."""
        waited = [(passed, round(at - real, 3)) for real, passed in self._turns]
        whole = [
            passed + math.floor(seconds) for passed, seconds in waited if seconds >= 1 and seconds % 1 < LATE
        ]
        if whole and max(whole) > self._clock:
            return max(whole)
        return max(passed + seconds for passed, seconds in waited)

    def _act(self, turn: Mapping[str, Any]) -> None:
        if turn.get("callback") is not None:  # of a task that the session waited for, or went on beside
            result = turn.get("result")
            self._step("callback", turn.get("data") if result is None else result)
            return
        match turn["kind"]:
            case "message":
                self._step("user", _said_by(turn))
            case "inject" | "notify":
                self._step(turn["kind"], _said_by(turn))
            case "handover":
                self._agent(turn)
            case "callback":
                self._step("callback", turn.get("result") if turn.get("data") is None else turn["data"])
        # a timer fell due because time passed

    def _agent(self, turn: Mapping[str, Any]) -> None:
        """What the agent of a handover did. What came because time passed, comes by itself."""
        told = turn.get("handover") or {}
        if told.get("event") not in EVENT_TYPES or told.get("timed"):
            return
        said = {name: turn[name] for name in ("text", "data", "attachments") if turn.get(name)}
        step = {**{name: told[name] for name in AGENT_KEYS if name in told}, **said}
        if step["event"] == "message":
            del step["event"]
        self._step("agent", step["text"] if list(step) == ["text"] else step)

    def _follow(self, turn: Mapping[str, Any]) -> None:
        """What was said, in order; a pause of the flow lets time pass between."""
        outputs = [output["output"] for output in turn.get("outputs", ())]
        trace = turn.get("trace", {})
        for step in trace.get("steps", ()):
            self._mock(step, outputs)
            if step.get("type") == "sleep" and "ms" in step:
                self._step("advance", duration(max(0.001, round(step["ms"] / 1000, 3))))
                self._real += step["ms"] / 1000
                self._clock += step["ms"] / 1000
                self._turns.append((self._real, self._clock))
            for _ in range(min(step.get("said", 0), len(outputs))):
                self._bot(outputs.pop(0))
        for output in outputs:
            self._bot(output)
        if turn["status"] == "failed":
            error = str(trace.get("error") or turn.get("reason") or "failed")
            self._step("expect", {"error": {"contains": error}})

    def _bot(self, output: Mapping[str, Any]) -> None:
        self._step("bot", written_output(output))

    # -- mocks ------------------------------------------------------------------------------------

    def _mock(self, step: Mapping[str, Any], outputs: Sequence[Mapping[str, Any]]) -> None:
        """What the outside answered a node."""
        call = step.get("call")
        if isinstance(call, Mapping):
            self._mock_call(call)
        elif step.get("type") == "http_request" or self._is_plugins(step):
            self._mock_node(step, outputs)

    def _mock_call(self, call: Mapping[str, Any]) -> None:
        name = f"{call.get('method', 'GET')} {self._url(call)}"
        if "status" in call and call["status"] is not None:
            body = call.get("body")
            response: JsonObject = {"status": call["status"]} if call["status"] != 200 else {}
            if body is not None:
                response["text" if isinstance(body, str) else "json"] = body
        else:
            reason = str(call.get("error") or call.get("reason") or "")
            word = next((word for sign, word in FAILURES.items() if sign in reason), "refused")
            response = {"fail": word}
        last = next((mock for mock in self.recording.mocks if mock.get("http") == name), None)
        if last is None:
            self.recording.mocks.append({"http": name, **response})
            return
        responses = last.pop("answers", None) or [
            {part: last.pop(part) for part in ("status", "json", "text", "fail") if part in last}
        ]
        if responses[-1] != response or len(responses) > 1:
            responses.append(response)
        if len(responses) > 1:
            last["answers"] = responses
        else:
            last.update(responses[0])

    def _url(self, call: Mapping[str, Any]) -> str:
        """Without its query, which may hold what is nobody's business."""
        url = str(call.get("url", ""))
        connection = self.config.connections.get(str(call.get("connection") or ""))
        if connection is not None and not urlsplit(url).scheme:
            url = connection.base_url.rstrip("/") + "/" + url.lstrip("/")
        return url.partition("?")[0]

    def _is_plugins(self, step: Mapping[str, Any]) -> bool:
        from flowhook.nodes import BUILTIN

        return step.get("type") not in {node_type.key for node_type in BUILTIN} | {UNDERSTANDING}

    def _mock_node(self, step: Mapping[str, Any], outputs: Sequence[Mapping[str, Any]]) -> None:
        mock: JsonObject = {"node": f"{step['flow']}/{step['node']}", "times": 1}
        went = step.get("went", "")
        if went in ("on_error", "settings.on_error") or "error" in step:
            mock["fail"] = str(step.get("error") or "failed")
        elif went and went not in ("next", "wait", "stop") and " " not in went:
            mock["branch"] = went
        if changed := step.get("changed"):
            mock["set"] = dict(changed)
        if step.get("said") and self._is_plugins(step):
            mock["say"] = [output.get("text", "") for output in outputs[: step["said"]]]
        self.recording.mocks.append(mock)


def _said_by(turn: Mapping[str, Any]) -> Any:
    """What entered: a text alone, or a mapping."""
    parts = {name: turn[name] for name in ("text", "data", "attachments") if turn.get(name)}
    return parts["text"] if list(parts) == ["text"] else parts


def seconds_of(value: Any) -> float:
    """POSIX seconds of a time as the store or the administration gives it."""
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    return float(value)


def duration(seconds: float) -> str:
    """``10m``, ``1.5s``: the largest unit in which it is a whole number, else seconds to the millisecond."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        if seconds >= size and abs(seconds / size - round(seconds / size)) < 1e-9:
            return f"{round(seconds / size)}{unit}"
    return f"{round(seconds * 1000)}ms"
