"""Mean word vectors as a member beside the n-grams: what vectors bring without a network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from ..utils.saved_state import expect, is_array

_C = 0.01  # strong: hundreds of correlated dimensions, and often few documents


class MeanVectors:
    """Logistic regression on the mean vectors of documents.

    It knows of a word that training never saw what the vectors say of it; a linear branch
    on n-grams knows nothing.

    Attributes
    ----------
    coef : ndarray of shape (dim, n_classes), float32
        What the mean vectors are multiplied with.
    intercept : ndarray of shape (n_classes,), float32
        Logits of a document without a known word.
    """

    coef: NDArray[np.float32]
    intercept: NDArray[np.float32]

    def fit(
        self, means: NDArray[np.float32], target: NDArray[Any], n_classes: int, weights: Any = None
    ) -> MeanVectors:
        """Fit on mean vectors.

        Parameters
        ----------
        means : ndarray of shape (n_documents, dim), float32
            As `mean_vectors` gives them.
        target : ndarray of shape (n_documents,) or (n_documents, n_classes)
            Places of the classes, or an indicator matrix.
        n_classes : int
        weights : ndarray of shape (n_documents,) or None, default=None
        """
        scaler = StandardScaler().fit(means, sample_weight=weights)
        X = scaler.transform(means)
        coef = np.zeros((means.shape[1], n_classes))
        # a class that is not there has the logit of half a document
        rare = float(np.log(0.5 / (len(means) + 1)))
        intercept = np.full(n_classes, rare)
        if target.ndim == 2:
            for label, column in enumerate(target.T):
                if column.any() and not column.all():
                    model = _regression(X, column, weights)
                    coef[:, label], intercept[label] = model.coef_[0], model.intercept_[0]
                elif column.any():
                    intercept[label] = -rare
        else:
            classes = np.unique(target)
            if len(classes) == 1:
                intercept[classes] = 0.0
            else:
                model = _regression(X, target, weights)
                if len(classes) == 2:
                    first, second = classes
                    coef[:, second], intercept[second] = model.coef_[0] / 2, model.intercept_[0] / 2
                    coef[:, first], intercept[first] = -coef[:, second], -intercept[second]
                else:
                    coef[:, classes], intercept[classes] = model.coef_.T, model.intercept_
        coef /= scaler.scale_[:, None]
        self.coef = coef.astype(np.float32)
        self.intercept = (intercept - scaler.mean_ @ coef).astype(np.float32)
        return self

    def decide(self, means: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return logits of shape (n_documents, n_classes)."""
        return np.asarray(means @ self.coef + self.intercept)

    def _check_saved_state(self) -> None:
        """Refuse weights of shapes that do not fit each other."""
        expect(self, {"coef": is_array(np.float32, None, None)})
        expect(self, {"intercept": is_array(np.float32, self.coef.shape[1])})


def _regression(X: NDArray[Any], y: NDArray[Any], weights: Any) -> Any:
    with threadpool_limits(1, "blas"):  # threads that wait for small products cost tenfold
        return LogisticRegression(C=_C, max_iter=1000).fit(X, y, sample_weight=weights)
