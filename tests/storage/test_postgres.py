"""What is PostgreSQL's own: lost connections, batches of several processes, leases, schema and epoch."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from pydantic_core import from_json
from tests.e2e.kit import until
from tests.machine import PATIENCE
from tests.postgres_server import PostgresServer
from tests.storage.conftest import Desk

from flowhook.errors import StorageError
from flowhook.harness.clocks import FakeClock
from flowhook.storage import open_store
from flowhook.storage.ownership import PeerListener
from flowhook.storage.postgres import idempotency, inbox, locking, outbox, turns
from flowhook.storage.postgres.connection import Connection
from flowhook.storage.postgres.together import ReadTogether
from flowhook.storage.records import Accepted, AnalyticsRecord, Committed, Segment

asyncpg = pytest.importorskip("asyncpg", reason="PostgreSQL needs the extra flowhook[postgres]")


@pytest.fixture
async def desks(empty_postgres: str) -> AsyncIterator[Callable[[], Any]]:
    """Makes one process after the other on one database."""
    async with AsyncExitStack() as stack:

        async def another() -> Desk:
            clock = FakeClock()
            store = open_store(empty_postgres, clock)
            await store.open()
            stack.push_async_callback(store.close)
            return Desk(store, clock)

        yield another


async def execute(url: str, sql: str) -> Any:
    """By a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_a_cancelled_read_takes_its_connection_with_it(desks: Any) -> None:
    """Nobody knows what the connection does now: the next read has another one."""
    desk = await desks()
    reads = desk.store.database.reads
    before = await reads.run(lambda db: db.value("SELECT pg_backend_pid()"))
    reading = asyncio.create_task(reads.run(lambda db: db.value("SELECT pg_sleep(60)")))
    await until(lambda: bool(reads._in_use))
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await reads.run(lambda db: db.value("SELECT pg_backend_pid()")) != before


