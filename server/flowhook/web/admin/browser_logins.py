"""Browsers that logged in with an admin key: a cookie each, which ends by itself."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple
from urllib.parse import urlsplit

from flowhook.clock import Clock
from flowhook.errors import ApiError
from flowhook.ids import new_token
from flowhook.storage.protocols import Settings
from flowhook.web.core.http import Scope

LIFETIME = 12 * 3600  #: seconds after which a browser has to log in again
MAX_LOGINS = 100  #: of all browsers; one more ends the oldest
CSRF_HEADER = b"x-flowhook-csrf"
_PREFIX = "browser-login:"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Login(NamedTuple):
    """A browser that logged in: by which key (its digest), the word against other sites, and the cookie
    to set."""

    key: bytes
    csrf: str
    cookie: str = ""


class BrowserLogins:
    """Keeps who logged in, in the database: so a login outlives a restart and counts in every process.

    The database holds hashes alone. A login is sealed with the key that it was made with, so it ends when the
    key leaves the configuration. The cookie is not sent along by pages of other sites (SameSite=Strict), and
    what changes something asks for a word as well that only our own pages know.
    """

    def __init__(self, settings: Settings, clock: Clock, public_url: str) -> None:
        self._settings = settings
        self._clock = clock
        address = urlsplit(public_url)
        self._secure = address.scheme == "https"
        #: cookies know no ports: two servers of one machine keep apart
        self._name = f"flowhook-{address.port}" if address.port else "flowhook"

    async def begin(self, key: bytes) -> Login:
        """Log a browser in with the key of this digest."""
        await self._make_room()
        token = new_token()
        kept = {"seal": _seal(token, key), "ends": self._clock.now() + LIFETIME}
        await self._settings.set(_place(token), json.dumps(kept))
        return Login(key, _csrf(token), self._cookie(token, LIFETIME))

    async def find(self, scope: Scope, keys: Iterable[bytes]) -> Login | None:
        """Return the login of a request, if it stands and was made with one of these keys."""
        token = self._token_of(scope)
        kept = await self._settings.get(_place(token)) if token else None
        if kept is None:
            return None
        facts = json.loads(kept)
        if facts["ends"] <= self._clock.now():
            return None
        sealed = (key for key in keys if hmac.compare_digest(_seal(token, key), facts["seal"]))
        key = next(sealed, None)
        return Login(key, _csrf(token)) if key is not None else None

    async def end(self, scope: Scope) -> str:
        """Log a browser out. Return the cookie that removes its own."""
        if token := self._token_of(scope):
            await self._settings.set(_place(token), None)
        return self._cookie("", 0)

    def refuse_other_sites(self, scope: Scope, login: Login) -> None:
        """Raise ApiError 403 ``cross_site`` for a change that may come from a page of another site."""
        if scope["method"] in _READING:
            return
        headers = dict(scope["headers"])
        site = headers.get(b"sec-fetch-site", b"same-origin")
        word = headers.get(CSRF_HEADER, b"").decode("latin-1")
        if site != b"same-origin" or not hmac.compare_digest(word.encode(), login.csrf.encode()):
            detail = "A page that changes something sends X-Flowhook-CSRF, which GET /api/me tells."
            raise ApiError(403, "cross_site", detail)

    async def _make_room(self) -> None:
        """Forget logins that are over, and the oldest when there are too many."""
        kept = {
            name: json.loads(value)["ends"]
            for name, value in (await self._settings.with_prefix(_PREFIX)).items()
        }
        oldest_first = sorted(kept, key=kept.__getitem__)
        for name in oldest_first:
            if kept[name] <= self._clock.now() or len(kept) >= MAX_LOGINS:
                await self._settings.set(name, None)
                del kept[name]

    def _token_of(self, scope: Scope) -> str:
        raw = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
        try:
            morsel = SimpleCookie(raw.decode("latin-1")).get(self._name)
        except CookieError:
            return ""
        return morsel.value if morsel is not None else ""

    def _cookie(self, token: str, seconds: int) -> str:
        secure = "; Secure" if self._secure else ""
        return f"{self._name}={token}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Strict{secure}"


def _place(token: str) -> str:
    return _PREFIX + hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _seal(token: str, key: bytes) -> str:
    return hmac.new(token.encode("utf-8", "surrogateescape"), b"key" + key, hashlib.sha256).hexdigest()


def _csrf(token: str) -> str:
    return hmac.new(token.encode("utf-8", "surrogateescape"), b"csrf", hashlib.sha256).hexdigest()[:32]
