"""``flowhook audit``: who changed what through administration."""

from __future__ import annotations

import json

import click

from flowhook.cli.admin_client import Admin, administer, pages
from flowhook.cli.console import Column, json_option, moment, print_found, short
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.model.inbound import JsonObject


@click.command("audit")
@click.option("--who", metavar="NAME", help="Only by the admin key of this name.")
@click.option("--action", metavar="ACTION", help="Only this, such as session.reset; session: all of its.")
@click.option("--endpoint", metavar="NAME", help="Only of this endpoint.")
@click.option("--user", metavar="ID", help="Only of this userId.")
@click.option("--from", "since", metavar="TIME", help="Not before 2030-01-31T12:00:00Z.")
@click.option("--to", "until", metavar="TIME", help="Before 2030-01-31T12:00:00Z.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@json_option
@with_project
def command(
    project: ProjectPath,
    who: str | None,
    action: str | None,
    endpoint: str | None,
    user: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show who changed what.

    Through /api or the command line; the latest first.

    WHO is the name of the admin key: admin for admin_key, the others as admin_keys names them.
    """

    async def work(admin: Admin) -> list[JsonObject]:
        filters = {"who": who, "action": action, "endpoint": endpoint, "userId": user}
        return await pages(admin, "/audit", "audit", limit=limit, **filters, **{"from": since, "to": until})

    changes = administer(project.load(), work)
    columns: dict[str, Column] = {
        "AT": lambda change: moment(change["at"]),
        "WHO": "who",
        "ROLE": "role",
        "ACTION": "action",
        "SUBJECT": "subject",
        "WHAT": lambda change: short(_told(change["before"], change["after"]), 80),
    }
    print_found(changes, columns, as_json=as_json, empty="nothing was changed")


def _told(before: object, after: object) -> str:
    """What differs, in a line."""
    values = [json.dumps(value, ensure_ascii=False) for value in (before, after) if value is not None]
    return " → ".join(values)
