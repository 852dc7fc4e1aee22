"""Names that flows read or set and that have to be known elsewhere.

Only literal names are looked at. Of intents, states and slots something is said only where some are known:
an engine of a plugin may bring intents and slots that no flow defines.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from flowhook.engine.expressions.values import ATTRIBUTES
from flowhook.engine.turn.input import DEFAULT_STATE, INPUT_NAMES
from flowhook.extraction.safe_regex import is_pattern
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.operations import ITEM, Operation
from flowhook.flowfiles.compile.references import ROOTS
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.i18n.locales import canonical
from flowhook.problems.catalogue import (
    MISSING_LOCALE,
    UNKNOWN_CONNECTION,
    UNKNOWN_INTENT,
    UNKNOWN_LOCALE,
    UNKNOWN_NAME,
    UNKNOWN_SLOT,
    UNKNOWN_STATE,
    Code,
)
from flowhook.problems.problem import Problem, Region
from flowhook.problems.suggestion import did_you_mean

MOMENT_NAMES = next(names for kind, names in ATTRIBUTES if kind is datetime)
HISTORY_NAMES = ("role", "text", "data", "traceId", "at")
ERROR_NAMES = ("reason", "message", "node", "details")
NLU_NAMES = ("intents", "slots", "yesNo", "rejected", "denied", "also", "details")
#: The fields of the items of lists, with what an item is called.
ITEM_NAMES: Mapping[str, tuple[str, Sequence[str]]] = {
    "history": ('a message of "history"', HISTORY_NAMES),
    "ranked": ('an intent of "input.nlu.intents"', ("name", "score", "flow", "reason")),
    "found": ('a value of "input.nlu.slots"', ("value", "text", "start", "end", "data", "negated")),
}
ATTACHMENT_NAMES = ("url", "name", "type", "caption")  #: a caller may send others, too
_NAMES = f"the names are {', '.join(ROOTS)}"
_NULLS = frozenset({"null", "nil", "undefined", "None"})
_NOTHING = "write none, or x is defined"


def unknown_names(flows: FlowSet) -> Iterator[Problem]:
    """Names in expressions, and keys of the configuration, that there are not."""
    for compiled in flows.files:
        for use in compiled.uses:
            if use.kind == "root" and use.name in compiled.names:
                continue
            if use.kind == "root":
                message = f'expressions know no name "{use.name}"'
                known = (*ROOTS, *compiled.names)
                hint = _NOTHING if use.name in _NULLS else did_you_mean(use.name, known) or _NAMES
            elif use.kind == "input" and use.name not in INPUT_NAMES:
                message = f'"input" has no "{use.name}"'
                hint = did_you_mean(use.name, INPUT_NAMES)
            elif use.kind == "now" and use.name not in MOMENT_NAMES:
                message = f'"now" has no "{use.name}"'
                hint = did_you_mean(use.name, MOMENT_NAMES) or f"there are {', '.join(sorted(MOMENT_NAMES))}"
            elif use.kind in ITEM_NAMES and use.name not in ITEM_NAMES[use.kind][1]:
                item, fields = ITEM_NAMES[use.kind]
                message = f'{item} has no "{use.name}"'
                hint = did_you_mean(use.name, fields) or f"there are {', '.join(fields)}"
            elif use.kind == "attachment" and use.name not in ATTACHMENT_NAMES:
                hint = did_you_mean(use.name, ATTACHMENT_NAMES)
                if hint:
                    message = f'an attachment has no "{use.name}", unless the caller sends one'
                    yield Problem.at(UNKNOWN_NAME, message, compiled.file, use, hint, "warning")
                continue
            elif use.kind == "error" and use.name not in ERROR_NAMES:
                message = f'"error" has no "{use.name}"'
                hint = did_you_mean(use.name, ERROR_NAMES) or f"there are {', '.join(ERROR_NAMES)}"
            elif use.kind == "nlu" and use.name not in NLU_NAMES:
                message = f'"input.nlu" has no "{use.name}"'
                hint = did_you_mean(use.name, NLU_NAMES) or f"there are {', '.join(NLU_NAMES)}"
            elif use.kind == "visits" and compiled.ids is not None and use.name not in compiled.ids:
                message = f'this flow has no node "{use.name}"'
                hint = did_you_mean(use.name, compiled.ids)
            elif use.kind == "snippets" and use.name not in compiled.snippets:
                message = f'no "{use.name}" under "snippets" at the top of this flow'
                hint = did_you_mean(use.name, compiled.snippets)
            elif use.kind == "answer":
                message = '"answer" is known in "valid_if", "skip_if" and "confirm" only'
                hint = "later it is in input.result, and where the question stores it"
            elif use.kind == "vars" and flows.vars is not None and use.name not in flows.vars:
                message = f'no "{use.name}" under "vars" in the configuration'
                hint = did_you_mean(use.name, flows.vars)
            elif (
                use.kind == "connection"
                and flows.connections is not None
                and use.name not in flows.connections
            ):
                message = f'no connection "{use.name}" in the configuration'
                hint = did_you_mean(use.name, flows.connections)
            else:
                continue
            code = UNKNOWN_CONNECTION if use.kind == "connection" else UNKNOWN_NAME
            yield Problem.at(code, message, compiled.file, use, hint)


# -- intents, states, slots -----------------------------------------------------------------------


def unknown_definitions(flows: FlowSet) -> Iterator[Problem]:
    """Names of intents, states and slots that no flow defines which could be meant."""
    states = {DEFAULT_STATE, *(name for compiled in flows.files for name in compiled.states)}
    intents = {name for compiled in flows.files for name in compiled.intents}
    slots = {name for compiled in flows.files for name in compiled.slots}
    for compiled in flows.files:
        nearby = with_attached(compiled, flows)
        own = {name for other in nearby for name in (*other.intents, *_in_full(other, compiled))}
        scope = own if own else intents  # a flow without intents keeps those of its caller
        own_slots = {name for other in nearby for name in other.slots}
        yield from _unknown(compiled, "intent", scope, UNKNOWN_INTENT, "no intent")
        yield from _unknown(compiled, "state", states, UNKNOWN_STATE, "no state")
        yield from _unknown(compiled, "slot", own_slots or slots, UNKNOWN_SLOT, "no slot")


def with_attached(compiled: CompiledFlow, flows: FlowSet) -> list[CompiledFlow]:
    """A flow and those attached to it."""
    return [compiled, *(flows.by_name[use.name] for use in compiled.attached if use.name in flows.by_name)]


def _in_full(attached: CompiledFlow, compiled: CompiledFlow) -> Iterator[str]:
    """The intents of an attached flow with its name before them, as an intent of a state may be written."""
    if attached is not compiled:
        yield from (f"{attached.name}/{name}" for name in attached.intents)


def _unknown(
    compiled: CompiledFlow, kind: str, known: Collection[str], code: Code, message: str
) -> Iterator[Problem]:
    own = {"intent": compiled.intents, "state": compiled.states, "slot": compiled.slots}[kind]
    if (not known and kind != "state") or (compiled.flow is None and not own):
        return  # nothing is known of them; or they are there and cannot be read
    for use in compiled.uses:
        if use.kind == kind and use.name not in known:
            hint = did_you_mean(use.name, known)
            yield Problem.at(code, f'{message} "{use.name}"', compiled.file, use, hint)


_PLACEHOLDER = re.compile(r"\{\s*([A-Za-z_][\w-]*)\s*\}")


def unknown_placeholders(flows: FlowSet) -> Iterator[Problem]:
    """Names in braces in examples that are no slots: they are learned as words."""
    for compiled in flows.files:
        slots = {name for other in with_attached(compiled, flows) for name in other.slots}
        for example in compiled.examples:
            for name in _PLACEHOLDER.findall(example.text):
                if name not in slots:
                    message = f'no slot "{name}", so that it is learned as a word'
                    hint = did_you_mean(name, slots) or 'declare it under "slots:", or take the braces away'
                    yield Problem.at(UNKNOWN_SLOT, message, compiled.file, example, hint)


def unknown_compared_intents(flows: FlowSet) -> Iterator[Problem]:
    """Names of intents with which ``input.intent`` is compared, and that no flow has."""
    known = {name for compiled in flows.files for name in compiled.intents}
    known |= {f"{compiled.name}/{name}" for compiled in flows.files for name in compiled.intents}
    if not known or not flows.complete:
        return
    for compiled, graph in flows.compiled:
        for operation in dict.fromkeys(compiled.operations):
            for name in _compared_intents(operation):
                if isinstance(name, str) and name not in known:
                    yield _no_intent(name, compiled, operation, known)
        for position in compiled.cases:
            node = graph.flow.nodes.get(position.node)
            value = str(node.settings.raw.get(node.type.main or "", "")).strip() if node is not None else ""
            folded = {name.casefold() for name in known}
            is_name = not is_pattern(position.case) and "|" not in position.case
            if value == "input.intent" and is_name and position.case.casefold() not in folded:
                yield _no_intent(position.case, compiled, position, known)


#: What of ``input`` holds the name of an intent, and what holds a list of them.
_INTENT = (
    ("input", "intent"),
    ("input", "intentOutOfState"),
    ("input", "nlu", "intents", ITEM, "name"),
)
_INTENTS = ("input.nlu.also", "input.nlu.denied")


def _compared_intents(operation: Operation) -> tuple[Any, ...]:
    """The constants with which an operation compares intents."""
    left, right = operation.left, operation.right
    if operation.operator in ("in", "not in") and str(right).split(" ")[0] in _INTENTS:
        return (left.constant,)
    if left.names in _INTENT:
        return right.items or (right.constant,)
    return (left.constant,) if right.names in _INTENT else ()


def _no_intent(name: str, compiled: CompiledFlow, region: Region, known: Collection[str]) -> Problem:
    message, hint = f'no intent "{name}"', did_you_mean(name, known)
    return Problem.at(UNKNOWN_INTENT, message, compiled.file, region, hint, "warning")


# -- locales --------------------------------------------------------------------------------------


def unknown_locales(flows: FlowSet) -> Iterator[Problem]:
    """Locales that a node sets although texts are not written in them."""
    for compiled in flows.files:
        if not compiled.locales:
            continue
        for use in compiled.uses:
            locale = canonical(use.name)
            declared = locale in compiled.locales or locale.partition("-")[0] in compiled.locales
            if use.kind != "locale" or declared:
                continue
            message = f'the locale "{use.name}" is not declared under "locales"'
            hint = did_you_mean(use.name, compiled.locales) or f"declared are {', '.join(compiled.locales)}"
            yield Problem.at(UNKNOWN_LOCALE, message, compiled.file, use, hint, "warning")


def missing_locales(flows: FlowSet) -> Iterator[Problem]:
    """Texts that a declared locale lacks: there another language is shown."""
    for compiled, _ in flows.compiled:
        for gap in compiled.gaps:
            message = f"there is no text for {', '.join(gap.lacks)}"
            hint = f"until there is, {next(iter(compiled.locales))} is spoken there"
            yield Problem.at(MISSING_LOCALE, message, compiled.file, gap, hint)
