"""Sessions found by what was said in them, by where they stand, and by time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flowhook.storage.sqlite import text_search

from .conftest import Start
from .kit import ADMIN, Live, Project

FLOW = """
nodes:
  - id: greeting
    ask: {text: "What is it about, {{ input.userId }}?", type: text, store: context.about}
  - id: more
    ask: {text: "Anything \\"else\\"?", type: text, store: context.more}
  - say: "Bye."
"""


async def found(live: Live, **query: Any) -> list[str]:
    """The sessions that a search finds, all pages of it."""
    sessions: list[str] = []
    while True:
        answer = await live.http.get("/api/sessions", params=query, headers=ADMIN)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        sessions += [session["sessionId"] for session in page["sessions"]]
        if page["next"] is None:
            return sessions
        query["after"] = page["next"]


@pytest.fixture
async def live(project: Project, start: Start) -> Live:
    project.flow("desk", FLOW)
    project.flow("other", FLOW)
    project.endpoint("desk")
    project.endpoint("second", "other")
    project.endpoint("masked", "desk", privacy={"mask_analytics": True})
    live = await start()
    for session, endpoint, texts in (
        ("s1", "desk", ["hi", "My Größe is wrong"]),
        ("s2", "desk", ["hello", "the GRÖSSE", "no"]),
        ("s3", "second", ["hi"]),
        ("s4", "masked", ["my größe"]),
    ):
        for text in texts:
            await live.say(endpoint, text, session, userId=f"user-{session}")
    await live.say("desk", "", "s5", data={"topic": ["größe"]}, userId="user-s5")
    return live


async def test_by_text(live: Live) -> None:
    """Of either side, in data too, whatever its case; not where what is kept is masked."""
    assert await found(live, text="größe") == ["s5", "s2", "s1"]
    assert await found(live, text="größe", userId="user-s1") == ["s1"]
    assert await found(live, text="about, USER-s3?") == ["s3"]
    assert await found(live, text='Anything "else"?') == ["s2", "s1"]
    assert await found(live, text="hi", endpoint="second") == ["s3"]
    assert await found(live, text="traceId") == []
    session = (await live.api("GET", "/sessions?text=wrong"))["sessions"][0]
    assert session["found"]["text"] == "My Größe is wrong"
    receipt = await live.receipt(session["found"]["traceId"])
    assert (receipt["sessionId"], receipt["status"]) == ("s1", "done")


async def test_a_search_goes_on_where_it_stopped(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page looks at so many messages, and holds so many sessions, whatever comes first."""
    everything = await found(live, text="größe")
    monkeypatch.setattr(text_search, "SCANNED", 2)
    assert await found(live, text="größe") == everything
    assert await found(live, text="größe", limit=1) == everything


async def test_by_node(live: Live) -> None:
    """By its id in all flows, or in one, at all endpoints or at one."""
    assert await found(live, node="more") == ["s1"]
    assert sorted(await found(live, node="greeting")) == ["s3", "s4", "s5"]
    assert await found(live, node="other/greeting") == ["s3"]
    assert await found(live, node="greeting", endpoint="second") == ["s3"]
    assert await found(live, node="greeting", userId="user-s4") == ["s4"]
    assert await found(live, node="nowhere") == []
    paged = await found(live, node="greeting", limit=1)
    assert sorted(paged) == ["s3", "s4", "s5"]


async def test_by_time(live: Live) -> None:
    """Of the last activity, or of what was said."""
    now = datetime.now(UTC)
    before, after = ((now + timedelta(hours=hours)).isoformat() for hours in (-1, 1))
    everything = await found(live)
    assert len(everything) == 5
    assert await found(live, **{"from": before, "to": after}) == everything
    assert await found(live, **{"from": after}) == []
    assert await found(live, to=before) == []
    assert await found(live, text="größe", **{"from": before}) == ["s5", "s2", "s1"]
    assert await found(live, text="größe", to=before) == []
    for query in ("from=yesterday", "text=x&node=y", "text=x&after=nonsense"):
        assert (await live.http.get(f"/api/sessions?{query}", headers=ADMIN)).status_code == 400
