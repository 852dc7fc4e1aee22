"""``flowhook sessions``: look at conversations, set them back, move them, erase them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import click

from flowhook.cli.admin_client import Admin, administer, in_path, pages
from flowhook.cli.console import (
    Column,
    bad,
    bold,
    dim,
    json_option,
    moment,
    print_found,
    print_json,
    say,
    short,
    working,
)
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.cli.trace_view import kind_shown, show_trace
from flowhook.errors import FlowhookError
from flowhook.model.inbound import JsonObject
from flowhook.terminal import one_line


def naming(command: Callable[..., None]) -> Callable[..., None]:
    """The argument and options that name one session."""
    for option in (
        click.option("--user", metavar="ID", help="The userId, where several have such a session."),
        click.option("--endpoint", metavar="NAME", help="The endpoint, likewise."),
        click.argument("session", metavar="SESSION"),
    ):
        command = option(command)
    return command


@click.group("sessions")
def command() -> None:
    """Look at sessions and change them. SESSION is a sessionId."""


@command.command("list")
@click.option("--endpoint", metavar="NAME", help="Only of this endpoint.")
@click.option("--user", metavar="ID", help="Only of this userId.")
@click.option("--session", metavar="ID", help="Only with this sessionId.")
@click.option("--node", metavar="NODE", help="Only those that stand there: flow/node, or its id.")
@click.option("--waiting", is_flag=True, help="Only those in whose inbox something waits.")
@click.option("--text", metavar="TEXT", help="Only those in which this was said, by either side.")
@click.option("--from", "since", metavar="TIME", help="Active, or said, since 2030-01-31T12:00:00Z.")
@click.option("--to", "until", metavar="TIME", help="Before 2030-01-31T12:00:00Z.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@json_option
@with_project
def list_sessions(
    project: ProjectPath,
    endpoint: str | None,
    user: str | None,
    session: str | None,
    node: str | None,
    waiting: bool,
    text: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List sessions, newest activity first; with --text, the newest message that says it first."""

    async def work(admin: Admin) -> list[JsonObject]:
        filters = {"endpoint": endpoint, "userId": user, "sessionId": session, "node": node, "text": text}
        if waiting:
            filters["waiting"] = "1"
        return await pages(
            admin, "/sessions", "sessions", limit=limit, **filters, **{"from": since, "to": until}
        )

    sessions = _once(administer(project.load(), work))
    whose: dict[str, Column] = {"ENDPOINT": "endpoint", "USER": "userId", "SESSION": "sessionId"}
    if text is not None:
        columns = whose | {
            "SAID AT": lambda session: moment(session["found"]["at"]),
            "TEXT": lambda session: short(session["found"]["text"], 60),
        }
        print_found(sessions, columns, as_json=as_json, empty="nobody said that")
        return
    columns = whose | {
        "STANDS AT": "node",
        "REVISION": "revision",
        "WAITING": "backlog",
        "LAST ACTIVE": lambda session: moment(session["updatedAt"]),
    }
    print_found(sessions, columns, as_json=as_json, empty="there are no sessions")


def _once(sessions: list[JsonObject]) -> list[JsonObject]:
    """Each session once: a search finds it again where older messages say the same."""
    names = ("endpoint", "userId", "sessionId")
    first = {tuple(session[name] for name in names): session for session in reversed(sessions)}
    return list(first.values())[::-1]


@command.command("show")
@naming
@click.option(
    "--turns", type=click.IntRange(0, 500), default=3, show_default=True, help="How many of the last turns."
)
@json_option
@with_project
def show(
    project: ProjectPath, session: str, endpoint: str | None, user: str | None, turns: int, as_json: bool
) -> None:
    """Show all that a session holds, and what its last turns did and why."""

    async def look(admin: Admin, path: str) -> JsonObject:
        held: JsonObject = await admin.get(path)
        told = await admin.get(f"{path}/transcript", limit=turns) if turns else {"transcript": []}
        return {**held, **told}

    found = _with_session(project, session, endpoint, user, look)
    if as_json:
        print_json(found)
        return
    say(bold(one_line(f"{found['userId']}/{found['sessionId']} at {found['endpoint']}")))
    for title, value in (
        ("stands at", found["node"] or "the first node"),
        ("revision", found["revision"]),
        ("waiting", f"{found['backlog']} inbounds"),
        ("began", moment(found["createdAt"])),
        ("last active", moment(found["updatedAt"])),
    ):
        say(f"{dim(title.ljust(12))} {value}")
    print_json(found["state"])
    for inbound in found["transcript"]:
        _show_turn(inbound)


