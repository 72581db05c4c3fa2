"""Arrays that may be larger than memory, in parts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

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
