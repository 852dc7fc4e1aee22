"""The ``flowhook`` command: one file for each of its commands, imported when it is called."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import click

from flowhook.cli.encoding import make_legible
from flowhook.cli.group import FlowhookGroup
from flowhook.cli.project_option import CONFIG_HELP, ProjectPath
from flowhook.logging_config import configure_last_resort
from flowhook.version import __version__

#: Command → what it does, in the order of the help: --help imports none of them. Its module has its name.
COMMANDS = {
    "new": "Begin a project, a flow or a plugin.",
    "chat": "Talk to FLOW, the name of a flow or its file.",
    "check": "Tell every problem of the project at once.",
    "explain": "Explain a problem that `flowhook check` told, or a question.",
    "test": "Run the tests beside the flows.",
    "graph": "Draw FLOW, the name of a flow or its file.",
    "nlu": "Look at the built-in understanding.",
    "lsp": "Speak the Language Server Protocol, for editors.",
    "schema": "Print the JSON Schema of flow files, for editors.",
    "serve": "Run the server until Ctrl+C or SIGTERM.",
    "demo": "Show a conversation: server, receiver, real HTTP.",
    "receive": "A webhook receiver to try things with.",
    "status": "Show how the server does: processes, what waits.",
    "plugins": "Show the plugins in use, and how long they take.",
    "endpoints": "Show endpoints, and change them.",
    "verify-webhook": "Send a test delivery and tell what came back.",
    "keys": "Create, list, rotate and revoke API keys.",
    "sessions": "Look at sessions and change them.",
    "profiles": "Look at what is known of users, and change it.",
    "users": "Look at what is kept of users, and erase it.",
    "traces": "Ask what turns did and why.",
    "analytics": "Export and sum up what was counted of the inputs.",
    "record": "Write SESSION, a sessionId, as a test.",
    "replay": "Run a session again and show what differs.",
    "impact": "Count the sessions that edited flows strand.",
    "snapshots": "Keep what the bot is now, serve it, go back to it.",
    "packages": "Hand flows to another project, in one file.",
    "handovers": "Take conversations over from the bot, and answer.",
    "deliveries": "List deliveries, and send them again.",
    "timers": "List timers, and cancel them.",
    "audit": "Show who changed what.",
    "storage": "Look after the database.",
    "backup": "Write what the database holds into FILE.",
    "restore": "Put a backup in the place of the database.",
}


def load_command(name: str) -> click.Command | None:
    """The built-in command of that name."""
    if name not in COMMANDS:
        return None
    command = import_module(f"flowhook.cli.commands.{name.replace('-', '_')}").command
    assert isinstance(command, click.Command)
    return command


@click.group(
    cls=FlowhookGroup,
    builtin=COMMANDS,
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
    make_legible()
    configure_last_resort()
    context.obj = ProjectPath() if config_path is None else ProjectPath(config_path)
    if os.environ.get("NO_COLOR"):
        context.color = False


def main() -> None:
    """What the installed script calls."""
    cli(prog_name="flowhook")
