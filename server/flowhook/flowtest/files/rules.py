"""What test files name and nobody has: flows, nodes, endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flowhook.flowtest.files.matchers import Same
from flowhook.flowtest.files.model import Expected, NodeMock, Test, TestFile
from flowhook.problems.catalogue import UNKNOWN_ENDPOINT, UNKNOWN_FLOW, UNKNOWN_NODE
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean

if TYPE_CHECKING:
    from flowhook.config import Config
    from flowhook.engine.flow import Library


def check(file: TestFile, library: Library, config: Config) -> Iterator[Problem]:
    """What a test file names and nobody has: flows, nodes, endpoints."""
    if file.flow not in library.flows:
        hint = did_you_mean(file.flow, library.flows)
        yield file.document.problem(UNKNOWN_FLOW, f'no flow "{file.flow}"', ("flow",), hint=hint)
        return
    yield from _mocks_of_nothing(file, library)
    names = [endpoint.name for endpoint in config.endpoints]
    for test in file.tests:
        if test.endpoint is not None and test.endpoint not in names:
            path = (*test.path, "endpoint")
            if path not in file.document.spans:
                path = ("defaults", "endpoint")
            message, hint = f'no endpoint "{test.endpoint}"', did_you_mean(test.endpoint, names)
            yield file.document.problem(UNKNOWN_ENDPOINT, message, path, hint=hint)
        for path, node in _named_nodes(test):
            if (why := _unknown(node, file.flow, library)) is not None:
                yield file.document.problem(UNKNOWN_NODE, why[0], path, hint=why[1])


def _mocks_of_nothing(file: TestFile, library: Library) -> Iterator[Problem]:
    """Mocks of nodes, by id or by type, that no flow has: they would never be asked."""
    types = {node.type.key for flow in library.flows.values() for node in flow.nodes.values()}
    mocks = [*file.mocks, *(mock for test in file.tests for mock in test.mocks)]
    for test in file.tests:
        mocks += [mock for step in test.steps if step.kind == "mock" for mock in step.value]
    for mock in mocks:
        if isinstance(mock, NodeMock) and mock.node not in types:
            why = _unknown(mock.node, file.flow, library)
            if why is not None:
                hint = why[1] or did_you_mean(mock.node, types)
                yield file.document.problem(UNKNOWN_NODE, why[0], (*mock.path, "node"), hint=hint)


def _named_nodes(test: Test) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if test.start.node is not None:
        yield (*test.path, "start", "node"), test.start.node
    for step in test.steps:
        expectations: list[Expected] = step.value if step.kind == "expect" else []
        for expected in expectations:
            if expected.key == "node" and isinstance(expected.matcher, Same):
                yield expected.path, str(expected.matcher.value)


def _unknown(node: str, flow: str, library: Library) -> tuple[str, str] | None:
    """Why there is no such node, and a hint. A node without flow may be of any flow that runs."""
    name, slash, key = node.rpartition("/")
    if slash:
        known = library.flows.get(name)
        if known is None:
            return f'no flow "{name}"', did_you_mean(name, library.flows)
        if key and key not in known.nodes and key not in known.moved:
            return f'no node "{key}" in flow "{name}"', did_you_mean(key, known.nodes)
        return None
    if any(key in known.nodes or key in known.moved for known in library.flows.values()):
        return None
    return f'no node "{key}" in flow "{flow}"', did_you_mean(key, library.flows[flow].nodes)
