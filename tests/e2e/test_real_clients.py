"""Channels against the clients and servers of others: a Bot API server from npm, LINE's own library.

What they consist of comes from lock files (``clients/``), into directories of their own: LINE's library wants
older dependencies than flowhook. Without a network the tests are skipped, but with
``FLOWHOOK_CLIENTS=required``, as in CI.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest

from tests.machine import PATIENCE, reserve_port

from .conftest import Start
from .kit import Live, Outside, Project, eventually

CLIENTS = Path(__file__).parent / "clients"
ROOT = CLIENTS.parents[2]
REQUIRED = os.environ.get("FLOWHOOK_CLIENTS") == "required"
INSTALL_SECONDS = 300
FLOW = """
nodes:
  - id: size
    ask: {text: "Which size?", type: choice, choices: [small, large], store: context.size}
  - say: "{{ context.size }} it is."
  - say: {text: "See", image: {url: "https://shop.example/p.png", alt: A pizza}}
"""
TOKEN = "12345:a-token-of-the-tests"
USER = {"id": 7, "first_name": "Ada", "username": "ada", "is_bot": False}
CHAT = {"id": 9, "first_name": "Ada", "type": "private"}
LINE_SECRET = "a-channel-secret-of-the-tests"


def unavailable(reason: object) -> NoReturn:
    """Skip, or fail where the clients are required."""
    if REQUIRED:
        pytest.fail(str(reason))
    pytest.skip(str(reason))


def install(command: list[str], directory: Path, **environment: str) -> None:
    """Run an installer, from its lock file alone."""
    try:
        subprocess.run(
            command, cwd=directory, env={**os.environ, **environment}, check=True, capture_output=True,
            timeout=INSTALL_SECONDS, text=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        unavailable(f"{command[0]}: {error} {getattr(error, 'stderr', '')}")


# --- Telegram ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def node() -> Path:
    """node, and telegram-test-api beside it."""
    spec = importlib.util.spec_from_file_location("build_studio", ROOT / "server" / "build_studio.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    try:
        npm, folder = build.find_npm()
    except (OSError, subprocess.SubprocessError, ImportError) as error:
        unavailable(f"there is no node: {error}")
    installed = CLIENTS / "node_modules" / ".package-lock.json"
    lock = CLIENTS / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        path = f"{folder}{os.pathsep}{os.environ['PATH']}"
        quiet = ["ci", "--ignore-scripts", "--silent", "--no-audit", "--no-fund"]
        install([*npm, *quiet], CLIENTS, PATH=path, npm_config_update_notifier="false")
    return Path(folder) / "node"


@pytest.fixture
async def telegram(node: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A Bot API server that runs, as its users and its bots reach it."""
    port = reserve_port()
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        str(node), "telegram.cjs", str(port), cwd=CLIENTS, stdout=pipe, stderr=pipe
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        assert line == b"ready\n", line
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False) as client:
            yield client
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def received(telegram: httpx.AsyncClient, seen: list[dict[str, Any]], count: int) -> None:
    """Wait until the user's app has so many messages of the bot."""

    async def enough() -> bool:
        answer = await telegram.post("/getUpdates", json={"token": TOKEN, "chatId": CHAT["id"]})
        seen.extend(update["message"] for update in answer.json()["result"])
        return len(seen) >= count

    await eventually(enough)


@pytest.mark.slow
async def test_a_conversation_by_a_bot_api_server(
    project: Project, start: Start, telegram: httpx.AsyncClient
) -> None:
    """telegram-test-api: the webhook is set by its API; what a user writes and presses comes from it, and
    what the bot says is there, in order."""
    project.flow("sizes", FLOW.partition('  - say: {text: "See"')[0])
    settings = {"bot_token": TOKEN, "api_url": str(telegram.base_url)}
    project.settings["plugins"] = {"settings": {"telegram": settings}}
    project.endpoint("shop", flow="sizes", webhook={"url": ""}, transformers={"use": ["telegram"]})
    live = await start()
    webhook = {"url": f"http://127.0.0.1:{live.port}/tok-shop"}
    assert (await telegram.post(f"/bot{TOKEN}/setWebhook", json=webhook)).json()["ok"]
    said = {"botToken": TOKEN, "from": USER, "chat": CHAT, "date": 1, "text": "hi"}
    assert (await telegram.post("/sendMessage", json=said)).json()["ok"]
    seen: list[dict[str, Any]] = []
    await received(telegram, seen, 1)
    assert (str(seen[0]["chat_id"]), seen[0]["text"]) == ("9", "Which size?")
    buttons = [row[0] for row in seen[0]["reply_markup"]["inline_keyboard"]]
    assert [button["text"] for button in buttons] == ["small", "large"]
    message = {"from": USER, "chat": CHAT, "message_id": 2, "text": "Which size?"}
    pressed = {
        "botToken": TOKEN,
        "from": USER,
        "date": 1,
        "message": message,
        "data": buttons[1]["callback_data"],
    }
    assert (await telegram.post("/sendCallback", json=pressed)).json()["ok"]
    await received(telegram, seen, 2)
    assert [one["text"] for one in seen] == ["Which size?", "large it is."]
    assert (await live.session("shop", session="9", user="7"))["state"]["context"] == {"size": "large"}


