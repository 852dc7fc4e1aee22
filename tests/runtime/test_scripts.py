"""The sandbox: what scripts may do, what they cannot, and that nothing of it reaches the server."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from tests.machine import PATIENCE
from tests.runtime.conftest import Open

from flowhook.engine.effects import Failure, RunScript, ScriptResult
from flowhook.runtime.turns import scripts as room
from flowhook.runtime.turns.scripts import MISSING, Scripts

pytest.importorskip("pydantic_monty")

SECONDS = 0.15
SECONDS_IN_PEACE = 30.0  #: of a script that is to end well, however busy the machine is


@pytest.fixture
async def scripts() -> AsyncIterator[Scripts]:
    """Closed at the end."""
    room = Scripts()
    yield room
    await room.close()


async def run(
    scripts: Scripts, source: str, seconds: float = SECONDS, **inputs: Any
) -> ScriptResult | Failure:
    """With a short time and little memory."""
    given = {"input": {"text": "hi"}, "context": {"a": 1}, "profile": {}} | inputs
    return await scripts.run(RunScript(textwrap.dedent(source), given, seconds, 16 * 1024 * 1024))


async def values(scripts: Scripts, source: str, **inputs: Any) -> dict[str, Any]:
    answer = await run(scripts, source, SECONDS_IN_PEACE, **inputs)
    assert isinstance(answer, ScriptResult), answer
    return answer.values


# --- what a script does ------------------------------------------------------------------------------


async def test_a_script_leaves_what_it_changed(scripts: Scripts) -> None:
    """Of context, profile and result; and what it printed."""
    source = """
        from datetime import date
        context["b"] = [input["text"], date(2026, 1, 2)]
        result = {1: {2}, "t": (3, None)}
        print("one"); print("two")
    """
    answer = await run(scripts, source)
    assert isinstance(answer, ScriptResult)
    assert answer.values == {
        "context": {"a": 1, "b": ["hi", "2026-01-02"]},
        "profile": {},
        "result": {"1": [2], "t": [3, None]},
    }
    assert answer.printed == "one\ntwo\n"


async def test_time_and_chance_are_those_of_the_turn(scripts: Scripts) -> None:
    """The same turn gives the same again."""
    source = "import datetime, random\nresult = [datetime.datetime.now(), now, random.random()]"
    need = RunScript(source, {}, 1.0, now="2026-11-21T12:00:00+01:00", seed=7)
    first, second = await scripts.run(need), await scripts.run(need)
    assert isinstance(first, ScriptResult)
    assert first == second
    assert first.values["result"][:2] == ["2026-11-21T12:00:00", "2026-11-21T12:00:00+01:00"]


async def test_scripts_know_nothing_of_each_other(scripts: Scripts) -> None:
    """Each has a sandbox of its own, also in the same worker."""
    await values(scripts, "secret = 5")
    answer = await run(scripts, "result = secret")
    assert isinstance(answer, Failure)
    assert "name 'secret' is not defined" in answer.message


async def test_inputs_are_copies(scripts: Scripts) -> None:
    """A script cannot reach into the session."""
    context: dict[str, Any] = {"list": [1], "deep": {"er": {}}}
    said: dict[str, Any] = {"text": "hi"}
    source = "context['list'].append(2)\ncontext['deep']['er']['x'] = 1\ninput['text'] = 'changed'"
    left = await values(scripts, source, context=context, input=said)
    assert left["context"]["list"] == [1, 2]
    assert context == {"list": [1], "deep": {"er": {}}}
    assert said == {"text": "hi"}


# --- mistakes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("x = 1\ny = x / 0", 2, 5, "ZeroDivisionError: division by zero"),
        ("def f():\n    raise ValueError('no')\n\nf()", 2, 11, "ValueError: no"),
        ("context['none']", 1, 1, "KeyError"),
        ("x = = 1", 1, 5, "SyntaxError"),
        ("x = 1\ndel x", 2, 1, "'del' statement"),
    ],
)
async def test_errors_tell_their_place(
    scripts: Scripts, source: str, line: int, column: int, message: str
) -> None:
    """Line and column of the script, and the line of the file when it is known."""
    answer = await scripts.run(RunScript(source, {"context": {}}, 1.0, line=10))
    assert isinstance(answer, Failure)
    assert answer.reason == "script"
    assert message in answer.message
    assert (answer.details["line"], answer.details["column"]) == (line, column)
    assert answer.details["fileLine"] == line + 9
    assert f"line {line + 9} of the flow file" in answer.message


@pytest.mark.parametrize(
    "source", ["result = len", "class A: pass\nresult = A()", "result = float('nan')", "result = b'x'"]
)
async def test_what_is_left_must_be_json(scripts: Scripts, source: str) -> None:
    """Anything else is an error, and told as such."""
    answer = await run(scripts, source)
    assert isinstance(answer, Failure)
    assert answer.reason == "script"
    assert "must be JSON" in answer.message


# --- attacks -----------------------------------------------------------------------------------------

LOOPS = {
    "while": "while True: pass",
    "swallow": "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
    "finally": "def f():\n  try:\n    while True: pass\n  finally:\n    f()\nf()",
    "sum": "sum(range(10**12))",
    "nested": "for a in range(10**6):\n  for b in range(10**6):\n    pass",
    "sorted": "sorted(range(10**12))",
    "itertools": "import itertools\nfor x in itertools.count(): pass",
    "any": "any(x < 0 for x in range(10**11))",
    "sleep": "import time\ntime.sleep(60)",
    "async_sleep": "import asyncio\nawait asyncio.sleep(60)",
    "power": "x = 9 ** 9 ** 9",
    "shift": "x = 1 << 10**12",
    "factorial": "import math\nmath.factorial(10**7)",
    "int_text": "x = 7 ** 400000\ny = str(x * x * x)",
    "flood": "while True: print('x' * 1000)",
    "flood_wide": "print('x' * 10**7)",
    "fork": "def f():\n  f()\n  f()\nf()",
}
MEMORY = {
    "text": "x = 'a' * 10**10",
    "list": "x = [0] * 10**9",
    "doubling": "x = 'ab'\nwhile True: x = x + x",
    "append": "x = []\nwhile True: x.append('abc' * 100)",
    "dict": "x = {i: str(i) for i in range(10**8)}",
    "join": "x = ','.join(['y' * 1000] * 10**7)",
    "format": "x = f'{1:>1000000000}'",
    "percent": "x = '%1000000000d' % 1",
    "bytes": "x = b'a' * 10**10",
    "replace": "x = ('a' * 10**6).replace('a', 'b' * 10**5)",
    "product": "import itertools\nx = list(itertools.product(range(1000), repeat=5))",
    "left": "result = 'x' * (2 * 1024 * 1024)",
    "left_deep": "x = []\nfor i in range(10**5): x = [x]\nresult = x",
    "cycle": "result = []\nresult.append(result)",
}
REACHING_OUT = {
    "open": "open('/etc/passwd').read()",
    "write": "open('/tmp/flowhook-attack', 'w').write('x')",
    "pathlib": "import pathlib\npathlib.Path('/etc/passwd').read_text()",
    "environ": "import os\nresult = dict(os.environ)",
    "getenv": "import os\nresult = os.getenv('PATH')",
    "system": "import os\nos.system('true')",
    "listdir": "import os\nos.listdir('/')",
    "subprocess": "import subprocess",
    "socket": "import socket",
    "ctypes": "import ctypes",
    "import": "__import__('os').system('true')",
    "importlib": "import importlib",
    "compile": "compile('1', 'x', 'eval')",
    "subclasses": "result = ().__class__.__bases__[0].__subclasses__()",
    "globals": "def f(): pass\nf.__globals__['__builtins__']",
    "frame": "try:\n  1/0\nexcept Exception as e:\n  e.__traceback__.tb_frame.f_back",
    "code": "def f(): pass\nf.__code__.co_code",
    "module": "import json\njson.dumps = 5",
    "format_walk": "result = '{0.__class__.__mro__}'.format(())",
    "gc": "import gc\ngc.get_objects()",
    "exit": "import sys\nsys.exit(1)",
    "os_exit": "import os\nos._exit(1)",
    "kill": "import os, signal\nos.kill(os.getppid(), 9)",
    "quit": "quit()",
    "recursion": "def f(x): return f(x + 1)\nf(0)",
    "deep_source": "x = " + "(" * 5000 + "1" + ")" * 5000,
}
#: These the sandbox takes in its stride.
HARMLESS = {
    "regex": "import re\nre.match('(a+)+$', 'a' * 5000 + 'b')",
    "regex_groups": r"import re" "\n" r"re.match(r'(x+x+)+y', 'x' * 200)",
    "eval": "result = eval('1 + 1')",
    "exec": "exec('context[\"x\"] = 1')",
    "deep_repr": "x = []\nfor i in range(10**5): x = [x]\nstr(x)",
}
ATTACKS = LOOPS | MEMORY | REACHING_OUT | HARMLESS


@pytest.mark.parametrize("attack", ATTACKS)
async def test_attacks_are_bounded(scripts: Scripts, attack: str) -> None:
    """Each fails in time; the event loop goes on meanwhile, and the next script is well."""
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.01)

    await values(scripts, "pass")  # the pool is there
    heart = asyncio.create_task(beat())
    async with asyncio.timeout(PATIENCE):
        answer = await run(scripts, ATTACKS[attack])
    heart.cancel()
    assert attack in HARMLESS or isinstance(answer, Failure), answer
    if isinstance(answer, Failure):
        assert answer.reason in ("script", "timeout")
        assert len(answer.message) < 2000
    assert beats > 1 or not (isinstance(answer, Failure) and answer.reason == "timeout")
    assert (await values(scripts, "result = 'well'"))["result"] == "well"


async def test_a_crashed_worker_is_replaced(scripts: Scripts) -> None:
    """Whoever kills it."""
    await values(scripts, "pass")
    busy = asyncio.create_task(run(scripts, "while True: pass"))
    for _ in range(100):
        await asyncio.sleep(0 if scripts._busy else 0.01)
    for worker in list(scripts._busy):
        os.kill(worker, signal.SIGKILL)
    answer = await busy
    assert isinstance(answer, Failure)
    assert (await values(scripts, "result = 1"))["result"] == 1


async def test_more_scripts_than_sandboxes(scripts: Scripts) -> None:
    """They wait for one."""
    answers = await asyncio.gather(*(values(scripts, f"result = {n}") for n in range(40)))
    assert [answer["result"] for answer in answers] == list(range(40))


async def test_no_free_sandbox(scripts: Scripts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits too long for one is told so; afterwards all is well."""
    monkeypatch.setattr(room, "QUEUE_SECONDS", -SECONDS - room.GRACE_SECONDS)
    loops = [run(scripts, "while True: pass") for _ in range(room.PROCESSES * 3)]
    answers = await asyncio.gather(*loops)
    assert all(isinstance(answer, Failure) and answer.reason == "timeout" for answer in answers)
    assert any("no free sandbox" in answer.message for answer in answers if isinstance(answer, Failure))
    monkeypatch.undo()
    assert (await values(scripts, "result = 1"))["result"] == 1


