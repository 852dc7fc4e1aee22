"""Profiles: what is known of a user, in whatever session.

Two users who were merged have one profile: a row of ``profile_links`` says that one of them has that of the
other, its **main user**, under whose id it is kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pydantic_core import from_json, to_json

from flowhook.model.inbound import JsonObject
from flowhook.storage.profile_changes import apply_change, merged_profile
from flowhook.storage.records import ProfileChange, StoredProfile
from flowhook.storage.sqlite.part import Part, lists, reads, writes

MAIN_USER = "SELECT main_user FROM profile_links WHERE user_id = ? AND endpoint = ?"
LINKED = """
SELECT user_id FROM profile_links WHERE main_user = ? AND endpoint = ? ORDER BY user_id
"""
# Those of an endpoint, and those of the whole project, for which endpoint is ''.
READ = "SELECT body FROM endpoint_profiles WHERE user_id = ? AND endpoint = ?"
READ_OF_PROJECT = "SELECT body FROM profiles WHERE user_id = ?"
WRITE = """
INSERT INTO endpoint_profiles (user_id, endpoint, updated_at, body) VALUES (?, ?, ?, ?)
ON CONFLICT (user_id, endpoint) DO UPDATE SET updated_at = excluded.updated_at, body = excluded.body
"""
WRITE_OF_PROJECT = """
INSERT INTO profiles (user_id, updated_at, body) VALUES (?, ?, ?)
ON CONFLICT (user_id) DO UPDATE SET updated_at = excluded.updated_at, body = excluded.body
"""
DELETE = "DELETE FROM endpoint_profiles WHERE user_id = ? AND endpoint = ?"
DELETE_OF_PROJECT = "DELETE FROM profiles WHERE user_id = ?"

LINK = "INSERT OR REPLACE INTO profile_links (user_id, endpoint, main_user) VALUES (?, ?, ?)"
UNLINK = "DELETE FROM profile_links WHERE main_user = ? AND endpoint = ?"
# What users share is kept also while it is empty: retention ends the links of profiles that are gone.
IS_SHARED = "SELECT 1 FROM profile_links WHERE main_user = ? AND endpoint = ? LIMIT 1"
RELINK = "UPDATE profile_links SET main_user = ? WHERE main_user = ? AND endpoint = ?"

ENDPOINTS_OF_USER = """
SELECT endpoint FROM endpoint_profiles WHERE user_id = :user
UNION SELECT endpoint FROM profile_links WHERE user_id = :user
UNION SELECT '' WHERE EXISTS (SELECT 1 FROM profiles WHERE user_id = :user)
"""

# The profile that a user shares with others is theirs as much, and that of one person: it goes.
ERASE_PROFILES = (
    """
    DELETE FROM profiles WHERE user_id IN
      (SELECT ?1 UNION SELECT main_user FROM profile_links WHERE user_id = ?1 AND endpoint = '')
    """,
    """
    DELETE FROM endpoint_profiles WHERE (user_id, endpoint) IN
      (SELECT main_user, endpoint FROM profile_links WHERE user_id = ?1)
    """,
    "DELETE FROM endpoint_profiles WHERE user_id = ?",
    "DELETE FROM profile_links WHERE user_id = ?1 OR main_user = ?1",
)


class SqliteProfiles(Part):
    """See :class:`flowhook.storage.protocols.Profiles`."""

    @reads
    def get(self, db: sqlite3.Connection, user_id: str, endpoint: str = "") -> JsonObject:
        """Empty when nothing is known."""
        return read_profile(db, main_user_of(db, user_id, endpoint), endpoint)

    @reads
    def find(self, db: sqlite3.Connection, user_id: str, endpoint: str = "") -> StoredProfile:
        """With the user under whose id it is kept."""
        main_user = main_user_of(db, user_id, endpoint)
        return StoredProfile(main_user, read_profile(db, main_user, endpoint))

    @lists
    def linked(self, db: sqlite3.Connection, user_id: str, endpoint: str = "") -> list[str]:
        """Without the user."""
        main_user = main_user_of(db, user_id, endpoint)
        sharing = {main_user, *(row[0] for row in db.execute(LINKED, (main_user, endpoint)).fetchall())}
        return sorted(sharing - {user_id})

    @lists
    def endpoints_of(self, db: sqlite3.Connection, user_id: str) -> list[str]:
        """In the order of their names."""
        return sorted(endpoint for (endpoint,) in db.execute(ENDPOINTS_OF_USER, {"user": user_id}).fetchall())

    @writes()
    def change(
        self, db: sqlite3.Connection, user_id: str, changes: Sequence[ProfileChange], endpoint: str = ""
    ) -> None:
        """Outside a turn."""
        change_profile(db, user_id, changes, self._now(), endpoint)


def main_user_of(db: sqlite3.Connection, user_id: str, endpoint: str) -> str:
    """The user under whose id the profile of a user is kept: mostly the user."""
    row = db.execute(MAIN_USER, (user_id, endpoint)).fetchone()
    return row[0] if row is not None else user_id


def read_profile(db: sqlite3.Connection, main_user: str, endpoint: str) -> JsonObject:
    """Empty when nothing is known."""
    if endpoint:
        row = db.execute(READ, (main_user, endpoint)).fetchone()
    else:
        row = db.execute(READ_OF_PROJECT, (main_user,)).fetchone()
    found: JsonObject = from_json(row[0]) if row is not None else {}
    return found


def change_profile(
    db: sqlite3.Connection, user_id: str, changes: Sequence[ProfileChange], now: float, endpoint: str = ""
) -> None:
    """Applied to what is stored now, so that sessions of one user do not undo each other.

    What is inactive (``active`` is false) takes in nothing until it is active again, or erased.
    """
    main_user = main_user_of(db, user_id, endpoint)
    body = read_profile(db, main_user, endpoint)
    for change in changes:
        if change.op == "erase":
            db.execute(UNLINK, (main_user, endpoint))
            _write(db, main_user, {}, now, endpoint)
            main_user, body = user_id, {}
        elif change.op == "replace":
            body = dict(change.value)
        elif body.get("active") is False and change.path != ("active",):
            continue
        elif change.op == "merge":
            body = _merge(db, main_user, body, str(change.value), endpoint)
        else:
            apply_change(body, change)
    _write(db, main_user, body, now, endpoint)


def _write(db: sqlite3.Connection, main_user: str, body: JsonObject, now: float, endpoint: str) -> None:
    kept = body or db.execute(IS_SHARED, (main_user, endpoint)).fetchone() is not None
    if kept and endpoint:
        db.execute(WRITE, (main_user, endpoint, now, to_json(body)))
    elif kept:
        db.execute(WRITE_OF_PROJECT, (main_user, now, to_json(body)))
    elif endpoint:
        db.execute(DELETE, (main_user, endpoint))
    else:
        db.execute(DELETE_OF_PROJECT, (main_user,))


def _merge(
    db: sqlite3.Connection, main_user: str, body: JsonObject, other_id: str, endpoint: str
) -> JsonObject:
    """Let another user, and all who share a profile with that user, have this profile from now on."""
    other = main_user_of(db, other_id, endpoint)
    if other == main_user:
        return body
    merged = merged_profile(body, read_profile(db, other, endpoint))
    db.execute(RELINK, (main_user, other, endpoint))
    db.execute(LINK, (other, endpoint, main_user))
    _write(db, other, {}, 0.0, endpoint)
    return merged
