"""The calling modes of hooks, over plain and async functions alike.

pluggy knows nothing of coroutines: it would hand the same value to every plugin and take a
coroutine for an answer. So flowhook uses it to mark and check hooks, and calls them here.
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

_HERE = Path(__file__).parents[1]
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
    wants: frozenset[str] | None  #: the arguments it names; None: all (it takes ``**anything``)
    waits: bool  #: an ``async def``
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
    """An implementation with the arguments that stay the same from call to call."""

    __slots__ = ("changing", "endpoint", "fixed", "implementation", "timeout")

    def __init__(
        self, implementation: Implementation, fixed: Arguments, *, timeout: float, endpoint: str = ""
    ) -> None:
        wants = implementation.wants
        self.implementation = implementation
        self.fixed = {name: value for name, value in fixed.items() if wants is None or name in wants}
        self.changing = None if wants is None else tuple(wants - fixed.keys())
        self.timeout = timeout
        self.endpoint = endpoint

    def wants(self, argument: str) -> bool:
        """Whether the function names this argument."""
        return self.changing is None or argument in self.changing

    def arguments(self, changing: Arguments) -> dict[str, Any]:
        """All that the function is called with."""
        if self.changing is None:
            return {**changing, **self.fixed}
        return {**self.fixed, **{name: changing[name] for name in self.changing if name in changing}}


class HookCaller:
    """Calls hooks: within a time, with every failure named after plugin, hook and endpoint.

    ``failed`` is told of each failure, once.
    """

    def __init__(
        self, workers: ThreadPool | None = None, failed: Callable[[PluginError], None] | None = None
    ) -> None:
        self.workers = workers or ThreadPool()
        self.failed = failed
        self._abandoned: set[asyncio.Task[Any]] = set()

    async def one(self, bound: BoundHook, changing: Arguments) -> Any:
        """Call one function. Raises PluginError, PluginTimeout or the plugin's own Reject."""
        implementation = bound.implementation
        started = time.perf_counter()
        try:
            return await self._within(bound, bound.arguments(changing))
        except PluginError:
            implementation.timing.failures += 1
            raise
        finally:
            implementation.timing.add(time.perf_counter() - started)

    async def pipe(
        self,
        bound: Sequence[BoundHook],
        value: T,
        ask: Callable[[T], Arguments],
        take: Callable[[Any, T], tuple[T, bool]],
        *,
        abort: bool = True,
        passed: list[PluginError] | None = None,
    ) -> T | Discarded:
        """Hand ``value`` from plugin to plugin.

        ``ask`` makes the arguments out of it; ``take`` makes the next value out of an answer and
        says whether the pipe goes on (TypeError or ValueError: an answer that is not allowed).
        Without ``abort`` a failing plugin is skipped, and its error added to ``passed``.
        """
        for each in bound:
            try:
                answer = await self.one(each, ask(value))
                if answer is None:
                    continue
                if answer is DISCARD:
                    return Discard.DISCARD
                try:
                    value, goes_on = take(answer, value)
                except (TypeError, ValueError) as error:
                    each.implementation.timing.failures += 1
                    raise _error(each, str(error)) from error
            except PluginError as error:
                self.report(error)
                if abort:
                    raise
                if passed is not None:
                    passed.append(error)
            else:
                if not goes_on:
                    break
        return value

    async def every(self, bound: Sequence[BoundHook], changing: Arguments) -> list[PluginError]:
        """Call all, one after the other. Answers the failures."""
        failures: list[PluginError] = []
        for each in bound:
            try:
                await self.one(each, changing)
            except PluginError as error:
                failures.append(error)
            except Reject as error:
                failures.append(_error(each, f"Reject has no meaning here: {error}"))
        for failure in failures:
            self.report(failure)
        return failures

    def report(self, error: PluginError) -> None:
        """Write a failure to the plugin's log, with the way through the plugin's code."""
        logging.getLogger(f"flowhook.plugin.{error.plugin}").error("%s", error, exc_info=error.__cause__)
        if self.failed is not None:
            self.failed(error)

    async def _within(self, bound: BoundHook, arguments: dict[str, Any]) -> Any:
        """Wait no longer than the time allowed, also for a function that swallows its cancellation."""
        task = asyncio.ensure_future(_attempt(bound.implementation, arguments, self.workers))
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
        answer, error = task.result()
        if error is None:
            return answer
        if isinstance(error, Reject):
            raise error
        raise _error(bound, describe(error)) from error

    def _abandon(self, task: asyncio.Task[Any]) -> None:
        self._abandoned.add(task)
        task.add_done_callback(self._abandoned.discard)
        task.cancel()


def _error(bound: BoundHook, message: str) -> PluginError:
    return PluginError(bound.implementation.plugin, bound.implementation.hook, bound.endpoint, message)


async def _attempt(
    implementation: Implementation, arguments: dict[str, Any], workers: ThreadPool
) -> tuple[Any, BaseException | None]:
    """What the function answers or raises, as a value: SystemExit would end the event loop."""
    function = implementation.function
    try:
        if implementation.waits:
            return await function(**arguments), None
        answer = await workers.run(lambda: function(**arguments))
        return (await answer if inspect.isawaitable(answer) else answer), None
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return None, error


def describe(error: BaseException) -> str:
    """The kind of an error and its line in the plugin. Its text, which may hold anything, only when
    it is an error of ours."""
    way = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in way if not Path(frame.filename).is_relative_to(_HERE)]
    kind = f"{type(error).__name__}: {error}" if isinstance(error, FlowhookError) else type(error).__name__
    if not frames:
        return kind
    home = Path(frames[0].filename).parent
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(home)]
    return f"{kind} at {own[-1].filename}:{own[-1].lineno}"
