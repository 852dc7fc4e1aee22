"""The settings of nodes: compiled and checked at load as far as they are constant, rendered in turns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from flowhook.engine.expressions import (
    Compiled,
    Constant,
    Expression,
    Expressions,
    ListTemplate,
    MappingTemplate,
    Scope,
    has_template,
    united,
    without_omitted,
)
from flowhook.engine.expressions.parser import ExpressionError
from flowhook.engine.expressions.values import OMIT_NAME
from flowhook.engine.node import Node
from flowhook.engine.settings.fields import ModelMarks
from flowhook.engine.settings.localised import Variants, may_be_text
from flowhook.engine.settings.strings import RawPath, strings_in
from flowhook.errors import FlowhookError
from flowhook.i18n.locales import canonical, choose

#: A string of the settings: its path, itself, how its field is read.
_Text = tuple[RawPath, str, frozenset[str]]
_NO_NAMES: frozenset[str] = frozenset()
_NEVER_RENDERED = frozenset({"condition", "script"})


class SettingsProblem(NamedTuple):
    """One thing wrong in a node's settings. ``path`` leads to the raw value: ``("choices", 0)``.

    ``kind`` is pydantic's type of error (``string_type``, ``extra_forbidden`` …), or ``expression``:
    then ``line`` and ``column`` count inside the string at ``path``, from 1.
    """

    path: RawPath
    message: str
    kind: str
    value: Any = None
    line: int = 1
    column: int = 1
    hint: str = ""
    unregistered: bool = False  #: it names a filter that a plugin might bring


class SettingsError(FlowhookError):
    """The settings of a node cannot be used: all problems at once."""

    code = "settings"

    def __init__(self, problems: list[SettingsProblem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


class NodeSettings:
    """What one node in a flow file is set to: validated once at load as far as it is constant."""

    __slots__ = (
        "_checked",
        "_dynamic",
        "_fixed",
        "always",
        "conditions",
        "expressions",
        "marks",
        "names",
        "node_type",
        "paths",
        "raw",
    )

    def __init__(
        self,
        node_type: type[Node],
        raw: Mapping[str, Any],
        expressions: Expressions,
        strings: Iterable[tuple[RawPath, str]] | None = None,
    ) -> None:
        """``raw`` maps fields to values as in the file; ``strings`` are those in it with their paths, where
        they are known. Raises :class:`SettingsError`."""
        self.node_type = node_type
        self.raw = raw  #: as written in the file
        self.expressions = expressions
        self.marks = ModelMarks.of(node_type)  #: how each field is read: ``path``, ``condition`` …
        if not node_type.__pydantic_complete__:  # the first of its type
            node_type.model_rebuild()
        self._checked = node_type.__pydantic_validator__
        problems: list[SettingsProblem] = []
        found = strings_in((), raw) if strings is None else strings
        texts = [(path, source, self.marks.at(path)) for path, source in found]
        self._dynamic = self._compile_templates(raw, texts, problems)
        dynamic = self._dynamic
        self._fixed = {key: value for key, value in raw.items() if key not in dynamic} if dynamic else raw
        self.conditions = self._compile_conditions(texts, problems)
        #: the node itself, when no template stands in its settings
        self.always = self._validate(raw, problems)
        if problems:
            raise SettingsError(problems)
        #: the texts that nodes render themselves are compiled for what they read
        compiled = [*self._dynamic.values(), *self.conditions.values()]
        if "later" in self.marks.kinds:
            compiled += [
                expressions.compile_value(text, text=True) for _, text, kinds in texts if "later" in kinds
            ]
        names, self.paths = united(compiled)
        more = node_type.reads(raw) | self._kept_roots(raw, texts)
        self.names = names if more <= names else names | more

    def node(self, scope: Scope, warnings: list[str]) -> Node:
        """The node for this scope. Raises ExpressionError or pydantic's ValidationError."""
        if self.always is not None:
            return self.always
        return self.validated(self.rendered(scope, warnings))

    def rendered(self, scope: Scope, warnings: list[str]) -> dict[str, Any]:
        """The settings as plain data, every template evaluated; JSON can hold them."""
        values = dict(self._fixed)
        for name, compiled in self._dynamic.items():
            values[name] = compiled.evaluate(scope, warnings)
        return without_omitted(values) if OMIT_NAME in self.names else values

    def validated(self, values: dict[str, Any]) -> Node:
        """The node for rendered settings. Raises pydantic's ValidationError."""
        node: Node = self._checked.validate_python(values, context=_RENDERED)
        return node

    # -- at load ------------------------------------------------------------------------------------

    def _compile_templates(
        self, raw: Mapping[str, Any], texts: Iterable[_Text], problems: list[SettingsProblem]
    ) -> dict[str, Compiled]:
        dynamic: dict[str, Compiled] = {}
        rendered = set[str]()
        for where, source, marks in texts:
            name = str(where[0])
            if name in rendered or not has_template(source) or not marks.isdisjoint(_NEVER_RENDERED):
                continue
            rendered.add(name)
            before = len(problems)
            compiled = self._compiled((name,), raw[name], problems)
            if not compiled.constant and len(problems) == before:
                dynamic[name] = compiled
        return dynamic

    def _compiled(self, path: RawPath, value: Any, problems: list[SettingsProblem]) -> Compiled:
        """A value with its templates compiled, but for conditions and for what is rendered later: of that it
        is only told what is wrong."""
        if isinstance(value, dict):
            parts = {key: self._compiled((*path, key), item, problems) for key, item in value.items()}
            constant = all(part.constant for part in parts.values())
            return Constant(value) if constant else MappingTemplate(parts)
        if isinstance(value, list):
            items = [self._compiled((*path, index), item, problems) for index, item in enumerate(value)]
            return Constant(value) if all(item.constant for item in items) else ListTemplate(items)
        if not isinstance(value, str) or not has_template(value):
            return Constant(value)
        marks = self.marks.at(path)
        if not marks.isdisjoint(_NEVER_RENDERED):
            return Constant(value)
        as_text = "text" in marks and may_be_text(self.node_type, path)
        try:
            compiled = self.expressions.compile_value(value, text=as_text)
        except ExpressionError as error:
            problems.append(_expression_problem(path, value, error))
            return Constant(value)
        return compiled if "later" not in marks else Constant(value)

    def _kept_roots(self, raw: Mapping[str, Any], texts: Iterable[_Text]) -> frozenset[str]:
        """The roots in which paths of the settings lie."""
        if "path" not in self.marks.kinds:
            return _NO_NAMES
        maps = {
            name
            for name, value in raw.items()
            if isinstance(value, Mapping) and "path" in self.marks.at((name,))
        }
        kept = [path for name in maps for path in raw[name]]  # path → value
        kept += [source for path, source, marks in texts if "path" in marks and path[0] not in maps]
        return frozenset(path.partition(".")[0] for path in kept)

    def _compile_conditions(
        self, texts: Iterable[_Text], problems: list[SettingsProblem]
    ) -> dict[str, Expression]:
        conditions: dict[str, Expression] = {}
        if "condition" not in self.marks.kinds:
            return conditions
        for where, source, marks in texts:
            if "condition" not in marks:
                continue
            try:
                conditions[source] = self.expressions.compile_condition(source)
            except ExpressionError as error:
                problems.append(_expression_problem(where, source, error))
        return conditions

    def _validate(self, raw: Mapping[str, Any], problems: list[SettingsProblem]) -> Node | None:
        """The node, when it is constant. Where a template stands, only a turn can tell."""
        try:
            node: Node = self._checked.validate_python(dict(raw))
        except ValidationError as error:
            strings = [entry for name in self._dynamic for entry in strings_in((name,), raw[name])]
            unknown = [path for path, source in strings if has_template(source)]
            for detail in error.errors(include_url=False, include_context=False):
                location = detail["loc"]
                strange = detail["type"] == "extra_forbidden" and len(location) == 1  # whatever it holds
                rendered = any(_leads_to(path, location) for path in unknown) or (unknown and not location)
                if rendered and not strange:
                    continue
                message = detail["msg"].removeprefix("Value error, ")
                problems.append(SettingsProblem(location, message, detail["type"], detail["input"]))
            return None
        return node if not self._dynamic else None


