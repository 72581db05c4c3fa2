"""Copies of fitted estimators that a model file can hold."""

from __future__ import annotations

import copy
import io
import json
import os
import zipfile
from collections.abc import Iterator
from numbers import Real
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from ..classifiers.blend import Blend
from ..networks.design import NetworkWeights
from ..utils.estimators import everything_in, holds_parts
from ..vectors.cache import SourceStore
from ..vectors.extension import ExtendedStore
from ..vectors.store import Store
from ..vectors.trainer import Word2VecTrainer
from ..vectors.word_vectors import FIRST_ID, WordVectors, as_word_vectors
from .packed_store import PackedStore

_LEAVES = (WordVectors, Store)  # what they hold is packed as a whole


def copied(estimator: Any) -> Any:
    """Copy an estimator and everything in it that is changed before it is written.

    Arrays of numbers and word vectors are shared with the original.
    """
    return _copied(estimator, {})


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    if id(value) in memo:
        return memo[id(value)][0]
    new = value
    if type(value) in (list, tuple, set):
        new = type(value)(_copied(one, memo) for one in value)
    elif isinstance(value, dict):
        new = copy.copy(value)
        for key in new:
            new[key] = _copied(new[key], memo)
    elif isinstance(value, np.ndarray) and value.dtype == object:
        new = value.copy()
        plain = np.asarray(new)  # a mask would hide elements
        for place in np.ndindex(plain.shape):
            plain[place] = _copied(plain[place], memo)
    elif holds_parts(value, _LEAVES):
        new = copy.copy(value)
        memo[id(value)] = new, value  # before its parts, which may refer to it
        for name, part in vars(new).items():
            vars(new)[name] = _copied(part, memo)
    memo[id(value)] = new, value  # the original, too, so that its id stays its own
    return new


def parts(value: Any) -> Iterator[Any]:
    """Walk through an estimator and everything in it, word vectors included, not their stores."""
    return everything_in(value, _LEAVES)


def pack(estimator: Any, mode: str) -> tuple[Any, list[str]]:
    """Copy an estimator for a model file, and list what of it is left out.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    mode : {"rows", "all", "reference"}
        What is saved of vectors that come from a file.
    """
    made = copied(estimator)
    left: list[str] = []
    used: dict[str, list[NDArray[np.int64]]] = {}
    everything = list(parts(made))
    for one in everything:
        _plain_parameters(one, left)
        for table, indices in _in_use(one):
            used.setdefault(table.fingerprint, []).append(indices)
    packer = _Packer(mode, used)
    for one in everything:
        if holds_parts(one, _LEAVES):
            _pack_vectors(one, packer)
    return made, sorted(set(left))


def _in_use(one: Any) -> Iterator[tuple[Store, NDArray[np.int64]]]:
    """Give the tables that a fitted step reads, and the indices of the words it has read."""
    if isinstance(one, WordVectors):  # words whose rows are copies of others
        store = one._store
        while isinstance(store, ExtendedStore):
            if store.like is not None:
                yield store.root, store.like[store.like >= 0]
            store = store.base
        return
    vectors = getattr(one, "vectors_", None) if isinstance(one, BaseEstimator) else None
    if not isinstance(vectors, WordVectors):
        return
    held = [vars(one).get(name) for name in ("_used", "_ids")]
    network = vars(one).get("_network")
    if isinstance(network, NetworkWeights):  # of a classifier's copy
        held.append(network.ids)
    blend = vars(one).get("_blend")
    if isinstance(blend, Blend) and blend.means is not None:  # it reads beyond `maxlen`
        held.append(blend.features.counter.words)
    for ids in held:
        if isinstance(ids, np.ndarray):
            yield vectors._store.root, ids.astype(np.int64) - FIRST_ID


def _plain_parameters(one: Any, left: list[str]) -> None:
    """Remove from parameters what belongs to this machine, or is code."""
    if not isinstance(one, BaseEstimator):
        return
    held = vars(one)
    if "_metadata_request" in held:
        one._metadata_request = _without_owner(one)
    if held.get("memory") is not None:
        left.append("memory")
        one.memory = None
    if held.get("callbacks") is not None:
        left.append("callbacks")
        one.callbacks = None
    if isinstance(one, Word2VecTrainer) and not isinstance(one.corpus, str | os.PathLike | None):
        left.append("corpus")
        one.corpus = None
    for name in ("vectors", "initial_vectors", "corpus", "dictionary", "user_dictionary"):
        if isinstance(held.get(name), os.PathLike):
            setattr(one, name, os.fspath(held[name]))
        elif hasattr(getattr(held.get(name), "wv", held.get(name)), "index_to_key"):
            setattr(one, name, as_word_vectors(held[name]))
    if hasattr(held.get("optimizer"), "get_config") or isinstance(held.get("optimizer"), type):
        _name_optimizer(one, left)


