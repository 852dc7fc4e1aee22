"""What is known of users across sessions."""

from __future__ import annotations

from typing import Any

from flowhook.storage.protocols import Store
from flowhook.storage.records import ProfileChange


async def test_profile_changes_meet_what_is_stored(store: Store, desk: Any) -> None:
    """Two sessions of a user change different paths and neither undoes the other."""
    await desk.exchange(profile=[ProfileChange("set", ("name",), "Ann")])
    await desk.exchange(
        desk.session("u1", "s2"),
        "x",
        profile=[
            ProfileChange("set", ("address", "city"), "Bonn"),
            ProfileChange("append", ("tags",), "vip"),
            ProfileChange("append", ("tags",), "new"),
            ProfileChange("unset", ("gone", "deep")),
        ],
    )
    assert await store.profiles.get("u1") == {
        "name": "Ann",
        "address": {"city": "Bonn"},
        "tags": ["vip", "new"],
    }
    assert await store.profiles.get("nobody") == {}
