"""Profiles: what is known of a user, in whatever session."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pydantic_core import from_json, to_json

from flowhook.model.inbound import JsonObject
from flowhook.storage.records import ProfileChange
from flowhook.storage.sqlite.part import Part, reads, writes

READ = "SELECT body FROM profiles WHERE user_id = ?"
WRITE = """
INSERT INTO profiles (user_id, updated_at, body) VALUES (?, ?, ?)
ON CONFLICT (user_id) DO UPDATE SET updated_at = excluded.updated_at, body = excluded.body
"""
DELETE = "DELETE FROM profiles WHERE user_id = ?"


class SqliteProfiles(Part):
    """See :class:`flowhook.storage.protocols.Profiles`."""

    @reads
    def get(self, db: sqlite3.Connection, user_id: str) -> JsonObject:
        """Empty when nothing is known."""
        return read_profile(db, user_id)

    @writes()
    def change(self, db: sqlite3.Connection, user_id: str, changes: Sequence[ProfileChange]) -> None:
        """Outside a turn."""
        change_profile(db, user_id, changes, self._now())


def read_profile(db: sqlite3.Connection, user_id: str) -> JsonObject:
    """Empty when nothing is known."""
    row = db.execute(READ, (user_id,)).fetchone()
    found: JsonObject = from_json(row[0]) if row is not None else {}
    return found


def change_profile(
    db: sqlite3.Connection, user_id: str, changes: Sequence[ProfileChange], now: float
) -> None:
    """Applied to what is stored now, so that sessions of one user do not undo each other.

    What is inactive (``active`` is false) takes in nothing until it is active again, or erased.
    """
    body = read_profile(db, user_id)
    for change in changes:
        if change.op == "erase":
            body = {}
        elif body.get("active") is False and change.path != ("active",):
            continue
        elif change.op == "merge":
            body = _merged(body, read_profile(db, str(change.value)))
        else:
            _apply(body, change)
    if body:
        db.execute(WRITE, (user_id, now, to_json(body)))
    else:
        db.execute(DELETE, (user_id,))


def _merged(own: JsonObject, other: JsonObject) -> JsonObject:
    """What is known of two users who are one: own values win, mappings and lists are joined."""
    merged = {name: value for name, value in other.items() if name != "active"} | own
    for name in own.keys() & other.keys():
        mine, theirs = own[name], other[name]
        if isinstance(mine, dict) and isinstance(theirs, dict):
            merged[name] = _merged(mine, theirs)
        elif isinstance(mine, list) and isinstance(theirs, list):
            merged[name] = [*(item for item in theirs if item not in mine), *mine]
    return merged


def _apply(body: JsonObject, change: ProfileChange) -> None:
    *parents, last = change.path
    parent = body
    for name in parents:
        child = parent.get(name)
        if not isinstance(child, dict):
            if change.op == "unset":
                return
            child = parent[name] = {}
        parent = child
    if change.op == "unset":
        parent.pop(last, None)
    elif change.op == "append":
        present = parent.get(last)
        parent[last] = [*present, change.value] if isinstance(present, list) else [change.value]
    else:
        parent[last] = change.value
