"""What administration may do with ``config.yaml``: edit endpoints as text, and put them into force.

What edits the text is imported with the first edit, since few servers ever see one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from flowhook.config.source import ConfigSource
from flowhook.errors import ApiError
from flowhook.file_replacing import replace_file
from flowhook.model.endpoint import Endpoint
from flowhook.problems.problem import has_errors
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.reload import Reloaded, Reloader

_BOM = "\ufeff"


class ConfigEdit(NamedTuple):
    """What an edit comes to."""

    diff: str  #: unified, without secrets
    fingerprint: str  #: of the file before it
    reloaded: Reloaded


class ConfigAdmin:
    """Each edit is checked as a reload would check it before it is written; the file is replaced whole."""

    def __init__(self, source: ConfigSource | None, reloader: Reloader, endpoints: Endpoints) -> None:
        self._source = source
        self._reloader = reloader
        self._endpoints = endpoints

    async def create(self, settings: Mapping[str, Any], **how: Any) -> ConfigEdit:
        """Add an endpoint. ``how``: as for :meth:`_edit`, as with the others. Raises ApiError."""
        from flowhook.config.edits import with_endpoint

        return await self._edit(lambda text: with_endpoint(text, settings), **how)

    async def change(self, endpoint: Endpoint, patch: Mapping[str, Any], **how: Any) -> ConfigEdit:
        """Change an endpoint by a merge patch (RFC 7396)."""
        if patch.get("name", endpoint.name) != endpoint.name:
            detail = "Rename an endpoint by hand: its sessions, keys and deliveries stay with the old name."
            raise ApiError(422, "edit_refused", detail)
        if "enabled" in patch and not how["dry_run"]:
            await self._endpoints.forget_switch(endpoint)
        from flowhook.config.edits import with_changed_endpoint

        return await self._edit(lambda text: with_changed_endpoint(text, endpoint.name, patch), **how)

    async def delete(self, endpoint: Endpoint, **how: Any) -> ConfigEdit:
        """Take an endpoint out. What it has is kept until it comes back."""
        from flowhook.config.edits import without_endpoint

        return await self._edit(lambda text: without_endpoint(text, endpoint.name), **how)

    async def write_switch(self, endpoint: Endpoint, enabled: bool) -> None:
        """Write into the file that an endpoint was opened or closed. It was so already: a file that has
        errors, or cannot be written, keeps nobody from closing one; then the switch stays in the store."""
        from flowhook.config.edits import with_changed_endpoint
        from flowhook.yamldoc.editing import EditRefused

        if self._source is None:
            return
        try:
            bom, text = _read(self._source.path)
            after = with_changed_endpoint(text, endpoint.name, {"enabled": enabled})
            config, _ = self._source.read(after)
            if config is None:
                return
            if after != text:
                replace_file(self._source.path, bom + after)
        except (EditRefused, OSError, UnicodeDecodeError):
            return
        endpoint.config.enabled = enabled
        await self._endpoints.forget_switch(endpoint)

    async def _edit(
        self, change: Callable[[str], str], *, dry_run: bool, fingerprint: str | None
    ) -> ConfigEdit:
        """Change the text, check it, write it and put it into force; ``dry_run``: only check. With a
        ``fingerprint`` the file must still be the one of which that is. Raises ApiError."""
        from flowhook.config.edits import difference
        from flowhook.yamldoc.editing import EditRefused

        if self._source is None:
            raise ApiError(409, "no_config_file", "The configuration did not come from a file.")
        try:
            bom, before = _read(self._source.path)
            after = change(before)
        except EditRefused as error:
            raise ApiError(
                422, "edit_refused", f"Change {self._source.path.name} by hand: {error}."
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise ApiError(409, "config_unreadable", f"The file cannot be read: {error}.") from None
        known = hashlib.sha256(before.encode()).hexdigest()[:16]
        if fingerprint not in (None, known):
            raise ApiError(
                409, "config_changed", "The file was changed meanwhile; look at the difference again."
            )
        diff = difference(before, after, self._source.path.name)
        check = self._reloader.check if dry_run else self._reloader.reload
        reloaded = await check(after)
        if has_errors(reloaded.problems):
            raise _refused(reloaded)
        if not dry_run and after != before:
            await self._write(self._source.path, bom + after)
        return ConfigEdit(diff, known, reloaded)

    async def _write(self, path: Path, text: str) -> None:
        try:
            replace_file(path, text)
        except OSError as error:
            await self._reloader.reload()  # back to what the file says
            detail = f"{path.name} cannot be written: {error.strerror}. Nothing was changed."
            raise ApiError(409, "config_not_writable", detail) from None


def _read(path: Path) -> tuple[str, str]:
    """The mark at the beginning of the file, if it has one, and its text with its own line ends."""
    text = path.read_bytes().decode("utf-8")
    return (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)


def _refused(reloaded: Reloaded) -> ApiError:
    errors = [
        {"field": f"{problem.file}:{problem.line}:{problem.column}", "message": problem.text}
        for problem in reloaded.problems
        if problem.severity == "error"
    ]
    return ApiError(422, "reload_failed", "Nothing was changed.", errors=errors)
