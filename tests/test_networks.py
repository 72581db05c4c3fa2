from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from sklearn_w2v._networks import LSTMSpec, embedding_layer, full_model

SPEC = LSTMSpec(
    dim=3,
    n_classes=4,
    units=5,
    hidden=6,
    bidirectional=False,
    pooling="last",
    dropout=0.2,
    output="softmax",
    seed=7,
)
VARIANTS = [
    {"pooling": pooling, "bidirectional": both}
    for pooling in ("last", "max", "mean", "attention")
    for both in (False, True)
]


def inputs(width=6, extra=0):
    """Two documents of 4 and 2 words, right-padded."""
    vectors = np.random.default_rng(0).normal(size=(2, 4, 3)).astype(np.float32)
    mask = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)
    vectors = np.pad(vectors, ((0, 0), (0, width - 4 + extra), (0, 0)), constant_values=9.0)
    return vectors, np.pad(mask, ((0, 0), (0, width - 4 + extra)))


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_padding_changes_nothing(variant):
    head = replace(SPEC, **variant).head()
    short = head(list(inputs()))
    long = head(list(inputs(extra=5)))
    np.testing.assert_allclose(short, long, atol=1e-6)
    np.testing.assert_allclose(np.sum(short, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_seeds_decide_about_weights(variant):
    spec = replace(SPEC, **variant)
    a, b, other = (s.head().get_weights() for s in (spec, spec, replace(spec, seed=8)))
    assert all(map(np.array_equal, a, b))
    assert not all(map(np.array_equal, a, other))


def test_order_of_words_counts():
    head = SPEC.head()
    vectors, mask = inputs()
    swapped = vectors.copy()
    swapped[:, [0, 1]] = vectors[:, [1, 0]]
    assert not np.allclose(head([vectors, mask]), head([swapped, mask]))


@pytest.mark.parametrize(
    ("pooling", "function"), [("max", np.max), ("mean", np.mean)], ids=["max", "mean"]
)
def test_pooling_is_what_it_says(pooling, function):
    head = replace(SPEC, pooling=pooling, hidden=None, dropout=0.0).head()
    states = keras.Model(head.inputs, head.get_layer("lstm").output)
    vectors, mask = inputs()
    sequence = np.asarray(states([vectors, mask]))
    pooled = np.stack([function(sequence[0, :4], axis=0), function(sequence[1, :2], axis=0)])
    kernel, bias = head.get_layer("output").get_weights()
    logits = pooled @ kernel + bias
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(head([vectors, mask]), expected, atol=1e-5)


def test_without_a_hidden_layer():
    names = [layer.name for layer in replace(SPEC, hidden=None).head().layers]
    assert "hidden" not in names
    assert "hidden" in [layer.name for layer in SPEC.head().layers]


def test_a_model_with_its_table_is_saved_and_loaded(tmp_path):
    table = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)
    model = full_model(SPEC.head(), embedding_layer(table, trainable=True))
    assert "array" not in model.to_json()  # the table is no part of the config
    model.save(tmp_path / "m.keras")
    ids = np.array([[2, 3, 0], [9, 0, 0]])
    loaded = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded(ids), model(ids))


@pytest.mark.parametrize("trainable", [True, False])
def test_trainability(trainable):
    model = full_model(SPEC.head(), embedding_layer(np.ones((4, 3), np.float32), trainable))
    names = [variable.path for variable in model.trainable_variables]
    assert any("embeddings" in name for name in names) == trainable
