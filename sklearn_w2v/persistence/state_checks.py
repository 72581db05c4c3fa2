"""Refuse what a model file gave where no fitted estimator can hold it.

The classes of this package check their own state; here is the walk to all of them, what
concerns scikit-learn's estimators, and sizes that only the whole file can account for.
"""

from __future__ import annotations

import math
from numbers import Integral
from typing import Any

from joblib import cpu_count
from sklearn.base import BaseEstimator

from ..features.indexer import W2VIndexer
from ..networks.design import NetworkWeights
from ..utils.estimators import holds_parts
from ..utils.saved_state import check_saved_state, unexpected
from ..vectors.cache import SourceStore
from ..vectors.extension import ExtendedStore
from ..vectors.store import Store
from ..vectors.word_vectors import WordVectors
from .packing import parts

_RATIO = 100  # times a file's size that its tables may take in memory
_LEAST = 1 << 26  # bytes that any file's tables may take
_WIDTH = 1 << 20  # words of a document that any file may ask for
# attributes by which scikit-learn calls a method of another estimator, and what they may name
_NAMES_OF_METHODS = (
    *("response_method", "_response_method", "stack_method", "stack_method_"),
    *("chain_method", "chain_method_"),
)
_METHODS = {"auto", "predict", "predict_proba", "predict_log_proba", "decision_function"}


def check_stores(estimator: Any) -> None:
    """Refuse word vectors that cannot be; opens no file.

    Raises
    ------
    ValueError
        The message says what was there.
    """
    for one in parts(estimator):
        if isinstance(one, WordVectors | Store):
            check_saved_state(one)


def check_estimators(estimator: Any) -> None:
    """Refuse estimators of this package, and parts of them, that no `fit` can have made.

    Raises
    ------
    ValueError
        The message names the estimator and the attribute.
    """
    for one in parts(estimator):
        check_reach(one)
        if isinstance(one, BaseEstimator):
            _check_parameters(one)
        if type(one).__module__.startswith("sklearn_w2v."):
            check_saved_state(one)


def check_sizes(estimator: Any, n_bytes: int) -> None:
    """Refuse tables whose sizes the file does not account for.

    A number costs a file nothing, and a word some bytes, however many rows of however many
    values they ask for when something is predicted.

    Parameters
    ----------
    estimator : estimator
        What the file gave, after `check_estimators`.
    n_bytes : int
        Size of the file.

    Raises
    ------
    ValueError
        The message says what was asked for.
    """
    most = max(_LEAST, _RATIO * n_bytes)
    seen: set[int] = set()
    asked = 0
    for one in parts(estimator):
        if isinstance(one, WordVectors) and id(one._store) not in seen:
            seen.add(id(one._store))
            asked += _unheld_bytes(one._store)
        elif isinstance(one, W2VIndexer) and vars(one).get("maxlen_", 0) > max(_WIDTH, n_bytes):
            raise unexpected(one, "maxlen_")
        elif isinstance(one, BaseEstimator):
            asked += _network_bytes(vars(one).get("_network"))
        if asked > most:
            raise ValueError(
                f"its tables take {asked:,} bytes or more, but a file of {n_bytes:,} bytes may "
                f"ask for {most:,}"
            )


def _unheld_bytes(store: Store) -> int:
    """Return the bytes of rows that are made, or shared, when all of them are asked for."""
    n_more = 0
    while isinstance(store, ExtendedStore):
        n_more += len(store.more)
        store = store.base
    if isinstance(store, SourceStore):  # its own rows are in a file of the user's
        # one that is closed is a parameter, which the next fit opens: it may be gone till then
        return 4 * n_more * store.dim if store.is_open else 0
    return 4 * (len(store) - store.n_rows + n_more) * store.dim


def _network_bytes(weights: Any) -> int:
    """Return the bytes of a classifier's network; many may name one of the file."""
    if not isinstance(weights, NetworkWeights):
        return 0
    n_rows, dim = weights.table_shape
    n_tables = 2 if weights.design.channels == "multichannel" else 1
    # by the shapes: weights that nothing trained are not in the file, and drawn when it is built
    n_values = sum(map(math.prod, weights.design.architecture.shapes()))
    return 4 * (n_rows * dim * n_tables + n_values)


# ------------------------------------------------------------------ estimators
def check_reach(one: Any) -> None:
    """Refuse parameters by which scikit-learn would open files, or call methods by name.

    Raises
    ------
    ValueError
        The message names the estimator and the parameter.
    """
    if not holds_parts(one):
        return
    held = vars(one)
    if isinstance(one, BaseEstimator):
        if held.get("input", "content") != "content":
            raise unexpected(one, "input")  # texts would be names of files to read
        for name, value in held.items():
            if callable(value) and callable(getattr(type(one), name, None)):
                raise unexpected(one, name)  # it would be called in place of the method
    for name in _NAMES_OF_METHODS:
        given = held.get(name)
        methods = given if isinstance(given, list | tuple) else [given]
        if not all(method is None or method in _METHODS for method in methods):
            raise unexpected(one, name)


def fit_to_machine(estimator: Any) -> None:
    """Set n_jobs that ask for more processes than this machine has cores to -1: all of them."""
    for one in parts(estimator):
        n_jobs = vars(one).get("n_jobs") if isinstance(one, BaseEstimator) else None
        if isinstance(n_jobs, Integral) and n_jobs > cpu_count():
            one.n_jobs = -1


def _check_parameters(one: BaseEstimator) -> None:
    """Refuse parameters that `save` leaves out, and those of ours that are out of range."""
    held = vars(one)
    if held.get("memory") is not None:  # a folder of pickles, read in the next fit
        raise unexpected(one, "memory")
    n_jobs = held.get("n_jobs")
    if not (n_jobs is None or (isinstance(n_jobs, Integral) and n_jobs)):
        raise unexpected(one, "n_jobs")
    if type(one).__module__.startswith("sklearn_w2v."):
        if held.get("callbacks") is not None:
            raise unexpected(one, "callbacks")
        one._validate_params()
    steps = held.get("steps")
    if type(one).__name__ == "Pipeline" and not (
        isinstance(steps, list)
        and steps
        and all(type(step) in (tuple, list) and len(step) == 2 for step in steps)
        and all(type(name) is str for name, _ in steps)
    ):
        raise unexpected(one, "steps")
