"""What is kept of a session between turns, and that what older versions kept is read."""

from __future__ import annotations

import json
from typing import Any

from flowhook.model.session import Frame, Offer, PendingIntent, Session, TaskWait

#: As the version of November 2026 stored a session that waits for a task in a digression, was asked whether
#: an intent was meant, and whose turn was cut between two segments.
STORED: dict[str, Any] = {
    "frames": [["pizza", "ask_size", "waiting"], ["faq", None]],
    "context": {"size": "large"},
    "values": {"n": 1},
    "memory": {"pizza/ask_size": {"asked": 2}},
    "execution": 7,
    "locale": "de",
    "waiting": True,
    "state": "paying",
    "pending": {"flow": "", "intent": "order", "score": 0.5, "input": {"text": "hm", "nlu": {}}},
    "offers": [{"flow": "pizza", "node": "drink", "inputs": 2}],
    "tasks": [{"task": "t1", "flow": "pizza", "node": "work", "depth": 1, "settings": {"store": None}}],
    "running": {
        "seq": 4,
        "origin": {
            "frames": [["pizza", "ask_size"]],
            "waiting": True,
            "tasks": [{"task": "t0", "flow": "pizza", "node": "work", "depth": 1, "settings": {}}],
            "pending": {"flow": "faq", "intent": "hours", "score": 0.4, "input": {}},
            "offers": [{"flow": "pizza", "node": "drink", "inputs": 3}],
        },
        "run": {"flow": "pizza", "place": "price", "need": ["Pause", {"until": 5.0}]},
    },
}


def test_a_session_of_an_older_version_is_read_and_kept_as_it_was() -> None:
    """Nothing of it is lost, so that a newer version goes on with every conversation."""
    session = Session.from_json(json.loads(json.dumps(STORED)))
    assert session.pending == PendingIntent("", "order", 0.5, {"text": "hm", "nlu": {}})
    assert session.offers == [Offer("pizza", "drink", 2)]
    assert session.tasks == [TaskWait("t1", "pizza", "work", 1, {"store": None})]
    assert session.running is not None
    assert (session.running.seq, session.running.run["place"]) == (4, "price")
    assert session.to_json() == STORED


def test_a_turn_that_was_cut_brings_the_session_back_to_its_origin() -> None:
    """Where it stood and what it waited for, but what it remembered stays."""
    session = Session.from_json(json.loads(json.dumps(STORED)))
    assert session.running is not None
    session.return_to(session.running.origin)
    assert session.frames == [Frame("pizza", "ask_size")]
    assert (session.waiting, session.running) == (True, None)
    assert [wait.task for wait in session.tasks] == ["t0"]
    assert session.pending is not None
    assert session.pending.intent == "hours"
    assert session.offers == [Offer("pizza", "drink", 3)]
    assert session.context == {"size": "large"}


def test_a_new_session_is_kept_small() -> None:
    """Only what differs from one that never spoke is kept."""
    assert Session([Frame("pizza")]).to_json() == {"frames": [["pizza", None]]}
