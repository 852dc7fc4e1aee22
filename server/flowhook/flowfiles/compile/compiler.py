"""One flow file, compiled: every node read, every reference resolved, every expression compiled."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any, cast

from flowhook.engine.expressions import Expressions
from flowhook.engine.flow import Back, Flow, FlowNode, Intent, Loop, SlotRule, Stay, Target
from flowhook.engine.settings.strings import strings_in
from flowhook.flowfiles.compile.intents import Example, IntentPosition, IntentReader, IntentsRead
from flowhook.flowfiles.compile.locales import LocaleGap, read_locales
from flowhook.flowfiles.compile.node_parser import ID, Branch, NodeParser, ParsedNode, Reference
from flowhook.flowfiles.compile.node_settings import SettingsReader
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.compile.operations import Operation
from flowhook.flowfiles.compile.question_defaults import NO_DEFAULTS, POSITION, read_question_defaults
from flowhook.flowfiles.compile.quick_replies import QuickReplyText
from flowhook.flowfiles.compile.references import (
    CasePosition,
    Jump,
    NameUse,
    case_keys,
    expression_needs_understanding,
    intent_keys,
)
from flowhook.flowfiles.compile.scripts import script_line
from flowhook.flowfiles.compile.section_models import SettingsForm
from flowhook.flowfiles.compile.section_parser import SectionParser
from flowhook.flowfiles.compile.slots import SlotReader
from flowhook.flowfiles.compile.states import read_attached, read_states
from flowhook.flowfiles.compile.value_uses import ValueUse
from flowhook.flowfiles.compile.variable_usage import VariableUsage
from flowhook.flowfiles.compile.written import is_template
from flowhook.i18n.locales import is_locale
from flowhook.problems.catalogue import (
    BAD_BRANCH,
    BAD_VALUE,
    FILE_NAME,
    IDLE_SETTING,
    MISSING,
    TEMPLATE_IN_CONTEXT,
    UNKNOWN_KEY,
    UNKNOWN_LOCALE,
    UNKNOWN_NODE,
    WAIT_WITHOUT_ID,
)
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean
from flowhook.yamldoc.document import Document, Path, Span
from flowhook.yamldoc.problem_collector import ProblemCollector

SNIPPET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")
FLOW_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
TOP_KEYS = (
    "flow", "description", "context", "settings", "locales", "intents", "slots", "states", "attach", "reject",
    "timers", "snippets", "moved", "nodes",
)  # fmt: skip


@dataclass(slots=True)
class CompiledFlow:
    """What became of one flow file. ``flow`` is None when there is an error among the problems.

    The rest is what the checks across flows need: ``name`` even of a flow that did not compile,
    the jumps and calls of its nodes, the names its expressions read.
    """

    file: str
    revision: str
    flow: Flow | None = None
    problems: list[Problem] = field(default_factory=list)
    name: str | None = None
    name_at: tuple[int, int] = (1, 1)  #: line and column of the flow's name
    ids: frozenset[str] | None = None  #: of its nodes; None when the file could not be read
    #: by index of a problem the word in it that is no node, so that a flow of that name can be suggested
    unknown_words: dict[int, str] = field(default_factory=dict)
    jumps: list[Jump] = field(default_factory=list)
    uses: list[NameUse] = field(default_factory=list)
    intents: dict[str, IntentPosition] = field(default_factory=dict)  #: with those that are disabled or wrong
    examples: list[Example] = field(default_factory=list)
    slots: frozenset[str] = frozenset()  #: the names of its slots
    states: frozenset[str] = frozenset()
    snippets: frozenset[str] = frozenset()  #: the names under ``snippets``
    timers: list[NameUse] = field(default_factory=list)  #: the names under ``timers``
    names: frozenset[str] = frozenset()  #: that its own nodes let expressions know
    attached: list[NameUse] = field(default_factory=list)  #: the flows under ``attach``
    locales: Mapping[str, str | None] = field(default_factory=dict)
    gaps: list[LocaleGap] = field(default_factory=list)  #: texts by locale that lack some
    variables: VariableUsage = field(default_factory=VariableUsage)  #: what its nodes read and set
    operations: list[Operation] = field(default_factory=list)  #: what its expressions compare and compute
    value_uses: list[ValueUse] = field(default_factory=list)  #: what becomes of values in its expressions
    quick_replies: list[QuickReplyText] = field(default_factory=list)  #: the quick replies of its questions
    cases: list[CasePosition] = field(default_factory=list)  #: of its switches
    places: dict[str, Span] = field(default_factory=dict)  #: by key of a node where its type is written


def revision_of(text: str) -> str:
    """What names one version of a flow file: a hash of its text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def compile_flow(document: Document, node_types: NodeTypes, expressions: Expressions) -> CompiledFlow:
    """Compile one document and report everything that is wrong in it, references to others aside."""
    return _Compiler(document, node_types, expressions).compile()


