"""The database as a file: who may use it, whether it is still the same one, and what holds when it is not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.machine import PATIENCE
from tests.storage.conftest import Desk

from flowhook.errors import StorageError
from flowhook.harness.clocks import FakeClock
from flowhook.storage import cached_counts, open_store
from flowhook.storage.cached_counts import CachedCounts
from flowhook.storage.protocols import Store
from flowhook.storage.sqlite import database, integrity, log, retention, writer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database lies, in a directory of its own."""
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "flowhook.db"


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Desk]:
    """One life of a server on the file."""
    clock = FakeClock()
    store = open_store(f"sqlite:///{path}", clock)
    await store.open()
    try:
        yield Desk(store, clock)
    finally:
        await store.close()


async def fails_to_open(path: Path, message: str) -> None:
    with pytest.raises(StorageError, match=message):
        async with opened(path):
            pass


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that happens on another thread soon."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


# --- one process ----------------------------------------------------------------------------------


@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symbolic", "hard"])
async def test_a_link_is_no_second_database(path: Path, tmp_path: Path, link: Any) -> None:
    """Whatever the path: the file is what is locked."""
    async with opened(path):
        other = tmp_path / "other.db"
        link(path, other)
        await fails_to_open(other, "is in use by")
    async with opened(other) as desk:
        await desk.say()
    async with opened(path) as desk:
        assert (await desk.store.counts())["queued"] == 1


async def test_a_removed_lock_file_lets_nobody_in(path: Path) -> None:
    """It is there for people; the lock is on the database."""
    async with opened(path):
        path.with_name("flowhook.db.lock").unlink()
        await fails_to_open(path, "is in use by")


@pytest.mark.parametrize("happens", ["removed", "replaced"])
async def test_a_file_that_is_taken_away_is_noticed(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, happens: str
) -> None:
    """Nothing more is promised, since it would be lost with the process; put back, all goes on."""
    monkeypatch.setattr(writer, "LOOK_SECONDS", 0.0)
    async with opened(path) as desk:
        await desk.say()
        kept = tmp_path / "kept.db"
        path.rename(kept)  # noqa: ASYNC240
        if happens == "replaced":
            path.write_bytes(b"")  # noqa: ASYNC240
        with pytest.raises(StorageError, match=f"was {happens} while the server runs"):
            await desk.say()
        with pytest.raises(StorageError, match=happens):
            await desk.store.check()
        kept.replace(path)
        await desk.store.check()
        assert (await desk.say()).backlog == 2


# --- epochs -----------------------------------------------------------------------------------------


async def deliver_one(path: Path) -> str:
    """One life in which a session says something; the id of the delivery."""
    async with opened(path) as desk:
        return str((await desk.exchange()).deliveries[0].delivery_id)


def epoch_of(delivery_id: str) -> str:
    return delivery_id[-8:]


async def test_an_epoch_lasts_over_restarts(path: Path) -> None:
    """In order, and after a death in the middle."""
    first, second = await deliver_one(path), await deliver_one(path)
    copy = path.with_name("as-it-was")
    copy.mkdir()
    async with opened(path) as desk:
        third = (await desk.exchange()).deliveries[0].delivery_id
        died = {name: (path.parent / name).read_bytes() for name in ("flowhook.db", "flowhook.db-wal")}
        epoch = path.with_name("flowhook.db.epoch").read_bytes()
    path.with_name("flowhook.db.epoch").write_bytes(epoch)
    for name, content in died.items():  # into the same inode, as a machine that lost its power has it
        (path.parent / name).write_bytes(content)
    fourth = await deliver_one(path)
    assert {epoch_of(id) for id in (first, second, third, fourth)} == {epoch_of(first)}
    assert len({first, second, third, fourth}) == 4


