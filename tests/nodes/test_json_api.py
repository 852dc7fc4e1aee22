"""``json_api``: what a service is told, what of its reply is said, and what becomes of one that fails."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.engine.settings.compiled import SettingsError
from flowhook.testing import Bot
from tests.engine.conversation import settings
from tests.runtime.conftest import Open, clock, open_turns

__all__ = ["clock", "open_turns"]  # the fixtures

URL = "http://shop.test/offers"
FLOW = """
nodes:
  - id: offers
    json_api: {url: "http://shop.test/offers", error_text: "The shop is closed.", store: context.reply,
               attributes: {shop: "{{ vars.shop }}"}}
  - say: "Anything else?"
  - stop:
  - id: order
    say: "What may it be?"
"""
IDS = {"bot_id": "test", "user_id": "user", "module_id": "offers"}


async def _said(bot: Bot, **reply: Any) -> list[dict[str, Any]]:
    """The outputs of a turn whose service replies so, without the last one, which is the flow's."""
    bot.http.reply("POST", URL, json=reply)
    assert (await bot.says("hi"))[-1] == "Anything else?"
    return bot.outputs[:-1]


async def test_the_request(open_turns: Open) -> None:
    """The ids, the channel, what the user said, and what is added; a reply is said and kept."""
    async with open_turns(FLOW, vars={"shop": "Mario's"}) as bot:
        (output,) = await _said(bot, **IDS, message="Look!")
        assert bot.http.json_of() == {
            "shop": "Mario's", **IDS, "channel": "webhook", "incoming_message": "hi",
        }  # fmt: skip
        assert (output["text"], output["data"]) == ("Look!", {})
        assert (await bot.context())["reply"]["message"] == "Look!"


async def test_by_get(open_turns: Open) -> None:
    """The same as query parameters, and no body."""
    flow = FLOW.replace("{url:", "{method: get, bot_id: shop-bot, url:")
    async with open_turns(flow, vars={"shop": "Mario's"}) as bot:
        bot.http.reply("GET", URL, json={"message": "Look!"})
        assert await bot.says("a b") == ["Look!", "Anything else?"]
        (call,) = bot.http.calls
        assert dict(call.url.params) == {
            "shop": "Mario's", **IDS, "bot_id": "shop-bot", "channel": "webhook", "incoming_message": "a b",
        }  # fmt: skip
        assert call.content == b""


async def test_everything_that_can_be_said(open_turns: Open) -> None:
    """Suggested replies, texts with buttons, pictures and galleries, in the neutral shapes."""
    cards = [
        {"type": "text", "value": "A card", "buttons": [
            {"type": "url", "name": "Shop", "value": "https://shop.example/"},
            {"type": "module", "name": "Order", "value": "order"},
        ]},
        {"type": "image", "value": "https://shop.example/lamp.jpg"},
        {"type": "gallery", "value": "gallery", "gallery": [
            {"image": "https://shop.example/lamp.jpg", "heading": "Lamp", "subtitle": "7 €",
             "url": "https://shop.example/lamp",
             "buttons": [{"type": "module", "name": "Take it", "value": "order"}]},
        ]},
    ]  # fmt: skip
    async with open_turns(FLOW, vars={"shop": ""}) as bot:
        message, card, image, gallery = await _said(
            bot, message="Look!", suggested_replies=["More", {"title": "No", "value": "no"}], cards=cards,
            blocked_input=True,
        )  # fmt: skip
    assert message["data"]["rich"] == {
        "type": "quick_replies", "fallback": "Look!\n1. More\n2. No",
        "quickReplies": [{"title": "More", "payload": "More"}, {"title": "No", "payload": "no"}],
    }  # fmt: skip
    assert card["text"] == "A card"
    assert card["data"]["rich"]["buttons"] == [
        {"type": "url", "title": "Shop", "url": "https://shop.example/"},
        {"type": "postback", "title": "Order", "payload": "Order"},
    ]
    assert image["data"]["rich"] | {"fallback": ""} == {
        "type": "image", "url": "https://shop.example/lamp.jpg", "fallback": "",
    }  # fmt: skip
    (item,) = gallery["data"]["rich"]["items"]
    assert (item["title"], item["subtitle"]) == ("Lamp", "7 €")
    assert item["imageUrl"] == "https://shop.example/lamp.jpg"
    assert [button["title"] for button in item["buttons"]] == ["Lamp", "Take it"]
    assert [row["data"].get("blockedInput") for row in (message, card, image, gallery)] == [None] * 3 + [True]


