"""``flowhook replay``: a session that took place, run again on the flows as they are now."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flowhook.cli.admin_client import Admin, administer, in_path
from flowhook.cli.asyncio_runner import run_async
from flowhook.cli.commands.sessions import naming, session_path
from flowhook.cli.console import (
    bad,
    bold,
    dim,
    good,
    json_option,
    moment,
    print_json,
    progress,
    say,
    short,
    warn,
    working,
)
from flowhook.cli.loading import open_hooks
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowFileError, FlowhookError
from flowhook.model.inbound import JsonObject
from flowhook.terminal import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowhook.config import Config
    from flowhook.replay.diff import Compared, Comparison, Difference
    from flowhook.replay.recording import Recording
    from flowhook.runtime.project.project import Project as Loaded


@click.command("replay")
@naming
@click.option(
    "--flow", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
    help="With this file in the place of the flow of the same name.",
)  # fmt: skip
@json_option
@with_project
def command(
    project: ProjectPath,
    session: str,
    endpoint: str | None,
    user: str | None,
    flow: Path | None,
    as_json: bool,
) -> None:
    """Run a session again and show what differs.

    SESSION is a sessionId. It is run in memory on the flows as they are now, at the times and with the
    choices of then. Services and plugins' nodes are not called: they answer what they answered. Nothing is
    delivered or kept. Exits with 1 when anything differs.
    """
    config = project.load()
    with working("reading"):
        recording = _recording(config, session, endpoint, user)
    comparison, notes = _replayed(project, config, recording, flow)
    if as_json:
        print_json(_as_json(recording, comparison, notes))
    else:
        _show(recording, comparison, notes)
    if not comparison.same:
        click.get_current_context().exit(1)


def _recording(config: Config, session: str, endpoint: str | None, user: str | None) -> Recording:
    from flowhook.replay.recording import recording_of

    async def work(admin: Admin) -> tuple[JsonObject, JsonObject]:
        document = await admin.get(f"{await session_path(admin, session, endpoint, user)}/export")
        (held,) = document["sessions"]
        return held, await admin.get(f"/users/{in_path(held['userId'])}/profile")

    exported, profile = administer(config, work)
    return recording_of(exported, profile)


def _replayed(
    project: ProjectPath, config: Config, recording: Recording, flow: Path | None
) -> tuple[Comparison, list[str]]:
    from flowhook.replay.diff import compare
    from flowhook.replay.replayer import config_for, replay

    narrowed = config_for(config, recording)
    with _loaded(config, flow) as loaded:
        with progress("replaying", len(recording.turns)) as step:
            found = run_async(replay(recording, narrowed, loaded, step))
        return compare(recording, found, loaded.library), [*recording.notes, *found.notes]


@contextmanager
def _loaded(config: Config, flow: Path | None) -> Iterator[Loaded]:
    """The flows and plugins of the project, with a file in the place of the flow of its name."""
    from flowhook.runtime.project.project import load_project

    sources = _sources(config, flow) if flow is not None else None
    loaded = load_project(config, None, sources=sources)
    try:
        yield loaded
    finally:
        loaded.hooks.close()


def _sources(config: Config, file: Path) -> Sequence[Path]:
    """The files of the flows to load. Raises FlowhookError when there is no flow of that name."""
    from flowhook.flowfiles.library import load_library
    from flowhook.problems.suggestion import did_you_mean
    from flowhook.runtime.project.project import load_flows

    with open_hooks(config) as hooks:
        there = load_flows(config, hooks)
        named = load_library(file, there.node_types, filters=there.filters)
    (mine,) = named.files.values()
    if mine.name is None:
        raise FlowFileError("the flow has errors", named.problems)
    names = {compiled.name: config.root / name for name, compiled in there.files.items()}
    if mine.name not in names:
        hint = did_you_mean(mine.name, [str(name) for name in names])
        raise FlowhookError(
            f'{file} holds the flow "{mine.name}", and there is none of that name'
            + (f"; {hint}" if hint else "")
        )
    return [*(path for name, path in names.items() if name != mine.name), file.absolute()]


# --- showing -----------------------------------------------------------------------------------------


def _as_json(recording: Recording, comparison: Comparison, notes: list[str]) -> JsonObject:
    return {
        "endpoint": recording.endpoint,
        "userId": recording.user_id,
        "sessionId": recording.session_id,
        "same": comparison.same,
        "notes": notes,
        "turns": [
            {
                "kind": turn.turn.kind,
                "traceId": turn.turn.trace_id,
                "text": turn.turn.text,
                "data": turn.turn.data,
                "differences": [difference.to_json() for difference in turn.differences],
            }
            for turn in comparison.turns
        ],
        "state": [difference.to_json() for difference in comparison.state],
    }


def _show(recording: Recording, comparison: Comparison, notes: list[str]) -> None:
    for note in notes:
        warn(note)
    whose = f"{recording.user_id}/{recording.session_id} at {recording.endpoint}"
    say(bold(one_line(whose)))
    for turn in comparison.turns:
        _show_turn(turn)
    if comparison.state:
        say(f"\n{bold('in the end')}")
        for difference in comparison.state:
            _show_difference(difference)
    say()
    count = sum(1 for turn in comparison.turns if turn.differences)
    turns = f"{len(comparison.turns)} turn{'' if len(comparison.turns) == 1 else 's'}"
    if comparison.same:
        say(good(f"the same: {turns}"))
    else:
        say(bad(f"{count} of {turns} differ" + ("" if count else ", the end does")))


def _show_turn(compared: Compared) -> None:
    turn = compared.turn
    text = short(turn.text) or (short(json.dumps(turn.data, ensure_ascii=False)) if turn.data else "")
    mark = bad("✗") if compared.differences else good("✓")
    say(f"{mark} {dim(moment(turn.at))}  {dim(turn.kind)}  {text}".rstrip())
    for difference in compared.differences:
        _show_difference(difference)


def _show_difference(difference: Difference) -> None:
    if difference.what == "path":
        _show_path(difference)
    elif difference.what in ("call", "turn"):
        say(f"    {dim(difference.what.ljust(8))}{bad(one_line(difference.at))}")
    else:
        name = dim(difference.what.ljust(8))
        at = f"{one_line(difference.at)}: " if difference.at else ""
        then, now = _values(difference)
        blank = " " * 8
        lines = [bad(f"- {at}{then}")] if _is_there(difference, then=True) else []
        if _is_there(difference, then=False):
            lines.append(good(f"+ {at}{now}"))
        for number, line in enumerate(lines):
            say(f"    {name if number == 0 else blank}{line}")


def _is_there(difference: Difference, *, then: bool) -> bool:
    """An output that is missing has no line; of a state, null is a value."""
    return difference.what == "state" or (difference.then if then else difference.now) is not None


def _show_path(difference: Difference) -> None:
    """The nodes around what differs; what both have in common further away is left out."""
    from difflib import unified_diff

    name = "path"
    for line in list(unified_diff(difference.then, difference.now, lineterm="", n=1))[2:]:
        sign, node = line[0], one_line(line[1:])
        paint = {"-": bad, "+": good}.get(sign, dim)
        say(f"    {dim(name.ljust(8))}{paint('…' if sign == '@' else f'{sign} {node}')}")
        name = ""


def _values(difference: Difference) -> tuple[str, str]:
    """Both sides as people read them; in full where they would look the same."""
    if difference.what == "output":
        then, now = _output(difference.then), _output(difference.now)
        if then != now:
            return then, now
    return _value(difference.then), _value(difference.now)


def _output(output: JsonObject | None) -> str:
    from flowhook.flowtest.run.outputs import shown_output

    return one_line(shown_output({"data": {}, **output})) if output is not None else ""


def _value(value: Any) -> str:
    return one_line(value) if isinstance(value, str) else short(json.dumps(value, ensure_ascii=False), 300)
