"""What an engine has learned in one process, another one on the same database need not learn."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from flowhook.harness.clocks import FakeClock
from flowhook.runtime.project.shared_models import SharedModels
from flowhook.storage import open_store
from tests.postgres_server import execute, fetch

from .kit import Outside, Process, Project

FLOW = """
intents:
  order: {examples: [I want to order, order a pizza, can I order something]}
  hours: {examples: [when are you open, opening hours, until when is it open]}
nodes:
  - say: "{{ input.intent or 'nothing' }}"
"""
#: A process that cannot learn anything itself.
DULL = """
from flowhook.builtin import nlu_engine
from flowhook.cli import main

async def train(*_):
    raise ValueError("nothing is learned here")

nlu_engine.train_in_background = train
main()
"""


class Deadly:
    """Whoever unpickles it ends."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (9,)


@pytest.fixture
async def pair(project: Project, empty_postgres: str) -> AsyncIterator[tuple[Process, Process]]:
    """Two processes that have not been started, as if on two machines: the second finds no files."""
    project.settings["storage"] = empty_postgres
    project.flow("shop", FLOW)
    project.endpoint("shop")
    async with AsyncExitStack() as stack:
        processes = Process(project), Process(project)
        for process in processes:
            stack.push_async_callback(process.close)
        yield processes


async def test_another_machine_starts_without_training(
    pair: tuple[Process, Process], project: Project, outside: Outside
) -> None:
    """It takes the model from the database, by the hash of what it was trained from."""
    first, second = pair
    await first.start()
    assert await first.say("shop", "I want to order a pizza") == ["order"]
    folder = project.root / ".flowhook" / "intents"
    learned = {file.name for file in folder.iterdir()}
    assert learned
    shutil.rmtree(folder)
    second.runs(DULL)
    await second.start()
    assert await second.say("shop", "when do you open", "s2") == ["hours"]
    assert {file.name for file in folder.iterdir()} == learned


async def test_a_model_that_is_damaged_is_trained_anew(
    pair: tuple[Process, Process], project: Project, empty_postgres: str
) -> None:
    """Whoever may write into the database can put code there: it is not run."""
    first, second = pair
    await first.start()
    await first.terminate()
    shutil.rmtree(project.root / ".flowhook" / "intents")
    pickled = pickle.dumps(Deadly()).hex()
    execute(empty_postgres, f"UPDATE trained_models SET body = decode('{pickled}', 'hex')")  # noqa: S608
    await second.start()
    assert await second.say("shop", "when do you open", "s2") == ["hours"]


async def test_what_no_process_needs_is_swept(empty_postgres: str, tmp_path: Path) -> None:
    """A week after the last one said that it needs it; what is needed stays, however old it is."""
    clock = FakeClock()
    store = open_store(empty_postgres, clock)
    await store.open()
    try:
        models = SharedModels(store.cluster, tmp_path)
        needed, other = tmp_path / f"{'a' * 32}.npz", tmp_path / f"{'b' * 32}.npz"
        needed.write_bytes(b"needed")
        other.write_bytes(b"other")
        (tmp_path / "unfinished.npz.1-2").write_bytes(b"")
        await models.share()
        other.unlink()
        for _ in range(9):
            await clock.advance(86_400 + 1)
            await models.share()
            await store.retention.sweep(clock.now(), {})
        assert fetch(empty_postgres, "SELECT name FROM trained_models") == [(needed.name,)]
        execute(empty_postgres, "INSERT INTO trained_models VALUES ('../evil.npz', 2e9, '')")
        shutil.rmtree(tmp_path)
        await SharedModels(store.cluster, tmp_path).fetch()
        assert os.listdir(tmp_path) == [needed.name]
        assert needed.read_bytes() == b"needed"
    finally:
        await store.close()
