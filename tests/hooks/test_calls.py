"""Calling: order, modes, time limits, and what a failing plugin cannot do to the server."""

from __future__ import annotations

import asyncio

import pytest

from flowhook.errors import PluginError, PluginTimeout, Reject
from flowhook.hooks.api.request import Request, Response
from flowhook.hooks.calling.caller import BoundHook, HookCaller, Implementation

REQUEST = Request("POST", "http://x/", "/")


async def call(function, *, timeout: float = 5.0, **arguments):
    """One call of a function as hook ``h`` of plugin ``p`` at endpoint ``e``."""
    calls = HookCaller()
    try:
        bound = BoundHook(Implementation.of("p", "h", function), {}, timeout=timeout, endpoint="e")
        return await calls.call(bound, arguments)
    finally:
        calls.threads.close()


async def test_arguments_go_by_name():
    """A function gets the arguments it names, and one with ``**rest`` gets all."""
    assert await call(lambda b: b, a=1, b=2) == 2
    assert await call(lambda **rest: rest, a=1, b=2) == {"a": 1, "b": 2}
    assert await call(lambda b, c=3: (b, c), a=1, b=2) == (2, 3)


async def test_plain_functions_leave_the_loop_free():
    """A plain hook runs in a thread; one that answers a coroutine has it awaited in the loop."""
    here = asyncio.get_running_loop()

    async def where():
        return asyncio.get_running_loop()

    def outside():
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return where()

    assert await call(outside) is here


@pytest.mark.parametrize(
    "error",
    [ValueError("secret"), SystemExit(3), KeyboardInterrupt(), StopIteration(), asyncio.CancelledError()],
)
@pytest.mark.parametrize("waits", [False, True])
async def test_failures_are_named(error, waits):
    """Whatever is raised becomes a PluginError that names all but the error's own text."""

    def plain():
        raise error

    async def waiting():
        raise error

    with pytest.raises(PluginError, match="plugin p, hook h at endpoint e") as failed:
        await call(waiting if waits else plain)
    assert "secret" not in str(failed.value)


async def test_a_hook_that_swallows_its_cancellation_is_abandoned():
    """The time limit holds for a hook that will not go."""
    stop = asyncio.Event()

    async def stubborn():
        while not stop.is_set():
            try:
                await stop.wait()
            except asyncio.CancelledError:
                continue

    with pytest.raises(PluginTimeout, match=r"not done within 0\.01 s"):
        await call(stubborn, timeout=0.01)
    stop.set()
    await asyncio.sleep(0)


async def test_a_plain_hook_that_never_ends_is_abandoned():
    """So it is for a thread, which nobody can end."""
    import threading

    forever = threading.Event()
    with pytest.raises(PluginTimeout):
        await call(forever.wait, timeout=0.01)
    forever.set()


async def test_cancelling_the_caller_cancels_the_hook():
    """A hook does not live on when nobody waits for it any more."""
    ended = asyncio.Event()
    begun = asyncio.Event()

    async def hook():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(call(hook))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await ended.wait()


async def test_timings_are_counted(bench):
    """Each plugin's hook counts its calls, its time and its failures."""
    bench.write(
        "slow.py",
        """
        @hookimpl
        def transform_input(message):
            if message["text"] == "bad":
                return 7
            return None
    """,
    )
    hooks = bench.hooks("slow", abort=False)
    await hooks.transform("message", REQUEST, Response(), {"text": "good"})
    await hooks.transform("message", REQUEST, Response(), {"text": "bad"})
    timing = bench.loaded[0].plugins[1].timings["transform_input"]
    assert (timing.count, bench.loaded[0].failures_of("slow", "transform_input")) == (2, 1)
    assert timing.total >= timing.longest > 0


