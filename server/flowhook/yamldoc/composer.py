"""Composes values from the YAML parser's events, without recursion and within limits.

The parser gives a flat row of events; a stack of open lists and mappings makes a tree of them. Beside each
value stands its :class:`Span`: where it was written, and for a collection the spans of its keys and
children. What is wrong becomes a :class:`Problem`, and composing goes on with the value that was likely
meant, so that one pass finds all mistakes. An alias shares the value and the span of its anchor, and costs
as if it were written out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from sys import intern
from typing import Any, NamedTuple

import yaml

from flowhook.problems.catalogue import (
    BAD_ALIAS,
    BAD_KEY,
    BAD_VALUE,
    DUPLICATE_KEY,
    LOST_TEXT,
    SEVERAL_DOCUMENTS,
    TOO_DEEP,
    TOO_LARGE,
    UNKNOWN_ALIAS,
    YAML_SYNTAX,
    Code,
)
from flowhook.problems.characters import described
from flowhook.problems.problem import Problem
from flowhook.yamldoc import scalars, syntax_errors
from flowhook.yamldoc.source_map import NO_SPANS, Span

MAX_NODES = 500_000  #: keys and values, with aliases counted as often as they are used
MAX_DEPTH = 50  #: lists and mappings inside each other
MAX_PROBLEMS = 100  #: of one text; more would help nobody

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: Behind an unquoted text, on its line: a comment that looks like a part of it; ``sure`` where none begins
#: like that.
_LOST = re.compile(r"[ \t]+(?P<lost>#(?:(?P<sure>[0-9{])|\w).*)")


class Stop(Exception):
    """Raised where composing cannot go on; the problem was reported."""


class Composed(NamedTuple):
    """A value with its span. ``nodes`` and ``depth``: what it costs, aliases expanded."""

    value: Any
    span: Span
    nodes: int = 1
    depth: int = 0


class _OpenCollection:
    """A list or mapping whose end has not been seen."""

    is_mapping = False
    key: Span | None = None  #: of a mapping whose next value belongs to it
    skip = False  #: the next value, because its key is wrong

    def __init__(self, event: Any, count: int) -> None:
        self.event = event
        self.count = count
        self.depth = 1
        self.children: dict[str | int, Span] = {}
        self.keys: dict[str, Span] = {}
        self.span = _span(event)
        self.span.children = self.children
        self.span.keys = self.keys

    def add(self, value: Any, span: Span, composer: Composer) -> None:
        """Take the next value."""
        raise NotImplementedError

    def close(self, composer: Composer) -> tuple[Any, Span]:
        """Return the finished value and its span."""
        raise NotImplementedError


class _OpenList(_OpenCollection):
    def __init__(self, event: Any, count: int) -> None:
        super().__init__(event, count)
        self.items: list[Any] = []

    def add(self, value: Any, span: Span, composer: Composer) -> None:
        self.children[len(self.items)] = span
        self.items.append(value)

    def close(self, composer: Composer) -> tuple[Any, Span]:
        return self.items, self.span


class _OpenMapping(_OpenCollection):
    is_mapping = True

    def __init__(self, event: Any, count: int) -> None:
        super().__init__(event, count)
        self.items: dict[str, Any] = {}
        self.template = False  # an unquoted {{ … }}: YAML sees a mapping in a mapping
        self.merge: Composed | None = None

    def add(self, value: Any, span: Span, composer: Composer) -> None:
        key = self.key
        if self.skip:
            self.skip = False
        elif key is None:
            self._take_key(span, composer)
        else:
            self.key = None
            text: Any = key.text
            if text == "<<" and key.plain:
                self.merge = Composed(value, span)
            else:
                self.items[text] = value
                self.children[text] = span
                self.keys[text] = key

    def _take_key(self, span: Span, composer: Composer) -> None:
        first = self.keys.get(span.text) if span.text is not None else None
        self.skip = span.text is None or first is not None or (span.text == "<<" and self.merge is not None)
        if span.text is None:
            start = self.event.start_mark.index
            self.template = composer.text.startswith("{{", start)
            if not self.template:
                composer.report(BAD_KEY, "a key must be a text, not a list or mapping", span)
        elif self.skip:
            line = f"; first on line {first.line}" if first else ""
            composer.report(DUPLICATE_KEY, f'key "{span.text}" is given twice{line}', span)
        else:
            self.key = span

    def close(self, composer: Composer) -> tuple[Any, Span]:
        if self.template:
            return self._close_template(composer)
        if self.merge is not None:
            self._merge(self.merge, composer)
        return self.items, self.span

    def _close_template(self, composer: Composer) -> tuple[Any, Span]:
        """Report the missing quotes and go on with the text that was meant."""
        span = self.span
        text = composer.text[self.event.start_mark.index : composer.event.end_mark.index]
        composer.problems.append(syntax_errors.template_problem(text, composer.file, span.line, span.column))
        return text, Span(span.line, span.column, span.end_line, span.end_column, text, True)

    def _merge(self, merge: Composed, composer: Composer) -> None:
        """``<<``: take the keys of other mappings that this one does not have; the first one wins."""
        sources = merge.value if isinstance(merge.value, list) else [merge.value]
        if not all(isinstance(source, dict) for source in sources):
            composer.report(BAD_VALUE, '"<<" takes a mapping, or a list of mappings', merge.span)
            return
        spans = list(merge.span.children.values()) if isinstance(merge.value, list) else [merge.span]
        own, self.items = self.items, {}
        for source, span in zip(sources, spans, strict=True):
            for key, value in source.items():
                if key not in self.items:
                    self.items[key] = value
                    self.children.setdefault(key, span.children[key])
                    self.keys.setdefault(key, span.keys[key])
        self.items.update(own)


class Composer:
    """Composes one text, once. ``file`` is the name that it has in the problems.

    ``problems`` are those that were found, in the order of their discovery.
    """

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.problems: list[Problem] = []
        self.event: Any = None
        self._count = 0
        self._may_lose = "#" in text
        self._open: list[_OpenCollection] = []
        self._root: Composed | None = None
        self._anchors: dict[str, Composed | None] = {}  # None: still open
        self._unused: dict[str, Span] = {}  # anchors of texts to which nothing has referred yet
        self._handlers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.SequenceStartEvent: lambda event: self._begin(_OpenList(event, self._count)),
            yaml.MappingStartEvent: lambda event: self._begin(_OpenMapping(event, self._count)),
            yaml.SequenceEndEvent: self._end,
            yaml.MappingEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def compose(self) -> Composed:
        """Return the root; null, at line 1, for an empty text. Raises :class:`Stop` when a limit is passed,
        and yaml.YAMLError when the text is no YAML."""
        loader = _LOADER(self.text)
        try:
            next_event, handlers = loader.get_event, self._handlers
            while (event := next_event()) is not None:
                handler = handlers.get(type(event))
                if handler is not None:
                    self.event = event
                    handler(event)
        finally:
            loader.dispose()
        for name, span in self._unused.items():
            self._warn_of_lost_text(f"&{name} names this value for *{name}, and is no part of the text", span)
        return self._root or Composed(None, Span(1, 1, 1, 1, "", True))

    def report(self, code: Code, message: str, span: Span, hint: str = "") -> None:
        """Add a problem; stop when there are too many."""
        self.problems.append(Problem.at(code, message, self.file, span, hint))
        if len(self.problems) >= MAX_PROBLEMS:
            raise Stop

    def report_character(self, index: int) -> None:
        """Report a character that no YAML may hold. ``index`` is its place in the text."""
        before = self.text[:index].splitlines(keepends=True) or [""]
        ended = before[-1].endswith(("\n", "\r"))
        line, column = (len(before) + 1, 1) if ended else (len(before), len(before[-1]) + 1)
        message = f"the character {described(self.text[index])} is not allowed here"
        self.report(YAML_SYNTAX, message, Span(line, column, line, column + 1))

    def _stop(self, code: Code, message: str, event: Any) -> None:
        self.report(code, message, _span(event))
        raise Stop

    def _document(self, event: Any) -> None:
        if self._root is not None:
            self._stop(SEVERAL_DOCUMENTS, "a file holds one document; --- begins a second one", event)

    def _spend(self, nodes: int, depth: int, event: Any) -> None:
        self._count += nodes
        if self._count > MAX_NODES:
            self._stop(TOO_LARGE, f"more than {MAX_NODES:,} keys and values, aliases expanded", event)
        if depth and len(self._open) + depth > MAX_DEPTH:
            self._stop(TOO_DEEP, f"lists and mappings nested deeper than {MAX_DEPTH}", event)

    def _scalar(self, event: Any) -> None:
        self._spend(1, 0, event)
        span = _span(event)
        parent = self._open[-1] if self._open else None
        is_key = parent is not None and parent.is_mapping and parent.key is None and not parent.skip
        text: str = event.value
        span.text = text = intern(text) if is_key else text  # the same keys stand in all nodes
        span.plain = plain = not event.style
        value: scalars.Scalar = text
        tag, anchor = event.tag, event.anchor
        if tag is not None and tag.startswith("!") and len(tag) > 1 and plain:
            value = span.text = self._exclamation(event, span)
        else:
            try:
                if tag is not None:
                    value = scalars.parse_tagged(tag, text)
                elif plain and not is_key:
                    value = scalars.parse_plain(text)
            except ValueError as error:
                self.report(BAD_VALUE, str(error), span)
            if plain and not is_key and (self._may_lose or anchor is not None) and isinstance(value, str):
                self._watch_for_lost_text(event, span, value)
        if parent is not None and anchor is None:  # as nearly all are
            parent.add(value, span, self)
        else:
            self._add(Composed(value, span), anchor)

    def _watch_for_lost_text(self, event: Any, span: Span, value: str) -> None:
        """Warn of what looks like a part of an unquoted text and is none for YAML: ``#5``, ``&more``."""
        found = _LOST.match(self.text, event.end_mark.index) if self._may_lose else None
        if found is not None and (found["sure"] or " " in value):
            column = span.end_column + found.start("lost") - found.start()
            at = Span(span.end_line, column, span.end_line, 0)
            at.end_column = at.column + len(found["lost"].rstrip())
            self._warn_of_lost_text("from # on this is a comment, and no part of the text", at)
        if event.anchor is not None and value:
            self._unused[event.anchor] = Span(
                span.line, span.column, span.line, span.column + len(event.anchor) + 1
            )

    def _warn_of_lost_text(self, message: str, span: Span) -> None:
        hint = "put the text in quotes"
        self.problems.append(Problem.at(LOST_TEXT, message, self.file, span, hint))

    def _exclamation(self, event: Any, span: Span) -> str:
        """Report an unquoted ``!``, which YAML takes for a tag; return the text that was meant."""
        written = self.text[event.start_mark.index : event.end_mark.index].strip()
        if not scalars.CONDITION.match(written[1:]):
            self.report(BAD_VALUE, scalars.unknown_tag_message(event.tag), span)
            return written
        meant = f"not {written[1:]}"
        self.report(BAD_VALUE, scalars.unknown_tag_message(event.tag), span, f"as a condition, write {meant}")
        return meant

    def _begin(self, opened: _OpenCollection) -> None:
        event = opened.event
        self._spend(1, 1, event)
        if event.tag not in (None, "!", scalars.CORE + "map", scalars.CORE + "seq"):
            self.report(BAD_VALUE, scalars.unknown_tag_message(event.tag), opened.span)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(opened)

    def _end(self, event: Any) -> None:
        opened = self._open.pop()
        opened.span.end_line = event.end_mark.line + 1
        opened.span.end_column = event.end_mark.column + 1
        value, span = opened.close(self)
        self._add(Composed(value, span, self._count - opened.count, opened.depth), opened.event.anchor)

    def _alias(self, event: Any) -> None:
        name = event.anchor
        self._unused.pop(name, None)
        if name not in self._anchors:
            span = _span(event)
            hint = "put a text that begins with * in quotes"
            self.report(UNKNOWN_ALIAS, f"*{name} refers to no anchor", span, hint)
            span.text, span.plain = f"*{name}", True
            self._add(Composed(span.text, span), None)
            return
        built = self._anchors[name]
        if built is None:
            self._stop(BAD_ALIAS, f"*{name} stands inside the value that it refers to", event)
        else:
            self._spend(built.nodes, built.depth, event)
            self._add(built, None)

    def _add(self, built: Composed, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = built
        if not self._open:
            self._root = built
            return
        parent = self._open[-1]
        parent.depth = max(parent.depth, built.depth + 1)
        parent.add(built.value, built.span, self)


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    line: int = start.line + 1
    end_line = line if end.line == start.line else end.line + 1  # of most one number, which is kept once
    return Span(line, start.column + 1, end_line, end.column + 1, None, False, NO_SPANS, NO_SPANS)
