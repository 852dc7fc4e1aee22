"""Signed addresses of the workspace of a conversation: who has one sees its tiles, and nothing else, without
a key of administration. For the desks of others, which show them in a frame.

The word in the address is a JWT (HS256) of ``userId`` and ``sessionId``, signed with the secret of the
endpoint's ``copilot``; so whoever knows that secret can make one, too. ``exp`` counts where it is given.
"""

from __future__ import annotations

from urllib.parse import quote

from flowhook.errors import ApiError

PAGE = "/desk/copilot"


def signed_address(public_url: str, endpoint: str, secret: str, user_id: str, session_id: str) -> str:
    """Return the address of the workspace of a session's conversation."""
    import jwt  # takes a while, and most servers sign nothing

    token = jwt.encode({"userId": user_id, "sessionId": session_id}, secret, "HS256")
    return f"{public_url.rstrip('/')}{PAGE}?endpoint={quote(endpoint, safe='')}&auth={token}"


def session_of(token: str, secret: str, now: float) -> tuple[str, str]:
    """Return userId and sessionId that a token names. Raises ApiError 401."""
    import jwt

    if not secret:
        raise _refused("The copilot of this endpoint has no secret.")
    try:
        claims = jwt.decode(token, secret, ["HS256"], options={"verify_exp": False, "verify_aud": False})
    except jwt.InvalidTokenError as error:
        raise _refused(
            f"The address is not signed (JWT, HS256) with the secret of this copilot: {error}"
        ) from None
    expires = claims.get("exp")
    if expires is not None and (type(expires) not in (int, float) or expires <= now):
        raise _refused("The address has expired.")
    user_id, session_id = claims.get("userId"), claims.get("sessionId")
    if not isinstance(user_id, str) or not isinstance(session_id, str):
        raise _refused("The token names no userId and sessionId.")
    return user_id, session_id


def _refused(why: str) -> ApiError:
    return ApiError(401, "unauthorized", why)
