"""``flowhook record``: a session that took place, written as a test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flowhook.cli.admin_client import Admin, administer
from flowhook.cli.asyncio_runner import run_async
from flowhook.cli.commands.sessions import naming, session_path
from flowhook.cli.console import print_document, say, warn, working
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError
from flowhook.model.inbound import JsonObject

if TYPE_CHECKING:
    from flowhook.config import Config

MOST_TURNS = 500  #: what the administration gives of a transcript


@click.command("record")
@naming
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Write to FILE instead of the terminal; tests of the same flow that are there stay.",
)  # fmt: skip
@click.option("--name", metavar="TEXT", help="What the test is called.")
@with_project
def command(
    project: ProjectPath,
    session: str,
    endpoint: str | None,
    user: str | None,
    output: Path | None,
    name: str | None,
) -> None:
    """Write SESSION, a sessionId, as a test.

    Its steps are what was said and how much time passed, its mocks what services and plugins answered,
    as far as traces are kept. The test is tried on the flows as they are now; when it does not pass,
    that is said.
    """
    config = project.load()

    async def work(admin: Admin) -> JsonObject:
        path = await session_path(admin, session, endpoint, user)
        held: JsonObject = await admin.get(path)
        told = await admin.get(f"{path}/transcript", limit=MOST_TURNS)
        return {**held, **told}

    with working("reading"):
        found = administer(config, work)
    text, failures = recorded(config, found, name)
    if output is None:
        print_document(text)
    else:
        from flowhook.flowtest.run.recorded import write_test

        say(write_test(output, text))
    for failure in failures:
        warn(failure)


def recorded(config: Config, found: JsonObject, name: str | None = None) -> tuple[str, list[str]]:
    """Return the test file of a session, and why its test does not pass on the flows as they are now.

    Raises FlowhookError when nothing of the session is kept.
    """
    from flowhook.flowtest.run.recorded import tried_test

    turns: list[Any] = found["transcript"]
    if not turns:
        raise FlowhookError("nothing of what was said in this session is kept")
    named = next((endpoint for endpoint in config.endpoints if endpoint.name == found["endpoint"]), None)
    flow = named.flow if named is not None else str(found["state"]["frames"][0][0])
    endpoint = named.name if named is not None else None
    text, failures = run_async(tried_test(flow, turns, config, name=name, endpoint=endpoint))
    if turns[0].get("seq", 1) != 1:
        failures.insert(0, "the session is older than what is kept of it: the test begins in its middle")
    return text, failures
