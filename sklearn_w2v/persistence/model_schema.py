"""Whether the tree of a model is one that `save` writes, ahead of building anything of it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from .file_checks import trusted_types

_STORES = {
    "sklearn_w2v.persistence.packed_store.PackedStore",
    "sklearn_w2v.vectors.subwords.Subwords",
    "sklearn_w2v.vectors.cache.SourceStore",
    "sklearn_w2v.vectors.extension.ExtendedStore",
    "sklearn_w2v.vectors.store.MemoryStore",
}
_BUILDER = "ConstructorFromReduceNode"
# what takes the type that a node names as it is: nothing is called with the file's values
_PLAIN = {"ObjectNode", "TypeNode", "FunctionNode"}
_ELSE = {("sklearn.utils._bunch.Bunch", "DictNode")}
_MANY = 10_000  # keys that are no strings, whose hashes a file can make collide
_TEXT_KEYS = {"builtins.str", "sklearn_w2v.text.token.Token"}


def check_schema(model: bytes) -> None:
    """Refuse trees that grow when they are read, or call types in ways that no model needs.

    Parameters
    ----------
    model : bytes
        A zip, as skops writes it.

    Raises
    ------
    ValueError
        The tree is none of `save`.
    """
    with zipfile.ZipFile(io.BytesIO(model)) as file:
        tree = json.loads(file.read("schema.json"))
    if not isinstance(tree, dict):
        raise ValueError("its schema is no object")
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
    """Nodes of the tree, and how many containers each is made of."""
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
    if name in _STORES:
        fits = loader == _BUILDER
    elif name in trusted_types():
        fits = loader in _PLAIN or (name, loader) in _ELSE
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
    if content is None or len(content) <= _MANY:
        return
    if node["__loader__"] == "SetNode":
        plain = all(str(one.get("content")).startswith('"') for one in content)
    elif node["__loader__"] == "DictNode":
        kinds = node["key_types"]["content"]
        plain = all(f"{one['__module__']}.{one['__class__']}" in _TEXT_KEYS for one in kinds)
    else:
        return
    if not plain:
        raise ValueError(f"it has {len(content)} keys that are no strings")
