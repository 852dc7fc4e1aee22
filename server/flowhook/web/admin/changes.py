"""What the routes of administration change, declared; and the rows of the audit that follow from it.

A route that changes something says so where it is declared: ``change=Change("session.reset", state=…)``. The
row is written by :class:`ChangeRecorder` around the handler, so a route cannot forget it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic_core import to_json

from flowhook.errors import ApiError
from flowhook.model.privacy import MASK
from flowhook.runtime.observe.redaction import Redactor
from flowhook.storage.records import AuditRow

if TYPE_CHECKING:
    from flowhook.runtime.application import Application
    from flowhook.web.admin.routes import AdminRequest

MAX_VALUE = 16 * 1024  #: bytes of ``before`` and of ``after`` that are kept
OMITTED = "…"
#: Whatever a declaration hands over: a value under one of these names is not written down.
SECRETS = frozenset(
    {
        "admin_key",
        "authorization",
        "bearer",
        "client_cert",
        "inject_token",
        "key",
        "password",
        "secret",
        "token",
    }
)

_VARIABLE = re.compile(r"\{(\w+)\}")
_PERSONAL = ("userId", "sessionId")

State = Callable[["Application", "AdminRequest"], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Change:
    """What a route changes. ``action`` is noun and verb, such as ``session.reset``.

    ``state`` returns what may differ, as JSON without secrets; it is asked before and after. An ApiError
    of it stands for nothing there. ``result`` makes ``after`` of what the handler returned, for what is only
    known then. ``anonymous``: the row does not say whose it was, for what erases it.
    """

    action: str
    state: State | None = None
    result: Callable[[Any], Any] | None = None
    anonymous: bool = False


#: For a route that changes nothing, whatever its method is.
NO_CHANGE: Literal["nothing"] = "nothing"


class ChangeRecorder:
    """Writes the audit of one route: ``begin`` before its handler, ``end`` after it."""

    def __init__(self, application: Application, change: Change, path: str) -> None:
        self._application = application
        self._change = change
        variables = list(_VARIABLE.finditer(path))
        #: the path without what comes after its last variable: "sessions/{endpoint}/{userId}"
        self._subject = path[: variables[-1].end() if variables else None].removeprefix("/api/")
        self._by_endpoint = path.startswith("/api/endpoints/{name}")

    async def begin(self, request: AdminRequest) -> Any:
        """Return the state before the change."""
        return await self._state(request)

    async def end(self, request: AdminRequest, before: Any, result: Any) -> None:
        """Write the row, unless the handler says that nothing was changed."""
        if not request.changes:
            return
        change = self._change
        after = change.result(result) if change.result is not None else await self._state(request)
        before, after = differing(before, after)
        if before == after == {}:  # it was so already
            before = after = None
        names = dict(request.path)
        endpoint = names.get("name" if self._by_endpoint else "endpoint")
        redactor = self._redactor(endpoint, names).blinded(request.blind)
        hidden = change.anonymous or redactor.masked
        if hidden:
            names |= {name: OMITTED if change.anonymous else MASK for name in _PERSONAL if name in names}
        await self._application.store.audit.add(
            AuditRow(
                self._application.clock.now(),
                request.caller.name,
                request.caller.role,
                change.action,
                _VARIABLE.sub(lambda found: names[found[1]], self._subject),
                endpoint,
                None if hidden else names.get("userId"),
                None if hidden else names.get("sessionId"),
                _kept(before, redactor),
                _kept(after, redactor),
            )
        )

    async def _state(self, request: AdminRequest) -> Any:
        if self._change.state is None:
            return None
        try:
            return await self._change.state(self._application, request)
        except ApiError:
            return None

    def _redactor(self, endpoint: str | None, names: Mapping[str, str]) -> Redactor:
        """The endpoint's; where a user of all endpoints is meant, one that masks when any of theirs does."""
        endpoints = self._application.endpoints
        if endpoint is not None or "userId" not in names:
            return Redactor.of(endpoints.by_name(endpoint) if endpoint is not None else None)
        return Redactor(any(Redactor.of(endpoint).masked for endpoint in endpoints))


def differing(before: Any, after: Any) -> tuple[Any, Any]:
    """Return both without what is the same in them: of mappings, the keys whose values differ."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return before, after
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for name in before | after:
        was, now = before.get(name), after.get(name)
        if name in before and name in after:
            if was == now:
                continue
            was, now = differing(was, now)
        old |= {name: was} if name in before else {}
        new |= {name: now} if name in after else {}
    return old, new


def _kept(value: Any, redactor: Redactor) -> Any:
    """The value as it is written down: without secrets, masked where the endpoint is, and not too long."""
    if value is None:
        return None
    value = redactor.value(_without_secrets(value))
    size = len(to_json(value))
    return value if size <= MAX_VALUE else {"omittedBytes": size}


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: OMITTED if str(name).lower() in SECRETS and part else _without_secrets(part)
            for name, part in value.items()
        }
    return [_without_secrets(part) for part in value] if isinstance(value, list | tuple) else value
