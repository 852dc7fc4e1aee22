"""``flowhook traces``: what turns did and why, of all sessions."""

from __future__ import annotations

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
)
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.cli.trace_view import kind_shown, show_trace
from flowhook.model.inbound import JsonObject


@click.group("traces")
def command() -> None:
    """Ask what turns did and why. Those in which something failed are kept longest."""


@command.command("list")
@click.option("--endpoint", metavar="NAME", help="Only of this endpoint.")
@click.option("--node", metavar="FLOW/NODE", help="Only where this node ran; with --failed, where it failed.")
@click.option("--failed", is_flag=True, help="Only where something failed.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@json_option
@with_project
def list_traces(
    project: ProjectPath, endpoint: str | None, node: str | None, failed: bool, limit: int, as_json: bool
) -> None:
    """List the latest turns."""

    async def work(admin: Admin) -> list[JsonObject]:
        return await pages(
            admin,
            "/traces",
            "traces",
            limit=limit,
            endpoint=endpoint,
            node=node,
            failed="1" if failed else None,
        )

    traces = administer(project.load(), work)
    columns: dict[str, Column] = {
        "AT": lambda trace: moment(trace["at"]),
        "TRACE": "traceId",
        "SESSION": lambda trace: f"{trace['endpoint']}/{trace['userId']}/{trace['sessionId']}",
        "KIND": kind_shown,
        "STATUS": _status,
        "WHAT": lambda trace: short(_what(trace), 50),
    }
    print_found(traces, columns, as_json=as_json, empty="there are no traces")


@command.command("show")
@click.argument("trace_id", metavar="TRACE")
@json_option
@with_project
def show(project: ProjectPath, trace_id: str, as_json: bool) -> None:
    """Show a turn step by step: what it saw, which ways it took and did not take, what it changed."""

    async def work(admin: Admin) -> JsonObject:
        found: JsonObject = await admin.get(f"/traces/{in_path(trace_id)}")
        return found

    found = administer(project.load(), work)["traces"]
    if as_json:
        print_json(found)
        return
    for turn in found:
        about = f"{moment(turn['at'])}  {kind_shown(turn)}, {turn['status']}"
        say(f"{bold(short(turn['text']) or '(no text)')}  {dim(about)}")
        say(dim(f"  {turn['endpoint']}/{turn['userId']}/{turn['sessionId']}"))
        show_trace(turn["trace"])
        if "reason" in turn and "error" not in turn["trace"]:
            say(f"  {bad(short(str(turn['reason']), 200))}")


def _status(trace: JsonObject) -> str:
    """How the turn ended; and what failed in one that went on, because a branch of the flow took it."""
    if trace["status"] != "done" or not trace["failed"]:
        return str(trace["status"])
    return f"done, handled: {short(_failure(trace['trace']), 40)}"


def _failure(trace: JsonObject) -> str:
    """What failed first, as short as can be: the status of a response, else the error."""
    for step in trace.get("steps", ()):
        if "error" in step:
            return str(step.get("call", {}).get("status") or step["error"])
    for failure in trace.get("failures", ()):
        return f"plugin {failure['plugin']}, {failure['hook']}"
    return str(trace.get("error") or "failure")


def _what(trace: JsonObject) -> str:
    """What was said; of a turn that failed, why."""
    if trace["status"] == "failed":
        return str(trace["trace"].get("error") or _first_error(trace["trace"]) or trace["text"])
    return str(trace["text"] or "")


def _first_error(trace: JsonObject) -> str | None:
    return next((str(step["error"]) for step in trace.get("steps", ()) if "error" in step), None)
