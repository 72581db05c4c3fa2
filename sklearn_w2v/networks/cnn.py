"""The network of `W2VCNNClassifier`: windows of words (Kim 2014, section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .lstm import dense_shapes


@dataclass(frozen=True)
class CNN:
    """Design and graph of a convolutional network from word vectors to logits.

    The parameters but `dim`, `n_classes` and `seed` are those of `W2VCNNClassifier`.

    Parameters
    ----------
    dim : int
        Dimensions of the word vectors.
    n_classes : int
        Number of classes.
    filters : int
    kernel_sizes : tuple of int
    hidden : int or None
    dropout : float
    max_norm : float or None
    seed : int
        Seed of the first weights and of dropout.
    """

    dim: int
    n_classes: int
    filters: int
    kernel_sizes: tuple[int, ...]
    hidden: int | None
    dropout: float
    max_norm: float | None
    seed: int

    def head(self) -> Any:
        """Return a new Keras model from vectors and mask to the classes' logits."""
        from . import layers
        from .backend import keras

        seeds = layers.seeds(self.seed)
        vectors, mask = layers.inputs(self.dim)
        maps = []
        for place, size in enumerate(self.kernel_sizes):
            again = self.kernel_sizes[:place].count(size)  # names of layers are distinct
            name = f"windows_of_{size}" + (f"_{again}" if again else "")
            maps.append(layers.feature_map(vectors, mask, self.filters, size, next(seeds), name))
        state = keras.ops.concatenate(maps, axis=-1) if len(maps) > 1 else maps[0]
        state = layers.dropout(state, self.dropout, next(seeds))
        # Kim's dropout scales the weights at test, Keras' the units in training
        bound = None if self.max_norm is None else self.max_norm * (1 - self.dropout)
        out = layers.classifier(state, self.hidden, self.n_classes, self.dropout, seeds, bound)
        head = keras.Model([vectors, mask], out, name="head")
        layers.hold_constraints(head)
        return head

    def shapes(self) -> list[tuple[int, ...]]:
        """Return the shapes of the head's weights, without building it."""
        n = self.filters
        maps = [shape for size in self.kernel_sizes for shape in ((size, self.dim, n), (n,))]
        return [*maps, *dense_shapes(n * len(self.kernel_sizes), self.hidden, self.n_classes)]
