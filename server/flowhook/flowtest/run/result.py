"""What became of a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from flowhook.flowtest.files.model import Test, TestFile
from flowhook.flowtest.run.fixture import EndedTurn
from flowhook.yamldoc.document import Path

Status = Literal["passed", "failed", "error", "skipped"]


@dataclass(frozen=True, slots=True)
class Fix:
    """What ``--update`` would do: put ``value`` in the place of what is written at ``path``, take the
    step at ``path`` away, or write ``value``, a list of texts, as ``bot`` steps behind it."""

    do: Literal["replace", "remove", "insert"]
    path: Path
    value: Any = None


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that was not as expected, at a step."""

    line: int
    message: str
    expected: str | None = None
    actual: str | None = None
    fix: Fix | None = None
    spoken: int = 0  #: lines of the conversation up to there
    trace: Sequence[dict[str, Any]] = ()  #: of the turns that the step looks at


@dataclass(slots=True)
class Result:
    """One test that ran, or did not."""

    file: TestFile
    test: Test
    status: Status = "passed"
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0
    steps: int = 0
    conversation: list[tuple[str, str]] = field(default_factory=list)  #: who, and what was said
    turns: list[EndedTurn] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether there is nothing to complain of."""
        return self.status in ("passed", "skipped")

    @property
    def line(self) -> int:
        """Where to look first."""
        return self.failures[0].line if self.failures else self.test.line
