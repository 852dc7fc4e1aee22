"""The admin key: who may administer, and where the key comes from."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

from flowhook.errors import ApiError, FlowhookError
from flowhook.ids import new_token

KEY_FILE = Path(".flowhook") / "admin_key"


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
            return key
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = new_token()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:
        os.fchmod(file.fileno(), 0o600)  # an empty file may have been there with other rights
        file.write(key + "\n")
    return key


def require_admin(authorization: str | None, admin_key: str) -> None:
    """Let the bearer of the admin key pass; anybody else gets ApiError 401, whatever was wrong."""
    scheme, _, presented = (authorization or "").partition(" ")
    same = hmac.compare_digest(_digest(presented.strip()), _digest(admin_key))
    if not same or scheme.lower() != "bearer":
        raise ApiError(
            401,
            "unauthorized",
            "Administration asks for Authorization: Bearer <admin key>.",
            headers={"WWW-Authenticate": 'Bearer realm="flowhook"'},
        )


def _digest(text: str) -> bytes:
    """Of one length whatever was presented, so that comparing tells nothing about the length."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
