"""Logs: what others sent cannot pass for what flowhook says."""

from __future__ import annotations

import json
import logging
import re
import sys

import pytest

from flowhook.logging_config import Console, JsonLines

EVIL = "x\n12:00:00 info     all is well\x1b[2J\x9b2J\u2028y"


def record(message: str, error: Exception | None = None, **extra: object) -> logging.LogRecord:
    """A record as the logging module makes it."""
    try:
        if error is not None:
            raise error
    except Exception:
        caught = sys.exc_info()
    else:
        caught = None
    made = logging.LogRecord("flowhook.x", logging.WARNING, "file", 1, message, (), caught)
    vars(made).update(extra)
    return made


@pytest.mark.parametrize(
    "made",
    [record(EVIL), record("a", session=EVIL), record("a", ValueError(EVIL))],
    ids=["text", "extra", "error"],
)
def test_nobody_forges_a_line(made: logging.LogRecord) -> None:
    """Line breaks and control characters are shown, not obeyed; only our own line begins at its start."""
    first, *others = Console().format(made).split("\n")
    assert re.match(r"\d\d:\d\d:\d\d warning  ", first)
    assert all(line.startswith("  ") and line.isprintable() for line in others)
    assert first.isprintable()
    assert "\n" not in JsonLines().format(made)


def test_a_line_for_people() -> None:
    """Time, level, message, and what was given beside it; the action is for programs."""
    line = Console().format(record("slow", action="slow_hook", plugin="crm"))
    assert line.endswith(" warning  slow  plugin=crm")


def test_a_line_for_programs() -> None:
    """One JSON object with all that was given."""
    line = json.loads(JsonLines().format(record("slow", ValueError("v"), action="slow_hook", plugin="crm")))
    assert (line["level"], line["logger"], line["message"]) == ("warning", "flowhook.x", "slow")
    assert (line["action"], line["plugin"]) == ("slow_hook", "crm")
    assert line["exception"].endswith("ValueError: v")
    assert line["time"].endswith("Z")
