from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from sklearn_w2v.networks.cnn import CNN
from sklearn_w2v.networks.layers import embedding_layer, full_model
from sklearn_w2v.networks.lstm import LSTM

RECURRENT = LSTM(
    dim=3,
    n_classes=4,
    units=5,
    hidden=6,
    bidirectional=False,
    pooling="last",
    dropout=0.2,
    seed=7,
)
WINDOWS = CNN(
    dim=3,
    n_classes=4,
    filters=5,
    kernel_sizes=(1, 2, 3),
    hidden=None,
    dropout=0.2,
    max_norm=3.0,
    seed=7,
)
LSTMS = [
    replace(RECURRENT, pooling=pooling, bidirectional=both)
    for pooling in ("last", "max", "mean", "attention")
    for both in (False, True)
]
CNNS = [
    WINDOWS,
    replace(WINDOWS, kernel_sizes=(4,)),
    replace(WINDOWS, kernel_sizes=(2, 7), hidden=6),
]


def name_of(spec):
    if isinstance(spec, CNN):
        return f"cnn-{'-'.join(map(str, spec.kernel_sizes))}"
    return f"lstm-{spec.pooling}-{'both' if spec.bidirectional else 'one'}"


every_spec = pytest.mark.parametrize("spec", LSTMS + CNNS, ids=name_of)


def inputs(width=6, extra=0):
    """Two documents of 4 and 2 words, right-padded."""
    vectors = np.random.default_rng(0).normal(size=(2, 4, 3)).astype(np.float32)
    mask = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)
    vectors = np.pad(vectors, ((0, 0), (0, width - 4 + extra), (0, 0)), constant_values=9.0)
    return vectors, np.pad(mask, ((0, 0), (0, width - 4 + extra)))


@every_spec
@pytest.mark.parametrize("extra", [1, 5, 40])
def test_padding_changes_nothing(spec, extra):
    head = spec.head()
    short = np.asarray(head(list(inputs(width=4))))
    assert short.shape == (2, 4)
    np.testing.assert_allclose(short, head(list(inputs(extra=extra))), atol=1e-6)


@every_spec
def test_a_head_gives_logits_of_which_the_model_makes_probabilities(spec):
    ids = np.array([[2, 3, 4, 1], [5, 2, 0, 0]])
    table = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    head = spec.head()
    logits = np.asarray(head([table[ids], ids != 0]))
    assert logits.min() < 0  # no probabilities
    softmax = full_model(head, [embedding_layer(table, True)], "softmax")
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(softmax(ids), expected, atol=1e-6)
    sigmoid = full_model(head, [embedding_layer(table, True)], "sigmoid")
    np.testing.assert_allclose(sigmoid(ids), 1 / (1 + np.exp(-logits)), atol=1e-6)


@every_spec
def test_seeds_decide_about_weights(spec):
    a, b, other = (s.head().get_weights() for s in (spec, spec, replace(spec, seed=8)))
    assert all(map(np.array_equal, a, b))
    assert not all(map(np.array_equal, a, other))


@pytest.mark.parametrize("spec", [RECURRENT, WINDOWS], ids=name_of)
def test_order_of_words_counts(spec):
    head = spec.head()
    vectors, mask = inputs()
    swapped = vectors.copy()
    swapped[:, [0, 1]] = vectors[:, [1, 0]]
    assert not np.allclose(head([vectors, mask]), head([swapped, mask]))


@pytest.mark.parametrize(
    ("pooling", "function"), [("max", np.max), ("mean", np.mean)], ids=["max", "mean"]
)
def test_pooling_is_what_it_says(pooling, function):
    head = replace(RECURRENT, pooling=pooling, hidden=None, dropout=0.0).head()
    states = keras.Model(head.inputs, head.get_layer("lstm").output)
    vectors, mask = inputs()
    sequence = np.asarray(states([vectors, mask]))
    pooled = np.stack([function(sequence[0, :4], axis=0), function(sequence[1, :2], axis=0)])
    kernel, bias = head.get_layer("output").get_weights()
    np.testing.assert_allclose(head([vectors, mask]), pooled @ kernel + bias, atol=1e-5)


@pytest.mark.parametrize("spec", [RECURRENT, WINDOWS], ids=name_of)
def test_a_hidden_layer_can_be_there_or_not(spec):
    without, with_it = (
        [layer.name for layer in replace(spec, hidden=hidden).head().layers] for hidden in (None, 6)
    )
    assert "hidden" not in without
    assert "hidden" in with_it


