"""Attacks over real sockets on a server that is a process of its own. While and after each, others are
answered (within a second on an idle machine), the process lives, its log stays small, it stops in time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import httpx
import pytest

from flowhook.runtime.intake.scheduled import SCHEDULED_LIMIT
from tests import machine
from tests.e2e.kit import ADMIN, Outside, Process, Project
from tests.machine import PATIENCE

pytestmark = pytest.mark.slow

ANSWER = PATIENCE / 8  #: seconds for an answer to somebody else; a second on a machine that is idle
STOP = PATIENCE / 4  #: for a stop; three seconds on such a machine
LOG = 300_000  #: bytes that one attack may write into the log
HOSTILE = "127.0.0.2"  #: where attacks come from: each address has its own share

FLOWS = {
    "echo": 'nodes:\n  - say: "{{ input.text }}"\n',
    "dates": """
nodes:
  - id: all
    collect:
      - {text: First?, type: date, store: context.a}
      - {text: Second?, type: date, store: context.b}
      - {text: Third?, type: datetime, store: context.c}
  - say: Done.
""",
    "patterns": "nodes:\n  - switch: input.text\n    cases:\n"
    + "".join(f'      "/^(a+)+{number}$/": [{{say: "{number}"}}]\n' for number in range(150))
    + "    default: [{say: none}]\n",
}


@pytest.fixture
async def server(project: Project, outside: Outside, process: Process) -> AsyncIterator[Process]:
    """A server with three flows; when the attack is over it has to be well, and to stop in time."""
    for name, text in FLOWS.items():
        project.flow(name, text)
        project.endpoint(name)
    await process.start()
    before = process.log.stat().st_size
    yield process
    await others_are_answered(process)
    began = time.monotonic()
    assert await process.terminate(STOP) == 0, process.log.read_text()[-3000:]
    assert time.monotonic() - began < STOP
    assert process.log.stat().st_size - before < LOG
    assert "Traceback" not in process.log.read_text(), process.log.read_text()[-5000:]


async def others_are_answered(process: Process) -> None:
    """Somebody else sends a message, and asks whether the server is well."""
    began = time.monotonic()
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{process.port}", timeout=ANSWER, trust_env=False, verify=False
    ) as client:
        body = {"userId": "u9", "sessionId": f"s{began}", "text": "hello"}
        assert (await client.post("/tok-echo", json=body)).status_code == 202
        assert (await client.get("/healthz")).status_code == 200
    assert time.monotonic() - began < ANSWER


@contextlib.asynccontextmanager
async def connections(
    process: Process, count: int, first: bytes
) -> AsyncIterator[list[asyncio.StreamReader]]:
    """So many connections that send something, never read, and stay open."""
    opened = []
    for _ in range(count):
        with contextlib.suppress(OSError):
            opened.append(
                await asyncio.open_connection("127.0.0.1", process.port, local_addr=(HOSTILE, 0), limit=1024)
            )
            opened[-1][1].write(first)
    try:
        yield [reader for reader, _ in opened]
    finally:
        for _, writer in opened:
            writer.transport.abort()


def post(path: str, body: bytes, length: int | None = None, more: str = "") -> bytes:
    """A request as it goes over the wire."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body) if length is None else length}{more}\r\n\r\n".encode() + body


async def until_ended(server: Process, token: str, text: str, session: str) -> str:
    """Send a message, others go on meanwhile, and return how its turn ended."""
    trace_id = await server.send(token, text, session=session)
    await others_are_answered(server)
    return str((await server.ends(trace_id))["status"])


@pytest.mark.parametrize("piece", ["½so ", "sun\u3000", "im 5 uhr 1."])
async def test_answers_that_take_long_to_read(server: Process, piece: str) -> None:
    """A text of many weekdays, to a question for three dates."""
    await server.ends(await server.send("dates", "hello", session=piece))
    assert await until_ended(server, "dates", (piece * 4000)[:10_000], piece) == "done"


async def test_a_turn_of_many_slow_patterns(server: Process) -> None:
    """Each pattern stops in time, and so does the turn that has 150 of them."""
    assert await until_ended(server, "patterns", "a" * 9000 + "!", "slow") == "failed"
    assert await server.say("patterns", "b", session="quick") == ["none"]


@pytest.mark.parametrize(
    "first",
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\6\4\0\0\0\0\0\0\4\0\0\0\0",  # windows closed
        b"GET /docs HTTP/1.1\r\nHost: x\r\n\r\n" * 50,
        b"GET /receipts/x HTTP/1.1\r\nHost: x\r\n\r\n" * 50,
        b"POST /tok-echo HTTP/1.1\r\nHost: x\r\n",  # a head that does not end
        post("/tok-echo", b"{", length=200_000),
        b"",
    ],
    ids=["http2", "unread-docs", "unread-receipts", "half-head", "announced-body", "idle"],
)
async def test_connections_that_only_take(server: Process, first: bytes) -> None:
    """A hundred of them: others are answered while they stand, and a stop does not wait for them."""
    async with connections(server, 100, first):
        for _ in range(3):
            await others_are_answered(server)
        assert server.process is not None
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.process.wait, STOP) == 0
        assert time.monotonic() - began < STOP
    await server.start()


async def test_connections_that_come_and_go(server: Process) -> None:
    """A thousand that ask and leave: no descriptor stays, no log grows."""
    for _ in range(20):
        async with connections(server, 50, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"):
            pass
    await others_are_answered(server)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00" + bytes(200),
        b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        post("/tok-echo", b"{}", more="\r\nTransfer-Encoding: chunked").replace(b"HTTP/1.1", b"HTTP/2.0"),
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
        b"A" * 200_000,
    ],
    ids=["tls", "connect", "path", "two-lengths", "many-headers", "one-line"],
)  # fmt: skip
async def test_garbage(server: Process, garbage: bytes) -> None:
    """A hundred times what is no request: refused, closed, and hardly logged."""
    async with connections(server, 100, garbage) as readers:
        answer = await asyncio.wait_for(readers[0].read(100), ANSWER) if readers else b""
        assert b" 202 " not in answer
        await others_are_answered(server)


