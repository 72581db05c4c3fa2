from __future__ import annotations

import keras
import numpy as np
import pytest

from sklearn_w2v import WordVectors
from sklearn_w2v.networks.batches import Batches
from sklearn_w2v.networks.cnn import CNN
from sklearn_w2v.networks.design import Design
from sklearn_w2v.networks.embedding_table import RowMap, Table, distinct
from sklearn_w2v.networks.network import Network
from sklearn_w2v.networks.output import Output
from sklearn_w2v.networks.training_loop import run_epochs


@pytest.fixture
def vectors():
    return WordVectors([f"w{i}" for i in range(10)], np.random.default_rng(0).normal(size=(10, 3)))


@pytest.mark.parametrize("dense", [0, 1 << 22], ids=["searched", "looked up"])
def test_rows_of_ids_are_their_places_however_they_are_found(dense, monkeypatch):
    monkeypatch.setattr("sklearn_w2v.networks.embedding_table._DENSE", dense)
    rows = RowMap(np.array([0, 1, 9, 4], np.int32))
    found = rows.rows(np.array([[4, 9, 0], [5, 1, 10], [2**31 - 1, 8, 11]], np.int32))
    assert found.tolist() == [[3, 2, 0], [-1, 1, -1], [-1, -1, -1]]
    assert found.dtype == np.int32
    assert rows.rows(np.zeros((0, 3), np.int32)).shape == (0, 3)


def test_distinct_ids_are_those_of_numpy():
    ids = np.random.default_rng(0).integers(0, 50, (20, 7)).astype(np.int32)
    assert np.array_equal(distinct(ids), np.unique(ids))
    assert distinct(np.zeros((0, 3), np.int32)).shape == (0,)


def test_a_row_map_has_padding_unknown_and_what_is_used():
    rows = RowMap.of(np.array([[7, 3, 0]], np.int32))
    assert rows.ids.tolist() == [0, 1, 3, 7]
    assert rows.rows(np.array([[7, 3, 0, 1, 5]], np.int32)).tolist() == [[3, 2, 0, 1, -1]]


def test_a_row_map_grows_at_its_end():
    rows = RowMap.of(np.array([[7, 3]], np.int32))
    more = rows.with_more(np.array([[2, 7, 9]], np.int32))
    assert more.ids.tolist() == [0, 1, 3, 7, 2, 9]
    assert more.rows(np.array([2, 3, 9], np.int32)).tolist() == [4, 2, 5]
    assert rows.with_more(np.array([3], np.int32)) is rows


def test_a_table_holds_only_the_rows_that_are_used(vectors):
    table = Table(RowMap.of(np.array([[5, 3]], np.int32)), vectors, None, seed=0)
    assert table.values.shape == (4, 3)
    assert np.array_equal(table.values[2:], vectors.vectors[[1, 3]])


def test_words_outside_the_table_come_from_the_vectors(vectors):
    table = Table(RowMap.of(np.array([[5, 3]], np.int32)), vectors, None, seed=0)
    table.values = table.values + 100  # as training might
    out = table.embed(np.array([[3, 7], [11, 0]], np.int32))
    np.testing.assert_array_equal(out[0, 0], vectors.vectors[1] + 100)
    np.testing.assert_array_equal(out[0, 1], vectors.vectors[5])
    np.testing.assert_array_equal(out[1, 0], vectors.vectors[9])


def test_without_vectors_rows_are_random_and_unseen_words_unknown():
    make = [Table(RowMap.of(np.array([[5]], np.int32)), None, None, seed) for seed in (0, 0, 1)]
    assert np.array_equal(make[0].values, make[1].values)
    assert not np.array_equal(make[0].values, make[2].values)
    assert not make[0].values[0].any()
    out = make[0].embed(np.array([8, 1], np.int32))
    assert np.array_equal(out[0], out[1])


def test_a_grown_table_keeps_its_rows(vectors):
    table = Table(RowMap.of(np.array([[5]], np.int32)), vectors, None, seed=0)
    table.values = table.values + 1
    grown = table.grown(np.array([[4, 5]], np.int32))
    assert np.array_equal(grown.values[:3], table.values)
    assert np.array_equal(grown.values[3], vectors.vectors[2])
    assert table.grown(np.array([[5]], np.int32)) is table


def some(*ids):
    return np.array([ids], np.int32)


def test_random_rows_hang_on_seed_and_id_alone():
    """However a table came to its rows: at once, one by one, or in another order."""
    at_once = Table(RowMap.of(some(5, 6, 9)), None, None, seed=3)
    grown = Table(RowMap.of(some(9)), None, None, seed=3).grown(some(6)).grown(some(5))
    assert len(np.unique(grown.values, axis=0)) == 5  # no two words share a row
    words = some(0, 1, 5, 6, 9)
    np.testing.assert_array_equal(at_once.embed(words), grown.embed(words))
    assert not grown.values[0].any()
    assert np.abs(at_once.values).max() <= 0.25
    assert at_once.values[1:].std() == pytest.approx(0.5 / np.sqrt(12), rel=0.1)


