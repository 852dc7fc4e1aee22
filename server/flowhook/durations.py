"""Durations as flows, tests and configurations write them: ``500ms``, ``10s``, ``5m``, ``2h``, ``7d``."""

from __future__ import annotations

import re
from typing import Any

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\Z")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(value: Any) -> Any:
    """Return the seconds of a duration as written; what is not even a text is left to the field to refuse.

    Raises ValueError for a text that is no duration.
    """
    if not isinstance(value, str):
        return value
    found = _DURATION.match(value.strip())
    if found:
        return float(found[1]) * _UNITS[found[2]]
    try:
        return float(value)
    except ValueError:
        raise ValueError("a duration is written 500ms, 10s, 5m, 2h or 7d") from None
