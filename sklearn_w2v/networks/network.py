"""A Keras model and the table of word vectors that it reads from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..vectors.word_vectors import WordVectors
from .backend import about_to_run, keras
from .batches import Batch
from .compiled_steps import CompiledSteps, Handles, compiled_steps_of
from .design import Design, NetworkWeights
from .embedding_table import RowMap, Table
from .inference import Inference
from .keras_internals import KerasRows, has_handles, variable_handles
from .layers import embedding_layer, full_model, hold_constraints
from .losses import keras_accuracy, keras_loss
from .memory import free_previous_fits
from .optimizer_rules import OptimizerRule
from .training_loop import KerasSteps


class Network:
    """A Keras model, its head and its table, kept together.

    Parameters
    ----------
    design : Design
        What it is made as.
    table : Table
        Its rows become the embedding.
    head : keras.Model or None, default=None
        From vectors and mask to logits; None builds that of the design.
    shares_steps : bool, default=True
        Whether its compiled steps are those of all networks of the design; else Keras' own.
    """

    def __init__(
        self, design: Design, table: Table, head: Any = None, shares_steps: bool = True
    ) -> None:
        about_to_run()
        self.design, self.table = design, table
        self.head = design.architecture.head() if head is None else head
        first, *second = table.channels()
        self.embedding = embedding_layer(first, design.trains_vectors)
        channels = [self.embedding]
        channels += [embedding_layer(values, False, name="frozen") for values in second]
        del first, second  # the layers have them now
        table.hand_over(*(KerasRows(layer.embeddings) for layer in channels))
        self.model = full_model(self.head, channels, design.output.activation)
        self._steps: CompiledSteps | None = None
        if shares_steps and has_handles(self.model.variables):
            self._steps = compiled_steps_of(design, table.double)
        self._handles = None if self._steps is None else Handles.of(self.head, *channels)
        # in the order in which the compiled steps take them
        table_first = [self.embedding.embeddings] if design.trains_vectors else []
        self._trained = list(map(id, [*table_first, *self.head.weights]))
        self._loss: Any = None
        self._optimizer_config: Any = None

    @classmethod
    def new(
        cls,
        design: Design,
        vectors: WordVectors | None,
        rows: RowMap,
        values: NDArray[np.float32] | None = None,
    ) -> Network:
        """Build a network that starts from word vectors.

        Parameters
        ----------
        design : Design
            What it is made as.
        vectors : WordVectors or None
            What the ids index; None starts from random rows.
        rows : RowMap
            Ids of the table's rows.
        values : ndarray of shape (n_rows, dim) or None, default=None
            The rows; None takes them from the vectors.
        """
        # an optimizer has two more tables; Keras' own objects are not small, either
        free_previous_fits(12 * len(rows.ids) * design.architecture.dim + (1 << 21))
        return cls(design, Table.of_design(design, vectors, rows, values))

    @classmethod
    def from_weights(cls, weights: NetworkWeights, vectors: WordVectors | None) -> Network:
        """Build a network from its weights, as `weights` gave them."""
        network = cls.new(weights.design, vectors, RowMap(weights.ids), weights.values)
        if weights.head is not None:
            network.head.set_weights(weights.head)
        return network

    def weights(self) -> NetworkWeights:
        """Return the weights as plain arrays: no optimizer state, and no table that is frozen."""
        return self.inference().weights()

    @property
    def table_shape(self) -> tuple[int, int]:
        """Rows and dimensions of the table that are in use."""
        return len(self.table.rows.ids), int(self.table.dim)

    def grown(
        self,
        design: Design,
        ids: NDArray[np.int32],
        vectors: WordVectors | None,
        optimizer: Any,
    ) -> Network:
        """Return a compiled network with rows for more ids and all that was learnt.

        Parameters
        ----------
        design : Design
            Dropout, bounds and what is trained may be others than before.
        ids : ndarray of int32
            Ids; those that have a row keep it.
        vectors : WordVectors or None
            The same as before, or extended by further words.
        optimizer : keras.optimizers.Optimizer
            New; it takes up the former one's state.

        Returns
        -------
        Network
            This one where nothing has changed.
        """
        design.check_continues(self.design, vectors is not None)
        if self.table.vectors is not None:
            self.table.vectors = vectors
        table, head, network = self.table.grown(ids), self.head, self
        if design.architecture != self.design.architecture:
            head = design.architecture.head()
            head.set_weights(self.head.get_weights())
            hold_constraints(head)
        trained_alike = design.trains_vectors == self.design.trains_vectors
        if table is self.table and head is self.head and trained_alike:
            self.design = design
        else:
            network = Network(design, table, head)
        former = getattr(self.model, "optimizer", None)
        same = _config(optimizer) == self._optimizer_config
        if network is not self or not same or not getattr(self.model, "compiled", False):
            network.compile(optimizer)
            network._adopt_optimizer(former, with_rate=same)
        return network

    def compile(self, optimizer: Any) -> None:
        """Compile the model with an optimizer and the loss of its output."""
        output = self.design.output
        # XLA would compile the recurrent loop anew for each width
        jit = False if keras.config.backend() == "tensorflow" else "auto"
        self._optimizer_config = _config(optimizer)
        self.model.compile(
            optimizer,
            loss=keras_loss(output),
            metrics=[keras_accuracy(output)],
            jit_compile=jit,
        )
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
            A weight is not finite, as training diverged.
        """
        ops = keras.ops
        if all(bool(ops.all(ops.isfinite(one.value))) for one in self.model.trainable_variables):
            return
        raise ValueError(
            "Training gave weights that are not finite, from which nothing can be predicted. "
            f"Lower learning_rate ({rate!r}), or bound the gradients with "
            "optimizer__clipnorm=1.0."
        )

    def steps(self) -> SharedSteps | KerasSteps:
        """Return what trains the compiled network on a batch."""
        if self._steps is None or self._handles is None or not self._is_as_designed():
            return KerasSteps(self.model)
        return SharedSteps(self.model, self._steps, self._handles, self._is_as_designed)

    def _is_as_designed(self) -> bool:
        """Whether the design tells how it is trained; callbacks may have frozen layers, say."""
        assert self._steps is not None
        return (
            self._trained == list(map(id, self.model.trainable_variables))
            and self._steps.drops_as(self.head)
            and self.model.loss is self._loss
            and OptimizerRule.of(self.model.optimizer) is not None
        )

    def _adopt_optimizer(self, theirs: Any, with_rate: bool) -> None:
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

    def inference(self) -> Inference:
        """Return what predicts with the weights as they are now."""
        # Keras may be set to other types of numbers
        head = [np.asarray(weights, np.float32) for weights in self.head.get_weights()]
        return Inference(self.design, self.table, head)


