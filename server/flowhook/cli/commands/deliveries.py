"""``flowhook deliveries``: what waits, what arrived, what is dead; and sending it again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import click

from flowhook.cli.admin_client import PAGE, Admin, administer, in_path, pages
from flowhook.cli.console import dim, json_option, moment, print_json, progress, say, short, table, working
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError
from flowhook.ids import parse_delivery_id
from flowhook.model.inbound import JsonObject

Command = TypeVar("Command", bound=Callable[..., Any])

POLL_SECONDS = 0.2  #: between two looks at how far a replay is
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


def _which(command: Command) -> Command:
    """Add the options that say which deliveries are meant."""
    for option in reversed(
        (
            click.option("--endpoint", metavar="NAME", help="Only of this endpoint."),
            click.option("--user", metavar="ID", help="Only to this userId."),
            click.option("--session", metavar="ID", help="Only in this sessionId."),
            click.option("--from", metavar="TIME", help="Made then or later, such as 2030-01-31T12:00:00Z."),
            click.option("--to", metavar="TIME", help="Made before that."),
        )
    ):
        command = option(command)
    return command


@click.group("deliveries")
def command() -> None:
    """List deliveries, and send them again."""


@command.command("list")
@click.option("--status", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--endpoint", metavar="NAME", help="Only of this endpoint.")
@click.option("--user", metavar="ID", help="Only to this userId.")
@click.option("--session", metavar="ID", help="Only in this sessionId.")
@click.option("--from", "since", metavar="TIME", help="Made then or later, such as 2030-01-31T12:00:00Z.")
@click.option("--to", "until", metavar="TIME", help="Made before that.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@json_option
@with_project
def list_deliveries(
    project: ProjectPath,
    status: str | None,
    endpoint: str | None,
    user: str | None,
    session: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List deliveries with what the last attempt came to."""

    async def work(admin: Admin) -> list[JsonObject]:
        return await pages(
            admin, "/deliveries", "deliveries", limit=limit,
            status=status, endpoint=endpoint, userId=user, sessionId=session, **{"from": since, "to": until},
        )  # fmt: skip

    deliveries = administer(project.load(), work)
    if as_json:
        print_json(deliveries)
    else:
        table(HEADERS, map(_row, deliveries), empty="there are no such deliveries")


@command.command("show")
@click.argument("delivery", metavar="ID", type=DeliveryId())
@json_option
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
        (
            moment(attempt["at"]),
            f"{attempt['ms']} ms",
            attempt["status"],
            short(attempt["error"] or "", 200),
            short(attempt["response"] or "", 100),
        )
        for attempt in found["failures"]
    ]
    say()
    table(("FAILED AT", "TOOK", "STATUS", "WHY", "THE RECEIVER SAID"), rows, empty="no attempt failed")


@command.command("replay")
@click.argument("ids", metavar="ID...", nargs=-1, type=DeliveryId())
@click.option("--dead", is_flag=True, help="All that are dead, instead of naming them.")
@click.option("--delivered", is_flag=True, help="All that were delivered: within --from and --to.")
@_which
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@json_option
@with_project
def replay(
    project: ProjectPath, /, ids: tuple[str, ...], dead: bool, delivered: bool, dry_run: bool, as_json: bool,
    **which: str | None,
) -> None:  # fmt: skip
    """Send deliveries again, with the same webhook-id and the same bytes.

    Either those that are named, or, oldest first, all in a state: --dead --endpoint shop --from
    2030-01-31T12:00:00Z. Ctrl+C ends it; what is due already is still sent. A replayed delivery may arrive
    after later ones of its session. Exits with 2 when one of IDs is unknown or still pending; the others
    are sent.
    """
    if [bool(ids), dead, delivered].count(True) != 1:
        raise click.UsageError("Name deliveries, or all dead ones with --dead.")
    if delivered and not (which["from"] or which["user"]):
        raise click.UsageError("With --delivered say since when with --from, or of whom with --user.")
    if not ids:
        _replay_many(project, "dead" if dead else "delivered", which, dry_run, as_json)
        return

    async def work(admin: Admin) -> tuple[list[str], list[str], bool]:
        wanted = list(ids)
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


