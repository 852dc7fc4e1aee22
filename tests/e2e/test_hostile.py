"""Clients that hang up, dawdle or crowd in; a stop under load; secrets that must not be seen anywhere."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import resource
import sqlite3
import time
from collections import defaultdict
from typing import Any

import httpx
import pytest
from aiohttp import web

from tests.machine import PATIENCE

from .conftest import Start
from .kit import (
    ADMIN,
    SHORT_STOP,
    WAIT,
    Live,
    Outside,
    Process,
    Project,
    Received,
    failing,
    held,
    status,
    until,
)  # fmt: skip

COUNT = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "{{ context.n }} {{ input.text }}"
"""


def raw_post(token: str, session: str, text: str, cut: int = 0) -> bytes:
    """A request as bytes; ``cut`` of them are left out at the end."""
    body = json.dumps({"userId": "u1", "sessionId": session, "text": text}).encode()
    head = f"POST /tok-{token} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    return request[: len(request) - cut]


async def test_whoever_hangs_up_before_the_202_is_heard_fully_or_not_at_all(
    project: Project, outside: Outside, start: Start
) -> None:
    """What came whole may be accepted, what did not is not; nothing in between, and the server is well."""
    project.flow("count", COUNT)
    project.endpoint("count")
    live = await start()

    async def hang_up(session: str, cut: int, reset: bool) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", live.port)
        writer.write(raw_post("count", session, "x", cut))
        await writer.drain()
        if reset:
            writer.transport.abort()
        writer.close()

    await asyncio.gather(*(hang_up(f"whole{n}", 0, n % 2 == 0) for n in range(20)))
    await asyncio.gather(*(hang_up(f"cut{n}", 1 + n, n % 2 == 0) for n in range(20)))
    await until(lambda: live.services.turns.backlog == 0)
    assert await live.say("count", "hi", "fine") == ["1 hi"]
    sessions = (await live.api("GET", "/sessions?limit=100"))["sessions"]
    names = {row["sessionId"] for row in sessions}
    assert not any(name.startswith("cut") for name in names)
    assert all(row["backlog"] == 0 for row in sessions)
    heard = [name for name in names if name.startswith("whole")]
    await outside.until(len(heard) + 1)
    assert sorted(one.json["sessionId"] for one in outside.taken()) == sorted([*heard, "fine"])


async def test_slow_bodies_hold_nobody_up(project: Project, start: Start) -> None:
    """A hundred clients that send a byte and wait; another one is answered at once."""
    project.flow("count", COUNT)
    project.endpoint("count")
    live = await start()
    writers = []
    for n in range(100):
        _, writer = await asyncio.open_connection("127.0.0.1", live.port)
        writer.write(raw_post("count", f"slow{n}", "x", 40))
        writers.append(writer)
    async with asyncio.timeout(PATIENCE):
        assert await live.say("count", "hi") == ["1 hi"]
    for writer in writers:
        writer.close()


