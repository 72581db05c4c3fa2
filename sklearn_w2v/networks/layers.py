"""The Keras graphs, in Keras 3's own layers and ops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .backend import keras
from .projected_lstm import ProjectedLSTM


def embedding_layer(
    table: NDArray[np.float32], trainable: bool, mask_zero: bool = False, name: str = "embedding"
) -> Any:
    """Embedding layer that holds a table.

    The weights are set after building: a table in the config (as an initializer) would
    make every model that holds it impossible to load again.
    """
    rows, dim = table.shape
    layer = keras.layers.Embedding(
        rows,
        dim,
        embeddings_initializer="zeros",
        mask_zero=mask_zero,
        trainable=trainable,
        name=name,
    )
    layer.build(None)
    layer.set_weights([table])
    return layer


@dataclass(frozen=True)
class LSTMSpec:
    """What the graph of `W2VLSTMClassifier` is made of."""

    dim: int
    n_classes: int
    units: int
    hidden: int | None
    bidirectional: bool
    pooling: str
    dropout: float
    seed: int

    def head(self) -> Any:
        """Model from vectors and mask to the classes' logits."""
        seeds = iter(range(self.seed, self.seed + 20))
        vectors, mask = _inputs(self.dim)
        sequence = self.pooling != "last"
        encoder: Any = ProjectedLSTM(
            self.units,
            right_padded=True,
            return_sequences=sequence,
            kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
            recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
            seed=next(seeds),
            name="lstm",
        )
        if self.bidirectional:
            # the backward copy takes its initializers from the config, seeds included
            encoder = keras.layers.Bidirectional(encoder, name="bidirectional")
        state = encoder(vectors, mask=mask)
        if sequence:
            state = _pool(state, mask, self.pooling, next(seeds))
        state = _dropout(state, self.dropout, next(seeds))
        if self.hidden:
            state = _dense(self.hidden, "relu", "hidden", next(seeds))(state)
            state = _dropout(state, self.dropout, next(seeds))
        out = _dense(self.n_classes, "linear", "output", next(seeds))(state)
        return keras.Model([vectors, mask], out, name="head")

    def shapes(self) -> list[tuple[int, ...]]:
        """Shapes of the head's weights, without building it."""
        units = self.units
        one = [(self.dim, 4 * units), (units, 4 * units), (4 * units,)]
        width = 2 * units if self.bidirectional else units
        attention = [(width, 1), (1,)] if self.pooling == "attention" else []
        ends = _dense_shapes(width, self.hidden, self.n_classes)
        return [*one, *(one if self.bidirectional else []), *attention, *ends]


@dataclass(frozen=True)
class CNNSpec:
    """What the graph of `W2VCNNClassifier` is made of (Kim 2014, section 2)."""

    dim: int
    n_classes: int
    filters: int
    kernel_sizes: tuple[int, ...]
    hidden: int | None
    dropout: float
    max_norm: float | None
    seed: int

    def head(self) -> Any:
        """Model from vectors and mask to the classes' logits."""
        seeds = iter(range(self.seed, self.seed + 20 + len(self.kernel_sizes)))
        vectors, mask = _inputs(self.dim)
        maps = []
        for place, size in enumerate(self.kernel_sizes):
            again = self.kernel_sizes[:place].count(size)  # names of layers are distinct
            name = f"windows_of_{size}" + (f"_{again}" if again else "")
            maps.append(_feature_map(vectors, mask, self.filters, size, next(seeds), name))
        state = keras.ops.concatenate(maps, axis=-1) if len(maps) > 1 else maps[0]
        state = _dropout(state, self.dropout, next(seeds))
        if self.hidden:
            state = _dense(self.hidden, "relu", "hidden", next(seeds))(state)
            state = _dropout(state, self.dropout, next(seeds))
        # Kim's dropout scales the weights at test, Keras' the units in training
        cap = None if self.max_norm is None else self.max_norm * (1 - self.dropout)
        out = _dense(self.n_classes, "linear", "output", next(seeds), cap)(state)
        head = keras.Model([vectors, mask], out, name="head")
        hold_constraints(head)
        return head

    def shapes(self) -> list[tuple[int, ...]]:
        """Shapes of the head's weights, without building it."""
        n = self.filters
        maps = [shape for size in self.kernel_sizes for shape in ((size, self.dim, n), (n,))]
        return [*maps, *_dense_shapes(n * len(self.kernel_sizes), self.hidden, self.n_classes)]


