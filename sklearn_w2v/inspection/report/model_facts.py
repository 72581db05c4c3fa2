"""Facts about the model in a report: steps, parameters, training, coverage of words."""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from ...features.token_ids import TokenIds
from ...utils.estimators import best_of
from ...utils.language import between_sentences, translate
from ...vectors.word_vectors import OOV_ID, PADDING_ID

_SHOWN = 120  # characters of a parameter


def named_steps(estimator: Any) -> list[tuple[str, Any]]:
    """Return names and estimators of the steps."""
    if isinstance(estimator, Pipeline):
        return [(name, step) for name, step in estimator.steps if step not in (None, "passthrough")]
    return [(translate("model"), estimator)]


def name_of(estimator: Any) -> str:
    """Return the name of the last step's class."""
    return type(named_steps(best_of(estimator))[-1][1]).__name__


def step_rows(estimator: Any) -> list[dict[str, Any]]:
    """Return the steps and those of their parameters that are not the defaults."""
    return [
        {"name": name, "estimator": type(step).__name__, "params": _changed(step)}
        for name, step in named_steps(estimator)
    ]


def _changed(estimator: Any) -> list[tuple[str, str]]:
    if not hasattr(estimator, "get_params"):
        return []
    short = reprlib.Repr()
    short.maxlist = short.maxtuple = short.maxdict = 8
    short.maxstring = short.maxother = _SHOWN
    defaults = inspect.signature(type(estimator).__init__).parameters
    out = []
    for name, value in sorted(estimator.get_params(deep=False).items()):
        shown = short.repr(value)
        if name not in defaults or shown != short.repr(defaults[name].default):
            out.append((name, shown))
    return out


def history_of(estimator: Any) -> Mapping[str, Any]:
    """Return ``history_`` of the last step; empty where it keeps none."""
    history = getattr(named_steps(estimator)[-1][1], "history_", None)
    return history if isinstance(history, Mapping) else {}


def training_note(estimator: Any) -> str | None:
    """Say what the linear branch, the mean vectors and the network are worth."""
    last = named_steps(estimator)[-1][1]
    weights = getattr(last, "bow_weights_", None)
    if weights is None:
        return None
    out = [_worth(weights[0], getattr(last, "means_weight_", 0), weights[1])]
    say = getattr(last, "_transfer_in_words", None)
    if say is not None and (transfer := say()) is not None:
        out.append(transfer)
    if history_of(estimator):
        out.append(translate("The curves are the network's."))
    return between_sentences().join(out)


def _worth(branch: float, means: float | None, network: float) -> str:
    found = {"branch": branch, "means": means, "network": network}
    if means and network:
        return translate(
            "Logits are {branch:.3g} times the linear branch's and {means:.3g} times the mean "
            "vectors' and {network:.3g} times the network's, as found on held-out documents.",
            **found,
        )
    if means:
        return translate(
            "Logits are {branch:.3g} times the linear branch's and {means:.3g} times the mean "
            "vectors', as found on held-out documents.",
            **found,
        )
    if network:
        return translate(
            "Logits are {branch:.3g} times the linear branch's and {network:.3g} times the "
            "network's, as found on held-out documents.",
            **found,
        )
    return translate("The linear branch decides alone.")


def coverage(estimator: Any, features: Any) -> dict[str, Any] | None:
    """Count how many words the vectors know, in the training documents and in these.

    Parameters
    ----------
    estimator : estimator
        None comes back where no step of it has word vectors.
    features : object
        What came to the last step.
    """
    indexers = [step for _, step in named_steps(estimator) if _has_coverage(step)]
    if not indexers:
        return None
    indexer = indexers[-1]
    found = indexer.coverage_
    known, exact = found["tokens"], min(found["exact"], found["tokens"])
    shares = {"known": exact, "forms": known - exact, "unknown": 1 - known}
    names = {
        "known": translate("as written"),
        "forms": translate("by another form"),
        "unknown": translate("unknown"),
    }
    return {
        "text": _coverage_text(indexer),
        "aria": translate(
            "as written {known:.1%}, by another form {forms:.1%}, unknown {unknown:.1%}", **shares
        ),
        "parts": [
            {
                "kind": kind,
                "name": names[kind],
                "shown": f"{share:.1%}",
                "percent": round(100 * share, 2),
            }
            for kind, share in shares.items()
        ],
        "notes": _coverage_notes(indexer, features),
        "unknown": found["unknown"],
    }


def _coverage_text(indexer: Any) -> str:
    vectors = indexer.vectors_
    figures = {
        "words": getattr(indexer, "_n_known", len(vectors)),  # without rows for further words
        "dimensions": vectors.dim,
        "tokens": indexer.coverage_["tokens"],
        "types": indexer.coverage_["types"],
    }
    if hasattr(indexer, "trainer_"):
        return translate(
            "The vectors ({words:,} words in {dimensions:,} dimensions, learnt from the training "
            "documents) know {tokens:.1%} of the running words of the training documents, and "
            "{types:.1%} of the distinct ones.",
            **figures,
        )
    return translate(
        "The vectors ({words:,} words in {dimensions:,} dimensions) know {tokens:.1%} of the "
        "running words of the training documents, and {types:.1%} of the distinct ones.",
        **figures,
    )


def _coverage_notes(indexer: Any, features: Any) -> list[str]:
    notes = []
    if cut := indexer.coverage_.get("cut"):
        notes.append(
            translate(
                "{cut:.1%} of the training documents are longer than {maxlen:,} words and were "
                "cut.",
                cut=cut,
                maxlen=indexer.maxlen_,
            )
        )
    if isinstance(features, TokenIds) and features.size:
        ids = np.asarray(features)
        n_read, n_unknown = int((ids != PADDING_ID).sum()), int((ids == OOV_ID).sum())
        notes.append(
            translate(
                "Of the words of the documents in this report, {unknown:.1%} are known neither to "
                "the vectors nor from training.",
                unknown=n_unknown / max(n_read, 1),
            )
        )
    return notes


def _has_coverage(step: Any) -> bool:
    found = getattr(step, "coverage_", None)
    return isinstance(found, Mapping) and {"tokens", "types", "exact", "unknown"} <= set(found)


def facts(estimator: Any) -> list[tuple[str, str]]:
    """Return facts about training: size of the table, epochs."""
    last = named_steps(estimator)[-1][1]
    out = []
    network = getattr(last, "_network", None)
    if shape := getattr(network, "table_shape", None):
        out.append((translate("word vectors of the network"), f"{shape[0]:,} × {shape[1]:,}"))
    if history_of(estimator) and hasattr(last, "n_iter_"):
        out.append((translate("epochs"), str(last.n_iter_)))
    return out
