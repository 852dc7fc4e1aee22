"""``profile``, and what becomes of profiles over sessions, endpoints, retention and erasure."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.engine.settings.compiled import SettingsError
from flowhook.model.session_ref import SessionRef
from flowhook.testing import Bot
from tests.engine.conversation import Conversation, settings
from tests.runtime.conftest import Open, clock, open_turns

__all__ = ["clock", "open_turns"]  # the fixtures


def as_user(bot: Bot, user: str, session: str = "s") -> Bot:
    """The same server, another person or session."""
    bot._harness.ref = SessionRef("test", user, session)
    return bot


async def known_of(bot: Bot, user: str = "user") -> dict[str, Any]:
    return dict(await bot.services.store.profiles.get(user))


# --- the node ----------------------------------------------------------------------------------------


def test_remember() -> None:
    """Memories have an id, a time and a text; the same again when the turn is run again."""
    conversation = Conversation(
        {"profile": {"remember": "likes {{ input.text }}"}}, {"profile": {"remember": " "}}
    )
    conversation.says("salami")
    (op, path, memory), *more = conversation.run.take_profile_changes()
    assert not more
    assert (op, path, memory["text"]) == ("append", ("memories",), "likes salami")
    assert memory["timestamp"] == "2023-11-14T23:13:20+01:00"
    assert len(memory["id"]) == 16
    assert conversation.warnings == ["there is nothing to remember"]


def test_memories_are_bounded() -> None:
    """The oldest go."""
    profile = {"memories": [{"id": str(n), "text": str(n)} for n in range(100)]}
    conversation = Conversation({"profile": {"remember": "new"}}, profile=profile)
    conversation.says("x")
    memories = conversation.run.turn.get("profile.memories")
    assert [memory["text"] for memory in memories] == [*(str(n) for n in range(1, 100)), "new"]


def test_goals_count_once() -> None:
    """By their name."""
    conversation = Conversation(
        {"profile": {"goal": "ordered"}}, {"profile": {"goal": "ordered"}}, {"profile": {"goal": "rated"}}
    )
    conversation.says("x")
    assert [goal["name"] for goal in conversation.run.turn.get("profile.goals")] == ["ordered", "rated"]


def test_inactive_is_read_but_not_written() -> None:
    """Whatever would write; a warning tells."""
    conversation = Conversation(
        {"profile": "deactivate"},
        {"set": {"profile.name": "new"}},
        {"append": {"profile.list": 2}},
        {"unset": ["profile.list"]},
        {"profile": {"remember": "x"}},
        {"profile": {"merge": "other"}},
        {"say": "{{ profile.name }} {{ profile.list }} {{ profile.active }}"},
        {"profile": "activate"},
        {"set": {"profile.name": "new"}},
        {"say": "{{ profile.name }} {{ profile.active }}"},
        profile={"name": "old", "list": [1]},
    )
    assert conversation.says("x") == ["old [1] false", "new "]
    assert len([text for text in conversation.warnings if "inactive" in text]) == 5
    ops = [(op, path) for op, path, _ in conversation.run.take_profile_changes()]
    assert ops == [("set", ("active",)), ("unset", ("active",)), ("set", ("name",))]


def test_delete() -> None:
    """All of it, at once; an inactive one, too."""
    conversation = Conversation(
        {"profile": "delete"},
        {"say": "{{ profile }}"},
        {"set": {"profile.fresh": 1}},
        {"say": "{{ profile }}"},
        profile={"name": "old", "active": False},
    )
    assert conversation.says("x") == ["{}", '{"fresh": 1}']


@pytest.mark.parametrize(
    "raw", [{}, {"do": "forget"}, {"do": "delete", "goal": "x"}, {"remember": "x", "merge": "y"}]
)
def test_mistakes_are_found_at_load(raw: dict[str, Any]) -> None:
    """One thing at a time."""
    with pytest.raises(SettingsError):
        settings("profile", **raw)


def test_merge_needs_a_user() -> None:
    """An empty one is a failure."""
    conversation = Conversation(
        {"profile": {"merge": "{{ context.none }}"}, "on_error": [{"say": "{{ error.reason }}"}]}
    )
    assert conversation.says("x") == ["merge"]


# --- over sessions -------------------------------------------------------------------------------------

FLOW = """
    nodes:
      - switch: input.text
        cases:
          name: {set: {profile.address.city: Ulm, profile.n: 1}}
          more: {append: {profile.items: "{{ input.sessionId }}"}}
          drop: {unset: [profile.n]}
          off: {profile: deactivate}
          on: {profile: activate}
          delete: {profile: delete}
          merge: {profile: {merge: other}}
      - say: "{{ profile.n }} {{ profile.address.city }} {{ profile.items | default([], true) | join('+') }}"
