"""``locales`` of a flow, and the texts that are written in several of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flowhook.i18n.locales import LANGUAGES, canonical, chain, is_form_of_locale, is_locale
from flowhook.problems.catalogue import BAD_VALUE, UNKNOWN_LOCALE
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean
from flowhook.yamldoc.document import Document, Path
from flowhook.yamldoc.problem_collector import ProblemCollector

#: Compared first, so that a slip in a common language is not taken for a rare one.
_COMMON = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "fi", "nb", "cs", "hu", "ro", "el", "tr",
    "ru", "uk", "ar", "he", "hi", "ja", "ko", "zh",
)  # fmt: skip


class LocaleGap(NamedTuple):
    """A text by locale without one that the flow declares: there the last resort would be shown."""

    lacks: tuple[str, ...]
    line: int
    column: int
    length: int


@dataclass(slots=True)
class Locales:
    """The locales of one flow file, and what was found where texts are written in several."""

    declared: dict[str, str | None] = field(default_factory=dict)  #: canonical locale → fallback
    gaps: list[LocaleGap] = field(default_factory=list)
    #: declared codes that nobody knows, which is told, and the ones that texts are likely to have instead
    misspelt: dict[str, str] = field(default_factory=dict)

    def check(self, document: Document, path: Path, keys: Iterable[str]) -> Iterator[Problem]:
        """What is wrong with the keys of a text by locale at ``path``; notes what it lacks."""
        there: dict[str, str] = {}
        for key in keys:
            locale = canonical(key)
            if locale in there:
                message = f'"{key}" is the same locale as "{there[locale]}"'
                yield document.problem(UNKNOWN_LOCALE, message, (*path, key), at_key=True)
            elif locale in self.declared or (not self.declared and is_locale(key)):
                there[locale] = key
            elif locale not in self.misspelt.values():
                yield self._unknown(document, path, key)
        lacks = tuple(
            locale
            for locale in self.declared
            if locale not in self.misspelt and not self._covers(locale, there)
        )
        if there and lacks:
            span = document.key_span(path) if path in document.key_spans else document.span(path)
            self.gaps.append(LocaleGap(lacks, span.line, span.column, span.length))

    def _covers(self, locale: str, there: Mapping[str, str]) -> bool:
        """Whether a text has words for a locale, its language, or the fallback declared for it."""
        primary = next(iter(self.declared))
        tried = list(chain(locale, self.declared))
        if locale != primary and self.declared[locale] != primary and tried[-1] == primary:
            tried.pop()  # the last resort does not count
        return any(candidate in there for candidate in tried)

    def _unknown(self, document: Document, path: Path, key: str) -> Problem:
        hint = self._nearest(key)
        if not self.declared:
            message = f'"{key}" is no locale, such as en or de-AT'
        else:
            message = f'the locale "{key}" is not declared under "locales"'
            hint = hint or f"declared are {', '.join(self.declared)}"
        return document.problem(UNKNOWN_LOCALE, message, (*path, key), at_key=True, hint=hint)

    def _nearest(self, key: str) -> str:
        if self.declared:
            return did_you_mean(key, self.declared)
        return did_you_mean(key, _COMMON) or did_you_mean(key, sorted(LANGUAGES))


def read_locales(data: Mapping[str, Any], report: ProblemCollector) -> Locales:
    """The locales that a flow declares: a list, or a mapping of each to its fallback."""
    value = data.get("locales")
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list):
        codes: dict[Path, tuple[Any, Any]] = {
            ("locales", index): (item, None) for index, item in enumerate(value)
        }
    elif isinstance(value, dict):
        codes = {("locales", key): (key, fallback) for key, fallback in value.items()}
    else:
        if value is not None:
            message = '"locales" is a list of locales, or maps each to its fallback'
            report.at_value(("locales",), BAD_VALUE, message)
        return Locales()
    locales = Locales()
    for path, (code, _) in codes.items():
        _declare(locales, path, code, report)
    for path, (code, fallback) in codes.items():
        if fallback is not None and isinstance(code, str) and canonical(code) in locales.declared:
            _fall_back(locales, path, canonical(code), fallback, report)
    _check_cycles(locales, codes, report)
    return locales


def _declare(locales: Locales, path: Path, code: Any, report: ProblemCollector) -> None:
    if not isinstance(code, str) or not is_form_of_locale(code):
        hint = did_you_mean(str(code), _COMMON) if isinstance(code, str) else ""
        message = "a locale is a language with, maybe, a region: en, de-AT"
        report.at_key(path, UNKNOWN_LOCALE, message, hint=hint)
    elif canonical(code) in locales.declared:
        report.at_key(path, UNKNOWN_LOCALE, f'the locale "{code}" is declared twice')
    else:
        if not is_locale(code):
            hint = did_you_mean(code, _COMMON)
            message = f'"{code}" is no language that flowhook knows'
            report.at_key(path, UNKNOWN_LOCALE, message, hint=hint, severity="warning")
            if hint:
                locales.misspelt[canonical(code)] = hint.split('"')[1]
        locales.declared[canonical(code)] = None


def _fall_back(locales: Locales, path: Path, code: str, fallback: Any, report: ProblemCollector) -> None:
    if not isinstance(fallback, str):
        report.at_value(path, BAD_VALUE, "the fallback of a locale is a locale, or null")
    elif canonical(fallback) not in locales.declared:
        hint = did_you_mean(fallback, locales.declared)
        report.at_value(path, UNKNOWN_LOCALE, f'no locale "{fallback}" is declared here', hint=hint)
    else:
        locales.declared[code] = canonical(fallback)


def _check_cycles(locales: Locales, codes: Mapping[Path, tuple[Any, Any]], report: ProblemCollector) -> None:
    """Report each circle of fallbacks once, and cut it."""
    for path, (code, _) in codes.items():
        start = canonical(code) if isinstance(code, str) else ""
        seen = [start]
        step = locales.declared.get(start)
        while step is not None and step not in seen:
            seen.append(step)
            step = locales.declared.get(step)
        if step is not None and step == start:
            ring = " → ".join([*seen, start])
            report.at_value(path, UNKNOWN_LOCALE, f"these fallbacks run in a circle: {ring}")
            locales.declared[start] = None
