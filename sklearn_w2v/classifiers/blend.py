"""The linear branch and the network together: how much each of them counts."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

from ..networks.backend import keras
from ..networks.network import Network
from ..networks.output import Output
from ..utils.progress import report_progress
from ..utils.saved_state import expect, is_instance, is_number, unexpected
from ..vectors.word_vectors import WordVectors
from .linear_branch import Features, LinearBranch
from .training_set import TrainingSet

_FOLDS = 5  # twice as many where there are many documents
_BLOCK = 10  # neighbours that stand on one side
_SWALLOWED = 0.1  # share of the documents whose class may stand in one block
SMALL = 2_000  # documents up to which the scale comes from all folds: their SVMs cost nothing
_ERRORS = 3.0  # standard errors by which the network must lower the loss: each epoch is a trial
_BOUNDS = [(1e-3, 50.0), (0.0, 2.0)]
_START = [8.0, 0.5]

Logits = NDArray[np.float32]


class Weigher:
    """Find what decisions and logits are worth, on documents that neither has seen.

    Parameters
    ----------
    linear : ndarray of shape (n_documents, n_classes)
        Decisions of the linear branch.
    y : ndarray of shape (n_documents,) or (n_documents, n_classes)
        Places of the classes, or an indicator matrix.
    weights : ndarray of shape (n_documents,) or None
        Weights of the documents.
    output : Output
        Gives the loss.

    Notes
    -----
    The loss is convex in the two factors, which are at least 0 (stacking, Wolpert 1992,
    with as few parameters as a small held-out set can bear). The network counts only where
    it lowers the loss by three standard errors: else the linear branch decides alone.
    """

    def __init__(
        self, linear: Logits, y: NDArray[Any], weights: NDArray[Any] | None, output: Output
    ) -> None:
        self._linear, self._y, self._output = linear, y, output
        self._weights = np.ones(len(y)) if weights is None else np.asarray(weights, np.float64)
        best = minimize(lambda p: self._mean(p[0] * linear), _START[:1], bounds=_BOUNDS[:1])
        self.scale = float(best.x[0])
        self._alone = self._each(self.scale * linear)
        self.loss = float(np.average(self._alone, weights=self._weights))

    def _each(self, logits: NDArray[Any]) -> NDArray[np.float64]:
        return self._output.losses(logits, self._y)

    def _mean(self, logits: NDArray[Any]) -> float:
        return float(np.average(self._each(logits), weights=self._weights))

    def weigh(self, network: Logits) -> tuple[float, float, float]:
        """Return the loss, the scale of the decisions and the weight of the network's logits.

        The weight is 0 where the network is not better.
        """
        alone = self.loss, self.scale, 0.0
        if len(network) < 2 or not np.isfinite(network).all():  # no standard error, or diverged
            return alone
        best = minimize(
            lambda p: self._mean(p[0] * self._linear + p[1] * network),
            [self.scale, _START[1]],
            bounds=_BOUNDS,
        )
        scale, weight = map(float, best.x)
        gain = self._alone - self._each(scale * self._linear + weight * network)
        mean = float(np.average(gain, weights=self._weights))
        error = float(np.sqrt(np.average((gain - mean) ** 2, weights=self._weights) / len(gain)))
        if mean <= _ERRORS * error:
            return alone
        return self.loss - mean, scale, weight


class HeldOut(keras.callbacks.Callback):
    """Weigh the network after each epoch, and keep its best weights.

    Training stops when the network does not get better. It ends with the weights that were
    weighed: another training, on all documents, would be another network, whose worth
    nobody has measured.

    Parameters
    ----------
    logits : callable
        Gives the network's logits of the held-out documents.
    weigher : Weigher
        Of the same documents.
    patience : int
        Epochs without improvement before training stops.
    """

    def __init__(self, logits: Callable[[], Logits], weigher: Weigher, patience: int) -> None:
        super().__init__()
        self._logits, self._weigher, self._patience = logits, weigher, patience
        self.loss, self.scale, self.weight = weigher.loss, weigher.scale, 0.0
        self._last = 0
        self._best: list[NDArray[Any]] | None = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Weigh the network as it is now."""
        loss, scale, weight = self._weigher.weigh(self._logits())
        if loss < self.loss:
            self.loss, self.scale, self.weight, self._last = loss, scale, weight, epoch + 1
            self._best = self.model.get_weights()
        elif epoch + 1 - self._last >= self._patience:
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        """Restore the best weights."""
        if self._best is not None:
            self.model.set_weights(self._best)
            self._best = None


