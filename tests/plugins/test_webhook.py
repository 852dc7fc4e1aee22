"""The webhook output: what it sends, and what it makes of the answer."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from flowhook.config import WebhookConfig
from flowhook.errors import SendError
from flowhook.model.delivery import Delivered, Delivery, Egress, Rejected, Retry
from flowhook.model.endpoint import Endpoint
from flowhook.net.address_policy import AddressRules
from flowhook.net.client import Outgoing, RawResponse

SOURCE = Path(__file__).parents[2] / "plugins" / "webhook.py"


def load() -> Any:
    """The module as the server loads it: from its file."""
    spec = importlib.util.spec_from_file_location("shipped_webhook", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["shipped_webhook"] = module
    spec.loader.exec_module(module)
    return module


webhook = load()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TRACE = "0192f0c8a3b47c6d8e9fa0b1c2d3e4f5"


@dataclass
class Sender:
    """Keeps what was sent and answers a status."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    sent: list[tuple[str, str, Mapping[str, str], bytes, float]] = field(default_factory=list)
    egresses: list[Egress | None] = field(default_factory=list)

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        timeout: float,
        egress: Egress | None = None,
    ) -> RawResponse:
        self.sent.append((method, url, headers, body, timeout))
        self.egresses.append(egress)
        return RawResponse(self.status, self.headers, b"")


def endpoint(**settings: Any) -> Endpoint:
    """An endpoint with these ``webhook`` settings."""
    config = WebhookConfig(**{"url": "https://shop.example/hook", **settings})
    return Endpoint("pizza", "t", "flow", SimpleNamespace(webhook=config))


def delivery(**more: Any) -> Delivery:
    """The seventh thing said in a session."""
    fields: dict[str, Any] = {"body": b'{"a":"\xc3\xa4"}', "trace_id": TRACE, **more}
    return Delivery("pizza", b"s" * 16, 7, "evt_abc", **fields)


async def send(sent: Delivery | None = None, sender: Sender | None = None, **settings: Any) -> Any:
    """Deliver once; answers the headers, or what the output answered when a sender is given."""
    own = sender or Sender()
    answer = await webhook.WebhookOutput().deliver(
        sent or delivery(), endpoint=endpoint(**settings), sender=own
    )
    return answer if sender is not None else own.sent[0][2]


async def test_what_is_sent() -> None:
    """One POST of the stored bytes with the headers of the contract."""
    sender = Sender()

    assert await send(delivery(attempts=2), sender) == Delivered(200)

    method, url, headers, body, timeout = sender.sent[0]
    assert (method, url, body, timeout) == ("POST", "https://shop.example/hook", b'{"a":"\xc3\xa4"}', 10.0)
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == "evt_abc"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 3
    assert headers["flowhook-sequence"] == "7"
    assert headers["flowhook-attempt"] == "3"
    version, trace, span, flags = headers["traceparent"].split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert len(span) == 16
    assert int(span, 16)
    assert {"webhook-signature", "authorization", "flowhook-replay"}.isdisjoint(headers)


@pytest.mark.parametrize("trace_id", ["", "short", "G" * 32, "0" * 32])
async def test_no_traceparent_of_another_id(trace_id: str) -> None:
    """An id that is no W3C trace id is not dressed up as one."""
    assert "traceparent" not in await send(delivery(trace_id=trace_id))


async def test_a_replay_says_so() -> None:
    """Replayed deliveries may arrive out of order: the receiver can tell."""
    assert (await send(delivery(replay=True)))["flowhook-replay"] == "true"


async def test_basic_auth() -> None:
    """``user`` and ``password`` become an Authorization header."""
    headers = await send(user="mario", password="sécret:1")

    assert base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode() == "mario:sécret:1"


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        (SECRET, SECRET),
        (SECRET + "==", SECRET),
        ("correct horse battery", "whsec_" + base64.b64encode(b"correct horse battery").decode()),
        ("ünicode", "whsec_" + base64.b64encode("ünicode".encode()).decode()),
    ],
)
async def test_the_signature_verifies(secret: str, key: str) -> None:
    """The standardwebhooks library accepts it, for both forms of a secret."""
    headers = await send(secret=secret)

    assert Webhook(key).verify(delivery().body, dict(headers)) == {"a": "ä"}


async def test_several_secrets() -> None:
    """During a rotation each secret signs, newest first, and each verifies alone."""
    headers = await send(secret=[SECRET, "old"])
    first, second = headers["webhook-signature"].split(" ")

    assert first == (await send(secret=SECRET))["webhook-signature"]
    assert second.startswith("v1,")
    for key in (SECRET, "whsec_" + base64.b64encode(b"old").decode()):
        Webhook(key).verify(delivery().body, dict(headers))


@pytest.mark.parametrize("secret", ["whsec_", "whsec_!!!", "whsec_a"])
def test_a_broken_secret(secret: str) -> None:
    """A secret that says whsec_ but is not base64 is an error, not another key."""
    with pytest.raises(ValueError, match="base64"):
        webhook.signing_key(secret)


async def test_a_deliver_goes_elsewhere() -> None:
    """Its URL, method, body and headers hold; credentials and signature stay at home."""
    sender = Sender()
    sent = delivery(
        url="https://api.telegram.example/botX/send", method="PUT", headers={"X-A": "1", "Host": "evil"}
    )

    await send(sent, sender, user="mario", secret=SECRET)

    method, url, headers, _, _ = sender.sent[0]
    assert (method, url) == ("PUT", "https://api.telegram.example/botX/send")
    assert headers["x-a"] == "1"
    assert headers["webhook-id"] == "evt_abc"
    assert {"authorization", "webhook-signature", "host"}.isdisjoint(headers)


