"""Scripts of ``code`` nodes: run in a sandbox, in processes of its own.

The sandbox is pydantic-monty, the extra ``flowhook[script]``: an interpreter of its own for a part of
Python, without files, network, environment and processes, whose limits no script can catch. A script
gets copies and leaves JSON; it can call nothing of ours. Nothing is started before the first script.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from flowhook.engine.effects import Failure, RunScript, ScriptResult
from flowhook.hooks.calling.threads import ThreadPool
from flowhook.runtime.turns.fair_slots import FairSlots

if TYPE_CHECKING:
    from pydantic_monty import Monty, MontyRuntimeError, MontySyntaxError

MISSING: Final = 'the node "code" needs a sandbox that is not installed: pip install "flowhook[script]"'
PROCESSES: Final = max(2, min(4, os.cpu_count() or 2))  #: scripts that run at a time
QUEUE_SECONDS: Final = 10.0  #: that a script may wait for its turn, beyond its own time
HARD_SECONDS: Final = 15.0  #: after which a worker that does not even answer is killed
GRACE_SECONDS: Final = 0.5  #: for the sandbox to end a script by itself before its worker is killed
RECYCLED_AFTER: Final = 1_000  #: scripts in one worker
MAX_DEPTH: Final = 200  #: of calls
MAX_SUSPENSIONS: Final = 100  #: look-ups of unknown names and the like
MAX_PRINTED: Final = 64 * 1024  #: bytes
MAX_LEFT: Final = 1024 * 1024  #: characters of the JSON that a script leaves
WRITABLE: Final = ("context", "profile", "result")
_SOURCE_FILE: Final = "<python-input-0>"  #: what the sandbox calls the script in tracebacks

#: Runs after the script in its sandbox, under the same limits: what it leaves, as JSON. Dates count as
#: text and sets as lists.
_LEAVE: Final = """
import json as _json, datetime as _datetime
def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    is_time = isinstance(value, (_datetime.date, _datetime.datetime))
    return value.isoformat() if is_time else value
try:
    _left = _json.dumps([%(names)s])
except TypeError:
    _left = _json.dumps(_plain([%(names)s]))
