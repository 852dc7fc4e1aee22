"""Outputs that are the response to the request that caused them, in the place of deliveries.

A plugin asks for it with a message that waits, and makes the response in its hook ``answer``. While the
caller waits, what its turn says is stored as delivered, and handed over here once it is durable; what is said
after that leaves as a delivery. A caller who comes again, because he never saw the response, gets the same.

.. code-block:: text

    open ──► begin ── segment stored ──► took ──► … ──► close: the outputs so far
             └ decides that a segment is held              └ from here on nothing is held

Where several processes serve, the turn may run in another one than the request. It knows from the inbound
until when the caller waits (``held_until``), stores what is said before that as delivered, and the process of
the request finds it in the store. What became durable too late to be found is let go as a delivery.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from flowhook.model.inbound import Inbound
from flowhook.model.output import Output

#: A turn that another process runs holds what it says only so many seconds before the caller's time is over:
#: clocks differ, and a commit takes its time.
MARGIN = 1.0
SKEW = 0.25  #: seconds; what became durable later than so long before that moment may not have been seen
WRITE_SECONDS = 5.0  #: that a segment may need to become durable, once the caller's time is over


@dataclass(slots=True)
class _Waiting:
    outputs: list[Output] = field(default_factory=list)
    writing: int = 0  #: held segments that are not durable yet
    written: asyncio.Event = field(default_factory=asyncio.Event)


class RequestAnswers:
    """Those who wait, by the trace id of their message."""

    def __init__(self) -> None:
        self._open: dict[str, _Waiting] = {}
        self._closing: dict[str, _Waiting] = {}

    def open(self, trace_id: str) -> None:
        """Hold what is said from now on."""
        self._open[trace_id] = _Waiting()

    def begin(self, trace_id: str) -> bool:
        """Return whether a segment that is about to be stored is to be held."""
        waiting = self._open.get(trace_id)
        if waiting is None:
            return False
        waiting.writing += 1
        return True

    def holds(self, inbound: Inbound, now: float) -> bool:
        """Return whether a segment that is about to be stored is held for another process."""
        return inbound.held_until is not None and now + MARGIN <= inbound.held_until

    def is_too_late(self, inbound: Inbound, now: float) -> bool:
        """Return whether a held segment became durable when its process may have looked already."""
        return inbound.held_until is not None and now > inbound.held_until - SKEW

    def took(self, trace_id: str, outputs: Sequence[Output]) -> None:
        """Note the outputs of a held segment that became durable."""
        waiting = self._open.get(trace_id) or self._closing.get(trace_id)
        if waiting is not None:
            waiting.outputs.extend(outputs)
            waiting.writing -= 1
            if waiting.writing <= 0:
                waiting.written.set()

    def drop(self, trace_id: str) -> None:
        """Hold nothing any more: nobody waits."""
        self._open.pop(trace_id, None)

    async def close(self, trace_id: str) -> list[Output]:
        """Hold nothing any more, and return what was held so far."""
        waiting = self._open.pop(trace_id, None)
        if waiting is None:
            return []
        if waiting.writing > 0:
            self._closing[trace_id] = waiting
            try:
                async with asyncio.timeout(WRITE_SECONDS):
                    await waiting.written.wait()
            except TimeoutError:
                pass  # its turn is run again, and what it says then leaves as a delivery
            finally:
                del self._closing[trace_id]
        return waiting.outputs
