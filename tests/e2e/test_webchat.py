"""The web chat over real HTTP: what its widget does, and what strangers try."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from flowhook.shipped import shipped_dir
from tests.machine import PATIENCE

from .conftest import Start
from .kit import Caller, Live, Process, Project, eventually

SECRET = "a-secret-that-the-page's-backend-knows"
PAGE = "https://www.shop.example"
ECHO = 'nodes:\n  - say: "You said: {{ input.text }}"\n  - say: "Twice: {{ input.text }}"\n'
ANONYMOUS = "a1" * 32
CHAT = "/x/webchat/shop/messages"


def jwt(secret: str = SECRET, alg: str = "HS256", **claims: Any) -> str:
    """A token, signed as the page in docs/howto shows it."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    claims = {"sub": "ada", "exp": time.time() + 600, **claims}
    signed = ".".join(part(json.dumps(item).encode()) for item in ({"alg": alg, "typ": "JWT"}, claims))
    return f"{signed}.{part(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


def bearer(token: str, **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", **more}


async def say(to: Caller, text: str, id: str, token: str = ANONYMOUS) -> None:
    body = {"id": f"message-{id}-0123456789", "text": text}
    response = await to.http.post(CHAT, json=body, headers=bearer(token))
    assert response.status_code == 202, response.text


async def said(to: Caller, after: int = 0, token: str = ANONYMOUS) -> list[dict[str, Any]]:
    response = await to.http.get(CHAT, params={"after": after}, headers=bearer(token))
    assert response.status_code == 200, response.text
    messages: list[dict[str, Any]] = response.json()["messages"]
    return messages


async def said_in_all(to: Caller, count: int, token: str = ANONYMOUS) -> list[str]:
    """The texts of a conversation, once there are so many."""

    async def complete() -> bool:
        return len(await said(to, token=token)) >= count

    await eventually(complete)
    return [message["text"] for message in await said(to, token=token)]


@pytest.fixture
def shop(project: Project) -> Project:
    """An echo behind a web chat, and an endpoint that has none. A request does not wait long for news."""
    settings = {"origins": [PAGE], "secret": SECRET, "wait": 0.05, "keep_messages": 6, "max_text": 50}
    project.settings["plugins"] = {"settings": {"webchat": settings}}
    project.flow("shop", ECHO)
    project.endpoint("shop", output="webchat")
    project.endpoint("hook", "shop")
    return project


@pytest.fixture
async def live(shop: Project, start: Start) -> Live:
    return await start()


async def test_a_conversation_goes_on_after_the_last_number(live: Live) -> None:
    """A repeat is one message; what was seen is not told again; the numbers rise."""
    await say(live, "one", "1")
    await say(live, "one", "1")
    assert await said_in_all(live, 2) == ["You said: one", "Twice: one"]
    first, second = await said(live)
    assert first["seq"] < second["seq"]
    assert first["id"] != second["id"]
    await say(live, "two", "2")
    await said_in_all(live, 4)
    assert [message["text"] for message in await said(live, first["seq"])] == [
        "Twice: one",
        "You said: two",
        "Twice: two",
    ]


async def test_a_request_waits_for_news(shop: Project, start: Start) -> None:
    """The response comes when something is said, not before, and not at the end of its time alone."""
    shop.settings["plugins"]["settings"]["webchat"]["wait"] = 25
    live = await start()
    waiting = asyncio.create_task(said(live))
    await asyncio.sleep(0)
    await say(live, "hi", "1")
    async with asyncio.timeout(PATIENCE):
        assert (await waiting)[0]["text"] == "You said: hi"


async def test_rich_messages_arrive_whole(shop: Project, start: Start) -> None:
    """In their shape, with the fallback; an output of data alone is nothing to show."""
    shop.flow("shop", """
        nodes:
          - say: {text: "Which?", quick_replies: [red, {title: Blue, payload: b}]}
          - say: {data: {internal: 7}}
          - say: "Done."
        """)  # fmt: skip
    live = await start()
    await say(live, "hi", "1")
    assert await said_in_all(live, 2) == ["Which?", "Done."]
    rich = (await said(live))[0]["rich"]
    assert rich["type"] == "quick_replies"
    assert rich["quickReplies"] == [{"title": "red", "payload": "red"}, {"title": "Blue", "payload": "b"}]
    assert rich["fallback"] == "Which?\n1. red\n2. Blue"
    assert "internal" not in json.dumps(await said(live))


async def test_it_survives_a_kill(shop: Project, process: Process) -> None:
    """What was accepted before kill -9 is said once; so is what is delivered a second time."""
    await process.start()
    await say(process, "one", "1")
    await process.kill()
    await process.start()
    assert await said_in_all(process, 2) == ["You said: one", "Twice: one"]
    await say(process, "one", "1")  # of a page that saw no response
    await say(process, "two", "2")
    everything = ["You said: one", "Twice: one", "You said: two", "Twice: two"]
    assert await said_in_all(process, 4) == everything
    before = await said(process)
    replayed = await process.api("POST", "/deliveries/replay", {"ids": [message["id"] for message in before]})
    assert len(replayed["replayed"]) == 4
    await say(process, "three", "3")
    assert await said_in_all(process, 6) == [*everything, "You said: three", "Twice: three"]
    assert (await said(process))[:4] == before
    assert await process.terminate() == 0


async def test_old_messages_end(live: Live) -> None:
    """So many are kept, the last ones; who erases the user erases them."""
    for number in range(4):
        await say(live, f"n{number}", str(number))
    await eventually_last(live, "Twice: n3")
    assert [message["text"] for message in await said(live)] == [
        f"{word}: n{number}" for number in (1, 2, 3) for word in ("You said", "Twice")
    ]
    user = "anon-" + hashlib.sha256(ANONYMOUS.encode()).hexdigest()[:32]
    seen = (await said(live))[-1]["seq"]
    await live.api("DELETE", f"/users/{user}")
    assert await said(live) == []
    await say(live, "again", "again")
    await said_in_all(live, 2)
    assert len(await said(live, seen)) == 2, "numbers go on above those that a page has seen"


async def eventually_last(live: Live, text: str) -> None:
    async def holds() -> bool:
        messages = await said(live)
        return bool(messages) and messages[-1]["text"] == text

    await eventually(holds)


async def test_who_is_signed_is_alone(live: Live) -> None:
    """A user with a token has a conversation that no random id reaches, on whatever device."""
    await say(live, "I am Ada", "1", jwt())
    assert await said_in_all(live, 2, jwt(iat=1)) == ["You said: I am Ada", "Twice: I am Ada"]
    assert (await live.session("shop", "webchat", "ada"))["userId"] == "ada"
    assert await said(live, token=jwt(sub="ben")) == []
    assert await said(live) == []
    assert await said(live, token="ada".ljust(43, "-")) == []


def altered() -> str:
    """A token whose user was exchanged after it was signed."""
    head, _, signature = jwt().split(".")
    return f"{head}.{jwt(sub='eve').split('.')[1]}.{signature}"


UNPROVEN = (
    jwt("another secret, which is as long as ours"), jwt(alg="none"), jwt(alg="HS512"), altered(),
    jwt().rpartition(".")[0] + ".", jwt(exp=time.time() - 1), jwt(exp=None), jwt(exp="9999999999"),
    jwt(exp=True), jwt(sub=""), jwt(sub=None), jwt(sub=7), jwt(sub="x" * 256), jwt(sub="anon-0123"),
    jwt(aud="other"), jwt(aud=["a", "b"]), "..", ".", "a.b.c", "", "ada", "a" * 42, "é" * 43, "a b" * 20,
)  # fmt: skip


@pytest.mark.parametrize("token", UNPROVEN, ids=map(str, range(len(UNPROVEN))))
async def test_who_cannot_prove_it_is_refused(live: Live, token: str) -> None:
    """Forged, expired, unsigned and guessable: 401, nothing accepted, nothing told of others."""
    await say(live, "I am Ada", "1", jwt())
    await say(live, "I am Ada, too", "2", jwt(aud=["shop", "hook"]))
    headers = {"authorization": f"Bearer {token}".strip().encode()}
    body = {"id": "message-0-0123456789", "text": "hi"}
    for response in (
        await live.http.get(CHAT, headers=headers),
        await live.http.post(CHAT, json=body, headers=headers),
    ):
        assert response.status_code == 401, response.text
        assert "Ada" not in response.text
    assert (await live.http.get(CHAT)).status_code == 401
    assert (await live.http.get(CHAT, headers={"authorization": f"Basic {ANONYMOUS}"})).status_code == 401


@pytest.mark.parametrize("more", [{}, {"secret": ""}])
async def test_without_a_secret_nobody_is_signed(shop: Project, start: Start, more: dict[str, str]) -> None:
    """Not even by the empty one."""
    shop.settings["plugins"]["settings"]["webchat"] = {"origins": [PAGE], "wait": 0, **more}
    live = await start()
    for token in (jwt(), jwt("")):
        assert (await live.http.get(CHAT, headers=bearer(token))).status_code == 401
    assert await said(live) == []


async def test_only_known_users(shop: Project, start: Start) -> None:
    """``anonymous: false`` leaves out who has no token."""
    shop.settings["plugins"]["settings"]["webchat"]["anonymous"] = False
    live = await start()
    assert (await live.http.get(CHAT, headers=bearer(ANONYMOUS))).status_code == 401
    assert await said(live, token=jwt()) == []


async def test_pages_of_other_origins(shop: Project, start: Start) -> None:
    """A listed origin is named once, even where server.cors_origins has it, too; another one is refused."""
    shop.settings["server"] = {"port": 8000, "cors_origins": [PAGE]}
    await check_origins(await start())


async def test_pages_of_other_origins_by_the_plugin_alone(live: Live) -> None:
    """The same without origins in the server's own settings, and the preflight of a browser."""
    await check_origins(live)
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    preflight = await live.http.options(CHAT, headers={"origin": PAGE, **asked})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-headers"] == "authorization, content-type"
    foreign = await live.http.options(CHAT, headers={"origin": "https://evil.example", **asked})
    assert foreign.status_code == 403
    assert "access-control-allow-origin" not in foreign.headers


async def check_origins(live: Live) -> None:
    body = {"id": "message-0-0123456789", "text": "hi"}
    for origin in ("https://evil.example", f"{PAGE}.evil.example", "null", "http://www.shop.example"):
        for response in (
            await live.http.get(CHAT, headers=bearer(ANONYMOUS, origin=origin)),
            await live.http.post(CHAT, json=body, headers=bearer(ANONYMOUS, origin=origin)),
        ):
            assert response.status_code == 403, response.text
            assert "access-control-allow-origin" not in response.headers
    for response in (
        await live.http.post(CHAT, json=body, headers=bearer(ANONYMOUS, origin=PAGE)),
        await live.http.get(CHAT, headers=bearer(ANONYMOUS, origin=PAGE)),
        await live.http.get(CHAT, headers=bearer("short", origin=PAGE)),  # the page reads why
    ):
        assert response.headers.get_list("access-control-allow-origin") == [PAGE]
        assert "access-control-allow-credentials" not in response.headers
        assert "Origin" in response.headers["vary"]


@pytest.mark.parametrize(("body", "status"), [
    ({"id": "message-0-0123456789", "text": "x" * 51}, 413),
    ({"id": "message-0-0123456789", "text": " "}, 400),
    ({"id": "message-0-0123456789", "text": 7}, 400), ({"id": "short", "text": "hi"}, 400),
    ([], 400), (None, 400),
    ({"id": "message-0-0123456789"}, 400), ({"id": "message/0/0123456789", "text": "hi"}, 400),
    ({"id": "message-0-0123456789", "text": "x" * 300_000}, 413),
])  # fmt: skip
async def test_bad_messages(live: Live, body: Any, status: int) -> None:
    """Told to the caller, never accepted."""
    response = await live.http.post(CHAT, json=body, headers=bearer(ANONYMOUS))
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert await said(live) == []


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b'{"id": "message-0-0123456789", "text": "\\ud800"}']
)
async def test_what_is_no_json(live: Live, raw: bytes) -> None:
    """Broken, too deep, broken characters: 400."""
    response = await live.http.post(CHAT, content=raw, headers=bearer(ANONYMOUS))
    assert response.status_code == 400, response.text


