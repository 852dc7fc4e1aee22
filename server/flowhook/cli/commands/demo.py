"""``flowhook demo``: server, receiver and a scripted conversation over real HTTP in one process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import click
import httpx

from flowhook.app import serve
from flowhook.cli.asyncio_runner import run_async
from flowhook.cli.commands.receive import describe
from flowhook.cli.commands.serve import curl
from flowhook.cli.console import BAD, OK, bad, bold, dim, good, say, short
from flowhook.cli.demo.setup import DemoSetup, set_stage
from flowhook.cli.demo.webhook_receiver import Received, Receiver
from flowhook.cli.ports import listening
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError
from flowhook.ids import new_id
from flowhook.runtime.application import Application
from flowhook.studio import studio_routes
from flowhook.web.page_files import pages_are_built

LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 30.0  #: for one step of the script
SETTLED = ("done", "failed", "discarded")


@dataclass(frozen=True, slots=True)
class Step:
    """One request of the script. ``broken`` attempts are answered with 500 first."""

    route: str  #: message, inject, notify
    text: str
    remark: str = ""
    broken: int = 0


PIZZA = (
    Step("message", "hello"),
    Step("message", "when are you open?", "A question in between is answered, and the flow asks again:"),
    Step("message", "a big one"),
    Step("inject", "yes", "A backend speaks in the user's place, and the flow runs:"),
    Step("notify", "Your pizza is at the door.", "A notify goes straight to the user, no flow involved:"),
    Step(
        "message",
        "one more, please",
        "The webhook fails; the delivery is retried, same id, same bytes:",
        broken=1,
    ),
)
ANY = (
    Step("message", "hello"),
    Step("notify", "A word from the backend.", "A notify goes straight to the user, no flow involved:"),
    Step(
        "message", "hello again", "The webhook fails; the delivery is retried, same id, same bytes:", broken=1
    ),
)
SPEAKERS = {"message": "user", "inject": "inject", "notify": "notify"}


@click.command("demo")
@click.option("--stay", is_flag=True, help="Go on after the conversation, with a curl command to paste.")
@with_project
@click.pass_context
def command(context: click.Context, project: ProjectPath, stay: bool) -> None:
    """Show a conversation: server, receiver, real HTTP.

    Everything is printed as it happens: what the user says, what arrives at the webhook, an inject,
    a notify, and a webhook that fails and gets the delivery again.

    In a project its own flows and configuration are used, with webhooks and the connection "crm"
    led to the receiver here; elsewhere the example flows that come with flowhook. Without --stay
    nothing is left behind: sessions live in a temporary database.
    """
    with set_stage(project, stay=stay) as setup:
        played = run_async(play(setup, stay=stay))
    if not played:
        context.exit(1)


async def play(setup: DemoSetup, *, stay: bool) -> bool:
    """Open everything, play the script, and stay if asked to. False when something did not arrive."""
    printer = Printer()
    receiver = setup.receiver(printer.received)
    stop = asyncio.Event()
    async with _serving(setup, receiver, stop) as application:
        endpoint = application.endpoints.by_name(setup.endpoint.name)
        assert endpoint is not None
        script = PIZZA if endpoint.flow == "pizza" else ANY
        base = setup.url
        _introduce(setup, receiver)
        async with httpx.AsyncClient(base_url=base, timeout=PATIENCE_SECONDS, trust_env=False) as client:
            actor = Actor(client, endpoint.token, receiver)
            played = await _until(stop, actor.perform(script))
        if stay and not stop.is_set():
            _invite(f"{base}/{endpoint.token}", setup, printer)
            await stop.wait()
    return played


@asynccontextmanager
async def _serving(setup: DemoSetup, receiver: Receiver, stop: asyncio.Event) -> AsyncIterator[Application]:
    """Receiver and server, both listening. What keeps the server from starting is raised here."""
    ready: asyncio.Future[Application] = asyncio.get_running_loop().create_future()
    await receiver.start(setup.host, setup.receiver_port)
    server = asyncio.create_task(
        serve(setup.config, on_ready=ready.set_result, stop=stop, extensions=[studio_routes(reloads=True)])
    )
    listens = asyncio.create_task(listening(setup.config.server.host, setup.config.server.port))
    try:
        await asyncio.wait((server, listens), return_when=asyncio.FIRST_COMPLETED)
        if server.done():
            server.result()
            raise FlowhookError("the server ended before the demo began")
        yield await ready
    finally:
        stop.set()
        listens.cancel()
        await asyncio.wait((server,))
        await receiver.stop()
    server.result()


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, bool]) -> bool:
    """The result of ``work``, unless somebody wants to stop first."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
        return True
    return working.result()


