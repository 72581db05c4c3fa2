"""Explain which words of a text speak for a class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..classifiers.targets import plain_labels
from ..features.indexer import W2VIndexer, _documents
from ..features.lookup import texts_of
from ..features.token_ids import check_ids, check_vectors, whole_documents
from ..text.documents import check_documents
from ..text.spans import spans_of
from ..utils.estimators import best_of, steps_of
from ..utils.language import translate
from ..utils.printable import escaped
from ..utils.sklearn_compat import (
    Interval,
    StrOptions,
    validate_parameter_constraints,
)
from ..vectors.word_vectors import FIRST_ID, OOV_ID, WordVectors, words_of
from .highlighting import highlighted, legend

_SHOWN = 5  # tokens of a repr
_UNKNOWN = "\ufffd"  # of ids that came without a text


@dataclass(frozen=True, eq=False, repr=False)  # arrays do not compare to one answer
class TokenAttribution:
    """What each token of one text adds to the logit of one class.

    `explain` makes it. In a notebook it shows the text with its tokens highlighted.

    Parameters
    ----------
    text : str
        The text; of token lists, the tokens with blanks between.
    tokens : list of str
        Its tokens, as the tokenizer gives them.
    spans : list of (int, int) or None
        First character and last one + 1 of each token in the text; None where they are not
        known.
    values : ndarray of shape (n_tokens,), float64
        What each token adds.
    target : object
        The class: a label, or a column's number where a text may have many labels.
    score : float
        Logit of the class.
    baseline_score : float
        Logit that it has without the tokens.

    Attributes
    ----------
    residual : float
        ``score - baseline_score - values.sum()``: what no token has been given.

    See Also
    --------
    explain : Makes it.
    TokenAttributionDisplay : Draws the tokens that count most.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_w2v import TokenAttribution
    >>> rain = TokenAttribution(
    ...     "雨が降る", ["雨", "降る"], [(0, 1), (2, 4)], np.array([1.5, 0.25]), "wet", 2.0, 0.25
    ... )
    >>> rain.residual, rain.top(1)
    (0.0, [('雨', 1.5)])
    """

    text: str
    tokens: list[str]
    spans: list[tuple[int, int]] | None
    values: NDArray[np.float64]
    target: Any
    score: float
    baseline_score: float

    @property
    def residual(self) -> float:
        """Part of the logit's change that no token has been given."""
        return float(self.score - self.baseline_score - self.values.sum())

    def top(self, n: int = 10) -> list[tuple[str, float]]:
        """Return the distinct tokens that count most, for or against.

        Parameters
        ----------
        n : int, default=10
            How many there are at most.

        Returns
        -------
        list of (str, float)
            Tokens and the sums of their occurrences' values, the largest absolute ones first.
        """
        sums: dict[str, float] = {}
        for token, value in zip(self.tokens, self.values.tolist(), strict=True):
            sums[token] = sums.get(token, 0.0) + value
        return sorted(sums.items(), key=lambda pair: -abs(pair[1]))[:n]

    def to_html(self, *, scale: float | None = None) -> str:
        """Return the text with its tokens highlighted, as a fragment of HTML.

        Parameters
        ----------
        scale : float or None, default=None
            The value that has the full colour; None takes the largest absolute one of this
            text. Give the same to texts that stand side by side.

        Returns
        -------
        str
            One ``<div>`` without scripts, style sheets or links. Tokens for the class are
            orange, those against it blue; the value stands in a token's ``title``.
        """
        if scale is None:
            scale = float(np.abs(self.values).max(initial=0.0))
        body = highlighted(self.text, self.tokens, self.spans, self.values, scale)
        head = translate(
            "<strong>{target}</strong> logit {score:.3f} = {baseline:.3f} + {tokens:.3f} (tokens) "
            "+ {rest:.2g} (rest) &middot; {legend}",
            target=escaped(str(self.target)),
            score=self.score,
            baseline=self.baseline_score,
            tokens=self.values.sum(),
            rest=self.residual,
            legend=legend(scale),
        )
        return (
            '<div class="sklearn-w2v-attribution" style="line-height:1.8">'
            f'<div style="font-size:85%;margin-bottom:0.4em">{head}</div>'
            f'<div dir="auto" style="white-space:pre-wrap;overflow-wrap:anywhere">{body}</div>'
            "</div>"
        )

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        top = ", ".join(f"{token!r}: {value:+.3f}" for token, value in self.top(_SHOWN))
        more = ", ..." if len(set(self.tokens)) > _SHOWN else ""
        return (
            f"<TokenAttribution: {self.target!r}, score={self.score:.3f}, "
            f"baseline_score={self.baseline_score:.3f}, {{{top}{more}}}>"
        )


