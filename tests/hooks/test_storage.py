"""What plugins keep: locked for any two strings within an endpoint, saved only when all went well."""

from __future__ import annotations

import asyncio

import pytest
from tests.machine import PATIENCE

from flowhook.hooks.api.storage import PluginStorage
from flowhook.hooks.calling.caller import BoundHook, HookCaller, Implementation


@pytest.fixture
def storage(bench) -> PluginStorage:
    """That of plugin ``a`` at endpoint ``pizza``."""
    return bench.resources.storage_for("pizza")


async def test_data_is_saved_on_leaving(bench, storage):
    """Nested changes count too; other keys, namespaces and endpoints are apart."""
    async with storage.open("a", "b") as data:
        data["list"] = [1]
    async with bench.resources.storage_for("pizza").open("a", "b") as data:
        data["list"].append(2)
    for other in (storage.open("b", "a"), storage.open("a", "b", namespace="n")):
        async with other as data:
            assert data == {}
    assert await bench.kept() == {("pizza", "", "a", "b"): {"list": [1, 2]}}


async def test_a_failing_body_discards(bench, storage):
    """Nothing of a body that raised is kept, and the pair is free again."""

    async def fail() -> None:
        async with storage.open("a", "b") as data:
            data["x"] = 1
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await fail()
    async with storage.open("a", "b") as data:
        assert data == {}
    assert await bench.kept() == {}


async def test_the_pair_is_locked(bench, storage):
    """Two who count up the same number never lose a count; the lock goes when it is not used."""

    async def count() -> None:
        async with storage.open("a", "b") as data:
            now = data.get("n", 0)
            await asyncio.sleep(0)
            data["n"] = now + 1

    await asyncio.gather(*(count() for _ in range(20)))
    assert (await bench.kept())["pizza", "", "a", "b"] == {"n": 20}
    assert len(bench.resources.locks) == 0


async def test_a_cancelled_waiter_leaves_no_lock(bench, storage):
    """Waiting in vain has no trace."""
    async with storage.open("a", "b"):
        waiter = asyncio.create_task(storage.open("a", "b").__aenter__())
        await asyncio.sleep(0)
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)
    assert len(bench.resources.locks) == 0


async def test_owner_and_ttl_are_kept_with_the_data(bench, storage):
    """The time to live runs from each saving; an empty dictionary is deleted."""
    async with storage.open("a", "b", owner=("u", "s"), ttl="1d") as data:
        data["x"] = 1
    owned = "SELECT owner_user, owner_session, expires_at FROM plugin_data"
    assert await bench.ask(owned) == [("u", "s", bench.clock.now() + 86400)]
    await bench.clock.advance(3600)
    async with storage.open("a", "b", ttl="1d"):
        pass
    assert await bench.ask("SELECT expires_at FROM plugin_data") == [(bench.clock.now() + 86400,)]
    async with storage.open("a", "b") as data:
        data.clear()
    assert await bench.kept() == {}


async def test_reading_writes_nothing(bench, storage):
    """Data that did not change is not stored again."""
    async with storage.open("a", "b") as data:
        data["x"] = 1
    before = await bench.changes()
    async with storage.open("a", "b") as data:
        assert data == {"x": 1}
    assert await bench.changes() == before


async def test_wrong_keys_and_times_are_refused(storage):
    """Keys are strings; a time to live is written like every duration."""
    with pytest.raises(TypeError, match="strings"):
        storage.open(1, "b")
    with pytest.raises(ValueError, match="duration"):
        storage.open("a", "b", ttl="soon")


async def test_plain_with_is_for_plain_hooks(storage):
    """In the event loop a plain ``with`` would wait for itself, so it says so."""
    with pytest.raises(RuntimeError, match="async with"), storage.open("a", "b"):
        pass


async def test_an_abandoned_thread_saves_nothing(bench, storage):
    """A plain hook that outlasted its time may go on, but what it stores does not count."""
    import threading

    go_on, ended = threading.Event(), threading.Event()

    def hook() -> None:
        with storage.open("a", "b") as data:
            data["x"] = 1
            go_on.wait(PATIENCE)
        ended.set()

    calls = HookCaller()
    bound = BoundHook(Implementation.of("a", "h", hook), {}, timeout=0.05)
    with pytest.raises(Exception, match="not done within"):
        await calls.call(bound, {})
    go_on.set()
    await asyncio.to_thread(ended.wait, PATIENCE)
    assert await bench.kept() == {}
    assert len(bench.resources.locks) == 0
    calls.threads.close()
