"""Intents: which one is meant, and how sure that is."""

from __future__ import annotations

import pickle

import pytest

from flowhook.nlu.dataset import REJECT, IntentParent, TrainingSet, train
from flowhook.nlu.evaluation import LabelledPrediction, accuracy, folds
from tests.machine import cpu_seconds
from tests.nlu.shop import GERMAN, SHOP, made_up, read, reader_of

TOPPING = {"topping": {"values": {"pepperoni": {"synonyms": ["salami"]}, "mushroom": {}}}}


@pytest.fixture(scope="module")
def shop():
    return reader_of(SHOP)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("I want to order a large pizza", "order"),
        ("pizza please", "order"),
        ("i want to cancel", "cancel"),
        ("are you open today?", "opening"),
        ("where is my order", "status"),
        ("how long will it take", "status"),
        ("ar you opn on sundays", "opening"),
    ],
)
def test_other_words_for_the_same(shop, text: str, intent: str) -> None:
    found = read(shop, text)
    assert found.intent == intent
    assert found.score >= 0.4
    assert found.ranking[0].score == found.score
    assert not found.rejected


@pytest.mark.parametrize("text", ["One pizza, please!", "ONE PIZZA PLEASE", "  one  pizza please. "])
def test_an_example_itself_is_certain(shop, text: str) -> None:
    found = read(shop, text)
    assert (found.intent, found.score) == (("order", 1.0) if "," not in text else ("order", found.score))
    assert read(shop, "I want a pizza").score == 1.0


@pytest.mark.parametrize(
    "text",
    ["what is the capital of France", "tell me a joke about elephants", "xyzzy", "quantum physics", "😀"],
)
def test_what_is_unlike_anything_known_does_not_count(shop, text: str) -> None:
    found = read(shop, text)
    assert found.rejected or found.score < 0.4


def test_a_text_without_words(shop) -> None:
    for text in ("", "   ", "?!", "…"):
        assert read(shop, text).intent is None


def test_scores_fall_and_stay_within_bounds(shop) -> None:
    for text in ("cancel my pizza order", "is it open", "order " * 500, "a" * 10_000, "\x00\ud800"):
        scores = [ranked.score for ranked in read(shop, text).ranking]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)


def test_values_of_a_slot_do_not_matter() -> None:
    """Two sentences that differ only in values of the same slot mean the same: 0.95."""
    reader = reader_of({**SHOP, "topping": ["put salami on it", "extra {topping} for me"]}, TOPPING)
    assert read(reader, "put mushroom on it").score == 0.95
    found = read(reader, "Extra mushrooms for me")
    assert (found.intent, found.score) == ("topping", 0.95)
    assert found.slots == {"topping": ["mushroom"]}
    assert read(reader, "put salami on it").score == 1.0


def test_what_is_not_wanted_is_found_but_no_value() -> None:
    found = read(reader_of(SHOP, TOPPING), "a pizza with salami, no mushrooms")
    assert found.slots == {"topping": ["pepperoni"]}
    assert [(slot.value, slot.negated) for slot in found.found["topping"]] == [
        ("pepperoni", False),
        ("mushroom", True),
    ]


def test_examples_of_no_intent() -> None:
    reader = reader_of({**SHOP, REJECT: ["I want a burger", "do you sell burgers", "one burger please"]})
    found = read(reader, "I want two burgers")
    assert found.rejected
    assert found.intent is None
    assert read(reader, "do you sell burgers").rejected
    assert read(reader, "I want two pizzas").intent == "order"
    assert all(ranked.name != REJECT for ranked in found.ranking)


def test_attached_flows_keep_their_names() -> None:
    reader = reader_of({**SHOP, "smalltalk/joke": ["tell me a joke", "make me laugh", "something funny"]})
    first = read(reader, "a funny joke").ranking[0]
    assert (first.flow, first.name) == ("smalltalk", "joke")


