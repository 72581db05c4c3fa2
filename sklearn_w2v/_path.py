"""Integrated gradients: a function's change along a straight path, shared among its inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

START = 16  # pieces of the path
_WORDS = 1 << 13  # words of one batch of points
_CANCEL = 8.0  # times the tolerance: errors of single pieces that may cancel each other

Values = NDArray[np.float32]
Slopes = Callable[[Values, NDArray[np.bool_], int], tuple[Values, Values]]


def batches(n_points: int, width: int) -> list[slice]:
    """Slices of points at documents of a width; memory is bounded by one of them."""
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
    """Each word's share of what a document's logit gains from zeros to its vectors.

    Parameters
    ----------
    slopes : callable
        Logits of one class and their gradients, of documents, masks and the class.
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
    that it is no chance. Steps gather where the network has its kinks (maxima and relus), and
    smooth stretches cost nothing.
    """

    def measure(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Logits at points of the path, and the words' shares of the slope along it."""
        at, shares = [], []
        for part in batches(len(points), len(vectors)):
            scaled = points[part, None, None].astype(np.float32) * vectors
            values, gradients = slopes(scaled, np.ones(scaled.shape[:2], bool), label)
            at.append(values.astype(np.float64))
            shares.append(np.einsum("nwd,wd->nw", gradients, vectors, dtype=np.float64))
        return np.concatenate(at), np.concatenate(shares)

    edges = np.linspace(0, 1, START + 1)
    left, right = edges[:-1], edges[1:]
    known = np.concatenate(
        [
            logits(edges[part, None, None].astype(np.float32) * vectors)
            for part in batches(len(edges), len(vectors))
        ]
    ).astype(np.float64)
    low, high = known[:-1], known[1:]
    middle, shares = measure((left + right) / 2)
    shares *= (right - left)[:, None]
    steps = START
    while True:
        errors = high - low - shares.sum(axis=1)
        total, errors = abs(errors.sum()), np.abs(errors)
        order = np.argsort(errors)
        n_fine = int(np.searchsorted(np.cumsum(errors[order]), tolerance / 2, side="right"))
        room = (max_steps - steps) // 2
        fits = total <= tolerance and errors.sum() <= _CANCEL * tolerance
        if fits or room < 1:
            return np.asarray(shares.sum(axis=0))
        worst, fine = np.split(order[::-1], [min(len(order) - n_fine, room)])
        halves = (left[worst] + right[worst]) / 2
        new_left = np.concatenate([left[worst], halves])
        new_right = np.concatenate([halves, right[worst]])
        new_middle, new_shares = measure((new_left + new_right) / 2)
        new_shares *= (new_right - new_left)[:, None]
        steps += len(new_left)
        low, high = (
            np.concatenate([low[fine], low[worst], middle[worst]]),
            np.concatenate([high[fine], middle[worst], high[worst]]),
        )
        left, right = (
            np.concatenate([left[fine], new_left]),
            np.concatenate([right[fine], new_right]),
        )
        middle = np.concatenate([middle[fine], new_middle])
        shares = np.concatenate([shares[fine], new_shares])
