"""Endpoints in the text of ``config.yaml``: added, changed, taken out; and the difference without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flowhook.config.changes import HIDDEN
from flowhook.config.fields import Section
from flowhook.yamldoc.document import Document, Path, load
from flowhook.yamldoc.editing import EditRefused, append_item, remove_value, set_value, value_at

_REFERENCE = re.compile(r"\$\{\w+\}")  #: a variable of the environment is no secret by itself
_NOT_SECRET = frozenset({"connections"})  #: hidden as a whole in logs, but not in everything it holds


def with_endpoint(text: str, settings: Mapping[str, Any]) -> str:
    """Return the text with another endpoint. Raises EditRefused."""
    return append_item(text, ("endpoints",), settings)


def with_changed_endpoint(text: str, name: str, patch: Mapping[str, Any]) -> str:
    """Return the text with an endpoint changed by a merge patch (RFC 7396): mappings merge, null takes a key
    away, anything else replaces. Raises EditRefused."""
    path: Path = ("endpoints", _index(text, name))
    for keys, value in _leaves(patch):
        data = value_at(_data(text), (*path, *keys))
        if value is not None:
            text = set_value(text, (*path, *keys), value) if value != data else text
        elif data is not None:
            text = remove_value(text, (*path, *keys))
    return text


def without_endpoint(text: str, name: str) -> str:
    """Return the text without an endpoint. Raises EditRefused."""
    return remove_value(text, ("endpoints", _index(text, name)))


def difference(before: str, after: str, name: str) -> str:
    """Return what differs as a unified diff, with ``…`` in the place of secrets, ``…*`` for a new one."""
    from difflib import unified_diff

    old, new = _document(before), _document(after)
    lines = unified_diff(
        _masked(old, None).splitlines(), _masked(new, old).splitlines(), name, name, lineterm="", n=2
    )
    return "\n".join(lines)


def _leaves(patch: Mapping[str, Any], keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in patch.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*keys, key))
        else:
            yield (*keys, key), value


def _index(text: str, name: str) -> int:
    entries = _data(text).get("endpoints") if isinstance(_data(text), dict) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict) and entry.get("name") == name:
            return index
    raise EditRefused(f'the file has no endpoint that is written "{name}"')


def _data(text: str) -> Any:
    return _document(text).data


def _document(text: str) -> Document:
    document, _ = load(text, "")
    if document is None:
        raise EditRefused("the file has errors; mend them first")
    return document


def _secret_keys() -> frozenset[str]:
    """The keys of all sections that hold secrets: their fields keep out of ``repr``."""
    sections, found = [Section], set[str]()
    while sections:
        section = sections.pop()
        sections += section.__subclasses__()
        found |= {name for name, field in section.model_fields.items() if not field.repr}
    return frozenset(found - _NOT_SECRET)


def _masked(document: Document, before: Document | None) -> str:
    """The text with its secrets hidden; one that was another value in ``before`` is marked."""
    secret, text = _secret_keys(), document.text
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    hidden: dict[tuple[int, int], str] = {}
    for path, span in document.spans.items():
        if span.text is None or secret.isdisjoint(path) or _REFERENCE.fullmatch(span.text):
            continue
        known = before.spans.get(path) if before is not None else None
        new = before is not None and (known is None or known.text != span.text)
        ends = starts[min(span.end_line, len(starts)) - 1] + span.end_column - 1
        begins = starts[span.line - 1] + span.column - 1
        hidden[begins, begins + len(text[begins:ends].rstrip())] = HIDDEN + ("*" if new else "")
    for (begins, ends), mark in sorted(hidden.items(), reverse=True):
        text = text[:begins] + mark + text[ends:] if ends > begins else text
    return text
