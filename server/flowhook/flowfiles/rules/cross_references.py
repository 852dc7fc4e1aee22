"""What flows share that were loaded together: attached flows, and the names of intents, states and slots.

Only literal names are looked at, and only where some are known: an engine of a plugin may bring intents
and slots that no flow defines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from flowhook.engine.flow import Flow
from flowhook.engine.turn.input import DEFAULT_STATE
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.references import NameUse
from flowhook.flowfiles.rules.graph import cycles
from flowhook.i18n.locales import canonical
from flowhook.problems.catalogue import (
    ATTACH_CIRCLE,
    IDLE_ATTACH,
    UNKNOWN_FLOW,
    UNKNOWN_INTENT,
    UNKNOWN_LOCALE,
    UNKNOWN_SLOT,
    UNKNOWN_STATE,
    Code,
    Severity,
)
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean

ByName = Mapping[str, CompiledFlow]


def entries_of_intents(flow: Flow) -> Iterator[str]:
    """The places to which the flow's own intents lead."""
    for intent in flow.intents.values():
        yield from (place for place in (intent.entry, intent.reply, intent.confirm) if place is not None)


def across_flows(flows: Sequence[CompiledFlow], by_name: ByName) -> Iterator[Problem]:
    """Every rule about attached flows and about names that other flows may define."""
    states = {DEFAULT_STATE, *(name for compiled in flows for name in compiled.states)}
    intents = {name for compiled in flows for name in compiled.intents}
    slots = {name for compiled in flows for name in compiled.slots}
    for compiled in flows:
        yield from _attached(compiled, by_name)
        nearby = _nearby(compiled, by_name)
        own = {name for each in nearby for name in (*each.intents, *_in_full(each, compiled))}
        scope = own if own else intents  # a flow without intents keeps those of its caller
        found = {name for each in nearby for name in each.slots}
        yield from _unknown(compiled, "intent", scope, UNKNOWN_INTENT, "no intent")
        yield from _unknown(compiled, "state", states, UNKNOWN_STATE, "no state")
        yield from _unknown(compiled, "slot", found or slots, UNKNOWN_SLOT, "no slot")
        yield from _unknown_locales(compiled)
    yield from _circles(by_name)


def _nearby(compiled: CompiledFlow, by_name: ByName) -> list[CompiledFlow]:
    """A flow and those attached to it."""
    return [compiled, *(by_name[use.name] for use in compiled.attached if use.name in by_name)]


def _in_full(attached: CompiledFlow, compiled: CompiledFlow) -> Iterator[str]:
    """The intents of an attached flow with its name before them, as an intent of a state may be written."""
    if attached is not compiled:
        yield from (f"{attached.name}/{name}" for name in attached.intents)


# -- names ----------------------------------------------------------------------------------------


def _unknown(
    compiled: CompiledFlow, kind: str, known: Collection[str], code: Code, message: str
) -> Iterator[Problem]:
    own = {"intent": compiled.intents, "state": compiled.states, "slot": compiled.slots}[kind]
    if (not known and kind != "state") or (compiled.flow is None and not own):
        return  # nothing is known of them; or they are there and cannot be read
    for use in compiled.uses:
        if use.kind == kind and use.name not in known:
            hint = did_you_mean(use.name, known)
            yield _at(compiled, use, code, f'{message} "{use.name}"', hint)


def _unknown_locales(compiled: CompiledFlow) -> Iterator[Problem]:
    """Locales that a node sets although texts are not written in them."""
    if not compiled.locales:
        return
    for use in compiled.uses:
        locale = canonical(use.name)
        if use.kind != "locale" or locale in compiled.locales or locale.partition("-")[0] in compiled.locales:
            continue
        message = f'the locale "{use.name}" is not declared under "locales"'
        hint = did_you_mean(use.name, compiled.locales) or f"declared are {', '.join(compiled.locales)}"
        yield _at(compiled, use, UNKNOWN_LOCALE, message, hint, "warning")


def _at(
    compiled: CompiledFlow,
    use: NameUse,
    code: Code,
    message: str,
    hint: str = "",
    severity: Severity | None = None,
) -> Problem:
    return Problem.at(code, message, compiled.file, use, hint, severity)


# -- attached flows -------------------------------------------------------------------------------


def _attached(compiled: CompiledFlow, by_name: ByName) -> Iterator[Problem]:
    for use in compiled.attached:
        other = by_name.get(use.name)
        if other is None:
            hint = did_you_mean(use.name, by_name)
            yield _at(compiled, use, UNKNOWN_FLOW, f'no flow "{use.name}"', hint)
        elif other.ids is not None and not other.intents:
            message = f'the flow "{use.name}" has no intents, so attaching it does nothing'
            yield _at(compiled, use, IDLE_ATTACH, message)


def _circles(by_name: ByName) -> Iterator[Problem]:
    """An error for each circle of flows that are attached to each other, at the first of them."""

    def attached(name: str) -> list[str]:
        return [use.name for use in by_name[name].attached if use.name in by_name and use.name != name]

    for circle in cycles(_in_order(by_name), attached):
        compiled = by_name[circle[0]]
        following = circle[1] if len(circle) > 1 else circle[0]
        use = next(use for use in compiled.attached if use.name == following)
        ring = " → ".join([*circle, circle[0]])
        message = f"these flows are attached to each other in a circle: {ring}"
        hint = "an attached flow brings its own intents only: attach each flow where it is wanted"
        yield _at(compiled, use, ATTACH_CIRCLE, message, hint)


def _in_order(by_name: Iterable[str]) -> list[str]:
    return sorted(by_name)
