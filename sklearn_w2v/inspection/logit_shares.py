"""Share a classifier's logit among words, that of the linear branch and of the network."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..classifiers.blend import Blend
from ..features.flat_ids import FlatIds
from ..features.word_counts import knows, mean_vectors
from ..vectors.word_vectors import OOV_ID, WordVectors
from .integrated_gradients import batches, integrated_gradients

Shared = tuple[NDArray[np.float64], float]


class LogitShares:
    """Shares of words in the logits of single documents.

    Parameters
    ----------
    classifier : W2VLSTMClassifier or W2VCNNClassifier
        Fitted.
    vectors : WordVectors or None
        What the documents' ids index.
    method : {"integrated_gradients", "occlusion"}
        What a share is.
    tolerance : float
        Error of integrated gradients, relative to the change of the logit or to 1.
    max_steps : int
        Gradients of one document.
    """

    def __init__(
        self,
        classifier: Any,
        vectors: WordVectors | None,
        method: str,
        tolerance: float,
        max_steps: int,
    ) -> None:
        self._blend: Blend | None = getattr(classifier, "_blend", None)
        self._weight = 1.0 if self._blend is None else self._blend.weight
        # a network that does not count may never have been built
        self._network = classifier._inference() if self._weight else None
        self._maxlen = classifier._network.design.maxlen
        self._vectors, self._integrates = vectors, method == "integrated_gradients"
        self._tolerance, self._max_steps = tolerance, max_steps

    def of(self, ids: NDArray[np.int32], n_read: int, label: int, score: float) -> Shared:
        """Return the shares of a document's words, and the logit without them.

        Parameters
        ----------
        ids : ndarray of shape (n_words,), int32
            Ids without padding.
        n_read : int
            How many of them the network may read.
        label : int
            Place of the class.
        score : float
            The document's logit.
        """
        shares, baseline = np.zeros(len(ids)), 0.0
        if self._blend is not None:
            shares, baseline = self._of_branch(ids, label)
            of_means, empty_means = self._of_means(ids, label)
            shares, baseline = shares + of_means, baseline + empty_means
        if self._network is not None:
            read = ids[:n_read][: self._maxlen]
            vectors = self._network.table.embed(read, self._vectors)
            empty = self._weight * float(self._logits(np.zeros_like(vectors)[None], label)[0])
            baseline += empty
            if self._integrates:
                error = self._tolerance * max(1.0, abs(score - baseline))
                # half of it, as the parts' rounding comes on top
                of_network = self._integrated(vectors, label, error / self._weight / 2)
            else:
                of_network = self._occluded(vectors, label)
            shares[: len(read)] += self._weight * of_network
        return shares, baseline

    # ------------------------------------------------------------ the network
    def _logits(self, documents: NDArray[np.float32], label: int) -> NDArray[np.float32]:
        assert self._network is not None
        logits: NDArray[np.float32] = self._network.logits_of_vectors(documents)[:, label]
        return logits

    def _integrated(
        self, vectors: NDArray[np.float32], label: int, tolerance: float
    ) -> NDArray[np.float64]:
        assert self._network is not None
        return integrated_gradients(
            self._network.gradients,
            lambda documents: self._logits(documents, label),
            vectors,
            label,
            tolerance,
            self._max_steps,
        )

    def _occluded(self, vectors: NDArray[np.float32], label: int) -> NDArray[np.float64]:
        """Return what the logit loses where one word's vector is zero."""
        n_words = len(vectors)
        without = np.empty(n_words)
        for part in batches(n_words, n_words):
            places = np.arange(n_words)[part]
            documents = np.repeat(vectors[None], len(places), axis=0)
            documents[np.arange(len(places)), places] = 0
            without[places] = self._logits(documents, label)
        return np.asarray(self._logits(vectors[None], label)[0] - without)

    # ------------------------------------------------------------- the branch
    def _of_branch(self, ids: NDArray[np.int32], label: int) -> Shared:
        assert self._blend is not None
        branch, scale = self._blend.branch, self._blend.scale
        empty = scale * float(branch.intercept[label])
        if not self._integrates:
            return self._occluded_branch(ids, label), empty
        weights = scale * branch.weights(self._count(ids[None]), label)
        columns, first, last = self._blend.features.counter.occurrences(ids, self._vectors)
        sizes = last - first + 1
        each = weights[columns] / sizes
        shares = np.zeros(len(ids))
        for place in range(int(sizes.max(initial=0))):
            reached = sizes > place
            np.add.at(shares, first[reached] + place, each[reached])
        return shares, empty

    def _occluded_branch(self, ids: NDArray[np.int32], label: int) -> NDArray[np.float64]:
        """Return what the decision loses where one word is unknown."""
        assert self._blend is not None
        decide, n_words = self._blend.branch.decide, len(ids)
        without = np.empty(n_words)
        for part in batches(n_words, n_words):
            places = np.arange(n_words)[part]
            documents = np.repeat(ids[None], len(places), axis=0)
            documents[np.arange(len(places)), places] = OOV_ID
            without[places] = decide(self._count(documents))[:, label]
        whole = decide(self._count(ids[None]))[0, label]
        return np.asarray(self._blend.scale * (whole - without))

    def _count(self, documents: NDArray[np.int32]) -> sp.csr_matrix:
        assert self._blend is not None
        lengths = np.full(len(documents), documents.shape[1], np.int64)
        return self._blend.features.count(FlatIds(documents.ravel(), lengths), self._vectors)

    # ------------------------------------------------------- the mean vectors
    def _of_means(self, ids: NDArray[np.int32], label: int) -> Shared:
        """Return the shares of words in the logit of their mean vector.

        The logit is linear in the vectors, so that integrated gradients need no steps.
        """
        assert self._blend is not None
        means, weight, shares = self._blend.means, self._blend.means_weight, np.zeros(len(ids))
        if means is None or not weight or self._vectors is None:
            return shares, 0.0
        coef = means.coef[:, label]
        each = weight * (mean_vectors(FlatIds.one_each(ids), self._vectors) @ coef)
        known = knows(ids, self._vectors)
        n_known = int(known.sum())
        if self._integrates:
            shares[known] = each[known] / n_known
        elif n_known > 1:  # without a word, the others have the mean
            shares[known] = (each[known] - each[known].mean()) / (n_known - 1)
        else:
            shares[known] = each[known]
        return shares, weight * float(means.intercept[label])