"""


async def test_a_profile_is_the_users_in_all_sessions(open_turns: Open) -> None:
    """Set, append and unset in one session are seen in the next one, and after a restart."""
    async with open_turns(FLOW) as bot:
        await as_user(bot, "u", "one").says("name")
        await bot.says("more")
        assert await as_user(bot, "u", "two").says("more") == ["1 Ulm one+two"]
        assert await bot.says("drop") == [" Ulm one+two"]
        assert await as_user(bot, "u", "one").says("look") == [" Ulm one+two"]
        assert await as_user(bot, "somebody else").says("look") == ["  "]
    async with open_turns(FLOW) as bot:
        assert await as_user(bot, "u", "three").says("look") == [" Ulm one+two"]
        assert await known_of(bot, "u") == {"address": {"city": "Ulm"}, "items": ["one", "two"]}


async def test_inactive_in_every_session(open_turns: Open) -> None:
    """Until it is active again."""
    async with open_turns(FLOW) as bot:
        await as_user(bot, "u", "one").says("name")
        await bot.says("off")
        assert await as_user(bot, "u", "two").says("drop") == ["1 Ulm "]
        assert await known_of(bot, "u") == {"address": {"city": "Ulm"}, "n": 1, "active": False}
        await bot.says("on")
        assert await bot.says("drop") == [" Ulm "]


async def test_delete_leaves_nothing(open_turns: Open) -> None:
    """Not even a row."""
    async with open_turns(FLOW) as bot:
        await as_user(bot, "u").says("name")
        assert await bot.says("delete") == ["  "]
        assert await known_of(bot, "u") == {}
        assert await as_user(bot, "u", "other session").says("look") == ["  "]


async def test_merge_joins_two_users(open_turns: Open) -> None:
    """What this one has stays; the next turn sees the rest. From then on they have one profile."""
    async with open_turns(FLOW) as bot:
        await as_user(bot, "other").says("name")
        await bot.says("more")
        await as_user(bot, "u", "mine").says("more")
        await bot.says("merge")
        assert await bot.says("look") == ["1 Ulm s+mine"]
        assert await as_user(bot, "other").says("look") == ["1 Ulm s+mine"]
        await bot.says("more")
        assert await as_user(bot, "u", "mine").says("look") == ["1 Ulm s+mine+s"]
        await bot.says("merge")
        assert await bot.says("look") == ["1 Ulm s+mine+s"]
        assert await bot.services.store.profiles.linked("u") == ["other"]
        assert await bot.services.store.profiles.linked("nobody") == []


async def test_retention_and_forgetting(open_turns: Open) -> None:
    """A profile that nobody changed for so long goes; a user who is forgotten is so at once."""
    async with open_turns(FLOW, retention={"profiles": "30d"}) as bot:
        await as_user(bot, "old").says("name")
        await as_user(bot, "erased").says("name")
        await bot.services.sessions.forget(user_id="erased")
        assert await known_of(bot, "erased") == {}
        assert await as_user(bot, "erased").says("look") == ["  "]
        now = bot.clock.now()
        retention = bot.services.config.retention.model_dump()
        await bot.services.store.retention.sweep(now + 29 * 86400, retention)
        assert await known_of(bot, "old") != {}
        await bot.services.store.retention.sweep(now + 31 * 86400, retention)
        assert await known_of(bot, "old") == {}


async def test_an_endpoint_without_profiles(open_turns: Open) -> None:
    """Nothing is read, nothing is kept; within a turn the flow works as ever."""
    async with open_turns(FLOW) as bot:
        await as_user(bot, "u").says("name")
    async with open_turns(FLOW, endpoint={"privacy": {"contact_profiles": False}}) as bot:
        assert await as_user(bot, "u").says("look") == ["  "]
        assert await bot.says("more") == ["  s"]
        assert await bot.says("look") == ["  "]
        assert await known_of(bot, "u") == {"address": {"city": "Ulm"}, "n": 1}
