"""``flowhook storage``: whether the database is whole."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from flowhook.cli.asyncio_runner import run_async
from flowhook.cli.console import BAD, OK, bad, good, json_option, print_json, say, working
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
