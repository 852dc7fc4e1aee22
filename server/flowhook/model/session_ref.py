"""The name of a conversation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache

REMEMBERED = 4_096  #: hashes: those who speak just now speak again


@lru_cache(REMEMBERED)
def contact_key(user_id: str) -> bytes:
    """Return 16 bytes that stand for a user where the id itself is not kept."""
    return hashlib.sha256(user_id.encode()).digest()[:16]


@dataclass(frozen=True, slots=True)
class SessionRef:
    """Names one conversation: an endpoint's name, and the caller's two ids."""

    endpoint: str
    user_id: str
    session_id: str
    #: 16 bytes that stand for the three names in storage; the first byte is the shard
    key: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = f"{self.endpoint}\0{self.user_id}\0{self.session_id}"
        object.__setattr__(self, "key", hashlib.sha256(names.encode()).digest()[:16])


#: A :class:`SessionRef`, the same object as long as it is remembered: a message of a session that was heard
#: of lately costs no hash.
session_ref = lru_cache(REMEMBERED)(SessionRef)


#: The session whose deliveries are the operator events. No endpoint of a configuration has such a name.
OPERATOR = SessionRef("@operator", "@operator", "events")
