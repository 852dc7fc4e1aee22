"""Reads mocks: what stands in for HTTP services, nodes and engines while a test runs."""

from __future__ import annotations

import re
from typing import Any

from flowhook.durations import parse_duration
from flowhook.engine.turn.variables import names_of
from flowhook.flowtest.files.matchers import MatcherReader
from flowhook.flowtest.files.model import HttpMock, HttpReply, Mock, NluMock, NodeMock
from flowhook.problems.catalogue import BAD_VALUE, UNKNOWN_KEY
from flowhook.yamldoc.document import Path
from flowhook.yamldoc.problem_collector import ProblemCollector

KINDS = ("http", "node", "nlu")
ANSWER_KEYS = ("json", "text", "status", "headers", "delay", "fail")
HTTP_KEYS = ("http", *ANSWER_KEYS, "answers", "times", "optional", "expect", "comment")
NODE_KEYS = ("node", "branch", "set", "say", "fail", "times", "optional", "comment")
NLU_KEYS = ("nlu", "comment")
EXPECT_KEYS = ("json", "body", "headers", "query")
FAILURES = ("timeout", "refused", "closed")

_CALL = re.compile(r"(?P<method>[A-Z]+|\*)\s+(?P<url>\S+)\Z")


class MockReader:
    """Reads the mocks of one document."""

    def __init__(self, report: ProblemCollector, matchers: MatcherReader) -> None:
        self.report = report
        self.matchers = matchers

    def read_all(self, value: Any, path: Path, *, shared: bool = False) -> list[Mock]:
        """One mock or a list of them. ``shared``: nobody has to call them."""
        if value is None:
            return []
        items = [(value, path)] if isinstance(value, dict) else None
        if isinstance(value, list):
            items = [(item, (*path, number)) for number, item in enumerate(value)]
        if items is None:
            self.report.at_value(path, BAD_VALUE, "mocks are a list of mappings")
            return []
        return [mock for item, where in items for mock in self._mock(item, where, shared)]

    def _mock(self, item: Any, path: Path, shared: bool) -> list[Mock]:
        kinds = [kind for kind in KINDS if isinstance(item, dict) and kind in item]
        if len(kinds) != 1:
            message = (
                'a mock has one of "http", "node" and "nlu", such as http: "POST https://crm.example/price"'
            )
            self.report.at_value(path, BAD_VALUE, message)
            return []
        if kinds[0] == "http":
            return self._http(item, path, shared)
        if kinds[0] == "node":
            return self._node(item, path, shared)
        return self._nlu(item, path)

    # -- HTTP -------------------------------------------------------------------------------------

    def _http(self, item: dict[str, Any], path: Path, shared: bool) -> list[Mock]:
        self._unknown(item, path, HTTP_KEYS, "a mock of http")
        call = _CALL.match(item["http"]) if isinstance(item["http"], str) else None
        if call is None:
            message = 'it is a method and a URL, such as "POST https://crm.example/price"'
            self.report.at_value((*path, "http"), BAD_VALUE, message)
            return []
        replies = self._replies(item, path)
        expect = item.get("expect") or {}
        if not isinstance(expect, dict):
            self.report.at_value((*path, "expect"), BAD_VALUE, '"expect" is a mapping such as {json: …}')
            expect = {}
        self._unknown(expect, (*path, "expect"), EXPECT_KEYS, '"expect" of a mock')
        body = "json" if "json" in expect else "body"
        parts = {
            name: self.matchers.read(expect[key], (*path, "expect", key))
            for name, key in (("body", body), ("headers", "headers"), ("query", "query"))
            if key in expect
        }
        line = self.report.document.span(path).line
        times, optional = self._times(item, path), self._optional(item, path) or shared
        return [HttpMock(call["method"], call["url"], replies, path, line, times, optional, **parts)]

    def _replies(self, item: dict[str, Any], path: Path) -> list[HttpReply]:
        """One answer, or one after the other; the last one stays."""
        if "answers" not in item:
            return [self._reply(item, path)]
        for key in ANSWER_KEYS:
            if key in item:
                self.report.at_key((*path, key), BAD_VALUE, f'"{key}" belongs inside "answers"')
        replies, where = item["answers"], (*path, "answers")
        if (
            not isinstance(replies, list)
            or not replies
            or not all(isinstance(reply, dict) for reply in replies)
        ):
            self.report.at_value(where, BAD_VALUE, '"answers" is a list such as [{status: 503}, {json: {}}]')
            return [HttpReply()]
        for number, reply in enumerate(replies):
            self._unknown(reply, (*where, number), ANSWER_KEYS, "an answer")
        return [self._reply(reply, (*where, number)) for number, reply in enumerate(replies)]

    def _reply(self, item: dict[str, Any], path: Path) -> HttpReply:
        status = item.get("status", 200)
        if type(status) is not int or not 100 <= status <= 599:
            self.report.at_value((*path, "status"), BAD_VALUE, '"status" is a number from 100 to 599')
            status = 200
        fail = item.get("fail")
        if fail is not None and fail not in FAILURES:
            hint = self.report.nearest(str(fail), FAILURES)
            message = f'"fail" is one of {", ".join(FAILURES)}'
            self.report.at_value((*path, "fail"), BAD_VALUE, message, hint=hint)
        if "json" in item and "text" in item:
            self.report.at_key((*path, "text"), BAD_VALUE, 'an answer has "json" or "text"')
        text = item.get("text")
        if text is not None:
            text = self.matchers.text(text, (*path, "text")) if not isinstance(text, dict | list) else None
        headers = item.get("headers") or {}
        if not isinstance(headers, dict):
            self.report.at_value((*path, "headers"), BAD_VALUE, '"headers" is a mapping')
            headers = {}
        headers = {
            name: self.matchers.text(header, (*path, "headers", name)) or ""
            for name, header in headers.items()
        }
        return HttpReply(status, item.get("json"), text, headers, self._delay(item, path), fail)

    def _delay(self, item: dict[str, Any], path: Path) -> float:
        try:
            seconds = parse_duration(item.get("delay", 0))
            if isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds >= 0:
                return float(seconds)
        except ValueError:
            pass
        self.report.at_value((*path, "delay"), BAD_VALUE, '"delay" is a duration such as 3s')
        return 0.0

    # -- nodes and engines ------------------------------------------------------------------------

    def _node(self, item: dict[str, Any], path: Path, shared: bool) -> list[Mock]:
        self._unknown(item, path, NODE_KEYS, "a mock of a node")
        node = item["node"]
        if not isinstance(node, str) or not node:
            self.report.at_value((*path, "node"), BAD_VALUE, '"node" is an id, or the type of a node')
            return []
        branch = item.get("branch")
        if branch is not None and not isinstance(branch, str):
            self.report.at_value((*path, "branch"), BAD_VALUE, '"branch" is the name of a branch')
            branch = None
        said = item.get("say") or []
        texts = said if isinstance(said, list) else [said]
        fail = item.get("fail")
        return [
            NodeMock(
                node,
                path,
                self.report.document.span(path).line,
                branch,
                self._changes(item, path),
                [str(text) for text in texts],
                None if fail is None else str(fail),
                self._times(item, path),
                self._optional(item, path) or shared,
            )
        ]

    def _changes(self, item: dict[str, Any], path: Path) -> dict[str, Any]:
        changes = item.get("set") or {}
        if not isinstance(changes, dict):
            self.report.at_value(
                (*path, "set"), BAD_VALUE, '"set" maps paths to values: {context.size: large}'
            )
            return {}
        for name in changes:
            try:
                names_of(name)
            except Exception as error:
                self.report.at_key((*path, "set", name), BAD_VALUE, str(error))
        return changes

    def _nlu(self, item: dict[str, Any], path: Path) -> list[Mock]:
        self._unknown(item, path, NLU_KEYS, "a mock of nlu")
        texts, where = item["nlu"], (*path, "nlu")
        if not isinstance(texts, dict):
            self.report.at_value(where, BAD_VALUE, '"nlu" maps texts to intents: {"one please": order}')
            return []
        mocks: list[Mock] = []
        for text, meant in texts.items():
            where_text = (*where, text)
            line = self.report.document.key_span(where_text).line
            if isinstance(meant, dict):
                self._unknown(meant, where_text, ("intent", "score", "slots"), "a mock of nlu")
                intent, score = meant.get("intent"), meant.get("score", 1.0)
                mocks.append(NluMock(text, intent, float(score), meant.get("slots") or {}, where_text, line))
            elif meant is None or isinstance(meant, str):
                mocks.append(NluMock(text, meant, 1.0 if meant else 0.0, {}, where_text, line))
            else:
                self.report.at_value(where_text, BAD_VALUE, "an intent is a name, or null for none")
        return mocks

    # -- small things -----------------------------------------------------------------------------

    def _times(self, item: dict[str, Any], path: Path) -> int | None:
        times = item.get("times")
        if times is not None and (type(times) is not int or times < 0):
            self.report.at_value((*path, "times"), BAD_VALUE, '"times" is a whole number')
            return None
        return times

    def _optional(self, item: dict[str, Any], path: Path) -> bool:
        optional = item.get("optional", False)
        if not isinstance(optional, bool):
            self.report.at_value((*path, "optional"), BAD_VALUE, '"optional" is true or false')
            return False
        return optional

    def _unknown(self, item: dict[str, Any], path: Path, known: tuple[str, ...], what: str) -> None:
        for key in item:
            if key not in known:
                hint = self.report.nearest(key, known) or f"its keys are {', '.join(known)}"
                self.report.at_key((*path, key), UNKNOWN_KEY, f'{what} has no key "{key}"', hint=hint)
