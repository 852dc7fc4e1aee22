"""Rehearsals as curl would hold them: the same engine, in memory, with a clock that is moved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Shop

SERVICE = "POST https://prices.example/price"
AUTHOR = "author-key-of-the-studio"


@pytest.fixture(autouse=True)
def with_the_bakery(bakery: Path) -> None:
    """All of them talk to it."""


def begin(shop: Shop, **asked: Any) -> dict[str, Any]:
    begun: dict[str, Any] = shop.api("POST", "/rehearsals", asked, 201)
    return begun


def say(shop: Shop, rehearsal: dict[str, Any], text: str) -> dict[str, Any]:
    told: dict[str, Any] = shop.api("POST", f"/rehearsals/{rehearsal['id']}/say", {"text": text})
    return told


def said(told: dict[str, Any]) -> list[str]:
    """What the bot said to the last input."""
    return [output["output"]["text"] for output in told["transcript"][-1]["outputs"]]


def sessions_of(shop: Shop) -> set[str]:
    """Those of the studio itself: other tests chat on the same server."""
    return {session["sessionId"] for session in shop.api("GET", "/sessions?userId=studio")["sessions"]}


def test_a_rehearsal_tells_everything_and_keeps_nothing(shop: Shop) -> None:
    """Why, and by how much; the very payload; what waits, and what falls due when the clock is moved."""
    before, sessions = len(shop.receiver.bodies), sessions_of(shop)
    begun = begin(shop, flow="bakery")
    told = say(shop, begun, "I would like a cake")
    assert said(told) == ["Which kind?"]
    assert told["node"] == "bakery/kind"
    understanding = told["transcript"][-1]["trace"]["steps"][0]
    assert understanding["saw"]["ranking"][0]["name"] == "order"
    assert understanding["saw"]["confidence"] == 0.4
    payload = told["transcript"][-1]["outputs"][0]["payload"]
    assert json.loads(payload["body"])["AIOutput"]["text"] == "Which kind?"
    (timer,) = told["timers"]
    told = shop.api("POST", f"/rehearsals/{begun['id']}/advance", {"by": "9m"})
    assert said(told) == ["Which kind?"]
    told = shop.api("POST", f"/rehearsals/{begun['id']}/advance", {})
    assert said(told) == ["Still there?"]
    assert told["now"] >= timer["dueAt"]
    assert sessions_of(shop) == sessions
    assert len(shop.receiver.bodies) == before
    shop.api("DELETE", f"/rehearsals/{begun['id']}", status=204)
    gone = shop.api("GET", f"/rehearsals/{begun['id']}", status=404)
    assert gone["code"] == "unknown_rehearsal"


def test_services_answer_as_one_says(shop: Shop) -> None:
    """A call that has no answer does not leave, and is told; a clock without timers says so."""
    begun = begin(shop, flow="bakery")
    say(shop, begun, "one cake please")
    told = say(shop, begun, "apple")
    assert said(told) == ["I do not know the price."]
    assert told["unanswered"] == [SERVICE]
    nothing = shop.api("POST", f"/rehearsals/{begun['id']}/advance", {}, 409)
    assert nothing["code"] == "nothing_waits"
    wrong = shop.api("POST", f"/rehearsals/{begun['id']}/advance", {"by": "soon"}, 400)
    assert wrong["code"] == "invalid_field"
    mock = {"method": "POST", "url": "/price", "status": 200, "json": {"total": 22}}
    shop.api("PUT", f"/rehearsals/{begun['id']}/mocks", {"mocks": [mock]})
    say(shop, begun, "one cake please")
    told = say(shop, begun, "apple")
    assert said(told) == ["One apple cake, 22 Euro."]
    assert told["unanswered"] == []


def test_a_rehearsal_begins_where_a_session_stands(shop: Shop) -> None:
    """With its state; the session itself is not touched. What is no state is refused."""
    shop.say("hi", user="fork", session="f1", endpoint="notes")
    session = shop.api("GET", "/sessions/notes/fork/f1")
    begun = begin(shop, endpoint="notes", userId="fork", sessionId="f1", state=session["state"])
    assert begun["node"] == "notes/note"
    assert said(say(shop, begun, "bread")) == ["Noted: bread"]
    assert shop.api("GET", "/sessions/notes/fork/f1")["revision"] == session["revision"]
    refused = shop.api("POST", "/rehearsals", {"endpoint": "notes", "state": {"frames": 7}}, 400)
    assert refused["code"] == "invalid_field"


def test_a_rehearsal_becomes_a_test(shop: Shop) -> None:
    """Tried on the flows as they are, and not saved."""
    begun = begin(shop, endpoint="notes")
    empty = shop.api("POST", f"/rehearsals/{begun['id']}/test", {"name": "nothing"}, 422)
    assert empty["code"] == "tests_unusable"
    say(shop, begun, "hi")
    say(shop, begun, "milk")
    made = shop.api("POST", f"/rehearsals/{begun['id']}/test", {"name": "milk is noted"})
    assert made["failures"] == []
    assert made["path"] == "flows/notes.test.yaml"
    assert "milk is noted" in made["text"]
    assert not (shop.root / made["path"]).exists()


def test_a_rehearsal_is_of_whoever_began_it(shop: Shop) -> None:
    """An author may have one; another key does not find it, and a reader may have none. What cannot be
    begun says why."""
    begun = shop.api("POST", "/rehearsals", {"flow": "bakery"}, 201, key=AUTHOR)
    path = f"/rehearsals/{begun['id']}"
    assert shop.api("GET", path, key=AUTHOR)["id"] == begun["id"]
    assert shop.api("GET", path, status=404)["code"] == "unknown_rehearsal"
    asked = {"flow": "bakery"}
    reader = "reader-key-of-the-studio"
    assert shop.api("POST", "/rehearsals", asked, 403, key=reader)["code"] == "forbidden"
    assert shop.api("POST", "/rehearsals", {"endpoint": "none"}, 404)["code"] == "unknown_endpoint"
    assert shop.api("POST", "/rehearsals", {}, 400)["code"] == "invalid_field"
    assert shop.api("POST", "/rehearsals", {"flow": "none"}, 422)["code"] == "flow_refused"
