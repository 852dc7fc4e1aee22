"""``copilot_grid``, ``copilot_tile``, ``copilot_data``: what an agent sees beside a conversation.

.. code-block:: yaml

    - copilot_grid: {columns: 2, rows: 3, tiles: {who: {x: 1, y: 1}, order: {x: 2, y: 1, rows: 2}}}
    - copilot_tile: {tile: who, identity: {name: "{{ profile.firstname }}", city: "{{ profile.city }}"}}
    - copilot_tile: {tile: order, html: "<b>{{ input.text }}</b>"}
    - copilot_tile: {tile: crm, frame: "https://crm.example/customer", data: {id: "{{ input.userId }}"}}
    - copilot_data: {tile: crm, data: {last: "{{ input.text }}"}}

They stand in the flow that an endpoint's ``copilot`` names, which runs beside a handover: when it begins,
after each message of the user, and for each click in a tile. ``input.data.handover`` says whose it is;
``input.data.copilot`` is ``{type: submit, tile, payload}`` of a click.

A tile has one content: ``html``, from which everything that could run is taken away; ``frame``, a page of an
origin that ``copilot: {frames: […]}`` lists; ``card``, an Adaptive Card; ``identity``, a mapping of what is
known; ``transcript: true``, the conversation; ``next_action``, texts to take up. ``data`` is handed to the
tile, and ``copilot_data`` hands it new data without drawing it again. The desk hears of each change at once.
No branches.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from flowhook.engine.node import Node
from flowhook.engine.outcomes import NodeFailed
from flowhook.engine.settings.fields import Text
from flowhook.engine.turn.view import Turn

ROOT = "copilot"  #: under ``session``, and in the data of outputs
CONTENTS = ("html", "frame", "card", "identity", "transcript", "next_action")


class TilePlace(BaseModel):
    """Where a tile stands in the grid, and how large it is."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
    x: int = Field(ge=1, le=24, description="its column, from 1")
    y: int = Field(ge=1, le=24, description="its row, from 1")
    columns: int = Field(1, ge=1, le=24, description="how many columns it has")
    rows: int = Field(1, ge=1, le=24, description="how many rows it has")


class CopilotGrid(Node):
    """Lays out the tiles that an agent sees."""

    key = "copilot_grid"
    draws_as = "outside"

    columns: int = Field(2, ge=1, le=24, description="columns of the grid")
    rows: int = Field(2, ge=1, le=24, description="rows of the grid")
    gap: int = Field(8, ge=0, le=100, description="pixels between two tiles")
    tiles: dict[str, TilePlace] = Field(default_factory=dict, description="by name, where each stands")

    def run(self, turn: Turn) -> None:
        grid = self.model_dump()
        turn.set(f"session.{ROOT}.grid", grid)
        turn.say(data={ROOT: {"grid": grid}})


class CopilotTile(Node):
    """Draws a tile for the agent."""

    key = "copilot_tile"
    draws_as = "outside"

    tile: Text = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$", description="its name")
    html: Text | None = Field(None, description="HTML; what could run is taken away")
    frame: Text | None = Field(None, description="a page, of an origin that the endpoint allows")
    card: dict[str, Any] | None = Field(None, description="an Adaptive Card, as JSON")
    identity: dict[str, Any] | None = Field(None, description="what is known of the user")
    transcript: bool = Field(False, description="true: the conversation")
    next_action: list[Text] | None = Field(None, description="texts that the agent may take up")
    data: dict[str, Any] = Field(default_factory=dict, description="JSON for what is in the tile")

    @model_validator(mode="after")
    def _one_content(self) -> CopilotTile:
        given = [name for name in CONTENTS if getattr(self, name) not in (None, False)]
        if len(given) > 1:
            raise ValueError(f"a tile has one content: {' or '.join(given)}")
        return self

    def run(self, turn: Turn) -> None:
        kind = next((name for name in CONTENTS if getattr(self, name) not in (None, False)), "html")
        content = getattr(self, kind)
        if kind == "html":
            content = _sanitized(content or "")
        if kind == "frame" and _origin(content) not in turn.environment.frames:
            raise NodeFailed("blocked", f"no frame of {_origin(content)}: copilot.frames does not list it")
        drawn = {"type": kind, "content": content}
        if self.data:
            drawn["data"] = self.data
        turn.set(f"session.{ROOT}.tiles.{self.tile}", drawn)
        turn.say(data={ROOT: {"tiles": {self.tile: drawn}}})


class CopilotData(Node):
    """Hands new data to a tile that is drawn."""

    key = "copilot_data"
    draws_as = "outside"

    tile: Text = Field(min_length=1, max_length=64, description="the tile")
    data: dict[str, Any] = Field(description="JSON for what is in it")

    def run(self, turn: Turn) -> None:
        if turn.get(f"session.{ROOT}.tiles.{self.tile}") is None:
            turn.warn(f'there is no tile "{self.tile}"')
            return
        turn.set(f"session.{ROOT}.tiles.{self.tile}.data", self.data)
        turn.say(data={ROOT: {"data": {self.tile: self.data}}})


def _sanitized(html: str) -> str:
    """HTML without scripts, handlers, forms and frames."""
    import nh3  # when it is first needed: most flows draw no tile

    return nh3.clean(html)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
