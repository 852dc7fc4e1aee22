"""Keys of endpoints."""

from __future__ import annotations

from flowhook.storage.protocols import Store
from flowhook.storage.records import ApiKey


async def test_keys_come_and_go(store: Store) -> None:
    """A key is added, listed and revoked at its endpoint only."""
    key = ApiKey("k1", "web", "crm", b"hash", "…abcd", 1.0)
    await store.api_keys.add(key)
    assert await store.api_keys.all() == [key]
    assert not await store.api_keys.revoke("other", "k1")
    assert await store.api_keys.revoke("web", "k1")
    assert await store.api_keys.all() == []
