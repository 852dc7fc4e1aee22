"""What of a message is translated: its texts, but for what is marked, and never what a button sends back."""

from __future__ import annotations

import copy
import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from flowhook.model.output import Output

Rich = dict[str, Any]

#: A language of translators, or auto.
LANGUAGE = r"^(auto|[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)$"

PAYLOADS_KEPT = 100  #: of a session: what its buttons may have said
_TITLED = ("title", "subtitle", "imageAlt")  #: of an item, a button, a quick reply
_CARD = frozenset({"text", "title", "subtitle", "placeholder", "fallbackText", "altText", "label"})
#: What looks like a template or a script is never translated.
_SCRIPT = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.S)


@dataclass(slots=True)
class TranslationState:
    """What a session knows of its user's language."""

    language: str = ""  #: as it was detected last
    inputs: int = 0  #: of which the language was detected
    payloads: list[str] = field(default_factory=list)  #: of buttons that were shown, newest last
    changes: dict[str, Any] = field(default_factory=dict)  #: what a node ``translation`` set

    def to_json(self) -> dict[str, Any]:
        """Only what differs from a new one."""
        state = {
            "language": self.language,
            "inputs": self.inputs,
            "payloads": self.payloads,
            "changes": self.changes,
        }
        return {name: value for name, value in state.items() if value}

    def remember(self, outputs: Sequence[Output]) -> None:
        """Keep what the buttons of these outputs say, so that a click is known when it comes."""
        for output in outputs:
            for said in payloads_of(output.data.get("rich")):
                self.payloads = [*(other for other in self.payloads if other != said), said]
        self.payloads = self.payloads[-PAYLOADS_KEPT:]


def payloads_of(rich: Any) -> Iterator[str]:
    """What the buttons of a rich message send back."""
    if not isinstance(rich, dict):
        return
    found = [*(rich.get("quickReplies") or ()), *(rich.get("buttons") or ())]
    for item in rich.get("items") or ():
        found += item.get("buttons") or ()
    yield from (option["payload"] for option in found if isinstance(option.get("payload"), str))


def same_language(one: str, other: str) -> bool:
    """Whether two codes name one language; a region counts only where both have one."""
    first, second = one.lower().replace("_", "-"), other.lower().replace("_", "-")
    if "-" in first and "-" in second:
        return first == second
    return first.partition("-")[0] == second.partition("-")[0]


def without_markers(text: str, marker: str) -> str:
    """The text without the markers around what is not to be translated."""
    return _marked(marker).sub(r"\1", text) if marker else text


def protected(text: str, marker: str, around: tuple[str, str]) -> tuple[str, bool]:
    """The text with markup around what stays as it is, and whether there is any: without, it is plain."""
    pieces: list[str] = []
    end = 0
    for match in _kept_parts(text, marker):
        kept = match.group(1) if match.re.groups and match.group(1) is not None else match.group()
        pieces += [
            html.escape(text[end : match.start()], quote=False),
            around[0],
            html.escape(kept, quote=False),
        ]
        pieces.append(around[1])
        end = match.end()
    if not pieces:
        return text, False
    return "".join([*pieces, html.escape(text[end:], quote=False)]), True


def unprotected(text: str, around: tuple[str, str]) -> str:
    """The reverse of :func:`protected`, once the text was translated."""
    for tag in around:
        text = text.replace(tag, "")
    return html.unescape(text)


def _marked(marker: str) -> re.Pattern[str]:
    mark = re.escape(marker)
    return re.compile(f"{mark}(.+?){mark}", re.S)


def _kept_parts(text: str, marker: str) -> Iterator[re.Match[str]]:
    found = [*_SCRIPT.finditer(text), *(_marked(marker).finditer(text) if marker else ())]
    end = 0
    for match in sorted(found, key=lambda match: (match.start(), -match.end())):
        if match.start() >= end:
            yield match
            end = match.end()


def texts_of(output: Output) -> list[str]:
    """All texts of an output that a user reads, each once in the order in which they are found."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    rewritten(output, note)
    return list(dict.fromkeys(text for text in found if text.strip()))


def rewritten(output: Output, change: Callable[[str], str]) -> None:
    """Put ``change(text)`` in the place of every text of an output that a user reads. Payloads, addresses and
    numbers stay; the fallback is made anew by whoever knows how."""
    output.text = change(output.text) if output.text else output.text
    rich = output.data.get("rich")
    if not isinstance(rich, dict):
        return
    rich = copy.deepcopy(rich)
    output.data = {**output.data, "rich": rich}
    for option in [*(rich.get("quickReplies") or ()), *(rich.get("buttons") or ())]:
        _rewrite(option, change)
    for item in rich.get("items") or ():
        _rewrite(item, change)
        for button in item.get("buttons") or ():
            _rewrite(button, change)
    if isinstance(rich.get("button"), dict):
        _rewrite(rich["button"], change)
    if isinstance(rich.get("alt"), str):
        rich["alt"] = change(rich["alt"])
    if isinstance(rich.get("card"), dict):
        rich["card"] = _rewritten_card(rich["card"], change)


def _rewrite(part: Rich, change: Callable[[str], str]) -> None:
    for name in _TITLED:
        if isinstance(part.get(name), str) and part[name]:
            part[name] = change(part[name])


def _rewritten_card(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {
            name: change(child)
            if name in _CARD and isinstance(child, str) and child
            else _rewritten_card(child, change)
            for name, child in value.items()
        }
    return [_rewritten_card(child, change) for child in value] if isinstance(value, list) else value