async def test_nothing_starts_before_the_first_script() -> None:
    """And closing what never started does nothing."""
    scripts = Scripts()
    assert scripts._pool is None
    await scripts.close()


async def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clear message, not a crash."""
    monkeypatch.setitem(sys.modules, "pydantic_monty", None)
    scripts = Scripts()
    assert await run(scripts, "pass") == Failure("script", MISSING)
    await scripts.close()


EXIT = """
import asyncio, sys
from flowhook.engine.effects import RunScript
from flowhook.runtime.turns.scripts import Scripts
from tests.machine import PATIENCE

async def main():
    scripts = Scripts()
    await scripts.run(RunScript("result = 1", {}, 1.0))
    seconds = 1.0 if "leave" in sys.argv else 1000.0
    need = RunScript("while True: pass", {}, seconds)
    busy = [asyncio.create_task(scripts.run(need)) for _ in range(3)]
    await asyncio.sleep(0.1)
    if "close" in sys.argv:
        for task in busy:
            task.cancel()
        await scripts.close()
    print("fine", flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("attempt", range(3))
@pytest.mark.parametrize("how", ["close", "leave"])
def test_the_process_ends_well(how: str, attempt: int) -> None:
    """While scripts run: quickly, with the code 0 and nothing on stderr."""
    command = [sys.executable, "-c", EXIT, how]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, env={"PYTHONPATH": "server"}
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "fine\n", "")


