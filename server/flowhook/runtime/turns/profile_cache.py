"""Profiles in memory: read often, changed seldom, and all changes go through here."""

from __future__ import annotations

from typing import Any

from flowhook.storage.protocols import Ownership, Profiles

PROFILES = 10_000  #: profiles kept in memory


class ProfileCache:
    """Reads profiles from the store once. Starts anew before it holds too many.

    ``endpoint`` is that of profiles of its own, "" for those of the whole project.
    """

    def __init__(self, stored: Profiles, ownership: Ownership) -> None:
        """While other processes serve on the same store nothing is kept: they change profiles, too."""
        self._stored = stored
        self._ownership = ownership
        #: (user, endpoint) → the user under whose id the profile is kept
        self._main_users: dict[tuple[str, str], str] = {}
        self._profiles: dict[tuple[str, str], dict[str, Any]] = {}

    async def get(self, user_id: str, endpoint: str = "") -> dict[str, Any]:
        """Return the profile of a user, {} when there is none. It must not be changed."""
        if self._ownership.processes > 1:
            self.clear()
            return (await self._stored.find(user_id, endpoint)).body
        main_user = self._main_users.get((user_id, endpoint))
        profile = None if main_user is None else self._profiles.get((main_user, endpoint))
        if profile is None:
            if len(self._main_users) >= PROFILES:
                self.clear()
            found = await self._stored.find(user_id, endpoint)
            self._main_users[user_id, endpoint] = found.main_user
            profile = self._profiles[found.main_user, endpoint] = found.body
        return profile

    def forget(self, user_id: str, endpoint: str = "") -> None:
        """Drop a profile that was changed in the store, for all who share it."""
        main_user = self._main_users.pop((user_id, endpoint), user_id)
        self._profiles.pop((main_user, endpoint), None)

    def clear(self) -> None:
        """Drop all: users were merged, or parted."""
        self._main_users.clear()
        self._profiles.clear()