async def test_a_module_button_leads_to_its_node(open_turns: Open) -> None:
    """When it is clicked, also some inputs later; another text goes where it would have gone."""
    buttons = [{"type": "module", "name": "Order", "value": "order"}]
    cards = [{"type": "text", "value": "A card", "buttons": buttons}]
    async with open_turns(FLOW, vars={"shop": ""}) as bot:
        await _said(bot, message="Look!", cards=cards)
        assert await bot.says("order ") == ["What may it be?"]
        assert await bot.says("order") == ["Look!", "A card", "Anything else?"]  # no button is there any more
        assert await bot.says("something else") == ["Look!", "A card", "Anything else?"]
        assert await bot.says("ORDER") == ["What may it be?"]


async def test_what_cannot_be_shown_is_left_out(open_turns: Open) -> None:
    """With a warning; what is good of the reply is said."""
    buttons = [
        {"type": "module", "name": "Gone", "value": "nowhere"},
        {"type": "url", "name": "Evil", "value": "javascript:x"},
        {"type": "url"}, "text", {"type": "odd", "name": "Odd"},
    ]  # fmt: skip
    cards = [
        {"type": "text", "value": "A card", "buttons": buttons}, {"type": "hologram"},
        {"type": "image", "value": 7},
        {"type": "gallery", "gallery": [{"subtitle": "no heading"}]}, {"type": "text"}, None,
    ]  # fmt: skip
    async with open_turns(FLOW, vars={"shop": ""}) as bot:
        message, card = await _said(bot, message="Look!", suggested_replies=[7, ""], cards=cards)
        assert (message["data"], card["text"], card["data"]) == ({}, "A card", {})
        (step,) = [step for step in await bot.trace() if step["type"] == "json_api"]
        assert len(step["warnings"]) == 13


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500, "json": {"message": "no"}},
        {"status": 302, "json": {"message": "no"}},
        {"text": "no JSON"},
        {"json": ["no object"]},
        {"json": {}},
        {"json": {"message": " "}},
        {"json": {"message": 5}},
        {"json": {"message": "x" * 10_001}},
        {"json": {"message": "for another", "user_id": "somebody"}},
        {"error": OSError("refused")},
    ],
)
async def test_a_service_that_fails(open_turns: Open, answer: dict[str, Any]) -> None:
    """Its error text is said and the flow goes on; the trace says what was wrong."""
    if "error" in answer:
        import httpx

        answer = {"error": httpx.ConnectError("refused")}
    async with open_turns(FLOW, vars={"shop": ""}) as bot:
        bot.http.reply("POST", URL, **answer)
        assert await bot.says("hi") == ["The shop is closed.", "Anything else?"]
        (step,) = [step for step in await bot.trace() if step["type"] == "json_api"]
        assert step["error"]


@pytest.mark.parametrize(
    ("error_text", "said"),
    [("Closed. ", ["Closed. ", "Sorry."]), ("", ["Sorry."])],
    ids=["with a text", "without"],
)
async def test_on_error_takes_what_fails(open_turns: Open, error_text: str, said: list[str]) -> None:
    """After the error text, if there is one."""
    setting = f', error_text: "{error_text}"' if error_text else ""
    flow = f'nodes: [{{id: o, json_api: {{url: "{URL}"{setting}}}, on_error: [{{say: "Sorry."}}]}}]'
    async with open_turns(flow) as bot:
        bot.http.reply("POST", URL, status=500)
        assert await bot.says("hi") == said


def test_methods() -> None:
    """POST or GET, however it is written."""
    assert settings("json_api", url="http://a", method="get")
    with pytest.raises(SettingsError):
        settings("json_api", url="http://a", method="PUT")
