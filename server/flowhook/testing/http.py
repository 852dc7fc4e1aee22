"""HTTP for tests: nothing leaves the machine, and an answer has to be given beforehand."""

from __future__ import annotations

import json as json_module
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from flowhook.net.client import Outgoing


class UnexpectedCall(AssertionError):
    """A flow or plugin called something that the test gave no answer for."""


@dataclass(slots=True)
class _Reply:
    method: str
    url: str
    responses: list[httpx.Response | Exception] = field(default_factory=list)


class FakeHttp:
    """``http.reply("POST", "https://crm.example/price", json={"total": 22})``, then look at ``calls``."""

    def __init__(self) -> None:
        self.calls: list[httpx.Request] = []
        self.unexpected: list[str] = []  #: calls that had no reply
        self._replies: list[_Reply] = []

    def reply(
        self,
        method: str,
        url: str,
        *,
        status: int = 200,
        json: Any = None,
        text: str | None = None,
        headers: Mapping[str, str] | None = None,
        error: Exception | None = None,
    ) -> None:
        """Answer calls of this method and URL (without its query). Given several times, the answers
        come one after the other and the last one stays. ``error`` is raised instead, for instance
        ``httpx.ConnectTimeout("…")``."""
        if error is not None:
            answer: httpx.Response | Exception = error
        elif text is not None:
            answer = httpx.Response(status, text=text, headers=headers)
        else:
            answer = httpx.Response(status, json=json, headers=headers)
        for known in self._replies:
            if (known.method, known.url) == (method.upper(), url):
                known.responses.append(answer)
                return
        self._replies.append(_Reply(method.upper(), url, [answer]))

    def json_of(self, number: int = -1) -> Any:
        """The JSON body of a call."""
        return json_module.loads(self.calls[number].content)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        url = str(request.url.copy_with(query=None))
        for known in self._replies:
            if (known.method, known.url.rstrip("/")) == (request.method, url.rstrip("/")):
                answer = known.responses.pop(0) if len(known.responses) > 1 else known.responses[0]
                if isinstance(answer, Exception):
                    raise answer
                return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        self.unexpected.append(
            f"{request.method} {url} has no reply; known: {', '.join(self._known()) or 'none'}"
        )
        raise httpx.ConnectError("no reply was given in the test", request=request)

    def demand_none_unexpected(self) -> None:
        """Raises :class:`UnexpectedCall`, once for each call that had no reply."""
        if self.unexpected:
            raise UnexpectedCall(self.unexpected.pop(0))

    def _known(self) -> Sequence[str]:
        return [f"{known.method} {known.url}" for known in self._replies]


class FakeOutgoing(Outgoing):
    """In place of the way out."""

    def __init__(self, fake: FakeHttp) -> None:
        super().__init__()
        self._fake = fake
        self._clients = (
            httpx.AsyncClient(transport=httpx.MockTransport(fake._handle)),
            httpx.Client(transport=httpx.MockTransport(fake._handle)),
        )

    async def open(self) -> None:
        """Nothing to connect."""

    async def close(self) -> None:
        """Close the clients."""
        await self._clients[0].aclose()
        self._clients[1].close()

    @property
    def http(self) -> httpx.AsyncClient:
        """Answers what the test said."""
        return self._clients[0]

    @property
    def sync_http(self) -> httpx.Client:
        """The same for plain hooks."""
        return self._clients[1]
