"""``timer`` and ``cancel_timer``: something that happens later, whatever is said until then.

.. code-block:: yaml

    - timer: {name: decide, in: 14d, unless: context.decided}
      on_timer:
        - say: "Have you made up your mind?"
    - timer: {name: visit, at: "{{ context.day }}T08:00"}   # its nodes: under "timers:" at the top
    - cancel_timer: visit

A timer belongs to the session and is known by its ``name``; one that is armed again under the same name
takes the place of the first. ``in`` is a duration, ``at`` a day (``2027-05-12``, at midnight), a moment
(``2027-05-12T08:00``, with an offset or in the project's time zone), or a time of day (``08:00``, the next).
What has passed already falls due at once. No message voids it: only ``cancel_timer``, a reset of the
session, ``flowhook timers cancel``, or ``unless``, which is asked when it falls due.

Then ``on_timer`` runs, or the list of this name under ``timers:`` of the flow, wherever the session stands,
and after the list the session stands there again: a question is asked again. Branches: ``on_timer``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from flowhook.engine.expressions import has_template
from flowhook.engine.node import Node
from flowhook.engine.outcomes import Keep, Outcome
from flowhook.engine.settings.fields import Condition, Duration, TimerName, Word
from flowhook.engine.turn.view import Turn

_TIME = re.compile(r"(\d{1,2}):(\d\d)\Z")
_FORMS = "2027-05-12, 2027-05-12T08:00 or 08:00"


def moment(written: str, now: datetime) -> datetime:
    """A day, a moment or a time of day, as of ``now``, which is aware. Raises ValueError."""
    text = written.strip()
    if found := _TIME.match(text):
        at = now.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
        return at if at > now else at + timedelta(days=1)
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=now.tzinfo)


class Timer(Node):
    """Arms a timer of the session that no message voids."""

    key = "timer"
    draws_as = "quiet"
    branches = ("on_timer",)

    name: TimerName = Field(min_length=1, description="the timer's name in its session")
    in_: Duration | None = Field(None, alias="in", gt=0, description="how long until it falls due")
    at: Word | None = Field(None, description=f"when it falls due: {_FORMS}")
    unless: Condition | None = Field(
        None, description="asked when it falls due: where it holds nothing happens"
    )

    @field_validator("at")
    @classmethod
    def _is_moment(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or has_template(value):
            return value
        try:
            moment(value, datetime(2027, 1, 1))
        except ValueError:
            raise ValueError(f'"{value}" is no time; write {_FORMS}') from None
        return value

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if (self.in_ is None) == (self.at is None):
            raise ValueError('a timer has one of "in" and "at"')
        return self

    @classmethod
    def returning(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return ("on_timer",)

    def run(self, turn: Turn) -> Outcome:
        if self.in_ is not None:
            due_at = turn.environment.now + self.in_
        else:
            due_at = moment(self.at or "", turn.scope["now"]).timestamp()
        turn.arm(self.name, max(due_at, turn.environment.now))
        return None

    def timed_out(self, turn: Turn) -> Outcome:
        return "on_timer" if "on_timer" in turn.node.branches else Keep()


class CancelTimer(Node):
    """Takes timers of the session away."""

    key = "cancel_timer"
    main = "name"
    draws_as = "quiet"

    name: TimerName | list[TimerName] = Field(description="the timer's name, or a list of names")

    def run(self, turn: Turn) -> None:
        for name in [self.name] if isinstance(self.name, str) else self.name:
            turn.arm(name, None)
