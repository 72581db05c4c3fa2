"""Refuse model files whose entries or whose tree of objects are not as `save` writes them.

This happens before anything is made of the file: before memory is taken for its arrays, and
before skops looks up the types that it names.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np

from .trusted_types import is_trusted

_NPY, _ZIP = b"\x93NUMPY", b"PK\x03\x04"
_SPARSE = 32  # times the model's size that its sparse matrices may unpack to
_SPARSE_LEAST = 1 << 26  # bytes; columns of ones pack well
_STORES = {
    "sklearn_w2v.persistence.packed_store.PackedStore",
    "sklearn_w2v.vectors.subwords.Subwords",
    "sklearn_w2v.vectors.cache.SourceStore",
    "sklearn_w2v.vectors.extension.ExtendedStore",
    "sklearn_w2v.vectors.store.MemoryStore",
}
_BY_CONSTRUCTOR = "ConstructorFromReduceNode"
# what takes the type that a node names as it is: nothing is called with the file's values
_PLAIN = {"ObjectNode", "FunctionNode"}
# types that skops reads by another loader of its own
_OTHER_LOADERS = {("sklearn.utils._bunch.Bunch", "DictNode")}
_MOST_KEYS = 10_000  # keys that are not strings, whose hashes a file can make collide
_TEXT_KEYS = {"builtins.str", "sklearn_w2v.text.token.Token"}


def check_entries(model: bytes) -> None:
    """Refuse entries that are compressed, overlap, or do not hold a complete array.

    NumPy takes the memory of an array as its header asks for it, and reads it then; an entry
    is known by its first bytes, as NumPy knows it.

    Parameters
    ----------
    model : bytes
        A zip, as skops writes it.

    Raises
    ------
    ValueError
        There is such an entry; the message names it.
    """
    with zipfile.ZipFile(io.BytesIO(model)) as file:
        check_names(file)
        sparse = max(_SPARSE * len(model), _SPARSE_LEAST)
        left = len(model)
        for info in file.infolist():
            left -= info.file_size
            if info.compress_type != zipfile.ZIP_STORED or left < 0:
                raise ValueError(f"{info.filename} is compressed or too big")
            with file.open(info) as opened:
                entry: Any = opened
                head = entry.peek(len(_NPY))
                if head.startswith(_NPY):
                    _check_array(entry, info)
                elif head.startswith(_ZIP):
                    sparse = _check_sparse(entry.read(), sparse, info.filename)


def check_names(file: zipfile.ZipFile) -> None:
    """Refuse a zip with two entries of one name, of which readers take different ones."""
    names = file.namelist()
    if len(set(names)) < len(names):
        raise ValueError("it has several entries of one name")


def _check_sparse(data: bytes, left: int, name: str) -> int:
    """Check the arrays in a sparse matrix's zip; return how many more bytes may be unpacked."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        for info in file.infolist():
            left -= info.file_size
            if left < 0:
                raise ValueError(f"{name} is compressed or too big")
            with file.open(info) as opened:
                entry: Any = opened
                if not entry.peek(len(_NPY)).startswith(_NPY):
                    raise ValueError(f"{name} is not a sparse matrix")
                _check_array(entry, info)
    return left


def _check_array(entry: Any, info: zipfile.ZipInfo) -> None:
    version = np.lib.format.read_magic(entry)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"{info.filename} is an array of the unknown version {version}")
    old = version == (1, 0)
    reader = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
    shape, _, dtype = reader(entry)
    size = dtype.itemsize
    for length in shape:  # Python's integers, which do not overflow
        size *= length
    complete = size == info.file_size - entry.tell() and all(length >= 0 for length in shape)
    if dtype.hasobject or not complete:
        raise ValueError(f"{info.filename} is not an array of {shape}, {dtype}")


def check_schema(model: bytes) -> None:
    """Refuse trees that grow when they are read, or call types in ways that no model needs.

    Parameters
    ----------
    model : bytes
        A zip, as skops writes it.

    Raises
    ------
    ValueError
        The tree is not one that `save` writes.
    """
    with zipfile.ZipFile(io.BytesIO(model)) as file:
        tree = json.loads(file.read("schema.json"))
    if not isinstance(tree, dict):
        raise ValueError("its schema is not an object")
    sizes: dict[Any, int] = {}
    owners: dict[str, Any] = {}
    for node, size in _nodes(tree):
        number = node.get("__id__")
        # skops reads an object that comes again as the first one: a small node that stands for
        # a large one, twice in each of 40 levels, would be walked through 2**40 times
        if number is not None and sizes.setdefault(number, size) != size:
            raise ValueError(f"two objects in it have the number {number}")
        entry = node.get("file")
        if entry is not None and owners.setdefault(entry, number) != number:
            raise ValueError(f"two objects in it share {entry}")
        _check_type(node)
        _check_keys(node)


def _nodes(tree: dict[str, Any]) -> list[tuple[dict[str, Any], int]]:
    """Return the nodes of the tree, and how many containers each is made of."""
    found: list[tuple[Any, int]] = [(tree, 0)]
    for place, (one, _) in enumerate(found):  # which grows
        children = one.values() if isinstance(one, dict) else one
        found += [(child, place) for child in children if isinstance(child, dict | list)]
    sizes = [1] * len(found)
    for place in range(len(found) - 1, 0, -1):
        sizes[found[place][1]] += sizes[place]
    pairs = zip(found, sizes, strict=True)
    return [(one, n) for (one, _), n in pairs if isinstance(one, dict) and "__loader__" in one]


def _check_type(node: dict[str, Any]) -> None:
    name = f"{node.get('__module__')}.{node.get('__class__')}"
    loader = node["__loader__"]
    if loader == "TypeNode":  # of keys and dtypes; a class of estimators would be called as one
        fits = name in _TEXT_KEYS or not name.startswith(("sklearn.", "sklearn_w2v."))
    elif name in _STORES:
        fits = loader == _BY_CONSTRUCTOR
    elif is_trusted(name):
        fits = loader in _PLAIN or (name, loader) in _OTHER_LOADERS
    else:  # skops' own, or named in ``trusted``
        fits = loader != "CachedNode"
    if not fits:
        raise ValueError(f"{name} stands in it as {loader!r:.40}")
    if name.endswith(".SourceStore") and not _names_fingerprint(node):
        raise ValueError("it refers to vectors without their fingerprint")


def _names_fingerprint(node: dict[str, Any]) -> bool:
    parts = node["content"]["content"]
    return len(parts) == 3 and str(parts[2].get("content")).startswith('"')


def _check_keys(node: dict[str, Any]) -> None:
    content = node.get("content")
    if content is None or len(content) <= _MOST_KEYS:
        return
    if node["__loader__"] == "SetNode":
        plain = all(str(one.get("content")).startswith('"') for one in content)
    elif node["__loader__"] == "DictNode":
        kinds = node["key_types"]["content"]
        plain = all(f"{one['__module__']}.{one['__class__']}" in _TEXT_KEYS for one in kinds)
    else:
        return
    if not plain:
        raise ValueError(f"it has {len(content)} keys that are not strings")
