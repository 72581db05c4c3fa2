"""The Keras graphs, in Keras 3's own layers and ops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._backend import keras


def embedding_layer(table: NDArray[np.float32], trainable: bool, mask_zero: bool = False) -> Any:
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
        name="embedding",
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
    output: str
    seed: int

    def head(self) -> Any:
        """Model from vectors and mask to class probabilities."""
        seeds = iter(range(self.seed, self.seed + 20))
        vectors = keras.Input((None, self.dim), dtype="float32", name="vectors")
        mask = keras.Input((None,), dtype="bool", name="mask")
        sequence = self.pooling != "last"
        encoder: Any = keras.layers.LSTM(
            self.units,
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
        out = _dense(self.n_classes, self.output, "output", next(seeds))(state)
        return keras.Model([vectors, mask], out, name="head")


def _dense(units: int, activation: str, name: str, seed: int) -> Any:
    return keras.layers.Dense(
        units,
        activation=activation,
        kernel_initializer=keras.initializers.GlorotUniform(seed),
        name=name,
    )


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


def full_model(head: Any, embedding: Any) -> Any:
    """Model from ids to class probabilities: the table in front of the head."""
    ids = keras.Input((None,), dtype="int32", name="ids")
    return keras.Model(ids, head([embedding(ids), keras.ops.not_equal(ids, 0)]))
