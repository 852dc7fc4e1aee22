"""What of a plugin's values is JSON, and what is only something that could be turned into it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any, Final
from uuid import UUID

from pydantic_core import from_json, to_json

MAX_DEPTH: Final = 64  #: as for the bodies of requests
MAX_DIGITS: Final = 400  #: of an integer
_TOO_LARGE: Final = 10**MAX_DIGITS
#: Written as a text that says all of the value.
_TEXTS: Final = (date, time, timedelta, Decimal, UUID)


def json_copy(value: Any, name: str) -> Any:
    """A copy of a JSON value, of plain dictionaries, lists, texts and numbers.

    Raises TypeError that says where in ``name`` it is not JSON. Objects that a serialiser could take
    apart, such as a plugin's settings, are not JSON: nobody wants them sent.
    """
    require_json(value, name)
    raw = to_json(value)
    if b"\\u0000" in raw:
        raise TypeError(f"answered {name} with the character NUL")
    return from_json(raw)


def require_json(value: Any, name: str) -> None:
    """Raise TypeError that says where in ``name`` a value is not JSON."""
    level = [(name, value)]
    for _ in range(MAX_DEPTH + 1):
        deeper: list[tuple[str, Any]] = []
        for path, item in level:
            if isinstance(item, Mapping):
                for key, child in item.items():
                    if not isinstance(key, str):
                        raise TypeError(f"answered {path} with the key {key!r:.40}, which is no text")
                    _require_text(f"{path}: the key", key)
                    deeper.append((f"{path}.{key:.40}", child))
            elif isinstance(item, list | tuple):
                deeper.extend((f"{path}[{index}]", child) for index, child in enumerate(item))
            else:
                _require_scalar(path, item)
        if not deeper:
            return
        level = deeper
    raise TypeError(f"answered {name} nested deeper than {MAX_DEPTH}")


def _require_scalar(path: str, value: Any) -> None:
    match value:
        case str():
            _require_text(path, value)
        case bool() | None:
            return
        case int():
            if not -_TOO_LARGE < value < _TOO_LARGE:
                raise TypeError(f"answered {path} with an integer of more than {MAX_DIGITS} digits")
        case float():
            if not isfinite(value):
                raise TypeError(f"answered {path} with {value}, which is not JSON")
        case _ if not isinstance(value, _TEXTS):
            raise TypeError(f"answered {path} with {type(value).__name__}, which is not JSON")


def _require_text(path: str, text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        raise TypeError(f"answered {path} with half a surrogate pair, which is not JSON") from None
