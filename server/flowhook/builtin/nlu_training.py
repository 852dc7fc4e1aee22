"""Training of the built-in NLU, never on the event loop.

Few sentences take milliseconds, in a thread. Many take seconds, in Python code between numpy's, which
would take the interpreter away from the messages that arrive meanwhile; so a subprocess of low priority
trains on them and hands back a model file, which a thread reads piece by piece. Measured in
docs/understanding.md.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Final

from flowhook.nlu.dataset import TrainedModel, TrainingSet, train

MAX_INLINE: Final = 20  #: sentences: trained on in less time than it takes to start a thread
MAX_IN_THREAD: Final = 1_000  #: sentences; a subprocess trains on more
TIMEOUT: Final = 600.0  #: seconds that the subprocess may take
PIECE_BYTES: Final = 1 << 18  #: of its output, taken at once
REFUSED: Final = os.EX_DATAERR  #: its exit code when the training set cannot be trained on
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
            output, errors = await _exchange(process, pickle.dumps((dataset, folder)))
    except TimeoutError:
        await _kill(process)
        raise TrainingFailed(f"it takes more than {TIMEOUT:g} s") from None
    except BaseException:
        await _kill(process)
        raise
    if process.returncode == REFUSED:
        raise ValueError(output.getvalue().decode("utf-8"))
    if process.returncode != 0:
        raise TrainingFailed(_last_line(errors) or f"the training process ended with {process.returncode}")
    return await asyncio.to_thread(_read_model, output)


async def _exchange(process: asyncio.subprocess.Process, question: bytes) -> tuple[BytesIO, bytes]:
    """Return what a process prints when it is told something. As ``communicate`` does, but that puts all
    pieces of the output together at once, on the event loop, which stands still for 40 MB."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    stdin, stdout = process.stdin, process.stdout

    async def tell() -> None:
        with suppress(BrokenPipeError, ConnectionResetError):
            stdin.write(question)
            await stdin.drain()
        stdin.close()

    async def collect() -> BytesIO:
        output = BytesIO()
        while piece := await stdout.read(PIECE_BYTES):
            output.write(piece)
        return output

    _, output, errors = await asyncio.gather(tell(), collect(), process.stderr.read())
    await process.wait()
    return output, errors


def _read_model(output: BytesIO) -> TrainedModel:
    from flowhook.nlu.model_file import from_bytes  # numpy

    try:
        return from_bytes(output.getvalue())
    except ValueError as error:
        raise TrainingFailed(str(error)) from error


async def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


def _last_line(errors: bytes) -> str:
    lines = errors.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


def main() -> None:
    """Run in the subprocess: read a training set from stdin, write the trained model to stdout, or, with the
    exit code REFUSED, what is wrong with the set."""
    os.nice(10)
    dataset, folder = pickle.load(sys.stdin.buffer)
    from flowhook.nlu.model_file import to_bytes  # numpy

    try:
        output = to_bytes(_train(dataset, folder))
    except ValueError as error:
        sys.stdout.buffer.write(str(error).encode("utf-8", "replace"))
        sys.exit(REFUSED)
    sys.stdout.buffer.write(output)
