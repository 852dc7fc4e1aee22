"""Words of the flow language that do nothing yet: refused by name, never silently accepted."""

from __future__ import annotations

NODE_TYPES = frozenset(
    {
        "translation",
        "blind", "analytics", "track", "webhook", "json_api", "handover", "close_handover",
        "check_availability", "handover_inactivity",
    }
)  # fmt: skip

#: By node type: branches that will stand beside it.
BRANCHES: dict[str, frozenset[str]] = {}

#: By node type: settings that will come.
NODE_SETTINGS: dict[str, frozenset[str]] = {}
