"""What a test expects of a value, the value itself or a matcher such as ``{contains: "22"}``, and how it is
read from a test file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flowhook.extraction.safe_regex import Pattern, PatternError
from flowhook.problems.catalogue import BAD_PATTERN, BAD_VALUE
from flowhook.yamldoc.document import Path
from flowhook.yamldoc.problem_collector import ProblemCollector


class _Missing:
    """Stands for a value that is not there."""

    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class Miss:
    """One difference. ``at`` is the way to it inside the value, ``expected`` in words."""

    at: tuple[str | int, ...]
    expected: str
    actual: Any


class Matcher:
    """Tells in what a value differs from what was expected."""

    def misses(self, actual: Any, at: tuple[str | int, ...] = ()) -> Iterator[Miss]:
        """Every difference; none when all is as expected."""
        if not self.holds(actual):
            yield Miss(at, self.words, actual)

    def holds(self, actual: Any) -> bool:
        """Whether the value is as expected."""
        return next(self.misses(actual), None) is None

    @property
    def words(self) -> str:
        """What is expected, in words."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Same(Matcher):
    """A scalar. Where a text is compared with it, it counts as it was written: ``1`` is "1"."""

    value: Any
    written: str | None = None

    def holds(self, actual: Any) -> bool:
        if isinstance(actual, str):
            return actual == (self.value if isinstance(self.value, str) else self.written)
        if isinstance(actual, bool) or isinstance(self.value, bool):
            return actual is self.value
        return actual is not MISSING and bool(actual == self.value)

    @property
    def words(self) -> str:
        return shown(self.value)


@dataclass(frozen=True, slots=True)
class SameText(Matcher):
    """A text, whether or not a line break ends it: a block in YAML has one, and nobody sees it."""

    text: str

    def holds(self, actual: Any) -> bool:
        return isinstance(actual, str) and actual.removesuffix("\n") == self.text.removesuffix("\n")

    @property
    def words(self) -> str:
        return shown(self.text)


@dataclass(frozen=True, slots=True)
class Mapped(Matcher):
    """A mapping: its keys, and with ``exact`` no others."""

    items: Mapping[str, Matcher]
    exact: bool = False

    def misses(self, actual: Any, at: tuple[str | int, ...] = ()) -> Iterator[Miss]:
        if not isinstance(actual, Mapping):
            yield Miss(at, self.words, actual)
            return
        for key, matcher in self.items.items():
            yield from matcher.misses(actual.get(key, MISSING), (*at, key))
        if self.exact:
            for key in actual:
                if key not in self.items:
                    yield Miss((*at, key), "nothing", actual[key])

    @property
    def words(self) -> str:
        return "{" + ", ".join(f"{key}: {matcher.words}" for key, matcher in self.items.items()) + "}"


@dataclass(frozen=True, slots=True)
class Listed(Matcher):
    """A list: each item in its place; with ``subset`` anywhere, and others may be between."""

    items: Sequence[Matcher]
    subset: bool = False

    def misses(self, actual: Any, at: tuple[str | int, ...] = ()) -> Iterator[Miss]:
        if not isinstance(actual, list | tuple):
            yield Miss(at, self.words, actual)
        elif self.subset:
            for matcher in self.items:
                if not any(matcher.holds(item) for item in actual):
                    yield Miss(at, f"a list with {matcher.words}", list(actual))
        else:
            for number in range(max(len(actual), len(self.items))):
                given = actual[number] if number < len(actual) else MISSING
                if number < len(self.items):
                    yield from self.items[number].misses(given, (*at, number))
                else:
                    yield Miss((*at, number), "nothing", given)

    @property
    def words(self) -> str:
        return "[" + ", ".join(item.words for item in self.items) + "]"


@dataclass(frozen=True, slots=True)
class Contains(Matcher):
    """A text inside a text, an item inside a list, a key inside a mapping."""

    part: Matcher
    text: str | None
    fold: bool = False

    def holds(self, actual: Any) -> bool:
        if isinstance(actual, str):
            if self.text is None:
                return False
            return self.text.casefold() in actual.casefold() if self.fold else self.text in actual
        if isinstance(actual, list | tuple):
            return any(self.part.holds(item) for item in actual)
        return isinstance(actual, Mapping) and self.text in actual

    @property
    def words(self) -> str:
        return f"something that contains {self.part.words}"


@dataclass(frozen=True, slots=True)
class RegexMatcher(Matcher):
    """A regular expression, found anywhere."""

    pattern: Pattern

    def holds(self, actual: Any) -> bool:
        return isinstance(actual, str) and self.pattern.find(actual) is not None

    @property
    def words(self) -> str:
        return f"a text that matches /{self.pattern.source}/"


@dataclass(frozen=True, slots=True)
class AnyOf(Matcher):
    """One of several."""

    several: Sequence[Matcher]

    def holds(self, actual: Any) -> bool:
        return any(matcher.holds(actual) for matcher in self.several)

    @property
    def words(self) -> str:
        return "one of " + " | ".join(matcher.words for matcher in self.several)


