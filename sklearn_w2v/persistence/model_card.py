"""The model card: what someone should know who gets a model file."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from ..text.tokenizer import JapaneseTokenizer
from ..utils.files import file_name
from ..utils.language import translate
from ..utils.versions import versions
from ..vectors.word_vectors import WordVectors
from .packed_store import PackedStore
from .packing import parts

_LISTED = 50  # classes that are named


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
    own = _titles()
    sections: dict[str, dict[str, Any]] = {own["Model"]: _model(estimator)}
    for title, entries in (details or {}).items():
        if not isinstance(entries, Mapping):
            raise TypeError(
                f"Got details[{title!r}] of type {type(entries).__name__} but expected a mapping."
            )
        if str(title) in {*own, *own.values()}:
            raise ValueError(
                f"Got details[{title!r}], a section that the card has itself; name it otherwise."
            )
        sections.setdefault(str(title), {}).update(entries)
    for one in parts(estimator):
        coverage = getattr(one, "coverage_", None)
        if isinstance(one, BaseEstimator) and isinstance(coverage, dict):
            sections.setdefault(own["Coverage"], _coverage(coverage))
    sections[own["Word vectors"]] = _vectors(estimator, mode)
    sections[own["Dictionaries"]] = _dictionaries(estimator)
    today = f"{datetime.date.today():%Y-%m-%d}"
    sections[own["Versions"]] = {**versions(), translate("written"): today}
    if left:
        sections[own["Left out"]] = {translate("not in the file"): ", ".join(left)}
    out = [f"# {_name(estimator)}"]
    for title, entries in sections.items():
        if entries:
            out += ["", f"## {_line(title)}", "", "| | |", "|---|---|"]
            out += [f"| {_line(name)} | {_line(value)} |" for name, value in entries.items()]
    return "\n".join(out) + "\n"


def _titles() -> dict[str, str]:
    """Return the titles of the card's own sections, and what they are in the language in use."""
    return {
        "Model": translate("Model"),
        "Coverage": translate("Coverage"),
        "Word vectors": translate("Word vectors"),
        "Dictionaries": translate("Dictionaries"),
        "Versions": translate("Versions"),
        "Left out": translate("Left out"),
    }


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
    entries: dict[str, Any] = {translate("estimator"): type(estimator).__name__}
    if isinstance(estimator, Pipeline):
        steps = " -> ".join(type(step).__name__ for _, step in estimator.steps)
        entries[translate("steps")] = steps
    classes = getattr(estimator, "classes_", None)
    if isinstance(classes, np.ndarray):
        names = [str(one) for one in classes[:_LISTED].tolist()]
        more = ", ..." if len(classes) > _LISTED else ""
        entries[translate("classes")] = f"{len(classes)}: {', '.join(names)}{more}"
    for one in parts(estimator):
        if isinstance(one, BaseEstimator) and hasattr(one, "history_"):
            entries |= _training(one)
            break
    return entries


def _training(classifier: Any) -> dict[str, Any]:
    entries: dict[str, Any] = {translate("epochs"): classifier.n_iter_}
    if getattr(classifier, "bow_weights_", None):
        branch, network = classifier.bow_weights_
        entries[translate("weights")] = translate(
            "linear branch {branch:.3g}, mean vectors {means:.3g}, network {network:.3g}",
            branch=branch,
            means=classifier.means_weight_,
            network=network,
        )
        if (transfer := classifier._transfer_in_words()) is not None:
            entries[translate("word vectors")] = transfer
    changed = {k: v for k, v in classifier.get_params(deep=False).items() if _plain(v)}
    entries[translate("parameters")] = ", ".join(f"{k}={v!r}" for k, v in changed.items())
    return entries


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool | tuple)


def _coverage(coverage: dict[str, Any]) -> dict[str, Any]:
    return {
        translate("known running words"): f"{coverage['tokens']:.1%}",
        translate("known as they are"): f"{coverage['exact']:.1%}",
        translate("known distinct words"): f"{coverage['types']:.1%}",
        translate("documents that were cut"): f"{coverage['cut']:.1%}",
    }


def _dictionaries(estimator: Any) -> dict[str, Any]:
    """Name the files of tokenizers, which are never in the file."""
    entries = {}
    for one in parts(estimator):
        if isinstance(one, JapaneseTokenizer):
            for name, (_, path, fingerprint) in vars(one).get("_files", {}).items():
                entries[_dictionary(name)] = translate(
                    "{file}, fingerprint {fingerprint}: by reference, must be there, unchanged",
                    file=file_name(path),
                    fingerprint=fingerprint,
                )
    return entries


def _dictionary(name: str) -> str:
    """Return what a parameter of the tokenizer names."""
    return {
        "dictionary": translate("dictionary"),
        "user_dictionary": translate("user dictionary"),
    }[name]


def _vectors(estimator: Any, mode: str) -> dict[str, Any]:
    for one in parts(estimator):
        vectors = getattr(one, "vectors_", None) if isinstance(one, BaseEstimator) else None
        if isinstance(vectors, WordVectors):
            root = vectors._store.root
            entries = {
                translate("words"): len(vectors),
                translate("dimensions"): vectors.dim,
            }
            kept = translate("kept")
            if root.path is None and not isinstance(root, PackedStore):
                return {**entries, kept: translate("learnt or made in memory: in the file")}
            name = root.name if isinstance(root, PackedStore) else str(root.path)
            return {
                **entries,
                translate("from"): file_name(name),
                translate("fingerprint"): root.fingerprint,
                kept: _kept(mode),
            }
    return {}


def _kept(mode: str) -> str:
    return {
        "rows": translate("all words, with the rows that training used; others count as unknown"),
        "all": translate("the whole table is in the file"),
        "reference": translate("by reference: the file must be there, unchanged"),
    }[mode]
