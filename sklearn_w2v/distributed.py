"""Work on a Dask cluster: documents in bags and dataframes, and searches by scikit-learn.

`predict` and `transform` apply an estimator to each partition of a collection. `parallel`
sends the fits of a search to the workers, with data that survive the death of a worker.
Needs ``pip install "sklearn-w2v[distributed]"``.
"""

from __future__ import annotations

import hashlib
import pickle
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from numbers import Integral
from typing import Any

import numpy as np
from joblib import parallel_config
from sklearn.utils.validation import check_is_fitted

from .features.token_ids import TokenIds

__all__ = ["parallel", "predict", "transform"]

_NEEDS_DASK = '{} need Dask: pip install "sklearn-w2v[distributed]"'


@contextmanager
def parallel(*shared: Any, client: Any = None) -> Iterator[None]:
    """Run the searches within the block on a cluster, with data that outlive a worker.

    It differs from ``joblib.parallel_config("dask")`` in the data: joblib puts each array
    (``X``, ``y``, the folds) on one worker, and a search fails if that worker dies. Here, the
    scheduler keeps a copy and sends it again.

    Parameters
    ----------
    *shared : list or other object
        Objects that are sent to each worker once instead of with each task, such as the list
        of texts. Pass the same object to ``fit``. Arrays need not be listed.
    client : distributed.Client or None, default=None
        None means the current client.

    Raises
    ------
    ImportError
        Dask is not installed.
    ValueError
        There is no client.

    See Also
    --------
    predict : Documents in partitions.

    Notes
    -----
    With an int as `random_state`, scores and best candidate equal those of a search in one
    process, bit by bit, even if workers die.

    Examples
    --------
    >>> from sklearn_w2v import distributed
    >>> with distributed.parallel(texts):  # doctest: +SKIP
    ...     GridSearchCV(pipeline, grid).fit(texts, y)
    """
    try:
        from distributed import get_client
    except ImportError as error:
        raise ImportError(_NEEDS_DASK.format("Searches on a cluster")) from error
    if client is None:
        try:
            client = get_client()
        except ValueError:
            raise ValueError(
                "Got client=None and there is no current client; create a distributed.Client first."
            ) from None
    with parallel_config("dask", client=_RestoringClient(client), scatter=list(shared)):
        yield


def predict(
    estimator: Any,
    X: Any,
    *,
    method: str = "predict",
    column: str | None = None,
    chunk_size: int = 1000,
) -> Any:
    """Predict the documents of a Dask collection, partition by partition.

    Parameters
    ----------
    estimator : estimator
        Fitted, such as a Pipeline from texts to classes. On a cluster, it is sent to each
        worker once; without one, Dask's processes get it with each partition.
    X : dask.bag.Bag, dask.dataframe.Series or dask.dataframe.DataFrame
        Documents: texts, token lists, or other input of the estimator. Dask turns token lists
        of pandas into strings unless its setting ``dataframe.convert-string`` is False; a bag
        keeps them.
    method : str, default="predict"
        Method of the estimator: ``"predict"``, ``"predict_proba"`` ...
    column : str or None, default=None
        Column of the documents in a DataFrame. None passes all columns: as a DataFrame to an
        estimator that was fitted on one, else as an array (of ids, say).
    chunk_size : int, default=1000
        Number of documents of a partition that are predicted together; their words are in
        memory at the same time. Labels do not depend on it, probabilities only by rounding.

    Returns
    -------
    dask.bag.Bag or dask.dataframe.Series or dask.dataframe.DataFrame
        Not computed yet. For a Bag, a Bag with the result for each document. For a Series
        or a DataFrame, one with the same index and partitions: a Series ``"label"`` (else
        the method's name), or a DataFrame with a column for each class.

    Raises
    ------
    ImportError
        Dask is not installed.
    TypeError
        `X` is not one of these collections, or the estimator does not have the method.
    ValueError
        The column does not exist, `chunk_size` is below 1, or `method` is ``"transform"``.
    sklearn.exceptions.NotFittedError
        The estimator is not fitted.

    See Also
    --------
    transform : The same for tokenizers and indexers.
    sklearn_w2v.predict_iter : A stream of documents, in one process.

    Notes
    -----
    With a ``distributed.Client``, the estimator belongs to the client that is current when
    this function is called, and the result must be computed by that client: not by
    ``compute(scheduler="sync")``, unless ``dask.config.set(scheduler="sync")`` was called
    before. If a worker dies, its part is computed again. For a dataframe, the estimator
    predicts one document right here, to find dtype and columns.

    Examples
    --------
    >>> import dask.bag
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn_w2v import distributed
    >>> clf = DummyClassifier().fit([["雨"], ["雪"], ["雪"]], ["wet", "cold", "cold"])
    >>> texts = dask.bag.from_sequence([["雨"], ["雪"], ["霧"]], npartitions=2)
    >>> list(map(str, distributed.predict(clf, texts).compute(scheduler="sync")))
    ['cold', 'cold', 'cold']
    """
    if isinstance(chunk_size, bool) or not isinstance(chunk_size, Integral):
        raise TypeError(f"Got chunk_size={chunk_size!r} but expected a whole number.")
    if chunk_size < 1:
        raise ValueError(f"Got chunk_size={chunk_size} but expected 1 or more.")
    if method == "transform":
        raise ValueError("Got method='transform' but expected one that predicts; see transform.")
    return _map_partitions(estimator, X, method, column, int(chunk_size))


