"""A flow, compiled: a graph in which every reference is resolved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from flowhook.engine.expressions import Expression
    from flowhook.engine.node import Node
    from flowhook.engine.settings.compiled import NodeSettings


@dataclass(frozen=True, slots=True)  # no tuple: it is compared with other targets, and is none of them
class Stay:
    """A way that leads back to waiting: the list under ``on_timeout`` or ``on_intent`` has ended.

    ``node`` is the key of the node that goes on waiting: no attempt counted, its timer not armed.
    """

    node: str


@dataclass(frozen=True, slots=True)
class Back:
    """A way that leads back to where the session stood before this digression (the reply of an
    intent): a waiting question is asked again, or goes on waiting in silence."""


@dataclass(frozen=True, slots=True)
class Loop:
    """A way that leads back to a node for its next round: the list under ``do`` has ended."""

    node: str


_SAID_BY_INTENT = re.compile(r"#intents\..+\.(?:reply|confirm)\Z")


def is_said_by_intent(key: str) -> bool:
    """Whether a node is the hidden one of an intent: its reply, or the question whether it was meant."""
    return key.startswith("#intents.") and _SAID_BY_INTENT.match(key) is not None


LOOP_LIMIT = 100  #: visits of one node in one turn, where the flow sets no ``loop_limit``

#: Where a branch leads: the key of a place in the same flow; None: the end of the flow; Stay, Back or Loop.
Target = str | None | Stay | Back | Loop


@dataclass(slots=True)
class FlowNode:
    """A node in its flow."""

    key: str  #: the id, or, without one, a path such as ``greeting.then.0``
    type: type[Node]
    settings: NodeSettings  #: gives the validated node for a scope; constant ones are validated once
    has_id: bool = False
    disabled: bool = False
    below: Target = None  #: where the flow goes on when the node takes no branch
    branches: dict[str, Target] = field(default_factory=dict)  #: branch, or ``cases.large`` → first place
    on_error: Target | bool = False  #: False: no such branch
    line: int = 0  #: in the flow file, from 1
    column: int = 0
    derived: dict[str, Any] = field(default_factory=dict)  #: what a node type worked out of its ways once

    def returns_from(self, branch: str) -> bool:
        """Whether the node has this branch, and it runs beside what the session does: after it the session
        stands where it stood."""
        return branch in self.branches and branch in self.type.returning(self.settings.raw)

    @property
    def goes_below(self) -> bool:
        """Whether the flow can go on below without one of the node's branches being taken."""
        if self.disabled:
            return True
        must = self.type.exhaustive
        return not self.type.ends and not (must and all(branch in self.branches for branch in must))


@dataclass(frozen=True, slots=True)
class Intent:
    """What a user may mean, as a flow file defines it."""

    name: str
    flow: str
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: by locale, "" for any
    rules: tuple[Expression, ...] = ()  #: one that holds wins outright
    condition: Expression | None = None  #: must hold for the examples to count
    parent: str | None = None  #: an intent of the same flow
    inherit: bool = False  #: learns from the examples of its children, too
    entry: str | None = None  #: key of a place of its flow
    reply: str | None = (
        None  #: key of a hidden ``say`` of its flow, or of the first node of ``do``; leads Back
    )
    does: bool = False  #: ``reply`` is the first node of ``do``
    confirm: str | None = None  #: the same, said to ask whether this was meant
    confidence: float | None = None  #: instead of the flow's
    priority: int = 0  #: of two rules that hold, the higher one wins; of equal ones the first
    description: str = ""
    disabled: bool = False  #: never wins
    line: int = 0


@dataclass(frozen=True, slots=True)
class SlotRule:
    """How values of a slot are found in a text."""

    name: str
    #: value → {"synonyms": [text, …], "data": any}; texts may be by locale: {"en": […]}
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pattern: str | None = None  #: a regular expression, found anywhere
    type: str | None = None  #: a kind of value that flowhook finds by itself: number, date …
    fuzzy: bool = False  #: values may have typos
    store: tuple[str, ...] | None = None  #: names of a path that is set whenever a value is found
    values_from: Expression | None = None  #: gives the values in a turn, instead of ``values``
    keep: bool = True  #: a value is kept until its question is asked or the intent changes
    line: int = 0


