"""Predictions about more documents than memory holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from numbers import Integral
from typing import Any


def predict_iter(
    estimator: Any, X: Iterable[Any], *, method: str = "predict", chunk_size: int = 1000
) -> Iterator[Any]:
    """Predict documents one after another, as they come.

    Parameters
    ----------
    estimator : estimator
        Fitted: a Pipeline from texts to classes, say.
    X : iterable
        Documents, of which a chunk at a time is held: a generator, an open file, a
        database cursor.
    method : str, default="predict"
        Method of the estimator: ``"predict"``, ``"predict_proba"`` ...
    chunk_size : int, default=1000
        Documents that are predicted together. More are faster, as batches of equal lengths
        can be made of them; fewer come sooner and take less memory.

    Yields
    ------
    object
        What the method gives for each document, in the order of the documents.

    Raises
    ------
    TypeError
        `X` is one text or a table of columns, or the estimator has no such method.
    ValueError
        `chunk_size` is below 1.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn_w2v import predict_iter
    >>> clf = DummyClassifier().fit([["雨"], ["雪"], ["雪"]], ["wet", "cold", "cold"])
    >>> for label in predict_iter(clf, (["雪"] for _ in range(2)), chunk_size=1):
    ...     print(label)
    cold
    cold
    """
    if isinstance(X, str | bytes | Mapping) or hasattr(X, "columns"):
        raise TypeError(
            f"Got {type(X).__name__} as X but predict_iter expected an iterable of documents."
        )
    if isinstance(chunk_size, bool) or not isinstance(chunk_size, Integral):
        raise TypeError(f"Got chunk_size={chunk_size!r} but expected a whole number.")
    if chunk_size < 1:
        raise ValueError(f"Got chunk_size={chunk_size} but expected 1 or more.")
    if not callable(getattr(estimator, method, None)):
        raise TypeError(f"{type(estimator).__name__} has no method {method!r}.")
    return _predictions(estimator, iter(X), method, int(chunk_size))


def _predictions(
    estimator: Any, documents: Iterator[Any], method: str, chunk_size: int
) -> Iterator[Any]:
    while chunk := list(islice(documents, chunk_size)):
        yield from getattr(estimator, method)(chunk)
