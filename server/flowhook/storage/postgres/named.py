"""SQL with named parameters: ``:name`` in the text, ``$1`` for the driver."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"(?<!:):([a-z_]+)")


class Named:
    """A statement whose parameters have names. Called with their values it gives what the driver's methods
    take: ``await db.fetch(*FIND({"shard": 1}))``."""

    def __init__(self, sql: str) -> None:
        self._names = list(dict.fromkeys(_NAME.findall(sql)))
        places = {name: f"${place}" for place, name in enumerate(self._names, 1)}
        self.sql = _NAME.sub(lambda found: places[found[1]], sql)

    def __call__(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Values that the statement does not name are left out."""
        return (self.sql, *(values[name] for name in self._names))