def transform(estimator: Any, X: Any, *, column: str | None = None) -> Any:
    """Transform the documents of a Dask collection, partition by partition.

    Parameters
    ----------
    estimator : transformer
        Fitted: a `JapaneseTokenizer`, a `W2VIndexer` or a Pipeline of them. On a cluster, it
        is sent to each worker once.
    X : dask.bag.Bag, dask.dataframe.Series or dask.dataframe.DataFrame
        Documents: texts, token lists, or other input of the estimator. Dask turns token lists
        of pandas into strings unless its setting ``dataframe.convert-string`` is False; a bag
        keeps them.
    column : str or None, default=None
        Column of the documents in a DataFrame. None passes all columns: as a DataFrame to an
        estimator that was fitted on one, else as an array.

    Returns
    -------
    dask.bag.Bag or dask.dataframe.Series or dask.dataframe.DataFrame
        Not computed yet. For a Bag, a Bag with the token list, or the row of ids, of each
        document; a partition of ids is one `TokenIds`, as wide as the indexer's ``maxlen_``.
        For a Series or a DataFrame, one with the same index: a Series of token lists, or a
        DataFrame with the columns that ``get_feature_names_out`` names.

    Raises
    ------
    ImportError
        Dask is not installed.
    TypeError
        `X` is not one of these collections, or the estimator has no ``transform``.
    ValueError
        The column does not exist.
    sklearn.exceptions.NotFittedError
        The estimator is not fitted.

    See Also
    --------
    predict : The same for classifiers.

    Notes
    -----
    Ids in a dataframe are plain numbers; the classifier's ``vectors=indexer.vectors_`` tells
    their meaning. Vectors with subwords (fastText) add words to each partition separately:
    keep such ids in a bag, whose partitions carry their vectors.

    Examples
    --------
    >>> import dask.bag
    >>> from sklearn_w2v import JapaneseTokenizer, distributed
    >>> texts = dask.bag.from_sequence(["雨が降る", "雪"], npartitions=2)
    >>> tokenizer = JapaneseTokenizer(form="surface", pos=None)
    >>> distributed.transform(tokenizer, texts).compute(scheduler="sync")
    [['雨', 'が', '降る'], ['雪']]
    """
    # no chunks: words added by vectors with subwords have ids that are valid in one call only
    return _map_partitions(estimator, X, "transform", column, None)


# ------------------------------------------------------------ on the client
def _map_partitions(
    estimator: Any, X: Any, method: str, column: str | None, chunk_size: int | None
) -> Any:
    is_frame = _is_frame(X)
    if not callable(getattr(estimator, method, None)):
        raise TypeError(f"{type(estimator).__name__} has no method {method!r}.")
    check_is_fitted(estimator)
    if column is not None and getattr(X, "ndim", 1) == 1:
        raise ValueError(
            f"Got column={column!r} but a {type(X).__name__} has no columns; expected None."
        )
    if not is_frame:
        return X.map_partitions(
            _results_of_bag, _graph_value(estimator), method=method, chunk_size=chunk_size
        )
    if column is not None:
        if column not in X.columns:
            raise ValueError(f"Got column={column!r} but expected one of {list(X.columns)}.")
        X = X[column]
    empty = _try_one_document(estimator, X, method, chunk_size).iloc[:0]
    return X.map_partitions(
        _results_of_frame,
        _graph_value(estimator),
        method,
        chunk_size,
        empty,
        meta=empty,
        enforce_metadata=False,
    )


def _is_frame(X: Any) -> bool:
    """Whether a collection is a dataframe or a series, and not a bag."""
    try:
        import dask.bag
        from dask.utils import is_dataframe_like, is_series_like
    except ImportError as error:
        raise ImportError(_NEEDS_DASK.format("Documents in Dask collections")) from error
    if isinstance(X, dask.bag.Bag):
        return False
    meta = getattr(X, "_meta", None)
    if dask.is_dask_collection(X) and (is_dataframe_like(meta) or is_series_like(meta)):
        return True
    raise TypeError(
        f"Got {type(X).__module__}.{type(X).__name__} as X but expected a dask.bag.Bag, or a "
        "Series or DataFrame of dask.dataframe."
    )


def _try_one_document(estimator: Any, X: Any, method: str, chunk_size: int | None) -> Any:
    """Result for one document, so that errors appear here and not on the workers."""
    try:
        return _results_of_frame(_example(X._meta), estimator, method, chunk_size, None)
    except Exception:  # the estimator may not accept the invented document
        first = X.head(1, npartitions=-1)
        if not len(first):
            raise
        return _results_of_frame(first, estimator, method, chunk_size, None)


