"""The shipped Telegram plugin: updates in, ``sendMessage`` out."""

from __future__ import annotations

import pytest
from pydantic_core import to_json

from flowhook import DISCARD, Deliver, Output, Request, Response
from flowhook.hooks.loading.loader import PluginLoadError

MESSAGE = {"from": {"id": 7}, "chat": {"id": 9}, "text": "hi"}


def update(**content) -> Request:
    """What Telegram posts."""
    body = to_json({"update_id": 3, **content})
    return Request("POST", "http://x/demo", "/demo", body=body)


async def test_a_message_becomes_ours(shipped):
    """Ids are texts, the update is the data, and its number keeps a repeat from running twice."""
    hooks = shipped("telegram", bot_token="1:x")
    answer = await hooks.transform("message", update(message=MESSAGE), Response(), {})
    assert answer == {
        "userId": "7",
        "sessionId": "9",
        "messageId": "3",
        "text": "hi",
        "data": {"update": {"update_id": 3, "message": MESSAGE}},
    }


async def test_other_updates_are_dropped(shipped):
    """An edit or a reaction is nobody's message."""
    hooks = shipped("telegram", bot_token="1:x")
    assert await hooks.transform("message", update(edited_message=MESSAGE), Response(), {}) is DISCARD


async def test_an_output_goes_to_the_bot_api(shipped):
    """Stored, then sent by the dispatcher: the plugin itself sends nothing."""
    hooks = shipped("telegram", bot_token="1:x")
    assert await hooks.transform_output(Output("hello"), {}, "7", "9") == [
        Deliver("https://api.telegram.org/bot1:x/sendMessage", json={"chat_id": "9", "text": "hello"})
    ]


def test_it_needs_its_token(shipped):
    """Without a token there is no bot."""
    with pytest.raises(PluginLoadError, match='plugin telegram needs the setting "bot_token"'):
        shipped("telegram")
