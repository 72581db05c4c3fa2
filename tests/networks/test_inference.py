"""The forward pass in NumPy equals the Keras graph, and its gradients those of TensorFlow."""

from __future__ import annotations

import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from sklearn_w2v import WordVectors
from sklearn_w2v.networks import inference
from sklearn_w2v.networks.cnn import CNN
from sklearn_w2v.networks.design import Design
from sklearn_w2v.networks.embedding_table import RowMap, Table
from sklearn_w2v.networks.inference import Inference
from sklearn_w2v.networks.output import Output

from .test_layers import RECURRENT as ONE_WAY
from .test_layers import WINDOWS

RECURRENT = replace(ONE_WAY, bidirectional=True, pooling="max")
SPECS = [
    *(
        replace(RECURRENT, pooling=pooling, bidirectional=both, hidden=6 if both else None)
        for pooling in ("last", "max", "mean", "attention")
        for both in (False, True)
    ),
    WINDOWS,
    replace(WINDOWS, kernel_sizes=(4, 4), hidden=6),
    replace(WINDOWS, kernel_sizes=(7,)),
]


def name_of(spec):
    if isinstance(spec, CNN):
        return f"cnn-{'-'.join(map(str, spec.kernel_sizes))}"
    return f"lstm-{spec.pooling}-{'both' if spec.bidirectional else 'one'}"


every_spec = pytest.mark.parametrize("spec", SPECS, ids=name_of)
WORDS = 30
VECTORS = WordVectors(
    [f"w{number}" for number in range(WORDS)], np.random.default_rng(0).normal(size=(WORDS, 3))
)


@functools.cache
def head_of(spec):
    """Return the Keras graph, and a function of it that is compiled once for all widths."""
    head = spec.head()
    if keras.config.backend() != "tensorflow":
        return head, lambda vectors, mask: np.asarray(head.predict_on_batch([vectors, mask]))
    import tensorflow as tf

    signature = [tf.TensorSpec([None, None, 3]), tf.TensorSpec([None, None], tf.bool)]
    graph = tf.function(lambda *given: head(list(given)), input_signature=signature)
    return head, lambda vectors, mask: np.asarray(graph(vectors, mask))


def weights_of(spec, random, scale):
    """Return weights of any size, biases among them."""
    return [random.normal(0, scale, shape).astype(np.float32) for shape in spec.shapes()]


