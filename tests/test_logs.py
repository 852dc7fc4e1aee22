"""Logs: what others sent cannot pass for what flowhook says."""

from __future__ import annotations

import ast
import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import flowhook
from flowhook.logging_config import Console, FoldRepeats, JsonLines, RecentLines
from flowhook.model.event import EventType
from flowhook.model.log_action import LogAction

SERVER = Path(flowhook.__file__).parent


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


def log_calls(path: Path) -> Iterator[ast.Call]:
    """Calls of a module's logger, and of one that is got on the spot."""
    levels = {"debug", "info", "warning", "error", "exception", "critical", "log"}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in levels:
            logger = ast.unparse(node.func.value)
            if logger in ("log", "flow_log", "logger") or logger.startswith("logging.getLogger"):
                yield node


def names_action(extra: ast.expr, path: Path) -> bool:
    """Whether fields of a line hold the action, also where they were put together before."""
    if isinstance(extra, ast.Call):
        return "action" in ast.unparse(extra).lower()
    if isinstance(extra, ast.Name):
        return f"{extra.id} = {{'action'" in ast.unparse(ast.parse(path.read_text("utf-8")))
    return "'action'" in ast.unparse(extra)


def test_every_line_names_its_action() -> None:
    """Operators search for actions: each call of a logger has one, of the one list of them."""
    calls = [(path, call) for path in sorted(SERVER.rglob("*.py")) for call in log_calls(path)]
    without = [
        f"{path.name}:{call.lineno}"
        for path, call in calls
        if not any(word.arg == "extra" and names_action(word.value, path) for word in call.keywords)
    ]
    assert len(calls) > 15
    assert without == []


def test_every_action_and_event_is_used() -> None:
    """No word stands in the lists that nothing says."""
    text = "\n".join(path.read_text("utf-8") for path in SERVER.rglob("*.py"))
    assert [action.name for action in LogAction if f"LogAction.{action.name}" not in text] == []
    assert [event.name for event in EventType if f"EventType.{event.name}" not in text] == []


def test_the_last_lines_are_found_again() -> None:
    """The latest first, page by page; by level, endpoint and text, as lines for programs, without secrets."""
    recent = RecentLines()
    for number in range(RecentLines.KEPT + 3):
        recent.emit(record(f"line {number}", endpoint="shop" if number % 2 else "help"))
    recent.emit(record("it failed", ValueError("at https://example.org/bot-secret/send"), endpoint="shop"))
    first, second = recent.find(limit=2)
    assert (first["message"], second["message"]) == ("it failed", f"line {RecentLines.KEPT + 2}")
    assert "bot-secret" not in json.dumps(first)
    assert recent.find(limit=1, before=second["number"])[0]["message"] == f"line {RecentLines.KEPT + 1}"
    assert {line["endpoint"] for line in recent.find(endpoint="help")} == {"help"}
    assert [line["message"] for line in recent.find(text="IT FAILED")] == ["it failed"]
    assert recent.find(level=logging.ERROR) == []
    assert len(recent.find(limit=10_000)) == RecentLines.KEPT


def test_lines_that_strangers_provoke_are_folded() -> None:
    """Ten a minute, then a count; what a flow says is never folded."""
    now = [0.0]
    fold = FoldRepeats(lambda: now[0])
    refused = [record("refused", action=LogAction.CONNECTION_REFUSED) for _ in range(1000)]
    assert sum(fold.filter(line) for line in refused) == 10
    now[0] = 61.0
    later = record("refused", action=LogAction.CONNECTION_REFUSED)
    assert fold.filter(later)
    assert vars(later)["folded"] == 990
    assert all(fold.filter(record("said", action=LogAction.FLOW)) for _ in range(1000))
