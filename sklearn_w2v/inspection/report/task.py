"""The task of a report: its labels and the model's predictions, as whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...classifiers.targets import check_labels, plain_labels
from .scores import Outputs

_SHOWN = 5  # labels of a message


class Task:
    """Labels of a report as whole numbers, and their names.

    Parameters
    ----------
    estimator : estimator
        Fitted; its classes come first.
    y : array-like of shape (n_documents,) or (n_documents, n_labels)
        What is true.
    out : Outputs
        What the estimator says.
    n_documents : int
        How many documents there are.
    target_names : sequence of str or None
        Names of the labels.

    Attributes
    ----------
    estimator : estimator
        What it was made with.
    multilabel : bool
        Whether a document has any number of labels.
    y, predicted : ndarray of shape (n_documents,) or (n_documents, n_labels), int64
        Numbers of labels, or indicator matrices.
    """

    def __init__(
        self,
        estimator: Any,
        y: Any,
        out: Outputs,
        n_documents: int,
        target_names: Sequence[str] | None,
    ) -> None:
        labels = check_labels(estimator, y, n_documents)
        self.multilabel = labels.ndim == 2
        self.estimator, self._target_names = estimator, target_names
        self._columns = [str(name) for name in getattr(y, "columns", ())]
        known = [] if self.multilabel else plain_labels(getattr(estimator, "classes_", ()))
        self._n_labels = labels.shape[1] if self.multilabel else len(known)
        self._codes: dict[Any, int] = {}
        if not self.multilabel:
            self.encode(known)
        self.y = self.encode(labels)
        if known and self.y.min() >= len(known):
            raise ValueError(
                f"Got y with the labels {_some(plain_labels(np.unique(labels)))} but expected "
                f"those of the estimator, {_some(known)}."
            )
        self.predicted = self.encode(out.predicted)

    def encode(self, labels: Any) -> NDArray[np.int64]:
        """Return numbers of labels, new ones after the known; or an indicator matrix."""
        if self.multilabel or np.ndim(labels) == 2:
            matrix = np.asarray(labels)
            shape = (len(matrix), self._n_labels)
            if not self.multilabel or matrix.shape != shape:
                wanted = f"shape {shape}" if self.multilabel else "one label for each document"
                raise ValueError(f"Got labels of shape {matrix.shape} but expected {wanted}.")
            return matrix.astype(np.int64)
        codes, plain = self._codes, plain_labels(labels)
        return np.array([codes.setdefault(one, len(codes)) for one in plain], np.int64)

    @property
    def names(self) -> list[str]:
        """Return the names of all labels.

        Raises
        ------
        ValueError
            There are more or fewer `target_names` than labels of the estimator.
        """
        given = self._target_names
        n_labels = self._n_labels or len(self._codes)
        if given is not None and len(given) != n_labels:
            raise ValueError(
                f"Got {len(given)} target_names but expected {n_labels}, one for each label."
            )
        if self.multilabel:
            named = list(map(str, range(n_labels)))
            return list(map(str, given)) if given is not None else self._columns or named
        names = [str(label) for label in self._codes]
        return names if given is None else [*map(str, given), *names[n_labels:]]

    def label_of(self, code: int) -> Any:
        """Return the label itself, as the estimator has it."""
        return code if self.multilabel else list(self._codes)[code]


def _some(labels: list[Any]) -> str:
    shown = ", ".join(map(repr, labels[:_SHOWN]))
    return f"[{shown}{', ...' if len(labels) > _SHOWN else ''}]"
