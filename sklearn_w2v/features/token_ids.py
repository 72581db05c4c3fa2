"""TokenIds: an array of word ids with the vectors that they index."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..exceptions import NoTransferWarning
from ..utils.arrays import parts
from ..utils.dask import send_whole
from ..utils.sklearn_compat import validate_data
from ..vectors.word_vectors import FIRST_ID, OOV_ID, WordVectors, as_word_vectors
from .flat_ids import FlatIds


class TokenIds(np.ndarray):
    """Right-padded int32 word ids with a handle to the vectors that they index.

    0 is padding, 1 an unknown word, and 2 and up are the rows of `vectors`.
    The handle survives slicing, indexing, ``train_test_split``, pickling and joblib. It
    is lost where a step makes a plain array of it (``np.asarray``, ``FeatureUnion``);
    then the classifier's ``vectors`` parameter says what the ids mean. What belongs to the
    documents, such as `row_labels`, follows them through indexing, copies and pickling, and
    is dropped by whatever else may move rows, but for what writes to the memory itself, as
    ``numpy.random.Generator.shuffle`` does.

    Parameters
    ----------
    ids : array-like of shape (n_documents, width)
        Whole numbers.
    vectors : WordVectors or None, default=None
        What the ids index.
    row_labels : pandas.Index or None, default=None
        Index of the documents, which tables of their vectors are given.
    tails : FlatIds or None, default=None
        Words of each document that are beyond `width`.

    Raises
    ------
    ValueError
        A value is not whole, or does not fit into 32 bits; or there is not one row label for
        each document.

    Attributes
    ----------
    vectors : WordVectors or None
        What the ids index.
    row_labels : pandas.Index or None
        Index of the documents, if they came with one.
    tails : FlatIds or None
        Words of each document that are beyond `width`, which a linear branch reads and a
        network does not. As labels do, they go with rows that are taken whole, and are lost
        where rows may be others.

    Notes
    -----
    ``joblib.hash``, and so ``joblib.Memory``, sees only the ids: a cached function of ids
    is called once for equal ids, whatever their vectors. Pass it the vectors, too.

    Examples
    --------
    >>> from sklearn_w2v import TokenIds, WordVectors
    >>> ids = TokenIds([[2, 3], [3, 0]], WordVectors(["雨", "雪"], [[1, 0], [0, 1]]))
    >>> ids[1:].vectors.words
    ['雨', '雪']
    """

    vectors: WordVectors | None
    row_labels: Any
    tails: FlatIds | None
    _of_rows = ("row_labels", "tails")  # attributes with an item for each document, or None

    def __new__(
        cls,
        ids: ArrayLike,
        vectors: WordVectors | None = None,
        row_labels: Any = None,
        tails: FlatIds | None = None,
    ) -> TokenIds:
        given = np.asarray(ids)
        with np.errstate(invalid="ignore"):
            whole = given.astype(np.int32, copy=False)
        if given.dtype != np.int32 and not np.array_equal(given, whole):
            raise ValueError(
                f"Got ids of dtype {given.dtype} that are not whole numbers of 32 bits but "
                "expected ids as W2VIndexer makes them."
            )
        if row_labels is not None and len(row_labels) != len(given):
            raise ValueError(
                f"Got {len(row_labels)} row_labels but expected one for each of {len(given)} "
                "documents."
            )
        new = whole.view(cls)
        new.vectors, new.row_labels, new.tails = vectors, row_labels, tails
        return new

    def __array_finalize__(self, source: Any) -> None:
        self.vectors = getattr(source, "vectors", None)
        self._unlabel()  # rows may have moved; what knows where labels them again

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        # the result of arithmetic is not an array of ids any more
        return np.asarray(array)[()] if return_scalar else np.asarray(array)

    def __getitem__(self, key: Any) -> Any:
        taken = super().__getitem__(key)
        if isinstance(taken, TokenIds) and taken.ndim == self.ndim == 2:
            self._label(taken, _rows_of(key))
            if not _takes_whole_rows(key):
                taken.tails = None
        return taken

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self._unlabel()  # rows may change places

    def copy(self, order: Any = "C") -> TokenIds:
        """Return a copy of the ids, as ``ndarray.copy`` does, with what belongs to them."""
        return self._label(super().copy(order), slice(None))

    def __copy__(self) -> TokenIds:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> TokenIds:
        return self.copy()  # vectors and labels are immutable

    def __reduce__(self) -> tuple[Any, ...]:
        pickled: tuple[Any, ...] = super().__reduce__()  # type: ignore[assignment]
        rebuild, args, state = pickled
        return rebuild, args, (state, vars(self))

    def __setstate__(self, state: Any) -> None:
        array, attributes = state
        vars(self).update(attributes)
        super().__setstate__(array)

    def sort(self, *args: Any, **kwargs: Any) -> None:
        """Sort in place, as ``ndarray.sort`` does, and drop what belonged to the rows."""
        super().sort(*args, **kwargs)
        self._unlabel()

    def partition(self, *args: Any, **kwargs: Any) -> None:
        """Partition in place, as ``ndarray.partition`` does, and drop what belonged to the rows."""
        super().partition(*args, **kwargs)
        self._unlabel()

    def _unlabel(self) -> None:
        for name in self._of_rows:
            setattr(self, name, None)

    def _label(self, taken: TokenIds, rows: Any) -> TokenIds:
        """Give some of these rows what belongs to them; None stands for unknown rows."""
        for name in self._of_rows if rows is not None else ():
            items = getattr(self, name)
            setattr(taken, name, None if items is None else items[rows])
        return taken


def _rows_of(key: Any) -> Any:
    """Return what a key of a table takes of its rows, or None if that is not plain."""
    if isinstance(key, tuple) and not key:  # takes everything
        return slice(None)
    rows, *columns = key if isinstance(key, tuple) else (key,)
    if rows is Ellipsis or isinstance(rows, slice):
        axis_is_new = len(columns) > 1 or any(one is None for one in columns)
        return None if axis_is_new else rows if isinstance(rows, slice) else slice(None)
    # beside arrays of columns, rows are broadcast
    plain = all(one is Ellipsis or isinstance(one, slice) for one in columns)
    positions = np.asarray(rows)
    if not positions.size:  # NumPy takes an empty list for numbers with a point
        positions = positions.astype(np.intp)
    return positions if plain and positions.ndim == 1 else None


def _takes_whole_rows(key: Any) -> bool:
    """Return whether a key takes all columns of a table, in their order."""
    _, *columns = key if isinstance(key, tuple) and len(key) else (key,)
    return all(one is Ellipsis or (type(one) is slice and one == slice(None)) for one in columns)


send_whole(TokenIds)


def right_padded(ids: NDArray[np.int32], empty: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Move all zeros to the ends of their rows, and count the words of each document.

    Parameters
    ----------
    ids : ndarray of shape (n_documents, width), int32
        Ids; zeros are padding, wherever they are.
    empty : int
        What a document without any word gets as its only one.

    Returns
    -------
    ids : ndarray of shape (n_documents, width), int32
        The same object where nothing had to move, else a copy.
    lengths : ndarray of shape (n_documents,)
        Number of words of each document, at least 1.
    """
    given, lengths = ids, np.empty(len(ids), np.int64)
    for part in parts(given):
        there = given[part] != 0
        counts = lengths[part] = there.sum(axis=1)
        if (there != (np.arange(ids.shape[1]) < counts[:, None])).any():
            ids = ids.copy() if ids is given else ids
            order = np.argsort(~there, axis=1, kind="stable")
            ids[part] = np.take_along_axis(given[part], order, axis=1)
    if not lengths.all():
        ids = ids.copy() if ids is given else ids
        ids[lengths == 0, 0] = empty
        np.maximum(lengths, 1, out=lengths)
    return ids, lengths


