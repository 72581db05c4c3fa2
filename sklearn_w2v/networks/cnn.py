"""The network of `W2VCNNClassifier`: windows of words (Kim 2014, section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .forward import Documents, Floats, dense, dense_gradient, share_of_maximum
from .lstm import dense_shapes


@dataclass(frozen=True)
class CNN:
    """Design, graph and forward pass of a convolutional network from word vectors to logits.

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

    # ------------------------------------------------------- the same in NumPy
    def project(self, weights: list[Floats], vectors: Floats) -> Floats:
        """Return what single words add at each place of a window: (places, n_words, filters)."""
        kernels = [weights[2 * number] for number in range(len(self.kernel_sizes))]
        return np.concatenate([vectors @ kernel for kernel in kernels])

    def logits(self, weights: list[Floats], documents: Documents) -> Floats:
        """Return the logits of documents: (n_documents, n_classes)."""
        first, state = 0, []
        for number, size in enumerate(self.kernel_sizes):
            answers, starts, n_windows = _windows(documents, first, size)
            first += size
            best = np.zeros((len(starts), self.filters), np.float32)
            if len(answers):
                there = n_windows > 0
                best[there] = np.maximum.reduceat(answers, starts[there], axis=0)
                best[there] += weights[2 * number + 1]
            state.append(np.maximum(best, 0))
        return dense(np.concatenate(state, axis=1), self._dense_weights(weights))

    def gradients(self, weights: list[Floats], vectors: Floats, label: int) -> Any:
        """Return logits of one class, and their gradients by the vectors (see `Architecture`)."""
        n, width, dim = vectors.shape
        padded = np.concatenate([vectors.reshape(-1, dim), np.zeros((1, dim), np.float32)])
        documents = Documents.alike(self.project(weights, padded), n, width)
        first, state, shares = 0, [], []
        for number, size in enumerate(self.kernel_sizes):
            answers = _windows(documents, first, size)[0].reshape(n, -1, self.filters)
            first += size
            shares.append(share_of_maximum(answers, axis=1))
            state.append(np.maximum(answers.max(axis=1) + weights[2 * number + 1], 0))
        encoded = np.concatenate(state, axis=1)
        logits, by_encoded = dense_gradient(encoded, self._dense_weights(weights), label)
        by_maps = np.split(np.where(encoded > 0, by_encoded, 0), len(shares), axis=1)
        out = np.zeros_like(vectors)
        for number, (size, share, by_map) in enumerate(
            zip(self.kernel_sizes, shares, by_maps, strict=True)
        ):
            by_windows = share * by_map[:, None]
            for place, kernel in enumerate(weights[2 * number]):
                # the word at this place of a window stands at that place of the document
                reached = by_windows[:, size - 1 - place :][:, :width]
                out += reached @ kernel.T
        return logits, out

    def _dense_weights(self, weights: list[Floats]) -> list[Floats]:
        return weights[2 * len(self.kernel_sizes) :]


def _windows(
    documents: Documents, first: int, size: int
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Return the sums of all windows of documents, one document after the other.

    A window reaches over both ends by all but one word; between two documents, one stretch of
    padding serves both.

    Parameters
    ----------
    documents : Documents
    first : int
        Place of the windows' first word in the projected ones.
    size : int
        Words of a window.

    Returns
    -------
    sums : ndarray of shape (n_windows, filters), float32
    starts : ndarray of shape (n_documents,), int
        Where the windows of a document start.
    lengths : ndarray of shape (n_documents,), int
        Number of windows of a document.
    """
    around, lengths = size - 1, documents.lengths
    n_windows = lengths + around
    starts = np.cumsum(n_windows) - n_windows
    total = int(n_windows.sum())
    padding = documents.words.shape[1] - 1
    places = np.full(total + around, padding)
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    there = np.repeat(starts + around, lengths) + within
    places[there] = documents.places[np.repeat(documents.starts, lengths) + within]
    words = documents.words[first : first + size]
    sums = words[0].take(places[:total], axis=0)
    more = np.empty_like(sums)
    for place in range(1, size):
        # places are right; this only spares a buffer
        sums += words[place].take(places[place:][:total], axis=0, out=more, mode="clip")
    return sums, starts, n_windows
