"""The bare chain: what the same machine does with no flowhook in between.

A raw ASGI application on Hypercorn that parses the JSON, answers 202 and posts the reply on with
aiohttp. No Quart, no flow, no storage. Usage: python bare_chain.py PORT WEBHOOK_URL
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from typing import Any

import aiohttp
from hypercorn.asyncio import serve
from hypercorn.config import Config


class BareChain:
    """One POST in, one POST out."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.tasks: set[asyncio.Task[None]] = set()

    async def forward(self, message: dict[str, Any]) -> None:
        output = {"text": f"You said: {message['text']}", "data": {}, "traceId": "", "source": "bot"}
        envelope = {"userId": message["userId"], "sessionId": message["sessionId"], "AIOutput": output}
        async with self.session.post(
            self.url, data=json.dumps(envelope).encode(), headers={"content-type": "application/json"}
        ) as answer:
            await answer.read()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self.session.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        message = json.loads(body)
        answer = b'{"traceId": "", "userId": "", "sessionId": ""}'
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 202, "headers": headers})
        await send({"type": "http.response.body", "body": answer})
        task = asyncio.create_task(self.forward(message))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


async def main(port: int, url: str) -> None:
    """Serve until SIGTERM."""
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.accesslog = None
    config.errorlog = None
    config.keep_alive_max_requests = 1_000_000
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await serve(BareChain(url), config, shutdown_trigger=stop.wait)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
