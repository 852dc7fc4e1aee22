"""Compares what was promised, what arrived, and what is stored. Answers what does not hold."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from pathlib import Path

from .ledgers import Ledgers, calls, chain

OUTPUTS_PER_TURN = 2


def verdict(ledgers: Ledgers, database: Path, kills: int, in_flight: int) -> list[str]:
    """The invariants that are broken, in words; an empty list is a pass."""
    stored = _Stored(database)
    broken = list(stored.unfinished)
    for session in sorted(ledgers.promised.keys() | stored.messages.keys() | ledgers.seen.keys()):
        messages = stored.messages.get(session, [])
        broken += _nothing_lost(session, ledgers.promised.get(session, []), messages)
        broken += _applied_once(session, messages, stored.states.get(session))
        broken += _arrived(session, messages, ledgers)
    broken += _called(stored, ledgers, kills * in_flight)
    for message, traces in ledgers.traces.items():
        if len(traces) != 1:
            broken.append(f"replay: {message} was answered with {len(traces)} trace ids")
    repeats = ledgers.requests() - stored.outputs
    unanswered = sum(seen.answered != "200" for requests in ledgers.seen.values() for seen in requests)
    if repeats > kills * in_flight + unanswered:
        broken.append(f"repeats: {repeats} for {kills} kills and {unanswered} bad answers")
    if stored.integrity != "ok":
        broken.append(f"integrity: {stored.integrity}")
    return broken


def certainly_broken(ledgers: Ledgers, database: Path) -> list[str]:
    """What no later life can mend, asked while no server runs. For mutants: one is caught as soon as
    this is not empty."""
    stored = _Stored(database, quick=True)
    broken = []
    for session, promised in ledgers.promised.items():
        messages = stored.messages.get(session, [])
        broken += _nothing_lost(session, promised, messages)
        state = stored.states.get(session)
        done = stored.done[session]
        if state is not None and int(str(state["n"])) - done not in (0, 1):  # one turn may be half-way
            broken.append(f"state: {session} counts {state['n']} after {done} turns")
        broken += _in_order(session, ledgers)[0]
    return broken


def _nothing_lost(session: str, promised: list[str], messages: list[str]) -> list[str]:
    """Every 202 is in the inbox, once, in the sender's order; and so is what nobody knows the answer of."""
    known = set(promised)
    kept = [message for message in messages if message in known]
    if kept != promised:
        missing = [message for message in promised if message not in set(messages)]
        return [f"inbox: {session} was promised {len(promised)}, holds {len(kept)}; missing {missing[:3]}"]
    numbers = [int(message.rpartition("-")[2]) for message in messages]
    if numbers != sorted(set(numbers)):
        return [f"inbox: {session} holds a message twice, or in another order than it was sent"]
    return []


def _applied_once(session: str, messages: list[str], state: dict[str, object] | None) -> list[str]:
    """The state is the fold of the inbox, each message once."""
    if state is None:
        return [f"state: {session} has none"]
    count, digest = chain(messages)
    if (state["n"], state["h"]) != (count, digest):
        return [f"state: {session} counts {state['n']} for {count} messages, or in another order"]
    return []


def _in_order(session: str, ledgers: Ledgers) -> tuple[list[str], dict[int, bytes]]:
    """First arrivals are 1, 2, 3 …; repeats have the id and the bytes of the first."""
    broken = []
    firsts: dict[int, bytes] = {}
    ids: dict[int, str] = {}
    for seen in ledgers.seen[session]:
        if seen.sequence not in firsts:
            if seen.sequence != len(firsts) + 1:
                broken.append(f"order: {session} got {seen.sequence} after {len(firsts)}")
            firsts[seen.sequence] = seen.body
            ids[seen.sequence] = seen.delivery_id
        elif firsts[seen.sequence] != seen.body or ids[seen.sequence] != seen.delivery_id:
            broken.append(f"bytes: {session} sequence {seen.sequence} changed between attempts")
    if len(set(ids.values())) != len(ids):
        broken.append(f"ids: {session} has two outputs of one id")
    return broken, firsts


def _arrived(session: str, messages: list[str], ledgers: Ledgers) -> list[str]:
    """Every output of every turn arrived, was taken, and says what its turn computed."""
    broken, firsts = _in_order(session, ledgers)
    if len(firsts) != OUTPUTS_PER_TURN * len(messages):
        broken.append(f"outputs: {session} got {len(firsts)} for {len(messages)} turns")
    delivered = {seen.sequence for seen in ledgers.seen[session] if seen.answered == "200"}
    if delivered != set(firsts):
        broken.append(f"delivered: {session} has outputs that were never taken")
    said = [json.loads(firsts[n])["AIOutput"]["data"] for n in sorted(firsts)]
    if [message["id"] for message in said] != [m for m in messages for _ in range(OUTPUTS_PER_TURN)]:
        broken.append(f"content: {session}'s outputs are not those of its messages in order")
    elif [message["n"] for message in said] != [n for n in range(1, len(messages) + 1) for _ in range(2)]:
        broken.append(f"content: {session}'s outputs were computed from another state")
    return broken


def _called(stored: _Stored, ledgers: Ledgers, repeats: int) -> list[str]:
    """The service was called for each message that asks for it, under one key however often."""
    expected = sum(calls(message) for messages in stored.messages.values() for message in messages)
    if len(ledgers.calls) != expected:
        return [f"calls: {len(ledgers.calls)} keys for {expected} calls"]
    if sum(ledgers.calls.values()) - expected > repeats:
        return [f"calls: {sum(ledgers.calls.values()) - expected} repeats"]
    return []


class _Stored:
    """What the database holds, read by its own SQL so that no code of the server is trusted."""

    def __init__(self, database: Path, *, quick: bool = False) -> None:
        self.messages: dict[str, list[str]] = {}
        self.unfinished: list[str] = []
        with sqlite3.connect(database) as connection:
            self.integrity = "" if quick else connection.execute("PRAGMA integrity_check").fetchone()[0]
            self.states = {
                session: json.loads(state).get("context")
                for session, state in connection.execute("SELECT session_id, state FROM sessions")
                if state is not None
            }
            for session, body in connection.execute(
                "SELECT s.session_id, i.body FROM inbox i JOIN sessions s USING (shard, session)"
                " ORDER BY s.session_id, i.seq"
            ):
                self.messages.setdefault(session, []).append(json.loads(body)["data"]["id"])
            done = (
                "SELECT session_id FROM inbox i JOIN sessions USING (shard, session) WHERE i.status = 'done'"
            )
            self.done = Counter(session for (session,) in connection.execute(done))
            self.outputs = connection.execute("SELECT count(*) FROM outbox").fetchone()[0]
            if not quick:
                self._look_for_leftovers(connection)
        connection.close()

    def _look_for_leftovers(self, connection: sqlite3.Connection) -> None:
        """What is not done, and numbers that are not 1, 2, 3 …"""
        for table, good in (("inbox", "done"), ("outbox", "delivered")):
            rows = connection.execute(f"SELECT shard, session, seq, status FROM {table}").fetchall()  # noqa: S608
            if others := Counter(status for *_, status in rows if status != good):
                self.unfinished.append(f"{table}: {dict(others)}")
            sizes = Counter(row[:2] for row in rows)
            last = {row[:2]: row[2] for row in sorted(rows)}
            if gaps := sum(last[session] != size for session, size in sizes.items()):
                self.unfinished.append(f"{table}: {gaps} sessions with a gap in their numbers")
