"""``blind``: what a flow asks not to be told or kept from here on."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.engine.settings.compiled import SettingsError
from flowhook.model.privacy import MASK, BlindMode
from flowhook.runtime.observe.redaction import Redactor, blind_mode_in
from tests.engine.conversation import Conversation, settings

ALL = BlindMode(True, True, True, True)


@pytest.mark.parametrize(
    ("value", "mode"),
    [
        (True, ALL),
        (False, None),
        ({"mask_logging": True}, BlindMode(mask_logging=True)),
        ({"mask_logging": False}, None),
        (
            {"mask_analytics": True, "disable_conversations": True},
            BlindMode(mask_analytics=True, disable_conversations=True),
        ),
    ],
)
def test_its_values_replace_those_before(value: Any, mode: BlindMode | None) -> None:
    """The mode is that of the last node alone, over all turns, until the next one."""
    talk = Conversation(
        {"blind": {"disable_intent_trainer": True}}, {"wait": {}, "id": "w"}, {"blind": value}
    )
    talk.says("x")
    assert talk.session.blind == BlindMode(disable_intent_trainer=True)
    talk.says("y")
    assert talk.session.blind == mode
    assert "blind" in talk.session.to_json() or mode is None


@pytest.mark.parametrize("value", [{}, {"all": True, "mask_logging": True}])
def test_it_says_what_it_switches(value: dict[str, Any]) -> None:
    """Without a value nobody knows whether on or off is meant."""
    with pytest.raises(SettingsError):
        settings("blind", **value)


def test_outputs_know_the_mode_in_which_they_were_said() -> None:
    """Those between the two nodes are covered, those before and after are not."""
    talk = Conversation({"say": "a"}, {"blind": True}, {"say": "b"}, {"blind": False}, {"say": "c"})
    talk.says("x")
    assert [output.blind for output in talk.run.outputs] == [None, ALL, None]


def test_a_blind_mode_never_takes_anything_off() -> None:
    """What the endpoint masks stays masked, whatever the session says."""
    strict = Redactor(masked=True, masks_records=True, keeps_conversations=False, trains=False)
    assert strict.blinded(BlindMode()) == strict
    blinded = Redactor().blinded(BlindMode(mask_logging=True))
    assert (blinded.text("x"), blinded.recorded_text("x"), blinded.event_text("x")) == (MASK, "x", MASK)
    assert blinded.value({"a": ["x", None, ""], "b": 1}) == {"a": [MASK, None, ""], "b": MASK}


def test_the_mode_is_read_from_a_state_only_where_it_has_one() -> None:
    """A word in the context is none."""
    assert blind_mode_in(None) is None
    assert blind_mode_in(b'{"frames": [["f", null]]}') is None
    assert blind_mode_in(b'{"context": {"blind": true}}') is None
    assert blind_mode_in(b'{"blind": ["mask_logging"]}') == BlindMode(mask_logging=True)
