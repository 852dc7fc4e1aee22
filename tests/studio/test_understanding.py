"""Texts read, the inbox of those that nobody won, further examples, and evaluations: as curl would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import BAKERY, Shop, until

AUTHOR = "author-key-of-the-studio"
READER = "reader-key-of-the-studio"


@pytest.fixture(autouse=True)
def bakery_as_it_was(bakery: Path, shop: Shop) -> None:
    if bakery.read_text() != BAKERY:
        bakery.write_text(BAKERY)
        shop.api("POST", "/reload")


def read(shop: Shop, text: str, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = shop.api("POST", "/nlu/read", {"flow": "bakery", "text": text, **more})
    return told


def test_a_text_is_read_as_a_turn_would(shop: Shop) -> None:
    """Every intent with its score and what it needs, slots with their places, and which words counted."""
    told = read(shop, "I need a chocolate cake", words=True)
    assert (told["intent"], told["intentFlow"], told["confidence"]) == ("order", "bakery", 0.4)
    assert [one["name"] for one in told["ranking"]] == ["order", "opening"]
    assert told["ranking"][0]["reason"] == "examples"
    (slot,) = told["slots"]
    assert (slot["name"], slot["value"], slot["start"], slot["end"]) == ("kind", "chocolate", 9, 18)
    counts = {word["text"]: word["counts"] for word in told["words"]}
    assert list(counts) == ["I", "need", "a", "chocolate", "cake"]
    assert counts["cake"] == max(counts.values()) > 0
    told = read(shop, "do you sell shoes")
    assert told["intent"] is None
    assert told["rejected"]
    assert shop.api("POST", "/nlu/read", {"flow": "none", "text": "x"}, 404)["code"] == "unknown_flow"
    assert shop.api("POST", "/nlu/read", {"text": "x"}, 400)["code"] == "invalid_field"


def test_an_example_is_one_line_of_the_flow(shop: Shop, bakery: Path) -> None:
    """Of an intent, or of reject; all else stays byte for byte. Saved, it is understood."""
    said = "gateau for me"
    made = shop.api("POST", "/nlu/examples", {"flow": "bakery", "intent": "order", "text": said})
    lines = set(made["text"].splitlines()) ^ set(BAKERY.splitlines())
    assert lines == {"      - gateau for me"}
    rejected = shop.api("POST", "/nlu/examples", {"flow": "bakery", "intent": None, "text": said})
    assert f'"what is the weather like", "{said}"]' in rejected["text"]
    assert bakery.read_text() == BAKERY
    file = {name: made[name] for name in ("path", "text", "sha256")}
    shop.api("PUT", "/files", {"files": [file]}, key=AUTHOR)
    assert read(shop, said)["intent"] == "order"
    again = shop.api(
        "POST", "/nlu/examples", {"flow": "bakery", "intent": "order", "text": said.upper()}, 409
    )
    assert again["code"] == "not_added"
    body = {"flow": "bakery", "intent": "order", "text": said}
    assert shop.api("POST", "/nlu/examples", body, 403, key=READER)["code"] == "forbidden"


def test_what_nobody_won_is_found_until_it_is_learned(shop: Shop) -> None:
    """Counted, with what comes nearest; an author sees texts of tests alone. What is understood now, or was
    put under reject, is left out, and so is what was erased with its user."""
    flow = (shop.root / "flows" / "greet.yaml").read_text()
    try:
        intents = "intents: {hours: {examples: [when are you open, opening hours], reply: At noon.}}\nnodes:"
        (shop.root / "flows" / "greet.yaml").write_text(flow.replace("nodes:", intents, 1))
        shop.api("POST", "/reload")
        for user in ("ina", "ivo"):
            shop.say("zeppelins over berlin", user=user, session="inbox")
        path = "/nlu/unmatched?flow=greet"
        (text,) = [one for one in shop.api("GET", path)["texts"] if "zeppelins" in one["text"]]
        assert (text["count"], text["flow"], text["endpoint"]) == (2, "greet", "shop")
        assert text["now"]["won"] is False
        assert shop.api("GET", path, key=AUTHOR)["texts"] == []
        shop.api("DELETE", "/users/ina")
        (text,) = [one for one in shop.api("GET", path)["texts"] if "zeppelins" in one["text"]]
        assert text["count"] == 1
        body = {"flow": "greet", "intent": None, "text": text["text"]}
        shop.api("PUT", "/files", {"files": [shop.api("POST", "/nlu/examples", body)]})
        assert not [one for one in shop.api("GET", path)["texts"] if "zeppelins" in one["text"]]
    finally:
        (shop.root / "flows" / "greet.yaml").write_text(flow)
        shop.api("POST", "/reload")


def test_an_evaluation_runs_beside_the_server(shop: Shop) -> None:
    """One at a time; its progress is told, then its report; a flow without examples has none."""
    begun = shop.api("POST", "/nlu/evaluations", {"flow": "bakery"}, 202)
    assert (begun["status"], begun["report"]) == ("running", None)
    assert shop.api("POST", "/nlu/evaluations", {"flow": "bakery"}, 409)["code"] == "evaluation_runs"
    until(lambda: shop.api("GET", f"/nlu/evaluations/{begun['id']}")["status"] != "running")
    told = shop.api("GET", f"/nlu/evaluations/{begun['id']}")
    assert told["status"] == "done", told["error"]
    assert told["report"]["intents"] == 2
    assert {"confusions", "missed", "overlaps", "accuracy"} <= set(told["report"])
    listed = shop.api("GET", "/nlu/evaluations")["evaluations"][0]
    assert listed["id"] == begun["id"]
    shop.api("DELETE", f"/nlu/evaluations/{begun['id']}", status=204)
    gone = shop.api("GET", f"/nlu/evaluations/{begun['id']}", status=404)
    assert gone["code"] == "unknown_evaluation"
    refused = shop.api("POST", "/nlu/evaluations", {"flow": "notes"}, 422)
    assert refused["code"] == "nothing_to_evaluate"
    assert shop.api("POST", "/nlu/evaluations", {"flow": "none"}, 404)["code"] == "unknown_flow"


def test_keys_are_listed_without_the_keys(shop: Shop) -> None:
    """With their roles, and when they were last used; readers do not see them."""
    shop.api("GET", "/flows", key=AUTHOR)
    told = shop.api("GET", "/admin-keys")
    arno = next(key for key in told["keys"] if key["name"] == "arno")
    assert arno["role"] == "author"
    assert arno["usedAt"] is not None
    assert AUTHOR not in str(told)
    assert shop.api("GET", "/admin-keys", status=403, key=READER)["code"] == "forbidden"
