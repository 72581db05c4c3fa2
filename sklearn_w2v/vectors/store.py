"""Where vectors lie: in memory, or in a folder of flat files that processes share.

The folder form is written once for each vectors file and mapped from then on: a raw
float32 matrix, the words as one block of UTF-8 with offsets, and the words' hashes in
order, so that looking a word up needs no dictionary in memory. Words that share the row
of another stand behind those that have one; then a further file says which row is whose.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..utils.saved_state import (
    expect,
    is_array,
    is_instance,
    is_texts,
    lies_within,
    unexpected,
)
from .subwords import Subwords

_SAMPLE = 10_000  # rows that the table's mean and variance are estimated from


class Store(ABC):
    """What `WordVectors` stand on: words, and rows that several words may share.

    A word's index is its place among the words. Rows 0 to ``n_rows - 1`` belong to words
    of their own, which `first_words` names; other words share them.
    """

    path: str | None = None
    aliases: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was seen that the content is there."""
        return True

    @property
    def root(self) -> Store:
        """The table that this store extends, or itself if it extends none."""
        return self

    def drawn(self, indices: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which words, given by their indices, have rows that were drawn at random."""
        return np.zeros(len(indices), bool)

    def continues(self, other: Store) -> bool:
        """Whether the words of another store, and their rows, stand at the front here."""
        return self is other or self.fingerprint == other.fingerprint

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Hash of the content."""

    @property
    @abstractmethod
    def dim(self) -> int:
        """Number of dimensions."""

    @property
    @abstractmethod
    def words(self) -> list[str]:
        """All words, in the order of their indices."""

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """Number of distinct rows."""

    @property
    @abstractmethod
    def moments(self) -> tuple[NDArray[np.float32], float]:
        """Mean row and variance of the values, estimated from rows over the whole table."""

    @property
    @abstractmethod
    def subwords(self) -> Subwords | None:
        """Vectors of n-grams, where there are some."""

    @abstractmethod
    def __len__(self) -> int:
        """Number of words."""

    @abstractmethod
    def find(self, words: Sequence[str]) -> NDArray[np.int64]:
        """Index of each word, -1 where it is not known."""

    @abstractmethod
    def row_of(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of words, by their indices."""

    @abstractmethod
    def first_words(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Index of the word that has a row for its own."""

    @abstractmethod
    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Copy of rows."""

    def holds(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which rows are there; a model file may hold some of them only."""
        return np.ones(len(rows), bool)

    def check_whole(self) -> None:
        """Refuse to go on where rows are missing.

        Raises
        ------
        ValueError
            Some rows are not there.
        """
        return

    @abstractmethod
    def expanded(self) -> NDArray[np.float32]:
        """A read-only row for each word; a copy only where words share rows."""

    def _check_saved_state(self) -> None:
        """Refuse what a model file cannot have got from `save`; opens no file."""
        return

    def _check_opened_state(self) -> None:
        """Refuse what does not fit the table, which is opened for it."""
        return


class TableStore(Store):
    """A matrix whose first words have a row each, and further words that share these rows.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, dim), float32
        The rows.
    shared : ndarray of shape (n_words,), int32, or None
        Row of each word, counting up for the first `n_rows`; None where no word shares one.
    subwords : Subwords or None
        Vectors of n-grams.
    """

    def __init__(
        self,
        matrix: NDArray[np.float32],
        shared: NDArray[np.int32] | None,
        subwords: Subwords | None,
    ) -> None:
        self.matrix, self.shared, self._subwords = matrix, shared, subwords

    @property
    def dim(self) -> int:
        return int(self.matrix.shape[1])

    @property
    def n_rows(self) -> int:
        return len(self.matrix)

    @property
    def subwords(self) -> Subwords | None:
        return self._subwords

    def __len__(self) -> int:
        return len(self.matrix if self.shared is None else self.shared)

    def row_of(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        return indices if self.shared is None else self.shared[indices].astype(np.int64)

    def first_words(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return rows

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.asarray(self.matrix[rows])

    def expanded(self) -> NDArray[np.float32]:
        if self.shared is None:
            return self.matrix
        whole = np.asarray(self.matrix[self.shared])
        whole.flags.writeable = False
        return whole

    @cached_property
    def moments(self) -> tuple[NDArray[np.float32], float]:
        size = len(self.matrix)
        places = np.linspace(0, size - 1, min(size, _SAMPLE)).astype(np.int64)
        sample = np.asarray(self.matrix[places], np.float64)
        return sample.mean(axis=0).astype(np.float32), float(sample.var())

    def _check_saved_state(self) -> None:
        expect(self, {"_subwords": is_instance(Subwords, type(None))})
        if self._subwords is not None:
            self._subwords._check_saved_state()
            if self._subwords.ngrams.shape[1] != self.dim:
                raise unexpected(self._subwords, "ngrams")


class MemoryStore(TableStore):
    """Words and a read-only float32 matrix in the memory of this process."""

    def __init__(
        self,
        words: Sequence[str],
        matrix: NDArray[np.float32],
        shared: NDArray[np.int32] | None = None,
        subwords: Subwords | None = None,
    ) -> None:
        super().__init__(matrix, shared, subwords)
        self._words = list(words)
        self.matrix.flags.writeable = False

    @property
    def words(self) -> list[str]:
        return self._words

    @cached_property
    def _index(self) -> dict[str, int]:
        return {word: index for index, word in enumerate(self.words)}

    def find(self, words: Sequence[str]) -> NDArray[np.int64]:
        get = self._index.get
        return np.fromiter((get(word, -1) for word in words), np.int64)

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.blake2b(digest_size=16)
        for word in self.words:
            digest.update(word.encode("utf-8", "surrogatepass") + b"\n")
        digest.update(np.ascontiguousarray(self.matrix).data)
        if self.shared is not None:
            digest.update(np.ascontiguousarray(self.shared).data)
        if self.subwords is not None:
            digest.update(f"{self.subwords.min_n} {self.subwords.max_n}".encode())
            digest.update(np.ascontiguousarray(self.subwords.ngrams).data)
        return digest.hexdigest()

    def __reduce__(self) -> tuple[Any, ...]:
        return MemoryStore, (self.words, self.matrix, self.shared, self.subwords)

    def _check_saved_state(self) -> None:
        expect(self, {"_words": is_texts, "matrix": is_array(np.float32, None, None)})
        shared = self.shared
        fits = shared is None or (
            is_array(np.int32, None)(shared) and lies_within(shared, 0, self.n_rows)
        )
        if not (fits and len(self) == len(self._words) and self.matrix.size):
            raise unexpected(self, "shared")
        super()._check_saved_state()
