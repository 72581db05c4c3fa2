"""Cross-validation of networks and of TF-IDF + LinearSVC on the same folds."""

from __future__ import annotations

import signal
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from sklearn.model_selection import StratifiedKFold

from ..inspection.report.baselines import tfidf_baseline
from ..inspection.report.scores import f1_macro
from ..utils.sklearn_compat import stratified_group_folds
from .labelled import LabelledTexts

Tokens = list[list[str]]
Split = tuple[NDArray[np.int64], NDArray[np.int64]]

TFIDF = "TF-IDF + LinearSVC"
MAJORITY = "most frequent label"
THIS_MODEL = "this model"


@dataclass
class FoldScores:
    """Scores of a model on the test documents of the folds.

    Parameters
    ----------
    name : str
        Name of the model.
    folds : list of int
        Numbers of the finished folds.
    accuracy, f1, seconds : list of float
        One for each finished fold; seconds of fit and prediction.
    network : list of bool
        Whether the network has a weight next to its linear branch, for each finished fold.
    """

    name: str
    folds: list[int] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    f1: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    network: list[bool] = field(default_factory=list)

    def add(
        self, fold: int, y: NDArray[Any], predicted: NDArray[Any], seconds: float, network: bool
    ) -> None:
        """Compute and keep the scores of a fold."""
        self.folds.append(fold)
        self.accuracy.append(float(accuracy_score(y, predicted)))
        self.f1.append(f1_macro(y, predicted))
        self.seconds.append(seconds)
        self.network.append(network)

    def only(self, folds: set[int]) -> FoldScores:
        """Scores of the given folds alone, sorted by fold."""
        places = sorted(
            (i for i, fold in enumerate(self.folds) if fold in folds), key=self.folds.__getitem__
        )

        def part(values: list[Any]) -> list[Any]:
            return [values[place] for place in places]

        return FoldScores(
            self.name,
            part(self.folds),
            part(self.accuracy),
            part(self.f1),
            part(self.seconds),
            part(self.network),
        )

    def summary(self) -> dict[str, Any]:
        """Means and standard deviations over the folds."""
        return {
            "accuracy": float(np.mean(self.accuracy)),
            "accuracy_sd": float(np.std(self.accuracy)),
            "f1_macro": float(np.mean(self.f1)),
            "f1_macro_sd": float(np.std(self.f1)),
            "seconds": float(np.mean(self.seconds)),
        }


def make_splits(
    data: LabelledTexts, n_folds: int, seed: int, warn: Callable[[str], Any]
) -> list[Split]:
    """Make stratified folds; documents of a group, or equal ones, are in the same fold.

    Raises
    ------
    ValueError
        There are fewer groups than folds, each label has fewer documents than folds, or a fold
        would have nothing to test or one label to learn.
    """
    labels, groups = data.labels, data.groups
    y = np.asarray(labels)
    numbers: dict[str, int] = {}
    copies = np.array([numbers.setdefault(text, len(numbers)) for text in data.texts])
    first = np.unique(copies, return_index=True)[1]
    if groups is not None and (n_groups := len(set(groups))) < n_folds:
        raise ValueError(
            f"Got {n_groups} groups but expected {n_folds} or more, one for each fold; lower "
            "--folds."
        )
    n_copies = len(y) - len(first) if groups is None else 0
    unit = "groups" if groups is not None else "different texts" if n_copies else "documents"
    counts = Counter(labels if groups is not None else y[first].tolist())
    if max(counts.values()) < n_folds:
        raise ValueError(
            f"Got --folds {n_folds}, but no label has that many {unit}; lower --folds."
        )
    if groups is not None:
        counts = Counter(name for name, _ in set(zip(labels, groups, strict=True)))
    rare = sorted(name for name, count in counts.items() if count < n_folds)
    if rare:
        warn(
            f"{len(rare)} labels have fewer than {n_folds} {unit}, so some folds do not "
            f"test them ({', '.join(rare[:5])})."
        )
    if n_copies:
        warn(f"{n_copies} texts are copies of others; all copies of a text stand in one fold.")
    with warnings.catch_warnings():  # about rare labels
        warnings.simplefilter("ignore", UserWarning)
        if groups is None:
            folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
            of_distinct = [test for _, test in folds.split(first, y[first])]
            tested = [np.isin(copies, test) for test in of_distinct]
            splits = [(np.flatnonzero(~test), np.flatnonzero(test)) for test in tested]
        else:
            splits = stratified_group_folds(y, groups, n_folds, seed)
    if unit != "documents":
        _check_parts(splits, y, counts, unit, warn)
    return splits


def _check_parts(
    splits: list[Split],
    y: NDArray[Any],
    n_units: Counter[str],
    unit: str,
    warn: Callable[[str], Any],
) -> None:
    """Refuse folds that cannot be scored; warn of labels that a fold tests and does not learn."""
    unlearnt: set[str] = set()
    for train, test in splits:
        if not len(test):
            raise ValueError(
                f"{len(splits)} folds of whole {unit} leave one without documents; lower --folds."
            )
        learnt, missing = set(y[train].tolist()), set(y[test].tolist()) - set(y[train].tolist())
        if len(learnt) < 2:
            named = ", ".join(f"{name!r} ({n_units[name]} {unit})" for name in sorted(missing)[:5])
            raise ValueError(
                f"All {unit} of {named} are in one fold, which leaves one label to learn when it "
                f"is tested; give such labels more {unit}, or --folds 0 to train without a "
                "comparison."
            )
        unlearnt |= missing
    if unlearnt:
        named = ", ".join(f"{name} ({n_units[name]} {unit})" for name in sorted(unlearnt)[:5])
        warn(
            f"All {unit} of {len(unlearnt)} labels are in one fold, which counts each of their "
            f"documents as wrong, since the label is not learnt there ({named})."
        )


