"""``once``: something for the first time only.

.. code-block:: yaml

    - id: greeting
      once: session
      then: [{say: "Welcome!"}]
      else: [{say: "Welcome back!"}]

``per: user`` remembers it in the profile, over all sessions. Branches: ``then``, ``else``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.turn.view import Turn


class Once(Node):
    """Takes ``then`` the first time, afterwards ``else``."""

    key = "once"
    main = "per"
    draws_as = "choose"
    branches = ("then", "else")
    decides = True
    exhaustive = ("then", "else")
    remembers = True
    first_takes = "then"

    per: Literal["session", "user"] = Field("session", description="who remembers: the session or the user")

    @classmethod
    def reads(cls, settings: Mapping[str, Any]) -> frozenset[str]:
        return frozenset({"profile"} if settings.get("per") == "user" else ())

    def run(self, turn: Turn) -> str:
        if self.per == "session":
            first = not turn.memory.get("seen")
            turn.memory["seen"] = True
        else:
            first = not any(turn.get(("profile", "once", at)) for at in (turn.at, *turn.formerly))
            if first:
                turn.set(("profile", "once", turn.at), True)
        return "then" if first else "else"
