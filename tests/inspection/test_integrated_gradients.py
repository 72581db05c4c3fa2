"""Integrated gradients of functions whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_w2v.inspection.integrated_gradients import batches, integrated_gradients


class Function:
    """Logits of one class and slopes, from a function of documents and its gradient."""

    def __init__(self, value, gradient):
        self.value, self.gradient, self.n_gradients, self.largest = value, gradient, 0, 0

    def slopes(self, documents, label):
        self.n_gradients += len(documents)
        self.largest = max(self.largest, len(documents))
        return self.value(documents), self.gradient(documents)

    def shares(self, vectors, tolerance=1e-6, max_steps=100_000):
        return integrated_gradients(self.slopes, self.value, vectors, 0, tolerance, max_steps)


VECTORS = np.random.default_rng(0).normal(0.5, size=(5, 3)).astype(np.float32)


def test_a_linear_function_is_exact_at_once():
    weights = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    linear = Function(
        lambda x: np.einsum("nwd,wd->n", x, weights),
        lambda x: np.broadcast_to(weights, x.shape),
    )
    np.testing.assert_allclose(linear.shares(VECTORS), (VECTORS * weights).sum(1), rtol=1e-5)
    assert linear.n_gradients == 16


def test_squares_have_their_own_value():
    squares = Function(lambda x: (x**2).sum((1, 2)), lambda x: 2 * x)
    np.testing.assert_allclose(squares.shares(VECTORS), (VECTORS**2).sum(1), rtol=1e-5)


def test_a_kink_is_found():
    def total(x):
        return x.sum((1, 2))

    limit = 0.637 * float(VECTORS.sum())
    assert limit > 0
    kink = Function(
        lambda x: 10 * np.maximum(total(x) - limit, 0),
        lambda x: 10 * (total(x) > limit)[:, None, None] * np.ones_like(x),
    )
    shares = kink.shares(VECTORS, tolerance=1e-4)
    change = 10 * (VECTORS.sum() - limit)
    assert abs(shares.sum() - change) <= 1.1e-4
    np.testing.assert_allclose(shares, VECTORS.sum(1) / VECTORS.sum() * change, rtol=1e-3)
    assert kink.n_gradients < 100  # an even grid would need tens of thousands


def test_steps_end_at_their_limit():
    wild = Function(lambda x: np.sin(1e4 * x).sum((1, 2)), lambda x: 1e4 * np.cos(1e4 * x))
    wild.shares(VECTORS, tolerance=1e-9, max_steps=200)
    assert 100 <= wild.n_gradients <= 200


def test_batches_are_bounded():
    long = np.ones((3000, 2), np.float32)
    squares = Function(lambda x: (x**2).sum((1, 2)), lambda x: 2 * x)
    squares.shares(long, tolerance=1e-2)
    assert squares.largest <= 2
    assert [part.stop for part in batches(2, 10**6)] == [1, 2]


@pytest.mark.parametrize("n_words", [0, 1])
def test_few_words(n_words):
    squares = Function(lambda x: (x**2).sum((1, 2)), lambda x: 2 * x)
    assert squares.shares(VECTORS[:n_words]).shape == (n_words,)
