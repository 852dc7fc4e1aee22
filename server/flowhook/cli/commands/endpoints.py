"""``flowhook endpoints``: the doors for messages, with a command to paste."""

from __future__ import annotations

from collections.abc import Callable

import click

from flowhook.cli.admin_client import Admin, administer, in_path
from flowhook.cli.commands.serve import curl
from flowhook.cli.console import bold, dim, json_option, paint_diff, print_json, say, warn
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError
from flowhook.model.inbound import JsonObject
from flowhook.problems.problem import has_errors
from flowhook.yamldoc.document import load

DONE = {
    "enable": "is enabled",
    "disable": "is disabled: its token is answered with 404",
    "resume": "sends again what waited",
}


@click.group("endpoints", invoke_without_command=True)
@json_option
@with_project
def command(project: ProjectPath, as_json: bool) -> None:
    """Show endpoints, and change them.

    Without a command: the URL, the token and a curl command to copy for each.
    """
    if click.get_current_context().invoked_subcommand is None:
        _show(project, as_json)


@command.command("list")
@json_option
@with_project
def list_endpoints(project: ProjectPath, as_json: bool) -> None:
    """Show all endpoints; the same as without a command."""
    _show(project, as_json)


@command.command("enable")
@click.argument("endpoint")
@with_project
def enable(project: ProjectPath, endpoint: str) -> None:
    """Open an endpoint, at once, and write it into config.yaml."""
    _change(project, endpoint, "enable")


@command.command("disable")
@click.argument("endpoint")
@with_project
def disable(project: ProjectPath, endpoint: str) -> None:
    """Close an endpoint, at once, and write it into config.yaml.

    What was accepted is still handled and delivered.
    """
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


def changing(command: Callable[..., None]) -> Callable[..., None]:
    """The options of what edits config.yaml."""
    for option in (
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option(
            "--set",
            "values",
            multiple=True,
            metavar="KEY=VALUE",
            help="A key of the endpoint and its value, as in config.yaml: webhook.timeout=5s.",
        ),
    ):
        command = option(command)
    return command


@command.command("create")
@click.argument("endpoint")
@click.option("--flow", required=True, help="The flow that messages enter.")
@click.option("--webhook", metavar="URL", help="Where outputs go.")
@changing
@with_project
def create(
    project: ProjectPath, endpoint: str, flow: str, webhook: str | None, values: tuple[str, ...], yes: bool
) -> None:
    """Add an endpoint to config.yaml, and let it take messages.

    Shows the difference and asks. All else in the file stays as it is, comments too.
    """
    settings: JsonObject = {"name": endpoint, "flow": flow}
    settings |= {"webhook": {"url": webhook}} if webhook else {}
    _edit(project, "POST", "/endpoints", _merged(settings, values), yes)
    say(f"The endpoint {endpoint} is there; `flowhook endpoints` shows its URL.")


@command.command("change")
@click.argument("endpoint")
@click.option("--unset", multiple=True, metavar="KEY", help="A key to take away: its default counts.")
@changing
@with_project
def change(
    project: ProjectPath, endpoint: str, unset: tuple[str, ...], values: tuple[str, ...], yes: bool
) -> None:
    """Change an endpoint in config.yaml, and let it take effect.

    Shows the difference and asks. All else in the file stays as it is, comments too.
    """
    if not values and not unset:
        raise click.UsageError("Say what to change: --set KEY=VALUE or --unset KEY.")
    patch = _merged({}, values)
    for key in unset:
        _put(patch, key, None)
    _edit(project, "PATCH", f"/endpoints/{in_path(endpoint)}", patch, yes)
    say(f"The endpoint {endpoint} is changed.")


@command.command("delete")
@click.argument("endpoint")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_project
def delete(project: ProjectPath, endpoint: str, yes: bool) -> None:
    """Take an endpoint out of config.yaml.

    Its sessions, timers and deliveries are kept, and go on when it comes back under its name.
    """
    _edit(project, "DELETE", f"/endpoints/{in_path(endpoint)}", None, yes)
    say(f"The endpoint {endpoint} is deleted.")


def _edit(project: ProjectPath, method: str, path: str, body: JsonObject | None, yes: bool) -> None:
    """Show what an edit comes to, ask, and make it; the file must still be the one that was shown."""

    async def work(admin: Admin) -> None:
        plan = await admin.request(method, path, body, dryRun=1)
        for warning in plan["warnings"]:
            warn(f"{warning['field']}: {warning['message']}")
        if not plan["diff"]:
            raise FlowhookError("nothing would change: the file says so already")
        paint_diff(plan["diff"].splitlines())
        if not yes:
            click.confirm("Write this?", abort=True, err=True)
        await admin.request(method, path, body, fingerprint=plan["fingerprint"])

    administer(project.load(), work)


def _merged(settings: JsonObject, values: tuple[str, ...]) -> JsonObject:
    """The settings, with what --set says."""
    for given in values:
        key, sign, text = given.partition("=")
        if not sign or not key:
            raise click.UsageError(f"--set takes KEY=VALUE, not {given!r}.")
        document, problems = load(text, "--set")
        if document is None or has_errors(problems):
            raise click.UsageError(f"--set {key}: the value is not YAML: {text}")
        _put(settings, key, document.data if document.data is not None else "")
    return settings


def _put(settings: JsonObject, key: str, value: object) -> None:
    *parents, last = key.split(".")
    for parent in parents:
        inner = settings.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise click.UsageError(f"{parent} has a value already; it cannot have keys as well.")
        settings = inner
    settings[last] = value


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
