"""All tests of a run: read, checked against the flows, run one after the other on one project."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowhook.config import Config
from flowhook.errors import FlowFileError
from flowhook.flowtest.files.model import Test, TestFile
from flowhook.flowtest.files.parser import read_document, read_tests
from flowhook.flowtest.files.rules import check
from flowhook.flowtest.run.result import Result
from flowhook.flowtest.run.runner import run_test
from flowhook.harness.application import stand_in, with_one_endpoint
from flowhook.problems.problem import Problem, has_errors, sort_problems
from flowhook.runtime.project.project import Project, load_project
from flowhook.yamldoc.document import load

if TYPE_CHECKING:
    from flowhook.engine.flow import Library

ENDPOINT = "test"

Told = Callable[[Result], None]


@dataclass(slots=True)
class Suite:
    """Test files with the project that they talk to."""

    config: Config
    project: Project
    files: list[TestFile] = field(default_factory=list)

    @property
    def library(self) -> Library:
        """The flows."""
        return self.project.library

    def chosen(self, wanted: str | None = None) -> list[tuple[TestFile, Test]]:
        """The tests to run: those whose file, flow or name holds the word; or the ones marked ``only``."""
        tests = [(file, test) for file in self.files for test in file.tests]
        if wanted:
            word = wanted.casefold()
            tests = [
                (file, test)
                for file, test in tests
                if word in f"{file.file} {file.flow} {test.name}".casefold()
            ]
        only = [(file, test) for file, test in tests if test.only]
        return only or tests

    async def run(
        self, tests: Iterable[tuple[TestFile, Test]], *, stop_at_failure: bool = False
    ) -> AsyncGenerator[Result, None]:
        """Run the tests; yield each result as soon as it is there."""
        for file, test in tests:
            result = await self.run_one(file, test)
            yield result
            if stop_at_failure and not result.good:
                return

    async def run_one(self, file: TestFile, test: Test) -> Result:
        """Run one test."""
        config = config_for(self.config, file.flow, test)
        return await run_test(file, test, config.endpoints[0].name, config, self.project)


@contextmanager
def open_suite(config: Config, paths: Sequence[tuple[Path, str]]) -> Iterator[Suite]:
    """Read the test files (each with the name that problems call it) and load the project once.

    Raises FlowFileError with every problem of tests and flows, PluginLoadError for plugins.
    """
    with _opened(config, [read_tests(path, name) for path, name in paths]) as suite:
        yield suite


@contextmanager
def open_text(config: Config, text: str, name: str = "recorded.test.yaml") -> Iterator[Suite]:
    """The same for the text of one test file. Raises FlowFileError."""
    document, problems = load(text, name)
    read = read_document(document, problems) if document is not None else (None, problems)
    with _opened(config, [read]) as suite:
        yield suite


@contextmanager
def _opened(config: Config, read: Iterable[tuple[TestFile | None, list[Problem]]]) -> Iterator[Suite]:
    files: list[TestFile] = []
    problems: list[Problem] = []
    for file, found in read:
        problems += found
        if file is not None:
            files.append(file)
    project = _load(config, problems)
    try:
        if project is not None:
            for file in files:
                problems += check(file, project.library, config)
        if has_errors(problems):
            raise FlowFileError("the tests cannot run", sort_problems(problems))
        assert project is not None
        yield Suite(config, project, files)
    finally:
        if project is not None:
            project.hooks.close()


def _load(config: Config, problems: list[Problem]) -> Project | None:
    try:
        return load_project(config, None)
    except FlowFileError as error:
        problems += error.problems
        return None


def config_for(config: Config, flow: str, test: Test) -> Config:
    """The configuration with the one endpoint that a test talks to: one of its own, or one of the
    configuration with that one's plugins, engine and formats."""
    named = next((endpoint for endpoint in config.endpoints if endpoint.name == test.endpoint), None)
    changes: dict[str, Any] = {"flow": flow}
    if test.locale is not None:
        changes["locale"] = test.locale
    return with_one_endpoint(config, stand_in(named, ENDPOINT, **changes), vars={**config.vars, **test.vars})
