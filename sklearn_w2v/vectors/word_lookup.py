"""Looking words up, and taking their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .store import Store

PADDING_ID = 0
OOV_ID = 1
FIRST_ID = 2  # id of row 0: a word2vec table has no row to spare for padding

_BLOCK = 1 << 15


class WordLookup:
    """What `WordVectors` tell of their words, wherever these lie."""

    _store: Store

    @property
    def path(self) -> str | None:
        return self._store.path

    @property
    def dim(self) -> int:
        return self._store.dim

    @cached_property
    def words(self) -> list[str]:
        return list(self._store.words)  # a caller may change it

    @property
    def vectors(self) -> NDArray[np.float32]:
        return self._store.expanded()

    @property
    def fingerprint(self) -> str:
        return self._store.fingerprint

    def __len__(self) -> int:
        return len(self._store)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and bool(self.find([word])[0] >= 0)

    def __getitem__(self, word: str) -> NDArray[np.float32]:
        row = self.find([word])[0]
        if row < 0:
            raise KeyError(f"{word!r} is not among the {len(self)} words of these vectors")
        vector: NDArray[np.float32] = self._take(np.array([row]))[0]
        return vector

    def find(self, words: Sequence[str]) -> NDArray[np.int64]:
        """Rows of words.

        Parameters
        ----------
        words : sequence of str
            Words to look up.

        Returns
        -------
        ndarray of shape (n_words,), int64
            Their rows; -1 where a word is not known.
        """
        return self._store.find(words)

    @property
    def has_subwords(self) -> bool:
        return self._store.subwords is not None

    def compose(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Vectors of any words from their character n-grams, as fastText makes them.

        Parameters
        ----------
        words : sequence of str
            Words that these vectors lack. Of words that they have come the n-grams alone,
            not their rows.

        Returns
        -------
        rows : ndarray of shape (n_words, dim), float32
            Mean of the vectors of a word's n-grams; zeros where it is not known.
        known : ndarray of shape (n_words,), bool
            False for a word too short to have n-grams, and for every word where
            `has_subwords` is False.
        """
        words = list(words)
        subwords = self._store.subwords
        if subwords is None:
            return np.zeros((len(words), self.dim), np.float32), np.zeros(len(words), bool)
        return subwords.compose(words)

    def most_similar(
        self, positive: str | Iterable[str], negative: Iterable[str] = (), topn: int = 10
    ) -> list[tuple[str, float]]:
        """Words nearest to a word, or to the sum and difference of some, by cosine.

        Parameters
        ----------
        positive : str or iterable of str
            Words whose unit vectors are added.
        negative : iterable of str, default=()
            Words whose unit vectors are subtracted.
        topn : int, default=10
            How many come out.

        Returns
        -------
        list of (str, float)
            Words and cosines, best first, without the words that were given. Of words
            that share a row only the first one comes.

        Raises
        ------
        KeyError
            A word is not known.
        """
        added = [positive] if isinstance(positive, str) else list(positive)
        taken = [*added, *negative]
        if not taken:
            raise ValueError("Got no words but expected at least one.")
        signs = np.array([1.0] * len(added) + [-1.0] * (len(taken) - len(added)), np.float32)
        units = np.stack([self[word] for word in taken])
        units /= np.maximum(np.linalg.norm(units, axis=1, keepdims=True), 1e-12)
        query = signs @ units
        query /= max(float(np.linalg.norm(query)), 1e-12)
        store = self._store
        cosines = np.empty(store.n_rows, np.float32)
        for start in range(0, store.n_rows, _BLOCK):  # never the whole matrix in memory
            stop = min(start + _BLOCK, store.n_rows)
            block = np.arange(start, stop)
            held = store.holds(block)
            rows = store.take(block[held])
            norms = np.maximum(np.linalg.norm(rows, axis=1), 1e-12)
            cosines[start:stop] = -np.inf
            cosines[block[held]] = (rows @ query) / norms
        given = np.unique(store.row_of(self.find(taken)))
        cosines[given] = -np.inf
        there = int(np.count_nonzero(np.isfinite(cosines)))
        best = np.argsort(-cosines, kind="stable")[: max(0, min(topn, there))]
        names = store.first_words(best).tolist()
        return [(self.words[at], float(cosines[row])) for at, row in zip(names, best, strict=True)]

    def _take(self, indices: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._store.take(self._store.row_of(indices))

    def take(self, ids: NDArray[Any]) -> NDArray[np.float32]:
        """Vectors of ids: zeros for 0 (padding), the table's mean for 1 (unknown).

        Parameters
        ----------
        ids : ndarray of shape (n,), integer
            Ids as `W2VIndexer` makes them; 2 is the first word.

        Returns
        -------
        ndarray of shape (n, dim), float32
            A copy of the rows.

        Raises
        ------
        ValueError
            An id lies outside the table.
        """
        ids = np.asarray(ids, np.int64)
        if len(ids) and (ids.min() < 0 or ids.max() >= len(self) + FIRST_ID):
            raise ValueError(
                f"Got ids from {ids.min()} to {ids.max()} but expected 0 to "
                f"{len(self) + FIRST_ID - 1}: these vectors have {len(self)} words."
            )
        out = np.zeros((len(ids), self.dim), np.float32)
        words = ids >= FIRST_ID
        out[words] = self._take(ids[words] - FIRST_ID)
        if (ids == OOV_ID).any():
            out[ids == OOV_ID] = self._store.moments[0]
        return out