class _Compiler:
    def __init__(self, document: Document, node_types: NodeTypes, expressions: Expressions) -> None:
        self.document = document
        self.report = ProblemCollector(document)
        self.unknown_words: dict[int, str] = {}
        data = document.data if isinstance(document.data, dict) else {}
        self.defaults = read_question_defaults(data, self.report)
        self.parser = NodeParser(self.report, node_types, self.defaults)
        self.locales = read_locales(data, self.report)
        self.settings = SettingsReader(self.report, expressions, self.locales)
        self.section = SectionParser(self.report, expressions, self.locales, self.settings.lines)

    def compile(self) -> CompiledFlow:
        document, report = self.document, self.report
        compiled = CompiledFlow(document.file, revision_of(document.text), problems=report.problems)
        data = document.data
        if not isinstance(data, dict):
            report.at_value((), BAD_VALUE, 'a flow file is a mapping with "flow" and "nodes"')
            return compiled
        self._check_top_keys(data)
        compiled.name = self._name(data)
        span = document.span(("flow",))
        compiled.name_at = (span.line, span.column)
        context = self._context(data)
        first = self._nodes(data)
        settings, on_error = self._flow_settings(data)
        intent_reader = IntentReader(self.section, self.parser, compiled.name or "")
        intents_read = intent_reader.read()
        intent_reader.warn_of_idle_settings(settings)
        slots = SlotReader(self.section).read()
        states, state = read_states(self.section)
        attach = read_attached(self.section, compiled.name)
        timers = self._timers(data)
        snippets = self._snippets(data)
        nodes = self._flow_nodes()
        self._read_nodes = nodes.values()
        intents = self._with_entries(intents_read)
        self._check_snippets(nodes, snippets)
        moved = self._moved(data)
        flow_error = self._target(on_error, None) if on_error else False
        compiled.ids = ids = frozenset(self.parser.ids)
        compiled.unknown_words = self.unknown_words
        compiled.jumps = self.settings.jumps
        compiled.uses = self.settings.uses + self.section.uses
        compiled.variables = self.settings.variables
        compiled.operations = self.settings.operations + self.section.operations
        compiled.value_uses = self.settings.value_uses
        compiled.quick_replies = self.settings.quick_replies
        self._note(compiled, intents_read, attach)
        self._check_local_jumps(compiled, ids)
        if self.defaults is not NO_DEFAULTS:
            self._tell_once(compiled)
        if not report.failed and compiled.name is not None:
            compiled.flow = Flow(
                name=compiled.name,
                revision=compiled.revision,
                nodes=nodes,
                first=first,
                context=context,
                settings=settings,
                on_error=flow_error,
                moved=moved,
                roots=frozenset(self.settings.roots | self.section.roots),
                description=str(data.get("description") or "").strip(),
                file=document.file,
                intents=intents,
                slots=slots,
                states=states,
                state=state,
                attach=tuple(name for name, _ in attach),
                locales=self.locales.declared,
                reject=intents_read.reject,
                understands=bool(slots or attach) or self._understands(intents),
                timers=timers,
                snippets=snippets,
                counts=frozenset(use.name for use in compiled.uses if use.kind == "visits"),
                kept_slots=frozenset(_asked_slots(nodes.values(), slots)),
                secrets=tuple(_secret_paths(nodes.values(), slots)),
            )
        return compiled

    def _tell_once(self, compiled: CompiledFlow) -> None:
        """Leave one of each problem: what the questions of a flow share is read at each of them."""
        once: dict[Problem, str | None] = {}
        for index, problem in enumerate(compiled.problems):
            once.setdefault(problem, compiled.unknown_words.get(index))
        compiled.problems[:] = once
        words = enumerate(once.values())
        compiled.unknown_words = {index: word for index, word in words if word is not None}

    # -- what users may mean ----------------------------------------------------------------------

    def _note(
        self, compiled: CompiledFlow, intents_read: IntentsRead, attach: list[tuple[str, Path]]
    ) -> None:
        """Keep for the checks what intents and texts by locale have to do with other flows."""
        compiled.intents, compiled.examples = intents_read.positions, intents_read.examples
        compiled.slots = frozenset(self._names("slots"))
        compiled.states = frozenset(self._names("states"))
        compiled.snippets = frozenset(self._names("snippets"))
        for name in self._names("timers"):
            span = self.document.key_span(("timers", name))
            compiled.timers.append(NameUse("timer", name, span.line, span.column, span.length))
        compiled.locales, compiled.gaps = self.locales.declared, self.locales.gaps
        for name, path in attach:
            span = self.document.span(path)
            compiled.attached.append(NameUse("flow", name, span.line, span.column, span.length))
        nodes = self._read_nodes
        compiled.names = frozenset(name for node in nodes for name in node.type.names_in(node.settings.raw))
        for parsed in self.parser.nodes:
            compiled.uses += intent_keys(parsed, self.document)
            compiled.cases += case_keys(parsed, self.document)
            compiled.places[parsed.key] = self.document.key_span(parsed.settings_path)

    def _names(self, key: str) -> list[str]:
        value = self.document.data.get(key)
        return list(value) if isinstance(value, dict) else []

    def _with_entries(self, intents_read: IntentsRead) -> dict[str, Intent]:
        """The intents with their entries resolved."""
        intents = intents_read.intents
        for name, reference in intents_read.entries:
            if "/" in reference.word:
                message = "an intent leads to a node of its own flow"
                hint = 'lead it to a node "goto" or "call"'
                self.report.at_value(reference.path, UNKNOWN_NODE, message, hint=hint)
            else:
                intents[name] = replace(intents[name], entry=self._resolve(reference))
        return intents

    def _understands(self, intents: Mapping[str, Intent]) -> bool:
        """Whether anything here is worth the work of understanding a text. Rules alone need none of it,
        unless they read what it finds; an intent with neither rules nor examples is for an engine."""
        if self.settings.understands:
            return True
        if any(_listens_to_intents(parsed) for parsed in self.parser.nodes):
            return True
        return any(
            intent.examples
            or not intent.rules
            or any(map(expression_needs_understanding, [*intent.rules, *filter(None, [intent.condition])]))
            for intent in intents.values()
        )

    # -- what stands above the nodes ------------------------------------------------------------

    def _check_top_keys(self, data: dict[str, Any]) -> None:
        for key in data:
            if key in TOP_KEYS or key.startswith("x-"):
                continue
            hint = self.report.nearest(key, [*TOP_KEYS, *self.parser.types])
            if key in self.parser.types:
                hint = 'nodes stand in a list under "nodes:"'
            self.report.at_key((key,), UNKNOWN_KEY, f'a flow has no key "{key}"', hint=hint)
        if "description" in data and not isinstance(data["description"], str):
            self.report.at_value(("description",), BAD_VALUE, '"description" is a text')

    def _name(self, data: dict[str, Any]) -> str | None:
        if "flow" not in data:
            stem = PurePath(self.document.file).stem
            hint = f'begin the file with "flow: {stem}"' if FLOW_NAME.match(stem) else ""
            self.report.at_top(MISSING, 'the key "flow", the name of the flow, is missing', hint)
            return None
        name = self.document.as_written(("flow",), data["flow"])
        if not isinstance(name, str) or not FLOW_NAME.match(name):
            message = (
                "a flow's name is up to 64 lower-case letters, digits, _ and -, not beginning with _ or -"
            )
            self.report.at_value(("flow",), BAD_VALUE, message)
            return None
        stem = PurePath(self.document.file).stem
        if stem != name:
            message = f'the flow "{name}" stands in a file called "{stem}"'
            hint = f"call the file {name}.yaml"
            self.report.at_value(("flow",), FILE_NAME, message, hint=hint)
        return name

    def _mapping(self, data: dict[str, Any], key: str) -> dict[str, Any]:
        value = data.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.report.at_value((key,), BAD_VALUE, f'"{key}" is a mapping')
            return {}
        return value

    def _context(self, data: dict[str, Any]) -> dict[str, Any]:
        context = self._mapping(data, "context")
        for path, text in strings_in(("context",), context):
            if is_template(text):
                message = "the default context is taken as it is written; a template in it is not rendered"
                hint = 'use the node "set" at the beginning'
                self.report.at_value(path, TEMPLATE_IN_CONTEXT, message, hint=hint)
        return context

    def _flow_settings(self, data: dict[str, Any]) -> tuple[dict[str, Any], Branch | None]:
        settings = dict(self._mapping(data, "settings"))
        form = self.section.form(SettingsForm, ("settings",), settings)
        if form is not None:
            self._check_settings(form)
        if "on_error" not in settings:
            return settings, None
        value = settings.pop("on_error")
        return settings, self.parser.read_branch(
            value, ("settings", "on_error"), parent=None, prefix="#on_error"
        )

    def _check_settings(self, form: SettingsForm) -> None:
        if form.language is not None and not is_locale(form.language):
            message = f'"{form.language}" is no language, such as en or de-AT'
            self.report.at_value(("settings", "language"), UNKNOWN_LOCALE, message)
        if form.detect_locale and not self.locales.declared:
            message = '"detect_locale" does nothing: this flow has no "locales"'
            self.report.at_key(("settings", "detect_locale"), IDLE_SETTING, message)
        if "confirm_below" in form.model_fields_set and form.confirm_below < form.confidence:
            message = f"no score lies between {form.confidence:g}, from which an intent counts, and this"
            where: Path = ("settings", "confirm_below")
            self.report.at_value(where, BAD_VALUE, message, severity="warning")

    def _timers(self, data: dict[str, Any]) -> dict[str, str]:
        """``timers``: by the name of a timer the first of the nodes that run when it falls due."""
        firsts: dict[str, str] = {}
        for name, value in self._mapping(data, "timers").items():
            where: Path = ("timers", name)
            if isinstance(value, str):
                message = "the nodes that run when the timer falls due stand here"
                hint = f"to leave for a node write [{{goto: {value}}}]" if ID.match(value) else ""
                self.report.at_value(where, BAD_BRANCH, message, hint=hint)
                continue
            branch = self.parser.read_branch(
                value, where, parent=None, prefix=f"#timers.{name}", ending="back"
            )
            if branch.nodes:
                firsts[name] = branch.nodes[0].key
        return firsts

    def _snippets(self, data: dict[str, Any]) -> dict[str, str]:
        """``snippets``: by name the hidden node that has the text."""
        keys: dict[str, str] = {}
        for name, value in self._mapping(data, "snippets").items():
            where: Path = ("snippets", name)
            if not SNIPPET_NAME.match(name):
                message = "the name of a snippet is letters, digits and _, the first a letter"
                self.report.at_key(where, BAD_VALUE, message)
            elif not self._is_wording(value):
                message = f'the snippet "{name}" is a text, a list of texts, or either by locale'
                self.report.at_value(where, BAD_VALUE, message)
            else:
                keys[name] = self.parser.read_hidden(f"#snippets.{name}", where, "say").key
        return keys

    def _is_wording(self, value: Any) -> bool:
        if isinstance(value, dict):
            known = all(is_locale(key) or key in self.locales.declared for key in value)
            return known and all(map(self._is_wording, value.values()))
        listed = value if isinstance(value, list) else [value]
        return bool(listed) and all(isinstance(text, str) for text in listed)

    def _check_snippets(self, nodes: Mapping[str, FlowNode], snippets: Mapping[str, str]) -> None:
        """A snippet is put together of everything but other snippets, so that none needs itself."""
        for name, key in snippets.items():
            if key in nodes and "snippets" in nodes[key].settings.names:
                message = "a snippet cannot use snippets"
                self.report.at_value(("snippets", name), BAD_VALUE, message)

    def _moved(self, data: dict[str, Any]) -> dict[str, str]:
        moved = self._mapping(data, "moved")
        for old, new in moved.items():
            where: Path = ("moved", old)
            if old in self.parser.ids:
                message = f'"{old}" is said to have moved, but a node of that id is still here'
                self.report.at_key(where, BAD_VALUE, message)
            if not isinstance(new, str):
                self.report.at_value(where, BAD_VALUE, '"moved" maps an old id to the new one')
            elif new not in self.parser.ids:
                self._unknown_node(Reference(new, where))
        return cast(dict[str, str], moved)

    # -- nodes ----------------------------------------------------------------------------------

    def _nodes(self, data: dict[str, Any]) -> str | None:
        if "nodes" not in data:
            if any(did_you_mean(key, ["nodes"]) for key in data if key not in TOP_KEYS):
                return None  # misspelt, which is told there
            self.report.at_top(MISSING, 'the key "nodes", the list of nodes, is missing')
            return None
        nodes = data["nodes"]
        if not isinstance(nodes, list):
            hint = 'begin each node with "- ", such as "- say: Hello"' if isinstance(nodes, dict) else ""
            self.report.at_key(("nodes",), BAD_VALUE, '"nodes" is a list of nodes', hint=hint)
            return None
        nodes = self.parser.read_list(nodes, ("nodes",))
        return nodes[0].key if nodes else None

    def _flow_nodes(self) -> dict[str, FlowNode]:
        nodes: dict[str, FlowNode] = {}
        belows: dict[str, Target] = {}
        for parsed in self.parser.nodes:  # parents come before their children
            self._check_identity(parsed)
            settings = self.settings.read(parsed)
            below = belows[parsed.key] = self._below(parsed, belows)
            branches = {name: self._target(branch, parsed, below) for name, branch in parsed.branches.items()}
            on_error = self._target(parsed.on_error, parsed, below) if parsed.on_error else False
            if settings is None:
                continue  # its problems are reported
            span = self.document.span(parsed.path)
            nodes[parsed.key] = FlowNode(
                key=parsed.key,
                type=parsed.type,
                settings=settings,
                has_id=parsed.has_id,
                disabled=parsed.disabled,
                below=below,
                branches=branches,
                on_error=on_error,
                line=span.line,
                column=span.column,
            )
            if parsed.path[: len(POSITION)] == POSITION:
                nodes[parsed.key].derived["shared"] = True
            if parsed.next is not None:
                nodes[parsed.key].derived["next"] = True
            if parsed.reminders:
                nodes[parsed.key].derived["reminders"] = tuple(parsed.reminders)
            if parsed.inherited_branches:
                nodes[parsed.key].derived["inherited"] = frozenset(parsed.inherited_branches)
            if "python" in settings.marks.kinds and (
                line := script_line(parsed, self.document, self.settings.lines)
            ):
                nodes[parsed.key].derived["script_line"] = line
        return nodes

    def _check_identity(self, parsed: ParsedNode) -> None:
        if parsed.type.waits and not parsed.has_id and not parsed.garbled:
            message = f'a session can wait at this "{parsed.type.key}", so it needs an id to come back to'
            shared = parsed.path[: len(POSITION)] == POSITION
            hint = "let the branch lead to the id of a node of the flow" if shared else 'add "id: …"'
            self.report.at_key(parsed.settings_path, WAIT_WITHOUT_ID, message, hint=hint)

    def _below(self, parsed: ParsedNode, belows: dict[str, Target]) -> Target:
        """Where the flow goes on after a node that takes no branch."""
        if parsed.next is not None:
            return self._resolve(parsed.next)
        if parsed.after is not None:
            return parsed.after.key
        if parsed.ending == "back":
            return Back()
        if parsed.parent is None:
            return None
        if parsed.ending == "looping":
            return Loop(parsed.parent.key)
        return Stay(parsed.parent.key) if parsed.ending == "staying" else belows[parsed.parent.key]

    def _target(self, branch: Branch, parsed: ParsedNode | None, below: Target = None) -> Target:
        """The first place of a branch."""
        if branch.reference is not None:
            return self._resolve(branch.reference)
        if branch.nodes:
            return branch.nodes[0].key
        if branch.ending == "back":
            return Back()
        if branch.ending == "looping" and parsed:
            return Loop(parsed.key)
        return Stay(parsed.key) if branch.ending == "staying" and parsed else below

    # -- references -----------------------------------------------------------------------------

    def _resolve(self, reference: Reference) -> str | None:
        if reference.word in self.parser.ids:
            return reference.word
        self._unknown_node(reference)
        return None

    def _unknown_node(self, reference: Reference) -> None:
        word = reference.word
        if not isinstance(self.document.data.get("nodes"), list):
            return  # there are no nodes at all, which is said already
        kind, colon, rest = word.partition(":")
        if colon and kind in self.parser.types:
            hint = f"write {{{kind}: {rest.strip()}}} without quotes around it"
        elif "/" in word:
            hint = f"to leave for another flow write {{goto: {word}}}"
        elif not ID.match(word):
            hint = f'a branch is an id, or nodes: to say this write {{say: "{word}"}}'
        else:
            hint = self.report.nearest(word, list(self.parser.ids))
        name = self.document.data.get("flow")
        if not hint:
            self.unknown_words[len(self.report.problems)] = word
        self.report.at_value(reference.path, UNKNOWN_NODE, f'no node "{word}" in flow "{name}"', hint=hint)

    def _check_local_jumps(self, compiled: CompiledFlow, ids: frozenset[str]) -> None:
        """Jumps within the flow; those to others are the library's to check."""
        for jump in compiled.jumps:
            if jump.flow in (None, compiled.name) and jump.node is not None and jump.node not in ids:
                self._unknown_node(Reference(jump.node, jump.path))


