"""The base of an NLU engine, and the rooms that are still locked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flowhook.hooks.api.settings import Settings as PluginSettings
from flowhook.model.endpoint import Endpoint
from flowhook.model.understanding import Understanding

#: Hooks that have a name already and will work in a later version.
NOT_AVAILABLE_YET = {"register_handover": "handover providers", "register_translators": "translators"}


class NluEngine:
    """Reads an intent and slots out of a text; named by an endpoint's ``nlu``.

    A ``Settings`` class inside reads ``plugins.settings.<name>``; without one, ``self.settings``
    are those of the plugin's module.
    """

    name: ClassVar[str]
    Settings: ClassVar[type[PluginSettings]] = PluginSettings

    def __init__(self, settings: Any = None) -> None:
        self.settings = settings

    async def prepare(self, intents: Mapping[str, Any], slots: Mapping[str, Any], *, language: str) -> None:
        """Called when flows were loaded, before the first text; once for each language.

        ``intents``: name → ``{"examples": [text, …], "parent", "inherit", "flow", "description"}``;
        ``slots``: name → ``{"values": {value: {"synonyms": [text, …], "data"}}, "pattern", "type",
        "fuzzy"}``; texts are those of the language. An engine whose ``prepare`` names ``flow`` is called
        for each flow that may be in force, with what competes there (intents of attached flows have the
        key "flow/name"); others with the intents of all flows. ``reject``, when named, is the list of
        examples of no intent. An error rejects the load.
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

        ``session`` is the session's id, ``http`` an ``httpx.AsyncClient``. Those that are named get also
        ``flow``, the name of the flow in force ("" for none), and ``now``, the moment in the project's
        time zone.
        """
        raise NotImplementedError


def require_name(engine: Any, base: type[Any]) -> str:
    """The name of an engine's class. Raises TypeError when it is no such class or has no name."""
    if not (isinstance(engine, type) and issubclass(engine, base)):
        raise TypeError(f"{engine!r} is not a subclass of {base.__name__}")
    name = getattr(engine, "name", None)
    if not isinstance(name, str) or not name:
        raise TypeError(f'{engine.__qualname__} needs a name, such as name = "{engine.__name__.lower()}"')
    return name
