"""``slots`` of a flow: what to find in the texts of its users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowhook.engine.expressions import Expression
from flowhook.engine.flow import SlotRule
from flowhook.extraction.safe_regex import Pattern, PatternError
from flowhook.flowfiles.compile.node_parser import ID
from flowhook.flowfiles.compile.section_models import ListedValueForm, SlotForm, TextsForm, ValueForm
from flowhook.flowfiles.compile.section_parser import SectionParser
from flowhook.flowfiles.compile.suspicious_settings import slashes_in
from flowhook.i18n.locales import canonical, is_locale
from flowhook.problems.catalogue import (
    BAD_ID,
    BAD_PATTERN,
    BAD_VALUE,
    DUPLICATE_VALUE,
    MISSING,
    SLASHES_IN_PATTERN,
)
from flowhook.yamldoc.document import Path


class SlotReader:
    """Reads the slots of one document."""

    def __init__(self, section: SectionParser) -> None:
        self.section = section
        self.report = section.report

    def read(self) -> dict[str, SlotRule]:
        """All slots that have no problem; those of the others are reported."""
        rules: dict[str, SlotRule] = {}
        for name, value in self.section.entries("slots").items():
            rule = self._rule(name, value)
            if rule is not None:
                rules[name] = rule
        return rules

    def _rule(self, name: str, value: Any) -> SlotRule | None:
        path: Path = ("slots", name)
        if not ID.match(name):
            message = f'"{name}" is no name of a slot: letters, digits, _ and -, the first a letter or _'
            self.report.at_key(path, BAD_ID, message)
        if isinstance(value, list | str):
            hint = "write {values: [...]}, {pattern: …} or {type: …}"
            self.report.at_value(path, BAD_VALUE, f'the slot "{name}" is a mapping', hint=hint)
            return None
        form = self.section.form(SlotForm, path, value)
        if form is None:
            return None
        if not any(key in (value or ()) for key in ("values", "values_from", "pattern", "type")):
            message = f'the slot "{name}" needs "values", a "pattern" or a "type"'
            self.report.at_key(path, MISSING, message)
        if form.values is not None and form.values_from is not None:
            message = f'the slot "{name}" has "values" and "values_from"; it can have one of them'
            self.report.at_key((*path, "values_from"), BAD_VALUE, message)
        if form.fuzzy and form.values is None and form.values_from is None:
            message = '"fuzzy" is for slots with values'
            self.report.at_key((*path, "fuzzy"), BAD_VALUE, message, severity="warning")
        if form.pattern is not None:
            self._check_pattern((*path, "pattern"), form.pattern)
        if form.store is not None:
            self.section.roots.add(form.store.partition(".")[0])
        return SlotRule(
            name=name,
            values=self._values((*path, "values"), form.values),
            pattern=form.pattern,
            type=form.type,
            fuzzy=form.fuzzy,
            store=tuple(form.store.split(".")) if form.store is not None else None,
            values_from=self._values_from((*path, "values_from"), form.values_from),
            keep=form.keep,
            line=self.section.document.key_span(path).line,
        )

    def _values_from(self, path: Path, source: str | None) -> Expression | None:
        return self.section.expression(path, source) if source is not None else None

    def _check_pattern(self, path: Path, pattern: str) -> None:
        message, hint = slashes_in(pattern)
        if message:
            self.report.at_value(path, SLASHES_IN_PATTERN, message, hint=hint)
        try:
            found = Pattern(pattern).find("")
        except PatternError as error:
            self.report.at_value(path, BAD_PATTERN, str(error), offset=error.offset)
            return
        if found is not None:
            message = "this pattern is found in an empty text, so it says nothing"
            self.report.at_value(path, BAD_PATTERN, message)

    # -- values -----------------------------------------------------------------------------------

    def _values(self, path: Path, values: list[Any] | dict[str, Any] | None) -> dict[str, dict[str, Any]]:
        read: dict[str, dict[str, Any]] = {}
        words: dict[str, str] = {}
        if values is not None and not values:
            self.report.at_key(path, BAD_VALUE, '"values" is empty')
        if isinstance(values, dict):
            for value, written in values.items():
                form = self._value((*path, value), written)
                if form is not None:
                    self._take(read, words, (*path, value), value, form)
        for index, item in enumerate(values if isinstance(values, list) else ()):
            where: Path = (*path, index)
            listed = item if isinstance(item, dict) else {"value": self._as_written(where, item)}
            form = self.section.form(ListedValueForm, where, listed)
            if form is not None:
                self._take(read, words, where, form.value, form)
        return read

    def _as_written(self, path: Path, item: Any) -> Any:
        return self.section.document.as_written(path, item)

    def _value(self, path: Path, written: Any) -> ValueForm | None:
        """One value, from its synonyms or from ``{synonyms, data}``."""
        if written is None or (isinstance(written, Mapping) and not self._are_locales(written)):
            return self.section.form(ValueForm, path, written)
        texts = self.section.form(TextsForm, path, written)
        return ValueForm(synonyms=texts.root) if texts is not None else None

    def _are_locales(self, written: Mapping[str, Any]) -> bool:
        if any(key in ValueForm.model_fields for key in written):
            return False
        declared = self.section.locales.declared
        return any(is_locale(key) or canonical(key) in declared for key in written)

    def _take(
        self, read: dict[str, dict[str, Any]], words: dict[str, str], path: Path, value: str, form: ValueForm
    ) -> None:
        """Keep a value, unless one of its words belongs to another."""
        if not value.strip():
            self.report.at_value(path, BAD_VALUE, "a value of a slot is not empty")
            return
        where: Path = (*path, "synonyms") if (*path, "synonyms") in self.section.document.spans else path
        by_locale = self.section.texts(where, form.synonyms, named=True) if form.synonyms else {}
        for locale, said, text in [
            ("", path, value),
            *((locale, at, text) for locale, texts in by_locale.items() for at, text in texts),
        ]:
            key = f"{locale}:{' '.join(text.casefold().split())}"
            owner = words.setdefault(key, value)
            again = said == path and value in read
            if owner != value or again:
                message = f'"{text}" stands for "{owner}" already'
                message = f'the value "{text}" is there twice' if again else message
                self.report.at_key(said, DUPLICATE_VALUE, message)
        synonyms: Any = {locale: [text for _, text in texts] for locale, texts in by_locale.items()}
        read[value] = {"synonyms": synonyms.get("", []) if set(synonyms) <= {""} else synonyms}
        if form.data is not None:
            read[value]["data"] = form.data
