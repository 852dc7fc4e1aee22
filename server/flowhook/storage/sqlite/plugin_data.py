"""What plugins keep: data of their own, and results of steps until the turn has ended."""

from __future__ import annotations

import sqlite3

from pydantic_core import from_json

from flowhook.model.inbound import JsonObject

READ = """
SELECT body FROM plugin_data
WHERE endpoint = ? AND namespace = ? AND a = ? AND b = ? AND (expires_at IS NULL OR expires_at > ?)
"""
READ_OWNED = """
SELECT endpoint, namespace, a, b, body FROM plugin_data
WHERE owner_user = ? AND (expires_at IS NULL OR expires_at > ?)
"""
WRITE = """
INSERT OR REPLACE INTO plugin_data (endpoint, namespace, a, b, owner_user, owner_session, expires_at, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
REMOVE = "DELETE FROM plugin_data WHERE endpoint = ? AND namespace = ? AND a = ? AND b = ?"

READ_STEP = "SELECT result FROM steps WHERE part = ? AND session = ? AND seq = ? AND name = ?"
WRITE_STEP = "INSERT OR REPLACE INTO steps (part, session, seq, name, result) VALUES (?, ?, ?, ?, ?)"


def plugin_data(
    db: sqlite3.Connection, endpoint: str, namespace: str, a: str, b: str, now: float
) -> JsonObject | None:
    """None when nothing is kept, or it has expired."""
    row = db.execute(READ, (endpoint, namespace, a, b, now)).fetchone()
    return from_json(row[0]) if row is not None else None


def plugin_data_of(db: sqlite3.Connection, user_id: str, now: float) -> list[JsonObject]:
    """All that this user owns: ``{endpoint, namespace, a, b, data}``."""
    names = ("endpoint", "namespace", "a", "b")
    rows = db.execute(READ_OWNED, (user_id, now)).fetchall()
    return [{**dict(zip(names, key, strict=True)), "data": from_json(body)} for *key, body in rows]


def keep_plugin_data(
    db: sqlite3.Connection,
    endpoint: str,
    namespace: str,
    a: str,
    b: str,
    body: bytes | None,
    owner: tuple[str, str] | None,
    expires_at: float | None,
) -> None:
    """``body`` None removes."""
    if body is None:
        db.execute(REMOVE, (endpoint, namespace, a, b))
        return
    db.execute(WRITE, (endpoint, namespace, a, b, *(owner or (None, None)), expires_at, body))


def step(db: sqlite3.Connection, session: bytes, seq: int, name: str) -> bytes | None:
    """The kept result of a step, if this turn ran it before."""
    row = db.execute(READ_STEP, (session[0], session, seq, name)).fetchone()
    return row[0] if row is not None else None


def keep_step(db: sqlite3.Connection, session: bytes, seq: int, name: str, result: bytes) -> None:
    """Until the turn ends."""
    db.execute(WRITE_STEP, (session[0], session, seq, name, result))
