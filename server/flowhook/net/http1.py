"""An HTTP/1.1 response, parsed from the bytes of a connection. No I/O.

For deliveries alone: what a webhook answers is a status, a few headers and a short body. The grammar is
strict (RFC 9112), everything is bounded, and what is not understood is an error, never a guess.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from multidict import CIMultiDict, CIMultiDictProxy

from flowhook.http_fields import TOKEN

HEAD_LIMIT = 32 * 1024  #: bytes of a head, and of the trailer of a chunked body
BODY_LIMIT = 64 * 1024  #: bytes of a body that are kept; what is longer is cut
INTERIM_LIMIT = 20  #: responses with a 1xx status before the real one
CHUNK_LINE_LIMIT = 1024  #: bytes of a line that gives the size of a chunk
REMEMBERED = 128  #: heads of responses, those of at most SHORT bytes
SHORT = 1024

_NO_HEADERS: CIMultiDictProxy[str] = CIMultiDictProxy(CIMultiDict())

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\x00-\x08\x0a-\x1f\x7f]*)?")
_FIELD_NAME = re.compile(TOKEN.encode())
_FIELD_VALUE = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f]*")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?")


class Malformed(ValueError):
    """The bytes are no HTTP response, or one that goes beyond a limit."""


class ResponseParser:
    """Takes the bytes that answer one request, in pieces of any size, until ``complete``.

    Then ``status`` (200 to 999), ``headers`` (order and repeats as they came) and ``body`` (the first
    64 KiB) hold the response. ``reusable`` tells whether the connection may carry another request: the
    response was whole, nothing came behind it, and the server did not announce that it will close.
    """

    __slots__ = (
        "_body_left",
        "_buffer",
        "_chunked",
        "_chunks",
        "_has_body",
        "_in_trailer",
        "_interim",
        "_keep_alive",
        "_size",
        "body",
        "complete",
        "headers",
        "reusable",
        "status",
    )

    def __init__(self, method: str) -> None:
        self._has_body = method != "HEAD"
        self._buffer = b""
        self._interim = 0
        self._body_left: int | None = None
        self._chunked = False
        self._in_trailer = False
        self._chunks: list[bytes] = []
        self._size = 0
        self._keep_alive = False
        self.status = 0
        self.headers = _NO_HEADERS
        self.body = b""
        self.complete = False
        self.reusable = False

    def feed(self, data: bytes) -> None:
        """Take what arrived. Raises :class:`Malformed`."""
        self._buffer = self._buffer + data if self._buffer else data
        while not self.status:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                self._may_be_a_head()
                return
            if end > HEAD_LIMIT:
                raise Malformed("the head of the response is too long")
            self._read_head(self._buffer[:end])
            self._buffer = self._buffer[end + 4 :]
        if self._in_trailer:
            self._read_trailer()
        elif self._chunked:
            self._read_chunks()
        else:
            self._read_body()

    def end(self) -> None:
        """The server closed the connection. Raises :class:`Malformed` when that cut the response short."""
        if self.complete:
            return
        if not self.status or self._chunked or self._body_left is not None:
            raise Malformed("the connection was closed within the response")
        self._finish(self._buffer[:BODY_LIMIT], reusable=False)

    @property
    def began(self) -> bool:
        """Whether any byte of the response has arrived."""
        return bool(self.status or self._buffer or self._interim)

    def _may_be_a_head(self) -> None:
        if len(self._buffer) > HEAD_LIMIT:
            raise Malformed("the head of the response is too long")
        if self._buffer[:7] != b"HTTP/1."[: len(self._buffer)]:
            raise Malformed("the response is not HTTP/1.1")

    def _read_head(self, head: bytes) -> None:
        read = (_remembered if len(head) <= SHORT else _read)(head, self._has_body)
        if read.status < 200:
            self._interim += 1
            if read.status == 101:
                raise Malformed("the receiver changed the protocol without being asked")
            if self._interim > INTERIM_LIMIT:
                raise Malformed(f"more than {INTERIM_LIMIT} interim responses (1xx)")
            return
        self.status, self.headers, self._keep_alive = read.status, read.headers, read.keeps_alive
        self._chunked, self._body_left = read.chunked, read.length

    def _read_body(self) -> None:
        left, buffer = self._body_left, self._buffer
        if left is not None and len(buffer) >= left:
            self._finish(buffer[: min(left, BODY_LIMIT)], reusable=len(buffer) == left <= BODY_LIMIT)
        elif len(buffer) >= BODY_LIMIT:
            self._finish(buffer[:BODY_LIMIT], reusable=False)

    def _read_chunks(self) -> None:
        buffer, at = (
            self._buffer,
            0,
        )  # where the next chunk begins: cutting the buffer each time would be quadratic
        while not self._in_trailer:
            end = buffer.find(b"\r\n", at, at + CHUNK_LINE_LIMIT)
            found = _CHUNK_SIZE.fullmatch(buffer, at, end) if end >= 0 else None
            if end < 0 and len(buffer) - at < CHUNK_LINE_LIMIT:
                break
            if found is None:
                raise Malformed("the size of a chunk cannot be read")
            size, start = int(found[1], 16), end + 2
            if size == 0:
                self._in_trailer, at = True, start
                break
            if self._size + min(size, len(buffer) - start) >= BODY_LIMIT:
                body = b"".join((*self._chunks, buffer[start : start + size]))
                self._finish(body[:BODY_LIMIT], reusable=False)
                return
            if len(buffer) < start + size + 2:
                break
            if buffer[start + size : start + size + 2] != b"\r\n":
                raise Malformed("a chunk of the response is longer than announced")
            self._chunks.append(buffer[start : start + size])
            self._size += size
            at = start + size + 2
        self._buffer = buffer[at:]
        if self._in_trailer:
            self._read_trailer()

    def _read_trailer(self) -> None:
        """The last chunk was read; fields may follow, which nobody needs, and an empty line."""
        buffer = self._buffer
        if buffer[:2] == b"\r\n":
            self._finish(b"".join(self._chunks), reusable=len(buffer) == 2)
            return
        end = buffer.find(b"\r\n\r\n")
        if end >= 0 and end <= HEAD_LIMIT:
            self._finish(b"".join(self._chunks), reusable=False)
        elif len(buffer) > HEAD_LIMIT:
            raise Malformed("the trailer of the response is too long")

    def _finish(self, body: bytes, *, reusable: bool) -> None:
        self.body = body
        self.reusable = reusable and self._keep_alive
        self.complete = True
        self._buffer = b""


class _Head(NamedTuple):
    """What a head says, and where the body behind it ends. It may be another response's, too."""

    status: int
    headers: CIMultiDictProxy[str]
    keeps_alive: bool = False
    chunked: bool = False
    length: int | None = None  #: None: as long as the chunks, or until the connection is closed


