"""``intents`` and ``reject`` of a flow: what its users may mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flowhook.engine.expressions import Expression
from flowhook.engine.flow import Intent
from flowhook.flowfiles.compile.node_parser import ID, NodeParser, Reference
from flowhook.flowfiles.compile.references import intent_fields_in
from flowhook.flowfiles.compile.section_models import IntentForm, SettingsForm, TextsForm
from flowhook.flowfiles.compile.section_parser import SectionParser
from flowhook.flowfiles.compile.suspicious_settings import SWITCHES
from flowhook.problems.catalogue import (
    BAD_BRANCH,
    BAD_VALUE,
    CONFIRM_WITHOUT_TEXT,
    DUPLICATE_EXAMPLE,
    ENTRY_AND_REPLY,
    FEW_EXAMPLES,
    IDLE_SETTING,
    INTENT_CIRCLE,
    INTENT_DEPTH,
    INTENT_IN_RULE,
    OVERLAPPING_INTENTS,
    UNKNOWN_INTENT,
)
from flowhook.problems.suggestion import did_you_mean
from flowhook.yamldoc.document import Path

NAME = re.compile(r"[^\s/#][^/\n\r]{0,99}\Z")
MAX_DEPTH = 3  #: levels of intents that are kinds of each other

ByLocale = dict[str, tuple[str, ...]]


class IntentPosition(NamedTuple):
    """Where an intent is defined."""

    name: str
    line: int
    column: int
    length: int
    disabled: bool = False


class Example(NamedTuple):
    """One example sentence as written. ``intent`` None: of ``reject``; ``locale`` "": of any."""

    intent: str | None
    locale: str
    text: str
    line: int
    column: int
    length: int


@dataclass(slots=True)
class IntentsRead:
    """The intents of one file. ``spots`` has those that are disabled or wrong, too."""

    intents: dict[str, Intent] = field(default_factory=dict)
    reject: ByLocale = field(default_factory=dict)
    positions: dict[str, IntentPosition] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)
    entries: list[tuple[str, Reference]] = field(default_factory=list)


class IntentReader:
    """Reads the intents of one document; their replies become hidden nodes of ``parser``."""

    def __init__(self, section: SectionParser, parser: NodeParser, flow: str) -> None:
        self.section = section
        self.parser = parser
        self.flow = flow
        self.result = IntentsRead()
        self._forms: dict[str, IntentForm] = {}
        self._seen: dict[tuple[str, str], Example] = {}

    def read(self) -> IntentsRead:
        """All intents that have no problem; those of the others are reported."""
        entries = self.section.entries("intents")
        result = self.result
        for name, value in entries.items():
            span = self.section.document.key_span(("intents", name))
            disabled = isinstance(value, Mapping) and value.get("disabled") is True
            result.positions[name] = IntentPosition(name, span.line, span.column, span.length, disabled)
            self._form(name, value)
        for name, form in self._forms.items():
            intent = self._intent(name, form, entries[name] or {})
            if not form.disabled:
                result.intents[name] = intent
        result.reject = self._reject()
        return result

    def warn_of_idle_settings(self, settings: Mapping[str, Any]) -> None:
        """Tell of settings of intents that do nothing beside their others; ``settings``: of the flow."""
        self._warn_of_equal_rules()
        parents = {form.parent for form in self._forms.values()}
        for name, form in self._forms.items():
            idle = self._idle(form, settings, is_parent=name in parents)
            for key, reason in idle.items():
                if key in form.model_fields_set and not form.disabled:
                    message = f'"{key}" does nothing: {reason}'
                    self.section.report.at_key(("intents", name, key), IDLE_SETTING, message)

    def _warn_of_equal_rules(self) -> None:
        """Of two intents with the same rule and priority the second never wins by it."""
        owners: dict[tuple[str, int], str] = {}
        for name, form in self._forms.items():
            rules = form.rules if isinstance(form.rules, list) else [form.rules]
            for index, rule in enumerate(rules):
                if rule is None or form.disabled:
                    continue
                owner = owners.setdefault((" ".join(rule.split()), form.priority), name)
                if owner != name:
                    path: Path = ("intents", name, "rules")
                    where = (*path, index) if isinstance(form.rules, list) else path
                    message = f'the intent "{owner}" has the same rule, and wins by it'
                    self.section.report.at_value(where, OVERLAPPING_INTENTS, message)

    def _idle(self, form: IntentForm, settings: Mapping[str, Any], *, is_parent: bool) -> dict[str, str]:
        """The settings of an intent that would do nothing, each with the reason."""
        idle: dict[str, str] = {}
        only_rules = form.rules and not form.examples and not is_parent
        if only_rules:
            reason = "rules win outright, without a score"
            idle |= dict.fromkeys(("condition", "confirm", "confidence"), reason)
        if form.examples and not form.rules:
            idle["priority"] = "it is for rules, and this intent has none"
        if form.inherit and not is_parent:
            idle["inherit"] = "no intent has this one as its parent"
        usual = {name: SettingsForm.model_fields[name].default for name in ("confidence", "confirm_below")}
        needed, below = (settings.get(name, default) for name, default in usual.items())
        needed = needed if form.confidence is None else form.confidence
        if isinstance(needed, int | float) and isinstance(below, int | float) and needed >= below:
            reason = f"the intent counts from {needed:g} on, and what is above {below:g} is not asked about"
            idle.setdefault("confirm", reason)
        return idle

    # -- one intent -------------------------------------------------------------------------------

    def _form(self, name: str, value: Any) -> None:
        path: Path = ("intents", name)
        if not NAME.match(name) or name != name.strip():
            message = "the name of an intent is a word or a few, without / and not beginning with #"
            self.section.report.at_key(path, BAD_VALUE, message)
        if isinstance(value, list | str):
            message = f'the intent "{name}" is a mapping'
            self.section.report.at_value(path, BAD_VALUE, message, hint="write {examples: [...]}")
            return
        form = self.section.form(IntentForm, path, value)
        if form is not None:
            self._forms[name] = form

    def _intent(self, name: str, form: IntentForm, written: Mapping[str, Any]) -> Intent:
        path: Path = ("intents", name)
        if form.entry is not None and form.reply is not None:
            message = f'the intent "{name}" has an entry and a reply; it can have one of them'
            hint = 'let a "say" at the entry give the reply'
            self.section.report.at_key((*path, "reply"), ENTRY_AND_REPLY, message, hint=hint)
        steps = self._steps(name, form)
        rules = self._rules(path, form, written)
        condition = self._test((*path, "condition"), form.condition)
        if form.entry is not None and not form.disabled:
            self.result.entries.append((name, Reference(form.entry, (*path, "entry"))))
        return Intent(
            name=name,
            flow=self.flow,
            examples=self._examples(name, path, form, written),
            rules=tuple(rules),
            condition=condition,
            parent=self._parent(name, form),
            inherit=form.inherit,
            entry=form.entry,
            reply=steps or self._said(name, "reply", form),
            does=steps is not None,
            confirm=self._said(name, "confirm", form),
            confidence=form.confidence,
            priority=form.priority,
            description=form.description.strip(),
            line=self.result.positions[name].line,
        )

    def _steps(self, name: str, form: IntentForm) -> str | None:
        """The key of the first node under ``do``, whose nodes lead back to where the session stood."""
        path: Path = ("intents", name, "do")
        if "do" not in form.model_fields_set:
            return None
        for key in ("entry", "reply"):
            if getattr(form, key) is not None:
                message = f'the intent "{name}" has "do" and "{key}"; it can have one of them'
                hint = (
                    "say it among the nodes of do"
                    if key == "reply"
                    else "let a node after do lead there: goto"
                )
                self.section.report.at_key(path, ENTRY_AND_REPLY, message, hint=hint)
                return None
        if isinstance(form.do, str):
            message = '"do" holds the nodes that run; an id would not lead back'
            hint = f"to leave for a node write entry: {form.do}" if ID.match(form.do) else ""
            self.section.report.at_value(path, BAD_BRANCH, message, hint=hint)
            return None
        if form.disabled:
            return None
        branch = self.parser.read_branch(
            form.do, path, parent=None, prefix=f"#intents.{name}.do", ending="back"
        )
        return branch.nodes[0].key if branch.nodes else None

    def _said(self, name: str, key: str, form: IntentForm) -> str | None:
        """The key of the hidden node that says a reply."""
        path: Path = ("intents", name, key)
        if getattr(form, key) is None:
            if key in form.model_fields_set:
                self.section.report.at_key(path, BAD_VALUE, f'"{key}" is empty')
            return None
        if form.disabled or "say" not in self.parser.types:
            return None
        text = getattr(form, key)
        if key == "confirm" and isinstance(text, str | bool) and str(text).strip().casefold() in SWITCHES:
            message = f'"confirm" is the text that is asked: this asks "{str(text).lower()}"'
            self.section.report.at_value(
                path, CONFIRM_WITHOUT_TEXT, message, hint='write confirm: "Do you mean …?"'
            )
        return self.parser.read_hidden(f"#intents.{name}.{key}", path, "say").key

    # -- expressions ------------------------------------------------------------------------------

    def _rules(self, path: Path, form: IntentForm, written: Mapping[str, Any]) -> Iterator[Expression]:
        where: Path = (*path, "rules")
        if isinstance(form.rules, list):
            tests = [self._test((*where, index), rule) for index, rule in enumerate(form.rules)]
            if not tests and "rules" in written:
                self.section.report.at_key(where, BAD_VALUE, '"rules" is empty')
        else:
            tests = [self._test(where, form.rules)]
        yield from (test for test in tests if test is not None)

    def _test(self, path: Path, source: str | None) -> Expression | None:
        if source is None:
            return None
        expression = self.section.expression(path, source)
        if expression is not None:
            for name, offset in intent_fields_in(expression):
                message = f'"{name}" is not known yet while the rules and conditions of intents are tested'
                hint = "what they can read is the rest of input, context, profile and session"
                self.section.at_offset(path, source, offset, INTENT_IN_RULE, message, hint)
        return expression

    # -- examples ---------------------------------------------------------------------------------

    def _examples(self, name: str, path: Path, form: IntentForm, written: Mapping[str, Any]) -> ByLocale:
        where: Path = (*path, "examples")
        if "examples" not in written:
            return {}
        if not form.examples:
            self.section.report.at_key(where, BAD_VALUE, f'"examples" of the intent "{name}" is empty')
            return {}
        examples = self._noted(name, where, form.examples, form.disabled)
        for locale, texts in examples.items():
            if len(texts) == 1 and not form.rules and not form.disabled:
                at = (*where, locale) if (*where, locale) in self.section.document.key_spans else where
                message = f'the intent "{name}" has one example{f" in {locale}" if locale else ""}'
                hint = "five or more let flowhook recognise what is said in other words"
                self.section.report.at_key(at, FEW_EXAMPLES, message, hint=hint)
        return examples

    def _noted(self, intent: str | None, path: Path, value: Any, disabled: bool = False) -> ByLocale:
        """The examples at a path, each noted with its place, and once."""
        kept: dict[str, list[str]] = {}
        for locale, texts in self.section.texts(path, value).items():
            for where, text in texts:
                span = self.section.span(where)
                example = Example(intent, locale, text, span.line, span.column, span.length)
                if disabled or not self._is_double(example, where):
                    kept.setdefault(locale, []).append(text)
                    if not disabled:
                        self.result.examples.append(example)
        return {locale: tuple(texts) for locale, texts in kept.items()}

    def _is_double(self, example: Example, where: Path) -> bool:
        """Whether the same sentence was there before, in this intent; in another it is but reported."""
        key = (example.locale, " ".join(example.text.casefold().split()))
        first = self._seen.setdefault(key, example)
        if first is example:
            return False
        owner = "the examples of reject" if first.intent is None else f'the intent "{first.intent}"'
        message = f"the same sentence is an example of {owner} in line {first.line}"
        if first.intent == example.intent:
            message = f"the same sentence stands in line {first.line}"
        self.section.report.at_value(where, DUPLICATE_EXAMPLE, message)
        return first.intent == example.intent

    def _reject(self) -> ByLocale:
        value = self.section.document.data.get("reject")
        if value is None:
            return {}
        form = self.section.form(TextsForm, ("reject",), value)
        return self._noted(None, ("reject",), form.root) if form is not None else {}

    # -- hierarchy --------------------------------------------------------------------------------

    def _parent(self, name: str, form: IntentForm) -> str | None:
        """The intent that this one is a kind of, disabled ones left out."""
        if form.parent is None:
            return None
        path: Path = ("intents", name, "parent")
        if form.parent not in self.result.positions:
            hint = did_you_mean(form.parent, self.result.positions)
            message = f'no intent "{form.parent}" in this flow'
            self.section.report.at_value(path, UNKNOWN_INTENT, message, hint=hint)
            return None
        above = self._above(name)
        if above[-1] == name:
            if next(form for form in self._forms if form in above) == name:  # once for each circle
                message = f"these intents are kinds of each other: {' → '.join([name, *above])}"
                self.section.report.at_value(path, INTENT_CIRCLE, message)
            return None
        if len(above) >= MAX_DEPTH:
            message = f"intents have {MAX_DEPTH} levels at most; this is the {len(above) + 1}th: "
            self.section.report.at_value(path, INTENT_DEPTH, message + " → ".join([name, *above]))
        return next((parent for parent in above if not self._is_disabled(parent)), None)

    def _above(self, name: str) -> list[str]:
        """The parents of an intent, nearest first; where they run in a circle it ends with itself."""
        above: list[str] = []
        form = self._forms.get(name)
        while form is not None and form.parent is not None and form.parent not in above:
            above.append(form.parent)
            if form.parent == name:
                break
            form = self._forms.get(form.parent)
        return above

    def _is_disabled(self, name: str) -> bool:
        return name in self._forms and self._forms[name].disabled
