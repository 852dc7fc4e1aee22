"""Makes identifiers: ordered in time where an index holds them, derived where they must not change."""

from __future__ import annotations

import os
import re
import secrets
import time

_DELIVERY_ID = re.compile(r"evt_([0-9a-f]{32})([0-9a-f]{12})([0-9a-f]{8})?")

_random_bytes = bytearray()  # in stock: asking the system for ten at a time is slow
_moment = 0  #: of the newest trace id: milliseconds, and 12 bits that count within one


def new_id() -> str:
    """Make a trace id: 32 hexadecimal characters, each greater than the one before in this process (UUIDv7,
    with a counter within the millisecond: RFC 9562, 6.2, method 1).

    It serves as the trace-id of W3C Trace Context too.
    """
    global _moment
    _moment = moment = max(_moment + 1, time.time_ns() // 1_000_000 << 12)
    if len(_random_bytes) < 8:
        _random_bytes.extend(os.urandom(4096))
    random_bits = int.from_bytes(_random_bytes[-8:], "big") & 0x3FFFFFFFFFFFFFFF
    del _random_bytes[-8:]
    head = (moment >> 12 & 0xFFFFFFFFFFFF) << 16 | 0x7 << 12 | moment & 0xFFF
    return f"{head << 64 | 0x2 << 62 | random_bits:032x}"


def delivery_id(key: bytes, sequence: int, epoch: int | None) -> str:
    """Return the id of a session's n-th delivery: the same however often it is computed.

    ``epoch`` (32 bits) tells apart databases that counted on from the same backup; None for deliveries
    that are older than epochs, whose ids stay as they were.
    """
    return f"evt_{key.hex()}{sequence:012x}" + ("" if epoch is None else f"{epoch:08x}")


def parse_delivery_id(value: str) -> tuple[bytes, int, int | None] | None:
    """Return the session key, sequence and epoch inside a delivery id; None when it is not one."""
    found = _DELIVERY_ID.fullmatch(value)
    if found is None:
        return None
    key, sequence, epoch = found.groups()
    return bytes.fromhex(key), int(sequence, 16), None if epoch is None else int(epoch, 16)


def new_token() -> str:
    """Make a token: 64 hexadecimal characters that nobody can guess."""
    return secrets.token_hex(32)
