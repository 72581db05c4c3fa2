"""Checks of what comes into the classifiers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit
from sklearn.utils import compute_sample_weight
from sklearn.utils.validation import _check_sample_weight, validate_data

from ..networks.batches import right_padded
from ..vectors.word_vectors import FIRST_ID, OOV_ID, WordVectors, as_word_vectors
from .documents import Documents
from .targets import Targets, check_labels

_OTHER_VECTORS = (
    "X was not made from these vectors. Ids of W2VIndexer index its vectors_, which have further "
    "rows for words that its vectors lack; pass its output as it is, or vectors=indexer.vectors_."
)


def check_vectors(X: Any, given: Any, fitted: Any, estimator: Any) -> WordVectors | None:
    """Word vectors that the ids of X index.

    Parameters
    ----------
    X : TokenIds or array-like
        Ids, with a handle to their vectors or without.
    given : path, WordVectors, gensim.models.KeyedVectors or None
        The classifier's ``vectors`` parameter.
    fitted : tuple of (WordVectors or None) or None
        What the classifier was fitted with; None in a first fit.
    estimator : object
        Named in messages.

    Returns
    -------
    WordVectors or None
        None where nothing says what the ids mean. In a fitted classifier, those of `X` where
        they extend the fitted ones by further words.

    Raises
    ------
    ValueError
        The ids are those of other vectors than the classifier was fitted with, or is to be.
    """
    handle = getattr(X, "vectors", None)
    handle = handle if isinstance(handle, WordVectors) else None
    if fitted is not None:
        known: WordVectors | None = fitted[0]
        if handle is not None and known is not None:
            if handle.is_extension_of(known):
                return handle
            if known.is_extension_of(handle):
                return known
            raise ValueError(
                "X holds ids of other word vectors than the classifier was fitted with: "
                f"{handle!r} instead of {known!r}. Use the W2VIndexer of the fit."
            )
        return known
    if given is not None:
        vectors = as_word_vectors(given)
        if handle is None or vectors.is_extension_of(handle):
            return vectors
        if handle.is_extension_of(vectors):
            return handle
        raise ValueError(
            f"X holds ids of other word vectors than vectors=: {handle!r} instead of {vectors!r}. "
            "Give them to the W2VIndexer, and leave vectors=None."
        )
    if handle is None:
        warnings.warn(
            f"X brings no word vectors (a plain array, not TokenIds), and vectors=None: the "
            f"embedding of this {type(estimator).__name__} starts from random values and nothing "
            "is transferred. Pass vectors=, or the output of W2VIndexer. A step between may have "
            "stripped it (imbalanced-learn's samplers do: put them ahead of the texts).",
            UserWarning,
            stacklevel=4,
        )
    return handle


def check_ids(
    estimator: Any, X: Any, vectors: WordVectors | None, reset: bool
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Ids as right-padded int32, and the documents' lengths.

    Raises
    ------
    ValueError
        X holds anything but whole numbers from 0, or ids beyond the vectors.
    """
    array = np.asarray(validate_data(estimator, X, reset=reset, dtype="numeric"))
    name = type(estimator).__name__
    if array.dtype.kind not in "iu":
        whole = np.floor(array) == array
        if not whole.all():
            raise ValueError(
                f"Got {array[~whole].flat[0]} in X but {name} expected ids of words: whole "
                "numbers from 0, as W2VIndexer makes them."
            )
    if array.size and array.min() < 0:
        raise ValueError(
            f"Negative values in data passed to {name}: got {array.min()} in X but expected "
            "ids of words, whole numbers from 0."
        )
    limit = len(vectors) + FIRST_ID if vectors is not None else 2**31 - 1
    if array.size and array.max() >= limit:
        raise ValueError(
            f"Got id {array.max()} in X but {name} expected ids below {limit}: "
            + (_OTHER_VECTORS if vectors is not None else "int32.")
        )
    return right_padded(array.astype(np.int32, copy=False), OOV_ID)


def total_weights(
    sample_weight: Any, class_weight: Any, labels: NDArray[Any], classes: NDArray[Any]
) -> NDArray[np.float32] | None:
    """sample_weight times class_weight in one new vector; None where neither is given.

    Raises
    ------
    ValueError
        A weight is negative or not finite, all are zero, or a class is unknown.
    """
    if sample_weight is None and class_weight is None:
        return None
    weights: NDArray[np.float32] = _check_sample_weight(
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
                if not 0 <= weight < float("inf"):
                    raise ValueError(
                        f"Got class_weight of {weight} for {label!r} but expected a finite "
                        "weight that is not negative."
                    )
        # of many labels, the mean: scikit-learn's product spans many powers of ten
        columns = [labels]
        if labels.ndim == 2:
            columns = [column for column in labels.T if np.ptp(column)]
        each = [compute_sample_weight(class_weight, column) for column in columns]
        if each:  # labels that all documents have, or none, have nothing to balance
            weights = weights * np.mean(each, axis=0).astype(np.float32)
    if not weights.any():
        raise ValueError("The weight is zero for every document; nothing can be learnt.")
    return weights


def hold_out(y: NDArray[Any], fraction: float, seed: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows to train on and rows held out, stratified where the classes are large enough.

    Raises
    ------
    ValueError
        None would be left to train on.
    """
    n_held = int(np.ceil(fraction * len(y)))
    if n_held >= len(y):
        documents = f"{len(y)} document{'s' if len(y) > 1 else ''}"
        raise ValueError(
            f"validation_fraction={fraction} of {documents} for early_stopping leaves none to "
            "train on; expected a smaller one, X_val, or early_stopping=False."
        )
    kind: Any = ShuffleSplit
    if y.ndim == 1:
        counts = np.bincount(y)
        counts = counts[counts > 0]
        if counts.min() > 1 and min(n_held, len(y) - n_held) >= len(counts):
            kind = StratifiedShuffleSplit
    split = kind(n_splits=1, test_size=n_held, random_state=seed)
    train, held = next(split.split(np.zeros(len(y)), y))
    return np.sort(train), np.sort(held)


def check_validation(
    estimator: Any, validation: tuple[Any, Any], vectors: WordVectors | None, targets: Targets
) -> Documents | None:
    """Documents to validate on, from ``X_val`` and ``y_val``; None where there are none.

    Raises
    ------
    ValueError
        Only one of them is given, or the ids are those of other vectors.
    """
    X_val, y_val = validation
    if X_val is None and y_val is None:
        return None
    if X_val is None or y_val is None:
        raise ValueError("Got only one of X_val and y_val but expected both or none.")
    handle = getattr(X_val, "vectors", None)
    if vectors and isinstance(handle, WordVectors) and not vectors.is_extension_of(handle):
        raise ValueError("X_val holds ids of other word vectors than X.")
    ids, lengths = check_ids(estimator, X_val, vectors, reset=False)
    y = targets.encode(check_labels(estimator, y_val, len(ids)))
    return Documents(ids, lengths, y, None)