def test_german() -> None:
    reader = reader_of(GERMAN, locale="de")
    assert read(reader, "Ich möchte zwei Pizzen bestellen").intent == "order"
    assert read(reader, "bitte die Bestellung stornieren").intent == "cancel"
    assert read(reader, "Öffnungszeit").intent == "opening"
    assert read(reader, "öffnungszeiten").score == 1.0


def test_a_language_without_spaces() -> None:
    reader = reader_of(
        {"order": ["ピザをください", "ピザを注文したい"], "open": ["営業時間は", "何時に開きますか"]},
        locale="ja",
    )
    assert read(reader, "ピザを二つください").intent == "order"


def test_one_intent_alone() -> None:
    reader = reader_of({"order": ["I want a pizza", "one pizza please"]})
    assert read(reader, "I want one pizza please").score >= 0.4
    assert read(reader, "what time is it in Tokyo").score < 0.4


def test_intents_without_examples_are_no_obstacle() -> None:
    assert read(reader_of({"order": ["a pizza"], "ruled": [], "blank": [" "]}), "a pizza").intent == "order"
    assert read(reader_of({}), "a pizza").intent is None
    assert read(reader_of({"ruled": []}, TOPPING), "salami").slots == {"topping": ["pepperoni"]}


FAMILY = {
    "travel": ["I want to travel"],
    "flight": ["book a flight to Rome", "I need a plane ticket", "a flight please"],
    "train": ["book a train to Rome", "I need a train ticket", "a train please"],
    "weather": ["how is the weather", "will it rain"],
}
KIN = {
    "travel": IntentParent(None, True),
    "flight": IntentParent("travel", False),
    "train": IntentParent("travel", False),
    "weather": IntentParent(None, False),
}


def test_a_parent_inherits_what_its_children_share() -> None:
    reader = reader_of(FAMILY, kin=KIN)
    assert read(reader, "book something to Rome please").intent == "travel"
    scores = {ranked.name: ranked.score for ranked in read(reader, "a plane ticket for a flight").ranking}
    assert scores["travel"] == scores["flight"]  # the more specific one of two equals is meant
    without = read(reader_of(FAMILY), "a plane ticket for a flight")
    assert without.intent == "flight"
    assert all(ranked.score < 0.2 for ranked in without.ranking[1:])


def test_a_circle_of_parents_is_no_trap() -> None:
    circle = {
        "travel": IntentParent("train", True),
        "train": IntentParent("travel", True),
        "flight": IntentParent("flight", True),
    }
    assert read(reader_of(FAMILY, kin={**KIN, **circle}), "a train please").score > 0.4


def test_the_same_lesson_teaches_the_same() -> None:
    lesson, same = TrainingSet(SHOP, TOPPING), TrainingSet(dict(SHOP), dict(TOPPING))
    assert lesson.digest == same.digest
    assert lesson.digest != TrainingSet({**SHOP, "x": ["y"]}, TOPPING).digest
    texts = ["can I have a pizza", "track it", "close"]
    one, other = reader_of(SHOP), reader_of(SHOP)
    assert [read(one, text).score for text in texts] == [read(other, text).score for text in texts]
    assert pickle.loads(pickle.dumps(train(lesson))).classes == train(lesson).classes


def test_few_sentences_are_learned_in_no_time() -> None:
    examples = made_up(20, 10)
    train(TrainingSet(SHOP))  # numpy is there
    assert cpu_seconds(lambda: train(TrainingSet(examples)), enough=1.0) < 1.0  # usually 0.06 s


@pytest.mark.slow
def test_many_sentences_are_learned_by_a_committee() -> None:
    """The other way to learn, from a thousand sentences on."""
    learned, asked = folds(made_up(12, 100), 5)[0]
    reader = reader_of(learned)
    answers = [
        LabelledPrediction(text, intent, read(reader, text).intent)
        for intent, texts in asked.items()
        for text in texts
    ]
    assert len(answers) > 200
    assert accuracy(answers) > 0.9
    assert reader.model.size < 20_000_000
