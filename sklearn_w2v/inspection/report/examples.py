"""Choose the documents that a report shows: confident errors, doubtful hits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...features.token_ids import TokenIds
from ...utils.language import translate
from ...utils.printable import clean
from ...vectors.word_vectors import FIRST_ID, PADDING_ID, words_of
from ..highlighting import highlighted
from .scores import Outputs

_SHOWN = 450  # characters of a document
_TOP = 6  # words that count most
_JAPANESE = re.compile("[\u3041-\u3096\u30a1-\u30fa]")


@dataclass(frozen=True)
class Example:
    """One document of a report, with its labels and confidence.

    Attributes
    ----------
    row : int
        Its place.
    label : int
        The label in question: what is predicted; with many labels a document, the one
        that is most surely wrong, or most doubtful.
    confidence : float or None
        The confidence in that label.
    rival : int or None
        The next label, with one label a document.
    rival_confidence : float or None
        The confidence in the next label.
    """

    row: int
    label: int
    confidence: float | None
    rival: int | None = None
    rival_confidence: float | None = None


def examples(
    y: NDArray[np.int64],
    predicted: NDArray[np.int64],
    confidences: NDArray[np.float64] | None,
    threshold: float,
    number: int,
) -> tuple[list[Example], list[Example]]:
    """Choose the most confident errors, and the most doubtful hits.

    Parameters
    ----------
    y, predicted : ndarray of shape (n_documents,) or (n_documents, n_labels)
        Numbers of labels, or indicator matrices.
    confidences : ndarray of shape (n_documents, n_labels) or None
        None: the errors come as the documents do, and there are no doubtful hits.
    threshold : float
        With many labels a document, the confidence that doubt is greatest at.
    number : int
        How many of each at most.
    """
    if y.ndim == 2:
        return _of_many_labels(y, predicted, confidences, threshold, number)
    wrong, right = np.flatnonzero(y != predicted), np.flatnonzero(y == predicted)
    if confidences is None:
        return [Example(int(row), int(predicted[row]), None) for row in wrong[:number]], []
    places = np.arange(len(y))
    own = confidences[places, predicted]
    others = confidences.copy()
    others[places, predicted] = -np.inf
    rivals = others.argmax(axis=1)
    margins = own - others[places, rivals]

    def example(row: int) -> Example:
        # of an error, what the confidence in the truth is says more than the next label
        rival = rivals[row]
        if y[row] != predicted[row]:
            rival = y[row]
        known = rival < confidences.shape[1]
        return Example(
            row,
            int(predicted[row]),
            float(own[row]),
            int(rival),
            float(confidences[row, rival]) if known else None,
        )

    errors = wrong[np.argsort(-own[wrong], kind="stable")][:number]
    hits = right[np.argsort(margins[right], kind="stable")][:number]
    if confidences.shape[1] < 2:  # nothing to be in doubt about
        hits = hits[:0]
    return [example(int(row)) for row in errors], [example(int(row)) for row in hits]


def _of_many_labels(
    y: NDArray[np.int64],
    predicted: NDArray[np.int64],
    confidences: NDArray[np.float64] | None,
    threshold: float,
    number: int,
) -> tuple[list[Example], list[Example]]:
    wrong = y != predicted
    bad, good = np.flatnonzero(wrong.any(axis=1)), np.flatnonzero(~wrong.any(axis=1))
    if confidences is None:
        labels = wrong.argmax(axis=1)
        return [Example(int(row), int(labels[row]), None) for row in bad[:number]], []
    sure = np.abs(confidences - threshold)
    worst = np.where(wrong, sure, -np.inf)
    bad = bad[np.argsort(-worst[bad].max(axis=1), kind="stable")][:number]
    good = good[np.argsort(sure[good].min(axis=1), kind="stable")][:number]

    def example(row: int, label: int) -> Example:
        return Example(row, label, float(confidences[row, label]))

    return (
        [example(int(row), int(worst[row].argmax())) for row in bad],
        [example(int(row), int(sure[row].argmin())) for row in good],
    )


def documents_at(X: Any, rows: Sequence[int]) -> list[Any]:
    """Return some documents of a list, an array or a table."""
    if hasattr(X, "iloc"):
        return [X.iloc[row] for row in rows]
    return [X[row] for row in rows]


def as_text(document: Any, X: Any) -> str:
    """Return a document as text: itself, tokens with blanks between, or columns of a table."""
    if isinstance(document, str):
        return document
    if isinstance(X, TokenIds):
        ids = np.asarray(document)
        ids = ids[ids != PADDING_ID]
        if X.vectors is None:
            return " ".join(map(str, ids.tolist()))
        words = iter(words_of(X.vectors, ids[ids >= FIRST_ID]))
        return " ".join(next(words) if number >= FIRST_ID else "?" for number in ids.tolist())
    if hasattr(document, "items"):
        return "\n".join(f"{name}: {value}" for name, value in document.items())
    if isinstance(document, list | tuple):
        return " ".join(map(str, document))
    return str(document)


def excerpt(text: str) -> str:
    """Return the start of a text."""
    text = clean(text)
    return text if len(text) <= _SHOWN else text[:_SHOWN].rstrip() + " …"


def is_japanese(texts: Any) -> bool:
    """Whether a tenth of some texts have kana."""
    if getattr(texts, "ndim", 1) != 1:
        return False
    found = [bool(_JAPANESE.search(text)) for text in texts if isinstance(text, str)]
    return sum(found) > 0.1 * len(found)


def document_sections(
    estimator: Any, X: Any, task: Any, out: Outputs, number: int
) -> dict[str, Any]:
    """Return what the page shows of single documents.

    Parameters
    ----------
    estimator : estimator
        Fitted, and no search.
    X : sequence
        Documents.
    task : Task
        Labels and predictions.
    out : Outputs
        Confidences.
    number : int
        How many errors and hits at most.
    """
    threshold = 0.5 if out.are_probabilities else 0.0
    errors, hits = examples(task.y, task.predicted, out.confidences, threshold, number)
    shown = [*errors, *hits]
    marks = _marks(estimator, X, task, shown)
    names = list(map(clean, task.names))
    pages = [
        _page(example, X, task, names, out.are_probabilities, mark)
        for example, mark in zip(shown, marks, strict=True)
    ]
    return {
        "errors": pages[: len(errors)],
        "hits": pages[len(errors) :],
        "confident": out.confidences is not None,
        "explained": any(mark is not None for mark in marks),
        "error_note": _error_note(task.multilabel, out),
        "hit_note": (
            translate("Documents whose labels are right, those nearest to the threshold first.")
            if task.multilabel
            else translate("Right predictions that another label comes closest to.")
        ),
    }


def _error_note(multilabel: bool, out: Outputs) -> str:
    if out.confidences is None:
        return translate("The first wrong predictions.")
    if multilabel:
        return translate("Documents with a wrong label, those furthest from the threshold first.")
    if out.are_probabilities:
        return translate("Wrong predictions, those of the highest probability first.")
    return translate("Wrong predictions, those of the highest decision value first.")


def _marks(estimator: Any, X: Any, task: Any, shown: Sequence[Example]) -> list[Any]:
    """Return attributions of the documents, or None for each."""
    nothing = [None] * len(shown)
    last = estimator[-1] if hasattr(estimator, "named_steps") else estimator
    # not hasattr(last, ...): the property makes a table of all words
    if not shown or not hasattr(type(last), "word_vectors_"):
        return nothing
    from ..attribution import explain  # Keras is loaded already, as the estimator needs it

    rows = [example.row for example in shown]
    documents: Any = X[rows] if isinstance(X, TokenIds) else documents_at(X, rows)
    targets = [task.label_of(example.label) for example in shown]
    try:
        return list(explain(estimator, documents, target=targets))
    except (TypeError, NotImplementedError):  # steps of the user's own, or no TensorFlow
        return nothing


def _page(
    example: Example, X: Any, task: Any, names: list[str], are_probabilities: bool, mark: Any
) -> dict[str, Any]:
    row = example.row
    [document] = documents_at(X, [row])

    def shown(value: float | None) -> str | None:
        if value is None:
            return None
        return f"{value:.3f}" if are_probabilities else f"{value:+.2f}"

    own = shown(example.confidence)
    if task.multilabel:
        facts = [
            (translate("in question"), names[example.label], own),
            (translate("predicted"), _listed(task.predicted[row], names), None),
            (translate("true"), _listed(task.y[row], names), None),
        ]
    else:
        facts = [(translate("predicted"), names[example.label], own)]
        wrong = task.y[row] != task.predicted[row]
        if wrong:
            true = names[int(task.y[row])]
            facts.append((translate("true"), true, shown(example.rival_confidence)))
        elif example.rival is not None:
            rival = names[example.rival]
            facts.append((translate("next"), rival, shown(example.rival_confidence)))
    return {
        "name": clean(str(X.index[row])) if hasattr(X, "iloc") else str(row),
        "facts": facts,
        "words": [] if mark is None else _words(mark),
        "html": None if mark is None else marked(mark),
        "text": excerpt(as_text(document, X)),
    }


def _words(mark: Any) -> list[tuple[str, str, bool]]:
    """Return the words that count most, their values, and whether they speak for the label."""
    return [(clean(word), f"{value:+.2f}", value > 0) for word, value in mark.top(_TOP)]


def _listed(row: NDArray[np.int64], names: Sequence[str]) -> str:
    return ", ".join(names[int(place)] for place in np.flatnonzero(row)) or "–"


def marked(attribution: Any) -> str:
    """Return HTML of the part of a text where the words count most, highlighted."""
    text, tokens, spans = attribution.text, attribution.tokens, attribution.spans
    values = attribution.values
    scale = float(np.abs(values).max(initial=0.0))
    if spans is None or len(text) <= _SHOWN:
        tokens, values = (tokens[:_SHOWN], values[:_SHOWN]) if spans is None else (tokens, values)
        return highlighted(text, tokens, spans, values, scale)
    if not spans:
        return f"{highlighted(text[:_SHOWN], tokens, spans, values, scale)} …"
    first, last = window([begin for begin, _ in spans], values**2, _SHOWN)
    start, stop = spans[first][0], spans[last - 1][1]
    inside = [(begin - start, end - start) for begin, end in spans[first:last]]
    body = highlighted(text[start:stop], tokens[first:last], inside, values[first:last], scale)
    return f"{'… ' if start else ''}{body}{' …' if stop < len(text) else ''}"


def window(starts: Sequence[int], weights: NDArray[np.float64], size: int) -> tuple[int, int]:
    """Return first word and last one + 1 of the `size` characters that weigh most."""
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    ends = np.searchsorted(starts, np.asarray(starts) + size)
    first = int(np.argmax(sums[ends] - sums[:-1]))
    return first, int(ends[first])
