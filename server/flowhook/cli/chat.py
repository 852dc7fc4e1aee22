"""``flowhook chat``: talk to a flow in the terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flowhook.cli.console import dim, say, warn
from flowhook.cli.loading import find_flow
from flowhook.cli.project import Project, with_project
from flowhook.cli.running import run_async
from flowhook.errors import FlowhookError

if TYPE_CHECKING:
    from flowhook.cli.conversation import Conversation
    from flowhook.config import Config

NAME = "chat"  #: of the endpoint, where the project has none for the flow
PROMPT = "you: "


@click.command("chat")
@click.argument("flow")
@click.option("--endpoint", metavar="NAME", help="With the settings of this endpoint, its plugins too.")
@click.option("--locale", metavar="CODE", help="The locale to begin with, such as de.")
@click.option("--user", metavar="ID", default="you", show_default=True, help="Who talks.")
@click.option("--trace", is_flag=True, help="After each turn, show what it did and why.")
@with_project
def command(
    project: Project, flow: str, endpoint: str | None, locale: str | None, user: str, trace: bool
) -> None:
    """Talk to FLOW, the name of a flow or its file.

    Nothing is kept or delivered, but what the flow calls is called: real HTTP, real plugins. Lines that
    begin with / are commands: /help lists them. Lines may also come from a pipe.
    """
    found = find_flow(project, flow)
    config = _config(project, Path(flow), str(found.name), endpoint, locale)
    try:
        run_async(_talk(config, user, trace))
    except KeyboardInterrupt:
        say()


def _config(project: Project, file: Path, flow: str, endpoint: str | None, locale: str | None) -> Config:
    """The project's configuration with the one endpoint that is talked to, in memory."""
    from flowhook.config import Config

    root = project.path.parent.absolute()
    config = project.load() if project.exists else Config.from_mapping({}, root)
    if file.is_file() and not file.resolve().is_relative_to(config.flows_dir.resolve()):
        config.flows = str(file.parent.absolute())
    config.endpoints = [_door(config, flow, endpoint, locale)]
    config.storage = "sqlite:///:memory:"
    config.admin_key = config.admin_key or "nobody-asks-for-it"
    return config


def _door(config: Config, flow: str, name: str | None, locale: str | None) -> Any:
    from flowhook.config import EndpointConfig

    fitting = [each for each in config.endpoints if (each.name == name if name else each.flow == flow)]
    if name and not fitting:
        raise FlowhookError(f'there is no endpoint "{name}"')
    own = fitting[0].model_copy(deep=True) if fitting else EndpointConfig(name=NAME, flow=flow)
    own.flow, own.enabled, own.output = flow, True, "webhook"
    own.token = own.token or "token-of-the-chat"
    own.webhook.url = "http://chat.invalid/"  # the screen takes the place of the webhook
    own.locale = locale or own.locale
    return own


async def _talk(config: Config, user: str, trace: bool) -> None:
    from flowhook.clock import TravelClock

    clock = TravelClock()
    async with _conversation(config, clock, user, trace) as conversation:
        if sys.stdin.isatty():
            say(dim("/help lists the commands, Ctrl+D ends"))
        async for line in _lines():
            if not await conversation.take(line):
                break


@asynccontextmanager
async def _conversation(config: Config, clock: Any, user: str, trace: bool) -> AsyncIterator[Conversation]:
    from flowhook.app import open_services
    from flowhook.cli.conversation import Conversation

    async with open_services(config, clock=clock) as services:
        yield Conversation(services, clock, user, always_trace=trace)
        await services.turns.stop(0.0)  # what waits for the clock would keep us waiting


async def _lines() -> AsyncIterator[str]:
    """What is typed, or comes from a pipe; then it is shown, as if it had been typed."""
    typed = sys.stdin.isatty()
    if typed:
        _line_editing()
    while True:
        try:
            line = await asyncio.to_thread(input, click.style(PROMPT, fg="cyan") if typed else "")
        except (EOFError, UnicodeDecodeError) as end:
            if isinstance(end, UnicodeDecodeError):
                warn("that was not UTF-8")
                continue
            return
        if not typed and line.strip():
            say(dim(PROMPT) + line)
        yield line


def _line_editing() -> None:
    """Arrow keys and a history, where Python has them."""
    try:
        import readline  # noqa: F401 - importing it is what turns it on
    except ImportError:
        return