async def test_a_deliver_to_the_same_host() -> None:
    """The same scheme, host and port is home: signed and authorised."""
    headers = await send(
        delivery(url="https://SHOP.example:443/other", headers={"Content-Type": "text/plain"}),
        user="m",
        secret="s",
    )

    assert {"authorization", "webhook-signature"} <= set(headers)
    assert headers["content-type"] == "text/plain"


@pytest.mark.parametrize("headers", [{"X A": "1"}, {"X": "a\r\nY: b"}, {"X": "ä"}, {"": "a"}, {"Ä": "a"}])
async def test_a_deliver_with_broken_headers(headers: dict[str, str]) -> None:
    """What cannot be a header is dead at once: it will never be better."""
    answer = await send(delivery(url="https://x.example/", headers=headers), Sender())

    assert isinstance(answer, Rejected)
    assert not answer.pause


async def test_no_url() -> None:
    """Without a URL nothing leaves, and nothing is dead of it."""
    sender = Sender()
    assert isinstance(await send(None, sender, url=""), Delivered)


async def test_settings_may_change() -> None:
    """A reload's new configuration holds from the next delivery on."""
    output, sender = webhook.WebhookOutput(), Sender()
    await output.deliver(delivery(), endpoint=endpoint(), sender=sender)
    await output.deliver(delivery(), endpoint=endpoint(url="https://new.example/"), sender=sender)

    assert [sent[1] for sent in sender.sent] == ["https://shop.example/hook", "https://new.example/"]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_success(status: int) -> None:
    """2xx is success."""
    assert await send(None, Sender(status)) == Delivered(status)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 408, 409, 422, 425, 500, 502, 504, 999])
async def test_failure(status: int) -> None:
    """Everything else is tried again; the schedule knows what a 4xx means."""
    answer = await send(None, Sender(status, {"Retry-After": "7"}))

    assert (answer.status, answer.after, answer.counts) == (status, None, True)


async def test_410() -> None:
    """The webhook is gone: pause. A Deliver's own address being gone pauses nothing."""
    answer = await send(None, Sender(410))
    assert isinstance(answer, Rejected)
    assert answer.pause

    assert isinstance(await send(delivery(url="https://x.example/"), Sender(410)), Retry)


@pytest.mark.parametrize(("status", "counts"), [(429, False), (503, True)])
async def test_retry_after(status: int, counts: bool) -> None:
    """429 and 503 may say when; 429 uses up no attempt."""
    answer = await send(None, Sender(status, {"Retry-After": "120"}))

    assert answer == Retry(f"HTTP {status}", 120.0, status, counts=counts)


NOW = 1_750_000_000.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 5 ", 5.0),
        (format_datetime(datetime.fromtimestamp(NOW + 90, UTC), usegmt=True), 90.0),
        (format_datetime(datetime.fromtimestamp(NOW - 90, UTC), usegmt=True), None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("1e9", None),
        ("1.5", None),
        ("9" * 400, webhook.LONGEST_RETRY_AFTER),
        ("99999999999", webhook.LONGEST_RETRY_AFTER),
        ("soon", None),
        ("٣", None),
        ("5, 7", None),
        ("", None),
        (None, None),
    ],
)
def test_reading_retry_after(value: str | None, seconds: float | None) -> None:
    """Whole seconds or a date; what is negative, absurd or neither does not count."""
    assert webhook.retry_after(value, NOW) == seconds


async def test_no_answer_goes_up() -> None:
    """The sender's error is the dispatcher's business."""

    class Broken:
        async def send(self, *arguments: Any, **more: Any) -> RawResponse:
            raise SendError("timeout", "no answer in time")

    with pytest.raises(SendError):
        await webhook.WebhookOutput().deliver(delivery(), endpoint=endpoint(), sender=Broken())


async def test_over_the_wire() -> None:
    """The real sender carries it: one request, as the receiver reads it."""
    heard = b""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        heard = await reader.readuntil(b"\r\n\r\n")
        heard += await reader.readexactly(len(delivery().body))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with Outgoing(AddressRules(["127.0.0.1"])) as outgoing:
            answer = await webhook.WebhookOutput().deliver(
                delivery(),
                endpoint=endpoint(url=f"http://127.0.0.1:{port}/hook?x=1", secret=SECRET),
                sender=outgoing,
            )

    assert answer == Delivered(204)
    head, _, body = heard.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    assert lines[0] == "POST /hook?x=1 HTTP/1.1"
    assert headers["user-agent"].startswith("flowhook/")
    assert Webhook(SECRET).verify(body, headers) == {"a": "ä"}


def test_it_is_registered() -> None:
    """The output enters by the hook that any plugin uses."""
    assert webhook.register_outputs() == [webhook.WebhookOutput]
    assert webhook.WebhookOutput.name == "webhook"


async def test_bearer_and_headers_of_the_settings() -> None:
    """They go to the webhook with each POST, and to no other host; what is ours is not overwritten."""
    settings = {"bearer": "b-secret", "headers": {"X-Shop": "7"}, "proxy": "http://proxy.example:3128"}
    sender = Sender()
    await send(None, sender, **settings)
    await send(delivery(url="https://elsewhere.example/"), sender, **settings)
    (_, _, own, _, _), (_, _, other, _, _) = sender.sent
    assert (own["authorization"], own["x-shop"]) == ("Bearer b-secret", "7")
    assert own["webhook-id"] == "evt_abc"
    assert not {"authorization", "x-shop"} & set(other)
    assert sender.egresses == [Egress(proxy="http://proxy.example:3128"), None]
