"""``flowhook storage``: whether the database is whole, and from one kind of database to the other."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from flowhook.cli.asyncio_runner import run_async
from flowhook.cli.console import BAD, OK, bad, good, json_option, print_json, progress, say, working
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.terminal import one_line

if TYPE_CHECKING:
    from flowhook.storage.inspection import Inspection


@click.group("storage")
def command() -> None:
    """Look after the database."""


@command.command("check")
@click.argument("url", required=False)
@json_option
@with_project
def check(project: ProjectPath, url: str | None, as_json: bool) -> None:
    """Tell whether the database is whole.

    URL is another one than that of the project, a backup for example: sqlite:///backups/monday.db. It looks
    at every page of a SQLite file, at the schema, and at what must hold: numbers without gaps, one delivery
    at the head of each session, counters that agree with the rows. It only reads, while a server runs or not.

    Exit codes: 0 whole, 1 not whole, 2 it cannot be read.
    """
    from flowhook.storage import inspect_store

    root = None
    if url is None:
        config = project.load()
        url, root = config.storage, config.root
    with working("reading all of it"):
        inspection = run_async(inspect_store(url, root))
    if as_json:
        print_json({**asdict(inspection), "whole": inspection.is_whole})
    else:
        _tell(inspection)
    if not inspection.is_whole:
        raise click.exceptions.Exit(1)


@command.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@json_option
def copy(source: str, target: str, as_json: bool) -> None:
    """Copy all that FROM holds into TO.

    Each is a URL, sqlite:///flowhook.db or postgresql://user@host/database. No server may run on either,
    so that nothing is accepted which the copy lacks. TO has to be empty. A copy that was interrupted goes on
    where it stood when the same command is called again, or anew if FROM was used since; until it is done no
    server opens TO. At the end TO is read back and compared, by counts and checksums of each table.
    """
    from flowhook.storage import copy_store
    from flowhook.storage.copying import TABLES

    with progress("copying", len(TABLES)) as step:
        seen: set[str] = set()

        def tell(table: str, _rows: int) -> None:
            if table not in seen:
                seen.add(table)
                step(table)

        copied = run_async(copy_store(source, target, tell=tell))
    if as_json:
        print_json(asdict(copied))
        return
    for table, rows in copied.rows.items():
        if rows:
            say(f"{table:18} {rows:>10}")
    resumed = f"; {copied.resumed} of the rows were there already" if copied.resumed else ""
    say(f"{good(OK)} {copied.target} holds what {copied.source} holds{resumed}.")


def _tell(inspection: Inspection) -> None:
    for finding in inspection.findings:
        times = f" ({finding.count} times)" if finding.count > 1 else ""
        say(f"{bad(BAD)} {finding.rule}: {one_line(finding.sentence)}{times}")
        for example in finding.examples:
            say(f"    {one_line(example)}")
    if inspection.is_whole:
        say(f"{good(OK)} {inspection.database} is whole: {told(inspection)}.")


def told(inspection: Inspection) -> str:
    """What a database holds, in a line."""
    if not inspection.is_judged:
        return (
            f"schema {inspection.schema}, which the next start brings to {inspection.newest}; "
            "its sessions are looked at from then on"
        )
    return f"schema {inspection.schema}, {inspection.sessions} sessions, {inspection.pending} deliveries wait"
