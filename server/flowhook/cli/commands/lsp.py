"""``flowhook lsp``: the language server, which editors start."""

from __future__ import annotations

import logging
import sys

import click

from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError


@click.command("lsp")
@with_project
@click.pass_context
def command(context: click.Context, project: ProjectPath) -> None:
    """Speak the Language Server Protocol, for editors.

    On standard input and output: an editor starts it, and has then problems while one types, completion of
    node ids, flows, intents, slots and variables, what a word means, where a name is defined and used,
    renaming, quick fixes and an outline, in flows, tests and config.yaml. Without --config the project is
    the folder that the editor opens. docs/editor.md says how VS Code, Neovim and Helix are told.
    """
    try:
        from flowhook.cli.lsp.server import create_server
    except ModuleNotFoundError as error:
        if error.name not in ("pygls", "lsprotocol"):
            raise
        raise FlowhookError("the language server needs an extra: pip install 'flowhook[lsp]'") from error
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)  # stdout belongs to the protocol
    source = context.find_root().get_parameter_source("config_path")
    named = project.exists or (source is not None and source.name != "DEFAULT")
    create_server(project.path.resolve() if named else None).start_io()
