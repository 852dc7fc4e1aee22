"""W3C trace context: whose trace a request that leaves belongs to.

A message whose caller sent a ``traceparent`` continues that trace in everything that leaves because of it;
another one begins a trace whose id is its trace id. https://www.w3.org/TR/trace-context/
"""

from __future__ import annotations

import random
import re
from contextvars import ContextVar

_HEADER = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?")
_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
SAMPLED = "01"

NO_TRACE: tuple[str, str | None] = ("", None)
#: What runs just now: the trace id, and the caller's ``traceparent`` or None.
current_trace: ContextVar[tuple[str, str | None]] = ContextVar("current_trace", default=NO_TRACE)


def usable(header: str | None) -> str | None:
    """Return a caller's ``traceparent`` when it is one by the rules, else None."""
    return header if header is not None and _HEADER.fullmatch(header.strip()) else None


def child_of(trace_id: str, header: str | None) -> str | None:
    """Return the ``traceparent`` of a request that leaves, with a span of its own; None where there is no
    trace. ``header`` is the caller's, which counts before ``trace_id``."""
    found = _HEADER.fullmatch(header.strip()) if header is not None else None
    if found is None and not _TRACE_ID.fullmatch(trace_id):
        return None
    trace, flags = (found[1], found[2]) if found is not None else (trace_id, SAMPLED)
    return f"00-{trace}-{random.getrandbits(64) | 1:016x}-{flags}"


def current_header() -> str | None:
    """Return the ``traceparent`` for a request that leaves now; None outside of a trace."""
    return child_of(*current_trace.get())
