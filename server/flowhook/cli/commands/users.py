"""``flowhook users``: what is kept of a user, as one document, and its erasure."""

from __future__ import annotations

import click

from flowhook.cli.admin_client import Admin, administer, in_path
from flowhook.cli.console import print_json, say, working
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.model.inbound import JsonObject


@click.group("users")
def command() -> None:
    """Look at what is kept of users, and erase it. USER is a userId."""


@command.command("export")
@click.argument("user", metavar="USER")
@with_project
def export(project: ProjectPath, user: str) -> None:
    """Print everything that is kept of a user as one JSON document.

    Sessions with their transcripts and traces, profiles, what plugins keep, analytics, what waits for its
    time, and what was done to it through administration.
    """

    async def work(admin: Admin) -> JsonObject:
        document: JsonObject = await admin.get(f"/users/{in_path(user)}/export")
        return document

    with working("exporting"):
        document = administer(project.load(), work)
    print_json(document)


@command.command("erase")
@click.argument("user", metavar="USER")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_project
def erase(project: ProjectPath, user: str, yes: bool) -> None:
    """Erase everything that is kept of a user, down to the last byte in the database's files.

    The server goes on meanwhile. It cannot be undone.
    """
    if not yes:
        click.confirm(f"Erase everything that is kept of the user {user}?", abort=True, err=True)

    async def work(admin: Admin) -> JsonObject:
        response: JsonObject = await admin.delete(f"/users/{in_path(user)}")
        return response

    with working("erasing"):
        erased = administer(project.load(), work)
    count = erased["sessions"]
    say(f"Erased {count} session{'' if count == 1 else 's'} and all else that was kept of {user}.")
    if erased["sharedWith"]:
        others = ", ".join(erased["sharedWith"])
        say(f"The profile was also that of {others}, whose sessions are still kept.")
