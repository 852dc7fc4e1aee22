"""What operators do with deliveries: hold, skip, drop, purge, send a range again, see what was answered."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from click.testing import CliRunner

from flowhook.cli import cli
from tests.e2e.kit import ADMIN, Live, Outside, Project, Received, eventually, status, until
from tests.e2e.test_routes import Start

FLOW = "nodes: [{say: 'you said {{ input.text }}'}]"


def shop(project: Project, **webhook: Any) -> None:
    """A project with one endpoint."""
    project.flow("bot", FLOW)
    project.endpoint("bot", webhook={"retries": ["1h"], **webhook})


async def listed(live: Live, **query: Any) -> list[dict[str, Any]]:
    """Deliveries as administration lists them."""
    answer = await live.http.get("/api/deliveries", params=query, headers=ADMIN)
    found: list[dict[str, Any]] = answer.json()["deliveries"]
    return found


async def post(live: Live, path: str, body: Any = None) -> Any:
    """Call administration; what it says."""
    answer = await live.http.post(f"/api{path}", json=body or {}, headers=ADMIN)
    return answer.json()


async def test_what_a_receiver_answers_is_shown(project: Project, outside: Outside, start: Start) -> None:
    """The first 500 bytes of its response, with each attempt, without control characters."""

    async def teapot(_: Received) -> web.Response:
        return web.Response(status=500, body=b"\x1b[31mno such customer\x00" + b"x" * 5000)

    outside.answers["/hook"] = teapot
    shop(project)
    live = await start()
    await live.send("bot", "hi")
    await eventually(lambda: failed_once(live))
    (found,) = await listed(live)
    shown = (await live.http.get(f"/api/deliveries/{found['deliveryId']}", headers=ADMIN)).json()
    response = shown["failures"][0]["response"]
    assert response.startswith("\ufffd[31mno such customer\ufffdxxx")
    assert len(response) == 500


async def failed_once(live: Live) -> bool:
    """Whether the first delivery was tried in vain."""
    return any(one["lastStatus"] == 500 for one in await listed(live))


async def test_a_stuck_delivery_is_skipped(project: Project, outside: Outside, start: Start) -> None:
    """What waits behind it goes on; it is dead, and can be sent again later. Another is not touched."""

    async def no_hi(received: Received) -> web.Response | None:
        return web.Response(status=500) if "hi" in received.text else None

    outside.answers["/hook"] = no_hi
    shop(project)
    live = await start()
    await live.send("bot", "hi")
    await eventually(lambda: failed_once(live))
    await live.send("bot", "second")
    await eventually(lambda: count(live, 2))
    second, first = await listed(live)
    refused = await post(live, f"/deliveries/{second['deliveryId']}/skip")
    assert refused["code"] == "delivery_parked"
    skipped = await post(live, f"/deliveries/{first['deliveryId']}/skip", {"reason": "unknown customer"})
    assert (skipped["status"], skipped["lastError"]) == ("dead", "skipped by admin: unknown customer")
    await until(lambda: outside.texts() == ["you said second"])
    assert (await post(live, f"/deliveries/{first['deliveryId']}/skip"))["code"] == "delivery_resolved"
    audit = (await live.http.get("/api/audit", headers=ADMIN)).json()["audit"]
    assert [(row["action"], row["after"]) for row in audit] == [("delivery.skip", {"status": "dead"})]


async def count(live: Live, number: int) -> bool:
    """Whether there are so many deliveries."""
    return len(await listed(live)) == number


async def test_a_delivery_is_dropped(project: Project, outside: Outside, start: Start) -> None:
    """It is gone, with its words; a delivered one is refused."""
    outside.answers["/hook"] = status(500)
    shop(project)
    live = await start()
    await live.send("bot", "hi")
    await eventually(lambda: failed_once(live))
    (found,) = await listed(live)
    path = f"/api/deliveries/{found['deliveryId']}"
    assert (await live.http.delete(path, headers=ADMIN)).status_code == 204
    assert await listed(live) == []
    assert (await live.http.delete(path, headers=ADMIN)).status_code == 404
    outside.answers.clear()
    assert await live.resolved(await live.send("bot", "well")) == ["delivered"]
    (found,) = await listed(live)
    refused = await live.http.delete(f"/api/deliveries/{found['deliveryId']}", headers=ADMIN)
    assert (refused.status_code, refused.json()["code"]) == (409, "delivery_resolved")


async def test_an_endpoint_is_held_by_hand(project: Project, outside: Outside, start: Start) -> None:
    """Messages are taken and handled; their deliveries wait, also over a restart, and then leave in order."""
    shop(project)
    live = await start()
    held = await post(live, "/endpoints/bot/pause", {"reason": "the shop moves house"})
    assert (held["paused"], held["pauseReason"]) == (True, "by admin: the shop moves house")
    for text in ("one", "two"):
        await live.send("bot", text)
    await live.stop()
    live = await start()
    assert (await live.http.get("/api/endpoints/bot", headers=ADMIN)).json()["pauseReason"] == (
        "by admin: the shop moves house"
    )
    await eventually(lambda: count(live, 2))
    assert outside.at() == []
    await post(live, "/endpoints/bot/resume")
    await until(lambda: outside.texts() == ["you said one", "you said two"])


async def all_delivered(live: Live, number: int) -> bool:
    """Whether the store knows that so many arrived; it is written a moment later."""
    return len(await listed(live, status="delivered")) == number


async def test_many_are_sent_again(project: Project, outside: Outside, start: Start) -> None:
    """A plan first, which sends nothing; then all that were meant, oldest first, and no others."""
    shop(project)
    live = await start()
    for number in range(5):
        await live.send("bot", f"message {number}", session=f"s{number}")
    await outside.until(5)
    await eventually(lambda: all_delivered(live, 5))
    outside.received.clear()
    wanted = {"status": "delivered", "endpoint": "bot", "userId": "u1"}
    plan = await post(live, "/replays", {**wanted, "dryRun": True})
    assert (plan["id"], plan["state"], plan["total"], plan["endpoints"]) == (None, "planned", 5, {"bot": 5})
    assert plan["oldest"] <= plan["newest"]
    assert outside.received == []
    begun = await post(live, "/replays", wanted)
    again = await outside.until(5)
    assert {one.headers["flowhook-replay"] for one in again} == {"true"}
    path = f"/api/replays/{begun['id']}"
    ended = (await live.http.get(path, headers=ADMIN)).json()
    assert (ended["state"], ended["done"], ended["replayed"]) == ("done", 5, 5)
    assert (await live.http.delete(path, headers=ADMIN)).status_code == 204
    nothing = await post(live, "/replays", {"status": "delivered", "to": "2001-01-01T00:00:00Z"})
    assert nothing["total"] == 0
    assert (await post(live, "/replays", {"status": "pending"}))["code"] == "invalid_field"
    assert (await live.http.get("/api/replays/replay_x", headers=ADMIN)).status_code == 404


async def test_the_dead_are_purged(project: Project, outside: Outside, start: Start) -> None:
    """Counted first, then deleted; what is delivered stays."""
    shop(project, max_rejections=1)
    live = await start()
    assert await live.resolved(await live.send("bot", "well")) == ["delivered"]
    outside.answers["/hook"] = status(400)
    assert await live.resolved(await live.send("bot", "odd")) == ["dead"]
    plan = await post(live, "/deliveries/purge", {"dryRun": True})
    assert (plan["purged"], plan["total"], plan["endpoints"]) == (0, 1, {"bot": 1})
    assert (await post(live, "/deliveries/purge", {"endpoint": "bot"}))["purged"] == 1
    assert [one["status"] for one in await listed(live)] == ["delivered"]


async def test_the_commands(project: Project, outside: Outside, start: Start) -> None:
    """The same by the command line, also when no server runs."""
    shop(project, max_rejections=1)
    outside.answers["/hook"] = status(400)
    live = await start()
    assert await live.resolved(await live.send("bot", "odd")) == ["dead"]
    (found,) = await listed(live)
    await live.stop()

    async def run(*arguments: str) -> str:
        command = ["--config", str(project.root / "config.yaml"), *arguments]
        result = await asyncio.to_thread(CliRunner().invoke, cli, command)
        assert result.exit_code == 0, result.output
        return result.output

    assert "THE RECEIVER SAID" in await run("deliveries", "show", found["deliveryId"])
    assert "1 delivery would be sent again" in await run("deliveries", "replay", "--dead", "--dry-run")
    assert "1 delivery would be deleted" in await run("deliveries", "purge", "--dry-run")
    assert "delivers nothing until" in await run("endpoints", "pause", "bot", "--reason", "later")
    assert "paused, by" in await run("endpoints")
    assert "1 of 1 deliveries will be sent again" in await run("deliveries", "replay", "--dead")
    assert "It is dead" in await run("deliveries", "skip", found["deliveryId"])
    assert "1 deleted" in await run("deliveries", "purge", "--yes")
