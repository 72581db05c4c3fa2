"""Documents beyond one machine's memory: estimators over Dask's bags and dataframes.

``pip install "sklearn-w2v[distributed]"``. Searches go to the workers by joblib's own
``parallel_config("dask")``, or by `parallel`, whose data outlive a worker.
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

_NEEDS = '{} need Dask: pip install "sklearn-w2v[distributed]"'

__all__ = ["parallel", "predict", "transform"]


@contextmanager
def parallel(*shared: Any, client: Any = None) -> Iterator[None]:
    """Let searches within the block run on a cluster, with data that outlive a worker.

    It is ``joblib.parallel_config("dask")`` but for the data: joblib puts each array (``X``,
    ``y``, the folds) on one worker, and a search fails when that one dies. Here, the scheduler
    keeps a copy, from which it is sent again.

    Parameters
    ----------
    *shared : list or other object
        What goes to each worker once instead of with each task: the list of texts, say. Pass
        the very object to ``fit``. Arrays need not be named.
    client : distributed.Client or None, default=None
        None is the current one.

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
    With an int as `random_state`, scores and winner are those of a search in one process, bit
    by bit, whichever workers die.

    Examples
    --------
    >>> from sklearn_w2v import distributed
    >>> with distributed.parallel(texts):  # doctest: +SKIP
    ...     GridSearchCV(pipeline, grid).fit(texts, y)
    """
    try:
        from distributed import get_client
        from joblib._dask import DaskDistributedBackend
    except ImportError as error:
        raise ImportError(_NEEDS.format("Searches on a cluster")) from error
    if client is None:
        try:
            client = get_client()
        except ValueError:
            raise ValueError(
                "Got client=None and there is no current one; make a distributed.Client first."
            ) from None
    backend = DaskDistributedBackend(client=_Keeping(client), scatter=list(shared))
    with parallel_config(backend=backend):
        yield


def predict(
    estimator: Any,
    X: Any,
    *,
    method: str = "predict",
    column: str | None = None,
    chunk_size: int = 1000,
) -> Any:
    """Predict the documents of a Dask collection, each partition where it lies.

    Parameters
    ----------
    estimator : estimator
        Fitted: a Pipeline from texts to classes, say. On a cluster, it goes to each worker
        once; without one, Dask's processes get it with each partition.
    X : dask.bag.Bag, dask.dataframe.Series or dask.dataframe.DataFrame
        Documents: texts, token lists, or whatever the estimator takes. pandas' token lists
        become strings on their way into Dask unless its setting
        ``dataframe.convert-string`` is False; a bag keeps them.
    method : str, default="predict"
        Method of the estimator: ``"predict"``, ``"predict_proba"`` ...
    column : str or None, default=None
        Column of a DataFrame that holds the documents. None hands on all columns: as a
        DataFrame to an estimator that was fitted on one, else as an array (of ids, say).
    chunk_size : int, default=1000
        Documents of a partition that are predicted together, and whose words are in memory
        at a time. Labels do not hang on it, probabilities by float rounding alone.

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
        `X` is no such collection, or the estimator has no such method.
    ValueError
        There is no such column, `chunk_size` is below 1, or `method` is ``"transform"``.
    sklearn.exceptions.NotFittedError
        The estimator is not fitted.

    See Also
    --------
    transform : The same for tokenizers and indexers.
    sklearn_w2v.predict_iter : Documents as they come, in one process.

    Notes
    -----
    With a ``distributed.Client``, the estimator belongs to the client that is current when
    this function is called, and the result is computed by that client: not by
    ``compute(scheduler="sync")``, unless ``dask.config.set(scheduler="sync")`` said so
    before. A worker that dies takes no part of it along. For a dataframe, the estimator is
    asked here about one document, to learn dtype and columns.

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
    return _mapped(estimator, X, method, column, int(chunk_size))


def transform(estimator: Any, X: Any, *, column: str | None = None) -> Any:
    """Transform the documents of a Dask collection, each partition where it lies.

    Parameters
    ----------
    estimator : transformer
        Fitted: a `JapaneseTokenizer`, a `W2VIndexer`, a Pipeline of them. On a cluster, it
        goes to each worker once.
    X : dask.bag.Bag, dask.dataframe.Series or dask.dataframe.DataFrame
        Documents: texts, token lists, or whatever the estimator takes. pandas' token lists
        become strings on their way into Dask unless its setting
        ``dataframe.convert-string`` is False; a bag keeps them.
    column : str or None, default=None
        Column of a DataFrame that holds the documents. None hands on all columns: as a
        DataFrame to an estimator that was fitted on one, else as an array.

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
        `X` is no such collection, or the estimator has no ``transform``.
    ValueError
        There is no such column.
    sklearn.exceptions.NotFittedError
        The estimator is not fitted.

    See Also
    --------
    predict : The same for classifiers.

    Notes
    -----
    Ids in a dataframe are plain numbers; the classifier's ``vectors=indexer.vectors_`` says
    what they mean. Vectors with subwords (fastText) give each partition further words of its
    own: keep such ids in a bag, whose partitions bring their vectors along.

    Examples
    --------
    >>> import dask.bag
    >>> from sklearn_w2v import JapaneseTokenizer, distributed
    >>> texts = dask.bag.from_sequence(["雨が降る", "雪"], npartitions=2)
    >>> tokenizer = JapaneseTokenizer(form="surface", pos=None)
    >>> distributed.transform(tokenizer, texts).compute(scheduler="sync")
    [['雨', 'が', '降る'], ['雪']]
    """
    # the words of a partition that vectors with subwords add have ids of that partition
    return _mapped(estimator, X, "transform", column, None)


