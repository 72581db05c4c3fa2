"""Which rows of word vectors were drawn at random."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .extension import ExtendedStore
from .store import Store
from .word_vectors import FIRST_ID, WordVectors


def has_random_row(vectors: WordVectors, ids: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Whether words have rows that say nothing about them before they are trained.

    Parameters
    ----------
    vectors : WordVectors
        The vectors.
    ids : ndarray of shape (n_words,), integer
        Ids of words, from 2.

    Returns
    -------
    ndarray of shape (n_words,), bool
        True where `WordVectors.extended` drew the row. Rows that are copies of another
        word's, or made of n-grams, are not random.
    """
    return drawn(vectors._store, np.asarray(ids, np.int64) - FIRST_ID)


def drawn(store: Store, indices: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the rows of words, by their indices, were drawn at random."""
    out = np.zeros(len(indices), bool)
    if not isinstance(store, ExtendedStore) or not len(indices):
        return out
    further = indices >= len(store.base)
    out[~further] = drawn(store.base, indices[~further])
    places = indices[further] - len(store.base)
    if store.held is not None:
        out[further] = store.held[1][places]
        return out
    mine = np.ones(len(places), bool)
    if store.subwords is not None:
        mine = ~store.subwords.compose([store.more[place] for place in places.tolist()])[1]
    if store.like is not None:
        like = store.like[places]
        copied = like >= 0
        mine[copied] = drawn(store.base, like[copied])
    out[further] = mine
    return out
