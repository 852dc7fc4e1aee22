"""Trained models as files: what was learned once need not be learned again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from pydantic_core import from_json

from flowhook.builtin import model_cache, nlu_engine
from flowhook.builtin.model_cache import KEPT_SECONDS, ModelCache
from flowhook.builtin.nlu_engine import BuiltinNlu
from flowhook.nlu import model_file
from flowhook.nlu.dataset import TrainedModel, TrainingSet, train
from flowhook.nlu.interpreter import Interpreter
from flowhook.nlu.model_file import from_bytes, to_bytes
from tests.nlu.shop import NOW, SHOP, made_up

TOPPING = {"topping": {"values": {"pepperoni": {"synonyms": ["salami"]}, "mushroom": {}}}}
FEW = TrainingSet({**SHOP, "with": ["a pizza with {topping}"]}, TOPPING)
ONE = TrainingSet({"order": ["I want a pizza"]})
NONE = TrainingSet({"order": []})
SEVERAL = TrainingSet(made_up(8, 20))
MANY = TrainingSet(made_up(12, 20))
TEXTS = ("one pizza please", "when do you close on sunday", "a pizza with salami", "xyzzy", "")


@pytest.mark.parametrize(
    "dataset", [FEW, ONE, NONE, SEVERAL, MANY], ids=["few", "one", "none", "several", "many"]
)
def test_a_model_that_is_read_back_says_the_same(
    dataset: TrainingSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the last digit: rankings, scores, slots, whatever kind of model it is."""
    monkeypatch.setattr("flowhook.nlu.dataset.MANY", 200)  # a thousand take seconds to learn
    monkeypatch.setattr("flowhook.nlu.vectorizer.SEVERAL", 150)
    model = train(dataset)
    again = from_bytes(to_bytes(model))
    texts = [*TEXTS, *(texts[0] for texts in dataset.examples.values() if texts)][:40]
    for text in texts:
        read = [Interpreter(dataset, one, {}).read(text, NOW) for one in (model, again)]
        assert read[0] == read[1]
    assert (again.classes, again.count) == (model.classes, model.count)


