"""The heads of plain requests: HTTP/1.1, and nothing that two servers could read differently. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from flowhook.http_fields import TOKEN

REMEMBERED: Final = 256  #: heads: a caller says the same in most of his requests
SHORT: Final = 1024  #: bytes of a head, up to which it is remembered

_REQUEST_LINE = re.compile(rb"(POST|GET) (/[A-Za-z0-9._~!$&'()*+,;=:@/-]*) HTTP/1\.1")
_FIELD_NAME = re.compile(TOKEN.encode())
_PLAIN = re.compile(rb"(?:[\t\x20-\x7e]*\r\n)*[\t\x20-\x7e]*")
_LENGTH = re.compile(rb"[1-9][0-9]{0,5}")
#: Headers that change how a request is read, or whether.
_UNUSUAL = frozenset(
    {
        b"expect",
        b"http2-settings",
        b"keep-alive",
        b"origin",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_CLOSE: Final = b"close"
_PERSISTENCE: Final = frozenset({b"keep-alive", _CLOSE})


class PlainHead(NamedTuple):
    """A head in which nothing is unusual. It may be another request's, too: nobody changes it."""

    path: str
    scope: Mapping[str, Any]  #: of ASGI, but for the client
    headers: Mapping[bytes, bytes]  #: by name in lower case
    size: int  #: of the body, in bytes
    closes: bool  #: the caller wants the connection to be closed then


def plain_head(head: bytes) -> PlainHead | None:
    """Return what a head says, which is given without the empty line at its end; None unless all of it is
    plain."""
    return _remembered(head) if len(head) <= SHORT else _read(head)


def _read(head: bytes) -> PlainHead | None:
    first, *lines = head.split(b"\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    if line is None or not _PLAIN.fullmatch(head):
        return None
    headers: dict[bytes, bytes] = {}
    for field in lines:
        name, colon, value = field.partition(b":")
        name = name.lower()
        if not colon or name in headers or not _FIELD_NAME.fullmatch(name):
            return None
        headers[name] = value.strip(b" \t")
    size = _size_of_body(line[1], headers)
    if size is None or b"host" not in headers or not _UNUSUAL.isdisjoint(headers):
        return None
    persistence = headers.get(b"connection", b"keep-alive").lower()
    if persistence not in _PERSISTENCE:
        return None
    path = line[2].decode("ascii")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": line[1].decode("ascii"),
        "scheme": "http",
        "path": path,
        "raw_path": line[2],
        "query_string": b"",
        "headers": [*headers.items()],
    }
    return PlainHead(path, scope, headers, size, persistence == _CLOSE)


_remembered = lru_cache(REMEMBERED)(_read)


def _size_of_body(method: bytes, headers: Mapping[bytes, bytes]) -> int | None:
    """The bytes of the body; None where another reader could see another number."""
    length = headers.get(b"content-length")
    if method == b"GET":
        return 0 if length is None else None
    return int(length) if length is not None and _LENGTH.fullmatch(length) else None
