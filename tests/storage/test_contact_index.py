"""The index of contacts over the analytics in SQLite: who is sought is found, who is forgotten is gone."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.storage.conftest import Desk

from flowhook.harness.clocks import FakeClock
from flowhook.model.session_ref import SessionRef, contact_key
from flowhook.storage import open_store
from flowhook.storage.copying import copy_rows
from flowhook.storage.records import AnalyticsRecord
from flowhook.storage.sqlite import analytics, contact_index
from flowhook.storage.sqlite.contact_index import BLOCK
from flowhook.storage.sqlite.copying import open_source, open_target
from flowhook.storage.sqlite.migrate import migrate, shipped_migrations

USERS = ("ada", "bo", "cy", "di")


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """The schema, empty."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrate(db, shipped_migrations())
    yield db
    db.close()


def add(db: sqlite3.Connection, user: str, session: str, count: int) -> None:
    """Keep so many records."""
    ref = SessionRef("web", user, session)
    row = AnalyticsRecord(1.0, "web", ref.key, contact_key(user), False, b"{}")
    db.execute("BEGIN")
    for _ in range(count):
        analytics.keep(db, row)
    db.execute("COMMIT")


def index_all(db: sqlite3.Connection) -> None:
    """Index all records, as a sweep does."""
    while contact_index.extend_by_backlog(db):
        pass


def lose_index(db: sqlite3.Connection) -> None:
    """As it is behind the migration that made the index."""
    db.execute("DELETE FROM analytics_contacts")
    db.execute("UPDATE counters SET value = 0 WHERE name = 'analytics_indexed'")


def forget(db: sqlite3.Connection, user: str, session: bytes | None = None) -> None:
    """As the store does, in one go."""
    for block in contact_index.blocks_of(db, contact_key(user)):
        analytics.forget(db, contact_key(user), session, block)


def found(db: sqlite3.Connection, user: str) -> list[int]:
    """The rows of a user's records."""
    rows = db.execute(analytics.OF_USER, {"contact": contact_key(user)}).fetchall()
    return sorted(row[-1] for row in rows)


def there(db: sqlite3.Connection, user: str) -> list[int]:
    """The same, by reading all."""
    query = "SELECT row FROM analytics WHERE contact = ? ORDER BY row"
    return [row for (row,) in db.execute(query, (contact_key(user),))]


def contacts(db: sqlite3.Connection) -> set[bytes]:
    """Whom the index knows."""
    return {contact for (contact,) in db.execute("SELECT contact FROM analytics_contacts")}


@pytest.mark.parametrize("seed", range(6))
def test_index_and_table_agree_whatever_happens(db: sqlite3.Connection, seed: int) -> None:
    """Records come, an older database is opened, users and sessions are forgotten, what is old goes."""
    chance = random.Random(seed)
    for _ in range(50):
        user, session = chance.choice(USERS), chance.choice("12")
        match chance.choice(("add", "add", "add", "lose", "index", "forget", "forget session", "drop")):
            case "add":
                add(db, user, session, chance.choice((1, 7, 900, BLOCK - 1, BLOCK)))
            case "lose":
                lose_index(db)
            case "index":
                index_all(db)
            case "forget":
                forget(db, user)
                assert there(db, user) == []
            case "forget session":
                key = SessionRef("web", user, session).key
                forget(db, user, key)
                left = db.execute("SELECT count(*) FROM analytics WHERE session = ?", (key,)).fetchone()
                assert left == (0,)
            case "drop":
                oldest = db.execute(
                    "SELECT row FROM analytics ORDER BY row LIMIT ?", (chance.choice((1, 500, 2 * BLOCK)),)
                ).fetchall()
                assert analytics.drop(db, [row for (row,) in oldest]) == len(oldest)
        for one in USERS:
            assert found(db, one) == there(db, one)


def test_a_number_that_is_given_again_is_found(db: sqlite3.Connection) -> None:
    """The last rows are forgotten, so SQLite gives their numbers to others: their block is read anew."""
    add(db, "ada", "1", BLOCK - 11)
    add(db, "bo", "1", 20)  # over the end of the block
    assert contacts(db) == {contact_key("ada"), contact_key("bo")}
    forget(db, "bo")
    add(db, "cy", "1", 5)
    assert len(found(db, "cy")) == 5
    add(db, "ada", "1", 20)
    assert len(found(db, "cy")) == 5
    assert contacts(db) == {contact_key("ada"), contact_key("cy")}


