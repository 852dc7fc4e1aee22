"""The calling modes of hooks, over plain and async functions alike.

pluggy knows nothing of coroutines: it would hand the same value to every plugin and take a
coroutine for a result. So flowhook uses it to mark and check hooks, and calls them here.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from flowhook.errors import FlowhookError, PluginError, PluginTimeout, Reject
from flowhook.hooks.calling.results import DISCARD, Discard, Discarded
from flowhook.hooks.calling.threads import ThreadPool
from flowhook.model.log_action import LogAction

_HOOKS_ROOM = Path(__file__).parents[1]
T = TypeVar("T")
Arguments = Mapping[str, Any]


@dataclass(slots=True)
class Timing:
    """How long one plugin's hook took so far, in seconds."""

    count: int = 0
    total: float = 0.0
    longest: float = 0.0
    failures: int = 0

    def add(self, seconds: float) -> None:
        """Count one call."""
        self.count += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)


@dataclass(frozen=True, slots=True)
class Implementation:
    """One plugin's function for one hook."""

    plugin: str
    hook: str
    function: Callable[..., Any]
    parameters: frozenset[str] | None  #: the arguments it names; None: all (it takes ``**anything``)
    is_async: bool
    timing: Timing = field(default_factory=Timing)

    @classmethod
    def of(cls, plugin: str, hook: str, function: Callable[..., Any]) -> Implementation:
        """Look at the function's signature."""
        return cls(plugin, hook, function, parameter_names(function), inspect.iscoroutinefunction(function))

    @property
    def log(self) -> logging.Logger:
        """The plugin's logger."""
        return logging.getLogger(f"flowhook.plugin.{self.plugin}")


