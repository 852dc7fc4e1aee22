"""The projects that are served: a configuration, flows, and a database filled beforehand."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from processes import free_port

from flowhook.ids import new_id
from flowhook.model.delivery import Delivery
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session_ref import SessionRef, contact_key
from flowhook.storage.arrivals import PreparedArrival
from flowhook.storage.records import Accepted, AnalyticsRecord, Arrival, Attempt, Segment
from flowhook.storage.sqlite import inbox, outbox, turns
from flowhook.storage.sqlite.connection import CACHED_STATEMENTS
from flowhook.storage.sqlite.migrate import migrate, shipped_migrations

TOKEN = "bench-token-of-the-echo-endpoint"
PATH = f"/{TOKEN}"
FILL_BATCH = 5_000

ECHO = 'flow: bench\nnodes:\n  - say: "You said: {{ input.text }}"\n'
#: A message runs five nodes: a counter, a three-way branch, and what the branch leads to, with templates.
FIVE_NODES = """flow: bench
context: {count: 0}
nodes:
  - set: {context.count: "{{ context.count + 1 }}"}
  - switch: input.data.kind
    cases: {order: order, status: status}
    default: other
  - id: order
    set: {context.topic: "order {{ context.count }}"}
    next: told
  - id: status
    set: {context.topic: "status of {{ session.id | default('it') }}"}
    next: told
  - id: other
    set: {context.topic: "something else"}
  - id: told
    say: "You said: {{ input.text }}. That was number {{ context.count }}, about {{ context.topic }}."
  - id: end
    stop: {}
"""
KINDS = ("order", "status", "other")
REMEMBER = 'flow: bench\nnodes:\n  - say: "I remember {{ history | length }} messages."\n'


class Project:
    """A directory with one endpoint, ``bench``, whose flow is ``flow`` and whose outputs go to a port."""

    def __init__(self, directory: Path, flow: str, webhook_port: int) -> None:
        (directory / "flows").mkdir(parents=True)
        (directory / "flows" / "bench.yaml").write_text(flow)
        self.directory = directory
        self.port = free_port()
        self.config = directory / "config.yaml"
        self.database = directory / "bench.db"
        settings = {
            "server": {"port": self.port},
            "storage": "sqlite:///bench.db",
            "admin_key": "bench-admin-key",
            "log": {"level": "warning"},
            "outgoing": {"allow": ["127.0.0.1"]},
            "endpoints": [
                {
                    "name": "bench",
                    "token": TOKEN,
                    "flow": "bench",
                    "webhook": {"url": f"http://127.0.0.1:{webhook_port}/"},
                }
            ],
        }
        self.config.write_text(json.dumps(settings))  # JSON is YAML


def places(count: int) -> str:
    """A flow of so many nodes. A message names the one to go to, so all of them are in use."""
    lines = ["flow: bench", "nodes:", '  - goto: "place{{ input.data.place }}"']
    for n in range(count - 2):
        lines += [f"  - id: place{n}", f'    say: "Place {n} heard {{{{ input.text }}}}."', "    next: end"]
    lines += ["  - id: end", "    stop: {}"]
    return "\n".join(lines) + "\n"


def intents(count: int, examples: int) -> str:
    """A flow of so many intents, each with sentences of words of its own between words of all."""
    chance = random.Random(1)

    def word() -> str:
        return "".join(
            chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(chance.randint(2, 4))
        )

    common = [word() for _ in range(200)]
    lines = ["flow: bench", "intents:"]
    for number in range(count):
        own = [word() for _ in range(5)]
        sentences = [
            " ".join(chance.sample(common, chance.randint(3, 6)) + chance.sample(own, 2))
            for _ in range(examples)
        ]
        lines += [
            f"  intent{number}:",
            f"    examples: {json.dumps(sentences)}",
            f"    reply: {number}",
        ]
    return "\n".join([*lines, "nodes:", '  - say: "You said: {{ input.text }}"']) + "\n"


def talk(count: int, sessions: int, name: Callable[[int], str]) -> Iterator[tuple[str, bytes]]:
    """``count`` messages, in turns from so many sessions; ``name`` gives a session's ids."""
    for n in range(count):
        yield message(name(n % sessions), f"message {n}", {"kind": KINDS[n % len(KINDS)]})


