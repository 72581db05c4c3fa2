"""What makes probabilities of a network's logits, and the loss that goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, logsumexp, softmax

ACTIVATIONS = "softmax", "sigmoid"


@dataclass(frozen=True)
class Output:
    """Softmax or sigmoid, with its loss, in NumPy; `losses` has the same in Keras and TensorFlow.

    Parameters
    ----------
    activation : {"softmax", "sigmoid"}
        What makes probabilities of logits.
    multilabel : bool, default=False
        Whether a document may have any number of labels; then it is a sigmoid.
    """

    activation: str
    multilabel: bool = False

    @classmethod
    def of(cls, activation: str, multilabel: bool) -> Output:
        """Return the output that is asked for; of many labels a document, each has a sigmoid."""
        return cls("sigmoid" if multilabel else activation, multilabel)

    def targets(self, y: NDArray[Any], n_classes: int) -> NDArray[Any]:
        """Return places of classes in the form that the loss takes.

        Parameters
        ----------
        y : ndarray of shape (n_documents,) or (n_documents, n_classes)
            Places of the classes, or an indicator matrix.
        n_classes : int
            Number of classes.

        Returns
        -------
        ndarray of shape (n_documents,) or (n_documents, n_classes)
            An indicator matrix where the activation is a sigmoid.
        """
        if self.activation == "sigmoid" and y.ndim == 1:
            return np.asarray(np.eye(n_classes, dtype=np.float32)[y])
        return y

    def probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return probabilities of shape (n_documents, n_classes); of one label, they sum to 1."""
        if self.multilabel:
            return np.asarray(expit(logits), np.float32)
        if self.activation == "sigmoid":  # each one's share of their sum, which may be tiny
            logits = log_expit(logits)
        out = np.exp(logits - logits.max(axis=1, keepdims=True))
        out /= out.sum(axis=1, keepdims=True)
        return np.asarray(out, np.float32)

    def losses(self, logits: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
        """Return the cross-entropy of each document, in nats.

        Parameters
        ----------
        logits : ndarray of shape (n_documents, n_classes)
        y : ndarray of shape (n_documents,) or (n_documents, n_classes)
            Places of the classes, or an indicator matrix.
        """
        z = np.asarray(logits, np.float64)
        if self.activation == "softmax":
            return np.asarray(logsumexp(z, axis=1) - z[np.arange(len(y)), y])
        there = self.targets(y, z.shape[1])
        return np.asarray(-(there * log_expit(z) + (1 - there) * log_expit(-z)).mean(axis=1))

    def loss_slopes(self, logits: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
        """Return the derivatives of each document's cross-entropy by its logits.

        Parameters
        ----------
        logits : ndarray of shape (n_documents, n_classes)
        y : ndarray of shape (n_documents,) or (n_documents, n_classes)
            Places of the classes, or an indicator matrix.
        """
        z = np.asarray(logits, np.float64)
        if self.activation == "softmax":
            slopes = softmax(z, axis=1)
            slopes[np.arange(len(y)), y] -= 1
            return np.asarray(slopes)
        return np.asarray((expit(z) - self.targets(y, z.shape[1])) / z.shape[1])
