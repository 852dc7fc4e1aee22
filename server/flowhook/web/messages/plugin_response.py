"""The response that a plugin wrote itself, made safe to send."""

from __future__ import annotations

import re

from pydantic_core import to_json

from flowhook.hooks.api.request import Response
from flowhook.http_fields import TOKEN
from flowhook.web.core.http import NO_STORE, HeaderPairs, HttpResponse

_NAME = re.compile(TOKEN)
_OURS = frozenset({"content-length", "transfer-encoding", "connection", "server", "date"})


def written_response(response: Response) -> HttpResponse:
    """Make a response of what a plugin set; the headers that frame it stay ours."""
    body, content_type = _encoded(response.body)
    named = {name.lower(): (name, str(value)) for name, value in response.headers.items()}
    pairs: HeaderPairs = [
        _header(name, value) for lower, (name, value) in named.items() if lower not in _OURS
    ]
    if body and "content-type" not in named:
        pairs.append((b"content-type", content_type))
    if "cache-control" not in named:
        pairs.append(NO_STORE)
    if response.status not in {204, 304}:
        pairs.append((b"content-length", b"%d" % len(body)))
    return HttpResponse(response.status, pairs, body)


def _encoded(value: object) -> tuple[bytes, bytes]:
    match value:
        case None:
            return b"", b""
        case bytes():
            return value, b"application/octet-stream"
        case str():
            return value.encode(), b"text/plain; charset=utf-8"
        case _:
            return to_json(value), b"application/json"


def _header(name: str, value: str) -> tuple[bytes, bytes]:
    """One header. Raises ValueError for one that would break out of its line."""
    if not _NAME.fullmatch(name) or any(character in value for character in "\r\n\0"):
        raise ValueError(f"a plugin answered with the header {name!r}, which is not a valid one")
    return name.lower().encode("ascii"), value.encode("latin-1")