def message(name: str, text: str, data: dict[str, Any] | None = None) -> tuple[str, bytes]:
    """A request: its path and body."""
    body: dict[str, Any] = {"userId": name, "sessionId": name, "text": text}
    if data is not None:
        body["data"] = data
    return PATH, json.dumps(body).encode()


class Filler:
    """Fills a database with a past, by the store's own statements, before a server opens it.

    Everything happened within the last day, so that nothing is old enough to be swept.
    """

    def __init__(self, database: Path) -> None:
        self._db = sqlite3.connect(database, isolation_level=None, cached_statements=CACHED_STATEMENTS)
        for pragma in ("auto_vacuum = INCREMENTAL", "journal_mode = WAL", "synchronous = OFF"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute("PRAGMA cache_size = -1000000")
        migrate(self._db, shipped_migrations())

    def fill(self, names: Iterator[str], count: int, advance: Callable[[int], None], *, end: bool) -> None:
        """One message from each of ``count`` names. With ``end`` its turn is over and its answer delivered;
        else it waits in the inbox."""
        now = time.time() - 86_400.0
        step = 80_000.0 / count
        for start in range(0, count, FILL_BATCH):
            size = min(FILL_BATCH, count - start)
            self._db.execute("BEGIN")
            for n in range(start, start + size):
                self._live(next(names), now + n * step, end=end)
            self._db.execute("COMMIT")
            advance(size)

    def close(self) -> None:
        """Move the log into the file, as a server does when it stops."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()

    def _live(self, name: str, at: float, *, end: bool) -> None:
        session = SessionRef("bench", name, name)
        inbound = Inbound(session, Kind.MESSAGE, new_id(), at, "How do I get to the station from here?")
        entry = PreparedArrival.of(Arrival(inbound, max_backlog=2**31))
        (accepted,) = inbox.accept_entries(self._db, [entry], at)
        assert isinstance(accepted, Accepted)
        if not end:
            return
        said = {"text": f"You said: {inbound.text}", "data": {}, "traceId": inbound.trace_id, "source": "bot"}
        body = json.dumps({"userId": name, "sessionId": name, "AIOutput": said}).encode()
        delivery = Delivery("bench", session.key, 0, "", body, inbound.trace_id, name, name)
        record = AnalyticsRecord(at, "bench", session.key, contact_key(name), False, RECORD)
        segment = Segment(
            session,
            inbound.seq,
            accepted.revision,
            STATE,
            deliveries=[delivery],
            trace=TRACE,
            analytics=record,
        )
        committed = turns.commit_segment(self._db, segment, [None], 0, at)
        outbox.record_attempt(self._db, Attempt(committed.deliveries[0], "delivered", http_status=200, at=at))


STATE = b'{"frames":[["bench",null]],"context":{"size":"large","toppings":["ham"]},"execution":1}'
TRACE = b'{"steps":[{"flow":"bench","node":"0","type":"say","went":"next","said":1}]}'
RECORD = (
    b'{"understood":null,"flow":"bench","node":null,"path":["bench/#0"],"state":"default","locale":"en",'
    b'"execution":1,"inputText":"How do I get to the station from here?","ms":0.4,"mode":"text"}'
)


def numbered(prefix: str) -> Iterator[str]:
    """prefix0, prefix1 …"""
    n = 0
    while True:
        yield f"{prefix}{n}"
        n += 1


def some(seed: int, count: int, below: int) -> list[int]:
    """So many different numbers, the same ones for the same seed."""
    return random.Random(seed).sample(range(below), count)
