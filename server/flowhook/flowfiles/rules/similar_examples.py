"""Example sentences that two intents share, or nearly, where both compete for one message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.intents import Example
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.flowfiles.rules.names import with_attached
from flowhook.nlu.similarity import Overlap, overlaps
from flowhook.problems.catalogue import OVERLAPPING_INTENTS
from flowhook.problems.problem import Problem

_MOST_SENTENCES = 20_000  #: of flows that compete; to compare more would take longer than a check may

Sentences = tuple[tuple[str, str], ...]


def similar_examples(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each pair of sentences, at the one that stands in the flow."""
    for compiled in flows.files:
        if compiled.examples:
            yield from _similar_in(compiled, with_attached(compiled, flows)[1:])


def _similar_in(compiled: CompiledFlow, attached: Sequence[CompiledFlow]) -> Iterator[Problem]:
    told: set[tuple[str, str]] = set()
    for locale in sorted({example.locale for example in compiled.examples}):
        competing = [(compiled, example) for example in compiled.examples if _meets(example, locale)]
        for other in attached:
            competing += [
                (other, example) for example in other.examples if _meets(example, locale) and example.intent
            ]
        if len(competing) > _MOST_SENTENCES:
            continue
        by_text = {
            (_label(compiled, flow, example), example.text): (flow, example) for flow, example in competing
        }
        for overlap in _overlaps(tuple(by_text)):
            one = by_text[overlap.intent, overlap.text]
            two = by_text[overlap.other, overlap.other_text]
            if two[0] is not compiled or (one[0] is compiled and _position(two[1]) < _position(one[1])):
                one, two = two, one
            if two[0] is not compiled or _related(compiled, one, two) or _is_double(one, two):
                continue
            if (one[1].text, two[1].text) not in told:
                told.add((one[1].text, two[1].text))
                yield _problem(compiled, one, two[1])


def _meets(example: Example, locale: str) -> bool:
    return example.locale in ("", locale) or not locale


@lru_cache(maxsize=256)
def _overlaps(sentences: Sentences) -> list[Overlap]:
    """The pairs; remembered, because a reload changes one flow of many."""
    examples: dict[str, list[str]] = {}
    for label, text in sentences:
        examples.setdefault(label, []).append(text)
    return overlaps(examples)


def _label(compiled: CompiledFlow, flow: CompiledFlow, example: Example) -> str:
    name = example.intent if example.intent is not None else "#reject"
    return name if flow is compiled else f"{flow.name}/{name}"


def _position(example: Example) -> tuple[int, int]:
    return example.line, example.column


def _related(
    compiled: CompiledFlow, one: tuple[CompiledFlow, Example], two: tuple[CompiledFlow, Example]
) -> bool:
    """Whether one intent is a kind of the other: then their sentences may be alike."""
    flow = compiled.flow
    if flow is None or one[0] is not compiled:
        return False
    names = [one[1].intent, two[1].intent]
    return any(_is_above(compiled, a, b) for a, b in (names, reversed(names)))


def _is_above(compiled: CompiledFlow, above: str | None, name: str | None) -> bool:
    assert compiled.flow is not None
    for _ in range(len(compiled.flow.intents)):
        intent = compiled.flow.intents.get(name or "")
        if intent is None or intent.parent is None:
            return False
        if intent.parent == above:
            return True
        name = intent.parent
    return False


def _is_double(one: tuple[CompiledFlow, Example], two: tuple[CompiledFlow, Example]) -> bool:
    """Whether they are the same to the letter in one flow, which is told where the flow is read."""
    same = " ".join(one[1].text.casefold().split()) == " ".join(two[1].text.casefold().split())
    return same and one[0] is two[0] and one[1].locale == two[1].locale


def _problem(compiled: CompiledFlow, one: tuple[CompiledFlow, Example], example: Example) -> Problem:
    flow, other = one
    owner = f'the intent "{other.intent}"' if other.intent is not None else "reject"
    where = f"line {other.line}" if flow is compiled else f'the flow "{flow.name}", line {other.line}'
    message = f'nearly the same as "{_short(other.text)}", an example of {owner} in {where}'
    hint = "each of the two takes messages from the other: say what makes the difference, or keep one"
    return Problem.at(OVERLAPPING_INTENTS, message, compiled.file, example, hint)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
