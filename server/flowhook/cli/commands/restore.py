"""``flowhook restore``: a backup in the place of the database."""

from __future__ import annotations

from pathlib import Path

import click

from flowhook.cli.backup_report import database_to_copy, report
from flowhook.cli.console import OK, bold, good, json_option, print_json, say, warn, working
from flowhook.cli.project_option import ProjectPath, with_project


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the database when there is one; it is kept beside.")
@json_option
@with_project
def command(project: ProjectPath, file: Path, force: bool, as_json: bool) -> None:
    """Put a backup in the place of the database.

    No server may run. FILE is looked at before anything is changed. Sessions go on from where they stood
    at the backup; deliveries that waited then are sent again, with the ids that they had, and new ones get
    ids of a new epoch, so that no receiver takes a new message for an old one.
    """
    from flowhook.storage.sqlite.backup import restore

    database = database_to_copy(project.load())
    with working("checking and copying"):
        made = restore(file.absolute(), database, force=force)
    if as_json:
        print_json(report(made))
        return
    say(f"{good(OK)} {bold(str(made.file))} is what {file} holds: {report(made)['holds']}")
    if made.replaced is not None:
        warn(f"the database that was there is {made.replaced} now; remove it when you need it no longer")
