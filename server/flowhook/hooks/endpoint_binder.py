"""What plugins implement, bound to one endpoint: with its settings, storage and clients, and a time limit."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowhook.hooks.api.translator import SECONDS as TRANSLATOR_SECONDS
from flowhook.hooks.calling.caller import BoundHook, Implementation, PerCall, Timing, per_call
from flowhook.hooks.loading.kinds import NLU, OUTPUT, TRANSLATOR, own_name
from flowhook.model.endpoint import Endpoint

if TYPE_CHECKING:
    from flowhook.hooks.api.translator import Translator
    from flowhook.hooks.facade import Hooks
    from flowhook.hooks.loading.plugin import LoadedPlugin

NLU_TIMEOUT = 10.0  #: seconds for one text that the engine of a plugin reads
#: What an output of our own names when it is called directly: it may wait for requests of the sender alone,
#: each with its time limit.
DIRECT_ARGUMENTS = frozenset(["delivery", "endpoint", "sender"])


class EndpointBinder:
    """Binds hooks and engines to an endpoint. ``uses`` are the plugins in its order, with their settings;
    ``masked``: no word of its conversations may reach a log."""

    def __init__(
        self,
        endpoint: Endpoint,
        uses: Sequence[tuple[LoadedPlugin, Any]],
        hooks: Hooks,
        *,
        masked: bool,
    ) -> None:
        self._endpoint = endpoint
        self._uses = uses
        self._hooks = hooks
        self._masked = masked
        self._timeout: float = endpoint.config.transformers.timeout

    def hook(self, hook: str) -> list[BoundHook]:
        """The endpoint's implementations of a hook, in the endpoint's order."""
        return [
            BoundHook(
                implementation,
                self._fixed_arguments(implementation, settings),
                timeout=self._timeout,
                endpoint=self._endpoint.name,
                masked=self._masked,
            )
            for plugin, settings in self._uses
            if (implementation := plugin.implementations.get(hook)) is not None
        ]

    def output(self, name: str, timeout: float) -> BoundHook | None:
        """``deliver`` of a plugin's output, which gets ``delivery`` and ``sender`` at each call; None for the
        outputs that flowhook brings itself and that need no more than these and the endpoint."""
        plugin = self._hooks.plugin(self._hooks.registry.engines[OUTPUT].owners[name])
        output = self._hooks.outputs()[name]
        implementation = Implementation.of(plugin.name, f"output {name}", output.deliver)
        is_own = plugin.source in ("builtin", "shipped")
        if is_own and implementation.parameters == DIRECT_ARGUMENTS:
            return None
        timing = plugin.engine_timings.setdefault(f"output {name}", Timing())
        implementation = replace(implementation, timing=timing)
        return BoundHook(
            implementation,
            self._fixed_arguments(implementation, output.settings),
            timeout=timeout,
            endpoint=self._endpoint.name,
            masked=self._masked,
        )

    def engine(self, name: str) -> BoundHook | None:
        """``understand`` of the NLU engine of that name; None where there is none."""
        engines = self._hooks.nlu()
        engine = engines.get(own_name(name, self._endpoint.name)) or engines.get(name)
        if engine is None:
            return None
        plugin = self._hooks.plugin(self._hooks.registry.engines[NLU].owners[name])
        timing = plugin.engine_timings.setdefault(f"nlu {name}", Timing())
        implementation = replace(
            Implementation.of(plugin.name, f"nlu {name}", engine.understand), timing=timing
        )
        fixed = self._fixed_arguments(implementation, engine.settings)
        if implementation.parameters is None:  # what takes **anything gets what it always got
            fixed = {"endpoint": fixed["endpoint"], "http": fixed["http"]}
        return BoundHook(
            implementation,
            fixed,
            timeout=NLU_TIMEOUT,
            endpoint=self._endpoint.name,
            masked=self._masked,
        )

    def translator(self, engine: Translator) -> BoundHook:
        """``translate`` of a plugin's translator."""
        plugin = self._hooks.plugin(self._hooks.registry.engines[TRANSLATOR].owners[engine.name])
        timing = plugin.engine_timings.setdefault(f"translator {engine.name}", Timing())
        known = Implementation.of(plugin.name, f"translator {engine.name}", engine.translate)
        implementation = replace(known, timing=timing)
        return BoundHook(
            implementation,
            self._fixed_arguments(implementation, engine.settings),
            timeout=float(getattr(engine.settings, "timeout", TRANSLATOR_SECONDS)),
            endpoint=self._endpoint.name,
            masked=self._masked,
        )

    def _endpoint_copies(self) -> PerCall:
        """The endpoint for one plugin: a copy, whose configuration is the plugin's own copy, too."""
        own = replace(self._endpoint, config=copy.deepcopy(self._endpoint.config))
        return PerCall(lambda: replace(own, enabled=self._endpoint.enabled))

    def _fixed_arguments(self, implementation: Implementation, settings: Any) -> Mapping[str, Any]:
        resources = self._hooks.resources
        storage = None if resources is None else resources.storage_for(self._endpoint.name)
        return {
            "endpoint": self._endpoint_copies(),
            "settings": per_call(settings),
            "storage": storage,
            "http": self._hooks.http_for(implementation),
            "log": implementation.log,
        }
