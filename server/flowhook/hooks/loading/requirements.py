"""What a configuration asks of plugins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from flowhook.hooks.loading.kinds import KINDS, NLU, OUTPUT, EngineKind
from flowhook.model.session_ref import OPERATOR

DESK = "desk"  #: a way to people that is there without being named

#: Keys and indices from the root of the configuration.
ConfigPath = tuple[str | int, ...]


class Use(NamedTuple):
    """An item of an endpoint's ``transformers.use``."""

    plugin: str
    settings: Mapping[str, Any]
    path: ConfigPath


class HandoverRequirement(NamedTuple):
    """A way to people: an entry of ``handovers``, or an endpoint's own settings over one."""

    provider: str  #: the engine
    settings: Mapping[str, Any] | None  #: None: those under ``plugins.settings.<provider>``
    path: ConfigPath


@dataclass(frozen=True, slots=True)
class EndpointRequirements:
    """What one endpoint asks of plugins."""

    name: str
    use: tuple[Use, ...] = ()
    engines: Mapping[EngineKind, str] = field(default_factory=dict)  #: the name of its engine of each kind
    path: ConfigPath = ()
    nlu_settings: Mapping[str, Any] = field(default_factory=dict)  #: over those of its NLU engine


@dataclass(frozen=True, slots=True)
class PluginRequirements:
    """What a configuration asks of plugins."""

    directory: Path | None = None
    enabled: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    endpoints: tuple[EndpointRequirements, ...] = ()
    handovers: Mapping[str, HandoverRequirement] = field(default_factory=dict)  #: by name
    translators: frozenset[str] = frozenset()  #: whose settings stand under ``translators``
    shipped: Path | None = None  #: in place of the directory that comes with flowhook

    @classmethod
    def of(cls, config: Any) -> PluginRequirements:
        """Read a ``config.Config``."""
        return cls(
            config.plugins_dir,
            tuple(config.plugins.enabled),
            {**config.plugins.settings, **config.translators},
            (
                *(_endpoint(number, endpoint) for number, endpoint in enumerate(config.endpoints)),
                *_operator(config),
            ),
            _handovers(config),
            translators=frozenset(config.translators),
        )

    def settings_path(self, name: str) -> ConfigPath:
        """Where the settings of a plugin or an engine stand."""
        return ("translators", name) if name in self.translators else ("plugins", "settings", name)

    def plugins_named(self) -> Iterator[tuple[str, ConfigPath]]:
        """Plugins asked for by name, in order, and where that is said."""
        for number, name in enumerate(self.enabled):
            yield name, ("plugins", "enabled", number)
        for endpoint in self.endpoints:
            for use in endpoint.use:
                yield use.plugin, use.path

    def is_shared(self, kind: EngineKind, name: str) -> bool:
        """Whether an endpoint asks for an engine and has no settings of its own for it."""
        return any(
            endpoint.engines.get(kind) == name and not (kind is NLU and endpoint.nlu_settings)
            for endpoint in self.endpoints
        )

    def engines_named(self, kind: EngineKind) -> dict[str, ConfigPath]:
        """Engines of a kind that endpoints ask for, and where the first one says so."""
        named: dict[str, ConfigPath] = {}
        if kind.named_apart:
            for handover in self.handovers.values():
                named.setdefault(handover.provider, handover.path)
            return named
        for endpoint in self.endpoints:
            if kind in endpoint.engines:
                named.setdefault(endpoint.engines[kind], (*endpoint.path, *kind.setting))
        return named


def _operator(config: Any) -> Iterator[EndpointRequirements]:
    """Operator events leave by the output of webhooks."""
    if config.operator_events.url:
        yield EndpointRequirements(OPERATOR.endpoint, engines={OUTPUT: "webhook"}, path=("operator_events",))


def _handovers(config: Any) -> dict[str, HandoverRequirement]:
    """The entries of ``handovers``; what endpoints name without an entry there is a provider. An endpoint
    with settings of its own has an entry of its own: ``name@endpoint``."""
    found = {
        name: HandoverRequirement(entry.provider, entry.settings, ("handovers", name, "provider"))
        for name, entry in config.handovers.items()
    }
    found.setdefault(DESK, HandoverRequirement(DESK, None, ("handovers",)))
    for number, endpoint in enumerate(config.endpoints):
        use = endpoint.handover
        if use is None:
            continue
        path: ConfigPath = ("endpoints", number, "handover")
        named = found.setdefault(use.provider, HandoverRequirement(use.provider, None, path))
        if use.settings:
            settings = {**(named.settings or {}), **use.settings}
            name = f"{use.provider}@{endpoint.name}"
            found[name] = HandoverRequirement(named.provider, settings, path)
    return found


def _endpoint(number: int, endpoint: Any) -> EndpointRequirements:
    path: ConfigPath = ("endpoints", number)
    uses = []
    for index, item in enumerate(endpoint.transformers.use):
        names = {item: {}} if isinstance(item, str) else item
        for name, settings in names.items():
            uses.append(Use(name, settings or {}, (*path, "transformers", "use", index)))
    engines = {
        kind: name for kind in KINDS if not kind.named_apart and (name := kind.named_by(endpoint)) is not None
    }
    return EndpointRequirements(endpoint.name, tuple(uses), engines, path, endpoint.nlu_settings)
