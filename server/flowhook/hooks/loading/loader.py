"""Loading plugins: which ones, in what order, with which settings.

Everything that is wrong is found before anything runs, and told at once.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import threading
import time
import traceback
from collections.abc import Callable, Coroutine, Iterable, Mapping
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ValidationError

from flowhook.errors import PluginError
from flowhook.hooks.api.engine import Engine
from flowhook.hooks.api.resources import ResourcesLike
from flowhook.hooks.api.settings import Settings
from flowhook.hooks.calling.caller import Implementation
from flowhook.hooks.calling.failures import describe
from flowhook.hooks.facade import Hooks
from flowhook.hooks.loading.discovery import (
    Modules,
    PluginSource,
    available_plugins,
    clashes,
    distribution_of,
    is_interrupt,
    own_frame,
    position_of,
)
from flowhook.hooks.loading.kinds import HANDOVER, KINDS, NLU, EngineKind, own_name
from flowhook.hooks.loading.plugin import BUILTIN_NAME, TURN_HOOKS, Loaded, LoadedPlugin, settings_type_of
from flowhook.hooks.loading.registry import Registry, source_position
from flowhook.hooks.loading.requirements import ConfigPath, EndpointRequirements, PluginRequirements, Use
from flowhook.hooks.loading.validation import file_of, find_implementations, wants_own_settings
from flowhook.logging_config import redact_urls
from flowhook.model.secret import bind_secrets
from flowhook.problems.catalogue import (
    BAD_PLUGIN_NAME,
    BAD_VALUE,
    IDLE_USE,
    MISSING,
    PLUGIN,
    PLUGIN_IMPORT,
    UNKNOWN_KEY,
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
    "load_hooks",
    "load_plugins",
]

#: Where a value of the configuration stands: file, line, column.
Locate = Callable[[ConfigPath], tuple[str, int, int]]


class PluginLoadError(PluginError):
    """Plugins cannot be used. ``problems`` has one for each cause."""

    def __init__(self, problems: list[Problem]) -> None:
        Exception.__init__(self, "\n".join(problem.text for problem in problems))
        self.plugin, self.hook, self.endpoint = "", "", ""
        self.problems = problems


def load_hooks(
    requirements: PluginRequirements,
    resources: ResourcesLike | None = None,
    *,
    builtin: ModuleType | None = None,
    locate: Locate | None = None,
    on_failure: Callable[[PluginError], None] | None = None,
) -> Hooks:
    """Load the plugins that a configuration asks for: ``load_hooks(PluginRequirements.of(config))``.

    ``builtin`` is flowhook's own plugin, loaded before all others. Without ``resources`` the hooks can
    be looked at, not called. ``on_failure`` is told of every failure of a hook. Raises PluginLoadError.
    """
    return Hooks(load_plugins(requirements, builtin, locate), resources, on_failure)


def load_plugins(
    requirements: PluginRequirements, builtin: ModuleType | None = None, locate: Locate | None = None
) -> Loaded:
    """Load what is asked for. Raises PluginLoadError with all that is wrong; then nothing stays loaded."""
    shipped = requirements.shipped or shipped_dir("plugins")
    modules = Modules([shipped] if requirements.directory is None else [requirements.directory, shipped])
    try:
        return _Loader(requirements, locate or _nowhere, modules).load(builtin)
    except BaseException:
        modules.close()
        raise


def _nowhere(path: ConfigPath) -> tuple[str, int, int]:
    return "config.yaml", 1, 1


def _relative_import(error: BaseException, source: PluginSource) -> str:
    """How to import what is not found and stands beside the plugin; empty when it does not."""
    if not isinstance(error, ModuleNotFoundError) or not error.name or source.path is None:
        return ""
    directory = source.path if source.path.is_dir() else source.path.parent
    name = error.name
    if name.partition(".")[0] == directory.name:  # from plugins._helpers import …
        tried = re.search(rf"{re.escape(name)}\.(\w+)", _line_of(error))
        name = tried[1] if tried else name.partition(".")[2]
    if name and ((directory / f"{name}.py").is_file() or (directory / name).is_dir()):
        return f"import what stands beside a plugin with: from .{name} import …"
    return ""


def _line_of(error: BaseException) -> str:
    """The line of code that raised an error."""
    frames = traceback.extract_tb(error.__traceback__)
    return (frames[-1].line or "") if frames else ""


class _Loader:
    """One load, in the order of its methods."""

    def __init__(self, requirements: PluginRequirements, locate: Locate, modules: Modules) -> None:
        self.requirements = requirements
        self.locate = locate
        self.modules = modules
        self.available = available_plugins(requirements.directory, requirements.shipped)
        self.asked = {name for name, _ in requirements.plugins_named()}
        self.plugins: dict[str, LoadedPlugin] = {}
        self.registry = Registry()
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.bad_settings: set[str] = set()  #: plugins whose own settings are wrong, which was reported

    def load(self, builtin: ModuleType | None) -> Loaded:
        if builtin is not None:
            self._add(LoadedPlugin(BUILTIN_NAME, builtin, "builtin"))
        for name, file, package in clashes(self.requirements.directory):
            message = f'"{name}" is a file and a package, too ({package}); remove one of them'
            self.problems.append(Problem(BAD_PLUGIN_NAME, message, str(file)))
        for source in self._chosen():
            self._import(source)
        engines = {kind: self._engines(kind) for kind in KINDS}
        handovers = self._handovers()
        self.registry.complete()
        uses = {endpoint.name: self._uses(endpoint) for endpoint in self.requirements.endpoints}
        self._check_settings_names()
        self._check_uses()
        if self.problems:
            raise PluginLoadError(self.problems)
        plugins = list(self.plugins.values())
        return Loaded(plugins, self.registry, engines, uses, self.modules, handovers, self.warnings)

    # --- one plugin ---

    def _chosen(self) -> Iterable[PluginSource]:
        """Those of ``enabled``, or all of the directory by name; then those that endpoints use."""
        chosen: dict[str, PluginSource] = {}
        if not self.requirements.enabled:
            chosen = {name: source for name, source in self.available.items() if source.source == "directory"}
        for name, path in self.requirements.plugins_named():
            if name in self.available:
                chosen.setdefault(name, self.available[name])
            else:
                hint = did_you_mean(name, self.available)
                self._problem(path, UNKNOWN_PLUGIN, f'no plugin "{name}"', hint)
        return chosen.values()

    def _import(self, source: PluginSource) -> LoadedPlugin | None:
        if source.name == BUILTIN_NAME:
            message = f'a plugin cannot have the name "{BUILTIN_NAME}"'
            self.problems.append(Problem(BAD_PLUGIN_NAME, message, str(source.path or source.name)))
            return None
        started = time.perf_counter()
        try:
            module = self.modules.load(source)
        except PluginError as error:
            cause = error.__cause__ or error
            file, line = position_of(cause, source)
            named = f"plugin {source.name}{distribution_of(source)}"
            message = f"{named} cannot be imported: {type(cause).__name__}: {cause}"
            self.problems.append(
                Problem(PLUGIN_IMPORT, message, file, line, hint=_relative_import(cause, source))
            )
            return None
        plugin = LoadedPlugin(source.name, module, source.source, source.path)
        self._add(plugin)
        plugin.load_seconds = time.perf_counter() - started
        return plugin

    def _add(self, plugin: LoadedPlugin) -> None:
        """Check its hooks, read its settings, keep what it registers."""
        self.plugins[plugin.name] = plugin
        count = len(self.problems)
        problems, warnings = find_implementations(plugin)
        self.problems += problems
        self.warnings += warnings
        self._read_settings(plugin)
        if plugin.idle or len(self.problems) > count:
            return
        for hook, implementation in plugin.implementations.items():
            if hook.startswith("register_"):
                self._register(plugin, implementation)

    def _register(self, plugin: LoadedPlugin, implementation: Implementation) -> None:
        arguments = {"settings": plugin.settings}
        names = (
            arguments.keys()
            if implementation.parameters is None
            else implementation.parameters & arguments.keys()
        )
        hook = implementation.hook
        started = time.perf_counter()
        try:
            returned = _run_to_end(implementation.function(**{name: arguments[name] for name in names}))
            self.registry.add(hook, returned, plugin.name)
        except PluginError as error:
            position = error.position or source_position(implementation.function)
            self._plugin_problem(plugin, PLUGIN, str(error), position)
        except BaseException as error:
            if is_interrupt(error):
                raise
            message = f"plugin {plugin.name}, hook {hook}: {describe(error)}: {redact_urls(str(error))}"
            position = own_frame(error, plugin.path) or source_position(implementation.function)
            self._plugin_problem(plugin, PLUGIN, message, position)
        finally:
            implementation.timing.add(time.perf_counter() - started)

    # --- settings ---

    def _read_settings(self, plugin: LoadedPlugin) -> None:
        """Read the plugin's own settings. What is missing may still come from its endpoints."""
        path = self.requirements.settings_path(plugin.name)
        given = self.requirements.settings.get(plugin.name)
        try:
            plugin.settings = settings_type_of(plugin).model_validate(given or {})
            bind_secrets(plugin.settings, plugin.name)
        except ValidationError as error:
            only_missing = all(detail["type"] == "missing" for detail in error.errors())
            if only_missing and self._is_used(plugin) and not wants_own_settings(plugin):
                return
            if only_missing and given is None and plugin.name not in self.asked:
                missing = ", ".join(str(detail["loc"][0]) for detail in error.errors())
                plugin.idle = f"not set up: plugins.settings.{plugin.name} lacks {missing}"
                return
            self.bad_settings.add(plugin.name)
            self._settings_problems(error, plugin.name, plugin.settings_type, path)
        except BaseException as error:
            self.bad_settings.add(plugin.name)
            self._settings_failed(plugin, error)

    def _is_used(self, plugin: LoadedPlugin) -> bool:
        endpoints = self.requirements.endpoints
        return any(use.plugin == plugin.name for endpoint in endpoints for use in endpoint.use)

    def _uses(self, endpoint: EndpointRequirements) -> list[tuple[LoadedPlugin, Any]]:
        """The plugins of an endpoint with their settings there, in the endpoint's order."""
        uses: list[tuple[LoadedPlugin, Any]] = []
        for use in endpoint.use:
            plugin = self.plugins.get(use.plugin)
            if plugin is None or plugin.name in self.bad_settings:
                continue
            settings = plugin.settings
            if use.settings or settings is None:
                merged = {**self.requirements.settings.get(use.plugin, {}), **use.settings}
                path = (*use.path, use.plugin)
                try:
                    settings = settings_type_of(plugin).model_validate(merged)
                    bind_secrets(settings, plugin.name)
                except ValidationError as error:
                    self._settings_problems(error, plugin.name, plugin.settings_type, path)
                except BaseException as error:
                    self._settings_failed(plugin, error)
            uses.append((plugin, settings))
        return uses

    def _check_settings_names(self) -> None:
        """Settings for a plugin that does not exist are a slip of the pen."""
        known = [*self.available, *(name for engines in self.registry.engines.values() for name in engines)]
        for name in self.requirements.settings:
            if name not in known:
                path = self.requirements.settings_path(name)
                message = f'settings for "{name}", which is not a plugin'
                self._problem(path, UNKNOWN_PLUGIN, message, did_you_mean(name, known))

    def _check_uses(self) -> None:
        """A plugin without a turn hook does nothing in an endpoint's ``transformers.use``."""
        for endpoint in self.requirements.endpoints:
            for use in endpoint.use:
                plugin = self.plugins.get(use.plugin)
                if plugin is None or use.settings or TURN_HOOKS & plugin.implementations.keys():
                    continue
                file, line, column = self.locate(use.path)
                message = f"plugin {use.plugin} has no hook that runs at endpoints, so this does nothing"
                self.warnings.append(Problem(IDLE_USE, message, file, line, column))

    def _hiding(self, name: str) -> PluginSource | None:
        """The project's own plugin of a name that a shipped one has, too."""
        own = self.available.get(name)
        if own is None or own.source != "directory":
            return None
        shipped = available_plugins(None, self.requirements.shipped)
        return own if name in shipped else None

    # --- engines ---

    def _engines(self, kind: EngineKind) -> dict[str, Engine]:
        """One object of each engine of a kind. An engine named by an endpoint brings its plugin in."""
        named = self.requirements.engines_named(kind)
        classes = self.registry.engines[kind]
        for name, path in named.items():
            for plugin_name in (f"{kind.prefix}{name}", name) if kind.prefix else (name,):
                if name in classes or plugin_name not in self.available or plugin_name in self.plugins:
                    continue
                self.asked.add(plugin_name)
                self._import(self.available[plugin_name])
            if name not in classes and not (name in self.plugins and self.problems):
                hint = did_you_mean(name, classes)
                message = f'no plugin registers the {kind.name} "{name}"'
                if (hiding := self._hiding(name)) is not None:
                    message += f"; {hiding.path} hides the shipped plugin of that name"
                self._problem(path, kind.unknown, message, hint)
        engines: dict[str, Engine] = {}
        if kind.named_apart:
            return engines  # made for each entry of their section
        for name, engine_type in classes.items():
            plugin = self.plugins[classes.owners[name]]
            given, path = self.requirements.settings.get(name), self.requirements.settings_path(name)
            is_named = self.requirements.is_shared(kind, name)
            engine = self._make_engine(name, engine_type, plugin, given, path, is_named=is_named)
            if engine is not None:
                engines[name] = engine
        return engines | (self._own_nlu_engines() if kind is NLU else {})

    def _own_nlu_engines(self) -> dict[str, Engine]:
        """One more object for each endpoint that has settings of its own for its NLU engine."""
        found: dict[str, Engine] = {}
        classes = self.registry.engines[NLU]
        for endpoint in self.requirements.endpoints:
            name = endpoint.engines.get(NLU, "")
            engine_type = classes.get(name)
            if not endpoint.nlu_settings or engine_type is None:
                continue
            path = (*endpoint.path, "nlu_settings")
            plugin = self.plugins[classes.owners[name]]
            given = {**self.requirements.settings.get(name, {}), **endpoint.nlu_settings}
            if engine_type.Settings is Settings:
                message = f'the engine "{name}" has no settings of its own'
                self._problem(path, UNKNOWN_KEY, message)
                continue
            engine = self._make_engine(name, engine_type, plugin, given, path, is_named=True)
            if engine is not None:
                found[own_name(name, endpoint.name)] = engine
        return found

    def _handovers(self) -> dict[str, Engine]:
        """One object for each way to people, with the settings of its entry."""
        found: dict[str, Engine] = {}
        classes = self.registry.engines[HANDOVER]
        for name, wanted in self.requirements.handovers.items():
            engine_type = classes.get(wanted.provider)
            if engine_type is None:
                continue  # which was told
            plugin = self.plugins[classes.owners[wanted.provider]]
            given = wanted.settings
            if given is None:
                given = self.requirements.settings.get(wanted.provider, {})
            path = wanted.path[:-1] if wanted.path[-1] == "provider" else wanted.path
            engine = self._make_handover(engine_type, plugin, given, path)
            if engine is not None:
                found[name] = engine
        return found

    def _make_handover(
        self, engine_type: type[Engine], plugin: LoadedPlugin, given: Mapping[str, Any], path: ConfigPath
    ) -> Engine | None:
        try:
            settings = engine_type.Settings.model_validate(dict(given))
            return engine_type(settings)
        except ValidationError as error:
            self._settings_problems(error, engine_type.name, engine_type.Settings, path)
        except BaseException as error:
            self._settings_failed(plugin, error)
        return None

    def _make_engine(
        self,
        name: str,
        engine_type: type[Engine],
        plugin: LoadedPlugin,
        given: Mapping[str, Any] | None,
        path: ConfigPath,
        *,
        is_named: bool,
    ) -> Engine | None:
        """Make an engine of what the configuration gives at ``path``; None where it lacks settings."""
        settings = plugin.settings
        if engine_type.Settings is not Settings:
            try:
                settings = engine_type.Settings.model_validate(given or {})
            except ValidationError as error:
                if is_named or given is not None:
                    self._settings_problems(error, name, engine_type.Settings, path)
                return None
            except BaseException as error:
                self._settings_failed(plugin, error)
                return None
        try:
            return engine_type(settings)
        except BaseException as error:
            if is_interrupt(error):
                raise
            message = f"plugin {plugin.name}, engine {name}: {describe(error)}: {redact_urls(str(error))}"
            self._plugin_problem(plugin, PLUGIN, message, own_frame(error, plugin.path))
            return None

    # --- problems ---

    def _problem(self, path: ConfigPath, code: Code, message: str, hint: str = "") -> None:
        file, line, column = self.locate(path)
        self.problems.append(Problem(code, message, file, line, column, hint=hint))

    def _plugin_problem(
        self, plugin: LoadedPlugin, code: Code, message: str, position: tuple[str, int] | None = None
    ) -> None:
        file, line = position or (file_of(plugin), 1)
        self.problems.append(Problem(code, message, file, line))

    def _settings_failed(self, plugin: LoadedPlugin, error: BaseException) -> None:
        """A class of settings that cannot even say what is wrong with a value."""
        if is_interrupt(error):
            raise error
        message = f"plugin {plugin.name}: its Settings cannot be read: {type(error).__name__}: {error}"
        position = own_frame(error, plugin.path) or source_position(getattr(plugin.module, "Settings", None))
        self._plugin_problem(plugin, PLUGIN, redact_urls(message), position)

    def _settings_problems(
        self, error: ValidationError, name: str, settings_type: type[BaseModel], path: ConfigPath
    ) -> None:
        for detail in error.errors(include_url=False, include_input=False):
            setting = ".".join(map(str, detail["loc"]))
            where = (*path, *detail["loc"])
            match detail["type"]:
                case "missing":
                    self._problem(path, MISSING, f'plugin {name} needs the setting "{setting}"')
                case "extra_forbidden":
                    hint = did_you_mean(setting, settings_type.model_fields)
                    self._problem(where, UNKNOWN_KEY, f'plugin {name} has no setting "{setting}"', hint)
                case _:
                    message = f'plugin {name}, setting "{setting}": {detail["msg"]}'
                    self._problem(where, BAD_VALUE, message)


def _run_to_end(returned: Any) -> Any:
    """The result of a hook that runs at load; an async one is run to its end in a loop of its own."""
    if not inspect.iscoroutine(returned):
        return returned
    results: list[Any] = []

    def run(work: Coroutine[Any, Any, Any]) -> None:
        try:
            results.extend((asyncio.run(work), None))
        except BaseException as error:
            results.extend((None, error))

    thread = threading.Thread(target=run, args=(returned,), name="flowhook-register")
    thread.start()
    thread.join()
    result, error = results
    if error is not None:
        raise error
    return result
