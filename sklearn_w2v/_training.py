"""A network and the table of word vectors that it reads from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ._backend import expected_tracing, keras
from ._batches import batch_width, shuffled_batches, sorted_batches
from ._networks import embedding_layer, full_model
from ._vectors import OOV_ID, PADDING_ID, WordVectors

_PREDICT_WORDS = 1 << 14  # words of one batch of a prediction
_RANDOM_BLOCK = 256  # ids whose random rows are drawn together
RANDOM_DIM = 100  # of a table that no vectors stand behind


class RowMap:
    """Which row of a small table stands for which id of the vectors.

    Rows are in the order in which ids came: rows 0 and 1 are padding and unknown, and
    later ids are appended, so that a table that grows keeps its rows.
    """

    def __init__(self, ids: NDArray[np.int32]) -> None:
        self.ids = ids
        self._order = np.argsort(ids, kind="stable")
        self._sorted = ids[self._order]

    @classmethod
    def of(cls, ids: NDArray[np.int32]) -> RowMap:
        used = np.union1d(np.array([PADDING_ID, OOV_ID], np.int32), distinct(ids))
        return cls(used.astype(np.int32))

    def rows(self, ids: NDArray[np.int32]) -> NDArray[np.int32]:
        """Row of each id; -1 where the table has none."""
        places = np.minimum(np.searchsorted(self._sorted, ids), len(self._sorted) - 1)
        rows = self._order[places].astype(np.int32)
        rows[self._sorted[places] != ids] = -1
        return rows

    def with_more(self, ids: NDArray[np.int32]) -> RowMap:
        new = np.setdiff1d(distinct(ids), self.ids).astype(np.int32)
        return RowMap(np.concatenate([self.ids, new])) if len(new) else self


def distinct(ids: NDArray[np.int32]) -> NDArray[np.int32]:
    """Sorted distinct ids, without sorting them all."""
    if not ids.size:
        return ids.ravel()
    there = np.zeros(int(ids.max()) + 1, bool)
    there[ids] = True
    return np.flatnonzero(there).astype(np.int32)


def random_rows(ids: NDArray[np.int32], dim: int, seed: int) -> NDArray[np.float32]:
    """Rows that hang on their id and the seed alone, so that a table that grows keeps its own.

    Uniform on [-0.25, 0.25]; padding has zeros.
    """
    out = np.zeros((len(ids), dim), np.float32)
    blocks = ids // _RANDOM_BLOCK
    for block in distinct(blocks).tolist():
        draw = np.random.default_rng([seed, block]).random((_RANDOM_BLOCK, dim), np.float32)
        here = np.flatnonzero((blocks == block) & (ids != PADDING_ID))
        out[here] = draw[ids[here] % _RANDOM_BLOCK] / 2 - 0.25
    return out


class Table:
    """Rows of a network's embedding, and where rows outside of it come from.

    Parameters
    ----------
    rows : RowMap
        Ids of the rows.
    vectors : WordVectors or None
        What the ids index; None where the table is random.
    values : ndarray of shape (n_rows, dim) or None
        The rows; None takes them from the vectors.
    seed : int
        Of random rows, used without vectors.
    dim : int, default=RANDOM_DIM
        Size of random rows.
    double : bool, default=False
        Whether a frozen copy of the first values is a second channel, which is added.
    """

    def __init__(
        self,
        rows: RowMap,
        vectors: WordVectors | None,
        values: NDArray[np.float32] | None,
        seed: int,
        dim: int = RANDOM_DIM,
        double: bool = False,
    ) -> None:
        self.rows, self.vectors, self.seed = rows, vectors, seed
        self._random_dim, self.double = dim, double
        self.values = self.initial(rows.ids, vectors) if values is None else values
        self.frozen = self.initial(rows.ids, vectors) if double else None

    @property
    def dim(self) -> int:
        return int(self.values.shape[1])

    def initial(self, ids: NDArray[np.int32], vectors: WordVectors | None) -> NDArray[np.float32]:
        """What rows of ids hold before training."""
        if vectors is not None:
            return vectors.take(ids)
        return random_rows(ids, self._random_dim, self.seed)

    def embed(
        self, ids: NDArray[np.int32], vectors: WordVectors | None = None
    ) -> NDArray[np.float32]:
        """Sum of the channels' vectors of ids.

        Ids that the table lacks take the row of `vectors`, an extension of the table's own
        vectors, untouched.
        """
        rows = self.rows.rows(ids)
        unseen = rows < 0
        rows[unseen] = OOV_ID
        out = self.values[rows]
        if self.frozen is not None:
            out += self.frozen[rows]
        if self.vectors is not None and unseen.any():
            new, inverse = np.unique(ids[unseen], return_inverse=True)
            more = (vectors or self.vectors).take(new)
            out[unseen] = (2 * more if self.double else more)[inverse]
        return out

    def grown(self, ids: NDArray[np.int32]) -> Table:
        """This table with rows for more ids."""
        rows = self.rows.with_more(ids)
        if rows is self.rows:
            return self
        more = self.initial(rows.ids[len(self.values) :], self.vectors)
        values = np.concatenate([self.values, more])
        return Table(rows, self.vectors, values, self.seed, self._random_dim, self.double)


class Batches:
    """Batches of similar length; each walk through them is one epoch.

    Parameters
    ----------
    rows : ndarray of shape (n_documents, width), int32
        Rows of the table, right-padded with 0.
    lengths : ndarray of shape (n_documents,)
        Number of words of each document.
    y : ndarray of shape (n_documents,) or (n_documents, n_classes)
        Targets.
    weights : ndarray of shape (n_documents,) or None
        Weights of documents.
    batch_size : int
        Documents in a batch.
    random : numpy.random.Generator or None
        Where the order of each epoch comes from; None sorts by length.
    """

    def __init__(
        self,
        rows: NDArray[np.int32],
        lengths: NDArray[np.int64],
        y: NDArray[Any],
        weights: NDArray[np.float32] | None,
        batch_size: int,
        random: np.random.Generator | None,
    ) -> None:
        self._rows, self._lengths, self._y, self._weights = rows, lengths, y, weights
        self._batch_size = batch_size
        self._random = random

    def __len__(self) -> int:
        return -(-len(self._rows) // self._batch_size)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for chosen in self._plan():
            width = min(batch_width(self._lengths[chosen]), self._rows.shape[1])
            weights = None if self._weights is None else self._weights[chosen]
            yield self._rows[chosen, :width], self._y[chosen], weights

    def _plan(self) -> list[NDArray[np.int64]]:
        if self._random is not None:
            return shuffled_batches(self._lengths, self._batch_size, self._random)
        order = np.argsort(self._lengths, kind="stable")
        size = self._batch_size
        return [order[start : start + size] for start in range(0, len(order), size)]


def run_epochs(
    model: Any,
    train: Batches,
    validation: Batches | None,
    epochs: int,
    callbacks: list[Any],
    verbose: int,
) -> dict[str, list[float]]:
    """Train a compiled model batch by batch, as ``Model.fit`` does.

    ``Model.fit`` takes the widths of the first two batches for those of all, when they
    happen to be equal, and fails at the first other one; so the loop is our own.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    train, validation : Batches
        What to train on, and what to look at after each epoch.
    epochs : int
        Walks through `train`, unless a callback stops them.
    callbacks : list of keras.callbacks.Callback
        Called as ``Model.fit`` calls them.
    verbose : int
        0 is silent; 1 shows Keras' progress bar, 2 a line for each epoch.

    Returns
    -------
    dict of str to list of float
        Loss and metrics after each epoch.
    """
    calls = keras.callbacks.CallbackList(
        callbacks,
        add_history=True,
        add_progbar=verbose != 0,
        model=model,
        verbose=verbose,
        epochs=epochs,
        steps=len(train),
    )
    model.stop_training = False
    logs: dict[str, float] = {}
    with expected_tracing():
        calls.on_train_begin()
        for epoch in range(epochs):
            calls.on_epoch_begin(epoch)
            mean = _Mean()
            for step, (rows, y, weights) in enumerate(train):
                calls.on_train_batch_begin(step)
                mean.add(model.train_on_batch(rows, y, weights, return_dict=True), len(y))
                logs = mean.logs()
                calls.on_train_batch_end(step, logs)
                if model.stop_training:
                    break
            logs = {**logs, **_validate(model, validation, calls)}
            calls.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        calls.on_train_end(logs)
    history: dict[str, list[float]] = model.history.history
    return {name: list(map(float, values)) for name, values in history.items()}


class _Mean:
    """Mean of what batches of different sizes gave."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._documents = 0

    def add(self, logs: dict[str, Any], documents: int) -> None:
        self._documents += documents
        for name, value in logs.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value) * documents

    def logs(self, prefix: str = "") -> dict[str, float]:
        return {prefix + name: value / self._documents for name, value in self._sums.items()}


