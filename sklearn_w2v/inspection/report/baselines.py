"""Baselines that a report and the command line compare a model with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from ...classifiers.targets import check_labels, plain_labels
from ...text.tokenizer import JapaneseTokenizer
from ...utils.estimators import best_of
from ...utils.language import translate
from .examples import is_japanese
from .model_facts import name_of
from .scores import majority, outputs_of
from .task import Task

_TFIDF = "TF-IDF + LinearSVC"


@dataclass(frozen=True)
class Baseline:
    """A baseline: its name, and what it predicts.

    Attributes
    ----------
    name : str
        In what `write_report` returns.
    shown : str
        The name, in the language of the page.
    predicted : ndarray of shape (n_documents,) or (n_documents, n_labels), int64
        Numbers of labels, or indicator matrices.
    probabilities : ndarray of shape (n_documents, n_classes) or None
        Where it has some, of the estimator's classes.
    note : str
        A sentence on where it comes from.
    """

    name: str
    shown: str
    predicted: NDArray[np.int64]
    probabilities: NDArray[np.float64] | None
    note: str


def baselines_of(
    task: Task, X: Any, baseline: Any, X_train: Any = None, y_train: Any = None
) -> list[Baseline]:
    """Make the baselines: the majority, and a fitted estimator or TF-IDF with a linear SVM.

    Parameters
    ----------
    task : Task
        What the estimator does with the documents.
    X : sequence
        The documents.
    baseline : estimator or None
        Fitted.
    X_train, y_train : sequence, or None
        Documents and labels of a TF-IDF model and of the majority.
    """
    train = None
    if y_train is not None:
        train = check_labels(task.estimator, y_train, len(X_train))
    out = [_majority(task, train)]
    if baseline is not None:
        out.append(_given(task, X, baseline))
    elif train is not None:
        model = tfidf_baseline(X_train, task.multilabel).fit(X_train, train)
        note = translate(
            "{name}: fitted on {number:,} training documents, all words.",
            name=_TFIDF,
            number=len(X_train),
        )
        out.append(Baseline(_TFIDF, _TFIDF, task.encode(_dense(model.predict(X))), None, note))
    return out


def _majority(task: Task, train: NDArray[Any] | None) -> Baseline:
    codes = task.y if train is None else task.encode(train)
    if task.multilabel and train is None:
        note = translate("Majority: the labels of more than half of these documents.")
    elif task.multilabel:
        note = translate("Majority: the labels of more than half of the training documents.")
    elif train is None:
        note = translate("Majority: the most frequent label of these documents.")
    else:
        note = translate("Majority: the most frequent label of the training documents.")
    predicted = majority(codes, len(task.y))
    return Baseline("Majority", translate("Majority"), predicted, None, note)


def _given(task: Task, X: Any, baseline: Any) -> Baseline:
    out = outputs_of(best_of(baseline), X)
    own, theirs = (plain_labels(getattr(one, "classes_", ())) for one in (task.estimator, baseline))
    same = not task.multilabel and out.are_probabilities and own == theirs
    name = shown = name_of(baseline)
    if name == name_of(task.estimator):
        name += " (baseline)"
        shown = translate("{name} (baseline)", name=shown)
    confidences = out.confidences if same else None
    note = translate("{name}: as passed.", name=shown)
    return Baseline(name, shown, task.encode(out.predicted), confidences, note)


def _dense(labels: Any) -> Any:
    return labels.toarray() if hasattr(labels, "toarray") else labels


def _identity(tokens: Any) -> list[str]:
    return tokens.split() if isinstance(tokens, str) else list(tokens)


def tfidf_baseline(documents: Sequence[Any] | None = None, multilabel: bool = False) -> Pipeline:
    """Make a pipeline of TF-IDF of all words and a linear SVM: what a network has to beat.

    Parameters
    ----------
    documents : sequence of str or of list of str, or None, default=None
        What it will be fitted on; Japanese is tokenized with MeCab, other text is split into
        runs of letters and digits. None: lists of tokens.
    multilabel : bool, default=False
        Whether a document has any number of labels.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Not fitted.
    """
    svm: Any = LinearSVC()
    if multilabel:
        svm = OneVsRestClassifier(svm)
    words = TfidfVectorizer(analyzer=_identity, sublinear_tf=True)
    if documents is None:
        return make_pipeline(words, svm)
    if is_japanese(documents):
        return make_pipeline(JapaneseTokenizer(form="surface", pos=None), words, svm)
    if all(isinstance(document, str) for document in documents):
        words = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b", sublinear_tf=True)
    return make_pipeline(words, svm)
