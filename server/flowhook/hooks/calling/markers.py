"""pluggy's two markers. Imports nothing of ours, so that anything may import it."""

from __future__ import annotations

import pluggy

PROJECT = "flowhook"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
