"""The shipped channels, over the server's own road: signed requests in, deliveries out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from flowhook.hooks.loading.loader import EndpointRequirements, PluginRequirements, Use, load_hooks
from flowhook.testing import Bot, open_bot

FLOW = """
flow: echo
nodes:
  - switch: input.text
    cases:
      menu:
        say:
          text: "Which size?"
          quick_replies: [{title: Small, payload: size=s}, {title: Big, payload: size=b}]
      buttons:
        say: {text: "See", buttons: [{title: Shop, url: "https://shop.example/"},
                                     {title: Order, payload: order}]}
      picture:
        say: {text: "Look", image: {url: "https://x.example/p.png", alt: "A pizza"}}
      gallery:
        say:
          text: "Our pizzas"
          gallery:
            - {title: Margherita, subtitle: Plain, image: "https://x.example/m.png",
               buttons: [{title: Take it, payload: margherita}]}
            - {title: Funghi, subtitle: Mushrooms, image: "https://x.example/f.png",
               buttons: [{title: Take it, payload: funghi}]}
      long:
        say: "{{ 'word ' * 1500 }}"
    default:
      say: "You said: {{ input.text }}"
"""

Open = Callable[..., AbstractAsyncContextManager[Bot]]


@pytest.fixture
def channel(tmp_path: Path) -> Open:
    """``channel("slack", {settings}, output="slack")``: a bot behind one of the channels."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "echo.yaml").write_text(FLOW)

    def open_channel(name: str, settings: dict[str, Any], output: str = "webhook") -> Any:
        endpoint = {"output": output, "webhook": {"url": "", "retries": ["1s"]}}
        plugins = {"settings": {name: settings}}
        return open_bot("echo", project=tmp_path, use=[name], endpoint=endpoint, output=True, plugins=plugins)

    return open_channel


def sent_to(bot: Bot, url: str) -> list[Any]:
    """The JSON of all calls of one address."""
    return [json.loads(call.content) for call in bot.http.calls if str(call.url) == url]


# --- Slack -----------------------------------------------------------------------------------------

SLACK = {"token": "xoxb-1", "signing_secret": "s1gn"}
POST_MESSAGE = "https://slack.com/api/chat.postMessage"


def slack_headers(body: bytes, kind: str = "application/json", at: float | None = None) -> dict[str, str]:
    """Signed by Slack's own library."""
    signature = pytest.importorskip("slack_sdk.signature")
    stamp = str(int(at or time.time()))
    signed = signature.SignatureVerifier("s1gn").generate_signature(timestamp=stamp, body=body)
    return {"content-type": kind, "x-slack-request-timestamp": stamp, "x-slack-signature": signed}


async def slack(bot: Bot, event: dict[str, Any], **more: Any) -> Any:
    body = json.dumps({"type": "event_callback", "event_id": f"Ev{time.time_ns()}", "event": event, **more})
    return await bot.post(body=body, headers=slack_headers(body.encode()))


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U1", "channel": "C1", "text": text, "ts": "1.0", **more}


async def test_slack_messages(channel: Open) -> None:
    """In by signed events, a thread being a session; out in order, with blocks; its own words are dropped."""
    async with channel("slack", SLACK, output="slack") as bot:
        bot.http.reply("POST", POST_MESSAGE, json={"ok": True, "ts": "2.0"})
        challenge = json.dumps({"type": "url_verification", "challenge": "c-1"})
        response = await bot.post(body=challenge, headers=slack_headers(challenge.encode()))
        assert response.text == "c-1"
        assert (await slack(bot, said("hi"))).status_code in (200, 202)
        await slack(bot, said("menu", thread_ts="1.5"))
        await slack(bot, said("mine", bot_id="B1"))
        await slack(bot, said("", subtype="channel_join"))
        first, second = sent_to(bot, POST_MESSAGE)
        assert first == {"channel": "C1", "text": "You said: hi"}
        assert (second["channel"], second["thread_ts"]) == ("C1", "1.5")
        section, actions = second["blocks"]
        assert section["text"]["text"] == "Which size?"
        assert [button["value"] for button in actions["elements"]] == ["size=s", "size=b"]
        assert bot.http.calls[0].headers["authorization"] == "Bearer xoxb-1"


