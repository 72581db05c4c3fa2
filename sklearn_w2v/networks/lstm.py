"""The network of `W2VLSTMClassifier`: a recurrent one, with a pooling of its states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .forward import Documents, Floats, dense, dense_gradient, share_of_maximum


@dataclass(frozen=True)
class LSTM:
    """Design, graph and forward pass of an LSTM from word vectors to logits.

    The parameters but `dim`, `n_classes` and `seed` are those of `W2VLSTMClassifier`.

    Parameters
    ----------
    dim : int
        Dimensions of the word vectors.
    n_classes : int
        Number of classes.
    units : int
    hidden : int or None
    bidirectional : bool
    pooling : {"last", "max", "mean", "attention"}
    dropout : float
    seed : int
        Seed of the first weights and of dropout.
    """

    dim: int
    n_classes: int
    units: int
    hidden: int | None
    bidirectional: bool
    pooling: str
    dropout: float
    seed: int

    def head(self) -> Any:
        """Return a new Keras model from vectors and mask to the classes' logits."""
        from . import layers
        from .backend import keras
        from .projected_lstm import ProjectedLSTM

        seeds = layers.seeds(self.seed)
        vectors, mask = layers.inputs(self.dim)
        sequence = self.pooling != "last"
        encoder: Any = ProjectedLSTM(
            self.units,
            right_padded=True,
            return_sequences=sequence,
            kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
            recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
            seed=next(seeds),
            name="lstm",
        )
        if self.bidirectional:
            # the backward copy takes its initializers from the config, seeds included
            encoder = keras.layers.Bidirectional(encoder, name="bidirectional")
        state = encoder(vectors, mask=mask)
        if sequence:
            state = layers.pool(state, mask, self.pooling, next(seeds))
        state = layers.dropout(state, self.dropout, next(seeds))
        out = layers.classifier(state, self.hidden, self.n_classes, self.dropout, seeds)
        return keras.Model([vectors, mask], out, name="head")

    def shapes(self) -> list[tuple[int, ...]]:
        """Return the shapes of the head's weights, without building it."""
        units = self.units
        one = [(self.dim, 4 * units), (units, 4 * units), (4 * units,)]
        width = 2 * units if self.bidirectional else units
        attention = [(width, 1), (1,)] if self.pooling == "attention" else []
        ends = dense_shapes(width, self.hidden, self.n_classes)
        return [*one, *(one if self.bidirectional else []), *attention, *ends]

    # ------------------------------------------------------- the same in NumPy
    def project(self, weights: list[Floats], vectors: Floats) -> Floats:
        """Return what single words add to the gates: (directions, n_words, 4 * units)."""
        directions = self._directions(weights)
        out = np.empty((len(directions), len(vectors), 4 * self.units), np.float32)
        for share, (kernel, _, bias) in zip(out, directions, strict=True):
            np.matmul(vectors, kernel, out=share)
            share += bias
        out *= _scale(self.units)
        return out

    def logits(self, weights: list[Floats], documents: Documents) -> Floats:
        """Return the logits of documents: (n_documents, n_classes)."""
        lengths = documents.lengths
        state, pooled = self._zeros(documents), self._zeros(documents)
        attends = self.pooling == "attention"
        states = np.zeros((int(lengths[0]) if attends else 0, *state.shape), np.float32)
        if self.pooling == "max":
            pooled -= 1e9
        recurrent = self._recurrent(weights) * _scale(self.units)
        for step, n_on in enumerate(_recurrence(documents, recurrent, state)):
            if self.pooling == "max":
                np.maximum(pooled[:, :n_on], state[:, :n_on], out=pooled[:, :n_on])
            elif self.pooling == "mean":
                pooled[:, :n_on] += state[:, :n_on]
            elif attends:
                states[step, :, :n_on] = state[:, :n_on]
        if self.pooling == "last":
            pooled = state
        elif self.pooling == "mean":
            pooled /= np.maximum(lengths, 1)[:, None]
        elif attends:
            states = _in_order_of_words(states, lengths)
            attention = _attention(states, lengths, *self._attention_weights(weights))
            pooled = (attention * states).sum(axis=0)
        return dense(_side_by_side(pooled), self._dense_weights(weights))

    def gradients(self, weights: list[Floats], vectors: Floats, label: int) -> Any:
        """Return logits of one class, and their gradients by the vectors (see `Architecture`)."""
        n, width, dim = vectors.shape
        words = self.project(weights, vectors.reshape(-1, dim))
        documents = Documents.alike(words, n, width)
        recurrent, state = self._recurrent(weights), self._zeros(documents)
        steps = _Steps.empty(width, state.shape)
        for step, _ in enumerate(
            _recurrence(documents, recurrent * _scale(self.units), state, steps)
        ):
            steps.states[step] = state
        pooled, by_states = self._pooled(weights, steps.states)
        logits, by_pooled = dense_gradient(
            _side_by_side(pooled), self._dense_weights(weights), label
        )
        by_pooled = by_pooled.reshape(n, len(state), -1).transpose(1, 0, 2)
        by_gates = _recurrence_gradient(by_states(by_pooled), steps, recurrent)
        kernels = [kernel for kernel, _, _ in self._directions(weights)]
        out = by_gates[:, 0] @ kernels[0].T
        for kernel in kernels[1:]:
            out += by_gates[::-1, 1] @ kernel.T
        return logits, out.transpose(1, 0, 2)

    def _pooled(self, weights: list[Floats], states: Floats) -> Any:
        """Return pooled states, and the function from their gradient to that of the states.

        Documents are of one length.
        """
        if self.pooling == "max":
            share = share_of_maximum(states, axis=0)
            return states.max(axis=0), lambda upstream: share * upstream
        if self.pooling == "mean":
            return states.mean(axis=0), lambda upstream: np.broadcast_to(
                upstream / len(states), states.shape
            )
        if self.pooling == "last":
            last = (np.arange(len(states)) == len(states) - 1)[:, None, None, None]
            return states[-1], lambda upstream: last * upstream
        lengths = np.full(states.shape[2], len(states))
        ordered = _in_order_of_words(states, lengths)
        kernel, bias = self._attention_weights(weights)
        attention = _attention(ordered, lengths, kernel, bias)
        pooled = (attention * ordered).sum(axis=0)

        def by_states(upstream: Floats) -> Floats:
            by_attention = (ordered * upstream).sum(axis=(1, 3), keepdims=True)
            mean = (attention * by_attention).sum(axis=0)
            by_scores = attention * (by_attention - mean)
            return _in_order_of_words(attention * upstream + by_scores * kernel, lengths)

        return pooled, by_states

    def _zeros(self, documents: Documents) -> Floats:
        shape = len(documents.words), len(documents.lengths), self.units
        return np.zeros(shape, np.float32)

    def _directions(self, weights: list[Floats]) -> list[list[Floats]]:
        """Return kernel, recurrent kernel and bias of each direction."""
        return [weights[:3], weights[3:6]] if self.bidirectional else [weights[:3]]

    def _recurrent(self, weights: list[Floats]) -> Floats:
        """Return the recurrent kernels: (directions, units, 4 * units)."""
        return np.stack([recurrent for _, recurrent, _ in self._directions(weights)])

    def _attention_weights(self, weights: list[Floats]) -> tuple[Floats, Floats]:
        """Return kernel, of shape (directions, 1, units), and bias of the scores."""
        kernel, bias = weights[3 * len(self._directions(weights)) :][:2]
        return kernel.reshape(-1, 1, self.units), bias

    def _dense_weights(self, weights: list[Floats]) -> list[Floats]:
        return weights[-4:] if self.hidden else weights[-2:]