def test_a_random_table_takes_its_size_and_its_far_ids():
    table = Table(RowMap.of(some(7, 2_000_000)), None, None, seed=0, dim=6)
    assert table.values.shape == (4, 6)
    assert table.dim == 6
    assert len(np.unique(table.values, axis=0)) == 4


@pytest.mark.parametrize("random", [False, True], ids=["vectors", "random"])
def test_a_double_table_adds_a_frozen_copy_of_its_first_values(vectors, random):
    source = None if random else vectors
    rows = RowMap.of(some(5, 3))
    single, double = (Table(rows, source, None, 0, 3, double=both) for both in (False, True))
    assert single.frozen is None
    assert np.array_equal(double.frozen, single.values)
    first = single.values.copy()
    double.values = double.values + 1  # as training might
    for table in (double, double.grown(some(4, 3))):
        np.testing.assert_allclose(table.embed(some(3, 5)), (2 * first[2:] + 1)[None], rtol=1e-6)
        assert np.array_equal(table.frozen[:4], first)


def test_words_outside_a_double_table_have_their_row_twice(vectors):
    table = Table(RowMap.of(some(5, 3)), vectors, None, seed=0, double=True)
    table.values = table.values + 100
    np.testing.assert_array_equal(table.embed(some(7))[0, 0], 2 * vectors.vectors[5])
    grown = table.grown(some(7))
    np.testing.assert_array_equal(grown.embed(some(7))[0, 0], 2 * vectors.vectors[5])


def test_words_outside_a_random_double_table_are_unknown_ones():
    table = Table(RowMap.of(some(5)), None, None, seed=0, dim=3, double=True)
    np.testing.assert_array_equal(table.embed(some(8)), table.embed(some(1)))


def test_words_that_extend_the_vectors_come_from_the_extension(vectors):
    longer = vectors.extended(["new", "newer"], 4)
    table = Table(RowMap.of(some(5, 3)), vectors, None, seed=0)
    table.values = table.values + 100
    out = table.embed(some(3, 13, 12, 4), longer)[0]
    np.testing.assert_array_equal(out[0], vectors.vectors[1] + 100)
    np.testing.assert_array_equal(out[1:], np.stack([longer[w] for w in ("newer", "new", "w2")]))


ARCHITECTURE = CNN(
    dim=3, n_classes=4, filters=5, kernel_sizes=(1, 2), hidden=None, dropout=0.5, max_norm=3, seed=7
)


SOFTMAX = Output("softmax")


def network_of(table, trainable=True, output=SOFTMAX):
    channels = "non-static" if trainable else "static"
    return Network(Design(ARCHITECTURE, channels, output, None), table, shares_steps=False)


@pytest.mark.parametrize("output", [Output("softmax"), Output("sigmoid", multilabel=True)])
@pytest.mark.parametrize("double", [False, True])
def test_logits_are_those_of_the_whole_model(vectors, double, output):
    """In the order of the documents, over several batches of other widths than the input."""
    draw = np.random.default_rng(0)
    lengths = draw.integers(1, 81, 700)
    ids = np.where(np.arange(90) < lengths[:, None], draw.integers(1, 9, (700, 90)), 0)
    ids = ids.astype(np.int32)
    table = Table(RowMap.of(ids), vectors, None, seed=0, double=double)
    network = network_of(table, output=output)
    network.embedding.set_weights([table.values + draw.normal(size=table.values.shape)])
    logits = network.inference().logits(ids, lengths)
    assert logits.shape == (700, 4)
    assert logits.dtype == np.float32
    expected = np.asarray(network.model(table.rows.rows(ids)))
    np.testing.assert_allclose(output.probabilities(logits), expected, atol=1e-5)


@pytest.mark.parametrize("trainable", [False, True])
def test_a_table_is_trained_or_left_alone_and_its_copy_is_never_touched(vectors, trainable):
    ids, y = some(3, 5, 4).repeat(6, axis=0), np.arange(6) % 4
    table = Table(RowMap.of(some(3, 4, 5, 9)), vectors, None, seed=0, double=True)
    first = table.values.copy()
    network = network_of(table, trainable)
    network.compile(keras.optimizers.Adam(0.1))
    data = Batches(table.rows.rows(ids), np.full(6, 3), y, None, 6, None)
    run_epochs(network.model, data, None, 2, [], 0)
    moved = (network.table.values != first).any(axis=1)
    assert moved.tolist() == [False, False, *[trainable] * 3, False]  # 9 does not come
    frozen = network.model.get_layer("frozen")
    assert np.array_equal(frozen.get_weights()[0], first)
    assert np.array_equal(network.table.frozen, first)


