"""Vectors of words that are made of their character n-grams, as in fastText."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..utils.saved_state import expect, is_array, is_whole

MAX_NGRAM = 64  # 6 is usual; gensim makes all n-grams of a word at once


class Subwords:
    """Vectors of hashed n-grams.

    Parameters
    ----------
    ngrams : ndarray of shape (n_buckets, dim), float32
        A row for each bucket of n-grams.
    min_n, max_n : int
        Shortest and longest n-gram, in characters.

    References
    ----------
    P. Bojanowski, E. Grave, A. Joulin, T. Mikolov: Enriching word vectors with subword
    information. TACL 2017.
    """

    def __init__(self, ngrams: NDArray[np.float32], min_n: int, max_n: int) -> None:
        self.ngrams, self.min_n, self.max_n = ngrams, min_n, max_n

    def __reduce__(self) -> tuple[Any, ...]:
        return Subwords, (np.asarray(self.ngrams), self.min_n, self.max_n)

    def _check_saved_state(self) -> None:
        rows = is_array(np.float32, None, None)
        expect(
            self,
            {
                "ngrams": lambda value: rows(value) and len(value) > 0,
                "min_n": is_whole(0),
                "max_n": is_whole(1, MAX_NGRAM),
            },
        )

    def compose(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return the mean of the rows of each word's n-grams.

        Parameters
        ----------
        words : sequence of str
            Any words.

        Returns
        -------
        rows : ndarray of shape (n_words, dim), float32
            The means; zeros for a word without n-grams.
        known : ndarray of shape (n_words,), bool
            Whether a word has n-grams; a short word may have none.
        """
        rows = np.zeros((len(words), self.ngrams.shape[1]), np.float32)
        known = np.zeros(len(words), bool)
        for place, word in enumerate(words):
            # lone surrogates have no UTF-8; gensim escapes bytes that it cannot decode
            text = word.encode("utf-8", "backslashreplace").decode("utf-8")
            hashes = ngram_hashes(text, self.min_n, self.max_n, len(self.ngrams))
            if hashes:
                rows[place] = self.ngrams[hashes].sum(axis=0) / len(hashes)
                known[place] = True
        return rows, known


def ngram_hashes(word: str, min_n: int, max_n: int, n_buckets: int) -> list[int]:
    """Return the buckets of the character n-grams of a word between ``<`` and ``>``.

    fastText hashes their UTF-8 by FNV-1a, whose bytes are signed there. The start and the end
    by themselves are no n-grams.
    """
    letters = [letter.encode("utf-8") for letter in f"<{word}>"]
    ends = 0, len(letters) - 1
    out = []
    for start in range(len(letters)):
        value = 0x811C9DC5
        for size, letter in enumerate(letters[start : start + max_n], 1):
            for byte in letter:
                value = (value ^ (byte if byte < 0x80 else byte | 0xFFFFFF00)) * 0x01000193
                value &= 0xFFFFFFFF
            if size >= min_n and not (size == 1 and start in ends):
                out.append(value % n_buckets)
    return out
