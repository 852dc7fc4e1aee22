"""Finds secrets that were written into a flow file, where everybody who reads the flow reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flowhook.flowfiles.compile.written import is_template
from flowhook.yamldoc.document import Path

#: Settings in which secrets travel.
_CARRIERS = frozenset({"headers", "auth", "query", "url"})
_KEY = re.compile(
    r"authorization|api[-_]?key|token|passw(?:or)?d|secret|bearer|\bx-[a-z-]*key\Z", re.IGNORECASE
)
_VALUE = re.compile(
    r"(?:bearer|basic|token)\s+[\w.~+/=-]{8,}\Z"  # an Authorization header
    r"|(?:sk-|ghp_|xox[abp]-|AKIA|eyJ)[\w.-]{12,}"  # keys that can be told by their look
    r"|[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s@]+@",  # a password in a URL
    re.IGNORECASE,
)
_SHORTEST = 8  #: characters; less is no secret but a word


def find_secrets(settings: dict[str, Any]) -> Iterator[Path]:
    """The paths of values in a node's settings that look like secrets. Templates are not secrets."""
    for carrier in _CARRIERS & settings.keys():
        yield from _find((carrier,), settings[carrier])


def _find(path: Path, value: Any) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _find((*path, key), part)
    elif isinstance(value, str) and not is_template(value):
        named = (
            isinstance(path[-1], str) and len(path) > 1 and _KEY.search(path[-1]) and len(value) >= _SHORTEST
        )
        if named or _VALUE.match(value):
            yield path
