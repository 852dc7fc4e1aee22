"""Consoles that cannot show every character: what is printed changes its look there, never the exit code."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata

ERRORS = "flowhook.legible"

#: What we print by ourselves and old consoles lack, in plain ASCII.
PLAIN = {
    "✓": "ok",
    "✗": "x",
    "→": "->",
    "←": "<-",
    "…": "...",
    "⏎": "|",
    "·": ".",
    "•": "*",
    "–": "-",
    "—": "-",
    "“": '"',
    "”": '"',
    "„": '"',
    "‘": "'",
    "’": "'",
    "\u00a0": " ",
}


def legible(error: UnicodeError) -> tuple[str, int]:
    """Handle characters that a console cannot show: marks in ASCII, letters without accents, else ``?``."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    failed = error.object[error.start : error.end]
    return "".join(map(_plain, failed)), error.end


def _plain(char: str) -> str:
    if char in PLAIN:
        return PLAIN[char]
    base = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
    return base or "?"


def make_legible() -> None:
    """Let standard output and error print what their encoding lacks, in place of failing."""
    codecs.register_error(ERRORS, legible)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not can_show_all(stream.encoding):
            stream.reconfigure(errors=ERRORS)


def can_show_all(encoding: str | None) -> bool:
    """Whether an encoding has every character."""
    try:
        return codecs.lookup(encoding or "ascii").name.startswith("utf")
    except LookupError:
        return False
