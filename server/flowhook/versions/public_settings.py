"""The settings of an endpoint that anybody may see: no keys, no secrets, no paths of URLs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

#: Parts of names under which secrets stand, wherever a setting takes keys that are not declared.
_SECRET = re.compile(
    "key|token|secret|passw|bearer|^auth|^user$|headers|cert|proxy|cookie|signature", re.IGNORECASE
)


def public_settings(endpoint: BaseModel) -> dict[str, Any]:
    """Return what differs from the defaults, as JSON. Fields that are not shown by ``repr`` are secret; of a
    plugin in ``transformers.use`` stays the name, of a URL the scheme and host: the rest may be a secret."""
    return _public(endpoint, exclude={"name"})


def _public(section: BaseModel, exclude: frozenset[str] | set[str] = frozenset()) -> dict[str, Any]:
    shown = {}
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if name in exclude or (value == field.get_default(call_default_factory=True) and name != "flow"):
            continue
        if name == "use":
            value = [item if isinstance(item, str) else next(iter(item)) for item in value]
        elif not field.repr or _may_be_secret(name, value):
            continue
        shown[name] = _shown(value)
    return shown


def _may_be_secret(name: str, value: Any) -> bool:
    """``auth`` of an endpoint names a way to sign in: one of a few words."""
    is_text = not isinstance(value, bool | int | float | BaseModel)
    return name != "auth" and is_text and _SECRET.search(name) is not None


def _shown(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _public(value)
    if isinstance(value, Mapping):
        return {str(key): _shown(setting) for key, setting in value.items() if not _SECRET.search(str(key))}
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(setting) for setting in value]
    if isinstance(value, str):
        return without_path(value)
    return value if isinstance(value, bool | int | float | None) else str(value)


def without_path(text: str) -> str:
    """Return scheme and host of a URL: the rest, and who is named in front of the host, may be a secret."""
    scheme, separator, rest = text.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0].rpartition('@')[2]}" if separator else text