async def test_a_script_that_would_begin_after_the_stop_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sandbox was made meanwhile: its process ends, too."""
    scripts, made, stopped = Scripts(), threading.Event(), threading.Event()
    checkout, end, workers = scripts._checkout, scripts._end, list[int]()

    @contextmanager
    def late(effect: RunScript) -> Iterator[Any]:
        with checkout(effect) as sandbox:
            workers.append(sandbox.worker_pid)
            made.set()
            assert stopped.wait(PATIENCE)
            yield sandbox

    def end_and_tell() -> None:
        stopped.set()
        end()

    monkeypatch.setattr(scripts, "_checkout", late)
    monkeypatch.setattr(scripts, "_end", end_and_tell)
    running = asyncio.create_task(scripts.run(RunScript("while True: pass", {}, 1000.0)))
    assert await asyncio.to_thread(made.wait, PATIENCE)
    await scripts.close()
    with pytest.raises(RuntimeError, match="the server stops"):
        await running
    for worker in workers:
        await asyncio.to_thread(ended, worker)


def ended(worker: int) -> None:
    """Wait until a process is gone, or has ended and is nobody's."""
    until = time.monotonic() + PATIENCE
    while (state := Path(f"/proc/{worker}/stat")).exists():
        with suppress(FileNotFoundError, ProcessLookupError):
            if state.read_text().rpartition(")")[2].split()[0] == "Z":
                return
        assert time.monotonic() < until
        time.sleep(0.02)


