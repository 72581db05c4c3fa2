"""How often words of the vectors occur in documents, and what their vectors sum up to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..vectors.word_vectors import FIRST_ID, WordVectors, has_random_row
from .flat_ids import FlatIds

_WORDS = 1 << 15  # rows of vectors in memory at once
_VALUES = 1 << 22  # of the rows whose maximum is taken at once


class WordCounts:
    """Counts of words in documents.

    Parameters
    ----------
    documents : FlatIds
        Ids; 0 and 1 are not words.
    vectors : WordVectors
        What the ids index; words with a random row are left out.

    Attributes
    ----------
    ids : ndarray of shape (n_words,), int32
        Sorted distinct ids of the words.
    counts : csr_array of shape (n_documents, n_words), float32
        Counts, in the order of `ids`; none of the stored ones is 0.
    """

    def __init__(self, documents: FlatIds, vectors: WordVectors) -> None:
        words, places = _numbered(documents.ids)
        kept = words >= FIRST_ID
        kept[kept] = ~has_random_row(vectors, words[kept])
        self.ids = words[kept]
        known = kept[places]
        columns = (np.cumsum(kept, dtype=np.int32) - 1)[places[known]]
        starts = np.append(0, np.append(0, np.cumsum(known))[documents.ends])
        ones = np.ones(len(columns), np.float32)
        self.counts = csr_array((ones, columns, starts), shape=(len(documents), len(self.ids)))
        self.counts.sum_duplicates()

    def weighted_sums(self, shares: csr_array, vectors: WordVectors) -> NDArray[np.float32]:
        """Multiply shares by the words' vectors, which are read in blocks."""
        out = np.zeros((shares.shape[0], vectors.dim), np.float32)
        for start in range(0, len(self.ids), _WORDS):
            block = slice(start, start + _WORDS)
            part = shares if len(self.ids) <= _WORDS else shares[:, block]
            out += part @ vectors.take(self.ids[block])
        return out

    def maxima(self, vectors: WordVectors) -> NDArray[np.float32]:
        """Return the maximum of each dimension over a document's words; zeros without words."""
        starts, columns = self.counts.indptr, self.counts.indices
        out = np.zeros((len(starts) - 1, vectors.dim), np.float32)
        filled = np.flatnonzero(np.diff(starts))
        room = max(1, _VALUES // vectors.dim)
        first = 0
        while first < len(filled):
            begin = starts[filled[first]]
            # one document at least, however long it is
            stop = max(first + 1, int(np.searchsorted(starts[filled + 1], begin + room, "right")))
            chosen = filled[first:stop]
            rows = vectors.take(self.ids[columns[begin : starts[chosen[-1] + 1]]])
            out[chosen] = np.maximum.reduceat(rows, starts[chosen] - begin, axis=0)
            first = stop
        return out


def _numbered(ids: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.integer]]:
    """Return sorted distinct ids, and the place of each id among them."""
    size = int(ids.max(initial=0)) + 1
    if ids.size < size:  # few documents: their cost does not depend on the vocabulary
        words, places = np.unique(ids, return_inverse=True)
        return words, places
    there = np.zeros(size, bool)  # cheaper than sorting all ids
    there[ids] = True
    return np.flatnonzero(there).astype(np.int32), (np.cumsum(there, dtype=np.int32) - 1)[ids]


def summing_to_one(weights: csr_array) -> csr_array:
    """Divide weights by their sum over each row, in place; empty rows stay so."""
    lengths = np.diff(weights.indptr)
    weights.data /= np.repeat(weights.sum(axis=1), lengths)
    return weights


def mean_vectors(documents: FlatIds, vectors: WordVectors) -> NDArray[np.float32]:
    """Return the mean vector of each document's known words; zeros without any."""
    words = WordCounts(documents, vectors)
    return words.weighted_sums(summing_to_one(words.counts), vectors)


def knows(ids: NDArray[np.int32], vectors: WordVectors) -> NDArray[np.bool_]:
    """Return for which ids the vectors have a row that was not drawn at random."""
    words = ids >= FIRST_ID
    words[words] = ~has_random_row(vectors, ids[words])
    return words
