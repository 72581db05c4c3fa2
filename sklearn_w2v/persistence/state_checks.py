"""Whether what a model file gave is what a fitted estimator holds.

Types are known to be safe before; their values are not. Ids beyond a table, weights of other
shapes or a text in place of an array would end somewhere within NumPy or TensorFlow, or ask
for memory that the file does not account for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from numbers import Integral, Real
from typing import Any, cast

import numpy as np
from sklearn.base import BaseEstimator

from ..features.vectorizer import POOLINGS
from ..vectors.cache import SourceStore
from ..vectors.extension import ExtendedStore
from ..vectors.formats.fasttext import MAX_NGRAM
from ..vectors.store import Store
from ..vectors.word_vectors import FIRST_ID, OOV_ID, PADDING_ID, WordVectors
from .packing import parts

Check = Callable[[Any], bool]

_RANDOM_DIM = 100  # as `_table.RANDOM_DIM`, which would bring Keras along
_DEEPEST = 50  # extensions of extensions
_LONGEST = 1 << 26  # words of a document
_IDS = 2**31 - 1


def check_stores(estimator: Any) -> None:
    """Refuse word vectors that are none; opens no file.

    Raises
    ------
    ValueError
        The message says what was there.
    """
    for one in _everything(estimator):
        if isinstance(one, WordVectors):
            vars(one).pop("words", None)  # made again from the store
            _expect(one, {"_store": _kind(Store)})
            _check_store(one._store, _DEEPEST)
        elif isinstance(one, Store):
            _check_store(one, _DEEPEST)


def check_estimators(estimator: Any) -> None:
    """Refuse estimators of this package, and parts of them, that no `fit` can have made.

    Raises
    ------
    ValueError
        The message names the estimator and the attribute.
    """
    for one in _everything(estimator):
        if isinstance(one, BaseEstimator):
            _check_parameters(one)
        name = type(one).__name__
        if not type(one).__module__.startswith("sklearn_w2v."):
            continue
        for attribute in vars(one) if hasattr(one, "__dict__") else ():
            if callable(getattr(type(one), attribute, None)):
                raise _wrong(one, attribute)
        needed = _FITTED.get(name)
        if name in _CHECKS and (needed is None or needed in vars(one)):
            _CHECKS[name](one)


def _everything(value: Any) -> Iterator[Any]:
    """Estimators and their parts, those in arrays of objects included."""
    for one in parts(value):
        yield one
        if isinstance(one, np.ndarray) and one.dtype == object:
            for part in one.flat:
                yield from parts(part)


# ------------------------------------------------------------------ what is what
def _wrong(one: Any, attribute: str) -> ValueError:
    shown = repr(vars(one).get(attribute))[:60]
    return ValueError(f"the {type(one).__name__} in it has {attribute}={shown}")


def _expect(one: Any, checks: dict[str, Check]) -> None:
    for attribute, fits in checks.items():
        if attribute not in vars(one) or not fits(vars(one)[attribute]):
            raise _wrong(one, attribute)


def _kind(*kinds: type | str) -> Check:
    """One of these types, by type or by name: those of the network bring Keras along."""
    names = {kind for kind in kinds if isinstance(kind, str)}
    types = tuple(kind for kind in kinds if not isinstance(kind, str))
    return lambda value: isinstance(value, types) or type(value).__name__ in names


def _whole(least: float, most: float = _IDS) -> Check:
    return lambda value: (
        isinstance(value, Integral)
        and not isinstance(value, bool)
        and least <= cast(int, value) <= most
    )


def _number(least: float, most: float = 1e12) -> Check:
    return lambda value: (
        isinstance(value, Real)
        and not isinstance(value, bool)
        and least <= cast(float, value) <= most
    )


def _array(dtype: Any, *shape: int | None) -> Check:
    """An array of a type and shape; None stands for any length."""
    return lambda value: (
        type(value) is np.ndarray
        and value.ndim == len(shape)
        and (dtype is None or value.dtype == dtype)
        and all(n in (None, m) for n, m in zip(shape, value.shape, strict=True))
    )


def _texts(value: Any) -> bool:
    return type(value) is list and all(type(one) is str for one in value)


def _within(values: Any, least: int, most: int) -> bool:
    """Whether whole numbers lie from `least` to below `most`."""
    return not len(values) or bool(least <= values.min() and values.max() < most)


# ------------------------------------------------------------------ word vectors
def _check_store(store: Any, deepest: int) -> None:
    if isinstance(store, ExtendedStore):
        if not deepest:
            raise ValueError("word vectors in it are extended too often")
        _expect(
            store,
            {
                "base": _kind(Store),
                "more": _texts,
                "seed": _whole(0, float("inf")),
                "like": lambda like: like is None or _array(np.int64, len(store.more))(like),
                "held": lambda held: held is None or (type(held) is tuple and len(held) == 2),
            },
        )
        _check_store(store.base, deepest - 1)
    elif isinstance(store, SourceStore):
        texts = {"path": _kind(str), "_expected": _kind(str), "aliases": _kind(str, type(None))}
        _expect(store, texts)
    elif type(store).__name__ == "MemoryStore":
        _expect(store, {"_words": _texts, "matrix": _array(np.float32, None, None)})
        rows, shared = len(store.matrix), store.shared
        fits = len(store) == len(store.words) and store.matrix.size
        if shared is not None:
            fits = fits and _array(np.int32, None)(shared) and _within(shared, 0, rows)
        if not fits:
            raise _wrong(store, "shared")
        _check_subwords(store)
    else:  # a PackedStore has looked at its parts itself
        _check_subwords(store)


def _check_subwords(store: Any) -> None:
    grams = store.subwords
    if grams is not None:
        if type(grams).__name__ != "Subwords":
            raise _wrong(store, "_subwords")
        fits = _array(np.float32, None, store.dim)
        checks = {"ngrams": lambda value: fits(value) and len(value) > 0}
        _expect(grams, {**checks, "min_n": _whole(0), "max_n": _whole(1, MAX_NGRAM)})


def _check_vectors(vectors: WordVectors) -> None:
    """What hangs on the table, which may be opened now."""
    store: Any = vectors._store
    while isinstance(store, ExtendedStore):
        size, dim = len(store.more), store.dim
        if store.like is not None and not _within(store.like, -1, len(store.base)):
            raise _wrong(store, "like")
        if store.held is not None:
            rows, drawn = store.held
            if not (_array(np.float32, size, dim)(rows) and _array(bool, size)(drawn)):
                raise _wrong(store, "held")
        store = store.base


# ------------------------------------------------------------------ estimators
def _check_parameters(one: BaseEstimator) -> None:
    """What `save` leaves out, and types of our own parameters."""
    if vars(one).get("memory") is not None:  # a folder of pickles, read in the next fit
        raise _wrong(one, "memory")
    if type(one).__module__.startswith("sklearn_w2v."):
        if vars(one).get("callbacks") is not None:
            raise _wrong(one, "callbacks")
        one._validate_params()
    steps = vars(one).get("steps")
    if type(one).__name__ == "Pipeline" and not (
        isinstance(steps, list)
        and steps
        and all(type(step) is tuple and len(step) == 2 for step in steps)
        and all(type(name) is str for name, _ in steps)
    ):
        raise _wrong(one, "steps")


def _check_indexer(one: Any) -> None:
    _expect(one, {"vectors_": _kind(WordVectors)})
    _check_vectors(one.vectors_)
    words = len(one.vectors_)
    _expect(
        one,
        {
            "maxlen_": _whole(1, _LONGEST),
            "match_": lambda value: value in ("exact", "text", "forms"),
            "_n_known": _whole(0, words),
            "_used": _array(np.int32, None),
            "_own": lambda own: (
                type(own) is dict
                and all(type(word) is str for word in own)
                and all(map(_whole(0, words - 1), own.values()))
            ),
            "coverage_": _is_coverage,
        },
    )


def _is_coverage(value: Any) -> bool:
    unknown = value.get("unknown") if type(value) is dict else None
    return (
        type(unknown) is list
        and all(type(one) is tuple and len(one) == 2 for one in unknown)
        and all(type(word) is str and _whole(0)(count) for word, count in unknown)
        and all(_number(0)(value.get(name)) for name in ("tokens", "types", "exact", "cut"))
    )


def _check_vectorizer(one: Any) -> None:
    _expect(one, {"vectors_": _kind(WordVectors)})
    _check_vectors(one.vectors_)
    dim = one.vectors_.dim
    _expect(one, {"_ids": _array(np.int32, None)})
    n_ids = len(one._ids)
    _expect(
        one,
        {
            "_ids": lambda ids: not len(ids) or (ids[0] >= FIRST_ID and (np.diff(ids) > 0).all()),
            "_weights": lambda value: (
                _array(np.float64, n_ids)(value) or _array(np.float32, n_ids)(value)
            ),
            "_unseen_weight": _number(0),
            "_pooling": lambda value: type(value) is str and value in POOLINGS,
            "components_": _array(np.float32, None, dim),
            "_n_features_out": _whole(1, 2 * dim),
            "n_features_in_": _whole(1),
        },
    )


def _check_trainer(one: Any) -> None:
    _expect(one, {"vectors_": _kind(WordVectors), "loss_": _kind(Real)})
    _check_vectors(one.vectors_)


def _check_classifier(one: Any) -> None:
    _expect(
        one,
        {
            "vectors_": _kind(WordVectors, type(None)),
            "maxlen": lambda value: value is None or _whole(1)(value),
            "classes_": lambda value: (
                type(value) is np.ndarray and value.ndim == 1 and len(value) > 0
            ),
            "_targets": _kind("Targets"),
            "_network": lambda value: value is None,
            "_seed": _whole(0),
            "_draws": _whole(0),
            "_design": lambda value: _is_design(one, value),
            "n_features_in_": _whole(1),
            "n_classes_": lambda value: value == len(one.classes_),
            "history_": _is_history,
            "_saved": lambda value: type(value) is tuple and len(value) == 3,
        },
    )
    if one.vectors_ is not None:
        _check_vectors(one.vectors_)
    _expect(
        one._targets,
        {
            "classes": lambda value: np.array_equal(value, one.classes_),
            "multilabel": _kind(bool),
        },
    )
    if not _saved_fits(one):
        raise ValueError(f"the {type(one).__name__} in it has weights of another network")
    blend = one._blend
    if blend is not None and not _kind("Blend")(blend):
        raise _wrong(one, "_blend")
    if blend is not None and not _blend_fits(blend, len(one.classes_)):
        raise ValueError(f"the {type(one).__name__} in it has a linear branch of another shape")


def _is_design(one: Any, value: Any) -> bool:
    """Whether a classifier can have been fitted with these parameters."""
    if type(value) is not dict or set(value) != set(one._DESIGN):
        return False
    like = type(one)(**value)
    like._validate_params()  # an error of its own, which names the parameter
    return bool(like._chosen() == value)


def _is_history(value: Any) -> bool:
    return type(value) is dict and all(
        type(name) is str and type(row) is list and all(isinstance(one, Real) for one in row)
        for name, row in value.items()
    )


def _saved_fits(one: Any) -> bool:
    """Whether weights, ids and rows are those of the network that the design describes."""
    head, ids, values = one._saved
    vectors, channels = one.vectors_, one._channels()
    dim = _RANDOM_DIM if vectors is None else vectors.dim
    limit = _IDS if vectors is None else len(vectors) + FIRST_ID
    if not (_array(np.int32, None)(ids) and len(ids) > OOV_ID and _within(ids, 0, limit)):
        return False
    if (ids[PADDING_ID], ids[OOV_ID]) != (PADDING_ID, OOV_ID) or len(np.unique(ids)) < len(ids):
        return False
    if values is None:
        known = vectors is not None and channels == "static"
    else:
        known = _array(np.float32, len(ids), dim)(values)
    shapes = one._spec(dim, len(one.classes_), 0).shapes()
    return (
        known
        and type(head) is list
        and len(head) == len(shapes)
        and all(_array(np.float32, *shape)(w) for w, shape in zip(head, shapes, strict=True))
    )


def _blend_fits(blend: Any, n_classes: int) -> bool:
    """Whether the branch has as many rows as the counter has columns."""
    factors = {"scale": _number(0), "weight": _number(0)}
    _expect(blend, {"features": _kind("Features"), "branch": _kind("LinearBranch"), **factors})
    _expect(blend.features, {"counter": _kind("NgramCounter")})
    counter, branch = blend.features.counter, blend.branch
    _expect(
        counter,
        {
            "pairs": _kind(bool),
            "characters": _whole(0, 3),
            "keys_": lambda keys: _array(np.int64, None)(keys) and (np.diff(keys) > 0).all(),
        },
    )
    size = len(counter.keys_)
    if size:
        _expect(branch, {"_tfidf": _kind("TfidfTransformer")})
        _expect(
            branch._tfidf, {"idf_": lambda idf: _array(None, size)(idf) and idf.dtype.kind == "f"}
        )
        branch._tfidf._validate_params()
    return _array(np.float32, size, n_classes)(vars(branch).get("coef")) and _array(
        np.float32, n_classes
    )(vars(branch).get("intercept"))


_CHECKS: dict[str, Callable[[Any], None]] = {
    "W2VIndexer": _check_indexer,
    "W2VVectorizer": _check_vectorizer,
    "Word2VecTrainer": _check_trainer,
    "W2VLSTMClassifier": _check_classifier,
    "W2VCNNClassifier": _check_classifier,
}
# attributes whose presence says that they are fitted
_FITTED = {
    "W2VIndexer": "vectors_",
    "W2VVectorizer": "vectors_",
    "Word2VecTrainer": "vectors_",
    "W2VLSTMClassifier": "_network",
    "W2VCNNClassifier": "_network",
}
