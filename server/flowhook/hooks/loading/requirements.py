"""What a configuration asks of plugins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowhook.hooks.loading.kinds import KINDS, OUTPUT, EngineKind
from flowhook.model.session_ref import OPERATOR

#: Keys and indices from the root of the configuration.
ConfigPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """An item of an endpoint's ``transformers.use``."""

    plugin: str
    settings: Mapping[str, Any]
    path: ConfigPath


@dataclass(frozen=True, slots=True)
class EndpointRequirements:
    """What one endpoint asks of plugins."""

    name: str
    use: tuple[Use, ...] = ()
    engines: Mapping[EngineKind, str] = field(default_factory=dict)  #: the name of its engine of each kind
    path: ConfigPath = ()


@dataclass(frozen=True, slots=True)
class PluginRequirements:
    """What a configuration asks of plugins."""

    directory: Path | None = None
    enabled: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    endpoints: tuple[EndpointRequirements, ...] = ()
    shipped: Path | None = None  #: in place of the directory that comes with flowhook

    @classmethod
    def of(cls, config: Any) -> PluginRequirements:
        """Read a ``config.Config``."""
        return cls(
            config.plugins_dir,
            tuple(config.plugins.enabled),
            config.plugins.settings,
            (
                *(_endpoint(number, endpoint) for number, endpoint in enumerate(config.endpoints)),
                *_operator(config),
            ),
        )

    def plugins_named(self) -> Iterator[tuple[str, ConfigPath]]:
        """Plugins asked for by name, in order, and where that is said."""
        for number, name in enumerate(self.enabled):
            yield name, ("plugins", "enabled", number)
        for endpoint in self.endpoints:
            for use in endpoint.use:
                yield use.plugin, use.path

    def engines_named(self, kind: EngineKind) -> dict[str, ConfigPath]:
        """Engines of a kind that endpoints ask for, and where the first one says so."""
        named: dict[str, ConfigPath] = {}
        for endpoint in self.endpoints:
            if kind in endpoint.engines:
                named.setdefault(endpoint.engines[kind], (*endpoint.path, *kind.setting))
        return named


def _operator(config: Any) -> Iterator[EndpointRequirements]:
    """Operator events leave by the output of webhooks."""
    if config.operator_events.url:
        yield EndpointRequirements(OPERATOR.endpoint, engines={OUTPUT: "webhook"}, path=("operator_events",))


def _endpoint(number: int, endpoint: Any) -> EndpointRequirements:
    path: ConfigPath = ("endpoints", number)
    uses = []
    for index, item in enumerate(endpoint.transformers.use):
        names = {item: {}} if isinstance(item, str) else item
        for name, settings in names.items():
            uses.append(Use(name, settings or {}, (*path, "transformers", "use", index)))
    engines = {
        kind: name
        for kind in KINDS
        if kind.base is not None and (name := kind.named_by(endpoint)) is not None
    }
    return EndpointRequirements(endpoint.name, tuple(uses), engines, path)
