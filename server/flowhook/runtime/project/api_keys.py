"""API keys of endpoints: shown once, kept as a hash, checked without asking the database.

A key reads ``fhk_<id>_<secret>_<crc>``: the id finds it, 160 random bits make it a secret, and the
checksum lets scanners for leaked secrets recognise one. SHA-256 is enough for the hash, because
nobody can try out 2^160 secrets.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any
from zlib import crc32

from flowhook.clock import Clock
from flowhook.errors import ApiError
from flowhook.model.endpoint import Endpoint
from flowhook.storage.protocols import ApiKeys as StoredApiKeys
from flowhook.storage.records import ApiKey

PREFIX = "fhk"
MAX_LENGTH = 128  #: longer ones are not ours and are not hashed
_NOBODY = ApiKey("", "", "", hashlib.sha256(b"").digest(), "", 0.0)


class ApiKeys:
    """All live keys, in memory; every change goes through the store first."""

    def __init__(self, stored: StoredApiKeys, clock: Clock) -> None:
        self._stored = stored
        self._clock = clock
        self._by_id: dict[str, ApiKey] = {}

    async def load(self) -> None:
        """Read all keys from the store."""
        self._by_id = {key.key_id: key for key in await self._stored.all()}

    def check(self, endpoint: Endpoint, presented: bytes | None) -> bool:
        """Return whether ``presented`` is a live key of ``endpoint``. An unknown id costs the same work."""
        if presented is None or len(presented) > MAX_LENGTH:
            presented = b""
        parts = presented.split(b"_", 2)
        key_id = parts[1].decode("latin-1") if len(parts) == 3 else ""
        known = self._by_id.get(key_id, _NOBODY)
        same = hmac.compare_digest(hashlib.sha256(presented).digest(), known.hash)
        return same and known is not _NOBODY and known.endpoint == endpoint.name

    async def create(self, endpoint: Endpoint, name: str) -> dict[str, Any]:
        """Create a key. ``key`` in what is returned is the only time that it is seen."""
        name = name.strip()
        if not 0 < len(name) <= 100:
            raise ApiError(400, "invalid_field", "A key needs a name of 1 to 100 characters.")
        if any(key.name == name for key in self._kept(endpoint)):
            raise ApiError(409, "name_taken", f"The endpoint has a key named {name!r} already.")
        text = new_key()
        preview = f"{text[:4]}…{text[-4:]}"
        digest = hashlib.sha256(text.encode()).digest()
        key = ApiKey(text.split("_")[1], endpoint.name, name, digest, preview, self._clock.now())
        await self._stored.add(key)
        self._by_id[key.key_id] = key
        return {**_shown(key), "key": text}

    def of(self, endpoint: Endpoint) -> list[dict[str, Any]]:
        """Return the endpoint's keys, oldest first, without their secrets."""
        return [_shown(key) for key in self._kept(endpoint)]

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


def new_key() -> str:
    """A key that nobody has seen before."""
    body = f"{PREFIX}_{secrets.token_hex(5)}_{secrets.token_hex(20)}"
    return f"{body}_{crc32(body.encode()):08x}"


def _shown(key: ApiKey) -> dict[str, Any]:
    return {"id": key.key_id, "name": key.name, "preview": key.preview, "createdAt": key.created_at}
