"""A real server over real sockets, and the outside that it talks to."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import httpx
from aiohttp import web

from flowhook.app import open_application
from flowhook.config import load_config
from flowhook.config.source import ConfigSource
from flowhook.errors import FlowFileError
from flowhook.runtime.application import Application
from flowhook.runtime.turns.overrides import Overrides
from flowhook.web.asgi_app import create_app
from flowhook.web.server.http_server import HttpServer, bind
from tests.machine import PATIENCE, reserve_port
from tests.warm import WarmProcess

ADMIN = {"authorization": "Bearer the-admin-key"}
WAIT = {"prefer": "wait=30"}
SOON = ["30ms"] * 20  #: a schedule of retries for tests


#: A process whose leases end soon, and one that gives what hangs at a stop less time than ours do.
SHORT_LEASES = """
from flowhook.cli import main
from flowhook.storage.postgres import leases, ownership

leases.LEASE_SECONDS = 4.0
leases.BEAT_SECONDS = ownership.BEAT_SECONDS = 0.5
main()
"""
#: One that soon finds another one dead, and takes none for dead that a busy machine makes wait.
QUICK_BEATS = SHORT_LEASES.replace("LEASE_SECONDS = 4.0", "LEASE_SECONDS = 60.0")
SHORT_STOP = """
from flowhook.cli import main
from flowhook.runtime import lifecycle

lifecycle.STOP_SECONDS = 2.0
main()
"""


async def until(holds: Callable[[], Any], seconds: float = PATIENCE) -> None:
    """Wait for a condition, or fail when it does not come true in time."""
    end = asyncio.get_running_loop().time() + seconds
    while not holds():
        assert asyncio.get_running_loop().time() < end, "this did not come true in time"
        await asyncio.sleep(0.005)


async def eventually(holds: Callable[[], Awaitable[Any]], seconds: float = PATIENCE) -> None:
    """The same for a condition that has to be asked for."""
    end = asyncio.get_running_loop().time() + seconds
    while not await holds():
        assert asyncio.get_running_loop().time() < end, "this did not come true in time"
        await asyncio.sleep(0.01)


def client_of(port: int) -> httpx.AsyncClient:
    """A client of a server on this machine. It reads no certificates, which takes longer than many a test."""
    url = f"http://127.0.0.1:{port}"
    return httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False, verify=False)


@dataclass(slots=True)
class Received:
    """One request that reached the outside."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, str]
    answered: int = 0

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return str(self.json["AIOutput"]["text"])

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def sequence(self) -> int:
        return int(self.headers["flowhook-sequence"])


Answer = Callable[[Received], Awaitable[web.Response | None]]


