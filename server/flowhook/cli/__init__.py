"""The ``flowhook`` command: one file for each of its commands, imported when it is called."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import click

from flowhook.cli.group import FlowhookGroup
from flowhook.cli.project import CONFIG_HELP, Project
from flowhook.version import __version__

#: Command → the module that holds it, in the order of the help.
COMMANDS = {
    "new": "new",
    "serve": "serve",
    "demo": "demo",
    "receive": "receive",
    "check": "check",
    "explain": "explain",
    "test": "test",
    "record": "record",
    "replay": "replay",
    "impact": "impact",
    "chat": "chat",
    "graph": "graph",
    "schema": "schema",
    "plugins": "plugins",
    "endpoints": "endpoints",
    "verify-webhook": "verify_webhook",
    "keys": "keys",
    "sessions": "sessions",
    "traces": "traces",
    "deliveries": "deliveries",
    "timers": "timers",
    "nlu": "nlu",
}


def load_command(name: str) -> click.Command | None:
    """The built-in command of that name."""
    if name not in COMMANDS:
        return None
    command = import_module(f"flowhook.cli.{COMMANDS[name]}").command
    assert isinstance(command, click.Command)
    return command


@click.group(
    cls=FlowhookGroup,
    builtin=list(COMMANDS),
    load=load_command,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=CONFIG_HELP,
    is_eager=True,  # known when --help asks for the commands of plugins
)
@click.version_option(__version__, prog_name="flowhook", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, config_path: Path | None) -> None:
    """Runs conversations written as YAML node graphs and delivers them, in order, to a webhook.

    Exit codes: 0 fine, 1 a check failed, 2 wrong use or configuration.
    """
    context.obj = Project() if config_path is None else Project(config_path)
    if os.environ.get("NO_COLOR"):
        context.color = False


def main() -> None:
    """What the installed script calls."""
    cli(prog_name="flowhook")