def network_of(spec, weights, maxlen=None):
    table = Table(RowMap.of(np.arange(2, WORDS // 2, dtype=np.int32)), VECTORS, None, seed=0)
    return Inference(Design(spec, "static", Output("softmax"), maxlen), table, weights)


def documents(random, lengths, width):
    there = np.arange(width) < np.array(lengths)[:, None]
    # 1 is the unknown word; half of the others have no row in the table
    ids = np.where(there, random.integers(1, WORDS + 2, there.shape), 0)
    return ids.astype(np.int32), np.array(lengths, np.int64)


@every_spec
@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=20),
    st.integers(0, 50),
    st.sampled_from([0.1, 1.0, 30.0]),
    st.integers(0, 2**32 - 1),
)
@example([0, 0], 0, 1.0, 0)
@example([1], 0, 1.0, 0)
@example([3, 0, 1, 40, 1], 7, 30.0, 0)
@example([0, 0, 0, 0, 0, 0, 0, 26], 24, 30.0, 389633)  # float64 says: both are off by 0.05
def test_logits_are_those_of_the_keras_graph(spec, lengths, padding, scale, seed):
    random = np.random.default_rng(seed)
    ids, lengths = documents(random, lengths, max(*lengths, 1) + padding)
    weights = weights_of(spec, random, scale)
    head, run = head_of(spec)
    head.set_weights(weights)
    network = network_of(spec, weights)
    vectors, mask = network.table.embed(ids), ids != 0
    expected = run(vectors, mask)
    # sums of large weights round as these do, in either
    size = max(1.0, *(float(np.abs(one).sum(axis=0).max()) for one in weights[-2:]))
    tolerance = np.full(expected.shape, 1e-5 * size)
    if scale > 1:  # saturated gates and scores of hundreds: Keras' own rounding is the measure
        for _ in range(4):
            head.set_weights([one * random.normal(1, 2e-7, one.shape) for one in weights])
            moved = np.abs(run(vectors, mask) - expected).max(axis=1, keepdims=True)
            tolerance += 10 * moved
    tolerance += 1e-5 * np.abs(expected)
    assert (np.abs(network.logits(ids, lengths) - expected) <= tolerance).all()


@every_spec
def test_a_document_of_many_words_is_read_to_its_end(spec):
    random = np.random.default_rng(0)
    ids, lengths = documents(random, [10_000, 1, 20], 10_000)
    weights = weights_of(spec, random, 0.3)
    head, run = head_of(spec)
    head.set_weights(weights)
    network = network_of(spec, weights)
    expected = run(network.table.embed(ids), ids != 0)
    np.testing.assert_allclose(network.logits(ids, lengths), expected, atol=1e-5)


@every_spec
def test_no_more_than_maxlen_words_are_read(spec):
    random = np.random.default_rng(0)
    weights = weights_of(spec, random, 0.5)
    ids, lengths = documents(random, [9, 4, 12], 12)
    short = network_of(spec, weights, maxlen=5).logits(ids, lengths)
    cut = network_of(spec, weights).logits(ids[:, :5], np.minimum(lengths, 5))
    assert np.array_equal(short, cut)
    assert not np.allclose(short, network_of(spec, weights).logits(ids, lengths))


@every_spec
def test_many_documents_come_in_parts_and_batches_without_a_trace(spec, monkeypatch):
    random = np.random.default_rng(0)
    weights = weights_of(spec, random, 0.5)
    ids, lengths = documents(random, random.integers(0, 30, 200), 33)
    network = network_of(spec, weights)
    whole = network.logits(ids, lengths)
    each = [network.logits(ids[[row]], lengths[[row]])[0] for row in range(len(ids))]
    np.testing.assert_allclose(whole, each, atol=1e-5, rtol=1e-5)
    monkeypatch.setattr(inference, "_PROJECTED", 500)
    monkeypatch.setattr(inference, "_DOCUMENTS", 7)
    monkeypatch.setattr(inference, "_TOKENS", 64)
    monkeypatch.setattr("sklearn_w2v.utils.arrays._VALUES", 50 * 33)
    np.testing.assert_allclose(network.logits(ids, lengths), whole, atol=1e-5, rtol=1e-5)


@every_spec
def test_memory_is_that_of_some_words(spec, monkeypatch):
    """However many words the documents of a call hold together."""
    random = np.random.default_rng(0)
    network = network_of(spec, weights_of(spec, random, 0.5))
    ids, lengths = documents(random, [20] * 50, 20)
    monkeypatch.setattr(inference, "_PROJECTED", 25 * network._projected_size())
    seen = []
    project = type(spec).project

    def spied(self, weights, vectors):
        seen.append(len(vectors))
        return project(self, weights, vectors)

    monkeypatch.setattr(type(spec), "project", spied)
    network.logits(ids, lengths)
    assert max(seen) <= 25
    assert sum(size > 1 for size in seen) > 1


@every_spec
def test_documents_of_vectors_are_those_of_ids(spec):
    random = np.random.default_rng(0)
    network = network_of(spec, weights_of(spec, random, 0.5))
    ids, lengths = documents(random, [6] * 5, 6)
    np.testing.assert_allclose(
        network.logits_of_vectors(network.table.embed(ids)),
        network.logits(ids, lengths),
        atol=1e-5,
    )


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="asks TensorFlow for gradients")
@every_spec
@settings(deadline=None, max_examples=20)
@given(st.integers(1, 4), st.integers(1, 30), st.booleans(), st.integers(0, 2**32 - 1))
def test_gradients_are_those_of_tensorflow(spec, n, width, repeats, seed):
    """Also where windows repeat, so that a maximum has several arguments."""
    import tensorflow as tf

    random = np.random.default_rng(seed)
    weights = weights_of(spec, random, 0.5)
    vectors = random.normal(size=(n, width, 3)).astype(np.float32)
    if repeats and isinstance(spec, CNN):  # states of equal words differ by rounding alone
        vectors[:] = vectors[:, :1]
    head, _ = head_of(spec)
    head.set_weights(weights)
    logits, gradients = network_of(spec, weights).gradients(vectors, 2)
    given_vectors = tf.constant(vectors)
    with tf.GradientTape() as tape:
        tape.watch(given_vectors)
        expected = head([given_vectors, tf.ones((n, width), bool)], training=False)[:, 2]
    np.testing.assert_allclose(logits, expected, atol=1e-5)
    slopes = np.asarray(tape.gradient(expected, given_vectors))
    assert gradients.shape == vectors.shape
    np.testing.assert_allclose(gradients, slopes, atol=1e-5, rtol=1e-5)


@every_spec
def test_threads_of_one_call_and_of_many_change_nothing(spec):
    random = np.random.default_rng(0)
    network = network_of(spec, weights_of(spec, random, 0.5))
    ids, lengths = documents(random, random.integers(1, 60, 300), 60)
    expected = network.logits(ids, lengths)
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            got = network.logits(ids, lengths)
        np.testing.assert_allclose(got, expected, atol=1e-5)
        assert np.array_equal(got.argmax(axis=1), expected.argmax(axis=1))
    start = threading.Barrier(4)

    def run(_):
        start.wait()
        return network.logits(ids, lengths)

    with ThreadPoolExecutor(4) as pool:
        for got in pool.map(run, range(4)):
            np.testing.assert_allclose(got, expected, atol=1e-5)
