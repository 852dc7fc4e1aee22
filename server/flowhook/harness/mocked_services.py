"""Services that answer as whoever tries a flow says, in a terminal or in the studio."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import httpx

from flowhook.harness.fake_http import url_fits, without_query

_METHOD = re.compile(r"[A-Z]+|\*")


@dataclass(frozen=True, slots=True)
class ServiceMock:
    """What a service is said to answer. ``url`` may be a path alone, and a pattern."""

    method: str
    url: str
    status: int
    body: Any

    def fits(self, method: str, url: str) -> bool:
        """Whether it answers this call."""
        wanted = self.url if "://" in self.url else f"*{'' if self.url.startswith('/') else '/'}{self.url}"
        return self.method in ("*", method) and url_fits(wanted, url)


class MockedServices:
    """Services that answer as the user says; the others are called for real, or are told in
    ``unanswered`` where nothing may leave."""

    def __init__(self) -> None:
        self.mocks: list[ServiceMock] = []  #: newest first
        self.unanswered: list[str] = []  #: calls that nobody answered, as ``POST https://…``

    def add(self, mock: ServiceMock) -> None:
        """Let it answer from now on, in place of an earlier one of the same call."""
        same = (mock.method, mock.url)
        self.mocks[:] = [mock, *(other for other in self.mocks if (other.method, other.url) != same)]

    async def respond(self, request: httpx.Request) -> httpx.Response | None:
        """Return what a mocked service answers; None for the others."""
        return self.respond_now(request)

    def respond_now(self, request: httpx.Request) -> httpx.Response | None:
        """Return the same for code in threads."""
        url = str(request.url)
        mock = next((mock for mock in self.mocks if mock.fits(request.method, url)), None)
        if mock is None:
            return None
        if mock.body is None:
            return httpx.Response(mock.status, request=request)
        return httpx.Response(mock.status, json=mock.body, request=request)

    def unknown(self, request: httpx.Request) -> str:
        """Take note of a call that is neither mocked nor made."""
        self.unanswered.append(f"{request.method} {without_query(str(request.url))}")
        return "this service is not mocked"


def parse_mock(written: str) -> ServiceMock | None:
    """Read ``POST /price {"total": 22}`` or ``POST /price 503``; None when it is neither.

    Raises ValueError when what stands in the place of JSON is none.
    """
    method, _, rest = written.partition(" ")
    url, _, rest = rest.strip().partition(" ")
    if not _METHOD.fullmatch(method.upper()) or not url:
        return None
    status, rest = 200, rest.strip()
    if found := re.match(r"([1-5][0-9]{2})(\s+|$)", rest):
        status, rest = int(found[1]), rest[found.end() :]
    return ServiceMock(method.upper(), url, status, json.loads(rest) if rest else None)
