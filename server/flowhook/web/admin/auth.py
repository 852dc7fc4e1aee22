"""The admin keys: who may administer what, and where the key of the role admin comes from."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path

from flowhook.clock import Clock
from flowhook.config import AdminKeyConfig
from flowhook.errors import ApiError, FlowhookError
from flowhook.ids import new_token
from flowhook.model.log_action import LogAction
from flowhook.model.roles import Role, permits
from flowhook.web.admin.browser_logins import BrowserLogins
from flowhook.web.core.client_address import ClientAddresses, client_network
from flowhook.web.core.http import Scope
from flowhook.web.core.rate_limit import MAX_CALLERS

log = logging.getLogger("flowhook.web")

KEY_FILE = Path(".flowhook") / "admin_key"
FREE_GUESSES = 3  #: wrong keys that are answered at once
GUESS_DELAY = 1.0  #: seconds that each further one takes
MAX_GUESSES = 10  #: wrong keys of one caller within GUESS_SECONDS; more are not looked at
GUESS_SECONDS = 300.0


def load_admin_key(configured: str, root: Path) -> str:
    """The configured key, else the one in ``<root>/.flowhook/admin_key``, made at the first start.

    Raises FlowhookError when that file can neither be read nor made.
    """
    if configured:
        return configured
    path = root / KEY_FILE
    try:
        return _kept_key(path)
    except OSError as error:
        raise FlowhookError(
            f"cannot keep the admin key in {path}: {error.strerror}; give `admin_key` in config.yaml instead"
        ) from error


def _kept_key(path: Path) -> str:
    try:
        if key := path.read_text(encoding="ascii").strip():
            if path.stat().st_mode & 0o077:
                log.warning(
                    "%s can be read by others: chmod 600",
                    path,
                    extra={"action": LogAction.ADMIN_KEY_READABLE},
                )
            return key
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = new_token()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:
        os.fchmod(file.fileno(), 0o600)  # an empty file may have been there with other rights
        file.write(key + "\n")
    return key


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls administration: the name of the key, and its role. ``csrf`` is the word that a page sends
    with what it changes; empty where no browser logged in."""

    name: str
    role: Role
    csrf: str = field(default="", repr=False)


ADMIN = Principal("admin", "admin")  #: the bearer of ``admin_key``


class AdminGuard:
    """Lets the bearer of an admin key pass, as far as its role goes; whoever guesses at keys is slowed
    down, then refused.

    One for the life of the server. Guesses are counted for each caller: an IPv4 address, or the /64
    network of an IPv6 address.
    """

    def __init__(
        self,
        admin_key: str,
        clock: Clock,
        trusted_proxies: Iterable[str] = (),
        keys: Iterable[AdminKeyConfig] = (),
        browsers: BrowserLogins | None = None,
    ) -> None:
        self._keys = [(_digest(admin_key), ADMIN)]
        self._keys += [
            (_digest(admin_key.key), Principal(admin_key.name, admin_key.role)) for admin_key in keys
        ]
        self._clock = clock
        self._browsers = browsers
        self._addresses = ClientAddresses(trusted_proxies)
        self._guesses: dict[str, list[float]] = {}  #: by caller: when, on the monotonic clock
        self._used: dict[str, float] = {}  #: by the name of a key: when it was last used, POSIX seconds

    async def require(
        self, scope: Scope, authorization: str | None, roles: tuple[Role, ...] = ("admin",)
    ) -> Principal:
        """Return who calls. Raise ApiError 401 for a missing or wrong key, 429 for one guess too many, 403
        when the role of the key meets none of ``roles``."""
        caller = await self.identify(scope, authorization)
        if not permits(caller.role, roles):
            detail = f"This needs the role {' or '.join(roles)}; the key {caller.name!r} has {caller.role}."
            raise ApiError(403, "forbidden", detail)
        return caller

    def uses(self) -> list[tuple[Principal, float | None]]:
        """Return whose admin keys there are, and when each was last used since the server started."""
        return [(caller, self._used.get(caller.name)) for _, caller in self._keys]

    async def identify(self, scope: Scope, authorization: str | None) -> Principal:
        """Return who calls, whatever the role. Raise ApiError 401 or 429, or 403 for a page of another
        site."""
        caller = await self._identify(scope, authorization)
        self._used[caller.name] = self._clock.now()
        return caller

    async def _identify(self, scope: Scope, authorization: str | None) -> Principal:
        network = client_network(self._addresses.of(scope))
        self._refuse_guessers(network)
        if authorization is None and self._browsers is not None:
            login = await self._browsers.find(scope, [digest for digest, _ in self._keys])
            if login is not None:
                self._browsers.refuse_other_sites(scope, login)
                caller = next(caller for digest, caller in self._keys if digest == login.key)
                return replace(caller, csrf=login.csrf)
        scheme, _, presented = (authorization or "").partition(" ")
        caller_or_none = self._bearer_of(presented.strip()) if scheme.lower() == "bearer" else None
        if caller_or_none is not None:
            return caller_or_none
        if presented.strip():
            await self._note_guess(network)
        raise ApiError(
            401,
            "unauthorized",
            "Administration asks for Authorization: Bearer <admin key>.",
            headers={"WWW-Authenticate": 'Bearer realm="flowhook"'},
        )

    async def log_in(self, scope: Scope, key: str) -> tuple[Principal, str]:
        """Let a browser in with an admin key. Return who it is, and the value of the cookie.

        Raises ApiError as :meth:`identify` does.
        """
        assert self._browsers is not None
        caller = await self.identify(scope, f"Bearer {key}")
        login = await self._browsers.begin(_digest(key.strip()))
        return replace(caller, csrf=login.csrf), login.cookie

    async def log_out(self, scope: Scope) -> str:
        """End the login of a browser, if it has one. Return the cookie that takes the place of its own."""
        assert self._browsers is not None
        return await self._browsers.end(scope)

    def _bearer_of(self, presented: str) -> Principal | None:
        """Compare with all keys, always: how long it takes tells nothing."""
        digest, found = _digest(presented), None
        for known, caller in self._keys:
            if hmac.compare_digest(digest, known):
                found = caller
        return found

    def _refuse_guessers(self, caller: str) -> None:
        """Not even the right key passes then: else every guess would be tried."""
        guesses = self._recent(caller)
        if len(guesses) >= MAX_GUESSES:
            wait = ceil(guesses[0] + GUESS_SECONDS - self._clock.monotonic())
            detail = "Too many wrong admin keys from this address."
            raise ApiError(429, "rate_limited", detail, headers={"Retry-After": str(max(1, wait))})

    async def _note_guess(self, caller: str) -> None:
        guesses = [*self._recent(caller), self._clock.monotonic()]
        if len(self._guesses) >= MAX_CALLERS:
            self._guesses.pop(next(iter(self._guesses)))
        self._guesses[caller] = guesses
        if len(guesses) in (1, MAX_GUESSES):
            log.warning(
                "wrong admin key from %s%s",
                caller or "a local socket",
                "; refused for a while" if len(guesses) > 1 else "",
                extra={"action": LogAction.ADMIN_KEY_GUESSED},
            )
        if len(guesses) > FREE_GUESSES:
            await self._clock.sleep(GUESS_DELAY)

    def _recent(self, caller: str) -> list[float]:
        since = self._clock.monotonic() - GUESS_SECONDS
        return [at for at in self._guesses.get(caller, ()) if at > since]


def _digest(text: str) -> bytes:
    """Of one length whatever was presented, so that comparing tells nothing about the length."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
