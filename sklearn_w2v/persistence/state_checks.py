"""Refuse what a model file gave where no fitted estimator can hold it.

The classes of this package check their own state; here is the walk to all of them, and what
concerns scikit-learn's estimators.
"""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator

from ..utils.saved_state import check_saved_state, unexpected
from ..vectors.store import Store
from ..vectors.word_vectors import WordVectors
from .packing import parts


def check_stores(estimator: Any) -> None:
    """Refuse word vectors that cannot be; opens no file.

    Raises
    ------
    ValueError
        The message says what was there.
    """
    for one in parts(estimator, object_arrays=True):
        if isinstance(one, WordVectors | Store):
            check_saved_state(one)


def check_estimators(estimator: Any) -> None:
    """Refuse estimators of this package, and parts of them, that no `fit` can have made.

    Raises
    ------
    ValueError
        The message names the estimator and the attribute.
    """
    for one in parts(estimator, object_arrays=True):
        if isinstance(one, BaseEstimator):
            _check_parameters(one)
        if type(one).__module__.startswith("sklearn_w2v."):
            check_saved_state(one)


# ------------------------------------------------------------------ estimators
def _check_parameters(one: BaseEstimator) -> None:
    """Refuse parameters that `save` leaves out, and those of ours that are out of range."""
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
