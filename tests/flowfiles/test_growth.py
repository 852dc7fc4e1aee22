"""A flow of four times as many nodes takes four times the work to load: counted, not timed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any, cast

import pytest

from flowhook.engine.expressions import Expressions
from flowhook.flowfiles.compile.compiler import compile_flow
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.rules import check
from flowhook.flowfiles.rules.graph import cycles
from flowhook.nodes import BUILTIN
from flowhook.yamldoc import composer
from flowhook.yamldoc.document import load

TYPES = NodeTypes(BUILTIN)
FEW, FACTOR = 48, 4
SLACK = 1.05


def places(count: int) -> Iterator[str]:
    """Nodes with ids, all of which lead to the last one."""
    for n in range(count):
        yield f"- {{id: place{n}, say: 'Place {n} heard {{{{ input.text }}}}.', next: end}}"
    yield "- {id: end, stop: {}}"


def chain(count: int) -> Iterator[str]:
    """Nodes without ids, one behind the other."""
    for n in range(count):
        yield f"- say: This is text number {n}"


def circle(count: int) -> Iterator[str]:
    """A chain that ends where it began, and waits there."""
    yield "- {id: start, ask: {text: Again?, store: context.again}}"
    yield from chain(count)
    yield "- goto: start"


def endless(count: int) -> Iterator[str]:
    """A chain that ends where it began, and waits nowhere."""
    yield "- {id: start, say: Again}"
    yield from chain(count)
    yield "- goto: start"


def questions(count: int) -> Iterator[str]:
    """Questions with branches."""
    for n in range(count):
        yield (
            f"- {{id: q{n}, ask: {{text: '{n}?', store: context.a{n}, type: number}}, on_no_match: "
            f"[say: What?]}}"
        )


def form(count: int) -> Iterator[str]:
    """Questions in a row, each of which keeps its answer at a place of its own."""
    for n in range(count):
        yield f"- {{id: q{n}, ask: {{text: '{n}?', store: context.a{n}}}}}"


def small_talk(count: int) -> Iterator[str]:
    """Questions whose answers are kept nowhere."""
    for n in range(count // 2):
        yield f"- {{id: q{n}, ask: {{text: '{n}?'}}}}"
        yield "- say: I see"


def entries(count: int) -> Iterator[str]:
    """Entries of intents, each of which the one above it runs into."""
    yield "- say: Hello"
    for n in range(count):
        yield f"- {{id: entry{n}, say: This is text number {n}}}"
    yield "\nintents:"
    for n in range(count):
        yield f"word{n}: {{condition: input.data.n == {n}, entry: entry{n}}}"


def cases(count: int) -> Iterator[str]:
    """A switch with a case for each node."""
    yield f"- {{switch: input.data.kind, cases: {{{', '.join(f'k{n}: place{n}' for n in range(count))}}}}}"
    yield from places(count)


def variables(count: int) -> Iterator[str]:
    """Variables of which each is made of the one before, and tested."""
    yield "- set: {context.v0: 1}"
    for n in range(1, count // 4 + 1):
        yield f"- set: {{context.v{n}: '{{{{ context.v{n - 1} + 1 }}}}'}}"
        yield f"- {{if: context.v{n} > {n}, then: [say: Large]}}"


def misspelt(count: int) -> Iterator[str]:
    """Nodes of a type that is not known."""
    for n in range(count):
        yield f"- sya: This is text number {n}"


def warned(count: int) -> Iterator[str]:
    """Nodes of which each has something to warn of."""
    for n in range(count):
        yield f"- say: This is context.text{n}"


def work(text: str) -> int:
    """The calls of functions, built-in ones too, that a flow takes from its text to the checks."""
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        document, _ = load(text, "flows/big.yaml")
        assert document is not None
        compiled = compile_flow(document, TYPES, Expressions())
        list(check([compiled], vars=None, connections=None))
    finally:
        sys.setprofile(None)
    return calls


def flow(nodes: Iterable[str]) -> str:
    return "\n".join(["flow: big", "nodes:", *(f"  {node}" for node in nodes), ""]).replace("  \n", "\n")


@pytest.mark.parametrize(
    "shape",
    [
        places,
        chain,
        circle,
        endless,
        questions,
        form,
        small_talk,
        entries,
        cases,
        variables,
        misspelt,
        warned,
    ],
    ids=lambda f: f.__name__,
)
def test_the_work_of_loading_grows_with_the_nodes_and_not_faster(shape: Any) -> None:
    """Whatever the flow looks like."""
    work(flow(shape(FEW)))  # what is found out once and remembered
    few, many = work(flow(shape(FEW))), work(flow(shape(FACTOR * FEW)))
    assert many < SLACK * FACTOR * few


@pytest.mark.parametrize(("shape", "most"), [(places, 440), (chain, 325), (variables, 1_310)])
def test_a_node_takes_so_many_calls(shape: Any, most: int) -> None:
    """What a rule or a check asks of each node is asked ten thousand times of a large flow."""
    work(flow(shape(FEW)))
    few, many = work(flow(shape(FEW))), work(flow(shape(FACTOR * FEW)))
    assert (many - few) / ((FACTOR - 1) * FEW) < most


class Key(str):
    """A key that counts how often it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Key.compared += 1
        return str.__eq__(self, other)


def test_a_long_chain_is_searched_for_cycles_in_one_pass() -> None:
    """No look through all that is still open for each node that is done."""
    keys = [Key(n) for n in range(500)]
    following = {key: keys[n + 1 : n + 2] for n, key in enumerate(keys)}
    Key.compared = 0
    assert list(cycles(keys, lambda key: following[cast(Key, key)])) == []
    assert Key.compared < 10 * len(keys)


class Text(str):
    """A text that counts how many characters of it are copied."""

    copied = 0

    def __getitem__(self, key: Any) -> str:
        part = str.__getitem__(self, key)
        Text.copied += len(part)
        return part


def test_nothing_is_copied_of_a_text_for_each_word_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of a file is long."""
    loader = composer._LOADER
    monkeypatch.setattr(composer, "_LOADER", lambda text: loader("".join(text)))
    text = Text("".join(f"key{n}: a word #5 of them\n" for n in range(500)))
    made = composer.Composer(text, "x.yaml")
    assert len(made.compose().value) == 500
    assert len(made.problems) == 500
    assert Text.copied < len(text)
