"""Traces: what turns did and why, through the API and the command line, masked where the endpoint asks."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from flowhook.cli.trace_view import step_lines

from .conftest import Start
from .kit import ADMIN, Outside, Project, Received, status

FLOW = """
nodes:
  - id: ask_age
    ask: {text: "How old are you?", type: number, store: context.age}
  - id: grown_up
    if: context.age >= 18
    then:
      - id: look_up
        http_request: {url: "%s/person?key=secret", store: context.person}
        on_error: {say: "Nobody knows you."}
      - say: "Welcome, {{ context.person.name }}."
    else:
      - say: "Too young."
"""


async def ada(_: Received) -> web.Response:
    """A service that knows everybody as Ada; "error" is a key like others."""
    return web.json_response({"name": "Ada", "error": None})


async def _talk(live: Any, age: str) -> list[dict[str, Any]]:
    await live.ends(await live.send("club", "hello"))
    trace_id = await live.send("club", age)
    await live.ends(trace_id)
    found: list[dict[str, Any]] = (await live.http.get(f"/api/traces/{trace_id}", headers=ADMIN)).json()[
        "traces"
    ]
    return found


async def test_a_trace_says_why(project: Project, outside: Outside, start: Start) -> None:
    """The values a condition saw, the branch not taken, the change, the call with its answer, the times."""
    project.flow("club", FLOW % outside.url)
    project.endpoint("club")
    outside.answers["/person"] = ada
    live = await start()
    (found,) = await _talk(live, "forty")
    steps = {step["node"]: step for step in found["trace"]["steps"]}
    assert steps["ask_age"]["changed"] == {"context.age": 40}
    assert steps["grown_up"]["saw"]["context.age"] == 40
    assert (steps["grown_up"]["went"], steps["grown_up"]["passed"]) == ("then", ["else"])
    call = steps["look_up"]["call"]
    assert call["url"] == f"{outside.url}/person?key=…"
    assert (call["method"], call["status"], call["body"]) == ("GET", 200, {"name": "Ada", "error": None})
    assert steps["look_up"]["ms"] > 0
    assert found["trace"]["ms"] >= steps["look_up"]["ms"]
    assert (found["failed"], found["status"]) == (False, "done")
    shown = "\n".join(step_lines(steps["grown_up"]))
    assert "not else" in shown
    assert "context.age: 40" in shown


async def test_traces_where_something_failed_are_found_first(
    project: Project, outside: Outside, start: Start
) -> None:
    """Also where the flow took care of the failure."""
    project.flow("club", FLOW % outside.url)
    project.endpoint("club")
    outside.answers["/person"] = status(404)
    live = await start()
    (found,) = await _talk(live, "40")
    assert (found["failed"], found["status"]) == (True, "done")
    listed = (await live.http.get("/api/traces?failed=1", headers=ADMIN)).json()
    assert [trace["traceId"] for trace in listed["traces"]] == [found["traceId"]]
    everything = (await live.http.get("/api/traces", headers=ADMIN)).json()["traces"]
    assert len(everything) == 2
    failures = (await live.http.get("/api/failures", headers=ADMIN)).json()
    assert failures["complete"]
    (one,) = failures["failures"]
    assert (one["node"], one["turns"], one["lastTraceId"]) == ("club/look_up", 1, found["traceId"])
    assert (await live.http.get("/api/traces/" + "0" * 32, headers=ADMIN)).status_code == 404


async def test_traces_are_found_by_the_node_that_ran_or_failed(
    project: Project, outside: Outside, start: Start
) -> None:
    """With ``failed`` the node has to be the one that did."""
    project.flow("club", FLOW % outside.url)
    project.endpoint("club")
    outside.answers["/person"] = status(404)
    live = await start()
    await _talk(live, "40")

    async def count(query: str) -> int:
        return len((await live.http.get(f"/api/traces?{query}", headers=ADMIN)).json()["traces"])

    assert await count("node=club/ask_age") == 2
    assert await count("node=club/grown_up") == 1
    assert await count("node=club/look_up&failed=1") == 1
    assert await count("node=club/grown_up&failed=1") == 0


async def test_a_masked_endpoint_keeps_no_value_in_its_traces(
    project: Project, outside: Outside, start: Start
) -> None:
    """The ways are told, the values are not; outputs say that they are sensitive."""
    project.flow("club", FLOW % outside.url)
    project.endpoint("club", privacy={"mask_logging": True})
    outside.answers["/person"] = ada
    live = await start()
    (found,) = await _talk(live, "4711471147")
    steps = {step["node"]: step for step in found["trace"]["steps"]}
    assert steps["grown_up"]["went"] == "then"
    assert found["text"] == "****"
    assert "4711471147" not in json.dumps(found)
    assert "Ada" not in json.dumps(found)
    said = await outside.until(2)
    assert all(delivery.json["AIOutput"]["disableSensitiveLogging"] for delivery in said)


async def test_traces_of_failed_turns_alone_are_kept_where_the_endpoint_says_so(
    project: Project, outside: Outside, start: Start
) -> None:
    """``traces: failed``: the turn in which a call failed has one, the one before has none."""
    project.flow("club", FLOW % outside.url)
    project.endpoint("club", traces="failed")
    outside.answers["/person"] = status(404)
    live = await start()
    (found,) = await _talk(live, "40")
    assert found["failed"]
    everything = (await live.http.get("/api/traces", headers=ADMIN)).json()["traces"]
    assert [trace["traceId"] for trace in everything] == [found["traceId"]]


async def test_no_trace_is_kept_where_they_are_off(project: Project, outside: Outside, start: Start) -> None:
    """Not of a turn that fails either; but the event and the receipt tell that it did."""
    project.flow("club", 'nodes:\n  - say: Hello.\n  - goto: "{{ input.text }}"\n')
    project.endpoint("club", traces="off")
    live = await start()
    heard = live.services.events.listen()
    hearing = asyncio.ensure_future(_until_failed(heard))
    await asyncio.sleep(0)
    trace_id = await live.send("club", "nowhere")
    assert (await live.ends(trace_id))["status"] == "failed"
    event = await hearing
    assert (event.trace_id, bool(event.data["error"])) == (trace_id, True)
    assert (await live.http.get("/api/traces", headers=ADMIN)).json()["traces"] == []


async def _until_failed(heard: Any) -> Any:
    async for event in heard:
        if event.type == "turn.failed":
            return event
    return None
