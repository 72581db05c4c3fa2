"""The fitted linear members beside a network, and how much each of them counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..features.flat_ids import FlatIds
from ..features.word_counts import mean_vectors
from ..utils.saved_state import expect, is_instance, is_number, unexpected
from ..vectors.word_vectors import WordVectors
from .linear_branch import Features, LinearBranch
from .mean_vectors import MeanVectors


@dataclass
class Blend:
    """A fitted linear branch, mean vectors where they help, and what all members are worth.

    Parameters
    ----------
    features : Features
        Counts of n-grams.
    branch : LinearBranch
        Fitted on all documents.
    scale : float
        Factor of the branch's decisions.
    weight : float
        Factor of the network's logits; 0 leaves the network out.
    means : MeanVectors or None, default=None
        Fitted on all documents.
    means_weight : float, default=0.0
        Factor of the logits of the mean vectors.
    """

    features: Features
    branch: LinearBranch
    scale: float
    weight: float
    means: MeanVectors | None = None
    means_weight: float = 0.0

    def linear(self, documents: FlatIds, vectors: WordVectors | None) -> NDArray[np.float32]:
        """Return the share of the logits that the linear members have."""
        counts = self.features.count(documents, vectors)
        out: NDArray[Any] = self.scale * self.branch.decide(counts)
        if self.means is not None and self.means_weight and vectors is not None:
            out += self.means_weight * self.means.decide(mean_vectors(documents, vectors))
        return np.asarray(out, np.float32)

    def _check_saved_state(self) -> None:
        """Refuse a branch that has not as many rows as the counter has columns."""
        expect(
            self,
            {
                "features": is_instance(Features),
                "branch": is_instance(LinearBranch),
                "scale": is_number(0),
                "weight": is_number(0),
                "means": is_instance(MeanVectors, type(None)),
                "means_weight": is_number(0),
            },
        )
        self.features._check_saved_state()
        self.branch._check_saved_state()
        n_features, n_classes = self.branch.coef.shape
        if n_features != len(self.features.counter.keys_):
            raise unexpected(self, "branch")
        if self.means is None and self.means_weight:
            raise unexpected(self, "means_weight")
        if self.means is not None:
            self.means._check_saved_state()
            if self.means.coef.shape[1] != n_classes:
                raise unexpected(self, "means")
