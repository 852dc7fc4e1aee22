"""Profiles in memory: read once, unless other processes may change them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flowhook.runtime.turns.profile_cache import ProfileCache
from flowhook.storage.records import StoredProfile


async def test_profiles_are_kept_by_one_process_and_read_anew_by_several() -> None:
    """What another process changed is seen by the next turn; what was kept before is forgotten."""
    bodies = [{"n": 1}, {"n": 2}, {"n": 3}]

    async def find(user_id: str, endpoint: str) -> StoredProfile:
        return StoredProfile(user_id, bodies.pop(0))

    ownership: Any = SimpleNamespace(processes=1)
    stored: Any = SimpleNamespace(find=find)
    profiles = ProfileCache(stored, ownership)
    assert [await profiles.get("ada") for _ in range(2)] == [{"n": 1}, {"n": 1}]
    ownership.processes = 2
    assert await profiles.get("ada") == {"n": 2}
    ownership.processes = 1
    assert await profiles.get("ada") == {"n": 3}
