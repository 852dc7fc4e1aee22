"""Reads the steps of a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowhook.durations import parse_duration
from flowhook.flowtest.files.matchers import (
    Absent,
    Listed,
    Mapped,
    Matcher,
    MatcherReader,
    Same,
    SameText,
    is_matcher,
)
from flowhook.flowtest.files.mocks import MockReader
from flowhook.flowtest.files.model import AGENT_KEYS, STEPS, Expected, Message, Said, Step
from flowhook.model.handover import EVENT_TYPES
from flowhook.problems.catalogue import BAD_VALUE, MISSING, UNKNOWN_KEY
from flowhook.yamldoc.document import Path
from flowhook.yamldoc.problem_collector import ProblemCollector

SAID_KEYS = ("text", "data", "rich", "buttons", "source", "body")
USER_KEYS = ("text", "data", "attachments")
BACKEND_KEYS = (*USER_KEYS, "notBefore", "expiresAt", "ifNode", "ifRevision")
SET_KEYS = ("context", "profile")
#: What ``expect`` looks at. ``input`` is all that the last turn's expressions saw.
EXPECT_KEYS = (
    "context", "profile", "session", "node", "flow", "state", "locale", "timers", "pending",
    "intent", "slots", "result", "input", "path", "error", "calls",
    "outputs", "texts", "no_output",
)  # fmt: skip


class StepReader:
    """Reads the steps of one document."""

    def __init__(self, report: ProblemCollector, matchers: MatcherReader, mocks: MockReader) -> None:
        self.report = report
        self.matchers = matchers
        self.mocks = mocks
        self._readers: dict[str, Callable[[Any, Path], Any]] = {
            "user": lambda value, path: self._message(value, path, USER_KEYS),
            "inject": lambda value, path: self._message(value, path, BACKEND_KEYS),
            "notify": lambda value, path: self._message(value, path, BACKEND_KEYS),
            "bot": self._said,
            "expect": self._expected,
            "advance": self._seconds,
            "callback": lambda value, path: value,
            "agent": self._agent,
            "webhook": self._webhook,
            "restart": self._restart,
            "set": self._set,
            "mock": self.mocks.read_all,
            "comment": lambda value, path: None,
        }

    def read_all(self, value: Any, path: Path, *, missing: Path) -> list[Step]:
        """The steps of a test; ``missing`` is where their absence is reported."""
        if not isinstance(value, list):
            if value is None:
                self.report.at_value(missing, MISSING, 'the key "steps" of this test is missing')
            else:
                self.report.at_value(path, BAD_VALUE, '"steps" is a list')
            return []
        steps = (self._step(item, (*path, number)) for number, item in enumerate(value))
        return [step for step in steps if step is not None]

    def _step(self, item: Any, path: Path) -> Step | None:
        line = self.report.document.span(path).line
        if item == "restart":
            return Step("restart", path, line)
        if not isinstance(item, dict):
            message = 'a step is a mapping such as "user: hello" or "bot: Hi!"'
            self.report.at_value(path, BAD_VALUE, message)
            return None
        kinds = [key for key in item if key in STEPS]
        for key in item:
            if key not in STEPS:
                hint = self.report.nearest(key, STEPS) or f"steps are {', '.join(STEPS)}"
                self.report.at_key((*path, key), UNKNOWN_KEY, f'no step is called "{key}"', hint=hint)
        kinds = [kind for kind in kinds if kind != "comment"] or kinds
        if len(kinds) > 1:
            message = f'this step has "{kinds[0]}" and "{kinds[1]}"; a step does one thing'
            self.report.at_key((*path, kinds[1]), BAD_VALUE, message, hint='begin the next step with "- "')
            return None
        if not kinds:
            return None
        where = (*path, kinds[0])
        return Step(kinds[0], where, line, self._readers[kinds[0]](item[kinds[0]], where))

    # -- what is said -----------------------------------------------------------------------------

    def _message(self, value: Any, path: Path, known: tuple[str, ...]) -> Message:
        if isinstance(value, list):
            self.report.at_value(path, BAD_VALUE, f'"{path[-1]}" is a text, or a mapping with text and data')
            return Message()
        if not isinstance(value, dict):
            return Message(self.matchers.text(value, path) or "")
        self._unknown(value, path, known, f'"{path[-1]}"')
        data = value.get("data")
        if data is not None and not isinstance(data, dict):
            self.report.at_value((*path, "data"), BAD_VALUE, '"data" is a mapping')
            data = None
        attachments = value.get("attachments") or []
        if not isinstance(attachments, list) or not all(
            isinstance(attachment, dict) for attachment in attachments
        ):
            self.report.at_value((*path, "attachments"), BAD_VALUE, '"attachments" is a list of mappings')
            attachments = []
        text = value.get("text")
        if isinstance(text, dict | list):
            self.report.at_value((*path, "text"), BAD_VALUE, '"text" is a text')
            text = None
        written = self.matchers.text(text, (*path, "text")) or ""
        fields = {key: field for key, field in value.items() if key in known and key not in USER_KEYS}
        return Message(written, data, tuple(attachments), fields)

    def _agent(self, value: Any, path: Path) -> dict[str, Any]:
        """What the agent of a handover says, or does: ``{event, …}``."""
        if not isinstance(value, dict):
            return {"event": "message", "text": self.matchers.text(value, path) or ""}
        self._unknown(value, path, AGENT_KEYS, '"agent"')
        told = {"event": "message", **{key: value[key] for key in AGENT_KEYS if key in value}}
        if told["event"] not in EVENT_TYPES:
            message = f'"event" is one of {", ".join(EVENT_TYPES)}'
            self.report.at_value((*path, "event"), BAD_VALUE, message)
            told["event"] = "message"
        return told

    def _said(self, value: Any, path: Path) -> list[Said]:
        """One output, or a list of several in their order."""
        if isinstance(value, list):
            return [self._output(output, (*path, number)) for number, output in enumerate(value)]
        return [self._output(value, path)]

    def _output(self, value: Any, path: Path) -> Said:
        if value is None:
            hint = 'write "expect: {no_output: true}" when nothing is to be said'
            self.report.at_key(path, BAD_VALUE, f'"{path[-1]}" is empty', hint=hint)
            return Said(path)
        if not isinstance(value, dict) or is_matcher(value):
            return Said(path, text=self._text(value, path), text_at=path)
        self._unknown(value, path, SAID_KEYS, "an output")
        parts: dict[str, Any] = {}
        for key, written in value.items():
            where = (*path, key)
            if key == "text":
                parts[key], parts["text_at"] = self._text(written, where), where
            elif key in SAID_KEYS:
                parts[key] = self.matchers.read(written, where)
        return Said(path, **parts)

    def _text(self, value: Any, path: Path) -> Matcher:
        """A text, as it was written, but for one line break at its end: a block of lines has it."""
        if isinstance(value, dict | list):
            return self.matchers.read(value, path)
        return SameText(self.matchers.text(value, path) or "")

    # -- what is expected -------------------------------------------------------------------------

    def _expected(self, value: Any, path: Path) -> list[Expected]:
        if not isinstance(value, dict):
            self.report.at_value(path, BAD_VALUE, '"expect" is a mapping such as {node: ask_size}')
            return []
        self._unknown(value, path, EXPECT_KEYS, '"expect"')
        return [
            self._expectation(key, expected, (*path, key))
            for key, expected in value.items()
            if key in EXPECT_KEYS
        ]

    def _expectation(self, key: str, value: Any, path: Path) -> Expected:
        if key == "no_output":
            if value is not True:
                self.report.at_value(path, BAD_VALUE, '"no_output" is true')
            return Expected(key, path, outputs=())
        if key == "outputs":
            if value in (None, "none"):
                return Expected(key, path, outputs=())
            return Expected(key, path, outputs=self._said(value, path))
        if key == "texts" and isinstance(value, list):
            return Expected(key, path, Listed([self._text(text, (*path, n)) for n, text in enumerate(value)]))
        if key == "timers" and isinstance(value, dict) and not is_matcher(value):
            return Expected(key, path, self._timers(value, path))
        if value is None and key not in ("result",):
            return Expected(key, path, Absent())
        return Expected(key, path, self.matchers.read(value, path))

    def _timers(self, value: dict[str, Any], path: Path) -> Matcher:
        """Node to the time that is left, such as ``{ask_size: 10m}``."""
        times: dict[str, Any] = {}
        for node, left in value.items():
            where = (*path, node)
            times[node] = left if isinstance(left, dict) else self._seconds(left, where)
        return Mapped(
            {
                node: self.matchers.read(left, (*path, node)) if isinstance(left, dict) else Same(left)
                for node, left in times.items()
            },
            exact=True,
        )

    # -- what happens -----------------------------------------------------------------------------

    def _seconds(self, value: Any, path: Path) -> float:
        try:
            seconds = parse_duration(value)
        except ValueError:
            seconds = None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            self.report.at_value(path, BAD_VALUE, "a duration is written 500ms, 10s, 5m, 2h or 7d")
            return 0.0
        return float(seconds)

    def _webhook(self, value: Any, path: Path) -> str:
        if value not in ("fail", "ok"):
            hint = "fail: the receiver answers 503; ok: it is well again"
            self.report.at_value(path, BAD_VALUE, '"webhook" is fail or ok', hint=hint)
        return str(value)

    def _restart(self, value: Any, path: Path) -> None:
        if value not in (None, True):
            self.report.at_value(path, BAD_VALUE, '"restart" is true')

    def _set(self, value: Any, path: Path) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.report.at_value(path, BAD_VALUE, '"set" is a mapping such as {context: {size: large}}')
            return {}
        self._unknown(value, path, SET_KEYS, '"set"')
        for key in SET_KEYS:
            if key in value and not isinstance(value[key], dict):
                self.report.at_value((*path, key), BAD_VALUE, f'"{key}" is a mapping')
                return {}
        return value

    def _unknown(self, item: dict[str, Any], path: Path, known: tuple[str, ...], what: str) -> None:
        for key in item:
            if key not in known:
                hint = self.report.nearest(key, known) or f"its keys are {', '.join(known)}"
                self.report.at_key((*path, key), UNKNOWN_KEY, f'{what} has no key "{key}"', hint=hint)
