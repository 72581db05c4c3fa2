"""Load model files for the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator

from ..classifiers.targets import Targets
from ..persistence.model_file import load
from ..persistence.packing import parts


def load_model(path: Path, vectors: str | None, trust: list[str] | None) -> Any:
    """Load a model that classifies texts.

    Parameters
    ----------
    path : Path
        File that `save` wrote.
    vectors : str or None
        Where the vectors of a model that refers to them are now.
    trust : list of str or None
        More types that the file may refer to.

    Raises
    ------
    ValueError
        The model does not take texts, or gives a text several labels.
    """
    model = load(path, vectors=vectors, trusted=trust or ())
    classes = getattr(model, "classes_", None)
    if classes is None or not hasattr(model, "predict"):
        raise ValueError(
            f"{str(path)!r} holds a {type(model).__name__}, which is not a classifier."
        )
    if not any(map(_takes_texts, parts(model))):
        raise ValueError(
            f"{str(path)!r} holds a {type(model).__name__}, which does not take texts; save the "
            "whole pipeline."
        )
    many = any(isinstance(one, Targets) and one.multilabel for one in parts(model))
    if many or isinstance(classes, list) or getattr(model, "multilabel_", False):
        raise ValueError(
            f"{str(path)!r} holds a {type(model).__name__} that gives a text any number of labels, "
            "but the commands expect one; load it in Python."
        )
    return model


def _takes_texts(model: Any) -> bool:
    if not isinstance(model, BaseEstimator):
        return False
    return hasattr(model, "steps") or bool(model.__sklearn_tags__().input_tags.string)