def explain(
    estimator: Any,
    texts: Iterable[Any],
    *,
    target: Any = None,
    method: str = "integrated_gradients",
    tolerance: float = 1e-2,
    max_steps: int = 1000,
) -> list[TokenAttribution]:
    """Explain what each token of some texts adds to the logit of a class.

    Parameters
    ----------
    estimator : Pipeline, search or classifier
        Fitted: a pipeline that ends in `W2VIndexer` and `W2VLSTMClassifier` or
        `W2VCNNClassifier`, with any tokenizer before it or none; a search over one; or the
        classifier alone, which takes ids.
    texts : iterable of str or of list of str
        What the estimator's ``predict`` takes.
    target : label, array-like of shape (n_texts,) or None, default=None
        The class that is explained: one for all texts, or one for each. None takes each text's
        class of the largest logit.
    method : {"integrated_gradients", "occlusion"}, default="integrated_gradients"
        ``"integrated_gradients"`` shares the logit's gain over the baseline among the tokens.
        ``"occlusion"`` gives each token what the logit loses without it; these losses do not
        add up where tokens work together or stand for each other, and cost as many
        predictions as there are tokens.
    tolerance : float, default=1e-2
        How large ``abs(residual)`` of integrated gradients may be, relative to
        ``max(1, abs(score - baseline_score))``.
    max_steps : int, default=1000
        Gradients that each text may cost; 16 are always computed. Where they do not suffice,
        `residual` says what is left.

    Returns
    -------
    list of TokenAttribution
        One for each text, with ``tokens``, ``spans`` (places in the text), ``values``,
        ``target``, ``score``, ``baseline_score`` and ``residual``; in a notebook, the text
        with its tokens highlighted.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        The estimator is not fitted.
    TypeError
        It is another kind of estimator, or `texts` is a single text.
    ValueError
        `target` is not one of the classes, or a parameter is out of its range.

    See Also
    --------
    TokenAttribution : The result.
    TokenAttributionDisplay : Draws the tokens that count most.
    word_shift : Which words fine-tuning moved.

    Notes
    -----
    The logit is what softmax or sigmoid make probabilities of, one for each class. It is a sum
    of the linear branch (`bow`) and the network, each times its factor (``bow_weights_``).

    *Baseline.* The network's is the text with all word vectors zero, at its own length; the
    branch's is a text without any feature. So ``baseline_score`` is what a text of this length
    gets without any word. A text of which no word comes through is its own baseline.

    *Linear branch.* Exact: a feature's share is its coefficient times its tf-idf in this text,
    and it is shared equally between its occurrences, and by each of them between the words that
    it is made of; of a run of characters, those whose characters it holds (a blank between two
    words is of both). The length of the text's tf-idf vector, by which all features are divided,
    is held fixed: without a word, the shares of the others would grow. Occlusion counts the
    text anew, so there they do.

    *Network.* Integrated gradients (Sundararajan et al. 2017) from the baseline to the text's
    vectors, with dropout off. Steps are added where the error is largest until all errors
    together are within `tolerance`.

    A word after the classifier's `maxlen` has a share of the branch alone, one after the
    indexer's `maxlen_` or dropped by it has none: its value is 0.

    Spans of `JapaneseTokenizer` are those of the surfaces, also where the tokens are base forms
    or lemmas. Of other tokenizers they are known where the tokens come in the text one after the
    other with nothing left out but blanks and punctuation; else they are None.

    References
    ----------
    M. Sundararajan, A. Taly, Q. Yan: Axiomatic attribution for deep networks. ICML 2017.

    M. D. Zeiler, R. Fergus: Visualizing and understanding convolutional networks. ECCV 2014
    (occlusion).

    Examples
    --------
    >>> from sklearn_w2v import WordVectors, explain, make_w2v_pipeline
    >>> vectors = WordVectors(["雨", "雪", "夏", "海"], [[1, 0], [1, 1], [-1, 0], [-1, 1]])
    >>> pipeline = make_w2v_pipeline(vectors, bow=None, epochs=10, random_state=0)
    >>> pipeline = pipeline.fit(["雨と雪", "夏の海"] * 20, ["wet", "dry"] * 20)
    >>> [rain] = explain(pipeline, ["雨の海"], target="wet")
    >>> rain.tokens, rain.spans
    (['雨', 'の', '海'], [(0, 1), (1, 2), (2, 3)])
    >>> bool(rain.values[0] > 0 > rain.values[2]), abs(rain.residual) < 1e-2
    (True, True)
    """
    validate_parameter_constraints(
        {
            "method": [StrOptions({"integrated_gradients", "occlusion"})],
            "tolerance": [Interval(Real, 0, None, closed="neither")],
            "max_steps": [Interval(Integral, 1, None, closed="left")],
        },
        {"method": method, "tolerance": tolerance, "max_steps": max_steps},
        "explain",
    )
    from .logit_shares import LogitShares

    steps = _checked_steps(estimator)
    sources = _read(steps, texts)
    if not sources.texts:
        return []
    classifier = steps[-1]
    vectors = check_vectors(sources.ids, classifier.vectors, (classifier.vectors_,), classifier)
    ids, lengths = check_ids(classifier, sources.ids, vectors, reset=False)
    logits = classifier._decide(sources.ids, ids, lengths, vectors)
    classes = plain_labels(classifier.classes_)
    labels = _labels(classes, target, logits)
    shares = LogitShares(classifier, vectors, method, float(tolerance), int(max_steps))
    out = []
    reads_all = classifier._blend is not None
    rows = _rows(sources.ids if reads_all else None, ids, lengths, vectors)
    for place, label in enumerate(labels):
        kept, tokens = sources.kept[place], sources.tokens[place]
        score = float(logits[place, label])
        values, baseline = np.zeros(len(tokens)), score
        if len(kept):
            values[kept], baseline = shares.of(rows[place], int(lengths[place]), label, score)
        text, spans = sources.texts[place], sources.spans[place]
        out.append(TokenAttribution(text, tokens, spans, values, classes[label], score, baseline))
    return out


