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


async def test_a_key_may_have_an_end_scopes_and_a_last_use(store: Store) -> None:
    """All three are kept; the end may come later."""
    plain = ApiKey("k1", "web", "crm", b"hash", "…abcd", 1.0)
    narrow = ApiKey("k2", "web", "shop", b"hash", "…abce", 2.0, 9.0, None, ("message", "inject"))
    await store.api_keys.add(plain)
    await store.api_keys.add(narrow)
    assert await store.api_keys.all() == [plain, narrow]
    await store.api_keys.note_use({"k1": 5.0, "k2": 6.0, "gone": 7.0})
    assert [key.used_at for key in await store.api_keys.all()] == [5.0, 6.0]
    assert await store.api_keys.end("web", "k1", 8.0)
    assert not await store.api_keys.end("other", "k2", 8.0)
    assert [key.ends_at for key in await store.api_keys.all()] == [8.0, 9.0]
