"""Tests that are written from what took place: tried on the flows as they are, and put into a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowhook.errors import FlowhookError
from flowhook.flowtest.files.writer import recorded_test
from flowhook.flowtest.run.suite import open_text

if TYPE_CHECKING:
    from flowhook.config import Config


async def tried_test(
    flow: str,
    turns: Sequence[Mapping[str, Any]],
    config: Config,
    *,
    name: str | None = None,
    endpoint: str | None = None,
    locale: str | None = None,
) -> tuple[str, list[str]]:
    """Return the test file that a transcript makes, and why its test does not pass on the flows as they are.

    ``turns`` are oldest first. What chance chose is repeated only where that makes a difference.
    """
    text, failures = "", ["it was not tried"]
    for seeds in (False, True):
        tried = recorded_test(flow, turns, config, name=name, endpoint=endpoint, locale=locale, seeds=seeds)
        missed = await failures_of(config, tried)
        if not text or len(missed) < len(failures):
            text, failures = tried, missed
        if not missed:
            break
    return text, failures


async def failures_of(config: Config, text: str) -> list[str]:
    """Return what is wrong when the one test of a file runs now."""
    with open_text(config, text) as suite:
        result = await suite.run_one(suite.files[0], suite.files[0].tests[0])
    return [
        f"line {failure.line}: {failure.message}"
        + (f" (expected {failure.expected}, now {failure.actual})" if failure.expected else "")
        for failure in result.failures
    ]


def write_test(path: Path, text: str) -> str:
    """Write a test file, or add its test to the end of one with tests of the same flow.

    Returns a sentence that says which. Raises FlowhookError when another file is there.
    """
    if not path.exists():
        path.write_text(text, "utf-8")
        return f"wrote {path}"
    path.write_text(extended(path, path.read_text("utf-8"), text), "utf-8")
    return f"added to {path}"


def extended(path: Path, before: str, text: str) -> str:
    """Return the text of a test file with the test of another at its end.

    Raises FlowhookError when the file holds no tests of the same flow; ``path`` is what it is called then.
    """
    head, _, tests = text.partition("tests:\n")
    if not before.startswith(head) or "\ntests:\n" not in before:
        raise FlowhookError(f"{path} is there already, and holds no tests of this flow in the usual form")
    return f"{before.rstrip()}\n\n{tests}"
