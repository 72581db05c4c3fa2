"""Walk through estimators, and restore their attributes when a fit fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType, MethodType
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

_MODULES = ("sklearn.", "sklearn_w2v.", "imblearn.")
_NOT_ENTERED = (
    type,
    FunctionType,
    MethodType,
    np.ndarray,
    np.random.RandomState,
    np.random.Generator,
)


def everything_in(value: Any, leaves: tuple[type, ...] = ()) -> Iterator[Any]:
    """Walk through an estimator and everything that it holds, each object once.

    Parameters
    ----------
    value : object
        An estimator, or a container of some.
    leaves : tuple of type, default=()
        Objects of these types are yielded, but what they hold is not.

    Yields
    ------
    object
        The value itself, then attributes of estimators and of their parts, and elements of
        lists, tuples, sets, dicts and arrays of objects.
    """
    seen: dict[int, Any] = {}  # the objects, too, so that no other one gets the same id
    todo = [value]
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen[id(one)] = one
        yield one
        if isinstance(one, dict):
            todo += one.values()
        elif type(one) in (list, tuple, set):
            todo += one
        elif isinstance(one, np.ndarray) and one.dtype == object:
            todo += np.asarray(one).flat  # without a mask, which would hide elements
        elif holds_parts(one, leaves):
            todo += vars(one).values()


def holds_parts(value: Any, leaves: tuple[type, ...] = ()) -> bool:
    """Return whether an object is an estimator or a part of one, with attributes of its own."""
    if isinstance(value, _NOT_ENTERED + leaves) or not hasattr(value, "__dict__"):
        return False
    return isinstance(value, BaseEstimator) or type(value).__module__.startswith(_MODULES)


def best_of(estimator: Any) -> Any:
    """Return the estimator itself or, of a fitted search, the best one."""
    while hasattr(estimator, "best_estimator_"):
        estimator = estimator.best_estimator_
    return estimator


def steps_of(estimator: Any) -> list[Any]:
    """Return the steps of a fitted estimator, also those of pipelines within pipelines.

    Parameters
    ----------
    estimator : estimator
        A pipeline, a search over one, or any other estimator, which is its only step.

    Returns
    -------
    list of estimator
        The steps, without those that return their input unchanged.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        The last step is not fitted.
    """
    estimator = best_of(estimator)
    if not isinstance(estimator, Pipeline):
        check_is_fitted(estimator)
        return [estimator]
    if not estimator.steps:
        return []
    return [*_transformers(estimator.steps[:-1]), *steps_of(estimator.steps[-1][1])]


def _transformers(steps: list[tuple[str, Any]]) -> list[Any]:
    flat: list[Any] = []
    for _, step in steps:
        if isinstance(step, Pipeline):
            flat += _transformers(step.steps)
        elif hasattr(step, "transform"):  # samplers act in fit only
            flat.append(step)
    return flat


@contextmanager
def restore_on_error(estimator: Any, *names: str) -> Iterator[None]:
    """Restore an estimator's attributes when the block fails, by an error or by Ctrl-C.

    Parameters
    ----------
    estimator : estimator
        The block assigns its attributes, and does not change the former values in place.
    *names : str
        Attributes to restore; without names, all of them. Their former values are kept in
        memory as long as the block runs.
    """
    own = vars(estimator)
    former = {name: own[name] for name in names or own if name in own}
    try:
        yield
    except BaseException:
        if names:
            former = {**{k: v for k, v in vars(estimator).items() if k not in names}, **former}
        estimator.__dict__ = former  # in one step, as Ctrl-C may come again
        raise
