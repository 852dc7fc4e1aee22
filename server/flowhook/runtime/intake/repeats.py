"""Keys by which repeats are known: of a request (``Idempotency-Key``), or of a message (``messageId``)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from flowhook.model.inbound import Inbound, JsonObject
from flowhook.storage.records import RequestKey


class RequestKeys:
    """Makes the keys of one request.

    ``header`` is its Idempotency-Key, which wins over the ids of messages. A repeat with it must have the
    same body: the same JSON, however it is written, or the same bytes where it is none. A repeat of a
    message id must be the same message, whatever the request around it looks like.
    """

    def __init__(
        self,
        route: str,
        header: str | None,
        body: JsonObject | None,
        raw: bytes,
        *,
        wait: float | None,
        lifetime: Callable[[], float],
    ) -> None:
        self._route = route
        self._header = header
        self.given = header is not None  #: the request has a key for all of it
        self._body = body
        self._raw = raw
        self._wait = wait
        self._lifetime = lifetime

    def of_request(self, number: int = 0) -> RequestKey | None:
        """Return the key that the header gives to the n-th message of the request; None without a header."""
        if self._header is None:
            return None
        fingerprint = _digest(self._body) if self._body is not None else hashlib.sha256(self._raw).digest()
        return self._key(self._header, fingerprint, of_request=True, number=number)

    def of_message(
        self,
        number: int,
        message_id: str | None,
        inbound: Inbound,
        *,
        route: str | None = None,
        wait: float | None = None,
    ) -> RequestKey | None:
        """Return the key of the n-th message: the request's, else that of its own id, else None. ``route``
        and ``wait`` are its own, where a plugin gave it others than the request's."""
        if self._header is not None or message_id is None:
            key = self.of_request(number)
            return key._replace(wait=wait) if key is not None and wait is not None else key
        said = [inbound.ref.user_id, inbound.ref.session_id, inbound.text, inbound.data, inbound.attachments]
        key = self._key(message_id, _digest(said))
        if route in (None, self._route) and wait is None:
            return key
        return key._replace(route=route or self._route, wait=wait if wait is not None else self._wait)

    def of_discarded(self) -> RequestKey | None:
        """Return the key of a request that a plugin wants nothing done with."""
        message_id = (self._body or {}).get("messageId")
        if self._header is not None or not isinstance(message_id, str) or not is_idempotency_key(message_id):
            return self.of_request()
        return self._key(message_id, _digest(self._body))

    def _key(self, text: str, fingerprint: bytes, *, of_request: bool = False, number: int = 0) -> RequestKey:
        older = hashlib.sha256(self._raw).digest() if self._raw else b""
        return RequestKey(
            text, self._route, fingerprint, of_request, number, self._wait, self._lifetime(), older
        )


def is_idempotency_key(value: str) -> bool:
    """Return whether a text is a key: 1 to 255 printable ASCII characters."""
    return 0 < len(value) <= 255 and value.isascii() and value.isprintable()


def _digest(value: Any) -> bytes:
    """Of a JSON value: the same for the same value, however it was written."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()
