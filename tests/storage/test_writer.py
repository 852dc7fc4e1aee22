"""The writer: one commit for many, and one failure for one."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from flowhook.errors import StorageError
from flowhook.harness.clocks import FakeClock
from flowhook.storage import open_store
from flowhook.storage.sqlite import log
from flowhook.storage.sqlite import writer as writing
from flowhook.storage.sqlite.connection import Connection, connect_writer
from flowhook.storage.sqlite.log import WriteAheadLog
from flowhook.storage.sqlite.writer import CommitUnknown, Writer


class Bench:
    """A writer on a table of one column, with its statements on record."""

    def __init__(self, writer: Writer, connection: Connection, path: Path) -> None:
        self.writer = writer
        self.connection = connection
        self.path = path
        self.statements: list[str] = []
        self.fatal: list[Exception] = []
        self.told: list[tuple[int, float]] = []  #: of each commit: jobs and seconds

    def commits(self) -> int:
        return self.statements.count("COMMIT")

    async def rows(self) -> list[Any]:
        return await self.connection.run(lambda db: [x for (x,) in db.execute("SELECT x FROM t").fetchall()])

    def hold(self) -> threading.Event:
        """Keep the writer's thread busy, so that what is submitted meets in one batch."""
        release = threading.Event()
        self.connection.start(lambda _: _wait(release))
        return release


class LogAlone:
    """Upkeep of the log; everything else is at rest."""

    def __init__(self, path: Path) -> None:
        self.log = WriteAheadLog(path)
        self.refuses: StorageError | None = None

    def check(self) -> None:
        if self.refuses is not None:
            raise self.refuses

    def after_batch(self, db: sqlite3.Connection) -> None:
        self.log.keep_short(db)

    def at_rest(self, db: sqlite3.Connection) -> None:
        self.log.move(db)

    def now_and_then(self, db: sqlite3.Connection) -> None:
        pass

    def when_full(self, db: sqlite3.Connection) -> None:
        self.log.make_room(db)


def _wait(event: threading.Event) -> None:
    event.wait(10)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """An open writer."""
    path = tmp_path / "writer.db"
    connection = await connect_writer(str(path))
    await connection.run(lambda db: db.execute("CREATE TABLE t (x UNIQUE)"))
    fatal: list[Exception] = []
    told: list[tuple[int, float]] = []
    writer = Writer(connection, LogAlone(path), fatal.append, lambda *commit: told.append(commit))
    bench = Bench(writer, connection, path)
    bench.told = told
    bench.fatal = fatal
    await connection.run(lambda db: db.set_trace_callback(bench.statements.append))
    yield bench
    await connection.close()


def insert(db: sqlite3.Connection, x: Any) -> Any:
    """A job that works."""
    db.execute("INSERT INTO t VALUES (?)", (x,))
    return x


def refuse(db: sqlite3.Connection) -> None:
    """A job that fails before it writes."""
    raise LookupError("refused")


def break_off(db: sqlite3.Connection, x: Any) -> None:
    """A job that fails after it wrote."""
    insert(db, x)
    raise LookupError("broken")


async def test_jobs_that_meet_share_a_commit(bench: Bench) -> None:
    """Many transactions, one flush; each gets its own answer, in order."""
    release = bench.hold()
    jobs = [bench.writer.submit("", insert, number) for number in range(100)]
    release.set()
    assert await asyncio.gather(*jobs) == list(range(100))
    assert bench.commits() == 1
    assert await bench.rows() == list(range(100))


async def test_what_is_handed_in_at_once_shares_a_commit(bench: Bench) -> None:
    """The writer is told once the loop has run all that is ready, also where its thread is idle before."""

    async def message(number: int) -> int:
        return await bench.writer.submit("", insert, number)

    assert await asyncio.gather(*map(message, range(16))) == list(range(16))
    assert [jobs for jobs, _ in bench.told] == [16]


