"""``flowhook backup``: what the database holds, in one file."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowhook.cli.asyncio_runner import run_async
from flowhook.cli.backup_report import report, warn_of_findings
from flowhook.cli.console import OK, bold, good, json_option, print_json, say, working
from flowhook.cli.project_option import ProjectPath, with_project

if TYPE_CHECKING:
    from flowhook.storage.copying import Copied


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE when it is there.")
@json_option
@with_project
def command(project: ProjectPath, file: Path, force: bool, as_json: bool) -> None:
    """Write what the database holds into FILE.

    The server may run meanwhile: the copy is of one moment. Of PostgreSQL, too, it is a SQLite database,
    which can be restored into either. FILE is looked at, page by page and as
    `flowhook storage check` does it, before it has its name. It is as secret as the conversations in it.
    """
    from flowhook.storage import copy_store, database_file
    from flowhook.storage.sqlite.backup import back_up, back_up_rows

    config, file = project.load(), file.absolute()
    database = database_file(config.storage, config.root)
    with working("copying and checking"):
        if database is not None:
            made = back_up(database, file, force=force)
        else:

            def fill(draft: Path) -> Awaitable[Copied]:
                return copy_store(config.storage, f"sqlite:///{draft}", while_served=True)

            made = run_async(back_up_rows(fill, file, force=force))
    found = report(made)
    warn_of_findings(found)
    if as_json:
        print_json(found)
        return
    say(f"{good(OK)} {bold(str(made.file))}: {made.bytes} bytes, {found['holds']}")
    say(f"  sha256 {made.sha256}")