async def test_slack_repeats_and_forgeries(channel: Open) -> None:
    """An event that comes again runs once; an old or wrong signature is refused."""
    async with channel("slack", SLACK, output="slack") as bot:
        bot.http.reply("POST", POST_MESSAGE, json={"ok": True})
        body = json.dumps({"type": "event_callback", "event_id": "Ev1", "event": said("hi")})
        for _ in range(2):
            await bot.post(body=body, headers=slack_headers(body.encode()))
        assert len(sent_to(bot, POST_MESSAGE)) == 1
        for headers in (
            slack_headers(b"another"),
            slack_headers(body.encode(), at=time.time() - 600),
            {"content-type": "application/json"},
        ):
            assert (await bot.post(body=body, headers=headers)).status_code == 401


async def test_slack_buttons_and_commands(channel: Open) -> None:
    """A pressed button says its value; a command is answered in the request, and not posted."""
    async with channel("slack", SLACK, output="slack") as bot:
        bot.http.reply("POST", POST_MESSAGE, json={"ok": True})
        kind = "application/x-www-form-urlencoded"
        pressed = {
            "type": "block_actions", "user": {"id": "U1"}, "channel": {"id": "C1"}, "trigger_id": "t1",
            "actions": [{"value": "size=b", "action_ts": "3.0"}],
        }  # fmt: skip
        body = urlencode({"payload": json.dumps(pressed)})
        await bot.post(body=body, headers=slack_headers(body.encode(), kind))
        assert sent_to(bot, POST_MESSAGE) == [{"channel": "C1", "text": "You said: size=b"}]
        command = {
            "command": "/pizza",
            "text": "big",
            "user_id": "U1",
            "channel_id": "C1",
            "trigger_id": "t2",
        }
        body = urlencode(command)
        response = await bot.post(body=body, headers=slack_headers(body.encode(), kind))
        assert response.json() == {"response_type": "ephemeral", "text": "You said: big"}
        assert len(sent_to(bot, POST_MESSAGE)) == 1


async def test_slack_errors(channel: Open) -> None:
    """A 200 that says no is no success: what passes is tried again, what does not is dead."""
    async with channel("slack", SLACK, output="slack") as bot:
        bot.http.reply("POST", POST_MESSAGE, json={"ok": False, "error": "internal_error"})
        bot.http.reply("POST", POST_MESSAGE, json={"ok": True})
        bot.http.reply("POST", POST_MESSAGE, json={"ok": False, "error": "channel_not_found"})
        await slack(bot, said("one"))
        await bot.clock.advance("1h")
        await slack(bot, said("two"))
        texts = [message["text"] for message in sent_to(bot, POST_MESSAGE)]
        assert texts == ["You said: one", "You said: one", "You said: two"]
        assert await statuses(bot) == ["delivered", "dead"]


async def statuses(bot: Bot) -> list[str]:
    rows: list[Any] = await bot.services.store.database.reads.run(
        lambda db: db.execute("SELECT status FROM outbox ORDER BY row").fetchall()
    )
    return [status for (status,) in rows]


# --- Twilio ----------------------------------------------------------------------------------------

SID = "AC" + "0" * 32
TWILIO = {"account_sid": SID, "auth_token": "12345"}
MESSAGES = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages.json"


def test_the_example_of_twilio() -> None:
    """The request and the signature of its documentation, which its own library checks, too."""
    validator = pytest.importorskip("twilio.request_validator")
    fields = {
        "CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234",
        "From": "+14158675309", "To": "+18005551212",
    }  # fmt: skip
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    signed = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert validator.RequestValidator("12345").validate(url, fields, signed)
    with loaded("twilio", TWILIO) as module:
        assert module.signature("12345", url, list(fields.items())) == signed


