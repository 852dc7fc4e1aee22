"""What is read of the answers of services: ``store`` keeps the body alone, ``store_response`` all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.variable_usage import Names
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.problems.catalogue import BODY_ONLY
from flowhook.problems.problem import Problem, Region

_STATUS = ("status", "status_code")
_CODE = re.compile(r"[1-5]\d\d\Z")


def statuses_of_bodies(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each comparison of the status of an answer of which only the body is kept."""
    bodies, others = _kept(flows)
    bodies -= others
    for compiled, graph in flows.compiled:
        for position in compiled.cases:
            node = graph.flow.nodes.get(position.node)
            source = str(node.settings.raw.get(node.type.main or "", "")).strip() if node is not None else ""
            names = tuple(source.split("."))
            if names[-1] in _STATUS and names[:-1] in bodies and _CODE.match(position.case):
                yield _only_body(compiled, names[:-1], position)
        for operation in compiled.operations:
            for side, other in ((operation.left, operation.right), (operation.right, operation.left)):
                names = side.names
                if len(names) < 3 or names[-1] not in _STATUS:
                    continue
                whole = names[:-1]
                status = other.constant if not isinstance(other.constant, bool) else None
                if whole not in bodies or not isinstance(status, int):
                    continue
                if _CODE.match(str(status)):
                    yield _only_body(compiled, whole, operation)


def _only_body(compiled: CompiledFlow, whole: Names, region: Region) -> Problem:
    path = ".".join(whole)
    message = f"{path} is the body of the answer, which has no status of the response"
    hint = f"write store_response: {path}_response beside store, and {path}_response.status"
    return Problem.at(BODY_ONLY, message, compiled.file, region, hint)


def _kept(flows: FlowSet) -> tuple[set[Names], set[Names]]:
    """The paths at which nodes keep bodies, and those at which anything else is kept."""
    bodies: set[Names] = set()
    others: set[Names] = set()
    for compiled, graph in flows.compiled:
        for node in graph.flow.nodes.values():
            body = node.settings.raw.get("store") if "store_response" in node.type.model_fields else None
            kept = tuple(body.split(".")) if isinstance(body, str) else ()
            if kept:
                bodies.add(kept)
            others |= {path for path in compiled.variables.sets.get(node.key, ()) if path != kept}
    return bodies, others
