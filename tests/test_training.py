from __future__ import annotations

import keras
import numpy as np
import pytest

from sklearn_w2v import WordVectors
from sklearn_w2v._training import Batches, RowMap, Table, distinct, run_epochs


@pytest.fixture
def vectors():
    return WordVectors([f"w{i}" for i in range(10)], np.random.default_rng(0).normal(size=(10, 3)))


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
    return Batches(rows, np.array(widths), y, weights, batch_size, random)


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
