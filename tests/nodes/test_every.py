"""``every``: each n-th time."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.engine.settings.compiled import SettingsError
from tests.engine.conversation import Conversation, settings

NODE = {"id": "third", "every": 3, "then": [{"say": "third"}], "else": [{"say": "other"}]}


def test_it_takes_then_each_nth_time() -> None:
    """The count begins anew after each ``then``, and outlives the turns."""
    talk = Conversation(NODE)
    said = [talk.says("x")[0] for _ in range(7)]
    assert said == ["other", "other", "third", "other", "other", "third", "other"]


def test_every_time() -> None:
    """With ``n`` 1 nothing has to be remembered."""
    talk = Conversation({"id": "e", "every": 1, "then": [{"say": "then"}]})
    assert talk.says("x") == talk.says("x") == ["then"]
    assert talk.session.memory == {}


def test_without_else_the_flow_goes_on_below() -> None:
    """As with every branch that is not there."""
    talk = Conversation({"id": "e", "every": 2, "then": [{"say": "then"}]}, {"say": "below"})
    assert talk.says("x") == ["below"]
    assert talk.says("x") == ["then", "below"]


def test_sessions_count_for_themselves() -> None:
    """One conversation knows nothing of another."""
    one, other = Conversation(NODE), Conversation(NODE)
    one.says("x")
    one.says("x")
    assert other.says("x") == ["other"]
    assert one.says("x") == ["third"]


def test_n_may_be_computed() -> None:
    """An expression gives the number."""
    talk = Conversation({"id": "e", "every": "{{ context.n }}", "then": [{"say": "then"}]}, context={"n": 2})
    assert [talk.says("x"), talk.says("x")] == [[], ["then"]]


@pytest.mark.parametrize("raw", [{"n": 0}, {"n": "often"}, {}])
def test_wrong_settings_are_refused(raw: dict[str, Any]) -> None:
    """``n`` is a whole number of at least 1."""
    with pytest.raises(SettingsError):
        settings("every", **raw)
