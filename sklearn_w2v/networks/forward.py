"""What the forward passes of all architectures share, in NumPy: documents, and dense layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)  # arrays do not compare to one answer
class Documents:
    """Documents whose words an architecture has projected, each distinct word once.

    Parameters
    ----------
    words : ndarray of shape (..., n_words + 1, n_features), float32
        What `Architecture.project` made of the distinct words, and of padding (zeros), the last.
    places : ndarray of shape (n_tokens,), int
        Places in `words` of the documents' tokens, one document after the other.
    starts : ndarray of shape (n_documents,), int
        Where each document starts in `places`.
    lengths : ndarray of shape (n_documents,), int
        Number of tokens of each document; the longest one comes first.
    """

    words: Floats
    places: NDArray[np.intp]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @classmethod
    def alike(cls, words: Floats, n_documents: int, width: int) -> Documents:
        """Return documents of one length, of which each token has a row of its own."""
        starts = np.arange(n_documents, dtype=np.int64) * width
        places = np.arange(n_documents * width)
        return cls(words, places, starts, np.full(n_documents, width, np.int64))

    def take(self, rows: NDArray[Any]) -> Documents:
        """Return some of the documents."""
        return Documents(self.words, self.places, self.starts[rows], self.lengths[rows])


def dense(state: Floats, weights: list[Floats]) -> Floats:
    """Return the logits of encoded documents: what every network ends with.

    Parameters
    ----------
    state : ndarray of shape (n_documents, width), float32
    weights : list of ndarray
        Kernel and bias of the hidden layer, where there is one, and of the last layer.
    """
    *hidden, kernel, bias = weights
    if hidden:
        state = _hidden(state, hidden)
    return np.asarray(state @ kernel + bias)


def dense_gradient(state: Floats, weights: list[Floats], label: int) -> tuple[Floats, Floats]:
    """Return logits of one class, and their gradients by the encoded documents.

    Parameters
    ----------
    state : ndarray of shape (n_documents, width), float32
    weights : list of ndarray
        As for `dense`.
    label : int
        Place of the class.

    Returns
    -------
    logits : ndarray of shape (n_documents,), float32
    gradients : ndarray of shape (n_documents, width), float32
    """
    *hidden, kernel, bias = weights
    column = kernel[:, label]
    if not hidden:
        return state @ column + bias[label], np.broadcast_to(column, state.shape)
    answers = _hidden(state, hidden)
    return answers @ column + bias[label], np.where(answers > 0, column, 0) @ hidden[0].T


def _hidden(state: Floats, weights: list[Floats]) -> Floats:
    kernel, bias = weights
    return np.asarray(np.maximum(state @ kernel + bias, 0))


def share_of_maximum(values: Floats, axis: int) -> Floats:
    """Return the gradient of a maximum by its arguments; equal ones share it."""
    best = values == values.max(axis=axis, keepdims=True)
    return np.asarray(best / best.sum(axis=axis, keepdims=True), np.float32)
