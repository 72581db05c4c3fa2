"""A network and the table of word vectors that it reads from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ._backend import expected_tracing, keras
from ._batches import batch_width, sorted_batches
from ._engine import Engine, Handles, engine_of
from ._epochs import Batch, KerasSteps
from ._networks import embedding_layer, full_model
from ._rules import Rule
from ._vector_store import MemoryStore
from ._vectors import FIRST_ID, OOV_ID, PADDING_ID, WordVectors

_PREDICT_WORDS = 1 << 14  # words of one batch of a prediction
_RANDOM_BLOCK = 256  # ids whose random rows are drawn together
RANDOM_DIM = 100  # of a table that no vectors stand behind
_EXACT = 64  # rows up to which a table has no spare ones


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


def padded_size(n_rows: int) -> int:
    """Rows of a table in memory: an eighth of a power of two, so that folds have one size.

    TensorFlow prepares a graph anew for each shape of a variable, and keeps all of them.
    """
    if n_rows <= _EXACT:
        return n_rows
    step = 1 << ((n_rows - 1).bit_length() - 4)
    return -(-n_rows // step) * step


class Table:
    """Rows of a network's embedding, and where rows outside of it come from.

    Behind the rows stand spare ones, zeros that nothing reads (`padded_size`).

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
        size = padded_size(len(rows.ids))
        if values is None or double:
            spare = np.full(size - len(rows.ids), PADDING_ID, np.int32)
            first = self.initial(np.concatenate([rows.ids, spare]), vectors)
        if values is not None and len(values) < size:
            spare_rows = np.zeros((size - len(values), values.shape[1]), np.float32)
            values = np.concatenate([values, spare_rows])
        self._values: Any = first if values is None else values
        self._frozen: Any = first if double else None

    @property
    def dim(self) -> int:
        return int(self._values.shape[1])

    @property
    def values(self) -> NDArray[np.float32]:
        """The rows as they are now; a copy, once a layer has them."""
        return _array(self._values)[: len(self.rows.ids)]

    @values.setter
    def values(self, values: NDArray[np.float32]) -> None:
        whole = np.zeros((padded_size(len(values)), values.shape[1]), np.float32)
        whole[: len(values)] = values
        if isinstance(self._values, np.ndarray):
            self._values = whole
        else:
            self._values.assign(whole)

    @property
    def frozen(self) -> NDArray[np.float32] | None:
        """The rows of the frozen copy."""
        return _array(self._frozen)[: len(self.rows.ids)] if self.double else None

    def channels(self) -> list[NDArray[np.float32]]:
        """The rows and those of the frozen copy, with the spare ones, for layers."""
        return [_array(one) for one in (self._values, self._frozen) if one is not None]

    def hand_over(self, values: Any, frozen: Any = None) -> None:
        """Let Keras' variables hold the rows from now on: there is one copy of them."""
        self._values, self._frozen = values, frozen

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
        out = _rows(self._values, rows)
        if self.double:
            out += _rows(self._frozen, rows)
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
        values = self.values
        more = rows.ids[len(values) :]
        spare = np.full(padded_size(len(rows.ids)) - len(rows.ids), PADDING_ID, np.int32)
        more_rows = self.initial(np.concatenate([more, spare]), self.vectors)
        values = np.concatenate([values, more_rows])
        return Table(rows, self.vectors, values, self.seed, self._random_dim, self.double)

    def word_vectors(self, vectors: WordVectors) -> WordVectors:
        """All words, those of this table with its rows.

        Raises
        ------
        ValueError
            A row is not finite, or not there.
        """
        vectors._store.check_whole()
        words = self.rows.ids >= FIRST_ID
        values = self.values
        if not np.isfinite(values).all():
            raise ValueError("Training gave word vectors that are not finite; lower learning_rate.")
        matrix = vectors.take(np.arange(FIRST_ID, len(vectors) + FIRST_ID))
        matrix[self.rows.ids[words] - FIRST_ID] = values[words]
        return WordVectors._of(MemoryStore(vectors.words, matrix))

    def is_untouched(self) -> bool:
        """Whether the rows are still those of the vectors."""
        if self.vectors is None:
            return False
        return np.array_equal(self.values, self.initial(self.rows.ids, self.vectors))


def _array(values: Any) -> NDArray[np.float32]:
    return values if isinstance(values, np.ndarray) else keras.ops.convert_to_numpy(values.value)


