"""``flowhook backup``: what the database holds, in one file."""

from __future__ import annotations

from pathlib import Path

import click

from flowhook.cli.backup_report import database_to_copy, report
from flowhook.cli.console import OK, bold, good, json_option, print_json, say, working
from flowhook.cli.project_option import ProjectPath, with_project


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE when it is there.")
@json_option
@with_project
def command(project: ProjectPath, file: Path, force: bool, as_json: bool) -> None:
    """Write what the database holds into FILE.

    The server may run meanwhile: the copy is of one moment. FILE is looked at, page by page and as
    `flowhook storage check` does it, before it has its name. It is as secret as the conversations in it.
    """
    from flowhook.storage.sqlite.backup import back_up

    database = database_to_copy(project.load())
    with working("copying and checking"):
        made = back_up(database, file.absolute(), force=force)
    if as_json:
        print_json(report(made))
        return
    say(f"{good(OK)} {bold(str(file))}: {made.bytes} bytes, whole")
    say(f"  {report(made)['holds']}")
    say(f"  sha256 {made.sha256}")
