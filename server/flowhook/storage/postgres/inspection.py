"""Says whether a database is whole, in one snapshot; it only reads. Its pages are PostgreSQL's to check."""

from __future__ import annotations

import asyncpg

from flowhook.errors import StorageError
from flowhook.storage.inspection import (
    PENDING,
    SESSIONS,
    Finding,
    Inspection,
    judged,
    miscounted,
    rules,
    unfinished_copy,
)
from flowhook.storage.postgres.connection import Connection, close, connect_unbounded
from flowhook.storage.postgres.errors import explained
from flowhook.storage.postgres.migrate import IS_KNOWN, VERSION, is_unfinished_copy, shipped_migrations

COUNTED = "SELECT coalesce(sum(value), 0)::bigint FROM session_counts"
LEFT_STATES = """
SELECT s.endpoint, s.user_id, s.session_id FROM states AS t
JOIN sessions AS s ON s.shard = t.shard AND s.session = t.session WHERE s.created_at IS NULL
"""


async def inspect_database(url: str, shown: str) -> Inspection:
    """Ask every rule. ``shown`` is the URL without its password. Raises StorageError."""
    db = await connect_unbounded(url)
    try:
        async with db.raw.transaction(isolation="repeatable_read", readonly=True):
            return await _inspect(db, shown)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise explained(error) from error
    finally:
        await close(db)


async def _inspect(db: Connection, shown: str) -> Inspection:
    if not await db.value(IS_KNOWN):
        raise StorageError(f"{shown} holds nothing of flowhook")
    newest = shipped_migrations()[-1].number
    schema, readable_from = await db.row(VERSION) or (0, 0)
    if readable_from > newest:
        sentence = f"the schema is {schema}, this flowhook knows {newest}: a newer one used it"
        return Inspection(shown, schema, newest, False, 0, 0, [Finding("schema", sentence)])
    if schema < newest:
        return Inspection(shown, schema, newest, False, 0, 0, [])
    sessions, pending, counted = [await db.value(sql) for sql in (SESSIONS, PENDING, COUNTED)]
    findings = unfinished_copy(await is_unfinished_copy(db))
    for rule in rules("", " = false"):
        findings += judged(rule, [tuple(row) for row in await db.fetch(rule.query)])
    findings += miscounted(counted, sessions)
    if broken := await db.fetch(LEFT_STATES):
        sentence = "a session that is gone still has a state"
        findings.append(Finding("state", sentence, len(broken), [" ".join(broken[0])]))
    return Inspection(shown, schema, newest, True, sessions, pending, findings)
