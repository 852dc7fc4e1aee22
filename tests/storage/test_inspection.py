"""What `flowhook storage check` finds: nothing in a database that lived, and what somebody broke, in both."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.postgres_server import execute

from flowhook.errors import StorageError
from flowhook.harness.clocks import FakeClock
from flowhook.storage import inspect_store, open_store

from .conftest import Desk

Change = Callable[[str], None]


@pytest.fixture(params=["file", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Change]:
    """An empty one, and a way to change its rows by hand."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("empty_postgres")
        return url, lambda sql: execute(url, sql)

    def by_hand(sql: str) -> None:
        with sqlite3.connect(tmp_path / "flowhook.db") as db:
            db.execute(sql)
        db.close()

    return f"sqlite:///{tmp_path}/flowhook.db", by_hand


async def live(url: str) -> None:
    """Sessions of each kind: delivered, waiting, gone, and with a dead delivery sent again by hand."""
    clock = FakeClock()
    store = open_store(url, clock)
    await store.open()
    try:
        await _live(Desk(store, clock))
    finally:
        await store.close()


async def _live(desk: Desk) -> None:
    for name in ("delivered", "waits", "gone", "again"):
        await desk.exchange(desk.session(name), "one", "two")
    for delivery in await desk.due():
        if delivery.user_id != "waits":
            following = await desk.deliver(delivery, "dead" if delivery.user_id == "again" else "delivered")
            assert following is not None
            await desk.deliver(following)
            if delivery.user_id == "again":
                await desk.exchange(desk.session("again"), "three")
                await desk.store.outbox.replay([delivery.delivery_id], desk.clock.now())
    await desk.say(desk.session("waits"))
    await desk.store.sessions.forget(ref=desk.session("gone"))


async def test_what_lived_is_whole(database: tuple[str, Change]) -> None:
    """Nothing is found in sessions of each kind, and they are counted."""
    url, _ = database
    await live(url)
    inspection = await inspect_store(url)
    assert inspection.findings == []
    assert (inspection.is_whole, inspection.is_judged, inspection.sessions) == (True, True, 3)
    assert inspection.pending == 4
    assert "password" not in inspection.database


@pytest.mark.parametrize(
    ("rule", "sql"),
    [
        ("backlog", "UPDATE sessions SET backlog = 7 WHERE user_id = 'waits'"),
        ("inbox-sequence", "UPDATE sessions SET next_in = next_in + 1 WHERE user_id = 'waits'"),
        ("outbox-sequence", "UPDATE sessions SET next_out = next_out + 1 WHERE user_id = 'waits'"),
        ("session-count", "UPDATE {counters} SET value = value + 1"),
    ],
)
async def test_what_was_broken_is_found(database: tuple[str, Change], rule: str, sql: str) -> None:
    """Changed by hand, and told with the session it is about."""
    url, by_hand = database
    await live(url)
    by_hand(sql.format(counters="counters" if url.startswith("sqlite") else "session_counts"))
    inspection = await inspect_store(url)
    (finding,) = inspection.findings
    assert finding.rule == rule
    if rule != "session-count":
        assert finding.examples == ["web waits s1"]


async def test_what_is_no_database_of_ours_is_refused(tmp_path: Path, postgres_server: Any) -> None:
    """With a sentence, and nothing is made there."""
    with pytest.raises(StorageError, match="there is no database"):
        await inspect_store(f"sqlite:///{tmp_path}/none.db")
    with sqlite3.connect(tmp_path / "other.db") as db:
        db.execute("CREATE TABLE notes (x)")
    db.close()
    with pytest.raises(StorageError, match="no database of flowhook"):
        await inspect_store(f"sqlite:///{tmp_path}/other.db")
    with pytest.raises(StorageError, match="holds nothing of flowhook"):
        await inspect_store(postgres_server.url("postgres"))
