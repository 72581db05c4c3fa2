"""Labels become places of classes, or an indicator matrix, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

_NO_INDICATOR = (
    "Got y of shape {} with other values than 0 and 1 but {} expected one label for each "
    "document, or an indicator matrix of 0 and 1 (MultiLabelBinarizer makes one)."
)


def plain_labels(labels: Any) -> list[Any]:
    """Return labels as Python's values, but dates as NumPy's: they would become numbers."""
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "mM":
        return list(labels)
    return list(labels.tolist() if hasattr(labels, "tolist") else labels)


class Targets:
    """What a classifier learns to tell apart.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels; with many labels a document, the columns' numbers.
    multilabel : bool
        Whether a document has any number of labels.
    """

    def __init__(self, classes: NDArray[Any], multilabel: bool) -> None:
        self.classes, self.multilabel = classes, multilabel

    @classmethod
    def of(cls, labels: NDArray[Any], classes: Any = None) -> Targets:
        """Make targets of checked labels, as `check_labels` gives them.

        Parameters
        ----------
        labels : ndarray of shape (n_documents,) or (n_documents, n_classes)
            Labels, or an indicator matrix.
        classes : array-like of shape (n_classes,) or None, default=None
            All labels that will ever come; None takes those that are there. Beside an
            indicator matrix, the numbers of its columns.

        Raises
        ------
        ValueError
            `classes` is empty, or does not fit the indicator matrix.
        """
        given = None if classes is None else np.unique(classes)
        if given is not None and not given.size:
            raise ValueError("Got classes=[] but expected at least one label.")
        if labels.ndim == 2:
            columns = np.arange(labels.shape[1])
            if given is not None and not np.array_equal(given, columns):
                raise ValueError(
                    f"Got classes={given.tolist()} but expected the numbers of the columns of "
                    f"the indicator matrix in y, {columns.tolist()}."
                )
            return cls(columns, True)
        return cls(np.unique(labels) if given is None else given, False)

    def encode(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Return the place of each label among the classes, or the indicator matrix (float32).

        Raises
        ------
        ValueError
            A label is not among them, or the number of columns is another one.
        """
        if self.multilabel or labels.ndim == 2:
            if labels.ndim != 2 or not self.multilabel or labels.shape[1] != len(self.classes):
                wanted = (
                    f"an indicator matrix of {len(self.classes)} columns"
                    if self.multilabel
                    else f"one of the labels {self.classes.tolist()} for each document"
                )
                raise ValueError(f"Got y of shape {labels.shape} but expected {wanted}.")
            return labels.astype(np.float32)
        places = np.minimum(np.searchsorted(self.classes, labels), len(self.classes) - 1)
        wrong = self.classes[places] != labels
        if wrong.any():
            raise ValueError(
                f"Got label {labels[wrong].tolist()[0]!r} in y but the classes are "
                f"{self.classes.tolist()}."
            )
        return places.astype(np.int64)

    def decode(self, probabilities: NDArray[np.float32]) -> NDArray[Any]:
        """Return labels, or the indicator matrix of what is more probable than not."""
        if self.multilabel:
            return (probabilities > 0.5).astype(np.int64)
        return np.asarray(self.classes[np.argmax(probabilities, axis=1)])


def check_labels(estimator: Any, y: Any, n_documents: int) -> NDArray[Any]:
    """Return labels as an array of one dimension, or an indicator matrix of two (int64).

    Parameters
    ----------
    estimator : object
        Named in messages.
    y : array-like or sparse matrix
        Labels, or an indicator matrix of 0 and 1; a single column counts as labels.
    n_documents : int
        How many there have to be.

    Raises
    ------
    ValueError
        There are none, too few or too many, or they are not classes, or a matrix holds
        anything but 0 and 1.
    TypeError
        Labels of several types, which have no order.
    """
    name = type(estimator).__name__
    if y is None:
        raise ValueError(
            f"This {name} estimator requires y to be passed, but the target y is None."
        )
    _check_types(y)
    y = _without_extension(y)
    kind = _kind_of_target(y)
    if kind == "multilabel-indicator":
        labels = _indicator(y, name)
    elif kind == "multiclass-multioutput":
        raise ValueError(_NO_INDICATOR.format(np.shape(y), name))
    else:
        labels = column_or_1d(y, warn=True)
    if len(labels) != n_documents:
        raise ValueError(f"Found {n_documents} documents in X but {len(labels)} labels in y.")
    return np.asarray(labels)


def _check_types(y: Any) -> None:
    """Refuse a list of strings and other values: NumPy would make strings of 1, None or NaN."""
    if not isinstance(y, list | tuple):
        return
    kinds = {issubclass(kind, str) for kind in set(map(type, y))}
    if len(kinds) == 2:
        word = next(label for label in y if isinstance(label, str))
        other = next(label for label in y if not isinstance(label, str))
        raise TypeError(
            f"Got labels of several types in y, such as {word!r} and {other!r}, but expected one."
        )


def _without_extension(y: Any) -> Any:
    """Return a pandas column of nullable numbers as a plain array, where none is missing.

    scikit-learn makes floats of it, and the predicted labels would be 1.0 instead of 1.
    """
    if len(getattr(y, "columns", ())) == 1 and hasattr(y, "iloc"):
        column = _without_extension(y.iloc[:, 0])
        return column.reshape(-1, 1) if isinstance(column, np.ndarray) else y
    dtype: Any = getattr(y, "dtype", None)
    plain = getattr(dtype, "numpy_dtype", None)  # a sparse column has none
    if plain is None or getattr(dtype, "kind", "") not in ("i", "u", "b"):
        return y
    return y if y.isna().any() else y.to_numpy(dtype=plain)


def _kind_of_target(y: Any) -> str:
    """Return the kind of a target in scikit-learn's words, if it is one of classes."""
    if sp.issparse(y) and y.ndim != 2:
        raise ValueError(
            f"Got a sparse y of shape {y.shape} but expected two dimensions; pass labels as a "
            "dense array."
        )
    try:
        kind = str(type_of_target(y, input_name="y"))  # first, as it says whose NaN it found
        check_classification_targets(y)
        return kind
    except TypeError as error:
        if "not supported between" not in str(error):
            raise
        raise TypeError(f"Got labels of several types in y but expected one: {error}.") from error


def _indicator(y: Any, name: str) -> NDArray[np.int64]:
    """Return a matrix of 0 and 1; scikit-learn takes any two whole numbers for one."""
    matrix = np.asarray(y.toarray() if sp.issparse(y) else y)
    labels = matrix.astype(np.int64)
    if labels.size and (labels.min() < 0 or labels.max() > 1):
        raise ValueError(_NO_INDICATOR.format(labels.shape, name))
    return labels