def test_nothing_is_left_of_who_is_gone(db: sqlite3.Connection) -> None:
    """Neither after a user was forgotten nor after what is old was dropped does the index hold his hash."""
    add(db, "ada", "1", BLOCK)
    add(db, "bo", "1", BLOCK)
    add(db, "cy", "1", BLOCK)
    forget(db, "bo")
    assert contacts(db) == {contact_key("ada"), contact_key("cy")}
    analytics.drop(db, there(db, "ada"))
    assert contacts(db) == {contact_key("cy")}
    analytics.drop(db, there(db, "cy"))
    assert contacts(db) == set()


def test_a_user_among_many_is_found_without_reading_all(db: sqlite3.Connection) -> None:
    """The work is that of the blocks that tell of him, however many there are."""

    def steps() -> int:
        count = 0

        def step() -> None:
            nonlocal count
            count += 1

        db.set_progress_handler(step, 1000)
        assert len(found(db, "bo")) == 3
        db.set_progress_handler(None, 0)
        return count

    add(db, "bo", "1", 3)
    add(db, "ada", "1", 2 * BLOCK)
    few = steps()
    add(db, "ada", "1", 20 * BLOCK)
    assert steps() <= few + 2
    lose_index(db)
    assert steps() > 5 * few
    index_all(db)
    assert steps() <= few + 2


def test_an_older_database_is_opened() -> None:
    """With records of a time when each had its place in an index; nothing is read for it at the start."""
    with sqlite3.connect(":memory:", isolation_level=None) as old:
        migrate(old, [migration for migration in shipped_migrations() if migration.number < 15])
        add_plainly = "INSERT INTO analytics VALUES (?, 1.0, 'web', x'00', ?, 0, x'7b7d')"
        rows = [(number, contact_key(USERS[number % 3])) for number in range(1, 2 * BLOCK)]
        old.executemany(add_plainly, rows)
        migrate(old, shipped_migrations())
        assert contacts(old) == set()
        for _ in range(2):
            assert found(old, "ada") == list(range(3, 2 * BLOCK, 3))
            index_all(old)
        forget(old, "ada")
        assert contacts(old) == {contact_key("bo"), contact_key("cy")}
    old.close()


async def test_a_copy_has_no_index_of_what_it_replaces(tmp_path: Path) -> None:
    """Else rows of the source would be taken for indexed."""
    for name, users in (("source", USERS[:1]), ("target", USERS[1:])):
        store = open_store(f"sqlite:///{tmp_path}/{name}.db", FakeClock())
        await store.open()
        await store.close()
        with sqlite3.connect(tmp_path / f"{name}.db", isolation_level=None) as db:
            for user in users:
                add(db, user, "1", BLOCK)
        db.close()
    async with (
        open_source(tmp_path / "source.db", while_served=False) as source,
        open_target(tmp_path / "target.db") as target,
    ):
        await copy_rows(source, target, lambda table, count: None, replace=True)
    with sqlite3.connect(tmp_path / "target.db") as db:
        assert contacts(db) == set()
        assert [len(found(db, user)) for user in USERS] == [BLOCK, 0, 0, 0]
    db.close()


async def test_a_sweep_indexes_and_the_store_finds(tmp_path: Path) -> None:
    """By the store as a whole: the same records before and after, and none of who is forgotten."""
    path, clock = tmp_path / "flowhook.db", FakeClock()
    store = open_store(f"sqlite:///{path}", clock)
    await store.open()
    await store.close()
    with sqlite3.connect(path, isolation_level=None) as db:
        for number in range(3):
            for user in USERS:
                add(db, user, str(number), BLOCK // 3)
        lose_index(db)
    db.close()
    store = open_store(f"sqlite:///{path}", clock)
    await store.open()
    desk = Desk(store, clock)
    for swept in (False, True):
        if swept:
            await store.retention.sweep(clock.now(), {})
        assert [len(await store.analytics.of_user(user)) for user in USERS] == [3 * (BLOCK // 3)] * 4
    await store.sessions.forget(ref=desk.session("bo", "1"))
    await store.sessions.forget(user_id="di")
    assert [len(await store.analytics.of_user(user)) for user in USERS] == [
        3 * (BLOCK // 3), 2 * (BLOCK // 3), 3 * (BLOCK // 3), 0,
    ]  # fmt: skip
    await store.close()
    with sqlite3.connect(path) as db:
        assert contacts(db) == {contact_key(user) for user in USERS[:3]}
    db.close()