# ------------------------------------------------------------------ windows of words
def naive_windows(words, kernel, bias):
    """Kim's feature map of one document, window by window: a wide convolution, relu, maximum."""
    size, dim, filters = kernel.shape
    padding = np.zeros((size - 1, dim))
    padded = np.concatenate([padding, words, padding])
    best = np.zeros(filters)
    for start in range(len(words) + size - 1):
        window = padded[start : start + size]
        for number in range(filters):
            answer = np.sum(window * kernel[:, :, number]) + bias[number]
            best[number] = max(best[number], answer)
    return best


def naive_cnn(head, sizes, documents):
    """Logits of documents, without dropout."""
    maps = [head.get_layer(f"windows_of_{size}").get_weights() for size in sizes]
    states = [
        np.concatenate([naive_windows(words, *weights) for weights in maps]) for words in documents
    ]
    kernel, bias = head.get_layer("output").get_weights()
    return np.stack(states) @ kernel + bias


def padded(documents, extra=0):
    """Batch and mask of documents; what is masked is noise."""
    width = max(map(len, documents)) + extra
    batch = np.full((len(documents), width, documents[0].shape[1]), 9.0, np.float32)
    mask = np.arange(width) < np.array([len(words) for words in documents])[:, None]
    for row, words in enumerate(documents):
        batch[row, : len(words)] = words
    return batch, mask


def with_biases(head, draw):
    """Make biases matter: keras starts them at 0."""
    head.set_weights([w if w.ndim > 1 else draw.normal(size=w.shape) for w in head.get_weights()])
    return head


@pytest.mark.parametrize("extra", [0, 1, 30])
@pytest.mark.parametrize("sizes", [(1,), (2, 3), (3, 4, 5), (9,)], ids=str)
def test_windows_are_those_of_a_wide_convolution(sizes, extra):
    """Documents from one word on: shorter than a window, as long, and longer."""
    draw = np.random.default_rng(3)
    documents = [draw.normal(size=(n, 3)).astype(np.float32) for n in (1, 2, 3, 4, 7, 12)]
    head = with_biases(replace(WINDOWS, kernel_sizes=sizes, filters=6).head(), draw)
    np.testing.assert_allclose(
        head(list(padded(documents, extra))), naive_cnn(head, sizes, documents), atol=1e-5
    )


def test_windows_reach_over_both_ends():
    """A filter that looks at its first or at its last word only, sees every word of a document."""
    head = replace(WINDOWS, kernel_sizes=(3,), filters=2, dim=1, n_classes=2, dropout=0.0).head()
    kernel = np.zeros((3, 1, 2), np.float32)
    kernel[0, 0, 0] = kernel[2, 0, 1] = 1.0
    head.set_weights([kernel, np.zeros(2), np.eye(2), np.zeros(2)])
    rising = np.arange(1, 5, dtype=np.float32).reshape(4, 1)
    np.testing.assert_allclose(head(list(padded([rising, rising[::-1]]))), np.full((2, 2), 4.0))


def test_windows_of_nothing_but_padding_do_not_count():
    """Their answer would be the bias, larger than that of any window with a word."""
    head = replace(WINDOWS, kernel_sizes=(2,), filters=1, dim=1, n_classes=1, dropout=0.0).head()
    head.set_weights([np.full((2, 1, 1), -1.0), np.array([5.0]), np.ones((1, 1)), np.zeros(1)])
    documents = [np.array([[2.0]], np.float32), np.array([[4.0], [3.0]], np.float32)]
    for extra in (0, 1, 20):
        np.testing.assert_allclose(head(list(padded(documents, extra))), [[3.0], [2.0]], atol=1e-6)


def test_a_document_without_a_word_has_finite_logits_whatever_its_width():
    head = WINDOWS.head()
    results = [
        np.asarray(head([np.full((1, width, 3), 9.0, np.float32), np.zeros((1, width), bool)]))
        for width in (1, 4, 50)
    ]
    assert np.isfinite(results).all()
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def step(model, ids, y):
    for _ in range(5):
        model.train_on_batch(ids, y)
        yield model.get_layer("head").get_layer("output").get_weights()[0]


