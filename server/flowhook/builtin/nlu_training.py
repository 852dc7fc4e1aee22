"""Training of the built-in NLU, never on the event loop.

Few sentences take milliseconds, in a thread. Many take seconds, in Python code between numpy's, which
would take the interpreter away from the messages that arrive meanwhile; so a subprocess of low priority
trains on them and hands back arrays. Measured in docs/understanding.md.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from pathlib import Path
from typing import Final

from flowhook.nlu.dataset import TrainedModel, TrainingSet, train

MAX_INLINE: Final = 20  #: sentences: trained on in less time than it takes to start a thread
MAX_IN_THREAD: Final = 1_000  #: sentences; a subprocess trains on more
TIMEOUT: Final = 600.0  #: seconds that the subprocess may take
#: The subprocess finds this flowhook, wherever it was imported from; it prints the trained model.
_COMMAND: Final = (
    "import sys; sys.path.insert(0, {home!r}); from flowhook.builtin.nlu_training import main; main()"
)


class TrainingFailed(Exception):
    """The subprocess failed, or did not end in time."""


async def train_in_background(dataset: TrainingSet, folder: Path | None = None) -> TrainedModel:
    """Train while messages go on; vectors of examples are kept in ``folder``. Raises ValueError for slots
    that cannot be read and an encoder that is not there, or TrainingFailed."""
    if len(dataset) <= MAX_INLINE and "numpy" in sys.modules and not dataset.encoder:
        return train(dataset)
    if len(dataset) < MAX_IN_THREAD:
        return await asyncio.to_thread(_train, dataset, folder)
    return await _train_in_subprocess(dataset, folder)


def _train(dataset: TrainingSet, folder: Path | None) -> TrainedModel:
    if not dataset.encoder:
        return train(dataset)
    from flowhook.builtin.sentence_encoder import encoder_named  # numpy

    return train(dataset, encoder_named(dataset.encoder, folder))


async def _train_in_subprocess(dataset: TrainingSet, folder: Path | None) -> TrainedModel:
    home = str(Path(__file__).parents[2])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # what lies in the directory of a project is not taken for a library
        "-c",
        _COMMAND.format(home=home),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    try:
        async with asyncio.timeout(TIMEOUT):
            output, errors = await process.communicate(pickle.dumps((dataset, folder)))
    except TimeoutError:
        await _kill(process)
        raise TrainingFailed(f"it takes more than {TIMEOUT:g} s") from None
    except BaseException:
        await _kill(process)
        raise
    if process.returncode != 0:
        raise TrainingFailed(_last_line(errors) or f"the training process ended with {process.returncode}")
    result = await asyncio.to_thread(pickle.loads, output)
    if isinstance(result, ValueError):
        raise result
    assert isinstance(result, TrainedModel)
    return result


async def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


def _last_line(errors: bytes) -> str:
    lines = errors.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


def main() -> None:
    """Run in the subprocess: read a training set from stdin, write the trained model to stdout."""
    os.nice(10)
    dataset, folder = pickle.load(sys.stdin.buffer)
    try:
        result: TrainedModel | ValueError = _train(dataset, folder)
    except ValueError as error:
        result = ValueError(str(error))
    sys.stdout.buffer.write(pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL))
