"""Model files, as the commands read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator

from ..classifiers.targets import Targets
from ..persistence.model_file import load
from ..persistence.packing import parts

# where searches, calibration, votes and thresholds keep what they fitted
_INNER = "best_estimator_", "estimator_", "estimator", "estimators_", "calibrated_classifiers_"


def load_model(path: Path, vectors: str | None, trust: list[str] | None) -> Any:
    """A model that predicts texts.

    Parameters
    ----------
    path : Path
        What `save` wrote.
    vectors : str or None
        Vectors of a model that refers to them.
    trust : list of str or None
        Further types that the file may refer to.

    Raises
    ------
    ValueError
        It takes no texts, or has many labels a document.
    """
    model = load(path, vectors=vectors, trusted=trust or ())
    classes = getattr(model, "classes_", None)
    if classes is None or not hasattr(model, "predict"):
        raise ValueError(f"{str(path)!r} holds a {type(model).__name__}, which is no classifier.")
    if not any(map(_takes_texts, _laid_open(model))):
        raise ValueError(
            f"{str(path)!r} holds a {type(model).__name__}, which takes no texts; save the "
            "whole pipeline."
        )
    many = any(isinstance(one, Targets) and one.multilabel for one in parts(model))
    if many or isinstance(classes, list) or getattr(model, "multilabel_", False):
        raise ValueError(
            f"{str(path)!r} holds a {type(model).__name__} that gives a text any number of labels, "
            "but the commands expect one; load it in Python."
        )
    return model


def _laid_open(model: Any) -> Iterator[Any]:
    """A model, and those that it wraps."""
    yield model
    for name in _INNER:
        inner = getattr(model, name, None)
        for one in inner if isinstance(inner, list | tuple) else [inner]:
            if hasattr(one, "__dict__"):
                yield from _laid_open(one)


def _takes_texts(model: Any) -> bool:
    if not isinstance(model, BaseEstimator):
        return False
    return hasattr(model, "steps") or bool(model.__sklearn_tags__().input_tags.string)
