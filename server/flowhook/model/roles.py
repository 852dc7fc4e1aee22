"""The roles of administration: what a key may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

Role = Literal["admin", "author", "operator", "agent", "reader"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)

#: Role → the needs that its holder meets. An author reads what a route opens to authors by name: people's
#: conversations are the readers'.
MEETS: Final[Mapping[Role, frozenset[Role]]] = {
    "admin": frozenset(ROLES),
    "operator": frozenset({"operator", "reader"}),
    "author": frozenset({"author"}),
    "agent": frozenset({"agent"}),
    "reader": frozenset({"reader"}),
}


def permits(held: Role, needed: tuple[Role, ...]) -> bool:
    """Return whether the holder of a role may do what needs one of ``needed``."""
    return not MEETS[held].isdisjoint(needed)
