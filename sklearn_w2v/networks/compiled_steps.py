"""Compiled steps that all fits of one architecture share.

Keras traces a graph for each model, and again for each clone of a search. Here weights,
table and optimizer state come to a graph as handles of variables; so a graph is traced once
in a process for each architecture and setting of the optimizer, whatever the number of words
in the table, of documents in a batch or of steps in a document. Of the table, only the rows
of the batch are read, changed and written.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .backend import keras
from .batches import Batch
from .design import Architecture, Design
from .distinct_words import known_words
from .keras_internals import variable_handles
from .losses import loss_and_accuracy
from .optimizer_rules import OptimizerRule
from .output import Output

_KEPT = 32  # architectures of a process; a search over many architectures must not pile them up
_RULES = 8  # steps of an architecture: one for each setting of an optimizer
_compiled: OrderedDict[Any, CompiledSteps] = OrderedDict()
_lock = threading.RLock()

Tensor = Any


@dataclass(frozen=True)
class Handles:
    """The variables of one network that a step reads and writes, as TensorFlow's handles.

    Parameters
    ----------
    table, frozen : list of tensor
        Of the embedding, and of its frozen copy; `frozen` is empty where there is none.
    weights, state : list of tensor
        Of the head's trained variables, and of its others (seeds of dropout).
    """

    table: list[Tensor]
    frozen: list[Tensor]
    weights: list[Tensor]
    state: list[Tensor]

    @classmethod
    def of(cls, head: Any, embedding: Any, frozen: Any = None) -> Handles:
        """Return the handles of Keras layers' variables."""
        return cls(
            variable_handles([embedding.embeddings]),
            [] if frozen is None else variable_handles([frozen.embeddings]),
            variable_handles(head.trainable_variables),
            variable_handles(head.non_trainable_variables),
        )


def _rates(head: Any) -> list[float]:
    return [layer.rate for layer in head.layers if hasattr(layer, "rate")]


def compiled_steps_of(design: Design, double: bool) -> CompiledSteps | None:
    """Return the process' steps of a design; None without TensorFlow and plain float32.

    Parameters
    ----------
    design : Design
        What a network is made as; its seed does not count.
    double : bool
        Whether a frozen table is added to the first one.
    """
    types = keras.config.floatx(), keras.config.dtype_policy().name
    if keras.config.backend() != "tensorflow" or types != ("float32", "float32"):
        return None
    key = replace(design.architecture, seed=0), design.trains_vectors, double, design.output
    with _lock:
        steps = _compiled.pop(key, None) or CompiledSteps(*key)
        _compiled[key] = steps
        while len(_compiled) > _KEPT:
            _compiled.popitem(last=False)
    return steps


