"""Settings that are allowed and are hardly what was meant: each does something else, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flowhook.engine.settings.compiled import NodeSettings
from flowhook.flowfiles.compile.node_parser import ParsedNode, bare_duration
from flowhook.flowfiles.compile.operations import date_formats_in
from flowhook.flowfiles.compile.references import ROOTS
from flowhook.flowfiles.compile.written import WrittenSettings, is_template
from flowhook.problems.catalogue import (
    CONFIRM_WITHOUT_TEXT,
    DATE_PATTERN,
    IDLE_SETTING,
    SLASHES_IN_PATTERN,
    SLOT_NOT_ASKED,
    URL_BESIDE_CONNECTION,
    VALID_IF_WITHOUT_ANSWER,
)
from flowhook.problems.problem import Problem
from flowhook.yamldoc.document import Document, Path

SWITCHES = frozenset({"true", "false", "yes", "no", "on", "off", "ja", "nein"})
#: Days and years as other languages abbreviate them.
_OTHER_LETTERS = re.compile(r"\bTT?(?=[./-])|J{2,4}|A{2,4}")
_FULL_URL = re.compile(r"\s*https?://", re.IGNORECASE)
_NOTHING: frozenset[str] = frozenset()
_TIMED_BRANCHES = frozenset({"on_timeout", "on_timer"})
_TIMES = frozenset({"timeout", "in", "after"})


def suspicious_settings(
    parsed: ParsedNode, settings: NodeSettings, written: WrittenSettings, lines: Sequence[str]
) -> Iterator[Problem]:
    """A warning for each setting of a node that is hardly what was meant."""
    for path, question in questions_at(parsed, written):
        yield from _in_question(path, question, settings, written)
    if "confirm" in written.data:  # what a node does not have is not looked for: there may be thousands
        yield from _confirmations(parsed, written)
    if "pattern" in parsed.type.model_fields:
        yield from _slashes(written, ("pattern",), written.data.get("pattern"))
    if parsed.type.idle_without:
        yield from _idle_settings(parsed, written)
    if not _TIMES.isdisjoint(written.data):
        yield from _bare_durations(parsed, written)
    if "connection" in settings.marks.kinds:
        yield from _urls(settings, written)
    for found in date_formats_in(settings, written, lines):
        message, hint = _strftime(found.pattern) if found.by_method else _date_pattern(found.pattern)
        if message:
            yield Problem.at(DATE_PATTERN, message, written.file, found, hint)


# -- questions ------------------------------------------------------------------------------------


def questions_at(parsed: ParsedNode, written: Document) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The questions of a node with their paths: the settings themselves, or mappings in a list of them."""
    questions = parsed.type.questions_in(written.data)
    if not questions:
        return
    if parsed.type.is_question:
        yield from (((), question) for question in questions)
        return
    for name, value in written.data.items():
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if any(item is question for question in questions):
                yield (name, index), item


def _in_question(
    path: Path, question: Mapping[str, Any], settings: NodeSettings, written: Document
) -> Iterator[Problem]:
    valid_if = question.get("valid_if")
    names = settings.expressions.names(valid_if) if isinstance(valid_if, str) else _NOTHING
    if names.intersection(ROOTS) and not names & {"answer", "input"}:
        message = '"valid_if" does not look at the answer, so it holds for all of them or for none'
        yield _at(
            written, (*path, "valid_if"), VALID_IF_WITHOUT_ANSWER, message, 'the answer is called "answer"'
        )
    if path:
        yield from _slashes(written, (*path, "pattern"), question.get("pattern"))
    if "slot" in question and question.get("type", "text") == "text" and "type" not in _own(path, written):
        message = "any text answers this question, and all of it is kept, whatever the slot finds in it"
        yield _at(written, (*path, "slot"), SLOT_NOT_ASKED, message, "add type: slot")


def slashes_in(pattern: Any) -> tuple[str, str]:
    """Why a regular expression between slashes finds nothing, and what to write; empty for all others."""
    found = _SLASHES.fullmatch(pattern) if isinstance(pattern, str) else None
    if found is None:
        return "", ""
    flags = "(?i)" if "i" in found[2] else ""
    return "the slashes are part of this pattern: it is found only between two", f"write {flags}{found[1]}"


_SLASHES = re.compile(r"/(.+)/([gimsuy]*)")


def _slashes(written: Document, path: Path, pattern: Any) -> Iterator[Problem]:
    message, hint = slashes_in(pattern)
    if message:
        yield _at(written, path, SLASHES_IN_PATTERN, message, hint)


def _confirmations(parsed: ParsedNode, written: Document) -> Iterator[Problem]:
    """A ``confirm`` that was meant as a switch."""
    if "confirm" not in parsed.type.model_fields:
        return
    path: Path = ("confirm",)
    confirm = written.data.get("confirm")
    if isinstance(confirm, Mapping):
        confirm, path = confirm.get("text"), ("confirm", "text")
    if isinstance(confirm, str | bool) and str(confirm).strip().casefold() in SWITCHES:
        shown = str(confirm).lower() if isinstance(confirm, bool) else confirm
        message = f'"confirm" is the text that is asked: this asks "{shown}"'
        example = "{{ answer }}, is that right?" if parsed.type.is_question else "Is all of that right?"
        yield _at(written, path, CONFIRM_WITHOUT_TEXT, message, f'write confirm: "{example}"')


