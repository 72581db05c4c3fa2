"""The recurrence of an LSTM in TensorFlow, with a gradient of its own.

Keras' loop multiplies and keeps for the gradient whatever each step needs. Here all input
projections stand outside of the loop, and its gradient multiplies the recurrent kernel once
for all steps. What the gradient needs of a step is computed while the step's values are in
the processor's cache: passes over all steps would cost more than the products.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

Tensor = Any


def recurrence(z: Tensor, kernel: Tensor, reverse: bool, training: bool) -> Any:
    """Return the states of an LSTM after each step, from zeros on.

    Parameters
    ----------
    z : tensor of shape (steps, batch, 4 * units)
        Projected inputs with the bias, gates in Keras' order: input, forget, cell, output.
    kernel : tensor of shape (units, 4 * units)
        Recurrent kernel.
    reverse : bool
        Whether the first step is the last row.
    training : bool
        Whether there will be a gradient.

    Returns
    -------
    tensor of shape (steps, batch, units)
        Hidden states, in the order of the rows of `z`.
    """
    if not training:
        return _forward(z, kernel, reverse, keep=False)[0].stack()

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(z: Tensor, kernel: Tensor) -> Any:
        arrays = _forward(z, kernel, reverse, keep=True)
        states, factors = arrays[0].stack(), arrays[1]

        def gradient(upstream: Tensor) -> Any:
            dz = _backward(upstream, factors, kernel, reverse)
            zeros = tf.zeros_like(states[:1])
            pair = [states[1:], zeros] if reverse else [zeros, states[:-1]]
            units = kernel.shape[0]
            before = tf.reshape(tf.concat(pair, axis=0), [-1, units])
            dkernel = tf.matmul(before, tf.reshape(dz, [-1, 4 * units]), transpose_a=True)
            return dz, dkernel

        return states, gradient

    return run(z, kernel)


def _array(steps: Tensor, size: int) -> Any:
    shape = [None, size]
    return tf.TensorArray(tf.float32, size=steps, element_shape=shape, clear_after_read=False)


def _forward(z: Tensor, kernel: Tensor, reverse: bool, keep: bool) -> list[Any]:
    """Return arrays of the state after each step, and with `keep` of the factors of the gradient.

    By these six, side by side, gradients of the cell come to the input, forget and cell
    gates, those of the state to the output gate and the cell, and those of the cell to the
    cell before.
    """
    steps, units = tf.shape(z)[0], kernel.shape[0]
    inputs = _array(steps, 4 * units).unstack(z)

    def step(k: Tensor, h: Tensor, c: Tensor, *arrays: Any) -> Any:
        row = steps - 1 - k if reverse else k
        i, f, g, o = tf.split(inputs.read(row) + tf.matmul(h, kernel), 4, axis=1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        new = f * c + i * g
        tanh_c = tf.tanh(new)
        values = [o * tanh_c]
        if keep:
            gates = tf.concat([i, f, o], axis=1)
            slopes = (gates - gates * gates) * tf.concat([g, c, tanh_c], axis=1)
            values.append(tf.concat([slopes, i - i * g * g, o - values[0] * tanh_c, f], axis=1))
        arrays = tuple(array.write(row, value) for array, value in zip(arrays, values, strict=True))
        return k + 1, values[0], new, *arrays

    zeros = tf.zeros([tf.shape(z)[1], units])
    arrays = [_array(steps, size) for size in ([units, 6 * units] if keep else [units])]
    return list(tf.while_loop(lambda k, *_: k < steps, step, (0, zeros, zeros, *arrays))[3:])


def _backward(upstream: Tensor, factors: Any, kernel: Tensor, reverse: bool) -> Tensor:
    """Return the gradient of the projected inputs."""
    steps, units = tf.shape(upstream)[0], kernel.shape[0]
    given = _array(steps, units).unstack(upstream)
    transposed = tf.transpose(kernel)

    def step(k: Tensor, dh: Tensor, dc: Tensor, array: Any) -> Any:
        row = k if reverse else steps - 1 - k
        dh = dh + given.read(row)
        i, f, o, g, to_c, forget = tf.split(factors.read(row), 6, axis=1)
        dc = dc + dh * to_c
        dz = tf.concat([dc * i, dc * f, dc * g, dh * o], axis=1)
        return k + 1, tf.matmul(dz, transposed), dc * forget, array.write(row, dz)

    zeros = tf.zeros([tf.shape(upstream)[1], units])
    start = (0, zeros, zeros, _array(steps, 4 * units))
    return tf.while_loop(lambda k, *_: k < steps, step, start)[-1].stack()
