"""Batches of documents of similar length."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_POOL = 64  # batches that are sorted by length together
_JITTER = 0.15  # relative noise on lengths, so that batches differ from epoch to epoch
_STEP = 16  # widths are multiples of this
_VALUES = 1 << 20  # of an array that may be larger than memory, looked at together


def parts(array: NDArray[np.generic]) -> Iterator[slice]:
    """Slices of rows, so that what is computed of one at a time stays small.

    Parameters
    ----------
    array : ndarray of shape (n_rows, ...)
        Perhaps mapped from a file.

    Yields
    ------
    slice
        Rows; together all of them, in order.
    """
    n_rows = max(1, _VALUES * len(array) // max(1, array.size))
    for start in range(0, len(array), n_rows):
        yield slice(start, start + n_rows)


def shuffled_batches(
    lengths: NDArray[np.int64], batch_size: int, random: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Rows of each batch of one epoch.

    Documents are shuffled, then sorted by a jittered length within pools of many
    batches; so a batch is hardly padded, and still no two epochs see the same batches.

    Parameters
    ----------
    lengths : ndarray of shape (n_documents,)
        Number of words of each document.
    batch_size : int
        Documents in a batch; the last one of a pool may be smaller.
    random : numpy.random.Generator
        Where the order comes from.

    Returns
    -------
    list of ndarray
        Row numbers; together a permutation of all.
    """
    order = random.permutation(len(lengths))
    noisy = lengths * random.uniform(1 - _JITTER, 1 + _JITTER, len(lengths))
    batches = []
    for start in range(0, len(order), batch_size * _POOL):
        pool = order[start : start + batch_size * _POOL]
        pool = pool[np.argsort(noisy[pool], kind="stable")]
        batches += [pool[at : at + batch_size] for at in range(0, len(pool), batch_size)]
    return [batches[place] for place in random.permutation(len(batches))]


def sorted_batches(lengths: NDArray[np.int64], words: int) -> list[NDArray[np.int64]]:
    """Rows of batches for prediction, shortest documents first.

    Parameters
    ----------
    lengths : ndarray of shape (n_documents,)
        Number of words of each document.
    words : int
        How many words, padding included, a batch may hold; it has one document at least.

    Returns
    -------
    list of ndarray
        Row numbers; together a permutation of all.
    """
    order = np.argsort(lengths, kind="stable")
    batches = []
    start = 0
    while start < len(order):
        # lengths rise, so the batch is as wide as its last document
        room = max(1, words // batch_width(lengths[order[start : start + 1]]))
        while room > 1:
            chosen = order[start : start + room]
            fits = max(1, words // batch_width(lengths[chosen[-1:]]))
            if len(chosen) <= fits:
                break
            room = fits
        batches.append(order[start : start + room])
        start += room
    return batches


def batch_width(lengths: NDArray[np.int64]) -> int:
    """Width of a batch: its longest document, rounded up so that few widths occur."""
    return int(-(-int(lengths.max()) // _STEP) * _STEP)


def right_padded(ids: NDArray[np.int32], empty: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Ids with all zeros moved behind, and the documents' lengths.

    Parameters
    ----------
    ids : ndarray of shape (n_documents, width), int32
        Ids; zeros are padding, wherever they stand.
    empty : int
        What a document without any word gets as its only one.

    Returns
    -------
    ids : ndarray of shape (n_documents, width), int32
        The same object where nothing had to move, else a copy.
    lengths : ndarray of shape (n_documents,)
        Number of words of each document, at least 1.
    """
    given, lengths = ids, np.empty(len(ids), np.int64)
    for part in parts(given):
        there = given[part] != 0
        counts = lengths[part] = there.sum(axis=1)
        if (there != (np.arange(ids.shape[1]) < counts[:, None])).any():
            ids = ids.copy() if ids is given else ids
            order = np.argsort(~there, axis=1, kind="stable")
            ids[part] = np.take_along_axis(given[part], order, axis=1)
    if not lengths.all():
        ids = ids.copy() if ids is given else ids
        ids[lengths == 0, 0] = empty
        np.maximum(lengths, 1, out=lengths)
    return ids, lengths
