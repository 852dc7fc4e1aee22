"""Text of others on a terminal or in a log: nothing in it may command the terminal, or forge a line."""

from __future__ import annotations

import re

#: What JSON lets pass and terminals obey or show out of order: DEL, the C1 controls, bidirectional controls,
#: and the breaks of lines that are no line feed.
_LEFT_BY_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def one_line(text: str) -> str:
    """Return a text without line breaks, and with a dot for what a terminal would obey."""
    return "".join(char if char.isprintable() else "·" for char in " ".join(text.split()))


def escaped(text: str) -> str:
    r"""Return one line with escapes such as ``\x1b`` in place of what a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def escaped_json(json: str) -> str:
    r"""Return JSON with ``\u009b`` in place of what ``json.dumps`` lets pass and a terminal would obey."""
    return _LEFT_BY_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", json)
