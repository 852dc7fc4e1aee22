"""The shipped Telegram plugin: updates in, ``sendMessage`` out."""

from __future__ import annotations

import pytest
from pydantic_core import to_json

from flowhook import DISCARD, Deliver, Output, Reject, Request, Response
from flowhook.hooks.loading.loader import PluginLoadError
from flowhook.model.secret import fill, seal

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


def address_of(deliver: Deliver) -> str:
    """Where it is sent to, with the token."""
    return fill(seal(deliver.url), {"telegram.bot_token": "1:x"}.get)


async def test_an_output_goes_to_the_bot_api(shipped):
    """Stored, then sent by the dispatcher: the plugin itself sends nothing."""
    hooks = shipped("telegram", bot_token="1:x")
    (deliver,) = await hooks.transform_output(Output("hello"), {}, "7", "9")
    assert (address_of(deliver), deliver.json) == (
        "https://api.telegram.org/bot1:x/sendMessage",
        {"chat_id": "9", "text": "hello"},
    )
    assert "1:x" not in deliver.url, "the token is filled in when it is sent"


def test_it_needs_its_token(shipped):
    """Without a token there is no bot."""
    with pytest.raises(PluginLoadError, match='plugin telegram needs the setting "bot_token"'):
        shipped("telegram")


@pytest.mark.parametrize(
    ("message", "user"),
    [
        ({"chat": {"id": -9}, "sender_chat": {"id": -5}, "text": "hi"}, "-5"),
        ({"chat": {"id": -9}, "text": "hi"}, "-9"),
        ({"chat": {"id": -9}, "from": {"id": 7}, "caption": "hi", "photo": []}, "7"),
    ],
)
async def test_whoever_wrote_it_is_the_user(shipped, message, user):
    """An anonymous admin and a channel have no ``from``; a picture has its caption."""
    hooks = shipped("telegram", bot_token="1:x")
    result = await hooks.transform("message", update(message=message), Response(), {})
    assert (result["userId"], result["sessionId"], result["text"]) == (user, "-9", "hi")


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "http://x/demo", "/demo"),
        Request("POST", "http://x/demo", "/demo", body=b"a=b"),
        Request("POST", "http://x/demo", "/demo", body=b"[1]"),
    ],
)
async def test_what_is_no_update_is_left_to_our_rules(shipped, request_):
    """405, 415 or 400; never a failure of the plugin, which Telegram would try again."""
    hooks = shipped("telegram", bot_token="1:x")
    assert await hooks.transform("message", request_, Response(), None) is None


async def test_a_pressed_button_says_its_payload(shipped):
    """And the answer to Telegram tells the app that it was heard."""
    hooks = shipped("telegram", bot_token="1:x")
    pressed = {"id": "q1", "from": {"id": 7}, "message": {"chat": {"id": 9}}, "data": "size=big"}
    response = Response()
    result = await hooks.transform("message", update(callback_query=pressed), response, {})
    assert (result["userId"], result["sessionId"], result["text"]) == ("7", "9", "size=big")
    assert response.body == {"method": "answerCallbackQuery", "callback_query_id": "q1"}
    inline = {"id": "q2", "from": {"id": 7}, "data": "x"}
    result = await hooks.transform("message", update(callback_query=inline), Response(), {})
    assert result["sessionId"] == "7"


async def sent(shipped, output: Output) -> list[dict]:
    hooks = shipped("telegram", bot_token="1:x", api_url="http://bots.example:8081/")
    delivers = await hooks.transform_output(output, {}, "7", "9")
    assert {address_of(deliver) for deliver in delivers} <= {"http://bots.example:8081/bot1:x/sendMessage"}
    return [deliver.json for deliver in delivers]


async def test_quick_replies_and_buttons_are_a_keyboard(shipped):
    """Pressing sends the payload; where that is too long for Telegram, the title."""
    replies = [{"title": "Big", "payload": "size=big"}, {"title": "Call", "phone": "+49"}]
    rich = {"type": "quick_replies", "quickReplies": replies, "fallback": "Which?\n1. Big"}
    [message] = await sent(shipped, Output("Which?", {"rich": rich}))
    assert message["text"] == "Which?"
    assert message["reply_markup"] == {"inline_keyboard": [[{"text": "Big", "callback_data": "size=big"}]]}
    rich = {"type": "buttons", "buttons": [{"title": "Shop", "url": "https://shop.example"}]}
    [message] = await sent(shipped, Output("See", {"rich": rich}))
    assert message["reply_markup"]["inline_keyboard"] == [[{"text": "Shop", "url": "https://shop.example"}]]
    rich = {"type": "quick_replies", "quickReplies": [{"title": "Long", "payload": "ä" * 40}]}
    [message] = await sent(shipped, Output("Which?", {"rich": rich}))
    assert message["reply_markup"]["keyboard"] == [[{"text": "Long"}]]


async def test_other_shapes_are_written_out(shipped):
    """A card is what it says, with the addresses in it."""
    rich = {"type": "card", "card": {}, "fallback": "Look\nhttps://x/p.png"}
    assert [message["text"] for message in await sent(shipped, Output("Look", {"rich": rich}))] == [
        "Look\nhttps://x/p.png"
    ]


@pytest.mark.parametrize("output", [Output("", {"order": 1}), Output("  \n")])
async def test_what_telegram_cannot_show_is_not_sent(shipped, output):
    """It would be refused three times, and the chat would wait for it."""
    assert await sent(shipped, output) == []


@pytest.mark.parametrize("text", ["word " * 2000, "😀" * 3000, "line\n" * 1500, "x" * 9000])
async def test_a_long_text_goes_in_several_messages(shipped, text):
    """In order, none longer than Telegram takes, nothing lost but the spaces between."""
    parts = [message["text"] for message in await sent(shipped, Output(text))]
    assert len(parts) > 1
    assert all(0 < len(part.encode("utf-16-le")) // 2 <= 4096 for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


async def test_only_telegram_gets_in(shipped):
    """With a secret token in the settings, which ``setWebhook`` was given, too."""
    await shipped("telegram", bot_token="1:x").authenticate(update(message=MESSAGE))
    hooks = shipped("telegram", bot_token="1:x", secret_token="s3cret")
    with pytest.raises(Reject) as refused:
        await hooks.authenticate(update(message=MESSAGE))
    assert refused.value.status == 401
    headers = {"X-Telegram-Bot-Api-Secret-Token": "s3cret"}
    await hooks.authenticate(Request("POST", "http://x/", "/", headers=headers))


async def test_its_settings_show_no_secret(shipped):
    """Whoever logs them does not log the token."""
    hooks = shipped("telegram", bot_token="12345:secret", secret_token="s3cret")
    settings = hooks._binder._uses[0][1]
    assert "secret" not in repr(settings).replace("secret_token", "")
