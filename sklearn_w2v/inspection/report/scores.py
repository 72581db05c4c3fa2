"""Scores of a report: those of all labels, labels one by one, confusions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    hamming_loss,
    log_loss,
    precision_recall_fscore_support,
)
from sklearn.pipeline import Pipeline

_SURE = 0.05  # below it, a difference is called one


@dataclass(frozen=True)
class Outputs:
    """Predictions and confidences of an estimator for documents.

    Attributes
    ----------
    predicted : ndarray of shape (n_documents,) or (n_documents, n_labels)
        Labels, or an indicator matrix.
    confidences : ndarray of shape (n_documents, n_labels), float64, or None
        A value for each label: the higher, the surer.
    are_probabilities : bool
        Whether the confidences are probabilities; decisions otherwise.
    features : object
        What came to the last step of a pipeline; the documents themselves where the
        estimator is none.
    """

    predicted: NDArray[Any]
    confidences: NDArray[np.float64] | None
    are_probabilities: bool
    features: Any


def outputs_of(estimator: Any, X: Any) -> Outputs:
    """Return predictions and confidences; the first steps of a pipeline run once for both.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X : sequence
        Documents.
    """
    features, last = X, estimator
    if isinstance(estimator, Pipeline) and len(estimator) > 1:
        features, last = estimator[:-1].transform(X), estimator[-1]
    predicted = last.predict(features)
    predicted = predicted.toarray() if sp.issparse(predicted) else np.asarray(predicted)
    for method in ("predict_proba", "decision_function"):
        if hasattr(last, method):
            values = _one_column_a_label(getattr(last, method)(features), predicted, last)
            if values is not None:
                return Outputs(predicted, values, method == "predict_proba", features)
    return Outputs(predicted, None, False, features)


def _one_column_a_label(
    values: Any, predicted: NDArray[Any], estimator: Any
) -> NDArray[np.float64] | None:
    """Return confidences in one shape; None where they say nothing about single labels."""
    if isinstance(values, list):  # of one label each: (n_documents, no and yes)
        if any(np.shape(one)[1:] != (2,) for one in values):
            return None
        values = np.column_stack([one[:, 1] for one in values])
    out = np.asarray(values, np.float64)
    if out.ndim == 1 and predicted.ndim == 1:
        out = np.column_stack([-out, out])
    n_labels = predicted.shape[1] if predicted.ndim == 2 else len(estimator.classes_)
    fits = out.shape == (len(predicted), n_labels) and np.isfinite(out).all()
    return out if fits else None


def f1_macro(y: Any, predicted: Any) -> float:
    """Return scikit-learn's macro F1: the mean over all labels that are true or predicted.

    Parameters
    ----------
    y, predicted : array-like of shape (n_documents,) or (n_documents, n_labels)
        Labels, or indicator matrices. A label without a true or a predicted document has 0.
    """
    return float(f1_score(y, predicted, average="macro", zero_division=0))


def scores_of(
    y: NDArray[Any], predicted: NDArray[Any], probabilities: NDArray[np.float64] | None = None
) -> dict[str, float]:
    """Return scores of predictions, the same as scikit-learn's functions give.

    Parameters
    ----------
    y, predicted : ndarray of shape (n_documents,) or (n_documents, n_labels), int
        Numbers of labels, or indicator matrices.
    probabilities : ndarray of shape (n_documents, n_labels) or None, default=None
        With one label a document, for ``"log_loss"``, which is left out without them.
    """
    if y.ndim == 2:
        return {
            "f1_micro": float(f1_score(y, predicted, average="micro", zero_division=0)),
            "f1_macro": f1_macro(y, predicted),
            "exact_match": float(accuracy_score(y, predicted)),
            "hamming_loss": float(hamming_loss(y, predicted)),
        }
    scores = {
        "accuracy": float(accuracy_score(y, predicted)),
        "balanced_accuracy": _balanced(y, predicted),
        "f1_macro": f1_macro(y, predicted),
        "f1_weighted": float(f1_score(y, predicted, average="weighted", zero_division=0)),
    }
    # nothing is said about a label that training did not have
    if probabilities is not None and y.max() < probabilities.shape[1] > 1:
        sums = probabilities.sum(axis=1, keepdims=True)
        labels = np.arange(probabilities.shape[1])
        if (sums > 0).all():
            scores["log_loss"] = float(log_loss(y, probabilities / sums, labels=labels))
    return scores


def _balanced(y: NDArray[Any], predicted: NDArray[Any]) -> float:
    """Return the mean recall of the labels that come; scikit-learn warns of others."""
    supports = np.bincount(y)
    hits = np.bincount(y[y == predicted], minlength=len(supports))
    return float(np.mean(hits[supports > 0] / supports[supports > 0]))


def interval(right: NDArray[np.bool_]) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share."""
    found = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def comparison(right: NDArray[np.bool_], other: NDArray[np.bool_]) -> dict[str, Any]:
    """Count documents that only one of two models gets right; McNemar's exact test of them."""
    ours, theirs = int((right & ~other).sum()), int((other & ~right).sum())
    p = float(binomtest(ours, ours + theirs).pvalue) if ours + theirs else 1.0
    return {"ours": ours, "theirs": theirs, "p": p, "sure": p < _SURE}


def label_rows(
    y: NDArray[Any], predicted: NDArray[Any], names: Sequence[str]
) -> list[dict[str, Any]]:
    """Return precision, recall, F1 and numbers of documents of each label.

    A score that is not defined (a label that is never predicted has no precision) is None.
    """
    labels = np.arange(len(names))
    precision, recall, f1, support = precision_recall_fscore_support(
        y, predicted, labels=labels, zero_division=np.nan
    )
    if y.ndim == 2:
        n_predicted = predicted.sum(axis=0)
    else:
        n_predicted = np.bincount(predicted, minlength=len(names))

    def number(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    return [
        {
            "label": name,
            "precision": number(precision[place]),
            "recall": number(recall[place]),
            "f1": number(f1[place]),
            "support": int(support[place]),
            "predicted": int(n_predicted[place]),
        }
        for place, name in enumerate(names)
    ]


def confusions(
    y: NDArray[np.int64], predicted: NDArray[np.int64], names: Sequence[str], listed: int
) -> list[dict[str, Any]]:
    """Return the most frequent pairs of a true label and another one that was predicted.

    Pairs that occur are counted; a matrix of 8,000 labels would take 512 MB.
    """
    wrong = y != predicted
    pairs, counts = np.unique(
        np.column_stack([y[wrong], predicted[wrong]]), axis=0, return_counts=True
    )
    supports = np.bincount(y, minlength=len(names))
    order = np.argsort(-counts, kind="stable")[:listed]
    return [
        {
            "true": names[row],
            "predicted": names[column],
            "count": count,
            "share": float(count / supports[row]),
        }
        for (row, column), count in zip(pairs[order].tolist(), counts[order].tolist(), strict=True)
    ]


def majority(codes: NDArray[np.int64], n_documents: int) -> NDArray[np.int64]:
    """Predict the most frequent label, or those of more than half of the documents, for all."""
    if codes.ndim == 2:
        return np.tile((codes.mean(axis=0) > 0.5).astype(np.int64), (n_documents, 1))
    return np.full(n_documents, np.bincount(codes).argmax())
