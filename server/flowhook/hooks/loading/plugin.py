"""Plugins that were loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from flowhook.hooks.api.engine import Engine
from flowhook.hooks.api.settings import FreeSettings, Settings
from flowhook.hooks.calling.caller import Implementation, Timing
from flowhook.hooks.loading.discovery import Modules, Source
from flowhook.hooks.loading.kinds import EngineKind
from flowhook.hooks.loading.registry import Registry
from flowhook.problems.problem import Problem

#: The name of the plugin that is built in; no other may have it.
BUILTIN_NAME: Final = "flowhook"

#: Hooks that run only at the endpoints whose ``transformers.use`` names the plugin.
TURN_HOOKS: Final = frozenset(
    {
        "authenticate",
        "transform_input",
        "transform_inject",
        "transform_notify",
        "transform_turn",
        "transform_output",
        "delivery_finished",
        "answer",
        "turn_finished",
        "before_nlu",
        "after_nlu",
    }
)


@dataclass(slots=True)
class LoadedPlugin:
    """A plugin in use, as ``flowhook plugins`` shows it."""

    name: str
    module: Any
    source: Source
    path: Path | None = None
    settings: Any = None  #: None when only its endpoints have what its Settings need
    implementations: dict[str, Implementation] = field(default_factory=dict)
    node_timings: dict[str, Timing] = field(default_factory=dict)  #: by the node's key
    engine_timings: dict[str, Timing] = field(default_factory=dict)  #: by kind and name: ``nlu rasa``
    load_seconds: float = 0.0
    idle: str = ""  #: why it does nothing: it lacks settings, and nobody asked for it by name

    @property
    def hooks(self) -> list[str]:
        """The hooks it implements."""
        return sorted(self.implementations)

    @property
    def timings(self) -> dict[str, Timing]:
        """How long its hooks, engines and nodes took so far."""
        hooks = {hook: known.timing for hook, known in sorted(self.implementations.items())}
        return (
            hooks
            | self.engine_timings
            | {f"node {key}": timing for key, timing in sorted(self.node_timings.items())}
        )

    @property
    def settings_type(self) -> type[BaseModel]:
        """The module's own Settings; one that takes anything when it has none."""
        own = getattr(self.module, "Settings", None)
        if isinstance(own, type) and issubclass(own, BaseModel) and own is not Settings:
            return own
        return FreeSettings


def settings_type_of(plugin: LoadedPlugin) -> type[BaseModel]:
    """The plugin's ``settings_type``. Raises TypeError for a class that checks nothing."""
    own = getattr(plugin.module, "Settings", None)
    if isinstance(own, type) and not issubclass(own, BaseModel):
        raise TypeError("class Settings must derive from flowhook.Settings: class Settings(Settings)")
    return plugin.settings_type


@dataclass(slots=True)
class Loaded:
    """All that was loaded together."""

    plugins: list[LoadedPlugin]
    registry: Registry
    engines: Mapping[EngineKind, dict[str, Engine]]  #: those that are set up, by kind and name
    uses: dict[str, list[tuple[LoadedPlugin, Any]]]  #: by endpoint: plugin, its settings there
    modules: Modules
    handovers: Mapping[str, Engine] = field(default_factory=dict)  #: ways to people, by name
    warnings: list[Problem] = field(default_factory=list)  #: what looks wrong with plugins that work
