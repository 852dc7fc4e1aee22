"""What was said: history for turns, everything for export."""

from __future__ import annotations

from typing import Any

from flowhook.harness.clocks import FakeClock
from flowhook.model.inbound import Kind
from flowhook.storage.protocols import Store


async def test_history_is_what_was_said(store: Store, desk: Any) -> None:
    """The last messages of both sides, oldest first, without the turn that runs."""
    await desk.turn(await desk.say(text="one"), "a", "b")
    await desk.turn(await desk.say(text="", kind=Kind.NOTIFY), "news")
    await desk.turn(await desk.say(text="two"), "c")
    await desk.say(text="three")
    spoken = [
        (message["role"], message["text"]) for message in await store.transcripts.history(desk.session(), 10)
    ]
    assert spoken == [
        ("user", "one"), ("bot", "a"), ("bot", "b"), ("bot", "news"), ("user", "two"), ("bot", "c"),
    ]  # fmt: skip
    assert len(await store.transcripts.history(desk.session(), 2)) == 2
    assert (await store.transcripts.history(desk.session(), 2))[-1]["text"] == "c"


async def test_history_shows_the_output_not_the_body(store: Store, desk: Any) -> None:
    """What a plugin sent in another shape is remembered as what was said."""
    accepted = await desk.say()
    delivery = desk.delivery(accepted, "x")
    delivery.body = b"<xml/>"
    await desk.turn(accepted, deliveries=[delivery], outputs=[{"text": "said", "source": "agent"}])
    (message,) = await store.transcripts.history(desk.session(), 1)
    assert (message["role"], message["text"], message["data"]) == ("agent", "said", {})


async def test_history_begins_with_the_session(store: Store, desk: Any, clock: FakeClock) -> None:
    """A session that expired and came back does not remember."""
    await desk.exchange()
    await clock.advance(100)
    await desk.say(expires_after=100)
    assert await store.transcripts.history(desk.session(), 10) == []


async def test_a_transcript_holds_everything(store: Store, desk: Any) -> None:
    """Inbounds with traces and outputs, oldest first."""
    await desk.turn(await desk.say(text="one"), "a", trace=b'{"steps":[]}')
    await desk.say(text="two")
    one, two = await store.transcripts.entries(desk.session())
    assert (one["text"], one["trace"], one["status"]) == ("one", {"steps": []}, "done")
    assert one["outputs"][0]["output"]["text"] == "a"
    assert (two["text"], two["status"], two["outputs"]) == ("two", "queued", [])
