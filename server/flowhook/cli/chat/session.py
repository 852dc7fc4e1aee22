"""A conversation in the terminal: what is typed goes in, what the bot says is shown, commands look inside."""

from __future__ import annotations

import asyncio
import json
import mimetypes
import shlex
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flowhook.cli.chat.effects import ObservedEffects, read_mock
from flowhook.cli.chat.screen import Line, Screen
from flowhook.cli.commands.chat import NAME
from flowhook.cli.commands.record import failures_of, write_test
from flowhook.cli.console import bad, bold, dim, good, moment, one_line, print_json, say, short
from flowhook.cli.trace_view import show_trace, step_lines
from flowhook.durations import parse_duration
from flowhook.errors import ApiError, FlowhookError
from flowhook.harness.callbacks import call_back
from flowhook.harness.clocks import TravelClock
from flowhook.harness.settle import until_idle
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import JsonObject
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.turns.overrides import Overrides

if TYPE_CHECKING:
    from flowhook.config import Config
    from flowhook.runtime.application import Application
    from flowhook.runtime.turns.effects import EffectPerformer, Effects
    from flowhook.runtime.turns.running_turn import RunningTurn

PAUSE_STEP = 0.05  #: seconds between two looks at what takes its time
PATIENCE = 0.4  #: seconds before it is shown
SESSION = "chat"


