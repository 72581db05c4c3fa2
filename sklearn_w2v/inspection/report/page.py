"""Write a report about what a classifier does well and badly, in one HTML file."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import is_regressor
from sklearn.metrics import confusion_matrix
from sklearn.utils.validation import check_is_fitted

from ...text.documents import refuse_single_text
from ...utils.estimators import best_of
from ...utils.files import written_beside
from ...utils.language import between_sentences, in_language, message, translate
from ...utils.printable import clean
from ...utils.sklearn_compat import Interval, validate_parameter_constraints
from ...utils.versions import versions
from ...version import __version__
from .baselines import Baseline, baselines_of
from .curves import panels
from .examples import document_sections, is_japanese
from .model_facts import coverage, facts, history_of, name_of, step_rows, training_note
from .scores import (
    Outputs,
    comparison,
    confusions,
    interval,
    label_rows,
    outputs_of,
    scores_of,
)
from .task import Task

_MATRIX = 40  # labels of a matrix that can still be read
_PAIRS = 10


def require_jinja2() -> Any:
    """Return the module ``jinja2``, which renders the page.

    Raises
    ------
    ImportError
        It is not installed; the message holds the pip line.
    """
    try:
        import jinja2
    except ImportError as error:
        raise ImportError(
            "Reports need Jinja2, which is not installed: pip install 'sklearn-w2v[report]'"
        ) from error
    return jinja2


def write_report(
    path: str | os.PathLike[str],
    estimator: Any,
    X: Any,
    y: Any,
    *,
    baseline: Any = None,
    X_train: Any = None,
    y_train: Any = None,
    title: str | None = None,
    target_names: Sequence[str] | None = None,
    n_examples: int = 10,
    language: str | None = None,
) -> dict[str, Any]:
    """Write what a fitted classifier does with labelled documents into one HTML file.

    The file holds all that it shows, asks for nothing from the network, has light and dark
    colours, and can be printed. It shows scores beside baselines, each label's precision,
    recall and F1, which labels are confused, learning curves, how many words the vectors
    know, and the most confident errors and most doubtful hits with the words that spoke for
    them. What an estimator does not have is left out.

    Parameters
    ----------
    path : str or path
        Where the file goes. A former one is replaced when the new one is complete.
    estimator : estimator
        Any fitted scikit-learn classifier: a pipeline from texts to labels mostly, or a
        search over one.
    X : sequence of documents, of shape (n_documents,)
        What ``estimator.predict`` takes. Training should not have seen these documents.
    y : array-like of shape (n_documents,) or (n_documents, n_labels)
        Their labels, or an indicator matrix.
    baseline : estimator or None, default=None
        A fitted classifier that takes the same documents and is shown beside it.
    X_train : sequence of documents or None, default=None
        With `y_train` and without `baseline`: TF-IDF (sublinear, all words) and
        ``LinearSVC`` are fitted on these and shown beside it. Give what the estimator was
        fitted on.
    y_train : array-like or None, default=None
        Labels of `X_train`. Without them, the majority is that of `y`.
    title : str or None, default=None
        Heading; None names the classifier.
    target_names : sequence of str or None, default=None
        Names of the labels, in the order of ``estimator.classes_``; None takes the labels
        themselves, or the columns' names of a table.
    n_examples : int, default=10
        Number of errors, and of hits, that are shown at most; 0 shows none.
    language : {"en", "ja"} or None, default=None
        English or Japanese; None takes what the environment variable
        ``SKLEARN_W2V_LANGUAGE`` names, or English.

    Returns
    -------
    dict
        What the report says, in plain types: ``"n_documents"``; the scores, which are
        ``"accuracy"``, ``"balanced_accuracy"``, ``"f1_macro"``, ``"f1_weighted"``, and
        ``"log_loss"`` where there are probabilities, or, with many labels a document,
        ``"f1_micro"``, ``"f1_macro"``, ``"exact_match"`` and ``"hamming_loss"``;
        ``"interval"``, the 95 % interval of accuracy or exact match; ``"baselines"``, a dict
        from names to scores; ``"labels"``, a list of dicts with ``"label"``,
        ``"precision"``, ``"recall"``, ``"f1"``, ``"support"`` and ``"predicted"``.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        `estimator` or `baseline` is not fitted.
    ImportError
        Jinja2 is not installed.
    TypeError
        `X` is a single text, or the estimator cannot predict.
    ValueError
        Lengths differ, no label of `y` is one of the estimator's, only one of `X_train` and
        `y_train` is given, or a parameter is out of its range.

    See Also
    --------
    explain : Which words speak for a label.
    TrainingHistoryDisplay : Learning curves as a picture.
    sklearn.metrics.classification_report : Scores of each label as text.

    Notes
    -----
    Macro F1 is that of `sklearn.metrics.f1_score`: the mean over labels that are there or
    predicted. The interval is Wilson's, and whether two classifiers differ is McNemar's exact
    test of the documents that only one of them gets right. Both take documents to be
    independent: passages of one book are not.

    The page's content security policy allows its own script alone; texts, words, labels and
    paths are escaped.

    References
    ----------
    Q. McNemar: Note on the sampling error of the difference between correlated proportions
    or percentages. Psychometrika 12, 1947.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn.naive_bayes import MultinomialNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_w2v import write_report
    >>> model = make_pipeline(CountVectorizer(), MultinomialNB())
    >>> model = model.fit(["rain wind", "sun sand", "rain", "sun"], ["wet", "dry", "wet", "dry"])
    >>> X, y = ["wind", "sand", "rain sun sun"], ["wet", "dry", "wet"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "report.html")
    ...     scores = write_report(path, model, X, y)
    ...     "<h1" in path.read_text(encoding="utf-8")
    True
    >>> round(scores["accuracy"], 3), round(scores["baselines"]["Majority"]["accuracy"], 3)
    (0.667, 0.667)
    """
    jinja2 = require_jinja2()
    _check_parameters(estimator, baseline, X_train, y_train, title, n_examples)
    with in_language(language) as chosen:
        X, X_train = _documents(X, "X"), _documents(X_train, "X_train")
        if not _length(X):
            raise ValueError("Got X with 0 documents but a report needs one at least.")
        inner = best_of(estimator)
        out = outputs_of(inner, X)
        task = Task(inner, y, out, _length(X), target_names)
        baselines = baselines_of(task, X, baseline, X_train, y_train)
        numbers, page = _numbers(task, out, baselines)
        texts = "ja" if is_japanese(X) or is_japanese(task.names) else "en"
        page |= document_sections(inner, X, task, out, n_examples)
        page |= {
            "title": clean(title or _title(name_of(inner), _length(X))),
            "estimator_name": name_of(inner),
            "written": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "curves": panels(history_of(inner)),
            "training_note": training_note(inner),
            "coverage": coverage(inner, out.features),
            "steps": step_rows(inner),
            "facts": facts(inner),
            "versions": list(versions().items()),
            "page_language": chosen,
            "text_language": texts,
            # who names no title in a Japanese page gets a Japanese one
            "title_language": texts if title or chosen == "en" else chosen,
            "between": between_sentences(),
        }
        html = _render(jinja2, page)
        with (
            written_beside(os.fspath(path)) as work,
            open(work, "w", encoding="utf-8", newline="\n") as file,
        ):
            file.write(html)
        return numbers


def _check_parameters(
    estimator: Any, baseline: Any, X_train: Any, y_train: Any, title: Any, n_examples: Any
) -> None:
    validate_parameter_constraints(
        {"title": [str, None], "n_examples": [Interval(Integral, 0, None, closed="left")]},
        {"title": title, "n_examples": n_examples},
        "write_report",
    )
    for name, one in (("estimator", estimator), ("baseline", baseline)):
        if one is None and name == "baseline":
            continue
        if isinstance(one, type) or not hasattr(one, "fit"):
            raise TypeError(f"Got {name}={one!r} but expected a fitted classifier.")
        check_is_fitted(one)
        if not hasattr(one, "predict"):
            raise TypeError(f"Got {type(one).__name__} as {name}, which has no predict.")
        if is_regressor(one):
            raise TypeError(f"Got {type(one).__name__} as {name}, a regressor; expected classes.")
    if (X_train is None) != (y_train is None):
        there, missing = ("y_train", "X_train") if X_train is None else ("X_train", "y_train")
        raise ValueError(f"Got {there} without {missing} but expected both or none of them.")
    if hasattr(X_train, "columns"):
        raise ValueError(
            f"Got a {type(X_train).__name__} as X_train but expected documents, on which TF-IDF is "
            "fitted; give one column, or a fitted baseline instead."
        )


def _title(name: str, n_documents: int) -> str:
    return translate("{name}: {number:,} documents", name=name, number=n_documents)


def _documents(X: Any, name: str) -> Any:
    """Return documents that can be walked through more than once and have a length."""
    if X is None:
        return None
    refuse_single_text(X, "the report", name)
    if hasattr(X, "to_pylist"):  # pyarrow's columns hold objects of its own
        return X.to_pylist()
    if hasattr(X, "shape") or hasattr(X, "__len__"):
        return X
    if isinstance(X, Iterable):
        return list(X)
    raise TypeError(f"Got {type(X).__name__} as {name} but expected a sequence of documents.")


def _length(X: Any) -> int:
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def _numbers(
    task: Task, out: Outputs, baselines: Sequence[Baseline]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the scores that `write_report` gives back, and what the page shows of them."""
    y, predicted, names = task.y, task.predicted, list(map(clean, task.names))
    probabilities = out.confidences if out.are_probabilities else None
    scores = scores_of(y, predicted, probabilities)
    others = {one.name: scores_of(y, one.predicted, one.probabilities) for one in baselines}
    right = _right(y, predicted)
    low, high = interval(right)
    labels = label_rows(y, predicted, names)
    numbers = {
        "n_documents": len(y),
        **scores,
        "interval": [low, high],
        "baselines": others,
        "labels": labels,
    }
    page: dict[str, Any] = {
        "n_documents": len(y),
        "names": names,
        "multilabel": task.multilabel,
        "lead": {"value": float(right.mean()), "interval": (low, high), "right": int(right.sum())},
        "verdicts": [_verdict(y, right, one) for one in baselines[1:]],
        "measures": [(key, *words) for key, words in _measures().items() if key in scores],
        "score_rows": [{"name": one.shown, "scores": others[one.name]} for one in baselines],
        "own_scores": scores,
        "baseline_notes": [one.note for one in baselines],
        "label_rows": labels,
        "confusions": None,
        "matrix": None,
    }
    if not task.multilabel:
        page["confusions"] = confusions(y, predicted, names, _PAIRS)
        if len(names) <= _MATRIX:
            matrix = confusion_matrix(y, predicted, labels=np.arange(len(names)))
            page["matrix"] = _heat(matrix, names)
    return numbers, page


