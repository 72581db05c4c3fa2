"""Stores: words and rows as `WordVectors` reads them, and stores that are held in memory."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..utils.forks import cached_property
from ..utils.saved_state import (
    expect,
    is_array,
    is_instance,
    is_texts,
    lies_within,
    unexpected,
)
from .subwords import Subwords

_SAMPLE = 10_000  # rows from which the table's mean and variance are estimated


class Store(ABC):
    """Words and their rows, which several words may share; the base of all stores.

    A word's index is its position among the words. Each row from 0 to ``n_rows - 1`` has a
    first word, which `first_words` returns; other words may share the row.
    """

    path: str | None = None
    aliases: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the content was opened."""
        return True

    @property
    def root(self) -> Store:
        """The table that this store extends, or itself if it extends none."""
        return self

    def drawn(self, indices: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which words, given by their indices, have rows that were drawn at random."""
        return np.zeros(len(indices), bool)

    def copied(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the index of the word whose row each word's is a copy of, or -1."""
        return np.full(len(indices), -1, np.int64)

    def continues(self, other: Store) -> bool:
        """Return whether this store starts with the words and rows of another store."""
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
        """Mean row and variance of the values, estimated from rows of the whole table."""

    @property
    @abstractmethod
    def subwords(self) -> Subwords | None:
        """Vectors of n-grams, if there are any."""

    @abstractmethod
    def __len__(self) -> int:
        """Number of words."""

    @abstractmethod
    def words_at(self, indices: NDArray[np.int64]) -> list[str]:
        """Return some words, given by their indices; this makes nothing of all words."""

    @abstractmethod
    def find(self, words: Sequence[str]) -> NDArray[np.int64]:
        """Return the index of each word, or -1 if it is not known."""

    @abstractmethod
    def row_of(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of words, given by their indices."""

    @abstractmethod
    def first_words(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the index of the first word of each row."""

    @abstractmethod
    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return a copy of rows."""

    def holds(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which rows are there; a model file may hold only some of them."""
        return np.ones(len(rows), bool)

    def check_whole(self) -> None:
        """Refuse to go on if rows are missing.

        Raises
        ------
        ValueError
            Some rows are missing.
        """
        return

    @abstractmethod
    def expanded(self) -> NDArray[np.float32]:
        """Return a read-only row for each word; this is a copy only if words share rows."""

    def _check_saved_state(self) -> None:
        """Refuse values that `save` cannot have written; this opens no file."""
        return

    def _check_opened_state(self) -> None:
        """Refuse values that do not fit the table, which this opens."""
        return


class TableStore(Store):
    """A matrix with a row for each of the first words; more words share these rows.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, dim), float32
        The rows.
    shared : ndarray of shape (n_words,), int32, or None
        Row of each word, which counts up for the first `n_rows` words; None if no word
        shares one.
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

    def words_at(self, indices: NDArray[np.int64]) -> list[str]:
        return [self._words[index] for index in indices.tolist()]

    @cached_property
    def _index(self) -> dict[str, int]:
        return {word: index for index, word in enumerate(self.words)}

    def find(self, words: Sequence[str]) -> NDArray[np.int64]:
        get = self._index.get
        return np.fromiter((get(word, -1) for word in words), np.int64)

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.blake2b(digest_size=16)
        # a length before each part, so that no two contents are one row of bytes
        for word in self.words:
            name = word.encode("utf-8", "surrogatepass")
            digest.update(b"%d " % len(name) + name)
        grams = self.subwords
        for part, array in (
            ("matrix", self.matrix),
            ("shared", self.shared),
            ("ngrams", None if grams is None else grams.ngrams),
        ):
            if array is not None:
                digest.update(f"{part} {array.shape} ".encode())
                digest.update(np.ascontiguousarray(array).data)
        if grams is not None:
            digest.update(f"{grams.min_n} {grams.max_n}".encode())
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
