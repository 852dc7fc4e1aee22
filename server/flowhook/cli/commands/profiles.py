"""``flowhook profiles``: what is known of users across sessions."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import click

from flowhook.cli.admin_client import Admin, administer, in_path
from flowhook.cli.console import print_json, say
from flowhook.cli.project_option import ProjectPath, with_project

_endpoint = click.option(
    "--endpoint", metavar="NAME", help="Whose profiles these are, with profiles.scope: endpoint."
)


@click.group("profiles")
def command() -> None:
    """Look at what is known of users, and change it. USER is a userId."""


@command.command("show")
@click.argument("user", metavar="USER")
@_endpoint
@with_project
def show(project: ProjectPath, user: str, endpoint: str | None) -> None:
    """Print the profile of a user as JSON."""
    print_json(_ask(project, lambda admin: admin.get(_path(user), endpoint=endpoint)))


@command.command("set")
@click.argument("user", metavar="USER")
@click.argument("values", metavar="NAME=VALUE…", nargs=-1, required=True)
@_endpoint
@with_project
def set_values(project: ProjectPath, user: str, values: tuple[str, ...], endpoint: str | None) -> None:
    """Put values into the profile of a user, and print it.

    VALUE is JSON where it is some (true, 12, [1, 2], null, which removes), else a text. The types of
    profiles.fields count.
    """
    patch = dict(map(_assignment, values))
    print_json(_ask(project, lambda admin: admin.patch(_path(user), patch, endpoint=endpoint)))


@command.command("merge")
@click.argument("user", metavar="USER")
@click.argument("other", metavar="OTHER")
@_endpoint
@with_project
def merge(project: ProjectPath, user: str, other: str, endpoint: str | None) -> None:
    """Let USER and OTHER have one profile from now on: what USER has wins. Print it."""
    body = {"userId": other}
    print_json(_ask(project, lambda admin: admin.post(f"{_path(user)}/merge", body, endpoint=endpoint)))


@command.command("delete")
@click.argument("user", metavar="USER")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_endpoint
@with_project
def delete(project: ProjectPath, user: str, yes: bool, endpoint: str | None) -> None:
    """Delete the profile of a user. Sessions stay: `flowhook users erase` erases everything."""
    if not yes:
        click.confirm(f"Delete the profile of {user}?", abort=True, err=True)
    _ask(project, lambda admin: admin.delete(_path(user), endpoint=endpoint))
    say(f"The profile of {user} is deleted.")


def _path(user: str) -> str:
    return f"/profiles/{in_path(user)}"


def _ask(project: ProjectPath, work: Callable[[Admin], Awaitable[Any]]) -> Any:
    async def ask(admin: Admin) -> Any:
        return await work(admin)

    return administer(project.load(), ask)


def _assignment(text: str) -> tuple[str, Any]:
    name, mark, value = text.partition("=")
    if not (name and mark):
        raise click.UsageError(f"{text!r} is not NAME=VALUE.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