@pytest.mark.parametrize(("longest", "begun_with"), [(3600.0, 20), (0.0, 2)])
async def test_a_batch_waits_while_each_pass_brings_a_job(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, longest: float, begun_with: int
) -> None:
    """The first pass of the loop without one lets it begin, or that it has waited for long enough."""
    monkeypatch.setattr(writing, "LINGER_SECONDS", longest)
    waiting: list[int] = []
    start = bench.connection.start

    def note(function: Callable[[sqlite3.Connection], None]) -> None:
        waiting.append(bench.writer.waiting)
        start(function)

    monkeypatch.setattr(bench.connection, "start", note)
    jobs = [bench.writer.submit("", insert, 0)]
    for number in range(1, 20):
        jobs.append(bench.writer.submit("", insert, number))
        await asyncio.sleep(0)
    assert await asyncio.gather(*jobs) == list(range(20))
    assert waiting[0] == begun_with


async def test_a_lone_job_waits_for_no_further_pass(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is handed in alone begins with the next pass of the loop."""
    begun = False

    def note(function: Callable[[sqlite3.Connection], None]) -> None:
        nonlocal begun
        begun = True
        start(function)

    start = bench.connection.start
    monkeypatch.setattr(bench.connection, "start", note)
    job = bench.writer.submit("", insert, 0)
    await asyncio.sleep(0)
    assert begun
    assert await job == 0


def fail_all(db: sqlite3.Connection) -> None:
    """A job that finds a disk that is full."""
    error = sqlite3.OperationalError("full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


@pytest.mark.parametrize("end", [insert, fail_all])
async def test_jobs_that_come_while_a_batch_is_written_form_the_next(bench: Bench, end: Any) -> None:
    """Its end is what lets them begin, whether it is kept or not."""
    begun, release = threading.Event(), threading.Event()

    def hold(db: sqlite3.Connection) -> None:
        begun.set()
        _wait(release)
        end(db, *(["held"] if end is insert else []))

    held = bench.writer.submit("", hold)
    await asyncio.to_thread(begun.wait, 10)
    later = [bench.writer.submit("", insert, number) for number in range(3)]
    release.set()
    assert await asyncio.gather(*later) == [0, 1, 2]
    assert isinstance(held.exception(), StorageError if end is fail_all else type(None))
    assert bench.told[-1][0] == 3


async def test_chores_and_batches_take_turns(bench: Bench) -> None:
    """Chores that follow each other keep no job waiting, and a chore alone needs no job."""
    assert await bench.writer.between(lambda db: "alone") == "alone"
    ended = False

    async def chores() -> int:
        count = 0
        while not ended:
            await bench.writer.between(lambda db: None)
            count += 1
        return count

    working = asyncio.ensure_future(chores())
    for number in range(20):
        await bench.writer.submit("", insert, number)
    ended = True
    assert await working > 0


async def test_parameters_are_bound_as_they_are(bench: Bench) -> None:
    """Bytes, yes and no, and nothing: the adapters that save a search change none of them."""

    def bound(db: sqlite3.Connection) -> tuple[Any, ...]:
        values = (b"\0x", b"", True, False, None)
        kinds = ", ".join(["?, typeof(?)"] * len(values))
        row: tuple[Any, ...] = db.execute(f"SELECT {kinds}", [v for v in values for _ in "ab"]).fetchone()
        return row

    found = await bench.writer.submit("", bound)
    assert found == (b"\0x", "blob", b"", "blob", 1, "integer", 0, "integer", None, "null")


async def test_a_batch_is_bounded(bench: Bench) -> None:
    """A flood is cut, so that the first does not wait for the last."""
    release = bench.hold()
    jobs = [bench.writer.submit("", insert, number) for number in range(writing.BATCH_LIMIT + 1)]
    assert bench.writer.waiting == writing.BATCH_LIMIT + 1
    release.set()
    await asyncio.gather(*jobs)
    assert bench.commits() == 2
    assert [jobs for jobs, _ in bench.told] == [writing.BATCH_LIMIT, 1]
    assert all(seconds > 0 for _, seconds in bench.told)


async def test_a_quiet_job_goes_with_the_next_batch(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It makes none of its own, and keeps its place in the order."""
    monkeypatch.setattr(writing, "QUIET_SECONDS", 3600.0)
    quiet = [bench.writer.submit_quietly("", insert, number) for number in range(3)]
    await bench.connection.run(lambda db: None)
    assert (bench.commits(), bench.writer.waiting) == (0, 3)
    assert await bench.writer.submit("", insert, 3) == 3
    assert await asyncio.gather(*quiet) == [0, 1, 2]
    assert bench.commits() == 1
    assert await bench.rows() == [0, 1, 2, 3]


async def test_a_quiet_job_that_comes_while_a_batch_is_written_waits_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer ends, rather than to write it alone."""
    monkeypatch.setattr(writing, "QUIET_SECONDS", 3600.0)
    release = bench.hold()
    first = bench.writer.submit("", lambda db: release.wait(10))
    release.set()
    quiet = bench.writer.submit_quietly("", insert, 1)
    await first
    assert await bench.writer.submit("", insert, 2) == 2
    assert (await quiet, bench.commits()) == (1, bench.commits())
    assert bench.commits() <= 2


async def test_a_quiet_job_waits_for_a_moment_at_most(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it has a commit of its own, which all that are quiet share."""
    monkeypatch.setattr(writing, "QUIET_SECONDS", 0.001)
    quiet = [bench.writer.submit_quietly("", insert, number) for number in range(3)]
    assert await asyncio.gather(*quiet) == [0, 1, 2]
    assert bench.commits() == 1


async def test_stopping_writes_what_is_quiet(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop does not wait for the moment."""
    monkeypatch.setattr(writing, "QUIET_SECONDS", 3600.0)
    quiet = bench.writer.submit_quietly("", insert, 1)
    await bench.writer.stop()
    assert await quiet == 1
    with pytest.raises(StorageError, match="closed"):
        await bench.writer.submit_quietly("", insert, 2)


async def test_a_quiet_job_that_fails_says_so(bench: Bench) -> None:
    """To whoever asks; the others are written."""
    broken = bench.writer.submit_quietly("", break_off, 1)
    fine = bench.writer.submit("", insert, 2)
    assert await fine == 2
    with pytest.raises(LookupError):
        await broken


async def test_a_refusal_is_ones_own(bench: Bench) -> None:
    """A job that fails before it wrote leaves the batch as it is."""
    release = bench.hold()
    refused = bench.writer.submit("", refuse)
    jobs = [bench.writer.submit("", insert, 1), refused, bench.writer.submit("", insert, 2)]
    release.set()
    answers = await asyncio.gather(*jobs, return_exceptions=True)
    assert answers[0::2] == [1, 2]
    assert isinstance(answers[1], LookupError)
    assert bench.commits() == 1


@pytest.mark.parametrize("x", [2, 1])
async def test_a_mess_is_ones_own(bench: Bench, x: int) -> None:
    """A job that fails after it wrote, or breaks a rule of the table, is undone alone."""
    release = bench.hold()
    broken = bench.writer.submit("", break_off, x)
    jobs = [bench.writer.submit("", insert, 1), broken, bench.writer.submit("", insert, 3)]
    release.set()
    answers = await asyncio.gather(*jobs, return_exceptions=True)
    assert answers[0::2] == [1, 3]
    assert isinstance(answers[1], LookupError)
    assert await bench.rows() == [1, 3]
    assert bench.commits() == 1


async def test_who_stops_waiting_changes_nothing(bench: Bench) -> None:
    """A cancelled waiter's job is done all the same, and its neighbours hear of theirs."""
    release = bench.hold()

    async def wait_for(x: int) -> Any:
        return await bench.writer.submit("", insert, x)

    waiters = [asyncio.ensure_future(wait_for(x)) for x in range(3)]
    await asyncio.sleep(0)
    waiters[1].cancel()
    await asyncio.sleep(0)
    release.set()
    answers = await asyncio.gather(*waiters, return_exceptions=True)
    assert [answers[0], answers[2]] == [0, 2]
    assert isinstance(answers[1], asyncio.CancelledError)
    assert await bench.rows() == [0, 1, 2]


async def test_a_full_disk_fails_the_batch_and_nothing_more(bench: Bench) -> None:
    """Nobody is told yes, nothing is kept, and when there is room again work goes on."""

    def limit(db: sqlite3.Connection, more: int) -> None:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + more}")

    await bench.connection.run(limit, 2)
    release = bench.hold()
    jobs = [bench.writer.submit("", insert, 1), bench.writer.submit("", insert, "x" * 100_000)]
    release.set()
    answers = await asyncio.gather(*jobs, return_exceptions=True)
    assert [str(answer) for answer in answers] == ["the disk is full"] * 2
    assert all(isinstance(answer, StorageError) for answer in answers)
    assert await bench.rows() == []
    assert bench.fatal == []
    await bench.connection.run(limit, 1000)
    assert await bench.writer.submit("", insert, 1) == 1


async def test_a_file_held_by_another_fails_the_batch(bench: Bench) -> None:
    """Somebody who writes past us makes us say no, not hang or lie."""
    await bench.connection.run(lambda db: db.execute("PRAGMA busy_timeout = 0"))
    stranger = sqlite3.connect(bench.path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked"):
        await bench.writer.submit("", insert, 1)
    stranger.execute("ROLLBACK")
    stranger.close()
    assert await bench.writer.submit("", insert, 1) == 1


async def test_an_unknown_commit_stops_everything(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An I/O error at COMMIT: the process is told to stop, and no later job is tried."""

    def commit(db: sqlite3.Connection) -> None:
        raise CommitUnknown("disk I/O error")

    release = bench.hold()
    jobs = [bench.writer.submit("", insert, 1)]
    monkeypatch.setattr(writing, "_commit", commit)
    release.set()
    (answer,) = await asyncio.gather(*jobs, return_exceptions=True)
    assert isinstance(answer, CommitUnknown)
    assert bench.fatal == [answer]
    monkeypatch.undo()
    with pytest.raises(CommitUnknown):
        await bench.writer.submit("", insert, 2)
    assert await bench.rows() == []


async def test_stopping_finishes_what_was_handed_in(bench: Bench) -> None:
    """And refuses what comes after."""
    jobs = [bench.writer.submit("", insert, number) for number in range(10)]
    await bench.writer.stop()
    assert await asyncio.gather(*jobs) == list(range(10))
    with pytest.raises(StorageError, match="closed"):
        await bench.writer.submit("", insert, 11)


async def test_a_long_log_is_moved_into_the_file(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between batches, by the writer itself, and not on every batch."""
    monkeypatch.setattr(log, "LONG_BYTES", 50_000)
    monkeypatch.setattr(log, "SHORT_BYTES", 50_000)
    await bench.connection.run(WriteAheadLog(bench.path).prepare)
    bench.writer._upkeep.log = WriteAheadLog(bench.path)  # type: ignore[union-attr]
    await bench.connection.run(lambda db: db.execute("PRAGMA journal_size_limit = 25000"))
    for number in range(10):
        await bench.writer.submit("", insert, f"{number}" * 10_000)
    await bench.writer.stop()
    checkpoints = [statement for statement in bench.statements if "wal_checkpoint" in statement]
    assert 1 <= len(checkpoints) < 10


MOMENTS = {
    "accept.before_commit": 0,
    "accept.after_commit": 1,
}


async def accept_one(url: str) -> None:
    """The life that is cut short."""
    from tests.storage.conftest import Desk

    clock = FakeClock()
    store = open_store(url, clock)
    await store.open()
    await Desk(store, clock).say()


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_death_around_the_commit(url: str, moment: str) -> None:
    """Killed before COMMIT nothing is there, killed after it everything is."""
    code = f"import asyncio, tests.storage.test_writer as t; asyncio.run(t.accept_one({url!r}))"
    root = Path(__file__).parents[2]
    environment = {**os.environ, "FLOWHOOK_FAILPOINT": moment, "PYTHONPATH": f"{root}:{root / 'server'}"}
    died = subprocess.run([sys.executable, "-c", code], env=environment, check=False)  # noqa: ASYNC221
    assert died.returncode == -signal.SIGKILL
    store = open_store(url, FakeClock())
    await store.open()
    assert (await store.counts())["queued"] == MOMENTS[moment]
    await store.close()
