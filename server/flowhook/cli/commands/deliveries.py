"""``flowhook deliveries``: what waits, what arrived, what is dead; and sending it again."""

from __future__ import annotations

from typing import Any

import click

from flowhook.cli.admin_client import PAGE, Admin, administer, in_path, pages
from flowhook.cli.console import moment, print_json, say, short, table, working
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError
from flowhook.ids import parse_delivery_id
from flowhook.model.inbound import JsonObject

STATES = ("pending", "delivered", "dead")
HEADERS = (
    "DELIVERY",
    "ENDPOINT",
    "SESSION",
    "#",
    "STATUS",
    "ATTEMPTS",
    "CREATED",
    "NEXT ATTEMPT",
    "LAST ANSWER",
    "TEXT",
)


class DeliveryId(click.ParamType[str]):
    """A webhook-id, as ``deliveries list`` shows it."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if parse_delivery_id(str(value)) is None:
            self.fail(f"{value!r} is not a delivery id; `flowhook deliveries list` shows them", param, ctx)
        return str(value)


@click.group("deliveries")
def command() -> None:
    """List deliveries, and send them again."""


@command.command("list")
@click.option("--status", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--endpoint", metavar="NAME", help="Only of this endpoint.")
@click.option("--user", metavar="ID", help="Only to this userId.")
@click.option("--session", metavar="ID", help="Only in this sessionId.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_project
def list_deliveries(
    project: ProjectPath,
    status: str | None,
    endpoint: str | None,
    user: str | None,
    session: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List deliveries with what the last attempt came to."""

    async def work(admin: Admin) -> list[JsonObject]:
        return await pages(
            admin, "/deliveries", "deliveries", limit=limit,
            status=status, endpoint=endpoint, userId=user, sessionId=session,
        )  # fmt: skip

    deliveries = administer(project.load(), work)
    if as_json:
        print_json(deliveries)
    else:
        table(HEADERS, map(_row, deliveries), empty="there are no such deliveries")


@command.command("show")
@click.argument("delivery", metavar="ID", type=DeliveryId())
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_project
def show(project: ProjectPath, delivery: str, as_json: bool) -> None:
    """Show a delivery, and why each attempt at it failed."""

    async def work(admin: Admin) -> JsonObject:
        found: JsonObject = await admin.get(f"/deliveries/{in_path(delivery)}")
        return found

    found = administer(project.load(), work)
    if as_json:
        print_json(found)
        return
    table(HEADERS, [_row(found)], empty="")
    rows = [
        (moment(attempt["at"]), f"{attempt['ms']} ms", attempt["status"], short(attempt["error"] or "", 200))
        for attempt in found["failures"]
    ]
    say()
    table(("FAILED AT", "TOOK", "STATUS", "WHY"), rows, empty="no attempt failed")


@command.command("replay")
@click.argument("ids", metavar="ID...", nargs=-1, type=DeliveryId())
@click.option("--dead", is_flag=True, help="All that are dead, instead of naming them.")
@click.option("--endpoint", metavar="NAME", help="With --dead: only of this endpoint.")
@click.option("--json", "as_json", is_flag=True, help="Print {replayed, missing}.")
@with_project
def replay(
    project: ProjectPath, ids: tuple[str, ...], dead: bool, endpoint: str | None, as_json: bool
) -> None:
    """Send deliveries again, with the same webhook-id and the same bytes.

    A replayed delivery may arrive after later ones of its session. Exits with 2 when one of IDs is
    unknown or still pending; the others are sent.
    """
    if bool(ids) == dead:
        raise click.UsageError("Name deliveries, or all dead ones with --dead.")

    async def work(admin: Admin) -> tuple[list[str], list[str], bool]:
        wanted = list(ids) or await _dead(admin, endpoint)
        return wanted, await _replay(admin, wanted), admin.server is not None

    with working("sending again"):
        wanted, replayed, running = administer(project.load(), work)
    missing = sorted(set(wanted) - set(replayed))
    if as_json:
        print_json({"replayed": replayed, "missing": missing})
    else:
        when = "." if running else " when the server runs."
        say(f"{len(replayed)} of {len(wanted)} deliveries will be sent again{when}")
    if missing:
        raise FlowhookError(f"not replayed, because unknown or still pending: {', '.join(missing)}")


async def _dead(admin: Admin, endpoint: str | None) -> list[str]:
    found = await pages(admin, "/deliveries", "deliveries", limit=None, status="dead", endpoint=endpoint)
    return [delivery["deliveryId"] for delivery in found]


async def _replay(admin: Admin, ids: list[str]) -> list[str]:
    replayed: list[str] = []
    for start in range(0, len(ids), PAGE):
        answer = await admin.post("/deliveries/replay", {"ids": ids[start : start + PAGE]})
        replayed += answer["replayed"]
    return replayed


def _row(delivery: JsonObject) -> tuple[Any, ...]:
    answer = delivery["lastError"] or delivery["lastStatus"]
    return (
        delivery["deliveryId"],
        delivery["endpoint"],
        f"{delivery['userId']}/{delivery['sessionId']}",
        delivery["sequence"],
        delivery["status"],
        delivery["attempts"],
        moment(delivery["createdAt"]),
        moment(delivery["nextAt"]),
        short(str(answer)) if answer else None,
        short(str(delivery["output"].get("text", "")), 40),
    )
