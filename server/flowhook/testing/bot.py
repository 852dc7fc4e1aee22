"""A conversation with a flow, over everything that a server has but HTTP and the network."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from flowhook.app import open_application
from flowhook.config import Config, config_from_mapping
from flowhook.harness.clocks import FakeClock
from flowhook.harness.settle import advance, until_idle
from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.model.delivery import Delivered, Delivery, DeliveryResult
from flowhook.model.endpoint import Endpoint
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.application import Application
from flowhook.runtime.turns.overrides import Overrides
from flowhook.testing.http import FakeHttp, FakeOutgoing
from flowhook.yamldoc.document import load_file

ENDPOINT = "test"
SECTIONS = ("flows", "plugins", "vars", "connections", "timezone")


class Recorder(OutputPlugin):
    """The output of a test's endpoint: keeps what would have been delivered."""

    name = "recorder"

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[Any] = []

    async def deliver(self, delivery: Delivery, *, endpoint: Endpoint, sender: Any) -> DeliveryResult:
        """Always well."""
        self.bodies.append(from_json(delivery.body))
        return Delivered(200)


class Bot:
    """``await bot.says("hi")``, then look at ``bot.outputs`` and ``bot.context``."""

    def __init__(self, services: Application, clock: FakeClock, http: FakeHttp, recorder: Recorder) -> None:
        self.services = services
        self.clock = BotClock(self, clock)
        self.http = http
        self.session_id = SessionRef(ENDPOINT, "user", "session")
        self._recorder = recorder

    @property
    def deliveries(self) -> list[Any]:
        """All bodies that were delivered so far."""
        return self._recorder.bodies

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """All ``AIOutput`` objects so far, in order."""
        return [body["AIOutput"] for body in self.deliveries if isinstance(body, dict) and "AIOutput" in body]

    @property
    def texts(self) -> list[str]:
        """The texts of all outputs so far."""
        return [output["text"] for output in self.outputs]

    async def says(self, text: str = "", data: dict[str, Any] | None = None) -> list[str]:
        """The user says something. Answers the texts of what the bot says to it."""
        return await self._send("message", text, data)

    async def inject(self, text: str = "", data: dict[str, Any] | None = None, **fields: Any) -> list[str]:
        """A backend speaks into the flow. ``fields``: notBefore, ifNode …"""
        return await self._send("inject", text, data, **fields)

    async def notify(self, text: str = "", data: dict[str, Any] | None = None, **fields: Any) -> list[str]:
        """A backend speaks to the user, past the flow."""
        return await self._send("notify", text, data, **fields)

    async def session(self) -> dict[str, Any]:
        """The session's state: frames, context, memory …"""
        row = await self.services.store.sessions.get(self.session_id)
        return row.state if row is not None else {}

    async def context(self) -> dict[str, Any]:
        """The session's context."""
        context: dict[str, Any] = (await self.session()).get("context", {})
        return context

    async def node(self) -> str | None:
        """Where the session stands: "flow/node", None at the beginning."""
        row = await self.services.store.sessions.get(self.session_id)
        return row.node if row is not None else None

    async def trace(self) -> list[dict[str, Any]]:
        """The steps of the last turn."""
        transcript = await self.services.store.transcripts.entries(self.session_id)
        steps: list[dict[str, Any]] = transcript[-1]["trace"]["steps"]
        return steps

    async def settle(self) -> None:
        """Wait until nothing moves any more; what waits for the clock goes on waiting.

        Raises :class:`UnexpectedCall` when something was called that the test gave no reply for.
        """
        await until_idle(self.services)
        self.http.demand_none_unexpected()

    async def _send(self, route: str, text: str, data: dict[str, Any] | None, **fields: Any) -> list[str]:
        before = len(self.outputs)
        endpoint = self.services.endpoints.by_name(ENDPOINT)
        assert endpoint is not None
        names = {"userId": self.session_id.user_id, "sessionId": self.session_id.session_id}
        body = {**names, "text": text, **({"data": data} if data is not None else {}), **fields}
        await self.services.intake.submit(endpoint, route, body)
        await self.settle()
        return self.texts[before:]


class BotClock:
    """The clock of a conversation."""

    def __init__(self, bot: Bot, clock: FakeClock) -> None:
        self._bot = bot
        self._clock = clock

    def now(self) -> float:
        """POSIX seconds."""
        return self._clock.now()

    async def advance(self, duration: float | str) -> list[str]:
        """Move time by seconds or by ``10m``. Answers the texts of what the bot says meanwhile."""
        from flowhook.durations import parse_duration

        before = len(self._bot.outputs)
        await advance(self._bot.services, self._clock, float(parse_duration(duration)))
        await self._bot.settle()
        return self._bot.texts[before:]


@asynccontextmanager
async def open_bot(
    flow: str,
    *,
    project: Path | str = ".",
    use: list[Any] | None = None,
    endpoint: dict[str, Any] | None = None,
    **sections: Any,
) -> AsyncIterator[Bot]:
    """A conversation with ``flow`` of the project in a directory, by default the working one.

    ``use`` names the plugins whose turn hooks run; ``endpoint`` takes further settings of the endpoint.
    ``flows``, ``plugins``, ``vars``, ``connections`` and ``timezone`` are those of the project's
    ``config.yaml``, if it has one; ``sections`` replace them.
    """
    clock, http, recorder = FakeClock(), FakeHttp(), Recorder()
    settings = _config_of(Path(project), flow, use or [], endpoint or {}, sections)
    overrides = Overrides(outputs={ENDPOINT: recorder})
    async with open_application(
        settings, clock=clock, outgoing=FakeOutgoing(http), overrides=overrides
    ) as services:
        yield Bot(services, clock, http, recorder)
        await services.turns.stop(0.0)  # what waits for the clock would wait for ever


def _config_of(
    root: Path, flow: str, use: list[Any], settings: dict[str, Any], sections: dict[str, Any]
) -> Config:
    """The project's configuration with one endpoint, for the test."""
    endpoint = {
        "name": ENDPOINT,
        "token": "token-of-the-test-endpoint",
        "flow": flow,
        "transformers": {"use": use},
        "webhook": {"url": "http://webhook.test/"},
        **settings,
    }
    data = {
        **_sections_of(root / "config.yaml"),
        **sections,
        "storage": "sqlite:///:memory:",
        "admin_key": "test",
        "endpoints": [endpoint],
    }
    return config_from_mapping(data, root.absolute(), os.environ)


def _sections_of(path: Path) -> dict[str, Any]:
    """What a conversation needs of a project's configuration."""
    if not path.is_file():
        return {}
    document, _ = load_file(path)
    known = document.data if document is not None and isinstance(document.data, dict) else {}
    return {name: known[name] for name in SECTIONS if name in known}
