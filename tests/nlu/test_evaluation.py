"""Measures and splits, and what two intents have in common."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import astuple

import pytest

from flowhook.nlu.evaluation import (
    LabelledPrediction,
    accuracy,
    auroc,
    by_intent,
    confusions,
    few,
    folds,
    macro_f1,
    scope,
    without_some,
)
from flowhook.nlu.similarity import NEARLY_SAME, overlaps
from tests.nlu.shop import SHOP, made_up

ANSWERS = [
    LabelledPrediction("1", "a", "a", 0.9),
    LabelledPrediction("2", "a", "a", 0.3),
    LabelledPrediction("3", "a", "b", 0.8),
    LabelledPrediction("4", "b", "b", 0.7),
    LabelledPrediction("5", "b", None),
]


def test_measures_of_answers() -> None:
    assert accuracy(ANSWERS) == 0.6
    measures = by_intent(ANSWERS)
    assert (measures["a"].precision, measures["a"].recall) == (1.0, 2 / 3)
    assert (measures["b"].precision, measures["b"].recall, measures["b"].count) == (0.5, 0.5, 2)
    assert macro_f1(ANSWERS) == pytest.approx((0.8 + 0.5) / 2)
    assert [(confusion.wanted, confusion.got, confusion.texts) for confusion in confusions(ANSWERS)] == [
        ("a", "b", ["3"]),
        ("b", "(none)", ["5"]),
    ]
    assert accuracy([]) == macro_f1([]) == 0


def test_scope() -> None:
    answers = [
        *ANSWERS,
        LabelledPrediction("6", None, "a", 0.2),
        LabelledPrediction("7", None, "b", 0.95, rejected=True),
    ]
    found = scope(answers, 0.4)
    assert (found.in_scope, found.out_of_scope) == (5, 2)
    assert (found.understood, found.refused) == (0.4, 1.0)
    assert auroc([1, 2], [0]) == 1.0
    assert auroc([1], [1]) == 0.5
    assert auroc([], [1]) == 0.5


def test_each_sentence_is_asked_once_and_never_learned_with_it() -> None:
    parts = folds(SHOP | {"alone": ["just one"]}, 3)
    asked = [text for _, part in parts for texts in part.values() for text in texts]
    assert sorted(asked) == sorted(text for texts in SHOP.values() for text in texts)
    for learned, part in parts:
        assert learned["alone"] == ["just one"]
        for name, texts in part.items():
            assert not set(texts) & set(learned[name])
            assert sorted([*texts, *learned[name]]) == sorted(SHOP[name])


def test_draws() -> None:
    drawn, rest = few(SHOP, 3, seed=1)
    assert all(len(texts) == 3 for texts in drawn.values())
    assert all(len(rest[name]) == 1 for name in SHOP)
    kept, held_out = without_some(SHOP, 0.2, 0)
    assert len(held_out) == 1
    assert kept.keys() == SHOP.keys() - held_out


def test_sentences_that_two_intents_share() -> None:
    found = overlaps(
        {
            "pending": ["Has my top up gone through?", "Is my top up not working?", "waiting for it"],
            "failed": ["has my top-up gone through", "My top up is not working", "it failed"],
            "other": ["something else altogether"],
        }
    )
    assert [(prediction.intent, prediction.other) for prediction in found] == [("pending", "failed")] * 2
    assert found[0].similarity == 1.0
    assert {found[1].text, found[1].other_text} == {"Is my top up not working?", "My top up is not working"}
    assert overlaps(SHOP) == []
    assert overlaps(made_up(10, 50)) == []


def test_pairs_of_like_sentences_are_those_of_comparing_all() -> None:
    """Short and long ones, in another order, with a word less or another, and marks; none of one intent."""
    chance = random.Random(5)
    for words in (4, 10, 40, 150):
        vocabulary = [f"word{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(words)]
        bases = [chance.choices(vocabulary, k=length) for length in (1, 2, 3, 9, 17, 18, 19, 20, 25, 40)]
        examples = {
            name: [_varied(chance.choice(bases), vocabulary, chance) for _ in range(12)] for name in "abc"
        }
        expected = Counter(
            (one, text, other, other_text, round(likeness, 3))
            for one, other in ("ab", "ac", "bc")
            for text in examples[one]
            for other_text in examples[other]
            if (likeness := _likeness(text.split(), other_text.split())) >= NEARLY_SAME
        )
        assert Counter(astuple(overlap) for overlap in overlaps(examples)) == expected
        assert expected


def _varied(base: list[str], vocabulary: list[str], chance: random.Random) -> str:
    words = list(base)
    match chance.randrange(4):
        case 0:
            chance.shuffle(words)
        case 1 if len(words) > 1:
            words.pop(chance.randrange(len(words)))
        case 2:
            words[chance.randrange(len(words))] = chance.choice(vocabulary)
    return " ".join(words)


def _likeness(one: list[str], other: list[str]) -> float:
    """The shared words among all of both, a twentieth less in another order."""
    shared, together = Counter(one) & Counter(other), Counter(one) | Counter(other)
    return shared.total() / together.total() * (1.0 if one == other else 0.95)
