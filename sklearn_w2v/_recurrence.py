"""The recurrence of an LSTM in TensorFlow, with a gradient of its own.

Keras' loop multiplies and keeps for the gradient whatever each step needs. Here all input
projections stand outside of the loop, its gradient multiplies the recurrent kernel once for
all steps, and everything but the products along the chain is computed for all steps at once.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

Tensor = Any


def recurrence(z: Tensor, kernel: Tensor, reverse: bool) -> Any:
    """States of an LSTM after each step, from zeros on.

    Parameters
    ----------
    z : tensor of shape (steps, batch, 4 * units)
        Projected inputs with the bias, gates in Keras' order: input, forget, cell, output.
    kernel : tensor of shape (units, 4 * units)
        Recurrent kernel.
    reverse : bool
        Whether the first step is the last row.

    Returns
    -------
    tensor of shape (steps, batch, units)
        Hidden states, in the order of the rows of `z`.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(z: Tensor, kernel: Tensor) -> Any:
        hs, cs, gates = _forward(z, kernel, reverse)

        def gradient(dhs: Tensor) -> Any:
            dz = _backward(dhs, cs, _ahead(cs, reverse), gates, kernel, reverse)
            units = kernel.shape[0]
            dkernel = tf.matmul(
                tf.reshape(_ahead(hs, reverse), [-1, units]),
                tf.reshape(dz, [-1, 4 * units]),
                transpose_a=True,
            )
            return dz, dkernel

        return hs, gradient

    return run(z, kernel)


def _arrays(steps: Tensor, *sizes: int) -> list[Any]:
    return [tf.TensorArray(tf.float32, size=steps, element_shape=[None, size]) for size in sizes]


def _forward(z: Tensor, kernel: Tensor, reverse: bool) -> Any:
    """States and gates after each step."""
    steps, units = tf.shape(z)[0], kernel.shape[0]
    [inputs] = _arrays(steps, 4 * units)
    inputs = inputs.unstack(z)

    def step(k: Tensor, h: Tensor, c: Tensor, hs: Any, cs: Any, gates: Any) -> Any:
        row = steps - 1 - k if reverse else k
        i, f, g, o = tf.split(inputs.read(row) + tf.matmul(h, kernel), 4, axis=1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        c = f * c + i * g
        h = o * tf.tanh(c)
        gate = tf.concat([i, f, g, o], axis=1)
        return k + 1, h, c, hs.write(row, h), cs.write(row, c), gates.write(row, gate)

    zeros = tf.zeros([tf.shape(z)[1], units])
    start = (0, zeros, zeros, *_arrays(steps, units, units, 4 * units))
    *_, hs, cs, gates = tf.while_loop(lambda k, *_: k < steps, step, start)
    return hs.stack(), cs.stack(), gates.stack()


def _ahead(states: Tensor, reverse: bool) -> Tensor:
    """State ahead of each step."""
    zeros = tf.zeros_like(states[:1])
    if reverse:
        return tf.concat([states[1:], zeros], axis=0)
    return tf.concat([zeros, states[:-1]], axis=0)


def _backward(
    dhs: Tensor, cs: Tensor, c_before: Tensor, gates: Tensor, kernel: Tensor, reverse: bool
) -> Tensor:
    """Gradient of the projected inputs."""
    steps, units = tf.shape(cs)[0], kernel.shape[0]
    i, f, g, o = tf.split(gates, 4, axis=2)
    tanh_c = tf.tanh(cs)
    # by what the gradients of c (three times) and of h come to those of the gates
    by_c = tf.concat([g * i * (1 - i), c_before * f * (1 - f), i * (1 - g * g)], axis=2)
    by_h = tf.concat([tanh_c * o * (1 - o), o * (1 - tanh_c * tanh_c), f], axis=2)
    by_c, by_h, dhs = (
        array.unstack(values)
        for array, values in zip(
            _arrays(steps, 3 * units, 3 * units, units), (by_c, by_h, dhs), strict=True
        )
    )
    transposed = tf.transpose(kernel)

    def step(k: Tensor, dh: Tensor, dc: Tensor, dzs: Any) -> Any:
        row = k if reverse else steps - 1 - k
        dh = dh + dhs.read(row)
        to_o, to_c, forget = tf.split(by_h.read(row), 3, axis=1)
        dc = dc + dh * to_c
        dz = tf.concat([by_c.read(row) * tf.tile(dc, [1, 3]), dh * to_o], axis=1)
        return k + 1, tf.matmul(dz, transposed), dc * forget, dzs.write(row, dz)

    zeros = tf.zeros([tf.shape(cs)[1], units])
    start = (0, zeros, zeros, *_arrays(steps, 4 * units))
    return tf.while_loop(lambda k, *_: k < steps, step, start)[-1].stack()
