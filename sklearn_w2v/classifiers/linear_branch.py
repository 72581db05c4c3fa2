"""The linear branch: a support vector machine on n-grams, beside the network."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.svm import LinearSVC

from ..features.flat_ids import FlatIds
from ..features.ngrams import NgramCounter
from ..utils.forks import Lock
from ..utils.saved_state import expect, is_array, is_instance
from ..vectors.word_vectors import WordVectors

MAX_FEATURES = 1 << 19
# liblinear's own default: on news and prose, two thirds of the time of 0.01, and no more than
# one label in 500 differs
_TOLERANCE = 0.1

# liblinear lets threads run, but draws the order of its steps from one generator of the process:
# two at once are two fifths faster, and different each time
_one_at_a_time = Lock()

# what a name of the classifiers' ``bow`` parameter counts
_KINDS: dict[str, dict[str, Any]] = {
    "words": {"pairs": False, "characters": 0},
    "ngrams": {"pairs": True, "characters": 3},
}


class Features:
    """Counts of n-grams, for a sublinear tf-idf.

    Parameters
    ----------
    kind : {"words", "ngrams"}
        What counts.
    """

    def __init__(self, kind: str) -> None:
        self.counter = NgramCounter(**_KINDS[kind], min_df=2, max_features=MAX_FEATURES)

    def count(
        self, documents: FlatIds, vectors: WordVectors | None, n_jobs: int | None = None
    ) -> sp.csr_matrix:
        """Return counts, in the columns that the first call chooses."""
        new = not hasattr(self.counter, "keys_")
        how = self.counter.fit_transform if new else self.counter.transform
        return how(documents, vectors, n_jobs)

    def _check_saved_state(self) -> None:
        """Refuse what no call of `count` can have made."""
        expect(self, {"counter": is_instance(NgramCounter)})
        self.counter._check_saved_state()


class LinearBranch:
    """A linear classifier on counts; its decisions serve as logits.

    Parameters
    ----------
    C : float
        Inverse strength of the regularization.
    seed : int
        Of the solver.

    Notes
    -----
    The squared hinge loss of ``LinearSVC`` beats the logistic one on tf-idf of few
    documents; what its decisions are worth as logits is found by validation.
    """

    def __init__(self, C: float, seed: int) -> None:
        self.C, self.seed = C, seed

    def fit(
        self,
        counts: sp.csr_matrix,
        target: NDArray[Any],
        n_classes: int,
        weights: Any = None,
        first: NDArray[np.bool_] | None = None,
    ) -> LinearBranch:
        """Fit on counts.

        Parameters
        ----------
        counts : scipy.sparse.csr_matrix of shape (n_documents, n_features)
        target : ndarray of shape (n_documents,) or (n_documents, n_classes)
            Places of the classes, or an indicator matrix.
        n_classes : int
        weights : ndarray of shape (n_documents,) or None, default=None
        first : ndarray of shape (n_documents,), bool, or None, default=None
            False for copies of other documents, which do not count in the inverse document
            frequencies; None where all are different.
        """
        self.coef = np.zeros((counts.shape[1], n_classes), np.float32)
        self.intercept = np.full(n_classes, -1.0, np.float32)
        if not counts.shape[1]:  # no known word: the intercept of the least squared hinge loss
            has_label = target if target.ndim == 2 else np.eye(n_classes)[target]
            self.intercept[:] = 2 * np.average(has_label, axis=0, weights=weights) - 1
            return self
        self._tfidf = TfidfTransformer(sublinear_tf=True)
        X = _doubles(counts)
        X = self._tfidf.fit(X if first is None else X[first]).transform(X, copy=False)
        if target.ndim == 2:
            values = {label: np.unique(target[:, label]) for label in range(n_classes)}
            for label, found in values.items():
                if len(found) == 1:  # nothing to tell apart
                    self.intercept[label] = 2 * float(found[0]) - 1
            labels = [label for label, found in values.items() if len(found) > 1]
            self._fit_each(X, labels, [target[:, label] for label in labels], weights)
            return self
        classes = np.unique(target).tolist()
        if len(classes) == 1:
            self.intercept[classes] = 1.0
        elif len(classes) == 2:
            first_class, second = classes
            self._fit_each(X, [second], [target == second], weights)
            self.coef[:, first_class] = -self.coef[:, second]
            self.intercept[first_class] = -self.intercept[second]
        else:
            self._fit_each(X, classes, [target == one for one in classes], weights)
        return self

    def _fit_each(
        self, X: sp.csr_matrix, labels: list[int], targets: list[NDArray[Any]], weights: Any
    ) -> None:
        """Fit one label after the other."""
        for label, target in zip(labels, targets, strict=True):
            self.coef[:, label], self.intercept[label] = _svm(X, target, weights, self.C, self.seed)

    def _check_saved_state(self) -> None:
        """Refuse weights of shapes that do not fit each other."""
        expect(self, {"coef": is_array(np.float32, None, None)})
        n_features, n_classes = self.coef.shape
        expect(self, {"intercept": is_array(np.float32, n_classes)})
        if n_features:
            expect(self, {"_tfidf": is_instance(TfidfTransformer)})
            fits = is_array(None, n_features)
            expect(self._tfidf, {"idf_": lambda idf: fits(idf) and idf.dtype.kind == "f"})
            self._tfidf._validate_params()

    def decide(self, counts: sp.csr_matrix) -> NDArray[np.float32]:
        """Return decisions of shape (n_documents, n_classes)."""
        if not counts.shape[1]:
            return np.tile(self.intercept, (counts.shape[0], 1))
        X, coef = sp.csr_matrix(self._tfidf.transform(_doubles(counts), copy=False)), self.coef
        if X.nnz < len(coef):  # few documents: their cost does not depend on the vocabulary
            used, places = np.unique(X.indices, return_inverse=True)
            X = sp.csr_matrix((X.data, places, X.indptr), (X.shape[0], len(used)))
            coef = coef[used]
        out: NDArray[np.float32] = X @ coef
        return (out + self.intercept).astype(np.float32)

    def weights(self, counts: sp.csr_matrix, label: int) -> NDArray[np.float64]:
        """Return what one occurrence of each feature adds to a document's decision.

        Parameters
        ----------
        counts : scipy.sparse.csr_matrix of shape (1, n_features)
            Counts of one document.
        label : int
            Place of the class.

        Returns
        -------
        ndarray of shape (n_features,), float64
            0 for features that the document lacks. Times the counts, their sum and the
            intercept are the decision.
        """
        out = np.zeros(counts.shape[1])
        if not counts.shape[1]:
            return out
        counts = sp.csr_matrix(counts)
        values = sp.csr_matrix(self._tfidf.transform(_doubles(counts), copy=False))
        out[values.indices] = values.data * self.coef[values.indices, label]
        out[counts.indices] /= counts.data
        return out


def _doubles(counts: sp.csr_matrix) -> sp.csr_matrix:
    """Return a copy of counts in float64, which may be changed; both have the same indices."""
    data = counts.data.astype(np.float64)
    return sp.csr_matrix((data, counts.indices, counts.indptr), counts.shape)


def _svm(
    X: sp.csr_matrix, y: NDArray[Any], weights: Any, C: float, seed: int
) -> tuple[NDArray[np.float64], float]:
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a thousand passes are enough
        model = LinearSVC(C=C, tol=_TOLERANCE, random_state=seed).fit(X, y, sample_weight=weights)
    return model.coef_[0], float(model.intercept_[0])