class SharedSteps:
    """Training steps of a model, whose graphs the process has compiled already.

    A callback may compile the model anew, or change it before the first step; then Keras goes
    on with its own. What is changed later, Keras' own graph does not see, either.
    """

    def __init__(
        self,
        model: Any,
        compiled: CompiledSteps,
        handles: Handles,
        is_as_designed: Callable[[], bool],
    ) -> None:
        self._model, self._compiled, self._handles = model, compiled, handles
        self._is_as_designed = is_as_designed
        self._is_to_be_asked = True
        self._plain = KerasSteps(model)
        self._optimizer, self._loss = model.optimizer, model.loss
        self._rule = OptimizerRule.of(self._optimizer)
        if not self._optimizer.built:
            self._optimizer.build(model.trainable_variables)
        trained = model.trainable_variables
        slots = None if self._rule is None else self._rule.slots(self._optimizer, trained)
        self._slots = None if slots is None else [variable_handles(of_one) for of_one in slots]

    def train(self, batch: Batch) -> dict[str, float]:
        """Take one step of the optimizer, on the batch's rows of the table alone."""
        if self._is_to_be_asked:
            self._is_to_be_asked = False
            if not self._is_as_designed() or OptimizerRule.of(self._optimizer) != self._rule:
                self._rule = None
        if self._rule is None or self._slots is None or not self._is_as_compiled():
            return self._plain.train(batch)
        rule, optimizer = self._rule, self._optimizer
        return self._compiled.train(self._handles, rule, optimizer, self._slots, batch)

    def test(self, batch: Batch) -> dict[str, float]:
        """Return loss and accuracy."""
        if self._rule is None or not self._is_as_compiled():
            return self._plain.test(batch)
        return self._compiled.test(self._handles, batch)

    def _is_as_compiled(self) -> bool:
        return self._model.optimizer is self._optimizer and self._model.loss is self._loss


def _config(optimizer: Any) -> tuple[type, dict[str, Any]]:
    return type(optimizer), optimizer.get_config()
