"""A bound on interim responses: a service that floods with ``1xx`` is left, not listened to."""

from __future__ import annotations

from typing import Any

import aiohttp
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError

INTERIM_LIMIT = 20  #: interim responses before the final one


class BoundedResponse(aiohttp.ClientResponse):
    """A response of aiohttp that does not wait for ever behind interim ones."""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Read the head of the final response. Raises ClientResponseError after too many interim ones."""
        protocol: Any = connection.protocol
        read, left = protocol.read, INTERIM_LIMIT

        async def read_counting() -> Any:
            nonlocal left
            message, payload = await read()
            if 100 <= message.code <= 199 and message.code != 101:
                left -= 1
                if left < 0:
                    raise HttpProcessingError(code=message.code, message="too many interim responses")
            return message, payload

        protocol.read = read_counting
        try:
            return await super().start(connection)
        finally:
            del protocol.read
