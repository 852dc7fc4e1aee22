"""Copies all that one database holds into another one, of the same or the other kind.

Tables are copied in the order in which they refer to each other, in pieces along a key. Each piece is
committed together with a mark of how far the copy is, so that one which was interrupted goes on there. As
long as the mark is there no server opens the database. At the end the copy is read back: of each table the
number of rows and the checksum have to be those of what was read. The checksum is the sum of the hashes of
the rows, which does not depend on their order: the two databases sort texts in different ways.

The epoch is not copied: the new database draws its own, so no delivery id is given twice if both go on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flowhook.errors import StorageError

PIECE = 500  #: rows in one transaction
MODULUS = 1 << 256

Row = Sequence[Any]  #: in the order of the columns: int, float, str, bytes, bool or None
Tell = Callable[[str, int], None]  #: the table, and how many of its rows are copied


class Table:
    """A table as both databases can be seen: ``key`` is unique and sorted by an index, ``flags`` are true or
    false, which SQLite keeps as numbers."""

    def __init__(self, name: str, columns: str, *, key: str, flags: str = "") -> None:
        self.name = name
        self.columns = columns.split()
        self.key = key.split()
        self.flags = [self.columns.index(flag) for flag in flags.split()]
        self._key_at = [self.columns.index(column) for column in self.key]

    def key_of(self, row: Row) -> list[Any]:
        """Where a copy stands after this row."""
        return [row[at] for at in self._key_at]


TABLES = (
    Table("settings", "name value", key="name"),
    Table(
        "api_keys",
        "key_id endpoint name hash preview created_at ends_at used_at scopes",
        key="key_id",
    ),
    Table("blobs", "hash body", key="hash"),
    Table("versions", "hash manifest created_at", key="hash"),
    Table("version_blobs", "version blob", key="version blob"),
    Table("snapshots", "name version created_at", key="name"),
    Table("profiles", "user_id endpoint updated_at body", key="user_id endpoint"),
    Table("profile_links", "user_id endpoint main_user", key="user_id endpoint"),
    Table(
        "plugin_data",
        "endpoint namespace a b owner_user owner_session expires_at body",
        key="endpoint namespace a b",
    ),
    Table(
        "sessions",
        "shard session row endpoint user_id session_id revision next_in next_out backlog last_message_seq"
        " created_at updated_at node flow_revision test version",
        key="shard session",
        flags="test",
    ),
    Table("states", "shard session state", key="shard session"),
    Table(
        "inbox",
        "shard session seq row trace_id kind status reason revision first_out last_out received_at done_at"
        " privacy merged_into body",
        key="shard session seq",
    ),
    Table("traces", "row at trace failed", key="row", flags="failed"),
    Table(
        "outbox",
        "shard session seq row epoch trace_id endpoint status head next_at attempts replay created_at done_at"
        " last_status last_error url method headers output test privacy body",
        key="shard session seq",
        flags="head replay test",
    ),
    Table("attempts", "shard session seq at ms http_status error response", key="shard session seq at"),
    Table(
        "timers",
        "shard session name kind due_at armed_seq node endpoint user_id session_id inbound_kind body",
        key="shard session name",
    ),
    Table(
        "idempotency",
        "shard session route key fingerprint trace_id created_at wait",
        key="shard session route key",
    ),
    Table("discards", "trace_id endpoint user_id session_id reason at", key="trace_id"),
    Table("callbacks", "shard hash session task node kind status created_at done_at", key="shard hash"),
    Table("steps", "shard session seq name result", key="shard session seq name"),
    Table(
        "handovers",
        "shard session id row endpoint user_id session_id provider status outcome owner closing reference"
        " node settings trace_id test privacy created_at taken_at closed_at waiting_since step next_seq"
        " next_at ending",
        key="id",
        flags="closing test",
    ),
    Table(
        "handover_messages",
        "shard session handover seq kind source agent status attempts error trace_id at body",
        key="shard session handover seq",
    ),
    Table("analytics", "row at endpoint session contact test record", key="row", flags="test"),
    Table(
        "audit",
        "row at who role action subject endpoint user_id session_id before after",
        key="row",
    ),
)

#: That belong to the process or the place, or are kept by triggers.
NOT_COPIED = frozenset(
    {
        "epoch",
        "counters",
        "analytics_contacts",
        "session_counts",
        "processes",
        "shard_owners",
        "live_events",
        "rate_buckets",
        "suspects",
        "process_deaths",
        "trained_models",
        "flowhook_schema",
    }
)


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a table is copied: up to which key, how many rows, their checksum."""

    after: list[Any] | None = None
    count: int = 0
    checksum: int = 0
    is_done: bool = False

    def to_json(self) -> str:
        """For :meth:`from_json`."""
        after = None if self.after is None else [_encoded(value) for value in self.after]
        return json.dumps([after, self.count, f"{self.checksum:x}", self.is_done])

    @classmethod
    def from_json(cls, text: str) -> Mark:
        """The mark that was written."""
        after, count, checksum, is_done = json.loads(text)
        return cls(
            None if after is None else [_decoded(value) for value in after], count, int(checksum, 16), is_done
        )

    def moved(self, table: Table, rows: Sequence[Row]) -> Mark:
        """The mark behind more rows; a piece that is not full is the last one."""
        return Mark(
            table.key_of(rows[-1]) if rows else self.after,
            self.count + len(rows),
            checksum(rows, self.checksum),
            len(rows) < PIECE,
        )


