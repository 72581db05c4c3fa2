"""Documents as the classifiers keep them during a fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)  # arrays have no equality of one answer
class Documents:
    """Ids, targets and what else belongs to each document.

    Parameters
    ----------
    ids : ndarray of shape (n_documents, width), int32
        Right-padded ids.
    lengths : ndarray of shape (n_documents,)
        Number of words of each.
    y : ndarray of shape (n_documents,) or (n_documents, n_classes)
        Places of the classes, or an indicator matrix.
    weights : ndarray of shape (n_documents,) or None
        Weights.
    """

    ids: NDArray[np.int32]
    lengths: NDArray[np.int64]
    y: NDArray[Any]
    weights: NDArray[np.float32] | None

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray[Any] | slice) -> Documents:
        """Some of the documents."""

        def part(array: Any) -> Any:
            return None if array is None else array[rows]

        return Documents(*map(part, (self.ids, self.lengths, self.y, self.weights)))

    def cut(self, width: int | None) -> Documents:
        """The documents without the words behind a number of them."""
        if width is None or self.ids.shape[1] <= width:
            return self
        return replace(self, ids=self.ids[:, :width], lengths=np.minimum(self.lengths, width))

    def weighted(self) -> Documents:
        """Without the documents of no weight: as if they were not there."""
        if self.weights is None or self.weights.all():
            return self
        return self.take(np.flatnonzero(self.weights))