def _rows(
    X: Any, ids: NDArray[np.int32], lengths: NDArray[np.int64], vectors: WordVectors | None
) -> list[NDArray[np.int32]]:
    """Return the ids of each document, with those that did not fit into its row."""
    words = whole_documents(X, ids, lengths, vectors)
    return np.split(words.ids, words.ends[:-1])


def _checked_steps(estimator: Any) -> list[Any]:
    """Return the steps of an estimator whose last two, or last one, are of this package."""
    from ..classifiers.base import W2VClassifier

    steps = steps_of(estimator)
    if not steps or not isinstance(steps[-1], W2VClassifier):
        last = type(steps[-1] if steps else best_of(estimator)).__name__
        raise TypeError(
            f"Got an estimator that ends in {last} but explain expected a fitted "
            "W2VLSTMClassifier or W2VCNNClassifier, a pipeline that ends in one, or a search "
            "over such a pipeline."
        )
    if len(steps) > 1 and not isinstance(steps[-2], W2VIndexer):
        raise TypeError(
            f"Got {type(steps[-2]).__name__} before the classifier but explain expected "
            "W2VIndexer, whose ids tell which token is which."
        )
    return steps


@dataclass(frozen=True)
class _Sources:
    """The texts to explain, their tokens, and the ids of these."""

    texts: list[str]
    tokens: list[list[str]]
    spans: list[list[tuple[int, int]] | None]
    ids: Any
    kept: list[NDArray[np.int64]]  # places of the tokens that have an id, in the ids' order


