"""The classifiers' base with a linear branch beside the network."""

from __future__ import annotations

from typing import Any

from .base import W2VKerasClassifier

# isort: split
import numpy as np
from numpy.typing import NDArray

from ..utils.progress import report_progress
from ..vectors.word_vectors import WordVectors
from .base import ClassifierRepr
from .blend import SMALL, Blend, HeldOut, LinearFolds, Weigher, inner_folds
from .linear_branch import Features, LinearBranch
from .targets import Targets
from .training_set import Documents


class BlendedClassifier(ClassifierRepr, W2VKerasClassifier):
    """Base of the classifiers: a network and, with ``bow``, a linear branch.

    Both are fitted apart from each other, and their logits are added with factors that
    were found on held-out documents (stacking). Trained as one, the network drowns the
    branch.
    """

    _blend: Blend | None = None

    @property
    def bow_weights_(self) -> tuple[float, float] | None:
        """Factors of the branch's decisions and of the network's logits."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"This {type(self).__name__} is not fitted yet.")
        return None if self._blend is None else (self._blend.scale, self._blend.weight)

    def _check_partial_fit(self) -> None:
        super()._check_partial_fit()
        self._no_branch("partial_fit")

    def _no_branch(self, what: str) -> None:
        if self.bow is not None:
            raise ValueError(
                f"Got bow={self.bow!r} with {what} but expected bow=None: the linear branch needs "
                "all documents at once."
            )

    def _validate_params(self) -> None:
        super()._validate_params()
        if self.warm_start:
            self._no_branch("warm_start=True")

    def _start(
        self, targets: Targets, vectors: WordVectors | None, used: NDArray[np.int32]
    ) -> None:
        self._blend = None  # ahead of a new network, whatever may stop the fit from here on
        super()._start(targets, vectors, used)

    def _learn(
        self, documents: Documents, val: Documents | None, epochs: int, callbacks: list[Any]
    ) -> None:
        self._blend = None
        if self.bow is None:
            super()._learn(documents, val, epochs, callbacks)
            return
        features = Features(self.bow)
        counts = features.count(documents.ids, documents.lengths, self.vectors_)
        seed = self._seed
        linear = LinearFolds(
            documents, counts, lambda: LinearBranch(self.bow_C, seed), len(self.classes_)
        )
        report_progress("linear branch", 0, 0)
        whole = linear.fit(slice(None))
        if val is not None:
            decisions = whole.decide(features.count(val.ids, val.lengths, self.vectors_))
            scale, weight = self._weigh(documents, val, decisions, epochs, callbacks)
        elif folds := inner_folds(documents, seed):
            rows, out = folds[0]
            decisions = linear.decide(folds[:1])
            scale, weight = self._weigh(
                documents.take(rows), documents.take(out), decisions, epochs, callbacks
            )
            if not weight and len(documents) <= SMALL:
                # the branch decides alone: its scale comes from all folds, as they cost nothing
                decisions = np.concatenate([decisions, linear.decide(folds[1:])])
                every = documents.take(np.concatenate([out for _, out in folds]))
                scale = Weigher(decisions, every.y, every.weights, self._activation).scale
        else:  # too few documents to say
            self._train(documents, None, epochs, callbacks)
            scale, weight = 1.0, 0.0
        self._blend = Blend(features, whole, scale, weight)

    def _weigh(
        self,
        train: Documents,
        held: Documents,
        decisions: NDArray[np.float32],
        epochs: int,
        callbacks: list[Any],
    ) -> tuple[float, float]:
        """Train the network; what the branch and it are worth on held-out documents."""
        weigher = Weigher(decisions, held.y, held.weights, self._activation)
        short = held.cut(self.maxlen)

        def logits() -> NDArray[np.float32]:
            return self._network.logits(short.ids, short.lengths)

        watch = HeldOut(logits, weigher, self.n_iter_no_change)
        self._train(train, held, epochs, [*callbacks, watch], stop_early=False)
        return watch.scale, watch.weight

    def _decide(
        self, ids: NDArray[np.int32], lengths: NDArray[np.int64], vectors: WordVectors | None
    ) -> NDArray[np.float32]:
        blend = self._blend
        if blend is None:
            return super()._decide(ids, lengths, vectors)
        logits = blend.linear(ids, lengths, vectors)
        if blend.weight:
            logits += blend.weight * super()._decide(ids, lengths, vectors)
        return logits
