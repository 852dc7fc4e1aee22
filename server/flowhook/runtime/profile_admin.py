"""What administration may do with profiles: read, replace, change, merge, delete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flowhook.config import Config
from flowhook.errors import ApiError
from flowhook.model.inbound import JsonObject
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.turns.profile_cache import ProfileCache
from flowhook.storage.protocols import Profiles
from flowhook.storage.records import ProfileChange


class ProfileAdmin:
    """Each change is one transaction, and seen by the next turn of the user. ``endpoint`` has to be named
    where each has profiles of its own, and only there. All methods raise :class:`ApiError` 400 for the
    contrary, and for values that the declared fields do not take.
    """

    def __init__(
        self, config: Config, stored: Profiles, profiles: ProfileCache, endpoints: Endpoints
    ) -> None:
        self._config = config
        self._stored = stored
        self._profiles = profiles
        self._endpoints = endpoints

    async def get(self, user_id: str, endpoint: str | None = None) -> JsonObject:
        """Return a profile; {} where nothing is known."""
        return await self._stored.get(user_id, self._scope(endpoint))

    async def replace(self, user_id: str, profile: JsonObject, endpoint: str | None = None) -> JsonObject:
        """Let this be the profile, and return it."""
        change = ProfileChange("replace", (), self._checked(profile))
        return await self._change(user_id, [change], endpoint)

    async def patch(self, user_id: str, changes: JsonObject, endpoint: str | None = None) -> JsonObject:
        """Merge ``changes`` into the profile (RFC 7396: null removes) and return it. Raises
        :class:`ApiError` 409 for one that its user has made inactive, unless that is what changes."""
        present = await self.get(user_id, endpoint)
        if present.get("active") is False and "active" not in changes:
            raise ApiError(409, "profile_inactive", "The profile is inactive: nothing in it is changed.")
        checked = self._checked(changes)
        first = {"active": checked.pop("active")} if "active" in checked else {}
        return await self._change(user_id, [*_patches(first), *_patches(checked)], endpoint)

    async def merge(self, user_id: str, other: str, endpoint: str | None = None) -> JsonObject:
        """Let two users have one profile from now on, and return it."""
        return await self._change(user_id, [ProfileChange("merge", (), other)], endpoint)

    async def delete(self, user_id: str, endpoint: str | None = None) -> None:
        """Delete all that is in the profile. Users who were merged are parted."""
        await self._change(user_id, [ProfileChange("erase", ())], endpoint)

    async def linked(self, user_id: str, endpoint: str | None = None) -> list[str]:
        """Return the other users who share the profile."""
        return await self._stored.linked(user_id, self._scope(endpoint))

    def _scope(self, endpoint: str | None) -> str:
        if self._config.profiles.scope == "project":
            if endpoint is None:
                return ""
            raise _wrong_endpoint("profiles belong to the whole project here (profiles.scope)")
        if endpoint is None:
            raise _wrong_endpoint("is missing: each endpoint has profiles of its own (profiles.scope)")
        if self._endpoints.by_name(endpoint) is None:
            raise ApiError(404, "unknown_endpoint", f"There is no endpoint {endpoint!r}.")
        return endpoint

    def _checked(self, values: JsonObject) -> JsonObject:
        fields, errors = self._config.profiles.checked, []
        checked: JsonObject = {}
        for name, value in values.items():
            try:
                checked[name] = fields.coerced((name,), value)
            except ValueError as error:
                errors.append({"field": name, "message": str(error)})
        if errors:
            detail = "; ".join(error["message"] for error in errors)
            raise ApiError(400, "invalid_field", detail, errors=errors)
        return checked

    async def _change(self, user_id: str, changes: list[ProfileChange], endpoint: str | None) -> JsonObject:
        scope = self._scope(endpoint)
        await self._stored.change(user_id, changes, scope)
        if any(change.op in ("merge", "erase") for change in changes):
            self._profiles.clear()
        self._profiles.forget(user_id, scope)
        return await self._stored.get(user_id, scope)


def _patches(changes: Mapping[str, Any], *path: str) -> Iterator[ProfileChange]:
    """A merge patch as changes of single values."""
    for name, value in changes.items():
        if isinstance(value, dict) and value:
            yield from _patches(value, *path, name)
        elif value is None:
            yield ProfileChange("unset", (*path, name))
        else:
            yield ProfileChange("set", (*path, name), value)


def _wrong_endpoint(message: str) -> ApiError:
    return ApiError(
        400, "invalid_parameter", f"endpoint {message}.", errors=[{"field": "endpoint", "message": message}]
    )