def _without_owner(one: Any) -> Any:
    """Return metadata requests that refer to their estimator by name: files have no cycles."""
    made = copy.copy(one._metadata_request)
    for name, request in vars(made).items():
        if hasattr(request, "owner"):
            setattr(made, name, copy.copy(request))
    for request in (made, *vars(made).values()):
        if hasattr(request, "owner"):
            request.owner = type(one).__name__
    return made


def _name_optimizer(one: Any, left: list[str]) -> None:
    """Replace one of Keras' optimizers by its name and numbers."""
    given = one.optimizer
    kind = given if isinstance(given, type) else type(given)
    if not kind.__module__.startswith("keras."):
        return  # its type will be named as one to trust
    one.optimizer = kind.__name__.lower()
    if kind is given:
        return
    plain = kind().get_config()
    for name, value in given.get_config().items():
        if name == "name" or value == plain.get(name):
            continue
        if value is None or isinstance(value, Real | str):
            vars(one).setdefault(f"optimizer__{name}", value)
        else:
            left.append(f"optimizer's {name}")


class _Packer:
    """Pack each store once, however many steps hold it.

    Parameters
    ----------
    mode : {"rows", "all", "reference"}
        What is saved of vectors that come from a file.
    used : dict of str to list of ndarray
        Indices of words that training held, by the fingerprint of their table.
    """

    def __init__(self, mode: str, used: dict[str, list[NDArray[np.int64]]]) -> None:
        self._mode, self._used = mode, used
        self._made: dict[str, Store] = {}

    def pack(self, store: Store) -> Store:
        """Return the store that goes into a model file."""
        key = store.fingerprint
        if key not in self._made:
            self._made[key] = self._pack(store)
        return self._made[key]

    def _pack(self, store: Store) -> Store:
        if isinstance(store, ExtendedStore):
            return self._pack_extension(store)
        if isinstance(store, PackedStore):
            if self._mode == "all":
                store.check_whole()
            return store
        if isinstance(store, SourceStore) and self._mode == "reference":
            return store
        if isinstance(store, SourceStore) and self._mode == "rows":
            return PackedStore.of(store, self._rows_in_use(store))
        return PackedStore.of(store, None)

    def _pack_extension(self, store: ExtendedStore) -> Store:
        held = store.held
        if held is None and self._mode == "rows" and store.subwords is not None:
            places = np.arange(len(store.base), len(store))
            held = store.take(store.row_of(places)), store.drawn(places)
        return ExtendedStore(self.pack(store.base), store.more, store.seed, store.like, held)

    def _rows_in_use(self, store: SourceStore) -> NDArray[np.int64]:
        indices = np.unique(np.concatenate(self._used.get(store.fingerprint, [_NONE])))
        indices = indices[(indices >= 0) & (indices < len(store))]
        return np.unique(store.row_of(indices))


_NONE = np.zeros(0, np.int64)


def _pack_vectors(one: Any, packer: _Packer) -> None:
    """Replace the stores of the vectors that an object holds by packed ones."""
    params = one.get_params(deep=False) if isinstance(one, BaseEstimator) else ()
    for name, value in vars(one).items():
        if not isinstance(value, WordVectors):
            continue
        if name in params and isinstance(value._store.root, SourceStore):
            continue  # a parameter names a file: a new fit reads it
        vars(one)[name] = WordVectors._of(packer.pack(value._store))


def numbered(model: bytes) -> bytes:
    """Return a file of skops whose parts are numbered in the order in which they come.

    skops names them by their places in memory, and dates them; so equal models were other
    files each time.

    Parameters
    ----------
    model : bytes
        What ``skops.io.dumps`` gives.
    """
    numbers: dict[int, int] = {}
    names: dict[str, str] = {}

    def renumber(node: Any) -> None:
        if isinstance(node, list):
            for one in node:
                renumber(one)
        elif isinstance(node, dict):
            if "__id__" in node:
                node["__id__"] = numbers.setdefault(node["__id__"], len(numbers) + 1)
            if "__loader__" in node and isinstance(node.get("file"), str):
                new = f"{len(names) + 1}{PurePosixPath(node['file']).suffix}"
                node["file"] = names.setdefault(node["file"], new)
            for one in node.values():
                renumber(one)

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(model)) as source, zipfile.ZipFile(out, "w") as target:
        tree = json.loads(source.read("schema.json"))
        renumber(tree)
        entries = {new: source.read(old) for old, new in names.items()}
        entries["schema.json"] = json.dumps(tree, indent=2).encode()
        for name, data in entries.items():
            target.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()
