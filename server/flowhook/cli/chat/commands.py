"""The /commands of a conversation in the terminal: they look inside it, and change what is around it.

The docstring of each is what ``/help`` and the documentation say of it.
"""

from __future__ import annotations

import json
import mimetypes
import shlex
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from flowhook.cli.chat.session import NAME, ChatSession
from flowhook.cli.console import bad, bold, dim, good, moment, print_json, say, short
from flowhook.cli.trace_view import show_trace, step_lines
from flowhook.durations import parse_duration
from flowhook.errors import ApiError, FlowhookError
from flowhook.flowtest.files.model import AGENT_KEYS
from flowhook.harness.mocked_services import ServiceMock, parse_mock
from flowhook.model.handover import EVENT_TYPES
from flowhook.model.inbound import JsonObject
from flowhook.terminal import one_line

Command = Callable[[ChatSession, str], Awaitable[None]]


async def run_command(chat: ChatSession, line: str) -> None:
    """Run the command of a line, named by its beginning where that fits one alone. Raises FlowhookError."""
    word, _, rest = line[1:].partition(" ")
    found = [name for name in COMMANDS if name == word] or [
        name for name in COMMANDS if name.startswith(word)
    ]
    if len(found) != 1:
        raise FlowhookError(f"there is no command /{word}; /help lists them")
    await COMMANDS[found[0]][0](chat, rest.strip())


async def show_help(chat: ChatSession, _rest: str) -> None:
    """list the commands"""
    for name, (work, arguments) in COMMANDS.items():
        say(f"{bold(('/' + name + ' ' + arguments).ljust(42))} {work.__doc__}")
    say(dim("a line that begins with // says what follows the first of them"))


async def context(chat: ChatSession, rest: str) -> None:
    """show the context; PATH=JSON changes it"""
    if rest:
        await chat.harness.change_context(_patch(rest))
    print_json((await chat.harness.state()).get("context", {}))


async def profile(chat: ChatSession, _rest: str) -> None:
    """show what is kept of the user"""
    print_json(await chat.harness.profile())


async def state(chat: ChatSession, _rest: str) -> None:
    """show all that the session holds, and where it stands"""
    row = await chat.harness.application.store.sessions.get(chat.ref)
    say(f"{dim('stands at')} {row.node or 'the first node' if row else 'nowhere: nothing was said yet'}")
    print_json(await chat.harness.state())


async def trace(chat: ChatSession, rest: str) -> None:
    """show what the last turn, or the last N, did and why; on and off: after each"""
    if rest in ("on", "off"):
        chat.always_trace = rest == "on"
        return
    if rest and not rest.isdecimal():
        raise FlowhookError("write /trace, /trace 3, /trace on or /trace off")
    turns = await chat.harness.transcript(int(rest or 1))
    for turn in turns:
        say(dim(f"{turn['kind']}: {short(turn['text'] or json.dumps(turn['data']))}  {turn['status']}"))
        show_trace(turn.get("trace", {}))
    if not turns:
        say(dim("nothing was said yet"))


async def intents(chat: ChatSession, _rest: str) -> None:
    """show how the last message was understood"""
    turn = await chat.last_turn()
    steps = turn.get("trace", {}).get("steps", ()) if turn is not None else ()
    step = next((step for step in steps if step["type"] == "understanding"), None)
    if step is None:
        say(dim("nothing was to be understood: no intent, slot or state is in force"))
        return
    for line in step_lines({name: value for name, value in step.items() if name != "saw"}):
        say(line)
    saw = dict(step.get("saw", {}))
    for ranked in saw.pop("ranking", ()):
        name = f"{ranked['flow']}/{ranked['name']}" if ranked.get("flow") else ranked["name"]
        more = {key: value for key, value in ranked.items() if key not in ("name", "flow", "score")}
        score = f"{float(ranked.get('score', 0.0)):.3f}"
        say(f"    {score}  {one_line(str(name))}  {dim(_short_json(more)) if more else ''}".rstrip())
    for name, value in saw.items():
        say(f"    {dim(name)} {_short_json(value)}")


