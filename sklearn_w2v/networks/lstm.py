"""The network of `W2VLSTMClassifier`: a recurrent one, with a pooling of its states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LSTM:
    """Design and graph of an LSTM from word vectors to logits.

    The parameters but `dim`, `n_classes` and `seed` are those of `W2VLSTMClassifier`.

    Parameters
    ----------
    dim : int
        Dimensions of the word vectors.
    n_classes : int
        Number of classes.
    units : int
    hidden : int or None
    bidirectional : bool
    pooling : {"last", "max", "mean", "attention"}
    dropout : float
    seed : int
        Seed of the first weights and of dropout.
    """

    dim: int
    n_classes: int
    units: int
    hidden: int | None
    bidirectional: bool
    pooling: str
    dropout: float
    seed: int

    def head(self) -> Any:
        """Return a new Keras model from vectors and mask to the classes' logits."""
        from . import layers
        from .backend import keras
        from .projected_lstm import ProjectedLSTM

        seeds = layers.seeds(self.seed)
        vectors, mask = layers.inputs(self.dim)
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
            state = layers.pool(state, mask, self.pooling, next(seeds))
        state = layers.dropout(state, self.dropout, next(seeds))
        out = layers.classifier(state, self.hidden, self.n_classes, self.dropout, seeds)
        return keras.Model([vectors, mask], out, name="head")

    def shapes(self) -> list[tuple[int, ...]]:
        """Return the shapes of the head's weights, without building it."""
        units = self.units
        one = [(self.dim, 4 * units), (units, 4 * units), (4 * units,)]
        width = 2 * units if self.bidirectional else units
        attention = [(width, 1), (1,)] if self.pooling == "attention" else []
        ends = dense_shapes(width, self.hidden, self.n_classes)
        return [*one, *(one if self.bidirectional else []), *attention, *ends]


def dense_shapes(width: int, hidden: int | None, n_classes: int) -> list[tuple[int, ...]]:
    """Return the shapes of the dense layers after an encoder of some width."""
    shapes: list[tuple[int, ...]] = []
    for units in [hidden, n_classes] if hidden else [n_classes]:
        shapes += [(width, units), (units,)]
        width = units
    return shapes