def _rows(values: Any, rows: NDArray[np.int32]) -> NDArray[np.float32]:
    """Copy of rows, without one of the whole table."""
    if isinstance(values, np.ndarray):
        return np.asarray(values[rows])
    if keras.config.backend() == "tensorflow":  # reads nothing but the rows
        return np.array(values.value.sparse_read(rows))
    return np.array(keras.ops.convert_to_numpy(keras.ops.take(values, rows, axis=0)))


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
    spec : LSTMSpec or CNNSpec or None, default=None
        What the head was made of; networks of one spec share their compiled steps. None
        leaves them to Keras.
    multilabel : bool, default=False
        Whether a document may have any number of labels.
    """

    def __init__(
        self,
        head: Any,
        table: Table,
        trainable: bool,
        output: str,
        spec: Any = None,
        multilabel: bool = False,
    ) -> None:
        self.head, self.table, self.trainable, self.spec = head, table, trainable, spec
        first, *second = table.channels()
        self.embedding = embedding_layer(first, trainable)
        channels = [self.embedding]
        channels += [embedding_layer(values, False, name="frozen") for values in second]
        del first, second  # the layers have them now
        table.hand_over(*(layer.embeddings for layer in channels))
        self.model = full_model(head, channels, output)
        self._engine: Engine | None = None
        if spec is not None:
            self._engine = engine_of(spec, trainable, table.double, output, multilabel)
        self._handles = None if self._engine is None else Handles.of(head, *channels)
        self._trained = [id(variable) for variable in self.model.trainable_variables]
        self._loss: Any = None

    def compile(self, optimizer: Any, loss: Any, metrics: list[Any]) -> None:
        # XLA would compile the recurrent loop anew for each width
        jit = False if keras.config.backend() == "tensorflow" else "auto"
        self.model.compile(optimizer, loss=loss, metrics=metrics, jit_compile=jit)
        self._loss = self.model.loss

    def steps(self) -> EngineSteps | KerasSteps:
        """How the compiled network learns from a batch."""
        changed = self._trained != [id(variable) for variable in self.model.trainable_variables]
        if (
            self._engine is None
            or self._handles is None
            or changed
            or self.model.loss is not self._loss
            or Rule.of(self.model.optimizer) is None
        ):
            return KerasSteps(self.model)
        return EngineSteps(self.model, self._engine, self._handles)

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
            result = self.of_vectors(self.table.embed(batch, vectors), batch != 0)
            if out is None:
                out = np.empty((len(ids), result.shape[1]), np.float32)
            out[rows] = result
        assert out is not None
        return out

    def slopes(
        self, vectors: NDArray[np.float32], mask: NDArray[np.bool_], label: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Logits of one class, and their gradients by the vectors; TensorFlow only.

        Parameters
        ----------
        vectors : ndarray of shape (n_documents, width, dim), float32
        mask : ndarray of shape (n_documents, width), bool
        label : int
            Place of the class.
        """
        if self._engine is not None and self._handles is not None:
            return self._engine.slopes(self._handles, vectors, mask, label)
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape, expected_tracing():
            given = tf.constant(vectors)
            tape.watch(given)
            logits = self.head([given, tf.constant(mask)], training=False)[:, label]
        return np.asarray(logits), np.asarray(tape.gradient(logits, given))

    def of_vectors(
        self, vectors: NDArray[np.float32], mask: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        if self._engine is not None and self._handles is not None:
            return self._engine.logits(self._handles, vectors, mask)
        with expected_tracing():
            return np.asarray(self.head.predict_on_batch([vectors, mask]))


class EngineSteps:
    """Steps of a model whose graphs the process has compiled already.

    A callback may compile the model anew; then it is Keras that goes on.
    """

    def __init__(self, model: Any, engine: Engine, handles: Handles) -> None:
        self._model, self._engine, self._handles = model, engine, handles
        self._plain = KerasSteps(model)
        self._optimizer, self._loss = model.optimizer, model.loss
        self._rule = Rule.of(self._optimizer)
        if not self._optimizer.built:
            self._optimizer.build(model.trainable_variables)

    def train(self, batch: Batch) -> dict[str, float]:
        """One step of the optimizer, on the batch's rows of the table alone."""
        if self._rule is None or not self._is_as_compiled():
            return self._plain.train(batch)
        return self._engine.train(self._handles, self._rule, self._optimizer, batch)

    def test(self, batch: Batch) -> dict[str, float]:
        """Loss and accuracy."""
        if not self._is_as_compiled():
            return self._plain.test(batch)
        return self._engine.test(self._handles, batch)

    def _is_as_compiled(self) -> bool:
        return self._model.optimizer is self._optimizer and self._model.loss is self._loss


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
