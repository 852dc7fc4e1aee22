"""``flowhook timers``: what will happen by itself."""

from __future__ import annotations

from typing import Any

import click

from flowhook.cli.admin_client import Admin, administer, in_path
from flowhook.cli.console import Column, json_option, moment, print_found, say
from flowhook.cli.project_option import ProjectPath, with_project


@click.group("timers")
def command() -> None:
    """List timers, and cancel them.

    They are the timeouts of nodes that wait, timers that the node "timer" armed, inbounds that were sent
    with notBefore, and tasks whose callback has not come.
    """


@command.command("list")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="How many at most.")
@json_option
@with_project
def list_timers(project: ProjectPath, limit: int, as_json: bool) -> None:
    """List timers, the next one first."""

    async def work(admin: Admin) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await admin.get("/timers", limit=limit))["timers"]
        return found

    timers = administer(project.load(), work)
    columns: dict[str, Column] = {
        "TIMER": "id",
        "KIND": "kind",
        "DUE": lambda timer: moment(timer["dueAt"]),
        "ENDPOINT": "endpoint",
        "SESSION": lambda timer: f"{timer['userId']}/{timer['sessionId']}",
        "NODE": "node",
    }
    print_found(timers, columns, as_json=as_json, empty="there are no timers")


@command.command("cancel")
@click.argument("timers", metavar="TIMER...", nargs=-1, required=True)
@with_project
def cancel(project: ProjectPath, timers: tuple[str, ...]) -> None:
    """Take timers away before they fall due.

    A task is ended, as if its time were over: its callback is void, and the flow goes on.
    """

    async def work(admin: Admin) -> None:
        for timer in timers:
            await admin.delete(f"/timers/{in_path(timer)}")
            say(f"The timer {timer} is cancelled.")

    administer(project.load(), work)
