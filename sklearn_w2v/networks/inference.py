"""What a fitted network predicts with: its table and its weights as arrays, without Keras."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..utils.arrays import parts
from ..vectors.word_vectors import WordVectors
from .design import Design, NetworkWeights
from .embedding_table import RowMap, Table
from .forward import Documents, Floats
from .threads import in_threads, one_blas_thread

_PROJECTED = 1 << 24  # values of the words that are projected together
_ROWS = 1 << 10  # words that one thread projects at once
_DOCUMENTS = 256  # documents of one batch
_TOKENS = 1 << 15  # tokens of one batch


class Inference:
    """A network's forward pass in NumPy.

    Threads and forked processes may use it at once.

    Parameters
    ----------
    design : Design
        What the network was made as.
    table : Table
        Vectors of words.
    head : list of ndarray
        Weights of the head.
    """

    def __init__(self, design: Design, table: Table, head: list[NDArray[np.float32]]) -> None:
        self.design, self.table, self._head = design, table, head

    @classmethod
    def from_weights(cls, weights: NetworkWeights, vectors: WordVectors | None) -> Inference:
        """Make it of a network's weights, as `weights` gives them."""
        assert weights.head is not None, "nothing was trained"
        table = Table.of_design(weights.design, vectors, RowMap(weights.ids), weights.values)
        return cls(weights.design, table, weights.head)

    def weights(self) -> NetworkWeights:
        """Return the weights as plain arrays, without a table that is frozen."""
        table = self.table
        values = None
        if self.design.trains_vectors or not table.is_untouched():
            values = table.values
        return NetworkWeights(self.design, table.rows.ids, values, self._head)

    @property
    def table_shape(self) -> tuple[int, int]:
        """Rows and dimensions of the table that are in use."""
        return len(self.table.rows.ids), int(self.table.dim)

    def logits(
        self,
        ids: NDArray[np.int32],
        lengths: NDArray[np.int64],
        vectors: WordVectors | None = None,
    ) -> Floats:
        """Return the logits of documents.

        Parameters
        ----------
        ids : ndarray of shape (n_documents, width), int32
            Right-padded; no more than the design's `maxlen` of each document is read.
        lengths : ndarray of shape (n_documents,)
            Number of words of each document.
        vectors : WordVectors or None, default=None
            An extension of the network's own vectors, for ids that these lack.

        Returns
        -------
        ndarray of shape (n_documents, n_classes), float32
        """
        maxlen = self.design.maxlen
        if maxlen is not None:
            ids, lengths = ids[:, :maxlen], np.minimum(lengths, maxlen)
        out = np.empty((len(ids), self.design.architecture.n_classes), np.float32)
        with one_blas_thread():
            for part in parts(ids):
                self._write_logits(ids[part], lengths[part], vectors, out[part])
        return out

    def _write_logits(
        self,
        ids: NDArray[np.int32],
        lengths: NDArray[np.int64],
        vectors: WordVectors | None,
        out: Floats,
    ) -> None:
        """Write the logits of documents; each word of theirs is projected once."""
        tokens = ids[np.arange(ids.shape[1]) < lengths[:, None]]
        used, places = np.unique(tokens, return_inverse=True)
        if len(ids) > 1 and len(used) * self._projected_size() > _PROJECTED:
            half = len(ids) // 2
            for part in (slice(half), slice(half, None)):
                self._write_logits(ids[part], lengths[part], vectors, out[part])
            return
        words = self._project(self.table.embed(used, vectors))
        documents = Documents(words, places, np.cumsum(lengths) - lengths, lengths)

        def write(batch: NDArray[np.intp]) -> None:
            part = documents.take(batch)
            out[batch] = self.design.architecture.logits(self._head, part)

        in_threads(write, _batches(lengths))

    def _project(self, vectors: Floats) -> Floats:
        """Return projected words, and padding after them."""
        project = self.design.architecture.project
        padding = project(self._head, np.zeros((1, self.table.dim), np.float32))
        out = np.empty((*padding.shape[:-2], len(vectors) + 1, padding.shape[-1]), np.float32)
        out[..., -1:, :] = padding

        def write(part: slice) -> None:
            out[..., :-1, :][..., part, :] = project(self._head, vectors[part])

        starts = range(0, len(vectors), _ROWS)
        in_threads(write, [slice(start, start + _ROWS) for start in starts])
        return out

    def _projected_size(self) -> int:
        """Return the number of values that a projected word has."""
        return int(self._project(np.empty((0, self.table.dim), np.float32)).size)

    def logits_of_vectors(self, vectors: Floats) -> Floats:
        """Return the logits of documents that are given as vectors, without padding.

        Parameters
        ----------
        vectors : ndarray of shape (n_documents, n_words, dim), float32
        """
        n, width, dim = vectors.shape
        with one_blas_thread():
            documents = Documents.alike(self._project(vectors.reshape(-1, dim)), n, width)
            logits: Floats = self.design.architecture.logits(self._head, documents)
        return logits

    def gradients(self, vectors: Floats, label: int) -> tuple[Floats, Floats]:
        """Return logits of one class and their gradients by the vectors.

        Parameters
        ----------
        vectors : ndarray of shape (n_documents, n_words, dim), float32
            Without padding.
        label : int
            Place of the class.

        Returns
        -------
        logits : ndarray of shape (n_documents,), float32
        gradients : ndarray of shape (n_documents, n_words, dim), float32
        """
        with one_blas_thread():
            logits, gradients = self.design.architecture.gradients(self._head, vectors, label)
        return logits, gradients


def _batches(lengths: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """Return the rows of batches of documents, the longest documents first."""
    order = np.argsort(-lengths, kind="stable")
    start, batches = 0, []
    while start < len(order):
        longest = max(1, int(lengths[order[start]]))
        stop = start + max(1, min(_DOCUMENTS, _TOKENS // longest))
        batches.append(order[start:stop])
        start = stop
    return batches
