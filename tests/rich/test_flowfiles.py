"""Mistakes in rich messages, as an author sees them: at their line and column, once each."""

from __future__ import annotations

from textwrap import dedent

import pytest

from flowhook.engine.expressions import Expressions
from flowhook.flowfiles.compile.compiler import compile_flow
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.nodes import BUILTIN
from flowhook.yamldoc.document import load


def problems(say: str) -> list[str]:
    document, found = load("flow: f\nnodes:\n" + dedent(say), "flows/f.yaml")
    assert document is not None
    compiled = compile_flow(document, NodeTypes(BUILTIN), Expressions())
    return [f"{p.line}:{p.column} {p.code} {p.message}" for p in [*found, *compiled.problems]]


@pytest.mark.parametrize(
    ("say", "expected"),
    [
        ("- say: {text: T, buttons: [{titel: x}]}", '3:29 unknown-key unknown key "titel"'),
        ("- say: {text: T, image: /a.jpg}", "3:25 bad-value an address such as"),
        ("- say: {text: T, image: {url: /a.jpg}}", "3:31 bad-value an address such as"),
        ("- say: {text: T, list: {item: [x]}}", '3:25 unknown-key unknown key "item"'),
        ("- say: {text: T, list: [{title: x, buttons: [a, b]}]}", "3:25 bad-value 2 buttons of one item"),
        ("- say: {text: T, quick_replies: yes}", '3:33 bad-value "quick_replies" must be a list, not "yes"'),
        ("- say: {text: T, to: me}", '3:22 bad-value "to" must be "user", "agent" or "both"'),
        ('- say: {text: T, buttons: [{title: x, if: "context."}]}', "3:52 bad-expression"),
        ('- say: {text: T, buttons: [{title: x, if: "{{ a }}"}]}', "3:44 bad-expression"),
        ('- say: {text: T, buttons: ["{{ 1 + }}"]}', "3:36 bad-expression"),
        (
            "- say:\n    text: T\n    buttons:\n      - {title: x, url: pizza}\n      - 5\n",
            "6:25 bad-value an address such as",
        ),
    ],
)
def test_mistakes_have_their_place(say: str, expected: str) -> None:
    """One problem each, where it is written."""
    found = problems(say)
    assert len(found) == 1, found
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    "say",
    [
        "- say: {text: T, quick_replies: [1, 2.50, yes, 12:30]}",
        "- say: {text: T, buttons: [{title: 5, payload: no}]}",
        "- say: {buttons: [{title: {en: 'Yes', de: Ja}}]}",
        '- say: {text: T, gallery: "{{ context.items }}"}',
        '- say: {text: T, list: "{{ context.items }}"}',
        '- say: {text: T, list: {items: "{{ context.items }}", button: More}}',
        '- say: {text: T, image: {url: "{{ context.url }}", alt: A}}',
        '- say: {text: T, card: {type: AdaptiveCard, body: [{type: TextBlock, text: "{{ context.a }}"}]}}',
    ],
)
def test_comfortable_ways_of_writing(say: str) -> None:
    """Numbers as written, texts by locale, templates anywhere."""
    assert problems(say) == []
