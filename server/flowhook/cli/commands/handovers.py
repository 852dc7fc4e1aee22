"""``flowhook handovers``: the desk, at the command line."""

from __future__ import annotations

from typing import Any

import click
from pydantic_core import from_json

from flowhook.cli.admin_client import Admin, administer, in_path
from flowhook.cli.console import moment, print_json, say, table
from flowhook.cli.project_option import ProjectPath, with_project


@click.group("handovers")
def command() -> None:
    """Take conversations over from the bot, and answer.

    What is done is done in the name of the admin key in use: FLOWHOOK_KEY is one's own.
    """


@command.command("list")
@click.option("--status", type=click.Choice(["queue", "active", "closed"]), help="In this state only.")
@click.option("--endpoint", help="Of this endpoint only.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_project
def list_handovers(
    project: ProjectPath, status: str | None, endpoint: str | None, limit: int, as_json: bool
) -> None:
    """List conversations that people take over."""

    async def work(admin: Admin) -> list[dict[str, Any]]:
        found = await admin.get("/handovers", status=status, endpoint=endpoint, limit=limit)
        rows: list[dict[str, Any]] = found["handovers"]
        return rows

    rows = administer(project.load(), work)
    if as_json:
        print_json(rows)
        return
    shown = [
        (
            row["id"],
            row["status"] if row["outcome"] is None else row["outcome"],
            row["owner"] or "",
            moment(row["createdAt"]),
            f"{row['waitingSeconds']} s" if row["waitingSeconds"] is not None else "",
            row["endpoint"],
            f"{row['userId']}/{row['sessionId']}",
        )
        for row in rows
    ]
    heads = ("HANDOVER", "STATUS", "OWNER", "SINCE", "WAITS", "ENDPOINT", "SESSION")
    table(heads, shown, empty="there are no handovers")


@command.command("take")
@click.argument("handover")
@with_project
def take(project: ProjectPath, handover: str) -> None:
    """Take a conversation that nobody has, and show what was said."""

    async def work(admin: Admin) -> dict[str, Any]:
        await admin.post(f"/handovers/{in_path(handover)}/take")
        found: dict[str, Any] = await admin.get(f"/handovers/{in_path(handover)}/transcript")
        return found

    found = administer(project.load(), work)
    for entry in found["before"]:
        click.echo(f"{entry['role']}: {entry['text']}")
    for entry in found["messages"]:
        click.echo(f"{entry['source']}: {entry['text']}")
    say(f"You have it now. Answer: flowhook handovers reply {handover} TEXT")


@command.command("reply")
@click.argument("handover")
@click.argument("text")
@with_project
def reply(project: ProjectPath, handover: str, text: str) -> None:
    """Say TEXT to the user of a conversation that you have."""

    async def work(admin: Admin) -> None:
        await admin.post(f"/handovers/{in_path(handover)}/reply", {"text": text})

    administer(project.load(), work)
    say("It is on its way.")


@command.command("resolve")
@click.argument("handover")
@click.option("--note", default="", help="What the flow sees in input.result.note.")
@click.option("--result", "written", metavar="JSON", help="What the flow sees in input.result.result.")
@with_project
def resolve(project: ProjectPath, handover: str, note: str, written: str | None) -> None:
    """End a conversation: the flow goes on."""
    try:
        result = from_json(written) if written is not None else None
    except ValueError:
        raise click.UsageError('--result is JSON, such as true or {"refund": 9}.') from None

    async def work(admin: Admin) -> None:
        await admin.post(f"/handovers/{in_path(handover)}/resolve", {"result": result, "note": note})

    administer(project.load(), work)
    say("The flow goes on.")
