"""API keys of endpoints: shown once, kept as a hash, checked without asking the database.

A key may end by itself, and may be for some kinds of routes only. When it is rotated a new one takes its
name, and the old one goes on until its end, so that callers have time to change. Its last use is kept
coarsely.

A key reads ``fhk_<id>_<secret>_<crc>``: the id finds it, 160 random bits make it a secret, and the
checksum lets scanners for leaked secrets recognise one. SHA-256 is enough for the hash, because
nobody can try out 2^160 secrets.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Any
from zlib import crc32

from flowhook.clock import Clock
from flowhook.errors import ApiError
from flowhook.model.endpoint import Endpoint
from flowhook.storage.protocols import ApiKeys as StoredApiKeys
from flowhook.storage.records import ApiKey

PREFIX = "fhk"
MAX_LENGTH = 128  #: longer ones are not ours and are not hashed
USE_SECONDS = 300.0  #: a later use within this time is not noted
SCOPES = ("message", "inject", "notify")
_NOBODY = ApiKey("", "", "", hashlib.sha256(b"").digest(), "", 0.0)


class ApiKeys:
    """All live keys, in memory; every change goes through the store first."""

    def __init__(self, stored: StoredApiKeys, clock: Clock) -> None:
        self._stored = stored
        self._clock = clock
        self._by_id: dict[str, ApiKey] = {}
        self._used: dict[str, float] = {}  #: by id: uses that are not stored yet

    async def load(self) -> None:
        """Read all keys from the store."""
        self._by_id = {key.key_id: key for key in await self._stored.all()}

    def check(self, endpoint: Endpoint, presented: bytes | None) -> bool:
        """Return whether ``presented`` is a live key of ``endpoint``."""
        return self.find(endpoint, presented) is not None

    def find(self, endpoint: Endpoint, presented: bytes | None) -> ApiKey | None:
        """Return the live key of ``endpoint`` that was presented, or None. An unknown id costs the same."""
        if presented is None or len(presented) > MAX_LENGTH:
            presented = b""
        parts = presented.split(b"_", 2)
        key_id = parts[1].decode("latin-1") if len(parts) == 3 else ""
        known = self._by_id.get(key_id, _NOBODY)
        same = hmac.compare_digest(hashlib.sha256(presented).digest(), known.hash)
        if not same or known is _NOBODY or known.endpoint != endpoint.name:
            return None
        now = self._clock.now()
        if known.ends_at is not None and known.ends_at <= now:
            return None
        if known.used_at is None or now - known.used_at >= USE_SECONDS:
            known.used_at = self._used[key_id] = now
        return known

    async def note_uses(self) -> None:
        """Store when keys were last used; called now and then."""
        if self._used:
            used, self._used = self._used, {}
            await self._stored.note_use(used)

    async def create(
        self,
        endpoint: Endpoint,
        name: str,
        *,
        ends_at: float | None = None,
        scopes: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Create a key. ``key`` in what is returned is the only time that it is seen. ``scopes``: the kinds
        of routes that it is for, None for all. Raises ApiError 400 and 409."""
        name = name.strip()
        if not 0 < len(name) <= 100:
            raise ApiError(400, "invalid_field", "A key needs a name of 1 to 100 characters.")
        if any(key.name == name for key in self._kept(endpoint)):
            raise ApiError(409, "name_taken", f"The endpoint has a key named {name!r} already.")
        if ends_at is not None and ends_at <= self._clock.now():
            raise ApiError(400, "invalid_field", "A key ends in the future.")
        return await self._add(endpoint, name, ends_at, scopes)

    async def rotate(self, endpoint: Endpoint, key_id: str, overlap: float) -> dict[str, Any]:
        """Create a key of the same name, scopes and lifetime; the old one ends after ``overlap`` seconds,
        unless it does before. Returns the new key, as :meth:`create` does. Raises ApiError 404 and 409."""
        old, now = self._by_id.get(key_id), self._clock.now()
        if old is None or old.endpoint != endpoint.name:
            raise unknown_key()
        if old.ends_at is not None and old.ends_at <= now:
            raise ApiError(409, "key_ended", "This key has ended; create another one.")
        lifetime = None if old.ends_at is None else old.ends_at - old.created_at
        made = await self._add(endpoint, old.name, None if lifetime is None else now + lifetime, old.scopes)
        end = now + overlap if old.ends_at is None else min(old.ends_at, now + overlap)
        await self._stored.end(endpoint.name, key_id, end)
        old.ends_at = end
        return made

    async def _add(
        self, endpoint: Endpoint, name: str, ends_at: float | None, scopes: Sequence[str] | None
    ) -> dict[str, Any]:
        text = new_key()
        preview = f"{text[:4]}…{text[-4:]}"
        digest = hashlib.sha256(text.encode()).digest()
        key = ApiKey(
            text.split("_")[1], endpoint.name, name, digest, preview, self._clock.now(), ends_at, None,
            tuple(scopes) if scopes is not None else None,
        )  # fmt: skip
        await self._stored.add(key)
        self._by_id[key.key_id] = key
        return {**self._shown(key), "key": text}

    def of(self, endpoint: Endpoint) -> list[dict[str, Any]]:
        """Return the endpoint's keys, oldest first, without their secrets."""
        return [self._shown(key) for key in self._kept(endpoint)]

    async def revoke(self, endpoint: Endpoint, key_id: str) -> bool:
        """End a key at once. False when the endpoint has no such key."""
        key = self._by_id.get(key_id)
        if key is None or key.endpoint != endpoint.name:
            return False
        await self._stored.revoke(endpoint.name, key_id)
        self._by_id.pop(key_id, None)
        return True

    def _kept(self, endpoint: Endpoint) -> list[ApiKey]:
        keys = [key for key in self._by_id.values() if key.endpoint == endpoint.name]
        return sorted(keys, key=lambda key: key.created_at)

    def _shown(self, key: ApiKey) -> dict[str, Any]:
        return {
            "id": key.key_id,
            "name": key.name,
            "preview": key.preview,
            "scopes": list(key.scopes) if key.scopes is not None else list(SCOPES),
            "createdAt": key.created_at,
            "endsAt": key.ends_at,
            "usedAt": key.used_at,
            "ended": key.ends_at is not None and key.ends_at <= self._clock.now(),
        }


def new_key() -> str:
    """A key that nobody has seen before."""
    body = f"{PREFIX}_{secrets.token_hex(5)}_{secrets.token_hex(20)}"
    return f"{body}_{crc32(body.encode()):08x}"


def unknown_key() -> ApiError:
    """Return the error for a key that an endpoint has not."""
    return ApiError(404, "unknown_key", "The endpoint has no such key.")
