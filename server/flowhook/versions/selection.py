"""Which flows belong together: those that are asked for, with all that they call, leave for and attach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flowhook.errors import FlowhookError
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.library import LoadedLibrary
from flowhook.problems.suggestion import did_you_mean


@dataclass(frozen=True, slots=True)
class Selection:
    """Flows by name, and what they need of a project by name."""

    flows: tuple[str, ...]
    connections: tuple[str, ...] = ()
    vars: tuple[str, ...] = ()
    node_types: tuple[str, ...] = ()
    #: flows that leave for a target which is computed in the turn: what they need is not known
    computed: tuple[str, ...] = field(default=())


def select(loaded: LoadedLibrary, wanted: Iterable[str] = ()) -> Selection:
    """Return the flows of these names (none: all of them) with everything they lead to. Raises FlowhookError
    for a name that there is not."""
    known = {compiled.name: compiled for compiled in loaded.files.values() if compiled.name is not None}
    wanted = list(wanted) or sorted(known)
    for name in wanted:
        if name not in known:
            hint = did_you_mean(name, known)
            raise FlowhookError(f'there is no flow "{name}"' + (f"; {hint}" if hint else ""))
    chosen: dict[str, CompiledFlow] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in known and name not in chosen:
            chosen[name] = known[name]
            waiting += _leads_to(known[name])
    uses = [use for compiled in chosen.values() for use in compiled.uses]
    nodes = (node for name in chosen for node in loaded.library.flows[name].nodes.values())
    return Selection(
        tuple(sorted(chosen)),
        tuple(sorted({use.name for use in uses if use.kind == "connection"})),
        tuple(sorted({use.name for use in uses if use.kind == "vars"})),
        tuple(sorted({node.type.key for node in nodes})),
        tuple(sorted(name for name, flow in chosen.items() if any(jump.anywhere for jump in flow.jumps))),
    )


def _leads_to(compiled: CompiledFlow) -> list[str]:
    jumps = [jump.flow for jump in compiled.jumps if jump.flow is not None]
    return [*jumps, *(use.name for use in compiled.uses if use.kind == "flow"), *(
        use.name for use in compiled.attached
    )]  # fmt: skip


def paths_of(loaded: LoadedLibrary) -> Mapping[str, str]:
    """Return flow → its path below the directory of the flows."""
    return {
        compiled.name: loaded.paths[file]
        for file, compiled in loaded.files.items()
        if compiled.name is not None
    }
