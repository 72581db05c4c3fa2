"""What the logits of several members are worth together, and whether one of them adds to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ..networks.output import Output

# bounds of the factors, and where their search starts: decisions of a support vector machine
# are small, logits of a model that was trained on the loss itself are not
_FIRST, _OTHERS = (1e-3, 50.0), (0.0, 2.0)
_START = 8.0, 0.5

Logits = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Weighing:
    """Factors of the members, and the loss with them.

    Parameters
    ----------
    factors : tuple of float
        One for each member.
    losses : ndarray of shape (n_documents,)
        Cross-entropy of each document, in nats.
    loss : float
        Their weighted mean.
    """

    factors: tuple[float, ...]
    losses: NDArray[np.float64]
    loss: float


class Weigher:
    """Find what the logits of members are worth, on documents that none of them has seen.

    Parameters
    ----------
    y : ndarray of shape (n_documents,) or (n_documents, n_classes)
        Places of the classes, or an indicator matrix.
    weights : ndarray of shape (n_documents,) or None
        Weights of the documents.
    output : Output
        Gives the loss.
    clusters : ndarray of shape (n_documents,), int64, or None, default=None
        Equal numbers of documents that tell the same, as copies and members of a group do:
        each cluster is one draw of the standard error. None where each stands for itself.

    Notes
    -----
    The loss is convex in the factors, which are at least 0: stacking (Wolpert 1992) with as
    few parameters as a small held-out set can bear. The first member is the linear branch.
    """

    def __init__(
        self,
        y: NDArray[Any],
        weights: NDArray[Any] | None,
        output: Output,
        clusters: NDArray[np.int64] | None = None,
    ) -> None:
        self._y, self._output, self._clusters = y, output, clusters
        self._weights = np.ones(len(y)) if weights is None else np.asarray(weights, np.float64)

    def weigh(self, *members: Logits) -> Weighing:
        """Return the factors of the least loss.

        Parameters
        ----------
        *members : ndarray of shape (n_documents, n_classes)
            Decisions of the linear branch, and logits of others.
        """
        stack = np.stack(members).astype(np.float64)
        shares = self._weights / self._weights.sum()

        def loss_and_slope(factors: NDArray[Any]) -> tuple[float, NDArray[np.float64]]:
            logits = np.tensordot(factors, stack, 1)
            slopes = self._output.loss_slopes(logits, self._y) * shares[:, None]
            losses = self._output.losses(logits, self._y)
            return float(shares @ losses), np.einsum("mnk,nk->m", stack, slopes)

        others = len(members) - 1
        best = minimize(
            loss_and_slope,
            [_START[0], *[_START[1]] * others],
            jac=True,
            bounds=[_FIRST, *[_OTHERS] * others],
            # tight: a loss that is nearly zero would else end where the search starts
            options={"ftol": 1e-15, "gtol": 1e-9},
        )
        losses = self._output.losses(np.tensordot(best.x, stack, 1), self._y)
        return Weighing(tuple(map(float, best.x)), losses, float(shares @ losses))

    def gain(self, without: Weighing, with_it: Weighing) -> tuple[float, float]:
        """Return by how much a member lowers the mean loss, and the standard error of that.

        Parameters
        ----------
        without, with_it : Weighing
            Of the same documents.

        Returns
        -------
        gain, error : float
            In nats. The error is that of a weighted mean: documents of large weights count
            more, and so there are in effect fewer of them.
        """
        each = without.losses - with_it.losses
        total = self._weights.sum()
        mean = float(self._weights @ each / total)
        deviations = self._weights * (each - mean)
        if self._clusters is not None:
            deviations = np.bincount(self._clusters, deviations).astype(np.float64)
        return mean, float(np.sqrt(np.sum(deviations**2)) / total)
