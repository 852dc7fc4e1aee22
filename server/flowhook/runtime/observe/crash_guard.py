"""Turns that may have killed the process, so that none of them kills it for ever.

A turn that dies with the process never gets to say so: after the start it would be taken up again,
and kill again. So each turn that runs code of plugins is noted in a small file beside the database
while it runs; every other turn is known in memory, and the watchdog notes it before it ends the process
whose loop that turn holds. The file is written without a flush: the system's cache outlives a process,
and after a power cut nobody is to blame. What is still noted at a start was running when the process died.
Such a turn is a suspect: it is run alone, and after its third death its inbound is given up.

The file has one line of fixed length for each turn that runs at once, which is written over and over.

Where several processes share a database there is no file, and the count lies in the database: whoever finds a
process dead notes the sessions in which something waited there (``storage/postgres/leases.py``), and their
turns say that they run before they do. So the deaths of one turn add up, wherever it runs.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator, Set
from pathlib import Path
from typing import NamedTuple

from flowhook.storage.protocols import Cluster

DEATHS = 3  #: after so many a turn is given up
LINE = 96


class Suspect(NamedTuple):
    """A turn that ran when the process died. ``deaths`` counts those in a row without a committed
    segment in between: a turn that gets further each time will end."""

    session: bytes
    seq: int
    revision: int
    deaths: int
    running: bool = False

    def line(self) -> bytes:
        """As it stands in the file."""
        manner = "runs" if self.running else "waits"
        words = f"{self.session.hex()} {self.seq} {self.revision} {self.deaths} {manner}"
        return words.ljust(LINE - 1).encode() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Suspect | None:
        """None for a free line, and for one that makes no sense."""
        try:
            key, seq, revision, deaths, manner = line.decode("ascii").split()
            return cls(bytes.fromhex(key), int(seq), int(revision), int(deaths), manner == "runs")
        except ValueError:
            return None


class CrashGuard:
    """Notes turns while they run: in a file at ``path``, or with the other processes of a ``cluster``. With
    neither (a database in memory) nothing is noted."""

    def __init__(self, path: Path | None, cluster: Cluster | None = None) -> None:
        self._path = path
        self._cluster = cluster
        self._announced: set[bytes] = set()  #: sessions of suspects whose turn runs here
        self._is_wary = False  #: a process has died just now, and nobody knows of what
        self._file = -1
        self._lines: dict[tuple[bytes, int], int] = {}  #: the noted turns' places in the file
        self._free: list[int] = []
        self._known: dict[tuple[bytes, int], Suspect] = {}
        self._unnoted: dict[tuple[bytes, int], int] = {}  #: turns that run and are not noted → revision
        self._suspects: set[bytes] = set()  #: sessions in which a turn may have killed the last process
        self._computing: tuple[bytes, int] | None = None  #: the turn that holds the event loop now

    def open(self) -> list[Suspect]:
        """Start noting. Returns the turns that are noted: those that are ``running`` ran when the last
        process died, the others wait since an earlier death."""
        if self._path is None:
            return []
        suspects = list(self._left_behind(self._path))
        fresh = self._path.with_name(self._path.name + ".new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
            file.writelines(suspect._replace(running=False).line() for suspect in suspects)
        os.replace(fresh, self._path)  # a death in between leaves the old file
        self._file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        self._known = {(suspect.session, suspect.seq): suspect for suspect in suspects}
        self._lines = {turn: slot for slot, turn in enumerate(self._known)}
        self._free = []
        self._suspects = {suspect.session for suspect in suspects}
        return suspects

    def close(self) -> None:
        """Stop noting."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def begin(self, key: bytes, seq: int, revision: int, *, note: bool = True) -> None:
        """A turn begins to run. With ``note`` it is in the file while it does; without, only in memory,
        unless it was in the file when the last process died."""
        if self._file < 0:
            return
        if not note and (key, seq) not in self._known:
            self._unnoted[key, seq] = revision
            return
        self._note(key, seq, revision)

    def computing(self, key: bytes | None, seq: int = 0) -> None:
        """The engine computes a turn, and holds the event loop until this is called with None."""
        self._computing = None if key is None else (key, seq)

    def note_computing(self) -> None:
        """Note the turn that holds the event loop, or, when it is not known, all that run: the process is
        about to be ended. Called from the thread of the watchdog, while the loop stands still."""
        turns = self._unnoted.copy()
        if self._computing is not None:
            turns = {turn: revision for turn, revision in turns.items() if turn == self._computing}
        for (key, seq), revision in turns.items():
            self._note(key, seq, revision)

    def _note(self, key: bytes, seq: int, revision: int) -> None:
        turn = (key, seq)
        slot = self._lines.get(turn)
        if slot is None:
            slot = self._lines[turn] = self._free.pop() if self._free else len(self._lines)
        known = self._known.get(turn)
        deaths = 0 if known is None else known.deaths
        if known is not None and known.revision != revision:
            deaths = min(1, deaths)  # it got further before it died: only the last death was here
        self._write(slot, Suspect(key, seq, revision, deaths, running=True).line())

    def end(self, key: bytes, seq: int) -> None:
        """Note that a turn ended, one way or the other; or that it has nothing left to run."""
        self._unnoted.pop((key, seq), None)
        if self._cluster is not None:
            if key in self._announced:  # else it was a guess of the fast path: what waits has yet to run
                self.acquit(key)
        elif self._suspects:
            self._suspects.discard(key)
        slot = self._lines.pop((key, seq), None)
        if slot is not None:
            self._known.pop((key, seq), None)
            self._free.append(slot)
            self._write(slot, b" " * (LINE - 1) + b"\n")

    # --- with other processes ---------------------------------------------------------------------

    def suspect(self, sessions: Collection[bytes], is_wary: bool) -> None:
        """Take all the sessions of this process in which a turn may have ended a process; ``is_wary``: one
        has died just now, and what ended it may not be accepted yet."""
        self._suspects = set(sessions)
        self._is_wary = is_wary

    @property
    def suspects(self) -> Set[bytes]:
        """The sessions, by their keys, whose next turn is to be announced; of a cluster."""
        return self._suspects if self._cluster is not None else frozenset()

    async def announce(self, key: bytes, seq: int, revision: int) -> int:
        """Note where the other processes read it that a turn begins, if its session is a suspect. Returns how
        many processes the turn has ended; from :data:`DEATHS` on it is not to run."""
        if self._cluster is None or key not in self._suspects:
            return 0
        self._announced.add(key)
        return await self._cluster.note_suspect(key, seq, revision) or 0

    def acquit(self, key: bytes) -> None:
        """Note that a session of a cluster is no suspect any longer: a turn of it has ended, or nothing waits
        in it."""
        self._announced.discard(key)
        self._suspects.discard(key)
        if self._cluster is not None:
            self._cluster.clear_suspect(key)

    # ----------------------------------------------------------------------------------------------

    def is_poison(self, key: bytes, seq: int) -> bool:
        """Return whether it killed the process so often that it is not to run again."""
        known = self._known.get((key, seq))
        return known is not None and known.deaths >= DEATHS

    def is_not_waiting(self, suspect: Suspect) -> None:
        """Note that the inbound of a suspect is not in the inbox: its turn was done, or ran before it was
        accepted. The session stays a suspect until its next turn has ended in this life, and the note of a
        turn that ran at the last death stays for one life: when the caller repeats his message it is
        accepted before it runs, in the same place, and its deaths are counted on."""
        if not suspect.running:
            self.end(suspect.session, suspect.seq)

    def is_suspect(self, key: bytes) -> bool:
        """Return whether a turn of this session may have killed the last process, and none has ended since:
        what it is sent has to be accepted before it runs."""
        return self._is_wary or key in self._suspects

    def _left_behind(self, path: Path) -> Iterator[Suspect]:
        content = path.read_bytes() if path.exists() else b""
        for start in range(0, len(content), LINE):
            noted = Suspect.parse(content[start : start + LINE])
            if noted is not None:
                deaths = noted.deaths + noted.running
                yield noted._replace(deaths=deaths)

    def _write(self, slot: int, line: bytes) -> None:
        if self._file >= 0:
            with contextlib.suppress(OSError):  # a full disk must not fail a turn
                os.pwrite(self._file, line, slot * LINE)
