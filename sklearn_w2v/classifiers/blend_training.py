"""Fit the members of a blend, and weigh them on documents that they have not seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..features.flat_ids import FlatIds
from ..features.token_ids import whole_documents
from ..features.word_counts import mean_vectors
from ..networks.output import Output
from ..utils.progress import report_progress
from ..vectors.word_vectors import WordVectors
from .blend import Blend
from .inner_folds import Fold, inner_folds
from .linear_branch import Features, LinearBranch
from .mean_vectors import MeanVectors
from .training_set import TrainingSet
from .transfer import LEAST_GAIN, TransferProbe
from .weigher import Logits, Weigher, Weighing

# Standard errors by which the network must lower the loss of the branch alone, asked once after
# training. The gain is measured where its factor was fitted, so that of a network which knows
# nothing it is half its z statistic: one error lets 2 % of those in, none half of them. Where mean
# vectors pay, the network takes their place, a factor for a factor, and the better one counts.
# More errors leave out more networks that help; benchmarks/results/transfer.md counts them
_ERRORS = 1.0
_ENOUGH = 1_000  # held-out documents that settle whether vectors pay
# and where they do not, half of them: after the first 500, z was 0.8 at most on news and prose,
# where it came to nothing, and 1.6 at least on moral sentences and encyclopedia articles, where it
# came to 1.9 and more (benchmarks/results/transfer.md)
_HALF, _PROSPECT = 500, 1.0

Decisions = tuple[Logits, ...]  # those of the branch, and of the mean vectors if there are any


@dataclass(frozen=True)
class LinearDesign:
    """What the linear members of a blend are made as.

    Parameters
    ----------
    kind : {"words", "ngrams"}
        What the branch counts.
    C : float
        Inverse strength of the branch's regularization.
    n_classes : int
        Number of classes.
    output : Output
        Gives the loss.
    seed : int
        Of the inner folds and of the solver.
    n_jobs : int or None
        Threads.
    """

    kind: str
    C: float
    n_classes: int
    output: Output
    seed: int
    n_jobs: int | None = None


def all_words(
    of_train: tuple[Any, TrainingSet],
    of_val: tuple[Any, TrainingSet | None],
    vectors: WordVectors | None,
) -> tuple[FlatIds, FlatIds | None]:
    """Return all words of the documents that are trained and validated on.

    Parameters
    ----------
    of_train, of_val : tuple of (TokenIds or array-like, TrainingSet)
        Documents as they were given, and as they were checked.
    vectors : WordVectors or None
        What the ids index.
    """
    words, more = (
        None if part is None else whole_documents(X, part.ids, part.lengths, vectors)
        for X, part in (of_train, of_val)
    )
    assert words is not None
    return words, more


class LinearMembers:
    """The linear branch and, where there are word vectors, the mean vectors.

    All documents are counted once; folds take their rows of these counts.

    Parameters
    ----------
    design : LinearDesign
        What they are made as.
    documents : TrainingSet
        Training documents.
    words : FlatIds
        All their words.
    vectors : WordVectors or None
        What the ids index; None where vectors are not to be judged.
    characters : WordVectors or None, default=None
        Where the words' characters come from.
    """

    def __init__(
        self,
        design: LinearDesign,
        documents: TrainingSet,
        words: FlatIds,
        vectors: WordVectors | None,
        characters: WordVectors | None = None,
    ) -> None:
        self._design, self._documents = design, documents
        self._vectors, self._characters = vectors, characters
        self.features = Features(design.kind)
        first, numbers = words.distinct()
        self.copies: NDArray[np.int64] | None = None  # None where all documents are different
        if len(first) < len(words):  # copies are counted once: they say nothing about words
            self.copies = numbers
            words = words.take(first)
        self._counts = self.features.count(words, characters, design.n_jobs)
        self._of_documents = None if vectors is None else mean_vectors(words, vectors)
        if self.copies is not None:
            self._counts = self._counts[numbers]
            if self._of_documents is not None:
                self._of_documents = self._of_documents[numbers]

    @cached_property
    def branch(self) -> LinearBranch:
        """A branch that is fitted on all documents."""
        return self._branch(slice(None), self._counts)

    @cached_property
    def means(self) -> MeanVectors | None:
        """A regression that is fitted on all documents; None without vectors."""
        return self._regression(slice(None))

    def decide(self, folds: Sequence[Fold]) -> Decisions:
        """Return decisions about each fold's held-out documents, one fold after the other.

        Whatever is learnt from documents, the columns as well, comes from the others.
        """
        each = [self._decide_unseen(*fold) for fold in folds]
        return tuple(np.concatenate(parts) for parts in zip(*each, strict=True))

    def decide_new(self, words: FlatIds) -> Decisions:
        """Return decisions about further documents, by members that all documents made."""
        counts = self.features.count(words, self._characters, self._design.n_jobs)
        branch = self.branch.decide(counts)
        if self._vectors is None or self.means is None:
            return (branch,)
        return branch, self.means.decide(mean_vectors(words, self._vectors))

    def n_distinct(self, rows: NDArray[np.int64]) -> int:
        """Return how many different documents some rows are."""
        return len(rows if self.copies is None else np.unique(self.copies[rows]))

    def _decide_unseen(self, rows: NDArray[np.int64], held: NDArray[np.int64]) -> Decisions:
        chosen = self._columns_of(rows)
        branch = self._branch(rows, self._counts[rows][:, chosen])
        decisions = branch.decide(self._counts[held][:, chosen])
        means = self._regression(rows)
        if means is None or self._of_documents is None:
            return (decisions,)
        return decisions, means.decide(self._of_documents[held])

    def _columns_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the columns that some documents alone would have chosen."""
        first = self._first_of(rows)
        return self.features.counter.chosen_by(self._counts[rows if first is None else rows[first]])

    def _first_of(self, rows: Any) -> NDArray[np.bool_] | None:
        """Tell which of some documents are no copies of earlier ones; None where none is a copy."""
        if self.copies is None:
            return None
        numbers = self.copies[rows]
        first = np.zeros(len(numbers), bool)
        first[np.unique(numbers, return_index=True)[1]] = True
        return first

    def _branch(self, rows: Any, counts: Any) -> LinearBranch:
        design, part = self._design, self._documents.take(rows)
        branch = LinearBranch(design.C, design.seed)
        first = self._first_of(rows)
        return branch.fit(counts, part.y, design.n_classes, part.weights, first)

    def _regression(self, rows: Any) -> MeanVectors | None:
        if self._of_documents is None:
            return None
        part = self._documents.take(rows)
        return MeanVectors().fit(
            self._of_documents[rows], part.y, self._design.n_classes, part.weights
        )