async def test_what_the_server_ends_is_replaced(desks: Any, empty_postgres: str) -> None:
    """All connections of a process are cut while it rests: reads and writes go on, and nobody notices."""
    desk = await desks()
    await desk.exchange(None, "a")
    await desk.due()
    await execute(
        empty_postgres,
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    assert len(await desk.due()) == 1
    await desk.exchange(None, "b")
    assert (await desk.store.counts())["pending"] == 2


async def test_a_commit_whose_fate_is_unknown_is_told_and_looked_for(
    desks: Any, empty_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is lost at the COMMIT: whoever waits is told, and what was kept is looked for."""
    desk = await desks()
    looked: list[bool] = []
    listener = PeerListener()
    monkeypatch.setattr(listener, "wake", looked.append, raising=False)
    await desk.store.ownership.start(listener)
    looked.clear()
    writer = desk.store.database.writer
    commit = writer._commit

    async def lost(db: Any, batch: Any) -> None:
        db.raw.terminate()
        await commit(db, batch)

    monkeypatch.setattr(writer, "_commit", lost)
    with pytest.raises(StorageError, match="could not say whether it kept a commit"):
        await desk.say()
    assert looked
    monkeypatch.setattr(writer, "_commit", commit)
    accepted = await desk.say()
    assert accepted.inbound.seq == 1


async def test_a_batch_is_so_many_statements_whatever_its_size(desks: Any) -> None:
    """Messages with their turns, and deliveries of other sessions that were taken: 32 of each make the round
    trips that one of each makes."""
    desk = await desks()
    refs = [desk.session(f"u{number}") for number in range(68)]

    async def answer(number: int, place: int) -> Committed:
        arrival = desk.arrival(refs[number])
        delivery = desk.delivery(Accepted(arrival.inbound, None, 0, 0), "hello")
        segment = Segment(refs[number], place, place - 1, b"{}", deliveries=[delivery], trace=b"{}")
        segment.analytics = AnalyticsRecord(
            desk.clock.now(), "web", refs[number].key, b"contact", False, b"{}"
        )
        committed = await desk.store.turns.accept_and_commit(arrival, segment)
        assert isinstance(committed, Committed)
        return committed

    counts = []
    first = await asyncio.gather(*(answer(number, 1) for number in range(len(refs))))
    for numbers in (range(1), range(1, 2), range(2, 34)):  # the first makes the driver read types
        statements: list[str] = []
        raw = desk.store.database.writer._db.raw
        with raw.query_logger(lambda record, heard=statements: heard.append(record.query)):
            outcomes = [desk.outcome(first[number].deliveries[0]) for number in numbers]
            taken = [desk.settle(outcome) for outcome in outcomes]
            await asyncio.gather(*(answer(34 + number, 2) for number in numbers))
            await asyncio.gather(*taken)
        counts.append(len(statements))
    assert counts[1:] == [6, 6]  # BEGIN, locks, sessions, all else of turns, deliveries, COMMIT


HOT = {
    f"{module.__name__.rpartition('.')[2]}.{name}": getattr(module, name)
    for module, names in {
        locking: "LOCK",
        inbox: "COUNT_IN_ALL STATES IDLE",
        idempotency: "READ_ALL",
        turns: "ADVANCE ADVANCE_IDLE FINISH",
        outbox: "SETTLE",
    }.items()
    for name in names.split()
}


@pytest.fixture(scope="module")
def new_postgres(postgres_server: PostgresServer) -> str:
    """The URL of a database of which nobody has statistics: no other test writes to it."""
    return postgres_server.url(postgres_server.create_database())


@pytest.mark.parametrize("name", HOT)
async def test_rows_are_found_by_their_keys_before_anybody_has_counted_them(
    name: str, new_postgres: str
) -> None:
    """In a new database, of whose tables there are no statistics: a plan is kept, and tables grow."""
    parameters = max(int(number) for number in re.findall(r"\$(\d+)", HOT[name]))

    async def plan(db: Connection) -> Any:
        await db.execute("SET plan_cache_mode = force_generic_plan")
        await db.execute(f"PREPARE hot AS {HOT[name]}")
        return await db.value(f"EXPLAIN (FORMAT JSON) EXECUTE hot ({', '.join(['NULL'] * parameters)})")

    store = open_store(new_postgres, FakeClock())
    await store.open()
    try:
        (found,) = from_json(await store.database.reads.run(plan))
    finally:
        await store.close()
    scans = [
        node for node in nodes_of(found["Plan"]) if "Scan" in node["Node Type"] and "Relation Name" in node
    ]
    assert scans
    for scan in scans:
        assert "session = " in scan.get("Index Cond", ""), scan


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan, and all that it consists of."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes_of(part)


async def test_batches_of_processes_wait_for_each_other_in_order(desks: Any) -> None:
    """Two processes write to the same sessions at random: no deadlock, nobody fails, all is counted."""
    first, second = await desks(), await desks()
    chance = random.Random(7)
    refs = [first.session(f"u{number}") for number in range(16)]
    chosen = [chance.choice(refs) for _ in range(400)]
    await asyncio.gather(
        *((first, second)[number % 2].say(ref, max_backlog=1000) for number, ref in enumerate(chosen))
    )
    for ref in refs:
        _, _, waiting = await first.store.inbox.backlog(ref)
        assert [inbound.seq for inbound in waiting] == list(range(1, chosen.count(ref) + 1))


async def test_a_stale_turn_of_another_process_stores_nothing(desks: Any) -> None:
    """Both took the session for theirs: one of them commits."""
    first, second = await desks(), await desks()
    accepted = await first.say()
    results = await asyncio.gather(
        first.turn(accepted, "from one"), second.turn(accepted, "from the other"), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Committed", "Stale"]
    assert (await first.store.counts())["pending"] == 1


async def claimed(desk: Desk, *texts: str, seconds: float = 60.0) -> Committed:
    """A first message whose turn a process runs, and whose deliveries it takes upon itself."""
    arrival = desk.arrival()
    deliveries = [desk.delivery(Accepted(arrival.inbound, None, 0, 0), text) for text in texts]
    segment = Segment(arrival.inbound.ref, 1, 0, b"{}", deliveries=deliveries, claim=seconds)
    committed = await desk.store.turns.accept_and_commit(arrival, segment)
    assert isinstance(committed, Committed)
    return committed


async def test_a_claimed_delivery_is_left_to_who_claimed_it(desks: Any) -> None:
    """So is the one behind it, once the first was taken; what failed is the owner's again."""
    owner, other = await desks(), await desks()
    first = (await claimed(other, "a", "b", "c")).deliveries[0]
    assert first.claimed_until == other.clock.now() + 60.0
    assert await owner.due() == []
    second = await other.settle(other.outcome(first, claim=60.0))
    assert second is not None
    assert (second.sequence, second.claimed_until) == (2, other.clock.now() + 60.0)
    assert await owner.due() == []
    await other.deliver(second, "pending", next_at=other.clock.now() + 1)
    await owner.clock.advance(2)
    assert [delivery.sequence for delivery in await owner.due()] == [2]
    third = await owner.deliver(second)
    assert (third.sequence, third.claimed_until) == (3, None)


async def test_the_claims_of_a_process_that_ends_are_given_back(desks: Any) -> None:
    """Of one that stops, and of one that is found dead."""
    first, second = await desks(), await desks()
    for desk in (first, second):
        await desk.store.ownership.start(PeerListener())
    await claimed(first, "a")
    assert (await first.store.counts())["pending"] == 1
    far = second.clock
    await far.advance(time.time() - far.now())  # claims are given back by the database's clock
    await first.store.ownership.stop()
    await until(lambda: len(second.store.ownership.shards) == 256)
    assert [delivery.sequence for delivery in await second.due()] == [1]


async def test_shards_are_shared_out(desks: Any) -> None:
    """Each process has its fair share, and those of one that leaves belong to the other at once."""
    first, second = await desks(), await desks()
    for desk in (first, second):
        await desk.store.ownership.start(PeerListener())
    await until(lambda: [len(desk.store.ownership.shards) for desk in (first, second)] == [128, 128])
    assert not set(first.store.ownership.shards) & set(second.store.ownership.shards)
    await first.store.ownership.stop()
    assert first.store.ownership.shards == []
    await until(lambda: len(second.store.ownership.shards) == 256)


async def test_a_process_that_is_told_of_another_stops_all_the_same(desks: Any) -> None:
    """In whichever moment between being told and waking up for it."""
    for moments in range(6):
        ownership = (await desks()).store.ownership
        await ownership.start(PeerListener())
        await asyncio.sleep(0.05)
        ownership.beat_soon()
        for _ in range(moments):
            await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE):
            await ownership.stop()


async def test_a_database_that_lies_elsewhere_begins_an_epoch(desks: Any, empty_postgres: str) -> None:
    """A dump that was restored, a standby that was promoted: ids that are given now were never given."""
    before = (await (await desks()).exchange(None, "a")).deliveries[0].delivery_id
    await execute(empty_postgres, "UPDATE epoch SET place = 'another cluster'")
    after = (await (await desks()).exchange(None, "b")).deliveries[0].delivery_id
    assert before[:36] == after[:36]
    assert before[-8:] != after[-8:]


async def test_a_newer_schema_is_refused_only_when_it_has_to_be(desks: Any, empty_postgres: str) -> None:
    """A migration says from which version on programs can use its result."""
    desk = await desks()
    await execute(empty_postgres, "INSERT INTO flowhook_schema (number, readable_from) VALUES (9998, 1)")
    await (await desks()).say(desk.session("u2"))
    await execute(empty_postgres, "INSERT INTO flowhook_schema (number, readable_from) VALUES (9999, 9999)")
    try:
        with pytest.raises(StorageError, match="it was used by a newer one"):
            await desks()
    finally:
        await execute(empty_postgres, "DELETE FROM flowhook_schema WHERE number > 9000")


async def test_tables_of_others_are_left_alone(postgres_server: Any, clock: FakeClock) -> None:
    """A database in which another program has tables is not taken."""
    url = postgres_server.url(await asyncio.to_thread(postgres_server.create_database))
    await execute(url, "CREATE TABLE theirs (a integer)")
    with pytest.raises(StorageError, match="tables of another program"):
        await open_store(url, clock).open()


async def test_a_server_that_is_not_there_is_told(clock: FakeClock) -> None:
    """Without the password."""
    store = open_store("postgresql://bots:hunter2@127.0.0.1:1/bots", clock)
    with pytest.raises(StorageError, match="cannot be reached") as caught:
        await store.open()
    assert "hunter2" not in str(caught.value)


async def test_reads_that_come_together_are_one() -> None:
    """Each begins after it was asked for; a failure is that of all who asked, and who gives up takes nothing
    from the others."""
    queries: list[list[bytes]] = []
    gate = asyncio.Event()

    async def query(keys: Any) -> dict[bytes, int]:
        queries.append(list(keys))
        await gate.wait()
        if b"bad" in keys:
            raise StorageError("away")
        return {key: len(queries) for key in keys if key != b"none"}

    reads = ReadTogether(query)
    first = asyncio.create_task(reads.get(b"a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    later = [asyncio.create_task(reads.get(key)) for key in (b"a", b"b", b"b", b"none")]
    await asyncio.sleep(0)
    later[1].cancel()
    gate.set()
    assert await first == 1
    assert [await later[place] for place in (0, 2, 3)] == [2, 2, None]
    assert queries == [[b"a"], [b"a", b"b", b"none"]]
    with pytest.raises(StorageError):
        await reads.get(b"bad")
    assert await reads.get(b"a") == 4
