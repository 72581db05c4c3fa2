"""Whether what a model file gave is what a fitted estimator holds.

Types are known to be safe before; their values are not. Ids beyond a table, weights of other
shapes or a text in place of an array would end somewhere within NumPy or TensorFlow, or ask
for memory that the file does not account for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from ..features.vectorizer import POOLINGS
from ..utils.saved_state import (
    check_saved_state,
    expect,
    is_array,
    is_instance,
    is_number,
    is_whole,
    unexpected,
)
from ..vectors.store import Store
from ..vectors.word_vectors import FIRST_ID, WordVectors
from .packing import parts

_RANDOM_DIM = 100  # as `_table.RANDOM_DIM`, which would bring Keras along
_LONGEST = 1 << 26  # words of a document


def check_stores(estimator: Any) -> None:
    """Refuse word vectors that are none; opens no file.

    Raises
    ------
    ValueError
        The message says what was there.
    """
    for one in _everything(estimator):
        if isinstance(one, WordVectors | Store):
            check_saved_state(one)


def check_estimators(estimator: Any) -> None:
    """Refuse estimators of this package, and parts of them, that no `fit` can have made.

    Raises
    ------
    ValueError
        The message names the estimator and the attribute.
    """
    for one in _everything(estimator):
        if isinstance(one, BaseEstimator):
            _check_parameters(one)
        name = type(one).__name__
        if not type(one).__module__.startswith("sklearn_w2v."):
            continue
        for attribute in vars(one) if hasattr(one, "__dict__") else ():
            if callable(getattr(type(one), attribute, None)):
                raise unexpected(one, attribute)
        if name.endswith(("Classifier", "Trainer")):
            if isinstance(vars(one).get("vectors_"), WordVectors):
                one.vectors_._check_opened_state()
            one._check_saved_state()
        needed = _FITTED.get(name)
        if name in _CHECKS and (needed is None or needed in vars(one)):
            _CHECKS[name](one)


def _everything(value: Any) -> Iterator[Any]:
    """Estimators and their parts, those in arrays of objects included."""
    for one in parts(value):
        yield one
        if isinstance(one, np.ndarray) and one.dtype == object:
            for part in one.flat:
                yield from parts(part)


# ------------------------------------------------------------------ estimators
def _check_parameters(one: BaseEstimator) -> None:
    """What `save` leaves out, and types of our own parameters."""
    if vars(one).get("memory") is not None:  # a folder of pickles, read in the next fit
        raise unexpected(one, "memory")
    if type(one).__module__.startswith("sklearn_w2v."):
        if vars(one).get("callbacks") is not None:
            raise unexpected(one, "callbacks")
        one._validate_params()
    steps = vars(one).get("steps")
    if type(one).__name__ == "Pipeline" and not (
        isinstance(steps, list)
        and steps
        and all(type(step) is tuple and len(step) == 2 for step in steps)
        and all(type(name) is str for name, _ in steps)
    ):
        raise unexpected(one, "steps")


def _check_indexer(one: Any) -> None:
    expect(one, {"vectors_": is_instance(WordVectors)})
    one.vectors_._check_opened_state()
    words = len(one.vectors_)
    expect(
        one,
        {
            "maxlen_": is_whole(1, _LONGEST),
            "match_": lambda value: value in ("exact", "text", "forms"),
            "_n_known": is_whole(0, words),
            "_used": is_array(np.int32, None),
            "_own": lambda own: (
                type(own) is dict
                and all(type(word) is str for word in own)
                and all(map(is_whole(0, words - 1), own.values()))
            ),
            "coverage_": _is_coverage,
        },
    )


def _is_coverage(value: Any) -> bool:
    unknown = value.get("unknown") if type(value) is dict else None
    return (
        type(unknown) is list
        and all(type(one) is tuple and len(one) == 2 for one in unknown)
        and all(type(word) is str and is_whole(0)(count) for word, count in unknown)
        and all(is_number(0)(value.get(name)) for name in ("tokens", "types", "exact", "cut"))
    )


def _check_vectorizer(one: Any) -> None:
    expect(one, {"vectors_": is_instance(WordVectors)})
    one.vectors_._check_opened_state()
    dim = one.vectors_.dim
    expect(one, {"_ids": is_array(np.int32, None)})
    n_ids = len(one._ids)
    expect(
        one,
        {
            "_ids": lambda ids: not len(ids) or (ids[0] >= FIRST_ID and (np.diff(ids) > 0).all()),
            "_weights": lambda value: (
                is_array(np.float64, n_ids)(value) or is_array(np.float32, n_ids)(value)
            ),
            "_unseen_weight": is_number(0),
            "_pooling": lambda value: type(value) is str and value in POOLINGS,
            "components_": is_array(np.float32, None, dim),
            "_n_features_out": is_whole(1, 2 * dim),
            "n_features_in_": is_whole(1),
        },
    )


_CHECKS: dict[str, Callable[[Any], None]] = {
    "W2VIndexer": _check_indexer,
    "W2VVectorizer": _check_vectorizer,
}
# attributes whose presence says that they are fitted
_FITTED = {
    "W2VIndexer": "vectors_",
    "W2VVectorizer": "vectors_",
}
