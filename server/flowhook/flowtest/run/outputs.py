"""Outputs against what ``bot`` expects of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flowhook.flowtest.files.matchers import Contains, Listed, Mapped, Matcher, Miss, Same, shown
from flowhook.flowtest.files.model import Said

CLICKABLE = ("quickReplies", "buttons")


def misses_of(expected: Said, output: Mapping[str, Any]) -> Iterator[tuple[str, Miss]]:
    """What of an output is not as expected: the part, and the difference in it."""
    data = output["data"]
    rich = data.get("rich") if isinstance(data, Mapping) else None
    if expected.text is not None:
        yield from _each("text", expected.text, output["text"])
    if expected.data is not None:
        yield from _each("data", expected.data, data)
    if expected.rich is not None:
        by_type = isinstance(expected.rich, Same) and isinstance(rich, Mapping)
        yield from _each("rich", expected.rich, rich.get("type") if by_type and rich else rich)
    if expected.buttons is not None:
        yield from _each("buttons", expected.buttons, _buttons(expected.buttons, rich))
    if expected.source is not None:
        yield from _each("source", expected.source, output["source"])
    if expected.body is not None:
        yield from _each("body", expected.body, output["body"])


def shown_output(output: Mapping[str, Any]) -> str:
    """One output on one line, as the conversation of a failure shows it."""
    text, data = str(output["text"]), output["data"]
    titles = titles_of(data)
    if titles is not None:
        return " ".join([text, *(f"[{title}]" for title in titles)]).strip()
    return f"{text}  {shown(data)}".strip() if data else text


def titles_of(data: Any) -> list[str] | None:
    """The titles of buttons, where an output has nothing but them beside its text."""
    rich = data.get("rich") if isinstance(data, Mapping) and set(data) == {"rich"} else None
    if not isinstance(rich, Mapping) or rich.get("type") not in ("quick_replies", "buttons"):
        return None
    return [
        str(button.get("title"))
        for name in CLICKABLE
        for button in rich.get(name) or ()
        if isinstance(button, Mapping)
    ]


def written_output(output: Mapping[str, Any]) -> Any:
    """One output as a person would write it in a ``bot`` step."""
    text, data = output.get("text", ""), output.get("data") or {}
    if not data:
        return text
    titles = titles_of(data)
    parts: dict[str, Any] = {"text": text} if text else {}
    return {**parts, "buttons": titles} if titles else {**parts, "data": data}


def _each(part: str, matcher: Matcher, actual: Any) -> Iterator[tuple[str, Miss]]:
    for miss in matcher.misses(actual):
        yield part, miss


def _buttons(matcher: Matcher, rich: Any) -> list[Any]:
    """What can be clicked: titles, or all of each where the test looks at more."""
    found = [
        button
        for key in CLICKABLE
        if isinstance(rich, Mapping)
        for button in rich.get(key) or ()
        if isinstance(button, Mapping)
    ]
    return found if _looks_inside(matcher) else [button.get("title") for button in found]


def _looks_inside(matcher: Matcher) -> bool:
    if isinstance(matcher, Contains):
        return _looks_inside(matcher.part)
    if isinstance(matcher, Listed):
        return any(_looks_inside(item) for item in matcher.items)
    return isinstance(matcher, Mapped)
