"""What the store promises about handovers."""

from __future__ import annotations

from typing import Any

import pytest
from tests.storage.conftest import Desk

from flowhook.harness.clocks import FakeClock
from flowhook.ids import new_id
from flowhook.model.handover import HandoverEnd, HandoverMove, HandoverRequest, HandoverWords
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.privacy import DROPPED, MASKED
from flowhook.model.session_ref import SessionRef
from flowhook.storage.protocols import Store
from flowhook.storage.records import (
    Accepted,
    HandoverClaim,
    HandoverParcel,
    HandoverRefused,
    HandoverRow,
    Replayed,
    RequestKey,
)

NOBODY = SessionRef("", "", "")


def event(desk: Desk, what: str = "message", text: str = "", id: str = "h1") -> Inbound:
    """What a provider tells, before the store knows whose it is."""
    return Inbound(
        NOBODY, Kind.HANDOVER, new_id(), desk.clock.now(), text, handover={"id": id, "event": what}
    )


async def ask(desk: Desk, id: str = "h1", session: SessionRef | None = None, **segment: Any) -> HandoverRow:
    """A turn that asks for a person."""
    asked = HandoverRequest(id, "desk", "main/agent", {"settings": {"queue": "tax"}})
    await desk.exchange(session, "one moment", handovers=[asked], **segment)
    row = await desk.store.handovers.get(id)
    assert row is not None
    return row


async def says(desk: Desk, text: str, id: str = "h1", source: Any = "user", **segment: Any) -> None:
    words = HandoverWords(id, source, text, leaves=source != "agent")
    await desk.exchange(None, handovers=[words], **segment)


async def enter(desk: Desk, what: str = "message", id: str = "h1", **claim: Any) -> Any:
    return await desk.store.handovers.enter(id, event(desk, what, id=id), HandoverClaim(**claim))


async def due(desk: Desk) -> list[HandoverParcel]:
    return await desk.store.handovers.due(desk.clock.now(), 10)


async def send_all(desk: Desk) -> list[str]:
    """Let everything leave that may; returns what it was."""
    sent = []
    while parcels := await due(desk):
        for parcel in parcels:
            sent.append(parcel.message.text or parcel.message.kind)
            await desk.store.handovers.settle(parcel, "sent")
    return sent


async def test_it_begins_with_the_turn_that_asks(desk: Desk) -> None:
    """Under the names of its session, in the queue, with its beginning to be told."""
    row = await ask(desk)
    assert (row.ref, row.status, row.owner, row.node) == (desk.session(), "queue", None, "main/agent")
    assert row.settings == {"settings": {"queue": "tax"}}
    assert row.waiting_since == row.created_at == desk.clock.now()
    (parcel,) = await due(desk)
    assert (parcel.handover.id, parcel.message.kind) == ("h1", "open")
    assert await desk.store.handovers.next_due_at() == desk.clock.now()


async def test_what_leaves_goes_in_order(desk: Desk) -> None:
    """One after the other: what is behind waits until what is before it was taken, also over retries."""
    await ask(desk)
    await says(desk, "one")
    await says(desk, "two")
    (opening,) = await due(desk)
    await desk.store.handovers.settle(opening, "pending", next_at=desk.clock.now() + 5, error="down")
    assert await due(desk) == []
    assert await desk.store.handovers.next_due_at() == desk.clock.now() + 5
    await desk.clock.advance(5)
    assert await send_all(desk) == ["open", "one", "two"]
    assert await desk.store.handovers.next_due_at() is None
    await says(desk, "three")
    assert await send_all(desk) == ["three"]


async def test_one_that_cannot_be_opened(desk: Desk) -> None:
    """Nothing of it leaves any more, and its session is told in the same transaction."""
    await ask(desk)
    await says(desk, "one")
    (opening,) = await due(desk)
    accepted = await desk.store.handovers.settle(opening, "dead", error="no", event=event(desk, "error"))
    assert isinstance(accepted, Accepted)
    assert accepted.inbound.ref == desk.session()
    assert await due(desk) == []
    messages = await desk.store.handovers.messages("h1")
    assert [message.status for message in messages] == ["dead", "dead"]


async def test_by_reference(desk: Desk) -> None:
    """The provider's own name for it leads to the newest; our id does as well."""
    await ask(desk)
    (opening,) = await due(desk)
    await desk.store.handovers.settle(opening, "sent", reference="c-7")
    for name in ("c-7", "h1"):
        row = await desk.store.handovers.by_reference("desk", name)
        assert row is not None
        assert row.id == "h1"
    assert await desk.store.handovers.by_reference("other", "c-7") is None
    assert await desk.store.handovers.by_reference("desk", "c-8") is None