def _read(steps: Sequence[Any], texts: Any) -> _Sources:
    """Send texts through the steps before the classifier."""
    if len(steps) == 1:
        return _read_ids(steps[0], texts)
    *before, indexer, classifier = steps
    reads_all = indexer.maxlen is None and classifier._blend is not None
    reach = None if reads_all else indexer.maxlen_
    given = check_documents(texts, "explain")
    if not given:
        return _Sources([], [], [], None, [])
    documents: Any = given
    for step in before:
        documents = step.transform(documents)
    documents = _documents(documents)
    tokens = [list(map(str, document)) for document in documents]
    spans = spans_of(before[-1] if before else None, given, tokens)
    names = [
        text if isinstance(text, str) else " ".join(words)
        for text, words in zip(given, tokens, strict=True)
    ]
    ids = indexer._index(documents, None, warn=False)  # a cut was warned of in fit
    return _Sources(names, tokens, spans, ids, _kept(indexer, documents, reach))


def _kept(
    indexer: W2VIndexer, documents: list[list[str]], reach: int | None
) -> list[NDArray[np.int64]]:
    """Return the places of the tokens that get an id which the classifier reads."""
    if indexer.oov != "drop":
        return [np.arange(len(document[:reach])) for document in documents]
    read, _ = indexer._reader(documents)
    return [
        np.flatnonzero(np.array(read(document), np.int64) != OOV_ID)[:reach]
        for document in documents
    ]


def _read_ids(classifier: Any, X: Any) -> _Sources:
    """Make sources of ids that came without their texts."""
    vectors = check_vectors(X, classifier.vectors, (classifier.vectors_,), classifier)
    ids, lengths = check_ids(classifier, X, vectors, reset=False)
    empty = np.asarray(X).max(axis=1, initial=0) == 0
    rows = _rows(None if classifier._blend is None else X, ids, lengths, vectors)
    tokens = [
        [] if none else _words(row, vectors) for row, none in zip(rows, empty.tolist(), strict=True)
    ]
    kept = [np.arange(len(words)) for words in tokens]
    return _Sources([" ".join(words) for words in tokens], tokens, [None] * len(tokens), X, kept)


def _words(ids: NDArray[np.int32], vectors: WordVectors | None) -> list[str]:
    if vectors is None:
        return [str(number) for number in ids.tolist()]
    names = np.full(len(ids), _UNKNOWN, object)
    known = ids >= FIRST_ID
    names[known] = words_of(vectors, ids[known])
    return texts_of(vectors, names.tolist())


def _labels(classes: list[Any], target: Any, logits: NDArray[np.float32]) -> list[int]:
    """Return the place of each text's class."""
    if target is None:
        return [int(place) for place in logits.argmax(axis=1)]
    one = isinstance(target, str) or np.ndim(target) == 0
    if not one and np.ndim(target) > 1:
        raise ValueError(
            f"Got target of shape {np.shape(target)} but expected a label, or one for each text."
        )
    wanted = [target] * len(logits) if one else list(target)
    if len(wanted) != len(logits):
        raise ValueError(
            f"Got {len(wanted)} labels in target but {len(logits)} texts; expected one for all, "
            "or one for each."
        )
    unknown = [label for label in wanted if label not in classes]
    if unknown:
        raise ValueError(f"Got target={unknown[0]!r} but the classes are {classes}.")
    return [classes.index(label) for label in wanted]
