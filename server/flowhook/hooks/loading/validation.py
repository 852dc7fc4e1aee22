"""Finds the hooks of a plugin and what is wrong with them, before anything runs."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pluggy

from flowhook.hooks.api import specs
from flowhook.hooks.calling.caller import Implementation
from flowhook.hooks.calling.markers import PROJECT
from flowhook.hooks.loading.plugin import TURN_HOOKS, LoadedPlugin
from flowhook.problems.catalogue import BAD_HOOK, UNKNOWN_ARGUMENT, UNKNOWN_HOOK, Code
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean


def find_implementations(plugin: LoadedPlugin) -> list[Problem]:
    """Fill in the hooks that a plugin implements. Returns what is wrong with them."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(specs)
    problems: list[Problem] = []
    for attribute in dir(plugin.module):
        options = manager.parse_hookimpl_opts(plugin.module, attribute)
        if options is None:
            continue
        function = getattr(plugin.module, attribute)
        hook = options.get("specname") or attribute
        caller = getattr(manager.hook, hook, None)
        if caller is None:
            if not options.get("optionalhook"):
                hint = did_you_mean(hook, _hook_names())
                problems.append(_at(plugin, function, UNKNOWN_HOOK, f'there is no hook "{hook}"', hint))
            continue
        problems += _check_arguments(plugin, hook, function, caller.spec.argnames)
        ordering = [name for name in ("wrapper", "hookwrapper", "tryfirst", "trylast") if options.get(name)]
        if ordering:
            message = f"hook {hook}: {ordering[0]} is not supported; plugins run in the configuration's order"
            problems.append(_at(plugin, function, BAD_HOOK, message))
        plugin.implementations[hook] = Implementation.of(plugin.name, hook, function)
    return problems


def _check_arguments(
    plugin: LoadedPlugin, hook: str, function: Any, known: tuple[str, ...]
) -> Iterator[Problem]:
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL) or parameter.name in known:
            continue
        if parameter.default is parameter.empty:
            message = f'hook {hook} has no argument "{parameter.name}"'
            yield _at(plugin, function, UNKNOWN_ARGUMENT, message, did_you_mean(parameter.name, known))


def _at(plugin: LoadedPlugin, function: Any, code: Code, message: str, hint: str = "") -> Problem:
    line = inspect.unwrap(function).__code__.co_firstlineno
    return Problem(code, f"plugin {plugin.name}: {message}", file_of(plugin), line, hint=hint)


def file_of(plugin: LoadedPlugin) -> str:
    return str(getattr(plugin.module, "__file__", None) or plugin.path or plugin.name)


def _hook_names() -> list[str]:
    return [name for name, value in vars(specs).items() if hasattr(value, f"{PROJECT}_spec")]


def wants_own_settings(plugin: LoadedPlugin) -> bool:
    """Whether a hook that knows no endpoint asks for settings."""
    return any(
        hook not in TURN_HOOKS and (known.parameters is None or "settings" in known.parameters)
        for hook, known in plugin.implementations.items()
    )
