"""The terminal of a conversation: what the bot says, above the line that is being typed."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click
from pydantic_core import from_json

from flowhook.cli.console import bold, dim, say, short
from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.model.delivery import Delivered, Delivery, DeliveryResult
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import JsonObject
from flowhook.terminal import one_line

PROMPT = "you: "
CLEAR = "\r\x1b[K"  #: to the beginning of the line, and erase it
CLICKABLE = ("quickReplies", "buttons")


class Line:
    """The last line of a terminal: the prompt with what is typed, or what the flow is busy with.

    What is said meanwhile is written above it. Nothing of this happens where nobody looks.
    """

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._lock = threading.RLock()
        self._typing = False
        self._busy = ""

    def ask(self, read: Callable[[str], str]) -> str:
        """Read a line with the prompt. Raises EOFError and KeyboardInterrupt as ``input`` does."""
        with self._lock:
            self.busy("")
            self._typing = True
        try:
            return read(_prompt(hidden=True))
        finally:
            with self._lock:
                self._typing = False

    def busy(self, text: str) -> None:
        """Show that something takes its time; nothing any more with an empty text."""
        with self._lock:
            if self._live and not self._typing and text != self._busy:
                click.echo(CLEAR + dim(one_line(text)), nl=False)
                self._busy = text

    @contextmanager
    def above(self) -> Iterator[None]:
        """What is written in here stands above the line."""
        with self._lock:
            shown = self._live and (self._typing or self._busy)
            if shown:
                click.echo(CLEAR, nl=False)
            yield
            if self._live and self._typing:
                click.echo(_prompt(hidden=False) + one_line(_typed()), nl=False)
            elif shown:
                click.echo(dim(one_line(self._busy)), nl=False)
            sys.stdout.flush()


def _prompt(*, hidden: bool) -> str:
    """In colour where there is any. ``hidden``: the codes are marked, so that the line editor does not
    count them."""
    context = click.get_current_context(silent=True)
    if context is not None and context.color is False:
        return PROMPT
    styled = click.style(PROMPT, fg="cyan")
    before, _, after = styled.partition(PROMPT)
    return f"\001{before}\002{PROMPT}\001{after}\002" if hidden and "readline" in sys.modules else styled


def _typed() -> str:
    """What was typed so far, where Python can tell."""
    readline = sys.modules.get("readline")
    return str(readline.get_line_buffer()) if readline is not None else ""


class Screen(OutputPlugin):
    """In the place of the webhook: shows what would have been delivered."""

    name = "screen"

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line
        self.buttons: list[JsonObject] = []  #: that may be clicked: those of the last output with any

    async def deliver(self, delivery: Delivery, *, endpoint: Endpoint, sender: Any) -> DeliveryResult:
        """Always well."""
        body = from_json(delivery.body)
        output = body.get("AIOutput") if isinstance(body, dict) else None
        with self._line.above():
            if isinstance(output, dict):
                self.buttons = list(_buttons_of(output)) or self.buttons
                show_output(output)
            else:
                told = short(json.dumps(body, ensure_ascii=False), 1000)
                say(f"{click.style('bot:', fg='green')} {dim(told)}")
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
    return lines or [dim(one_line(str(rich.get("type", ""))))]


def _elements(items: list[Mapping[str, Any]]) -> list[str]:
    if all("items" not in item and "subtitle" not in item and "buttons" not in item for item in items):
        return [" ".join(_button(item) for item in items)]
    lines = []
    for item in items:
        subtitle = dim(f" – {_plain(str(item['subtitle']))}") if item.get("subtitle") else ""
        lines.append(f"• {bold(_plain(str(item.get('title', ''))))}{subtitle}")
        if image := item.get("image") or item.get("imageUrl"):
            told = image.get("url", "") if isinstance(image, Mapping) else image
            lines.append(dim(f"  image: {short(str(told), 200)}"))
        if item.get("buttons"):
            lines += [f"  {line}" for line in _elements(list(item["buttons"]))]
    return lines


def _button(item: Mapping[str, Any]) -> str:
    leads = item.get("url") or item.get("phone") or item.get("phoneNumber")
    where = dim(f" → {short(str(leads), 80)}") if leads else ""
    return f"[{_plain(str(item.get('title', '')))}{where}]"


def _buttons_of(value: Any) -> Iterator[JsonObject]:
    """All that can be clicked in an output, in its order."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key in CLICKABLE and isinstance(part, list):
                yield from (dict(item) for item in part if isinstance(item, Mapping))
            else:
                yield from _buttons_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from _buttons_of(part)
