"""Share a function's change along a straight path among its inputs: integrated gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

START = 16  # pieces of the path
_WORDS = 1 << 13  # words of one batch of points
_CANCEL = 8.0  # times the tolerance: errors of single pieces that may cancel each other

Values = NDArray[np.float32]
Slopes = Callable[[Values, int], tuple[Values, Values]]


def batches(n_points: int, width: int) -> list[slice]:
    """Yield slices of points of a document; memory is bounded by one of them."""
    size = max(1, _WORDS // max(width, 1))
    return [slice(start, start + size) for start in range(0, n_points, size)]


def integrated_gradients(
    slopes: Slopes,
    logits: Callable[[Values], NDArray[Any]],
    vectors: Values,
    label: int,
    tolerance: float,
    max_steps: int,
) -> NDArray[np.float64]:
    """Return each word's share of what a document's logit gains from zeros to its vectors.

    Parameters
    ----------
    slopes : callable
        Logits of one class and their gradients, of documents and the class.
    logits : callable
        Logits of one class of documents of vectors.
    vectors : ndarray of shape (n_words, dim), float32
        The document.
    label : int
        Place of the class.
    tolerance : float
        What the sum of the shares may be off by.
    max_steps : int
        Gradients that are computed at most.

    Returns
    -------
    ndarray of shape (n_words,), float64
        Their sum is the logit's change, but for the error of the integration.

    Notes
    -----
    On each piece of the path the gradient in the middle stands for all of it (midpoint rule).
    The change of the logit on a piece is known, so its error is, too; the worst pieces are
    halved until the errors' sum is tolerable, and that of their absolutes is not far from it, so
    that it is not chance. Steps gather where the network has its kinks (maxima and relus), and
    smooth stretches cost nothing.
    """
    whole = np.linspace(0, 1, START + 1)
    known = np.concatenate(
        [logits(_points(whole[part], vectors)) for part in batches(len(whole), len(vectors))]
    ).astype(np.float64)
    ends = whole[:-1], whole[1:], known[:-1], known[1:]
    pieces = _pieces(slopes, vectors, label, *ends)
    steps = START
    while True:
        errors = pieces.errors
        total, errors = abs(errors.sum()), np.abs(errors)
        room = (max_steps - steps) // 2
        if (total <= tolerance and errors.sum() <= _CANCEL * tolerance) or room < 1:
            return np.asarray(pieces.shares.sum(axis=0))
        order = np.argsort(errors)
        n_fine = int(np.searchsorted(np.cumsum(errors[order]), tolerance / 2, side="right"))
        worst, fine = np.split(order[::-1], [min(len(order) - n_fine, room)])
        halves = _pieces(slopes, vectors, label, *pieces.take(worst).halves())
        steps += 2 * len(worst)
        pieces = pieces.take(fine).joined(halves)


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Pieces of the path: ends, logits there and in the middle, shares of the words."""

    left: NDArray[np.float64]
    right: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    middle: NDArray[np.float64]
    shares: NDArray[np.float64]

    @property
    def errors(self) -> NDArray[np.float64]:
        """Return what the shares lack of the logit's change."""
        return np.asarray(self.high - self.low - self.shares.sum(axis=1))

    def take(self, rows: NDArray[np.intp]) -> _Pieces:
        return _Pieces(*(array[rows] for array in self._arrays()))

    def joined(self, more: _Pieces) -> _Pieces:
        pairs = zip(self._arrays(), more._arrays(), strict=True)
        return _Pieces(*map(np.concatenate, pairs))

    def halves(self) -> tuple[NDArray[np.float64], ...]:
        """Return the ends of both halves of each piece, and the logits there, which are known."""
        cut = (self.left + self.right) / 2
        pairs = (
            (self.left, cut),
            (cut, self.right),
            (self.low, self.middle),
            (self.middle, self.high),
        )
        return tuple(map(np.concatenate, pairs))

    def _arrays(self) -> list[NDArray[np.float64]]:
        return [getattr(self, field.name) for field in fields(self)]


def _pieces(slopes: Slopes, vectors: Values, label: int, *ends: NDArray[np.float64]) -> _Pieces:
    """Measure pieces between ends in their middles."""
    left, right, low, high = ends
    middles = (left + right) / 2
    at, shares = [], []
    for part in batches(len(middles), len(vectors)):
        documents = _points(middles[part], vectors)
        values, gradients = slopes(documents, label)
        at.append(values.astype(np.float64))
        shares.append(np.einsum("nwd,wd->nw", gradients, vectors, dtype=np.float64))
    sizes = (right - left)[:, None]
    return _Pieces(left, right, low, high, np.concatenate(at), np.concatenate(shares) * sizes)


def _points(places: NDArray[np.float64], vectors: Values) -> Values:
    """Return the document at places of the path, from all zeros at 0 to itself at 1."""
    return places[:, None, None].astype(np.float32) * vectors
