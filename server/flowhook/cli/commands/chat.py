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
from flowhook.cli.chat.session import NAME, SESSION, ChatSession
from flowhook.cli.console import dim, say, warn
from flowhook.cli.loading import find_flow
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError
from flowhook.model.session_ref import SessionRef
from flowhook.terminal import one_line

if TYPE_CHECKING:
    from flowhook.config import Config

T = TypeVar("T")

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
        opened = _opened(config, user, line, locale=locale, trace=trace)
        chat = loop.run(opened.__aenter__())
        try:
            if typed:
                _line_editing()
                say(dim("/help lists the commands, Ctrl+D ends"))
            for said in _lines(line, typed=typed):
                if not loop.run(chat.take(said)):
                    break
        except KeyboardInterrupt:
            line.busy("")
            say()
        finally:
            loop.run(opened.__aexit__(None, None, None), END_SECONDS)


def _config(project: ProjectPath, file: Path, flow: str, endpoint: str | None, locale: str | None) -> Config:
    """The project's configuration with the one endpoint that is talked to, in memory."""
    from flowhook.config import config_from_mapping
    from flowhook.harness.application import stand_in, with_one_endpoint

    root = project.path.parent.absolute()
    config = project.load() if project.exists else config_from_mapping({}, root)
    if file.is_file() and not file.resolve().is_relative_to(config.flows_dir.resolve()):
        config.flows = str(file.parent.absolute())
    fitting = [
        known for known in config.endpoints if (known.name == endpoint if endpoint else known.flow == flow)
    ]
    if endpoint and not fitting:
        raise FlowhookError(f'there is no endpoint "{endpoint}"')
    changes = {"locale": locale} if locale else {}
    own = stand_in(fitting[0] if fitting else None, NAME, flow=flow, **changes)
    return with_one_endpoint(config, own)


@asynccontextmanager
async def _opened(
    config: Config, user: str, line: Line, *, locale: str | None, trace: bool
) -> AsyncIterator[ChatSession]:
    from flowhook.harness.application import open_harness
    from flowhook.harness.clocks import TravelClock
    from flowhook.harness.fake_http import FakeOutgoing
    from flowhook.net.address_policy import AddressRules
    from flowhook.net.client import Outgoing

    clock, ref = TravelClock(), SessionRef(config.endpoints[0].name, user, SESSION)
    chat = ChatSession(ref, clock, line, locale=locale, always_trace=trace)
    real = Outgoing(AddressRules(config.outgoing.allow, config.allow_private_addresses))
    outgoing = FakeOutgoing(chat.services, real)
    async with open_harness(
        config, ref, clock=clock, outgoing=outgoing, overrides=chat.overrides()
    ) as chat.harness:
        yield chat


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
        if any("\ud800" <= char <= "\udfff" for char in said):  # how Python reads what is no UTF-8
            warn("that was not UTF-8")
            continue
        if not typed and said.strip():
            say(dim(PROMPT) + one_line(said))
        yield said


def _line_editing() -> None:
    """Arrow keys, the lines before (kept nowhere), and Tab for commands, where Python has them."""
    try:
        import readline
    except ImportError:
        return
    from flowhook.cli.chat.commands import COMMANDS

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