class Source(Protocol):
    """A database that is read, in one moment."""

    shown: str  #: for people

    async def count(self, table: Table) -> int:
        """How many rows there are."""
        ...

    async def version(self) -> int:
        """A number that turns and deliveries change."""
        ...

    async def rows(self, table: Table, after: list[Any] | None) -> Sequence[Row]:
        """The next :data:`PIECE` rows behind a key, in the order of keys."""
        ...


class Target(Protocol):
    """A database that is filled."""

    shown: str

    async def is_empty(self, table: Table) -> bool:
        """Whether it holds no row."""
        ...

    async def marks(self) -> Mapping[str, str] | None:
        """What was written by :meth:`begin` and :meth:`write`; None: no copy has begun."""
        ...

    async def begin(self, marks: Mapping[str, str]) -> None:
        """Delete all rows, and keep marks: from now on no server opens the database."""

    async def write(self, table: Table, rows: Sequence[Row], mark: str) -> None:
        """Keep rows and the mark behind them, in one transaction."""

    async def rows(self, table: Table, after: list[Any] | None) -> Sequence[Row]:
        """As of :class:`Source`."""
        ...

    async def finish(self) -> None:
        """Set what is counted, and take the marks away."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy did: by table, how many rows there are; ``resumed``: how many were there already."""

    source: str
    target: str
    rows: dict[str, int]
    resumed: int


async def copy_rows(source: Source, target: Target, tell: Tell, *, replace: bool = False) -> Copied:
    """Fill ``target``, which has to be empty or an unfinished copy of the same source; with ``replace``,
    whatever it holds is deleted. Raises StorageError."""
    marks = await _begun(source, target, replace=replace)
    resumed = sum(mark.count for mark in marks.values())
    for table in TABLES:
        mark = marks.get(table.name, Mark())
        tell(table.name, mark.count)
        while not mark.is_done:
            rows = await source.rows(table, mark.after)
            mark = mark.moved(table, rows)
            await target.write(table, rows, mark.to_json())
            tell(table.name, mark.count)
        marks[table.name] = mark
    try:
        for table in TABLES:
            await _verify(table, source, target, marks[table.name])
    except StorageError:
        await target.begin({"from": source.shown, "state": ""})  # the next one begins anew
        raise
    await target.finish()
    return Copied(source.shown, target.shown, {name: mark.count for name, mark in marks.items()}, resumed)


async def _begun(source: Source, target: Target, *, replace: bool) -> dict[str, Mark]:
    """Begin, or find where the copy stands. A source that has changed since is copied anew."""
    about = {"from": source.shown, "state": await _state(source)}
    found = await target.marks()
    if not replace and found is None:
        for table in TABLES:
            if not await target.is_empty(table):
                raise StorageError(f"{target.shown} is not empty: it has {table.name}")
    if not replace and found is not None and found["from"] != source.shown:
        raise StorageError(f"{target.shown} is an unfinished copy of {found['from']}")
    if not replace and found is not None and found["state"] == about["state"]:
        return {table.name: Mark.from_json(found[table.name]) for table in TABLES if table.name in found}
    await target.begin(about)
    return {}


async def _state(source: Source) -> str:
    """What differs when the source was used since."""
    return json.dumps([await source.version(), *[await source.count(table) for table in TABLES]])


async def _verify(table: Table, source: Source, target: Target, mark: Mark) -> None:
    if (there := await source.count(table)) != mark.count:
        raise StorageError(f"of {table.name} {mark.count} rows were read, and {there} are there")
    count = total = 0
    async for rows in _pieces(table, target):
        count, total = count + len(rows), checksum(rows, total)
    if (count, total) != (mark.count, mark.checksum):
        raise StorageError(
            f"the copy of {table.name} differs: {mark.count} rows were read, {count} are there"
            + (", with other contents" if count == mark.count else "")
        )


async def _pieces(table: Table, target: Target) -> AsyncIterator[Sequence[Row]]:
    after, is_last = None, False
    while not is_last:
        rows = await target.rows(table, after)
        is_last = len(rows) < PIECE
        after = table.key_of(rows[-1]) if rows else after
        yield rows


def checksum(rows: Sequence[Row], start: int = 0) -> int:
    """The sum of the hashes of rows. It is exact: floats and bytes are the same in both databases."""
    for row in rows:
        start += int.from_bytes(hashlib.sha256(repr(tuple(row)).encode()).digest())
    return start % MODULUS


def _encoded(value: Any) -> Any:
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def _decoded(value: Any) -> Any:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value
