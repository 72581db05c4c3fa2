"""Counts of words, pairs of words and runs of characters, straight from ids."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed
from numpy.typing import NDArray

from ..utils.saved_state import expect, is_array, is_instance, is_whole
from ..vectors.word_vectors import FIRST_ID, WordVectors, words_of
from .flat_ids import FlatIds
from .lookup import texts_of

_CHUNK = 1 << 18  # words that are counted at once
_CODE = 21  # bits of a Unicode character
_PAIR = np.int64(1) << 62
_WITHOUT_BLANKS = 0x2E80  # from here on scripts that put no blanks between words

_Part = tuple[NDArray[np.int64], sp.csr_matrix]  # sorted keys, and counts of some documents
_Characters = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
_Grams = tuple[
    NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]
]


class NgramCounter:
    """Count how often words and n-grams occur in documents of ids.

    Every n-gram has a key of 64 bits that names it exactly: an id, a pair of ids, or up to
    three characters (negative). So nothing collides, and no string is made for any of them.
    Unknown words (id 1) have no n-grams, and n-grams do not reach over them.

    Parameters
    ----------
    pairs : bool
        Whether pairs of adjacent words count.
    characters : int
        Longest run of characters that counts, up to 3; 0 leaves characters out. The text is
        that of the words one after the other, with a blank between two words where both
        are of a script that has blanks.
    min_df : int
        Pairs and runs in fewer documents are left out; words never are.
    max_features : int
        How many pairs and runs stay at most; those in most documents.

    Attributes
    ----------
    keys_ : ndarray of shape (n_features,), int64
        Sorted keys of the columns.
    """

    def __init__(self, pairs: bool, characters: int, min_df: int, max_features: int) -> None:
        self.pairs, self.characters = pairs, characters
        self.min_df, self.max_features = min_df, max_features

    def _check_saved_state(self) -> None:
        """Refuse columns that no `fit_transform` can have chosen."""
        expect(
            self,
            {
                "pairs": is_instance(bool),
                "characters": is_whole(0, 3),
                "keys_": lambda keys: is_array(np.int64, None)(keys) and (np.diff(keys) > 0).all(),
            },
        )

    def fit_transform(
        self, documents: FlatIds, vectors: WordVectors | None, n_jobs: int | None = None
    ) -> sp.csr_matrix:
        """Choose the columns, and count.

        Parameters
        ----------
        documents : FlatIds
            Ids of whole documents.
        vectors : WordVectors or None
            Where the words' characters come from; None leaves characters out.
        n_jobs : int or None, default=None
            Threads; None means 1, unless joblib is configured otherwise.

        Returns
        -------
        scipy.sparse.csr_matrix of shape (n_documents, n_features), float32
            Float32 holds counts up to 16 million exactly, in two thirds of the memory.
        """
        parts = self._parts(documents, vectors, n_jobs)
        self.keys_ = self._keys_of(parts)
        return self._stacked(parts)

    def transform(
        self, documents: FlatIds, vectors: WordVectors | None, n_jobs: int | None = None
    ) -> sp.csr_matrix:
        """Count what the columns stand for; arguments as in `fit_transform`."""
        return self._stacked(self._parts(documents, vectors, n_jobs))

    def chosen_by(self, counts: sp.csr_matrix) -> NDArray[np.int64]:
        """Return the columns that some documents alone would have chosen.

        Parameters
        ----------
        counts : scipy.sparse.csr_matrix of shape (n_documents, n_features)
            Their counts, in the columns that all documents have chosen.
        """
        df = counts.getnnz(axis=0)
        return np.flatnonzero(self._chosen(self.keys_, df) & (df > 0))

    @property
    def words(self) -> NDArray[np.int64]:
        """Ids of the known words of the documents that chose the columns."""
        return self.keys_[(self.keys_ >= FIRST_ID) & (self.keys_ < _PAIR)]

    def _keys_of(self, parts: list[_Part]) -> NDArray[np.int64]:
        """Choose keys of all parts."""
        found, place = np.unique(np.concatenate([keys for keys, _ in parts]), return_inverse=True)
        df = np.zeros(len(found), np.int64)
        np.add.at(df, place, np.concatenate([count.getnnz(axis=0) for _, count in parts]))
        return found[self._chosen(found, df)]

    def _chosen(self, keys: NDArray[np.int64], df: NDArray[np.int64]) -> NDArray[np.bool_]:
        words = (keys >= 0) & (keys < _PAIR)
        rest = ~words & (df >= self.min_df)
        if rest.sum() > self.max_features:
            most = len(df[rest]) - self.max_features - 1  # of those that do not fit, the commonest
            rest &= df > np.partition(df[rest], most)[most]  # ties: all or none, no order decides
        return words | rest

    def _stacked(self, parts: list[_Part]) -> sp.csr_matrix:
        """Put parts one below the other, in the columns of all; the list is empty then."""
        columns = []
        while parts:  # each makes room for the next
            columns.append(self._columns(*parts.pop(0)))
        out = sp.csr_matrix(sp.vstack(columns, format="csr")) if len(columns) > 1 else columns[0]
        out.sort_indices()
        return out

    def _columns(self, keys: NDArray[np.int64], count: sp.csr_matrix) -> sp.csr_matrix:
        """Counts under local keys, in the columns of all."""
        places = np.minimum(np.searchsorted(self.keys_, keys), max(len(self.keys_) - 1, 0))
        kept = self.keys_[places] == keys if len(self.keys_) else np.zeros(len(keys), bool)
        count = count[:, kept]
        return sp.csr_matrix(
            (count.data, places[kept].astype(np.int32)[count.indices], count.indptr),
            (count.shape[0], len(self.keys_)),
        )

    def _parts(
        self, documents: FlatIds, vectors: WordVectors | None, n_jobs: int | None
    ) -> list[_Part]:
        """Return sorted keys and their counts, for some documents at a time."""

        def counted(part: FlatIds) -> _Part:
            keys, owners = self._keys(part, vectors)
            local, place = np.unique(keys, return_inverse=True)
            ones = np.ones(len(keys), np.float32)
            count = sp.coo_matrix((ones, (owners, place)), (len(part), len(local)))
            return local, count.tocsr()

        if len(parts := _chunks(documents)) == 1:
            return [counted(parts[0])]
        # sorting, which is most of it, holds no lock
        return list(Parallel(n_jobs, prefer="threads")(delayed(counted)(part) for part in parts))

    def _keys(
        self, documents: FlatIds, vectors: WordVectors | None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the key of each occurrence of anything, and its document."""
        keys, places = [], []
        words = documents.ids.astype(np.int64)
        for key, counted, owners, _, _ in self._grams(words, documents.documents, vectors):
            keys.append(key[counted])
            places.append(owners[counted])
        return np.concatenate(keys), np.concatenate(places)

    def occurrences(
        self, ids: NDArray[np.int32], vectors: WordVectors | None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Find where in one document the columns' n-grams are.

        Parameters
        ----------
        ids : ndarray of shape (n_words,), int32
            Ids without padding.
        vectors : WordVectors or None
            Where the words' characters come from; None leaves characters out.

        Returns
        -------
        columns, first, last : ndarray of shape (n_occurrences,), int64
            Column of each occurrence, and the first and the last of the words that it is made
            of. A blank between two words is made of both.
        """
        documents = np.zeros(len(ids), np.int64)
        parts = []
        for key, counted, _, first, last in self._grams(ids.astype(np.int64), documents, vectors):
            parts.append(np.stack([key[counted], first[counted], last[counted]]))
        keys, first, last = np.concatenate(parts, axis=1)
        columns = np.searchsorted(self.keys_, keys)
        there = columns < len(self.keys_)
        there[there] = self.keys_[columns[there]] == keys[there]
        return columns[there], first[there], last[there]

    def _grams(
        self, words: NDArray[np.int64], documents: NDArray[np.int64], vectors: WordVectors | None
    ) -> Iterator[_Grams]:
        """Yield keys, which of them count, documents, first and last words, kind by kind."""
        known, numbers = words >= FIRST_ID, np.arange(len(words))
        yield words, known, documents, numbers, numbers
        if self.pairs:
            both = known[:-1] & known[1:] & (documents[:-1] == documents[1:])
            key = _PAIR | (words[:-1] << 31) | words[1:]
            yield key, both, documents[:-1], numbers[:-1], numbers[1:]
        if self.characters and vectors is not None:
            codes, left, right = _characters(words, documents, vectors)
            owners = documents[left]
            key = np.zeros(len(codes), np.int64)
            alive = np.ones(len(codes), bool)
            for size in range(self.characters):
                key = key[: len(codes) - size] | (codes[size:] << (_CODE * size))
                alive = alive[: len(key)] & (codes[size:] > 0)
                alive &= owners[: len(key)] == owners[size:]
                yield -key, alive, owners[: len(key)], left[: len(key)], right[size:]


def _characters(
    words: NDArray[np.int64], documents: NDArray[np.int64], vectors: WordVectors
) -> _Characters:
    """Return codes (plus 1) of the words' characters, 0 for unknown words, and the words' places.

    A blank between two words has the left one's place and the right one's; others have twice
    their own.
    """
    distinct, place = np.unique(words, return_inverse=True)
    known = distinct >= FIRST_ID
    texts = [""] * int((~known).sum())  # unknown words come first
    texts += texts_of(vectors, words_of(vectors, distinct[known]))
    text = "".join(texts).encode("utf-32-le", "surrogatepass")
    pool = np.frombuffer(text, "<u4").astype(np.int64)
    pool = np.append(pool + 1, 0)
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    starts = np.cumsum(sizes) - sizes
    starts[sizes == 0], sizes[sizes == 0] = len(pool) - 1, 1  # the break
    first, last = pool[starts], pool[starts + sizes - 1]
    long, begin = sizes[place], starts[place]
    ends = np.cumsum(long)
    at = np.repeat(begin - (ends - long), long) + np.arange(int(long.sum()))
    codes, owners = pool[at], np.repeat(np.arange(len(words)), long)
    end, head = last[place][:-1], first[place][1:]
    blank = (end > 0) & (head > 0) & (end <= _WITHOUT_BLANKS) & (head <= _WITHOUT_BLANKS)
    blank &= documents[:-1] == documents[1:]
    if not blank.any():
        return codes, owners, owners
    before, word = ends[:-1][blank], np.flatnonzero(blank)
    codes = np.insert(codes, before, ord(" ") + 1)
    return codes, np.insert(owners, before, word), np.insert(owners, before, word + 1)


def _chunks(documents: FlatIds) -> list[FlatIds]:
    """Return some documents at a time, one at least, however long it is."""
    ends, out, start = documents.ends, [], 0
    while start < len(documents):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _CHUNK, side="right")))
        part = documents.ids[done : ends[stop - 1]], documents.lengths[start:stop]
        out.append(FlatIds(*part))
        start = stop
    return out
