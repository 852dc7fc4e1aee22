"""What the tests went through when all of them ran last, for the badges of the graph."""

from __future__ import annotations

import json
from typing import Any

from flowhook.clock import Clock
from flowhook.storage.protocols import Settings
from flowhook.web.admin.timestamps import rfc3339

_NAME = "studio-coverage"


class LastCoverage:
    """Keeps the coverage of the last run of all tests in the database: it outlives a restart, and every
    process knows it."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    async def keep(self, report: dict[str, Any], revision: str) -> None:
        """Keep what the report of a run says; ``revision``: of the flows that ran."""
        kept = {
            "at": rfc3339(self._clock.now()),
            "revision": revision,
            "passed": report["passed"],
            "failed": report["failed"],
            **report["coverage"],
        }
        await self._settings.set(_NAME, json.dumps(kept))

    async def read(self) -> dict[str, Any]:
        """Return what was kept; of tests that never ran ``at`` is null and nothing is known."""
        kept = await self._settings.get(_NAME)
        if kept is None:
            return {"at": None, "revision": "", "passed": 0, "failed": 0, "percent": 0.0, "flows": {}}
        found: dict[str, Any] = json.loads(kept)
        return found
