"""Find the words that fine-tuning moved."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..features.token_ids import check_ids, check_vectors
from ..utils.estimators import steps_of
from ..utils.sklearn_compat import Interval, validate_parameter_constraints
from ..vectors.nearest import nearest
from ..vectors.word_vectors import FIRST_ID, WordVectors, has_random_row, words_of

_BLOCK = 1 << 15  # rows of a table in memory at once

Neighbors = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class WordShift:
    """How far one word moved, and what stood beside it before and after.

    Attributes
    ----------
    word : str
        The word.
    distance : float
        Cosine distance between its vectors before and after: ``1 - cosine``, from 0 to 2.
    cosine : float
        Cosine of its vectors before and after; 0 where one of them is all zeros.
    euclidean : float
        Length of their difference.
    before, after : tuple of (str, float)
        Nearest words and their cosines, nearest first, without the word itself. `before`
        is empty for a word whose vector was drawn at random.
    """

    word: str
    distance: float
    cosine: float
    euclidean: float
    before: Neighbors
    after: Neighbors


def word_shift(
    classifier: Any,
    topn: int | None = 20,
    neighbors: int = 5,
    min_count: int = 1,
    X: Any = None,
) -> list[WordShift]:
    """Find the words that fine-tuning moved most, with their nearest words before and after.

    Parameters
    ----------
    classifier : W2VLSTMClassifier, Pipeline or search
        A fitted classifier with word vectors (``vectors_`` and ``word_vectors_``), a
        pipeline that ends in one, or a search over one.
    topn : int or None, default=20
        How many words come out at most; None gives all that moved.
    neighbors : int, default=5
        How many nearest words each comes with, before and after; 0 saves looking for them.
    min_count : int, default=1
        How often a word must come in `X`. A word of one document moves as far as chance
        has it.
    X : TokenIds, array-like of shape (n_documents, width) or documents, default=None
        Where words are counted, mostly what the classifier was fitted on: ids of words, or,
        for a pipeline, what its first step takes. None: nothing is counted.

    Returns
    -------
    list of WordShift
        Frozen records with the attributes ``word``, ``distance`` (cosine distance,
        ``1 - cosine``), ``cosine``, ``euclidean`` (length of the difference), ``before`` and
        ``after`` (tuples of (word, cosine), nearest first), most moved by ``distance``
        first. Words whose vector is the same as before are left out: the list is empty
        where the vectors were frozen. ``pandas.DataFrame(word_shift(clf))`` makes a table.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        The classifier is not fitted.
    TypeError
        It keeps no word vectors.
    ValueError
        It was fitted without word vectors, a parameter is out of its range, `min_count`
        is above 1 without `X`, or `X` holds other ids than the classifier takes.

    See Also
    --------
    W2VLSTMClassifier : Its ``word_vectors_`` are the vectors after training.
    WordVectors.most_similar : Nearest words of one word.

    Notes
    -----
    Only words of the training documents move. Among them are words that the vectors lack,
    whose rows `W2VIndexer` drew at random: they have moved away from noise, and nothing
    stood beside them, so their ``before`` is empty.

    The tables are read in blocks; the one after training is made in memory once.

    References
    ----------
    W. L. Hamilton, J. Leskovec, D. Jurafsky: Diachronic word embeddings reveal statistical
    laws of semantic change. ACL 2016 (the cosine distance of a word to itself).

    Examples
    --------
    >>> from sklearn_w2v import W2VIndexer, W2VLSTMClassifier, WordVectors, word_shift
    >>> vectors = WordVectors(["雨", "雪", "夏", "海"], [[1, 0], [1, 1], [-1, 0], [-1, 1]])
    >>> X = W2VIndexer(vectors).fit_transform([["雨"], ["夏"]] * 20)
    >>> clf = W2VLSTMClassifier(units=4, hidden=None, learning_rate=0.1, random_state=0)
    >>> shifts = word_shift(clf.fit(X, ["rainy", "sunny"] * 20), neighbors=1)
    >>> sorted(shift.word for shift in shifts)
    ['夏', '雨']
    >>> [len(shift.after) for shift in shifts]
    [1, 1]
    """
    validate_parameter_constraints(
        {
            "topn": [Interval(Integral, 1, None, closed="left"), None],
            "neighbors": [Interval(Integral, 0, None, closed="left")],
            "min_count": [Interval(Integral, 1, None, closed="left")],
        },
        {"topn": topn, "neighbors": neighbors, "min_count": min_count},
        "word_shift",
    )
    before, after, ids = compared(classifier, X, min_count)
    return shifts(before, after, ids, topn, neighbors)


def shifts(
    before: WordVectors,
    after: WordVectors,
    ids: NDArray[np.int64],
    topn: int | None,
    neighbors: int,
) -> list[WordShift]:
    """Return those of some words that moved, as `word_shift` gives them."""
    moved, cosines, lengths = _moves(before, after, ids)
    cosines = np.clip(cosines, -1, 1)
    order = np.lexsort((moved, -lengths, cosines))[:topn]
    moved, cosines, lengths = moved[order], cosines[order], lengths[order]
    drawn = has_random_row(before, moved).tolist()
    return [
        WordShift(word, 1 - cosine, cosine, length, () if fresh else old, near)
        for word, cosine, length, fresh, old, near in zip(
            words_of(before, moved),
            cosines.tolist(),
            lengths.tolist(),
            drawn,
            _nearest(before, moved, neighbors),
            _nearest(after, moved, neighbors),
            strict=True,
        )
    ]


def compared(
    classifier: Any, X: Any, min_count: int
) -> tuple[WordVectors, WordVectors, NDArray[np.int64]]:
    """Return vectors before and after training, and the ids of words that come often enough."""
    if min_count > 1 and X is None:
        raise ValueError(
            f"Got min_count={min_count} but X=None: pass the documents in which words are counted."
        )
    *steps, classifier = steps_of(classifier)
    if X is not None:
        for step in steps:
            X = step.transform(X)
    before, after = _tables(classifier)
    ids = np.arange(FIRST_ID, len(before) + FIRST_ID)
    if X is not None:
        ids = ids[_counts(classifier, X, before) >= min_count]
    return before, after, ids


def _tables(classifier: Any) -> tuple[WordVectors, WordVectors]:
    """Return the word vectors before and after training."""
    # not hasattr(classifier, "word_vectors_"): it would make the table once more
    there = hasattr(type(classifier), "word_vectors_") or "word_vectors_" in vars(classifier)
    if not there or not hasattr(classifier, "vectors_"):
        raise TypeError(
            f"Got {type(classifier).__name__}, which keeps no word vectors, but expected a "
            "W2VLSTMClassifier or a pipeline that ends in one."
        )
    before: WordVectors | None = classifier.vectors_
    if before is None:
        raise ValueError(
            f"This {type(classifier).__name__} was fitted without word vectors: there is nothing "
            "to compare its words with. Pass vectors=, or fit it on the output of W2VIndexer."
        )
    return before, classifier.word_vectors_


def _counts(classifier: Any, X: Any, vectors: WordVectors) -> NDArray[np.int64]:
    """Count how often each word of the vectors comes in X."""
    ids, _ = check_ids(classifier, X, check_vectors(X, None, (vectors,), classifier), reset=False)
    end = len(vectors) + FIRST_ID  # an extension's further words are not the classifier's
    return np.bincount(ids.ravel(), minlength=end)[FIRST_ID:end]


def _moves(
    before: WordVectors, after: WordVectors, ids: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return ids whose rows differ, cosines of both rows, and lengths of the differences."""
    parts = []
    for start in range(0, len(ids), _BLOCK):
        block = ids[start : start + _BLOCK]
        old, new = before.take(block), after.take(block)
        moved = np.flatnonzero((old != new).any(axis=1))
        # in float64: small moves would be lost in the rounding of 1 - cosine
        old, new = old[moved].astype(np.float64), new[moved].astype(np.float64)
        norms = np.linalg.norm(old, axis=1) * np.linalg.norm(new, axis=1)
        dots = np.einsum("ij,ij->i", old, new)
        cosines = np.divide(dots, norms, out=np.zeros_like(dots), where=norms > 0)
        parts.append((block[moved], cosines, np.linalg.norm(new - old, axis=1)))
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    moved_ids, cosines, lengths = map(np.concatenate, zip(*parts, strict=True))
    return moved_ids, cosines, lengths


def _nearest(vectors: WordVectors, ids: NDArray[np.int64], number: int) -> list[Neighbors]:
    """Find the words nearest to each of some ids, reading the table once."""
    everything = np.arange(FIRST_ID, len(vectors) + FIRST_ID)
    found = nearest(vectors.take(ids), everything, vectors.take, number, ids[:, None])
    return [
        tuple(zip(words_of(vectors, others), cosines.clip(-1, 1).tolist(), strict=True))
        for others, cosines in found
    ]
