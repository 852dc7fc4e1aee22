"""Compressed request bodies, for plugins: decompressed no further than a body may be large."""

from __future__ import annotations

import zlib

from flowhook.errors import ApiError

#: Content-Encoding → ``wbits`` of zlib.
ENCODINGS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def decompressed(body: bytes, encoding: str | None, limit: int) -> bytes:
    """Return a body without its Content-Encoding; as it is, where that is none that is known.

    Raises ApiError 413 for more than ``limit`` bytes, 400 for what is broken.
    """
    bits = ENCODINGS.get((encoding or "").strip().lower())
    if bits is None or not body:
        return body
    unpacking = zlib.decompressobj(bits)
    try:
        content = unpacking.decompress(body, limit + 1)
    except zlib.error:
        raise ApiError(400, "invalid_body", "The body is not what its Content-Encoding says.") from None
    if len(content) > limit:
        raise ApiError(413, "body_too_large", f"The body has more than {limit} bytes, decompressed.")
    if not unpacking.eof:
        raise ApiError(400, "invalid_body", "The compressed body ends too early.")
    return content
