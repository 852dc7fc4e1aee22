"""Reads what a test expects out of its file: values and the words of matchers."""

from __future__ import annotations

from typing import Any

from flowhook.extraction.safe_regex import Pattern
from flowhook.flowtest.files.match import (
    ANYTHING,
    TYPES,
    Absent,
    All,
    AnyOf,
    Contains,
    Found,
    Listed,
    Mapped,
    Matcher,
    OfType,
    Same,
    Unlike,
)
from flowhook.problems.catalogue import BAD_PATTERN, BAD_VALUE
from flowhook.yamldoc.document import Path
from flowhook.yamldoc.problem_collector import ProblemCollector

WORDS = ("equals", "contains", "icontains", "regex", "any_of", "not", "subset", "type", "absent")


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
            items = {key: self.read(each, (*path, key), exact=exact) for key, each in value.items()}
            return Mapped(items, exact)
        if isinstance(value, list):
            return Listed([self.read(each, (*path, n), exact=exact) for n, each in enumerate(value)])
        return Same(value, self.text(value, path))

    def text(self, value: Any, path: Path) -> str | None:
        """A scalar as it was written; None for null."""
        if value is None or isinstance(value, str):
            return value
        return self.report.document.span(path).text

    def _matcher(self, value: dict[str, Any], path: Path) -> Matcher:
        parts = [self._word(word, each, (*path, word)) for word, each in value.items()]
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
                return AnyOf([self.read(each, (*path, n)) for n, each in enumerate(value)])
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
            return Found(Pattern(text or ""))
        except ValueError as error:
            self.report.at_value(path, BAD_PATTERN, str(error))
            return ANYTHING

    def _subset(self, value: Any, path: Path) -> Matcher:
        """Keys are taken as keys here, whatever they look like."""
        if isinstance(value, dict):
            return Mapped({key: self.read(each, (*path, key)) for key, each in value.items()})
        if isinstance(value, list):
            return Listed([self.read(each, (*path, n)) for n, each in enumerate(value)], subset=True)
        self.report.at_value(path, BAD_VALUE, '"subset" is a mapping or a list')
        return ANYTHING
