"""Small facts of the installation."""

from __future__ import annotations

from flowhook.storage.protocols import Store


async def test_settings_are_found_by_prefix(store: Store) -> None:
    """Small facts of the installation."""
    await store.settings.set("token:web", "1")
    await store.settings.set("token:web", "2")
    await store.settings.set("tokens", "x")
    assert await store.settings.with_prefix("token:") == {"token:web": "2"}
    assert await store.settings.get("token:web") == "2"
    await store.settings.set("token:web", None)
    assert await store.settings.get("token:web") is None


async def test_the_first_value_stays(store: Store) -> None:
    """Whoever comes later is told it: several processes make one token."""
    assert await store.settings.keep_first("token:web", "one") == "one"
    assert await store.settings.keep_first("token:web", "two") == "one"
    assert await store.settings.get("token:web") == "one"