def _replay_many(
    project: ProjectPath, status: str, which: dict[str, str | None], dry_run: bool, as_json: bool
) -> None:
    """Send all of a state again, with progress; Ctrl+C ends it on the server, too."""

    async def work(admin: Admin) -> JsonObject:
        wanted = {"status": status, **_filter(which)}
        begun: JsonObject = await admin.post("/replays", {**wanted, "dryRun": dry_run})
        if dry_run:
            return begun
        path = f"/replays/{begun['id']}"
        try:
            with progress("sending again", begun["total"]) as step:
                told = 0
                while begun["state"] == "running":
                    await asyncio.sleep(POLL_SECONDS)
                    begun = await admin.get(path)
                    for _ in range(begun["done"] - told):
                        step("")
                    told = begun["done"]
        except asyncio.CancelledError:
            await asyncio.shield(admin.delete(path))
            raise
        return {**begun, "running": admin.server is not None}

    found = administer(project.load(), work)
    if as_json:
        print_json(found)
    elif found["state"] == "planned":
        _tell_plan(found, "would be sent again")
    else:
        when = "." if found["running"] else " when the server runs."
        say(f"{found['replayed']} of {found['total']} deliveries will be sent again{when}")


def _tell_plan(plan: JsonObject, would: str) -> None:
    say(f"{plan['total']} {'delivery' if plan['total'] == 1 else 'deliveries'} {would}")
    if plan["total"]:
        rows = list(plan["endpoints"].items())
        table(("ENDPOINT", "DELIVERIES"), rows, empty="")
        say(dim(f"made between {moment(plan['oldest'])} and {moment(plan['newest'])}"))


@command.command("skip")
@click.argument("delivery", metavar="ID", type=DeliveryId())
@click.option("--reason", default="", help="Why; it stands where the reason of a failed attempt does.")
@with_project
def skip(project: ProjectPath, delivery: str, reason: str) -> None:
    """Give up a delivery at which its session is stuck, so that what waits behind it goes on.

    It is dead then, and can be sent again later.
    """

    async def work(admin: Admin) -> None:
        await admin.post(f"/deliveries/{in_path(delivery)}/skip", {"reason": reason})

    administer(project.load(), work)
    say("It is dead, and what waited behind it goes on.")


@command.command("drop")
@click.argument("delivery", metavar="ID", type=DeliveryId())
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_project
def drop(project: ProjectPath, delivery: str, yes: bool) -> None:
    """Delete a delivery that is stuck or dead; what waits behind it goes on."""
    if not yes:
        click.confirm("It can never be sent again. Delete it?", abort=True)

    async def work(admin: Admin) -> None:
        await admin.delete(f"/deliveries/{in_path(delivery)}")

    administer(project.load(), work)
    say("It is gone.")


@command.command("purge")
@_which
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; needs --yes or --dry-run.")
@with_project
def purge(project: ProjectPath, /, dry_run: bool, yes: bool, as_json: bool, **which: str | None) -> None:
    """Delete dead deliveries, after telling how many there are."""
    if as_json and not (yes or dry_run):
        raise click.UsageError("With --json say --yes, or --dry-run.")

    async def work(admin: Admin, dry: bool) -> JsonObject:
        found: JsonObject = await admin.post("/deliveries/purge", {**_filter(which), "dryRun": dry})
        return found

    config = project.load()
    plan = administer(config, lambda admin: work(admin, True))
    if not as_json:
        _tell_plan(plan, "would be deleted" if dry_run else "are dead")
    if not dry_run and plan["total"]:
        if not yes:
            click.confirm("They can never be sent again. Delete them?", abort=True)
        plan |= administer(config, lambda admin: work(admin, False))
        if not as_json:
            say(f"{plan['purged']} deleted")
    if as_json:
        print_json(plan)


def _filter(which: dict[str, str | None]) -> JsonObject:
    names = {"endpoint": "endpoint", "user": "userId", "session": "sessionId", "from": "from", "to": "to"}
    return {names[name]: value for name, value in which.items() if value is not None}


async def _replay(admin: Admin, ids: list[str]) -> list[str]:
    replayed: list[str] = []
    for start in range(0, len(ids), PAGE):
        response = await admin.post("/deliveries/replay", {"ids": ids[start : start + PAGE]})
        replayed += response["replayed"]
    return replayed


def _row(delivery: JsonObject) -> tuple[Any, ...]:
    result = delivery["lastError"] or delivery["lastStatus"]
    return (
        delivery["deliveryId"],
        delivery["endpoint"],
        f"{delivery['userId']}/{delivery['sessionId']}",
        delivery["sequence"],
        delivery["status"],
        delivery["attempts"],
        moment(delivery["createdAt"]),
        moment(delivery["nextAt"]),
        short(str(result)) if result else None,
        short(str(delivery["output"].get("text", "")), 40),
    )