def dense_shapes(width: int, hidden: int | None, n_classes: int) -> list[tuple[int, ...]]:
    """Return the shapes of the dense layers after an encoder of some width."""
    shapes: list[tuple[int, ...]] = []
    for units in [hidden, n_classes] if hidden else [n_classes]:
        shapes += [(width, units), (units,)]
        width = units
    return shapes


@dataclass(frozen=True, eq=False)  # arrays do not compare to one answer
class _Steps:
    """What the gradient needs of each step: gates, cells and states.

    They are of shape (n_steps, directions, n_documents, 4 * units or units).
    """

    gates: Floats
    cells: Floats
    states: Floats

    @classmethod
    def empty(cls, n_steps: int, shape: tuple[int, ...]) -> _Steps:
        *some, units = shape
        sizes = 4 * units, units, units
        return cls(*(np.empty((n_steps, *some, size), np.float32) for size in sizes))


def _scale(units: int) -> Floats:
    """Return 1/2 for gates with a sigmoid, 1 for the cell's: sigmoid(x) = tanh(x/2)/2 + 1/2."""
    return np.repeat(np.array([0.5, 0.5, 1, 0.5], np.float32), units)


def _recurrence(
    documents: Documents, recurrent: Floats, state: Floats, steps: _Steps | None = None
) -> Iterator[int]:
    """Change the states of documents step by step, in both directions at once.

    The backward direction starts from each document's own end; so documents of all lengths
    start together, and those that have ended are the last rows, which no step touches.

    Parameters
    ----------
    documents : Documents
    recurrent : ndarray of shape (directions, units, 4 * units), float32
        Recurrent kernels, scaled as the words are.
    state : ndarray of shape (directions, n_documents, units), float32
        Zeros; changed in place.
    steps : _Steps or None, default=None
        Takes gates and cells.

    Yields
    ------
    int
        Number of documents that the step has changed.
    """
    units, lengths = recurrent.shape[1], documents.lengths
    words = documents.words.reshape(-1, 4 * units)
    numbers = np.arange(int(lengths[0]))[:, None]
    rows = [documents.places.take(documents.starts + numbers, mode="clip")]
    if len(state) > 1:
        ends = documents.starts + lengths - 1
        backward = documents.places.take(ends - numbers, mode="clip")
        rows.append(backward + documents.words.shape[1])
    of_steps = np.stack(rows, axis=1)
    scale = _scale(units)
    shift = 1 - scale
    shift[2 * units : 3 * units] = 0
    cell, before = np.zeros_like(state), -1
    for step, n_on in enumerate((lengths > numbers).sum(axis=1).tolist()):
        if n_on != before:
            before, h, c = n_on, state[:, :n_on], cell[:, :n_on]
            gates = np.empty((*h.shape[:2], 4 * units), np.float32)
            product = np.empty_like(gates)
            i, f, g, o = np.split(gates, 4, axis=2)
        # places are right; this only spares a buffer
        words.take(of_steps[step, :, :n_on], axis=0, out=gates, mode="clip")
        if step:
            gates += np.matmul(h, recurrent, out=product)
        np.tanh(gates, out=gates)
        gates *= scale
        gates += shift
        c *= f
        c += np.multiply(i, g, out=h)
        np.tanh(c, out=h)
        h *= o
        if steps is not None:
            steps.gates[step], steps.cells[step] = gates, cell
        yield n_on


