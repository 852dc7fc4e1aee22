"""What learning costs while a server runs: how long it takes, and how long the event loop stands still."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from flowhook.builtin.model_cache import ModelCache
from flowhook.builtin.nlu_training import train_in_background
from flowhook.nlu.dataset import TrainedModel, TrainingSet
from flowhook.nlu.interpreter import Interpreter

TICK: Final = 0.001  #: seconds between two looks at the clock
MILLISECONDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds, of one training set."""

    training: float  #: in the background, while the loop runs, until texts are read
    longest: float  #: that the loop stood still meanwhile, at once
    p99: float  #: one in a hundred gaps is longer
    warm: float  #: until it is ready when it was learned before

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "trainingSeconds": round(self.training, 3),
            "warmSeconds": round(self.warm, 3),
            "loopStoodStillMs": {
                "longest": round(self.longest * MILLISECONDS, 2),
                "p99": round(self.p99 * MILLISECONDS, 2),
            },
        }


def costs_of(training_set: TrainingSet) -> Costs:
    """Learn as a server does, in the background, and look at the loop meanwhile; then find it in a cache."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        training, longest, p99, model = asyncio.run(_beside_the_loop(training_set, folder))
        cache = ModelCache(folder)
        cache.keep(training_set, model)
        warm = _seconds(lambda: cache.find(training_set))
    return Costs(training, longest, p99, warm)


async def _beside_the_loop(
    training_set: TrainingSet, folder: Path
) -> tuple[float, float, float, TrainedModel]:
    began = last = time.perf_counter()
    vectors = (folder,) if training_set.encoder else ()
    training = asyncio.ensure_future(_learned(training_set, *vectors))
    gaps = [0.0]
    while not training.done():
        await asyncio.sleep(TICK)
        now = time.perf_counter()
        gaps.append(max(0.0, now - last - TICK))
        last = now
    gaps.sort()
    return last - began, gaps[-1], gaps[int(len(gaps) * 0.99)], training.result()


async def _learned(training_set: TrainingSet, *vectors: Path) -> TrainedModel:
    model = await train_in_background(training_set, *vectors)
    await asyncio.to_thread(Interpreter, training_set, model, {})
    return model


def _seconds(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began