# --- in a conversation -------------------------------------------------------------------------------


async def test_a_flow_with_scripts(open_turns: Open) -> None:
    """What changed is kept, what was removed is gone, what was printed is logged."""
    flow = """
        context: {old: 1, list: [1], same: {a: 1}}
        nodes:
          - code: |
              context["list"].append(input["text"])
              context.pop("old", None)
              profile["visits"] = profile.get("visits", 0) + 1
              result = {"n": len(context["list"])}
          - say: "{{ input.result.n }} {{ context.list | join(',') }} {{ profile.visits }}"
    """
    async with open_turns(flow) as bot:
        assert await bot.says("x") == ["2 1,x 1"]
        assert await bot.says("y") == ["3 1,x,y 2"]
        assert await bot.context() == {"list": [1, "x", "y"], "same": {"a": 1}}
        steps = await bot.trace()
        assert set(steps[0]["changed"]) == {"context.list", "profile.visits"}


async def test_a_failing_script_takes_on_error(open_turns: Open) -> None:
    """With the line of the file; a timeout, too."""
    flow = """
        nodes:
          - say: before
          - code:
              timeout: 100ms
              source: |
                if input["text"] == "loop":
                    while True:
                        pass
                context["x"] = 1 / 0
            on_error:
              - say: "{{ error.reason }} {{ error.details.fileLine }} {{ error.message }}"
    """
    async with open_turns(flow) as bot:
        before, failed = await bot.says("x")
        assert before == "before"
        # the flow file has a line "flow: main" before these
        assert failed.startswith("script 11 line 4, column 16 of the script (line 11 of the flow file): Zero")
        assert (await bot.says("loop"))[1] == "timeout  the script takes more than 0.1 s"
        assert await bot.context() == {}


async def test_a_script_never_runs_what_a_user_wrote(open_turns: Open) -> None:
    """Templates are not rendered in it."""
    flow = """
        nodes:
          - code: "result = '{{ input.text }}'"
          - say: "{{ input.result }}"
    """
    async with open_turns(flow) as bot:
        assert await bot.says("'; result = 7; '") == ["{{ input.text }}"]


async def test_a_script_spoils_nothing_it_may_not(open_turns: Open) -> None:
    """context stays a mapping."""
    flow = """
        nodes:
          - code: "context = 5"
            on_error: [{say: "{{ error.message }}"}]
    """
    async with open_turns(flow) as bot:
        assert await bot.says("x") == ["the script makes context int; it has to stay a mapping"]


def test_the_bounds_hold_together() -> None:
    """The sandbox gives up before its worker is killed, and that before the caller stops waiting."""
    assert room.HARD_SECONDS > 10 + room.GRACE_SECONDS
