"""Profiles in memory: read often, changed seldom, and all changes go through here."""

from __future__ import annotations

from typing import Any

from flowhook.storage.protocols import Profiles

PROFILES = 10_000  #: profiles kept in memory


class ProfileCache:
    """Reads profiles from the store once. Starts anew before it holds too many."""

    def __init__(self, stored: Profiles) -> None:
        self._stored = stored
        self._profiles: dict[str, dict[str, Any]] = {}

    async def get(self, user_id: str) -> dict[str, Any]:
        """Return the profile of a user, {} when there is none. It must not be changed."""
        profile = self._profiles.get(user_id)
        if profile is None:
            if len(self._profiles) >= PROFILES:
                self._profiles.clear()
            profile = self._profiles[user_id] = await self._stored.get(user_id)
        return profile

    def forget(self, user_id: str) -> None:
        """Drop a profile that was changed in the store."""
        self._profiles.pop(user_id, None)