def _asked_slots(nodes: Iterable[FlowNode], slots: Mapping[str, SlotRule]) -> Iterator[str]:
    """The slots that questions ask for, but those that do not let their values be kept until then."""
    for node in nodes:
        for question in node.type.questions_in(node.settings.raw):
            name = question.get("slot")
            if name is None and not node.type.is_question:  # one of several: by what it is kept as
                name = str(question.get("store", "")).rpartition(".")[2]
            if (
                isinstance(name, str)
                and (name not in slots or slots[name].keep)
                and not question.get("secret")
            ):
                yield name


def _secret_paths(nodes: Iterable[FlowNode], slots: Mapping[str, SlotRule]) -> Iterator[str]:
    """Where secret answers are kept: by questions, and by the slots that these name."""
    for node in nodes:
        for question in node.type.questions_in(node.settings.raw):
            if question.get("secret"):
                yield str(question.get("store") or _NOWHERE)
                slot = slots.get(str(question.get("slot")))
                if slot is not None and slot.store is not None:
                    yield ".".join(slot.store)


#: A path at which nothing is kept: the flow has secret answers, and none of them has a place.
_NOWHERE = "session.-"


def _listens_to_intents(parsed: ParsedNode) -> bool:
    """Whether an intent is listened to while the session waits at this node."""
    return any(branch.partition(".")[0] in parsed.type.intent_maps for branch in parsed.branches)