class State(NamedTuple):
    """Which intents may win while a session is in this state: only ``allow``, or all but ``block``."""

    name: str
    allow: frozenset[str] | None = None
    block: frozenset[str] = frozenset()


@dataclass(slots=True)
class Flow:
    """One flow file, compiled. Immutable once it serves traffic."""

    name: str
    revision: str  #: hash of the file's text
    nodes: dict[str, FlowNode]
    first: str | None
    context: dict[str, Any] = field(default_factory=dict)  #: the default context
    settings: Mapping[str, Any] = field(default_factory=dict)  #: on_error, loop_limit …
    on_error: Target | bool = False  #: of the whole flow
    moved: dict[str, str] = field(default_factory=dict)  #: old node id → new one
    roots: frozenset[str] = frozenset()  #: names its expressions read: profile, history …
    description: str = ""
    file: str = ""
    intents: Mapping[str, Intent] = field(default_factory=dict)
    slots: Mapping[str, SlotRule] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)
    state: str | None = None  #: the state of a session that was set to none
    attach: tuple[str, ...] = ()  #: flows whose intents compete here
    locales: Mapping[str, str | None] = field(default_factory=dict)  #: locale → fallback; the first: primary
    reject: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: examples of no intent, by locale
    understands: bool = False  #: something here reads intents, slots or kinds of sentences
    timers: Mapping[str, str] = field(default_factory=dict)  #: by name, the first node that then runs
    snippets: Mapping[str, str] = field(default_factory=dict)  #: by name, the hidden node that has the text
    counts: frozenset[str] = frozenset()  #: nodes whose visits its expressions read
    kept_slots: frozenset[str] = frozenset()  #: slots that its questions ask for and that are kept until then
    secrets: tuple[str, ...] = ()  #: where its questions keep secret answers: ``context.pin``
    loop_limit: int = field(init=False)  #: visits of one node in one turn before the turn fails

    def __post_init__(self) -> None:
        self.loop_limit = int(self.settings.get("loop_limit", LOOP_LIMIT))

    @property
    def looks_into_messages(self) -> bool:
        """Whether anything is looked for in what users write here."""
        found = self.intents or self.attach or self.slots or self.understands
        return bool(found or self.settings.get("detect_locale"))

    def node_at(self, key: str) -> FlowNode | None:
        """A node of this flow, also under the id that it had before."""
        return self.nodes.get(key) or self.nodes.get(self.moved.get(key, ""))


@dataclass(frozen=True, slots=True)
class Library:
    """All flows that were loaded together; a turn runs on one library from end to end."""

    flows: Mapping[str, Flow]
    revision: str = ""
    #: by the name of the flow in force: which intents compete; sorted out when first asked for
    scopes: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    #: of all flows
    secrets: tuple[str, ...] = field(init=False, compare=False, repr=False)
    kept_slots: frozenset[str] = field(init=False, compare=False, repr=False)
    #: whether expressions of any flow read snippets or visits
    reads_flows: bool = field(init=False, compare=False, repr=False)
    computed_slots: bool = field(init=False, compare=False, repr=False)  #: some have ``values_from``
    #: whether any flow looks for something in what users write: an intent, a slot, an answer, the language
    understands: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        reads_flows = any(flow.snippets or flow.counts for flow in self.flows.values())
        object.__setattr__(self, "reads_flows", reads_flows)
        kept = frozenset[str]().union(*(flow.kept_slots for flow in self.flows.values()))
        object.__setattr__(self, "kept_slots", kept)
        computed = any(rule.values_from for flow in self.flows.values() for rule in flow.slots.values())
        object.__setattr__(self, "computed_slots", computed)
        understands = any(flow.looks_into_messages for flow in self.flows.values())
        object.__setattr__(self, "understands", understands)
        paths = dict.fromkeys(path for flow in self.flows.values() for path in flow.secrets)
        object.__setattr__(self, "secrets", tuple(paths))

    def node_at(self, position: str) -> FlowNode | None:
        """A node by its position, "flow/key", also under the id that it had before."""
        name, _, key = position.partition("/")
        flow = self.flows.get(name)
        return flow.node_at(key) if flow is not None else None