@contextmanager
def loaded(name: str, settings: dict[str, Any]) -> Iterator[Any]:
    """The module of a shipped plugin."""
    endpoint = EndpointRequirements("shop", (Use(name, {}, ()),))
    hooks = load_hooks(PluginRequirements(settings={name: settings}, endpoints=(endpoint,)), None)
    yield hooks.plugin(name).module
    hooks.close()


async def sms(bot: Bot, text: str, **more: str) -> Any:
    """A message as Twilio posts it, signed by its own library."""
    validator = pytest.importorskip("twilio.request_validator")
    form = {"From": "+4917012345", "To": "+4930555", "Body": text, "NumMedia": "0", **more}
    url = f"{bot.services.config.server.public_url}/{bot.services.endpoints.by_name('test').token}"
    signed = validator.RequestValidator("12345").compute_signature(url, form)
    return await bot.post(form=form, headers={"x-twilio-signature": signed})


async def test_twilio_by_rest(channel: Open) -> None:
    """From our number to the user's, long ones in parts, pictures as media; options are written out."""
    async with channel("twilio", TWILIO, output="twilio") as bot:
        bot.http.reply("POST", MESSAGES, status=201, json={"sid": "SM1"})
        response = await sms(bot, "hi", MessageSid="SM0")
        assert response.text == "<Response/>"
        for text in ("menu", "picture", "long"):
            await sms(bot, text, MessageSid=f"SM-{text}")
        forms = [parse_qs(call.content.decode()) for call in bot.http.calls]
        assert forms[0] == {"From": ["+4930555"], "To": ["+4917012345"], "Body": ["You said: hi"]}
        assert forms[1]["Body"] == ["Which size?\n1. Small\n2. Big"]
        assert forms[2]["MediaUrl"] == ["https://x.example/p.png"]
        assert len(forms) > 4
        assert all(len(form["Body"][0]) <= 1600 for form in forms)
        basic = bot.http.calls[0].headers["authorization"].removeprefix("Basic ")
        assert base64.b64decode(basic).decode() == f"{SID}:12345"


async def test_twilio_by_twiml(channel: Open) -> None:
    """What is said in time is the answer; a repeat is answered alike; a forged request is refused."""
    async with channel("twilio", {**TWILIO, "twiml": True}, output="twilio") as bot:
        response = await sms(bot, "a < b", MessageSid="SM1")
        assert response.text == "<Response><Message><Body>You said: a &lt; b</Body></Message></Response>"
        assert response.headers["content-type"] == "text/xml"
        assert (await sms(bot, "a < b", MessageSid="SM1")).text == response.text
        assert bot.http.calls == []
        forged = await bot.post(
            form={"From": "+1", "To": "+2", "Body": "x"}, headers={"x-twilio-signature": "x"}
        )
        assert forged.status_code == 401


# --- WhatsApp --------------------------------------------------------------------------------------

WHATSAPP = {"access_token": "EAA", "app_secret": "app", "verify_token": "v-1"}
GRAPH = "https://graph.facebook.com/v21.0/555/messages"


