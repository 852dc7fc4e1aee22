"""All that a database holds, in another one of the other kind, and back."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.postgres_server import fetch

from flowhook.errors import StorageError
from flowhook.harness.clocks import FakeClock
from flowhook.storage import copy_store, copying, inspect_store, open_store
from flowhook.storage.copying import NOT_COPIED, TABLES, Table
from flowhook.storage.ownership import PeerListener
from flowhook.storage.postgres import copying as postgres_copying
from flowhook.storage.postgres.copying import PostgresTarget
from flowhook.storage.sqlite import copying as sqlite_copying
from flowhook.storage.sqlite.copying import SqliteTarget, open_target

from .conftest import Desk
from .test_inspection import live

ROWS = 7  #: of each table, in pieces of three


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that each table takes several."""
    for module in (copying, postgres_copying, sqlite_copying):
        monkeypatch.setattr(module, "PIECE", 3)


def value(column: tuple[Any, ...], flags: set[str], number: int) -> Any:
    """Something of the type of a column, NULL now and then where it may be."""
    _, name, kind, not_null, _, _ = column
    if name in flags:
        return number % 2 == 0
    if not not_null and number % 3 == 2:
        return None
    made = {
        "INTEGER": number + 1,
        "REAL": number + 0.1,
        "TEXT": f"{name} é{number}",
        "BLOB": bytes([number] * 16),
    }
    return "" if (name, number) == ("endpoint", 3) else made[kind]


async def fill(path: Path) -> None:
    """Rows in every table, with something in every column."""
    async with open_target(path) as target:
        await target.begin({})
        with sqlite3.connect(path) as db:
            for table in TABLES:
                seen_as = {"states": "sessions", "profiles": "endpoint_profiles"}.get(table.name, table.name)
                columns = {column[1]: column for column in db.execute(f"PRAGMA table_info({seen_as})")}
                for name in table.key:
                    columns[name] = (*columns[name][:3], 1, None, 0)
                if table.name == "states":
                    columns["state"] = (*columns["state"][:3], 1, None, 0)
                flags = {table.columns[at] for at in table.flags}
                rows = [[value(columns[name], flags, n) for name in table.columns] for n in range(ROWS)]
                await target.write(table, rows, "[]")
        db.close()
        await target.finish()


async def contents(path: Path) -> dict[str, list[Any]]:
    """All rows of a file, by table."""
    async with open_target(path) as target:
        found = {}
        for table in TABLES:
            rows = [tuple(row) async for rows in copying._pieces(table, target) for row in rows]
            found[table.name] = sorted(rows, key=repr)
        return found


async def test_there_and_back(tmp_path: Path, empty_postgres: str) -> None:
    """Every column of every table arrives, in both directions, and is counted."""
    await fill(tmp_path / "a.db")
    first = f"sqlite:///{tmp_path}/a.db"
    told: list[str] = []
    copied = await copy_store(first, empty_postgres, tell=lambda table, rows: told.append(table))
    assert copied.rows == dict.fromkeys((table.name for table in TABLES), ROWS)
    assert list(dict.fromkeys(told)) == [table.name for table in TABLES]
    back = await copy_store(empty_postgres, f"sqlite:///{tmp_path}/b.db")
    assert back.rows == copied.rows
    assert await contents(tmp_path / "a.db") == await contents(tmp_path / "b.db")
    store = open_store(f"sqlite:///{tmp_path}/b.db", FakeClock())
    await store.open()
    assert (await store.counts())["sessions"] == 5
    await store.close()


async def test_a_file_into_a_file(tmp_path: Path) -> None:
    """The same kind twice works, too."""
    await fill(tmp_path / "a.db")
    await copy_store(f"sqlite:///{tmp_path}/a.db", f"sqlite:///{tmp_path}/b.db")
    assert await contents(tmp_path / "a.db") == await contents(tmp_path / "b.db")


Way = tuple[str, str]


@pytest.fixture(params=["into postgres", "into a file"])
async def way(request: pytest.FixtureRequest, tmp_path: Path, empty_postgres: str) -> Way:
    """From a database in which something happened to one of the other kind."""
    file = f"sqlite:///{tmp_path}/flowhook.db"
    source, target = (file, empty_postgres) if request.param == "into postgres" else (empty_postgres, file)
    await live(source)
    return source, target


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Desk]:
    clock = FakeClock()
    store = open_store(url, clock)
    await store.open()
    try:
        yield Desk(store, clock)
    finally:
        await store.close()


async def test_sessions_go_on_in_the_copy(way: Way) -> None:
    """Deliveries that wait keep their ids, new ones have ids that the old database never gives."""
    source, target = way
    await copy_store(source, target)
    assert (await inspect_store(target)).findings == []
    async with opened(source) as desk:
        waiting = {delivery.delivery_id for delivery in await desk.due()}
        old = (await desk.exchange(desk.session("delivered"), "more")).deliveries[0]
    async with opened(target) as desk:
        assert {delivery.delivery_id for delivery in await desk.due()} == waiting
        new = (await desk.exchange(desk.session("delivered"), "more")).deliveries[0]
        assert (new.sequence, new.delivery_id != old.delivery_id) == (old.sequence, True)
        fresh = await desk.exchange(desk.session("fresh"), "hello")
        assert len(fresh.deliveries) == 1
    assert (await inspect_store(target)).findings == []


