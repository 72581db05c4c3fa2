"""The model card: what someone should know who gets a model file."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from ..text.tokenizer import JapaneseTokenizer
from ..utils.versions import versions
from ..vectors.word_vectors import WordVectors
from .packed_store import PackedStore
from .packing import parts

_OWN = "Model", "Coverage", "Word vectors", "Dictionaries", "Versions", "Left out"
_LISTED = 50  # classes that are named
_KEPT = {
    "rows": "all words, with the rows that training used; others count as unknown",
    "all": "the whole table is in the file",
    "reference": "by reference: the file must be there, unchanged",
}


def card_of(
    estimator: Any,
    mode: str,
    left: list[str],
    details: Mapping[str, Mapping[str, Any]] | None,
) -> str:
    """Write Markdown about a fitted estimator.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    mode : str
        How its vectors are kept, as `save` takes it.
    left : list of str
        What the file does not hold.
    details : mapping of str to mapping, or None
        Further sections.

    Raises
    ------
    TypeError
        `details` is not a mapping of mappings.
    ValueError
        It has a section of the card's own.
    """
    sections: dict[str, dict[str, Any]] = {"Model": _model(estimator)}
    for title, entries in (details or {}).items():
        if not isinstance(entries, Mapping):
            raise TypeError(
                f"Got details[{title!r}] of type {type(entries).__name__} but expected a mapping."
            )
        if str(title) in _OWN:
            raise ValueError(
                f"Got details[{title!r}], a section that the card has itself; name it otherwise."
            )
        sections.setdefault(str(title), {}).update(entries)
    for one in parts(estimator):
        coverage = getattr(one, "coverage_", None)
        if isinstance(one, BaseEstimator) and isinstance(coverage, dict):
            sections.setdefault("Coverage", _coverage(coverage))
    sections["Word vectors"] = _vectors(estimator, mode)
    sections["Dictionaries"] = _dictionaries(estimator)
    sections["Versions"] = {**versions(), "written": f"{datetime.date.today():%Y-%m-%d}"}
    if left:
        sections["Left out"] = {"not in the file": ", ".join(left)}
    out = [f"# {_name(estimator)}"]
    for title, entries in sections.items():
        if entries:
            out += ["", f"## {_line(title)}", "", "| | |", "|---|---|"]
            out += [f"| {_line(name)} | {_line(value)} |" for name, value in entries.items()]
    return "\n".join(out) + "\n"


def _line(value: Any) -> str:
    """Return the text of one cell of a table."""
    if isinstance(value, float):
        value = f"{value:.4g}"
    text = str(value).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return " ".join(text.split())


def _name(estimator: Any) -> str:
    last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    return _line(type(last).__name__)


def _model(estimator: Any) -> dict[str, Any]:
    entries: dict[str, Any] = {"estimator": type(estimator).__name__}
    if isinstance(estimator, Pipeline):
        entries["steps"] = " -> ".join(type(step).__name__ for _, step in estimator.steps)
    classes = getattr(estimator, "classes_", None)
    if isinstance(classes, np.ndarray):
        names = [str(one) for one in classes[:_LISTED].tolist()]
        more = ", ..." if len(classes) > _LISTED else ""
        entries["classes"] = f"{len(classes)}: {', '.join(names)}{more}"
    for one in parts(estimator):
        if isinstance(one, BaseEstimator) and hasattr(one, "history_"):
            entries["epochs"] = one.n_iter_
            if getattr(one, "bow_weights_", None):
                scale, weight = one.bow_weights_
                entries["weights"] = (
                    f"linear branch {scale:.3g}, mean vectors {one.means_weight_:.3g}, network "
                    f"{weight:.3g}"
                )
                if (transfer := one._transfer_in_words()) is not None:
                    entries["word vectors"] = transfer
            changed = {k: v for k, v in one.get_params(deep=False).items() if _plain(v)}
            entries["parameters"] = ", ".join(f"{k}={v!r}" for k, v in changed.items())
            break
    return entries


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool | tuple)


def _coverage(coverage: dict[str, Any]) -> dict[str, Any]:
    return {
        "known running words": f"{coverage['tokens']:.1%}",
        "known as they are": f"{coverage['exact']:.1%}",
        "known distinct words": f"{coverage['types']:.1%}",
        "documents that were cut": f"{coverage['cut']:.1%}",
    }


def _dictionaries(estimator: Any) -> dict[str, Any]:
    """Name the files of tokenizers, which are never in the file."""
    entries = {}
    for one in parts(estimator):
        if isinstance(one, JapaneseTokenizer):
            for name, (_, path, fingerprint) in vars(one).get("_files", {}).items():
                entries[name.replace("_", " ")] = (
                    f"{os.path.basename(path)}, fingerprint {fingerprint}: by reference, must be "
                    "there, unchanged"
                )
    return entries


def _vectors(estimator: Any, mode: str) -> dict[str, Any]:
    for one in parts(estimator):
        vectors = getattr(one, "vectors_", None) if isinstance(one, BaseEstimator) else None
        if isinstance(vectors, WordVectors):
            root = vectors._store.root
            entries = {"words": len(vectors), "dimensions": vectors.dim}
            if root.path is None and not isinstance(root, PackedStore):
                return {**entries, "kept": "learnt or made in memory: in the file"}
            name = root.name if isinstance(root, PackedStore) else str(root.path)
            return {
                **entries,
                "from": name.rsplit("/", 1)[-1],
                "fingerprint": root.fingerprint,
                "kept": _KEPT[mode],
            }
    return {}