def _read(head: bytes, has_body: bool) -> _Head:
    """``has_body``: the request was one whose response may have a body."""
    first, *lines = head.split(b"\r\n")
    found = _STATUS_LINE.fullmatch(first)
    if found is None:
        raise Malformed("the status line of the response cannot be read")
    fields: CIMultiDict[str] = CIMultiDict()
    for line in lines:
        name, colon, value = line.partition(b":")
        if not (colon and _FIELD_NAME.fullmatch(name) and _FIELD_VALUE.fullmatch(value)):
            raise Malformed("a header of the response cannot be read")
        fields.add(name.decode("ascii"), value.strip(b" \t").decode("latin-1"))
    status, headers = int(found[2]), CIMultiDictProxy(fields)
    if status < 200:
        return _Head(status, headers)
    return _framed(status, headers, is_current=found[1] == b"1", has_body=has_body)


#: A receiver says the same to many requests of a second.
_remembered = lru_cache(REMEMBERED)(_read)


def _framed(status: int, headers: CIMultiDictProxy[str], *, is_current: bool, has_body: bool) -> _Head:
    """Decide where the body ends (RFC 9112, 6.3)."""
    options = {
        option.strip().lower() for value in headers.getall("connection", ()) for option in value.split(",")
    }
    keeps_alive = is_current and "close" not in options
    codings = [
        coding.strip().lower()
        for value in headers.getall("transfer-encoding", ())
        for coding in value.split(",")
    ]
    lengths = {
        length.strip().encode("latin-1")
        for value in headers.getall("content-length", ())
        for length in value.split(",")
    }
    if len(lengths) > 1 or not all(_LENGTH.fullmatch(length) for length in lengths):
        raise Malformed("the Content-Length of the response cannot be read")
    if not has_body or status in (204, 304):
        return _Head(status, headers, keeps_alive, length=0)
    if codings:
        chunked = codings[-1] == "chunked"
        if codings.count("chunked") > 1 or "chunked" in codings[:-1]:
            raise Malformed("the Transfer-Encoding of the response cannot be read")
        return _Head(status, headers, keeps_alive and chunked and not lengths, chunked)
    return _Head(status, headers, keeps_alive, length=int(lengths.pop()) if lengths else None)