def baselines(tokens: Tokens, y: NDArray[Any], splits: list[Split], seed: int) -> list[FoldScores]:
    """Scores of TF-IDF + LinearSVC, and of always predicting the most frequent label."""
    linear, majority = FoldScores(TFIDF), FoldScores(MAJORITY)
    for fold, (train, test) in enumerate(splits):
        started = time.perf_counter()
        model = tfidf_baseline()
        model.set_params(linearsvc__random_state=seed)
        model.fit(_take(tokens, train), y[train])
        predicted = model.predict(_take(tokens, test))
        linear.add(fold, y[test], predicted, time.perf_counter() - started, False)
        names, counts = np.unique(y[train], return_counts=True)
        most = np.full(len(test), names[counts.argmax()])
        majority.add(fold, y[test], most, 0.0, False)
    return [linear, majority]


def cross_validate(
    candidates: list[tuple[str, Any]],
    indexer: Any,
    tokens: Tokens,
    y: NDArray[Any],
    splits: list[Split],
    jobs: int,
    report_done: Callable[[int], bool],
) -> list[FoldScores]:
    """Fit and test classifiers on all folds.

    The folds are the outer loop: all candidates of a fold share its ids.

    Parameters
    ----------
    candidates : list of (name, classifier)
        Not fitted.
    indexer : W2VIndexer
        Not fitted.
    tokens : list of list of str
        Documents.
    y : ndarray of shape (n_documents,)
        Labels.
    splits : list of (train, test)
        Rows of the folds.
    jobs : int
        Number of processes; 1 means this process.
    report_done : callable
        Called with the number of finished fits; returns whether to stop.

    Returns
    -------
    list of FoldScores
        One for each candidate, sorted by fold, in whichever order the folds finished; after a
        stop, only with the finished folds.
    """
    results = [FoldScores(name) for name, _ in candidates]
    tasks = _tasks([model for _, model in candidates], indexer, tokens, y, splits)
    if jobs == 1:
        outputs: Iterator[Any] = (_run(*task) for task in tasks)
    else:
        parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch="n_jobs")
        outputs = parallel(delayed(_run_in_worker)(*task) for task in tasks)
    done = 0
    while not report_done(done):
        output = next(outputs, None)
        if output is None or report_done(done):  # a fit that was stopped does not count
            break
        candidate, fold, predicted, seconds, network = output
        results[candidate].add(fold, y[splits[fold][1]], predicted, seconds, network)
        done += 1
    if hasattr(outputs, "close"):
        outputs.close()
    return [result.only(set(result.folds)) for result in results]


def _tasks(
    models: list[Any], indexer: Any, tokens: Tokens, y: NDArray[Any], splits: list[Split]
) -> Iterator[tuple[Any, ...]]:
    for fold, (train, test) in enumerate(splits):
        own = clone(indexer)
        ids = own.fit_transform(_take(tokens, train))
        unseen = own.transform(_take(tokens, test))
        for place, model in enumerate(models):
            yield place, fold, clone(model), ids, y[train], unseen


def _run(place: int, fold: int, model: Any, ids: Any, y: Any, unseen: Any) -> tuple[Any, ...]:
    started = time.perf_counter()
    predicted = model.fit(ids, y).predict(unseen)
    weights = model.bow_weights_
    network = weights is None or weights[1] > 0
    return place, fold, predicted, time.perf_counter() - started, network


def _run_in_worker(*task: Any) -> tuple[Any, ...]:
    """Call `_run` in a worker process, which leaves Ctrl-C and warnings to the main process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    return _run(*task)


def _take(tokens: Tokens, rows: NDArray[np.int64]) -> Tokens:
    return [tokens[row] for row in rows]


def difference(ours: FoldScores, theirs: FoldScores, splits: list[Split]) -> tuple[float, float]:
    """Mean difference of the accuracies over the folds that both have, and its standard error.

    The standard error is the corrected one of Nadeau and Bengio (2003), since folds share
    training documents and the plain one is too small. It is nan for fewer than two folds. As
    accuracies are multiples of one document, the differences of a few folds may be equal by
    chance; their standard deviation is taken to be one document at least.
    """
    other = dict(zip(theirs.folds, theirs.accuracy, strict=True))
    gap_of = {
        fold: accuracy - other[fold]
        for fold, accuracy in zip(ours.folds, ours.accuracy, strict=True)
        if fold in other
    }
    gaps = np.array(list(gap_of.values()))
    if len(gaps) < 2:
        return float(gaps.mean()), float("nan")
    tested = [len(splits[fold][1]) for fold in gap_of]
    ratio = np.mean([len(splits[fold][1]) / len(splits[fold][0]) for fold in gap_of])
    spread = max(gaps.std(ddof=1), 1 / np.mean(tested))
    error = np.sqrt(1 / len(gaps) + ratio) * spread
    return float(gaps.mean()), float(error)
