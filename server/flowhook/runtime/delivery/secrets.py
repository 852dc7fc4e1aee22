"""Secrets of plugins in deliveries: their names are stored, and they are filled in for an attempt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flowhook.model.delivery import Delivery
from flowhook.model.privacy import MASK
from flowhook.model.secret import Lookup, fill, fill_json, is_sealed, seal, seal_json

#: Among the stored headers of a delivery, says that its body is JSON with secrets. No header has such a name.
IN_BODY = ":secrets"


def sealed(delivery: Delivery, *, is_json: bool) -> None:
    """Let a delivery that a plugin made hold names in the place of secrets. ``is_json``: its body is JSON."""
    if delivery.url is not None:
        delivery.url = seal(delivery.url)
    delivery.headers = {name: seal(value) for name, value in delivery.headers.items() if name != IN_BODY}
    if is_json and (body := seal_json(delivery.body)) is not delivery.body:
        delivery.body = body
        delivery.headers[IN_BODY] = "1"


def request_json(delivery: Delivery) -> dict[str, Any]:
    """Return what is sent as pages show it: ``****`` in the place of secrets, and without the headers that an
    output adds (the signature). ``url`` is None where it is the webhook's own."""
    shown = filled(delivery, lambda name: MASK)
    return {
        "method": shown.method or "POST",
        "url": shown.url,
        "headers": dict(shown.headers),
        "body": shown.body.decode("utf-8", "replace"),
    }


def filled(delivery: Delivery, lookup: Lookup) -> Delivery:
    """Return a delivery as it is sent. Raises SecretMissing."""
    headers = delivery.headers
    if not (headers or (delivery.url is not None and is_sealed(delivery.url))):
        return delivery
    in_body = IN_BODY in headers
    if not in_body and not any(map(is_sealed, (delivery.url or "", *headers.values()))):
        return delivery
    return replace(
        delivery,
        url=None if delivery.url is None else fill(delivery.url, lookup),
        headers={name: fill(value, lookup) for name, value in headers.items() if name != IN_BODY},
        body=fill_json(delivery.body, lookup) if in_body else delivery.body,
    )
