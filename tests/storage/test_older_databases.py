"""Databases that older versions wrote, opened by this one: every conversation in them goes on.

``databases/<commit>`` holds a project and ``database.sql``, the dump of what its server had written when
it was copied in the middle of its work: sessions that wait in every way, open tasks, timers, a turn
between two of its segments, deliveries whose receiver was down. A dump is never written anew; what it
holds is told by the constants below.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from flowhook.app import open_application
from flowhook.config import load_config
from flowhook.harness.clocks import FakeClock
from flowhook.harness.settle import advance, until_idle
from flowhook.runtime.application import Application
from flowhook.web.asgi_app import create_app

DATABASES = Path(__file__).parent / "databases"
WRITTEN_AT = 1_795_000_008.0  #: when the copy of 18d5858 was made: 2026-11-18T11:06:48Z
WRITTEN_PORT = 41217  #: of its receiver and lab
ADMIN = {"authorization": "Bearer the-admin-key"}

#: What only the callers of the old server knew.
KEY = "fhk_b65e30a47f_0fa6698c8712e9c5bcfc0c3c5b9dbc66a03ea36a_a4756ad4"
TOKEN = "a36c8739789f740c7f98eaa1ce494b1a1cb02f07ffe8126a1588106725e87cbc"
CALLBACKS = {
    "waits": "nwNneQQnMcaq0r_t2HoFZRR6hWHD_op_oX_nmsJkPF-v",
    "behind": "cJAwl2aNiqQC11eqGtbNlw2wXSosMZ_KuoawLnSeWjud",
    "late": "XNOXYnEzaJkb_pJWMI14tnNkD66CfVzYZgZqyRIRY9wX",
    "used": "reibEyhhjYX4WAuAjVl8Z7Z9lCzDB0XPhXizf_ozpFrk",
    "talks": "U-2lu4NfIYZufSSMZW69WOC9VQ-0RsEgvT73HGLznFP1",
    "beside": "tp2pegZEN3oR0jrlm06BohB8H7L8wAPiY4AyisIvE4tw",
}
SCHEDULED = "01a227d4e9187aa8b20eb20886e48c55"
RUNNING = "01a227d4e9277074b891e8f9da81f0fb"
DEAD = "evt_813c04c06dd869c61f34ef5336eeb29e"


@dataclass
class Outside:
    """The receiver of all endpoints, and the lab that works for the flows."""

    received: list[tuple[str, str, str, str]] = field(default_factory=list)  #: endpoint, session, id, text

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.path == "/crawl":
            return web.json_response({"what": "wool"})
        if request.path != "/work":
            said = json.loads(body)
            entry = (said["sessionId"], request.headers["webhook-id"], said["AIOutput"]["text"])
            self.received.append((request.path[1:], *entry))
        return web.json_response({})

    def texts(self, endpoint: str, session: str) -> list[str]:
        """What arrived, in order."""
        return [text for at, of, _, text in self.received if (at, of) == (endpoint, session)]


@dataclass
class Server:
    """Today's server on an old database."""

    application: Application
    clock: FakeClock
    outside: Outside
    http: httpx.AsyncClient

    async def say(self, endpoint: str, session: str, text: str, token: str = "", **headers: str) -> list[str]:
        """What the user says, and the texts that the bot says to it."""
        before = len(self.outside.texts(endpoint, session))
        body = {"userId": "ada", "sessionId": session, "text": text}
        response = await self.http.post(f"/{token or f'tok-{endpoint}'}", json=body, headers=headers)
        assert response.status_code == 202, response.text
        await until_idle(self.application)
        return self.outside.texts(endpoint, session)[before:]

    async def call_back(self, name: str, result: Any) -> int:
        """The lab posts its result; the status of the response."""
        response = await self.http.post(f"/callback/{CALLBACKS[name]}", json=result)
        await until_idle(self.application)
        return response.status_code

    async def advance(self, seconds: float) -> None:
        await advance(self.application, self.clock, seconds)

    async def api(self, path: str) -> Any:
        response = await self.http.get(f"/api{path}", headers=ADMIN)
        assert response.status_code == 200, response.text
        return response.json()


def write_database(root: Path, port: int) -> None:
    """The old project with its database. The turn that had begun knows the address that it was to call."""
    shutil.copytree(DATABASES / "18d5858", root, dirs_exist_ok=True)
    dump = (root / "database.sql").read_text()
    old, new = (f"127.0.0.1:{number}".encode().hex().upper() for number in (WRITTEN_PORT, port))
    db = sqlite3.connect(root / "bot.db")
    db.executescript(dump.replace(old, new))
    db.close()


