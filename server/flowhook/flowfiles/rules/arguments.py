"""What calls give to flows as ``args``, and what these read."""

from __future__ import annotations

from collections.abc import Iterator

from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.references import Jump
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.problems.catalogue import UNKNOWN_ARG
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean


def unknown_args(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each of ``args`` that no call of the flow gives, and for each that a call gives and the
    flow does not read. Where only a turn can tell what is called, or what is given, nothing is said."""
    if not flows.complete or any(jump.anywhere and jump.comes_back for jump in _jumps(flows)):
        return
    for name, compiled in flows.by_name.items():
        calls = [
            (caller, jump)
            for caller in flows.files
            for jump in caller.jumps
            if jump.comes_back and jump.flow == name
        ]
        given = [_given(caller, jump) for caller, jump in calls]
        read = {use.name: use for use in compiled.uses if use.kind == "args"}
        known = {arg for args in given for arg in args or ()}
        if all(args is not None for args in given):
            for use in read.values():
                if use.name not in known:
                    message = f'no call of the flow "{name}" gives it "{use.name}"'
                    yield Problem.at(UNKNOWN_ARG, message, compiled.file, use, did_you_mean(use.name, known))
        for (caller, jump), args in zip(calls, given, strict=True):
            unread = [arg for arg in args or () if arg not in read]
            if unread and not _reads_all(compiled):
                message = f'the flow "{name}" does not read args.{unread[0]}'
                yield Problem.at(UNKNOWN_ARG, message, caller.file, jump, did_you_mean(unread[0], read))


def _jumps(flows: FlowSet) -> Iterator[Jump]:
    for compiled in flows.files:
        yield from compiled.jumps


def _given(caller: CompiledFlow, jump: Jump) -> frozenset[str] | None:
    """The names of what a call gives; None where that is not known."""
    node = caller.flow.nodes.get(jump.source) if caller.flow is not None else None
    args = node.type.arguments(node.settings.raw) if node is not None else None
    return None if args is None else frozenset(map(str, args))


def _reads_all(compiled: CompiledFlow) -> bool:
    """Whether an expression of the flow reads ``args`` as a whole, or a plugin's node may."""
    nodes = compiled.flow.nodes.values() if compiled.flow is not None else ()
    return any("args" in node.settings.paths or node.type.asynchronous for node in nodes)
