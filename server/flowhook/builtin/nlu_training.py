"""Where the built-in understanding learns: never on the event loop.

Few sentences take milliseconds, in a thread. Many take seconds, in Python code between numpy's, which
would take the interpreter away from the messages that arrive meanwhile; so a process of its own learns
from them, with low priority, and hands back arrays. Measured in docs/understanding.md.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from pathlib import Path
from typing import Final

from flowhook.nlu.dataset import TrainedModel, TrainingSet, train

AT_ONCE: Final = 20  #: sentences: learned in less time than it takes to start a thread
IN_A_THREAD: Final = 1_000  #: sentences; more are learned by another process
SECONDS: Final = 600.0  #: that it may take
#: The other process finds this flowhook, wherever it was imported from; its output is what it learned.
_START: Final = (
    "import sys; sys.path.insert(0, {home!r}); from flowhook.builtin.nlu_training import main; main()"
)


class Unlearned(Exception):
    """The other process came to no end, or not in time."""


async def train_in_background(lesson: TrainingSet) -> TrainedModel:
    """Learn a lesson while messages go on. Raises ValueError for slots that cannot be read, or Unlearned."""
    if len(lesson) <= AT_ONCE and "numpy" in sys.modules:
        return train(lesson)
    if len(lesson) < IN_A_THREAD:
        return await asyncio.to_thread(train, lesson)
    return await _elsewhere(lesson)


async def _elsewhere(lesson: TrainingSet) -> TrainedModel:
    home = str(Path(__file__).parents[2])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # what lies in the directory of a project is not taken for a library
        "-c",
        _START.format(home=home),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    try:
        async with asyncio.timeout(SECONDS):
            answer, complaint = await process.communicate(pickle.dumps(lesson))
    except TimeoutError:
        await _end(process)
        raise Unlearned(f"it takes more than {SECONDS:g} s") from None
    except BaseException:
        await _end(process)
        raise
    if process.returncode != 0:
        raise Unlearned(_last_line(complaint) or f"the training process ended with {process.returncode}")
    learned = await asyncio.to_thread(pickle.loads, answer)
    if isinstance(learned, ValueError):
        raise learned
    assert isinstance(learned, TrainedModel)
    return learned


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


def _last_line(complaint: bytes) -> str:
    lines = complaint.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


def main() -> None:
    """The other process: a lesson comes in, what was learned goes out."""
    os.nice(10)
    lesson = pickle.load(sys.stdin.buffer)
    try:
        learned: TrainedModel | ValueError = train(lesson)
    except ValueError as error:
        learned = ValueError(str(error))
    sys.stdout.buffer.write(pickle.dumps(learned, protocol=pickle.HIGHEST_PROTOCOL))