def _example(meta: Any) -> Any:
    """An invented row of a column or table."""
    from dask.dataframe.utils import meta_nonempty

    example = meta_nonempty(meta).iloc[:1]
    # texts or token lists; a text passes for both
    if example.ndim == 1 and example.dtype == object:
        example = example.map(lambda _: "例")
    return example


# ------------------------------------------------------------ on the workers
def _results_of_bag(part: Any, estimator: Any, method: str, chunk_size: int | None) -> Any:
    """Results of a method for the documents of a partition of a bag."""
    documents: Any = part if isinstance(part, np.ndarray) else list(part)
    if not len(documents):
        return []
    if isinstance(documents[0], TokenIds) and not isinstance(documents, TokenIds):
        # rows of several partitions, in which ids of added words may differ in meaning
        parts = []
        for vectors, rows in groupby(documents, key=lambda row: row.vectors):
            ids = TokenIds(np.stack(list(rows)), vectors)
            parts.append(_results(ids, estimator, method, chunk_size))
        return parts[0] if len(parts) == 1 else [row for results in parts for row in results]
    return _results(documents, estimator, method, chunk_size)


def _results_of_frame(
    part: Any, estimator: Any, method: str, chunk_size: int | None, empty: Any
) -> Any:
    """Results of a method for the documents of a partition of a dataframe."""
    import pandas as pd

    if empty is not None and not len(part):
        return empty
    if part.ndim == 1:
        documents = part.to_list()
    else:
        documents = part if hasattr(estimator, "feature_names_in_") else part.to_numpy()
    results = _results(documents, estimator, method, chunk_size, part.index)
    if getattr(results, "ndim", 1) == 2:
        names = _columns(estimator, method, results.shape[1])
        return pd.DataFrame(np.asarray(results), index=part.index, columns=names)
    if method == "transform":
        return pd.Series(list(results), index=part.index, name=part.name, dtype=object)
    name = "label" if method == "predict" else method
    return pd.Series(results, index=part.index, name=name)


def _columns(estimator: Any, method: str, n_columns: int) -> list[Any]:
    if method == "transform":
        return list(estimator.get_feature_names_out())
    classes = np.asarray(getattr(estimator, "classes_", ())).tolist()
    return classes if len(classes) == n_columns else list(range(n_columns))


def _results(
    documents: Any, estimator: Any, method: str, chunk_size: int | None, index: Any = None
) -> Any:
    """Rows, labels or token lists of some documents, chunk by chunk."""
    run = getattr(estimator, method)
    places = getattr(documents, "iloc", documents)  # rows by position, also in a table
    size = chunk_size or len(documents)
    parts = []
    for start in range(0, len(documents), size):
        try:
            results = run(places[start : start + size])
        except Exception as error:
            # the message counts documents from 0, so say where 0 is
            where = f"document {start} of the partition"
            if index is not None:
                where += f", whose index is {index[start]!r}"
            error.add_note(f"Documents are counted from {where}.")
            raise
        # a table, if `set_output` of the estimator asks for one
        parts.append(results.to_numpy() if hasattr(results, "columns") else results)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


# ------------------------------------------ values that outlive a worker
def _current_client() -> Any:
    """The current client of a cluster; None if Dask uses a local scheduler."""
    import dask

    named = dask.config.get("scheduler", None)
    if named is not None and named not in ("distributed", "dask.distributed"):
        return None
    try:
        from distributed import get_client
    except ImportError:
        return None
    try:
        return get_client()
    except ValueError:
        return None


def _graph_value(estimator: Any) -> Any:
    """The estimator as one value of Dask's graph, which each worker gets once.

    On a cluster, it is the result of a task: if a worker dies, it is made again, and the
    scheduler, where Keras may be missing, handles bytes only.
    """
    import dask

    client = _current_client()
    if client is None:
        return dask.delayed(estimator, name=f"w2v-estimator-{uuid.uuid4().hex}", traverse=False)
    return _restorable(client, estimator, "w2v-estimator")


def _restorable(client: Any, value: Any, name: str) -> Any:
    """Future of a value that the scheduler can restore; equal values share a future."""
    import cloudpickle
    import dask

    packed = cloudpickle.dumps(value)
    key = f"{name}-{hashlib.blake2b(packed, digest_size=16).hexdigest()}"
    # Dask warns of large values, but this one is sent only once
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"}):
        return client.submit(pickle.loads, packed, key=key)


class _RestoringClient:
    """A client whose ``scatter`` returns values that outlive the workers."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def scatter(self, data: Any, asynchronous: bool = False, **kwargs: Any) -> Any:
        """Called by joblib: with the shared objects, and later with one array at a time."""
        if not asynchronous:
            return [_restorable(self._client, one, "w2v-data") for one in data]

        async def one_array() -> Any:
            return _restorable(self._client, data, "w2v-data")

        return one_array()
