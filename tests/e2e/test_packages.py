"""Packages through administration: written into the files, and served."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from .conftest import Start
from .kit import ADMIN, Live, Project

FLOW = """
nodes:
  - say: "{{ vars.greeting }}, one"
"""


@pytest.fixture
async def bot(project: Project, start: Start) -> Live:
    """A server with a flow."""
    project.settings["vars"] = {"greeting": "hello"}
    project.endpoint("bot")
    project.flow("bot", FLOW)
    return await start()


async def export(bot: Live, **query: str) -> str:
    """A package in base64."""
    response = await bot.http.get("/api/packages", params=query, headers=ADMIN)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/zip")
    return base64.b64encode(response.content).decode()


async def import_(bot: Live, package: str, **more: Any) -> httpx.Response:
    """What comes of an import."""
    return await bot.http.post("/api/packages", json={"package": package, **more}, headers=ADMIN)


async def test_a_package_is_taken_in_and_served(bot: Live, project: Project) -> None:
    """What was exported comes back: the plan first, then the files, then the reload."""
    one = await export(bot, flow="bot")
    project.flow("bot", FLOW.replace("one", "two"))
    await bot.api("POST", "/reload")
    assert await bot.say("bot", "hi") == ["hello, two"]

    plan = {"files": [{"path": "bot.yaml", "state": "differs"}], "needs": []}
    dry = await import_(bot, one, dryRun=True)
    assert dry.json() == {**plan, "written": []}
    refused = await import_(bot, one)
    assert (refused.status_code, refused.json()["code"]) == (409, "package_conflict")
    assert refused.json()["errors"] == [{"field": "bot.yaml", "message": "is another one here"}]
    assert (await import_(bot, one, onConflict="keep")).json()["written"] == []
    assert await bot.say("bot", "hi") == ["hello, two"]
    assert (await import_(bot, one, onConflict="replace")).json() == {**plan, "written": ["bot.yaml"]}
    assert await bot.say("bot", "hi") == ["hello, one"]
    assert "one" in (project.root / "flows" / "bot.yaml").read_text()
    rows = (await bot.api("GET", "/audit"))["audit"]
    assert [row["after"] for row in rows if row["action"] == "package.import"] == [
        {"written": ["bot.yaml"]},
        {"written": []},
    ]


async def test_what_would_not_work_changes_nothing(bot: Live, project: Project) -> None:
    """No package, flows with errors, and plugins that do not start again."""
    for package in ("no base64!", base64.b64encode(b"no zip").decode()):
        refused = await import_(bot, package)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_package")
    one = await export(bot)
    gone = await bot.http.get("/api/packages", params={"flow": "gone"}, headers=ADMIN)
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown_flow")

    project.flow("bot", FLOW.replace("one", "two"))
    project.flow("more", "nodes: [{say: more}]\n")
    await bot.api("POST", "/reload")
    project.plugin("stubborn", 'from flowhook import hookimpl\n\n\n@hookimpl\ndef startup(app):\n'
                               '    raise OSError("the port is taken")\n')  # fmt: skip
    refused = await import_(bot, one, onConflict="replace")
    assert (refused.status_code, refused.json()["code"]) == (422, "reload_failed")
    assert "two" in (project.root / "flows" / "bot.yaml").read_text()
    assert await bot.say("bot", "hi") == ["hello, two"]
