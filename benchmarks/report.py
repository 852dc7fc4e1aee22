"""Write the tables of docs/performance.md from what ``run.py --json`` wrote.

    python benchmarks/report.py FILE…

Between ``<!-- figures: NAME -->`` and ``<!-- end -->`` stands the table of the benchmark of that name, from
the newest file that has it. Nothing of it is written by hand.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
_SECTION = re.compile(r"(<!-- figures: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
_LATENCY = re.compile(r"(.+), to the (202|webhook), (p\d+)")


def main(files: Iterable[str]) -> None:
    """Write the page anew."""
    reports = [json.loads(Path(file).read_text()) for file in files]
    PAGE.write_text(filled(PAGE.read_text(), reports))


def filled(page: str, reports: Iterable[Mapping[str, Any]]) -> str:
    """Return the page with the tables of these reports, the latest of each benchmark."""
    ordered = sorted(reports, key=lambda report: str(report["at"]))
    found = {result["name"]: (report, result) for report in ordered for result in report["results"]}

    def section(match: re.Match[str]) -> str:
        if match[2] not in found:
            return match[0]
        return f"{match[1]}{table(*found[match[2]])}{match[3]}"

    return _SECTION.sub(section, page)


def table(report: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Return one benchmark as a table, with when and where it ran."""
    rows = _SPECIAL.get(result["name"], _rows)(result)
    facts = f"{report['machine']}, after: {report['loadAfter']}; {report['at'][:16].replace('T', ' ')} UTC"
    return "\n".join([*rows, "", f"*{facts}; {result['seconds']:.0f} s.*", ""])


def _rows(result: Mapping[str, Any]) -> list[str]:
    rows = ["| | median | ± | lowest to highest | goal |", "|---|---|---|---|---|"]
    rows += [f"| {line['what']} | {_figures(line)} | |" for line in result["lines"]]
    rows += [f"| **{goal['what']}** | {_figures(goal)} | {_bound(goal)} |" for goal in result["goals"]]
    return rows


def _figures(line: Mapping[str, Any]) -> str:
    digits, values = line["digits"], line["values"]
    median, deviation, low, high = (
        f"{value:,.{digits}f}" for value in (line["median"], line["deviation"], min(values), max(values))
    )
    return f"{median} {line['unit']}".strip() + f" | {deviation} | {low} to {high}"


def _bound(goal: Mapping[str, Any]) -> str:
    if goal["bound"] is None:
        return ""
    sign = "≥" if goal["atLeast"] else "≤"
    missed = "" if goal["reached"] else ", missed"
    return f"{sign} {goal['bound']:,.{goal['digits']}f}{missed}"


def _latency_rows(result: Mapping[str, Any]) -> list[str]:
    """One row for each server and load, in milliseconds."""
    rows: dict[str, dict[str, str]] = {}
    for line in result["lines"]:
        match = _LATENCY.fullmatch(line["what"])
        assert match is not None
        rows.setdefault(match[1], {})[f"{match[2]} {match[3]}"] = f"{line['median']:.1f}"
    columns = [f"{place} p{q}" for place in ("202", "webhook") for q in (50, 95, 99)]
    head = f"| | {' | '.join(columns)} |"
    body = [f"| {what} | {' | '.join(map(values.__getitem__, columns))} |" for what, values in rows.items()]
    return [head, "|---" * (len(columns) + 1) + "|", *body]


def _profile_rows(result: Mapping[str, Any]) -> list[str]:
    """The parts of one message, and their shares of it."""
    whole = result["lines"][0]["median"]
    rows = [
        f"| {line['what']} | {line['median']:.0f} | {line['median'] / whole:.0%} |"
        for line in result["lines"]
    ]
    return ["| | µs | share |", "|---|---|---|", *rows]


_SPECIAL: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "latency": _latency_rows,
    "profile": _profile_rows,
}


if __name__ == "__main__":
    main(sys.argv[1:])
