"""Identifiers: ordered in time where an index holds them, derived where they must not change."""

from __future__ import annotations

import base64
import os
import secrets
import time

_noise = bytearray()  # random bytes in stock: asking the system for ten at a time is slow


def new_id() -> str:
    """A trace id: 32 hexadecimal characters, ordered by time (the layout of UUIDv7).

    It serves as the trace-id of W3C Trace Context too.
    """
    millis = time.time_ns() // 1_000_000
    if len(_noise) < 10:
        _noise.extend(os.urandom(4096))
    noise = int.from_bytes(_noise[-10:], "big")
    del _noise[-10:]
    value = (millis & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | (noise >> 68) << 64 | 0x2 << 62
    return f"{value | (noise & 0x3FFFFFFFFFFFFFFF):032x}"


def delivery_id(session: bytes, sequence: int) -> str:
    """The id of a session's n-th delivery: the same however often it is computed."""
    raw = session + sequence.to_bytes(6, "big")
    return "evt_" + base64.b32encode(raw).decode().rstrip("=").lower()


def parse_delivery_id(value: str) -> tuple[bytes, int] | None:
    """The session key and sequence inside a delivery id; None when it is not one."""
    if not value.startswith("evt_"):
        return None
    text = value[4:].upper()
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        return None
    if len(raw) != 22:
        return None
    return raw[:16], int.from_bytes(raw[16:], "big")


def new_token() -> str:
    """64 hexadecimal characters that nobody can guess."""
    return secrets.token_hex(32)
