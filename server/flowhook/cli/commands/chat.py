"""``flowhook chat``: talk to a flow in the terminal."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from flowhook.cli.chat.interrupts import ctrl_c_arrives
from flowhook.cli.chat.screen import PROMPT, Line
from flowhook.cli.console import dim, one_line, say, warn
from flowhook.cli.loading import find_flow
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError

if TYPE_CHECKING:
    from flowhook.cli.chat.session import Conversation
    from flowhook.config import Config

T = TypeVar("T")

NAME = "chat"  #: of the endpoint, where the project has none for the flow
END_SECONDS = 5.0  #: that the application has to close


@click.command("chat")
@click.argument("flow")
@click.option("--endpoint", metavar="NAME", help="With the settings of this endpoint, its plugins too.")
@click.option("--locale", metavar="CODE", help="The locale to begin with, such as de.")
@click.option("--user", metavar="ID", default="you", show_default=True, help="Who talks.")
@click.option("--trace", is_flag=True, help="After each turn, show what it did and why.")
@with_project
def command(
    project: ProjectPath, flow: str, endpoint: str | None, locale: str | None, user: str, trace: bool
) -> None:
    """Talk to FLOW, the name of a flow or its file.

    Nothing is kept or delivered, but what the flow calls is called: real HTTP, real plugins; /mock answers
    in the place of a service. Lines that begin with / are commands: /help lists them. Lines may also come
    from a pipe.
    """
    found = find_flow(project, flow)
    config = _config(project, Path(flow), str(found.name), endpoint, locale)
    typed = sys.stdin.isatty()
    line = Line(live=typed and sys.stdout.isatty())
    with _beside() as loop, ctrl_c_arrives():
        opened = _conversation(config, user, line, locale=locale, trace=trace)
        conversation = loop.run(opened.__aenter__())
        try:
            if typed:
                _line_editing()
                say(dim("/help lists the commands, Ctrl+D ends"))
            for said in _lines(line, typed=typed):
                if not loop.run(conversation.take(said)):
                    break
        except KeyboardInterrupt:
            line.busy("")
            say()
        finally:
            loop.run(opened.__aexit__(None, None, None), END_SECONDS)


def _config(project: ProjectPath, file: Path, flow: str, endpoint: str | None, locale: str | None) -> Config:
    """The project's configuration with the one endpoint that is talked to, in memory."""
    from flowhook.config import config_from_mapping

    root = project.path.parent.absolute()
    config = project.load() if project.exists else config_from_mapping({}, root)
    if file.is_file() and not file.resolve().is_relative_to(config.flows_dir.resolve()):
        config.flows = str(file.parent.absolute())
    config.endpoints = [_door(config, flow, endpoint, locale)]
    config.storage = "sqlite:///:memory:"
    config.admin_key = config.admin_key or "nobody-asks-for-it"
    return config


def _door(config: Config, flow: str, name: str | None, locale: str | None) -> Any:
    from flowhook.config import EndpointConfig

    fitting = [
        endpoint
        for endpoint in config.endpoints
        if (endpoint.name == name if name else endpoint.flow == flow)
    ]
    if name and not fitting:
        raise FlowhookError(f'there is no endpoint "{name}"')
    own = fitting[0].model_copy(deep=True) if fitting else EndpointConfig(name=NAME, flow=flow)
    own.flow, own.enabled, own.output = flow, True, "webhook"
    own.token = own.token or "token-of-the-chat"
    own.webhook.url = "http://chat.invalid/"  # the screen takes the place of the webhook
    own.session.unknown = "create"
    own.locale = locale or own.locale
    return own


@asynccontextmanager
async def _conversation(
    config: Config, user: str, line: Line, *, locale: str | None, trace: bool
) -> AsyncIterator[Conversation]:
    from flowhook.app import open_application
    from flowhook.cli.chat.session import Conversation
    from flowhook.harness.clocks import TravelClock

    clock = TravelClock()
    conversation = Conversation(clock, user, line, locale=locale, always_trace=trace)
    overrides = conversation.overrides(config)
    async with open_application(config, clock=clock, overrides=overrides) as services:
        conversation.begin(services)
        yield conversation
        await services.turns.stop(0.0)  # what waits for the clock would keep us waiting


# --- lines ---------------------------------------------------------------------------------------------


def _lines(line: Line, *, typed: bool) -> Iterator[str]:
    """What is typed, or comes from a pipe; then it is shown, as if it had been typed."""
    while True:
        try:
            said = line.ask(input) if typed else input()
        except UnicodeDecodeError:
            warn("that was not UTF-8")
            continue
        except EOFError:
            if typed:
                say()
            return
        if not typed and said.strip():
            say(dim(PROMPT) + one_line(said))
        yield said


def _line_editing() -> None:
    """Arrow keys, the lines before (kept nowhere), and Tab for commands, where Python has them."""
    try:
        import readline
    except ImportError:
        return
    from flowhook.cli.chat.session import COMMANDS

    def complete(begun: str, number: int) -> str | None:
        fitting = [f"/{name} " for name in COMMANDS if f"/{name}".startswith(begun)] if begun else []
        return fitting[number] if number < len(fitting) else None

    readline.set_completer_delims(" ")
    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")


# --- the application runs beside -------------------------------------------------------------------------


class _Loop:
    """An event loop in a thread of its own: the terminal belongs to the main one, where Ctrl+C arrives and
    the line editor puts the terminal right again."""

    def __init__(self, context: click.Context) -> None:
        self._context = context
        self._begun = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._over: asyncio.Event
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()
        self._begun.wait()

    def _live(self) -> None:
        from click.globals import push_context

        push_context(self._context)  # whether there are colours is known there
        asyncio.run(self._until_over())

    async def _until_over(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._begun.set()
        await self._over.wait()

    def run(self, work: Coroutine[Any, Any, T], seconds: float | None = None) -> T:
        """Wait until it is done; Ctrl+C cuts it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(seconds)
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """What is left over has a moment to end; the process does not wait for it any longer."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(END_SECONDS)


@contextmanager
def _beside() -> Iterator[_Loop]:
    loop = _Loop(click.get_current_context())
    try:
        yield loop
    finally:
        loop.close()
