"""The settings of nodes: compiled and checked at load as far as they are constant, rendered in turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from flowhook.engine.expressions import OPENINGS, Compiled, Expression, Expressions, Scope, united
from flowhook.engine.fields import marks_of
from flowhook.engine.node import Node
from flowhook.engine.parsing import ExpressionError
from flowhook.errors import FlowhookError

RawPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class SettingsProblem:
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


class SettingsError(FlowhookError):
    """The settings of a node cannot be used: all problems at once."""

    code = "settings"

    def __init__(self, problems: list[SettingsProblem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


class Settings:
    """What one node in a flow file is set to: validated once at load as far as it is constant."""

    __slots__ = (
        "_checked",
        "_dynamic",
        "_fixed",
        "always",
        "conditions",
        "expressions",
        "names",
        "node_type",
        "paths",
    )

    def __init__(self, node_type: type[Node], raw: Mapping[str, Any], expressions: Expressions) -> None:
        """``raw`` maps fields to values as in the file. Raises :class:`SettingsError`."""
        self.node_type = node_type
        self.expressions = expressions
        self._checked = node_type.__pydantic_validator__
        problems: list[SettingsProblem] = []
        self._dynamic = self._compile_templates(raw, problems)
        self._fixed = {key: value for key, value in raw.items() if key not in self._dynamic}
        self.conditions = self._compile_conditions(raw, problems)
        #: the node itself, when no template stands in its settings
        self.always = self._validate(raw, problems)
        if problems:
            raise SettingsError(problems)
        names, self.paths = united([*self._dynamic.values(), *self.conditions.values()])
        self.names = names | node_type.reads(raw) | self._kept_roots(raw)

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
        return values

    def validated(self, values: dict[str, Any]) -> Node:
        """The node for rendered settings. Raises pydantic's ValidationError."""
        node: Node = self._checked.validate_python(values, context=_RENDERED)
        return node

    # -- at load ------------------------------------------------------------------------------------

    def _compile_templates(
        self, raw: Mapping[str, Any], problems: list[SettingsProblem]
    ) -> dict[str, Compiled]:
        dynamic: dict[str, Compiled] = {}
        for name, value in raw.items():
            marks = self._marks(name)
            if "condition" in marks:
                continue
            faults = list(self._template_faults((name,), value, "text" in marks))
            problems += faults
            if not faults:
                compiled = self.expressions.compile_value(value, text="text" in marks)
                if not compiled.constant:
                    dynamic[name] = compiled
        return dynamic

    def _kept_roots(self, raw: Mapping[str, Any]) -> frozenset[str]:
        """The roots in which paths of the settings lie."""
        kept = [value for name, value in raw.items() if "path" in self._marks(name)]
        paths = [path for value in kept for path in (value if isinstance(value, dict | list) else [value])]
        return frozenset(path.partition(".")[0] for path in paths if isinstance(path, str))

    def _marks(self, name: str) -> frozenset[str]:
        field = self.node_type.model_fields.get(name)
        return marks_of(field) if field is not None else frozenset()

    def _template_faults(self, path: RawPath, value: Any, text: bool) -> Iterator[SettingsProblem]:
        for where, source in _strings(path, value):
            try:
                self.expressions.compile_value(source, text=text)
            except ExpressionError as error:
                yield _expression_problem(where, source, error)

    def _compile_conditions(
        self, raw: Mapping[str, Any], problems: list[SettingsProblem]
    ) -> dict[str, Expression]:
        conditions: dict[str, Expression] = {}
        for name, value in raw.items():
            if "condition" not in self._marks(name):
                continue
            for where, source in _strings((name,), value):
                try:
                    conditions[source] = self.expressions.compile_condition(source)
                except ExpressionError as error:
                    problems.append(_expression_problem(where, source, error))
        return conditions

    def _validate(self, raw: Mapping[str, Any], problems: list[SettingsProblem]) -> Node | None:
        """The node, when it is constant. Where a template stands, only a turn can tell."""
        strings = [entry for name in self._dynamic for entry in _strings((name,), raw[name])]
        unknown = [path for path, source in strings if any(opening in source for opening in OPENINGS)]
        try:
            node = self.node_type.model_validate(dict(raw))
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=False):
                location = detail["loc"]
                if any(_leads_to(path, location) for path in unknown) or (unknown and not location):
                    continue
                message = detail["msg"].removeprefix("Value error, ")
                problems.append(SettingsProblem(location, message, detail["type"], detail["input"]))
            return None
        return node if not self._dynamic else None


_RENDERED = {"rendered": True}


def _expression_problem(path: RawPath, source: str, error: ExpressionError) -> SettingsProblem:
    return SettingsProblem(path, error.message, "expression", source, error.line, error.column, error.hint)


def _strings(path: RawPath, value: Any) -> Iterator[tuple[RawPath, str]]:
    """Every string in a value, with the path to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings((*path, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings((*path, index), item)


def _leads_to(path: RawPath, location: RawPath) -> bool:
    """Whether an error's location belongs to a value; unions put words of their own between."""
    parts = iter(location)
    return all(any(part == step for part in parts) for step in path)
