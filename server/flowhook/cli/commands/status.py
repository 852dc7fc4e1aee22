"""``flowhook status``: how the server does."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import click

from flowhook.cli.admin_client import Admin, administer
from flowhook.cli.console import bold, dim, json_option, moment, print_json, say, table, warn
from flowhook.cli.project_option import ProjectPath, with_project

SHORT = 8  #: characters of an id or a revision


@click.command("status")
@json_option
@with_project
def command(project: ProjectPath, as_json: bool) -> None:
    """Show how the server does: processes, what waits.

    With PostgreSQL, all processes on the database: which of the 256 shards of sessions each has, what waits
    there and for how long, and whether they run the same flows and the same version.
    """

    async def work(admin: Admin) -> dict[str, Any]:
        return {"server": admin.server, **await admin.get("/status"), **await admin.get("/processes")}

    status = administer(project.load(), work)
    if as_json:
        print_json(status)
        return
    server, processes = status["server"], status["processes"]
    where = "no server runs" if server is None else f"{status['state']} at {server}"
    say(f"{bold('flowhook')} {status['version']}, {where}, flows {status['flowRevision'][:SHORT]}")
    say(dim("  " + ", ".join(f"{count} {name}" for name, count in sorted(status["stored"].items()))))
    if not processes:
        return
    say()
    table(
        ["PROCESS", "HOST", "PID", "VERSION", "FLOWS", "SINCE", "SHARDS", "WAITING", "DUE"],
        [_row(process) for process in processes],
        empty="",
    )
    _warn_of_differences(processes)


def _row(process: dict[str, Any]) -> list[Any]:
    return [
        process["id"][:SHORT],
        process["host"],
        process["pid"],
        process["version"],
        (process["flowRevision"] or "")[:SHORT],
        moment(process["startedAt"]),
        process["shards"],
        _lag(process["waiting"], process["waitingSince"]),
        _lag(process["due"], process["dueSince"]),
    ]


def _lag(count: int, since: str | None) -> str:
    """How many wait, and how long the first has."""
    if not count or since is None:
        return str(count)
    seconds = max(0.0, time.time() - datetime.fromisoformat(since).timestamp())
    return f"{count}, {seconds:.1f} s"


def _warn_of_differences(processes: list[dict[str, Any]]) -> None:
    for what, name in (("flows", "flowRevision"), ("versions of flowhook", "version")):
        if len({process[name] for process in processes}) > 1:
            warn(f"not all processes have the same {what}: reload or restart those that are behind")
