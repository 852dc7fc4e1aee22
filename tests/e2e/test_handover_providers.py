"""Providers of handovers against imitations of their services, over real HTTP in both directions.

What an imitation takes and sends follows the service's public documentation.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import httpx
import pytest
from aiohttp import web

from .conftest import Start
from .kit import Live, Outside, Project, Received, until

SECRET = "a-secret-of-the-tests"
FLOW = """
nodes:
  - id: agent
    handover: {text: "One moment.", cancel: {title: never mind}, settings: SETTINGS}
    on_completed: {say: "Back: {{ input.result.note }}"}
    on_cancelled: {say: "As you like."}
    on_error: {say: "Nobody: {{ error.reason }}"}
  - say: "What else?"
"""


class Imitation:
    """A service where people answer: what it is told, and what it tells."""

    name: str
    settings: dict[str, Any]
    node: dict[str, Any] = {}  # noqa: RUF012 - of a test

    def __init__(self, outside: Outside) -> None:
        self.outside = outside
        self.told: list[str] = []  #: the texts that the agent reads
        self.fails = 0  #: so many requests are answered with 503, after they were done
        self.live: Live
        for path in self.paths():
            outside.answers[path] = self._answer

    def paths(self) -> list[str]:
        raise NotImplementedError

    async def _answer(self, request: Received) -> web.Response:
        done = self.take(request)
        if self.fails:
            self.fails -= 1
            return web.Response(status=503)
        return done if isinstance(done, web.Response) else web.json_response(done)

    def take(self, request: Received) -> Any:
        raise NotImplementedError

    async def tells(self, event: str, text: str = "", id: str = "1") -> httpx.Response:
        """The agent does something."""
        raise NotImplementedError

    async def post(self, body: Any, headers: dict[str, str], query: str = "") -> httpx.Response:
        path = f"/handover/people/tok-shop{query}"
        return await self.live.http.post(path, content=json.dumps(body).encode(), headers=headers)


class Webhook(Imitation):
    """The generic one."""

    name = "webhook"

    def paths(self) -> list[str]:
        self.settings = {"url": f"{self.outside.url}/desk", "secret": SECRET}
        self.seen: set[str] = set()
        return ["/desk"]

    def take(self, request: Received) -> Any:
        signed = self._signature(request.id, request.headers["webhook-timestamp"], request.body)
        assert request.headers["webhook-signature"] == f"v1,{signed}"
        told = request.json
        if request.id in self.seen:
            return {"id": "c-7"}
        self.seen.add(request.id)
        match told["type"]:
            case "open":
                self.callback = told["conversation"]["callback"]
                self.told += [entry["text"] for entry in told["conversation"]["transcript"]]
                return {"id": "c-7"}
            case "message":
                assert told["conversation"]["reference"] == "c-7"
                self.told.append(told["message"]["text"])
            case "close":
                self.told.append(f"<{told['outcome']}>")
            case "availability":
                return {"agents": 3}
        return {}

    async def tells(self, event: str, text: str = "", id: str = "1") -> httpx.Response:
        told = [{"conversation": "c-7", "type": event, "id": id, "text": text, "agent": "Ada", "note": "n"}]
        at = str(int(time.time()))
        signature = f"v1,{self._signature('x', at, json.dumps(told).encode())}"
        headers = {"webhook-id": "x", "webhook-timestamp": at, "webhook-signature": signature}
        return await self.post(told, headers)

    def _signature(self, id: str, at: str, body: bytes) -> str:
        signed = hmac.new(SECRET.encode(), f"{id}.{at}.".encode() + body, hashlib.sha256)
        return base64.b64encode(signed.digest()).decode()


class Chatwoot(Imitation):
    """An inbox of the kind API."""

    name = "chatwoot"

    def paths(self) -> list[str]:
        base = f"{self.outside.url}/api/v1"
        self.settings = {
            "base_url": base, "account_id": 1, "api_key": "key", "inbox_id": 7, "webhook_secret": SECRET,
        }  # fmt: skip
        self.contacts: list[dict[str, Any]] = []
        self.conversations: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        at = "/api/v1/accounts/1"
        return [
            f"{at}/contacts", f"{at}/contacts/search", f"{at}/contacts/5/conversations",
            f"{at}/conversations", f"{at}/conversations/42/messages",
            f"{at}/conversations/42/toggle_status", f"{at}/inbox_members/7",
        ]  # fmt: skip

    def take(self, request: Received) -> Any:
        assert request.headers["api_access_token"] == "key"
        path = request.path.removeprefix("/api/v1/accounts/1")
        match request.method, path:
            case "GET", "/contacts/search":
                return {"payload": self.contacts}
            case "POST", "/contacts":
                inbox = {"source_id": "src", "inbox": {"id": request.json["inbox_id"]}}
                self.contacts.append({"id": 5, **request.json, "contact_inboxes": [inbox]})
                return {"payload": {"contact": self.contacts[0], "contact_inbox": inbox}}
            case "GET", "/contacts/5/conversations":
                return {"payload": self.conversations}
            case "POST", "/conversations":
                assert (request.json["source_id"], request.json["contact_id"]) == ("src", 5)
                self.conversations.append({"id": 42, **request.json})
                return self.conversations[-1]
            case "GET", "/conversations/42/messages":
                return {"payload": self.messages}
            case "POST", "/conversations/42/messages":
                return self._message(request)
            case "POST", "/conversations/42/toggle_status":
                self.told.append("<closed>")
                return {}
            case "GET", "/inbox_members/7":
                agents = [
                    {"availability_status": status} for status in ("online", "busy", "online", "online")
                ]
                return {"payload": agents}
        raise AssertionError(path)

    def _message(self, request: Received) -> Any:
        if "multipart" in request.headers["content-type"]:
            assert b'name="attachments[]"; filename="a.txt"' in request.body
            assert b"the file" in request.body
            self.told.append("<file>")
            return {}
        self.messages.append(request.json)
        self.told += request.json["content"].split("\n")
        assert request.json["private"] is (request.json["message_type"] == "outgoing")
        return {}

    async def tells(self, event: str, text: str = "", id: str = "1") -> httpx.Response:
        told: dict[str, Any] = {"account": {"id": 1}, "sender": {"name": "Ada"}}
        if event == "message":
            told |= {
                "event": "message_created", "id": id, "content": text, "message_type": "outgoing",
                "private": False, "conversation": {"id": 42}, "content_attributes": {},
            }  # fmt: skip
        else:
            told |= {"event": "conversation_status_changed", "id": 42, "status": "resolved"}
        return await self.says(told)

    async def says(self, told: Any) -> httpx.Response:
        body = json.dumps(told).encode()
        signed = hmac.new(SECRET.encode(), b"17." + body, hashlib.sha256).hexdigest()
        headers = {"x-chatwoot-timestamp": "17", "x-chatwoot-signature": f"sha256={signed}"}
        return await self.post(told, headers)


class Genesys(Imitation):
    """Open Messaging."""

    name = "genesys"

    def paths(self) -> list[str]:
        self.settings = {
            "host": "x", "integration_id": "i1", "client_id": "c", "client_secret": "s", "queue_id": "q1",
            "webhook_secret": SECRET, "event_key": "events", "api_url": self.outside.url,
            "login_url": self.outside.url,
        }  # fmt: skip
        self.seen: set[str] = set()
        self.tokens = 0
        return [
            "/oauth/token", "/api/v2/conversations/messages/i1/inbound/open/message",
            "/api/v2/analytics/queues/observations/query",
        ]  # fmt: skip

    def take(self, request: Received) -> Any:
        if request.path == "/oauth/token":
            assert request.headers["authorization"] == "Basic " + base64.b64encode(b"c:s").decode()
            self.tokens += 1
            return {"access_token": "t", "expires_in": 3600}
        assert request.headers["authorization"] == "Bearer t"
        if "analytics" in request.path:
            rows = [
                {"metric": "oOnQueueUsers", "qualifier": state, "stats": {"count": count}}
                for state, count in [("IDLE", 2), ("INTERACTING", 1), ("OFF_QUEUE", 5)]
            ]
            return {"results": [{"data": rows}]}
        channel = request.json["channel"]
        if channel["messageId"] not in self.seen:
            self.seen.add(channel["messageId"])
            self.user = channel["from"]["id"]
            assert channel["metadata"]["customAttributes"]["queueId"] == "q1"
            self.told += request.json["text"].split("\n")
        return {"id": "m", "conversationId": "g-1"}

    async def tells(self, event: str, text: str = "", id: str = "1") -> httpx.Response:
        if event == "resolved":
            return await self.event("v2.detail.events.conversation.g-1.customer.end")
        told = {
            "id": id, "type": "Text", "text": text, "direction": "Outbound", "originatingEntity": "Human",
            "channel": {"to": {"id": self.user}, "from": {"nickname": "Ada"}, "messageId": id},
        }  # fmt: skip
        signed = hmac.new(SECRET.encode(), json.dumps(told).encode(), hashlib.sha256).digest()
        return await self.post(told, {"x-hub-signature-256": f"sha256={base64.b64encode(signed).decode()}"})

    async def event(self, topic: str, key: str = "events", media: str = "MESSAGE") -> httpx.Response:
        body = {"conversationId": "g-1", "mediaType": media, "messageType": "OPEN"}
        told = {"detail": {"topicName": topic, "eventBody": body}}
        return await self.post(told, {"authorization": key})


class RingCentral(Imitation):
    """Engage Digital, a source of the kind SDK."""

    name = "ringcentral"
    node = {"categories": ["cat-tax"]}  # noqa: RUF012

    def paths(self) -> list[str]:
        self.settings = {
            "api_url": f"{self.outside.url}/1.0", "api_token": "api",
            "realtime_url": f"{self.outside.url}/rt",
            "realtime_token": "rt-token", "verification_token": "verify", "webhook_secret": SECRET,
            "agent_category": "cat-agent", "bot_category": "cat-bot",
        }  # fmt: skip
        self.seen: set[str] = set()
        self.categories: list[list[str]] = []
        return ["/rt", "/1.0/content_threads/th-9", "/1.0/status/agents"]

    def take(self, request: Received) -> Any:
        if request.path == "/1.0/status/agents":
            return {"records": [{"status": status} for status in ("available", "busy", "away", "available")]}
        if request.path != "/rt":
            assert request.headers["authorization"] == "Bearer api"
            return {"id": "th-9", "foreign_id": self.thread}
        signed = hmac.new(b"rt-token", request.body, hashlib.sha512).hexdigest()
        assert request.headers["x-smccsdk-signature"] == signed
        params = request.json["params"]
        if params["id"] not in self.seen:
            self.seen.add(params["id"])
            self.thread = params["thread_id"]
            self.categories.append(params["categories"])
            self.told += params["body"].split("\n")
        return params

    async def tells(self, event: str, text: str = "", id: str = "1") -> httpx.Response:
        if event == "resolved":
            resource = {"type": "intervention", "id": "i1", "metadata": {"thread_id": "th-9"}}
            told = {"events": [{"type": "intervention.closed", "id": id, "resource": resource}]}
            return await self.post(told, {"x-dimelo-secret": SECRET})
        params = {"id": id, "thread_id": self.thread, "body": text, "author": {"screenname": "Ada"}}
        return await self.asks({"action": "messages.create", "params": params})

    async def asks(self, told: Any, token: bytes = b"rt-token") -> httpx.Response:
        signed = hmac.new(token, json.dumps(told).encode(), hashlib.sha512).hexdigest()
        return await self.post(told, {"x-smccsdk-signature": signed})


IMITATIONS = [Webhook, Chatwoot, Genesys, RingCentral]


@pytest.fixture
def people(request: pytest.FixtureRequest, project: Project, outside: Outside) -> Imitation:
    """A flow that hands over to one of them."""
    imitation: Imitation = request.param(outside)
    project.flow("shop", FLOW.replace("SETTINGS", json.dumps(imitation.node)))
    ask = 'nodes: [{check_availability: {store: context.n}}, {say: "{{ context.n }} there"}]'
    project.flow("ask", ask)
    project.settings["handovers"] = {"people": {"provider": imitation.name, **imitation.settings}}
    for name in ("shop", "ask"):
        project.endpoint(name, handover="people")
    return imitation


everyone = pytest.mark.parametrize("people", IMITATIONS, indirect=True, ids=lambda item: item.name)


@everyone
async def test_both_ways_in_order(people: Imitation, outside: Outside, start: Start) -> None:
    """What was said before comes first, then each word of the user once; the agent's words reach the user, a
    repeat does not; resolved, the flow goes on. What is unsigned is refused."""
    people.live = live = await start()
    assert await live.say("shop", "my pizza is cold") == ["One moment."]
    await until(lambda: len(people.told) == 2)
    people.fails = 1  # done, but we do not hear it: tried again, and still there once
    await live.send("shop", "and late")
    await live.send("shop", "very late")
    await until(lambda: len(people.told) == 4)
    assert [text.removeprefix("user: ").removeprefix("bot: ") for text in people.told] == [
        "my pizza is cold", "One moment.", "and late", "very late",
    ]  # fmt: skip
    assert (await people.post([], {})).status_code == 401
    assert (await people.tells("message", "I am Ada", "m1")).status_code == 200
    assert (await people.tells("message", "I am Ada", "m1")).status_code == 200
    await people.tells("message", "sorry", "m2")
    await people.tells("resolved", id="e1")
    await outside.until(5)
    assert [(delivery.json["AIOutput"]["source"], delivery.text) for delivery in outside.taken()] == [
        ("bot", "One moment."),
        ("agent", "I am Ada"),
        ("agent", "sorry"),
        ("bot", "Back: n" if people.name == "webhook" else "Back: "),
        ("bot", "What else?"),
    ]
    await people.tells("message", "late", "m3")
    assert await live.say("shop", "hello again") == ["One moment."]
    assert "late" not in outside.texts()


@everyone
async def test_who_is_there(people: Imitation, start: Start) -> None:
    """A flow may ask."""
    people.live = live = await start()
    assert await live.say("ask", "hi") == ["3 there"]


@everyone
async def test_the_user_goes_back(people: Imitation, outside: Outside, start: Start) -> None:
    """The service is told where it can be; what its agents still say changes nothing."""
    people.live = live = await start()
    await live.say("shop", "help")
    await until(lambda: len(people.told) >= 2)
    assert await live.say("shop", "never mind") == ["As you like.", "What else?"]
    ends = {
        "webhook": "<cancelled>",
        "chatwoot": "<closed>",
        "ringcentral": "The conversation is with the bot again.",
    }
    if people.name in ends:
        await until(lambda: people.told[-1] == ends[people.name])
    await people.tells("message", "late", "m1")
    await live.say("shop", "again")
    assert "late" not in outside.texts()


@pytest.mark.parametrize("people", [Chatwoot], indirect=True)
async def test_chatwoot_takes_files_and_hears_no_echo(
    people: Chatwoot, outside: Outside, start: Start
) -> None:
    """Files go along; notes, our own words and other accounts are no words of an agent."""

    async def file(_: Received) -> web.Response:
        return web.Response(text="the file")

    outside.answers["/a.txt"] = file
    people.live = live = await start()
    await live.say("shop", "help")
    await live.send("shop", "look", attachments=[{"url": f"{outside.url}/a.txt"}])
    await until(lambda: "<file>" in people.told)
    word = {
        "event": "message_created", "account": {"id": 1}, "id": 9, "content": "echo", "private": False,
        "message_type": "outgoing", "conversation": {"id": 42},
    }  # fmt: skip
    for other in ({"private": True}, {"message_type": "incoming"}, {"content_attributes": {"flowhook": "x"}},
                  {"account": {"id": 2}}):  # fmt: skip
        assert (await people.says({**word, **other})).json() == {"accepted": 0, "ignored": 0}
    file_ = [{"data_url": "https://x.example/b.png", "file_type": "image"}]
    await people.says({**word, "content": None, "attachments": file_})
    await outside.until(2)
    output = outside.taken()[-1].json["AIOutput"]
    assert output["data"] == {"attachments": [{"url": "https://x.example/b.png", "type": "image"}]}


@pytest.mark.parametrize("people", [RingCentral], indirect=True)
async def test_ringcentral_is_set_up(people: RingCentral, outside: Outside, start: Start) -> None:
    """The webhook is verified, the source is told what we can do, categories say who has it."""
    people.live = live = await start()
    query = "hub.mode=subscribe&hub.challenge=abc&hub.verify_token="
    at = "/handover/people/tok-shop?"
    verified = await live.http.get(f"{at}{query}verify")
    assert (verified.status_code, verified.text) == (200, "abc")
    assert (await live.http.get(f"{at}{query}wrong")).status_code == 401
    info = await people.asks({"action": "implementation.info"})
    assert info.json()["objects"]["messages"] == ["create", "show"]
    assert (await people.asks({"action": "implementation.info"}, b"other")).status_code == 401
    assert (await people.post({"events": []}, {"x-dimelo-secret": "no"})).status_code == 401
    await live.say("shop", "help")
    await until(lambda: people.told)
    await live.say("shop", "never mind")
    await until(lambda: people.categories[-1] == ["cat-bot"])
    assert people.categories[0] == ["cat-agent", "cat-tax"]


@pytest.mark.parametrize("people", [Genesys], indirect=True)
async def test_genesys_ends_with_the_customer_alone(people: Genesys, outside: Outside, start: Start) -> None:
    """An agent who declines, another queue, another medium, a wrong key end nothing; one token is enough."""
    people.live = live = await start()
    await live.say("shop", "help")
    await until(lambda: people.told)
    end = "v2.detail.events.conversation.g-1.customer.end"
    assert (await people.event(end, key="wrong")).status_code == 401
    for topic, media in [("v2.detail.events.conversation.g-1.acw", "MESSAGE"), (end, "VOICE")]:
        assert (await people.event(topic, media=media)).json() == {"accepted": 0, "ignored": 0}
    assert (await people.event(end)).json() == {"accepted": 1, "ignored": 0}
    await outside.until(3)
    assert people.tokens == 1


async def test_a_service_that_cannot_be_reached(project: Project, outside: Outside, start: Start) -> None:
    """For good: at once. For now: after a few attempts; the flow takes ``on_error``."""
    project.flow("shop", FLOW.replace("SETTINGS", "{}"))
    project.settings["handovers"] = {
        "people": {"provider": "webhook", "url": f"{outside.url}/desk", "secret": SECRET}
    }
    project.endpoint("shop", handover="people")

    async def refuse(_: Received) -> web.Response:
        return web.Response(status=403)

    outside.answers["/desk"] = refuse
    live = await start()
    await live.say("shop", "help")
    await outside.until(3)
    assert outside.texts() == ["One moment.", "Nobody: error", "What else?"]
    assert len(outside.at("/desk")) == 1
    wrong = await live.http.post("/handover/nobody/tok-shop", json={})
    assert (wrong.status_code, wrong.json()["code"]) == (404, "unknown_provider")
    wrong = await live.http.post("/handover/people/nothing", json={})
    assert (wrong.status_code, wrong.json()["code"]) == (404, "unknown_endpoint")
