"""Columns of documents: what comes in, and what scikit-learn may ask of what comes out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import TransformerMixin


def check_documents(documents: Iterable[Any], what: str) -> list[Any]:
    """List of documents, or a TypeError where one long string or a table came."""
    if isinstance(documents, str | bytes):
        raise TypeError(
            f"Got a single {type(documents).__name__} but {what} expected an iterable of "
            "documents; put the text into a list."
        )
    shape = getattr(documents, "shape", (0,))
    if len(shape) != 1:
        raise TypeError(
            f"Got a {type(documents).__name__} of shape {shape} but {what} expected one "
            "dimension: pass the column that holds the documents."
        )
    try:
        return _listed(documents)
    except TypeError:
        raise TypeError(
            f"Got {type(documents).__name__} but {what} expected an iterable of documents."
        ) from None


def _listed(documents: Any) -> list[Any]:
    """Documents as Python's own objects: columns of pyarrow and polars have others."""
    for name in ("to_pylist", "to_list"):
        if callable(getattr(documents, name, None)):
            return list(getattr(documents, name)())
    # a part of a pyarrow column, taken one by one
    return [one.as_py() if hasattr(one, "as_py") else one for one in documents]


class DocumentsOutMixin(TransformerMixin):
    """Base of transformers whose output, one object a document, is no table of features.

    They take part in ``set_output`` and ``get_feature_names_out`` of a pipeline without
    following: a table of words or of ids would lose what these bring along.
    """

    _output_name: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(auto_wrap_output_keys=None, **kwargs)

    def _n_columns(self) -> int:
        """How many columns a document has in the output."""
        return 1

    def set_output(self, *, transform: str | None = None) -> Self:
        """Accept the wish for another container, which only steps behind can follow.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            Changes nothing here.

        Returns
        -------
        estimator
            The estimator itself.
        """
        return self

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Names of the columns, for pipelines that are asked for the names of their features.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Ignored: the columns hold words or ids, whatever the documents were called.

        Returns
        -------
        ndarray of str, object
            One name for lists of words; one for each place of a word in ids.
        """
        names = [f"{self._output_name}{number}" for number in range(self._n_columns())]
        return np.asarray(names, dtype=object)


def split_tokens(documents: Iterable[Any], what: str) -> list[list[str]]:
    """Token lists of documents; plain strings are split on white space.

    Raises
    ------
    TypeError
        A document is neither; the message names its position.
    """
    out = []
    for position, document in enumerate(documents):
        if isinstance(document, str):
            out.append(document.split())
            continue
        if not isinstance(document, list | tuple | np.ndarray):
            raise TypeError(
                f"Document {position} is of type {type(document).__name__} but {what} expected "
                "a list of str, or a str of words with blanks between."
            )
        tokens = document if isinstance(document, list) else list(document)
        for token in tokens:
            if not isinstance(token, str):
                raise TypeError(
                    f"Document {position} holds {token!r:.40} of type {type(token).__name__} "
                    f"but {what} expected tokens of type str."
                )
        out.append(tokens)
    return out
