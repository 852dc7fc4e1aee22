"""Which intents compete for an input: those of the flow in force and of the flows attached to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from flowhook.engine.flow import Flow, Intent, Library, SlotRule
    from flowhook.model.session import Session

MAX_PARENTS = 10  #: levels of a hierarchy that are followed; a circle is an error of the flow file


class IntentScope(NamedTuple):
    """The intents that compete while one flow is in force, sorted out once for each library."""

    flow: Flow
    #: by (flow, name), where the flow is "" for the one in force; own ones first, then in order of ``attach``
    intents: Mapping[tuple[str, str], Intent]
    #: the intents with rules: higher priority first, then own before attached, then as in the file
    ruled: tuple[Intent, ...]
    slots: Mapping[str, SlotRule]  #: of the flow and of what it attaches
    flows: Mapping[str, Flow]  #: as in ``intents``: by "" the one in force, by name the attached ones
    disabled: frozenset[tuple[str, str]]  #: the intents that never win, as in ``intents``
    reads: bool  #: whether an NLU engine can add anything to what the rules say

    def named(self, name: str, flow: str = "") -> Intent | None:
        """The intent that an engine means. Without a flow: an own one, else the first attached one."""
        found = self.intents.get((flow, name))
        if found is None and flow == self.flow.name:
            found = self.intents.get(("", name))
        if found is None and not flow:
            found = next((intent for (_, other), intent in self.intents.items() if other == name), None)
        return found

    def flow_of(self, intent: Intent) -> str:
        """The flow of an intent as a ranking names it: "" for the one in force."""
        return "" if intent.flow == self.flow.name else intent.flow

    def lineage(self, intent: Intent) -> tuple[str, ...]:
        """The names from the uppermost parent down to the intent itself."""
        names, flow = [intent.name], self.flow_of(intent)
        while intent.parent is not None and len(names) < MAX_PARENTS:
            names.append(intent.parent)
            parent = self.intents.get((flow, intent.parent))
            if parent is None:
                break
            intent = parent
        return tuple(reversed(names))


def in_force(library: Library, session: Session) -> Flow | None:
    """The flow whose intents and slots count for the next input.

    It is the flow on top. A called flow that has neither intents nor attached flows keeps those of the
    nearest caller that has; where none has any, the nearest flow that reads slots or kinds of sentences
    is in force, and where nothing here understands anything, the flow on top. None: that one is gone.
    """
    height = height_in_force(library, session)
    return library.flows.get(session.frames[-1 if height is None else height].flow)


def height_in_force(library: Library, session: Session) -> int | None:
    """The index of the frame whose flow is in force; None where no flow understands anything."""
    reader: int | None = None
    for height in range(len(session.frames) - 1, -1, -1):
        flow = library.flows.get(session.frames[height].flow)
        if flow is None:
            continue
        if flow.intents or flow.attach:
            return height
        if reader is None and (flow.slots or flow.understands):
            reader = height
    return reader


def with_attached(library: Library, flow: Flow) -> Iterator[Flow]:
    """The flow, and those that it attaches, in order."""
    yield flow
    for name in flow.attach:
        attached = library.flows.get(name)
        if attached is not None and attached is not flow:
            yield attached


def slots_in_force(library: Library, session: Session) -> dict[str, SlotRule]:
    """The slots that are looked for in the next input, by name: those of the flow in force and of what
    it attaches, and over them those of the flows that it called."""
    slots: dict[str, SlotRule] = {}
    height = height_in_force(library, session)
    if height is None:
        return slots
    slots.update(intent_scope(library, library.flows[session.frames[height].flow]).slots)
    for above in session.frames[height + 1 :]:
        called = library.flows.get(above.flow)
        if called is not None:
            slots.update(called.slots)
    return slots


def intent_scope(library: Library, flow: Flow) -> IntentScope:
    """The intents that compete while this flow is in force; sorted out when first asked for."""
    known: IntentScope | None = library.scopes.get(flow.name)
    if known is None:
        known = library.scopes[flow.name] = _sort_out(library, flow)
    return known


def _sort_out(library: Library, flow: Flow) -> IntentScope:
    flows = {"" if member is flow else member.name: member for member in with_attached(library, flow)}
    every = {
        (name, intent.name): intent for name, member in flows.items() for intent in member.intents.values()
    }
    intents = {key: intent for key, intent in every.items() if not intent.disabled}
    ruled = [intent for intent in intents.values() if intent.rules]
    ruled.sort(key=lambda intent: -intent.priority)  # stable: equal ones stay in their order
    slots: dict[str, SlotRule] = {}
    for member in flows.values():
        for name, rule in member.slots.items():
            slots.setdefault(name, rule)
    learned = any(intent.examples or not intent.rules for intent in intents.values())
    reads = learned or any(member.slots or member.understands for member in flows.values())
    return IntentScope(
        flow, intents, tuple(ruled), slots, flows, frozenset(every.keys() - intents.keys()), reads
    )
