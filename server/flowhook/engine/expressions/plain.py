"""Templates of dotted paths alone, such as ``Hello {{ context.name }}!``, taken apart without Jinja.

Most templates of a flow are like this, and parsing them was most of what loading a large flow cost. What this
module takes means the same to Jinja, which a property test proves; when in doubt it takes nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from keyword import kwlist
from typing import Final

from flowhook.engine.expressions.analysis import SHORT_NAMES
from flowhook.engine.expressions.limits import MAX_SOURCE

Path = tuple[str, ...]
Pieces = tuple[str | Path, ...]

MAX_NAMES: Final = 16  #: of one path
_PRINTED = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)\s*\}\}", re.ASCII)
_OPENING = re.compile(r"\{(?:[{%#]|\Z)|\r")
#: A name in a path that means more than a member, or may not be read.
_SPECIAL = re.compile(r"(?:\A|\.)(?:__|length(?:\.|\Z))")
#: Words that are more than a name to Jinja, or that authors do not read from.
_RESERVED: Final = frozenset(
    {*kwlist, "caller", "kwargs", "loop", "namespace", "none", "true", "false", "range", "recursive", "self"}
    | {"super", "varargs"}
)


@lru_cache(256)  # a template is asked for several times while its node is compiled
def plain_pieces(source: str) -> Pieces | None:
    """Return the texts and paths of a template, in their order; None when it has anything else in it, or
    no path at all."""
    parts = _PRINTED.split(source)
    if len(parts) < 3 or len(source) > MAX_SOURCE:
        return None
    pieces: list[str | Path] = []
    for number, part in enumerate(parts):
        if number % 2:
            root, *names = part.split(".")
            path = (SHORT_NAMES.get(root, root), *names)
            if len(path) > MAX_NAMES or path[0] in _RESERVED or _SPECIAL.search(part):
                return None
            pieces.append(path)
        elif _OPENING.search(part):
            return None
        elif part:
            pieces.append(part)
    return tuple(pieces)
