"""Event webhooks: of an endpoint, for each message in and out; and the node ``webhook``."""

from __future__ import annotations

import asyncio
import base64
import re
from typing import Any

import pytest
from standardwebhooks import Webhook

from flowhook.runtime.turns import event_webhooks

from .conftest import Start
from .kit import ADMIN, WAIT, Outside, Project, Received, held, status, until

TALK = 'nodes: [{say: "So you said \\"{{ input.text }}\\"."}]'


def _sorted(received: list[Received]) -> list[Any]:
    """Bodies without their times, in one order: events may overtake each other."""
    bodies = [request.json for request in received]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body.pop("time")) for body in bodies)
    return sorted(bodies, key=str)


async def test_each_message_in_and_out_is_told(project: Project, outside: Outside, start: Start) -> None:
    """A POST of exactly time, data and ip; data is the text as JSON once more. An inject comes in, a notify
    goes out; timers are told only by what they say."""
    project.flow("talk", TALK)
    project.endpoint("talk", events={"url": f"{outside.url}/events"})
    live = await start()
    await live.say("talk", "awesome")
    received = await outside.until(2, "/events")
    assert _sorted(received) == [
        {"data": '"So you said \\"awesome\\"."', "ip": "127.0.0.1"},
        {"data": '"awesome"', "ip": "127.0.0.1"},
    ]
    assert {request.method for request in received} == {"POST"}
    assert {request.headers["content-type"] for request in received} == {"application/json"}
    assert not any("webhook-signature" in request.headers for request in received)
    await live.say("talk", "psst", route="/inject")
    await live.say("talk", "news", route="/notify")
    received = await outside.until(5, "/events")
    assert sorted(request.json["data"] for request in received[2:]) == [
        '"So you said \\"psst\\"."',
        '"news"',
        '"psst"',
    ]
    metrics = (await live.http.get("/metrics", headers=ADMIN)).text
    assert 'flowhook_event_webhooks_total{endpoint="talk",result="sent"} 5.0' in metrics


async def test_extras_headers_signature_types(project: Project, outside: Outside, start: Start) -> None:
    """What is told more, how it is signed, and only what was asked for; a test says that it is one."""
    project.flow("talk", TALK)
    events = {
        "url": f"{outside.url}/events", "types": ["message.sent"], "extras": True, "headers": {"x-shop": "7"},
        "secret": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "another"],
    }  # fmt: skip
    project.endpoint("talk", events=events)
    live = await start()
    trace_id = await live.send("talk", "hi")
    (told,) = await outside.until(1, "/events")
    extras = {name: told.json[name] for name in told.json.keys() - {"time", "data", "ip"}}
    assert extras == {
        "userId": "u1", "sessionId": "s1", "endpoint": "talk", "traceId": trace_id, "source": "bot",
        "kind": "message",
    }  # fmt: skip
    assert told.headers["x-shop"] == "7"
    for secret in (events["secret"][0], base64.b64encode(b"another").decode()):
        Webhook(secret).verify(told.body, told.headers)
    await live.send("talk", "hi", session="t", route="/test")
    _, tested = await outside.until(2, "/events")
    assert (tested.json["test"], tested.headers["flowhook-test"]) == (True, "true")


