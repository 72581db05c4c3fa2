"""WordShiftDisplay: a map of the words that fine-tuning moved."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA

from ...utils.language import translate
from ...utils.sklearn_compat import Interval, validate_parameter_constraints
from ...vectors.word_vectors import FIRST_ID, has_random_row
from ..word_shift import compared, shifts
from .fonts import label, require_matplotlib

_BEFORE, _AFTER = "tab:gray", "tab:red"
# where a label may stand around its point: horizontally, vertically
_SIDES = [(1, 0), (0, 1), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)]
_RINGS = (1.0, 2.2, 3.6)  # lines of text between a label and its point


class WordShiftDisplay:
    """Words that fine-tuning moved, before and after, in two dimensions.

    Create it with `from_estimator`.

    Parameters
    ----------
    words : sequence of str
        The words.
    before, after : array-like of shape (n_words, 2)
        Their places before and after training.
    drawn : array-like of shape (n_words,) or None, default=None
        Whether a word's first place is that of a row drawn at random, which says nothing about
        the word; None means that none is.
    explained : float or None, default=None
        Share of the variance that two dimensions show.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        Its figure.
    arrows_ : list of matplotlib Annotation
        One for each word, from its first place to its last.
    texts_ : list of matplotlib Text
        The words.

    See Also
    --------
    word_shift : The words as records, with their nearest words before and after.

    Examples
    --------
    >>> from sklearn_w2v import WordShiftDisplay
    >>> display = WordShiftDisplay(["雨", "雪"], [[0, 0], [1, 1]], [[0, 1], [1, 0]]).plot()
    >>> [text.get_text() for text in display.texts_]
    ['雨', '雪']
    """

    def __init__(
        self,
        words: Sequence[str],
        before: ArrayLike,
        after: ArrayLike,
        *,
        drawn: ArrayLike | None = None,
        explained: float | None = None,
    ) -> None:
        self.words, self.before, self.after = words, before, after
        self.drawn, self.explained = drawn, explained

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        topn: int = 30,
        X: Any = None,
        min_count: int = 1,
        ax: Any = None,
    ) -> WordShiftDisplay:
        """Draw the words that a fitted classifier moved most.

        Parameters
        ----------
        estimator : W2VLSTMClassifier, W2VCNNClassifier, Pipeline or search
            The fitted classifier, a pipeline that ends in it, or a search over one.
        topn : int, default=30
            How many words there are at most.
        X : TokenIds, array-like of shape (n_documents, width) or documents, default=None
            Where words are counted: ids or, for a pipeline, what its first step takes.
        min_count : int, default=1
            How often a word must come in `X`.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        WordShiftDisplay
            The drawn display.

        Raises
        ------
        ImportError
            matplotlib is not installed.
        TypeError
            The estimator keeps no word vectors.
        ValueError
            No word moved, as where the vectors were frozen; or as in `word_shift`.

        Notes
        -----
        The two dimensions are the principal components of the words' vectors before and after
        training, taken together. Words that are near each other here may be far apart in the
        dimensions that are not shown.
        """
        count = [Interval(Integral, 1, None, closed="left")]
        validate_parameter_constraints(
            {"topn": count, "min_count": count},
            {"topn": topn, "min_count": min_count},
            "WordShiftDisplay",
        )
        before, after, ids = compared(estimator, X, min_count)
        words = [shift.word for shift in shifts(before, after, ids, int(topn), 0)]
        if not words:
            raise ValueError(
                "No word moved: the vectors were frozen (train_embeddings=False or "
                "channels='static'), or no word of X is among them."
            )
        numbers = before.find(words) + FIRST_ID
        places, explained = _plane(np.concatenate([before.take(numbers), after.take(numbers)]))
        old, new = np.split(places, 2)
        display = cls(words, old, new, drawn=has_random_row(before, numbers), explained=explained)
        return display.plot(ax=ax)

    def plot(self, *, ax: Any = None) -> WordShiftDisplay:
        """Draw an arrow for each word, and the word at its tip.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        WordShiftDisplay
            The display itself.
        """
        words = list(self.words)
        before, after = translate("before"), translate("after")
        plt = require_matplotlib([before, *words])
        if ax is None:
            _, ax = plt.subplots(figsize=(8, 7), layout="constrained")
        old = np.asarray(self.before, np.float64).reshape(len(words), 2)
        new = np.asarray(self.after, np.float64).reshape(len(words), 2)
        drawn = np.zeros(len(words), bool) if self.drawn is None else np.asarray(self.drawn, bool)
        for start, name, marker in (
            (~drawn, before, "o"),
            (drawn, translate("before: random"), "x"),
        ):
            if start.any():
                color = {"color": _BEFORE} if marker == "x" else {"edgecolors": _BEFORE}
                face = {} if marker == "x" else {"facecolors": "none"}
                ax.scatter(*old[start].T, s=18, marker=marker, label=name, **color, **face)
        ax.scatter(*new.T, s=18, color=_AFTER, label=after, zorder=3)
        self.arrows_ = [
            ax.annotate(
                "",
                xy=tip,
                xytext=tail,
                arrowprops={"arrowstyle": "->", "color": _AFTER, "alpha": 0.45, "lw": 1},
            )
            for tail, tip in zip(old, new, strict=True)
        ]
        ax.margins(0.08)
        ax.set_aspect("equal", adjustable="datalim")  # as far is as far, in any direction
        second = translate("second")
        if self.explained is not None:
            second = translate("second ({share:.0%} of the variance in both)", share=self.explained)
        ax.set(xlabel=translate("first principal component"), ylabel=second)
        ax.legend(loc="best", fontsize="small")
        self.texts_ = _label(ax, list(map(label, words)), new, np.concatenate([old, new]))
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _plane(rows: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Return rows in their two principal components, and the share of the variance in these."""
    places = np.zeros((len(rows), 2))
    if (rows == rows[:1]).all():  # without any variance
        return places, 1.0
    pca = PCA(min(2, *rows.shape), svd_solver="full")
    found = pca.fit_transform(rows.astype(np.float64))
    places[:, : found.shape[1]] = found
    return places, float(pca.explained_variance_ratio_.sum())


