"""Edits of a YAML file as text: a value is set or removed, an item appended; all else stays byte for byte.

Each function finds by the spans of the document where to write, and reads the result again: when it does not
say exactly what was meant (an alias that brings the value from elsewhere, a layout nobody foresaw) it raises
:class:`EditRefused`, and the file is for a person to change.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from flowhook.errors import FlowhookError
from flowhook.problems.problem import has_errors
from flowhook.yamldoc.document import Document, load
from flowhook.yamldoc.source_map import Path, Span
from flowhook.yamldoc.writer import write_flow_style, write_key, write_scalar

_ALIAS = re.compile(r"[ \t]*:[ \t]+(\*[^\s,\[\]{}]+)")

Edits = list[tuple[int, int, str]]  #: offsets of what is replaced, and by what


class EditRefused(FlowhookError):
    """The text cannot be changed safely; the message says where."""


def set_value(text: str, path: Path, value: Any) -> str:
    """Return ``text`` with a value (any JSON) at a path of keys and indexes. Mappings that are missing on
    the way are made. Raises EditRefused."""
    document = _load(text)
    edits = _Layout(document).set(path, value)
    return _checked(document, edits, _with_value(document.data, path, value), path)


def remove_value(text: str, path: Path) -> str:
    """Return ``text`` without the key or the item of a list at the end of a path. Raises EditRefused."""
    document = _load(text)
    edits = _Layout(document).remove(path)
    return _checked(document, edits, _without_value(document.data, path), path)


def append_item(text: str, path: Path, item: Mapping[str, Any] | str) -> str:
    """Return ``text`` with another item at the end of a list: a text, or a mapping with a line for each of
    its keys; the list is made where it is missing. Raises EditRefused."""
    document = _load(text)
    edits = _Layout(document).append(path, item)
    expected = copy.deepcopy(document.data) if document.data is not None else {}
    added = item if isinstance(item, str) else dict(item)
    _descend(expected, path[:-1]).update({path[-1]: [*(value_at(document.data, path) or []), added]})
    return _checked(document, edits, expected, path)


# --- what the text is to say ---------------------------------------------------------------------------


def _load(text: str) -> Document:
    document, problems = load(text, "")
    if document is None or has_errors(problems):
        raise EditRefused("the file has errors; mend them first")
    return document


def value_at(data: Any, path: Path) -> Any:
    """Return what stands at a path of keys and indexes; None where nothing does."""
    for part in path:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


def _descend(data: Any, path: Path) -> Any:
    """The container at a path, made where it is missing; copied, since aliases share their data."""
    for part in path:
        known = value_at(data, (part,))
        inner: Any = {} if known is None else copy.deepcopy(known)
        data[part] = inner
        data = inner
    return data


def _with_value(data: Any, path: Path, value: Any) -> Any:
    expected = copy.deepcopy(data) if data is not None else {}
    _descend(expected, path[:-1])[path[-1]] = value
    return expected


def _without_value(data: Any, path: Path) -> Any:
    expected = copy.deepcopy(data)
    del _descend(expected, path[:-1])[path[-1]]
    return expected


def _checked(document: Document, edits: Edits, expected: Any, path: Path) -> str:
    text = document.text
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    again, problems = load(text, "")
    if again is None or has_errors(problems) or again.data != expected:
        line = document.span(path).line
        raise EditRefused(f"line {line} cannot be changed by itself, it is shared or laid out unusually")
    return text


# --- where it stands -----------------------------------------------------------------------------------


class _Layout:
    """Finds offsets in one document, and makes edits that keep its layout."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._text = document.text
        self._starts = [0]
        for line in self._text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._newline = "\r\n" if "\r\n" in self._text else "\n"

    def set(self, path: Path, value: Any) -> Edits:
        """Replace the value at a path, or add its key to the nearest mapping that is there."""
        spans = self._document.spans
        if (alias := self._alias_of(path)) is not None:
            return [(*alias, _written(value))]
        if path in spans and value_at(self._document.data, path) is not None:
            start, end = self._extent(spans[path])
            return [(start, end, _written(value, bare=spans[path].plain))]
        if path in spans:  # a key without a value, or with null
            return [self._fill(path, " " + _written(value))]
        parent = path[:-1]
        if parent in spans and isinstance(value_at(self._document.data, parent), dict):
            return [self._add_key(spans[parent], str(path[-1]), value)]
        if not parent:
            return [self._add_line(f"{write_key(str(path[-1]))}: {_written(value)}")]
        return self.set(parent, {path[-1]: value})

    def remove(self, path: Path) -> Edits:
        """Take a key with its value, or an item of a list, out of the text."""
        parent = self._document.spans[path[:-1]]
        siblings = list(parent.children.values())
        span = self._document.spans[path]
        start, end = self._extent(span)
        if isinstance(path[-1], str):
            start = self._offset(self._document.key_spans[path])
        if len(siblings) == 1:
            return self._empty(path[:-1])
        if self._is_flow(parent):
            return [self._without_comma(start, end)]
        line = self._line_start(start)
        lead = self._text[line:start]
        if isinstance(path[-1], str) and lead.strip():  # the first key, on the line of the dash
            following = next(key for key in parent.keys.values() if self._offset(key) > start)
            return [(start, self._offset(following), "")]
        return [(line, self._line_end(end), "")]

    def append(self, path: Path, item: Mapping[str, Any] | str) -> Edits:
        """Put an item behind the last one of a list; a text is quoted where that one is."""
        span = self._document.spans.get(path)
        items = list(span.children.values()) if span is not None else []
        if span is None:
            lines = _lines_of(item, "  ", self._newline)
            return [self._add_line(f"{write_key(str(path[-1]))}:{self._newline}{lines}")]
        if not items:
            lines = _lines_of(item, "  ", self._newline)
            edit = self._fill(path, self._newline + lines)
            return [edit]
        end = self._extent(items[-1])[1]
        if self._is_flow(span):
            written = write_flow_style(item if isinstance(item, str) else dict(item))
            return [(end, end, f", {written}")]
        indent = " " * (span.column - 1)  # where its first dash stands
        offset = self._line_end(end)
        lines = _lines_of(item, indent, self._newline, bare=items[-1].plain)
        if self._text[:offset].endswith(("\n", "\r")):
            return [(offset, offset, lines + self._newline)]
        return [(offset, offset, self._newline + lines + self._newline)]

    # --- pieces ---

    def _alias_of(self, path: Path) -> tuple[int, int] | None:
        """Where ``*name`` stands as the value of a key; None where something else does."""
        key = self._document.key_spans.get(path)
        found = (
            _ALIAS.match(self._text, self._place(key.end_line, key.end_column)) if key is not None else None
        )
        return found.span(1) if found is not None else None

    def _offset(self, span: Span) -> int:
        return self._place(span.line, span.column)

    def _place(self, line: int, column: int) -> int:
        return min(len(self._text), self._starts[min(line, len(self._starts)) - 1] + column - 1)

    def _extent(self, span: Span) -> tuple[int, int]:
        """Where a value is written, without the comments and blanks behind it."""
        start = self._offset(span)
        if span.children and not self._is_flow(span):  # a block ends with its last value
            return start, max(self._extent(child)[1] for child in span.children.values())
        end = self._place(span.end_line, span.end_column)
        return start, start + len(self._text[start:end].rstrip())

    def _is_flow(self, span: Span) -> bool:
        return self._text.startswith(("{", "["), self._offset(span))

    def _line_start(self, at: int) -> int:
        return max(self._text.rfind("\n", 0, at), self._text.rfind("\r", 0, at)) + 1

    def _line_end(self, at: int) -> int:
        """Behind the end of the line, comment and line break included."""
        end = self._text.find("\n", at)
        return len(self._text) if end < 0 else end + 1

    def _fill(self, path: Path, written: str) -> tuple[int, int, str]:
        """Write a value behind the colon of its key, in the offset of null or an empty list."""
        key = self._document.key_spans[path]
        colon = self._text.index(":", self._place(key.end_line, key.end_column)) + 1
        start, end = self._extent(self._document.spans[path])
        return (colon, end, written) if start >= colon and end > start else (colon, colon, written)

    def _add_key(self, mapping: Span, key: str, value: Any) -> tuple[int, int, str]:
        written = f"{write_key(key)}: {_written(value)}"
        if not mapping.children:  # {}
            at = self._offset(mapping) + 1
            return at, at, written
        last = max(self._extent(child)[1] for child in mapping.children.values())
        if self._is_flow(mapping):
            return last, last, f", {written}"
        indent = " " * (min(key.column for key in mapping.keys.values()) - 1)
        offset = self._line_end(last)
        if self._text[:offset].endswith(("\n", "\r")):
            return offset, offset, f"{indent}{written}{self._newline}"
        return offset, offset, f"{self._newline}{indent}{written}{self._newline}"

    def _add_line(self, line: str) -> tuple[int, int, str]:
        """Add a key at the end of the file."""
        end = len(self._text)
        before = "" if not self._text or self._text.endswith(("\n", "\r")) else self._newline
        return end, end, f"{before}{line}{self._newline}"

    def _empty(self, path: Path) -> Edits:
        """Leave nothing of a mapping or a list but its brackets."""
        span = self._document.spans[path]
        start, end = self._extent(span)
        brackets = "[]" if isinstance(value_at(self._document.data, path), list) else "{}"
        if self._is_flow(span) or path not in self._document.key_spans:
            return [(start, end, brackets)]
        key = self._document.key_spans[path]
        colon = self._text.index(":", self._place(key.end_line, key.end_column)) + 1
        return [(colon, colon, f" {brackets}"), (self._line_start(start), self._line_end(end), "")]

    def _without_comma(self, start: int, end: int) -> tuple[int, int, str]:
        rest = self._text[end:]
        if rest.lstrip().startswith(","):
            after = end + rest.index(",") + 1
            return start, after + len(self._text[after:]) - len(self._text[after:].lstrip(" ")), ""
        before = self._text[:start].rstrip()
        return (len(before) - 1, end, "") if before.endswith(",") else (start, end, "")


def _written(value: Any, *, bare: bool = True) -> str:
    if isinstance(value, dict | list | tuple):
        return write_flow_style(value)
    return write_scalar(value, bare=bare)


def _lines_of(item: Mapping[str, Any] | str, indent: str, newline: str, *, bare: bool = False) -> str:
    """An item of a list in block style, without the last line break."""
    if isinstance(item, str):
        return f"{indent}- {write_scalar(item, bare=bare)}"
    lines = [f"{write_key(key)}: {_written(value)}" for key, value in item.items()]
    return newline.join(f"{indent}{'- ' if number == 0 else '  '}{line}" for number, line in enumerate(lines))
