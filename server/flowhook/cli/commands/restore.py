"""``flowhook restore``: a backup in the place of the database."""

from __future__ import annotations

from pathlib import Path

import click

from flowhook.cli.asyncio_runner import run_async
from flowhook.cli.backup_report import report, warn_of_findings
from flowhook.cli.commands.storage import told
from flowhook.cli.console import OK, bold, good, json_option, print_json, say, warn, working
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import StorageError
from flowhook.model.inbound import JsonObject


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the database; one of SQLite is kept beside.")
@json_option
@with_project
def command(project: ProjectPath, file: Path, force: bool, as_json: bool) -> None:
    """Put a backup in the place of the database.

    No server may run. FILE is looked at before anything is changed. Sessions go on from where they stood
    at the backup; deliveries that waited then are sent again, with the ids that they had, and new ones get
    ids of a new epoch, so that no receiver takes a new message for an old one.
    """
    from flowhook.storage import database_file
    from flowhook.storage.sqlite.backup import restore

    config, source = project.load(), file.absolute()
    database = database_file(config.storage, config.root)
    with working("checking and copying"):
        if database is None:
            found = run_async(_restore_rows(source, config.storage, force=force))
        else:
            found = report(restore(source, database, force=force))
    warn_of_findings(found)
    if as_json:
        print_json(found)
        return
    say(f"{good(OK)} {bold(found['file'])} is what {file} holds: {found['holds']}")
    if found["replaced"] is not None:
        warn(f"the database that was there is {found['replaced']} now; remove it when you need it no longer")


async def _restore_rows(file: Path, url: str, *, force: bool) -> JsonObject:
    """Into a database that is no file: row by row, checked before and after."""
    from flowhook.storage import copy_store, inspect_store

    backup = await inspect_store(f"sqlite:///{file}")
    if not backup.is_usable:
        raise StorageError(f"{file} is not whole: {backup.findings[0].sentence}")
    copied = await copy_store(f"sqlite:///{file}", url, while_served=True, replace=force)
    found = await inspect_store(url)
    return {
        "file": copied.target,
        "schema": found.schema,
        "sessions": found.sessions,
        "pending": found.pending,
        "holds": told(found),
        "whole": found.is_whole,
        "replaced": None,
    }
