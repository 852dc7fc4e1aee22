"""Reads ``*.test.yaml`` files: everything that is wrong in one is reported at once, at its place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any

from flowhook.flowtest.files.matchers import MatcherReader
from flowhook.flowtest.files.mocks import MockReader
from flowhook.flowtest.files.model import Start, Step, Test, TestFile
from flowhook.flowtest.files.steps import StepReader
from flowhook.problems.catalogue import BAD_VALUE, DUPLICATE, MISSING, UNKNOWN_KEY
from flowhook.problems.problem import Problem
from flowhook.yamldoc.document import Document, Path, load_file
from flowhook.yamldoc.problem_collector import ProblemCollector

ENDING = ".test.yaml"
TOP_KEYS = ("flow", "description", "defaults", "mocks", "tests")
SHARED_KEYS = ("seed", "locale", "endpoint", "start", "vars")
TEST_KEYS = ("name", "steps", "mocks", "skip", "only", "comment", *SHARED_KEYS)
START_KEYS = ("context", "profile", "session", "state", "node", "waiting", "locale", "at")


def is_test_file(name: str) -> bool:
    """Whether a file of that name holds tests."""
    return name.endswith((ENDING, ".test.yml")) and not name.startswith(".")


def test_files(paths: Iterable[FilePath]) -> Iterator[FilePath]:
    """The test files at or below the places, in an order that is the same everywhere."""
    for path in paths:
        if path.is_file():
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (FilePath(folder, name) for name in sorted(names) if is_test_file(name))


def read_tests(path: FilePath, name: str | None = None) -> tuple[TestFile | None, list[Problem]]:
    """One file; None when it cannot be used. The problems are all there are."""
    document, problems = load_file(path, name)
    if document is None:
        return None, problems
    return read_document(document, problems)


def read_document(
    document: Document, problems: Iterable[Problem] = ()
) -> tuple[TestFile | None, list[Problem]]:
    """The same for a document that was loaded."""
    report = ProblemCollector(document)
    report.problems.extend(problems)
    file = FileReader(report).read()
    return (None if report.failed else file), report.problems


class FileReader:
    """Reads one document."""

    def __init__(self, report: ProblemCollector) -> None:
        self.report = report
        self.matchers = MatcherReader(report)
        self.mocks = MockReader(report, self.matchers)
        self.steps = StepReader(report, self.matchers, self.mocks)

    def read(self) -> TestFile | None:
        """The tests; problems go to the report."""
        document = self.report.document
        data = document.data
        if not isinstance(data, dict):
            self.report.at_value((), BAD_VALUE, 'a test file is a mapping with "flow" and "tests"')
            return None
        self.unknown(data, (), TOP_KEYS, "a test file")
        flow = data.get("flow")
        if not isinstance(flow, str) or not flow:
            if "flow" in data:
                self.report.at_value(("flow",), BAD_VALUE, '"flow" is the name of a flow')
            else:
                self.report.at_top(MISSING, 'the key "flow", the name of the flow to test, is missing')
            flow = ""
        file = TestFile(document.file, document, flow)
        file.mocks = self.mocks.read_all(data.get("mocks"), ("mocks",), shared=True)
        defaults = self.mapping(data.get("defaults"), ("defaults",))
        self.unknown(defaults, ("defaults",), SHARED_KEYS, '"defaults"')
        self._tests(file, data, defaults)
        return file

    def _tests(self, file: TestFile, data: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        tests = data.get("tests")
        if not isinstance(tests, list):
            if "tests" in data:
                self.report.at_key(("tests",), BAD_VALUE, '"tests" is a list of tests')
            else:
                self.report.at_top(MISSING, 'the key "tests", the list of tests, is missing')
            return
        lines: dict[str, int] = {}
        for number, item in enumerate(tests):
            test = self._test(item, ("tests", number), defaults)
            if test is None:
                continue
            if test.name in lines:
                message = f'a test called "{test.name}" is in line {lines[test.name]} already'
                self.report.at_value((*test.path, "name"), DUPLICATE, message)
            lines.setdefault(test.name, test.line)
            file.tests.append(test)

    def _test(self, item: Any, path: Path, defaults: Mapping[str, Any]) -> Test | None:
        if not isinstance(item, dict):
            self.report.at_value(path, BAD_VALUE, 'a test is a mapping with "name" and "steps"')
            return None
        self.unknown(item, path, TEST_KEYS, "a test")
        name = self._name(item, path)
        shared = {key: self._shared(key, item, path, defaults) for key in SHARED_KEYS}
        return Test(
            name,
            path,
            self.report.document.span(path).line,
            self.steps.read_all(item.get("steps"), (*path, "steps"), missing=path),
            self.mocks.read_all(item.get("mocks"), (*path, "mocks")),
            skip=self._skip(item, path),
            only=self.flag(item, "only", path),
            **{key: value for key, value in shared.items() if value is not None},
        )

    def _name(self, item: Mapping[str, Any], path: Path) -> str:
        name = item.get("name")
        if "name" not in item:
            self.report.at_value(path, MISSING, 'the key "name" of this test is missing')
            return ""
        if isinstance(name, dict | list) or not (text := self.matchers.text(name, (*path, "name"))):
            self.report.at_value((*path, "name"), BAD_VALUE, '"name" is a text')
            return ""
        return text

    def _skip(self, item: Mapping[str, Any], path: Path) -> Any:
        skip = item.get("skip", False)
        if isinstance(skip, bool):
            return "skipped" if skip else False
        if isinstance(skip, str) and skip:
            return skip
        self.report.at_value((*path, "skip"), BAD_VALUE, '"skip" is true, or the reason')
        return False

    # -- what a test has, or its file for all -----------------------------------------------------

    def _shared(self, key: str, item: Mapping[str, Any], path: Path, defaults: Mapping[str, Any]) -> Any:
        """A setting of the test, else of the file; mappings of both together."""
        own, other = item.get(key), defaults.get(key)
        where, value = ((*path, key), own) if key in item else (("defaults", key), other)
        match key:
            case "start":
                return self._start(own, (*path, key), other)
            case "vars":
                known = self.mapping(other, ("defaults", key))
                return {**known, **self.mapping(own, (*path, key))}
            case "seed":
                seeds = value if isinstance(value, list) else [value]
                if value is not None and any(type(seed) is not int for seed in seeds):
                    message = '"seed" is a whole number, or a list of them: one for each inbound'
                    self.report.at_value(where, BAD_VALUE, message)
                    return None
                return value
        if value is not None and not isinstance(value, str):
            self.report.at_value(where, BAD_VALUE, f'"{key}" is a text')
            return None
        return value

    def _start(self, own: Any, path: Path, other: Any) -> Start:
        common = self._start_of(other, ("defaults", "start"))
        values = self._start_of(own, path)
        for key in ("context", "profile", "session"):
            if key in common and key in values:
                values[key] = {**common[key], **values[key]}
        return Start(**{**common, **values})

    def _start_of(self, value: Any, path: Path) -> dict[str, Any]:
        start = self.mapping(value, path)
        self.unknown(start, path, START_KEYS, '"start"')
        values: dict[str, Any] = {}
        for key, written in start.items():
            where = (*path, key)
            if key in ("context", "profile", "session"):
                values[key] = self.mapping(written, where)
            elif key == "waiting":
                values[key] = self.flag(start, key, path)
            elif key == "at":
                values[key] = self._moment(written, where)
            elif key in START_KEYS:
                if written is not None and not isinstance(written, str):
                    self.report.at_value(where, BAD_VALUE, f'"{key}" is a text')
                    continue
                values[key] = written
        if values.get("waiting") and not values.get("node"):
            self.report.at_key((*path, "waiting"), BAD_VALUE, '"waiting" goes with "node": waiting where?')
        return values

    def _moment(self, value: Any, path: Path) -> datetime | None:
        try:
            return datetime.fromisoformat(value)
        except (TypeError, ValueError):
            message = '"at" is a time such as 2026-01-31T09:00 or 2026-01-31T09:00:00+01:00'
            self.report.at_value(path, BAD_VALUE, message)
            return None

    # -- small things -----------------------------------------------------------------------------

    def flag(self, item: Mapping[str, Any], key: str, path: Path) -> bool:
        """A switch; False when it is not there."""
        value = item.get(key, False)
        if not isinstance(value, bool):
            self.report.at_value((*path, key), BAD_VALUE, f'"{key}" is true or false')
            return False
        return value

    def mapping(self, value: Any, path: Path) -> dict[str, Any]:
        """A mapping; empty when it is not there."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.report.at_value(path, BAD_VALUE, f'"{path[-1]}" is a mapping')
            return {}
        return value

    def unknown(self, item: Mapping[str, Any], path: Path, known: tuple[str, ...], what: str) -> None:
        """Report keys that nobody knows."""
        for key in item:
            if key not in known and not (path == () and key.startswith("x-")):
                hint = self.report.nearest(key, known)
                self.report.at_key((*path, key), UNKNOWN_KEY, f'{what} has no key "{key}"', hint=hint)


__all__ = ["ENDING", "Step", "is_test_file", "read_document", "read_tests", "test_files"]