def _show_turn(inbound: JsonObject) -> None:
    """What entered, which nodes ran and why they went where they went, and what was said."""
    text = short(inbound["text"]) or short(json.dumps(inbound["data"], ensure_ascii=False))
    about = dim(f"{moment(inbound['at'])}  {kind_shown(inbound)}, {inbound['status']}  {inbound['traceId']}")
    say(f"\n{bold(text)}  {about}")
    trace = inbound.get("trace", {})
    show_trace(trace)
    if "reason" in inbound and "error" not in trace:
        say(f"  {bad(short(str(inbound['reason']), 200))}")
    for output in inbound["outputs"]:
        said = short(str(output["output"].get("text", ""))) or "(data)"
        say(f"  → {said}  {dim(output['status'])}")


@command.command("reset")
@naming
@with_project
def reset(project: ProjectPath, session: str, endpoint: str | None, user: str | None) -> None:
    """Set a session back to the first node and the default context."""
    _with_session(project, session, endpoint, user, lambda admin, path: admin.post(f"{path}/reset"))
    say(f"The session {session} starts anew with its next message.")


@command.command("goto")
@naming
@click.argument("target", metavar="FLOW/NODE")
@with_project
def goto(project: ProjectPath, session: str, endpoint: str | None, user: str | None, target: str) -> None:
    """Let a session stand at a node until its next message. FLOW/ alone is a flow's first node."""
    _with_session(
        project, session, endpoint, user, lambda admin, path: admin.post(f"{path}/goto", {"node": target})
    )
    say(f"The session {session} stands at {target}.")


@command.command("export")
@click.argument("session", metavar="[SESSION]", required=False)
@click.option("--user", metavar="ID", help="Without SESSION: all sessions and the profile of this user.")
@click.option("--endpoint", metavar="NAME", help="The endpoint, where several have such a session.")
@with_project
def export(project: ProjectPath, session: str | None, user: str | None, endpoint: str | None) -> None:
    """Print everything that is kept of a session, or of a user, as one JSON document."""

    async def work(admin: Admin) -> JsonObject:
        path = await _session_or_user(admin, session, user, endpoint)
        document: JsonObject = await admin.get(f"{path}/export")
        return document

    with working("exporting"):
        document = administer(project.load(), work)
    print_json(document)


@command.command("forget")
@click.argument("session", metavar="[SESSION]", required=False)
@click.option("--user", metavar="ID", help="Without SESSION: everything that is kept of this user.")
@click.option("--endpoint", metavar="NAME", help="The endpoint, where several have such a session.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_project
def forget(
    project: ProjectPath, session: str | None, user: str | None, endpoint: str | None, yes: bool
) -> None:
    """Erase a session, or all that is kept of a user. It cannot be undone."""
    if (session or user) and not yes:
        what = f"the session {session}" if session else f"everything that is kept of the user {user}"
        click.confirm(f"Erase {what}?", abort=True, err=True)

    async def work(admin: Admin) -> int:
        response = await admin.delete(await _session_or_user(admin, session, user, endpoint))
        return int(response["sessions"])

    with working("erasing"):
        count = administer(project.load(), work)
    say(f"Erased {count} session{'' if count == 1 else 's'}.")


# --- finding them -----------------------------------------------------------------------------------


async def session_path(admin: Admin, session: str, endpoint: str | None, user: str | None) -> str:
    """The path of the one session that is meant."""
    whose = {"endpoint": endpoint, "userId": user, "sessionId": session}
    found = await pages(admin, "/sessions", "sessions", limit=2, **whose)
    if not found:
        raise FlowhookError(
            f"there is no session {session!r}; `flowhook sessions list` shows those there are"
        )
    if len(found) > 1:
        raise FlowhookError(f"there are several sessions {session!r}; say which with --endpoint or --user")
    one = found[0]
    return "/sessions/" + "/".join(in_path(one[name]) for name in ("endpoint", "userId", "sessionId"))


async def _session_or_user(admin: Admin, session: str | None, user: str | None, endpoint: str | None) -> str:
    if session is not None:
        return await session_path(admin, session, endpoint, user)
    if user is None:
        raise click.UsageError("Name a SESSION, or a user with --user.")
    return f"/users/{in_path(user)}"


def _with_session(
    project: ProjectPath,
    session: str,
    endpoint: str | None,
    user: str | None,
    do: Callable[[Admin, str], Awaitable[Any]],
) -> JsonObject:
    """Do something with the one session that is meant; ``do`` gets its path."""

    async def work(admin: Admin) -> JsonObject:
        response: JsonObject = await do(admin, await session_path(admin, session, endpoint, user))
        return response

    return administer(project.load(), work)
