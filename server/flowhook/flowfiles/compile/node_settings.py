"""The settings of nodes as written: brought into one form and compiled, their problems placed in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast, get_origin

from flowhook.engine.expressions import Expressions
from flowhook.engine.node import Node
from flowhook.engine.settings.compiled import (
    LocalisedSettings,
    NodeSettings,
    SettingsError,
    SettingsProblem,
    picks,
)
from flowhook.engine.settings.localised import Variants, is_text_by_locale, localised, shape_of, taken
from flowhook.flowfiles.compile.conditions import constant_conditions_in
from flowhook.flowfiles.compile.foreign_syntax import (
    is_spaced_value,
    literal_escapes,
    lost_assignments,
    missing_braces,
    rendered_paths,
    rewritten,
    single_braces,
)
from flowhook.flowfiles.compile.locales import Locales
from flowhook.flowfiles.compile.node_parser import ParsedNode
from flowhook.flowfiles.compile.node_types import COMMON_KEYS
from flowhook.flowfiles.compile.operations import Operation, operations_in
from flowhook.flowfiles.compile.question_defaults import put_setting, with_inherited
from flowhook.flowfiles.compile.quick_replies import QuickReplyText, quick_reply_texts_in
from flowhook.flowfiles.compile.references import Jump, NameUse, jumps_of, needs_understanding, uses_of
from flowhook.flowfiles.compile.scripts import script_problems
from flowhook.flowfiles.compile.secrets import find_secrets
from flowhook.flowfiles.compile.suspicious_settings import questions_at, suspicious_settings
from flowhook.flowfiles.compile.value_uses import ValueUse, value_uses_in
from flowhook.flowfiles.compile.variable_usage import VariableUsage
from flowhook.flowfiles.compile.written import WrittenSettings, is_template
from flowhook.i18n.locales import canonical, is_locale
from flowhook.problems.catalogue import (
    BAD_EXPRESSION,
    BAD_VALUE,
    CONSTANT_CONDITION,
    IDLE_BRANCH,
    LITERAL_ESCAPE,
    MEMORY_WITHOUT_ID,
    MISSING,
    MISSING_BRACES,
    SECRET_IN_FLOW,
    SET_IN_LOOP,
    SINGLE_BRACES,
    SPACE_AROUND_VALUE,
    UNKNOWN_KEY,
    Code,
)
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean
from flowhook.yamldoc.document import Path, Span, SpanMap
from flowhook.yamldoc.problem_collector import ProblemCollector
from flowhook.yamldoc.source_map import position_of
from flowhook.yamldoc.validation import validate_model, with_value

_KEPT_NAME = re.compile(r"\bcontext\.(\w+)")
_SPACE, _QUOTES = frozenset(" \n\t"), frozenset("'\"(")


class SettingsReader:
    """Reads the settings of one document's nodes; collects what they refer to on the way."""

    def __init__(
        self, report: ProblemCollector, expressions: Expressions, locales: Locales | None = None
    ) -> None:
        self.report = report
        self.expressions = expressions
        self.locales = locales or Locales()
        self.lines = report.document.text.splitlines()
        self.jumps: list[Jump] = []
        self.uses: list[NameUse] = []
        self.roots: set[str] = set()
        self.variables = VariableUsage()
        self.operations: list[Operation] = []
        self.value_uses: list[ValueUse] = []
        self.quick_replies: list[QuickReplyText] = []
        self._told: set[Problem] = set()  #: that may be found again in the settings for another locale
        self._kept_names = frozenset(_KEPT_NAME.findall(report.document.text))
        self._has_escapes = "\\n" in report.document.text
        self._has_quick_replies = "quick_replies" in report.document.text
        self._keys_beside: dict[type[Node], frozenset[str]] = {}
        self.understands = False  #: something reads what the NLU engine finds

    def read(self, parsed: ParsedNode) -> NodeSettings | None:
        """The compiled settings of a node; None when they have a problem, which is reported."""
        written = None if parsed.dedented else self._written(parsed)
        if written is not None and parsed.inherited:
            with_inherited(written, parsed.inherited, self.report.document)
        if written is not None:
            self._fill_choices(parsed, written)
        if written is None or self._has_rendered_paths(parsed, written):
            return None
        if self._has_quick_replies:
            self.quick_replies += quick_reply_texts_in(parsed, written)
        found = localised(parsed.type, written.data, self.locales.declared)
        if found:
            settings, read = self._localised(parsed, written, found)
        else:
            settings = self._compiled(parsed, written)
            read = [(settings, written)] if settings is not None else []
        if settings is None:
            return None
        self.roots |= settings.names
        self.jumps += jumps_of(parsed, written)
        self.uses += dict.fromkeys(use for one, text in read for use in uses_of(one, text, self.lines))
        for one, text in read:
            self.variables.add(parsed.key, one, text, self.lines)
            if text.computed_texts(one.conditions):
                self.operations += dict.fromkeys(operations_in(parsed.key, one, text, self.lines))
            self.value_uses += dict.fromkeys(value_uses_in(parsed.key, one, text, self.lines))
        self.understands = self.understands or needs_understanding(settings, written.data)
        self._warn_of_memory(parsed, written)
        self._warn_of_idle_branches(parsed, written)
        self._warn_of_secrets(written)
        self._warn_of_lost_assignments(written)
        self._warn_of_single_braces(parsed, read)
        for one, text in read:
            self._warn_of_bare_paths(one, text)
            if self._has_escapes:
                self._warn_of_escapes(one, text)
            if one.names or one.conditions:
                self._warn_of_misreadings(parsed, one, text)
        # The same may be told of each locale.
        self.report.problems += dict.fromkeys(
            problem for one, text in read for problem in suspicious_settings(parsed, one, text, self.lines)
        )
        if "python" in settings.marks.kinds:
            self.report.problems += script_problems(parsed, written, self.lines)
        return settings

    def _fill_choices(self, parsed: ParsedNode, written: WrittenSettings) -> None:
        """``values_from`` of a question is a template in the place of its choices."""
        for path, question in questions_at(parsed, written):
            source = question.get("values_from")
            if not isinstance(source, str):
                continue
            if "choices" in question:
                message = 'a question has "choices" or "values_from", not both'
                self.report.problems.append(
                    written.problem(BAD_VALUE, message, (*path, "values_from"), at_key=True)
                )
                continue
            put_setting(written, (*path, "choices"), f"{{{{ {source} }}}}", (*path, "values_from"))

    # -- one form for all ways to write them ------------------------------------------------------

    def _written(self, parsed: ParsedNode) -> WrittenSettings | None:
        """The settings as a document of their own: a scalar or list stands for the main setting."""
        whole = self.report.document
        node_type, path = parsed.type, parsed.settings_path
        value = _value_at(whole.data, path)
        span, key_span = whole.span(path), whole.key_span(path)
        if isinstance(value, dict) and not self._is_main_mapping(node_type, value):
            return WrittenSettings(whole.file, whole.text, value, SpanMap(span), SpanMap(span, True))
        if value is None:
            root = Span(key_span.line, key_span.column, key_span.end_line, key_span.end_column)
            return WrittenSettings(whole.file, whole.text, {}, SpanMap(root), SpanMap(root, True))
        if node_type.main is None:
            message = f'"{node_type.key}" takes no single value'
            hint = "write nothing, or {}" if not node_type.model_fields else ""
            self.report.at_value(path, BAD_VALUE, message, hint=hint)
            return None
        name = node_type.main
        root = Span(
            span.line,
            span.column,
            span.end_line,
            span.end_column,
            children={name: span},
            keys={name: key_span},
        )
        return WrittenSettings(whole.file, whole.text, {name: value}, SpanMap(root), SpanMap(root, True))

    def _is_main_mapping(self, node_type: type[Node], value: dict[str, Any]) -> bool:
        """Whether a mapping is the main setting itself, as in ``set: {context.size: large}`` and
        ``say: {en: Hello, de: Hallo}``."""
        fields = node_type.model_fields
        main = fields.get(node_type.main or "")
        if main is not None and main.annotation is Any and len(fields) == 1:
            return value.keys() != fields.keys()  # {value: 5, currency: EUR} is a value, too
        if main is None or any(key in fields for key in value):
            return False
        if main.annotation is dict or get_origin(main.annotation) in (dict, Mapping):
            return True
        shape = shape_of(node_type)[node_type.main or ""]
        codes = any(is_locale(key) or canonical(key) in self.locales.declared for key in value)
        return codes and is_text_by_locale(value, shape, self.locales.declared)

    # -- texts by locale --------------------------------------------------------------------------

    def _localised(
        self, parsed: ParsedNode, written: WrittenSettings, found: list[Variants]
    ) -> tuple[NodeSettings | None, list[tuple[NodeSettings, WrittenSettings]]]:
        """The settings, compiled once for each locale that makes a difference; and each of them with
        the document that holds its texts. All that is wrong in any of them is reported, once."""
        before = len(self.report.problems)
        for text in found:
            self.report.problems += self.locales.check(written, text.path, text.keys)
        wrong = len(self.report.problems) > before
        made: dict[tuple[str, ...], tuple[NodeSettings | None, WrittenSettings]] = {}
        by_locale = picks(found, self.locales.declared)
        for keys in dict.fromkeys([*by_locale.values(), *_each_key(found)]):
            spoken = _in_locale(written, found, keys)
            made[keys] = self._compiled(parsed, spoken), spoken
        self.report.problems[before:] = dict.fromkeys(self.report.problems[before:])
        good = [(settings, spoken) for settings, spoken in made.values() if settings is not None]
        if wrong or len(good) < len(made):
            return None, good
        variants = {locale: made[keys][0] for locale, keys in by_locale.items()}
        declared = self.locales.declared
        return LocalisedSettings(written.data, cast(dict[str, NodeSettings], variants), declared), good

    # -- compiling --------------------------------------------------------------------------------

    def _compiled(self, parsed: ParsedNode, written: WrittenSettings) -> NodeSettings | None:
        in_place = self._are_in_place(parsed, written)
        try:
            settings = NodeSettings(parsed.type, written.data, self.expressions, written.texts)
        except SettingsError as error:
            return self._mended(parsed, written, error.problems)
        return settings if in_place else None

    def _are_in_place(self, parsed: ParsedNode, written: WrittenSettings) -> bool:
        """Report, and take out, the keys that should stand beside the type key."""
        node_type = parsed.type
        wrong = written.data.keys() & self._beside(node_type)
        for key in sorted(wrong):
            message = f'"{node_type.key}" has no setting "{key}"'
            hint = f'it stands beside "{node_type.key}", not inside it'
            self.report.problems.append(written.problem(UNKNOWN_KEY, message, (key,), at_key=True, hint=hint))
        if wrong:
            written.data = {key: value for key, value in written.data.items() if key not in wrong}
        return not wrong

    def _beside(self, node_type: type[Node]) -> frozenset[str]:
        """Return the keys that stand beside the type key."""
        if (known := self._keys_beside.get(node_type)) is None:
            keys = frozenset((*COMMON_KEYS, *node_type.branches, *node_type.branch_maps))
            known = self._keys_beside[node_type] = keys - node_type.model_fields.keys()
        return known

    def _mended(
        self, parsed: ParsedNode, written: WrittenSettings, problems: list[SettingsProblem]
    ) -> NodeSettings | None:
        """Try again with scalars as written where a text is expected; else report what is wrong."""
        as_texts = _scalars_as_texts(problems, written)
        if as_texts is not None:
            written.data = as_texts
            return self._compiled(parsed, written)
        found = [self._expression_problem(written, p) for p in problems if p.kind == "expression"]
        missing = [str(p.path[0]) for p in problems if p.kind == "missing" and len(p.path) == 1]
        strange = [str(p.path[0]) for p in problems if p.kind == "extra_forbidden" and len(p.path) == 1]
        for name in missing:
            if any(did_you_mean(unknown, [name]) for unknown in strange):
                continue  # misspelt, which is told there
            self.report.at_key(parsed.settings_path, MISSING, f'this "{parsed.type.key}" needs a "{name}"')
        if len(found) + len(missing) < len(problems):
            found += self._others(parsed, written)
        if not found and not missing:
            found = [written.problem(BAD_VALUE, problem.message) for problem in problems]
        self.report.problems += found
        return None

    def _others(self, parsed: ParsedNode, written: WrittenSettings) -> Iterator[Problem]:
        """What pydantic says about the settings, but for keys that are missing from them."""
        hints = partial(rewritten, parsed.type, written.data)
        _, problems = validate_model(
            parsed.type, written.data, document=written, templated=is_template, hints=hints
        )
        top = written.span(())
        for problem in problems:
            if problem.code != MISSING or (problem.line, problem.column) != (top.line, top.column):
                yield problem

    def _expression_problem(self, written: WrittenSettings, problem: SettingsProblem) -> Problem:
        source = str(problem.value)
        span = written.span(_existing(problem.path, written.data))
        line, column = position_of(self.lines, span, source, _offset(source, problem.line, problem.column))
        return Problem(
            BAD_EXPRESSION,
            problem.message,
            written.file,
            line,
            column,
            hint=problem.hint,
            unregistered=problem.unregistered,
        )

    def _has_rendered_paths(self, parsed: ParsedNode, written: WrittenSettings) -> bool:
        """Report the paths that are but a template: it gives what stands there, not where that is."""
        found = list(rendered_paths(parsed.type, written))
        for path, inside in found:
            hint = f"write {inside}" if inside else ""
            message = "a path is written as it is, such as context.name, without braces"
            self.report.problems.append(written.problem(BAD_VALUE, message, path, hint=hint))
        return bool(found)

    # -- warnings ---------------------------------------------------------------------------------

    def _warn_of_memory(self, parsed: ParsedNode, written: WrittenSettings) -> None:
        if parsed.has_id or parsed.garbled or parsed.hidden or not parsed.type.keeps_memory(written.data):
            return
        message = f'this "{parsed.type.key}" keeps a memory, which an edit of the list may lose'
        hint = 'add "id: …"'
        self.report.at_key(parsed.settings_path, MEMORY_WITHOUT_ID, message, hint=hint)

    def _warn_of_idle_branches(self, parsed: ParsedNode, written: WrittenSettings) -> None:
        for branch, reason in parsed.type.never_taken(written.data).items():
            is_inherited = branch in parsed.inherited_branches or branch in parsed.declined
            if branch in parsed.branches and not is_inherited:
                message = f'"{branch}" is never taken: {reason}'
                where = (*parsed.path, branch)
                self.report.at_key(where, IDLE_BRANCH, message)

    def _warn_of_single_braces(
        self, parsed: ParsedNode, read: Sequence[tuple[NodeSettings, WrittenSettings]]
    ) -> None:
        by_position: dict[tuple[int, int], Problem] = {}
        for _, written in read:
            for path, text, start, length, name in single_braces(parsed.type, written, self._kept_names):
                line, column = position_of(self.lines, written.span(path), text, start)
                message = f"{text[start : start + length]} is no template: it is said as it stands"
                hint = f"write {{{{ {name} }}}}"
                problem = Problem(
                    SINGLE_BRACES, message, written.file, line, column, hint=hint, length=length
                )
                by_position.setdefault((line, column), problem)
        self.report.problems += by_position.values()

    def _warn_of_bare_paths(self, settings: NodeSettings, written: WrittenSettings) -> None:
        """Paths without braces, which are texts."""
        for path, text, start, length in missing_braces(settings, written):
            name = text[start : start + length]
            message = f"{name} is a text here, and not what stands there"
            line, column = position_of(self.lines, written.span(path), text, start)
            self._tell_once(MISSING_BRACES, message, line, column, length, f"write {{{{ {name} }}}}")

    def _warn_of_escapes(self, settings: NodeSettings, written: WrittenSettings) -> None:
        for path, text, start in literal_escapes(settings, written):
            message = r"\n is said as it stands: it is a line break in double quotes only"
            line, column = position_of(self.lines, written.span(path), text, start)
            self._tell_once(LITERAL_ESCAPE, message, line, column, 2, "write the text in double quotes")

    def _warn_of_misreadings(
        self, parsed: ParsedNode, settings: NodeSettings, written: WrittenSettings
    ) -> None:
        """Values that become texts, and conditions whose outcome is known."""
        chosen = parsed.type.main if parsed.type.value_maps else None
        for path, text in written.compiled_texts(settings.conditions):
            if text[0] in _SPACE or text[-1] in _SPACE:
                self._warn_of_space(settings, written, path, text)
            if " or " not in text and " and " not in text and text[0] not in _QUOTES:
                continue
            if path[-1] == "values_from" or path == (chosen,):
                continue
            for found in constant_conditions_in(self.expressions, text):
                line, column = position_of(self.lines, written.span(path), text, found.start)
                self._tell_once(CONSTANT_CONDITION, found.message, line, column, found.length, found.hint)

    def _warn_of_space(self, settings: NodeSettings, written: WrittenSettings, path: Path, text: str) -> None:
        if is_spaced_value(settings, written, path, text):
            span = written.span(path)
            message = "the space around the braces makes a text of this value"
            hint = f"write '{text.strip()}'"
            self._tell_once(SPACE_AROUND_VALUE, message, span.line, span.column, span.length, hint)

    def _tell_once(self, code: Code, message: str, line: int, column: int, length: int, hint: str) -> None:
        """Report a problem, unless it was found in the settings for another locale."""
        file = self.report.document.file
        problem = Problem(code, message, file, line, column, hint=hint, length=length)
        if problem not in self._told:
            self._told.add(problem)
            self.report.problems.append(problem)

    def _warn_of_lost_assignments(self, written: WrittenSettings) -> None:
        for path, text in written.texts:
            for name, start in lost_assignments(text) if "{%" in text else ():
                message = (
                    f'"{name}" is set for this round of the loop only: behind it, it is what it was before'
                )
                hint = "to add up, write x | sum(attribute='price'), or the nodes set and goto"
                line, column = position_of(self.lines, written.span(path), text, start)
                region = Span(line, column, line, column + len(name))
                self.report.problems.append(Problem.at(SET_IN_LOOP, message, written.file, region, hint))

    def _warn_of_secrets(self, written: WrittenSettings) -> None:
        for path in find_secrets(written.data):
            message = "this looks like a secret; whoever reads the flow, reads it"
            hint = 'keep it under "connections" in config.yaml, and name it with "connection:"'
            problem = written.problem(SECRET_IN_FLOW, message, path, hint=hint)
            self.report.problems.append(problem)