class Interrupted(Exception):
    """Somebody pressed Ctrl+C."""


async def interrupted(source: str, target: str, table: str) -> None:
    """Copy until a table is reached that has rows."""

    def tell(name: str, rows: int) -> None:
        if name == table and rows:
            raise Interrupted

    with pytest.raises(Interrupted):
        await copy_store(source, target, tell=tell)


async def test_an_interrupted_copy_goes_on(way: Way) -> None:
    """What was copied is not copied again; until it is done no server opens it, and a check tells of it."""
    source, target = way
    await interrupted(source, target, "outbox")
    with pytest.raises(StorageError, match="unfinished copy"):
        async with opened(target):
            pass
    assert (await inspect_store(target)).findings[0].rule == "unfinished-copy"
    copied = await copy_store(source, target)
    before = ("settings", "sessions", "states", "inbox")
    assert copied.resumed == 3 + sum(copied.rows[name] for name in before)
    assert (await inspect_store(target)).findings == []


async def test_a_copy_begins_anew_when_its_source_was_used(way: Way) -> None:
    """Else it would hold half of the old and half of the new."""
    source, target = way
    await interrupted(source, target, "outbox")
    async with opened(source) as desk:
        await desk.exchange(desk.session("later"), "hello")
    copied = await copy_store(source, target)
    assert copied.resumed == 0
    assert (await inspect_store(target)).findings == []


async def test_a_target_is_not_written_over(way: Way, tmp_path: Path) -> None:
    """Neither one that holds something, nor the unfinished copy of another database."""
    source, target = way
    await interrupted(source, target, "outbox")
    await fill(tmp_path / "other.db")
    with pytest.raises(StorageError, match="unfinished copy of"):
        await copy_store(f"sqlite:///{tmp_path}/other.db", target)
    await copy_store(source, target)
    with pytest.raises(StorageError, match="is not empty: it has"):
        await copy_store(source, target)


async def test_nothing_is_copied_from_or_into_what_is_served(way: Way) -> None:
    """What is accepted meanwhile would be missing in the copy."""
    source, target = way
    for served in way:
        async with opened(served) as desk:
            await desk.store.ownership.start(PeerListener())
            with pytest.raises(StorageError, match=r"in use by|1 servers run on"):
                await copy_store(source, target)
    await copy_store(source, target)


async def test_a_copy_that_differs_is_told(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that the target keeps otherwise; once the target does its work, the copy succeeds."""
    source, target = way
    with monkeypatch.context() as patch:
        for kind in (SqliteTarget, PostgresTarget):
            patch.setattr(kind, "write", changing(kind.write))
        for _ in range(2):
            with pytest.raises(StorageError, match=r"the copy of sessions differs: 4 rows .* other contents"):
                await copy_store(source, target)
    await copy_store(source, target)
    assert (await inspect_store(target)).findings == []


def changing(write: Any) -> Any:
    """A target that keeps another revision."""

    async def changed(self: Any, table: Table, rows: Any, mark: str) -> None:
        if table.name == "sessions":
            at = table.columns.index("revision")
            rows = [(*row[:at], row[at] + 1, *row[at + 1 :]) for row in rows]
        await write(self, table, rows, mark)

    return changed


async def test_each_piece_is_found_by_an_index(tmp_path: Path) -> None:
    """Else a copy would take the square of its time: no table is walked over, or sorted, for a piece."""
    await fill(tmp_path / "a.db")
    statements: list[str] = []
    with sqlite3.connect(tmp_path / "a.db") as db:
        db.set_trace_callback(statements.append)
        for table in TABLES:
            rows = sqlite_copying._rows(db, table, None)
            sqlite_copying._rows(db, table, table.key_of(rows[-1]))
        db.set_trace_callback(None)
        behind = [statement for statement in statements if " > " in statement]
        plans = [row[3] for statement in behind for row in db.execute(f"EXPLAIN QUERY PLAN {statement}")]
    db.close()
    assert len(behind) >= len(TABLES)
    assert [step for step in plans if step.startswith("SCAN") and "subquery" not in step] == []


async def test_every_table_and_column_is_copied(tmp_path: Path, empty_postgres: str) -> None:
    """A migration that adds one has to add it here: what is forgotten would be lost without a word."""
    async with opened(f"sqlite:///{tmp_path}/x.db"), opened(empty_postgres):
        pass
    ours = {table.name: set(table.columns) for table in TABLES}
    with sqlite3.connect(tmp_path / "x.db") as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        theirs = {name: {column[1] for column in db.execute(f"PRAGMA table_info({name})")} for name in names}
    db.close()
    theirs["states"] = {"shard", "session", "state"}
    theirs["sessions"] -= {"state"}
    theirs["profiles"] = theirs.pop("endpoint_profiles") - {"row"}
    assert {name: set(columns) for name, columns in theirs.items() if name not in NOT_COPIED} == ours
    columns = fetch(
        empty_postgres,
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND is_generated = 'NEVER'",
    )
    found: dict[str, set[str]] = {}
    for table, column in columns:
        found.setdefault(table, set()).add(column)
    found["outbox"] -= {"claimed_by"}  # a process, which does not run
    assert {name: columns for name, columns in found.items() if name not in NOT_COPIED} == ours