def test_optimizer_state_moves_to_a_network_with_a_larger_table(vectors):
    def network(table):
        new = network_of(table)
        new.compile(keras.optimizers.Adam(0.1))
        return new

    table = Table(RowMap.of(some(3)), vectors, None, seed=0)
    former = network(table)
    former.model.train_on_batch(np.full((2, 3), 2), np.array([0, 1]))
    later = network(table.grown(some(6, 7)))
    later._adopt_optimizer(former.model.optimizer, with_rate=True)
    for mine, theirs in zip(
        later.model.optimizer.variables, former.model.optimizer.variables, strict=True
    ):
        mine, theirs = np.asarray(mine), np.asarray(theirs)
        if mine.shape == theirs.shape:
            assert np.array_equal(mine, theirs)
        else:
            assert np.array_equal(mine[:3], theirs)
            assert not mine[3:].any()
    assert int(later.model.optimizer.iterations) == 1


def linear(rows=10):
    """Mean of one number for each id, compiled with plain gradient descent."""
    ids = keras.Input((None,), dtype="int32")
    table = keras.layers.Embedding(rows, 1, embeddings_initializer="ones")(ids)
    out = keras.ops.mean(table, axis=1)
    model = keras.Model(ids, out)
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"], jit_compile=False)
    return model


def batches(widths, random=None, batch_size=2, weights=None):
    width = max(widths)
    rows = np.where(np.arange(width) < np.array(widths)[:, None], 2, 0).astype(np.int32)
    y = np.arange(len(widths), dtype=np.float32)
    return Batches(rows, np.array(widths), y, weights, batch_size=batch_size, random=random)


def test_batches_of_any_widths_in_any_order_train():
    """Model.fit takes the width of its first two batches for that of all."""
    widths = [3, 3, 4, 4, 40, 40, 90]
    history = run_epochs(linear(), batches(widths), None, 3, [], 0)
    assert len(history["loss"]) == 3


def test_history_is_the_mean_over_documents_not_batches():
    model = linear()
    model.optimizer.learning_rate = 0.0
    data = batches([2, 2, 2])  # two batches: of two documents and of one
    history = run_epochs(model, data, data, 1, [], 0)
    assert history["loss"] == pytest.approx([(1 + 0 + 1) / 3], rel=1e-5)
    assert history["mae"] == pytest.approx([2 / 3], rel=1e-5)
    assert history["val_loss"] == pytest.approx(history["loss"], rel=1e-5)


def test_batches_may_be_of_some_documents_alone_and_find_their_rows_late():
    rows = np.arange(2, 12, dtype=np.int32).reshape(10, 1)
    y, lengths, only = np.arange(10), np.arange(1, 11) % 3 + 1, np.array([1, 4, 5, 8, 9])

    def drawn(rows, lengths, y, **more):
        random = np.random.default_rng(0)
        return Batches(rows, lengths, y, None, 2, random, **more)

    late = drawn(rows - 1, lengths, y, find=lambda ids: ids + 1, only=only)
    early = drawn(rows[only], lengths[only], y[only])
    assert len(late) == len(early) == 3
    for one, other in zip(late, early, strict=True):
        assert [part.tolist() for part in one[:2]] == [part.tolist() for part in other[:2]]


def test_weights_reach_the_loss():
    model = linear()
    model.optimizer.learning_rate = 0.0
    weights = np.array([3, 0, 0], np.float32)
    history = run_epochs(model, batches([2, 2, 2], weights=weights, batch_size=3), None, 1, [], 0)
    assert history["loss"] == pytest.approx([1.0], rel=1e-5)


class Log(keras.callbacks.Callback):
    def __init__(self, stop_after=None):
        super().__init__()
        self.calls, self.stop_after = [], stop_after

    def on_train_begin(self, logs=None):
        self.calls.append("train")

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(f"epoch {epoch}")

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append(f"batch {batch}")
        if self.stop_after == batch:
            self.model.stop_training = True

    def on_test_end(self, logs=None):
        self.calls.append("test")

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append("end " + " ".join(sorted(logs)))

    def on_train_end(self, logs=None):
        self.calls.append("done")


def test_callbacks_are_called_as_model_fit_calls_them():
    data = batches([2, 2, 2])
    ours = Log()
    run_epochs(linear(), data, data, 2, [ours], 0)
    theirs = Log()
    model = linear()
    x, y = np.full((3, 16), 2), np.arange(3.0)
    model.fit(x, y, batch_size=2, epochs=2, validation_data=(x, y), callbacks=[theirs], verbose=0)
    assert ours.calls == theirs.calls


def test_a_callback_can_stop_training_within_an_epoch():
    log = Log(stop_after=0)
    run_epochs(linear(), batches([2, 2, 2]), None, 5, [log], 0)
    assert log.calls == ["train", "epoch 0", "batch 0", "end loss mae", "done"]
