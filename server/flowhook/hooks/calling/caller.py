"""The calling modes of hooks, over plain and async functions alike.

pluggy knows nothing of coroutines: it would hand the same value to every plugin and take a
coroutine for a result. So flowhook uses it to mark and check hooks, and calls them here.
"""

from __future__ import annotations

import asyncio
import copy
import inspect
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from datetime import time as time_of_day
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from flowhook.errors import PluginError, PluginTimeout, Reject
from flowhook.hooks.calling.failures import FailureCounts, call_context, describe, mask_words, report_failure
from flowhook.hooks.calling.results import DISCARD, Discard, Discarded
from flowhook.hooks.calling.threads import ThreadPools

T = TypeVar("T")
Arguments = Mapping[str, Any]


@dataclass(slots=True)
class Timing:
    """How long one plugin's hook took so far, in seconds."""

    count: int = 0
    total: float = 0.0
    longest: float = 0.0

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
    def position(self) -> str:
        """File and line of the function."""
        code = getattr(inspect.unwrap(self.function), "__code__", None)
        return f"{code.co_filename}:{code.co_firstlineno}" if code is not None else self.plugin

    @property
    def log(self) -> logging.Logger:
        """The plugin's logger. What it says for a conversation that is masked is ``****``."""
        logger = logging.getLogger(f"flowhook.plugin.{self.plugin}")
        if mask_words not in logger.filters:
            logger.addFilter(mask_words)
        return logger