class Actor:
    """Plays the user and the backend, and sees that each step comes to its end."""

    def __init__(self, client: httpx.AsyncClient, token: str, receiver: Receiver) -> None:
        self._client = client
        self._token = token
        self._receiver = receiver
        self._session = f"demo-{new_id()[:12]}"

    async def perform(self, script: tuple[Step, ...]) -> bool:
        """All steps, one after the other; False at the first that goes wrong."""
        for step in script:
            if not await self._do(step):
                return False
        say(f"\n{good(OK)} All of it arrived, in order.")
        return True

    async def _do(self, step: Step) -> bool:
        if step.remark:
            say(f"\n{step.remark}")
        self._receiver.refuse_next(step.broken)
        path = f"/{self._token}" if step.route == "message" else f"/{step.route}/{self._token}"
        body = {"userId": "ada", "sessionId": self._session, "text": step.text}
        say(f"{click.style(SPEAKERS[step.route].rjust(7), fg='cyan')}  {bold(step.text)}")
        response = await self._client.post(path, json=body)
        say(dim(f"         POST {path} → {response.status_code}"))
        if response.status_code != 202:
            say(f"{bad(BAD)} {short(response.text, 300)}")
            return False
        return await self._settled(response.json()["traceId"])

    async def _settled(self, trace_id: str) -> bool:
        """Follow the receipt until the turn has ended and all that was said has arrived."""
        receipt: dict[str, Any] = {}
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    receipt = (await self._client.get(f"/receipts/{trace_id}")).json()
                    pending = any(output["status"] == "pending" for output in receipt.get("outputs", ()))
                    if receipt.get("status") in SETTLED and not pending:
                        break
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            say(f"{bad(BAD)} this step did not end within {PATIENCE_SECONDS:.0f} s: {json.dumps(receipt)}")
            return False
        if receipt["status"] != "done":
            say(f"{bad(BAD)} {receipt['status']}: {receipt.get('reason')}")
            return False
        return True


@dataclass(slots=True)
class Printer:
    """Shows what arrives at the webhook: at length during the script, in one line afterwards."""

    brief: bool = False
    _seen: set[str] = field(default_factory=set)

    def received(self, received: Received) -> None:
        """One attempt arrived."""
        say(describe(received) if self.brief else self._at_length(received))

    def _at_length(self, received: Received) -> str:
        said = short(received.text, 200) or json.dumps(received.output.get("data"), ensure_ascii=False)
        facts = [f"webhook-id {received.delivery_id}", f"flowhook-sequence {received.sequence}"]
        if received.verified is not None:
            facts.append("signature ✓" if received.verified else f"refused: {received.reason}")
        facts.append(f"attempt {received.attempt}")
        result = str(received.status)
        if received.status != 200:
            result = bad(result)
        line = f"{click.style('bot'.rjust(7), fg='green')}  {bold(said)}"
        return f"{line}\n{dim('         webhook: ' + ', '.join(facts) + ' → ')}{result}"


def _introduce(setup: DemoSetup, receiver: Receiver) -> None:
    say(f"{bold('server')}    {setup.url}")
    say(f"{bold('receiver')}  {receiver.url} {dim('(also the services that the examples call)')}")
    for note in setup.notes:
        say(dim(f"          {note}"))
    say()


def _where_the_key_is(setup: DemoSetup) -> str:
    config = setup.config
    return "admin_key of config.yaml" if config.admin_key else f"in {config.state_dir / 'admin_key'}"


def _invite(url: str, setup: DemoSetup, printer: Printer) -> None:
    printer.brief = True
    say("\nYour turn. Paste this into another terminal; the reply arrives here:\n")
    say(f"  {bold(curl(url, text='I want a pizza' if setup.endpoint.flow == 'pizza' else 'hello'))}\n")
    if setup.config.studio.enabled and pages_are_built():
        say(f"And look at it: {bold(f'{setup.url}/studio')}")
        say(dim(f"  Its key is {_where_the_key_is(setup)}.\n"))
    say(dim("Ctrl+C stops."))