def _dense_shapes(width: int, hidden: int | None, n_classes: int) -> list[tuple[int, ...]]:
    """Shapes of the weights behind the encoder."""
    layers = [hidden, n_classes] if hidden else [n_classes]
    shapes: list[tuple[int, ...]] = []
    for units in layers:
        shapes += [(width, units), (units,)]
        width = units
    return shapes


def _inputs(dim: int) -> tuple[Any, Any]:
    vectors = keras.Input((None, dim), dtype="float32", name="vectors")
    return vectors, keras.Input((None,), dtype="bool", name="mask")


def _feature_map(vectors: Any, mask: Any, filters: int, size: int, seed: int, name: str) -> Any:
    """Largest answer of each filter to any window of a document.

    Windows reach over both ends by all but one word, as in Kim's own code; so documents
    shorter than a window have windows, too. Windows of nothing but padding do not count.
    """
    ops = keras.ops
    words = vectors * ops.expand_dims(ops.cast(mask, "float32"), -1)
    around = size - 1
    words = ops.pad(words, [[0, 0], [around, around], [0, 0]])
    there = ops.pad(mask, [[0, 0], [around, 0]], constant_values=True)
    answers = keras.layers.Conv1D(
        filters,
        size,
        activation="relu",
        kernel_initializer=keras.initializers.GlorotUniform(seed),
        name=name,
    )(words)
    # relu makes 0 the least that a window can answer
    return ops.max(answers * ops.expand_dims(ops.cast(there, "float32"), -1), axis=1)


def _dense(units: int, activation: str, name: str, seed: int, max_norm: float | None = None) -> Any:
    # one column of the kernel is the weight vector of one unit
    cap = None if max_norm is None else keras.constraints.MaxNorm(max_norm, axis=0)
    return keras.layers.Dense(
        units,
        activation=activation,
        kernel_initializer=keras.initializers.GlorotUniform(seed),
        kernel_constraint=cap,
        name=name,
    )


def hold_constraints(model: Any) -> None:
    """Bring weights within the constraints that a step would hold them to."""
    for variable in model.trainable_variables:
        if variable.constraint is not None:
            within = variable.constraint(variable.value)
            if keras.ops.any(keras.ops.abs(variable.value - within) > 1e-6):
                variable.assign(within)


def _dropout(state: Any, rate: float, seed: int) -> Any:
    return keras.layers.Dropout(rate, seed=seed)(state) if rate else state


def _pool(sequence: Any, mask: Any, how: str, seed: int) -> Any:
    """One vector for a sequence, without its padding."""
    ops = keras.ops
    there = ops.expand_dims(mask, -1)
    if how == "max":
        return ops.max(ops.where(there, sequence, -1e9), axis=1)
    if how == "mean":
        weights = ops.cast(there, "float32")
        total = ops.sum(sequence * weights, axis=1)
        return total / ops.maximum(ops.sum(weights, axis=1), 1.0)
    scores = _dense(1, "linear", "attention", seed)(sequence)
    weights = ops.softmax(ops.where(there, scores, -1e9), axis=1)
    return ops.sum(sequence * weights, axis=1)


def full_model(head: Any, embeddings: Sequence[Any], output: str) -> Any:
    """Model from ids to class probabilities: the tables in front of the head.

    Parameters
    ----------
    head : keras.Model
        From vectors and mask to logits.
    embeddings : sequence of keras.layers.Embedding
        Channels, which are added. A filter that is applied to two channels and the results
        added (Kim 2014, section 2.1) is the filter applied to their sum.
    output : {"softmax", "sigmoid"}
        What makes probabilities of logits.
    """
    ids = keras.Input((None,), dtype="int32", name="ids")
    vectors = embeddings[0](ids)
    for more in embeddings[1:]:
        vectors = vectors + more(ids)
    logits = head([vectors, keras.ops.not_equal(ids, 0)])
    return keras.Model(ids, keras.layers.Activation(output, name="probabilities")(logits))
