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
from flowhook.diagram.diagram import END, START, Arrow, Diagram, picture_of
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
def picture(tmp_path: Path) -> Diagram:
    """The picture of the flow above."""
    (tmp_path / "shop.yaml").write_text(FLOW)
    (tmp_path / "other.yaml").write_text(OTHER)
    loaded = load_library(tmp_path, NodeTypes(BUILTIN), root=tmp_path)
    return picture_of(loaded.files["shop.yaml"])


def test_a_picture_has_every_node_and_every_way(picture: Diagram) -> None:
    """Branches, what goes on below, jumps here and into other flows, the end."""
    ways = {(arrow.source, arrow.target, arrow.label, arrow.way) for arrow in picture.arrows}
    assert ways == {
        (START, "ask_size", "", "next"),
        ("ask_size", "ask_size.on_timeout.0", "on_timeout", "time"),
        ("ask_size", "sorry", "on_fail", "error"),
        ("ask_size", "big", "", "next"),
        ("big", "big.then.0", "then", "branch"),
        ("big", "again", "else", "next"),
        ("big.then.0", "flow other", "", "jump"),
        ("again", "ask_size", "", "jump"),
        ("sorry", END, "", "next"),
    }
    assert picture.boxes["ask_size"].text == "Which size?"


def test_mermaid_takes_no_text_for_its_own(picture: Diagram) -> None:
    """Quotation marks and tags in texts are written as entities."""
    text = mermaid.render(picture)
    assert text.startswith("%% flow shop\nflowchart TD\n")
    assert "Sorry, #quot;friend#quot; #lt;b#gt;" in text
    assert '-->|"then"|' in text


def test_an_svg_is_sound_xml_with_every_text(picture: Diagram) -> None:
    """Parsed as XML, it holds the nodes' texts."""
    root = ElementTree.fromstring(svg.render(picture))
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
    for one, other in itertools.combinations(layout.spots.values(), 2):
        apart_x = abs(one.x - other.x) >= (one.width + other.width) / 2
        apart_y = abs(one.y - other.y) >= (one.height + other.height) / 2
        assert apart_x or apart_y
    assert len(layout.routes) == len(edges)
    for index, (source, target) in enumerate(edges):
        ends = [(layout.spots[name].x, layout.spots[name].y) for name in (source, target)]
        assert [layout.routes[index][0][1], layout.routes[index][-1][1]] == [y for _, y in ends]


def test_a_large_flow_is_drawn_at_once() -> None:
    """A long chain with side branches: no recursion, no quadratic ordering."""
    picture = Diagram("long")
    for number in range(1500):
        picture.arrows.append(Arrow(f"n{number}", f"n{number + 1}"))
    sizes = {f"n{number}": (100.0, 40.0) for number in range(1501)}
    layout = lay_out(sizes, [(arrow.source, arrow.target) for arrow in picture.arrows])
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
    assert picture_of(loaded.files["a.yaml"]).boxes["you"].text == "How old? (+1)"
