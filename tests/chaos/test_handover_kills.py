"""kill -9 between request, take, reply and resolve: each word arrives once on the right side, in order.

A client that hears nothing asks again under the same id; a receiver drops what it has seen by its id. That
is all that either side needs.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import AsyncIterator, Generator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
from aiohttp import web

from tests.e2e.kit import ADMIN, Outside, Process, Project, Received

SECRET = "a-secret-of-the-tests"
FLOW = """
nodes:
  - id: agent
    handover: {text: "one moment", provider: PROVIDER}
    on_active: {say: "active"}
    on_completed: {say: "back {{ input.result.note }}"}
"""
#: Where the process dies, once for each number of times that this place is passed in a conversation.
PLACES = (
    "accept.before_commit", "accept.after_commit",
    "turn.before_commit", "turn.after_commit", "turn.committed",
    "handover.open", "handover.open.sent", "handover.message", "handover.message.sent",
    "handover.before_commit", "handover.after_commit", "handover.close.sent",
)  # fmt: skip
QUICK = {
    "desk": [("accept.after_commit", 2), ("turn.before_commit", 3), ("turn.committed", 4)],
    "webhook": [("handover.open.sent", 1), ("handover.message.sent", 2), ("handover.before_commit", 3)],
}
HEARD = ["one moment", "active", "yes?", "sorry", "back ok"]  #: by the user
KILLS = int(os.environ.get("FLOWHOOK_HANDOVER_KILLS", "0"))  #: in all; 0: the quick form
Moment = tuple[str, int]


def quick(provider: str) -> Generator[Moment, bool, None]:
    """A few moments."""
    dead = 0
    for moment in QUICK[provider]:
        dead += yield moment
    assert dead >= len(QUICK[provider]) * 0.6


def long(provider: str) -> Generator[Moment, bool, None]:
    """As many kills at each place as there are for it, each time at another pass of it."""
    kills_of_step = KILLS // (len(PLACES) * len(QUICK))
    for place in PLACES:
        began, dead, passes, missed = time.monotonic(), 0, 1, 0
        while dead < kills_of_step and missed < 10:
            died = yield place, passes
            dead += died
            # A conversation may be over before it has passed the last place; some do not pass it at all.
            missed += not died and passes == 1
            passes = passes + 1 if died else 1  # else it is passed less often than that
        seconds = round(time.monotonic() - began)
        print(
            json.dumps({"provider": provider, "place": place, "kills": dead, "seconds": seconds}), flush=True
        )


class People:
    """A user and an agent who talk through a server that dies, by the desk or by a service of their own."""

    def __init__(self, process: Process, outside: Outside, provider: str) -> None:
        self.process = process
        self.outside = outside
        self.provider = provider
        self.closed: set[str] = set()  #: conversations whose end the service has heard
        self.read: dict[str, list[str]] = {}  #: by conversation: what the service has read, once each
        self.seen: set[str] = set()
        self.ids: dict[str, str] = {}  #: by session: the service's conversation
        self.deaths = 0
        outside.answers["/desk"] = self._read

    async def _read(self, request: Received) -> web.Response:
        told = request.json
        conversation = told["conversation"]["id"]
        if told["type"] == "open":
            self.ids[told["conversation"]["sessionId"]] = conversation
        elif told["type"] == "close":
            self.closed.add(conversation)
        elif told["type"] == "message" and request.id not in self.seen:
            self.seen.add(request.id)
            if told["message"]["source"] == "user":
                self.read.setdefault(conversation, []).append(told["message"]["text"])
        return web.json_response({})

    async def converse(self, session: str) -> None:
        """Ask for a person, speak both ways, end it; whatever dies meanwhile."""
        await self.user(session, "help")
        id = await self.asked(session)
        await self.user(session, "one")
        await self.take(id)
        await self.agent(id, "yes?", "a1")
        await self.user(session, "two")
        await self.agent(id, "sorry", "a2")
        await self.user(session, "three")
        await self.resolve(id)
        await self.check(session, id)

    # --- what people do, again and again until it is done -----------------------------------------

    async def user(self, session: str, text: str) -> None:
        body = {"userId": "u1", "sessionId": session, "text": text, "messageId": f"{session}-{text}"}
        await self.insist("POST", "/tok-shop", body)

    async def asked(self, session: str) -> str:
        if self.provider == "desk":
            while True:
                found = await self.insist("GET", "/api/handovers?limit=500")
                ids = [row["id"] for row in found.json()["handovers"] if row["sessionId"] == session]
                if ids:
                    return str(ids[0])
                await asyncio.sleep(0.02)
        await self.alive(lambda: session in self.ids)
        return self.ids[session]

    async def take(self, id: str) -> None:
        if self.provider == "desk":
            await self.insist("POST", f"/api/handovers/{id}/take")
        else:
            await self.tell({"conversation": id, "type": "active", "id": "take"})

    async def agent(self, id: str, text: str, name: str) -> None:
        if self.provider == "desk":
            await self.insist("POST", f"/api/handovers/{id}/reply", {"text": text, "messageId": name})
        else:
            await self.tell({"conversation": id, "type": "message", "id": name, "text": text})

    async def resolve(self, id: str) -> None:
        if self.provider == "desk":
            answer = await self.insist("POST", f"/api/handovers/{id}/resolve", {"note": "ok"}, expects=(409,))
            assert answer.status_code == 202 or answer.json()["code"] == "handover_closed"
        else:
            await self.tell({"conversation": id, "type": "resolved", "id": "end", "note": "ok"})

    async def tell(self, event: dict[str, Any]) -> None:
        body, at = json.dumps(event).encode(), str(int(time.time()))
        signed = hmac.new(SECRET.encode(), f"x.{at}.".encode() + body, hashlib.sha256).digest()
        headers = {
            "webhook-id": "x", "webhook-timestamp": at,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        }  # fmt: skip
        await self.insist("POST", "/handover/webhook/tok-shop", event, headers=headers)

    async def insist(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        expects: tuple[int, ...] = (),
    ) -> httpx.Response:
        while True:
            try:
                content = json.dumps(body).encode() if body is not None else None
                more = {"content-type": "application/json", **ADMIN, **(headers or {})}
                answer = await self.process.http.request(method, path, content=content, headers=more)
                if answer.is_success or answer.status_code in expects:
                    return answer
                assert answer.status_code in (409, 503), answer.text
                await asyncio.sleep(0.02)
            except (httpx.TransportError, aiohttp.ClientError):
                await self.revive()

    async def revive(self) -> None:
        """Start again what has died; nothing kills it a second time."""
        process = self.process.process
        assert process is not None
        if process.poll() is None:
            await asyncio.sleep(0.02)
            return
        self.deaths += 1
        self.process.launch()

    async def alive(self, holds: Any) -> None:
        """Wait for something, while the server may die."""
        while not holds():
            await self.revive()

    # --- what came of it -------------------------------------------------------------------------------

    async def check(self, session: str, id: str) -> None:
        """Each word once, on its side, in order."""
        end = "back ok"
        await self.alive(lambda: end in self.heard(session))
        assert self.heard(session) == HEARD
        if self.provider == "desk":
            found = await self.insist("GET", f"/api/handovers/{id}/transcript")
            said = [message["text"] for message in found.json()["messages"] if message["source"] == "user"]
            assert said == ["one", "two", "three"]
        else:
            await self.alive(lambda: len(self.read.get(id, ())) >= 3 and id in self.closed)
            await self.insist("GET", f"/api/handovers/{id}")  # of a server that lives on
            assert self.read[id] == ["one", "two", "three"]

    def heard(self, session: str) -> list[str]:
        """What the user heard: repeats are dropped by their id, as a receiver does."""
        seen: dict[str, str] = {}
        for delivery in self.outside.taken():
            if delivery.json["sessionId"] == session:
                seen.setdefault(delivery.id, delivery.text)
        return list(seen.values())


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[tuple[Process, Outside]]:
    """A server that can be killed, and the outside."""
    async with AsyncExitStack() as stack:
        outside = Outside()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", outside.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        outside.port = runner.addresses[0][1]
        process = Process(Project(tmp_path, outside))
        stack.push_async_callback(process.close)
        yield process, outside


async def killed_at(
    process: Process, outside: Outside, provider: str, moments: Generator[Moment, bool, None]
) -> None:
    """One conversation for each moment, which is told whether the server died in it."""
    project = process.project
    project.flow("shop", FLOW.replace("PROVIDER", provider))
    project.endpoint("shop")
    webhook = {"provider": "webhook", "url": f"{outside.url}/desk", "secret": SECRET}
    project.settings["handovers"] = {"webhook": webhook}
    people = People(process, outside, provider)
    number, died, past = 0, None, []
    with suppress(StopIteration):
        while True:
            place, passes = moments.send(died)  # type: ignore[arg-type]  # None begins
            before = people.deaths
            process.launch(FLOWHOOK_FAILPOINT=f"{place}:{passes}")
            await people.converse(f"{provider}-{number}")
            await process.kill()
            past += outside.received  # the next conversation is not to look through all of them
            outside.received.clear()
            number, died = number + 1, people.deaths > before
    outside.received[:0] = past
    for place in range(number):  # nothing has come late, or under another id
        assert people.heard(f"{provider}-{place}") == HEARD


@pytest.mark.slow
@pytest.mark.parametrize("provider", ["desk", "webhook"])
async def test_each_word_once_whatever_dies(process: Any, provider: str) -> None:
    """At every place on the road: acceptance, turn, the way to the provider; ``FLOWHOOK_HANDOVER_KILLS=1200``
    tries a hundred times at each of them."""
    server, outside = process
    await killed_at(server, outside, provider, long(provider) if KILLS else quick(provider))
