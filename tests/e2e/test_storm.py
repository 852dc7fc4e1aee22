"""A storm: everything at once, with restarts in between; in the end every account must balance."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web

from .conftest import Start
from .kit import ADMIN, Live, Outside, Project, Received, until

FLOW = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - append: {context.seen: "{{ input.text }}"}
  - if: input.text.endswith('h')
    then:
      - say: "before {{ input.text }}"
      - http_request: {method: POST, url: "OUT/service", json: {n: "{{ context.n }}"}, retries: 3}
  - if: input.text.endswith('z')
    then: [{sleep: 50ms}]
  - say: "{{ input.text }}"
"""
SESSIONS, STEPS = 8, 25


@dataclass
class Account:
    """What one session was told, as its client knows."""

    said: list[str] = field(default_factory=list)  #: in order; each of them has to be heard
    scheduled: list[str] = field(default_factory=list)  #: heard once, at some time
    cancelled: set[str] = field(default_factory=set)
    traces: dict[str, str] = field(default_factory=dict)
    patches: int = 0


class Storm:
    """One client for each session, each in its own order."""

    def __init__(self, live: Live, seed: int) -> None:
        self.live = live
        self.chance = random.Random(seed)
        self.accounts = {f"s{n}": Account() for n in range(SESSIONS)}
        self.open = asyncio.Event()
        self.open.set()

    async def client(self, session: str) -> None:
        account = self.accounts[session]
        await self._post(session, "", f"{session}-first")
        for n in range(STEPS):
            text = f"{session}-{n}{self.chance.choice(['', '', '', 'h', 'z'])}"
            match self.chance.randrange(10):
                case 0:
                    moment = (datetime.now(UTC) + timedelta(milliseconds=150)).isoformat()
                    await self._post(session, "/inject", text, notBefore=moment)
                case 1:
                    await self._post(session, "/notify", text)
                case 2:
                    await self._patch(session, account)
                case 3 if account.said:
                    await self._cancel(account)
                case 4 | 5:
                    await self._post(session, "/inject", text)
                case _:
                    await self._post(session, "", text)

    async def _post(self, session: str, route: str, text: str, **more: Any) -> None:
        """Until it is accepted: the key makes a repeat harmless."""
        body = {"userId": "u", "sessionId": session, "text": text, "messageId": text, **more}
        answer = await self._asked("POST", f"{route}/tok-storm", json=body)
        assert answer.status_code == 202, answer.text
        account = self.accounts[session]
        account.traces[text] = answer.json()["traceId"]
        (account.scheduled if more else account.said).append(text)

    async def _patch(self, session: str, account: Account) -> None:
        account.patches += 1
        path = f"/api/sessions/storm/u/{session}/context"
        answer = await self._asked("PATCH", path, json={f"p{account.patches}": 1}, headers=ADMIN)
        if answer.status_code == 409:  # the session changes too fast
            account.patches -= 1
        else:
            assert answer.status_code == 200, answer.text

    async def _cancel(self, account: Account) -> None:
        text = account.said[-1]
        answer = await self._asked("DELETE", f"/receipts/{account.traces[text]}")
        assert answer.status_code in (204, 409), answer.text
        # A 204 that a restart cut off is a 409 when it is asked again: the receipt knows.
        receipt = (await self._asked("GET", f"/receipts/{account.traces[text]}")).json()
        if answer.status_code == 204 or receipt.get("reason") == "cancelled":
            assert (receipt["status"], receipt["reason"]) == ("discarded", "cancelled")
            account.cancelled.add(text)

    async def _asked(self, method: str, path: str, **request: Any) -> httpx.Response:
        while True:
            await self.open.wait()
            with contextlib.suppress(httpx.TransportError, RuntimeError):
                answer = await self.live.http.request(method, path, **request)
                if answer.status_code != 503:
                    return answer
            await asyncio.sleep(0.01)

    async def restarts(self) -> None:
        for _ in range(3):
            await asyncio.sleep(self.chance.uniform(0.2, 0.5))
            self.open.clear()
            await self.live.restart()
            self.open.set()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
async def test_the_accounts_balance(project: Project, outside: Outside, start: Start, seed: int) -> None:
    """Every inbound that was accepted is handled once, in its order; what was cancelled is not; patches
    are kept; deliveries are gapless and repeat the same bytes; the service saw each call once or, after
    a restart, again with the same key."""
    chance = random.Random(seed)

    async def sometimes(_: Received) -> web.Response | None:
        await asyncio.sleep(chance.uniform(0, 0.03))
        return web.Response(status=500) if chance.random() < 0.2 else None

    outside.answers["/hook"] = outside.answers["/service"] = sometimes
    project.flow("storm", FLOW)
    project.endpoint("storm")
    storm = Storm(await start(), seed)
    clients = asyncio.gather(*(storm.client(session) for session in storm.accounts))
    await asyncio.gather(clients, storm.restarts())
    live = storm.live
    for account in storm.accounts.values():
        for trace_id in account.traces.values():
            await live.ends(trace_id)
            await live.resolved(trace_id)
    for session, account in storm.accounts.items():
        await _balances(live, outside, session, account)
    await until(lambda: live.services.turns.backlog == 0 and live.services.dispatcher.in_memory == 0)
    calls: dict[str, set[bytes]] = {}
    for one in outside.at("/service"):
        calls.setdefault(one.headers["idempotency-key"], set()).add(one.body)
    assert all(len(bodies) == 1 for bodies in calls.values())


async def _balances(live: Live, outside: Outside, session: str, account: Account) -> None:
    shown = await live.session("storm", session, "u")
    assert shown["backlog"] == 0
    context = shown["state"]["context"]
    statuses = {text: (await live.receipt(trace))["status"] for text, trace in account.traces.items()}
    failed = {text for text, status in statuses.items() if status == "failed"}
    assert all(text.endswith("h") for text in failed), failed  # the service failed four times
    assert {text for text, status in statuses.items() if status == "discarded"} == account.cancelled
    firsts: dict[int, Received] = {}
    for one in outside.taken():
        if one.json["sessionId"] == session:
            assert firsts.setdefault(one.sequence, one).body == one.body
    assert sorted(firsts) == list(range(1, len(firsts) + 1))
    heard = [firsts[n].text for n in sorted(firsts) if not firsts[n].text.startswith("before ")]
    due = set(account.scheduled)
    expected = [text for text in account.said if text not in account.cancelled | failed]
    assert [text for text in heard if text not in due] == expected
    assert sorted(text for text in heard if text in due) == sorted(due - failed)
    assert len(context["seen"]) == context["n"]
    assert len(set(context["seen"])) == len(context["seen"])
    assert sum(name.startswith("p") for name in context) == account.patches
