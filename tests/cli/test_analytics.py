"""``flowhook analytics``: the records for programs, and the report for people."""

from __future__ import annotations

import csv
import io
import json

import pytest

from flowhook.cli.commands.analytics import bars

FLOW = """\
flow: order
intents:
  order: {examples: ["I want a lamp", "a lamp please", "can I order a lamp"], entry: size}
nodes:
  - say: "Hello."
  - stop:
  - id: size
    ask: {text: "Which size?", type: choice, choices: [small, large], store: context.size}
  - track: {step: size chosen}
  - analytics: {custom1: "{{ context.size }}", handover: "{{ 1 if context.size == 'large' else 0 }}"}
  - say: "Done."
  - track: ordered
"""


@pytest.fixture(params=["at rest", "running"])
def counted(request, shop, start):
    """A shop in which three people spoke, with a server or without one."""
    shop.flow.write_text(FLOW, "utf-8")
    shop.converse("I want a lamp", "large", user="ada", session="a")
    shop.converse("I want a lamp", "=1+1", user="bob", session="b")
    shop.converse("=1+1", user="bob", session="c")
    if request.param == "running":
        start("serve").until("flowhook .* at ")
    return shop


def test_records_are_exported(counted, run):
    """As JSON and as CSV, with the same content; formulas are text in CSV."""
    records = json.loads(run("analytics", "export").stdout)
    assert [record["inputText"] for record in records] == [
        "I want a lamp",
        "large",
        "I want a lamp",
        "=1+1",
        "=1+1",
    ]
    rows = list(csv.DictReader(io.StringIO(run("analytics", "export", "--format", "csv").stdout)))
    assert [row["inputId"] for row in rows] == [record["inputId"] for record in records]
    assert [row["inputText"] for row in rows[2:]] == ["I want a lamp", "'=1+1", "'=1+1"]
    assert (rows[1]["custom1"], rows[1]["goals"], rows[1]["understood"]) == ("large", '["ordered"]', "true")
    assert (rows[0]["custom1"], rows[0]["test"], rows[0]["execution"]) == ("", "false", "1")
    assert set(rows[0]) == set(records[0])
    said = run("analytics", "export", "--format", "csv", "--output", str(counted.root / "all.csv")).stdout
    assert said.startswith("5 records in ")
    assert (counted.root / "all.csv").read_bytes().count(b"\r\n") == 6


def test_records_are_chosen_by_time_and_endpoint(counted, run):
    """A date as the end is counted in; what is no time is refused in words."""
    assert json.loads(run("analytics", "export", "--endpoint", "other").stdout) == []
    assert json.loads(run("analytics", "export", "--to", "2020-01-31").stdout) == []
    assert (
        len(json.loads(run("analytics", "export", "--from", "2020-01-31", "--to", "2999-01-01").stdout)) == 5
    )
    assert "must be a date or a time" in run("analytics", "export", "--from", "yesterday", code=2).output


def test_the_report(counted, run):
    """All figures, for programs; the same for people."""
    found = json.loads(run("analytics", "report", "--json").stdout)
    assert (found["messages"], found["sessions"], found["users"]) == (5, 3, 2)
    assert (found["understood"], found["notUnderstood"]) == (3, 2)
    assert (found["understoodShare"], found["containment"], found["handovers"]) == (0.6, 0.6667, 1)
    assert (found["medianTurns"], found["failed"]) == (2, 0)
    assert found["intents"] == [{"intent": "order", "messages": 2}]
    assert found["textsNotUnderstood"] == [{"text": "=1+1", "messages": 2}]
    assert found["dropOff"] == [{"node": "order/size", "sessions": 1}]
    assert found["steps"] == [{"step": "size chosen", "sessions": 1}]
    assert found["goals"] == [{"goal": "ordered", "sessions": 1}]
    assert sum(day["messages"] for day in found["days"]) == 5
    said = run("analytics", "report").output
    for line in (
        "messages     5",
        "understood   60.0 %, 2 not",
        "contained    66.7 %, 1 handovers",
        "order/size",
    ):
        assert line in said


def test_nothing_to_report(shop, run):
    """In words, not as a page of zeros."""
    assert "no records of that time" in run("analytics", "report").output


def test_bars():
    """The highest number is full, the lowest bar is for nothing."""
    assert bars([0, 1, 50, 100]) == "▁▂▅█"
    assert bars([3, 3]) == "██"