async def test_one_takes_it(desk: Desk) -> None:
    """The other is told who; the one who has it may take it again."""
    await ask(desk)
    assert isinstance(await enter(desk, "active", agent="ada", takes=True), Accepted)
    assert await enter(desk, "active", agent="bob", takes=True) == HandoverRefused("handover_taken", "ada")
    assert isinstance(await enter(desk, "active", agent="ada", takes=True), Accepted)
    row = await desk.store.handovers.get("h1")
    assert row is not None
    assert (row.owner, row.status, row.taken_at) == ("ada", "active", desk.clock.now())


async def test_only_its_owner_speaks(desk: Desk) -> None:
    """Nobody speaks before it is taken; whoever may force it can."""
    await ask(desk)
    assert await enter(desk, agent="ada") == HandoverRefused("not_owner", None)
    await enter(desk, "active", agent="ada", takes=True)
    assert await enter(desk, agent="bob") == HandoverRefused("not_owner", "ada")
    assert isinstance(await enter(desk, agent="ada"), Accepted)
    assert isinstance(await enter(desk, agent="root", forces=True), Accepted)
    row = await desk.store.handovers.get("h1")
    assert row is not None
    assert row.owner == "ada"


@pytest.mark.parametrize(("to", "owner", "status"), [("", None, "queue"), ("bob", "bob", "active")])
async def test_giving_it_away(desk: Desk, to: str, owner: str | None, status: str) -> None:
    """Back to the queue, or to another agent; then it is not hers any more."""
    await ask(desk)
    await enter(desk, "active", agent="ada", takes=True)
    assert isinstance(await enter(desk, "queue", agent="ada", gives=to), Accepted)
    row = await desk.store.handovers.get("h1")
    assert row is not None
    assert (row.owner, row.status) == (owner, status)
    assert await enter(desk, agent="ada") == HandoverRefused("not_owner", owner)


async def test_a_repeat_is_taken_once(desk: Desk) -> None:
    """By its id; the same id with other words is refused."""
    await ask(desk)
    key = RequestKey("m1", "handover", b"a")
    first = await enter(desk, key=key)
    again = await enter(desk, key=key)
    assert isinstance(again, Replayed)
    assert again.trace_id == first.inbound.trace_id
    other = RequestKey("m1", "handover", b"b")
    assert await enter(desk, key=other) == HandoverRefused("idempotency_mismatch")


async def test_nothing_enters_after_its_end(desk: Desk) -> None:
    """From the moment in which the end was accepted."""
    await ask(desk)
    await enter(desk, "active", agent="ada", takes=True)
    assert isinstance(await enter(desk, "resolved", agent="ada", ends=True), Accepted)
    assert await enter(desk, agent="ada") == HandoverRefused("handover_closed", "ada")
    assert await enter(desk) == HandoverRefused("handover_closed", "ada")
    assert await enter(desk, id="h2") == HandoverRefused("unknown_handover")


async def test_its_end(desk: Desk) -> None:
    """With what the agent left; the provider is told, unless it is not to be. A second end is none."""
    await ask(desk)
    end = HandoverEnd("h1", "completed", {"paid": True}, "all fine")
    await desk.exchange(None, handovers=[end])
    await desk.exchange(None, handovers=[HandoverEnd("h1", "error", tells=False)])
    row = await desk.store.handovers.get("h1")
    assert row is not None
    assert (row.status, row.outcome, row.waiting_since) == ("closed", "completed", None)
    assert row.ending == {"result": {"paid": True}, "note": "all fine"}
    assert await send_all(desk) == ["open", "close"]
    await ask(desk, "h2")
    await desk.exchange(None, handovers=[HandoverEnd("h2", "error", tells=False)])
    assert await send_all(desk) == ["open"]
    assert await desk.store.handovers.previous_end("h2") == row.closed_at
    assert await desk.store.handovers.previous_end("h1") is None


async def test_who_waits_for_a_word(desk: Desk, clock: FakeClock) -> None:
    """From the oldest word that nobody answered; an agent's word ends it."""
    first = await ask(desk)
    await clock.advance(5)
    await says(desk, "hello?")
    assert [row.waiting_since for row in await desk.store.handovers.silent(9)] == [first.created_at]
    await says(desk, "yes", source="agent")
    assert await desk.store.handovers.silent(9) == []
    await clock.advance(5)
    await says(desk, "well")
    assert [row.waiting_since for row in await desk.store.handovers.silent(9)] == [clock.now()]


async def test_a_step_is_done_once(desk: Desk) -> None:
    """And not at all when something has happened since."""
    await ask(desk)
    await enter(desk, "active", agent="ada", takes=True)
    (row,) = await desk.store.handovers.silent(9)
    assert await desk.store.handovers.escalate(row, 1) is True
    assert await desk.store.handovers.escalate(row, 1) is False
    (row,) = await desk.store.handovers.silent(9)
    entered = await desk.store.handovers.escalate(row, 2, requeue=True, event=event(desk, "queue"))
    assert isinstance(entered, Accepted)
    (row,) = await desk.store.handovers.silent(9)
    assert (row.owner, row.status, row.step) == (None, "queue", 2)
    await says(desk, "I am here", source="agent")
    assert await desk.store.handovers.escalate(row, 3, event=event(desk, "error")) is False


