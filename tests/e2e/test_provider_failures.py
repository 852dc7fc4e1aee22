"""A handover provider of a plugin that fails: who it was, and where, is told; the conversation goes on."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from .conftest import Start
from .kit import Live, Outside, Project, status, until
from .test_plugin_failures import failures_in

PAGER = """
from flowhook import HandoverEvent, HandoverProvider, hookimpl

class Pager(HandoverProvider):
    name = "pager"

    async def open(self, conversation):
        return "T1"

    async def send(self, message, http):
        (await http.get("OUT/tickets")).raise_for_status()

    async def receive(self, request):
        told = request.json
        RETURN

@hookimpl
def register_handover():
    return [Pager]
"""
FLOW = 'nodes: [{id: agent, handover: "one moment"}, {say: back}]'
EVENT = 'return [HandoverEvent("T1", "message", id=told["id"], text=told["text"])]'


@pytest.fixture
def handed(project: Project) -> Project:
    project.flow("shop", FLOW)
    project.endpoint("shop", handover="night")
    project.settings["handovers"] = {"night": {"provider": "pager"}}
    return project


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of the plugin."""
    return [record.getMessage() for record in caplog.records if record.name == "flowhook.plugin.pager"]


async def tells(live: Live, body: Any) -> Any:
    return await live.http.post("/handover/night/tok-shop", json=body)


@pytest.mark.parametrize(
    ("returns", "message"),
    [
        (EVENT.replace('told["id"]', 'told["number"]'), "KeyError at "),
        ("return 5", "returned int, not a list of HandoverEvent"),
        ('return "message"', "returned str, not a list of HandoverEvent"),
        ('return [{"type": "message"}]', "returned a list with dict, which is no HandoverEvent"),
        ('return [HandoverEvent("T1", "massage")]', "an event of the type 'massage', not message"),
        ('return [HandoverEvent("T1", "message", text=5)]', "whose ids and words are no texts"),
        (
            'return [HandoverEvent("T1", "message", data={"at": object()})]',
            "returned an event that is not JSON",
        ),
    ],
)
async def test_receive_fails(
    handed: Project, start: Start, caplog: pytest.LogCaptureFixture, returns: str, message: str
) -> None:
    """The service is told 500 under the trace id that the log has, with plugin, method, endpoint and line."""
    handed.plugin("pager", PAGER.replace("RETURN", returns))
    live = await start()
    with caplog.at_level(logging.ERROR):
        answer = await tells(live, {"id": "e1", "text": "hello"})
    assert (answer.status_code, answer.json()["code"]) == (500, "plugin_failed")
    (record,) = [one for one in caplog.records if one.name == "flowhook.plugin.pager"]
    assert record.getMessage().startswith("plugin pager, hook handover pager.receive at endpoint shop: ")
    assert message in record.getMessage()
    assert record.__dict__["traceId"] == answer.json()["traceId"]
    if "KeyError" in message:
        assert "pager.py:" in record.getMessage()
    assert await failures_in(live) == {("pager", "handover pager.receive", "shop"): 1}


async def test_send_fails_and_is_tried_again(
    handed: Project, outside: Outside, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Told with the line of the plugin; when the service is well again it gets what waits."""
    handed.plugin("pager", PAGER.replace("RETURN", EVENT))
    live = await start()
    outside.answers["/tickets"] = status(503)
    await live.say("shop", "help")
    with caplog.at_level(logging.ERROR):
        await live.send("shop", "hello?")
        await until(lambda: told(caplog))
    assert told(caplog)[0].startswith(
        "plugin pager, hook handover pager.send at endpoint shop: HTTPStatusError at "
    )
    assert "pager.py:" in told(caplog)[0]
    del outside.answers["/tickets"]
    await outside.until(1, "/tickets")
    assert (await tells(live, {"id": "e1", "text": "here I am"})).json() == {"accepted": 1, "ignored": 0}
    await until(lambda: "here I am" in outside.texts())


async def test_masked_words_stay_out_of_the_log(
    handed: Project, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the endpoint masks its log, the text of the error and its traceback are not told."""
    handed.plugin("pager", PAGER.replace("RETURN", 'raise ValueError("the PIN is " + told["text"])'))
    handed.endpoint("shop", handover="night", privacy={"mask_logging": True})
    live = await start()
    with caplog.at_level(logging.DEBUG):
        answer = await tells(live, {"id": "e1", "text": "4711471147"})
    assert answer.status_code == 500
    assert told(caplog)
    assert "4711471147" not in json.dumps(told(caplog)) + caplog.text