async def test_a_backup_that_is_put_back_gives_no_id_twice(
    path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What was made after the backup had ids that come again for other content, were it not for the epoch.
    What was pending in the backup keeps its id: it is the same content."""
    backup = tmp_path / "backup.db"
    async with opened(path) as desk:
        before = (await desk.exchange()).deliveries[0].delivery_id
        with sqlite3.connect(path) as db:
            db.execute("VACUUM INTO ?", (str(backup),))
        db.close()
        lost = (await desk.exchange()).deliveries[0].delivery_id
    with backup.open("rb") as old, path.open("r+b") as new:  # even into the same inode
        new.truncate()
        shutil.copyfileobj(old, new)
    async with opened(path) as desk:
        (pending,) = await desk.due()
        assert pending.delivery_id == before
        again = (await desk.exchange()).deliveries[0].delivery_id
        assert again[:-8] == lost[:-8]
        assert again != lost
        assert await desk.store.outbox.get(lost) is None
        shown = await desk.store.outbox.get(again)
        assert shown is not None
    assert "new epoch" in caplog.text
    assert epoch_of(await deliver_one(path)) == epoch_of(again)


@pytest.mark.parametrize("what", ["moved", "copied", "lost"])
async def test_whatever_is_not_the_same_file_is_a_new_epoch(path: Path, what: str) -> None:
    """Also where the seals beside were copied with it."""
    first = await deliver_one(path)
    if what == "lost":
        path.unlink()  # noqa: ASYNC240
    elif what == "copied":
        copy = path.with_name("copy.db")
        shutil.copy(path, copy)
        copy.replace(path)
    else:
        path.with_name("flowhook.db.epoch").unlink()
    second = await deliver_one(path)
    assert epoch_of(first) != epoch_of(second)


async def test_backups_of_a_long_run_are_told_apart_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The seal changes while the server runs: a backup of an hour ago is one, even after kill -9."""
    monkeypatch.setattr(writer, "REST_SECONDS", 0.01)
    monkeypatch.setattr(database, "SEAL_SECONDS", 0.0)
    seals = path.with_name("flowhook.db.epoch")
    async with opened(path) as desk:
        before = seals.read_bytes()
        await desk.say()
        await until(lambda: seals.read_bytes() != before)


async def test_an_epoch_without_a_place_beside_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, a directory: the server runs, and the next start begins a new epoch."""
    path.with_name("flowhook.db.epoch").mkdir()
    first, second = await deliver_one(path), await deliver_one(path)
    assert epoch_of(first) != epoch_of(second)


# --- the log --------------------------------------------------------------------------------------


async def test_a_file_at_rest_is_whole_without_its_log(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever copies flowhook.db alone while nothing is written has everything."""
    monkeypatch.setattr(writer, "REST_SECONDS", 0.01)
    copy = tmp_path / "copy.db"

    def inbounds() -> int:
        """How many a copy has, or 0 of one that was made while it was written."""
        shutil.copy(path, copy)
        with contextlib.closing(sqlite3.connect(copy)) as db, contextlib.suppress(sqlite3.DatabaseError):
            return int(db.execute("SELECT count(*) FROM inbox").fetchone()[0])
        return 0

    async with opened(path) as desk:
        for _ in range(3):
            await desk.say()
        await until(lambda: inbounds() == 3)


async def test_on_a_small_disk_the_log_is_short(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes an eighth of what is free, not 32 MB."""
    free = SimpleNamespace(f_bavail=2048, f_frsize=4096)  # 8 MiB
    monkeypatch.setattr(log.os, "statvfs", lambda _: free)
    async with opened(path) as desk:
        for number in range(600):
            await desk.say(desk.session(f"u{number}"), "x" * 3000)
        assert path.with_name("flowhook.db-wal").stat().st_size < 1.3 * 1024 * 1024


# --- trouble --------------------------------------------------------------------------------------


def spoil(path: Path) -> None:
    """Overwrite the middle of a file."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * 8192)


async def filled(path: Path) -> None:
    async with opened(path) as desk:
        for number in range(100):
            await desk.exchange(desk.session(f"u{number}"))


async def test_a_damaged_file_is_told_at_the_start(path: Path) -> None:
    """In a sentence that says what to do."""
    await filled(path)
    spoil(path)
    await fails_to_open(path, r"is damaged \(.+\)\. Put a backup in its place, .*recover")


async def test_of_a_large_file_the_small_tables_are_looked_at(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a start takes no longer, however much is stored."""
    await filled(path)
    monkeypatch.setattr(integrity, "LARGE_BYTES", 0)
    asked: list[str] = []
    checks = integrity._checks
    monkeypatch.setattr(integrity, "_checks", lambda *of: asked.extend(checks(*of)) or asked)
    async with opened(path):
        assert "PRAGMA quick_check(settings)" in asked
        assert not any("inbox" in query for query in asked)


async def test_a_look_that_takes_too_long_is_broken_off(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the server starts."""
    await filled(path)
    monkeypatch.setattr(integrity, "SECONDS", -1.0)
    monkeypatch.setattr(integrity, "_STEPS", 1)
    async with opened(path) as desk:
        await desk.store.check()


async def test_damage_that_shows_later_is_remembered(path: Path) -> None:
    """A read that meets it fails with a sentence, and the store is not well from then on."""
    await filled(path)
    async with opened(path) as desk:
        store: Any = desk.store
        await desk.store.check()

        def broken(_: sqlite3.Connection) -> None:
            error = sqlite3.DatabaseError("database disk image is malformed")
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error

        with pytest.raises(StorageError, match="file is damaged"):
            await store.outbox._read(store.database.reads, broken)
        with pytest.raises(StorageError, match="file is damaged"):
            await desk.store.check()


async def test_a_full_disk_is_told_and_forgotten(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as nothing can be written the store is not well; once there is room it is, also when nobody
    writes meanwhile."""
    async with opened(path) as desk:
        await desk.say()
        store: Any = desk.store
        (writing, *_) = store.database._connections
        await writing.run(lambda db: db.execute("PRAGMA max_page_count = 1"))
        with pytest.raises(StorageError, match="disk is full"):
            await desk.say(text="x" * 20_000)
        assert store.database.writer.trouble is not None
        await writing.run(lambda db: db.execute("PRAGMA max_page_count = 1000000"))
        await desk.store.check()
        assert store.database.writer.trouble is None
        monkeypatch.setattr(database.os, "statvfs", lambda _: SimpleNamespace(f_bavail=10, f_frsize=4096))
        with pytest.raises(StorageError, match="disk is full"):
            await desk.store.check()


@pytest.mark.parametrize("store_url", ["file", "memory"], indirect=True)
async def test_the_price_of_a_check_does_not_grow(store: Store, desk: Desk) -> None:
    """It asks for one row, however many wait."""
    statements: list[str] = []
    sqlite: Any = store
    for number in range(50):
        await desk.exchange(desk.session(f"u{number}"))
    await sqlite.database.reads.run(lambda db: db.set_trace_callback(statements.append))
    await store.check()
    assert statements == ["SELECT number FROM epoch"]


# --- other people's files -------------------------------------------------------------------------


async def test_places_that_cannot_be_used_are_told_in_a_sentence(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be done, where, and whose it is; not a traceback."""
    real = os.open

    def refuses(name: Any, *more: Any) -> int:
        if str(name).endswith(".lock"):
            raise PermissionError(13, "Permission denied", str(name))
        return real(name, *more)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuses)
        message = rf"cannot use the database {path}: Permission denied \({path}.lock\); .* belongs to"
        await fails_to_open(path, message)
    circle = tmp_path / "circle.db"
    circle.symlink_to(circle)
    await fails_to_open(circle, "circle of links")
    (tmp_path / "file").write_text("")
    await fails_to_open(tmp_path / "file" / "flowhook.db", "cannot use the database")


async def test_a_slow_count_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """By all who ask meanwhile, and for many times as long as it took; a quick one never."""
    monkeypatch.setattr(cached_counts, "REUSE", PATIENCE / 0.06)
    monkeypatch.setattr(cached_counts, "SLOW_SECONDS", 0.05)
    counted = 0

    async def count() -> dict[str, int]:
        nonlocal counted
        counted += 1
        await asyncio.sleep(seconds)
        return {"pending": counted}

    seconds = 0.06
    slow = CachedCounts(count)
    assert await asyncio.gather(*(slow.get() for _ in range(20))) == [{"pending": 1}] * 20
    seconds = 0.0
    monkeypatch.setattr(cached_counts, "SLOW_SECONDS", PATIENCE)
    quick = CachedCounts(count)
    assert [await quick.get() for _ in range(2)] == [{"pending": 2}, {"pending": 3}]


async def test_pages_are_given_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Piece by piece, until no more than a reserve is free; that is written again before the file grows."""
    monkeypatch.setattr(retention, "RESERVE_PAGES", 10)
    monkeypatch.setattr(retention, "SHRINK_PAGES", 20)
    async with opened(path) as desk:
        for number in range(60):
            committed = await desk.exchange(desk.session(f"u{number}"), "x" * 8000)
            await desk.deliver(committed.deliveries[0])
        later = desk.clock.now() + 200
        given_back = []
        while any((gone := await desk.store.retention.sweep(later, {"transcripts": 100.0})).values()):
            given_back.append(gone["pages"])
    assert max(given_back) == 20
    assert sum(given_back) >= 60
    assert path.stat().st_size < 60 * 8000  # noqa: ASYNC240