class Conversation:
    """One session with one endpoint, until somebody has had enough."""

    services: Application
    endpoint: Endpoint
    session: SessionRef
    outside: ObservedEffects

    def __init__(
        self, clock: TravelClock, user: str, line: Line, *, locale: str | None, always_trace: bool
    ) -> None:
        self.clock = clock
        self.user = user
        self.line = line
        self.locale = locale
        self.always_trace = always_trace
        self.screen = Screen(line)
        self._began_after = 0  #: seq of the last inbound before the last reset
        self._ended: list[str] = []  #: trace ids of turns whose traces were not shown

    def overrides(self, config: Config) -> Overrides:
        """What is shown on the screen, and what the user says that services answer."""

        def observed(effects: Effects) -> EffectPerformer:
            self.outside = ObservedEffects(effects, self.clock, config.connections)
            return self.outside

        outputs = {endpoint.name: self.screen for endpoint in config.endpoints}
        return Overrides(on_turn_end=self._turn_ended, effects=observed, outputs=outputs)

    def begin(self, application: Application) -> None:
        """Talk to the one endpoint of an application."""
        self.services = application
        (self.endpoint,) = application.endpoints
        self.session = SessionRef(self.endpoint.name, self.user, SESSION)

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
            self._tell_error(error)
        return True

    def _tell_error(self, error: Exception) -> None:
        say(bad(one_line(str(error))))
        for problem in getattr(error, "problems", None) or []:
            say(bad(one_line(f"  {problem.file}:{problem.line}:{problem.column}: {problem.text}")))
        for each in getattr(error, "errors", None) or []:
            if each["message"] not in str(error):
                say(bad(one_line(f"  {each['field']}: {each['message']}")))

    # --- speaking ----------------------------------------------------------------------------------

    async def _send(self, route: str, **content: Any) -> None:
        ids = {"userId": self.session.user_id, "sessionId": self.session.session_id}
        await self.services.intake.submit(self.endpoint, route, {**ids, **content})
        await self._settle()

    async def _settle(self) -> None:
        """Until nothing moves any more; a pause of the flow is waited for. Then tell, if asked for, why."""
        watching = asyncio.create_task(self._watch())
        try:
            await until_idle(self.services)
            while self.services.turns.pauses:
                await asyncio.sleep(PAUSE_STEP)
                await until_idle(self.services)
        finally:
            watching.cancel()
            self.line.busy("")
        await self._tell()

    async def _watch(self) -> None:
        """Show what takes its time."""
        while True:
            await asyncio.sleep(PAUSE_STEP)
            outside, now = self.outside, self.clock.monotonic()
            text = outside.doing if now - outside.since > PATIENCE else ""
            if text and outside.pause_ends is not None:
                text += f" {max(0.0, outside.pause_ends - now):.0f} s"
            self.line.busy(text)

    async def _tell(self) -> None:
        """The traces that were asked for, and how to give an answer to calls that nobody answered."""
        ended, self._ended = self._ended, []
        if self.always_trace:
            for turn in await self.services.store.transcripts.entries(self.session, 2 * len(ended) or 1):
                if turn["traceId"] in ended:
                    show_trace(turn.get("trace", {}))
        silent, self.outside.silent = dict.fromkeys(self.outside.silent), []
        for call in silent:
            say(dim(one_line(f"{call} was not answered; /mock {call} JSON answers in its place")))

    def _turn_ended(self, turn: RunningTurn, status: str) -> None:
        """A failure is told at once, with its place."""
        self._ended.append(turn.inbound.trace_id)
        if status == "failed" and turn.failure is not None:
            error, place = turn.failure
            at = f" at {place}{self._line_of(place)}" if place else ""
            with self.line.above():
                say(bad(one_line(f"the turn failed{at}: {error}")))
                say(dim("/trace tells more"))

    def _line_of(self, place: str) -> str:
        """Where a node is written."""
        name, _, key = place.partition("/")
        loaded = self.services.project.loaded
        flow = loaded.library.flows.get(name)
        file = next((file for file, compiled in loaded.files.items() if compiled.name == name), "")
        found = flow.nodes.get(key) if flow is not None else None
        return f" ({file}:{found.line})" if found is not None and file else ""

    async def _last_turn(self) -> JsonObject | None:
        turns = await self.services.store.transcripts.entries(self.session, 1)
        return turns[-1] if turns else None

    async def _state(self) -> JsonObject:
        row = await self.services.store.sessions.get(self.session)
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
            say(f"{bold(('/' + name + ' ' + arguments).ljust(42))} {work.__doc__}")
        say(dim("a line that begins with // says what follows the first of them"))

    async def context(self, rest: str) -> None:
        """show the context; PATH=JSON changes it"""
        if rest:
            await self.services.sessions.patch_context(self.session, _patch(rest))
        _show((await self._state()).get("context", {}))

    async def profile(self, _rest: str) -> None:
        """show what is kept of the user"""
        _show(await self.services.store.profiles.get(self.session.user_id))

    async def state(self, _rest: str) -> None:
        """show all that the session holds, and where it stands"""
        row = await self.services.store.sessions.get(self.session)
        say(f"{dim('stands at')} {row.node or 'the first node' if row else 'nowhere: nothing was said yet'}")
        _show(await self._state())

    async def trace(self, rest: str) -> None:
        """show what the last turn, or the last N, did and why; on and off: after each"""
        if rest in ("on", "off"):
            self.always_trace = rest == "on"
            return
        if rest and not rest.isdecimal():
            raise FlowhookError("write /trace, /trace 3, /trace on or /trace off")
        turns = await self.services.store.transcripts.entries(self.session, int(rest or 1))
        for turn in turns:
            say(dim(f"{turn['kind']}: {short(turn['text'] or json.dumps(turn['data']))}  {turn['status']}"))
            show_trace(turn.get("trace", {}))
        if not turns:
            say(dim("nothing was said yet"))

    async def intents(self, _rest: str) -> None:
        """show how the last message was understood"""
        turn = await self._last_turn()
        steps = turn.get("trace", {}).get("steps", ()) if turn is not None else ()
        step = next((step for step in steps if step["type"] == "understanding"), None)
        if step is None:
            say(dim("nothing was to be understood: no intent, slot or state is in force"))
            return
        for line in step_lines({name: value for name, value in step.items() if name != "saw"}):
            say(line)
        saw = dict(step.get("saw", {}))
        for each in saw.pop("ranking", ()):
            name = f"{each['flow']}/{each['name']}" if each.get("flow") else each["name"]
            more = {key: value for key, value in each.items() if key not in ("name", "flow", "score")}
            score = f"{float(each.get('score', 0.0)):.3f}"
            say(f"    {score}  {one_line(str(name))}  {dim(_short_json(more)) if more else ''}".rstrip())
        for name, value in saw.items():
            say(f"    {dim(name)} {_short_json(value)}")

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
        try:
            seconds = parse_duration(rest)
        except ValueError as error:
            raise FlowhookError(f"how far? write /advance 10m: {error}") from error
        if not isinstance(seconds, float):
            raise FlowhookError("how far? write /advance 10m")
        target = self.clock.now() + seconds
        await until_idle(self.services)
        while (due := await self._next_due()) is not None and due <= target:
            await self._go_to(due)
        await self._go_to(target)
        say(dim(f"it is {moment(self.clock.now())}"))
        await self._tell()

    async def _go_to(self, at: float) -> None:
        """Move time; what falls due then happens."""
        self.clock.advance(max(0.0, at - self.clock.now()))
        self.services.timers.wake()
        self.services.dispatcher.wake()
        await until_idle(self.services)

    async def _next_due(self) -> float | None:
        """When something happens next."""
        ends = self.outside.pause_ends if self.services.turns.pauses else None
        pause = self.clock.now() + ends - self.clock.monotonic() + 0.001 if ends is not None else None
        times = (await self.services.store.timers.next_due_at(), pause)
        return min((at for at in times if at is not None), default=None)

    async def attach(self, rest: str) -> None:
        """send a file by its address, and a text with it"""
        url, _, text = rest.partition(" ")
        if not url:
            raise FlowhookError("which? write /attach https://photos.example/pizza.jpg what I got")
        attachment = {"url": url, "name": PurePosixPath(urlsplit(url).path).name or url}
        if (kind := mimetypes.guess_type(urlsplit(url).path)[0]) is not None:
            attachment["type"] = kind
        content: JsonObject = {"text": text.strip()} if text.strip() else {"data": {}}
        await self._send("message", **content, attachments=[attachment])

    async def click(self, rest: str) -> None:
        """click a button of the last output, by its title or number"""
        buttons = self.screen.buttons
        titles = [str(button.get("title", "")) for button in buttons]
        number = titles.index(rest) if rest in titles else int(rest) - 1 if rest.isdecimal() else -1
        if not 0 <= number < len(buttons):
            known = ", ".join(titles) or "none"
            raise FlowhookError(f"there is no such button; there are: {known}")
        payload = buttons[number].get("payload")
        if payload is None and (buttons[number].get("url") or buttons[number].get("phone")):
            raise FlowhookError("this button leads elsewhere; it says nothing to the flow")
        await self._send("message", text=str(payload if payload is not None else titles[number]))

    async def callback(self, rest: str) -> None:
        """post JSON to the one-time address of the task that waits"""
        body = json.loads(rest or "{}")
        tasks = reversed(self.outside.tasks)
        tokens = [await self.services.callback_urls.token(self.session, task) for task in tasks]
        await call_back(self.services, tokens, body)
        await self._settle()

    async def mock(self, rest: str) -> None:
        """answer calls of a service: METHOD URL, perhaps a status, JSON; off forgets them"""
        mocks = self.outside.mocks
        if rest == "off":
            mocks.clear()
        elif rest:
            made = read_mock(rest)
            if made is None:
                raise FlowhookError('write /mock POST /price {"total": 22}, or /mock POST /price 503')
            mocks[:] = [made, *(mock for mock in mocks if (mock.method, mock.url) != (made.method, made.url))]
        for mock in mocks:
            say(one_line(f"{mock.method} {mock.url} → {mock.status} {_short_json(mock.body)}"))
        if not mocks:
            say(dim("no call is mocked"))

    async def timers(self, _rest: str) -> None:
        """list what waits for its time"""
        rows = await self.services.store.timers.find()
        for row in rows:
            say(f"{row.kind} {row.node or ''} {dim('at ' + moment(row.due_at))}")
        if not rows:
            say(dim("nothing"))

    async def goto(self, rest: str) -> None:
        """stand at a node, or FLOW/NODE, until the next message"""
        await self.services.sessions.go_to(self.session, rest)

    async def reset(self, _rest: str) -> None:
        """begin anew: first node, default context; /save then begins here"""
        try:
            await self.services.sessions.reset(self.session)
        except ApiError:
            return  # nothing was said yet
        self.screen.buttons.clear()
        turn = await self._last_turn()
        self._began_after = turn["seq"] if turn is not None else 0

    async def reload(self, _rest: str) -> None:
        """take up edited flows and plugins"""
        from flowhook.cli.console import show_problems
        from flowhook.problems.problem import has_errors

        problems = (await self.services.reload()).problems
        if problems:
            show_problems(problems, err=False)
        say(bad("the last good version goes on") if has_errors(problems) else good("reloaded"))

    async def save(self, rest: str) -> None:
        """write the conversation so far as a test"""
        parts = shlex.split(rest)
        if not parts:
            raise FlowhookError("where to? write /save flows/pizza.test.yaml")
        turns = await self.services.store.transcripts.entries(self.session)
        turns = [turn for turn in turns if turn["seq"] > self._began_after]
        if not turns:
            raise FlowhookError("nothing was said yet")
        text, failures = await asyncio.to_thread(self._written, turns, " ".join(parts[1:]) or None)
        say(good(write_test(Path(parts[0]), text)))
        for failure in failures:
            say(bad(one_line(f"the test does not pass as it is: {failure}")))
        if failures:
            say(dim("what /context, /goto and /reload did is not part of a test"))

    def _written(self, turns: list[JsonObject], name: str | None) -> tuple[str, list[str]]:
        """The conversation as a test, and why it does not pass. What chance chose, where it has to be."""
        from flowhook.flowtest.files.writer import recorded_test

        config = self.services.config
        endpoint = self.endpoint.name if self.endpoint.name != NAME else None
        text, failures = "", ["it was not tried"]
        for seeds in (False, True):
            tried = recorded_test(
                self.endpoint.flow,
                turns,
                config,
                name=name,
                endpoint=endpoint,
                locale=self.locale,
                seeds=seeds,
            )
            missed = failures_of(config, tried)
            if not text or not missed:
                text, failures = tried, missed
            if not missed:
                break
        return text, failures


Command = Callable[[Conversation, str], Awaitable[None]]

#: Name → what it does, and what may follow it.
COMMANDS: Mapping[str, tuple[Command, str]] = {
    "help": (Conversation.help, ""),
    "context": (Conversation.context, "[PATH=JSON]"),
    "profile": (Conversation.profile, ""),
    "state": (Conversation.state, ""),
    "trace": (Conversation.trace, "[N | on | off]"),
    "intents": (Conversation.intents, ""),
    "inject": (Conversation.inject, "TEXT | JSON"),
    "notify": (Conversation.notify, "TEXT | JSON"),
    "data": (Conversation.data, "JSON"),
    "click": (Conversation.click, "TITLE | N"),
    "attach": (Conversation.attach, "URL [TEXT]"),
    "callback": (Conversation.callback, "JSON"),
    "mock": (Conversation.mock, "[METHOD URL [STATUS] JSON | off]"),
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
    print_json(value)


def _short_json(value: Any) -> str:
    return short(json.dumps(value, ensure_ascii=False), 200)
