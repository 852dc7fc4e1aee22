"""A webhook receiver: takes deliveries, checks them, misbehaves when told to."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from flowhook.cli.demo.example_services import ExampleServices
from flowhook.cli.ports import local_url
from flowhook.errors import FlowhookError

MAX_BODY = 1024 * 1024


@dataclass(slots=True)
class Received:
    """One attempt at a delivery, as it arrived. ``verified`` is None when nothing was to check."""

    at: float
    headers: dict[str, str]  #: names in lower case
    body: bytes
    status: int
    verified: bool | None = None
    reason: str = ""  #: why it was refused
    attempt: int = 1
    again: bool = False  #: this delivery was taken before
    envelope: dict[str, Any] = field(default_factory=dict)

    @property
    def session_id(self) -> str:
        """Whom it is for."""
        return str(self.envelope.get("sessionId", ""))

    @property
    def output(self) -> dict[str, Any]:
        """The AIOutput."""
        output = self.envelope.get("AIOutput")
        return output if isinstance(output, dict) else {}

    @property
    def text(self) -> str:
        """What is said."""
        return str(self.output.get("text") or "")

    @property
    def delivery_id(self) -> str:
        """The webhook-id."""
        return self.headers.get("webhook-id", "")

    @property
    def sequence(self) -> int | None:
        """Its place in the session."""
        value = self.headers.get("flowhook-sequence", "")
        return int(value) if value.isdigit() else None

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "at": datetime.fromtimestamp(self.at).astimezone().isoformat(timespec="milliseconds"),
            "status": self.status,
            "userId": self.envelope.get("userId"),
            "sessionId": self.envelope.get("sessionId"),
            "sequence": self.sequence,
            "deliveryId": self.delivery_id or None,
            "attempt": self.attempt,
            "again": self.again,
            "verified": self.verified,
            "reason": self.reason or None,
            "AIOutput": self.output or None,
        }


class Receiver:
    """Answers deliveries with 200, or as it is told to misbehave. Also the services of the example flows.

    ``fail`` is the share of deliveries answered with 500, ``slow`` the seconds before any answer.
    ``refuse_next(n)`` answers the next n deliveries with 500.
    """

    def __init__(
        self,
        on_delivery: Callable[[Received], None] = lambda received: None,
        *,
        secrets: Sequence[str] = (),
        user: str = "",
        password: str = "",
        fail: float = 0.0,
        slow: float = 0.0,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._on_delivery = on_delivery
        self._webhooks = [verifier(secret) for secret in secrets]
        self._login = f"{user}:{password}".encode() if user or password else None
        self._fail = fail
        self._slow = slow
        self._chance = chance
        self._refusals = 0
        self._attempts: Counter[str] = Counter()
        self._taken: set[str] = set()
        self._services = ExampleServices()
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self, host: str = "127.0.0.1", port: int = 9000) -> None:
        """Listen; port 0 takes a free one. Raises FlowhookError when the port is taken."""
        app = web.Application(client_max_size=MAX_BODY)
        self._services.add_to(app)
        app.router.add_post("/{path:.*}", self._delivery)
        app.router.add_get("/{path:.*}", self._hello)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except OSError as error:
            await self.stop()
            raise FlowhookError(
                f"cannot listen on {host}:{port}: {error.strerror}; try another --port"
            ) from error
        host, port = self._runner.addresses[0][:2]
        self.url = local_url(host, port) + "/"

    async def stop(self) -> None:
        """Stop listening."""
        await self._services.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def refuse_next(self, count: int = 1) -> None:
        """Answer the next deliveries with 500."""
        self._refusals = count

    async def _hello(self, request: web.Request) -> web.Response:
        return web.Response(text="flowhook receive: POST deliveries here.\n")

    async def _delivery(self, request: web.Request) -> web.Response:
        received = self._read(dict(request.headers), await request.read())
        if self._slow:
            await asyncio.sleep(self._slow)
        self._on_delivery(received)
        headers = {"www-authenticate": 'Basic realm="flowhook receive"'} if received.status == 401 else None
        return web.Response(status=received.status, text=received.reason, headers=headers)

    def _read(self, headers: dict[str, str], body: bytes) -> Received:
        headers = {name.lower(): value for name, value in headers.items()}
        received = Received(datetime.now().timestamp(), headers, body, 200)
        received.envelope = _object(body)
        self._count(received)
        received.reason = self._login_problem(headers) or self._signature_problem(headers, body)
        if self._webhooks or self._login is not None:
            received.verified = not received.reason
        if received.reason:
            received.status = 401
        elif self._refusals or self._chance() < self._fail:
            self._refusals = max(0, self._refusals - 1)
            received.status, received.reason = 500, "failing, as told"
        else:
            self._taken.add(received.delivery_id)
        return received

    def _count(self, received: Received) -> None:
        name = received.delivery_id
        if not name:
            return
        self._attempts[name] += 1
        told = received.headers.get("flowhook-attempt", "")
        received.attempt = int(told) if told.isdigit() else self._attempts[name]
        received.again = name in self._taken

    def _login_problem(self, headers: dict[str, str]) -> str:
        if self._login is None:
            return ""
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        if not credentials:
            return "no basic auth; this receiver asks for a user and password"
        presented = b""
        with suppress(binascii.Error, ValueError):
            presented = base64.b64decode(credentials)
        right = scheme.lower() == "basic" and hmac.compare_digest(presented, self._login)
        return "" if right else "wrong user or password"

    def _signature_problem(self, headers: dict[str, str], body: bytes) -> str:
        """Good is what one of the secrets verifies; else why the first one does not."""
        problems = []
        for webhook in self._webhooks:
            try:
                webhook.verify(body, headers, json_parse=False)
            except (WebhookVerificationError, ValueError) as error:
                problems.append(f"signature: {error}" if str(error) else "the signature does not match")
            else:
                return ""
        if problems and "webhook-signature" not in headers:
            return "not signed; set webhook.secret on the endpoint"
        return problems[0] if problems else ""


def verifier(secret: str) -> Webhook:
    """Checks signatures. A secret is ``whsec_`` and base64, or any other text, as on the endpoint.

    Raises ValueError when it cannot be read.
    """
    key = secret.encode()
    if secret.startswith("whsec_"):
        text = secret.removeprefix("whsec_").rstrip("=")
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    if not key:
        raise ValueError("the secret is empty")
    return Webhook(key)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
