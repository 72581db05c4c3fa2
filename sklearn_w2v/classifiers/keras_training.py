"""A classifier's network is built and trained: what a classifier needs of Keras."""

from __future__ import annotations

from typing import Any

from .scikeras_adapter import fresh_callbacks, new_optimizer

# isort: split
import numpy as np
from numpy.typing import NDArray

from ..networks.backend import keras
from ..networks.batches import Batches
from ..networks.design import NetworkWeights
from ..networks.inference import Inference
from ..networks.memory import trim_memory
from ..networks.network import Network
from ..networks.training_loop import run_epochs
from ..vectors.word_vectors import WordVectors
from .training_set import TrainingSet


def build_network(network: NetworkWeights | Inference, vectors: WordVectors | None) -> Network:
    """Return a network in Keras, from what is pickled of it or predicts with it."""
    weights = network if isinstance(network, NetworkWeights) else network.weights()
    return Network.from_weights(weights, vectors)


def stop_early(patience: int) -> Any:
    """Return a callback that stops when the loss does not fall, and goes back to its least."""
    return keras.callbacks.EarlyStopping(
        monitor="val_loss", patience=patience, restore_best_weights=True
    )


def train_network(
    network: Network,
    train: TrainingSet,
    val: TrainingSet | None,
    only: NDArray[np.int64] | None,
    batch_size: int,
    epochs: int,
    callbacks: list[Any],
    verbose: int,
    random: np.random.Generator,
) -> dict[str, list[float]]:
    """Train a compiled network for some epochs.

    Parameters
    ----------
    network : Network
        Compiled.
    train : TrainingSet
        Documents to train on.
    val : TrainingSet or None
        Documents to validate on.
    only : ndarray of int or None
        Those of `train` that are trained on; None means all.
    batch_size, epochs : int
    callbacks : list of keras.callbacks.Callback
    verbose : int
    random : numpy.random.Generator
        Where the order of documents comes from.

    Returns
    -------
    dict of str to list of float
        Loss and metrics after each epoch.
    """
    output, n_classes = network.design.output, network.design.architecture.n_classes

    def batches(part: TrainingSet, order: Any = None, only: Any = None) -> Batches:
        y, find = output.targets(part.y, n_classes), network.table.rows.rows
        return Batches(part.ids, part.lengths, y, part.weights, batch_size, order, find, only)

    try:
        return run_epochs(
            network.model,
            batches(train, random, only),
            None if val is None else batches(val),
            epochs,
            callbacks,
            verbose,
            network.steps(),
        )
    finally:
        trim_memory()


__all__ = ["build_network", "fresh_callbacks", "new_optimizer", "stop_early", "train_network"]
