"""What comes with flowhook beside its code: plugins, flows, the pages about problems."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def shipped_dir(what: Literal["plugins", "flows", "problems"]) -> Path:
    """Return the directory of what is shipped: inside the wheel, or where a checkout has it."""
    package = Path(__file__).resolve().parent
    in_wheel = package / "shipped" / what
    if in_wheel.is_dir():
        return in_wheel
    checkout = package.parents[1]
    return checkout / "docs" / what if what == "problems" else checkout / what