def whole_documents(
    X: Any, ids: NDArray[np.int32], lengths: NDArray[np.int64], vectors: WordVectors | None
) -> FlatIds:
    """Return all words of documents, also those beyond the width of their ids.

    Parameters
    ----------
    X : TokenIds or array-like of shape (n_documents, width)
        What the ids were made of; `TokenIds` know what did not fit.
    ids : ndarray of shape (n_documents, width), int32
        Right-padded ids, as `check_ids` returns them.
    lengths : ndarray of shape (n_documents,)
        Number of words in each row.
    vectors : WordVectors or None
        What the ids index.

    Raises
    ------
    ValueError
        The tails are those of other documents, or of other vectors.
    """
    tails = getattr(X, "tails", None)
    if not isinstance(tails, FlatIds) or not len(tails.ids):
        return FlatIds.of(ids, lengths)
    if len(tails) != len(ids):
        raise ValueError(f"Got {len(ids)} documents but tails of {len(tails)}.")
    limit = len(vectors) + FIRST_ID if vectors is not None else 2**31 - 1
    if tails.ids.min() < OOV_ID or tails.ids.max() >= limit:
        raise ValueError(
            f"Got ids from {tails.ids.min()} to {tails.ids.max()} in the tails of X but expected "
            f"ids from {OOV_ID} and below {limit}."
        )
    return FlatIds.of(ids, lengths, tails)


