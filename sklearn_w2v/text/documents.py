"""Checks of documents that users pass, and the base of transformers that return documents."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import TransformerMixin


def check_documents(documents: Iterable[Any], what: str) -> list[Any]:
    """Return documents as a list; refuse a single text and a table of several columns.

    Parameters
    ----------
    documents : iterable
        A list, a one-dimensional array, a column of pandas, polars or pyarrow, or a table with
        one column (as servers of models send it).
    what : str
        Who asks, for messages.

    Raises
    ------
    TypeError
        It is none of these.
    """
    refuse_single_text(documents, what)
    if isinstance(documents, Mapping):
        raise TypeError(
            f"Got a {type(documents).__name__} with {list(documents)!r:.60} but {what} expected an "
            "iterable of documents: pass the column that holds them."
        )
    documents = _only_column(documents)
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


def _only_column(documents: Any) -> Any:
    """Return the column of a table or array that has no other one; anything else as it is."""
    shape: tuple[int, ...] = getattr(documents, "shape", ())
    if len(shape) != 2 or shape[1] != 1:
        return documents
    if hasattr(documents, "iloc"):  # pandas
        return documents.iloc[:, 0]
    if hasattr(documents, "to_series"):  # polars
        return documents.to_series(0)
    if hasattr(documents, "column"):  # pyarrow
        return documents.column(0)
    return documents[:, 0]


def refuse_single_text(documents: Any, what: str, name: str | None = None) -> None:
    """Refuse one text in place of documents, since each of its characters would pass for one.

    Parameters
    ----------
    documents : object
        What the user passed.
    what : str
        Who asks, for messages.
    name : str or None, default=None
        Name of the parameter, if there are several that hold documents.

    Raises
    ------
    TypeError
        It is a str or bytes.
    """
    if isinstance(documents, str | bytes):
        raise TypeError(
            f"Got a single {type(documents).__name__}{f' as {name}' if name else ''} but {what} "
            "expected an iterable of documents; put the text into a list."
        )


def check_texts(documents: Iterable[Any], what: str) -> list[str]:
    """Return documents as a list of str.

    Raises
    ------
    TypeError
        As for `check_documents`; or a document is not a str, and the message names its
        position.
    """
    texts = check_documents(documents, what)
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(
                f"Document {position} is of type {type(text).__name__} ({text!r:.60}) but "
                f"{what} expected a str."
            )
    return texts


def check_tokens(documents: Iterable[Any], what: str) -> list[list[str]]:
    """Return documents as token lists; plain strings are split at white space.

    Raises
    ------
    TypeError
        As for `check_documents`; or a document is neither a list of str nor a str, and the
        message names its position.
    """
    out = []
    for position, document in enumerate(check_documents(documents, what)):
        if isinstance(document, np.ndarray):
            document = document.tolist()
        if isinstance(document, str):
            out.append(document.split())
            continue
        if not isinstance(document, list | tuple):
            raise TypeError(
                f"Document {position} is of type {type(document).__name__} but {what} expected "
                "a list of str, or a str of words with blanks between them."
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


class LabelledTokens(list[list[str]]):
    """Token lists of documents that came with a pandas index, which is kept beside them.

    Parameters
    ----------
    tokens : list of list of str
        Words of each document.
    row_labels : pandas.Index
        Index of the documents. It is left behind by slices and other lists of these lists, and
        dropped where the documents change places.
    """

    def __init__(self, tokens: list[list[str]], row_labels: Any) -> None:
        super().__init__(tokens)
        self.row_labels = row_labels

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self.row_labels = None  # this is how random.shuffle moves documents

    def sort(self, **kwargs: Any) -> None:
        """Sort in place, as ``list.sort`` does, and drop the index."""
        super().sort(**kwargs)
        self.row_labels = None

    def reverse(self) -> None:
        """Reverse in place, as ``list.reverse`` does, and drop the index."""
        super().reverse()
        self.row_labels = None

    def __reduce__(self) -> tuple[Any, ...]:
        return LabelledTokens, (list(self), self.row_labels)


def row_labels_of(documents: Any) -> Any:
    """Return the pandas index of documents, or None if they came without one.

    Parameters
    ----------
    documents : iterable
        A column or table of pandas, `LabelledTokens`, or anything else.

    Returns
    -------
    pandas.Index or None
        One label for each document.
    """
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(documents, pandas.Series | pandas.DataFrame):
        return documents.index
    labels = documents.row_labels if isinstance(documents, LabelledTokens) else None
    return labels if labels is not None and len(labels) == len(documents) else None


def labelled(tokens: list[list[str]], documents: Any) -> list[list[str]]:
    """Keep the index of documents beside their words, where they came with one.

    Parameters
    ----------
    tokens : list of list of str
        Words of each document.
    documents : iterable
        The documents themselves.

    Returns
    -------
    list of list of str
        The same lists.
    """
    row_labels = row_labels_of(documents)
    return tokens if row_labels is None else LabelledTokens(tokens, row_labels)


def _listed(documents: Any) -> list[Any]:
    """Return documents as Python's own objects; columns of pyarrow and polars have others."""
    for name in ("to_pylist", "to_list"):
        if callable(getattr(documents, name, None)):
            return list(getattr(documents, name)())
    # items of a pyarrow column that came one by one
    return [one.as_py() if hasattr(one, "as_py") else one for one in documents]


class DocumentsOutMixin(TransformerMixin):
    """Base of transformers that return an object for each document, not a table of features.

    They accept ``set_output`` and answer ``get_feature_names_out``, as a pipeline needs, but
    never return a table: words would lose their forms there, and ids their vectors.
    """

    _output_name: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(auto_wrap_output_keys=None, **kwargs)

    def _n_columns(self) -> int:
        """Return how many columns the output has for a document."""
        return 1

    def set_output(self, *, transform: str | None = None) -> Self:
        """Accept a wish for another container, which only later steps can fulfil.

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
        """Return names of the columns, for pipelines that are asked for their features' names.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Ignored: the columns hold words or ids, whatever the documents were called.

        Returns
        -------
        ndarray of str, object
            One name for lists of words; for ids, one for each position.
        """
        names = [f"{self._output_name}{number}" for number in range(self._n_columns())]
        return np.asarray(names, dtype=object)
