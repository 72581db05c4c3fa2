"""Probabilities and losses of softmax and sigmoid."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from sklearn_w2v.networks.output import Output

N, K = 200, 3
DRAW = np.random.default_rng(0)
Y = DRAW.integers(0, K, N)
MANY = (DRAW.random((N, K)) < 0.4).astype(np.float32)
targets = pytest.mark.parametrize(
    ("y", "activation"),
    [(Y, "softmax"), (Y, "sigmoid"), (MANY, "sigmoid")],
    ids=["softmax", "sigmoid", "many-labels"],
)


def test_probabilities_of_logits():
    logits = np.array([[0.0, np.log(3)], [1000.0, -1000.0], [-1000.0, -1000.0]], np.float32)
    soft = Output("softmax").probabilities(logits)
    np.testing.assert_allclose(soft, [[0.25, 0.75], [1, 0], [0.5, 0.5]], atol=1e-6)
    one_of_many = Output("sigmoid").probabilities(logits[:2])
    np.testing.assert_allclose(one_of_many, [[0.4, 0.6], [1, 0]], atol=1e-6)
    many = Output("sigmoid", multilabel=True).probabilities(logits)
    np.testing.assert_allclose(many, [[0.5, 0.75], [1, 0], [0, 0]], atol=1e-6)
    assert {soft.dtype, one_of_many.dtype, many.dtype} == {np.dtype(np.float32)}


def test_one_label_of_sigmoids_that_all_say_no():
    """Shares of a sum that is no float32: documents without a known word are such ones."""
    logits = np.array([[-200.0, -198.0], [-50.0, -50.0], [-1.0, -90.0]], np.float32)
    shares = Output("sigmoid").probabilities(logits)
    expected = np.exp([[-2.0, 0.0], [0.0, 0.0], [0.0, -89.0]])
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, expected, rtol=1e-4, atol=1e-6)


@targets
def test_losses_are_those_of_keras(y, activation):
    logits = DRAW.normal(size=(N, K)).astype(np.float32)
    if activation == "softmax":
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=None)
        expected = loss(y, logits)
    else:
        loss = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)
        expected = loss(y if y.ndim == 2 else np.eye(K, dtype=np.float32)[y], logits)
    np.testing.assert_allclose(
        Output(activation).losses(logits, y), np.asarray(expected), rtol=1e-5
    )


def test_losses_of_huge_logits_are_finite():
    logits = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0]], np.float32)
    assert Output("softmax").losses(logits, np.array([0, 0])).tolist() == [0, 2e4]
    assert np.isfinite(Output("sigmoid").losses(logits, np.array([0, 0]))).all()
