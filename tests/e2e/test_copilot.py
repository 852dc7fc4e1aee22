"""The copilot: a flow beside a handover, whose tiles an agent sees."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from flowhook.errors import ConfigError

from .conftest import Start
from .kit import Live, Outside, Project, eventually
from .test_handover import KEYS, asks, does, queue

HELPER = """
nodes:
  - if: input.data.copilot is none
    then:
      - copilot_grid: {columns: 2, tiles: {said: {x: 1, y: 1}}}
      - copilot_tile: {tile: said, html: "<b onclick='x()'>{{ input.text }}</b><script>x()</script>"}
      - copilot_tile: {tile: who, identity: {user: "{{ input.data.handover.userId }}"}}
      - append: {context.heard: "{{ input.text }}"}
    else:
      - copilot_data: {tile: said, data: {clicked: "{{ input.data.copilot.payload.order }}"}}
"""


@pytest.fixture
def helped(project: Project) -> Project:
    """A flow that asks for a person, with a helper beside it."""
    project.flow("shop", 'nodes: [{id: agent, handover: "one moment"}, {say: back}]')
    project.flow("helper", HELPER)
    project.endpoint("shop", copilot="helper")
    project.settings["admin_keys"] = KEYS
    return project


async def drawn(live: Live, id: str) -> Any:
    answer = await asks(live, "ada", "GET", f"/../copilot/{id}")
    return answer.json()


async def test_it_runs_beside_a_handover(helped: Project, outside: Outside, start: Start) -> None:
    """When it begins, after each message, for each click; the user hears nothing, a restart keeps it."""
    live = await start()
    await live.say("shop", "help")
    (row,) = await queue(live)
    id = row["id"]

    async def begun() -> bool:
        return bool((await drawn(live, id)).get("tiles", {}).get("who"))

    await eventually(begun)
    await live.send("shop", "my pizza <i>is</i> cold")

    async def heard() -> bool:
        return "pizza" in (await drawn(live, id))["tiles"]["said"]["content"]

    await eventually(heard)
    shown = await drawn(live, id)
    assert shown["tiles"]["said"] == {"type": "html", "content": "<b>my pizza <i>is</i> cold</b>"}
    assert shown["tiles"]["who"] == {"type": "identity", "content": {"user": "u1"}}
    assert shown["grid"]["tiles"] == {"said": {"x": 1, "y": 1, "columns": 1, "rows": 1}}
    await does(live, "ada", "take", id)
    click = {"tile": "said", "payload": {"order": 7}}
    posted = await asks(live, "ada", "POST", f"/../copilot/{id}/postback", click)
    assert posted.status_code == 202
    await live.ends(posted.json()["traceId"])
    assert (await asks(live, "bob", "GET", f"/../copilot/{id}")).status_code == 403
    await live.restart()
    assert (await drawn(live, id))["tiles"]["said"]["data"] == {"clicked": 7}
    assert outside.texts() == ["one moment"]
    transcript = (await asks(live, "ada", "GET", f"/{id}/transcript")).json()
    assert [message["text"] for message in transcript["messages"]] == ["my pizza <i>is</i> cold"]
    exported = await live.api("GET", "/users/u1/export")
    assert {session["endpoint"] for session in exported["sessions"]} == {"shop", "shop~copilot"}
    await live.api("DELETE", "/users/u1")
    assert (await drawn(live, id))["code"] == "unknown_handover"


async def test_what_a_tile_may_show(project: Project, start: Start) -> None:
    """Pages of the origins that are listed, and of no other."""
    project.flow("shop", 'nodes: [{id: agent, handover: "one moment"}]')
    project.flow(
        "helper",
        """
        nodes:
          - copilot_tile: {tile: good, frame: "https://crm.example/x?y=1"}
          - copilot_tile: {tile: bad, frame: "https://evil.example/"}
            on_error: [{copilot_tile: {tile: why, identity: {reason: "{{ error.reason }}"}}}]
        """,
    )
    project.endpoint("shop", copilot={"flow": "helper", "frames": ["https://crm.example"]})
    project.settings["admin_keys"] = KEYS
    live = await start()
    await live.say("shop", "help")
    (row,) = await queue(live)

    async def done() -> bool:
        return "why" in (await drawn(live, row["id"])).get("tiles", {})

    await eventually(done)
    tiles = (await drawn(live, row["id"]))["tiles"]
    assert tiles["good"]["content"] == "https://crm.example/x?y=1"
    assert "bad" not in tiles
    assert tiles["why"]["content"] == {"reason": "blocked"}


async def test_one_that_fails_breaks_nothing(project: Project, outside: Outside, start: Start) -> None:
    """The conversation goes on, and without a copilot there is none to look at."""
    project.flow("shop", 'nodes: [{id: agent, handover: "one moment"}]')
    project.flow("helper", "nodes: [{goto: \"{{ 'nowhere' }}\"}]")
    project.endpoint("shop", copilot="helper")
    project.endpoint("plain", flow="shop")
    project.settings["admin_keys"] = KEYS
    live = await start()
    await live.say("shop", "help")
    (row,) = await queue(live)
    await does(live, "ada", "take", row["id"])
    await live.ends((await does(live, "ada", "reply", row["id"], {"text": "hello"}))["traceId"])
    assert (await drawn(live, row["id"]))["tiles"] == {}
    await live.say("plain", "help")
    (row,) = await queue(live)
    assert (await drawn(live, row["id"]))["code"] == "no_copilot"


KEY = "a-secret-of-the-copilot-and-the-desk"


def signed(claims: dict[str, Any], key: str = KEY, alg: str = "HS256") -> str:
    """A JWT, as the desk of somebody else makes one."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    head = f"{part(json.dumps({'alg': alg}).encode())}.{part(json.dumps(claims).encode())}"
    return f"{head}.{part(hmac.new(key.encode(), head.encode(), hashlib.sha256).digest())}"