def _measures() -> dict[str, tuple[str, bool]]:
    """Return names of the scores, and whether more is better."""
    return {
        "accuracy": (translate("accuracy"), True),
        "balanced_accuracy": (translate("balanced accuracy"), True),
        "f1_micro": (translate("micro F1"), True),
        "f1_macro": (translate("macro F1"), True),
        "f1_weighted": (translate("weighted F1"), True),
        "exact_match": (translate("all labels right"), True),
        "hamming_loss": (translate("Hamming loss"), False),
        "log_loss": (translate("log loss"), False),
    }


def _right(y: Any, predicted: Any) -> Any:
    """Return which documents have all labels right."""
    return (y == predicted) if y.ndim == 1 else (y == predicted).all(axis=1)


def _verdict(y: Any, right: Any, other: Baseline) -> dict[str, Any]:
    found = comparison(right, _right(y, other.predicted))
    found["name"] = other.shown
    found["difference"] = (found["ours"] - found["theirs"]) / len(y)
    found["kind"] = "even"
    if found["sure"]:
        found["kind"] = "ahead" if found["difference"] > 0 else "behind"
    return found


def _heat(matrix: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return rows of the matrix with the heat of each cell, from 0 to 100."""
    # the root: one error of fifty shall still be seen
    heats = np.sqrt(matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1))
    return [
        {
            "name": name,
            "cells": [
                {
                    "name": names[column],
                    "count": int(count),
                    "heat": round(100 * float(heat)),
                    "kind": "hit" if row == column else "miss",
                }
                for column, (count, heat) in enumerate(zip(counts, heat_row, strict=True))
            ],
        }
        for row, (name, counts, heat_row) in enumerate(zip(names, matrix, heats, strict=True))
    ]


def _render(jinja2: Any, page: dict[str, Any]) -> str:
    folder = files(__package__).joinpath("template")
    script, style, template = (
        folder.joinpath(name).read_text(encoding="utf-8")
        for name in ("report.js", "report.css", "report.html")
    )
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    safe = environment.filters["safe"]
    # a message may hold markup; what is filled in is escaped
    environment.globals["_"] = lambda english, **fields: safe(message(english)).format(**fields)
    script = environment.from_string(script).render()
    # the policy lets this script run and no other, whatever slips into the page
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return str(
        environment.from_string(template.removesuffix("\n")).render(
            page,
            script=safe(script),
            style=safe(style),
            script_hash=f"sha256-{digest}",
            version=__version__,
            sections=[pair for pair in _sections() if _is_there(pair[0], page)],
        )
    )


def _sections() -> list[tuple[str, str]]:
    return [
        ("scores", translate("Scores")),
        ("labels", translate("Labels")),
        ("confusions", translate("Confusions")),
        ("training", translate("Training")),
        ("words", translate("Words")),
        ("errors", translate("Errors")),
        ("doubtful", translate("Doubtful hits")),
        ("model", translate("Model")),
    ]


def _is_there(section: str, page: dict[str, Any]) -> bool:
    if section == "training":
        return bool(page["curves"] or page["training_note"])
    needs = {"words": "coverage", "errors": "errors", "doubtful": "hits"}
    if section == "confusions":
        return page["confusions"] is not None
    return bool(page[needs[section]]) if section in needs else True