def _mapped(estimator: Any, X: Any, method: str, column: str | None, chunk_size: int | None) -> Any:
    is_frame = _is_frame(X)
    if not callable(getattr(estimator, method, None)):
        raise TypeError(f"{type(estimator).__name__} has no method {method!r}.")
    check_is_fitted(estimator)
    if column is not None and getattr(X, "ndim", 1) == 1:
        raise ValueError(f"Got column={column!r} but a {type(X).__name__} has none; expected None.")
    if not is_frame:
        return X.map_partitions(of_bag, _sent(estimator), method=method, chunk_size=chunk_size)
    if column is not None:
        if column not in X.columns:
            raise ValueError(f"Got column={column!r} but expected one of {list(X.columns)}.")
        X = X[column]
    empty = _answer_of_one(estimator, X, method, chunk_size).iloc[:0]
    return X.map_partitions(
        of_frame, _sent(estimator), method, chunk_size, empty, meta=empty, enforce_metadata=False
    )


def _is_frame(X: Any) -> bool:
    """Whether a collection is a dataframe or a series, and not a bag."""
    try:
        import dask.bag
        from dask.utils import is_dataframe_like, is_series_like
    except ImportError as error:
        raise ImportError(_NEEDS.format("Documents in Dask collections")) from error
    if isinstance(X, dask.bag.Bag):
        return False
    meta = getattr(X, "_meta", None)
    if dask.is_dask_collection(X) and (is_dataframe_like(meta) or is_series_like(meta)):
        return True
    raise TypeError(
        f"Got {type(X).__module__}.{type(X).__name__} as X but expected a dask.bag.Bag, or a "
        "Series or DataFrame of dask.dataframe."
    )


def _answer_of_one(estimator: Any, X: Any, method: str, chunk_size: int | None) -> Any:
    """The answer to one document, so that what cannot work fails here and not on the workers."""
    try:
        return of_frame(_example(X._meta), estimator, method, chunk_size, None)
    except Exception:  # an estimator of other documents than one can make up
        first = X.head(1, npartitions=-1)
        if not len(first):
            raise
        return of_frame(first, estimator, method, chunk_size, None)


def _example(meta: Any) -> Any:
    """A row such as a column, or a table, holds."""
    from dask.dataframe.utils import meta_nonempty

    example = meta_nonempty(meta).iloc[:1]
    if example.ndim == 1 and example.dtype == object:  # texts or token lists: a text is both
        example = example.map(lambda _: "例")
    return example


def _sent(estimator: Any) -> Any:
    """The estimator as one value of the graph, which each worker gets once.

    With a cluster, it is the result of a task: what dies with a worker is made again, and
    the scheduler, which need not have Keras, sees nothing but bytes.
    """
    import dask

    client = _client()
    if client is None:
        return dask.delayed(estimator, name=f"w2v-estimator-{uuid.uuid4().hex}", traverse=False)
    return _kept(client, estimator, "w2v-estimator")


def _kept(client: Any, value: Any, name: str) -> Any:
    """Future of a value that the scheduler can have made again; equal values share one."""
    import cloudpickle
    import dask

    packed = cloudpickle.dumps(value)
    key = f"{name}-{hashlib.blake2b(packed, digest_size=16).hexdigest()}"
    # 50 MB are no mistake: they go over the wire once
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"}):
        return client.submit(pickle.loads, packed, key=key)


class _Keeping:
    """A client whose ``scatter`` gives what outlives the workers."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def scatter(self, data: Any, asynchronous: bool = False, **kwargs: Any) -> Any:
        """What joblib calls: with the shared objects, and later with one array at a time."""
        if not asynchronous:
            return [_kept(self._client, one, "w2v-data") for one in data]

        async def one_array() -> Any:
            return _kept(self._client, data, "w2v-data")

        return one_array()


def _client() -> Any:
    """The current client of a cluster; None where Dask works within this machine."""
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
