"""Arrays that may be larger than memory, read in parts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_VALUES = 1 << 20  # values of a part


def parts(array: NDArray[np.generic]) -> Iterator[slice]:
    """Yield slices of rows, so that results for one slice at a time stay small.

    Parameters
    ----------
    array : ndarray of shape (n_rows, ...)
        The array, which may be mapped from a file.

    Yields
    ------
    slice
        Rows of one part; the parts together are all rows, in order.
    """
    n_rows = max(1, _VALUES * len(array) // max(1, array.size))
    for start in range(0, len(array), n_rows):
        yield slice(start, start + n_rows)
