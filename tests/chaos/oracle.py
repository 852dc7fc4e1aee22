"""Compares what was promised, what arrived, and what is stored. Answers what does not hold."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from .ledgers import Ledgers, chain

OUTPUTS_PER_TURN = 2


def verdict(ledgers: Ledgers, database: Path, kills: int, in_flight: int) -> list[str]:
    """The invariants that are broken, in words; an empty list is a pass."""
    broken: list[str] = []
    stored = _Stored(database)
    for session, promised in sorted(ledgers.promised.items()):
        messages = stored.messages.get(session, [])
        broken += _nothing_lost(session, promised, messages)
        broken += _applied_once(session, messages, stored.states.get(session))
        broken += _arrived(session, messages, ledgers)
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


def _nothing_lost(session: str, promised: list[str], messages: list[str]) -> list[str]:
    """Every 202 is in the inbox, once, in the sender's order."""
    known = set(promised)
    kept = [message for message in messages if message in known]
    if kept != promised:
        missing = [message for message in promised if message not in set(messages)]
        return [f"inbox: {session} was promised {len(promised)}, holds {len(kept)}; missing {missing[:3]}"]
    return []


def _applied_once(session: str, messages: list[str], state: dict[str, object] | None) -> list[str]:
    """The state is the fold of the inbox, each message once."""
    if state is None:
        return [f"state: {session} has none"]
    count, digest = chain(messages)
    if (state["n"], state["h"]) != (count, digest):
        return [f"state: {session} counts {state['n']} for {count} messages, or in another order"]
    return []


def _arrived(session: str, messages: list[str], ledgers: Ledgers) -> list[str]:
    """Every output of every turn arrived, first arrivals in order, repeats with the same bytes."""
    broken = []
    requests = ledgers.seen[session]
    firsts: dict[int, bytes] = {}
    ids: dict[int, str] = {}
    for seen in requests:
        if seen.sequence not in firsts:
            if seen.sequence != len(firsts) + 1:
                broken.append(f"order: {session} got {seen.sequence} after {len(firsts)}")
            firsts[seen.sequence] = seen.body
            ids[seen.sequence] = seen.delivery_id
        elif firsts[seen.sequence] != seen.body or ids[seen.sequence] != seen.delivery_id:
            broken.append(f"bytes: {session} sequence {seen.sequence} changed between attempts")
    if len(firsts) != OUTPUTS_PER_TURN * len(messages):
        broken.append(f"outputs: {session} got {len(firsts)} for {len(messages)} turns")
    delivered = [seen.sequence for seen in requests if seen.answered == "200"]
    if set(delivered) != set(firsts):
        broken.append(f"delivered: {session} has outputs that were never taken")
    said = [json.loads(firsts[n])["AIOutput"]["data"]["id"] for n in sorted(firsts)]
    if said != [message for message in messages for _ in range(OUTPUTS_PER_TURN)]:
        broken.append(f"content: {session}'s outputs are not those of its messages in order")
    return broken


class _Stored:
    """What the database holds, read by its own SQL so that no code of the server is trusted."""

    def __init__(self, database: Path) -> None:
        with sqlite3.connect(database) as connection:
            self.integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
            self.states = {
                session: json.loads(state).get("context")
                for session, state in connection.execute("SELECT session_id, state FROM sessions")
                if state is not None
            }
            self.messages: dict[str, list[str]] = {}
            for session, body in connection.execute(
                "SELECT s.session_id, i.body FROM inbox i JOIN sessions s USING (part, session)"
                " ORDER BY s.session_id, i.seq"
            ):
                self.messages.setdefault(session, []).append(json.loads(body)["data"]["id"])
            self.outputs = connection.execute("SELECT count(*) FROM outbox").fetchone()[0]
        connection.close()
