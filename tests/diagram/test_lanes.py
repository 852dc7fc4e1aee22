"""Several flows in one picture, each in a lane."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner

from flowhook.cli import cli
from flowhook.diagram import lanes, svg
from flowhook.diagram.diagram import diagram_of
from flowhook.diagram.lanes import lanes_of
from flowhook.diagram.picture import Picture, picture_of
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import load_library
from flowhook.nodes import BUILTIN

FLOWS = {
    "shop": """\
flow: shop
attach: [help]
nodes:
  - id: pay
    call: pay
  - id: size
    switch: context.size
    cases:
      small: {say: Small.}
      large: {say: Large.}
""",
    "help": """\
flow: help
intents: {hi: {examples: [hi, hello], entry: hi}}
nodes:
  - id: hi
    say: Hi.
""",
    "pay": "flow: pay\nnodes:\n  - say: Paid.\n  - goto: shop/size\n  - goto: thanks/\n",
    "thanks": "flow: thanks\nnodes:\n  - say: Thanks.\n",
    "alone": "flow: alone\nnodes:\n  - say: Alone.\n",
}


@pytest.fixture
def flows(tmp_path: Path) -> dict[str, CompiledFlow]:
    """The flows above by name."""
    for name, text in FLOWS.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    loaded = load_library(tmp_path, NodeTypes(BUILTIN), root=tmp_path)
    return {str(compiled.name): compiled for compiled in loaded.files.values()}


@pytest.fixture
def picture(flows: dict[str, CompiledFlow]) -> Picture:
    """The shop with lanes."""
    return lanes_of("shop", flows)


def test_attached_and_called_flows_have_lanes(picture: Picture) -> None:
    """Also what a called flow calls; not what has nothing to do with the flow. No lane stands on another."""
    assert [(lane.flow, lane.role) for lane in picture.lanes] == [
        ("shop", "own"), ("help", "attached"), ("pay", "called"), ("thanks", "called"),
    ]  # fmt: skip
    for one, other in itertools.combinations(picture.lanes, 2):
        beside = one.x + one.width <= other.x or other.x + other.width <= one.x
        below = one.y + one.height <= other.y or other.y + other.height <= one.y
        assert beside or below
    places = {box.box.key: box for box in picture.boxes}
    for lane in picture.lanes:
        for key in lane.boxes:
            box = places.pop(key)
            assert lane.x <= box.x - box.width / 2
            assert box.x + box.width / 2 <= lane.x + lane.width
            assert lane.y <= box.y - box.height / 2
            assert box.y + box.height / 2 <= lane.y + lane.height
    assert places == {}


def test_arrows_lead_from_the_name_of_a_flow_into_its_lane(picture: Picture) -> None:
    """To its beginning, or to the node that is named; back into the flow itself, too."""
    across = {(one.arrow.source, one.arrow.target) for one in picture.arrows if one.arrow.kind == "lane"}
    assert across == {
        ("flow help", "help/(start)"),
        ("flow pay", "pay/(start)"),
        ("pay/flow shop/size", "size"),
        ("pay/flow thanks", "thanks/(start)"),
    }


def test_the_flow_itself_looks_as_it_does_alone(picture: Picture, flows: dict[str, CompiledFlow]) -> None:
    """Its boxes keep their keys and stand to each other as before; so do its arrows."""
    alone = picture_of(diagram_of(flows["shop"]))
    together = {box.box.key: box for box in picture.boxes}
    shifts = {(together[box.box.key].x - box.x, together[box.box.key].y - box.y) for box in alone.boxes}
    assert len(shifts) == 1
    own = [one.arrow for one in picture.arrows if one.arrow.kind != "lane"][: len(alone.arrows)]
    assert own == [one.arrow for one in alone.arrows]


def test_no_picture_holds_every_flow(
    picture: Picture, flows: dict[str, CompiledFlow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that come after the most stay boxes."""
    monkeypatch.setattr(lanes, "MOST", 2)
    assert [lane.flow for lane in lanes_of("shop", flows).lanes] == ["shop", "help"]


def test_arrows_tell_their_branch(picture: Picture) -> None:
    """As a trace names it, so that what was taken and what was not can be marked."""
    told = {
        one.arrow.label: one.arrow.branch
        for one in picture.arrows
        if one.arrow.source == "size" and one.arrow.label
    }
    assert told == {"small": "cases.small", "large": "cases.large", "default": "next"}


def test_the_command_draws_lanes(tmp_path: Path, flows: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same picture that the studio shows; Mermaid has none."""
    (tmp_path / "flows").mkdir()
    for name, text in FLOWS.items():
        (tmp_path / "flows" / f"{name}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    drawn = runner.invoke(cli, ["graph", "shop", "--lanes"])
    assert drawn.exit_code == 0, drawn.output
    texts = "".join(ElementTree.fromstring(drawn.output).itertext())
    assert "pay (called)" in texts
    assert "Thanks." in texts
    assert runner.invoke(cli, ["graph", "shop", "--lanes", "--format", "mermaid"]).exit_code == 2


def test_a_picture_with_lanes_is_sound_xml(picture: Picture) -> None:
    """With the names of all of them."""
    texts = "".join(ElementTree.fromstring(svg.render_picture(picture)).itertext())
    assert all(name in texts for name in ("shop", "help (attached)", "pay (called)", "thanks (called)"))