Open = Callable[[], AbstractAsyncContextManager[Server]]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    """``async with opened() as server``: today's server on a fresh copy of the old database, two seconds
    after it was written. Receivers and services are well."""
    outside = Outside()
    receiver = web.Application()
    receiver.router.add_route("*", "/{path:.*}", outside.handle)
    runner = web.AppRunner(receiver, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    write_database(tmp_path, port)
    clock = FakeClock(WRITTEN_AT + 2)

    @asynccontextmanager
    async def open() -> AsyncIterator[Server]:
        environment = {"OUT": f"http://127.0.0.1:{port}"}
        config = load_config(tmp_path / "config.yaml", environment)
        async with open_application(config, clock=clock) as application:
            transport = httpx.ASGITransport(create_app(application))  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
                await until_idle(application)
                yield Server(application, clock, outside, http)

    yield open
    await runner.cleanup()


async def test_questions_are_answered(opened: Open) -> None:
    """First asked, asked again after wrong answers, about to be confirmed, and answered before."""
    async with opened() as server:
        assert await server.say("questions", "asked", "2") == ["Which size?"]
        assert await server.say("questions", "asked", "large") == ["large, right?"]
        assert await server.say("questions", "asked", "hm") == ["Yes or no?", "large, right?"]
        assert await server.say("questions", "asked", "yes") == ["2 large."]
        assert await server.say("questions", "wrong", "hours") == ["From nine to five.", "How many?"]
        assert await server.say("questions", "wrong", "whatever") == ["Never mind."]
        assert await server.say("questions", "confirm", "no, small") == ["small, right?"]
        assert await server.say("questions", "confirm", "yes") == ["3 small."]
        assert await server.say("questions", "ended", "hi") == ["How many?"]


async def test_several_questions_in_one_go_on(opened: Open) -> None:
    """A collect that nothing, most, and all is known of, and one that is being changed."""
    async with opened() as server:
        assert await server.say("visit", "first", "on 3 January 2027") == ["At what time?"]
        assert await server.say("visit", "half", "three") == ["3 on 2026-12-24 at 09:00, right?"]
        assert await server.say("visit", "half", "yes") == ["See you on 2026-12-24 at 09:00, all 3 of you."]
        assert await server.say("visit", "confirm", "no, at ten in the morning") == [
            "4 on 2026-12-24 at 10:00, right?"
        ]
        assert await server.say("visit", "change", "the people") == ["For how many people?"]
        assert await server.say("visit", "change", "5") == ["5 on 2026-12-24 at 09:00, right?"]


async def test_calls_and_digressions_come_back(opened: Open) -> None:
    """Three flows deep, and out of a digression to where the session stood or waited."""
    async with opened() as server:
        assert await server.say("trip", "deep", "Rome") == ["How many nights?"]
        assert await server.say("trip", "deep", "2") == ["To Rome for 2 nights."]
        assert await server.say("trip", "second", "3") == ["To Rome for 3 nights."]
        assert await server.say("trip", "aside", "Oslo") == ["Sunny in Oslo.", "How many nights?"]
        assert await server.say("trip", "aside", "4") == ["To Rome for 4 nights."]
        assert await server.say("room", "waiting", "Oslo") == ["Sunny in Oslo.", "How many nights?"]
        assert await server.say("room", "standing", "Oslo") == ["Sunny in Oslo."]
        assert await server.say("room", "standing", "please") == ["2 nights, please."]


async def test_offers_and_doubts_are_remembered(opened: Open) -> None:
    """An offer is still open; "do you want a pizza?" is still to be answered."""
    async with opened() as server:
        assert await server.say("wishes", "offer", "juice") == ["One juice.", "What is your wish?"]
        assert await server.say("wishes", "offer", "7") == ["Wish 7, juice."]
        assert await server.say("wishes", "sure", "yes") == ["A pizza."]
        assert await server.say("wishes", "unsure", "no") == ["What is your wish?"]


async def test_memory_language_and_state_are_kept(opened: Open) -> None:
    """What nodes counted, the locale that was chosen, and which intents the state holds back."""
    async with opened() as server:
        assert await server.say("news", "german", "b") == ["Zum dritten Mal.", "Drei."]
        assert await server.say("news", "silent", "hello") == ["Two."]
        session = await server.api("/sessions/news/ada/german")
        assert session["state"]["values"] == {"seen": 3}


async def test_results_of_tasks_arrive(opened: Open) -> None:
    """Whoever was given a URL can post there once, and what was said meanwhile comes afterwards."""
    async with opened() as server:
        assert await server.call_back("used", {"verdict": "again"}) == 410
        assert await server.call_back("waits", {"verdict": "fine"}) == 202
        assert server.outside.texts("jobs", "waits") == ["Result: fine.", "More?"]
        assert await server.call_back("waits", {"verdict": "again"}) == 410
        assert await server.say("jobs", "waits", "no") == ["You said no."]
        assert await server.call_back("behind", {"verdict": "broken"}) == 202
        assert server.outside.texts("jobs", "behind") == ["Result: broken.", "More?", "You said hello?."]
        assert await server.say("talks", "asked", "Ada") == ["Wait, Ada."]
        assert await server.call_back("talks", {"verdict": "fine"}) == 202
        assert server.outside.texts("talks", "asked")[-1] == "Ada: fine."
        assert await server.call_back("beside", "done") == 202
        assert server.outside.texts("beside", "open") == ["Beside: done of work."]


async def test_timers_fire(opened: Open) -> None:
    """Of questions, waits and tasks; and what was sent ahead of its time enters in it."""
    async with opened() as server:
        assert len((await server.api("/timers"))["timers"]) == 12
        await server.advance(3600)
        assert server.outside.texts("questions", "asked") == ["Still there?"]
        assert server.outside.texts("pause", "spoken") == ["inject: In time"]
        await server.advance(3600)
        assert server.outside.texts("pause", "timed") == ["timer: nothing"]
        await server.advance(2 * 24 * 3600)
        assert server.outside.texts("jobs", "late") == ["It takes too long."]
        assert await server.call_back("late", {}) == 410
        assert server.outside.texts("questions", "quiet") == ["Still there?"]
        assert await server.say("questions", "asked", "2") == ["Which size?"]


async def test_a_notify_for_next_year_is_kept(opened: Open) -> None:
    """Its receipt says so, and it is delivered at its time."""
    async with opened() as server:
        receipt = await server.http.get(f"/receipts/{SCHEDULED}")
        assert receipt.json()["status"] == "scheduled"
        await server.advance(50 * 24 * 3600)
        assert server.outside.texts("questions", "quiet")[-1] == "News!"


async def test_a_turn_goes_on_where_it_was(opened: Open) -> None:
    """Between two of its segments, with a message waiting behind it: nothing is said twice."""
    async with opened() as server:
        expected = ["Found wool for socks.", "One moment.", "Found wool for shoes."]
        assert server.outside.texts("slow", "one") == expected
        receipt = (await server.http.get(f"/receipts/{RUNNING}")).json()
        assert [receipt["status"], len(receipt["outputs"])] == ["done", 2]


async def test_deliveries_leave_in_order_with_their_ids(opened: Open) -> None:
    """Those that waited for their receiver, those of a paused endpoint once it is enabled, dead ones when
    they are replayed; the ids are those that receivers may have seen, new ones never come twice."""
    async with opened() as server:
        await server.advance(3600)
        expected = ["a one.", "a two.", "a three.", "b one.", "b two.", "b three."]
        assert server.outside.texts("down", "one") == expected
        assert server.outside.texts("down", "two") == ["c one.", "c two.", "c three."]
        assert server.outside.texts("gone", "one") == []
        await server.http.post("/api/endpoints/gone/enable", headers=ADMIN)
        await until_idle(server.application)
        assert server.outside.texts("gone", "one") == ["a one.", "a two.", "a three."]
        dead = (await server.api("/deliveries?status=dead"))["deliveries"]
        assert [delivery["deliveryId"] for delivery in dead] == [
            DEAD + f"{number:012x}" for number in (3, 2, 1)
        ]
        shown = await server.api(f"/deliveries/{DEAD}{1:012x}")
        assert [failure["status"] for failure in shown["failures"]] == [500, 500]
        ids = {"ids": [delivery["deliveryId"] for delivery in reversed(dead)]}
        await server.http.post("/api/deliveries/replay", json=ids, headers=ADMIN)
        for _ in dead:
            await server.advance(60)
        assert sorted(server.outside.texts("dead", "one")) == ["a one.", "a three.", "a two."]
        await server.say("down", "one", "d")
        ids_seen = [id for endpoint, _, id, _ in server.outside.received if endpoint == "down"]
        of_one = [id for id in ids_seen if id.startswith("evt_1eb79faa7e7a03836fb014f1a64ced8e")]
        assert of_one[:2] == [f"evt_1eb79faa7e7a03836fb014f1a64ced8e{number:012x}" for number in (1, 2)]
        assert len(set(ids_seen)) == len(ids_seen) == 12


async def test_what_is_known_beside_sessions_is_kept(opened: Open) -> None:
    """Profiles, what plugins keep, API keys, generated tokens, idempotency keys, transcripts and traces."""
    async with opened() as server:
        assert await server.api("/users/ada/profile") == {"last": "4 small"}
        assert (await server.say("counted", "one", "c"))[0] == "c (no. 3 since a) one."
        refused = await server.http.post(
            "/tok-locked", json={"userId": "ada", "sessionId": "one", "text": "b"}
        )
        assert refused.status_code == 401
        assert len(await server.say("locked", "one", "b", **{"x-webhook-key": KEY})) == 3
        assert len(await server.say("made", "one", "b", token=TOKEN)) == 3
        assert await server.say("counted", "two", "a", **{"idempotency-key": "key-1"}) == []
        transcript = (await server.api("/sessions/questions/ada/ended/transcript"))["transcript"]
        assert [entry["text"] for entry in transcript] == ["hi", "4", "small", "yes"]
        assert transcript[-1]["trace"]["steps"]
        assert len((await server.api("/sessions?limit=200"))["sessions"]) == 36


async def test_twice_is_once(opened: Open) -> None:
    """What was brought to today's schema is opened again, and goes on."""
    async with opened() as server:
        assert await server.say("trip", "deep", "Rome") == ["How many nights?"]
    async with opened() as server:
        assert await server.say("trip", "deep", "2") == ["To Rome for 2 nights."]
