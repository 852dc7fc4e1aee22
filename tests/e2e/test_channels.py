"""Channels over real HTTP: signed by the platforms' own libraries, durable, retried, in order."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from aiohttp import web

from .conftest import Start
from .kit import Outside, Process, Project, Received, until

FLOW = 'nodes:\n  - say: "You said: {{ input.text }}"\n  - say: "Twice: {{ input.text }}"\n'
SLACK = {"token": "xoxb-1", "signing_secret": "s1gn"}
SID = "AC" + "0" * 32


def signed_event(text: str, number: int) -> tuple[str, dict[str, str]]:
    """An event of Slack, with the signature that its own library makes."""
    signature = pytest.importorskip("slack_sdk.signature")
    event = {"type": "message", "user": "U1", "channel": "C1", "text": text, "ts": f"{number}.0"}
    body = json.dumps({"type": "event_callback", "event_id": f"Ev{number}", "event": event})
    stamp = str(int(time.time()))
    made = signature.SignatureVerifier("s1gn").generate_signature(timestamp=stamp, body=body)
    headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": made}
    return body, {"content-type": "application/json", **headers}


async def test_slack_is_down_and_the_server_is_killed(
    project: Project, outside: Outside, process: Process
) -> None:
    """What was said waits, survives kill -9, and arrives in its order once Slack takes it again."""
    project.flow("shop", FLOW)
    project.settings["plugins"] = {"settings": {"slack": {**SLACK, "api_url": outside.url}}}
    project.endpoint("shop", output="slack", transformers={"use": ["slack"]})
    state = {"up": False}

    async def post_message(asked: Received) -> web.Response:
        if not state["up"]:
            return web.json_response({"ok": False, "error": "service_unavailable"})
        return web.json_response({"ok": True, "ts": "1"})

    outside.answers["/chat.postMessage"] = post_message
    await process.start()
    for number, text in enumerate(("one", "two")):
        body, headers = signed_event(text, number)
        response = await process.http.post("/tok-shop", content=body, headers=headers)
        assert response.status_code in (200, 202), response.text
    await until(lambda: outside.at("/chat.postMessage"))
    await process.kill()
    before = len(outside.at("/chat.postMessage"))
    state["up"] = True
    await process.start()
    await until(lambda: len(outside.at("/chat.postMessage")) >= before + 4)
    texts = [asked.json["text"] for asked in outside.at("/chat.postMessage")[before:]]
    assert texts == ["You said: one", "Twice: one", "You said: two", "Twice: two"]
    assert await process.terminate() == 0


async def test_twilio_is_answered_in_the_request(project: Project, outside: Outside, start: Start) -> None:
    """TwiML over a real socket, the signature made by Twilio's own library; nothing is sent by REST."""
    validator = pytest.importorskip("twilio.request_validator")
    project.flow("shop", FLOW)
    settings: dict[str, Any] = {
        "account_sid": SID,
        "auth_token": "12345",
        "twiml": True,
        "api_url": outside.url,
    }
    project.settings["plugins"] = {"settings": {"twilio": settings}}
    project.endpoint("shop", output="twilio", transformers={"use": ["twilio"]})
    live = await start()
    form = {"From": "+4917012345", "To": "+4930555", "Body": "hi", "NumMedia": "0", "MessageSid": "SM1"}
    url = f"{live.services.config.server.public_url}/tok-shop"
    signed = validator.RequestValidator("12345").compute_signature(url, form)
    responses = [
        await live.http.post("/tok-shop", data=form, headers={"x-twilio-signature": signed}) for _ in range(2)
    ]
    message = "<Message><Body>{}</Body></Message>"
    said = "".join(message.format(text) for text in ("You said: hi", "Twice: hi"))
    assert [response.text for response in responses] == [f"<Response>{said}</Response>"] * 2
    assert outside.received == []
