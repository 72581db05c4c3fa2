"""Epochs of training, batch by batch."""

from __future__ import annotations

import contextlib
from typing import Any, Protocol

from ..utils.progress import report_progress
from .backend import about_to_run, expected_tracing, keras
from .batches import Batch, Batches
from .layers import hold_constraints


class Steps(Protocol):
    """What trains a model on one batch, and tests it on one."""

    def train(self, batch: Batch) -> dict[str, float]:
        """Change the weights; return loss and metrics before that."""
        ...

    def test(self, batch: Batch) -> dict[str, float]:
        """Return loss and metrics."""
        ...


class KerasSteps:
    """The steps of a compiled Keras model itself.

    Metrics are those of one batch: some releases of Keras go on with those of the batches
    before, others begin anew by themselves.
    """

    def __init__(self, model: Any) -> None:
        self._model = model

    def train(self, batch: Batch) -> dict[str, float]:
        """Take one step of the optimizer."""
        self._model.reset_metrics()
        return dict(self._model.train_on_batch(*batch, return_dict=True))

    def test(self, batch: Batch) -> dict[str, float]:
        """Return loss and metrics."""
        self._model.reset_metrics()
        return dict(self._model.test_on_batch(*batch, return_dict=True))


def run_epochs(
    model: Any,
    train: Batches,
    validation: Batches | None,
    epochs: int,
    callbacks: list[Any],
    verbose: int,
    steps: Steps | None = None,
) -> dict[str, list[float]]:
    """Train a compiled model batch by batch, as ``Model.fit`` does.

    ``Model.fit`` takes the widths of the first two batches for those of all, when they
    happen to be equal, and fails at the first other one; so the loop is our own.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    train, validation : Batches
        What to train on, and what to look at after each epoch.
    epochs : int
        Walks through `train`, unless a callback stops them.
    callbacks : list of keras.callbacks.Callback
        Called as ``Model.fit`` calls them.
    verbose : int
        0 is silent; 1 shows Keras' progress bar, 2 a line for each epoch.
    steps : Steps or None, default=None
        What trains and tests; None is the model itself.

    Returns
    -------
    dict of str to list of float
        Loss and metrics after each epoch, and what callbacks log, where it is a number.
    """
    calls = keras.callbacks.CallbackList(
        callbacks,
        add_history=True,
        add_progbar=verbose != 0,
        model=model,
        verbose=verbose,
        epochs=epochs,
        steps=len(train),
    )
    about_to_run()
    model.stop_training = False
    steps = steps or KerasSteps(model)
    logs: dict[str, float] = {}
    with expected_tracing():
        calls.on_train_begin()
        for epoch in range(epochs):
            calls.on_epoch_begin(epoch)
            mean = _Mean()
            for step, batch in enumerate(train):
                calls.on_train_batch_begin(step)
                mean.add(steps.train(batch), len(batch[0]))
                logs = mean.logs()
                calls.on_train_batch_end(step, logs)
                done, note = epoch * len(train) + step + 1, f"epoch {epoch + 1} of {epochs}"
                if report_progress("training", done, epochs * len(train), note):
                    model.stop_training = True
                if model.stop_training:
                    break
            logs = {**logs, **_validate(steps, validation, calls)}
            calls.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        if epochs:  # an optimizer with moving averages puts them in place
            model.optimizer.finalize_variable_values(model.trainable_variables)
            hold_constraints(model)  # averages are of weights before they were held
        calls.on_train_end(logs)
    return _numbers(model.history.history)


def _numbers(history: dict[str, list[Any]]) -> dict[str, list[float]]:
    out = {}
    for name, values in history.items():
        with contextlib.suppress(TypeError, ValueError):  # an array, say, for each class
            out[name] = list(map(float, values))
    return out


class _Mean:
    """Mean of the metrics of batches of different sizes."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._documents = 0

    def add(self, logs: dict[str, Any], documents: int) -> None:
        self._documents += documents
        for name, value in logs.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value) * documents

    def logs(self, prefix: str = "") -> dict[str, float]:
        return {prefix + name: value / self._documents for name, value in self._sums.items()}


def _validate(steps: Steps, validation: Batches | None, calls: Any) -> dict[str, float]:
    mean = _Mean()
    if validation is None:
        return {}
    calls.on_test_begin()
    for step, batch in enumerate(validation):
        calls.on_test_batch_begin(step)
        mean.add(steps.test(batch), len(batch[0]))
        calls.on_test_batch_end(step, mean.logs())
    calls.on_test_end(mean.logs())
    return mean.logs("val_")
