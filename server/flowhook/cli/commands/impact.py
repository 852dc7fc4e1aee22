"""``flowhook impact``: what the flows in the files would do to the sessions that live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flowhook.cli.admin_client import Admin, administer
from flowhook.cli.console import bad, bold, dim, good, json_option, print_json, say, working
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowFileError
from flowhook.terminal import one_line

if TYPE_CHECKING:
    from flowhook.flowfiles.library import LoadedLibrary
    from flowhook.flowfiles.orphaned_sessions import OrphanedSessions, SessionCount


@click.command("impact")
@json_option
@with_project
def command(project: ProjectPath, as_json: bool) -> None:
    """Count the sessions that edited flows strand.

    It holds the flows in the files against the sessions that live. A session is stranded when the node at
    which it stands is gone: its next input enters at the first node. A line such as `moved: {old: new}` in
    the flow keeps it. Exits with 1 when any would be stranded.
    """
    from flowhook.flowfiles.orphaned_sessions import SessionCount, find_moved, find_orphaned

    config = project.load()
    loaded = _flows(project)

    async def work(admin: Admin) -> Any:
        return (await admin.get("/sessions/standing"))["standing"]

    with working("counting"):
        standing = [SessionCount(**row) for row in administer(config, work)]
    lost, kept = find_orphaned(standing, loaded.library), find_moved(standing, loaded.library)
    if as_json:
        print_json(
            {
                "sessions": sum(group.count for group in standing),
                "strandedSessions": sum(group.count for group in lost),
                "stranded": [group.to_json() for group in lost],
                "moving": [
                    {"endpoint": position.endpoint, "node": position.node, "to": to, "count": position.count}
                    for position, to in kept
                ],
            }
        )
    else:
        _show(standing, lost, kept, loaded)
    if lost:
        click.get_current_context().exit(1)


def _flows(project: ProjectPath) -> LoadedLibrary:
    """The flows of the files. Raises FlowFileError: what does not compile looks as if it were gone."""
    from flowhook.cli.loading import load_flows_of

    loaded = load_flows_of(project)
    if not loaded.good:
        raise FlowFileError("the flows have errors", loaded.problems)
    return loaded


def _show(
    standing: list[SessionCount],
    lost: list[OrphanedSessions],
    kept: list[tuple[SessionCount, str]],
    loaded: LoadedLibrary,
) -> None:
    files = {compiled.name: file for file, compiled in loaded.files.items()}
    for orphaned in lost:
        flow = orphaned.node.partition("/")[0]
        what = f"the flow {flow} is gone" if orphaned.gone == "flow" else "the node is gone"
        hint = f"; {orphaned.hint}" if orphaned.hint and not orphaned.moved else ""
        position = f"{bold(one_line(orphaned.node))} {dim(_at(orphaned.endpoint))}"
        say(f"{bad(_sessions(orphaned.count))} at {position}: {what}{hint}")
        if orphaned.moved:
            say(f"  {files.get(flow, flow)}:  {good(one_line(orphaned.moved))}  {dim('would keep them')}")
    for stands, to in kept:
        say(dim(f"{_sessions(stands.count)} at {stands.node} {_at(stands.endpoint)}: moved to {to}"))
    total = sum(group.count for group in standing)
    gone = sum(group.count for group in lost)
    if gone:
        say(f"{bad(str(gone))} of {_sessions(total)} that stand at a node would be stranded")
    else:
        say(good(f"no live session would be stranded ({_sessions(total)} at a node)"))


def _sessions(count: int) -> str:
    return f"{count} live session{'' if count == 1 else 's'}"


def _at(endpoint: str) -> str:
    return f"of {one_line(endpoint)}"
