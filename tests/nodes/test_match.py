"""``match``: regular expressions on texts."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.engine.settings.compiled import SettingsError
from tests.engine.conversation import Conversation, settings


def talk(settings: Any, **more: Any) -> Conversation:
    return Conversation({"match": settings, "then": [{"say": "yes"}], "else": [{"say": "no"}], **more})


@pytest.mark.parametrize(
    ("match", "text", "said"),
    [
        ("[A-Z]{2}[0-9]{3}", "it is AB123!", "yes"),
        ("[A-Z]{2}[0-9]{3}", "it is ab123!", "no"),
        ({"pattern": "[A-Z]{2}[0-9]{3}", "ignore_case": True}, "it is ab123!", "yes"),
        ({"pattern": "[0-9]+", "full": True}, "12", "yes"),
        ({"pattern": "[0-9]+", "full": True}, "12 ", "no"),
        ({"pattern": "b", "text": "{{ input.text }}bc"}, "a", "yes"),
        ({"pattern": "b", "text": "{{ input.none }}"}, "b", "no"),
        ("", None, None),
        ("{{", "a {{ b", "yes"),
    ],
)
def test_branches(match: Any, text: str | None, said: str | None) -> None:
    """Found anywhere, or as a whole."""
    if text is None:
        with pytest.raises(SettingsError):
            settings("match", pattern=match)
        return
    if match == "{{":
        match = r"\{\{"
    assert talk(match).says(text) == [said]


def test_result_and_groups() -> None:
    """All that was found; null when nothing was."""
    match = {
        "pattern": "(?P<a>[a-z]+)-(?P<b>[0-9]+)?",
        "store": {"a": "context.letters", "b": "context.digits"},
    }
    conversation = talk(match)
    conversation.says("  xy-")
    expected = {"text": "xy-", "start": 2, "end": 5, "groups": {"a": "xy", "b": None}}
    assert conversation.run.turn.input["result"] == expected
    assert conversation.context == {"letters": "xy", "digits": None}
    conversation.says("nothing here")
    assert conversation.run.turn.input["result"] is None
    assert conversation.context == {"letters": "xy", "digits": None}


def test_all_groups_at_one_path() -> None:
    """As a mapping."""
    conversation = talk({"pattern": "(?P<n>[0-9]+)", "store": "context.found"})
    conversation.says("a 7")
    assert conversation.context == {"found": {"n": "7"}}


def test_a_pattern_of_the_author_only() -> None:
    """No template is rendered in it, so that nothing a user wrote becomes one."""
    conversation = Conversation(
        {"match": "{{ context.p }}", "then": [{"say": "yes"}], "else": [{"say": "no"}]}, context={"p": ".*"}
    )
    assert conversation.says("anything") == ["no"]
    assert conversation.says("{{ context.p }}") == ["yes"]  # it is what the pattern says, as written


def test_a_slow_pattern_fails_in_time() -> None:
    """The node, not the server."""
    conversation = talk("(a|aa)+$", on_error=[{"say": "{{ error.reason }}"}])
    assert conversation.says("a" * 3000 + "b") == ["timeout"]


@pytest.mark.parametrize(
    ("match", "message"),
    [
        ({"pattern": "(x"}, "no regular expression"),
        ({"pattern": "x" * 1001}, "at most 1000"),
        ({"pattern": "(?P<a>x)", "store": {"b": "context.b"}}, 'no group "b"'),
        ({"pattern": "x", "store": "b"}, "a path starts with"),
    ],
)
def test_mistakes_are_found_at_load(match: dict[str, Any], message: str) -> None:
    """Bad patterns, unknown groups, bad paths."""
    with pytest.raises(SettingsError, match=message):
        settings("match", **match)
