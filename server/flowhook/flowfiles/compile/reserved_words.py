"""Node types that the flow language will have: refused by name until then, never silently accepted."""

from __future__ import annotations

NODE_TYPES = frozenset(
    {
        "copilot",
    }
)  # fmt: skip