_OTHER_VECTORS = (
    "X was not made from these vectors. Ids of W2VIndexer index its vectors_, which have more "
    "rows, for words that its vectors lack; pass its output as it is, or vectors=indexer.vectors_."
)


def check_vectors(X: Any, given: Any, fitted: Any, estimator: Any) -> WordVectors | None:
    """Return the word vectors that the ids of X index.

    Parameters
    ----------
    X : TokenIds or array-like
        Ids, with a handle to their vectors or without.
    given : path, WordVectors, gensim.models.KeyedVectors or None
        The classifier's ``vectors`` parameter.
    fitted : tuple of (WordVectors or None) or None
        What the classifier was fitted with; None in a first fit.
    estimator : object
        Named in messages.

    Returns
    -------
    WordVectors or None
        None where nothing says what the ids mean. In a fitted classifier, those of `X` where
        they are the fitted ones with more words after them.

    Raises
    ------
    ValueError
        The ids are those of other vectors than the classifier was fitted with, or is to be.
    """
    handle = getattr(X, "vectors", None)
    handle = handle if isinstance(handle, WordVectors) else None
    if fitted is not None:
        known: WordVectors | None = fitted[0]
        if handle is not None and known is not None:
            if handle.is_extension_of(known):
                return handle
            if known.is_extension_of(handle):
                return known
            raise ValueError(
                "X holds ids of other word vectors than the classifier was fitted with: "
                f"{handle!r} instead of {known!r}. Use the W2VIndexer of the fit."
            )
        return known
    if given is not None:
        vectors = as_word_vectors(given)
        if handle is None or vectors.is_extension_of(handle):
            return vectors
        if handle.is_extension_of(vectors):
            return handle
        raise ValueError(
            f"X holds ids of other word vectors than vectors=: {handle!r} instead of {vectors!r}. "
            "Give them to the W2VIndexer, and leave vectors=None."
        )
    if handle is None:
        warnings.warn(
            NoTransferWarning(
                "X brings no word vectors (a plain array, not TokenIds), and vectors=None: the "
                f"embedding of this {type(estimator).__name__} starts from random values and "
                "nothing is transferred.",
                "Pass vectors=, or the output of W2VIndexer. A step between may have stripped it "
                "(imbalanced-learn's samplers do: put them before the texts are tokenized).",
            ),
            stacklevel=4,
        )
    return handle


def vectors_to_go_on(X: Any, given: Any, known: WordVectors | None) -> WordVectors | None:
    """Return the vectors with which training goes on: the fitted ones, or an extension of them.

    Parameters
    ----------
    X : TokenIds or array-like
        Ids; where they bring vectors, `check_vectors` compares these.
    given : path, WordVectors, gensim.models.KeyedVectors or None
        The classifier's ``vectors`` parameter, which may be another one than in `fit`.
    known : WordVectors or None
        What the classifier was fitted with.

    Raises
    ------
    ValueError
        They are other vectors: plain ids would mean other words than before.
    """
    if given is None or isinstance(getattr(X, "vectors", None), WordVectors):
        return known
    if isinstance(given, str | os.PathLike) and not os.path.exists(given):
        return known  # a model may have come without the file of its vectors
    vectors = as_word_vectors(given)
    if known is not None and known.is_extension_of(vectors):
        return known
    if known is not None and vectors.is_extension_of(known):
        return vectors
    raise ValueError(
        "Got other word vectors in vectors= than the classifier was fitted with: "
        f"{vectors!r} instead of {known!r}. Fit it anew, without warm_start."
    )


def check_ids(
    estimator: Any, X: Any, vectors: WordVectors | None, reset: bool
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Check ids; return them as right-padded int32, with the documents' lengths.

    Raises
    ------
    ValueError
        X holds anything but whole numbers from 0, or ids beyond the vectors.
    """
    array = np.asarray(validate_data(estimator, X, reset=reset, dtype="numeric"))
    name = type(estimator).__name__
    if array.dtype.kind not in "iu":
        whole = np.floor(array) == array
        if not whole.all():
            raise ValueError(
                f"Got {array[~whole].flat[0]} in X but {name} expected ids of words: whole "
                "numbers from 0, as W2VIndexer makes them."
            )
    if array.size and array.min() < 0:
        raise ValueError(
            f"Negative values in data passed to {name}: got {array.min()} in X but expected "
            "ids of words, whole numbers from 0."
        )
    limit = len(vectors) + FIRST_ID if vectors is not None else 2**31 - 1
    if array.size and array.max() >= limit:
        raise ValueError(
            f"Got id {array.max()} in X but {name} expected ids below {limit}: "
            + (_OTHER_VECTORS if vectors is not None else "int32.")
        )
    return right_padded(array.astype(np.int32, copy=False), OOV_ID)
