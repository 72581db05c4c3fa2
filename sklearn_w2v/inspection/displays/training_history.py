"""TrainingHistoryDisplay: loss and accuracy after each epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...utils.estimators import steps_of
from ...utils.language import translate
from ..metric_names import metric_name
from .fonts import require_matplotlib


class TrainingHistoryDisplay:
    """Loss and accuracy after each epoch.

    Create it with `from_estimator`.

    Parameters
    ----------
    history : mapping of str to sequence of float
        ``history_`` of a fitted classifier.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        Its figure.
    lines_ : dict of str to matplotlib Line2D
        The curves.

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : Which classes are taken for which.

    Examples
    --------
    >>> from sklearn_w2v import TrainingHistoryDisplay
    >>> display = TrainingHistoryDisplay({"accuracy": [0.5, 0.75, 1.0]}).plot()
    >>> sorted(display.lines_)
    ['accuracy']
    """

    def __init__(self, history: Mapping[str, Sequence[float]]) -> None:
        self.history = history

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, metrics: Sequence[str] | str | None = None, ax: Any = None
    ) -> TrainingHistoryDisplay:
        """Draw the history of a fitted classifier.

        Parameters
        ----------
        estimator : W2VLSTMClassifier, W2VCNNClassifier, Pipeline or search
            The fitted classifier, a pipeline that ends in it, or a search over one.
        metrics : str, sequence of str or None, default=None
            Keys of ``history_``; None draws the accuracies, and the validation's where
            there are some.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        TrainingHistoryDisplay
            The drawn display.

        Raises
        ------
        ImportError
            matplotlib is not installed.
        TypeError
            The estimator keeps no history.
        """
        last = steps_of(estimator)[-1]
        history = getattr(last, "history_", None)
        if not isinstance(history, Mapping):
            raise TypeError(
                f"Got {type(last).__name__}, which has no history_, but expected a "
                "W2VLSTMClassifier or a pipeline that ends in one."
            )
        return cls(history).plot(metrics=metrics, ax=ax)

    def plot(
        self, *, metrics: Sequence[str] | str | None = None, ax: Any = None
    ) -> TrainingHistoryDisplay:
        """Draw the curves.

        Parameters
        ----------
        metrics : str, sequence of str or None, default=None
            Keys of the history; None draws the accuracies.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        TrainingHistoryDisplay
            The display itself.

        Raises
        ------
        ValueError
            A metric is not in the history.
        """
        if isinstance(metrics, str):
            metrics = [metrics]
        chosen = metrics or [m for m in ("accuracy", "val_accuracy") if m in self.history]
        unknown = [metric for metric in chosen if metric not in self.history]
        if unknown:
            raise ValueError(f"Got metrics={unknown} but the history has {sorted(self.history)}.")
        epoch, value = translate("epoch"), translate("value")
        plt = require_matplotlib([epoch])
        if ax is None:
            _, ax = plt.subplots()
        self.lines_ = {}
        for metric in chosen:
            values = self.history[metric]
            (self.lines_[metric],) = ax.plot(
                range(1, len(values) + 1),
                values,
                marker="o",
                markersize=3,
                label=metric_name(metric),
            )
        ax.set(xlabel=epoch, ylabel=value)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self


__all__ = ["TrainingHistoryDisplay", "require_matplotlib"]
