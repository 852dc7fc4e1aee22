"""Loading plugins: which ones, in what order, with which settings.

Everything that is wrong is found before anything runs, and told at once.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from flowhook import builtin
from flowhook.errors import PluginError
from flowhook.hooks.api.nlu_engine import NOT_AVAILABLE_YET as HOOKS_NOT_YET_CALLED
from flowhook.hooks.api.settings import Settings
from flowhook.hooks.calling.caller import Implementation, describe
from flowhook.hooks.loading.discovery import Modules, PluginSource, available_plugins, position_of
from flowhook.hooks.loading.plugin import Loaded, LoadedPlugin
from flowhook.hooks.loading.registry import Registry
from flowhook.hooks.loading.requirements import ConfigPath, EndpointRequirements, PluginRequirements, Use
from flowhook.hooks.loading.validation import file_of, implementations_of, wants_own_settings
from flowhook.problems.catalogue import (
    BAD_PLUGIN_NAME,
    BAD_VALUE,
    MISSING,
    NOT_AVAILABLE_YET,
    PLUGIN,
    PLUGIN_IMPORT,
    UNKNOWN_KEY,
    UNKNOWN_NLU,
    UNKNOWN_OUTPUT,
    UNKNOWN_PLUGIN,
    Code,
)
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean
from flowhook.shipped import shipped_dir

__all__ = [
    "EndpointRequirements",
    "Loaded",
    "LoadedPlugin",
    "PluginLoadError",
    "PluginRequirements",
    "Use",
    "load_plugins",
]

#: Where a value of the configuration stands: file, line, column.
Locate = Callable[[ConfigPath], tuple[str, int, int]]

#: What an endpoint names that no plugin registers.
_UNKNOWN_ENGINE = {"output": UNKNOWN_OUTPUT, "nlu": UNKNOWN_NLU}


class PluginLoadError(PluginError):
    """Plugins cannot be used. ``problems`` has one for each cause."""

    def __init__(self, problems: list[Problem]) -> None:
        Exception.__init__(self, "\n".join(problem.text for problem in problems))
        self.plugin, self.hook, self.endpoint = "", "", ""
        self.problems = problems


def load_plugins(wishes: PluginRequirements, locate: Locate | None = None) -> Loaded:
    """Load what is asked for. Raises PluginLoadError with all that is wrong; then nothing stays loaded."""
    shipped = wishes.shipped or shipped_dir("plugins")
    modules = Modules([shipped] if wishes.directory is None else [wishes.directory, shipped])
    try:
        return _Loading(wishes, locate or _nowhere, modules).run()
    except BaseException:
        modules.close()
        raise


def _nowhere(path: ConfigPath) -> tuple[str, int, int]:
    return "config.yaml", 1, 1


class _Loading:
    """One load, in the order of its methods."""

    def __init__(self, wishes: PluginRequirements, locate: Locate, modules: Modules) -> None:
        self.wishes = wishes
        self.locate = locate
        self.modules = modules
        self.available = available_plugins(wishes.directory, wishes.shipped)
        self.asked = {name for name, _ in wishes.named()}
        self.plugins: dict[str, LoadedPlugin] = {}
        self.registry = Registry()
        self.problems: list[Problem] = []
        self.unsettled: set[str] = set()  #: plugins whose own settings are wrong, which was said

    def run(self) -> Loaded:
        self._join(LoadedPlugin(builtin.NAME, builtin, "builtin"))
        for found in self._chosen():
            self._load(found)
        outputs = self._engines("output", self.registry.outputs)
        nlu = self._engines("nlu", self.registry.nlu)
        self.registry.settle()
        uses = {endpoint.name: self._uses(endpoint) for endpoint in self.wishes.endpoints}
        self._check_settings_names()
        if self.problems:
            raise PluginLoadError(self.problems)
        return Loaded(list(self.plugins.values()), self.registry, outputs, nlu, uses, self.modules)

    # --- one plugin ---

    def _chosen(self) -> Iterable[PluginSource]:
        """Those of ``enabled``, or all of the directory by name; then those that endpoints use."""
        chosen: dict[str, PluginSource] = {}
        if not self.wishes.enabled:
            chosen = {name: found for name, found in self.available.items() if found.source == "directory"}
        for name, path in self.wishes.named():
            if name in self.available:
                chosen.setdefault(name, self.available[name])
            else:
                hint = did_you_mean(name, self.available)
                self._problem(path, UNKNOWN_PLUGIN, f'no plugin "{name}"', hint)
        return chosen.values()

    def _load(self, found: PluginSource) -> LoadedPlugin | None:
        if found.name == builtin.NAME:
            message = 'a plugin cannot have the name "flowhook"'
            self.problems.append(Problem(BAD_PLUGIN_NAME, message, str(found.path or found.name)))
            return None
        started = time.perf_counter()
        try:
            module = self.modules.load(found)
        except PluginError as error:
            cause = error.__cause__ or error
            file, line = position_of(cause, found)
            message = f"plugin {found.name} cannot be imported: {type(cause).__name__}: {cause}"
            self.problems.append(Problem(PLUGIN_IMPORT, message, file, line))
            return None
        plugin = LoadedPlugin(found.name, module, found.source, found.path)
        self._join(plugin)
        plugin.load_seconds = time.perf_counter() - started
        return plugin

    def _join(self, plugin: LoadedPlugin) -> None:
        """Check its hooks, read its settings, take what it registers."""
        self.plugins[plugin.name] = plugin
        faults = len(self.problems)
        self.problems += implementations_of(plugin)
        self._settle(plugin)
        if plugin.idle or len(self.problems) > faults:
            return
        for hook, implementation in plugin.implementations.items():
            if hook in HOOKS_NOT_YET_CALLED:
                message = f"plugin {plugin.name}: {HOOKS_NOT_YET_CALLED[hook]} ({hook}) are not available yet"
                self._fault(plugin, NOT_AVAILABLE_YET, message)
            elif hook.startswith("register_"):
                self._register(plugin, implementation)

    def _register(self, plugin: LoadedPlugin, implementation: Implementation) -> None:
        offered = {"settings": plugin.settings}
        wants = offered.keys() if implementation.wants is None else implementation.wants & offered.keys()
        hook = implementation.hook
        started = time.perf_counter()
        try:
            answer = _finished(implementation.function(**{name: offered[name] for name in wants}))
            self.registry.take(hook, answer, plugin.name)
        except PluginError as error:
            self._fault(plugin, PLUGIN, str(error))
        except (Exception, SystemExit) as error:
            self._fault(plugin, PLUGIN, f"plugin {plugin.name}, hook {hook}: {describe(error)}: {error}")
        finally:
            implementation.timing.add(time.perf_counter() - started)

    # --- settings ---

    def _settle(self, plugin: LoadedPlugin) -> None:
        """Read the plugin's own settings. What is missing may still come from its endpoints."""
        path: ConfigPath = ("plugins", "settings", plugin.name)
        given = self.wishes.settings.get(plugin.name)
        try:
            plugin.settings = plugin.settings_type.model_validate(given or {})
        except ValidationError as error:
            only_missing = all(each["type"] == "missing" for each in error.errors())
            if only_missing and self._is_used(plugin) and not wants_own_settings(plugin):
                return
            if only_missing and given is None and plugin.name not in self.asked:
                missing = ", ".join(str(each["loc"][0]) for each in error.errors())
                plugin.idle = f"not set up: plugins.settings.{plugin.name} lacks {missing}"
                return
            self.unsettled.add(plugin.name)
            self._bad_settings(error, plugin.name, plugin.settings_type, path)

    def _is_used(self, plugin: LoadedPlugin) -> bool:
        return any(use.plugin == plugin.name for endpoint in self.wishes.endpoints for use in endpoint.use)

    def _uses(self, endpoint: EndpointRequirements) -> list[tuple[LoadedPlugin, Any]]:
        """The plugins of an endpoint with their settings there, in the endpoint's order."""
        uses: list[tuple[LoadedPlugin, Any]] = []
        for use in endpoint.use:
            plugin = self.plugins.get(use.plugin)
            if plugin is None or plugin.name in self.unsettled:
                continue
            settings = plugin.settings
            if use.settings or settings is None:
                merged = {**self.wishes.settings.get(use.plugin, {}), **use.settings}
                path = (*use.path, use.plugin)
                try:
                    settings = plugin.settings_type.model_validate(merged)
                except ValidationError as error:
                    self._bad_settings(error, plugin.name, plugin.settings_type, path)
            uses.append((plugin, settings))
        return uses

    def _bad_settings(
        self, error: ValidationError, name: str, settings_type: type[BaseModel], path: ConfigPath
    ) -> None:
        for each in error.errors(include_url=False, include_input=False):
            setting = ".".join(map(str, each["loc"]))
            where = (*path, *each["loc"])
            match each["type"]:
                case "missing":
                    self._problem(path, MISSING, f'plugin {name} needs the setting "{setting}"')
                case "extra_forbidden":
                    hint = did_you_mean(setting, settings_type.model_fields)
                    self._problem(where, UNKNOWN_KEY, f'plugin {name} has no setting "{setting}"', hint)
                case _:
                    message = f'plugin {name}, setting "{setting}": {each["msg"]}'
                    self._problem(where, BAD_VALUE, message)

    def _check_settings_names(self) -> None:
        """Settings for a plugin that does not exist are a slip of the pen."""
        known = [*self.available, *self.registry.nlu, *self.registry.outputs]
        for name in self.wishes.settings:
            if name not in known:
                path = ("plugins", "settings", name)
                message = f'settings for "{name}", which is not a plugin'
                self._problem(path, UNKNOWN_PLUGIN, message, did_you_mean(name, known))

    # --- engines ---

    def _engines(self, kind: str, classes: Any) -> dict[str, Any]:
        """One object of each engine. An engine named by an endpoint brings its plugin in."""
        wanted: dict[str, ConfigPath] = {}
        for endpoint in self.wishes.endpoints:
            name = getattr(endpoint, kind)
            if name is not None:
                wanted.setdefault(name, (*endpoint.path, kind))
        for name, path in wanted.items():
            if name not in classes and name in self.available and name not in self.plugins:
                self.asked.add(name)
                if self._load(self.available[name]) is None:
                    continue
            if name not in classes and not (name in self.plugins and self.problems):
                hint = did_you_mean(name, classes)
                self._problem(path, _UNKNOWN_ENGINE[kind], f'no plugin registers the {kind} "{name}"', hint)
        engines = {}
        for name, engine in classes.items():
            made = self._engine(name, engine, self.plugins[classes.owners[name]], name in wanted)
            if made is not None:
                engines[name] = made
        return engines

    def _engine(self, name: str, engine: Any, plugin: LoadedPlugin, wanted: bool) -> Any:
        settings = plugin.settings
        if engine.Settings is not Settings:
            given = self.wishes.settings.get(name)
            try:
                settings = engine.Settings.model_validate(given or {})
            except ValidationError as error:
                if wanted or given is not None:
                    self._bad_settings(error, name, engine.Settings, ("plugins", "settings", name))
                return None
        try:
            return engine(settings)
        except (Exception, SystemExit) as error:
            self._fault(plugin, PLUGIN, f"plugin {plugin.name}, engine {name}: {describe(error)}: {error}")
            return None

    # --- problems ---

    def _problem(self, path: ConfigPath, code: Code, message: str, hint: str = "") -> None:
        file, line, column = self.locate(path)
        self.problems.append(Problem(code, message, file, line, column, hint=hint))

    def _fault(self, plugin: LoadedPlugin, code: Code, message: str) -> None:
        self.problems.append(Problem(code, message, file_of(plugin)))


def _finished(answer: Any) -> Any:
    """The result of a hook that runs at load; an async one is run to its end in a loop of its own."""
    if not inspect.iscoroutine(answer):
        return answer
    results: list[Any] = []

    def run() -> None:
        try:
            results.extend((asyncio.run(answer), None))
        except BaseException as error:
            results.extend((None, error))

    thread = threading.Thread(target=run, name="flowhook-register")
    thread.start()
    thread.join()
    result, error = results
    if error is not None:
        raise error
    return result