def _blocks(y: NDArray[Any], n_folds: int) -> NDArray[np.int64]:
    """Return the number of each document's block of neighbours.

    Where blocks swallow whole classes (a sorted file of many small ones), they are smaller:
    about a class that no other block has, the other side could say nothing.
    """
    size = max(1, min(_BLOCK, len(y) // (4 * n_folds)))
    blocks = np.arange(len(y)) // size
    while size > 1 and y.ndim == 1:
        pairs = np.unique(np.column_stack([y, blocks]), axis=0)
        counts = np.bincount(y)
        swallowed = (np.bincount(pairs[:, 0]) == 1) & (counts > 1)
        if counts[swallowed].sum() <= _SWALLOWED * len(y):
            break
        size //= 2
        blocks = np.arange(len(y)) // size
    return blocks


def inner_folds(documents: TrainingSet, seed: int) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Split the training documents into inner folds; none where they are too few.

    Neighbours in a file belong together more often than not (pairs of a statement and its
    contrary, passages of a book, songs of an album), so they stand on one side.
    """
    y = documents.y
    n_folds = _FOLDS if len(y) <= SMALL else 2 * _FOLDS
    blocks = _blocks(y, n_folds)
    if len(np.unique(blocks)) < 2 * n_folds:
        return []
    stratified = y.ndim == 1 and np.bincount(y).max() >= n_folds
    kind = StratifiedGroupKFold if stratified else GroupKFold
    with warnings.catch_warnings():  # of classes with fewer documents than folds
        warnings.simplefilter("ignore", UserWarning)
        splits = kind(n_folds, shuffle=True, random_state=seed)
        return list(splits.split(blocks, y if stratified else None, blocks))


@dataclass
class Blend:
    """A fitted linear branch, and what it and the network are worth.

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
    """

    features: Features
    branch: LinearBranch
    scale: float
    weight: float

    def linear(
        self, ids: NDArray[np.int32], lengths: NDArray[np.int64], vectors: WordVectors | None
    ) -> Logits:
        """Return the branch's share of the logits."""
        counts = self.features.count(ids, lengths, vectors)
        return np.asarray(self.scale * self.branch.decide(counts), np.float32)

    def _check_saved_state(self) -> None:
        """Refuse a branch that has not as many rows as the counter has columns."""
        expect(
            self,
            {
                "features": is_instance(Features),
                "branch": is_instance(LinearBranch),
                "scale": is_number(0),
                "weight": is_number(0),
            },
        )
        self.features._check_saved_state()
        self.branch._check_saved_state()
        if len(self.branch.coef) != len(self.features.counter.keys_):
            raise unexpected(self, "branch")


class LinearFolds:
    """Decisions of the linear branch about documents that it did not see.

    Parameters
    ----------
    documents : TrainingSet
        All training documents.
    counts : scipy.sparse.csr_matrix of shape (n_documents, n_features)
        Their n-grams.
    new : callable
        Gives a new branch.
    n_classes : int
        Number of classes.
    """

    def __init__(
        self,
        documents: TrainingSet,
        counts: sp.csr_matrix,
        new: Callable[[], LinearBranch],
        n_classes: int,
    ) -> None:
        self._documents, self._counts, self._new = documents, counts, new
        self._n_classes = n_classes

    def fit(self, rows: NDArray[Any] | slice) -> LinearBranch:
        """Return a branch that is fitted on some documents."""
        part = self._documents.take(rows)
        return self._new().fit(self._counts[rows], part.y, self._n_classes, part.weights)

    def decide(self, folds: list[tuple[NDArray[Any], NDArray[Any]]]) -> Logits:
        """Return decisions about each fold's held-out documents, one fold after the other."""
        return np.concatenate([self.fit(train).decide(self._counts[held]) for train, held in folds])


def fit_blend(
    train: TrainingSet,
    val: TrainingSet | None,
    vectors: WordVectors | None,
    kind: str,
    new_branch: Callable[[], LinearBranch],
    n_classes: int,
    network: Network,
    train_network: Callable[[TrainingSet, TrainingSet | None, list[Any]], None],
    patience: int,
    seed: int,
) -> Blend:
    """Fit the linear branch, train the network, and find what both are worth.

    Parameters
    ----------
    train : TrainingSet
        Documents to learn from. The branch is fitted on all of them, the network on those
        that are not held out.
    val : TrainingSet or None
        Documents to weigh on; None holds some of `train` out.
    vectors : WordVectors or None
        What the ids index.
    kind : {"words", "ngrams"}
        What the branch counts.
    new_branch : callable
        Gives a new branch.
    n_classes : int
        Number of classes.
    network : Network
        Compiled.
    train_network : callable
        Trains the network on the first documents, validates it on the second, with callbacks.
    patience : int
        Epochs without improvement before training stops.
    seed : int
        Seed of the inner folds.
    """
    output = network.design.output
    features = Features(kind)
    counts = features.count(train.ids, train.lengths, vectors)
    linear = LinearFolds(train, counts, new_branch, n_classes)
    report_progress("linear branch", 0, 0)
    branch = linear.fit(slice(None))

    def weigh(part: TrainingSet, held: TrainingSet, decisions: Logits) -> tuple[float, float]:
        weigher = Weigher(decisions, held.y, held.weights, output)
        watch = HeldOut(
            lambda: network.inference().logits(held.ids, held.lengths), weigher, patience
        )
        train_network(part, held, [watch])
        return watch.scale, watch.weight

    if val is not None:
        decisions = branch.decide(features.count(val.ids, val.lengths, vectors))
        scale, weight = weigh(train, val, decisions)
    elif folds := inner_folds(train, seed):
        rows, out = folds[0]
        decisions = linear.decide(folds[:1])
        scale, weight = weigh(train.take(rows), train.take(out), decisions)
        if not weight and len(train) <= SMALL:
            # the branch decides alone: its scale comes from all folds, as they cost nothing
            decisions = np.concatenate([decisions, linear.decide(folds[1:])])
            every = train.take(np.concatenate([out for _, out in folds]))
            scale = Weigher(decisions, every.y, every.weights, output).scale
    else:  # too few documents to say
        train_network(train, None, [])
        scale, weight = 1.0, 0.0
    return Blend(features, branch, scale, weight)
