"""The settings of ``think``, ``state`` and ``nlu``; what they do is tested with the engine."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.engine.settings.compiled import SettingsError
from tests.engine.conversation import Conversation, settings


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        ("think", {}),
        ("think", {"text": ""}),
        ("think", {"intent": ""}),
        ("nlu", {}),
        ("nlu", {"text": "x", "engine": ""}),
        ("nlu", {"text": "x", "store": "input.x"}),
        ("state", {"name": 3}),
    ],
)
def test_wrong_settings_are_refused(key: str, raw: dict[str, Any]) -> None:
    """At load."""
    with pytest.raises(SettingsError):
        settings(key, **raw)


def test_state_without_a_value_goes_back_to_the_default() -> None:
    """``- state:``."""
    talk = Conversation({"state": "{{ input.data.to }}"}, {"say": "{{ input.state }}"})
    assert talk.says(data={"to": "busy"}) == ["busy"]
    assert talk.session.state == "busy"
    talk = Conversation({"state": "busy"}, {"state": None}, {"say": "{{ input.state }}"})
    assert talk.says("x") == ["default"]
    assert talk.session.state is None
