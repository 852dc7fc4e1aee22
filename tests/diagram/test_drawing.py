"""Pictures of flows: what they show, and that nothing in them overlaps."""

from __future__ import annotations

import itertools
import random
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner

from flowhook.cli import cli
from flowhook.diagram import mermaid, svg
from flowhook.diagram.diagram import BACK, END, START, Arrow, Diagram, diagram_of
from flowhook.diagram.layered_layout import lay_out
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import load_library
from flowhook.nodes import BUILTIN

FLOW = """
flow: shop
nodes:
  - id: ask_size
    ask: {text: "Which size?", attempts: 2, timeout: 10m}
    on_timeout: [{say: "Still there?"}]
    on_fail: sorry
  - id: big
    if: context.size == 'big'
    then: [{goto: other/}]
  - id: again
    goto: ask_size
  - id: sorry
    say: 'Sorry, "friend" <b>'
"""
OTHER = "flow: other\nnodes:\n  - say: hi\n"


@pytest.fixture
def diagram(tmp_path: Path) -> Diagram:
    """The diagram of the flow above."""
    (tmp_path / "shop.yaml").write_text(FLOW)
    (tmp_path / "other.yaml").write_text(OTHER)
    loaded = load_library(tmp_path, NodeTypes(BUILTIN), root=tmp_path)
    return diagram_of(loaded.files["shop.yaml"])


def test_a_picture_has_every_node_and_every_way(diagram: Diagram) -> None:
    """Branches, what goes on below, jumps here and into other flows, the end."""
    ways = {(arrow.source, arrow.target, arrow.label, arrow.kind) for arrow in diagram.arrows}
    assert ways == {
        (START, "ask_size", "", "next"),
        ("ask_size", "ask_size.on_timeout.0", "on_timeout", "time"),
        ("ask_size.on_timeout.0", "ask_size", "waits on", "wait"),
        ("ask_size", "sorry", "on_fail", "error"),
        ("ask_size", "big", "", "next"),
        ("big", "big.then.0", "then", "branch"),
        ("big", "again", "else", "next"),
        ("big.then.0", "flow other", "", "jump"),
        ("again", "ask_size", "", "jump"),
        ("sorry", END, "", "next"),
    }
    assert diagram.boxes["ask_size"].text == "Which size?"


def test_mermaid_takes_no_text_for_its_own(diagram: Diagram) -> None:
    """Quotation marks and tags in texts are written as entities."""
    text = mermaid.render(diagram)
    assert text.startswith("%% flow shop\nflowchart TD\n")
    assert "Sorry, #quot;friend#quot; #lt;b#gt;" in text
    assert '-->|"then"|' in text


def test_an_svg_is_sound_xml_with_every_text(diagram: Diagram) -> None:
    """Parsed as XML, it holds the nodes' texts."""
    root = ElementTree.fromstring(svg.render(diagram))
    texts = "".join(root.itertext())
    assert 'Sorry, "friend" <b>' in texts
    assert "Which size?" in texts


@pytest.mark.parametrize("seed", range(12))
def test_no_box_stands_on_another(seed: int) -> None:
    """Random graphs, with circles: boxes keep their distance, every edge has its way."""
    rng = random.Random(seed)
    names = [f"n{number}" for number in range(rng.randint(1, 60))]
    sizes = {name: (rng.uniform(40, 240), rng.uniform(20, 80)) for name in names}
    edges = [(rng.choice(names), rng.choice(names)) for _ in range(2 * len(names))]
    layout = lay_out(sizes, edges)
    for one, other in itertools.combinations(layout.vertices.values(), 2):
        apart_x = abs(one.x - other.x) >= (one.width + other.width) / 2
        apart_y = abs(one.y - other.y) >= (one.height + other.height) / 2
        assert apart_x or apart_y
    assert len(layout.routes) == len(edges)
    for index, (source, target) in enumerate(edges):
        ends = [(layout.vertices[name].x, layout.vertices[name].y) for name in (source, target)]
        assert [layout.routes[index][0][1], layout.routes[index][-1][1]] == [y for _, y in ends]


def test_a_large_flow_is_drawn_at_once() -> None:
    """A long chain with side branches: no recursion, no quadratic ordering."""
    diagram = Diagram("long")
    for number in range(1500):
        diagram.arrows.append(Arrow(f"n{number}", f"n{number + 1}"))
    sizes = {f"n{number}": (100.0, 40.0) for number in range(1501)}
    layout = lay_out(sizes, [(arrow.source, arrow.target) for arrow in diagram.arrows])
    assert layout.height > 1500 * 40


