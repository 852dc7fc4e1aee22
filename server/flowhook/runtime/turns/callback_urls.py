"""One-time URLs of tasks: made from a secret of this installation, so that a turn that is run again after a
crash hands out the same URL; only hashes of them are kept."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets

from flowhook.model.session_ref import SessionRef
from flowhook.storage.protocols import Settings

SETTING = "callback_secret"
TOKEN_BYTES = 33  #: the session's part, and 256 bits that nobody can guess
TOKEN_LENGTH = 44  #: characters


class CallbackUrls:
    """Makes the URLs of tasks under ``public_url``. The secret is made when the first task starts."""

    def __init__(self, settings: Settings, public_url: str) -> None:
        self._settings = settings
        self._public_url = public_url.rstrip("/")
        self._secret: bytes | None = None
        self._loading = asyncio.Lock()

    async def token(self, ref: SessionRef, task: str) -> str:
        """Return the unguessable part of the URL: the same whenever it is asked for."""
        secret = self._secret or await self._load()
        mac = hmac.new(secret, f"{ref.key.hex()}:{task}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(ref.key[:1] + mac).decode()

    async def url(self, ref: SessionRef, task: str) -> str:
        """Return the URL that the service posts its result to."""
        return f"{self._public_url}/callback/{await self.token(ref, task)}"

    async def _load(self) -> bytes:
        async with self._loading:
            if self._secret is None:
                kept = await self._settings.get(SETTING)
                if kept is None:
                    kept = await self._settings.keep_first(SETTING, secrets.token_hex(32))
                self._secret = bytes.fromhex(kept)
            return self._secret


def key_of(token: str) -> tuple[int, bytes] | None:
    """Return the shard and the hash under which a token is kept; None for what is no token."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        decoded = base64.b64decode(token, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    return (decoded[0], hashlib.sha256(token.encode()).digest()) if len(decoded) == TOKEN_BYTES else None
