"""What ``from flowhook import …`` offers, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import flowhook


def test_all_is_what_is_public():
    """``__all__`` is sorted and names everything that is not a module of ours."""
    public = {
        name
        for name, value in vars(flowhook).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert set(flowhook.__all__) == public | {"__version__"}
    constants = [name for name in flowhook.__all__ if name.isupper()]
    assert flowhook.__all__[: len(constants)] == sorted(constants)
    assert len(set(flowhook.__all__)) == len(flowhook.__all__)


def test_importing_it_is_cheap():
    """A plugin's import must not pull in the server."""
    heavy = {"quart", "hypercorn", "httpx", "aiohttp", "aiosqlite", "jinja2"}
    code = f"import sys, flowhook; print(*sorted({heavy!r} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
