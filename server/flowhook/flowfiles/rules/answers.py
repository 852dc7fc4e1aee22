"""What becomes of answers: lost, overwritten, or kept where something else is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeGuard

from flowhook.engine.flow import FlowNode, Target
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.variable_usage import Names, PathSet
from flowhook.flowfiles.compile.written import is_template
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.flowfiles.rules.graph import FlowGraph, display_name, waits
from flowhook.flowfiles.rules.known_values import values_of
from flowhook.problems.catalogue import (
    CONFLICTING_PATHS,
    OVERWRITTEN_ANSWER,
    QUESTION_NOT_ASKED,
    UNREAD_ANSWER,
    Code,
)
from flowhook.problems.problem import Problem

#: What an answer can be read from when it is kept nowhere.
_HEARD = ("input", "history")


def overwritten_answers(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each question that follows another without anything between them that could read, and
    keeps its answer at the same path."""
    for compiled, graph in flows.compiled:
        readers = _readers(compiled)
        asked = [node for node in graph.flow.nodes.values() if node.type.is_question and waits(node)]
        stores = Counter(str(node.settings.raw.get("store")) for node in asked)
        for node in asked:
            if stores[str(node.settings.raw.get("store"))] == 1:
                continue  # no second one to look for
            second = _next_question_of_same_store(node, graph, readers)
            if second is not None:
                store = second.settings.raw["store"]
                message = (
                    f'this answer takes the place of that of "{display_name(node)}", which nothing has read'
                )
                hint = f"keep one of them somewhere else than at {store}"
                yield _at(compiled, second, OVERWRITTEN_ANSWER, message, hint, store)


def _readers(compiled: CompiledFlow) -> dict[str, list[Names]]:
    """The variables that each node reads."""
    found: dict[str, list[Names]] = {}
    for reading in compiled.variables.readings:
        found.setdefault(reading.node, []).append(reading.names)
    return found


def _next_question_of_same_store(
    first: FlowNode, graph: FlowGraph, readers: Mapping[str, list[Names]]
) -> FlowNode | None:
    """The question with the same store to which every session comes that has answered the first one."""
    store = first.settings.raw.get("store")
    if not isinstance(store, str) or graph.jumps.get(first.key):
        return None
    names, seen, key = tuple(store.split(".")), {first.key}, first.below
    while isinstance(key, str) and key not in seen and key in graph.flow.nodes:
        seen.add(key)
        node = graph.flow.nodes[key]
        if PathSet(readers.get(key, ())).overlaps(names) or not _only_goes_below(node, graph):
            return None
        if node.type.is_question and waits(node) and node.settings.raw.get("store") == store:
            return None if "skip_if" in node.settings.raw else node
        key = node.below
    return None


def _only_goes_below(node: FlowNode, graph: FlowGraph) -> bool:
    """Whether a node has one way on for all who come to its end."""
    if node.type.decides or node.type.ends or node.type.asynchronous or graph.jumps.get(node.key):
        return False
    return not node.settings.names & set(_HEARD) and "script" not in {
        mark for name in node.settings.raw for mark in node.settings.marks.at((name,))
    }


