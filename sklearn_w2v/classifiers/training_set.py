"""Documents to learn from, and checks of what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit
from sklearn.utils import compute_class_weight

from ..features.token_ids import check_ids
from ..utils.sklearn_compat import check_sample_weight
from ..vectors.word_vectors import WordVectors
from .targets import Targets, check_labels


@dataclass(frozen=True, eq=False)  # arrays do not compare to one answer
class TrainingSet:
    """Documents to learn from: ids, targets and weights of each.

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
    clusters : ndarray of shape (n_documents,), int64, or None, default=None
        Equal numbers of documents that tell the same, as copies do; None where each stands for
        itself.
    """

    ids: NDArray[np.int32]
    lengths: NDArray[np.int64]
    y: NDArray[Any]
    weights: NDArray[np.float32] | None
    clusters: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def n_clusters(self) -> int:
        """How many documents tell something of their own."""
        return len(self.ids if self.clusters is None else np.unique(self.clusters))

    def take(self, rows: NDArray[Any] | slice) -> TrainingSet:
        """Return some of the documents."""

        def part(array: Any) -> Any:
            return None if array is None else array[rows]

        fields = self.ids, self.lengths, self.y, self.weights, self.clusters
        return TrainingSet(*map(part, fields))

    def cut(self, width: int | None) -> TrainingSet:
        """Return the documents with no more than a number of words of each."""
        if width is None or self.ids.shape[1] <= width:
            return self
        return replace(self, ids=self.ids[:, :width], lengths=np.minimum(self.lengths, width))

    def weighted_rows(self) -> NDArray[np.int64] | None:
        """Return the rows of documents whose weight is not 0; None where those are all."""
        if self.weights is None or self.weights.all():
            return None
        return np.flatnonzero(self.weights)

    def weighted(self) -> TrainingSet:
        """Return the documents without those of weight 0, as if they were not there."""
        rows = self.weighted_rows()
        return self if rows is None else self.take(rows)


def total_weights(
    sample_weight: Any, class_weight: Any, labels: NDArray[Any], classes: NDArray[Any]
) -> NDArray[np.float32] | None:
    """Multiply sample_weight and class_weight into one new vector; None where neither is given.

    Raises
    ------
    ValueError
        A weight is negative or not finite, all are zero, or a class is unknown.
    """
    if sample_weight is None and class_weight is None:
        return None
    weights: NDArray[np.float32] = check_sample_weight(
        sample_weight, labels, dtype=np.float32, copy=True, ensure_non_negative=True
    )
    if class_weight is not None:
        if isinstance(class_weight, dict):
            if labels.ndim == 2:
                raise ValueError(
                    "Got a dict as class_weight but expected 'balanced' or None where a document "
                    "can have many labels; weigh documents by sample_weight."
                )
            unknown = [label for label in class_weight if label not in classes.tolist()]
            if unknown:
                raise ValueError(
                    f"Got class_weight for {unknown} but the classes are {classes.tolist()}."
                )
            for label, weight in class_weight.items():
                if not isinstance(weight, Real) or not 0 <= float(weight) < float("inf"):
                    raise ValueError(
                        f"Got class_weight of {weight!r} for {label!r} but expected a finite "
                        "weight that is not negative."
                    )
        of_class = class_weights_of(labels, class_weight, labels[weights > 0])
        if of_class is not None:
            weights = weights * of_class
    if not weights.any():
        raise ValueError("The weight is zero for every document; nothing can be learnt.")
    return weights


def number_to_hold_out(n_documents: int, fraction: float) -> int:
    """Return how many documents are held out of some.

    Raises
    ------
    ValueError
        None would be left to train on.
    """
    n_held = int(np.ceil(fraction * n_documents))
    if n_held >= n_documents:
        documents = f"{n_documents} document{'s' if n_documents > 1 else ''}"
        raise ValueError(
            f"validation_fraction={fraction} of {documents} for early_stopping leaves none to "
            "train on; expected a smaller one, X_val, or early_stopping=False."
        )
    return n_held


def hold_out(y: NDArray[Any], fraction: float, seed: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Split rows to train on and rows to hold out, stratified where the classes are large enough.

    Raises
    ------
    ValueError
        None would be left to train on.
    """
    n_held = number_to_hold_out(len(y), fraction)
    kind: Any = ShuffleSplit
    if y.ndim == 1:
        counts = np.bincount(y)
        counts = counts[counts > 0]
        if counts.min() > 1 and min(n_held, len(y) - n_held) >= len(counts):
            kind = StratifiedShuffleSplit
    split = kind(n_splits=1, test_size=n_held, random_state=seed)
    train, held = next(split.split(np.zeros(len(y)), y))
    return np.sort(train), np.sort(held)