def test_the_command_draws_by_name_and_by_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mermaid to the terminal, SVG into a file of that ending; a misspelt name gets a hint."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "shop.yaml").write_text(FLOW)
    (tmp_path / "flows" / "other.yaml").write_text(OTHER)
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    assert "flowchart TD" in runner.invoke(cli, ["graph", "shop"]).output
    drawn = runner.invoke(cli, ["graph", "flows/shop.yaml", "-o", "shop.svg"])
    assert drawn.exit_code == 0, drawn.output
    assert (tmp_path / "shop.svg").read_text().startswith("<svg")
    wrong = runner.invoke(cli, ["graph", "shopp"])
    assert wrong.exit_code == 2
    assert 'did you mean "shop"' in wrong.output


def test_a_box_shows_what_is_asked(tmp_path: Path) -> None:
    """The questions of a ``collect``, not the names of their settings."""
    asks = '[{text: "How old?", type: integer, store: context.age}, {text: "Why?", store: context.why}]'
    (tmp_path / "a.yaml").write_text(f"flow: a\nnodes:\n  - id: you\n    collect: {asks}\n")
    loaded = load_library(tmp_path, NodeTypes(BUILTIN), root=tmp_path)
    assert diagram_of(loaded.files["a.yaml"]).boxes["you"].text == "How old? (+1)"


FULL = """
flow: bank
attach: [small]
intents:
  lost: {examples: [I lost my card, my card is gone], entry: lost}
  opening: {examples: [when are you open, opening hours], reply: "From nine to five."}
nodes:
  - id: hello
    say: Hello.
  - id: what
    ask: {text: "What is it about?", timeout: 10m, store: context.what}
    on_timeout: [{say: "Still there?"}]
    on_intent: {opening: [{say: "We are open."}], lost: []}
  - call: pay
  - stop:
  - id: lost
    say: "Which card?"
  - goto: hello
"""


@pytest.fixture
def bank(tmp_path: Path) -> Diagram:
    """The diagram of the flow above, with an attached flow and one that it calls."""
    (tmp_path / "bank.yaml").write_text(FULL)
    (tmp_path / "pay.yaml").write_text("flow: pay\nnodes:\n  - say: Paid.\n")
    small = "flow: small\nintents: {hi: {examples: [hi, hello], reply: Hi!}}\nnodes:\n  - say: hi\n"
    (tmp_path / "small.yaml").write_text(small)
    loaded = load_library(tmp_path, NodeTypes(BUILTIN), root=tmp_path)
    assert loaded.good
    return diagram_of(loaded.files["bank.yaml"])


def test_replies_attached_and_called_flows_are_drawn(bank: Diagram) -> None:
    """An intent with what it says, after which the session stands where it stood; the flows by name."""
    arrows = {(arrow.source, arrow.target, arrow.label, arrow.kind) for arrow in bank.arrows}
    assert ("intent opening", "#intents.opening.reply", "reply", "intent") in arrows
    assert ("#intents.opening.reply", BACK, "", "wait") in arrows
    assert bank.boxes["#intents.opening.reply"].text == "From nine to five."
    assert (START, "flow small", "attach", "intent") in arrows
    assert ("#2", "flow pay", "call", "jump") in arrows
    texts = "".join(ElementTree.fromstring(svg.render(bank)).itertext())
    assert all(text in texts for text in ("From nine to five.", "back to where it stood", "small", "pay"))
    drawn = mermaid.render(bank)
    assert '(["back to where it stood"])' in drawn
    assert '[["flow small"]]' in drawn


def test_what_ends_in_waiting_leads_back_to_the_question(bank: Diagram) -> None:
    """The lists under on_timeout and on_intent; a branch that does nothing has no arrow."""
    waiting = {(arrow.source, arrow.target) for arrow in bank.arrows if arrow.kind == "wait"}
    assert {("what.on_timeout.0", "what"), ("what.on_intent.opening.0", "what")} < waiting
    assert not any(arrow.label == "lost" for arrow in bank.arrows)


def test_the_start_stays_at_the_top(bank: Diagram) -> None:
    """Also where an intent's nodes lead back to the beginning."""
    sizes = {key: (100.0, 40.0) for key in bank.boxes}
    layout = lay_out(sizes, [(arrow.source, arrow.target) for arrow in bank.arrows])
    assert layout.vertices[START].y == min(vertex.y for vertex in layout.vertices.values())
    assert layout.vertices["hello"].y < min(layout.vertices[key].y for key in ("what", "#2", "#5"))


def test_what_is_not_joined_stands_side_by_side() -> None:
    """Each component keeps to itself, from left to right, all of them at the top."""
    sizes = {name: (100.0, 40.0) for name in ("a", "b", "c", "d", "e")}
    layout = lay_out(sizes, [("a", "b"), ("c", "d")])
    vertices = layout.vertices
    assert vertices["a"].y == vertices["c"].y == vertices["e"].y
    assert max(vertices["a"].x, vertices["b"].x) < vertices["c"].x < vertices["e"].x < 600
    assert layout.routes[1][0] == (vertices["c"].x, vertices["c"].y)
