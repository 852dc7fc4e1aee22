"""The last events, numbered: a watcher that comes back has lost nothing, or is told."""

from __future__ import annotations

from flowhook.model.event import Event, EventType
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.observe.event_history import EventHistory
from flowhook.storage.records import PublishedEvent


def said(number: int, user: str = "ada", session: str = "s1") -> Event:
    return Event(EventType.MESSAGE_SENT, float(number), "shop", user, session)


def times(history: EventHistory, last_id: str | None) -> tuple[bool, list[float]]:
    lost, found = history.since(history.position(last_id))
    return lost, [numbered.event.at for numbered in found]


def test_what_happened_during_a_break_is_kept() -> None:
    """From the last id on, in order, once."""
    history = EventHistory(10)
    with history.watching():
        position = history.position(None)
        for number in range(3):
            history.note(said(number))
        _, found = history.since(position)
    history.note(said(3))
    with history.watching():
        history.note(said(4))
        assert times(history, found[1].id) == (False, [2.0, 3.0, 4.0])
        assert times(history, None) == (False, [])


def test_what_is_not_kept_any_more_is_told() -> None:
    """Too long a break, and an id of another life of the server."""
    history = EventHistory(3)
    with history.watching():
        history.note(said(0))
        _, found = history.since(1)
        for number in range(1, 4):
            history.note(said(number))
        assert times(history, found[0].id) == (False, [1.0, 2.0, 3.0])
        history.note(said(4))
        assert times(history, found[0].id) == (True, [2.0, 3.0, 4.0])
        assert times(history, "other-7") == (True, [])
        assert times(history, "nonsense") == (True, [])


def test_nothing_is_kept_where_nobody_watches() -> None:
    """Neither before the first watcher nor long after the last, who is told when he comes back."""
    bus = EventBus()
    assert not bus.hears(EventType.MESSAGE_RECEIVED)
    history = EventHistory(3)
    history.note(said(0))
    assert history.next == 1
    with history.watching():
        history.note(said(1))
        last = history.id_before(history.next)
    for number in range(2, 9):
        history.note(said(number))
    assert not history.is_filling
    with history.watching():
        history.note(said(9))
        assert times(history, last) == (True, [9.0])


def test_an_erased_user_is_erased_here() -> None:
    """Of a user all sessions, of a session itself alone; places of the others stay."""
    history = EventHistory(10)
    with history.watching():
        start = history.position(None)
        for user, session in (("ada", "s1"), ("bob", "s1"), ("ada", "s2")):
            history.note(said(1, user, session))
        history.note(Event(EventType.SESSION_FORGOTTEN, 2.0, "shop", "ada", "s1"))
        _, found = history.since(start)
        assert [(one.event.user_id, one.event.session_id) for one in found] == [
            ("bob", "s1"), ("ada", "s2"), ("ada", "s1"),
        ]  # fmt: skip
        history.note(Event(EventType.SESSION_FORGOTTEN, 3.0, "", "ada", ""))
        _, found = history.since(start)
        assert [one.event.at for one in found if one.event.user_id == "ada"] == [3.0]


def test_events_of_all_processes_come_with_their_numbers() -> None:
    """What happens here is handed over, and comes back in its place; what nobody kept is told as lost."""
    history, handed = EventHistory(10), list[Event]()

    async def opened() -> None:
        """Nothing is to be made ready."""

    history.share("all", handed.append, opened)
    with history.watching():
        history.load([PublishedEvent(40, None, is_gap=True), PublishedEvent(41, said(1))])
        history.note(said(2))
        assert (len(handed), history.next) == (1, 42)
        history.load([PublishedEvent(42, said(3)), PublishedEvent(44, None), PublishedEvent(45, handed[0])])
        assert times(history, "all-41") == (False, [3.0, 2.0])
        assert times(history, "all-40") == (False, [1.0, 3.0, 2.0])
        assert times(history, "all-39") == (True, [1.0, 3.0, 2.0])
        assert history.next == 46