async def test_where_there_is_no_chat(live: Live) -> None:
    """Endpoints with another output, unknown ones, and numbers that are none."""
    for name in ("hook", "nobody"):
        response = await live.http.get(f"/x/webchat/{name}/messages", headers=bearer(ANONYMOUS))
        assert response.status_code == 404
    for after in ("-1", "x", "9" * 17, "٣", ""):
        response = await live.http.get(CHAT, params={"after": after}, headers=bearer(ANONYMOUS))
        assert response.status_code == 400, after


async def test_another_session_is_no_chat(live: Live) -> None:
    """What is said elsewhere is given up with the reason, and keeps nobody waiting."""
    trace_id = await live.send("shop", "hi", session="s1")
    assert await live.resolved(trace_id) == ["dead", "dead"]
    assert await said(live) == []


async def test_the_widget_is_one_small_file(live: Live) -> None:
    """It lies beside the plugin, stays below 16 KB, and never makes markup or code of a text."""
    response = await live.http.get("/x/webchat/widget.js", headers={"origin": "https://evil.example"})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.content == (shipped_dir("plugins") / "webchat" / "widget.js").read_bytes()
    assert len(response.content) < 16_000
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        ".style",
    ):
        assert word not in response.text


@pytest.mark.parametrize(("settings", "told"), [
    ({"secret": "short"}, "must have at least 32 bytes"), ({"origins": ["*"]}, "must be an origin"),
    ({"origins": ["https://a.example/"]}, "must be an origin"), ({"wait": 26}, "less than or equal to 25"),
])  # fmt: skip
async def test_bad_settings_stop_the_start(shop: Project, start: Start, settings: Any, told: str) -> None:
    """With the reason."""
    shop.settings["plugins"]["settings"]["webchat"] = settings
    with pytest.raises(Exception, match=told):
        await start()


async def test_a_page_tells_who_comes_and_goes(live: Live) -> None:
    """No flow runs for it; nobody can tell it of somebody else."""
    await say(live, "one", "1")
    await said_in_all(live, 2)
    presence = CHAT.replace("messages", "presence")
    for here in (b'{"here":true}', b'{"here":false}'):
        headers = bearer(ANONYMOUS, **{"content-type": "application/json"})
        assert (await live.http.post(presence, content=here, headers=headers)).status_code == 204
    assert (await live.http.post(presence, content=b"{}", headers=bearer(ANONYMOUS))).status_code == 400
    assert (await live.http.post(presence, content=b'{"here":true}')).status_code == 401
    (session,) = (await live.api("GET", "/sessions"))["sessions"]
    path = f"/sessions/shop/{session['userId']}/webchat/transcript"
    kinds = [entry["kind"] for entry in (await live.api("GET", path))["transcript"]]
    assert kinds == ["message", "presence", "presence"]
    assert len(await said(live)) == 2