async def test_messages_for_later_have_limits(server: Process) -> None:
    """Large ones for one instant, none for the end of time: others have room, and a stop waits for none."""
    await server.ends(await server.send("echo", "hello", session="later"))
    body = {"userId": "u1", "sessionId": "later", "text": "x" * 9_000}
    body["notBefore"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86_400))
    assert {(await server.post("/notify/tok-echo", body)).status_code for _ in range(50)} == {202}
    never = {**body, "notBefore": "9999-12-31T00:00:00Z"}
    assert (await server.post("/notify/tok-echo", never)).status_code == 400


async def fill_with_later(server: Process, count: int, due: float) -> None:
    """Schedule so many injects for one moment, at most fifty in each session, by ten callers."""
    sessions = max(10, count // 50)
    moment = datetime.fromtimestamp(due, UTC).isoformat()

    async def fill(names: list[str]) -> None:
        for session in names:
            await server.ends(await server.send("echo", "hello", session=session))
            for number in range(count // sessions):
                body = {"userId": "u1", "sessionId": session, "text": "later", "messageId": f"m{number}"}
                await schedule(body)

    async def schedule(body: dict[str, str]) -> None:
        while True:  # a connection that was idle may be closed as it is used again
            with contextlib.suppress(httpx.TransportError):
                posted = await server.post("/inject/tok-echo", {**body, "notBefore": moment})
                assert posted.status_code == 202
                return

    names = [f"later{number}" for number in range(sessions)]
    await asyncio.gather(*(fill(names[caller::10]) for caller in range(10)))


async def test_messages_that_fall_due_at_one_instant(server: Process) -> None:
    """They wait behind what others say."""
    await fill_with_later(server, 200, time.time() + 2)
    while (await server.api("GET", "/status"))["stored"]["timers"]:
        await others_are_answered(server)


@pytest.mark.timeout(1200)
async def test_an_endpoint_has_room_for_so_many_messages_for_later(server: Process) -> None:
    """One more is refused, messages are not, and another endpoint has a room of its own. Filled with
    ``--examples=long`` only, as it holds ten thousand; ``runtime/test_timing.py`` lowers the limit."""
    count = SCHEDULED_LIMIT if machine.long_properties else 20
    tomorrow = time.time() + 86_400
    await fill_with_later(server, count, tomorrow)
    moment = datetime.fromtimestamp(tomorrow, UTC).isoformat()
    more = {"userId": "u1", "sessionId": "later0", "text": "one more", "notBefore": moment}
    if machine.long_properties:
        refused = await server.post("/inject/tok-echo", more)
        assert (refused.status_code, refused.json()["code"]) == (503, "backlog_full")
    await others_are_answered(server)
    await server.ends(await server.send("dates", "hello", session="later0"))
    assert (await server.post("/inject/tok-dates", more)).status_code == 202


QUICK_GUESSES = """
from flowhook.cli import main
from flowhook.web.admin import auth

auth.GUESS_DELAY = 0.1
main()
"""


async def test_guesses_at_the_admin_key(server: Process) -> None:
    """They slow down and end in 429 for who guesses; the log does not grow with them."""
    await server.terminate()
    server.runs(QUICK_GUESSES)
    await server.start()
    transport = httpx.AsyncHTTPTransport(local_address=HOSTILE)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{server.port}", transport=transport, timeout=PATIENCE
    ) as hostile:
        codes = [
            (await hostile.get("/api/status", headers={"authorization": f"Bearer {n}"})).status_code
            for n in range(40)
        ]
    assert codes[0] == 401
    assert codes[-1] == 429
    assert (await server.http.get("/api/status", headers=ADMIN)).status_code == 200


@pytest.mark.parametrize("flood", ["interim", "head", "body", "silence"])
async def test_receivers_that_do_not_answer(server: Process, project: Project, flood: str) -> None:
    """A webhook that floods with 1xx, sends a head or a body without end, or nothing."""
    await server.terminate()
    async with await asyncio.start_server(flooding(FLOODS[flood]), "127.0.0.1", 0) as receiver:
        port = receiver.sockets[0].getsockname()[1]
        project.endpoint("flood", "echo", webhook={"url": f"http://127.0.0.1:{port}/", "timeout": "1s"})
        await server.start()
        for number in range(4):
            await server.send("flood", "x", session=f"s{number}")
        for _ in range(3):
            await others_are_answered(server)


FLOODS = {
    "interim": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 100),
    "head": (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 1000),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", b"x" * 65_536),
    "silence": (b"", b""),
}
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def flooding(flood: tuple[bytes, bytes]) -> Handler:
    """A receiver that sends this for ever."""
    first, again = flood

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(first)
            while again and not writer.is_closing():
                writer.write(again)
                await writer.drain()
            await reader.read()
        writer.close()

    return handle


async def test_large_and_deep_bodies(server: Process) -> None:
    """Refused in words, each."""
    deep = json.dumps({"userId": "u", "sessionId": "s", "text": "x", "data": {}})[:-2]
    for body in (
        b"[" * 100_000,
        deep.encode() + b'"a":' + b"[" * 5000,
        b'{"a":' + b"9" * 100_000 + b"}",
        b"\0" * 200_000,
    ):
        answer = await server.http.post(
            "/tok-echo", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code in (400, 413)