def _validate(model: Any, validation: Batches | None, calls: Any) -> dict[str, float]:
    mean = _Mean()
    if validation is None:
        return {}
    calls.on_test_begin()
    for step, (rows, y, weights) in enumerate(validation):
        calls.on_test_batch_begin(step)
        mean.add(model.test_on_batch(rows, y, weights, return_dict=True), len(y))
        calls.on_test_batch_end(step, mean.logs())
    calls.on_test_end(mean.logs())
    return mean.logs("val_")


class TableNetwork:
    """A Keras model, its head and its table, kept together.

    Parameters
    ----------
    head : keras.Model
        From vectors and mask to logits.
    table : Table
        Its rows become the embedding.
    trainable : bool
        Whether training changes the rows.
    output : {"softmax", "sigmoid"}
        What makes probabilities of logits.
    """

    def __init__(self, head: Any, table: Table, trainable: bool, output: str) -> None:
        self.head, self.table, self.trainable = head, table, trainable
        self.embedding = embedding_layer(table.values, trainable)
        channels = [self.embedding]
        if table.frozen is not None:
            channels.append(embedding_layer(table.frozen, False, name="frozen"))
        self.model = full_model(head, channels, output)

    def pull(self) -> None:
        """Take the rows that training made into the table."""
        if self.trainable:
            self.table.values = np.asarray(self.embedding.get_weights()[0])

    def compile(self, optimizer: Any, loss: Any, metrics: list[Any]) -> None:
        # XLA would compile the recurrent loop anew for each width
        jit = False if keras.config.backend() == "tensorflow" else "auto"
        self.model.compile(optimizer, loss=loss, metrics=metrics, jit_compile=jit)

    def adopt_optimizer(self, former: TableNetwork) -> None:
        """Go on with the optimizer state of a network whose table was smaller."""
        mine, theirs = self.model.optimizer, former.model.optimizer
        if mine is None or theirs is None or not theirs.built or type(mine) is not type(theirs):
            return
        mine.build(self.model.trainable_variables)
        if len(mine.variables) != len(theirs.variables):
            return
        for target, source in zip(mine.variables, theirs.variables, strict=True):
            value, old = (np.array(keras.ops.convert_to_numpy(v)) for v in (target, source))
            if value.shape == old.shape:
                value = old
            else:
                value[: len(old)] = old
            target.assign(value)

    def logits(
        self,
        ids: NDArray[np.int32],
        lengths: NDArray[np.int64],
        vectors: WordVectors | None = None,
    ) -> NDArray[np.float32]:
        """Logits in the order of the rows; memory is bounded by a batch."""
        out: NDArray[np.float32] | None = None
        for rows in sorted_batches(lengths, _PREDICT_WORDS):
            width = min(batch_width(lengths[rows]), ids.shape[1])
            batch = ids[rows, :width]
            with expected_tracing():
                result = self.head.predict_on_batch([self.table.embed(batch, vectors), batch != 0])
            if out is None:
                out = np.empty((len(ids), result.shape[1]), np.float32)
            out[rows] = result
        assert out is not None
        return out


def probabilities(
    logits: NDArray[np.float32], activation: str, multilabel: bool
) -> NDArray[np.float32]:
    """Probabilities of logits, as the network's last layer makes them."""
    if activation == "softmax":
        out = np.exp(logits - logits.max(axis=1, keepdims=True))
    else:
        out = expit(logits)
    if not multilabel:
        out /= np.maximum(out.sum(axis=1, keepdims=True), 1e-12)
    return np.asarray(out, np.float32)
