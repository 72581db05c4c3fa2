"""Ids of whole documents of any length, without padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)  # arrays do not compare to one answer
class FlatIds:
    """Word ids of documents, one document after the other.

    One long document costs what its own words take; padding would make all others as long.

    Parameters
    ----------
    ids : ndarray of shape (n_words,), int32
        Ids, without zeros.
    lengths : ndarray of shape (n_documents,), int64
        Number of words of each document.
    """

    ids: NDArray[np.int32]
    lengths: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        padded: NDArray[np.int32],
        lengths: NDArray[np.int64],
        tails: FlatIds | None = None,
    ) -> FlatIds:
        """Return documents without their padding, and with what did not fit into their rows.

        Parameters
        ----------
        padded : ndarray of shape (n_documents, width), int32
            Right-padded ids.
        lengths : ndarray of shape (n_documents,)
            Number of words in each row.
        tails : FlatIds or None, default=None
            Further words of each document.
        """
        heads = cls(padded[np.arange(padded.shape[1]) < lengths[:, None]], lengths)
        if tails is None or not len(tails.ids):
            return heads
        whole = cls(
            np.empty(len(heads.ids) + len(tails.ids), np.int32), heads.lengths + tails.lengths
        )
        starts = whole.ends - whole.lengths
        whole.ids[_places(starts, heads.lengths)] = heads.ids
        whole.ids[_places(starts + heads.lengths, tails.lengths)] = tails.ids
        return whole

    @classmethod
    def one_each(cls, ids: NDArray[np.int32]) -> FlatIds:
        """Return documents of one word each."""
        return cls(ids, np.ones(len(ids), np.int64))

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def ends(self) -> NDArray[np.int64]:
        """Where each document ends in `ids`."""
        return np.cumsum(self.lengths)

    @property
    def documents(self) -> NDArray[np.int64]:
        """Number of the document of each word."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def __getitem__(self, rows: NDArray[Any] | slice) -> FlatIds:
        return self.take(rows)

    def take(self, rows: NDArray[Any] | slice) -> FlatIds:
        """Return some of the documents."""
        lengths = self.lengths[rows]
        return FlatIds(self.ids[_places((self.ends - self.lengths)[rows], lengths)], lengths)

    def distinct(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find equal documents.

        Returns
        -------
        first : ndarray of shape (n_distinct,), int64
            Rows in which a document comes for the first time.
        numbers : ndarray of shape (n_documents,), int64
            For each document, which of these it is.
        """
        ends = self.ends
        found: dict[bytes, int] = {}
        first: list[int] = []
        numbers = np.empty(len(self), np.int64)
        for row, (start, end) in enumerate(zip(ends - self.lengths, ends, strict=True)):
            number = found.setdefault(self.ids[start:end].tobytes(), len(found))
            if number == len(first):
                first.append(row)
            numbers[row] = number
        return np.array(first, np.int64), numbers


def _places(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of runs, one run after the other."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))