@dataclass
class Outside:
    """The webhook's receiver (at ``/hook``) and every service that flows call."""

    received: list[Received] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def at(self, path: str = "/hook") -> list[Received]:
        """Everything that reached a path."""
        return [delivery for delivery in self.received if delivery.path == path]

    def taken(self, path: str = "/hook") -> list[Received]:
        """What was answered with 2xx."""
        return [delivery for delivery in self.at(path) if 200 <= delivery.answered < 300]

    def texts(self, session: str | None = None) -> list[str]:
        """The texts that arrived well, in order of arrival."""
        return [delivery.text for delivery in self.taken() if session in (None, delivery.json["sessionId"])]

    def told(self, session: str | None = None) -> list[str]:
        """The same, each delivery once: what a process had sent as it was killed is sent again."""
        seen: dict[str, str] = {}
        for one in self.taken():
            if session in (None, one.json["sessionId"]):
                seen.setdefault(one.id, one.text)
        return list(seen.values())

    async def until(self, count: int, path: str = "/hook", seconds: float = PATIENCE) -> list[Received]:
        """Wait until so many requests were taken at a path."""
        await until(lambda: len(self.taken(path)) >= count, seconds)
        return self.taken(path)

    async def handle(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        one = Received(request.method, request.path, headers, await request.read(), dict(request.query))
        self.received.append(one)
        answer = await self.answers[one.path](one) if one.path in self.answers else None
        answer = answer or web.json_response({"ok": True})
        one.answered = answer.status
        return answer


def failing(share: float, seed: int = 1) -> Answer:
    """A receiver that answers 500, or only hangs up, to so many of the requests."""
    chance = random.Random(seed)

    async def answer(_: Received) -> web.Response | None:
        return web.Response(status=500) if chance.random() < share else None

    return answer


def status(code: int, **headers: str) -> Answer:
    """Always the same status."""

    async def answer(_: Received) -> web.Response:
        return web.Response(status=code, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return answer


def held(gate: asyncio.Event, payload: Any = None) -> Answer:
    """A service that answers once the gate is open."""

    async def answer(_: Received) -> web.Response:
        await gate.wait()
        return web.json_response(payload if payload is not None else {"ok": True})

    return answer


@dataclass
class Project:
    """A directory with a configuration, flows and plugins."""

    root: Path
    outside: Outside
    settings: dict[str, Any] = field(default_factory=dict)
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)

    def flow(self, name: str, text: str) -> None:
        """Write a flow; the name is put in front. ``OUT`` stands for the outside's address."""
        directory = self.root / "flows"
        directory.mkdir(exist_ok=True)
        text = textwrap.dedent(text).replace("OUT", self.outside.url)
        (directory / f"{name}.yaml").write_text(f"flow: {name}\n{text}")

    def plugin(self, name: str, text: str) -> None:
        """Write a plugin."""
        directory = self.root / "plugins"
        directory.mkdir(exist_ok=True)
        text = textwrap.dedent(text).replace("OUT", self.outside.url)
        (directory / f"{name}.py").write_text(f'"""A plugin of the tests."""\n{text}')

    def endpoint(
        self, name: str, flow: str = "", *, webhook: dict[str, Any] | None = None, **more: Any
    ) -> None:
        """An endpoint whose token is ``tok-<name>``."""
        hook = {"url": f"{self.outside.url}/hook", "timeout": "5s", "retries": SOON, **(webhook or {})}
        self.endpoints[name] = {
            "name": name, "token": f"tok-{name}", "flow": flow or name, "allow_wait": True, "webhook": hook,
            **more,
        }  # fmt: skip

    def write(self, port: int = 0) -> Path:
        """Write ``config.yaml``; JSON is YAML."""
        config = {
            "server": {"port": port or 8000},
            "storage": "sqlite:///bot.db",
            "admin_key": "the-admin-key",
            "outgoing": {"allow": ["127.0.0.1"]},
            **self.settings,
            "endpoints": list(self.endpoints.values()),
        }
        path = self.root / "config.yaml"
        path.write_text(json.dumps(config, indent=1))
        return path


class Caller:
    """What clients do, whatever serves them."""

    http: httpx.AsyncClient

    async def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        return await self.http.post(path, json=body, headers=headers)

    async def say(
        self, token: str, text: str = "", session: str = "s1", route: str = "", wait: bool = True, **more: Any
    ) -> list[str]:
        """Send something and answer the texts of its turn."""
        body = {"userId": "u1", "sessionId": session, "text": text, **more}
        answer = await self.post(f"{route}/tok-{token}", body, WAIT if wait else None)
        assert answer.status_code == (200 if wait else 202), answer.text
        return [output["text"] for output in answer.json()["outputs"]] if wait else []

    async def send(
        self, token: str, text: str = "", session: str = "s1", route: str = "", **more: Any
    ) -> str:
        """Send something and answer its trace id."""
        body = {"userId": "u1", "sessionId": session, "text": text, **more}
        answer = await self.post(f"{route}/tok-{token}", body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["traceId"])

    async def receipt(self, trace_id: str) -> dict[str, Any]:
        answer = await self.http.get(f"/receipts/{trace_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def ends(self, trace_id: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """The receipt of a turn, once it has ended."""

        async def ended() -> bool:
            return (await self.receipt(trace_id))["status"] in ("done", "failed", "discarded")

        await eventually(ended, seconds)
        return await self.receipt(trace_id)

    async def resolved(self, trace_id: str) -> list[str]:
        """The statuses of a turn's deliveries, once none is pending."""

        async def none_pending() -> bool:
            receipt = await self.receipt(trace_id)
            ended = receipt["status"] in ("done", "failed", "discarded")
            return ended and all(output["status"] != "pending" for output in receipt["outputs"])

        await eventually(none_pending)
        return [row["status"] for row in (await self.receipt(trace_id))["outputs"]]

    async def api(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.http.request(method, f"/api{path}", json=body, headers=ADMIN)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def session(self, endpoint: str, session: str = "s1", user: str = "u1") -> dict[str, Any]:
        found: dict[str, Any] = await self.api("GET", f"/sessions/{endpoint}/{user}/{session}")
        return found

    async def context(self, endpoint: str, session: str = "s1") -> dict[str, Any]:
        context: dict[str, Any] = (await self.session(endpoint, session))["state"]["context"]
        return context


class Live(Caller):
    """The server in this process, behind a real socket."""

    services: Application

    def __init__(self, project: Project) -> None:
        self.project = project
        self.overrides = Overrides()
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        source = ConfigSource(self.project.write(), dict(os.environ))
        config = load_config(source.path, source.environ)
        try:
            self.services = await self._stack.enter_async_context(
                open_application(config, source=source, overrides=self.overrides)
            )
        except FlowFileError as error:
            raise AssertionError(*error.problems) from error
        sock = bind("127.0.0.1", 0)
        self.port = sock.getsockname()[1]
        server = HttpServer(create_app(self.services), graceful=1.0)
        await self._stack.enter_async_context(server.listening(sock))
        self.http = client_of(self.port)

    async def stop(self) -> None:
        await self._stack.aclose()  # first: a client that is closed while it connects leaves a socket open
        await self.http.aclose()

    async def restart(self) -> None:
        await self.stop()
        await self.start()


class Process(Caller):
    """The server as a process of its own, which can be killed."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.port = reserve_port()
        self.log = project.root / "server.log"
        self.script: Path | None = None  #: what runs in place of flowhook
        self.process: WarmProcess | subprocess.Popen[bytes] | None = None
        self.http = client_of(self.port)

    async def start(self, *arguments: str, **environment: str) -> None:
        self.launch(*arguments, **environment)
        await self.answers()

    def launch(self, *arguments: str, **environment: str) -> None:
        """Begin to start, without waiting for it."""
        path = self.project.write(self.port)
        command = ["serve", "--config", str(path), *arguments]
        where: dict[str, Any] = {"cwd": self.project.root, "env": {**os.environ, **environment}}
        with self.log.open("ab") as log:
            if "LD_PRELOAD" not in environment:
                self.process = WarmProcess(*command, script=self.script, **where, stdout=log, stderr=log)
            else:
                program = [sys.executable, "-m", "flowhook", *command]
                self.process = subprocess.Popen(program, **where, stdout=log, stderr=log)

    async def answers(self, seconds: float = PATIENCE) -> None:
        async with asyncio.timeout(seconds):
            while True:
                assert self.process is not None
                assert self.process.poll() is None, self.log.read_text()[-3000:]
                try:
                    if (await self.http.get("/readyz")).status_code == 200:
                        return
                except (httpx.TransportError, aiohttp.ClientError):
                    await asyncio.sleep(0.02)

    def runs(self, script: str) -> None:
        """In place of flowhook: a script that changes something and then is flowhook."""
        self.script = self.project.root / "instead.py"
        self.script.write_text(script)

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await asyncio.to_thread(self.process.wait)

    async def terminate(self, seconds: float = PATIENCE) -> int:
        """SIGTERM; answers the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, seconds)

    async def close(self) -> None:
        await self.http.aclose()
        if self.process is not None and self.process.poll() is None:
            await self.kill()
