"""How networks are trained: what a step computes feature by feature is what the whole matrices give."""

from __future__ import annotations

import numpy as np
from scipy.sparse import random as random_matrix

from flowhook.nlu.training import MlpOptions, MlpTrainer, fit_mlp

OPTIONS = MlpOptions(hidden=16, epochs=20, dropout=0.3, learning_rate=0.2, seed=3)


def test_a_step_changes_the_features_that_it_saw_by_their_gradient() -> None:
    """AdaGrad with one accumulated gradient for a row; features that no sentence shows stay as they are."""
    chance = np.random.default_rng(5)
    trainer = MlpTrainer(40, 3, OPTIONS)
    before = trainer.first.copy()
    shown = random_matrix(12, 40, 0.1, format="csr", dtype=np.float32, random_state=chance)
    error = chance.normal(size=(12, OPTIONS.hidden)).astype(np.float32)
    gradient = shown.toarray().T @ error
    expected, squared = before.copy(), np.full(40, 1e-8)
    for _ in range(2):
        trainer._adagrad_step(shown, error, 0.5)
        squared += (gradient**2).mean(axis=1)
        expected -= gradient * (0.1 / np.sqrt(squared))[:, None]
    unseen = ~shown.toarray().any(axis=0)
    assert 0 < unseen.sum() < 40
    assert np.array_equal(trainer.first[unseen], before[unseen])
    assert np.allclose(trainer.first, expected, atol=1e-5)


def test_the_same_sentences_give_the_same_network() -> None:
    """And one that tells them apart."""
    labels = np.repeat(np.arange(3, dtype=np.int32), 20)
    matrix = random_matrix(60, 30, 0.2, format="csr", dtype=np.float32, random_state=np.random.default_rng(1))
    matrix = matrix.tolil()
    matrix[np.arange(60), labels] = 1
    one, other = (fit_mlp(matrix.tocsr(), labels, 3, OPTIONS) for _ in range(2))
    assert np.array_equal(one.first, other.first)
    hidden = np.maximum(matrix.tocsr() @ one.first + one.upper[0], 0)
    assert ((hidden @ one.upper[1] + one.upper[2]).argmax(axis=1) == labels).mean() > 0.9
