"""TokenAttributionDisplay: the tokens that count most in a text."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from ...utils.language import translate
from ...utils.sklearn_compat import Interval, validate_parameter_constraints
from ..attribution import TokenAttribution, explain
from ..highlighting import AGAINST, FOR
from .fonts import label, require_matplotlib


class TokenAttributionDisplay:
    """Tokens that speak most for a class, and against it.

    Create it with `from_estimator`.

    Parameters
    ----------
    attribution : TokenAttribution
        What `explain` gives for one text.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        Its figure.
    bars_ : matplotlib BarContainer
        A bar for each token, the one that counts most first.

    See Also
    --------
    explain : The attributions themselves; in a notebook they show the whole text.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_w2v import TokenAttribution, TokenAttributionDisplay
    >>> values = np.array([1.5, -0.25])
    >>> rain = TokenAttribution("雨が降る", ["雨", "降る"], None, values, "wet", 1.25, 0.0)
    >>> display = TokenAttributionDisplay(rain).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['雨', '降る']
    """

    def __init__(self, attribution: TokenAttribution) -> None:
        self.attribution = attribution

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        text: Any,
        *,
        target: Any = None,
        method: str = "integrated_gradients",
        topn: int = 20,
        ax: Any = None,
    ) -> TokenAttributionDisplay:
        """Draw what the tokens of one text add to a class's logit.

        Parameters
        ----------
        estimator : Pipeline, search or classifier
            Fitted, as `explain` takes it.
        text : str or list of str
            One text, or its tokens where the estimator takes such.
        target : label or None, default=None
            The class; None takes that of the largest logit.
        method : {"integrated_gradients", "occlusion"}, default="integrated_gradients"
            As for `explain`.
        topn : int, default=20
            How many distinct tokens there are at most.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        TokenAttributionDisplay
            The drawn display.

        Raises
        ------
        ImportError
            matplotlib is not installed.
        TypeError, ValueError, NotImplementedError
            As `explain` raises them.
        """
        [attribution] = explain(estimator, [text], target=target, method=method)
        return cls(attribution).plot(topn=topn, ax=ax)

    def plot(self, *, topn: int = 20, ax: Any = None) -> TokenAttributionDisplay:
        """Draw a bar for each distinct token: the sum of its occurrences' values.

        Parameters
        ----------
        topn : int, default=20
            How many distinct tokens there are at most.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        TokenAttributionDisplay
            The display itself.

        Raises
        ------
        ValueError
            `topn` is not a whole number from 1.
        """
        validate_parameter_constraints(
            {"topn": [Interval(Integral, 1, None, closed="left")]},
            {"topn": topn},
            "TokenAttributionDisplay",
        )
        shown = self.attribution
        top = shown.top(topn)
        axis = translate("added to the logit")
        plt = require_matplotlib([axis, *(token for token, _ in top), str(shown.target)])
        if ax is None:
            height = 1.4 + 0.26 * max(len(top), 1)
            _, ax = plt.subplots(figsize=(6, height), layout="constrained")
        values = [value for _, value in top]
        colors = ["#{:02x}{:02x}{:02x}".format(*(FOR if v > 0 else AGAINST)) for v in values]
        self.bars_ = ax.barh(range(len(top)), values, color=colors)
        counts = [shown.tokens.count(token) for token, _ in top]
        ax.set_yticks(range(len(top)), [_name(*pair) for pair in zip(top, counts, strict=True)])
        ax.invert_yaxis()
        ax.axvline(0, color="0.4", lw=0.8)
        ax.set_xlabel(axis)
        ax.set_title(
            translate(
                "{name}: {score:.2f} (without tokens {baseline:.2f})",
                name=label(str(shown.target)),
                score=shown.score,
                baseline=shown.baseline_score,
            )
        )
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _name(pair: tuple[str, float], count: int) -> str:
    name = label(pair[0])
    return name if count == 1 else f"{name} ×{count}"