async def test_nobody_waits_for_them(
    project: Project, outside: Outside, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receiver that hangs keeps no turn and no other endpoint waiting; what does not fit is dropped and
    counted, what fails is counted and not sent again."""
    monkeypatch.setattr(event_webhooks, "CONCURRENCY", 1)
    gate = asyncio.Event()
    outside.answers["/slow"] = held(gate)
    outside.answers["/broken"] = status(500)
    project.flow("talk", TALK)
    for name in ("slow", "broken", "well"):
        events = {"url": f"{outside.url}/{name}", "types": ["message.received"]}
        project.endpoint(name, "talk", events=events)
    live = await start()
    live.services.event_webhooks._room = 2
    for number in range(5):
        assert await live.say("slow", str(number)) == [f'So you said "{number}".']
    await live.say("broken", "a")
    await live.say("well", "b")
    await outside.until(1, "/well")
    metrics = (await live.http.get("/metrics", headers=ADMIN)).text
    assert 'flowhook_event_webhooks_total{endpoint="slow",result="dropped"} 2.0' in metrics
    gate.set()
    await outside.until(3, "/slow")
    await until(lambda: live.services.event_webhooks.resting)
    metrics = (await live.http.get("/metrics", headers=ADMIN)).text
    assert 'flowhook_event_webhooks_total{endpoint="slow",result="sent"} 3.0' in metrics
    assert 'flowhook_event_webhooks_total{endpoint="broken",result="failed"} 1.0' in metrics
    assert len(outside.at("/broken")) == 1


async def test_masked_endpoints_tell_no_words(project: Project, outside: Outside, start: Start) -> None:
    """Neither text nor address, of messages and of nodes."""
    project.flow("talk", f'nodes: [{{webhook: "{outside.url}/node"}}, {{say: "Ada it is."}}]')
    privacy = {"mask_logging": True, "mask_ip": True}
    project.endpoint("talk", events={"url": f"{outside.url}/events"}, privacy=privacy)
    live = await start()
    await live.say("talk", "Ada")
    told = await outside.until(2, "/events") + await outside.until(1, "/node")
    assert _sorted(told) == [{"data": '"****"', "ip": None}] * 3


async def test_private_addresses_stay_closed(project: Project, outside: Outside, start: Start) -> None:
    """Events obey the rules for outgoing calls: an address that is not allowed gets nothing."""
    project.flow("talk", f'nodes: [{{webhook: "{outside.url}/node"}}, {{say: Hello.}}]')
    project.endpoint("talk", events={"url": f"{outside.url}/events"})
    project.settings["outgoing"] = {"allow": []}
    live = await start()
    assert await live.say("talk", "hi") == ["Hello."]
    await until(lambda: live.services.event_webhooks.resting)
    assert outside.at("/events") == outside.at("/node") == []
    metrics = (await live.http.get("/metrics", headers=ADMIN)).text
    assert 'flowhook_event_webhooks_total{endpoint="talk",result="failed"} 3.0' in metrics


async def test_the_node_tells_a_service(project: Project, outside: Outside, start: Start) -> None:
    """The user's text, or another; through a connection with its secret; its answer is never read. A turn
    that fails tells nothing that was not kept."""
    project.settings["connections"] = {"crm": {"base_url": f"{outside.url}/crm", "bearer": "s3cret"}}
    outside.answers["/plain"] = status(500)
    project.flow(
        "talk",
        """
        nodes:
          - webhook: "OUT/plain"
          - if: input.text == 'fail'
            then: [{set: {context.x: "{{ 1 / 0 }}"}}]
          - id: passed
            webhook: {url: /hooks, connection: crm, text: "ordered {{ input.text }}", extras: true,
                      headers: {x-kind: order}}
          - say: "Done."
        """,
    )
    project.endpoint("talk")
    live = await start()
    assert await live.say("talk", "soup") == ["Done."]
    await until(lambda: outside.at("/plain"))
    (plain,) = outside.at("/plain")
    assert plain.json["data"] == '"soup"'
    (told,) = await outside.until(1, "/crm/hooks")
    assert (told.headers["authorization"], told.headers["x-kind"]) == ("Bearer s3cret", "order")
    assert (told.json["data"], told.json["node"], told.json["kind"]) == (
        '"ordered soup"',
        "talk/passed",
        "message",
    )
    body = {"userId": "u1", "sessionId": "s2", "text": "fail"}
    await live.http.post("/tok-talk", json=body, headers=WAIT)
    await until(lambda: live.services.event_webhooks.resting)
    assert len(outside.at("/plain")) == 1


async def test_each_address_is_verified(project: Project, outside: Outside, start: Start) -> None:
    """The webhook, the event webhook and the service of a node, through the administration."""
    project.flow("talk", f'nodes: [{{id: api, json_api: "{outside.url}/api"}}, {{say: Hello.}}]')
    project.endpoint("talk", events={"url": f"{outside.url}/events"})
    outside.answers["/api"] = held(_open_gate(), {"message": "Hi!"})
    outside.answers["/events"] = status(500)
    live = await start()

    async def verify(code: int = 200, **query: str) -> Any:
        answer = await live.http.post("/api/endpoints/talk/verify", params=query, headers=ADMIN)
        assert answer.status_code == code, answer.text
        return answer.json()

    webhook = await verify()
    assert (webhook["delivered"], webhook["status"], webhook["url"]) == (True, 200, f"{outside.url}/hook")
    events = await verify(target="events")
    assert (events["delivered"], events["status"], events["reason"]) == (False, 500, "HTTP 500")
    node = await verify(target="node", node="talk/api")
    assert (node["delivered"], node["method"]) == (True, "POST")
    assert (await verify(409, target="node", node="talk/#1"))["code"] == "nothing_to_verify"
    assert (await verify(409, target="node"))["code"] == "nothing_to_verify"
    assert (await verify(400, target="all"))["code"] == "invalid_parameter"


def _open_gate() -> asyncio.Event:
    gate = asyncio.Event()
    gate.set()
    return gate
