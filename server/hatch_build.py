"""Hook of the build: no wheel and no sdist leaves without the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PagesHook(BuildHookInterface):
    """Refuses to build without what ``make studio`` makes; an editable install goes without."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        static = Path(self.root) / "server" / "flowhook" / "studio" / "static"
        if version != "editable" and not (static / "studio.html").is_file():
            raise RuntimeError(f"the pages are not built: run `make studio` first ({static} is missing)")
