"""What is known outside the server: what clients were promised, and what the receiver saw."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

ENDPOINT = "chaos"
TOKEN = "chaos-token-of-the-tests"


@dataclass
class Seen:
    """One request at the receiver."""

    delivery_id: str
    sequence: int
    body: bytes
    answered: str


@dataclass
class Ledgers:
    """Promises by session in the order of their 202, and everything that arrived."""

    promised: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    traces: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    seen: dict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    calls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    posts: int = 0

    def requests(self) -> int:
        """All requests that the receiver saw."""
        return sum(len(requests) for requests in self.seen.values())


class Receiver:
    """The webhook, and the service that the flow calls: 5 % answer 500, 3 % never answer."""

    def __init__(self, ledgers: Ledgers, chance: random.Random, *, faulty: bool = True) -> None:
        self.ledgers = ledgers
        self.chance = chance
        self.faulty = faulty

    async def start(self) -> int:
        """Answers the port."""
        app = web.Application()
        app.router.add_post("/hook", self._hook)
        app.router.add_post("/call", self._call)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Close all connections."""
        await self._runner.cleanup()

    async def _hook(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        fate = self.chance.random() if self.faulty else 1.0
        answered = "500" if fate < 0.05 else "silence" if fate < 0.08 else "200"
        session = json.loads(body)["sessionId"]
        self.ledgers.seen[session].append(
            Seen(request.headers["webhook-id"], int(request.headers["flowhook-sequence"]), body, answered)
        )
        if answered == "silence":
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=500 if answered == "500" else 200)

    async def _call(self, request: web.Request) -> web.Response:
        self.ledgers.calls[request.headers["idempotency-key"]] += 1
        return web.json_response({"ok": True})


class Client:
    """Posts to one session, one message after the other, each until a definite answer."""

    def __init__(self, name: str, url: str, ledgers: Ledgers, chance: random.Random) -> None:
        self.name = name
        self.url = url
        self.ledgers = ledgers
        self.chance = chance

    async def run(self, http: Any, count: int, stop: asyncio.Event) -> None:
        """Post ``count`` messages, or until stopped; repeats 10 % of them on purpose."""
        for n in range(count):
            if stop.is_set():
                return
            message = f"{self.name}-{n}"
            if not await self._until_accepted(http, message, stop):
                return
            self.ledgers.promised[self.name].append(message)
            if self.chance.random() < 0.1:
                await self._until_accepted(http, message, stop)

    async def _until_accepted(self, http: Any, message: str, stop: asyncio.Event) -> bool:
        body = {"userId": self.name, "sessionId": self.name, "text": message}
        body["data"] = {"id": message, "call": calls(message)}  # type: ignore[assignment]
        while True:
            self.ledgers.posts += 1
            try:
                async with http.post(
                    f"{self.url}/{TOKEN}", json=body, headers={"Idempotency-Key": message}
                ) as answer:
                    if answer.status == 202:
                        self.ledgers.traces[message].add((await answer.json())["traceId"])
                        return True
                    if answer.status not in (429, 503):
                        raise AssertionError(f"{answer.status}: {await answer.text()}")
            except (OSError, TimeoutError, aiohttp.ClientError):
                pass
            if stop.is_set():
                return False
            await asyncio.sleep(0.02)


def calls(message: str) -> bool:
    """Whether the flow calls a service for this message: for every fifth of a session."""
    return int(message.rpartition("-")[2]) % 5 == 0


def chain(messages: list[str]) -> tuple[int, str]:
    """What the state of a session must be after these messages, each once and in this order."""
    digest = ""
    for message in messages:
        digest = hashlib.sha256((digest + message).encode()).hexdigest()
    return len(messages), digest
