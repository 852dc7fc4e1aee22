"""A turn is a chain of committed segments: what was said leaves before the outside is touched."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from .conftest import Start
from .kit import Outside, Process, Project, Received, held, status, until

ORDER = """
context: {visits: 0}
nodes:
  - id: size
    ask: {text: "Which size?", type: text, store: context.size}
  - set: {context.visits: "{{ context.visits + 1 }}"}
  - say: "One moment."
  - id: price
    http_request: {method: POST, url: "OUT/price", json: {size: "{{ context.size }}"}, store: context.price}
  - say: "That is {{ context.price.total }}."
"""


async def test_what_was_said_arrives_before_the_slow_service_answers(
    project: Project, outside: Outside, start: Start
) -> None:
    """The user is not kept waiting in silence."""
    project.flow("order", ORDER)
    project.endpoint("order")
    gate = asyncio.Event()
    outside.answers["/price"] = held(gate, {"total": 22})
    live = await start()
    await live.say("order", "hi")
    trace_id = await live.send("order", "large")
    await outside.until(2)
    assert outside.texts() == ["Which size?", "One moment."]
    assert (await live.receipt(trace_id))["status"] == "running"
    assert (await live.http.delete(f"/receipts/{trace_id}")).status_code == 409
    gate.set()
    receipt = await live.ends(trace_id)
    await outside.until(3)
    assert outside.texts()[2:] == ["That is 22."]
    assert (receipt["status"], len(receipt["outputs"])) == ("done", 2)


@pytest.mark.parametrize("slow", [
    'http_request: {url: "OUT/broken", store: context.x, retries: 0}',
    'http_request: {url: "http://10.255.255.1/blocked"}',
])  # fmt: skip
async def test_a_failure_keeps_what_was_committed(
    project: Project, outside: Outside, start: Start, slow: str
) -> None:
    """What was said before the slow node stays said; what came after it is dropped; the session
    waits again where it waited."""
    project.flow("order", f"""
        nodes:
          - id: size
            ask: {{text: "Which size?", type: text, store: context.size}}
          - say: "One moment."
          - {slow}
          - set: {{context.after: true}}
          - say: "Done."
        """)  # fmt: skip
    project.endpoint("order")
    outside.answers["/broken"] = status(500)
    live = await start()
    await live.say("order", "hi")
    before = await live.session("order")
    trace_id = await live.send("order", "large")
    receipt = await live.ends(trace_id)
    assert receipt["status"] == "failed"
    assert receipt["reason"]
    await outside.until(2)
    assert outside.texts() == ["Which size?", "One moment."]
    after = await live.session("order")
    assert after["node"] == before["node"] == "order/size"
    assert after["state"]["context"] == {"size": "large"}
    fits = await live.post("/inject/tok-order", {
        "userId": "u1", "sessionId": "s1", "text": "small", "ifNode": "size",
    })  # fmt: skip
    assert fits.status_code == 202, fits.text
    await live.ends(fits.json()["traceId"])
    assert (await live.context("order"))["size"] == "small"


async def test_on_error_takes_a_failing_node(project: Project, outside: Outside, start: Start) -> None:
    """Its branch sees the error, and the turn is done."""
    project.flow(
        "order",
        """
        nodes:
          - http_request: {url: "OUT/broken", store: context.x, retries: 0}
            on_error:
              - say: "Sorry: {{ error.details.status }}"
          - say: "Go on."
        """,
    )
    project.endpoint("order")
    outside.answers["/broken"] = status(503)
    live = await start()
    assert await live.say("order", "hi") == ["Sorry: 503", "Go on."]


async def test_a_settings_on_error_takes_all(project: Project, outside: Outside, start: Start) -> None:
    """``settings.on_error`` is the flow's last resort."""
    project.flow(
        "order",
        """
        settings: {on_error: sorry}
        nodes:
          - http_request: {url: "OUT/broken", retries: 0}
          - stop: {}
          - id: sorry
            say: "Sorry."
        """,
    )
    project.endpoint("order")
    outside.answers["/broken"] = status(503)
    live = await start()
    assert await live.say("order", "hi") == ["Sorry."]


async def test_a_kill_while_a_service_is_called_resumes_at_that_node(
    project: Project, outside: Outside, process: Process
) -> None:
    """kill -9: the call is made again with the same idempotency key; what was said before is not
    said again, and what comes after it is said once."""
    project.flow("order", ORDER)
    project.endpoint("order")
    gate = asyncio.Event()
    outside.answers["/price"] = held(gate, {"total": 22})
    await process.start()
    await process.say("order", "hi")
    trace_id = await process.send("order", "large")
    queued = await process.send("order", "next")
    await until(lambda: outside.at("/price"))
    await outside.until(2)
    await process.kill()
    gate.set()
    await process.start()
    assert (await process.ends(trace_id))["status"] == "done"
    assert (await process.ends(queued))["status"] == "done"
    await until(lambda: len({one.id for one in outside.taken()}) == 4)
    texts = list({one.id: one.text for one in outside.taken()}.values())
    assert texts == ["Which size?", "One moment.", "That is 22.", "Which size?"]
    first, second = outside.at("/price")
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.body == second.body
    assert (await process.context("order"))["visits"] == 1
    assert await process.terminate() == 0


async def test_retries_of_a_call_keep_its_key_and_other_calls_have_others(
    project: Project, outside: Outside, start: Start
) -> None:
    """So that the called can tell a repeat from a second order."""
    project.flow(
        "order",
        """
        nodes:
          - http_request: {method: POST, url: "OUT/pay", json: {n: 1}, retries: 2}
          - http_request: {method: POST, url: "OUT/pay", json: {n: 2}}
        """,
    )
    project.endpoint("order")
    answers = iter([500, 429, 200, 200, 200, 200])

    async def answer(_: Received) -> web.Response:
        return web.json_response({}, status=next(answers))

    outside.answers["/pay"] = answer
    live = await start()
    await live.say("order", "hi")
    await live.say("order", "again")
    keys = [one.headers["idempotency-key"] for one in outside.at("/pay")]
    assert keys[0] == keys[1] == keys[2]
    assert len({keys[0], *keys[3:]}) == 4