def _label(
    ax: Any, words: Sequence[str], tips: NDArray[np.float64], points: NDArray[np.float64]
) -> list[Any]:
    """Write each word beside its point, where it covers as little as can be."""
    size = 9.0  # points; a full-width character is as wide
    scale = 72 / ax.figure.dpi
    ax.figure.canvas.draw()  # a layout that settles sizes does so here
    taken = ax.transData.transform(points) * scale
    frame = ax.get_window_extent()
    low, high = np.array([frame.p0, frame.p1]) * scale
    boxes: list[NDArray[np.float64]] = []
    texts: list[Any] = []
    for word, tip in zip(words, ax.transData.transform(tips) * scale, strict=True):
        width = size * sum(1.0 if ord(one) > 0x2E80 else 0.6 for one in word)
        half = np.array([width / 2, size * 0.6])
        best, cost = None, np.inf
        for ring in _RINGS:
            for side in _SIDES:
                middle = tip + np.array(side) * (half + size * 0.45 * ring)
                box = np.array([middle - half, middle + half])
                now = _cost(box, boxes, taken, low, high) + ring
                if now < cost:
                    best, cost = box, now
        assert best is not None
        boxes.append(best)
        texts.append(
            ax.annotate(
                word,
                xy=tips[len(texts)],
                xytext=best.mean(axis=0) - tip,
                textcoords="offset points",
                ha="center",
                va="center",
                fontsize=size,
            )
        )
    return texts


def _cost(
    box: NDArray[np.float64],
    boxes: Sequence[NDArray[np.float64]],
    points: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> float:
    """Return how much a label covers, in labels; points count less, the frame's edge more."""
    area = float(np.prod(box[1] - box[0]))
    covered = sum(
        float(
            np.prod(np.clip(np.minimum(box[1], other[1]) - np.maximum(box[0], other[0]), 0, None))
        )
        for other in boxes
    )
    hidden = int(((points > box[0]) & (points < box[1])).all(axis=1).sum())
    outside = bool((box[0] < low).any() or (box[1] > high).any())
    return 20 * covered / area + 2 * hidden + 50 * outside
