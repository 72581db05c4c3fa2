"""An LSTM layer that is faster on a CPU than Keras' own, and equal to it."""

from __future__ import annotations

from typing import Any

from .backend import keras, on_cpu
from .distinct_words import distinct_words

_CLOSED = -1e4  # the input gate of a step that must leave no trace: its sigmoid is 0


@keras.saving.register_keras_serializable("sklearn_w2v")
class ProjectedLSTM(keras.layers.LSTM):
    """``keras.layers.LSTM`` whose inputs are projected in one product for all steps.

    Only the recurrence is left in the loop, and its gradient is written out, as in cuDNN.
    Where that is not to be had (another backend, a GPU, whose cuDNN is faster still,
    dropout within the layer, an initial state or a state that is asked for), it is Keras'
    layer.

    Parameters
    ----------
    units : int
        Size of the state.
    right_padded : bool, default=False
        A promise that masks are True up to some step and False after it, which saves putting
        the steps in such an order first.
    **kwargs : dict
        As for ``keras.layers.LSTM``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_w2v.networks.projected_lstm import ProjectedLSTM
    >>> ProjectedLSTM(4, return_sequences=True)(np.ones((2, 3, 5), "float32")).shape
    TensorShape([2, 3, 4])
    """

    def __init__(self, units: int, right_padded: bool = False, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.right_padded = right_padded

    def get_config(self) -> dict[str, Any]:
        """Return the configuration from which the layer is built again."""
        return {**super().get_config(), "right_padded": self.right_padded}

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False
    ) -> Any:
        """Return the outputs of the layer, as ``keras.layers.LSTM`` gives them."""
        if initial_state is not None or not self._is_plain() or not on_cpu():
            return super().call(
                sequences, initial_state=initial_state, mask=mask, training=training
            )
        if isinstance(mask, list | tuple):
            mask = mask[0]
        return self._run(sequences, mask, training)

    def _is_plain(self) -> bool:
        cell = self.cell
        functions = (cell.activation.__name__, cell.recurrent_activation.__name__)
        return (
            functions == ("tanh", "sigmoid")
            and not (cell.dropout or cell.recurrent_dropout)
            and not (self.return_state or self.stateful or self.unroll)
            and self.compute_dtype == "float32"
        )

    def _run(self, sequences: Any, mask: Any, training: bool) -> Any:
        import tensorflow as tf

        from .recurrence import recurrence

        reverse = self.go_backwards
        there = before = None
        if mask is not None:
            there = tf.cast(mask, tf.bool)
            if not self.right_padded:
                sequences, before, there = _in_order(tf.convert_to_tensor(sequences), there)
        z = self._projected(sequences)
        upright = None if there is None else tf.transpose(there)[:, :, None]
        if upright is not None and reverse:
            gate = tf.where(upright, z[:, :, : self.units], _CLOSED)
            z = tf.concat([gate, z[:, :, self.units :]], axis=2)
        recurrent = tf.convert_to_tensor(self.cell.recurrent_kernel)
        states = recurrence(z, recurrent, reverse, training)
        if not self.return_sequences:
            return states[0] if reverse else _last(states, there)
        zeros = self.zero_output_for_mask
        if upright is not None and not reverse:  # after its end, a document keeps its state
            states = tf.where(upright, states, 0.0 if zeros else _last(states, there)[None])
        if before is not None:
            states = _out_of_order(states, mask, before, reverse)
            if zeros:
                states = tf.where(tf.transpose(mask)[:, :, None], states, 0.0)
        return tf.transpose(tf.reverse(states, [0]) if reverse else states, [1, 0, 2])

    def _projected(self, sequences: Any) -> Any:
        """Return what each word adds to the gates: (steps, batch, 4 * units)."""
        import tensorflow as tf

        words = distinct_words(sequences)
        if words is not None:
            return tf.gather(self._product(words.rows), tf.transpose(words.places))
        inputs = tf.convert_to_tensor(sequences, tf.float32)
        batch, steps, size = tf.unstack(tf.shape(inputs))
        rows = tf.reshape(tf.transpose(inputs, [1, 0, 2]), [-1, inputs.shape[2] or size])
        return tf.reshape(self._product(rows), [steps, batch, 4 * self.units])

    def _product(self, rows: Any) -> Any:
        import tensorflow as tf

        z = tf.matmul(rows, tf.convert_to_tensor(self.cell.kernel))
        if self.cell.use_bias:
            z = tf.nn.bias_add(z, tf.convert_to_tensor(self.cell.bias))
        return z


def _last(states: Any, there: Any) -> Any:
    """Return the state after the last word of each document; zeros where it has no word."""
    import tensorflow as tf

    if there is None:
        return states[-1]
    lengths = tf.reduce_sum(tf.cast(there, tf.int32), axis=1)
    places = tf.stack([tf.maximum(lengths - 1, 0), tf.range(tf.shape(lengths)[0])], axis=1)
    return tf.where(lengths[:, None] > 0, tf.gather_nd(states, places), 0.0)


def _in_order(inputs: Any, there: Any) -> Any:
    """Return inputs with all masked steps at the end, counts of steps up to each, and the mask."""
    import tensorflow as tf

    number = tf.cast(there, tf.int32)
    order = tf.argsort(1 - number, axis=1, stable=True)
    before = tf.cumsum(number, axis=1)
    steps = tf.range(tf.shape(there)[1])[None]
    return tf.gather(inputs, order, batch_dims=1), before, steps < before[:, -1:]


def _out_of_order(states: Any, mask: Any, before: Any, reverse: bool) -> Any:
    """Return states at the steps of the mask; a masked step has its predecessor's."""
    import tensorflow as tf

    # the next step of the document that is not masked, or the one before
    places = before - tf.cast(mask, tf.int32) if reverse else tf.maximum(before - 1, 0)
    columns = tf.tile(tf.range(tf.shape(places)[0])[:, None], [1, tf.shape(places)[1]])
    found = tf.gather_nd(states, tf.transpose(tf.stack([places, columns], axis=2), [1, 0, 2]))
    if reverse:
        return found
    return tf.where(tf.transpose(before)[:, :, None] > 0, found, 0.0)
