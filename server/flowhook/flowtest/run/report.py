"""How a run of tests is told: a line for each test, then what failed, then the count."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from flowhook.flowtest.run.coverage import Coverage, percent
from flowhook.flowtest.run.result import Failure, Result

#: Gives a text the look of a style: good, bad, warning, user, dim, bold, bold_good, bold_bad.
Paint = Callable[[str, str], str]

MARKS = {
    "passed": ("✓", "good"), "failed": ("✗", "bad"), "error": ("✗", "bad"), "skipped": ("–", "warning"),
}  # fmt: skip
MOST_LINES = 16  #: of a conversation, the last ones
MOST_STEPS = 25  #: of a trace, the last ones
MOST_GAPS = 40  #: of a flow's coverage
WHO = ("user", "bot", "inject", "notify")


def plain(style: str, text: str) -> str:
    """Return the text as it is."""
    return text


def line_of(result: Result, paint: Paint = plain) -> str:
    """One line for one test."""
    mark, colour = MARKS[result.status]
    took = f"{result.seconds * 1000:.0f} ms"
    about = result.test.skip if result.status == "skipped" else took
    return f"{paint(colour, mark)} {result.file.flow}: {clean(result.test.name)}  {paint('dim', str(about))}"


def failures_of(result: Result, paint: Paint = plain) -> Iterator[str]:
    """What was wrong with one test: each failure at its place, the conversation up to the first, why."""
    yield ""
    yield paint("bold", f"{result.file.flow}: {clean(result.test.name)}")
    for failure in result.failures:
        at = paint("bold", f"{result.file.file}:{failure.line}:")
        yield f"  {at} {paint('bad', clean(failure.message))}"
        yield from (f"      {line}" for line in _difference(failure, paint))
    first = result.failures[0]
    if first.spoken:
        yield paint("dim", "    the conversation up to there:")
        yield from (f"      {line}" for line in _conversation(result, first, paint))
    if first.trace:
        yield paint("dim", "    what the flow did:")
        yield from (f"      {line}" for line in trace_lines(first.trace, paint))


def conversation_of(result: Result, paint: Paint = plain) -> Iterator[str]:
    """All that was said in a test."""
    for who, text in result.conversation:
        yield f"    {_said(who, text, paint)}"


def _said(who: str, text: str, paint: Paint) -> str:
    rest = clean(text) if who in WHO else paint("dim", clean(text))
    return f"{paint('user' if who == 'user' else 'dim', who.rjust(8))}  {rest}"


def _difference(failure: Failure, paint: Paint) -> Iterator[str]:
    if failure.expected is None or failure.actual is None:
        return
    expected, actual = failure.expected.splitlines() or [""], failure.actual.splitlines() or [""]
    if len(expected) > 1 or len(actual) > 1:
        for line in difflib.unified_diff(expected, actual, lineterm="", n=2):
            if line.startswith(("---", "+++", "@@")):
                continue
            label, colour = {"-": ("expected", "good"), "+": ("actual", "bad")}.get(line[:1], ("", "dim"))
            yield paint(colour, clean(f"{label.ljust(8)} {line[1:]}"))
        return
    yield paint("good", f"expected {clean(expected[0])}")
    yield paint("bad", f"actual   {clean(actual[0])}")


def _conversation(result: Result, failure: Failure, paint: Paint) -> Iterator[str]:
    spoken = result.conversation[: failure.spoken]
    if len(spoken) > MOST_LINES:
        yield paint("dim", f"… {len(spoken) - MOST_LINES} more before")
    yield from (_said(who, text, paint) for who, text in spoken[-MOST_LINES:])


def trace_lines(steps: Sequence[Mapping[str, Any]], paint: Paint = plain) -> Iterator[str]:
    """Why a turn went where it went: node by node."""
    if len(steps) > MOST_STEPS:
        yield paint("dim", f"… {len(steps) - MOST_STEPS} more before")
    for step in steps[-MOST_STEPS:]:
        parts = [f"{step['flow']}/{step['node']}", paint("dim", str(step["type"]))]
        for name in ("saw", "changed"):
            if name in step:
                parts.append(f"{name} {_short(step[name])}")
        if "went" in step:
            parts.append(f"→ {clean(str(step['went']))}")
        if "error" in step:
            parts.append(paint("bad", clean(str(step["error"]))))
        yield "  ".join(parts)


def summary(results: Sequence[Result], seconds: float, paint: Paint = plain) -> str:
    """The last line: ``1 failed, 12 passed, 1 skipped; 64 steps in 0.3 s``."""
    counts = {status: sum(result.status == status for result in results) for status in MARKS}
    failed = counts["failed"] + counts["error"]
    parts = [f"{failed} failed"] if failed else []
    parts.append(f"{counts['passed']} passed")
    parts += [f"{counts['skipped']} skipped"] if counts["skipped"] else []
    steps = sum(result.steps for result in results)
    return (
        paint("bold_bad" if failed else "bold_good", ", ".join(parts)) + f"; {steps} steps in {seconds:.1f} s"
    )


def coverage_lines(coverage: Coverage, paint: Paint = plain) -> Iterator[str]:
    """A table of the flows, and what no test went through."""
    rows = [("FLOW", "NODES", "", "EDGES", "")]
    for name, flow in coverage.flows.items():
        (nodes, all_nodes), (edges, all_edges) = flow.nodes, flow.edges
        rows.append((name, f"{nodes}/{all_nodes}", _percent(nodes, all_nodes),
                     f"{edges}/{all_edges}", _percent(edges, all_edges)))  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for number, row in enumerate(rows):
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        line = "  ".join([row[0].ljust(widths[0]), *cells[1:]]).rstrip()
        yield paint("dim", line) if number == 0 else line
    yield paint("bold", f"{coverage.percent:.1f} % of nodes and edges")
    for flow in coverage.flows.values():
        for gap in flow.gaps[:MOST_GAPS]:
            yield f"  {gap.file}:{gap.line}: {paint('warning', clean(str(gap)))}"
        if len(flow.gaps) > MOST_GAPS:
            yield paint("dim", f"  … {len(flow.gaps) - MOST_GAPS} more of {flow.flow}")


def to_json(results: Sequence[Result], seconds: float, coverage: Coverage | None) -> dict[str, Any]:
    """For programs: ``{tests: […], passed, failed, skipped, steps, seconds, coverage}``."""
    counts = {status: sum(result.status == status for result in results) for status in MARKS}
    report: dict[str, Any] = {
        "tests": [_result_json(result) for result in results],
        "passed": counts["passed"],
        "failed": counts["failed"] + counts["error"],
        "skipped": counts["skipped"],
        "steps": sum(result.steps for result in results),
        "seconds": round(seconds, 3),
    }
    if coverage is not None:
        report["coverage"] = coverage.to_json()
    return report


def _result_json(result: Result) -> dict[str, Any]:
    return {
        "file": result.file.file,
        "line": result.test.line,
        "flow": result.file.flow,
        "name": result.test.name,
        "status": result.status,
        "seconds": round(result.seconds, 4),
        "steps": result.steps,
        "failures": [
            {
                "line": failure.line,
                "message": failure.message,
                "expected": failure.expected,
                "actual": failure.actual,
                "trace": list(failure.trace),
            }
            for failure in result.failures
        ],
        "conversation": [{"who": who, "text": text} for who, text in result.conversation],
    }


def clean(text: str) -> str:
    """On one line, without what a terminal would obey."""
    return "".join(char if char.isprintable() else "⏎" if char == "\n" else "·" for char in text)


def _short(value: Any, room: int = 100) -> str:
    text = clean(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= room else text[: room - 1] + "…"


def _percent(done: int, count: int) -> str:
    return f"{percent(done, count):.0f} %"
