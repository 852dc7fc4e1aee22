"""The audit of administration."""

from __future__ import annotations

import pytest

from flowhook.model.session_ref import SessionRef
from flowhook.storage.protocols import Store
from flowhook.storage.records import AuditFilter, AuditRow


def row(at: float, action: str, endpoint: str = "web", user: str | None = None, who: str = "kim") -> AuditRow:
    session = "s1" if user else None
    return AuditRow(
        at,
        who,
        "operator",
        action,
        f"sessions/{endpoint}/{user}/s1",
        endpoint,
        user,
        session,
        {"a": user},
        None,
    )


async def test_changes_are_kept_and_found(store: Store) -> None:
    """Newest first, page by page, by who, what, where and when."""
    for number, action in enumerate(["session.reset", "session.goto", "sessionless.do", "key.create"]):
        await store.audit.add(row(float(number), action, user=f"u{number}", who=("kim", "lee")[number % 2]))
    found = await store.audit.find(AuditFilter())
    assert [entry.action for entry in found] == [
        "key.create",
        "sessionless.do",
        "session.goto",
        "session.reset",
    ]
    assert (found[0].before, found[0].after) == ({"a": "u3"}, None)
    first = await store.audit.find(AuditFilter(), 2)
    assert [entry.at for entry in await store.audit.find(AuditFilter(), 2, first[-1].row)] == [1.0, 0.0]
    for wanted, times in (
        (AuditFilter(who="lee"), [3.0, 1.0]),
        (AuditFilter(action="session"), [1.0, 0.0]),
        (AuditFilter(action="session.goto"), [1.0]),
        (AuditFilter(endpoint="other"), []),
        (AuditFilter(user_id="u2"), [2.0]),
        (AuditFilter(since=1.0, until=3.0), [2.0, 1.0]),
    ):
        assert [entry.at for entry in await store.audit.find(wanted)] == times


@pytest.mark.parametrize("whose", ["user", "session"])
async def test_what_is_forgotten_is_forgotten_here(store: Store, whose: str) -> None:
    """That something was done stays; of whom it tells does not."""
    await store.audit.add(row(1.0, "session.reset", user="u1"))
    await store.audit.add(row(2.0, "session.reset", user="u2"))
    if whose == "user":
        await store.sessions.forget(user_id="u1")
    else:
        await store.sessions.forget(ref=SessionRef("web", "u1", "s1"))
    other, erased = await store.audit.find(AuditFilter())
    assert (other.user_id, other.before) == ("u2", {"a": "u2"})
    assert (erased.at, erased.who, erased.action, erased.subject) == (1.0, "kim", "session.reset", "erased")
    assert erased.user_id is erased.session_id is erased.before is erased.after is None


async def test_old_changes_go(store: Store) -> None:
    """When their retention is over."""
    await store.audit.add(row(1.0, "session.reset"))
    await store.audit.add(row(100.0, "session.goto"))
    assert (await store.retention.sweep(150.0, {"audit": 100.0}))["audit"] == 1
    assert [entry.action for entry in await store.audit.find(AuditFilter())] == ["session.goto"]