async def test_a_thousand_connections_stay_open(project: Project, process: Process) -> None:
    """Each sends one message, keeps its connection, and sends another one on it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 4096:
        pytest.skip(f"only {hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    project.flow("count", COUNT)
    project.endpoint("count", webhook={"url": ""})
    await process.start()

    async def client(number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
        await exchange(reader, writer, number)
        return reader, writer, time.monotonic()

    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        writer.write(raw_post("count", f"s{number % 50}", str(number)))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 202"), head
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)

    open_ones = []
    for start_at in range(0, 1000, 100):
        open_ones += await asyncio.gather(*(client(n) for n in range(start_at, start_at + 100)))
    assert await process.say("count", "hi", "other") == ["1 hi"]
    now = time.monotonic()  # the server may close those that were idle for long
    assert not any(reader.at_eof() for reader, _, used in open_ones if now - used < 1.0)
    living = [(n, reader, writer) for n, (reader, writer, _) in enumerate(open_ones) if not reader.at_eof()]
    for begin in range(0, len(living), 100):
        await asyncio.gather(
            *(exchange(reader, writer, n) for n, reader, writer in living[begin : begin + 100])
        )
    assert living
    for _, writer, _ in open_ones:
        writer.close()


async def test_a_stop_under_load_loses_nothing(project: Project, outside: Outside, process: Process) -> None:
    """SIGTERM while clients post: 503 or a closed door, exit code 0 in time, and every 202 is honoured
    after the next start."""
    project.flow("count", COUNT)
    project.endpoint("count", webhook={"retries": ["50ms"] * 20})
    outside.answers["/hook"] = failing(0.1)
    await process.start()
    accepted: dict[str, list[str]] = defaultdict(list)
    refused: list[int] = []

    async def client(number: int) -> None:
        n = 0
        async with httpx.AsyncClient(base_url=str(process.http.base_url), trust_env=False) as http:
            while True:
                session, text = f"s{number}", f"m{n}"
                body = {"userId": "u1", "sessionId": session, "text": text}
                try:
                    answer = await http.post("/tok-count", json=body)
                except httpx.TransportError:
                    return
                if answer.status_code != 202:
                    refused.append(answer.status_code)
                    assert answer.headers["retry-after"]
                    return
                accepted[session].append(text)
                n += 1

    clients = [asyncio.create_task(client(number)) for number in range(8)]
    await until(lambda: sum(map(len, accepted.values())) > 100)
    assert await process.terminate() == 0, process.log.read_text()[-2000:]
    await asyncio.gather(*clients)
    assert set(refused) <= {503}
    await process.start()
    total = sum(map(len, accepted.values()))
    # A message whose 202 was cut off by the stop may have been accepted too.
    await until(lambda: len({one.id for one in outside.taken()}) >= total)
    texts: dict[str, list[str]] = {}
    for one in sorted(outside.taken(), key=lambda item: item.sequence):
        known = texts.setdefault(one.json["sessionId"], [])
        if one.sequence > len(known):
            known.append(one.text)
    for session, sent in accepted.items():
        heard = texts[session]
        assert [text.split()[1] for text in heard][: len(sent)] == sent
        assert [int(text.split()[0]) for text in heard] == list(range(1, len(heard) + 1))
        assert len(heard) <= len(sent) + 1
    assert await process.terminate() == 0


# --- secrets ----------------------------------------------------------------------------------

CANARIES = {
    "webhook password": "CANARY-webhook-password",
    "webhook secret": "CANARY-webhook-secret",
    "connection bearer": "CANARY-connection-bearer",
    "connection password": "CANARY-connection-password",
    "connection header": "CANARY-connection-header",
    "admin key": "CANARY-admin-key",
    "plugin setting": "CANARY-plugin-setting",
}


def whole_text(log: logging.LogRecord) -> str:
    """A record as any formatter would show it, its exception included."""
    return logging.Formatter().format(log) + repr(vars(log))


async def test_secrets_are_never_seen(
    project: Project, outside: Outside, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Under a load with failures of all sorts no secret is in a log, an answer, a trace, a receipt,
    a metric or the database; keys of endpoints are on disk as hashes only."""
    caplog.set_level(logging.DEBUG)
    c = CANARIES
    project.settings |= {
        "admin_key": c["admin key"],
        "log": {"level": "debug"},
        "connections": {
            "crm": {"base_url": f"{outside.url}/crm", "bearer": c["connection bearer"],
                    "headers": {"X-Secret": c["connection header"]}},
            "closed": {"base_url": "http://127.0.0.1:1", "user": "me", "password": c["connection password"]},
            "blocked": {"base_url": "http://10.1.2.3", "bearer": c["connection bearer"]},
        },
        "plugins": {"settings": {"leaky": {"token": c["plugin setting"]}}},
    }  # fmt: skip
    project.plugin(
        "leaky",
        """
        from flowhook import Settings, hookimpl

        class Settings(Settings):
            token: str

        @hookimpl
        def transform_input(message, settings):
            if message["text"] == "raise":
                raise RuntimeError("something else")
        """,
    )
    project.flow(
        "leak",
        """
        nodes:
          - switch: input.text
            cases:
              good: {http_request: {connection: crm, url: "/x?{{ input.text }}", store_response: context.r}}
              broken: {http_request: {connection: crm, url: "/broken", method: POST, json: {}, retries: 1}}
              closed: {http_request: {connection: closed, url: "/x", retries: 0}}
              blocked: {http_request: {connection: blocked, url: "/x", retries: 0}}
              outside: {http_request: {connection: crm, url: "https://evil.test/", retries: 0}}
              type: {set: {context.x: "{{ input.text + 1 }}"}}
          - say: "{{ input.text }} {{ vars }} {{ context }}"
        """,
    )
    hook = {"user": "me", "password": c["webhook password"], "secret": c["webhook secret"],
            "retries": ["10ms", "10ms"]}  # fmt: skip
    project.endpoint("leak", transformers={"use": ["leaky"]}, auth="api_key", webhook=hook)
    outside.answers["/crm/broken"] = status(500)
    fails = iter([500, 422, 301, 429, 200, 200])

    async def answer(_: Received) -> web.Response | None:
        return web.Response(status=next(fails, 200), headers={"Location": "/x"})

    outside.answers["/hook"] = answer
    live = await start()
    admin = {"authorization": f"Bearer {c['admin key']}"}
    made = (await live.http.post("/api/endpoints/leak/keys", json={"name": "n"}, headers=admin)).json()
    key = made["key"]
    seen: list[str] = []
    headers = {"x-webhook-key": key, **WAIT}
    body: dict[str, Any] = {"userId": "u1", "sessionId": "s1"}
    for text in ("good", "broken", "closed", "blocked", "outside", "type", "raise", "other", ""):
        answered = await live.http.post("/tok-leak", json={**body, "text": text}, headers=headers)
        seen.append(answered.text + repr(answered.headers))
        if trace_id := answered.json().get("traceId"):
            seen.append((await live.http.get(f"/receipts/{trace_id}", headers=headers)).text)
    for wrong in ({}, {"x-webhook-key": key[:-1]}):
        answered = await live.http.post("/tok-leak", json={**body, "text": "x"}, headers=wrong)
        seen.append(answered.text + repr(answered.headers))
    for path in ("/api/endpoints", "/api/endpoints/leak", "/api/endpoints/leak/keys", "/api/status",
                 "/api/plugins", "/api/flows", "/api/deliveries", "/api/sessions", "/metrics", "/docs",
                 "/openapi.json", "/healthz", "/readyz", "/api/sessions/leak/u1/s1/export", "/api/nowhere",
                 "/api/users/u1/export"):  # fmt: skip
        answered = await live.http.get(path, headers=admin)
        seen.append(answered.text + repr(answered.headers))
        seen.append((await live.http.get(path, headers=ADMIN)).text)
    await until(lambda: len(outside.at()) >= 5)
    assert outside.at("/crm/x")[0].headers["authorization"] == f"Bearer {c['connection bearer']}"
    assert outside.at("/crm/x")[0].headers["x-secret"] == c["connection header"]
    await live.stop()
    logged = [whole_text(record) for record in caplog.records]
    await live.start()
    stored = await asyncio.to_thread(_dump, project)
    secrets = {**c, "endpoint key": key}
    for name, secret in secrets.items():
        for where, texts in (("answers", seen), ("logs", logged), ("database", stored)):
            found = next((text for text in texts if secret in text), None)
            assert found is None, f"the {name} is in the {where}: …{_around(found, secret)}…"
    sent = [json.dumps(one.headers) + one.body.decode() for one in outside.at()]
    for name in ("connection bearer", "admin key", "plugin setting", "webhook secret"):
        assert not any(secrets[name] in text for text in sent), name


