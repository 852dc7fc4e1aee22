"""A conversation with a flow, over everything that a server has but the network."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowhook.config import Config, config_from_mapping
from flowhook.durations import parse_duration
from flowhook.harness.application import Harness, open_harness
from flowhook.harness.clocks import FakeClock
from flowhook.harness.fake_http import FakeHttp, FakeOutgoing
from flowhook.harness.receiver import Receiver, Sent
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.application import Application
from flowhook.runtime.turns.overrides import Overrides
from flowhook.yamldoc.document import load_file

if TYPE_CHECKING:
    import httpx

ENDPOINT = "test"
TOKEN = "token-of-the-test-endpoint"
SECTIONS = (
    "flows",
    "plugins",
    "vars",
    "connections",
    "timezone",
    "understanding",
    "handovers",
    "translators",
)


class Bot:
    """One user's conversation with a flow: ``await bot.says("hi")``, then look at ``bot.outputs`` and
    ``bot.context``.

    ``clock`` stands still until ``bot.clock.advance("10m")`` moves it, ``http`` answers what flows and
    plugins call. Whatever speaks or moves time raises :class:`UnexpectedCall` when something was called
    that ``http`` has no reply for, and :class:`flowhook.errors.ApiError` when the endpoint refuses what was
    said.
    """

    def __init__(self, harness: Harness, clock: FakeClock, http: FakeHttp, receiver: Receiver) -> None:
        self._harness = harness
        self.clock = BotClock(self, clock)
        self.http = http
        self._receiver = receiver
        self._context = BotContext(harness)

    @property
    def services(self) -> Application:
        """The application that the conversation runs on."""
        return self._harness.application

    @property
    def session_id(self) -> SessionRef:
        """The session: endpoint, user and session id."""
        return self._harness.ref

    # --- speaking --------------------------------------------------------------------------------

    async def says(self, text: str = "", data: dict[str, Any] | None = None, **fields: Any) -> list[str]:
        """Say something as the user, and return the texts of what the bot says to it, in order.

        ``fields`` are further keys of the body, such as ``attachments``.
        """
        return await self._send("message", text, data, **fields)

    async def inject(self, text: str = "", data: dict[str, Any] | None = None, **fields: Any) -> list[str]:
        """Speak into the flow as a backend, and return the texts of what the bot says to it. ``fields`` are
        further keys of the body: ``notBefore``, ``ifNode`` …"""
        return await self._send("inject", text, data, **fields)

    async def notify(self, text: str = "", data: dict[str, Any] | None = None, **fields: Any) -> list[str]:
        """Speak to the user as a backend, past the flow. ``fields`` are further keys of the body."""
        return await self._send("notify", text, data, **fields)

    async def post(
        self,
        path: str = "",
        *,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> httpx.Response:
        """Send an HTTP request to the endpoint, as a platform does: through ``authenticate`` and
        ``transform_input`` of its plugins. Return the response once all that it set going has come to rest.

        ``path`` is a path of its own, such as ``/inject/{token}`` or a plugin's route ``/x/…``; ``{token}``
        in it stands for the endpoint's token. Give one of ``json``, ``form`` and ``body``.
        """
        import httpx

        from flowhook.web.asgi_app import create_app

        app: Any = create_app(self.services)
        url = (path or "/{token}").replace("{token}", self._harness.endpoint.config.token or TOKEN)
        base = self.services.config.server.public_url
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client:
            response = await client.request(
                method, url, json=json, data=form, content=body, headers=dict(headers or {})
            )
        await self.settle()
        return response

    async def _send(self, kind: str, text: str, data: dict[str, Any] | None, **fields: Any) -> list[str]:
        before = len(self.outputs)
        content = {"text": text, **({"data": data} if data is not None else {}), **fields}
        await self._harness.submit(kind, content)
        await self.settle()
        return self.texts[before:]

    async def settle(self) -> None:
        """Wait until nothing moves any more; what waits for the clock goes on waiting.

        Raises :class:`UnexpectedCall` when something was called that the test gave no reply for.
        """
        await self._harness.settle()
        await self._context.refresh()
        self.http.demand_none_unexpected()

    # --- what came of it -------------------------------------------------------------------------

    @property
    def sent(self) -> list[Sent]:
        """All deliveries so far: ``url``, ``method``, ``headers``, ``body`` and ``json`` of each."""
        return self._receiver.sent

    @property
    def deliveries(self) -> list[Any]:
        """The bodies of all deliveries so far; one that is no JSON, such as a form, as text."""
        return [sent.content for sent in self.sent]

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """All ``AIOutput`` objects so far, in order."""
        return [body["AIOutput"] for body in self.deliveries if isinstance(body, dict) and "AIOutput" in body]

    @property
    def texts(self) -> list[str]:
        """The texts of all outputs so far."""
        return [output["text"] for output in self.outputs]

    @property
    def context(self) -> BotContext:
        """The session's context: ``bot.context["size"]``, or all of it with ``await bot.context()``."""
        return self._context

    async def session(self) -> dict[str, Any]:
        """Return the session's state: ``frames``, ``context``, ``memory`` …; empty before the first turn."""
        return await self._harness.state()

    async def node(self) -> str | None:
        """Return where the session stands: "flow/node", None at the beginning."""
        return await self._harness.node()

    async def trace(self) -> list[dict[str, Any]]:
        """Return the steps of the last turn: ``flow, node, type, went`` and more of each. Raises IndexError
        before the first one."""
        transcript = await self._harness.transcript()
        steps: list[dict[str, Any]] = transcript[-1]["trace"]["steps"]
        return steps


