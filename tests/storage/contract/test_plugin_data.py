"""What plugins keep."""

from __future__ import annotations

from flowhook.harness.clocks import FakeClock
from flowhook.storage.protocols import Store


async def test_plugin_data_expires(store: Store, clock: FakeClock) -> None:
    """After its time it is as if it had not been kept; None removes it."""
    keep = ("web", "plugin", "a", "b")
    await store.plugin_data.keep(*keep, {"x": 1}, None, clock.now() + 10)
    assert await store.plugin_data.get(*keep, clock.now()) == {"x": 1}
    assert await store.plugin_data.get(*keep, clock.now() + 10) is None
    assert (await store.retention.sweep(clock.now() + 11, {}))["plugin_data"] == 1
    await store.plugin_data.keep(*keep, {"x": 2}, None, None)
    await store.plugin_data.keep(*keep, None, None, None)
    assert await store.plugin_data.get(*keep, 0) is None
