"""``flowhook snapshots``: what was loaded at some time, kept under a name, served, compared."""

from __future__ import annotations

from typing import Any

import click

from flowhook.cli.admin_client import Admin, administer, in_path
from flowhook.cli.console import (
    Column,
    bold,
    dim,
    good,
    json_option,
    moment,
    print_found,
    print_json,
    say,
    warn,
)
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError


@click.group("snapshots")
def command() -> None:
    """Keep what the bot is now, serve it, go back to it.

    A snapshot holds the flows, their tests, the names and versions of the plugins, and the settings of the
    endpoints, without keys and secrets. It never changes.
    """


@command.command("create")
@click.argument("name")
@json_option
@with_project
def create(project: ProjectPath, name: str, as_json: bool) -> None:
    """Keep what is loaded now under NAME.

    That is what the running server has loaded; without one, what the files hold.
    """

    async def work(admin: Admin) -> dict[str, Any]:
        made: dict[str, Any] = await admin.post("/snapshots", {"name": name})
        return made

    made = administer(project.load(), work)
    if as_json:
        print_json(made)
        return
    say(f"The snapshot {bold(made['name'])} is kept: {_count(made)}.  {dim(made['hash'][:12])}")


@command.command("list")
@json_option
@with_project
def list_snapshots(project: ProjectPath, as_json: bool) -> None:
    """List snapshots, the oldest first."""

    async def work(admin: Admin) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await admin.get("/snapshots"))["snapshots"]
        return found

    snapshots = administer(project.load(), work)
    columns: dict[str, Column] = {
        "NAME": "name",
        "HASH": lambda row: row["hash"][:12],
        "CREATED": lambda row: moment(row["createdAt"]),
        "SERVED BY": lambda row: ", ".join(row["usedBy"]),
        "SESSIONS": "sessions",
    }
    print_found(snapshots, columns, as_json=as_json, empty="there are no snapshots")


@command.command("show")
@click.argument("name")
@json_option
@with_project
def show(project: ProjectPath, name: str, as_json: bool) -> None:
    """Show what a snapshot holds."""

    async def work(admin: Admin) -> dict[str, Any]:
        found: dict[str, Any] = await admin.get(f"/snapshots/{in_path(name)}")
        return found

    snapshot = administer(project.load(), work)
    if as_json:
        print_json(snapshot)
        return
    say(f"{bold(snapshot['name'])}  {moment(snapshot['createdAt'])}  {dim(snapshot['hash'])}")
    for what in ("flows", "tests"):
        for path, hash in snapshot[what].items():
            say(f"  {what[:-1]:<10} {path}  {dim(hash[:12])}")
    for plugin, version in snapshot["plugins"].items():
        say(f"  plugin     {plugin}  {dim(version['version'] or version['digest'][:12])}")
    for endpoint, settings in snapshot["endpoints"].items():
        say(f"  endpoint   {endpoint} → flow {settings['flow']}")
    for connection in snapshot["connections"]:
        say(f"  connection {connection}")
    if snapshot["usedBy"]:
        say(f"  served by  {', '.join(snapshot['usedBy'])}")
    _warn(snapshot["warnings"])


@command.command("use")
@click.argument("endpoint")
@click.argument("name", required=False)
@click.option("--live", is_flag=True, help="Serve the flows as they are, with every reload.")
@with_project
def use(project: ProjectPath, endpoint: str, name: str | None, live: bool) -> None:
    """Let ENDPOINT serve the snapshot NAME, or, with --live, the flows as they are.

    It holds from the next turn on, without a restart: no message is lost. Sessions go on in it at the nodes
    where they stand; those of endpoints with `session: {pin: true}` end in the version in which they began.
    """
    if (name is None) != live:
        raise FlowhookError("name a snapshot, or say --live")

    async def work(admin: Admin) -> dict[str, Any]:
        body = {"snapshot": None if live else name}
        done: dict[str, Any] = await admin.post(f"/endpoints/{in_path(endpoint)}/snapshot", body)
        return done

    done = administer(project.load(), work)
    served = done["endpoint"]["snapshot"]
    say(f"{endpoint} serves {f'the snapshot {bold(served)}' if served else 'the flows as they are'}.")
    _warn(done["warnings"])


@command.command("diff")
@click.argument("old", metavar="A")
@click.argument("new", metavar="B", default="live")
@json_option
@with_project
def diff(project: ProjectPath, old: str, new: str, as_json: bool) -> None:
    """Tell what changed from A to B, by flow and node.

    `live`, and B when it is left out, stands for what is loaded now.
    """

    async def work(admin: Admin) -> dict[str, Any]:
        found: dict[str, Any] = await admin.get(f"/snapshots/{in_path(old)}/diff/{in_path(new)}")
        return found

    differences = administer(project.load(), work)
    if as_json:
        print_json(differences)
        return
    for line in differences["lines"]:
        say(line if line.startswith(" ") else bold(line))
    if differences["same"]:
        say(good(f"{old} and {new} are the same"))


@command.command("delete")
@click.argument("name")
@with_project
def delete(project: ProjectPath, name: str) -> None:
    """Delete a snapshot. Refused while an endpoint serves it or a session keeps it."""

    async def work(admin: Admin) -> None:
        await admin.delete(f"/snapshots/{in_path(name)}")

    administer(project.load(), work)
    say(f"The snapshot {name} is deleted.")


def _count(snapshot: dict[str, Any]) -> str:
    kinds = (("flow", "flows"), ("test file", "tests"), ("plugin", "plugins"), ("endpoint", "endpoints"))
    counted = ((len(snapshot[key]), noun) for noun, key in kinds)
    return ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counted if count)


def _warn(warnings: list[str]) -> None:
    for warning in warnings:
        warn(warning)
