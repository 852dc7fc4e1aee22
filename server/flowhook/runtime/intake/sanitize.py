"""Harmful HTML is taken out of what users write: scripts, handlers, frames, addresses that run code.

A text without ``<`` holds no HTML and is left as it is, without a look at it by the library. Else harmless
markup stays, and so does every character that is none: ``Tom & Jerry``, ``3 < 4`` and ``a > b`` stay as they
were written, which HTML would write ``&amp;``, ``&lt;`` and ``&gt;``.
"""

from __future__ import annotations

import re
from typing import Any

#: What serialising a text as HTML wrote for characters. A ``<`` that would begin markup again stays ``&lt;``.
_WRITTEN = re.compile(r"&(?:(amp|gt|nbsp|quot);|(lt);(?![A-Za-z/!?&]|$)|(lt);(?=[\w.+-]+@[\w.-]+&gt;))")
_MEANT = {"amp": "&", "gt": ">", "nbsp": "\xa0", "quot": '"', "lt": "<"}
#: ``<max@example.org>`` is no markup, though a browser would take it for an element without meaning.
_MAILBOX = re.compile(r"<(?=[\w.+-]+@[\w.-]+>)")


def sanitized(text: str) -> str:
    """Return a text without harmful HTML."""
    if "<" not in text:
        return text
    import nh3  # when it is first needed: most users write no HTML

    text = _MAILBOX.sub("&lt;", written := text)
    if not nh3.is_html(text):
        return written
    return _WRITTEN.sub(lambda found: _MEANT[found[found.lastindex or 0]], nh3.clean(text, link_rel=None))


def sanitized_value(value: Any) -> Any:
    """Return any JSON with its strings sanitized; keys are left as they are, and so is what is clean."""
    if isinstance(value, str):
        return sanitized(value)
    if isinstance(value, dict):
        return {key: sanitized_value(part) for key, part in value.items()}
    if isinstance(value, list):
        return [sanitized_value(part) for part in value]
    return value
