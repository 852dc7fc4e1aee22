"""What the readers of a flow's top keys share: forms, expressions, and texts by locale."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, RootModel

from flowhook.engine.expressions import Expression, Expressions
from flowhook.engine.expressions.parser import ExpressionError
from flowhook.flowfiles.compile.conditions import constant_conditions_in
from flowhook.flowfiles.compile.locales import Locales
from flowhook.flowfiles.compile.operations import Operation, operations_of
from flowhook.flowfiles.compile.references import NameUse, uses_in
from flowhook.flowfiles.compile.written import is_template
from flowhook.i18n.locales import canonical, is_locale
from flowhook.problems.catalogue import (
    BAD_EXPRESSION,
    BAD_VALUE,
    CONSTANT_CONDITION,
    TEMPLATE_NOT_RENDERED,
    Code,
)
from flowhook.problems.problem import Problem
from flowhook.yamldoc.document import Path, Span
from flowhook.yamldoc.problem_collector import ProblemCollector
from flowhook.yamldoc.source_map import position_of
from flowhook.yamldoc.validation import validate_model

AnyForm = TypeVar("AnyForm", bound=BaseModel)


class SectionParser:
    """Reads what stands under the top keys of one document."""

    def __init__(
        self, report: ProblemCollector, expressions: Expressions, locales: Locales, lines: list[str]
    ) -> None:
        self.report = report
        self.document = report.document
        self.expressions = expressions
        self.locales = locales
        self.lines = lines
        self.uses: list[NameUse] = []
        self.operations: list[Operation] = []  #: of the expressions
        self.roots: set[str] = set()

    def entries(self, key: str) -> dict[str, Any]:
        """A top key that is a mapping; anything else is reported."""
        value = self.document.data.get(key)
        if isinstance(value, dict):
            return value
        if value is not None:
            self.report.at_value((key,), BAD_VALUE, f'"{key}" is a mapping')
        return {}

    def form(self, form: type[AnyForm], path: Path, value: Any) -> AnyForm | None:
        """What stands at a path as a form. What is wrong with it is reported, and the rest of it given, so
        that it can be looked at as well; None when there is no such rest."""
        data = {} if value is None else value
        instance, problems = validate_model(form, data, document=self.document, path=path)
        self.report.problems += problems
        if instance is not None or not isinstance(data, dict):
            return instance
        rest = {key: part for key, part in data.items() if self._fits(form, path, key, part)}
        return validate_model(form, rest, document=self.document, path=path)[0]

    def _fits(self, form: type[BaseModel], path: Path, key: str, value: Any) -> bool:
        """Whether one key of a form can stand as it is."""
        field = form.model_fields.get(key)
        if field is None:
            return False
        alone: Any = RootModel[Annotated[field.annotation, field]]  # type: ignore[name-defined]  # made as we go
        return validate_model(alone, value, document=self.document, path=(*path, key))[0] is not None

    def span(self, path: Path) -> Span:
        """Where a value stands."""
        return self.document.span(path)

    # -- expressions ------------------------------------------------------------------------------

    def expression(self, path: Path, source: str) -> Expression | None:
        """A bare expression, compiled; None when it cannot be, which is reported."""
        span = self.span(path)
        try:
            compiled = self.expressions.compile_condition(source)
        except ExpressionError as error:
            before = sum(len(line) + 1 for line in source.split("\n")[: error.line - 1])
            self.at_offset(path, source, before + error.column - 1, BAD_EXPRESSION, error.message, error.hint)
            return None
        self.roots |= compiled.names
        self.uses += uses_in(compiled, span, self.lines)
        self.operations += operations_of(self.expressions, source, span, self.lines)
        for found in () if path[-1] == "values_from" else constant_conditions_in(self.expressions, source):
            self.at_offset(
                path, source, found.start, CONSTANT_CONDITION, found.message, found.hint, found.length
            )
        return compiled

    def at_offset(
        self, path: Path, source: str, offset: int, code: Code, message: str, hint: str = "", length: int = 1
    ) -> None:
        """Report a problem at a character of a text."""
        line, column = position_of(self.lines, self.span(path), source, offset)
        problem = Problem(code, message, self.document.file, line, column, hint=hint, length=length)
        self.report.problems.append(problem)

    # -- texts ------------------------------------------------------------------------------------

    def texts(self, path: Path, value: Any, named: bool = False) -> dict[str, list[tuple[Path, str]]]:
        """Texts by locale, "" for any, each with its path: of one text, a list, or a mapping of them.
        ``named``: in the primary locale there is a word already, the name of the thing itself.

        The form was checked before; blank texts are reported and left out.
        """
        if isinstance(value, dict):
            keys = dict.fromkeys([*value, *([next(iter(self.locales.declared), "")] if named else [])])
            self.report.problems += self.locales.check(self.document, path, filter(None, keys))
            return {
                canonical(key): self._listed((*path, key), part)
                for key, part in value.items()
                if is_locale(key) or canonical(key) in self.locales.declared
            }
        listed = self._listed(path, value)
        return {"": listed} if listed else {}

    def _listed(self, path: Path, value: Any) -> list[tuple[Path, str]]:
        items = (
            [((*path, index), item) for index, item in enumerate(value)]
            if isinstance(value, list)
            else [(path, value)]
        )
        kept = []
        for where, text in items:
            if not text.strip():
                self.report.at_value(where, BAD_VALUE, "this text is empty")
            elif is_template(text):
                message = "this is taken as it is written; a template in it is not rendered"
                self.report.at_value(where, TEMPLATE_NOT_RENDERED, message)
            else:
                kept.append((where, text))
        return kept