def overwritten_in_rounds(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each question in the rounds of a loop that keeps its answer at one path, where nothing in
    a round reads it: only that of the last round is left."""
    for compiled, graph in flows.compiled:
        loops = [node for node in graph.flow.nodes.values() if node.type.looping and not node.disabled]
        readers = _readers(compiled) if loops else {}
        for loop in loops:
            firsts = [way for branch, way in loop.branches.items() if branch in loop.type.looping]
            round_ = graph.reachable(filter(_is_key, firsts), barriers=[loop.key]) - {loop.key}
            if any(graph.jumps.get(key) or graph.flow.nodes[key].type.asynchronous for key in round_):
                continue
            read = PathSet(names for key in round_ for names in readers.get(key, ()))
            heard = any(graph.flow.nodes[key].settings.names & set(_HEARD) for key in round_)
            for node in (graph.flow.nodes[key] for key in round_):
                store = node.settings.raw.get("store")
                if not isinstance(store, str) or not node.type.is_question or heard:
                    continue
                if not read.overlaps(tuple(store.split("."))):
                    message = f"each round keeps its answer at {store}, so that only the last one is left"
                    hint = f'append it to a list in the round: append: {{{store}s: "{{{{ {store} }}}}"}}'
                    yield _at(compiled, node, OVERWRITTEN_ANSWER, message, hint, store)


def _is_key(target: Target) -> TypeGuard[str]:
    return isinstance(target, str)


def unread_answers(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each question whose answer is kept nowhere and read by nothing before the next input.

    Not where an intent may take the answer, or another flow goes on.
    """
    for compiled, graph in flows.compiled:
        flow = graph.flow
        if flow.intents or flow.attach or flows.entries.may_be_called(flow.name):
            continue
        heard: set[str] | None = None
        for node in flow.nodes.values():
            raw = node.settings.raw
            if not node.type.is_question or not waits(node) or not isinstance(node.below, str):
                continue
            if any(setting in raw for setting in ("store", "slot", "confirm", "valid_if")) or any(
                not branch.startswith("on_timeout") for branch in node.branches
            ):
                continue
            if heard is None:  # few flows have such a question
                heard = _where_input_is_read(graph)
            if node.below not in heard:
                message = "this answer is kept nowhere, and nothing reads it"
                yield _at(compiled, node, UNREAD_ANSWER, message, 'give it a "store", or read input.result')


def _where_input_is_read(graph: FlowGraph) -> set[str]:
    """The nodes that may read the input, and those from which one of them may run in the same turn."""
    nodes = graph.flow.nodes.values()
    readers = [node.key for node in nodes if _may_read_input(node, graph)]
    return graph.leading_to(readers, barriers={node.key for node in nodes if waits(node)})


def _may_read_input(node: FlowNode, graph: FlowGraph) -> bool:
    if node.type.asynchronous or node.type.sets_freely(node.settings.raw) or graph.jumps.get(node.key):
        return True
    return bool(node.settings.names & set(_HEARD))


def unasked_questions(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each message that asks something and does not wait, where what follows at once takes the
    text of the message before it for the answer."""
    for compiled, graph in flows.compiled:
        for node in graph.flow.nodes.values():
            if not _asks(node) or graph.jumps.get(node.key) or not isinstance(node.below, str):
                continue
            after = graph.flow.nodes.get(node.below)
            if after is not None and _takes_text(after):
                message = "nothing waits for an answer here: what follows reads the message that came before"
                yield _at(compiled, node, QUESTION_NOT_ASKED, message, "write ask in the place of say")


def _asks(node: FlowNode) -> bool:
    """Whether a node says a text that ends as a question does, and goes on."""
    if node.type.draws_as != "say":
        return False
    text = node.settings.raw.get("text")
    return isinstance(text, str) and text.rstrip().endswith("?")


def _takes_text(node: FlowNode) -> bool:
    """Whether a node keeps or says again what the user wrote."""
    keeps = node.type.draws_as == "say" or node.type.assignments(node.settings.raw)
    return bool(keeps) and not waits(node) and "input.text" in node.settings.paths


# -- paths ----------------------------------------------------------------------------------------


def conflicting_paths(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each question, constant or default that keeps a plain value where other nodes keep a
    mapping: to set a part of a text fails; and for each default to which nodes append although it is no
    list."""
    inside: dict[Names, str] = {}  #: by path what is set further down
    for compiled, _ in flows.compiled:
        for paths in compiled.variables.sets.values():
            for path in paths:
                for length in range(2, len(path)):
                    inside.setdefault(path[:length], ".".join(path))
    answered = set(_only_answered(flows))
    for compiled, graph in flows.compiled:
        for node in graph.flow.nodes.values():
            yield from _against_defaults(compiled, graph, node)
            yield from _against_answers(compiled, node, answered)
            for question in node.type.questions_in(node.settings.raw):
                store = question.get("store")
                part = inside.get(tuple(store.split("."))) if isinstance(store, str) else None
                if part is not None and _is_plain(question):
                    message = f"{store} is an answer here, and a mapping elsewhere, where {part} is set"
                    hint = f"keep one of them somewhere else, such as {store}_text"
                    yield _at(compiled, node, CONFLICTING_PATHS, message, hint, str(store))
            yield from _against_parts(compiled, node, inside)


def _only_answered(flows: FlowSet) -> Iterator[Names]:
    """The paths at which plain answers are kept, and which nothing sets to something else."""
    nodes = [node for _, graph in flows.compiled for node in graph.flow.nodes.values()]
    assigned = {path for node in nodes for path in node.type.assignments(node.settings.raw)}
    for node in nodes:
        for question in node.type.questions_in(node.settings.raw):
            store = question.get("store")
            if isinstance(store, str) and store not in assigned and _is_plain(question):
                yield tuple(store.split("."))


def _against_answers(
    compiled: CompiledFlow, node: FlowNode, answered: Collection[Names]
) -> Iterator[Problem]:
    """Whether a node appends to what is an answer elsewhere."""
    for path in compiled.variables.sets.get(node.key, ()) if node.type.appends else ():
        if path in answered:
            message = f"{'.'.join(path)} is an answer elsewhere, and no list to append to"
            hint = "keep the list somewhere else, or write set"
            yield _at(compiled, node, CONFLICTING_PATHS, message, hint, path)


def _against_parts(compiled: CompiledFlow, node: FlowNode, inside: Mapping[Names, str]) -> Iterator[Problem]:
    """Whether a node sets a text or a number where others set a part."""
    for path in compiled.variables.sets.get(node.key, ()):
        constant = _constant_at(node, ".".join(path))
        if (part := inside.get(path)) is not None and constant is not None:
            message = f"{'.'.join(path)} is {constant!r} here, and a mapping elsewhere, where {part} is set"
            yield _at(compiled, node, CONFLICTING_PATHS, message, "keep one of them somewhere else", path)


def _constant_at(node: FlowNode, path: str) -> str | int | float | None:
    """What a node keeps at a path, as it is written; None for a template and for what is not plain."""
    for setting in node.settings.raw.values():
        written = setting.get(path) if isinstance(setting, Mapping) else None
        if isinstance(written, str | int | float) and not is_template(str(written)):
            return written
    return None


def _against_defaults(compiled: CompiledFlow, graph: FlowGraph, node: FlowNode) -> Iterator[Problem]:
    """Whether a node appends to a default that is no list, or sets a part of one that is no mapping."""
    for path in compiled.variables.sets.get(node.key, ()):
        default: Any = {"context": graph.flow.context}
        for depth, name in enumerate(path):
            if not isinstance(default, Mapping):
                message = (
                    f"{'.'.join(path[:depth])} is {default!r} by default, and {'.'.join(path)} a part of it"
                )
                hint = "let the default be a mapping, or keep this somewhere else"
                yield _at(compiled, node, CONFLICTING_PATHS, message, hint, path)
                break
            default = default.get(name)
            if default is None:
                break
        else:
            if node.type.appends and not isinstance(default, list):
                message = f"{'.'.join(path)} is {default!r} by default, and no list to append to"
                hint = "let the default be [], or leave it out"
                yield _at(compiled, node, CONFLICTING_PATHS, message, hint, path)


def _is_plain(question: Mapping[str, Any]) -> bool:
    values = values_of(question)
    return values is not None and not values.kinds & {"mapping", "money", "list"}


def _at(
    compiled: CompiledFlow, node: FlowNode, code: Code, message: str, hint: str, path: Names | str = ()
) -> Problem:
    """A problem of a node, where it names the path that it sets; else where its type is written."""
    names = tuple(path.split(".")) if isinstance(path, str) else path
    region = compiled.variables.places.get((node.key, names)) or compiled.places[node.key]
    return Problem.at(code, message, compiled.file, region, hint)
