"""Values as YAML text, as a person would write them."""

from __future__ import annotations

import json
import re
from typing import Any

from flowhook.yamldoc.scalars import parse_plain

_PLAIN = re.compile(r"[^\W\d][\w ./?!'’-]*\Z")
_KEY = re.compile(r"[A-Za-z_][\w.-]*\Z")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def write_scalar(value: Any, *, bare: bool = False) -> str:
    """A scalar on one line. ``bare``: a text without quotes where that is safe."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if bare and _PLAIN.match(value) and value == value.strip() and _stays_text(value):
        return value
    text = json.dumps(value, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write_flow_style(value: Any) -> str:
    """Any JSON value on one line, in YAML's flow style."""
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{write_key(name)}: {write_flow_style(item)}" for name, item in value.items())
            + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(write_flow_style(item) for item in value) + "]"
    return write_scalar(value)


def write_key(name: str) -> str:
    """A key of a mapping."""
    return name if _KEY.match(name) and _stays_text(name) else write_scalar(name)


def _stays_text(text: str) -> bool:
    try:
        return isinstance(parse_plain(text), str)
    except ValueError:
        return False