# --- LINE ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def line_library(pytestconfig: pytest.Config) -> Path:
    """line-bot-sdk and what it needs, in a directory of their own, which is kept as long as the lock file is
    the same."""
    assert pytestconfig.cache is not None
    target, lock = pytestconfig.cache.mkdir("line_library"), CLIENTS / "line.lock"
    installed = target / lock.name
    if not installed.is_file() or installed.read_bytes() != lock.read_bytes():
        shutil.rmtree(target, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
        # Compiled is what is imported, which is a small part of it.
        install([*pip, "--no-compile", "--target", str(target), "-r", str(lock)], CLIENTS)
        shutil.copy(lock, installed)  # last: an installation that was broken off is made anew
    return target


def asked(library: Path, **what: Any) -> Any:
    """What LINE's library says."""
    done = subprocess.run(
        [sys.executable, str(CLIENTS / "line_client.py")], input=json.dumps({"secret": LINE_SECRET, **what}),
        env={**os.environ, "PYTHONPATH": str(library)}, capture_output=True, text=True, check=False,
        timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def event(number: int, **more: Any) -> dict[str, Any]:
    """An event as LINE posts it."""
    return {
        "mode": "active", "timestamp": 1_700_000_000_000 + number, "webhookEventId": f"E{number}",
        "deliveryContext": {"isRedelivery": False}, "replyToken": f"R{number}",
        "source": {"type": "user", "userId": "U1"}, **more,
    }  # fmt: skip


def signed(body: str, secret: str = LINE_SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest()).decode()


@pytest.mark.slow
async def test_line_and_its_own_library(
    project: Project, outside: Outside, start: Start, line_library: Path
) -> None:
    """line-bot-sdk parses and verifies what the channel takes, and refuses what it refuses; its models take
    what the channel sends."""
    project.flow("sizes", FLOW)
    settings = {"channel_secret": LINE_SECRET, "access_token": "t", "api_url": outside.url}
    project.settings["plugins"] = {"settings": {"line": settings}}
    project.endpoint("shop", flow="sizes", webhook={"url": ""}, transformers={"use": ["line"]})
    live = await start()
    text = {"type": "text", "id": "1", "quoteToken": "q"}
    first = event(1, type="message", message={**text, "text": "hi"})
    again = {**first, "deliveryContext": {"isRedelivery": True}}
    pressed = event(2, type="postback", postback={"data": "large"})
    left = event(3, type="unfollow")
    bodies = [
        json.dumps({"destination": "U0", "events": events}, ensure_ascii=False)
        for events in ([first], [again, pressed], [left], [])
    ]
    posts = [(body, signed(body)) for body in bodies]
    posts.append((bodies[0], signed(bodies[0], "another-secret")))
    statuses = [await post(live, *one) for one in posts]
    await outside.until(2, "/v2/bot/message/push")
    pushes = [one.json for one in outside.taken("/v2/bot/message/push")]
    found = asked(line_library, posts=posts, pushes=pushes)
    assert [one["valid"] for one in found["posts"]] == [True] * 4 + [False]
    assert [status < 300 for status in statuses] == [one["valid"] for one in found["posts"]]
    kinds = [[kind for kind, *_ in one["events"] or ()] for one in found["posts"]]
    assert kinds == [["message"], ["message", "postback"], ["unfollow"], [], []]
    assert found["pushes"] == [{**push, "notificationDisabled": False} for push in pushes]
    assert [[one["type"] for one in push["messages"]] for push in pushes] == [
        ["text"],
        ["text", "text", "image"],
    ]
    assert pushes[1]["messages"][0]["text"] == "large it is."


async def post(live: Live, body: str, signature: str) -> int:
    """The status of what LINE would be told."""
    headers = {"content-type": "application/json", "x-line-signature": signature}
    return (await live.http.post("/tok-shop", content=body.encode(), headers=headers)).status_code