@pytest.mark.parametrize("hidden", [None, 3])
def test_max_norm_bounds_the_weights_of_each_class_after_every_step(hidden):
    draw = np.random.default_rng(0)
    ids, y = draw.integers(2, 10, (8, 5)), draw.integers(0, 4, 8)
    table = draw.normal(size=(10, 3)).astype(np.float32)
    norms = {}
    for bound in (0.5, 3.0, None):
        head = replace(WINDOWS, max_norm=bound, hidden=hidden, dropout=0.0).head()
        model = full_model(head, [embedding_layer(table, False)], "softmax")
        model.compile(keras.optimizers.Adam(1.0), "sparse_categorical_crossentropy")
        kernels = list(step(model, ids, y))
        assert kernels[0].shape[1] == 4  # a column for each class
        norms[bound] = np.array([np.linalg.norm(kernel, axis=0) for kernel in kernels])
        if bound:
            assert (norms[bound] <= bound * (1 + 1e-6)).all()
            assert norms[bound].max() == pytest.approx(bound, rel=1e-5)  # and cuts no more
    assert norms[None].max() > 4  # steps of such a size do leave the ball


def test_max_norm_bounds_no_other_weights():
    head = replace(WINDOWS, hidden=6, max_norm=0.01).head()
    bound = {w.path for layer in head.layers for w in layer.weights if w.constraint is not None}
    assert [path.split("/")[-2:] for path in bound] == [["output", "kernel"]]


# ---------------------------------------------------------- tables in front of the head
def test_channels_are_filtered_alike_and_the_answers_added():
    """Two channels in a naive loop: each window of each table, the filters shared."""
    draw = np.random.default_rng(5)
    tables = [draw.normal(size=(8, 3)).astype(np.float32) for _ in range(2)]
    head = with_biases(WINDOWS.head(), draw)
    embeddings = [
        embedding_layer(table, trainable, name=f"channel_{trainable}")
        for table, trainable in zip(tables, (True, False), strict=True)
    ]
    model = full_model(head, embeddings, "softmax")
    ids = np.array([[2, 3, 7, 4, 1], [5, 6, 0, 0, 0]])

    states = []
    for document in ids:
        words = document[document != 0]
        state = []
        for size in WINDOWS.kernel_sizes:
            kernel, bias = head.get_layer(f"windows_of_{size}").get_weights()
            around = [(size - 1, size - 1), (0, 0)]
            first, second = (np.pad(table[words], around) for table in tables)
            answers = [
                [
                    np.sum(first[at : at + size] * kernel[:, :, number])
                    + np.sum(second[at : at + size] * kernel[:, :, number])
                    + bias[number]
                    for number in range(WINDOWS.filters)
                ]
                for at in range(len(words) + size - 1)
            ]
            state.append(np.maximum(answers, 0).max(axis=0))
        states.append(np.concatenate(state))
    kernel, bias = head.get_layer("output").get_weights()
    scores = np.exp(np.stack(states) @ kernel + bias)
    np.testing.assert_allclose(model(ids), scores / scores.sum(axis=1, keepdims=True), atol=1e-5)
    names = [variable.path for variable in model.trainable_variables if "channel" in variable.path]
    assert len(names) == 1
    assert "channel_True" in names[0]


@pytest.mark.parametrize("spec", [RECURRENT, WINDOWS], ids=name_of)
def test_a_model_with_its_table_is_saved_and_loaded(spec, tmp_path):
    table = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)
    model = full_model(spec.head(), [embedding_layer(table, trainable=True)], "softmax")
    assert "array" not in model.to_json()  # the table is no part of the config
    model.save(tmp_path / "m.keras")
    ids = np.array([[2, 3, 0], [9, 0, 0]])
    loaded = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded(ids), model(ids))


@pytest.mark.parametrize("trainable", [True, False])
def test_trainability(trainable):
    embedding = embedding_layer(np.ones((4, 3), np.float32), trainable)
    model = full_model(RECURRENT.head(), [embedding], "softmax")
    names = [variable.path for variable in model.trainable_variables]
    assert any("embeddings" in name for name in names) == trainable


@pytest.mark.parametrize("hidden", [None, 4])
@pytest.mark.parametrize("pooling", ["last", "attention", "mean"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_shapes_of_lstm_heads_are_known_ahead(bidirectional, pooling, hidden):
    spec = LSTM(3, 2, 5, hidden, bidirectional, pooling, 0.5, 0)
    assert spec.shapes() == [weights.shape for weights in spec.head().get_weights()]


@pytest.mark.parametrize("hidden", [None, 4])
@pytest.mark.parametrize("sizes", [(2,), (3, 2, 4, 2)])
def test_shapes_of_cnn_heads_are_known_ahead(sizes, hidden):
    spec = CNN(3, 2, 5, sizes, hidden, 0.5, 3.0, 0)
    assert spec.shapes() == [weights.shape for weights in spec.head().get_weights()]
