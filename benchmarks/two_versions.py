"""Two versions on one database, under traffic: the older one, this one beside it, a way back, and to the end.

``python benchmarks/two_versions.py PATH`` takes a checkout of an older version with an environment in its
``.venv``. Clients talk in sessions, to whichever process, each message until it is accepted. Meanwhile
processes are replaced, in order and by kill -9, so that both versions serve side by side, on the older
schema's tables and behind the newer one's migrations. At the end each session's receiver was told 1, 2, 3 …
in this order, and the state has counted the same.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import web
from cluster import DURABLE
from processes import free_port, machine

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.postgres_server import fetch, running_server  # noqa: E402 - behind the path to it

SESSIONS, PAUSE, PATIENCE = 24, 0.1, 180.0
ADMIN = {"authorization": "Bearer bench"}
#: A message of the fast path, one that calls somebody, one that waits for its time.
FLOWS = {
    "count": 'nodes:\n  - set: {context.n: "{{ context.n + 1 }}"}\n  - say: "{{ context.n }}"\n',
    "call": (
        'nodes:\n  - http_request: {url: "http://127.0.0.1:HOOK/call"}\n'
        '  - set: {context.n: "{{ context.n + 1 }}"}\n  - say: "{{ context.n }}"\n'
    ),
}
CONFIG = """
server: {{host: 127.0.0.1, port: {port}}}
storage: "{storage}"
admin_key: bench
log: {{level: warning}}
outgoing: {{allow: ["127.0.0.1"]}}
endpoints:
"""
ENDPOINT = '  - {{name: {0}, token: {0}, flow: {0}, webhook: {{url: "http://127.0.0.1:{1}/hook"}}}}\n'


@dataclass
class Receiver:
    """Notes what it is told, each delivery once, in the order of arrival."""

    port: int
    told: dict[str, dict[str, str]] = field(default_factory=dict)
    repeats: int = 0

    async def handle(self, request: web.Request) -> web.Response:
        """A delivery, or a call of a flow."""
        if request.path == "/hook":
            body = await request.json()
            session = self.told.setdefault(body["sessionId"], {})
            self.repeats += request.headers["webhook-id"] in session
            session.setdefault(request.headers["webhook-id"], body["AIOutput"]["text"])
        return web.json_response({"ok": True})


class Server:
    """A process of one version."""

    def __init__(self, program: Path, root: Path, url: str, hook: int) -> None:
        self.program, self.port = program, free_port()
        self.root = root / str(self.port)
        (self.root / "flows").mkdir(parents=True)
        for name, flow in FLOWS.items():
            text = f"flow: {name}\ncontext: {{n: 0}}\n{flow}".replace("HOOK", str(hook))
            (self.root / "flows" / f"{name}.yaml").write_text(text)
        text = CONFIG.format(port=self.port, storage=url)
        (self.root / "config.yaml").write_text(text + "".join(ENDPOINT.format(name, hook) for name in FLOWS))
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, http: aiohttp.ClientSession) -> None:
        """Until it serves."""
        with (self.root / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                str(self.program), "serve", "--config", "config.yaml", cwd=self.root, stdout=log, stderr=log
            )
        async with asyncio.timeout(PATIENCE):
            while True:
                if self.process.returncode is not None:
                    raise SystemExit((self.root / "log").read_text()[-3000:])
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"http://127.0.0.1:{self.port}/readyz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)

    async def end(self, how: signal.Signals) -> None:
        """Return when it has ended."""
        assert self.process is not None
        self.process.send_signal(how)
        code = await self.process.wait()
        if how is signal.SIGTERM and code:
            raise SystemExit(f"it ended with {code}: {(self.root / 'log').read_text()[-3000:]}")


class Talker:
    """Says one thing after the other in a session, to any process that serves, each until it is accepted."""

    def __init__(self, endpoint: str, number: int, servers: list[Server], chance: random.Random) -> None:
        self.endpoint, self.session = endpoint, f"{endpoint}-{number}"
        self.accepted = 0
        self._servers, self._chance = servers, chance

    async def talk(self, http: aiohttp.ClientSession, done: asyncio.Event) -> None:
        """Until told to stop; the last one is accepted, too."""
        while not done.is_set():
            await self._say(http)
            await asyncio.sleep(PAUSE * self._chance.uniform(0.5, 1.5))

    async def _say(self, http: aiohttp.ClientSession) -> None:
        body = {"userId": "u1", "sessionId": self.session, "text": "hi"}
        route = ""
        if self.accepted % 7 == 3:
            at = datetime.fromtimestamp(time.time() + 0.3, UTC).isoformat()
            body, route = {**body, "notBefore": at}, "/inject"
        key = {"idempotency-key": f"{self.session}-{self.accepted}"}
        while True:
            port = self._chance.choice(self._servers).port
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                url = f"http://127.0.0.1:{port}{route}/{self.endpoint}"
                async with http.post(
                    url, json=body, headers=key, timeout=aiohttp.ClientTimeout(10)
                ) as answer:
                    if answer.status == 202:
                        self.accepted += 1
                        return
                    if answer.status not in (429, 500, 503):
                        raise SystemExit(f"{answer.status}: {await answer.text()}")
            await asyncio.sleep(0.05)


async def run(older: Path, url: str, seconds: float) -> None:
    """Everything, and what came of it."""
    chance, done = random.Random(5), asyncio.Event()
    old, new = older / ".venv" / "bin" / "flowhook", Path(sys.executable).with_name("flowhook")
    receiver = Receiver(free_port())
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", receiver.port).start()
    with tempfile.TemporaryDirectory() as folder:
        servers: list[Server] = []
        async with aiohttp.ClientSession() as http:

            def made(program: Path) -> Server:
                return Server(program, Path(folder), url, receiver.port)

            async def joins(program: Path) -> None:
                server = made(program)
                await server.start(http)
                servers.append(server)

            async def leaves(how: signal.Signals) -> None:
                server = servers.pop(0)
                await server.end(how)

            async def rests(what: str) -> None:
                await asyncio.sleep(seconds)
                schema = fetch(url, "SELECT max(number) FROM flowhook_schema")[0][0]
                said = sum(talker.accepted for talker in talkers)
                programs = ", ".join("old" if server.program == old else "new" for server in servers)
                print(f"{what}: serving {programs}; schema {schema}; {said} accepted so far", flush=True)

            await joins(old)
            await joins(old)
            talkers = [
                Talker(endpoint, number, servers, chance)
                for endpoint in FLOWS
                for number in range(SESSIONS // 2)
            ]
            talking = [asyncio.create_task(talker.talk(http, done)) for talker in talkers]
            try:
                await rests("the older version")
                await joins(new)
                await rests("this one beside it, which migrated")
                await leaves(signal.SIGTERM)
                await joins(new)
                await rests("an old one was stopped")
                await leaves(signal.SIGKILL)
                await joins(old)
                await rests("an old one was killed, and is back on the newer schema")
                await leaves(signal.SIGKILL)
                await leaves(signal.SIGTERM)
                await rests("the way back: this version was killed and stopped")
                await joins(new)
                await joins(new)
                await leaves(signal.SIGTERM)
                await rests("the older version is gone")
                done.set()
                await asyncio.gather(*talking)
                await judge(talkers, receiver, http, servers[0].port)
            finally:
                for server in servers:
                    with contextlib.suppress(ProcessLookupError):
                        await server.end(signal.SIGKILL)
    await runner.cleanup()


async def judge(talkers: list[Talker], receiver: Receiver, http: aiohttp.ClientSession, port: int) -> None:
    """Raise SystemExit for what was lost, doubled or out of order."""
    async with asyncio.timeout(PATIENCE):
        while any(len(receiver.told.get(one.session, ())) < one.accepted for one in talkers):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    for talker in talkers:
        told = list(receiver.told[talker.session].values())
        if told != [str(number) for number in range(1, talker.accepted + 1)]:
            raise SystemExit(f"{talker.session}: {talker.accepted} accepted, told {told}")
        path = f"http://127.0.0.1:{port}/api/sessions/{talker.endpoint}/u1/{talker.session}"
        async with http.get(path, headers=ADMIN) as answer:
            state = (await answer.json())["state"]["context"]
        if state != {"n": talker.accepted}:
            raise SystemExit(f"{talker.session}: {talker.accepted} accepted, counted {state}")
    print(
        f"{sum(talker.accepted for talker in talkers)} messages in {len(talkers)} sessions: none lost,"
        f" all in order, counted once; {receiver.repeats} deliveries came again, with the ids that they had"
    )


def main() -> None:
    """Run, and say what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("older", type=Path, help="a checkout with an environment in .venv")
    parser.add_argument("--seconds", type=float, default=5.0, help="between two changes")
    options = parser.parse_args()
    print(machine())
    settings = {name: value for name, value in DURABLE.items() if "pg_stat" not in name + value}
    with running_server(None, **settings) as server:
        url = server.url(server.create_database())
        asyncio.run(run(options.older.resolve(), url, options.seconds))


if __name__ == "__main__":
    main()