def test_bytes_that_are_no_model_are_refused() -> None:
    """Cut anywhere, changed anywhere, or something else: ValueError, never another model."""
    whole = to_bytes(train(FEW))
    damaged = [whole[: len(whole) * n // 16] for n in range(16)]
    damaged += [
        whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in range(200, len(whole), 1009)
    ]
    for content in (b"", b"PK", b"\x80\x04N.", *damaged):
        try:
            model = from_bytes(content)
        except ValueError:
            continue
        # A byte that says nothing, such as a date in the directory of the file.
        assert to_bytes(model) == whole


def test_arrays_that_do_not_fit_each_other_are_refused() -> None:
    """Such as weights for other classes than there are."""
    few, one = train(FEW), train(TrainingSet({"a": ["x"], "b": ["y"]}))
    assert few.classifier is not None
    assert one.classifier is not None
    mixed = type(few.classifier)(
        few.classifier.vocabulary,
        one.classifier.model,
        few.classifier.neighbours,
        few.classifier.classes,
        few.classifier.many,
    )
    with pytest.raises(ValueError, match="do not fit"):
        from_bytes(to_bytes(TrainedModel(few.classes, mixed, few.exact, few.shapes, few.count)))


def test_many_texts_are_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """No call parses all of them at once: it would not let the event loop run."""
    exact = {f"sentence {number}\n\u2028": ("a", "b") for number in range(5_000)}
    model = TrainedModel(("a", "b"), None, exact, {}, 5_000)
    content, lines = to_bytes(model), []

    def recorded(line: bytes) -> object:
        lines.append(from_json(line))
        return lines[-1]

    monkeypatch.setattr(model_file, "from_json", recorded)
    again = from_bytes(content)
    assert (again.exact, again.shapes) == (exact, {})
    assert max(map(len, lines)) <= 2_000


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[TrainingSet]:
    """What was trained on, while nothing is known in memory."""
    sets: list[TrainingSet] = []

    async def training(dataset: TrainingSet) -> TrainedModel:
        sets.append(dataset)
        return train(dataset)

    monkeypatch.setattr(nlu_engine, "train_in_background", training)
    return sets


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def prepare(folder: Path, examples: dict[str, list[str]] = SHOP) -> BuiltinNlu:
    """An engine of a process that has just started."""
    nlu_engine._MODELS.clear()
    engine = BuiltinNlu()
    intents = {name: {"examples": texts} for name, texts in examples.items()}
    await engine.prepare(intents, {}, language="en", flow="shop", cache=folder)
    return engine


async def test_a_second_start_learns_nothing(tmp_path: Path, trained: list[TrainingSet]) -> None:
    """And understands as the first did; other examples are learned."""
    folder = tmp_path / ".flowhook" / "intents"
    first, second = await prepare(folder), await prepare(folder)
    assert len(trained) == 1
    for text in TEXTS:
        said = [
            await engine.understand(text, language="en", flow="shop", now=NOW) for engine in (first, second)
        ]
        assert said[0] == said[1]
    await prepare(folder, {**SHOP, "order": ["something else"]})
    assert len(trained) == 2
    assert len(files_in(folder)) == 2


async def test_what_was_kept_is_read_when_a_text_comes(
    tmp_path: Path, trained: list[TrainingSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start only looks whether the file is whole. One that is gone or damaged when the text comes is made
    anew then."""
    await prepare(tmp_path)
    (file,) = files_in(tmp_path)
    read: list[TrainingSet] = []
    find = ModelCache.find

    def finding(cache: ModelCache, training_set: TrainingSet) -> TrainedModel | None:
        read.append(training_set)
        return find(cache, training_set)

    monkeypatch.setattr(ModelCache, "find", finding)
    again, broken = await prepare(tmp_path), await prepare(tmp_path)
    assert read == []
    for _ in range(2):
        understood = await again.understand("one pizza please", language="en", flow="shop", now=NOW)
        assert understood is not None
        assert understood.intent == "order"
    assert (len(read), len(trained)) == (1, 1)
    nlu_engine._MODELS.clear()
    file.write_bytes(b"PK")
    understood = await broken.understand("one pizza please", language="en", flow="shop", now=NOW)
    assert understood is not None
    assert understood.intent == "order"
    assert len(trained) == 2


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "gone"])
async def test_a_start_sees_whether_a_kept_model_is_whole(
    tmp_path: Path, trained: list[TrainingSet], damage: str
) -> None:
    """Then it is learned before the start is over, not while somebody waits for an answer."""
    await prepare(tmp_path)
    (file,) = files_in(tmp_path)
    whole = file.read_bytes()
    middle = len(whole) // 2
    if damage == "gone":
        file.unlink()
    else:
        changed = whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]
        file.write_bytes({"cut": whole[:middle], "changed": changed, "empty": b""}[damage])
    await prepare(tmp_path)
    assert len(trained) == 2


async def test_other_code_learns_anew(
    tmp_path: Path, trained: list[TrainingSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model belongs to the code that trained it, too."""
    await prepare(tmp_path)
    monkeypatch.setattr(model_cache, "code_digest", lambda: "of another version")
    await prepare(tmp_path)
    assert len(trained) == 2


async def test_a_damaged_file_is_replaced(tmp_path: Path, trained: list[TrainingSet]) -> None:
    """Nobody notices but for the time it takes."""
    await prepare(tmp_path)
    (file,) = files_in(tmp_path)
    file.write_bytes(file.read_bytes()[:1000])
    await prepare(tmp_path)
    await prepare(tmp_path)
    assert len(trained) == 2


async def test_a_place_that_cannot_be_written_keeps_nothing(
    tmp_path: Path, trained: list[TrainingSet]
) -> None:
    """A file stands where the folder should be: the start goes on without."""
    (tmp_path / "data").write_text("")
    engine = await prepare(tmp_path / "data" / "intents")
    understood = await engine.understand("one pizza please", language="en", flow="shop", now=NOW)
    assert understood is not None
    assert understood.intent == "order"
    await prepare(tmp_path / "data" / "intents")
    assert len(trained) == 2


async def test_unfinished_files_are_not_read_and_old_ones_go(
    tmp_path: Path, trained: list[TrainingSet]
) -> None:
    """A file gets its name when it is whole; what was not used for 30 days is removed."""
    await prepare(tmp_path)
    (file,) = files_in(tmp_path)
    old = tmp_path / "0123.npz"
    unfinished = tmp_path / f"{file.name}.77-1"
    for left in (old, unfinished):
        left.write_bytes(b"half")
        os.utime(left, (0, time.time() - KEPT_SECONDS - 60))
    file.unlink()
    await prepare(tmp_path)
    assert files_in(tmp_path) == [file]


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    """Each writes a file of its own and gives it the name: whoever reads finds a whole one."""
    cache, model = ModelCache(tmp_path), train(FEW)
    unfinished = tmp_path / "somebody-else"
    unfinished.write_bytes(b"half")
    for _ in range(3):
        cache.keep(FEW, model)
        found = cache.find(FEW)
        assert found is not None
        assert found.classes == model.classes
    assert unfinished.exists()
    assert cache.find(ONE) is None
