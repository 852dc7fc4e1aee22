"""Sends each output as one signed POST to the endpoint's ``webhook.url``.

Signatures follow Standard Webhooks. A secret is either ``whsec_`` and base64, as most tools show it,
or any other text, whose UTF-8 bytes are the key: give a verifying library
``"whsec_" + base64(text)`` then. With several secrets, newest first, each adds a signature.

What a ``Deliver`` sends to another host than the webhook's carries no authentication, signature or header of
the settings, and leaves straight: all that is between flowhook and the webhook.
"""

from __future__ import annotations

import base64
import binascii
import email.utils
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any, ClassVar
from urllib.parse import urlsplit

from standardwebhooks.webhooks import hmac_data

from flowhook import Delivered, Delivery, Egress, Endpoint, OutputPlugin, Rejected, Retry, hookimpl

EXCERPT = 500  #: bytes of a response to a failed attempt that are kept
LONGEST_RETRY_AFTER = 366 * 86_400.0
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
#: Headers that are ours, whatever a ``Deliver`` says.
RESERVED = frozenset(
    {
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "te",
        "upgrade",
        "expect",
        "accept-encoding",
    }
)


class WebhookOutput(OutputPlugin):
    """The output named ``webhook``, which endpoints use unless they say otherwise."""

    name: ClassVar[str] = "webhook"

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._targets: dict[str, WebhookTarget] = {}  #: by the name of the endpoint

    async def deliver(
        self, delivery: Delivery, *, endpoint: Endpoint, sender: Any
    ) -> Delivered | Retry | Rejected:
        """Make one POST. A request without a response raises the sender's error, which is a Retry."""
        target = self._targets.get(endpoint.name)
        if target is None or target.config is not endpoint.config:
            target = self._targets[endpoint.name] = WebhookTarget.of(endpoint)
        url = delivery.url or target.url
        if not url:
            return Delivered()  # nobody asked to be told
        own_origin = delivery.url is None or origin(delivery.url) == target.origin
        headers = target.headers(delivery) if own_origin else plain_headers(delivery)
        for name, value in delivery.headers.items():
            if not (HEADER_NAME.fullmatch(name) and HEADER_VALUE.fullmatch(value)):
                return Rejected(f"header {name[:64]!r} of the Deliver cannot be sent")
            if name.lower() not in RESERVED:
                headers[name.lower()] = value
        more = {"egress": target.egress} if own_origin and target.egress is not None else {}
        response = await sender.send(
            delivery.method, url, headers, delivery.body, timeout=target.timeout, **more
        )
        if 200 <= response.status < 300:
            return Delivered(response.status, response.body)
        return refusal(response.status, response.headers, own_origin, excerpt(response.body))


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """Where deliveries of an endpoint go, and what is the same for all of them."""

    config: Any
    url: str
    origin: tuple[str, str, int | None]
    timeout: float
    authorization: str | None
    keys: tuple[bytes, ...]
    own_headers: Mapping[str, str]
    egress: Egress | None  #: None: straight

    @classmethod
    def of(cls, endpoint: Endpoint) -> WebhookTarget:
        """Read an endpoint's ``webhook`` settings. Raises ValueError for an unusable secret."""
        webhook = endpoint.config.webhook
        secrets = [webhook.secret] if isinstance(webhook.secret, str) else webhook.secret
        keys = tuple(signing_key(secret) for secret in secrets if secret)
        authorization = None
        if webhook.user:
            pair = f"{webhook.user}:{webhook.password}"
            authorization = "Basic " + base64.b64encode(pair.encode()).decode()
        elif webhook.bearer:
            authorization = f"Bearer {webhook.bearer}"
        egress = Egress(webhook.ca, webhook.client_cert, webhook.proxy)
        return cls(
            endpoint.config,
            webhook.url,
            origin(webhook.url),
            webhook.timeout,
            authorization,
            keys,
            {name.lower(): value for name, value in webhook.headers.items()},
            egress if egress != Egress() else None,
        )

    def headers(self, delivery: Delivery) -> dict[str, str]:
        """The headers of one attempt at the webhook itself."""
        headers = {**self.own_headers, **plain_headers(delivery)}
        if self.authorization is not None:
            headers["authorization"] = self.authorization
        if self.keys:
            headers["webhook-signature"] = signatures(
                self.keys, delivery.delivery_id, headers["webhook-timestamp"], delivery.body
            )
        return headers


def plain_headers(delivery: Delivery) -> dict[str, str]:
    """The headers that any receiver may see."""
    headers = {
        "content-type": "application/json",
        "webhook-id": delivery.delivery_id,
        "webhook-timestamp": str(int(time.time())),
        "flowhook-sequence": str(delivery.sequence),
        "flowhook-attempt": str(delivery.attempts + 1),
    }
    if TRACE_ID.fullmatch(delivery.trace_id):
        headers["traceparent"] = f"00-{delivery.trace_id}-{random.getrandbits(64) | 1:016x}-01"
    if delivery.replay:
        headers["flowhook-replay"] = "true"
    if delivery.test:
        headers["flowhook-test"] = "true"
    return headers


def signing_key(secret: str) -> bytes:
    """The bytes of a secret; raises ValueError when it says ``whsec_`` but is not base64."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    text = secret.removeprefix("whsec_").rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError("a webhook secret that begins with whsec_ goes on in base64")
    return key


def signatures(keys: tuple[bytes, ...], delivery_id: str, timestamp: str, body: bytes) -> str:
    """One signature for each key, separated by spaces."""
    signed = f"{delivery_id}.{timestamp}.".encode() + body
    return " ".join(["v1," + base64.b64encode(hmac_data(key, signed)).decode() for key in keys])


def refusal(status: int, headers: Mapping[str, str], own_origin: bool, said: str = "") -> Retry | Rejected:
    """The result of a response other than 2xx, which ``said`` something. ``own_origin``: it came from the
    webhook itself."""
    if status == 410 and own_origin:
        return Rejected("HTTP 410: the receiver is gone", status, pause=True, response=said)
    if status in (429, 503):
        seconds = retry_after(headers.get("Retry-After"), time.time())
        return Retry(f"HTTP {status}", seconds, status, counts=status != 429, response=said)
    if 300 <= status < 400:
        return Retry(f"HTTP {status}: redirects are not followed", status=status, response=said)
    return Retry(f"HTTP {status}", status=status, response=said)


def excerpt(body: bytes) -> str:
    """The beginning of a response as text that may be shown: without control characters."""
    text = body[:EXCERPT].decode("utf-8", "replace")
    return "".join(
        char if char.isprintable() or char in "\n\t" else "\N{REPLACEMENT CHARACTER}" for char in text
    )


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds from a Retry-After header, a number or a date; None when it is absent or in the past."""
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        seconds = float(text[:12])
    else:
        try:
            when = email.utils.parsedate_to_datetime(text)
        except (ValueError, IndexError, TypeError, OverflowError):
            return None
        seconds = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now
    return min(seconds, LONGEST_RETRY_AFTER) if seconds >= 0 else None


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL; three empty values when it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return ("", "", None)
    return (parts.scheme, parts.hostname or "", port)


@hookimpl
def register_outputs() -> list[type[OutputPlugin]]:
    """flowhook's own output enters like any other."""
    return [WebhookOutput]
