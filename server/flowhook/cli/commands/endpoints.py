"""``flowhook endpoints``: the doors for messages, with a command to paste."""

from __future__ import annotations

import click

from flowhook.cli.admin_client import Admin, administer, in_path
from flowhook.cli.commands.serve import curl
from flowhook.cli.console import bold, dim, print_json, say, warn
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.model.inbound import JsonObject

DONE = {
    "enable": "is enabled",
    "disable": "is disabled: its token is answered with 404",
    "resume": "sends again what waited",
}


@click.group("endpoints", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_project
def command(project: ProjectPath, as_json: bool) -> None:
    """Show endpoints, open and close them.

    Without a command: the URL, the token and a curl command to copy for each.
    """
    if click.get_current_context().invoked_subcommand is None:
        _show(project, as_json)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_project
def list_endpoints(project: ProjectPath, as_json: bool) -> None:
    """Show all endpoints; the same as without a command."""
    _show(project, as_json)


@command.command("enable")
@click.argument("endpoint")
@with_project
def enable(project: ProjectPath, endpoint: str) -> None:
    """Open an endpoint, whatever the configuration says."""
    _change(project, endpoint, "enable")


@command.command("disable")
@click.argument("endpoint")
@with_project
def disable(project: ProjectPath, endpoint: str) -> None:
    """Close an endpoint; what was accepted is still handled and delivered."""
    _change(project, endpoint, "disable")


@command.command("pause")
@click.argument("endpoint")
@click.option("--reason", default="", help="Why, for those who find it so.")
@with_project
def pause(project: ProjectPath, endpoint: str, reason: str) -> None:
    """Hold the deliveries of an endpoint; messages are taken and handled as before."""

    async def work(admin: Admin) -> None:
        await admin.post(f"/endpoints/{in_path(endpoint)}/pause", {"reason": reason})

    administer(project.load(), work)
    say(f"The endpoint {endpoint} delivers nothing until `flowhook endpoints resume {endpoint}`.")


@command.command("resume")
@click.argument("endpoint")
@with_project
def resume(project: ProjectPath, endpoint: str) -> None:
    """Deliver again what was held by hand, or since the webhook answered 410."""
    _change(project, endpoint, "resume")


def _change(project: ProjectPath, endpoint: str, verb: str) -> None:
    async def work(admin: Admin) -> None:
        await admin.post(f"/endpoints/{in_path(endpoint)}/{verb}")

    administer(project.load(), work)
    say(f"The endpoint {endpoint} {DONE[verb]}.")


def _show(project: ProjectPath, as_json: bool) -> None:
    async def work(admin: Admin) -> tuple[list[JsonObject], bool]:
        found: list[JsonObject] = (await admin.get("/endpoints"))["endpoints"]
        return found, admin.server is not None

    endpoints, running = administer(project.load(), work)
    if as_json:
        print_json(endpoints)
        return
    for endpoint in endpoints:
        _describe(endpoint)
    if not running:
        warn("the server does not run; `flowhook serve` starts it")


def _describe(endpoint: JsonObject) -> None:
    states = [] if endpoint["enabled"] else ["disabled"]
    if endpoint["paused"]:
        states.append(f"paused, {endpoint['pauseReason']}; `flowhook endpoints resume` goes on")
    say(
        f"{bold(endpoint['name'])} → flow {endpoint['flow']}" + (f"  ({'; '.join(states)})" if states else "")
    )
    say(f"{dim('  url   ')} {endpoint['url']}")
    say(f"{dim('  token ')} {endpoint['token']}")
    say(f"{dim('  auth  ')} {endpoint['auth']}")
    say(f"{dim('  try   ')} {curl(endpoint['url'], auth=endpoint['auth'])}\n")
