"""What a report is about: labels, predictions, and what they are compared with."""

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
from .examples import is_japanese
from .model_facts import name_of
from .scores import Outputs, majority, outputs_of

_SHOWN = 5  # labels of a message
_TFIDF = "TF-IDF + LinearSVC"


class Task:
    """Labels of a report as whole numbers, and their names.

    Parameters
    ----------
    estimator : estimator
        Fitted; its classes come first.
    y : array-like of shape (n_documents,) or (n_documents, n_labels)
        What is true.
    out : Outputs
        What the estimator says.
    n_documents : int
        How many documents there are.
    target_names : sequence of str or None
        Names of the labels.

    Attributes
    ----------
    estimator : estimator
        What it was made with.
    multilabel : bool
        Whether a document has any number of labels.
    y, predicted : ndarray of shape (n_documents,) or (n_documents, n_labels), int64
        Numbers of labels, or indicator matrices.
    """

    def __init__(
        self,
        estimator: Any,
        y: Any,
        out: Outputs,
        n_documents: int,
        target_names: Sequence[str] | None,
    ) -> None:
        labels = check_labels(estimator, y, n_documents)
        self.multilabel = labels.ndim == 2
        self.estimator, self._target_names = estimator, target_names
        self._columns = [str(name) for name in getattr(y, "columns", ())]
        known = [] if self.multilabel else plain_labels(getattr(estimator, "classes_", ()))
        self._n_known = labels.shape[1] if self.multilabel else len(known)
        self._codes: dict[Any, int] = {}
        if not self.multilabel:
            self.encode(known)
        self.y = self.encode(labels)
        if known and self.y.min() >= len(known):
            raise ValueError(
                f"Got y with the labels {_some(plain_labels(np.unique(labels)))} but expected "
                f"those of the estimator, {_some(known)}."
            )
        self.predicted = self.encode(out.predicted)

    def encode(self, labels: Any) -> NDArray[np.int64]:
        """Numbers of labels, new ones behind those that are known; or an indicator matrix."""
        if self.multilabel or np.ndim(labels) == 2:
            matrix = np.asarray(labels)
            shape = (len(matrix), self._n_known)
            if not self.multilabel or matrix.shape != shape:
                wanted = f"shape {shape}" if self.multilabel else "one label for each document"
                raise ValueError(f"Got labels of shape {matrix.shape} but expected {wanted}.")
            return matrix.astype(np.int64)
        codes, plain = self._codes, plain_labels(labels)
        return np.array([codes.setdefault(one, len(codes)) for one in plain], np.int64)

    @property
    def names(self) -> list[str]:
        """Names of all labels.

        Raises
        ------
        ValueError
            There are more or fewer `target_names` than labels of the estimator.
        """
        given = self._target_names
        n_known = self._n_known or len(self._codes)
        if given is not None and len(given) != n_known:
            raise ValueError(
                f"Got {len(given)} target_names but expected {n_known}, one for each label."
            )
        if self.multilabel:
            named = list(map(str, range(n_known)))
            return list(map(str, given)) if given is not None else self._columns or named
        names = [str(label) for label in self._codes]
        return names if given is None else [*map(str, given), *names[n_known:]]

    def label_of(self, code: int) -> Any:
        """The label itself, as the estimator has it."""
        return code if self.multilabel else list(self._codes)[code]


def _some(labels: list[Any]) -> str:
    shown = ", ".join(map(repr, labels[:_SHOWN]))
    return f"[{shown}{', ...' if len(labels) > _SHOWN else ''}]"


@dataclass(frozen=True)
class Baseline:
    """What a model is compared with.

    Attributes
    ----------
    name : str
        For people.
    predicted : ndarray of shape (n_documents,) or (n_documents, n_labels), int64
        Numbers of labels, or indicator matrices.
    probabilities : ndarray of shape (n_documents, n_classes) or None
        Where it has some, of the estimator's classes.
    note : str
        A sentence on where it comes from.
    """

    name: str
    predicted: NDArray[np.int64]
    probabilities: NDArray[np.float64] | None
    note: str


def baselines_of(
    task: Task, X: Any, baseline: Any, X_train: Any = None, y_train: Any = None
) -> list[Baseline]:
    """The majority, and a fitted estimator or TF-IDF with a linear SVM.

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
        note = f"{_TFIDF}: fitted on {len(X_train):,} training documents, all words."
        out.append(Baseline(_TFIDF, task.encode(_dense(model.predict(X))), None, note))
    return out


def _majority(task: Task, train: NDArray[Any] | None) -> Baseline:
    codes = task.y if train is None else task.encode(train)
    where = "these documents" if train is None else "the training documents"
    what = "the labels of more than half" if task.multilabel else "the most frequent label"
    predicted = majority(codes, len(task.y))
    return Baseline("Majority", predicted, None, f"Majority: {what} of {where}.")


def _given(task: Task, X: Any, baseline: Any) -> Baseline:
    out = outputs_of(best_of(baseline), X)
    own, theirs = (plain_labels(getattr(one, "classes_", ())) for one in (task.estimator, baseline))
    same = not task.multilabel and out.are_probabilities and own == theirs
    name = name_of(baseline)
    if name == name_of(task.estimator):
        name += " (baseline)"
    return Baseline(
        name, task.encode(out.predicted), out.confidences if same else None, f"{name}: as passed."
    )


def _dense(labels: Any) -> Any:
    return labels.toarray() if hasattr(labels, "toarray") else labels


def _identity(tokens: Any) -> list[str]:
    return tokens.split() if isinstance(tokens, str) else list(tokens)


def tfidf_baseline(documents: Sequence[Any], multilabel: bool) -> Pipeline:
    """TF-IDF of all words and a linear SVM, for texts or token lists.

    Parameters
    ----------
    documents : sequence of str or of list of str
        What it will be fitted on; Japanese is tokenized with MeCab, other text is split into
        runs of letters and digits.
    multilabel : bool
        Whether a document has any number of labels.
    """
    svm: Any = LinearSVC()
    if multilabel:
        svm = OneVsRestClassifier(svm)
    words = TfidfVectorizer(analyzer=_identity, sublinear_tf=True)
    if is_japanese(documents):
        return make_pipeline(JapaneseTokenizer(form="surface", pos=None), words, svm)
    if all(isinstance(document, str) for document in documents):
        words = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b", sublinear_tf=True)
    return make_pipeline(words, svm)
