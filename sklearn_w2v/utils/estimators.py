"""What stands inside of searches and pipelines."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted


def best_of(estimator: Any) -> Any:
    """The estimator itself, or the best one of a fitted search."""
    while hasattr(estimator, "best_estimator_"):
        estimator = estimator.best_estimator_
    return estimator


def steps_of(estimator: Any) -> list[Any]:
    """Steps of a fitted estimator, with pipelines within pipelines laid open.

    Parameters
    ----------
    estimator : estimator
        A pipeline, a search over one, or any other estimator, which is its only step.

    Returns
    -------
    list of estimator
        Without those that pass their input through.

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
        elif hasattr(step, "transform"):  # samplers have their say in fit alone
            flat.append(step)
    return flat