async def test_a_signed_address_shows_one_conversation(
    helped: Project, outside: Outside, start: Start
) -> None:
    """To whoever has it, without a key of administration, as long as the conversation lasts: its tiles, and
    clicks in them. The provider is told of it."""
    helped.endpoint(
        "shop",
        handover="their",
        copilot={"flow": "helper", "secret": KEY, "embed_in": ["https://desk.example"]},
    )
    helped.settings["handovers"] = {
        "their": {"provider": "webhook", "url": f"{outside.url}/their", "secret": "a-secret-of-the-tests"}
    }
    live = await start()
    await live.say("shop", "help")
    await outside.until(1, "/their")
    url = urlsplit(outside.at("/their")[0].json["conversation"]["copilot"])
    assert (url.path, parse_qs(url.query)["endpoint"]) == ("/desk/copilot", ["shop"])

    async def tiles(query: str) -> Any:
        return await live.http.get(f"/desk/copilot/tiles?{query}")

    async def begun() -> bool:
        return "who" in (await tiles(url.query)).json().get("tiles", {})

    await eventually(begun)
    own = f"endpoint=shop&auth={signed({'userId': 'u1', 'sessionId': 's1', 'exp': time.time() + 60})}"
    assert (await tiles(own)).json()["tiles"]["who"]["content"] == {"user": "u1"}
    click = {"tile": "said", "payload": {"order": 7}}
    posted = await live.http.post(f"/desk/copilot/postback?{own}", json=click)
    assert posted.status_code == 202
    await live.ends(posted.json()["traceId"])
    assert (await tiles(own)).json()["tiles"]["said"]["data"] == {"clicked": 7}
    ids = {"userId": "u1", "sessionId": "s1"}
    for token in (
        "", "x", "a.b.c", signed(ids, "another-secret-of-another-endpoint"), signed(ids, alg="none"),
        signed({**ids, "exp": 1}), signed({**ids, "exp": "soon"}), signed({"userId": "u1"}),
        signed(ids) + "x", signed(ids).rpartition(".")[0] + ".",
    ):  # fmt: skip
        refused = await tiles(f"endpoint=shop&auth={token}")
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized"), token
    assert (await tiles(f"endpoint=nobody&auth={signed(ids)}")).status_code == 401
    assert (await tiles(f"endpoint=shop&auth={signed({**ids, 'sessionId': 's2'})}")).status_code == 404
    page = await live.http.get(f"/desk/copilot?{own}")
    if page.status_code == 200:  # the pages are built here
        assert "frame-ancestors https://desk.example" in page.headers["content-security-policy"]
    (row,) = (await live.api("GET", "/handovers"))["handovers"]
    await live.api("POST", f"/handovers/{row['id']}/resolve", {})
    over = await eventually_over(live, own)
    assert over == "unknown_handover"


async def eventually_over(live: Live, query: str) -> str:
    """What a signed address says once its conversation has ended."""

    async def ended() -> bool:
        return (await live.http.get(f"/desk/copilot/tiles?{query}")).status_code == 404

    await eventually(ended)
    code: str = (await live.http.get(f"/desk/copilot/tiles?{query}")).json()["code"]
    return code


async def test_without_a_secret_no_address_is_signed(helped: Project, start: Start) -> None:
    """An empty secret signs nothing, and one that can be guessed is refused."""
    live = await start()
    await live.say("shop", "help")
    forged = signed({"userId": "u1", "sessionId": "s1"}, "")
    assert (await live.http.get(f"/desk/copilot/tiles?endpoint=shop&auth={forged}")).status_code == 401
    helped.endpoint("shop", copilot={"flow": "helper", "secret": "short"})
    with pytest.raises(ConfigError, match="must have at least 32 bytes"):
        await live.restart()
