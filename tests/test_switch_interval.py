"""How long a thread keeps the interpreter while another one waits."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

import pytest

from flowhook import switch_interval
from flowhook.hooks.calling.threads import ThreadPool


@pytest.fixture(autouse=True)
def usual(monkeypatch: pytest.MonkeyPatch) -> Iterator[float]:
    """Python's own interval, which is in force again afterwards. Threads of other tests do not count."""
    monkeypatch.setattr(switch_interval, "_interval", switch_interval._SwitchInterval())
    before = sys.getswitchinterval()
    yield before
    switch_interval.restore()
    assert sys.getswitchinterval() == before


def test_it_is_long_while_nothing_computes(usual: float) -> None:
    """As long as any thread computes it is Python's own."""
    switch_interval.lengthen()
    assert sys.getswitchinterval() == switch_interval.LONG
    with switch_interval.computing():
        with switch_interval.computing():
            assert sys.getswitchinterval() == usual
        assert sys.getswitchinterval() == usual
    assert sys.getswitchinterval() == switch_interval.LONG


def test_it_is_untouched_where_nobody_serves(usual: float) -> None:
    """Commands and tests keep Python's own."""
    with switch_interval.computing():
        assert sys.getswitchinterval() == usual
    assert sys.getswitchinterval() == usual


def test_what_begins_to_compute_before_counts_as_well(usual: float) -> None:
    """A load may still go on when the server is ready."""
    with switch_interval.computing():
        switch_interval.lengthen()
        assert sys.getswitchinterval() == usual
    assert sys.getswitchinterval() == switch_interval.LONG


async def test_threads_of_ours_count(usual: float) -> None:
    """Those of plain hooks and loads, and those of ``asyncio.to_thread``; also when they fail."""
    switch_interval.lengthen()
    asyncio.get_running_loop().set_default_executor(switch_interval.Executor())
    pool = ThreadPool()
    assert await pool.run(sys.getswitchinterval) == usual
    assert await asyncio.to_thread(sys.getswitchinterval) == usual
    with pytest.raises(ZeroDivisionError):
        await asyncio.to_thread(lambda: 1 // 0)
    assert sys.getswitchinterval() == switch_interval.LONG
    pool.close()
