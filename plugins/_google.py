"""Access to Google's APIs with a service account (RFC 7523), for the engines of Dialogflow.

Needs the extra ``flowhook[dialogflow]``, whose google-auth signs; the calls are our own.
"""

import json
import time
from importlib import import_module
from pathlib import Path
from typing import Any

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/dialogflow"
EARLY = 60.0  #: seconds before its end that a token is not used any more


class GoogleAccess:
    """The token of one service account, asked for when it is needed. ``credentials`` is its JSON, or the path
    of a file with it."""

    def __init__(self, credentials: str) -> None:
        text = credentials if credentials.lstrip().startswith("{") else Path(credentials).read_text()
        self._account: dict[str, str] = json.loads(text)
        self._token = ""
        self._until = 0.0

    @property
    def project(self) -> str:
        """The project of the account."""
        return self._account.get("project_id", "")

    async def headers(self, http: Any, timeout: float) -> dict[str, str]:
        """Return the header that authorises a call."""
        now = time.time()
        if now > self._until - EARLY:
            await self._renew(http, now, timeout)
        return {"authorization": f"Bearer {self._token}"}

    async def _renew(self, http: Any, now: float, timeout: float) -> None:
        # An extra, and without types.
        jwt, crypt = import_module("google.auth.jwt"), import_module("google.auth.crypt")
        uri = self._account.get("token_uri", "https://oauth2.googleapis.com/token")
        claims = {
            "iss": self._account["client_email"],
            "scope": SCOPE,
            "aud": uri,
            "iat": int(now),
            "exp": int(now) + 3600,
        }
        assertion = jwt.encode(crypt.RSASigner.from_service_account_info(self._account), claims).decode()
        form = {"grant_type": GRANT, "assertion": assertion}
        response = await http.post(uri, data=form, timeout=timeout)
        response.raise_for_status()
        answer = response.json()
        self._token, self._until = answer["access_token"], now + float(answer.get("expires_in", 3600))
