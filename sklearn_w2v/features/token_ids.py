"""TokenIds: an array of word ids that remembers whose ids they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..utils.dask import send_whole
from ..vectors.word_vectors import WordVectors


class TokenIds(np.ndarray):
    """Right-padded int32 word ids with a handle to the vectors that they index.

    0 is padding, 1 a word that nobody knows, and 2 and up are the rows of `vectors`.
    The handle survives slicing, indexing, ``train_test_split``, pickling and joblib. It
    is lost where a step makes a plain array of it (``np.asarray``, ``FeatureUnion``);
    then the classifier's ``vectors`` parameter says what the ids mean.

    Parameters
    ----------
    ids : array-like of shape (n_documents, width)
        Whole numbers.
    vectors : WordVectors or None, default=None
        What the ids index.

    Raises
    ------
    ValueError
        A value is not whole, or does not fit into 32 bits.

    Attributes
    ----------
    vectors : WordVectors or None
        What the ids index.

    Notes
    -----
    ``joblib.hash``, and so ``joblib.Memory``, sees the ids alone: a cached function of ids
    is called once for equal ids, whatever their vectors. Pass it the vectors, too.

    Examples
    --------
    >>> from sklearn_w2v import TokenIds, WordVectors
    >>> ids = TokenIds([[2, 3], [3, 0]], WordVectors(["雨", "雪"], [[1, 0], [0, 1]]))
    >>> ids[1:].vectors.words
    ['雨', '雪']
    """

    vectors: WordVectors | None

    def __new__(cls, ids: ArrayLike, vectors: WordVectors | None = None) -> TokenIds:
        given = np.asarray(ids)
        with np.errstate(invalid="ignore"):
            whole = given.astype(np.int32, copy=False)
        if given.dtype != np.int32 and not np.array_equal(given, whole):
            raise ValueError(
                f"Got ids of dtype {given.dtype} that are no whole numbers of 32 bits but "
                "expected ids as W2VIndexer makes them."
            )
        new = whole.view(cls)
        new.vectors = vectors
        return new

    def __array_finalize__(self, source: Any) -> None:
        self.vectors = getattr(source, "vectors", None)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        # the result of arithmetic is no array of ids any more
        return np.asarray(array)[()] if return_scalar else np.asarray(array)

    def __reduce__(self) -> tuple[Any, ...]:
        pickled: tuple[Any, ...] = super().__reduce__()  # type: ignore[assignment]
        rebuild, args, state = pickled
        return rebuild, args, (state, self.vectors)

    def __setstate__(self, state: Any) -> None:
        array, self.vectors = state
        super().__setstate__(array)


send_whole(TokenIds)