def _dump(project: Project) -> list[str]:
    """All that is in the database and beside it, but the configuration."""
    texts = []
    for path in project.root.rglob("*"):
        if path.is_file() and path.name not in ("config.yaml",) and path.suffix not in (".py", ".pyc"):
            texts.append(path.read_bytes().decode("latin-1"))
    with contextlib.closing(sqlite3.connect(f"file:{project.root / 'bot.db'}?mode=ro", uri=True)) as db:
        texts += [line for line in db.iterdump()]
    return texts


def _around(text: str | None, secret: str) -> str:
    at = (text or "").find(secret)
    return (text or "")[max(0, at - 200) : at + 60]


async def test_the_admin_key_of_a_fresh_project_is_for_its_owner_only(project: Project, start: Start) -> None:
    """Made at the first start, mode 0600, never logged."""
    project.settings["admin_key"] = ""
    project.flow("count", COUNT)
    project.endpoint("count")
    live: Live = await start()
    path = project.root / ".flowhook" / "admin_key"
    assert path.stat().st_mode & 0o777 == 0o600
    key = path.read_text().strip()
    assert len(key) >= 32
    good = await live.http.get("/api/status", headers={"authorization": f"Bearer {key}"})
    assert good.status_code == 200
    assert (await live.http.get("/api/status", headers={"authorization": "Bearer x"})).status_code == 401
    assert (await live.http.get("/metrics")).status_code == 401


@pytest.mark.slow
async def test_a_stop_waits_for_nobody_for_ever(project: Project, outside: Outside, process: Process) -> None:
    """A service that hangs, a receiver that hangs, a caller that waits, a stream that is open: the
    server still ends by itself, in time, and loses nothing."""
    project.flow(
        "hung", 'nodes:\n  - say: one\n  - http_request: {url: "OUT/hung", timeout: 60s}\n  - say: two\n'
    )
    project.endpoint("hung", webhook={"timeout": "60s"})
    gate = asyncio.Event()
    outside.answers["/hung"] = held(gate)
    outside.answers["/hook"] = held(gate)
    process.runs(SHORT_STOP)
    await process.start()
    waiting = asyncio.create_task(
        process.post("/tok-hung", {"userId": "u1", "sessionId": "s1", "text": "x"}, {"prefer": "wait=30"})
    )
    async with process.http.stream("GET", "/api/events", headers=ADMIN) as stream:
        assert stream.status_code == 200
        await until(lambda: outside.at("/hung") and outside.at())
        began = asyncio.get_running_loop().time()
        assert await process.terminate() == 0, process.log.read_text()[-2000:]
        assert asyncio.get_running_loop().time() - began < PATIENCE / 4
    with contextlib.suppress(httpx.TransportError):
        assert (await waiting).status_code in (202, 503)
    gate.set()
    await process.start()
    await until(lambda: len({one.id for one in outside.taken()}) == 2)
    assert await process.terminate() == 0