def _own(path: Path, written: Document) -> Mapping[str, Any]:
    """The mapping that stands at a path of the settings."""
    value: Any = written.data
    for part in path:
        value = value[part]
    return value if isinstance(value, Mapping) else {}


def _idle_settings(parsed: ParsedNode, written: Document) -> Iterator[Problem]:
    """Settings that do nothing without the branch to which they lead."""
    for setting, branch in parsed.type.idle_without.items():
        value = written.data.get(setting)
        if value is None:
            continue
        if branch == "on_timeout" and parsed.reminders:
            if (setting,) in parsed.inherited:
                continue
            message = f'"{setting}" does nothing: the reminders under "on_timeout" have times of their own'
            yield _at(written, (setting,), IDLE_SETTING, message, "take it away")
        elif branch not in parsed.branches:
            message = f'"{setting}" does nothing: this "{parsed.type.key}" has no "{branch}"'
            yield _at(written, (setting,), IDLE_SETTING, message, f'add "{branch}", or take it away')


def _bare_durations(parsed: ParsedNode, written: Document) -> Iterator[Problem]:
    """Times of waiting for people that are small numbers without a unit."""
    if parsed.type.awaits or _TIMED_BRANCHES.isdisjoint(parsed.type.branches):
        return
    for setting in _TIMES.intersection(written.data):
        idle = parsed.type.idle_without.get(setting, "on_timeout") not in parsed.branches
        if not (idle and setting in parsed.type.idle_without):
            yield from bare_duration(written, (setting,), written.data[setting])


# -- addresses and dates --------------------------------------------------------------------------


def _urls(settings: NodeSettings, written: WrittenSettings) -> Iterator[Problem]:
    """Full addresses where a connection has the first part of them."""
    connection = next((path for path, _ in written.texts if "connection" in settings.marks.at(path)), None)
    url = written.data.get("url")
    if connection is None or not isinstance(url, str) or is_template(url[:2]) or not _FULL_URL.match(url):
        return
    message = "with a connection the url is a path under its base_url; a full address is refused"
    yield _at(written, ("url",), URL_BESIDE_CONNECTION, message, "write the path alone, such as /orders")


def _strftime(pattern: str) -> tuple[str, str]:
    """Why a pattern of the method ``strftime`` prints itself, and what was meant."""
    if "%" in pattern or not re.search(r"[dDMyYHhms]{1,4}", pattern):
        return "", ""
    meant = _STRFTIME.sub(lambda found: _LETTERS[found[0][0]], pattern)
    return f'"{pattern}" has no %, so strftime prints it as it stands', f"write {meant}"


_STRFTIME = re.compile(r"d{1,2}|D{1,2}|M{1,2}|y{2,4}|Y{2,4}|H{1,2}|h{1,2}|m{1,2}|s{1,2}")
_LETTERS = {"d": "%d", "D": "%d", "M": "%m", "y": "%Y", "Y": "%Y", "H": "%H", "h": "%H", "m": "%M", "s": "%S"}


def _date_pattern(pattern: str) -> tuple[str, str]:
    """Why a pattern of ``date_format`` is hardly what was meant, and what was."""
    if "%" in pattern:
        return f'"{pattern}" is a pattern of strftime, not of date_format', "write dd.MM.yyyy, EEEE, HH:mm …"
    bare = re.sub(r"'[^']*'", "", pattern)
    if re.search(r"D|Y", bare) and re.search(r"[DY]{2}", bare):
        meant = pattern.replace("D", "d").replace("Y", "y")
        message = f'in "{pattern}" D is the day of the year, and Y the year of its week'
        return message, f"write {meant}"
    if re.search(r"[hH]{1,2}:MM", bare):
        message = f'in "{pattern}" MM is the month, and mm the minutes'
        return message, f"write {re.sub(r'(?<=:)MM', 'mm', pattern)}"
    if re.search(r"(?<![hHs]:)\bmm?[./-]|[./-]mm?\b(?!:)", bare) and re.search(r"[dy]", bare):
        message = f'in "{pattern}" mm are the minutes, and MM the month'
        return message, f"write {re.sub(r'(?<!:)m+(?!:)', lambda found: found[0].upper(), pattern)}"
    if (other := _OTHER_LETTERS.search(bare)) is not None:
        return f'in "{pattern}" {other[0]} is no day and no year', "write dd.MM.yyyy"
    if re.search(r"hh?[:.]mm", bare) and "a" not in bare:
        return (
            f'in "{pattern}" h counts to twelve',
            f"write {pattern.replace('h', 'H')}, or add a for am and pm",
        )
    return "", ""


def _at(written: Document, path: Path, code: Any, message: str, hint: str) -> Problem:
    return written.problem(code, message, path, hint=hint)
