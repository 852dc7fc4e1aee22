"""``flowhook keys``: the API keys that callers of an endpoint present."""

from __future__ import annotations

import click

from flowhook.cli.admin_client import Admin, administer, in_path
from flowhook.cli.console import bold, moment, print_json, say, table, warn
from flowhook.cli.project_option import ProjectPath, with_project


@click.group("keys")
def command() -> None:
    """Create, list and revoke API keys.

    They are for endpoints with `auth: api_key`; callers send them in X-Webhook-Key.
    """


@command.command("create")
@click.argument("endpoint")
@click.option("--name", required=True, help="Who will use it; unique at the endpoint.")
@click.option("--json", "as_json", is_flag=True, help="Print {id, name, key, preview}.")
@with_project
def create(project: ProjectPath, endpoint: str, name: str, as_json: bool) -> None:
    """Create a key and print it, this once."""

    async def work(admin: Admin) -> dict[str, str]:
        made: dict[str, str] = await admin.post(f"/endpoints/{in_path(endpoint)}/keys", {"name": name})
        return made

    key = administer(project.load(), work)
    if as_json:
        print_json({field: key[field] for field in ("id", "name", "key", "preview")})
        return
    warn("this is the only time that the key is shown; callers send it in X-Webhook-Key")
    say(bold(key["key"]))


@command.command("list")
@click.argument("endpoint")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_project
def list_keys(project: ProjectPath, endpoint: str, as_json: bool) -> None:
    """List the keys of an endpoint; the keys themselves are not kept."""

    async def work(admin: Admin) -> list[dict[str, str]]:
        answer = await admin.get(f"/endpoints/{in_path(endpoint)}/keys")
        found: list[dict[str, str]] = answer["keys"]
        return found

    keys = administer(project.load(), work)
    if as_json:
        print_json(keys)
        return
    rows = [(key["id"], key["name"], key["preview"], moment(key["createdAt"])) for key in keys]
    table(("ID", "NAME", "KEY", "CREATED"), rows, empty=f"{endpoint} has no keys")


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
