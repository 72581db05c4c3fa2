from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

from sklearn_w2v import TokenIds, W2VLSTMClassifier, WordVectors
from sklearn_w2v.networks.distinct_words import distinct_words, known_words
from sklearn_w2v.networks.projected_lstm import ProjectedLSTM


@pytest.fixture
def batch():
    random = np.random.default_rng(0)
    rows = tf.constant(random.normal(size=(5, 3)), tf.float32)
    places = tf.constant([[4, 1, 1, 0], [2, 2, 0, 0]])
    return rows, places, tf.constant([[True, True, True, False], [True, True, False, False]])


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
def test_states_and_gradients_are_those_of_a_product_for_each_word(batch, reverse, sequences):
    rows, places, mask = batch
    layer = ProjectedLSTM(
        4, right_padded=True, go_backwards=reverse, return_sequences=sequences, seed=0
    )
    layer.build((None, None, 3))

    def run(known):
        with tf.GradientTape() as tape:
            tape.watch(rows)
            with known_words(rows, places) as words:
                vectors = words if known else tf.identity(words)
                out = layer(vectors, mask=mask, training=True)
            loss = tf.reduce_sum(tf.square(out))
        sources = [rows, *(variable.value for variable in layer.trainable_variables)]
        return out, list(map(tf.convert_to_tensor, tape.gradient(loss, sources)))

    out, gradients = run(known=True)
    expected, expected_gradients = run(known=False)
    np.testing.assert_allclose(out, expected, atol=1e-6)
    for one, other in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_words_are_known_within_the_block_and_of_their_own_tensor_alone(batch):
    rows, places, _ = batch
    with known_words(rows, places) as words:
        assert distinct_words(words).rows is rows
        assert distinct_words(tf.identity(words)) is None
        assert distinct_words(words + 0.0) is None
    assert distinct_words(words) is None


def test_training_multiplies_each_distinct_word_once(monkeypatch):
    """Keras passes the tensor on as it is; if it did not, training would be slow and the same."""
    seen = []
    product = ProjectedLSTM._product

    def counted(layer, rows):
        seen.append(distinct(rows))
        return product(layer, rows)

    def distinct(rows):
        from sklearn_w2v.networks.distinct_words import _traced

        words = _traced.get()
        return words is not None and words.rows is rows

    monkeypatch.setattr(ProjectedLSTM, "_product", counted)
    vectors = WordVectors(["a", "b", "c"], np.eye(3, 7))  # a width that no other test has traced
    ids = TokenIds([[2, 3, 3], [4, 2, 0]] * 4, vectors)
    clf = W2VLSTMClassifier(units=3, epochs=1, bidirectional=True, random_state=0)
    clf.fit(ids, [0, 1] * 4)
    assert seen == [True, True]  # one for each direction
