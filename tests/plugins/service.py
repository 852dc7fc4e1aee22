"""A real HTTP server in the shape of somebody's service: it records what it is asked, and answers as told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Asked:
    """A request that came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Service:
    """Answers by path: a value as JSON, a number as an empty response of that status, or a list of such, one
    after the other."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(request.method, request.path, dict(request.query), headers, body))
        answer = self._answer(request.path)
        if isinstance(answer, int):
            return web.Response(status=answer)
        return web.json_response(answer)

    def _answer(self, path: str) -> Any:
        for pattern, answer in self.answers.items():
            if path == pattern or (pattern.endswith("*") and path.startswith(pattern[:-1])):
                if not isinstance(answer, list):
                    return answer
                return answer.pop(0) if len(answer) > 1 else answer[0]
        return 404


@asynccontextmanager
async def running_service() -> AsyncIterator[Service]:
    service = Service()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        await runner.cleanup()
