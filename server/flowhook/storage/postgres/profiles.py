"""Profiles: what is known of a user, in whatever session.

Two users who were merged have one profile: a row of ``profile_links`` says that one of them has that of the
other, its **main user**, under whose id it is kept. A change locks what it reads until its transaction ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_core import from_json, to_json

from flowhook.model.inbound import JsonObject
from flowhook.storage.postgres.connection import Connection
from flowhook.storage.postgres.part import Part, lists, reads, writes
from flowhook.storage.profile_changes import apply_change, merged_profile
from flowhook.storage.records import ProfileChange, StoredProfile

MAIN_USER = "SELECT main_user FROM profile_links WHERE user_id = $1 AND endpoint = $2"
LINKED = "SELECT user_id FROM profile_links WHERE main_user = $1 AND endpoint = $2"
READ = "SELECT body FROM profiles WHERE user_id = $1 AND endpoint = $2"
WRITE = """
INSERT INTO profiles (user_id, endpoint, updated_at, body) VALUES ($1, $2, $3, $4)
ON CONFLICT (user_id, endpoint) DO UPDATE SET updated_at = excluded.updated_at, body = excluded.body
"""
DELETE = "DELETE FROM profiles WHERE user_id = $1 AND endpoint = $2"
LINK = """
INSERT INTO profile_links (user_id, endpoint, main_user) VALUES ($1, $2, $3)
ON CONFLICT (user_id, endpoint) DO UPDATE SET main_user = excluded.main_user
"""
UNLINK = "DELETE FROM profile_links WHERE main_user = $1 AND endpoint = $2"
# What users share is kept also while it is empty: retention ends the links of profiles that are gone.
IS_SHARED = "SELECT 1 FROM profile_links WHERE main_user = $1 AND endpoint = $2 LIMIT 1"
RELINK = "UPDATE profile_links SET main_user = $1 WHERE main_user = $2 AND endpoint = $3"
# There may be no row yet that could be locked; and two users may be merged into each other.
TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))"

ENDPOINTS_OF_USER = """
SELECT endpoint FROM profiles WHERE user_id = $1 UNION SELECT endpoint FROM profile_links WHERE user_id = $1
"""

# The profile that a user shares with others is theirs as much, and that of one person: it goes.
ERASE_PROFILES = (
    """
    DELETE FROM profiles AS p USING profile_links AS l
    WHERE l.user_id = $1 AND p.user_id = l.main_user AND p.endpoint = l.endpoint
    """,
    "DELETE FROM profiles WHERE user_id = $1",
    "DELETE FROM profile_links WHERE user_id = $1 OR main_user = $1",
)


class PostgresProfiles(Part):
    """See :class:`flowhook.storage.protocols.Profiles`."""

    @reads
    async def get(self, db: Connection, user_id: str, endpoint: str = "") -> JsonObject:
        """Empty when nothing is known."""
        return await read_profile(db, await main_user_of(db, user_id, endpoint), endpoint)

    @reads
    async def find(self, db: Connection, user_id: str, endpoint: str = "") -> StoredProfile:
        """With the user under whose id it is kept."""
        main_user = await main_user_of(db, user_id, endpoint)
        return StoredProfile(main_user, await read_profile(db, main_user, endpoint))

    @lists
    async def linked(self, db: Connection, user_id: str, endpoint: str = "") -> list[str]:
        """Without the user."""
        main_user = await main_user_of(db, user_id, endpoint)
        sharing = {main_user, *(row[0] for row in await db.fetch(LINKED, main_user, endpoint))}
        return sorted(sharing - {user_id})

    @lists
    async def endpoints_of(self, db: Connection, user_id: str) -> list[str]:
        """In the order of their names."""
        return sorted(endpoint for (endpoint,) in await db.fetch(ENDPOINTS_OF_USER, user_id))

    @writes()
    async def change(
        self, db: Connection, user_id: str, changes: Sequence[ProfileChange], endpoint: str = ""
    ) -> None:
        """Outside a turn."""
        await change_profile(db, user_id, changes, self._now(), endpoint)


async def main_user_of(db: Connection, user_id: str, endpoint: str) -> str:
    """The user under whose id the profile of a user is kept: mostly the user."""
    main_user: str | None = await db.value(MAIN_USER, user_id, endpoint)
    return user_id if main_user is None else main_user


async def read_profile(db: Connection, main_user: str, endpoint: str) -> JsonObject:
    """Empty when nothing is known."""
    body = await db.value(READ, main_user, endpoint)
    found: JsonObject = from_json(body) if body is not None else {}
    return found


async def lock_profiles(db: Connection, users: Sequence[tuple[str, str]]) -> None:
    """Take turns with all who change profiles of these users, by id and endpoint, or of who shares with
    them."""
    mains = {(await main_user_of(db, user, endpoint), endpoint) for user, endpoint in users}
    for user, endpoint in sorted({*users, *mains}):
        await db.execute(TAKE_TURNS, f"{endpoint}\n{user}")


async def change_profile(
    db: Connection, user_id: str, changes: Sequence[ProfileChange], now: float, endpoint: str = ""
) -> None:
    """Applied to what is stored now, so that sessions of one user do not undo each other.

    What is inactive (``active`` is false) takes in nothing until it is active again, or erased.
    """
    others = [str(change.value) for change in changes if change.op == "merge"]
    await lock_profiles(db, [(user, endpoint) for user in (user_id, *others)])
    main_user = await main_user_of(db, user_id, endpoint)
    body = await read_profile(db, main_user, endpoint)
    for change in changes:
        if change.op == "erase":
            await db.execute(UNLINK, main_user, endpoint)
            await _write(db, main_user, {}, now, endpoint)
            main_user, body = user_id, {}
        elif change.op == "replace":
            body = dict(change.value)
        elif body.get("active") is False and change.path != ("active",):
            continue
        elif change.op == "merge":
            body = await _merge(db, main_user, body, str(change.value), endpoint)
        else:
            apply_change(body, change)
    await _write(db, main_user, body, now, endpoint)


async def _write(db: Connection, main_user: str, body: JsonObject, now: float, endpoint: str) -> None:
    if body or await db.value(IS_SHARED, main_user, endpoint) is not None:
        await db.execute(WRITE, main_user, endpoint, now, to_json(body))
    else:
        await db.execute(DELETE, main_user, endpoint)


async def _merge(
    db: Connection, main_user: str, body: JsonObject, other_id: str, endpoint: str
) -> JsonObject:
    """Let another user, and all who share a profile with that user, have this profile from now on."""
    other = await main_user_of(db, other_id, endpoint)
    if other == main_user:
        return body
    merged = merged_profile(body, await read_profile(db, other, endpoint))
    await db.execute(RELINK, main_user, other, endpoint)
    await db.execute(LINK, other, endpoint, main_user)
    await _write(db, other, {}, 0.0, endpoint)
    return merged
