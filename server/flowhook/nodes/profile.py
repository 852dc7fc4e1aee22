"""``profile``: what is known of a user, over all sessions, as a whole. ``set`` changes its parts.

.. code-block:: yaml

    - profile: {remember: "likes {{ context.topping }}"}
    - profile: {goal: ordered}
    - profile: {merge: "{{ context.id_in_the_app }}"}
    - profile: deactivate
    - profile: activate
    - profile: delete

``remember`` adds ``{id, timestamp, text}`` to ``profile.memories``, of which the last 100 are kept.
``goal`` adds ``{name, timestamp}`` to ``profile.goals``, once for each name. ``merge`` makes one profile of
this user's and that of another userId, for both, from the next turn on: what this user has stays, what is
missing is added, lists are joined. Whatever either of them changes later, both see.

``deactivate``: the profile can be read, but nothing in it changes any more, in whatever session, until
``activate``; ``profile.active`` is false meanwhile. What would have changed is a warning in the trace.
``delete`` removes all that is in it, also that it was inactive, and parts users that were merged. Sessions
and transcripts stay: ``flowhook users erase`` erases these, too. No branches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field, ValidationInfo, model_validator

from flowhook.engine.node import Node
from flowhook.engine.outcomes import NodeFailed
from flowhook.engine.settings.fields import Text, is_rendered
from flowhook.engine.turn.view import Turn

MEMORIES: Final = 100  #: that are kept


class Profile(Node):
    """Remembers, joins, closes or deletes a user's profile."""

    key = "profile"
    main = "do"

    do: Literal["activate", "deactivate", "delete"] | None = Field(
        None, description="with the whole profile: activate, deactivate or delete"
    )
    remember: Text | None = Field(None, description="a text for profile.memories")
    goal: Text | None = Field(None, description="a name for profile.goals")
    merge: Text | None = Field(
        None, description="the userId with whom this user shares a profile from now on"
    )

    @model_validator(mode="after")
    def _something(self, info: ValidationInfo) -> Profile:
        given = (self.do, self.remember, self.goal, self.merge)
        if sum(value is not None for value in given) != 1 and not is_rendered(info):
            raise ValueError("give one of do, remember, goal and merge")
        return self

    @classmethod
    def reads(cls, settings: Mapping[str, Any]) -> frozenset[str]:
        return frozenset({"profile"})

    def run(self, turn: Turn) -> None:
        if self.remember is not None:
            self._remember(turn, self.remember)
        elif self.goal is not None:
            self._reach(turn, self.goal)
        elif self.merge is not None:
            if not self.merge:
                raise NodeFailed("merge", "there is no userId to merge with")
            turn.merge_profile(self.merge)
        elif self.do == "delete":
            turn.erase_profile()
        elif self.do == "deactivate":
            turn.set("profile.active", False)
        else:
            turn.unset("profile.active")

    def _remember(self, turn: Turn, text: str) -> None:
        if not text.strip():
            turn.warn("there is nothing to remember")
            return
        memory = {"id": turn.key[:16], "timestamp": turn.scope["now"].isoformat(), "text": text}
        memories = turn.get("profile.memories")
        if isinstance(memories, list) and len(memories) >= MEMORIES:
            turn.set("profile.memories", [*memories[-MEMORIES + 1 :], memory])
        else:
            turn.append("profile.memories", memory)

    def _reach(self, turn: Turn, name: str) -> None:
        goals = turn.get("profile.goals")
        known = goals if isinstance(goals, list) else []
        if not any(isinstance(goal, dict) and goal.get("name") == name for goal in known):
            turn.append("profile.goals", {"name": name, "timestamp": turn.scope["now"].isoformat()})
