"""``*.test.yaml`` as tests of pytest: with ``flowhook_tests = true`` in its configuration."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from flowhook.config import Config, config_from_mapping, load_config
from flowhook.errors import FlowhookError
from flowhook.flowtest.files.model import Test, TestFile
from flowhook.flowtest.run.report import failures_of, plain
from flowhook.flowtest.run.suite import Suite, open_suite


class FailedFlow(Exception):
    """A test of a flow did not pass; its text says all there is to say."""


class FlowFile(pytest.File):
    """One test file. Its project is loaded when it is collected, and closed when pytest ends."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each test."""
        opened = ExitStack()
        try:
            suite = opened.enter_context(open_suite(self._config(), [(self.path, self._name())]))
        except FlowhookError as error:
            problems = "\n".join(map(str, getattr(error, "problems", ())))
            raise self.CollectError(problems or str(error)) from None
        self.config.add_cleanup(opened.close)
        for file in suite.files:
            for test in file.tests:
                yield FlowItem.from_parent(self, name=test.name, suite=suite, file=file, test=test)

    def _name(self) -> str:
        try:
            return self.path.relative_to(self.config.rootpath).as_posix()
        except ValueError:
            return str(self.path)

    def _config(self) -> Config:
        """The project's configuration; flows elsewhere are those beside the test."""
        path = self.config.rootpath / str(self.config.getini("flowhook_config"))
        if not path.is_file():
            return config_from_mapping({"flows": str(self.path.parent)}, self.path.parent)
        config = load_config(path, os.environ)
        if self.path.resolve().is_relative_to(config.flows_dir.resolve()):
            return config
        return config.model_copy(update={"flows": str(self.path.parent.resolve()), "endpoints": []})


class FlowItem(pytest.Item):
    """One test of a flow."""

    def __init__(self, *, suite: Suite, file: TestFile, test: Test, **rest: Any) -> None:
        super().__init__(**rest)
        self.suite = suite
        self.file = file
        self.test = test
        if test.skip:
            self.add_marker(pytest.mark.skip(reason=test.skip))

    def runtest(self) -> None:
        """Play it in an event loop of its own."""
        result = asyncio.run(self.suite.run_one(self.file, self.test))
        if not result.good:
            raise FailedFlow("\n".join(failures_of(result, plain)).strip())

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was expected and what happened, instead of a traceback through flowhook."""
        if isinstance(excinfo.value, FailedFlow):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file, the line (from 0) and the name."""
        return self.path, self.test.line - 1, self.name
