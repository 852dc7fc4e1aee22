"""Versions of the project, their names, and the sessions that keep one."""

from __future__ import annotations

from tests.storage.conftest import Desk

from flowhook.storage.protocols import Store
from flowhook.storage.records import SnapshotRow, Version, VersionUse

FIRST = Version("v1", b'{"flows":{"a":"b1"}}', {"b1": b"one", "shared": b"same"})
SECOND = Version("v2", b'{"flows":{"a":"b2"}}', {"b2": b"two", "shared": b"same"})


async def test_a_version_comes_back_as_it_was_kept(store: Store) -> None:
    """With its texts, and nothing of another one."""
    assert await store.versions.keep(FIRST)
    assert await store.versions.keep(SECOND)
    assert await store.versions.get("v1") == FIRST
    assert await store.versions.get("v2") == SECOND
    assert await store.versions.get("v3") is None


async def test_a_version_is_never_changed(store: Store) -> None:
    """What is kept under a hash stays."""
    await store.versions.keep(FIRST)
    await store.versions.keep(Version("v1", b"{}", {}))
    assert await store.versions.get("v1") == FIRST


async def test_a_name_is_given_once(desk: Desk) -> None:
    """The second version is not kept either; one version may have several names."""
    versions, now = desk.store.versions, desk.clock.now()
    assert await versions.keep(FIRST, "monday")
    assert not await versions.keep(SECOND, "monday")
    assert await versions.get("v2") is None
    desk.clock.jump(desk.clock.now() + 1)
    assert await versions.keep(FIRST, "again")
    assert await versions.named() == [
        SnapshotRow("monday", "v1", now),
        SnapshotRow("again", "v1", now + 1),
    ]
    assert await versions.find("monday") == SnapshotRow("monday", "v1", now)
    assert await versions.find("tuesday") is None


async def test_what_nobody_needs_is_pruned(store: Store) -> None:
    """A name keeps its version, and so does whoever prunes; texts go with the last one that has them."""
    for version, name in ((FIRST, "monday"), (SECOND, None)):
        await store.versions.keep(version, name)
    assert await store.versions.prune(keep=["v2"]) == 0
    assert await store.versions.prune(keep=[]) == 1
    assert await store.versions.get("v2") is None
    assert await store.versions.get("v1") == FIRST
    assert await store.versions.drop("monday")
    assert not await store.versions.drop("monday")
    assert await store.versions.prune(keep=[]) == 1
    assert await store.versions.get("v1") is None
    await store.versions.keep(SECOND)
    assert await store.versions.get("v2") == SECOND


async def test_sessions_keep_their_version(desk: Desk) -> None:
    """Counted by endpoint; it is not pruned until the last of them has ended."""
    versions = desk.store.versions
    await versions.keep(FIRST)
    await versions.keep(SECOND)
    first, second, third = desk.session("u1"), desk.session("u2"), desk.session("u3", endpoint="shop")
    for session, version in ((first, "v1"), (second, "v1"), (third, "v2")):
        await desk.exchange(session, version=version)
    found = sorted(await versions.sessions(), key=lambda use: use.version)
    assert found == [VersionUse("v1", "web", 2), VersionUse("v2", "shop", 1)]
    assert await versions.prune(keep=[]) == 0

    accepted = await desk.say(third)
    await desk.turn(accepted, "bye", version=None)
    await desk.store.sessions.forget(ref=first)
    assert await versions.sessions() == [VersionUse("v1", "web", 1)]
    assert await versions.prune(keep=[]) == 1


async def test_a_session_that_begins_anew_lets_go(desk: Desk) -> None:
    """One that has expired is a new one; a change by hand says what it keeps."""
    versions, session = desk.store.versions, desk.session()
    await versions.keep(FIRST)
    done = await desk.exchange(session, version="v1")
    revision = await desk.store.sessions.change(session, done.revision, b"{}", None, None, version="v1")
    assert await versions.sessions() == [VersionUse("v1", "web", 1)]
    await desk.store.sessions.change(session, revision, b"{}", None, None)
    assert await versions.sessions() == []

    accepted = await desk.say(session)
    await desk.turn(accepted, "hello", version="v1")
    desk.clock.jump(desk.clock.now() + 100)
    await desk.say(session, expires_after=10.0)
    assert await versions.sessions() == []


async def test_a_turn_without_a_state_leaves_the_version(desk: Desk) -> None:
    """A notify, or a turn that failed, changes nothing of it."""
    await desk.exchange(desk.session(), version="v1")
    await desk.exchange(desk.session(), state=None, node=None)
    assert await desk.store.versions.sessions() == [VersionUse("v1", "web", 1)]
