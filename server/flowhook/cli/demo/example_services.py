"""The services that the example flows call, so that all of them can be tried over real HTTP.

Their answers are made up, and nothing is kept. What a task is told to call back is called back after a
few seconds, as the people in the warehouse would do it after a few days.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from aiohttp import web

PRICE: Final = {"total": 22}
FREE: Final = ["09:00", "10:30", "15:00", "17:00"]
ARTICLES: Final = [
    {"sku": "S1", "name": "Trekking shoes", "price": 89.9},
    {"sku": "S2", "name": "Rain jacket", "price": 120},
]
WAIT_SECONDS: Final = 8.0  #: until a task is called back
LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})

Json = Mapping[str, Any]


class ExampleServices:
    """A price list, a calendar, a shop's orders, a hotel and a CRM, in few lines."""

    def __init__(self, wait: float = WAIT_SECONDS) -> None:
        self._wait = wait
        self._calling: set[asyncio.Task[None]] = set()

    def add_to(self, app: web.Application) -> None:
        """Answer at the paths that the shipped configuration names."""
        router = app.router
        router.add_post("/price", self._answers(PRICE))
        router.add_get("/calendar/slots", self._answers({"free": FREE}), allow_head=False)
        router.add_post("/calendar/bookings", self._answers({"id": "A-1017"}, 201))
        router.add_put("/calendar/bookings/{id}", self._answers({"id": "A-1017"}))
        router.add_delete("/calendar/bookings/{id}", self._answers({}))
        router.add_post("/calendar/reminders", self._reminder)
        router.add_get("/orders/{number}", self._order, allow_head=False)
        router.add_post("/orders/returns", self._return)
        router.add_post("/hotel/tables", self._answers({"table": 7}, 201))
        router.add_get("/hotel/bills/{user}", self._bill, allow_head=False)
        for path in ("/surveys", "/draw", "/sources", "/callbacks", "/deletions"):
            router.add_post(path, self._answers({}, 201))

    async def stop(self) -> None:
        """Call nobody back any more."""
        for task in self._calling:
            task.cancel()
        await asyncio.gather(*self._calling, return_exceptions=True)

    @staticmethod
    def _answers(body: Json, status: int = 200) -> Any:
        async def respond(request: web.Request) -> web.Response:
            return web.json_response(body, status=status)

        return respond

    async def _order(self, request: web.Request) -> web.Response:
        number, today = request.match_info["number"].upper(), date.today()
        if number.startswith("XX"):  # an order that nobody knows
            return web.json_response({}, status=404)
        until = today + timedelta(days=-3 if number.startswith("EF") else 30)
        order = {"returnable": until > today, "until": until.isoformat(), "articles": ARTICLES}
        return web.json_response(order)

    async def _bill(self, request: web.Request) -> web.Response:
        until = date.today() + timedelta(days=2)
        return web.json_response({"nights": 3, "until": until.isoformat(), "total": 1412.5})

    async def _reminder(self, request: web.Request) -> web.Response:
        return await self._later(request, {"booking": "A-1017"})

    async def _return(self, request: web.Request) -> web.Response:
        label = f"http://{request.host}/label"
        return await self._later(request, {"result": "refund", "amount": 89.9, "label": label})

    async def _later(self, request: web.Request, result: Json) -> web.Response:
        """Accept a task, and post its result to its callback in a while."""
        try:
            body = await request.json()
        except ValueError:
            body = None
        url = body.get("callback") if isinstance(body, dict) else None
        if not isinstance(url, str) or urlsplit(url).hostname not in LOCAL:
            return web.json_response({"error": "callback: a URL of this machine is needed"}, status=400)
        task = asyncio.create_task(self._call_back(url, result))
        self._calling.add(task)
        task.add_done_callback(self._calling.discard)
        return web.json_response({}, status=202)

    async def _call_back(self, url: str, result: Json) -> None:
        await asyncio.sleep(self._wait)
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                await client.post(url, json=result)
        except httpx.HTTPError:
            return  # the server is gone, and so is who waited
