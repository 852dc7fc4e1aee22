"""Requests per second of one core, by way to send them: why deliveries use aiohttp directly.

As a program (python transports.py URL SCALE ROUNDS) it sends, 16 requests at once, and prints its
rates as JSON; :func:`transports` runs it on a core of its own, against the receiver of this process.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

import aiohttp
import httpx
from contest import Bench
from measure import Line, Result, Spread
from processes import SERVER_CORE, stay_on

from flowhook.net.address_policy import AddressRules
from flowhook.net.client import Outgoing

AT_ONCE = 16
BODY = json.dumps({"userId": "u1", "sessionId": "s1", "AIOutput": {"text": "You said: hello"}}).encode()
HEADERS = {
    "content-type": "application/json",
    "webhook-id": "evt_89bf8c7891b79ce229c57251182ba411000000000001",
    "webhook-timestamp": "1767225600",
    "traceparent": "00-01a1fc5440217d6ebfb340dd60c42f5a-00f067aa0ba902b7-01",
}
#: Requests of one run: the slow ones need not be many.
REQUESTS = {"aiohttp": 4_000, "flowhook's sender": 4_000, "httpx over aiohttp": 1_500, "httpx": 500}


async def transports(bench: Bench) -> Result:
    """Rates by processor time, so that the receiver's work and other programs do not count."""
    advance = bench.begin("transports", 1)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        f"http://127.0.0.1:{bench.webhook_port}/",
        str(bench.scale),
        str(bench.rounds),
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    advance(1)
    rates: dict[str, list[float]] = json.loads(printed)
    lines = [Line(name, "requests/s", Spread.of(values)) for name, values in rates.items()]
    return Result("transports", "Ways to send, one core, 16 at once", lines)


async def _measure(url: str, scale: float, rounds: int) -> dict[str, list[float]]:
    async with (
        Outgoing(AddressRules(["127.0.0.1"])) as outgoing,
        aiohttp.ClientSession() as session,
        httpx.AsyncClient() as client,
    ):

        async def directly() -> None:
            async with session.post(url, data=BODY, headers=HEADERS) as answer:
                await answer.read()

        ways: dict[str, Callable[[], Awaitable[object]]] = {
            "aiohttp": directly,
            "flowhook's sender": lambda: outgoing.send("POST", url, HEADERS, BODY, timeout=10.0),
            "httpx over aiohttp": lambda: outgoing.http.post(url, content=BODY, headers=HEADERS),
            "httpx": lambda: client.post(url, content=BODY, headers=HEADERS),
        }
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, send in ways.items():
                rates[name].append(await _rate(send, max(100, int(REQUESTS[name] * scale))))
    return rates


async def _rate(send: Callable[[], Awaitable[object]], count: int) -> float:
    left = iter(range(count))

    async def one_after_the_other() -> None:
        for _ in left:
            await send()

    began = time.process_time()
    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    return count / (time.process_time() - began)


if __name__ == "__main__":
    stay_on(SERVER_CORE)
    print(json.dumps(asyncio.run(_measure(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))))
