"""``flowhook test``: the YAML tests beside the flows, on the whole application in memory."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, aclosing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flowhook.cli.asyncio_runner import run_async
from flowhook.cli.console import json_option, paint, print_json, progress, say, show_problems, warn, working
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowFileError, FlowhookError

if TYPE_CHECKING:
    from flowhook.config import Config
    from flowhook.flowtest.files.model import Test, TestFile
    from flowhook.flowtest.run.coverage import Coverage
    from flowhook.flowtest.run.result import Result
    from flowhook.flowtest.run.suite import Suite

PATHS = click.Path(path_type=Path, exists=True)


@dataclass(slots=True)
class Wanted:
    """What the command line asks for."""

    paths: tuple[Path, ...] = ()
    word: str | None = None
    stop_at_failure: bool = False
    coverage: bool = False


@dataclass(slots=True)
class Ran:
    """What came of it."""

    results: list[Result] = field(default_factory=list)
    coverage: Coverage | None = None
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether every test passed."""
        return all(result.good for result in self.results)


@click.command("test")
@click.argument("paths", nargs=-1, type=PATHS)
@click.option("-k", "word", metavar="WORD", help="Only tests whose file, flow or name holds the word.")
@click.option("-x", "--exitfirst", "stop", is_flag=True, help="Stop at the first test that fails.")
@click.option("--coverage", is_flag=True, help="Tell which nodes and edges no test went through.")
@click.option(
    "--coverage-min",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Fail when nodes and edges are covered by less.",
)
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write JUnit XML."
)
@click.option("--update", is_flag=True, help="Write what the bot says now into the tests that fail.")
@click.option("--watch", is_flag=True, help="Run again whenever a flow, test or plugin is saved.")
@click.option("-v", "--verbose", is_flag=True, help="Show every conversation, not only those that fail.")
@json_option
@with_project
@click.pass_context
def command(
    context: click.Context,
    project: ProjectPath,
    paths: tuple[Path, ...],
    word: str | None,
    stop: bool,
    coverage: bool,
    coverage_min: float | None,
    junit: Path | None,
    update: bool,
    watch: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Run the tests beside the flows.

    That is every *.test.yaml, or those at PATHS. Nothing leaves the machine, time stands still until a
    test moves it, and a session is a new one for each test. Exits with 1 when a test fails or too little
    is covered.
    """
    wanted = Wanted(paths, word, stop, coverage or coverage_min is not None)
    if not verbose:  # what flows log belongs to their turns, which a test that fails shows
        logging.getLogger("flowhook").addHandler(logging.NullHandler())
    if watch:
        _watch(project, wanted, verbose)
        return
    ran = _run(project, wanted, _quiet if as_json else _teller(verbose))
    if update:
        _update(ran)
    if junit is not None:
        from flowhook.flowtest.run.junit import junit as junit_xml

        junit.write_bytes(junit_xml(ran.results))
    if as_json:
        from flowhook.flowtest.run.report import to_json

        print_json(to_json(ran.results, ran.seconds, ran.coverage))
    else:
        _tell_end(ran)
    too_little = ran.coverage is not None and coverage_min is not None and ran.coverage.percent < coverage_min
    if too_little and ran.coverage is not None:
        warn(f"{ran.coverage.percent:.1f} % of nodes and edges are covered, less than {coverage_min:g} %")
    if not ran.good or too_little:
        context.exit(1)


# -- running ----------------------------------------------------------------------------------------


def _run(project: ProjectPath, wanted: Wanted, tell: Callable[[Result], None]) -> Ran:
    """All that is wanted. Raises FlowhookError when there is nothing to run, or it cannot run."""
    ran = Ran()
    started = time.perf_counter()
    with ExitStack() as opened:
        with working("loading"):
            suites = [opened.enter_context(suite) for suite in _suites(project, wanted.paths)]
        chosen = [(suite, suite.chosen(wanted.word)) for suite in suites]
        if any(test.only for suite in suites for file in suite.files for test in file.tests):
            chosen = [(suite, tests) for suite, tests in chosen if any(test.only for _, test in tests)]
            warn("only the tests marked with only are run")
        if not any(tests for _, tests in chosen):
            raise FlowhookError(
                f"no test holds {wanted.word!r}" if wanted.word else "there are no tests here"
            )
        with _bar(sum(len(tests) for _, tests in chosen)) as step:
            for suite, tests in chosen:
                run_async(_play(suite, tests, wanted, ran, tell, step))
                if wanted.stop_at_failure and not ran.good:
                    break
        if wanted.coverage:
            ran.coverage = _coverage(suites, ran, whole=not wanted.paths and not wanted.word)
    ran.seconds = time.perf_counter() - started
    return ran


def _bar(count: int) -> AbstractContextManager[Callable[[str], None]]:
    """A bar, where the lines that tell of each test are not seen as they come."""
    return nullcontext(lambda _: None) if sys.stdout.isatty() else progress("tests", count)


async def _play(
    suite: Suite,
    tests: list[tuple[TestFile, Test]],
    wanted: Wanted,
    ran: Ran,
    tell: Callable[[Result], None],
    step: Callable[[str], None],
) -> None:
    async with aclosing(suite.run(tests, stop_at_failure=wanted.stop_at_failure)) as results:
        async for result in results:
            step(f"{result.file.flow}: {result.test.name}")
            ran.results.append(result)
            tell(result)


def _suites(project: ProjectPath, paths: tuple[Path, ...]) -> Iterator[Any]:
    """The tests of the project's flows together; those elsewhere by their directory."""
    from flowhook.config import config_from_mapping
    from flowhook.flowtest.files.parser import test_files
    from flowhook.flowtest.run.suite import open_suite

    config = project.load() if project.exists else None
    if config is None and not paths:
        raise FlowhookError(f"there is no {project.path} here; name another with --config, or tests to run")
    home = config.flows_dir.resolve() if config is not None else None
    found = list(test_files(paths or ([home] if home is not None else [])))
    groups: dict[Path, list[Path]] = {}
    for path in found:
        inside = home is not None and path.resolve().is_relative_to(home)
        groups.setdefault(home if inside and home is not None else path.resolve().parent, []).append(path)
    for directory, files in groups.items():
        if config is not None and directory != home:
            of_group: Config = config.model_copy(update={"flows": str(directory), "endpoints": []})
        elif config is None:
            of_group = config_from_mapping({"flows": str(directory)}, directory)
        else:
            of_group = config
        yield open_suite(of_group, [(path, _name(path)) for path in files])


def _name(path: Path) -> str:
    """A file as seen from here, so that editors find it."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def _coverage(suites: list[Suite], ran: Ran, *, whole: bool) -> Coverage:
    """Of all flows when all tests ran, else of those that the tests name or visit."""
    from flowhook.flowtest.run.coverage import Coverage

    total = Coverage({})
    for suite in suites:
        coverage = Coverage.of(suite.library)
        mine = [result for result in ran.results if any(result.file is file for file in suite.files)]
        for result in mine:
            for turn in result.turns:
                coverage.add(suite.library, turn.steps)
        shown = coverage if whole else coverage.only(result.file.flow for result in mine)
        total.flows.update(shown.flows)
    return total


# -- telling ----------------------------------------------------------------------------------------


def _quiet(result: Result) -> None:
    """Nothing: all is told at the end."""


def _teller(verbose: bool) -> Callable[[Result], None]:
    from flowhook.flowtest.run.report import conversation_of, line_of

    def tell(result: Result) -> None:
        say(line_of(result, paint))
        if verbose and result.good:
            for line in conversation_of(result, paint):
                say(line)

    return tell


def _tell_end(ran: Ran) -> None:
    from flowhook.flowtest.run.report import coverage_lines, failures_of, summary

    for result in ran.results:
        if result.failures:
            for line in failures_of(result, paint):
                say(line)
    if ran.coverage is not None:
        say()
        for line in coverage_lines(ran.coverage, paint):
            say(line)
    say()
    say(summary(ran.results, ran.seconds, paint))


def _update(ran: Ran) -> None:
    """Write the expectations that failed anew, and say so."""
    from flowhook.flowtest.run.update import update

    for file, count in update(ran.results).items():
        warn(f"{file}: {count} {'line' if count == 1 else 'lines'} written anew; look at the difference")


def _watch(project: ProjectPath, wanted: Wanted, verbose: bool) -> None:
    """Run, and again after each save, until Ctrl+C."""
    from watchfiles import watch

    config: Config | None = project.load() if project.exists else None
    paths = [*wanted.paths, *([config.flows_dir, config.plugins_dir] if config is not None else [])]
    watched = [path for path in paths if path.exists()]
    _run_once(project, wanted, verbose)
    for _ in watch(*watched, raise_interrupt=False):
        click.clear()
        _run_once(project, wanted, verbose)


def _run_once(project: ProjectPath, wanted: Wanted, verbose: bool) -> None:
    try:
        _tell_end(_run(project, wanted, _teller(verbose)))
    except FlowFileError as error:
        show_problems(error.problems)
    except FlowhookError as error:
        warn(str(error))
