"""What `distributed` has the workers do with the documents of a partition."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np

from .features.token_ids import TokenIds


def of_bag(part: Any, estimator: Any, method: str, chunk_size: int | None) -> Any:
    """What a method gives for the documents of a partition of a bag."""
    documents: Any = part if isinstance(part, np.ndarray) else list(part)
    if not len(documents):
        return []
    if isinstance(documents[0], TokenIds) and not isinstance(documents, TokenIds):
        # rows of several partitions, whose further ids may mean different words
        parts = []
        for vectors, rows in groupby(documents, key=lambda row: row.vectors):
            ids = TokenIds(np.stack(list(rows)), vectors)
            parts.append(_answers(ids, estimator, method, chunk_size))
        return parts[0] if len(parts) == 1 else [row for answers in parts for row in answers]
    return _answers(documents, estimator, method, chunk_size)


def of_frame(part: Any, estimator: Any, method: str, chunk_size: int | None, empty: Any) -> Any:
    """What a method gives for the documents of a partition of a dataframe."""
    import pandas as pd

    if empty is not None and not len(part):
        return empty
    if part.ndim == 1:
        documents = part.to_list()
    else:
        documents = part if hasattr(estimator, "feature_names_in_") else part.to_numpy()
    answers = _answers(documents, estimator, method, chunk_size, part.index)
    if getattr(answers, "ndim", 1) == 2:
        names = _columns(estimator, method, answers.shape[1])
        return pd.DataFrame(np.asarray(answers), index=part.index, columns=names)
    if method == "transform":
        return pd.Series(list(answers), index=part.index, name=part.name, dtype=object)
    name = "label" if method == "predict" else method
    return pd.Series(answers, index=part.index, name=name)


def _columns(estimator: Any, method: str, n_columns: int) -> list[Any]:
    if method == "transform":
        return list(estimator.get_feature_names_out())
    classes = np.asarray(getattr(estimator, "classes_", ())).tolist()
    return classes if len(classes) == n_columns else list(range(n_columns))


def _answers(
    documents: Any, estimator: Any, method: str, chunk_size: int | None, index: Any = None
) -> Any:
    """Rows, labels or token lists of some documents, a chunk at a time."""
    run = getattr(estimator, method)
    places = getattr(documents, "iloc", documents)  # rows of a table, whatever its index
    size = chunk_size or len(documents)
    parts = []
    for start in range(0, len(documents), size):
        try:
            answers = run(places[start : start + size])
        except Exception as error:
            # its message counts from 0, and nobody knows from where
            where = f"document {start} of the partition"
            if index is not None:
                where += f", whose index is {index[start]!r}"
            error.add_note(f"Documents are counted from {where}.")
            raise
        # a table, where the estimator's `set_output` asks for one
        parts.append(answers.to_numpy() if hasattr(answers, "columns") else answers)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
