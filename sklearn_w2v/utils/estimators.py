"""What stands inside of searches and pipelines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def restore_on_error(estimator: Any, *names: str) -> Iterator[None]:
    """Where the block breaks off (an error, Ctrl-C), an estimator is as it was before.

    Parameters
    ----------
    estimator : estimator
        Its attributes are assigned in the block, not changed.
    *names : str
        The attributes in question; none means all of them, which are kept for that long.
    """
    own = vars(estimator)
    former = {name: own[name] for name in names or own if name in own}
    try:
        yield
    except BaseException:
        if names:
            former = {**{k: v for k, v in vars(estimator).items() if k not in names}, **former}
        estimator.__dict__ = former  # at once: Ctrl-C may come again
        raise
