"""``flowhook keys``: the API keys that callers of an endpoint present."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from flowhook.cli.admin_client import Admin, administer, in_path
from flowhook.cli.console import Column, bold, json_option, moment, print_found, print_json, say, warn
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.durations import parse_duration
from flowhook.model.inbound import JsonObject


@click.group("keys")
def command() -> None:
    """Create, list, rotate and revoke API keys.

    They are for endpoints with `auth: api_key`; callers send them in X-Webhook-Key.
    """


@command.command("create")
@click.argument("endpoint")
@click.option("--name", required=True, help="Who will use it; unique at the endpoint.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(["message", "inject", "notify"]),
    help="Only for these routes; may be given more than once.  [default: all]",
)
@click.option("--ends", metavar="WHEN", help="When it ends: a duration such as 90d, or 2030-01-31T12:00:00Z.")
@click.option("--json", "as_json", is_flag=True, help="Print {id, name, key, preview}.")
@with_project
def create(
    project: ProjectPath, endpoint: str, name: str, scopes: tuple[str, ...], ends: str | None, as_json: bool
) -> None:
    """Create a key and print it, this once."""
    body: JsonObject = {"name": name}
    body |= {"scopes": list(scopes)} if scopes else {}
    body |= {"endsAt": _time(ends)} if ends is not None else {}

    async def work(admin: Admin) -> dict[str, str]:
        made: dict[str, str] = await admin.post(f"/endpoints/{in_path(endpoint)}/keys", body)
        return made

    _show_once(administer(project.load(), work), as_json)


@command.command("rotate")
@click.argument("endpoint")
@click.argument("key_id", metavar="ID")
@click.option(
    "--overlap",
    metavar="DURATION",
    default="24h",
    show_default=True,
    help="How long the old key goes on to work; 0s: not at all, 90d at most.",
)
@click.option("--json", "as_json", is_flag=True, help="Print {id, name, key, preview}.")
@with_project
def rotate(project: ProjectPath, endpoint: str, key_id: str, overlap: str, as_json: bool) -> None:
    """Create a key in the place of another, and print it, this once.

    It has the name, the scopes and the lifetime of the old one, which works on until the overlap is
    over, so that callers have time to change.
    """
    seconds = _seconds(overlap, "--overlap")

    async def work(admin: Admin) -> dict[str, str]:
        path = f"/endpoints/{in_path(endpoint)}/keys/{in_path(key_id)}/rotate"
        made: dict[str, str] = await admin.post(path, {"overlap": seconds})
        return made

    _show_once(administer(project.load(), work), as_json)
    if not as_json:
        warn(f"the key {key_id} ends " + (f"in {overlap}" if seconds else "now"))


@command.command("list")
@click.argument("endpoint")
@json_option
@with_project
def list_keys(project: ProjectPath, endpoint: str, as_json: bool) -> None:
    """List the keys of an endpoint; the keys themselves are not kept."""

    async def work(admin: Admin) -> list[JsonObject]:
        response = await admin.get(f"/endpoints/{in_path(endpoint)}/keys")
        found: list[JsonObject] = response["keys"]
        return found

    keys = administer(project.load(), work)
    columns: dict[str, Column] = {
        "ID": "id",
        "NAME": "name",
        "KEY": "preview",
        "FOR": lambda key: " ".join(key["scopes"]),
        "CREATED": lambda key: moment(key["createdAt"]),
        "ENDS": _end,
        "LAST USED": lambda key: moment(key["usedAt"]) if key["usedAt"] else "never",
    }
    print_found(keys, columns, as_json=as_json, empty=f"{endpoint} has no keys")


def _end(key: JsonObject) -> str:
    """When a key ends, or ended."""
    return f"{moment(key['endsAt'])}{' (ended)' if key['ended'] else ''}" if key["endsAt"] else "never"


@command.command("revoke")
@click.argument("endpoint")
@click.argument("key_id", metavar="ID")
@with_project
def revoke(project: ProjectPath, endpoint: str, key_id: str) -> None:
    """End a key at once."""

    async def work(admin: Admin) -> None:
        await admin.delete(f"/endpoints/{in_path(endpoint)}/keys/{in_path(key_id)}")

    administer(project.load(), work)
    say(f"The key {key_id} of {endpoint} is revoked.")


def _show_once(key: dict[str, str], as_json: bool) -> None:
    if as_json:
        print_json({field: key[field] for field in ("id", "name", "key", "preview")})
        return
    warn("this is the only time that the key is shown; callers send it in X-Webhook-Key")
    say(bold(key["key"]))


def _time(when: str) -> str:
    """A time as the API takes it; a duration counts from now."""
    try:
        return (datetime.now(UTC) + timedelta(seconds=parse_duration(when))).isoformat()
    except ValueError:
        return when
    except OverflowError:
        raise click.UsageError("--ends is too far ahead.") from None


def _seconds(duration: str, option: str) -> float:
    try:
        return float(parse_duration(duration))
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}.") from None
