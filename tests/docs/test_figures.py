"""The tables of docs/performance.md are written by a program from what was measured."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "performance.md").read_text()


@pytest.fixture
def report() -> ModuleType:
    """The program."""
    spec = importlib.util.spec_from_file_location("bench_report", ROOT / "benchmarks" / "report.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def figure(what: str, *values: float, unit: str = "", digits: int = 0, **more: Any) -> dict[str, Any]:
    median = sorted(values)[len(values) // 2]
    shown = {"what": what, "unit": unit, "digits": digits, "median": median, "deviation": 1.0}
    return {**shown, "values": values, **more}


def measured(name: str, *lines: dict[str, Any], goals: Any = (), at: str = "2026-11-29T20:00:00") -> Any:
    result = {"name": name, "title": name, "seconds": 31.4, "lines": lines, "goals": goals}
    return {"at": at, "machine": "2 cores", "loadAfter": "0.10 0.20 0.30", "results": [result]}


def test_a_table_shows_medians_spreads_and_goals(report: ModuleType) -> None:
    """And when and where it was measured; a goal that was missed says so."""
    goal = figure("ours / bare", 0.7, 0.71, 0.72, digits=2, bound=0.8, atLeast=True, reached=False)
    page = "a\n<!-- figures: end-to-end -->\nold\n<!-- end -->\nb\n<!-- figures: other -->\nx\n<!-- end -->\n"
    shown = report.filled(
        page, [measured("end-to-end", figure("rate", 9, 1200, 1300, unit="m/s"), goals=[goal])]
    )
    assert shown == (
        "a\n<!-- figures: end-to-end -->\n"
        "| | median | ± | lowest to highest | goal |\n|---|---|---|---|---|\n"
        "| rate | 1,200 m/s | 1 | 9 to 1,300 | |\n"
        "| **ours / bare** | 0.71 | 1.00 | 0.70 to 0.72 | ≥ 0.80, missed |\n"
        "\n*2 cores, after: 0.10 0.20 0.30; 2026-11-29 20:00 UTC; 31 s.*\n"
        "<!-- end -->\nb\n<!-- figures: other -->\nx\n<!-- end -->\n"
    )


def test_latency_is_one_row_for_each_load(report: ModuleType) -> None:
    """With the quantiles to the 202 and to the webhook side by side."""
    lines = [
        figure(f"flowhook, 16 connections, 900/s, to the {place}, p{q}", q / 10, unit="ms", digits=1)
        for place in ("202", "webhook")
        for q in (50, 95, 99)
    ]
    rows = report.table(measured("latency", *lines), measured("latency", *lines)["results"][0]).splitlines()
    assert rows[0] == "| | 202 p50 | 202 p95 | 202 p99 | webhook p50 | webhook p95 | webhook p99 |"
    assert rows[2] == "| flowhook, 16 connections, 900/s | 5.0 | 9.5 | 9.9 | 5.0 | 9.5 | 9.9 |"


def test_the_latest_figures_stand_on_the_page(report: ModuleType) -> None:
    """Whatever the order of the files; every place of the page has a name that a benchmark has."""
    old, new = (
        measured("engine", figure("say", rate), at=f"2026-11-{day}T20:00:00")
        for day, rate in ((28, 5), (29, 7))
    )
    for reports in ([old, new], [new, old]):
        assert "| say | 7 | 1 |" in report.filled(PAGE, reports)
    names = set(
        [
            "end-to-end",
            "latency",
            "sessions",
            "flow-size",
            "history",
            "start",
            "recovery",
            "engine",
            "transports",
            "profile",
        ]
    )
    assert set(report._SECTION.sub(r"\2", PAGE).split()) >= names
