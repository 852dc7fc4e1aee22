"""Flows that would run for ever, or grow without end: stopped by a budget, with its name."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Start
from tests.e2e.kit import Outside, Project

ENDLESS = {
    "to itself": ("nodes:\n  - id: a\n    goto: a\n", "circle"),
    "thinks without end": ("nodes:\n  - think: again\n", ""),
    "by goto": ("nodes:\n  - id: a\n    set: {context.x: 1}\n  - id: b\n    goto: a\n", "circle"),
    "calls itself": ("nodes:\n  - call: bot\n", ""),
    "says without end": ("nodes:\n  - id: a\n    say: x\n  - goto: a\n", "circle"),
    "doubles a text": (
        'context: {x: "xxxxxxxxxxxxxxxx"}\n'
        'nodes:\n  - id: a\n    set: {context.x: "{{ context.x ~ context.x }}"}\n  - goto: a\n',
        "",
    ),
    "doubles a list": (
        "context: {x: [1, 2]}\n"
        'nodes:\n  - id: a\n    set: {context.x: "{{ context.x + context.x }}"}\n  - goto: a\n',
        "",
    ),
    "appends without end": (
        "settings: {loop_limit: 1000}\nnodes:\n  - id: a\n    append: {context.x: 1}\n  - goto: a\n",
        "more than 1000 nodes",
    ),
    "a large template": (
        'nodes:\n  - say: "{% for a in range(1000) %}{% for b in range(1000) %}x{% endfor %}{% endfor %}"\n',
        "",
    ),
}


@pytest.mark.parametrize("kind", ENDLESS)
async def test_a_flow_without_an_end(kind: str, project: Project, outside: Outside, start: Start) -> None:
    """The turn fails soon and says why; the process stays awake for others and the session goes on."""
    text, words = ENDLESS[kind]
    project.flow("bot", text)
    project.flow("other", 'nodes: [{say: "{{ input.text }}"}]')
    project.endpoint("bot")
    project.endpoint("other")
    live = await start()
    receipt = await live.ends(await live.send("bot", "x"))
    assert receipt["status"] == "failed", receipt
    assert len(str(receipt)) < 20_000
    trace = await live.api("GET", f"/traces/{receipt['traceId']}")  # a receipt without a key does not say why
    assert words in str(trace)
    assert await live.say("other", "y") == ["y"]
    assert (await live.ends(await live.send("bot", "x")))["status"] == "failed"
    assert [text for text in outside.texts() if text == "x"] == []
