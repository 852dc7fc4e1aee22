"""The base of an NLU engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowhook.hooks.api.engine import Engine
from flowhook.model.endpoint import Endpoint
from flowhook.model.understanding import Understanding


class NluEngine(Engine):
    """Reads an intent and slots out of a text; named by an endpoint's ``nlu``, brought by ``register_nlu``.

    A ``Settings`` class inside reads ``plugins.settings.<name>``; without one, ``self.settings``
    are those of the plugin's module.
    """

    async def prepare(self, intents: Mapping[str, Any], slots: Mapping[str, Any], *, language: str) -> None:
        """Called when flows were loaded, before the first text; once for each language.

        ``intents``: name → ``{"examples": [text, …], "parent", "inherit", "flow", "description"}``;
        ``slots``: name → ``{"values": {value: {"synonyms": [text, …], "data"}}, "pattern", "type",
        "fuzzy"}``; texts are those of the language, ``language`` is a locale such as ``en`` or ``de-AT``.
        An engine whose ``prepare`` names ``flow`` is called for each flow that may be in force, with what
        competes there (intents of attached flows have the key "flow/name"); others with the intents of
        all flows. ``reject``, when named, is the list of examples of no intent; ``cache`` the ``Path`` of
        a folder, not made yet, in which an engine may keep what it learned, None where nothing is kept.
        Whatever it raises rejects the load.
        """

    async def understand(
        self,
        text: str,
        *,
        data: Mapping[str, Any],
        language: str,
        session: str,
        endpoint: Endpoint,
        http: Any,
    ) -> Understanding | None:
        """What the text means; None when nothing was understood.

        ``data`` is the message's own, ``language`` the session's locale, ``session`` its session id,
        ``http`` an ``httpx.AsyncClient``. Those that are named get also ``flow``, the name of the flow in
        force ("" for none), and ``now``, the moment in the project's time zone. It may take 10 seconds;
        a failure fails the turn.
        """
        raise NotImplementedError
