"""A conversation in the terminal: what is typed goes in, what the bot says is shown, commands look inside."""

from __future__ import annotations

import json
import shlex
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic_core import from_json

from flowhook.cli.console import bad, bold, dim, good, moment, one_line, say, short
from flowhook.cli.tracing import show_trace
from flowhook.clock import TravelClock
from flowhook.engine.fields import parse_duration
from flowhook.errors import ApiError, FlowhookError
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import JsonObject, SessionId
from flowhook.model.output import Delivered, Delivery, DeliveryAnswer
from flowhook.runtime.dispatcher import Route
from flowhook.testing.quiet import quiet

if TYPE_CHECKING:
    from flowhook.runtime.services import Services

SESSION = "chat"


class Screen:
    """In the place of the webhook: shows what would have been delivered."""

    async def deliver(self, delivery: Delivery, *, endpoint: Endpoint, sender: Any) -> DeliveryAnswer:
        """Always well."""
        body = from_json(delivery.body)
        output = body.get("AIOutput") if isinstance(body, dict) else None
        if isinstance(output, dict):
            show_output(output)
        else:
            say(f"{click.style('bot:', fg='green')} {dim(json.dumps(body, ensure_ascii=False))}")
        return Delivered(200)


def show_output(output: JsonObject) -> None:
    """The text, then what is rich about it, then the rest of its data."""
    data = dict(output.get("data") or {})
    rich = data.pop("rich", None)
    who = click.style("bot:" if output.get("source") != "agent" else "agent:", fg="green")
    say(f"{who} {_plain(str(output.get('text', '')))}".rstrip())
    if isinstance(rich, dict):
        for line in _rich_lines(rich):
            say(f"     {line}")
    if data:
        say(dim(f"     data {short(json.dumps(data, ensure_ascii=False), 300)}"))


def _plain(text: str) -> str:
    """Line breaks stay, what a terminal would obey goes."""
    return "\n     ".join(one_line(line) for line in text.splitlines())


def _rich_lines(rich: Mapping[str, Any]) -> list[str]:
    """Buttons as [buttons], pictures as addresses, cards one below the other."""
    lines = []
    for key, value in rich.items():
        if key in ("type", "fallback", "text"):
            continue
        if isinstance(value, str):
            lines.append(dim(f"{key}: {short(value, 200)}"))
        elif isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
            lines += _elements(value)
    return lines or [dim(str(rich.get("type", "")))]


def _elements(items: list[Mapping[str, Any]]) -> list[str]:
    if all("items" not in item and "subtitle" not in item and "buttons" not in item for item in items):
        return [" ".join(f"[{_plain(str(item.get('title', '')))}]" for item in items)]
    lines = []
    for item in items:
        subtitle = dim(f" – {_plain(str(item['subtitle']))}") if item.get("subtitle") else ""
        lines.append(f"• {bold(_plain(str(item.get('title', ''))))}{subtitle}")
        if item.get("buttons"):
            lines += [f"  {line}" for line in _elements(list(item["buttons"]))]
    return lines


