"""The callback that keeps the network's best epoch."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from sklearn_w2v.classifiers.held_out import HeldOut
from sklearn_w2v.classifiers.weigher import Weigher, Weighing
from sklearn_w2v.networks.output import Output

LOGITS = np.zeros((2, 2), np.float32)


class Model:
    """As much of a model as a callback sees; its weights count the epochs."""

    def __init__(self):
        self.weights, self.stop_training = [np.array(0)], False

    def get_weights(self):
        return [one.copy() for one in self.weights]

    def set_weights(self, weights):
        self.weights = weights


class Told:
    """A weigher that finds what it is told to."""

    def __init__(self, *found):
        self._found = iter(found)

    def weigh(self, *members):
        assert members[0] == "decisions"
        assert members[1] is LOGITS
        return Weighing((1.0, 1.0), np.zeros(2), next(self._found))


def run(weigher, patience, epochs, logits=lambda: LOGITS, branch="decisions"):
    """A training as the callback sees it; the number of epochs, and the weights at its end."""
    watch, model = HeldOut(logits, weigher, branch, patience), Model()
    watch.set_model(model)
    watch.on_train_begin()
    for epoch in range(epochs):
        model.weights = [np.array(epoch + 1)]
        watch.on_epoch_end(epoch)
        if model.stop_training:
            break
    watch.on_train_end()
    return epoch + 1, int(model.weights[0])


@pytest.mark.parametrize(
    ("found", "patience", "ran", "best"),
    [
        ([0.9, 0.8, 0.85, 0.7, 0.75, 0.72, 0.71], 3, 7, 4),
        ([0.9, 0.8, 0.85, 0.7, 0.75, 0.72, 0.71], 2, 6, 4),
        ([0.9, 0.8, 0.85, 0.7, 0.75, 0.72, 0.71], 1, 3, 2),
        ([0.9, 0.8, 0.7], 1, 3, 3),
        ([1.5, 0.9, 0.95], 2, 3, 2),
        ([0.9, 0.9, 0.9], 2, 3, 1),  # as good is no better
        ([0.9, 0.89998, 0.89996, 0.89994], 2, 3, 3),  # kept, but no progress
    ],
)
def test_the_best_weights_stay_and_training_stops_behind_them(found, patience, ran, best):
    assert run(Told(*found), patience, len(found)) == (ran, best)


def test_a_network_that_is_late_is_waited_for():
    """What counts is its progress, not whether it is better than the branch yet."""
    slowly = [0.70, 0.699, 0.698, 0.697, 0.60]  # the branch alone may have 0.65
    assert run(Told(*slowly), 2, 5) == (5, 5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_network_that_went_astray_is_never_the_best(bad):
    y = np.arange(40) % 2
    good = np.where(np.eye(2)[y] > 0, 0.5, -0.5)
    astray = good.copy()
    astray[7, 1] = bad
    logits = iter([good, astray, 2 * astray])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ran = run(
            Weigher(y, None, Output("softmax")), 2, 3, lambda: next(logits), np.zeros((40, 2))
        )
    assert ran == (3, 1)
