"""Words of the flow language that do nothing yet: refused by name, never silently accepted."""

from __future__ import annotations

TOP_KEYS = frozenset({"intents", "slots", "states", "attach", "locales", "reject"})

SETTINGS = frozenset({"digressions", "confidence", "confirm_below", "language"})

NODE_TYPES = frozenset(
    {
        "optional_ask", "collect", "every", "code", "match", "fuzzy", "nlu", "state", "locale", "translation",
        "blind", "analytics", "track", "profile", "webhook", "json_api", "task", "handover", "close_handover",
        "check_availability", "handover_inactivity",
    }
)  # fmt: skip

#: By node type: branches that will stand beside it.
BRANCHES = {"ask": frozenset({"on_intent"})}

#: By node type: settings that will come.
NODE_SETTINGS = {
    "ask": frozenset({"confirm", "digression", "forget_after"}),
    "say": frozenset(
        {"buttons", "quick_replies", "image", "audio", "video", "gallery", "list", "card", "to"}
    ),
}
