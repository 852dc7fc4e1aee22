"""The answer that a plugin wrote itself."""

from __future__ import annotations

import re

from pydantic_core import to_json

from flowhook.hooks.api.request import Response
from flowhook.web.core.http import NO_STORE, HeaderPairs, HttpResponse

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_OURS = frozenset({"content-length", "transfer-encoding", "connection", "server", "date"})


def written_response(response: Response) -> HttpResponse:
    """Status, headers and body as a plugin set them; what frames the message stays ours."""
    body, kind = _body(response.body)
    named = {name.lower(): (name, str(value)) for name, value in response.headers.items()}
    pairs: HeaderPairs = [_pair(name, value) for lower, (name, value) in named.items() if lower not in _OURS]
    if body and "content-type" not in named:
        pairs.append((b"content-type", kind))
    if "cache-control" not in named:
        pairs.append(NO_STORE)
    if response.status not in {204, 304}:
        pairs.append((b"content-length", b"%d" % len(body)))
    return HttpResponse(response.status, pairs, body)


def _body(value: object) -> tuple[bytes, bytes]:
    match value:
        case None:
            return b"", b""
        case bytes():
            return value, b"application/octet-stream"
        case str():
            return value.encode(), b"text/plain; charset=utf-8"
        case _:
            return to_json(value), b"application/json"


def _pair(name: str, value: str) -> tuple[bytes, bytes]:
    """A header that cannot break out of its line."""
    if not _NAME.match(name) or any(character in value for character in "\r\n\0"):
        raise ValueError(f"a plugin answered with the header {name!r}, which is not a valid one")
    return name.lower().encode("ascii"), value.encode("latin-1")
