"""``GET /api/analytics``: a stream, pages and CSV over a real socket; tests only where they are asked for."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from flowhook.web.admin import analytics

from .conftest import Start
from .kit import ADMIN, Project


async def _get(live: Any, **query: Any) -> Any:
    return await live.http.get("/api/analytics", params=query, headers=ADMIN)


async def test_analytics_by_http(project: Project, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one piece of a stream; a page leads to the next; what is wrong in the query is a 400."""
    monkeypatch.setattr(analytics, "PIECE", 2)
    project.flow("door", "nodes: [{say: Hello.}]")
    project.endpoint("door")
    live = await start()
    assert (await _get(live)).json() == {"records": [], "next": None}
    for number in range(5):
        await live.say("door", f"text {number}")
    await live.say("door", "a test", session="t", route="/test")
    texts = [f"text {number}" for number in range(5)]
    streamed = (await _get(live)).json()
    assert [record["inputText"] for record in streamed["records"]] == texts
    assert streamed["next"] is None
    tested = (await _get(live, tests=1)).json()["records"]
    assert [(record["inputText"], record["test"]) for record in tested[-2:]] == [
        ("text 4", False),
        ("a test", True),
    ]
    paged: list[str] = []
    after = None
    while True:
        page = (await _get(live, limit=2, **({"after": after} if after else {}))).json()
        paged += [record["inputText"] for record in page["records"]]
        after = page["next"]
        if after is None:
            break
    assert paged == texts
    table = await _get(live, format="csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert [row["inputText"] for row in csv.DictReader(io.StringIO(table.text))] == texts
    for wrong in (
        {"from": "soon"},
        {"to": "99999-01-01"},
        {"after": "x"},
        {"format": "xml"},
        {"limit": 5000},
    ):
        answer = await _get(live, **wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
    assert (await live.http.get("/api/analytics")).status_code == 401


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"), ("+49 30", "'+49 30"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
        ("  =1", "'  =1"), ("＝1", "'＝1"), ("1=1", "1=1"), ("plain, text", "plain, text"),
        ('say "hi"', 'say "hi"'), ("two\nlines", "two\nlines"),
    ],
)  # fmt: skip
def test_cells_of_csv(text: str, cell: str) -> None:
    """What a spreadsheet would compute is text; everything else arrives as it was."""
    from flowhook.runtime.observe.analytics_csv import csv_line, header_line

    written = header_line() + csv_line({"inputText": text, "ms": -1.5})
    (row,) = csv.DictReader(io.StringIO(written, newline=""))
    assert (row["inputText"], row["ms"], row["intent"]) == (cell, "-1.5", "")
