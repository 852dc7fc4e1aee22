"""The fields of profiles, as the configuration declares them: what a value has to be, and what becomes of
one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

FieldType = Literal["text", "number", "boolean", "complex"]

#: What flowhook keeps in a profile itself, whatever is declared.
OWN_FIELDS: Final[Mapping[str, FieldType]] = {
    "active": "boolean",
    "memories": "complex",
    "goals": "complex",
}

_NUMBER = re.compile(r"[+-]?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,3})?")
_BOOLEANS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class ProfileFields:
    """Checks values on their way into a profile. Without fields and not ``strict`` everything is taken as
    it is."""

    types: Mapping[str, FieldType] = field(default_factory=dict)
    strict: bool = False  #: only what is declared is taken

    @property
    def takes_everything(self) -> bool:
        """Whether nothing is checked."""
        return not self.types and not self.strict

    def coerced(self, path: Sequence[str], value: Any, *, appended: bool = False) -> Any:
        """Return a value as its field keeps it; ``path`` are names below the profile. null, which empties a
        field, is always taken. Raises ValueError, which says what is wrong without the value."""
        name = path[0]
        kind = OWN_FIELDS.get(name) or self.types.get(name)
        if kind is None and self.strict:
            raise ValueError(f"profile.{name} is no field: `profiles.fields` declares those there are")
        if kind is None or kind == "complex":
            return value
        if len(path) > 1 or appended:
            raise ValueError(f"profile.{name} is a {kind}, which holds nothing below it")
        if value is None:
            return None
        try:
            return _COERCE[kind](value)
        except ValueError as error:
            raise ValueError(f"profile.{name} {error}") from None

    def coerced_all(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return all fields of a profile. Raises ValueError for the first that is wrong."""
        return {name: self.coerced((name,), value) for name, value in values.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError("must be a text")


def _number(value: Any) -> int | float:
    if isinstance(value, str) and (found := _NUMBER.fullmatch(value.strip())):
        value = float(value) if found[1] or found[2] else int(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise ValueError("must be a number")


def _boolean(value: Any) -> bool:
    found = _BOOLEANS.get(str(value).strip().lower()) if isinstance(value, bool | int | str) else None
    if found is None:
        raise ValueError("must be true or false")
    return found


_COERCE: Final = {"text": _text, "number": _number, "boolean": _boolean}
