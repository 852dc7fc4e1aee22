"""``log`` and ``debug``: notes for those who run and write flows. Users never see them.

.. code-block:: yaml

    - log: {text: "price was {{ context.price }}", level: warning}
    - debug: "{{ context }}"

``log`` writes to the log of the server; ``debug`` shows up in the trace only. No branches.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.settings.fields import Text
from flowhook.engine.turn.view import Turn, shown


class Log(Node):
    """Writes a line to the log."""

    key = "log"
    main = "text"

    text: Text = Field(description="the line")
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="how much it matters")

    def run(self, turn: Turn) -> None:
        turn.log(self.level, self.text)


class Debug(Node):
    """Leaves a note in the trace."""

    key = "debug"
    main = "text"

    text: Text = Field(description="the note")

    def run(self, turn: Turn) -> None:
        turn.step.saw["text"] = shown(self.text)
