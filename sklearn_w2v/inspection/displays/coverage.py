"""CoverageDisplay: how much of the texts the word vectors know."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Any

from ...utils.estimators import best_of, steps_of
from ...utils.language import translate
from ...utils.sklearn_compat import Interval, validate_parameter_constraints
from .fonts import label, require_matplotlib

_COLORS = {"as they are": "#2166ac", "by other forms": "#92c5de", "unknown": "#e66101"}


class CoverageDisplay:
    """Words that the vectors know, know by another form, and do not know.

    Create it with `from_estimator`.

    Parameters
    ----------
    coverage : mapping
        ``coverage_`` of a fitted `W2VIndexer`.

    Attributes
    ----------
    axes_ : tuple of matplotlib Axes
        The shares, and the most frequent unknown words below.
    ax_ : matplotlib Axes
        What both are in.
    figure_ : matplotlib Figure
        Its figure.
    shares_ : dict of str to float
        Shares of the running words: ``"as they are"``, ``"by other forms"``, ``"unknown"``.

    See Also
    --------
    W2VIndexer : Its ``coverage_`` is what is drawn.

    Examples
    --------
    >>> from sklearn_w2v import CoverageDisplay, W2VIndexer, WordVectors
    >>> vectors = WordVectors(["rain"], [[1.0]])
    >>> indexer = W2VIndexer(vectors).fit([["Rain", "rain", "rain", "sun"]])
    >>> CoverageDisplay.from_estimator(indexer).shares_
    {'as they are': 0.5, 'by other forms': 0.25, 'unknown': 0.25}
    """

    def __init__(self, coverage: Mapping[str, Any]) -> None:
        self.coverage = coverage

    @classmethod
    def from_estimator(cls, estimator: Any, *, topn: int = 15, ax: Any = None) -> CoverageDisplay:
        """Draw the coverage that a fitted indexer found.

        Parameters
        ----------
        estimator : W2VIndexer, Pipeline or search
            The fitted indexer, a pipeline that has one, or a search over one.
        topn : int, default=15
            How many unknown words there are at most.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        CoverageDisplay
            The drawn display.

        Raises
        ------
        ImportError
            matplotlib is not installed.
        TypeError
            The estimator has no indexer.
        """
        for step in reversed(steps_of(estimator)):
            coverage = getattr(step, "coverage_", None)
            if isinstance(coverage, Mapping):
                return cls(coverage).plot(topn=topn, ax=ax)
        raise TypeError(
            f"Got {type(best_of(estimator)).__name__}, which has no coverage_, but expected a "
            "W2VIndexer or a pipeline that has one."
        )

    def plot(self, *, topn: int = 15, ax: Any = None) -> CoverageDisplay:
        """Draw the shares and the unknown words.

        Parameters
        ----------
        topn : int, default=15
            How many unknown words there are at most.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure. It is emptied, and holds two axes then.

        Returns
        -------
        CoverageDisplay
            The display itself.

        Raises
        ------
        ValueError
            `topn` is not a whole number from 0.
        """
        validate_parameter_constraints(
            {"topn": [Interval(Integral, 0, None, closed="left")]},
            {"topn": topn},
            "CoverageDisplay",
        )
        known, exact = float(self.coverage["tokens"]), float(self.coverage["exact"])
        unknown = list(self.coverage["unknown"])[:topn]
        title = translate("running words that the vectors know")
        plt = require_matplotlib([title, *(word for word, _ in unknown)])
        if ax is None:
            _, ax = plt.subplots(figsize=(7, 1.6 + 0.26 * len(unknown)), layout="constrained")
        self.shares_ = {
            "as they are": exact,
            "by other forms": max(known - exact, 0.0),
            "unknown": 1 - known,
        }
        ax.clear()
        ax.set_axis_off()
        top = 1.0 if not unknown else 1.5 / (2.3 + 0.4 * len(unknown))
        bar = ax.inset_axes([0, 1 - top * 0.45, 1, top * 0.45])
        self._draw_shares(bar, title)
        below = ax.inset_axes([0, 0, 1, 1 - top] if unknown else [0, 0, 1, 0.01])
        _draw_unknown(below, unknown)
        self.axes_, self.ax_, self.figure_ = (bar, below), ax, ax.figure
        return self

    def _draw_shares(self, ax: Any, title: str) -> None:
        start = 0.0
        labels = {
            "as they are": translate(
                "as they are ({share:.1%})", share=self.shares_["as they are"]
            ),
            "by other forms": translate(
                "by other forms ({share:.1%})", share=self.shares_["by other forms"]
            ),
            "unknown": translate("unknown ({share:.1%})", share=self.shares_["unknown"]),
        }
        for name, share in self.shares_.items():
            ax.barh([0], [share], left=start, color=_COLORS[name], label=labels[name])
            start += share
        ax.set(xlim=(0, 1), yticks=[], xticks=[])
        for spine in ax.spines.values():
            spine.set_visible(False)
        ax.set_title(title, fontsize="medium")
        ax.legend(
            loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3, frameon=False, fontsize="small"
        )


def _draw_unknown(ax: Any, unknown: list[tuple[str, int]]) -> None:
    if not unknown:
        ax.set_axis_off()
        return
    ax.barh(range(len(unknown)), [count for _, count in unknown], color=_COLORS["unknown"])
    ax.set_yticks(range(len(unknown)), [label(word) for word, _ in unknown])
    ax.invert_yaxis()
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_xlabel(translate("occurrences of the most frequent unknown words"))
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
