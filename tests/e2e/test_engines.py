"""NLU engines at endpoints: which one read a message, and with which settings."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.errors import PluginError

from .conftest import Start
from .kit import WAIT, Live, Project

ENGINE = """
from flowhook import BaseSettings, NluEngine, Understanding, hookimpl

class Brain(NluEngine):
    name = "brain"

    class Settings(BaseSettings):
        intent: str
        fails: bool = False

    async def prepare(self, intents, slots, *, language):
        self.learned = sorted(intents)

    async def understand(self, text):
        if self.settings.fails:
            raise RuntimeError("no model")
        return Understanding(self.settings.intent if self.learned else "", 1.0)

@hookimpl
def register_nlu():
    return [Brain]
"""
FLOW = """
intents:
  order: {examples: ["I want a pizza", "one pizza please"], reply: "A pizza."}
  hours: {examples: ["when are you open", "opening hours"], reply: "At noon."}
nodes: [{say: "What?"}]
"""


@pytest.fixture
def engines(project: Project) -> Project:
    project.plugin("brain", ENGINE)
    project.flow("shop", FLOW)
    project.settings["plugins"] = {"settings": {"brain": {"intent": "order"}}}
    return project


async def understanding(live: Live, endpoint: str, text: str = "tell me") -> tuple[list[str], dict[str, Any]]:
    """What is said to a text, and the step of the trace that tells how it was read."""
    body = {"userId": "u1", "sessionId": endpoint, "text": text}
    answer = (await live.post(f"/tok-{endpoint}", body, WAIT)).json()
    (found,) = (await live.api("GET", f"/traces/{answer['traceId']}"))["traces"]
    (step,) = [step for step in found["trace"]["steps"] if step["type"] == "understanding"]
    return [output["text"] for output in answer["outputs"]], step["saw"]


async def test_an_endpoint_has_settings_of_its_own_for_its_engine(engines: Project, start: Start) -> None:
    """Over those of the plugin, in an engine of its own, which learns the flows like the other one."""
    engines.endpoint("plain", flow="shop", nlu="brain")
    engines.endpoint("own", flow="shop", nlu="brain", nlu_settings={"intent": "hours"})
    live = await start()
    assert (await understanding(live, "plain"))[0] == ["A pizza."]
    assert (await understanding(live, "own"))[0] == ["At noon."]
    shown = await live.api("GET", "/endpoints/own")
    assert "hours" not in str(shown), "what may be a secret is not told"


async def test_settings_that_only_an_endpoint_has(engines: Project, start: Start) -> None:
    """What the plugin itself lacks may stand at the endpoint."""
    engines.settings["plugins"] = {"settings": {}}
    engines.endpoint("own", flow="shop", nlu="brain", nlu_settings={"intent": "hours"})
    live = await start()
    assert (await understanding(live, "own"))[0] == ["At noon."]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"intend": "hours"}, 'plugin brain has no setting "intend"'),
        ({"fails": "perhaps"}, 'plugin brain, setting "fails"'),
    ],
)
async def test_wrong_settings_are_told_at_their_place(
    engines: Project, start: Start, settings: dict[str, Any], message: str
) -> None:
    """The line of the endpoint, not that of the plugin."""
    engines.endpoint("own", flow="shop", nlu="brain", nlu_settings=settings)
    with pytest.raises(PluginError) as refused:
        await start()
    (problem,) = refused.value.problems  # type: ignore[attr-defined]
    assert message in problem.text
    lines = (engines.root / "config.yaml").read_text().splitlines()
    (key,) = settings
    assert f'"{key}"' in lines[problem.line - 1]


async def test_the_trace_names_the_engine_that_read(engines: Project, start: Start) -> None:
    """One of a plugin, or the built-in one in its place; the built-in one alone goes without saying."""
    engines.endpoint("plain", flow="shop", nlu="brain")
    engines.endpoint("fails", flow="shop", nlu="brain", nlu_fallback="builtin", nlu_settings={"fails": True})
    engines.endpoint("none", flow="shop", nlu="brain", nlu_settings={"fails": True})
    engines.endpoint("builtin", flow="shop")
    live = await start()
    assert (await understanding(live, "plain"))[1]["engine"] == "brain"
    said, saw = await understanding(live, "fails", "when are you open")
    assert (said, saw["engine"]) == (["At noon."], "builtin")
    assert "engine" not in (await understanding(live, "none"))[1]
    assert "engine" not in (await understanding(live, "builtin", "when are you open"))[1]