def class_weights_of(
    new: NDArray[Any], class_weight: Any, labels: NDArray[Any]
) -> NDArray[np.float32] | None:
    """Return the weights that documents get from class_weight; None where it gives none.

    Parameters
    ----------
    new : ndarray of shape (n_new,) or (n_new, n_classes)
        Labels of documents.
    class_weight : dict, "balanced" or None
        As the classifiers take it.
    labels : ndarray of shape (n_documents,) or (n_documents, n_classes)
        Labels of the training documents that have a weight; a class that they lack has the
        weight 1.
    """
    if class_weight is None or not len(labels):
        return None
    if isinstance(class_weight, dict):
        each = [class_weight.get(label, 1.0) for label in new.tolist()]
        return np.asarray(each, np.float32)
    known, others = (labels[:, None], new[:, None]) if labels.ndim == 1 else (labels, new)
    columns = []
    for column, of_new in zip(known.T, others.T, strict=True):
        if labels.ndim == 2 and not np.ptp(column):
            continue  # labels that all documents have, or none, have nothing to balance
        classes = np.unique(column)
        weights = compute_class_weight(class_weight, classes=classes, y=column)
        place = np.minimum(np.searchsorted(classes, of_new), len(classes) - 1)
        columns.append(np.where(classes[place] == of_new, weights[place], 1.0))
    # of many labels, the mean: scikit-learn's product spans many powers of ten
    return np.mean(columns, axis=0).astype(np.float32) if columns else None


def check_validation(
    estimator: Any,
    validation: tuple[Any, Any],
    vectors: WordVectors | None,
    targets: Targets,
    labels: NDArray[Any],
    weights: NDArray[np.float32] | None,
) -> TrainingSet | None:
    """Return the documents to validate on, ``X_val`` and ``y_val``; None where neither is given.

    They have the class weights that training documents of their labels have, so that what is
    validated is what is trained.

    Raises
    ------
    ValueError
        Only one of them is given, the ids are those of other vectors, or no class of theirs has
        a weight.
    """
    X_val, y_val = validation
    if X_val is None and y_val is None:
        return None
    if X_val is None or y_val is None:
        raise ValueError("Got only one of X_val and y_val but expected both or none.")
    handle = getattr(X_val, "vectors", None)
    if vectors and isinstance(handle, WordVectors) and not vectors.is_extension_of(handle):
        raise ValueError("X_val holds ids of other word vectors than X.")
    try:
        ids, lengths = check_ids(estimator, X_val, vectors, reset=False)
        of_val = check_labels(estimator, y_val, len(ids))
        encoded = targets.encode(of_val)
    except (TypeError, ValueError) as error:  # which speaks of X and y
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"In X_val and y_val: {error}") from error
    known = labels if weights is None else labels[weights > 0]
    of_class = class_weights_of(of_val, estimator.class_weight, known)
    if of_class is not None and not of_class.any():
        raise ValueError(
            "In X_val and y_val: the weight is zero for every document; nothing can be validated."
        )
    return TrainingSet(ids, lengths, encoded, of_class)
