"""Tests of flows, run and recorded for pages: in a thread with a loop of its own, beside the turns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from flowhook.config import Config
from flowhook.engine.flow import Library
from flowhook.errors import ApiError, FlowhookError
from flowhook.flowtest.files.parser import test_files
from flowhook.flowtest.run.coverage import Coverage
from flowhook.flowtest.run.recorded import extended, tried_test
from flowhook.flowtest.run.report import to_json
from flowhook.flowtest.run.result import Result
from flowhook.flowtest.run.suite import open_suite

T = TypeVar("T")


async def run_tests(config: Config, root: Path, path: Path | None, word: str | None) -> Any:
    """Run the tests of the project, or of one file, or those that hold a word. Return the report of
    ``flowhook test --json``.

    Raises ApiError 422 when flows or tests have errors.
    """
    try:
        return await _apart(_run(config, root, path, word))
    except FlowhookError as error:
        raise ApiError(422, "tests_unusable", str(error)) from error


async def _run(config: Config, root: Path, path: Path | None, word: str | None) -> Any:
    started = time.perf_counter()
    paths = [(one, _name(one, root)) for one in test_files([path or config.flows_dir])]
    results: list[Result] = []
    covered: Coverage | None = None
    if paths:
        with open_suite(config, paths) as suite:
            results = [result async for result in suite.run(suite.chosen(word))]
            covered = _coverage(suite.library, results)
            if path or word:
                covered = covered.only(result.file.flow for result in results)
    return to_json(results, time.perf_counter() - started, covered)


def _coverage(library: Library, results: Sequence[Result]) -> Coverage:
    covered = Coverage.of(library)
    for result in results:
        for turn in result.turns:
            covered.add(library, turn.steps)
    return covered


async def record_test(
    config: Config, root: Path, flow: str, endpoint: str, turns: Sequence[dict[str, Any]], name: str
) -> dict[str, Any]:
    """Return what a session makes as a test: the file that it belongs into, the whole text of that file with
    it, and why it does not pass now (nothing: it does)."""
    if not turns:
        raise ApiError(404, "session_not_found", "Nothing of what was said in this session is kept.")
    try:
        text, failures = await _apart(tried_test(flow, turns, config, name=name or None, endpoint=endpoint))
    except FlowhookError as error:
        raise ApiError(422, "tests_unusable", str(error)) from error
    return with_test(config, root, flow, text, failures)


def with_test(config: Config, root: Path, flow: str, text: str, failures: Sequence[str]) -> dict[str, Any]:
    """Return the file that the test of a flow belongs into, the whole text of that file with it, and why it
    does not pass. Raises ApiError 422 when another file is there."""
    path = config.flows_dir / f"{flow}.test.yaml"
    before = path.read_text("utf-8") if path.is_file() else None
    try:
        whole = text if before is None else extended(path, before, text)
    except FlowhookError as error:
        raise ApiError(422, "tests_unusable", str(error)) from error
    return {"path": _name(path, root), "text": whole, "failures": list(failures)}


async def _apart(work: Coroutine[Any, Any, T]) -> T:
    return await asyncio.to_thread(asyncio.run, work)


def _name(path: Path, root: Path) -> str:
    path = path.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