def parameter_names(function: Callable[..., Any]) -> frozenset[str] | None:
    """The arguments that a function names; None when it takes any."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    named = (parameter for parameter in parameters if parameter.kind is not parameter.VAR_POSITIONAL)
    return frozenset(parameter.name for parameter in named)


class BoundHook:
    """An implementation with the arguments that stay the same from call to call, and its time limit."""

    __slots__ = ("endpoint", "fixed", "implementation", "timeout", "varying")

    def __init__(
        self, implementation: Implementation, fixed: Arguments, *, timeout: float, endpoint: str = ""
    ) -> None:
        names = implementation.parameters
        self.implementation = implementation
        self.fixed = {name: value for name, value in fixed.items() if names is None or name in names}
        self.varying = None if names is None else tuple(names - fixed.keys())
        self.timeout = timeout  #: seconds
        self.endpoint = endpoint  #: its name; "" for a hook that knows no endpoint

    def arguments(self, varying: Arguments) -> dict[str, Any]:
        """All that the function is called with."""
        if self.varying is None:
            return {**varying, **self.fixed}
        return {**self.fixed, **{name: varying[name] for name in self.varying if name in varying}}


class HookCaller:
    """Calls hooks: within a time, with every failure named after plugin, hook and endpoint.

    ``on_failure`` is told of each failure, once.
    """

    def __init__(
        self, threads: ThreadPool | None = None, on_failure: Callable[[PluginError], None] | None = None
    ) -> None:
        self.threads = threads or ThreadPool()
        self.on_failure = on_failure
        self._abandoned: set[asyncio.Task[Any]] = set()

    async def call(self, bound: BoundHook, varying: Arguments) -> Any:
        """Call one function. Raises PluginError, PluginTimeout or the plugin's own Reject."""
        implementation = bound.implementation
        started = time.perf_counter()
        try:
            return await self._call_within(bound, bound.arguments(varying))
        except PluginError:
            implementation.timing.failures += 1
            raise
        finally:
            implementation.timing.add(time.perf_counter() - started)

    async def pipe(
        self,
        bound: Sequence[BoundHook],
        value: T,
        arguments_of: Callable[[T], Arguments],
        coerce: Callable[[Any, T], tuple[T, bool]],
        *,
        abort: bool = True,
    ) -> T | Discarded:
        """Hand ``value`` from plugin to plugin.

        ``arguments_of`` makes the arguments out of it; ``coerce`` makes the next value out of what was
        returned and says whether the pipe goes on (TypeError or ValueError: it is not allowed).
        Without ``abort`` a failing plugin is skipped.
        """
        for hook in bound:
            try:
                returned = await self.call(hook, arguments_of(value))
                if returned is None:
                    continue
                if returned is DISCARD:
                    return Discard.DISCARD
                try:
                    value, goes_on = coerce(returned, value)
                except (TypeError, ValueError) as error:
                    hook.implementation.timing.failures += 1
                    raise _error(hook, str(error)) from error
            except PluginError as error:
                self.report(error)
                if abort:
                    raise
            else:
                if not goes_on:
                    break
        return value

    async def call_all(self, bound: Sequence[BoundHook], varying: Arguments) -> list[PluginError]:
        """Call all, one after the other. Returns the failures."""
        failures: list[PluginError] = []
        for hook in bound:
            try:
                await self.call(hook, varying)
            except PluginError as error:
                failures.append(error)
            except Reject as error:
                failures.append(_error(hook, f"Reject has no meaning here: {error}"))
        for failure in failures:
            self.report(failure)
        return failures

    def report(self, error: PluginError) -> None:
        """Write a failure to the plugin's log, with the traceback through the plugin's code."""
        logging.getLogger(f"flowhook.plugin.{error.plugin}").error(
            "%s", error, exc_info=error.__cause__, extra={"action": LogAction.PLUGIN_FAILED}
        )
        if self.on_failure is not None:
            self.on_failure(error)

    async def _call_within(self, bound: BoundHook, arguments: dict[str, Any]) -> Any:
        """Wait no longer than the time allowed, also for a function that swallows its cancellation."""
        task = asyncio.ensure_future(_result_of(bound.implementation, arguments, self.threads))
        try:
            done, _ = await asyncio.wait((task,), timeout=bound.timeout)
        except asyncio.CancelledError:
            self._abandon(task)
            raise
        if not done:
            self._abandon(task)
            raise PluginTimeout(
                bound.implementation.plugin,
                bound.implementation.hook,
                bound.endpoint,
                f"not done within {bound.timeout:g} s",
            )
        if task.cancelled():
            raise _error(bound, "cancelled itself")
        result, error = task.result()
        if error is None:
            return result
        if isinstance(error, Reject):
            raise error
        raise _error(bound, describe(error)) from error

    def _abandon(self, task: asyncio.Task[Any]) -> None:
        self._abandoned.add(task)
        task.add_done_callback(self._abandoned.discard)
        task.cancel()


def _error(bound: BoundHook, message: str) -> PluginError:
    return PluginError(bound.implementation.plugin, bound.implementation.hook, bound.endpoint, message)


async def _result_of(
    implementation: Implementation, arguments: dict[str, Any], threads: ThreadPool
) -> tuple[Any, BaseException | None]:
    """What the function returns or raises, as a value: SystemExit would end the event loop."""
    function = implementation.function
    try:
        if implementation.is_async:
            return await function(**arguments), None
        result = await threads.run(lambda: function(**arguments))
        return (await result if inspect.isawaitable(result) else result), None
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return None, error


def describe(error: BaseException) -> str:
    """The kind of an error and its line in the plugin. Its text, which may hold anything, only when
    it is an error of ours."""
    stack = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in stack if not Path(frame.filename).is_relative_to(_HOOKS_ROOM)]
    kind = f"{type(error).__name__}: {error}" if isinstance(error, FlowhookError) else type(error).__name__
    if not frames:
        return kind
    directory = Path(frames[0].filename).parent
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(directory)]
    return f"{kind} at {own[-1].filename}:{own[-1].lineno}"
