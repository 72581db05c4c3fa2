"""A callback that judges the network after each epoch by what it adds to the linear branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..networks.backend import keras
from .weigher import Logits, Weigher

_PROGRESS = 1e-4  # nats a document; less than that is not worth a further epoch


class HeldOut(keras.callbacks.Callback):
    """Keep the weights with which linear branch and network together lose least.

    Training stops when that gets no better. It ends with the weights that were weighed:
    another training, on all documents, would be another network, whose worth nobody has
    measured. What counts is the network's progress, not whether it beats the linear branch
    yet: on short texts it does so late.

    Parameters
    ----------
    logits : callable
        Gives the network's logits of the held-out documents.
    weigher : Weigher
        Of the same documents.
    branch : ndarray of shape (n_documents, n_classes)
        Decisions of the linear branch about them.
    patience : int
        Epochs without improvement before training stops.
    """

    def __init__(
        self, logits: Callable[[], Logits], weigher: Weigher, branch: Logits, patience: int
    ) -> None:
        super().__init__()
        self._logits, self._weigher, self._branch = logits, weigher, branch
        self._patience = patience
        self._least = np.inf  # loss of the best weights
        self._reached, self._last = np.inf, 0  # the last one that was progress, and its epoch
        self._best: list[NDArray[Any]] | None = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Weigh the network as it is now."""
        network = self._logits()
        loss = np.inf  # where training diverged
        if np.isfinite(network).all():
            loss = self._weigher.weigh(self._branch, network).loss
        if loss < self._least:
            self._least, self._best = loss, self.model.get_weights()
        if loss < self._reached - _PROGRESS:
            self._reached, self._last = loss, epoch
        elif epoch - self._last >= self._patience:
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        """Restore the best weights."""
        if self._best is not None:
            self.model.set_weights(self._best)
            self._best = None