class LocalisedSettings(NodeSettings):
    """Settings with texts by locale: one set of settings for each locale that makes a difference.

    All of them were checked at load; a turn looks up the one for ``input.locale``.
    """

    __slots__ = ("_declared", "_variants")

    def __init__(
        self,
        raw: Mapping[str, Any],
        variants: Mapping[str, NodeSettings],
        declared: Mapping[str, str | None],
    ) -> None:
        """``raw`` is as in the file; ``variants`` are the settings by canonical locale, the last resort
        first; ``declared`` are the flow's locales with their fallbacks."""
        self._variants = dict(variants)
        self._declared = declared
        distinct = list(dict.fromkeys(self._variants.values()))
        first = distinct[0]
        self.raw = raw
        self.node_type = first.node_type
        self.expressions = first.expressions
        self.marks, self._checked = first.marks, first._checked
        self.always = None
        self.conditions = {
            source: test for settings in distinct for source, test in settings.conditions.items()
        }
        self.names = frozenset(name for settings in distinct for name in settings.names)
        self.paths = frozenset(path for settings in distinct for path in settings.paths)

    def node(self, scope: Scope, warnings: list[str]) -> Node:
        return self.variant(scope).node(scope, warnings)

    def rendered(self, scope: Scope, warnings: list[str]) -> dict[str, Any]:
        return self.variant(scope).rendered(scope, warnings)

    def variant(self, scope: Scope) -> NodeSettings:
        """The settings for the locale in force."""
        locale = scope.get("input", {}).get("locale")
        known = self._variants.get(locale)
        if known is None:
            known = self._variants[choose(self._variants, locale, self._declared) or ""]
        return known


def picks(found: Iterable[Variants], declared: Mapping[str, str | None]) -> dict[str, tuple[str, ...]]:
    """For each locale that makes a difference, the key to take of each text by locale.

    The first is the last resort: the primary locale, or the one written first.
    """
    written = [{canonical(key): key for key in variants.keys} for variants in found]
    locales = dict.fromkeys([*declared, *(locale for keys in written for locale in keys)])
    chosen = {}
    for locale in locales:
        names = [choose(keys, locale, declared) for keys in written]
        chosen[locale] = tuple(keys[name or ""] for keys, name in zip(written, names, strict=True))
    return chosen


_RENDERED = {"rendered": True}


def _expression_problem(path: RawPath, source: str, error: ExpressionError) -> SettingsProblem:
    return SettingsProblem(
        path,
        error.message,
        "expression",
        source,
        error.line,
        error.column,
        error.hint,
        error.unregistered,
    )


def _leads_to(path: RawPath, location: RawPath) -> bool:
    """Whether an error's location belongs to a value; unions put words of their own between."""
    parts = iter(location)
    return all(any(part == step for part in parts) for step in path)
