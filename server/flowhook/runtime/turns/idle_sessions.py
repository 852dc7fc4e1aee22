"""What is known of sessions in which nothing waits: enough to compute a turn before it is accepted.

It is a guess. Nothing that was computed from it is stored unless the store finds the session so.
"""

from __future__ import annotations

from typing import NamedTuple

SESSIONS = 50_000
STATE_BYTES = 32 * 1024 * 1024  #: of all states together
LARGE_STATE = 64 * 1024  #: bytes of one state from which on it is not kept


class IdleSession(NamedTuple):
    """A session as its last turn left it."""

    state: bytes | None  #: JSON; None: it has not changed anything yet
    revision: int
    next_seq: int  #: the place in the inbox that its next inbound takes
    node: str | None = None  #: "flow/node" where it stands, if that is known
    test: bool = False  #: it is being tested: so is what a backend says in it

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever said in it."""
        return self.next_seq == 1


#: A session of which nothing is known: it is guessed that it does not exist.
NEW_SESSION = IdleSession(None, 0, 1)


class IdleSessions:
    """Keeps the sessions that were last idle, within a bounded memory."""

    def __init__(self, *, limit: int = SESSIONS, bytes_limit: int = STATE_BYTES) -> None:
        self._limit = limit
        self._bytes_limit = bytes_limit
        self._sessions: dict[bytes, IdleSession] = {}  #: least recently put first
        self._bytes = 0

    def get(self, key: bytes) -> IdleSession | None:
        """Return what is known of a session; None when nothing is."""
        return self._sessions.get(key)

    def put(self, key: bytes, session: IdleSession) -> None:
        """Remember a session whose turn has ended and in whose inbox nothing is known to wait."""
        self.drop(key)
        size = len(session.state or b"")
        if size >= LARGE_STATE:
            return
        self._sessions[key] = session
        self._bytes += size
        while len(self._sessions) > self._limit or self._bytes > self._bytes_limit:
            self.drop(next(iter(self._sessions)))

    def drop(self, key: bytes) -> None:
        """Forget a session: something else was accepted in it."""
        known = self._sessions.pop(key, None)
        if known is not None:
            self._bytes -= len(known.state or b"")

    def clear(self) -> None:
        """Forget all: something was erased that may not stay in memory."""
        self._sessions.clear()
        self._bytes = 0
