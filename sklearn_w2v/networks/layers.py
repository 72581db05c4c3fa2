"""Parts of the Keras graphs, in Keras 3's own layers and ops."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .backend import keras


def embedding_layer(
    table: NDArray[np.float32], trainable: bool, mask_zero: bool = False, name: str = "embedding"
) -> Any:
    """Return an embedding layer that holds a table.

    The weights are set after building: a table in the config (as an initializer) would
    make every model that holds it impossible to load again.
    """
    rows, dim = table.shape
    layer = keras.layers.Embedding(
        rows,
        dim,
        embeddings_initializer="zeros",
        mask_zero=mask_zero,
        trainable=trainable,
        name=name,
    )
    layer.build(None)
    layer.set_weights([table])
    return layer


def seeds(first: int) -> Iterator[int]:
    """Return the seeds of a graph's layers, one after the other."""
    return itertools.count(first % (1 << 30))


def inputs(dim: int) -> tuple[Any, Any]:
    """Return the inputs of a head: word vectors, and a mask that is True where there are words."""
    vectors = keras.Input((None, dim), dtype="float32", name="vectors")
    return vectors, keras.Input((None,), dtype="bool", name="mask")


def dense(units: int, activation: str, name: str, seed: int, max_norm: float | None = None) -> Any:
    """Return a dense layer, the weights of whose units may be bounded in their norm."""
    # one column of the kernel is the weight vector of one unit
    bound = None if max_norm is None else keras.constraints.MaxNorm(max_norm, axis=0)
    return keras.layers.Dense(
        units,
        activation=activation,
        kernel_initializer=keras.initializers.GlorotUniform(seed),
        kernel_constraint=bound,
        name=name,
    )


def dropout(state: Any, rate: float, seed: int) -> Any:
    """Drop a share of units in training; a rate of 0 leaves the layer out."""
    return keras.layers.Dropout(rate, seed=seed)(state) if rate else state


def classifier(
    state: Any,
    hidden: int | None,
    n_classes: int,
    rate: float,
    seeds: Iterator[int],
    max_norm: float | None = None,
) -> Any:
    """Add what every network ends with: a hidden layer with dropout, and the logits.

    Parameters
    ----------
    state : keras.KerasTensor
        One vector for each document.
    hidden : int or None
        Units of the hidden layer; None leaves it out.
    n_classes : int
        Number of logits.
    rate : float
        Share of hidden units that training drops.
    seeds : iterator of int
        Seeds of the layers.
    max_norm : float or None, default=None
        Largest norm of the weights of each logit.
    """
    if hidden:
        state = dense(hidden, "relu", "hidden", next(seeds))(state)
        state = dropout(state, rate, next(seeds))
    return dense(n_classes, "linear", "output", next(seeds), max_norm)(state)


def feature_map(vectors: Any, mask: Any, filters: int, size: int, seed: int, name: str) -> Any:
    """Return the largest answer of each filter to any window of a document.

    Windows reach over both ends by all but one word, as in Kim's own code; so documents
    shorter than a window have windows, too. Windows of nothing but padding do not count.
    """
    ops = keras.ops
    words = vectors * ops.expand_dims(ops.cast(mask, "float32"), -1)
    around = size - 1
    words = ops.pad(words, [[0, 0], [around, around], [0, 0]])
    there = ops.pad(mask, [[0, 0], [around, 0]], constant_values=True)
    answers = keras.layers.Conv1D(
        filters,
        size,
        activation="relu",
        data_format="channels_last",  # whatever keras.json says of images
        kernel_initializer=keras.initializers.GlorotUniform(seed),
        name=name,
    )(words)
    # relu makes 0 the least that a window can answer
    return ops.max(answers * ops.expand_dims(ops.cast(there, "float32"), -1), axis=1)


def pool(sequence: Any, mask: Any, how: str, seed: int) -> Any:
    """Return one vector for each sequence of states, without its padding."""
    ops = keras.ops
    there = ops.expand_dims(mask, -1)
    if how == "max":
        return ops.max(ops.where(there, sequence, -1e9), axis=1)
    if how == "mean":
        weights = ops.cast(there, "float32")
        total = ops.sum(sequence * weights, axis=1)
        return total / ops.maximum(ops.sum(weights, axis=1), 1.0)
    scores = dense(1, "linear", "attention", seed)(sequence)
    weights = ops.softmax(ops.where(there, scores, -1e9), axis=1)
    return ops.sum(sequence * weights, axis=1)


def hold_constraints(model: Any) -> None:
    """Bring weights within the constraints that a training step would hold them to."""
    for variable in model.trainable_variables:
        if variable.constraint is not None:
            within = variable.constraint(variable.value)
            if keras.ops.any(keras.ops.abs(variable.value - within) > 1e-6):
                variable.assign(within)


def full_model(head: Any, embeddings: Sequence[Any], output: str) -> Any:
    """Return the model from rows of the tables to class probabilities.

    Parameters
    ----------
    head : keras.Model
        From vectors and mask to logits.
    embeddings : sequence of keras.layers.Embedding
        Channels, which are added. A filter that is applied to two channels and the results
        added (Kim 2014, section 2.1) is the filter applied to their sum.
    output : {"softmax", "sigmoid"}
        What makes probabilities of logits.
    """
    ids = keras.Input((None,), dtype="int32", name="ids")
    vectors = embeddings[0](ids)
    for more in embeddings[1:]:
        vectors = vectors + more(ids)
    logits = head([vectors, keras.ops.not_equal(ids, 0)])
    return keras.Model(ids, keras.layers.Activation(output, name="probabilities")(logits))