async def test_config_order_is_call_order(bench):
    """Plugins run as ``use`` lists them, not by name and not as they were loaded."""
    for name in "abc":
        bench.write(
            f"{name}.py",
            f"@hookimpl\ndef transform_input(message):\n    return {{'text': message['text'] + '{name}'}}\n",
        )
    hooks = bench.hooks("b", "c", "a", enabled=("a", "b", "c"))
    assert await hooks.transform("message", REQUEST, Response(), {"text": ""}) == {"text": "bca"}


BROKEN = """
@hookimpl
def transform_input(message):
    message["text"] = "spoilt"
    raise ValueError
"""


async def test_without_abort_the_message_goes_on_as_if_the_plugin_had_not_run(bench):
    """What a failed plugin did to its arguments does not count, and its error is handed on."""
    bench.write("broken.py", BROKEN)
    bench.write(
        "after.py", "@hookimpl\ndef transform_input(message):\n    return {'text': message['text'] + '!'}\n"
    )
    hooks = bench.hooks("broken", "after", abort=False)
    answer = await hooks.transform("message", REQUEST, Response(), {"text": "hi"})
    assert answer == {"text": "hi!"}
    assert bench.failures == ["broken.transform_input@pizza"]


async def test_with_abort_the_failure_goes_up(bench):
    """``abort_on_error`` stops the message, and names the line of the plugin."""
    bench.write("broken.py", BROKEN)
    with pytest.raises(PluginError, match=r"ValueError at .*broken\.py:6"):
        await bench.hooks("broken").transform("message", REQUEST, Response(), {"text": "hi"})


@pytest.mark.parametrize("abort", [True, False])
async def test_reject_always_stops(bench, abort):
    """A Reject is an answer, not a failure: it stops whatever ``abort_on_error`` says."""
    bench.write("no.py", "@hookimpl\ndef transform_input():\n    raise Reject(418, 'teapot')\n")
    with pytest.raises(Reject):
        await bench.hooks("no", abort=abort).transform("message", REQUEST, Response(), {})
    assert bench.failures == []


@pytest.mark.parametrize("answer", ["''", "0", "False", "[]", "[3]", "'text'"])
async def test_answers_of_another_kind_are_failures(bench, answer):
    """Only None leaves a message as it is and only DISCARD drops it."""
    bench.write("odd.py", f"@hookimpl\ndef transform_input():\n    return {answer}\n")
    with pytest.raises(PluginError, match="answered"):
        await bench.hooks("odd").transform("message", REQUEST, Response(), {"text": "hi"})


async def test_an_empty_mapping_keeps_everything(bench):
    """``{}`` means the original's values, and makes a message even of a request without one."""
    bench.write("same.py", "@hookimpl\ndef transform_input():\n    return {}\n")
    hooks = bench.hooks("same")
    assert await hooks.transform("message", REQUEST, Response(), {"text": "hi"}) == {"text": "hi"}
    assert await hooks.transform("message", REQUEST, Response(), None) == {}


async def test_hooks_get_http_storage_and_log(bench, caplog):
    """A plain hook gets a synchronous client, an async one an asynchronous one."""
    bench.write(
        "tools.py",
        """
        @hookimpl
        def transform_input(http, log, storage):
            log.warning("seen")
            with storage.open("a", "b") as data:
                data["n"] = 1
            return {"text": http.get("http://crm/plain").json()["path"]}

        @hookimpl
        async def transform_inject(http, storage):
            async with storage.open("a", "b") as data:
                data["n"] += 1
            return {"text": (await http.get("http://crm/async")).json()["path"]}
    """,
    )
    hooks = bench.hooks("tools")
    assert await hooks.transform("message", REQUEST, Response(), {}) == {"text": "/plain"}
    assert await hooks.transform("inject", REQUEST, Response(), {}) == {"text": "/async"}
    assert await bench.kept() == {("pizza", "", "a", "b"): {"n": 2}}
    assert ("flowhook.plugin.tools", "seen") in [(record.name, record.message) for record in caplog.records]