async def whatsapp(bot: Bot, *messages: dict[str, Any], **value: Any) -> Any:
    value = {
        "messaging_product": "whatsapp", "metadata": {"phone_number_id": "555"},
        "contacts": [{"wa_id": "4917", "profile": {"name": "Ada"}}], "messages": list(messages), **value,
    }  # fmt: skip
    body = json.dumps({"object": "whatsapp_business_account", "entry": [{"changes": [{"value": value}]}]})
    signed = hmac.new(b"app", body.encode(), hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-hub-signature-256": f"sha256={signed}"}
    return await bot.post(body=body, headers=headers)


def wrote(text: str, number: int = 1) -> dict[str, Any]:
    return {"from": "4917", "id": f"wamid.{number}", "type": "text", "text": {"body": text}}


async def test_whatsapp(channel: Open) -> None:
    """The challenge, a batch, pressed buttons and lists in; texts, buttons, pictures out."""
    async with channel("whatsapp", WHATSAPP) as bot:
        bot.http.reply("POST", GRAPH, json={"messages": [{"id": "wamid.out"}]})
        query = urlencode({"hub.mode": "subscribe", "hub.verify_token": "v-1", "hub.challenge": "42"})
        assert (await bot.post("/{token}?" + query, method="GET")).text == "42"
        bad = query.replace("v-1", "v-2")
        assert (await bot.post("/{token}?" + bad, method="GET")).status_code == 403
        reply = {"type": "button_reply", "button_reply": {"id": "size=b", "title": "Big"}}
        pressed = {"from": "4917", "id": "wamid.2", "type": "interactive", "interactive": reply}
        assert (await whatsapp(bot, wrote("menu"), pressed)).status_code == 200
        await whatsapp(bot, wrote("picture", 3))
        await whatsapp(bot, statuses=[{"id": "wamid.out", "status": "read"}])
        menu, text, picture = sent_to(bot, GRAPH)
        assert [button["reply"]["id"] for button in menu["interactive"]["action"]["buttons"]] == [
            "size=s",
            "size=b",
        ]
        assert (text["to"], text["text"]) == ("4917", {"body": "You said: size=b"})
        assert picture["image"] == {"link": "https://x.example/p.png", "caption": "Look"}
        assert bot.http.calls[0].headers["authorization"] == "Bearer EAA"
        forged = await bot.post(json={"entry": []}, headers={"x-hub-signature-256": "sha256=00"})
        assert forged.status_code == 401


async def test_whatsapp_batches_again(channel: Open) -> None:
    """A message that comes again, in another batch, runs once; the new one beside it is not lost."""
    async with channel("whatsapp", WHATSAPP) as bot:
        bot.http.reply("POST", GRAPH, json={})
        await whatsapp(bot, wrote("one", 1))
        await whatsapp(bot, wrote("one", 1), wrote("two", 2))
        assert [sent["text"]["body"] for sent in sent_to(bot, GRAPH)] == ["You said: one", "You said: two"]


# --- LINE ------------------------------------------------------------------------------------------

LINE = {"channel_secret": "ch", "access_token": "la"}
PUSH = "https://api.line.me/v2/bot/message/push"


async def line(bot: Bot, *events: dict[str, Any], secret: bytes = b"ch") -> Any:
    body = json.dumps({"destination": "U0", "events": list(events)}).encode()
    signed = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()
    return await bot.post(body=body, headers={"content-type": "application/json", "x-line-signature": signed})


def event(text: str, number: int = 1, *, again: bool = False) -> dict[str, Any]:
    return {
        "type": "message", "webhookEventId": f"E{number}", "deliveryContext": {"isRedelivery": again},
        "timestamp": 1, "source": {"type": "user", "userId": "U1"}, "replyToken": f"r{number}{again}",
        "message": {"type": "text", "id": "1", "text": text},
    }  # fmt: skip


async def test_line(channel: Open) -> None:
    """A redelivery is the same message; all that leaves together is one call, with a key of its own."""
    async with channel("line", LINE) as bot:
        bot.http.reply("POST", PUSH, json={})
        assert (await line(bot, event("menu"))).status_code == 200
        assert (await line(bot, event("menu", again=True), event("buttons", 2))).status_code == 200
        postback = {**event("", 3), "type": "postback", "postback": {"data": "size=b"}}
        await line(bot, postback, {"type": "unfollow", "source": {"userId": "U1"}, "webhookEventId": "E4"})
        menu, buttons, pressed = sent_to(bot, PUSH)
        assert menu["to"] == "U1"
        [message] = menu["messages"]
        assert [item["action"]["data"] for item in message["quickReply"]["items"]] == ["size=s", "size=b"]
        actions = buttons["messages"][0]["template"]["actions"]
        assert [action["type"] for action in actions] == ["uri", "postback"]
        assert pressed["messages"] == [{"type": "text", "text": "You said: size=b"}]
        keys = {call.headers["x-line-retry-key"] for call in bot.http.calls}
        assert len(keys) == 3
        assert (await line(bot, event("x", 5), secret=b"no")).status_code == 401


async def test_line_galleries(channel: Open) -> None:
    """A carousel, where LINE takes it."""
    async with channel("line", LINE) as bot:
        bot.http.reply("POST", PUSH, json={})
        await line(bot, event("gallery"))
        [call] = sent_to(bot, PUSH)
        text, carousel = call["messages"]
        assert text["text"] == "Our pizzas"
        columns = carousel["template"]["columns"]
        assert [column["actions"][0]["data"] for column in columns] == ["margherita", "funghi"]
        assert columns[0]["thumbnailImageUrl"] == "https://x.example/m.png"


# --- Vonage, tyntec, LEKAB, RingCentral --------------------------------------------------------------

VONAGE = {"api_key": "k", "api_secret": "s", "signature_secret": "sig"}


async def vonage(bot: Bot, body: dict[str, Any], secret: str = "sig") -> Any:
    """With the token of Vonage, made by a public library."""
    jwt = pytest.importorskip("jwt")
    raw = json.dumps(body)
    claims = {"iat": int(time.time()), "payload_hash": hashlib.sha256(raw.encode()).hexdigest()}
    token = jwt.encode(claims, secret.ljust(32, "-"), algorithm="HS256")
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    return await bot.post(body=raw, headers=headers)


async def test_vonage(channel: Open) -> None:
    """In with a signed token for this body, out with the account's key."""
    settings = {**VONAGE, "signature_secret": "sig".ljust(32, "-")}
    async with channel("vonage", settings, output="vonage") as bot:
        url = "https://api.nexmo.com/v1/messages"
        bot.http.reply("POST", url, status=202, json={"message_uuid": "m"})
        body = {"channel": "whatsapp", "from": "4917", "to": "4930", "message_uuid": "u1",
                "message_type": "text", "text": "menu"}  # fmt: skip
        assert (await vonage(bot, body)).status_code == 200
        reply = {"message_type": "reply", "reply": {"id": "size=b", "title": "Big"}, "message_uuid": "u2"}
        await vonage(bot, {**body, "text": None, **reply})
        await vonage(bot, {"status": "delivered", "to": "4917", "from": "4930"})
        menu, text = sent_to(bot, url)
        assert (menu["from"], menu["to"], menu["message_type"]) == ("4930", "4917", "custom")
        assert menu["custom"]["interactive"]["action"]["buttons"][1]["reply"]["id"] == "size=b"
        assert text["text"] == "You said: size=b"
        basic = bot.http.calls[0].headers["authorization"].removeprefix("Basic ")
        assert base64.b64decode(basic) == b"k:s"
        assert (await vonage(bot, body, "other")).status_code == 401


async def test_tyntec(channel: Open) -> None:
    """Only who knows the key gets in; buttons and media out."""
    async with channel("tyntec", {"api_key": "ak", "key": "k-1"}) as bot:
        url = "https://api.tyntec.com/conversations/v3/messages"
        bot.http.reply("POST", url, status=202, json={"messageId": "m"})
        body = {"event": "MoMessage", "messageId": "1", "from": "4917", "to": "4930", "channel": "whatsapp",
                "content": {"contentType": "text", "text": "menu"}}  # fmt: skip
        assert (await bot.post("/{token}?key=k-1", json=body)).status_code == 200
        picture = {**body, "messageId": "2", "content": {"contentType": "text", "text": "picture"}}
        await bot.post("/{token}?key=k-1", json=picture)
        await bot.post("/{token}?key=k-1", json={"event": "MessageStatus::delivered", "messageId": "m"})
        menu, media = (sent["content"] for sent in sent_to(bot, url))
        buttons = menu["interactive"]["components"]["buttons"]
        assert [button["reply"]["payload"] for button in buttons] == ["size=s", "size=b"]
        assert media["media"] == {"type": "image", "url": "https://x.example/p.png", "caption": "Look"}
        assert bot.http.calls[0].headers["apikey"] == "ak"
        assert (await bot.post(json=body)).status_code == 401


async def test_lekab(channel: Open) -> None:
    """A choice, and a carousel, to the channel from which was written."""
    async with channel("lekab", {"api_key": "lk"}) as bot:
        url = "https://secure.lekab.com/rich/lekabrich/send"
        bot.http.reply("POST", url, json={})
        body = {"from_channel": "RCS", "from_address": "4670", "incoming_data": "menu", "id": "1"}
        assert (await bot.post(json=body)).status_code == 200
        await bot.post(json={**body, "id": "2", "incoming_data": None, "postback_data": "gallery"})
        await bot.post(json={"status": "DELIVERED", "id": "1"})
        menu, text, gallery = sent_to(bot, url)
        assert menu["to"] == [{"channel": "RCS", "address": "4670"}]
        choices = menu["message"]["choice_message"]["choices"]
        assert [choice["postback_data"] for choice in choices] == ["size=s", "size=b"]
        assert text["message"] == {"text_message": {"text": "Our pizzas"}}
        cards = gallery["message"]["carousel_message"]["cards"]
        assert [card["media_message"]["url"][-5:] for card in cards] == ["m.png", "f.png"]
        assert bot.http.calls[0].headers["x-api-key"] == "lk"


async def test_ringcentral(tmp_path: Path, channel: Open) -> None:
    """Options are a ``select``, items a list picker; the webhook gets it with its authentication."""
    endpoint = {"webhook": {"url": "https://rc.test/hook", "user": "u", "password": "p"}}
    async with open_bot(
        "echo", project=tmp_path, use=["ringcentral_abc"], endpoint=endpoint, output=True
    ) as bot:
        bot.http.reply("POST", "https://rc.test/hook", json={})
        for text in ("menu", "gallery", "hi"):
            await bot.says(text)
        menu, gallery, text = sent_to(bot, "https://rc.test/hook")
        items = [{"title": "Small", "payload": "size=s"}, {"title": "Big", "payload": "size=b"}]
        assert menu["structured_content"] == {"type": "select", "items": items}
        assert gallery["structured_content"]["items"][0] == {
            "title": "Margherita", "payload": "margherita", "subtitle": "Plain"
        }  # fmt: skip
        assert text["body"] == "You said: hi"
        assert bot.http.calls[0].headers["authorization"].startswith("Basic ")


# --- Telegram --------------------------------------------------------------------------------------


async def test_telegram_media(channel: Open) -> None:
    """Pictures and galleries out by their own methods; files in by their ids."""
    async with channel("telegram", {"bot_token": "1:x"}) as bot:
        bot.http.reply("POST", "https://api.telegram.org/bot1:x/*", json={"ok": True})
        message = {"from": {"id": 7}, "chat": {"id": 9}}
        for number, text in enumerate(("picture", "gallery")):
            await bot.post(json={"update_id": number, "message": {**message, "text": text}})
        photo = [{"file_id": "small"}, {"file_id": "large"}]
        await bot.post(json={"update_id": 5, "message": {**message, "photo": photo, "caption": "see"}})
        calls = [(str(call.url).rpartition("/")[2], json.loads(call.content)) for call in bot.http.calls]
        assert [method for method, _ in calls] == [
            "sendPhoto", "sendMessage", "sendPhoto", "sendPhoto", "sendMessage"
        ]  # fmt: skip
        assert calls[0][1] == {"chat_id": "9", "photo": "https://x.example/p.png", "caption": "Look"}
        assert calls[2][1]["caption"] == "Margherita\nPlain"
        keyboard = calls[3][1]["reply_markup"]["inline_keyboard"]
        assert keyboard == [[{"text": "Take it", "callback_data": "funghi"}]]
        assert calls[4][1]["text"] == "You said: see"
        [row] = await bot.services.store.database.reads.run(
            lambda db: db.execute("SELECT body FROM inbox ORDER BY seq DESC LIMIT 1").fetchall()
        )
        assert json.loads(row[0])["attachments"] == [{"id": "large", "type": "photo", "name": "photo"}]