class BotContext(Mapping[str, Any]):
    """The context of the session as it was when the bot last came to rest."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self._values: dict[str, Any] = {}

    async def refresh(self) -> None:
        """Read it from the store."""
        self._values = (await self._harness.state()).get("context", {})

    async def __call__(self) -> dict[str, Any]:
        """Return it as it is stored now."""
        await self.refresh()
        return self._values

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)


class BotClock:
    """The clock of a conversation."""

    def __init__(self, bot: Bot, clock: FakeClock) -> None:
        self._bot = bot
        self._clock = clock

    def now(self) -> float:
        """Return the time in POSIX seconds."""
        return self._clock.now()

    async def advance(self, duration: float | str) -> list[str]:
        """Move time by seconds or by ``10m``. Return the texts of what the bot says meanwhile."""
        before = len(self._bot.outputs)
        await self._bot._harness.advance(float(parse_duration(duration)))
        await self._bot.settle()
        return self._bot.texts[before:]


@asynccontextmanager
async def open_bot(
    flow: str,
    *,
    project: Path | str = ".",
    use: list[Any] | None = None,
    endpoint: dict[str, Any] | None = None,
    output: bool = False,
    handover: bool = False,
    **sections: Any,
) -> AsyncIterator[Bot]:
    """Open a conversation with ``flow`` of the project in a directory, by default the working one.

    ``use`` names the plugins whose turn hooks run; ``endpoint`` takes further settings of the endpoint.
    With ``output=True`` the endpoint's own output plugin delivers, and what it calls is answered by
    ``bot.http``; else deliveries end in ``bot.sent``. In the same way ``handover=True`` lets the endpoint's
    own provider take conversations over. ``flows``, ``plugins``, ``vars``, ``connections``, ``timezone``,
    ``understanding``, ``handovers`` and ``translators`` are those of the project's ``config.yaml``, if it has
    one; ``sections`` replace them.
    Raises :class:`flowhook.errors.ConfigError`, FlowFileError or PluginLoadError with all problems of what
    was loaded.
    """
    clock, http, receiver = FakeClock(), FakeHttp(), Receiver()
    config = _config_of(Path(project), flow, use or [], endpoint or {}, sections)
    overrides = Overrides(outputs={} if output else {ENDPOINT: receiver})
    ref = SessionRef(ENDPOINT, "user", "session")
    outgoing = FakeOutgoing(http)
    async with open_harness(
        config, ref, clock=clock, outgoing=outgoing, overrides=overrides, people=handover
    ) as harness:
        yield Bot(harness, clock, http, receiver)


def _config_of(
    root: Path, flow: str, use: list[Any], settings: dict[str, Any], sections: dict[str, Any]
) -> Config:
    """The project's configuration with one endpoint, for the test."""
    endpoint = {
        "name": ENDPOINT,
        "token": TOKEN,
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