class NetworkTraining:
    """How a blend gets its network trained, and asks it.

    Parameters
    ----------
    wanted : "auto" or bool
        Whether it is trained: where word vectors pay, always or never.
    train : callable
        Trains it on the first documents, and validates it on the second, with callbacks.
    logits : callable
        Gives its logits of documents.
    patience : int
        Epochs without improvement before training stops.
    """

    def __init__(
        self,
        wanted: Any,
        train: Callable[[TrainingSet, TrainingSet, list[Any]], None],
        logits: Callable[[TrainingSet], Logits],
        patience: int,
    ) -> None:
        self._wanted, self._train, self._logits = wanted, train, logits
        self._patience = patience

    def is_wanted(self, probe: TransferProbe | None) -> bool:
        """Return whether the network is to be trained, after what the probe has found."""
        if self._wanted == "auto":
            return probe is None or probe.pays
        return bool(self._wanted)

    def weigh(
        self,
        part: TrainingSet,
        held: TrainingSet,
        members: Decisions,
        output: Output,
    ) -> Weighing | None:
        """Train the network, and weigh it beside the branch.

        It takes the place of the mean vectors: beside a network, they lower the loss a little
        and the accuracy, too.

        Parameters
        ----------
        part, held : TrainingSet
            Documents to train on, and others.
        members : tuple of ndarray
            Decisions of the linear members about the others.
        output : Output
            Gives the loss.

        Returns
        -------
        Weighing or None
            None where branch and network do not lower the loss of the held-out documents: that
            of the branch alone by more than its error, or that with the mean vectors.
        """
        from .held_out import HeldOut

        weigher = Weigher(held.y, held.weights, output, held.clusters)
        watch = HeldOut(lambda: self._logits(held), weigher, members[0], self._patience)
        self._train(part, held, [watch])
        network = self._logits(held)
        if len(held) < 2 or not np.isfinite(network).all():  # no standard error, or diverged
            return None
        with_it = weigher.weigh(members[0], network)
        gain, error = weigher.gain(weigher.weigh(*members), with_it)
        least = _ERRORS * error if len(members) == 1 else 0.0
        return with_it if gain >= max(least, LEAST_GAIN) else None


