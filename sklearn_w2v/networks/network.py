"""A network and the table of word vectors that it reads from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ..vectors.word_vectors import WordVectors
from .backend import expected_tracing, keras
from .batches import Batch, batch_width, sorted_batches
from .compiled_steps import Engine, Handles, engine_of
from .embedding_table import Table
from .layers import embedding_layer, full_model
from .optimizer_rules import Rule
from .training_loop import KerasSteps

_PREDICT_WORDS = 1 << 14  # words of one batch of a prediction


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

    def check_finite(self, rate: Any) -> None:
        """Refuse weights that no prediction can come from.

        Parameters
        ----------
        rate : float, callable or None
            The learning rate that was asked for.

        Raises
        ------
        ValueError
            Training went astray.
        """
        ops = keras.ops
        if all(bool(ops.all(ops.isfinite(one.value))) for one in self.model.trainable_variables):
            return
        raise ValueError(
            "Training gave weights that are not finite, from which nothing can be predicted. "
            f"Lower learning_rate ({rate!r}), or bound the gradients with "
            "optimizer__clipnorm=1.0."
        )

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

    def adopt_optimizer(self, theirs: Any, with_rate: bool) -> None:
        """Go on with the state of an optimizer whose table may have been smaller.

        Parameters
        ----------
        theirs : keras.optimizers.Optimizer or None
            The former optimizer.
        with_rate : bool
            Whether its learning rate, which callbacks may have changed, stays, too.
        """
        mine = self.model.optimizer
        if mine is None or theirs is None or not theirs.built or type(mine) is not type(theirs):
            return
        mine.build(self.model.trainable_variables)
        if len(mine.variables) != len(theirs.variables):
            return
        for target, source in zip(mine.variables, theirs.variables, strict=True):
            if target.path.endswith("learning_rate") and not with_rate:
                continue
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
            with expected_tracing():
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
        with expected_tracing():
            if self._engine is not None and self._handles is not None:
                return self._engine.logits(self._handles, vectors, mask)
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