async def inject(chat: ChatSession, rest: str) -> None:
    """speak into the flow as a backend does: a text, or JSON data"""
    await chat.send("inject", **_content(rest))


async def notify(chat: ChatSession, rest: str) -> None:
    """speak to the user as a backend does, past the flow"""
    await chat.send("notify", **_content(rest))


async def data(chat: ChatSession, rest: str) -> None:
    """send JSON data as the user, as a button with data would"""
    await chat.send("message", data=json.loads(rest))


async def agent(chat: ChatSession, rest: str) -> None:
    """speak as the agent of a handover: a text; JSON does more: {"event": "resolved", "note": "done"}"""
    told = json.loads(rest) if rest.startswith("{") else {"text": rest}
    unknown = [key for key in told if key not in AGENT_KEYS]
    if not told.get("event") and not any(told.get(key) for key in ("text", "data", "attachments")):
        raise FlowhookError('what? write /agent Hello!, or /agent {"event": "resolved"}')
    if unknown:
        raise FlowhookError(f"an agent has no {unknown[0]!r}; there are {', '.join(AGENT_KEYS)}")
    if (event := told.get("event", "message")) not in EVENT_TYPES:
        raise FlowhookError(f"event is one of {', '.join(EVENT_TYPES)}, not {event!r}")
    await chat.while_busy(chat.harness.agent(**told))


async def advance(chat: ChatSession, rest: str) -> None:
    """move time, such as 10m; timers that fall due fire"""
    try:
        seconds = parse_duration(rest)
    except ValueError as error:
        raise FlowhookError(f"how far? write /advance 10m: {error}") from error
    if not isinstance(seconds, float):
        raise FlowhookError("how far? write /advance 10m")
    await chat.while_busy(chat.harness.advance(seconds))
    say(dim(f"it is {moment(chat.clock.now())}"))


async def attach(chat: ChatSession, rest: str) -> None:
    """send a file by its address, and a text with it"""
    url, _, text = rest.partition(" ")
    if not url:
        raise FlowhookError("which? write /attach https://photos.example/pizza.jpg what I got")
    attachment = {"url": url, "name": PurePosixPath(urlsplit(url).path).name or url}
    if (kind := mimetypes.guess_type(urlsplit(url).path)[0]) is not None:
        attachment["type"] = kind
    content: JsonObject = {"text": text.strip()} if text.strip() else {}
    await chat.send("message", **content, attachments=[attachment])


async def click(chat: ChatSession, rest: str) -> None:
    """click a button of the last output, by its title or number"""
    buttons = chat.screen.buttons
    titles = [str(button.get("title", "")) for button in buttons]
    number = titles.index(rest) if rest in titles else int(rest) - 1 if rest.isdecimal() else -1
    if not 0 <= number < len(buttons):
        known = ", ".join(titles) or "none"
        raise FlowhookError(f"there is no such button; there are: {known}")
    payload = buttons[number].get("payload")
    if payload is None and (buttons[number].get("url") or buttons[number].get("phone")):
        raise FlowhookError("this button leads elsewhere; it says nothing to the flow")
    await chat.send("message", text=str(payload if payload is not None else titles[number]))


async def callback(chat: ChatSession, rest: str) -> None:
    """post JSON to the one-time address of the task that waits"""
    result = json.loads(rest or "{}")
    urls = chat.harness.application.callback_urls
    tokens = [await urls.token(chat.ref, task) for task in reversed(chat.effects.tasks)]
    await chat.while_busy(chat.harness.call_back(tokens, result))


