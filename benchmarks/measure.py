"""What a benchmark comes to: spreads of several runs, ratios of runs made side by side, goals."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


def quantile(ascending: Sequence[float], share: float) -> float:
    """Return the value that ``share`` of the values do not exceed."""
    return ascending[min(len(ascending) - 1, int(share * len(ascending)))]


@dataclass(frozen=True, slots=True)
class Spread:
    """The same thing measured several times."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """At least one value."""
        return cls(tuple(values))

    @property
    def median(self) -> float:
        """Half are above it."""
        return statistics.median(self.values)

    @property
    def deviation(self) -> float:
        """Half the distance between the quartiles: how far a usual run is from the median."""
        if len(self.values) < 3:
            return (max(self.values) - min(self.values)) / 2
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return (high - low) / 2

    def over(self, base: Spread) -> Spread:
        """The ratio, run by run: the noise that two neighbouring runs share falls out."""
        return Spread(tuple(one / other for one, other in zip(self.values, base.values, strict=True)))

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {"median": self.median, "deviation": self.deviation, "values": list(self.values)}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was measured. ``digits`` of it are worth printing."""

    what: str
    unit: str
    spread: Spread
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound for a number that a benchmark came to; None where it is only to be known."""

    what: str
    spread: Spread
    bound: float | None
    at_least: bool = True
    digits: int = 2
    unit: str = ""

    @property
    def reached(self) -> bool:
        """Whether the median keeps the bound."""
        median = self.spread.median
        if self.bound is None:
            return True
        return median >= self.bound if self.at_least else median <= self.bound


@dataclass(slots=True)
class Result:
    """What one benchmark found."""

    name: str
    title: str
    lines: list[Line] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    seconds: float = 0.0  #: that it took to measure

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "name": self.name,
            "title": self.title,
            "seconds": round(self.seconds, 1),
            "lines": [
                {"what": line.what, "unit": line.unit, "digits": line.digits, **line.spread.to_json()}
                for line in self.lines
            ],
            "goals": [
                {
                    "what": goal.what,
                    "unit": goal.unit,
                    "digits": goal.digits,
                    "bound": goal.bound,
                    "atLeast": goal.at_least,
                    "reached": goal.reached,
                    **goal.spread.to_json(),
                }
                for goal in self.goals
            ],
        }