async def test_notes_stand_beside(desk: Desk) -> None:
    """They leave for nobody."""
    await ask(desk)
    await send_all(desk)
    await desk.store.handovers.note("h1", "ada", "calls again")
    await says(desk, "hello", source="agent")
    messages = await desk.store.handovers.messages("h1")
    assert [(m.seq, m.source, m.agent, m.status, m.text) for m in messages[1:]] == [
        (2, "note", "ada", "kept", "calls again"),
        (3, "agent", "", "kept", "hello"),
    ]
    assert await due(desk) == []
    assert await desk.store.handovers.note("h9", "ada", "x") == HandoverRefused("unknown_handover")


@pytest.mark.parametrize(("privacy", "kept"), [(0, "secret"), (MASKED, "****"), (DROPPED, None)])
async def test_words_that_are_not_to_be_kept(desk: Desk, privacy: int, kept: str | None) -> None:
    """An agent reads them as long as it lasts; they go when it is over and has reached the provider."""
    await ask(desk)
    await says(desk, "secret", privacy=privacy)
    await desk.exchange(None, handovers=[HandoverEnd("h1", "completed", "r", "n")], privacy=privacy)
    before = [message.text for message in await desk.store.handovers.messages("h1")]
    assert "secret" in before
    await send_all(desk)
    after = await desk.store.handovers.messages("h1")
    assert [message.text for message in after if message.kind == "message"] == (
        [] if kept is None else [kept]
    )
    row = await desk.store.handovers.get("h1")
    assert row is not None
    expected = {0: {"result": "r", "note": "n"}, MASKED: {"result": "****", "note": "****"}, DROPPED: {}}
    assert row.ending == expected[privacy]


async def test_lists(desk: Desk, store: Store) -> None:
    """The queue has the oldest first, the others the newest; in pages."""
    for number in (1, 2, 3):
        await ask(desk, f"h{number}", desk.session(session=f"s{number}"))
    queue = await store.handovers.find("queue", limit=2)
    assert [row.id for row in queue] == ["h1", "h2"]
    assert [row.id for row in await store.handovers.find("queue", after=queue[-1].row)] == ["h3"]
    await enter(desk, "active", id="h2", agent="ada", takes=True)
    assert [row.id for row in await store.handovers.find("active", owner="ada")] == ["h2"]
    assert [row.id for row in await store.handovers.find("active", owner="bob")] == []
    assert [row.id for row in await store.handovers.find(endpoint="web")] == ["h3", "h2", "h1"]
    assert [row.id for row in await store.handovers.find(endpoint="other")] == []


async def test_moves_of_a_provider(desk: Desk) -> None:
    """One without agents of ours moves it by its events; what an agent of ours has stays his."""
    await ask(desk)
    await desk.exchange(None, handovers=[HandoverMove("h1", "active")])
    row = await desk.store.handovers.get("h1")
    assert row is not None
    assert (row.status, row.taken_at) == ("active", desk.clock.now())
    await desk.exchange(None, handovers=[HandoverMove("h1", "queue")])
    await enter(desk, "active", agent="ada", takes=True)
    await desk.exchange(None, handovers=[HandoverMove("h1", "queue")])
    row = await desk.store.handovers.get("h1")
    assert row is not None
    assert row.status == "active"


async def test_erasing_a_user(desk: Desk, store: Store) -> None:
    """Export shows all of it, erasure leaves nothing."""
    await ask(desk)
    await says(desk, "secret")
    ((row, messages),) = await store.handovers.of_user("u1")
    assert (row.id, messages[1].text) == ("h1", "secret")
    await store.sessions.forget("u1")
    assert await store.handovers.get("h1") is None
    assert await store.handovers.of_user("u1") == []
    assert await store.handovers.messages("h1") == []


async def test_retention(desk: Desk, store: Store, clock: FakeClock) -> None:
    """What is open stays, and its session with it; what is closed goes with the transcripts."""
    await ask(desk)
    await send_all(desk)
    ages = {"sessions": 100.0, "transcripts": 100.0}
    await clock.advance(1000)
    while any((await store.retention.sweep(clock.now(), ages)).values()):
        pass
    assert await store.sessions.get(desk.session()) is not None
    await desk.exchange(None, handovers=[HandoverEnd("h1", "completed", tells=False)])
    await clock.advance(1000)
    while any((await store.retention.sweep(clock.now(), ages)).values()):
        pass
    assert await store.handovers.get("h1") is None


async def test_a_session_goes_on_without_it(desk: Desk, store: Store) -> None:
    """Reset by hand: its handovers are over."""
    await ask(desk)
    assert await store.handovers.abandon(desk.session()) == 1
    row = await store.handovers.get("h1")
    assert row is not None
    assert (row.status, row.outcome) == ("closed", "error")