len(_left) > %(limit)d or _left
"""


class Scripts:
    """Runs scripts in a pool of sandboxes. One for a server; ``close`` it at the end."""

    def __init__(self) -> None:
        self._workers = ThreadPool(PROCESSES)
        self._slots = FairSlots(PROCESSES)
        self._lock = threading.Lock()
        self._pool: Monty | None = None
        self._noting = threading.Lock()  #: held for a moment: a stop and a script that begins meet here
        self._busy: set[int] = set()  #: process ids of workers that run something
        self._closed = False

    async def run(self, effect: RunScript, owner: str = "") -> ScriptResult | Failure:
        """Run a script. Returns what it left, or why it failed: reason ``script``, or ``timeout``.

        ``details`` of the failure tell ``line`` and ``column`` in the script and ``fileLine`` in the flow
        file, as far as they are known.
        """
        try:
            async with asyncio.timeout(effect.seconds * 2 + GRACE_SECONDS + QUEUE_SECONDS):
                async with self._slots.slot(owner):
                    result: ScriptResult | Failure = await self._workers.run(lambda: self._run(effect))
                    return result
        except TimeoutError:
            return Failure("timeout", "too many scripts run: this one found no free sandbox")

    async def close(self) -> None:
        """End the sandboxes, also those that still run something. Nothing runs afterwards."""
        with self._noting:
            self._closed = True
            busy = list(self._busy)
        for worker in busy:
            with contextlib.suppress(OSError):
                os.kill(worker, signal.SIGTERM)
        if self._pool is not None:
            await self._workers.run(self._end)
        self._workers.close()

    # --- in a thread ------------------------------------------------------------------------------

    def _run(self, effect: RunScript) -> ScriptResult | Failure:
        try:
            import pydantic_monty as monty
        except ImportError:
            return Failure("script", MISSING)
        try:
            return self._in_sandbox(effect)
        except monty.MontyCrashedError as error:
            if error.timed_out:
                return _out_of_time(effect)
            return Failure("script", "the sandbox of the script broke down")
        except (monty.MontyRuntimeError, monty.MontySyntaxError) as error:
            return _failure_of(error, effect)
        except monty.MontyError as error:
            return Failure("script", str(error))

    def _in_sandbox(self, effect: RunScript) -> ScriptResult | Failure:
        from pydantic_monty import CollectString

        printed = CollectString(MAX_PRINTED)
        names = [name for name in WRITABLE if name in effect.inputs or name == "result"]
        with self._checkout(effect) as sandbox:
            now = datetime.fromisoformat(effect.now) if effect.now else None
            inputs = {**effect.inputs, "now": now, "result": None}
            with self._noted(sandbox.worker_pid):
                sandbox.feed_run(effect.source, inputs=inputs, print_callback=printed)
                left = sandbox.feed_run(_LEAVE % {"names": ", ".join(names), "limit": MAX_LEFT})
        if not isinstance(left, str) or len(left) > MAX_LEFT:
            return Failure("script", f"the script leaves more than {MAX_LEFT} characters of JSON")
        try:
            values = from_json(left, allow_inf_nan=False)
        except ValueError:
            return Failure("script", "context, profile and result must be JSON: nan and infinity are not")
        return ScriptResult(dict(zip(names, values, strict=True)), printed.output)

    @contextmanager
    def _noted(self, worker: int | None) -> Iterator[None]:
        """Note the worker that runs a script, so that a stop need not wait for it. Begin nothing after it:
        the process of a worker that nobody ended would live on for as long as its script may."""
        with self._noting:
            if self._closed:
                raise RuntimeError("the server stops")
            if worker is not None:
                self._busy.add(worker)
        try:
            yield
        finally:
            self._busy.discard(worker or 0)

    def _checkout(self, effect: RunScript) -> Any:
        """A fresh sandbox with all its limits; the flow's time is its time."""
        policy: dict[str, Any] = {"random_start": {"seed": effect.seed}}
        if effect.now:
            policy["datetime"] = datetime.fromisoformat(effect.now)
        return self._opened().checkout(
            script_name="script",
            limits={
                "max_feed_duration_secs": effect.seconds,
                "max_memory": effect.memory,
                "max_recursion_depth": MAX_DEPTH,
                "max_suspensions": MAX_SUSPENSIONS,
                "max_total_sleep_secs": 0.0,
            },
            assert_message_annotations=False,
            os_policy=policy,  # type: ignore[arg-type]  # a TypedDict of theirs
        )

    def _opened(self) -> Monty:
        from pydantic_monty import Monty

        with self._lock:
            if self._closed:
                raise RuntimeError("the server stops")
            if self._pool is None:
                self._pool = Monty(
                    min_processes=1,
                    max_processes=PROCESSES,
                    request_timeout=HARD_SECONDS,
                    max_checkouts_per_worker=RECYCLED_AFTER,
                    feed_duration_limit_grace=GRACE_SECONDS,
                    turn_duration_limit_grace=GRACE_SECONDS,
                ).__enter__()
            return self._pool

    def _end(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.__exit__(None, None, None)


# --- what went wrong, in words ----------------------------------------------------------------------


def _out_of_time(effect: RunScript) -> Failure:
    return Failure("timeout", f"the script takes more than {effect.seconds:g} s")


def _failure_of(error: MontyRuntimeError | MontySyntaxError, effect: RunScript) -> Failure:
    """A script's own error, at the innermost line of it."""
    said = error.display("type-msg")
    frames = error.traceback()
    kind = said.partition(":")[0]
    if kind == "TimeoutError" and not frames:
        return _out_of_time(effect)
    if kind == "MemoryError" and not frames and f"> {MAX_PRINTED} bytes" in said:
        return Failure("script", f"the script prints more than {MAX_PRINTED} bytes")
    own = [frame for frame in frames if frame.filename == _SOURCE_FILE]
    if frames and not own:
        return Failure("script", f"context, profile and result must be JSON: {said.partition(': ')[2]}")
    if not own:
        return Failure("script", said)
    line, column = own[-1].line, own[-1].column
    details: dict[str, Any] = {"line": line, "column": column, "error": kind}
    where = f"line {line}, column {column} of the script"
    if effect.line:
        details["fileLine"] = effect.line + line - 1
        where += f" (line {details['fileLine']} of the flow file)"
    return Failure("script", f"{where}: {said}", details)
