"""``once``: something for the first time only.

.. code-block:: yaml

    - id: greeting
      once: session
      then: [{say: "Welcome!"}]
      else: [{say: "Welcome back!"}]

``per: user`` remembers it in the profile, over all sessions. Branches: ``then``, ``else``.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.turn import Turn


class Once(Node):
    """Takes ``then`` the first time, afterwards ``else``."""

    key = "once"
    main = "per"
    branches = ("then", "else")
    remembers = True

    per: Literal["session", "user"] = Field("session", description="who remembers: the session or the user")

    def run(self, turn: Turn) -> str:
        if self.per == "session":
            first = not turn.memory.get("seen")
            turn.memory["seen"] = True
        else:
            path = ("once", turn.at)
            seen = turn.surroundings.profile.setdefault("once", {})
            first = not seen.get(turn.at)
            if first:
                seen[turn.at] = True
                turn.profile_changes.append(("set", path, True))
        return "then" if first else "else"
