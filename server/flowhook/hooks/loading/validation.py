"""Finds the hooks of a plugin and what is wrong with them, before anything runs."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cache
from typing import Any

import pluggy

from flowhook.hooks.api import specs
from flowhook.hooks.calling.caller import Implementation
from flowhook.hooks.calling.markers import PROJECT
from flowhook.hooks.loading.plugin import TURN_HOOKS, LoadedPlugin
from flowhook.problems.catalogue import BAD_HOOK, UNKNOWN_ARGUMENT, UNKNOWN_HOOK, UNMARKED_HOOK, Code
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean


def find_implementations(plugin: LoadedPlugin) -> tuple[list[Problem], list[Problem]]:
    """Fill in the hooks that a plugin implements. Returns what is wrong with them, and what looks wrong."""
    manager, names = _specified(), _hook_names()
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for attribute in dir(plugin.module):
        function = getattr(plugin.module, attribute)
        options = manager.parse_hookimpl_opts(plugin.module, attribute)
        if options is None:
            if attribute in names and inspect.isfunction(function) and _is_own(plugin, function):
                message = f"{attribute} has no @hookimpl, so it is never called"
                warnings.append(_at(plugin, function, UNMARKED_HOOK, message))
            continue
        hook = options.get("specname") or attribute
        caller = getattr(manager.hook, hook, None)
        if caller is None:
            if not options.get("optionalhook"):
                hint = did_you_mean(hook, names)
                problems.append(_at(plugin, function, UNKNOWN_HOOK, f'there is no hook "{hook}"', hint))
            continue
        problems += _check_arguments(plugin, hook, function, caller.spec.argnames)
        problems += [
            _at(plugin, function, BAD_HOOK, f"hook {hook}: {fault}")
            for fault in _faults(plugin, hook, function, options)
        ]
        plugin.implementations[hook] = Implementation.of(plugin.name, hook, function)
    return problems, warnings


@cache
def _specified() -> pluggy.PluginManager:
    """What knows the hooks that there are; nothing is registered in it."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(specs)
    return manager


def _is_own(plugin: LoadedPlugin, function: Any) -> bool:
    """Whether the plugin's module defines a function, and does not only import it."""
    return bool(function.__module__ == getattr(plugin.module, "__name__", None))


def _faults(plugin: LoadedPlugin, hook: str, function: Any, options: Any) -> Iterator[str]:
    """Why a function cannot be called as a hook."""
    ordering = [name for name in ("wrapper", "hookwrapper", "tryfirst", "trylast") if options.get(name)]
    if ordering:
        yield f"{ordering[0]} is not supported; plugins run in the configuration's order"
    if hook in plugin.implementations:
        yield f"the plugin has another function for it, at {plugin.implementations[hook].position}"
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        yield "it has a yield, which makes it a generator; a hook returns its result"
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.POSITIONAL_ONLY for parameter in parameters):
        yield "arguments are given by name, so it cannot have a / among them"


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
