"""The services of the example flows: whoever starts the shipped project can try every flow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from aiohttp import web

from flowhook.cli.demo.example_services import ExampleServices
from flowhook.config import load_config
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import load_library
from flowhook.nodes import BUILTIN
from tests.machine import PATIENCE

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def services(wait: float = 0.0) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the services on a free port."""
    examples, app = ExampleServices(wait), web.Application()
    examples.add_to(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with httpx.AsyncClient(base_url=f"http://{host}:{port}", trust_env=False) as client:
        try:
            yield client
        finally:
            await examples.stop()
            await runner.cleanup()


async def test_every_call_of_the_shipped_flows_is_answered() -> None:
    """Each method and path that a node of theirs asks for; a GET holds what the flow needs."""
    async with services() as client:
        config = load_config(ROOT / "config.yaml", {})
        flows = load_library(config.flows_dir, NodeTypes(BUILTIN)).library.flows
        places = [
            place
            for flow in flows.values()
            for place in flow.nodes.values()
            if place.type.key in ("http_request", "task")
        ]
        assert places
        for place in places:
            asked = place.settings.raw
            base = httpx.URL(config.connections[asked["connection"]].base_url).path.rstrip("/")
            path = base + asked["url"].partition("{{")[0] + ("AB123456" if "{{" in asked["url"] else "")
            method = asked.get("method", "POST" if place.type.key == "task" else "GET")
            body = {"callback": "http://127.0.0.1:1/"} if method in ("POST", "PUT") else None
            answer = await client.request(method, path, json=body)
            assert answer.status_code < 300, f"{method} {path}"


async def test_orders_are_of_three_kinds() -> None:
    """One to send back, one that is too old, one that nobody knows."""
    async with services() as client:
        assert (await client.get("/orders/ab123456")).json()["returnable"] is True
        assert (await client.get("/orders/EF000001")).json()["returnable"] is False
        assert (await client.get("/orders/XX000001")).status_code == 404


async def test_a_task_is_called_back() -> None:
    """With the decision; an address that is not of this machine is never called."""
    came: asyncio.Future[dict[str, object]] = asyncio.get_running_loop().create_future()

    async def take(request: web.Request) -> web.Response:
        came.set_result(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/callback/once", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with services() as client:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/callback/once"
        assert (await client.post("/orders/returns", json={"callback": url})).status_code == 202
        async with asyncio.timeout(PATIENCE):
            assert (await came)["result"] == "refund"
        for elsewhere in ("http://example.com/x", None, 3):
            answer = await client.post("/orders/returns", json={"callback": elsewhere})
            assert answer.status_code == 400
        assert (await client.post("/orders/returns", content=b"no json")).status_code == 400
    await runner.cleanup()


async def test_those_who_are_gone_are_not_waited_for() -> None:
    """A server that does not listen any more, and a receiver that stops before it called back."""
    async with services() as client:
        assert (await client.post("/calendar/reminders", json={"callback": "http://127.0.0.1:1/"})).is_success
    async with services(wait=60.0) as client:
        assert (await client.post("/calendar/reminders", json={"callback": "http://127.0.0.1:1/"})).is_success
