"""The rows of a table that are nearest to some vectors, found block by block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_BLOCK = 1 << 15  # rows that are compared together
_VALUES = 1 << 22  # cosines that are in memory at a time


def nearest(
    queries: NDArray[np.float32],
    candidates: NDArray[np.int64],
    take: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    topn: int,
    excluded: ArrayLike,
) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Find the rows nearest to each of some vectors, by cosine.

    The table is read once, and never held in memory as a whole.

    Parameters
    ----------
    queries : ndarray of shape (n_queries, dim), float32
        The vectors, of any length.
    candidates : ndarray of shape (n_candidates,), int64
        Numbers of the rows to compare with, in increasing order.
    take : callable
        Returns the rows of some of these numbers, as a float32 array.
    topn : int
        How many rows are found for each query, if there are as many.
    excluded : array-like of shape (n_queries, n_excluded), integer
        For each query, numbers of rows that are left out, such as the query's own row.

    Returns
    -------
    list of (ndarray of int64, ndarray of float32)
        For each query, numbers of rows and their cosines, best first. Among equal cosines,
        the lowest number comes first.
    """
    n_queries = len(queries)
    topn = max(0, min(topn, len(candidates)))
    if not n_queries or not topn:
        return [(np.zeros(0, np.int64), np.zeros(0, np.float32))] * n_queries
    units = queries / _lengths(queries)[:, None]
    without = np.asarray(excluded, np.int64).reshape(n_queries, -1)
    hidden = np.searchsorted(candidates, without)
    hidden[candidates[np.minimum(hidden, len(candidates) - 1)] != without] = -1
    best = np.full((n_queries, topn), -np.inf, np.float32)
    places = np.zeros((n_queries, topn), np.int64)
    size = max(1, min(_BLOCK, _VALUES // n_queries))
    for start in range(0, len(candidates), size):
        block = candidates[start : start + size]
        rows = take(block)
        cosines: Any = ((rows @ units.T) / _lengths(rows)[:, None]).T
        query, column = np.nonzero((hidden >= start) & (hidden < start + len(block)))
        cosines[query, hidden[query, column] - start] = -np.inf
        both: NDArray[np.float32] = np.hstack([best, cosines])
        # of each query, the columns of `both` that are kept: former ones, then those of the block
        columns = np.nonzero(_greatest(both, topn))[1].reshape(n_queries, topn)
        best = np.take_along_axis(both, columns, axis=1)
        former = np.take_along_axis(places, np.minimum(columns, topn - 1), axis=1)
        places = np.where(columns < topn, former, block[np.maximum(columns - topn, 0)])
    order = np.argsort(-best, axis=1, kind="stable")
    best = np.take_along_axis(best, order, axis=1)
    places = np.take_along_axis(places, order, axis=1)
    there = np.isfinite(best)
    return [(row[one], values[one]) for row, values, one in zip(places, best, there, strict=True)]


def _greatest(values: NDArray[np.float32], number: int) -> NDArray[np.bool_]:
    """Mark the greatest values of each row; among equal ones, the first."""
    place = values.shape[1] - number
    least = np.partition(values, place, axis=1)[:, place : place + 1]
    kept: NDArray[np.bool_] = values > least
    equal = values == least
    left = number - np.count_nonzero(kept, axis=1, keepdims=True)
    if (np.count_nonzero(equal, axis=1, keepdims=True) > left).any():
        equal &= np.cumsum(equal, axis=1) <= left
    kept |= equal
    return kept


def _lengths(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.maximum(np.linalg.norm(rows, axis=1), np.float32(1e-12))
    return lengths
