"""Signed addresses of the workspace of a conversation: who has one sees its tiles, and nothing else, without
a key of administration. For the desks of others, which show them in a frame.

The word in the address is a JWT (HS256) of ``userId`` and ``sessionId``, signed with the secret of the
endpoint's ``copilot``; so whoever knows that secret can make one, too. ``exp`` counts where it is given.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import quote

from flowhook.errors import ApiError

PAGE = "/desk/copilot"


def signed_address(public_url: str, endpoint: str, secret: str, user_id: str, session_id: str) -> str:
    """Return the address of the workspace of a session's conversation."""
    claims = {"userId": user_id, "sessionId": session_id}
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    token = f"{signed}.{_signature(signed, secret)}"
    return f"{public_url.rstrip('/')}{PAGE}?endpoint={quote(endpoint, safe='')}&auth={token}"


def session_of(token: str, secret: str, now: float) -> tuple[str, str]:
    """Return userId and sessionId that a token names. Raises ApiError 401."""
    signed, _, signature = token.rpartition(".")
    if not secret or not hmac.compare_digest(signature.encode(), _signature(signed, secret).encode()):
        raise _refused("The address is not signed with the secret of this endpoint's copilot.")
    try:
        header, claims = (_read(part) for part in signed.split("."))
    except ValueError:
        raise _refused("The word auth of the address is no JWT.") from None
    if header.get("alg") != "HS256":
        raise _refused("The token's alg must be HS256.")
    expires = claims.get("exp")
    if expires is not None and (type(expires) not in (int, float) or expires <= now):
        raise _refused("The address has expired.")
    user_id, session_id = claims.get("userId"), claims.get("sessionId")
    if not isinstance(user_id, str) or not isinstance(session_id, str):
        raise _refused("The token names no userId and sessionId.")
    return user_id, session_id


def _refused(why: str) -> ApiError:
    return ApiError(401, "unauthorized", why)


def _signature(signed: str, secret: str) -> str:
    return _encoded(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())


def _part(value: dict[str, Any]) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _read(part: str) -> dict[str, Any]:
    """Read a part of a JWT. Raises ValueError."""
    found = json.loads(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))
    if not isinstance(found, dict):
        raise ValueError("a part of a token is no object")
    return found
