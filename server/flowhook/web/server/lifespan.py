"""ASGI's protocol of start and stop, from the server's side."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from flowhook.web.core.http import App


@asynccontextmanager
async def lifespan(app: App) -> AsyncIterator[None]:
    """Start an application, and stop it when the context ends. Raises RuntimeError with the application's
    own words when it refuses to start, and what it raises itself."""
    incoming: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    outgoing: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    living = asyncio.ensure_future(app(scope, incoming.get, outgoing.put))

    async def ask(what: str) -> None:
        await incoming.put({"type": f"lifespan.{what}"})
        response = asyncio.ensure_future(outgoing.get())
        await asyncio.wait((response, living), return_when=asyncio.FIRST_COMPLETED)
        if not response.done():
            response.cancel()
            living.result()
        elif (message := response.result())["type"] == f"lifespan.{what}.failed":
            raise RuntimeError(message.get("message", ""))

    try:
        await ask("startup")
        yield
        await ask("shutdown")
    finally:
        living.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await living
