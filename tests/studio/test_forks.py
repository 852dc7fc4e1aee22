"""The state of a session before a step of a turn, and the coverage of tests: as curl would ask."""

from __future__ import annotations

from .conftest import Shop


def test_the_session_is_shown_as_it_was_before_each_step(shop: Shop) -> None:
    """Before the turn it waits at its question; later it stands at the node, with what was kept so far."""
    shop.say("hi", user="fred", session="forked")
    trace = shop.say("red", user="fred", session="forked")
    session = "/sessions/shop/fred/forked"
    live = shop.api("GET", session)
    before = shop.api("GET", f"/traces/{trace}/state")
    assert (before["userId"], before["sessionId"], before["text"]) == ("fred", "forked", "red")
    assert before["node"] == "greet/colour"
    assert before["state"]["waiting"] is True
    assert "colour" not in before["state"].get("context", {})
    steps = shop.api("GET", f"/traces/{trace}")["traces"][0]["trace"]["steps"]
    nodes = [step["node"] for step in steps]
    within = shop.api("GET", f"/traces/{trace}/state?step={nodes.index('which') + 1}")
    assert within["node"] == "greet/which"
    assert within["state"]["context"] == {"colour": "red"}
    assert shop.api("GET", session) == live


def test_what_cannot_be_told_is_refused(shop: Shop) -> None:
    """A trace that nobody has; a step that the turn has not."""
    trace = shop.say("hi", user="fred", session="refused")
    assert shop.api("GET", f"/traces/{'0' * 32}/state", status=404)["code"] == "trace_not_found"
    assert shop.api("GET", f"/traces/{trace}/state?step=99", status=409)["code"] == "not_replayable"
    assert shop.api("GET", f"/traces/{trace}/state?step=0", status=400)["code"] == "invalid_parameter"


def test_the_last_run_of_all_tests_is_kept(shop: Shop) -> None:
    """With what it covered; a run of some tests takes nothing away."""
    file = shop.root / "flows" / "notes.test.yaml"
    file.write_text(
        "flow: notes\ntests:\n  - name: asks\n    steps:\n      - user: hi\n      - bot: What shall I note?\n"
    )
    try:
        shop.api("POST", "/tests/run", {})
        kept = shop.api("GET", "/tests/coverage")
        assert kept["at"] is not None
        assert {"node": "noted", "way": None, "line": 6} in kept["flows"]["notes"]["missing"]
        assert "note" not in [gap["node"] for gap in kept["flows"]["notes"]["missing"] if gap["way"] is None]
        shop.api("POST", "/tests/run", {"word": "no test has this"})
        assert shop.api("GET", "/tests/coverage")["at"] == kept["at"]
    finally:
        file.unlink()