async def mock(chat: ChatSession, rest: str) -> None:
    """answer calls of a service: METHOD URL, perhaps a status, JSON; off forgets them"""
    services = chat.services
    if rest == "off":
        services.mocks.clear()
    elif rest:
        made = parse_mock(rest)
        if made is None:
            raise FlowhookError('write /mock POST /price {"total": 22}, or /mock POST /price 503')
        services.add(made)
        say(_mock_line(made))
        return
    for mock in services.mocks:
        say(_mock_line(mock))
    if not services.mocks:
        say(dim("no call is mocked"))


async def timers(chat: ChatSession, _rest: str) -> None:
    """list what waits for its time"""
    rows = await chat.harness.application.store.timers.find()
    for row in rows:
        say(f"{row.kind} {row.node or ''} {dim('at ' + moment(row.due_at))}")
    if not rows:
        say(dim("nothing"))


async def goto(chat: ChatSession, rest: str) -> None:
    """stand at a node, or FLOW/NODE, until the next message"""
    await chat.harness.application.sessions.go_to(chat.ref, rest)


async def reset(chat: ChatSession, _rest: str) -> None:
    """begin anew: first node, default context; /save then begins here"""
    try:
        await chat.harness.application.sessions.reset(chat.ref)
    except ApiError:
        return  # nothing was said yet
    chat.screen.buttons.clear()
    turn = await chat.last_turn()
    chat.began_after = turn["seq"] if turn is not None else 0


async def reload(chat: ChatSession, _rest: str) -> None:
    """take up edited flows and plugins"""
    from flowhook.cli.console import show_problems
    from flowhook.problems.problem import has_errors

    problems = (await chat.harness.application.reload()).problems
    if problems:
        show_problems(problems, err=False)
    say(bad("the last good version goes on") if has_errors(problems) else good("reloaded"))


async def save(chat: ChatSession, rest: str) -> None:
    """write the conversation so far as a test"""
    from flowhook.flowtest.run.recorded import tried_test, write_test

    parts = shlex.split(rest)
    if not parts:
        raise FlowhookError("where to? write /save flows/pizza.test.yaml")
    turns = await chat.harness.transcript()
    turns = [turn for turn in turns if turn["seq"] > chat.began_after]
    if not turns:
        raise FlowhookError("nothing was said yet")
    endpoint = chat.ref.endpoint if chat.ref.endpoint != NAME else None
    text, failures = await tried_test(
        chat.harness.endpoint.flow,
        turns,
        chat.harness.application.config,
        name=" ".join(parts[1:]) or None,
        endpoint=endpoint,
        locale=chat.locale,
    )
    say(good(write_test(Path(parts[0]), text)))
    for failure in failures:
        say(bad(one_line(f"the test does not pass as it is: {failure}")))
    if failures:
        say(dim("what /context, /goto and /reload did is not part of a test"))


#: Name → what it does, and what may follow it.
COMMANDS: Mapping[str, tuple[Command, str]] = {
    "help": (show_help, ""),
    "context": (context, "[PATH=JSON]"),
    "profile": (profile, ""),
    "state": (state, ""),
    "trace": (trace, "[N | on | off]"),
    "intents": (intents, ""),
    "inject": (inject, "TEXT | JSON"),
    "notify": (notify, "TEXT | JSON"),
    "data": (data, "JSON"),
    "click": (click, "TITLE | N"),
    "attach": (attach, "URL [TEXT]"),
    "callback": (callback, "JSON"),
    "agent": (agent, "TEXT | JSON"),
    "mock": (mock, "[METHOD URL [STATUS] JSON | off]"),
    "advance": (advance, "DURATION"),
    "timers": (timers, ""),
    "goto": (goto, "NODE"),
    "reset": (reset, ""),
    "reload": (reload, ""),
    "save": (save, "FILE [NAME]"),
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


def _mock_line(mock: ServiceMock) -> str:
    return one_line(f"{mock.method} {mock.url} → {mock.status} {_short_json(mock.body)}")


def _short_json(value: Any) -> str:
    return short(json.dumps(value, ensure_ascii=False), 200)
