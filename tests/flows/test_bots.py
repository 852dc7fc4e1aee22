"""Three bots of a vet, a museum and a car rental, which use every newer word of the language: what all
questions have in common, reminders, timers, rounds, calls with arguments, secrets, names, marks, spans,
choices from data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from flowhook.cli import cli


def bots() -> Iterator[Any]:
    """The bots of the text file beside this one, each with its name and its files."""
    text = Path(__file__).with_name("bots.txt").read_text("utf-8")
    for block in re.split(r"(?m)^=== ", text)[1:]:
        name, _, files = block.partition("\n")
        _, *parts = re.split(r"(?m)^--- (\S+)\n", files)
        yield pytest.param(dict(zip(parts[::2], parts[1::2], strict=True)), id=name)


def run(directory: Path, *arguments: str) -> tuple[int, str]:
    """The exit code and the output of a command in a project."""
    result = CliRunner().invoke(cli, ["--config", str(directory / "config.yaml"), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout


@pytest.mark.parametrize("files", [*bots()])
def test_a_bot_has_no_problem_and_its_tests_pass(files: dict[str, str], tmp_path: Path) -> None:
    """Not even a warning; the whole conversation goes as it is written."""
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content, "utf-8")
    code, said = run(tmp_path, "check", "--format", "json")
    assert (code, json.loads(said)["problems"]) == (0, [])
    code, said = run(tmp_path, "test", "--json")
    assert code == 0, said
