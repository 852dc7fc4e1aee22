"""``settings.questions`` of a flow: what its questions have in common.

.. code-block:: yaml

    settings:
      questions: {attempts: 3, timeout: 10m, on_timeout: [{say: "Still there?"}], on_fail: to_agent}

A question takes what it does not say itself: settings, where its type has a use for them, and branches. The
nodes of such a branch are read once for each question, as if they were written there, so that a list comes
back to the question that was asked; what is wrong with them is told once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flowhook.engine.node import Node
from flowhook.engine.settings.strings import RawPath
from flowhook.nodes.ask import Ask
from flowhook.problems.catalogue import BAD_VALUE, UNKNOWN_KEY
from flowhook.yamldoc.document import Document, Path, Span, SpanMap
from flowhook.yamldoc.problem_collector import ProblemCollector

POSITION: Path = ("settings", "questions")
#: The settings of ``ask`` that are no one question's own.
SHARED_SETTINGS = (
    "attempts", "timeout", "reprompt", "confirm", "digression", "forget_after", "buttons", "quick_replies",
    "direction", "currency", "scale",
)  # fmt: skip
_REPROMPT = frozenset({"text", "flow"})  #: what a reprompt has that is more than a text
SHARED_BRANCHES = ("on_fail", "on_timeout")
SHARED_MAPS = ("on_intent",)


@dataclass(frozen=True, slots=True)
class QuestionDefaults:
    """What stands under ``settings.questions``, as written."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    branches: Mapping[str, Any] = field(default_factory=dict)

    def missing_in(self, node_type: type[Node], written: Any) -> Mapping[RawPath, Any]:
        """The settings that a node takes from here, by where they would stand among its own."""
        if not self.settings:
            return {}
        own = written if isinstance(written, dict) else {node_type.main or "": written}
        paths = node_type.open_defaults(own, tuple(self.settings))
        taken = {path: self._for(path) for path in paths}
        return {path: value for path, value in taken.items() if value is not None or self._says_none(path)}

    def _for(self, path: RawPath) -> Any:
        """What a question takes at a path: one of several in a form only the text of a reprompt."""
        value = self.settings[str(path[-1])]
        is_of_form = len(path) > 1 and path[-1] == "reprompt"
        if is_of_form and isinstance(value, Mapping) and not _REPROMPT.isdisjoint(value):
            return value.get("text")
        return value

    def _says_none(self, path: RawPath) -> bool:
        return self.settings[str(path[-1])] is None

    def branches_for(self, node_type: type[Node], item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """The branches that a node has not and takes from here, each with what is written. What a map of
        branches has here is added to the node's own."""
        if not self.branches or not node_type.open_defaults({}, SHARED_SETTINGS):
            return
        for name, value in self.branches.items():
            if name in node_type.branch_maps and isinstance(value, dict):
                own = item.get(name)
                taken = {str(case).casefold() for case in own} if isinstance(own, dict) else set()
                yield name, {case: branch for case, branch in value.items() if case.casefold() not in taken}
            elif name in node_type.branches and name not in item:
                yield name, value


NO_DEFAULTS = QuestionDefaults()


def read_question_defaults(data: Mapping[str, Any], report: ProblemCollector) -> QuestionDefaults:
    """Read ``settings.questions``; what is wrong with its keys is reported, what is wrong with a value where
    a question takes it."""
    settings = data.get("settings")
    value = settings.get("questions") if isinstance(settings, dict) else None
    if value is None:
        return NO_DEFAULTS
    if not isinstance(value, dict):
        report.at_value(POSITION, BAD_VALUE, '"questions" is a mapping, such as {attempts: 3, timeout: 10m}')
        return NO_DEFAULTS
    known = (*SHARED_SETTINGS, *SHARED_BRANCHES, *SHARED_MAPS)
    for key in value:
        if key not in known:
            message = f'"questions" has no key "{key}"'
            hint = report.nearest(key, known)
            if not hint and key in Ask.model_fields:
                hint = f'"{key}" is each question\'s own: write it there'
            report.at_key((*POSITION, key), UNKNOWN_KEY, message, hint=hint)
    return QuestionDefaults(
        {key: part for key, part in value.items() if key in SHARED_SETTINGS},
        {key: part for key, part in value.items() if key in (*SHARED_BRANCHES, *SHARED_MAPS)},
    )


def with_inherited(written: Document, inherited: Mapping[RawPath, Any], whole: Document) -> None:
    """Put the settings that a node inherits among its own, each with its place in ``settings.questions``."""
    root = written.span(())
    for path, value in inherited.items():
        key = str(path[-1])
        span, key_span = whole.span((*POSITION, key)), whole.key_span((*POSITION, key))
        written.data = _with(written.data, path, value)
        root = _with_span(root, path, span, key_span)
    written.spans, written.key_spans = SpanMap(root), SpanMap(root, True)


def put_setting(written: Document, path: Path, value: Any, origin: Path) -> None:
    """Put a setting among those of a node that stands for another one, at the place of that."""
    span, key_span = written.span(origin), written.key_span(origin)
    written.data = _with(written.data, path, value)
    root = _with_span(written.span(()), path, span, key_span)
    written.spans, written.key_spans = SpanMap(root), SpanMap(root, True)


def _with(data: Any, path: RawPath, value: Any) -> Any:
    copy = data.copy()
    copy[path[0]] = value if len(path) == 1 else _with(data[path[0]], path[1:], value)
    return copy


def _with_span(root: Span, path: RawPath, span: Span, key_span: Span) -> Span:
    if len(path) == 1:
        key = str(path[0])
        return replace(root, children={**root.children, key: span}, keys={**root.keys, key: key_span})
    below = _with_span(root.children[path[0]], path[1:], span, key_span)
    return replace(root, children={**root.children, path[0]: below})
