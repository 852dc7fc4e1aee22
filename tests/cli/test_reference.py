"""The reference of the command line is what the commands say of themselves."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

import click

from flowhook.cli import COMMANDS, load_command

DOCS = Path(__file__).parents[2] / "docs"


def names(command: click.Command, name: str) -> Iterator[str]:
    """A command and all below it."""
    yield name
    if isinstance(command, click.Group):
        for word, below in command.commands.items():
            yield from names(below, f"{name} {word}")


def test_the_reference_is_fresh():
    """``make docs`` would change nothing."""
    page = (DOCS / "cli.md").read_text("utf-8")
    assert runpy.run_path(str(DOCS / "generate.py"))["written"](page) == page


def test_every_command_is_in_the_reference():
    """No command is undocumented."""
    page = (DOCS / "cli.md").read_text("utf-8")
    for name in COMMANDS:
        command = load_command(name)
        assert command is not None
        for full in names(command, f"flowhook {name}"):
            assert f"<!-- help: {full} -->" in page


def test_every_option_says_what_it_does():
    """A help without a word for each option is no help."""
    for name in COMMANDS:
        command = load_command(name)
        assert command is not None
        commands = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
        for listed in commands:
            assert listed.help
            for parameter in listed.params:
                explained = isinstance(parameter, click.Argument) or getattr(parameter, "help", None)
                assert explained, parameter.name
