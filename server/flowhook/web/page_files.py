"""Where the built pages are."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).resolve().parents[1] / "studio" / "static"


def pages_are_built() -> bool:
    """Return whether there is something to show: always in a wheel; in a checkout after ``make studio``."""
    return (STATIC / "studio.html").is_file()