def parameter_names(function: Callable[..., Any]) -> frozenset[str] | None:
    """The arguments that a function names; None when it takes any."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    named = (parameter for parameter in parameters if parameter.kind is not parameter.VAR_POSITIONAL)
    return frozenset(parameter.name for parameter in named)


def per_call(value: Any) -> Any:
    """The value itself when nobody can change it, else something that copies it for each call."""
    return PerCall(lambda: copy.deepcopy(value)) if _is_mutable(value) else value


def _is_mutable(value: Any) -> bool:
    if isinstance(value, BaseModel):
        fields = [*dict(value).values(), *(value.model_extra or {}).values()]
        return not value.model_config.get("frozen") or any(_is_mutable(field) for field in fields)
    if isinstance(value, tuple | frozenset):
        return any(_is_mutable(item) for item in value)
    return not isinstance(value, str | bytes | int | float | bool | date | time_of_day | timedelta | None)


class PerCall(NamedTuple):
    """An argument that is made anew for each call, so that a hook may do with it what it likes."""

    make: Callable[[], Any]


#: Told by a pipe: whose function it was, the value before it, and what came of it.
PipeWatch = Callable[[Implementation, Any, Any], None]


class BoundHook:
    """An implementation with the arguments that stay the same from call to call, and its time limit."""

    __slots__ = ("copied", "endpoint", "fixed", "implementation", "masked", "timeout", "varying")

    def __init__(
        self,
        implementation: Implementation,
        fixed: Arguments,
        *,
        timeout: float,
        endpoint: str = "",
        masked: bool = False,
    ) -> None:
        names = implementation.parameters
        self.implementation = implementation
        wanted = {name: value for name, value in fixed.items() if names is None or name in names}
        self.copied = {name: value.make for name, value in wanted.items() if isinstance(value, PerCall)}
        self.fixed = {name: value for name, value in wanted.items() if name not in self.copied}
        self.varying = None if names is None else tuple(names - fixed.keys())
        self.timeout = timeout  #: seconds
        self.endpoint = endpoint  #: its name; "" for a hook that knows no endpoint
        self.masked = masked  #: no value of a conversation may reach the log

    def arguments(self, varying: Arguments) -> dict[str, Any]:
        """All that the function is called with."""
        fixed = self.fixed
        if self.copied:
            fixed = {**fixed, **{name: make() for name, make in self.copied.items()}}
        names = varying if self.varying is None else [name for name in self.varying if name in varying]
        wanted = ((name, varying[name]) for name in names)
        return {
            **{name: value.make() if isinstance(value, PerCall) else value for name, value in wanted},
            **fixed,
        }

    def error(self, message: str, kind: type[PluginError] = PluginError) -> PluginError:
        """The failure of this hook at this endpoint."""
        error = kind(self.implementation.plugin, self.implementation.hook, self.endpoint, message)
        error.masked = self.masked or call_context.get().masked
        return error


class HookCaller:
    """Calls hooks: within a time, with every failure named after plugin, hook and endpoint.

    ``on_failure`` is told of each failure, once, after it was counted in ``failures``.
    """

    def __init__(
        self,
        threads: ThreadPools | None = None,
        on_failure: Callable[[PluginError], None] | None = None,
        failures: FailureCounts | None = None,
    ) -> None:
        self.threads = threads or ThreadPools()
        self.on_failure = on_failure
        self.failures = FailureCounts() if failures is None else failures
        self._abandoned: set[asyncio.Task[Any]] = set()

    async def call(self, bound: BoundHook, varying: Arguments) -> Any:
        """Call one function. Raises PluginError, PluginTimeout or the plugin's own Reject."""
        implementation = bound.implementation
        started = time.perf_counter()
        try:
            return await self._call_within(bound, bound.arguments(varying))
        finally:
            implementation.timing.add(time.perf_counter() - started)

    async def call_own(self, bound: BoundHook, varying: Arguments) -> Any:
        """Call an async function of flowhook itself: on the road of every message, so without a task and a
        time limit for it. Raises PluginError."""
        started = time.perf_counter()
        try:
            return await bound.implementation.function(**bound.arguments(varying))
        except Exception as error:
            raise bound.error(describe(error)) from error
        finally:
            bound.implementation.timing.add(time.perf_counter() - started)

    async def pipe(
        self,
        bound: Sequence[BoundHook],
        value: T,
        arguments_of: Callable[[T], Arguments],
        coerce: Callable[[Any, T], tuple[T, bool]],
        *,
        abort: bool = True,
        may_reject: bool = False,
        watch: PipeWatch | None = None,
    ) -> T | Discarded:
        """Hand ``value`` from plugin to plugin.

        ``arguments_of`` makes the arguments out of it; ``coerce`` makes the next value out of what was
        returned and says whether the pipe goes on (TypeError or ValueError: it is not allowed).
        Without ``abort`` a failing plugin is skipped. A Reject always stops: as it is where there is a
        request to refuse (``may_reject``), else as the plugin's failure. ``watch`` is told what each made
        of the value, DISCARD or its failure included.
        """
        for hook in bound:
            try:
                returned = await self.call(hook, arguments_of(value))
            except Reject as error:
                if may_reject:
                    raise
                raise self.failed(hook, describe(error), error) from error
            except PluginError as error:
                self.report(error)
                if watch is not None:
                    watch(hook.implementation, value, error)
                if abort:
                    raise
                continue
            before, goes_on = value, True
            try:
                if returned is DISCARD:
                    if watch is not None:
                        watch(hook.implementation, value, returned)
                    return Discard.DISCARD
                if returned is not None:
                    value, goes_on = coerce(returned, value)
            except (TypeError, ValueError) as error:
                failure = self.failed(hook, f"{error} at {hook.implementation.position}", error)
                if watch is not None:
                    watch(hook.implementation, value, failure)
                if abort:
                    raise failure from error
                continue
            if watch is not None:
                watch(hook.implementation, before, value)
            if not goes_on:
                break
        return value

    async def call_all(
        self, bound: Sequence[BoundHook], arguments: Callable[[], Arguments]
    ) -> list[PluginError]:
        """Call all, one after the other, each with ``arguments()`` of its own. Returns the failures."""
        failures: list[PluginError] = []
        for hook in bound:
            try:
                await self.call(hook, arguments())
            except PluginError as error:
                failures.append(error)
            except Reject as error:
                failures.append(hook.error(f"Reject has no meaning here: {describe(error)}"))
        for failure in failures:
            self.report(failure)
        return failures

    def failed(self, hook: BoundHook, message: str, cause: Exception) -> PluginError:
        """A failure that is reported with its cause."""
        failure = hook.error(message)
        failure.__cause__ = cause
        self.report(failure)
        return failure

    def report(self, error: PluginError) -> None:
        """Log, trace and count a failure, and tell ``on_failure`` of it."""
        report_failure(error, self.failures, self.on_failure)

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
            raise bound.error(f"not done within {bound.timeout:g} s{self._why_slow(bound)}", PluginTimeout)
        if task.cancelled():
            raise bound.error("cancelled itself")
        result, error = task.result()
        if error is None:
            return result
        if isinstance(error, Reject):
            raise error
        raise bound.error(describe(error)) from error

    def _why_slow(self, bound: BoundHook) -> str:
        pool = None if bound.implementation.is_async else self.threads.of(bound.implementation.plugin)
        if pool is None or not pool.full:
            return ""
        return f"; all {pool.limit} threads of the plugin are busy with calls that do not end"

    def _abandon(self, task: asyncio.Task[Any]) -> None:
        self._abandoned.add(task)
        task.add_done_callback(self._abandoned.discard)
        task.cancel()


async def _result_of(
    implementation: Implementation, arguments: dict[str, Any], threads: ThreadPools
) -> tuple[Any, BaseException | None]:
    """What the function returns or raises, as a value: SystemExit would end the event loop."""
    function = implementation.function
    try:
        if implementation.is_async:
            return await function(**arguments), None
        pool = threads.of(implementation.plugin)
        result = await pool.run(lambda: function(**arguments))
        return (await result if inspect.isawaitable(result) else result), None
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return None, error