class CompiledSteps:
    """Steps of training and validation of one architecture.

    Parameters
    ----------
    architecture : Architecture
        What the head is made as.
    trainable : bool
        Whether training changes the table.
    double : bool
        Whether a frozen table is added to it.
    output : Output
        Loss and accuracy.
    """

    def __init__(
        self, architecture: Architecture, trainable: bool, double: bool, output: Output
    ) -> None:
        self._dim, self._trainable, self._double = architecture.dim, trainable, double
        self._output = output
        # a pattern: its own weights are never used
        self._head = architecture.head()
        self._steps: OrderedDict[Any, Any] = OrderedDict()

    def drops_as(self, head: Any) -> bool:
        """Whether a head of the architecture still has its rates of dropout."""
        return _rates(head) == _rates(self._head)

    def train(
        self,
        network: Handles,
        rule: OptimizerRule,
        optimizer: Any,
        slots: list[list[Tensor]],
        batch: Batch,
    ) -> dict[str, float]:
        """Take one step of an optimizer; return loss and accuracy before it.

        Parameters
        ----------
        network : Handles
        rule : OptimizerRule
            Formula of the optimizer.
        optimizer : keras.optimizers.Optimizer
            Its learning rate and its count of steps are used.
        slots : list of list of tensor
            Handles of the optimizer's variables beside each trained one, the table first if it
            is trained.
        batch : tuple of arrays
            Rows of the table, targets and weights.
        """
        table, others = (slots[:1], slots[1:]) if self._trainable else ([], slots)
        step = self._step("train", rule)
        loss, accuracy = step(
            *self._batch(batch),
            np.float32(keras.ops.convert_to_tensor(optimizer.learning_rate)),
            variable_handles([optimizer.iterations])[0],
            network.table,
            network.frozen,
            network.weights,
            network.state,
            [slot for of_one in table for slot in of_one],
            [slot for of_one in others for slot in of_one],
        )
        return {"loss": float(loss), "accuracy": float(accuracy)}

    def test(
        self,
        network: Handles,
        batch: Batch,
    ) -> dict[str, float]:
        """Return loss and accuracy."""
        step = self._step("test")
        loss, accuracy = step(
            *self._batch(batch), network.table, network.frozen, network.weights, network.state
        )
        return {"loss": float(loss), "accuracy": float(accuracy)}

    # ------------------------------------------------------------------ graphs
    def _batch(self, batch: Any) -> Any:
        rows, y, weights = batch
        y = np.asarray(y, np.int32 if y.ndim == 1 else np.float32)
        if weights is None:
            weights = np.ones(len(y), np.float32)
        return rows, y, np.asarray(weights, np.float32)

    def _step(self, what: str, rule: OptimizerRule | None = None) -> Any:
        with _lock:
            step = self._steps.pop((what, rule), None) or self._trace(what, rule)
            self._steps[what, rule] = step
            while len(self._steps) > _RULES:
                self._steps.popitem(last=False)
        return step

    def _trace(self, what: str, rule: OptimizerRule | None) -> Any:
        import tensorflow as tf

        def spec(dtype: Any, *shape: Any) -> Any:
            return tf.TensorSpec(shape, dtype)

        def some(n: int) -> Any:
            return [spec(tf.resource)] * n

        def graph(step: Any, *signature: Any) -> Any:
            # no step branches on a tensor; converting it would leave files where it is killed
            return tf.function(step, input_signature=signature, autograph=False)

        n_weights = len(self._head.trainable_variables)
        head = [some(n_weights), some(len(self._head.non_trainable_variables))]
        classes = self._head.output_shape[-1]
        y = spec(tf.int32, None)
        if self._output.activation == "sigmoid":
            y = spec(tf.float32, None, classes)
        signature = [spec(tf.int32, None, None), y, spec(tf.float32, None)]
        network = [some(1), some(int(self._double)), *head]
        if what == "test":
            return graph(self._test, *signature, *network)
        assert rule is not None
        slots = [some(rule.n_slots * self._trainable), some(rule.n_slots * n_weights)]
        one_off = [spec(tf.float32), spec(tf.resource)]  # the rate, and the steps so far
        return graph(lambda *args: self._train(rule, *args), *signature, *one_off, *network, *slots)

    def _test(self, rows: Any, y: Any, sample: Any, table: Any, frozen: Any, *head: Any) -> Any:
        used, places = _distinct(rows)
        vectors = self._gather(table, used) + (self._gather(frozen, used) if frozen else 0.0)
        values, others = self._read(*head)
        with known_words(vectors, places) as words:
            logits, _ = self._head.stateless_call(
                values, others, [words, rows != 0], training=False
            )
        return loss_and_accuracy(self._output, logits, y, sample)

    def _train(
        self,
        rule: OptimizerRule,
        rows: Tensor,
        y: Tensor,
        sample: Tensor,
        rate: Tensor,
        iterations: Tensor,
        table: Any,
        frozen: Any,
        weights: Any,
        state: Any,
        table_slots: Any,
        slots: Any,
    ) -> Any:
        import tensorflow as tf

        used, places = _distinct(rows)
        vectors = self._gather(table, used)
        values, others = self._read(weights, state)
        sources = [vectors, *values] if self._trainable else values
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(sources)
            both = vectors + self._gather(frozen, used) if frozen else vectors
            with known_words(both, places) as words:
                logits, changed = self._head.stateless_call(
                    values, others, [words, rows != 0], training=True
                )
            loss, accuracy = loss_and_accuracy(self._output, logits, y, sample)
        # dense, where they came as one for each time that a row was read
        gradients = rule.clipped(list(map(tf.convert_to_tensor, tape.gradient(loss, sources))))
        steps = tf.raw_ops.ReadVariableOp(resource=iterations, dtype=tf.int64)
        now = tf.cast(steps, tf.float32)
        if self._trainable:
            of_rows = [vectors, *(self._gather([one], used) for one in table_slots)]
            row, row_slots = rule.step(gradients.pop(0), of_rows[0], of_rows[1:], rate, now)
            for resource, update in zip([*table, *table_slots], [row, *row_slots], strict=True):
                tf.raw_ops.ResourceScatterUpdate(resource=resource, indices=used, updates=update)
        self._take_step(rule, gradients, [weights, values, slots], rate, now)
        for resource, old, new in zip(state, others, changed, strict=True):
            if new is not old:
                tf.raw_ops.AssignVariableOp(resource=resource, value=new)
        tf.raw_ops.AssignVariableOp(resource=iterations, value=steps + 1)
        return loss, accuracy

    def _take_step(
        self, rule: OptimizerRule, gradients: Any, of_head: Any, rate: Tensor, now: Tensor
    ) -> None:
        """Change the head's weights."""
        import tensorflow as tf

        weights, values, slots = of_head
        n_slots = len(slots) // len(weights)
        for place, (weight, value, gradient) in enumerate(
            zip(weights, values, gradients, strict=True)
        ):
            own = slots[place * n_slots : (place + 1) * n_slots]
            held = [_read(one, value.shape) for one in own]
            value, held = rule.step(gradient, value, held, rate, now)
            constraint = self._head.trainable_variables[place].constraint
            value = value if constraint is None else constraint(value)
            for resource, new in zip([weight, *own], [value, *held], strict=True):
                tf.raw_ops.AssignVariableOp(resource=resource, value=new)

    def _read(self, weights: Any, state: Any) -> Any:
        head = self._head
        return (
            [_read(h, v.shape) for h, v in zip(weights, head.trainable_variables, strict=True)],
            [
                _read(h, v.shape, v.dtype)
                for h, v in zip(state, head.non_trainable_variables, strict=True)
            ],
        )

    def _gather(self, resources: Any, rows: Tensor) -> Tensor:
        import tensorflow as tf

        [resource] = resources
        out = tf.raw_ops.ResourceGather(resource=resource, indices=rows, dtype=tf.float32)
        out.set_shape([*rows.shape, self._dim])
        return out


def _distinct(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return the distinct rows of a batch, and which of them each word has."""
    import tensorflow as tf

    used, places = tf.unique(tf.reshape(rows, [-1]))
    return used, tf.reshape(places, tf.shape(rows))


def _read(resource: Tensor, shape: Any, dtype: str = "float32") -> Tensor:
    import tensorflow as tf

    value = tf.raw_ops.ReadVariableOp(resource=resource, dtype=tf.as_dtype(dtype))
    value.set_shape(shape)
    return value