def judge_vectors(
    members: LinearMembers, documents: TrainingSet, output: Output, folds: list[Fold]
) -> TransferProbe | None:
    """Measure on folds what word vectors add to n-grams; None where nothing can be said.

    Parameters
    ----------
    members : LinearMembers
        Of the documents.
    documents : TrainingSet
        The documents.
    output : Output
        Gives the loss.
    folds : list of (ndarray, ndarray)
        Rows to train on, and rows that are held out.
    """
    started = time.perf_counter()
    if not folds:
        return None
    decisions, rows = _ask(members, documents, output, folds)
    found = _probe(decisions, documents.take(rows), output, started)
    return None if found is None else replace(found, n_documents=members.n_distinct(rows))


def _ask(
    members: LinearMembers, documents: TrainingSet, output: Output, folds: list[Fold]
) -> tuple[Decisions, NDArray[np.int64]]:
    """Ask members about held-out documents, fold by fold, until it is settled what vectors add.

    Returns
    -------
    tuple of (Decisions, ndarray)
        Decisions, and the rows of the documents that they are about.
    """
    decisions, rows = members.decide(folds[:1]), folds[0][1]
    for fold in folds[1:]:
        asked = documents.take(rows)
        if asked.n_clusters >= _ENOUGH:
            break
        if asked.n_clusters >= _HALF:
            probe = _probe(decisions, asked, output, 0.0)
            if probe is not None and probe.z < _PROSPECT:
                break
        new = members.decide([fold])
        decisions = tuple(np.concatenate(both) for both in zip(decisions, new, strict=True))
        rows = np.concatenate([rows, fold[1]])
    return decisions, rows


def _probe(
    members: Decisions, held: TrainingSet, output: Output, started: float
) -> TransferProbe | None:
    """Measure what mean vectors add to the branch; None without vectors or documents.

    Parameters
    ----------
    members : tuple of ndarray
        Decisions of branch and mean vectors about held-out documents.
    held : TrainingSet
        These documents.
    output : Output
        Gives the loss.
    started : float
        When it began, as ``time.perf_counter()`` has it.
    """
    if len(members) < 2 or held.n_clusters < 2:
        return None
    weigher = Weigher(held.y, held.weights, output, held.clusters)
    gain = weigher.gain(weigher.weigh(members[0]), weigher.weigh(*members))
    return TransferProbe(*gain, held.n_clusters, time.perf_counter() - started)


def fit_blend(
    members: LinearMembers,
    documents: TrainingSet,
    validation: tuple[TrainingSet, FlatIds] | None,
    design: LinearDesign,
    network: NetworkTraining,
) -> tuple[Blend, TransferProbe | None]:
    """Judge the word vectors, train the network if they pay, and find what all are worth.

    Parameters
    ----------
    members : LinearMembers
        Of the training documents. They are fitted on all of them, the network on those that
        are not held out.
    documents : TrainingSet
        The training documents.
    validation : tuple of (TrainingSet, FlatIds) or None
        Documents to weigh on, and their words; None holds some of `documents` out.
    design : LinearDesign
        What the linear members are made as.
    network : NetworkTraining
        Trains the network.

    Returns
    -------
    tuple of (Blend, TransferProbe or None)
        None where nothing could be judged.
    """
    report_progress("linear branch", 0, 0)
    started = time.perf_counter()
    output = design.output
    documents = replace(documents, clusters=members.copies)
    part, held = documents, documents.take(slice(0))
    asked = first = held  # all held-out documents, and those on which the network is weighed
    decisions: Decisions = ()
    if validation is not None:
        asked = first = validation[0]
        decisions = members.decide_new(validation[1])
    elif folds := inner_folds(documents.y, design.seed, members.copies):
        part, first = (documents.take(rows) for rows in folds[0])
        decisions, rows = _ask(members, documents, output, folds)
        asked = documents.take(rows)
    probe = _probe(decisions, asked, output, started)
    if probe is None or not probe.pays:
        decisions = decisions[:1]
    found = None
    if decisions and network.is_wanted(probe):
        of_first = tuple(each[: len(first)] for each in decisions)
        found = network.weigh(part, first, of_first, output)
    factors: tuple[float, ...] = (1.0,)  # too few documents to say
    weight = 0.0
    if found is not None:
        factors, weight = found.factors[:-1], found.factors[-1]
    elif decisions:
        factors = Weigher(asked.y, asked.weights, output).weigh(*decisions).factors
    report_progress("linear branch", 0, 0)
    blend = Blend(members.features, members.branch, factors[0], weight)
    if len(factors) > 1:
        blend.means, blend.means_weight = members.means, factors[1]
    return blend, probe
