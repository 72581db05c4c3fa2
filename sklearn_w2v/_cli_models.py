"""Model files, as the commands read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ._persistence import load


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
    if not hasattr(model, "steps") and not hasattr(model, "best_estimator_"):
        tags = model.__sklearn_tags__().input_tags
        if not tags.string:
            raise ValueError(
                f"{str(path)!r} holds a {type(model).__name__}, which takes no texts; save the "
                "whole pipeline."
            )
    return model
