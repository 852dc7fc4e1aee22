"""``flowhook analytics``: what was counted, for programs and for people."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

import click

from flowhook.cli.admin_client import Admin, administer
from flowhook.cli.console import (
    bold,
    dim,
    json_option,
    json_text,
    print_json,
    say,
    short,
    table,
    warn,
    working,
)
from flowhook.cli.encoding import can_show_all
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError
from flowhook.model.inbound import JsonObject

PAGE = 1000
BARS = "▁▂▃▄▅▆▇█"
SPARK_DAYS = 60  #: of which a sparkline tells

Query = dict[str, str | None]


@click.group("analytics")
def command() -> None:
    """Export and sum up what was counted of the inputs.

    There is one record of each input, for as long as retention.analytics says. Test messages are left out.
    """


def which(decorated: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which records are meant."""
    for option in (
        click.option("--tests", is_flag=True, help="Those of test messages, too."),
        click.option("--endpoint", metavar="NAME", help="Only of this endpoint."),
        click.option("--to", "until", metavar="TIME", help="Before that; a date is counted in."),
        click.option("--from", "since", metavar="TIME", help="Then or later: 2026-11-30, or RFC 3339."),
    ):
        decorated = option(decorated)
    return decorated


@command.command("export")
@which
@click.option("--format", "style", type=click.Choice(["json", "csv"]), default="json", show_default=True,
              help="How it is written.")  # fmt: skip
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Where; default: standard output."
)
@with_project
def export(
    project: ProjectPath,
    since: str | None,
    until: str | None,
    endpoint: str | None,
    tests: bool,
    style: str,
    output: Path | None,
) -> None:
    """Write the records, oldest first.

    In CSV, texts that a spreadsheet would take for formulas have an apostrophe in front.
    """
    query = _query(since, until, endpoint, tests)
    write = _write_csv if style == "csv" else _write_json

    async def work(admin: Admin) -> int:
        if output is None:
            return await write(sys.stdout, _records(admin, query))
        try:
            # no translation: CSV has line ends of its own
            with output.open("w", encoding="utf-8", newline="") as file:
                return await write(file, _records(admin, query))
        except OSError as error:
            raise FlowhookError(f"cannot write {output}: {error.strerror}") from error

    count = administer(project.load(), work)
    if output is not None:
        say(f"{count} {'record' if count == 1 else 'records'} in {output}")


@command.command("report")
@which
@click.option("--top", type=click.IntRange(1, 1000), default=10, show_default=True, help="Lines of a list.")
@json_option
@with_project
def report(
    project: ProjectPath,
    since: str | None,
    until: str | None,
    endpoint: str | None,
    tests: bool,
    top: int,
    as_json: bool,
) -> None:
    """Sum up: who came, what they wanted, what was not understood, and where they left."""
    from flowhook.runtime.observe.analytics_report import AnalyticsReport

    config = project.load()
    query = _query(since, until, endpoint, tests)

    async def work(admin: Admin) -> JsonObject:
        folded = AnalyticsReport(config.zone)
        async for record in _records(admin, query):
            folded.add(record)
        return folded.result(top)

    with working("reading"):
        found = administer(config, work)
    if as_json:
        print_json(found)
    elif not found["messages"]:
        warn("there are no records of that time")
    else:
        _show(found)


def _query(since: str | None, until: str | None, endpoint: str | None, tests: bool) -> Query:
    return {"from": since, "to": until, "endpoint": endpoint, "tests": "1" if tests else None}


async def _records(admin: Admin, query: Query) -> AsyncIterator[JsonObject]:
    """Page after page."""
    after = None
    while True:
        page = await admin.get("/analytics", **query, limit=PAGE, after=after)
        for record in page["records"]:
            yield record
        after = page["next"]
        if after is None:
            return


async def _write_json(file: TextIO, records: AsyncIterator[JsonObject]) -> int:
    count = 0
    file.write("[")
    async for record in records:
        file.write(("\n" if count == 0 else ",\n") + json_text(record))
        count += 1
    file.write("\n]\n")
    return count


async def _write_csv(file: TextIO, records: AsyncIterator[JsonObject]) -> int:
    from flowhook.runtime.observe.analytics_csv import csv_line, header_line

    count = 0
    file.write(header_line())
    async for record in records:
        file.write(csv_line(record))
        count += 1
    return count


def _show(found: JsonObject) -> None:
    """The report for people."""
    for title, value in (
        ("messages", f"{found['messages']}{_sparkline([day['messages'] for day in found['days']])}"),
        ("sessions", f"{found['sessions']}, {found['medianTurns']:g} messages each (median)"),
        ("users", found["users"]),
        ("understood", f"{_percent(found['understoodShare'])}, {found['notUnderstood']} not"),
        ("contained", f"{_percent(found['containment'])}, {found['handovers']} handovers"),
        ("failed", f"{found['failed']} turns"),
        ("turn", f"{found['medianMs']:g} ms (median)"),
    ):
        say(f"{dim(title.ljust(12))} {value}")
    for title, rows in (
        ("What they wanted", found["intents"]),
        ("What was not understood", found["textsNotUnderstood"]),
        ("Where sessions stand still", found["dropOff"]),
        ("Steps", found["steps"]),
        ("Goals", found["goals"]),
    ):
        _show_list(title, rows)


def _show_list(title: str, rows: Sequence[JsonObject]) -> None:
    if not rows:
        return
    say(f"\n{bold(title)}")
    name, unit = rows[0]
    table((unit.upper(), name.upper()), [(row[unit], short(str(row[name]), 70)) for row in rows], empty="")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"


def _sparkline(counts: Sequence[int]) -> str:
    """The last days as bars, on a terminal that can show them."""
    counts = counts[-SPARK_DAYS:]
    if len(counts) < 2 or not sys.stdout.isatty() or not can_show_all(sys.stdout.encoding):
        return ""
    return f"  {bars(counts)}  {dim('each day')}"


def bars(counts: Sequence[int]) -> str:
    """One bar for each number, the highest one full; only 0 has the lowest."""
    highest = max(counts)
    return "".join(BARS[(count * (len(BARS) - 1) + highest - 1) // highest] for count in counts)
