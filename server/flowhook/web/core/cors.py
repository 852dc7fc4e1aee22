"""Cross-origin requests: nothing, unless the configuration lists origins."""

from __future__ import annotations

from collections.abc import Iterable

from flowhook.web.core.http import HeaderPairs, HttpResponse, Message, Send, empty_response

_EXPOSED = b"idempotent-replayed, preference-applied, retry-after"
_METHODS = b"GET, POST, PATCH, PUT, DELETE"
_HEADERS = b"authorization, content-type, idempotency-key, prefer, x-webhook-key"


class Cors:
    """Adds the headers of the fetch standard for the origins listed, and serves preflights."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = {origin.rstrip("/").encode() for origin in origins}

    def wrap(self, origin: bytes, send: Send) -> Send:
        """Wrap ``send`` so that the response names the origin, when it is a listed one. A plugin's route that
        names it itself keeps its own headers: browsers refuse an origin that is named twice."""
        if not self._allows(origin):
            return send
        extra = self._headers(origin)

        async def send_with_origin(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                more = [] if b"access-control-allow-origin" in own else extra
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        return send_with_origin

    def is_preflight(self, method: str, headers: dict[bytes, bytes]) -> bool:
        """Whether this is the preflight of a browser, for an origin that may call."""
        return (
            method == "OPTIONS"
            and b"access-control-request-method" in headers
            and self._allows(headers[b"origin"])
        )

    def preflight(self) -> HttpResponse:
        """The response to a preflight: it may go on."""
        return empty_response(
            204,
            [
                (b"access-control-allow-methods", _METHODS),
                (b"access-control-allow-headers", _HEADERS),
                (b"access-control-max-age", b"600"),
            ],
        )

    def _allows(self, origin: bytes) -> bool:
        return origin in self._origins or b"*" in self._origins

    def _headers(self, origin: bytes) -> HeaderPairs:
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _EXPOSED),
            (b"vary", b"Origin"),
        ]
