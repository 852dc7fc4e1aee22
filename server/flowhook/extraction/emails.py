"""E-mail addresses."""

from __future__ import annotations

import re

from flowhook.extraction.match import Context, Match

_EMAIL = re.compile(
    r"(?<![\w.+'-])[\w.+'-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-]|\.\w)"
)


def find_email(text: str, around: Context) -> list[Match]:
    """E-mail addresses as typed, the part after the ``@`` in lower case."""
    found = []
    for each in _EMAIL.finditer(text):
        name, _, domain = each[0].partition("@")
        quoted = len(name) - len(name.lstrip("'"))
        name = name[quoted:]
        if name and ".." not in name and name[0] != "." and name[-1] not in ".'" and "_" not in domain:
            found.append(Match(f"{name}@{domain.lower()}", each.start() + quoted, each.end()))
    return found