class Conversation:
    """One session with one endpoint, until somebody has had enough."""

    def __init__(self, services: Services, clock: TravelClock, user: str, *, always_trace: bool) -> None:
        self.services = services
        self.clock = clock
        self.always_trace = always_trace
        (self.endpoint,) = services.endpoints
        self.user = user
        self.session = SessionId(self.endpoint.name, user, SESSION)
        services.dispatcher.use({self.endpoint.name: Route.of(self.endpoint, Screen())})

    async def take(self, line: str) -> bool:
        """One line, typed. False: that was the last."""
        line = line.strip()
        if not line:
            return True
        if line in ("/quit", "/exit", "/q"):
            return False
        try:
            if line.startswith("/") and not line.startswith("//"):
                await self._command(line)
            else:
                await self._send("message", text=line.removeprefix("/") if line.startswith("//") else line)
        except (FlowhookError, ValueError, OSError) as error:
            say(bad(str(error)))
            for each in getattr(error, "errors", None) or []:
                say(bad(f"  {each['field']}: {each['message']}"))
        return True

    # --- speaking ----------------------------------------------------------------------------------

    async def _send(self, route: str, **content: Any) -> None:
        ids = {"userId": self.session.user_id, "sessionId": self.session.session_id}
        await self.services.intake.submit(self.endpoint, route, {**ids, **content})
        await self._settle()

    async def _settle(self) -> None:
        """Until nothing moves any more; then tell what went wrong, or, if asked for, everything."""
        await quiet(self.services)
        if (turn := await self._last_turn()) is None:
            return
        trace = turn.get("trace", {})
        if self.always_trace:
            show_trace(trace)
        elif turn["status"] == "failed":
            say(bad(f"the turn failed: {trace.get('error') or turn.get('reason')}"))
            say(dim("/trace tells more"))

    async def _last_turn(self) -> JsonObject | None:
        turns = await self.services.store.transcript(self.session, 1)
        return turns[-1] if turns else None

    async def _state(self) -> JsonObject:
        row = await self.services.store.session(self.session)
        return row.state if row is not None else {}

    # --- commands ----------------------------------------------------------------------------------

    async def _command(self, line: str) -> None:
        word, _, rest = line[1:].partition(" ")
        found = [name for name in COMMANDS if name == word] or [
            name for name in COMMANDS if name.startswith(word)
        ]
        if len(found) != 1:
            raise FlowhookError(f"there is no command /{word}; /help lists them")
        await COMMANDS[found[0]][0](self, rest.strip())

    async def help(self, _rest: str) -> None:
        """list the commands"""
        for name, (work, arguments) in COMMANDS.items():
            say(f"{bold(('/' + name + ' ' + arguments).ljust(26))} {work.__doc__}")
        say(dim("a line that begins with // says what follows the first of them"))

    async def context(self, rest: str) -> None:
        """show the context; PATH=JSON changes it"""
        if rest:
            await self.services.sessions.patch_context(self.session, _patch(rest))
        _show((await self._state()).get("context", {}))

    async def profile(self, _rest: str) -> None:
        """show what is kept of the user"""
        _show(await self.services.store.profile(self.session.user_id))

    async def state(self, _rest: str) -> None:
        """show all that the session holds, and where it stands"""
        row = await self.services.store.session(self.session)
        say(f"{dim('stands at')} {row.node or 'the first node' if row else 'nowhere: nothing was said yet'}")
        _show(await self._state())

    async def trace(self, rest: str) -> None:
        """show what the last turn, or the last N, did and why; on and off: after each"""
        if rest in ("on", "off"):
            self.always_trace = rest == "on"
            return
        for turn in await self.services.store.transcript(self.session, int(rest or 1)):
            say(dim(f"{turn['kind']}: {short(turn['text'] or json.dumps(turn['data']))}  {turn['status']}"))
            show_trace(turn.get("trace", {}))

    async def inject(self, rest: str) -> None:
        """speak into the flow as a backend does: a text, or JSON data"""
        await self._send("inject", **_content(rest))

    async def notify(self, rest: str) -> None:
        """speak to the user as a backend does, past the flow"""
        await self._send("notify", **_content(rest))

    async def data(self, rest: str) -> None:
        """send JSON data as the user, as a button with data would"""
        await self._send("message", data=json.loads(rest))

    async def advance(self, rest: str) -> None:
        """move time, such as 10m; timers that fall due fire"""
        seconds = parse_duration(rest)
        if not isinstance(seconds, float):
            raise FlowhookError("how far? write /advance 10m")
        self.clock.advance(seconds)
        self.services.timers.look()
        self.services.dispatcher.wake()
        say(dim(f"it is {moment(self.clock.now())}"))
        await self._settle()

    async def timers(self, _rest: str) -> None:
        """list what waits for its time"""
        rows = await self.services.store.find_timers()
        for row in rows:
            say(f"{row.kind} {row.node or ''} {dim('at ' + moment(row.due_at))}")
        if not rows:
            say(dim("nothing"))

    async def goto(self, rest: str) -> None:
        """stand at a node, or FLOW/NODE, until the next message"""
        await self.services.sessions.go_to(self.session, rest)

    async def reset(self, _rest: str) -> None:
        """begin anew: first node, default context"""
        try:
            await self.services.sessions.reset(self.session)
        except ApiError:
            return  # nothing was said yet

    async def reload(self, _rest: str) -> None:
        """take up edited flows and plugins"""
        from flowhook.cli.console import show_problems
        from flowhook.flowfiles.diagnostics import has_errors

        problems = (await self.services.reload()).problems
        self.services.dispatcher.use({self.endpoint.name: Route.of(self.endpoint, Screen())})
        if problems:
            show_problems(problems, err=False)
        say(bad("the last good version goes on") if has_errors(problems) else good("reloaded"))

    async def save(self, rest: str) -> None:
        """write the conversation so far as a test"""
        from flowhook.testfiles.write import recorded_test

        parts = shlex.split(rest)
        if not parts:
            raise FlowhookError("where to? write /save flows/pizza.test.yaml")
        path = Path(parts[0])
        turns = await self.services.store.transcript(self.session)
        text = recorded_test(self.endpoint.flow, turns, self.services.config, name=" ".join(parts[1:]) or None)
        say(good(_write(path, text)))


Command = Callable[[Conversation, str], Awaitable[None]]

#: Name → what it does, and what may follow it.
COMMANDS: Mapping[str, tuple[Command, str]] = {
    "help": (Conversation.help, ""),
    "context": (Conversation.context, "[PATH=JSON]"),
    "profile": (Conversation.profile, ""),
    "state": (Conversation.state, ""),
    "trace": (Conversation.trace, "[N | on | off]"),
    "inject": (Conversation.inject, "TEXT | JSON"),
    "notify": (Conversation.notify, "TEXT | JSON"),
    "data": (Conversation.data, "JSON"),
    "advance": (Conversation.advance, "DURATION"),
    "timers": (Conversation.timers, ""),
    "goto": (Conversation.goto, "NODE"),
    "reset": (Conversation.reset, ""),
    "reload": (Conversation.reload, ""),
    "save": (Conversation.save, "FILE [NAME]"),
}


def _content(written: str) -> JsonObject:
    """A text, or an object as data."""
    return {"data": json.loads(written)} if written.startswith("{") else {"text": written}


def _patch(written: str) -> JsonObject:
    """``size=large`` or ``order.items=[1, 2]`` as a change of the context."""
    path, equals, value = written.partition("=")
    if not equals:
        raise FlowhookError("write /context path=value")
    try:
        patch: Any = json.loads(value)
    except ValueError:
        patch = value.strip()
    for name in reversed(path.strip().removeprefix("context.").split(".")):
        patch = {name: patch}
    result: JsonObject = patch
    return result


def _show(value: Any) -> None:
    say(json.dumps(value, ensure_ascii=False, indent=2))


def _write(path: Path, text: str) -> str:
    """Into a new file, or to the end of one that is there. Answers what was done."""
    if not path.exists():
        path.write_text(text, "utf-8")
        return f"wrote {path}"
    path.write_text(_joined(path.read_text("utf-8"), text), "utf-8")
    return f"added to {path}"


def _joined(before: str, added: str) -> str:
    """Two test files of one flow: the tests of the second at the end of the first."""
    _, _, tests = added.partition("tests:\n")
    return f"{before.rstrip()}\n\n{tests.rstrip()}\n"
