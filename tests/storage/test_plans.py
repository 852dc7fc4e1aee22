"""No query on the road of a message may grow with what is stored: EXPLAIN has the last word."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

import pytest

from flowhook.storage.sqlite import (
    analytics,
    api_keys,
    audit,
    callbacks,
    contact_index,
    counts,
    fast_path,
    idempotency,
    inbox,
    new_deliveries,
    outbox,
    plugin_data,
    profiles,
    receipts,
    retention,
    sessions,
    settings,
    settlements,
    steps,
    timers,
    traces,
    transcripts,
    turns,
)
from flowhook.storage.sqlite.migrate import migrate, shipped_migrations

#: Everything between a request and its delivery, and what runs again and again beside it.
HOT = {
    f"{module.__name__.rpartition('.')[2]}.{name}": getattr(module, name)
    for module, names in {
        inbox: "ENTER ENTER_EXISTING RENEW LOOK ENQUEUE SCHEDULE SCHEDULED_IN_SESSION STATE QUEUED",
        idempotency: "READ WRITE ENDED_AT IS_DISCARD",
        turns: "ADVANCE FINISH GO_ON DROP_STEPS",
        fast_path: "BEGIN ADVANCE_IDLE ADD_ENDED",
        new_deliveries: "ADD_DELIVERY",
        settlements: "SETTLE PARKED_BEHIND",
        traces: "KEEP ONE",
        outbox: "RETRY RESOLVE PROMOTE RECORD_ATTEMPT READ NEXT_ENDPOINT DUE NEXT_AT REPLAY ROW_OF "
        "ONE ATTEMPTS",
        timers: "ARM REMOVE REMOVE_NAMED DUE NEXT",
        callbacks: "OPEN ARM HASTEN DISARM OF_SESSION FIND LIVES CLOSE NAMES",
        receipts: "FIND SAID FIND_DISCARD DISCARD CANCEL LEAVE KNOWN SCHEDULED UNSCHEDULE",
        sessions: "SHOW CHANGE ABANDON LEAVE BY_NODE OF_USER EMPTY",
        profiles: "READ WRITE",
        plugin_data: "READ READ_OWNED WRITE REMOVE",
        steps: "READ WRITE",
        transcripts: "TURNS OUTPUTS_SINCE OUTPUTS_BETWEEN INBOUNDS",
        api_keys: "NOTE_USE END REVOKE",
        analytics: "KEEP FIND OF_USER FORGET DROP",
        contact_index: "BOUNDS BLOCKS_OF SET_INDEXED DROP_UNLESS_USED DROP_OLD TAKE_BACK",
        audit: "ADD ERASE_OF_USER ERASE_OF_SESSION",
        settings: "GET WITH_PREFIX SET REMOVE",
        retention: "OLD_SESSIONS END_SESSION EMPTY_SESSIONS DROP_SESSION DROP_INBOUND DROP_ATTEMPTS "
        "DROP_DELIVERY DROP_TRACE FRONT_OF_INBOX FRONT_OF_OUTBOX FRONT_OF_TRACES "
        "FRONT_OF_ANALYTICS",
    }.items()
    for name in names.split()
}

#: These read a whole index on purpose, one that holds only what waits or what a page shows.
BY_INDEX = {
    "inbox.WITH_BACKLOG": inbox.WITH_BACKLOG,
    "timers.COUNT_SCHEDULED": timers.COUNT_SCHEDULED,
    "sessions.LIST": sessions.LIST,
    "outbox.WAKE": outbox.WAKE,
    "outbox.LIST_DEAD": outbox.LIST_DEAD,
    "outbox.LIST_PENDING": outbox.LIST_PENDING,
    "outbox.LIST_OF_SESSION": outbox.LIST_OF_SESSION,
    "timers.LIST": timers.LIST,
    "callbacks.LIST": callbacks.LIST,
    "traces.NEWEST_FAILED": traces.NEWEST_FAILED,
    "retention.FRONT_OF_DEAD": retention.FRONT_OF_DEAD,
    **{f"retention.DROP_BY_AGE[{name}]": query for name, query in retention.DROP_BY_AGE.items()},
    **{f"counts.COUNTS[{name}]": query for name, query in counts.COUNTS.items()},
}

SMALL = {
    "sessions_active", "inbox_queued", "outbox_heads", "outbox_dead", "timers", "timers_due",
    "callbacks_open", "traces_failed",
    "h", "q", "o",
}  # fmt: skip


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite3.Connection]:
    """The schema, empty: without statistics SQLite plans as it does in production."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrate(db, shipped_migrations())
    yield db
    db.close()


def plan(db: sqlite3.Connection, query: str) -> list[str]:
    """What SQLite would do."""
    names = set(re.findall(r":(\w+)", query))
    values: object = dict.fromkeys(names) if names else (None,) * query.count("?")
    return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}", values)]  # type: ignore[arg-type]


@pytest.mark.parametrize("query", HOT.values(), ids=HOT.keys())
def test_hot_queries_seek(db: sqlite3.Connection, query: str) -> None:
    """No table is walked and nothing is sorted."""
    for step in plan(db, query):
        assert "TEMP B-TREE" not in step, step
        # A virtual table is a JSON array that was handed in: as long as a batch, however much is stored.
        is_bounded = step == "SCAN CONSTANT ROW" or "VIRTUAL TABLE" in step
        assert not step.startswith("SCAN") or is_bounded, step


@pytest.mark.parametrize("query", BY_INDEX.values(), ids=BY_INDEX.keys())
def test_listings_and_counts_use_an_index(db: sqlite3.Connection, query: str) -> None:
    """What is walked is an index of just these rows."""
    for step in plan(db, query):
        assert not step.startswith("SCAN") or SMALL & set(step.split()), step
