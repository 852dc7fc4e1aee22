"""Regular expressions with a bound on their time, so that no pattern can stall the server."""

from __future__ import annotations

import re
from typing import Any, Final

MAX_PATTERN: Final = 1_000  #: characters of a pattern
SECONDS: Final = 0.1  #: that one search may take
MAX_NESTING: Final = 50  #: groups inside each other; the compiler of patterns is recursive
MAX_REPEATS: Final = 10_000  #: of all counted repetitions, multiplied: each is written out when compiled

_COUNTED = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|[()]|\{(\d*)(?:(,)(\d*))?\}")


def is_pattern(case: str) -> bool:
    """Whether a case is a regular expression: it stands between slashes."""
    return len(case) > 2 and case.startswith("/") and case.endswith("/")


class PatternError(ValueError):
    """A text is no regular expression, or one that is not taken. ``offset`` is where, from 0;
    None where it is all of it."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset


class Pattern:
    """A compiled regular expression, found anywhere in a text."""

    __slots__ = ("_compiled", "source")

    def __init__(self, source: str, *, ignore_case: bool = False) -> None:
        """Raises PatternError when the source is no regular expression, or one that is not taken."""
        if len(source) > MAX_PATTERN:
            raise PatternError(f"a pattern has {MAX_PATTERN} characters at most")
        deep = _too_deep(source)
        if deep is not None:
            raise PatternError(f"a pattern nests {MAX_NESTING} groups at most", deep)
        if _repeats(source) > MAX_REPEATS:
            raise PatternError(
                f"a pattern repeats its parts {MAX_REPEATS} times at most, {{…}} in {{…}} multiplied"
            )
        import regex  # few flows have patterns

        try:
            self._compiled: Any = regex.compile(source, regex.IGNORECASE if ignore_case else 0)
        except regex.error as error:
            offset = _begin_of_fault(source, error)
            message = getattr(error, "msg", error)
            reason = f"this is no regular expression: {message} at position {offset}"
            raise PatternError(reason, offset) from None
        except RecursionError:
            raise PatternError("this regular expression is too intricate") from None
        self.source = source

    @property
    def names(self) -> frozenset[str]:
        """Of its groups."""
        return frozenset(self._compiled.groupindex)

    def match(self, text: str, *, full: bool = False) -> dict[str, Any] | None:
        """``{text, start, end, groups}`` of what it finds first, or, with ``full``, of all of the text;
        None when it finds nothing. Raises TimeoutError."""
        look = self._compiled.fullmatch if full else self._compiled.search
        found = look(text, timeout=SECONDS)
        if found is None:
            return None
        return {"text": found[0], "start": found.start(), "end": found.end(), "groups": found.groupdict()}

    def find_all(self, text: str, seconds: float = SECONDS) -> list[tuple[str, int, int]]:
        """All that it finds, each with its place; what is empty is left out. Raises TimeoutError."""
        found = self._compiled.finditer(text, timeout=seconds)
        return [(match[0], match.start(), match.end()) for match in found if match[0]]

    def find(self, text: str) -> str | None:
        """What it finds first; None when it finds nothing. Raises TimeoutError."""
        found = self._compiled.search(text, timeout=SECONDS)
        return None if found is None else str(found[0])


def _begin_of_fault(source: str, error: Any) -> int:
    """Where to look: what is never closed is noticed at the end, and is wrong where it begins."""
    position = int(error.pos or 0)
    if "character set" in error.msg:
        return _unclosed(source).get("[", position)
    if error.msg.startswith("missing"):
        return _unclosed(source).get("(", position)
    return min(position, max(len(source) - 1, 0))


def _unclosed(source: str) -> dict[str, int]:
    """Where the last bracket and the last group begin that are not closed."""
    groups: list[int] = []
    end = 0
    for found in _COUNTED.finditer(source):
        bracket = source.find("[", end, found.start())
        if bracket >= 0:
            return {"[": bracket}
        end = found.end()
        if found[0] == "(":
            groups.append(found.start())
        elif found[0] == ")" and groups:
            groups.pop()
    begun = {"[": source.find("[", end)} if source.find("[", end) >= 0 else {}
    return {**begun, "(": groups[-1]} if groups else begun


def _too_deep(source: str) -> int | None:
    """Where the group begins that is one too many inside others; None when there is none."""
    depth = 0
    for found in _COUNTED.finditer(source):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth > MAX_NESTING:
            return found.start()
    return None


def _repeats(source: str) -> int:
    """How often the innermost part of a pattern is written out: ``(a{10}){20}`` 200 times."""
    open_groups, inner = [1], 1  # the most repeated part of each open group; of what was closed last
    end = 0
    for found in _COUNTED.finditer(source):
        if found.start() > end:
            inner = 1  # plain characters stand between
        end = found.end()
        if found[0] == "(":
            open_groups.append(1)
            inner = 1
        elif found[0] == ")":
            inner = open_groups.pop() if len(open_groups) > 1 else 1
            open_groups[-1] = max(open_groups[-1], inner)
        elif found[0][0] == "{":
            counts = [int(count[:9]) for count in (found[1], found[3]) if count]
            times = inner * max(counts, default=1)
            open_groups[-1] = max(open_groups[-1], times)
            inner = times
        else:
            inner = 1
    return max(open_groups)
