"""``visits`` of nodes, and ``snippets``: what expressions read of the flow that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.engine.conversation import Conversation

from .test_understanding import codes, library


def talk(directory: Path, *, locale: str = "en", **flows: str) -> Conversation:
    """A conversation on flows as they stand in files; the first is the root."""
    loaded = library(directory, **flows)
    assert codes(loaded) == []
    environment: dict[str, Any] = {"locale": locale}
    return Conversation(flows=[loaded.library.flows[name] for name in flows], **environment)


async def test_how_often_a_node_ran(tmp_path: Path) -> None:
    """In this session, this run included; 0 where it has not run. Only nodes that are named are counted, each
    for its own flow."""
    nodes = """
    nodes:
      - id: hello
        say: "{{ visits.hello }} {{ visits.rare }}"
      - if: visits.hello == 2
        then: [{id: rare, say: "again"}]
      - call: sub
    """
    sub = "nodes: [{id: hello, say: sub}]\n"
    heard = talk(tmp_path, main=nodes, sub=sub)
    assert heard.says("x") == ["1 0", "sub"]
    assert heard.says("x") == ["2 0", "again", "sub"]
    assert heard.says("x") == ["3 1", "sub"]
    assert heard.session.visits == {"main/hello": 3, "main/rare": 1}


async def test_an_answer_is_no_visit(tmp_path: Path) -> None:
    """A question counts when it is come to, not when it is answered; a rename is followed."""
    nodes = """
    moved: {old: q}
    nodes:
      - id: q
        ask: {text: "{{ visits.q }}?", type: yes_no, store: context.yes}
      - say: "{{ visits.q }}"
    """
    heard = talk(tmp_path, main=nodes)
    heard.session.visits = {"main/old": 4}
    assert heard.says("x") == ["5?"]
    assert heard.says("hm") == ["5?"]
    assert heard.says("yes") == ["5"]


async def test_snippets_are_pieces_of_text(tmp_path: Path) -> None:
    """With templates of their own, by locale, in texts, values and conditions; rendered where they stand."""
    nodes = """
    locales: {en: , de: en}
    snippets:
      hello: {en: "Hello {{ profile.name }}", de: "Hallo {{ profile.name }}"}
      line: "Call {{ context.phone | default('us') }}."
    nodes:
      - say: {en: "{{ snippets.hello }}! {{ snippets.line }}", de: "{{ snippets.hello }}!"}
      - set: {context.phone: "030 123"}
      - say: "{{ snippets.line }}"
      - if: "'030' in snippets.line"
        then: [{say: "yes"}]
    """
    heard = talk(tmp_path, main=nodes)
    heard.environment.profile = {"name": "Ada"}
    assert heard.says("x") == ["Hello Ada! Call us.", "Call 030 123.", "yes"]
    heard = talk(tmp_path, locale="de-AT", main=nodes)
    heard.environment.profile = {"name": "Ada"}
    assert heard.says("x")[0] == "Hallo Ada!"


def test_names_that_there_are_not(tmp_path: Path) -> None:
    """Nodes and snippets that the flow has not, and snippets that are none."""
    nodes = """
    snippets:
      hello: "Hello {{ contxt.x }}"
      two words: "x"
      deep: "{{ snippets.hello }}"
      much: {text: "x"}
    nodes:
      - id: here
        say: "{{ visits.hree }} {{ snippets.helo }}"
    """
    loaded = library(tmp_path, main=nodes)
    found = [(problem.line, problem.code, problem.hint) for problem in loaded.problems]
    assert [(line, code) for line, code, _ in found] == [
        (4, "unknown-name"),
        (5, "bad-value"),
        (6, "bad-value"),
        (7, "bad-value"),
        (10, "unknown-name"),
        (10, "unknown-name"),
    ]
    assert 'did you mean "here"?' in found[4][2] or 'did you mean "here"?' in found[5][2]