@dataclass(frozen=True, slots=True)
class Unlike(Matcher):
    """Anything else."""

    other: Matcher

    def holds(self, actual: Any) -> bool:
        return not self.other.holds(actual)

    @property
    def words(self) -> str:
        return f"not {self.other.words}"


@dataclass(frozen=True, slots=True)
class All(Matcher):
    """Several things at once."""

    several: Sequence[Matcher]

    def misses(self, actual: Any, at: tuple[str | int, ...] = ()) -> Iterator[Miss]:
        for matcher in self.several:
            yield from matcher.misses(actual, at)

    @property
    def words(self) -> str:
        return " and ".join(matcher.words for matcher in self.several) or "anything"


@dataclass(frozen=True, slots=True)
class OfType(Matcher):
    """A kind of value, by the words of :data:`TYPES`."""

    name: str

    def holds(self, actual: Any) -> bool:
        return actual is not MISSING and TYPES[self.name](actual)

    @property
    def words(self) -> str:
        return f"a value of type {self.name}"


@dataclass(frozen=True, slots=True)
class Absent(Matcher):
    """Nothing there; null counts as nothing. With ``absent: false``: something."""

    absent: bool = True

    def holds(self, actual: Any) -> bool:
        return (actual is MISSING or actual is None) is self.absent

    @property
    def words(self) -> str:
        return "nothing" if self.absent else "something"


ANYTHING: Final = All(())


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "text": lambda value: isinstance(value, str),
    "string": lambda value: isinstance(value, str),
    "number": _number,
    "integer": lambda value: _number(value) and float(value).is_integer(),
    "boolean": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "mapping": lambda value: isinstance(value, dict),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}

#: The words of matchers in a file.
WORDS = ("equals", "contains", "icontains", "regex", "any_of", "not", "subset", "type", "absent")


def shown(value: Any, room: int = 400) -> str:
    """A value as people read it, on one line."""
    import json

    if value is MISSING:
        return "nothing"
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = str(value)
    return text if len(text) <= room else text[: room - 1] + "…"


# --- from a file ---------------------------------------------------------------------------------------


def is_matcher(value: Any) -> bool:
    """Whether a mapping is a matcher: all its keys are words of matchers. ``type`` is one only with the
    name of a type, so that ``{type: quick_replies}`` is a mapping with that key."""
    if not isinstance(value, dict) or not value or not all(key in WORDS for key in value):
        return False
    return "type" not in value or value["type"] in TYPES


class MatcherReader:
    """Reads the values of one document."""

    def __init__(self, report: ProblemCollector) -> None:
        self.report = report

    def read(self, value: Any, path: Path, *, exact: bool = False) -> Matcher:
        """What is expected at a place of the file; ``exact``: mappings have no further keys."""
        if not exact and is_matcher(value):
            return self._matcher(value, path)
        if isinstance(value, dict):
            items = {key: self.read(item, (*path, key), exact=exact) for key, item in value.items()}
            return Mapped(items, exact)
        if isinstance(value, list):
            return Listed([self.read(item, (*path, n), exact=exact) for n, item in enumerate(value)])
        return Same(value, self.text(value, path))

    def text(self, value: Any, path: Path) -> str | None:
        """A scalar as it was written; None for null."""
        if value is None or isinstance(value, str):
            return value
        return self.report.document.span(path).text

    def _matcher(self, value: dict[str, Any], path: Path) -> Matcher:
        parts = [self._word(word, item, (*path, word)) for word, item in value.items()]
        return parts[0] if len(parts) == 1 else All(parts)

    def _word(self, word: str, value: Any, path: Path) -> Matcher:
        match word:
            case "equals":
                return self.read(value, path, exact=True)
            case "contains" | "icontains":
                return Contains(self.read(value, path), self._scalar(value, path), word == "icontains")
            case "regex":
                return self._regex(value, path)
            case "any_of":
                if not isinstance(value, list) or not value:
                    self.report.at_value(path, BAD_VALUE, '"any_of" is a list of alternatives')
                    return ANYTHING
                return AnyOf([self.read(item, (*path, n)) for n, item in enumerate(value)])
            case "not":
                return Unlike(self.read(value, path))
            case "subset":
                return self._subset(value, path)
            case "type":
                return OfType(value)
        if not isinstance(value, bool):
            self.report.at_value(path, BAD_VALUE, '"absent" is true or false')
            return ANYTHING
        return Absent(value)

    def _scalar(self, value: Any, path: Path) -> str | None:
        return None if isinstance(value, dict | list) else self.text(value, path)

    def _regex(self, value: Any, path: Path) -> Matcher:
        text = self._scalar(value, path)
        try:
            return RegexMatcher(Pattern(text or ""))
        except PatternError as error:
            self.report.at_value(path, BAD_PATTERN, str(error), offset=error.offset)
            return ANYTHING

    def _subset(self, value: Any, path: Path) -> Matcher:
        """Keys are taken as keys here, whatever they look like."""
        if isinstance(value, dict):
            return Mapped({key: self.read(item, (*path, key)) for key, item in value.items()})
        if isinstance(value, list):
            return Listed([self.read(item, (*path, n)) for n, item in enumerate(value)], subset=True)
        self.report.at_value(path, BAD_VALUE, '"subset" is a mapping or a list')
        return ANYTHING