def _each_key(found: list[Variants]) -> Iterator[tuple[str, ...]]:
    """Choices in which each text is checked that no locale leads to, too."""
    longest = max(len(text.keys) for text in found)
    for index in range(longest):
        yield tuple(text.keys[min(index, len(text.keys) - 1)] for text in found)


def _in_locale(written: WrittenSettings, found: list[Variants], keys: Sequence[str]) -> WrittenSettings:
    """The settings as if each text by locale were written in the one language of ``keys``."""
    root = written.span(())
    for text, key in zip(found, keys, strict=True):
        root = _span_in_locale(root, text.path, key)
    data = taken(written.data, found, keys)
    return WrittenSettings(written.file, written.text, data, SpanMap(root), SpanMap(root, True))


def _span_in_locale(span: Span, path: Path, key: str) -> Span:
    if not path:
        return span.children[key]
    below = _span_in_locale(span.children[path[0]], path[1:], key)
    return replace(span, children={**span.children, path[0]: below})


def _value_at(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data


def _offset(source: str, line: int, column: int) -> int:
    """Characters before a line and column of a text."""
    return sum(len(part) + 1 for part in source.split("\n")[: line - 1]) + column - 1


# -- what pydantic says -----------------------------------------------------------------------------


def _existing(path: Path, data: Any) -> Path:
    """The part of a path that is written; unions put words of their own between."""
    found: Path = ()
    for part in path:
        if isinstance(data, str):
            break
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            continue
        found = (*found, part)
    return found


def _scalars_as_texts(problems: Sequence[SettingsProblem], written: WrittenSettings) -> dict[str, Any] | None:
    """The settings with numbers and booleans as written where a text is expected; None if there are none."""
    data: dict[str, Any] | None = None
    for problem in problems:
        path = _existing(problem.path, written.data)
        text = written.as_written(path, _value_at(written.data, path))
        if problem.kind == "string_type" and isinstance(text, str):
            data = with_value(written.data if data is None else data, path, text)
    return data