def _recurrence_gradient(upstream: Floats, steps: _Steps, recurrent: Floats) -> Floats:
    """Return the gradients by the sums that the gates are made of.

    Parameters
    ----------
    upstream : ndarray of shape (n_steps, directions, n_documents, units), float32
        Gradients by the states.
    steps : _Steps
        Of the recurrence.
    recurrent : ndarray of shape (directions, units, 4 * units), float32
        Recurrent kernels, not scaled.

    Returns
    -------
    ndarray of shape (n_steps, directions, n_documents, 4 * units), float32
    """
    out = np.empty_like(steps.gates)
    transposed = recurrent.transpose(0, 2, 1)
    by_state = by_cell = np.zeros_like(steps.cells[0])
    for step in range(len(out) - 1, -1, -1):
        i, f, g, o = np.split(steps.gates[step], 4, axis=2)
        cell = np.tanh(steps.cells[step])
        by_state = by_state + upstream[step]
        by_cell = by_cell + by_state * o * (1 - cell * cell)
        former = steps.cells[step - 1] if step else np.zeros_like(cell)
        parts = [
            by_cell * g * i * (1 - i),
            by_cell * former * f * (1 - f),
            by_cell * i * (1 - g * g),
            by_state * cell * o * (1 - o),
        ]
        by_state = np.concatenate(parts, axis=2, out=out[step]) @ transposed
        by_cell = by_cell * f
    return out


def _attention(states: Floats, lengths: Any, kernel: Floats, bias: Floats) -> Floats:
    """Return the weights of states in their mean: (n_steps, 1, n_documents, 1)."""
    scores = (states * kernel).sum(axis=(1, 3)) + bias
    scores[np.arange(len(states))[:, None] >= lengths] = -1e9
    weights = np.exp(scores - scores.max(axis=0, initial=-1e9))
    weights /= weights.sum(axis=0)
    return np.asarray(weights[:, None, :, None])


def _in_order_of_words(states: Floats, lengths: Any) -> Floats:
    """Return states of steps by their words; of the backward direction, the other way round.

    It is its own inverse.
    """
    if states.shape[1] == 1 or not len(states):
        return states
    steps = np.maximum(lengths - 1 - np.arange(len(states))[:, None], 0)
    backward = states[steps, 1, np.arange(len(lengths))]
    return np.stack([states[:, 0], backward], axis=1)


def _side_by_side(pooled: Floats) -> Floats:
    """Return what the directions pooled in one row for each document."""
    return np.concatenate(list(pooled), axis=1)
