"""Batches of documents of similar length."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

_POOL = 64  # batches that are sorted by length together
_JITTER = 0.15  # relative noise on lengths, so that batches differ from epoch to epoch
_STEP = 16  # widths are multiples of this


def shuffled_batches(
    lengths: NDArray[np.int64], batch_size: int, random: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Plan the batches of one epoch: rows of each.

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


def batch_width(lengths: NDArray[np.int64]) -> int:
    """Return the width of a batch: its longest document, rounded up so that few widths occur."""
    return int(-(-int(lengths.max()) // _STEP) * _STEP)


Batch = tuple[NDArray[np.int32], NDArray[Any], NDArray[np.float32] | None]


class Batches:
    """Batches of similar length; each walk through them is one epoch.

    Parameters
    ----------
    rows : ndarray of shape (n_documents, width), int32
        Rows of the table, or ids with `find`; right-padded with 0. It may be mapped from a
        file: no more of it than a batch is ever copied.
    lengths : ndarray of shape (n_documents,)
        Number of words of each document.
    y : ndarray of shape (n_documents,) or (n_documents, n_classes)
        Targets.
    weights : ndarray of shape (n_documents,) or None
        Weights of documents.
    batch_size : int
        Documents in a batch.
    random : numpy.random.Generator or None
        Where the order of each epoch comes from; None sorts by length.
    find : callable or None, default=None
        Gives the rows of a batch's ids.
    only : ndarray of int or None, default=None
        Documents that belong to the batches; None means all.
    """

    def __init__(
        self,
        rows: NDArray[np.int32],
        lengths: NDArray[np.int64],
        y: NDArray[Any],
        weights: NDArray[np.float32] | None,
        batch_size: int,
        random: np.random.Generator | None,
        find: Callable[[NDArray[np.int32]], NDArray[np.int32]] | None = None,
        only: NDArray[np.int64] | None = None,
    ) -> None:
        self._rows, self._lengths, self._y, self._weights = rows, lengths, y, weights
        self._batch_size = batch_size
        self._random, self._find, self._only = random, find, only

    def __len__(self) -> int:
        n_documents = len(self._rows) if self._only is None else len(self._only)
        return -(-n_documents // self._batch_size)

    def __iter__(self) -> Iterator[Batch]:
        for chosen in self._plan():
            if self._only is not None:
                chosen = self._only[chosen]
            width = min(batch_width(self._lengths[chosen]), self._rows.shape[1])
            weights = None if self._weights is None else self._weights[chosen]
            rows = self._rows[chosen, :width]
            rows = rows if self._find is None else self._find(rows)
            yield rows, self._y[chosen], weights

    def _plan(self) -> list[NDArray[np.int64]]:
        lengths = self._lengths if self._only is None else self._lengths[self._only]
        if self._random is not None:
            return shuffled_batches(lengths, self._batch_size, self._random)
        order = np.argsort(lengths, kind="stable")
        size = self._batch_size
        return [order[start : start + size] for start in range(0, len(order), size)]
