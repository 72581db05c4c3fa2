"""Loss and accuracy of a network's output, in Keras and in TensorFlow."""

from __future__ import annotations

from typing import Any

from .backend import keras
from .output import Output


def keras_loss(output: Output) -> Any:
    """Return Keras' loss of probabilities."""
    if output.activation == "softmax":
        return keras.losses.SparseCategoricalCrossentropy()
    return keras.losses.BinaryCrossentropy()


def keras_accuracy(output: Output) -> Any:
    """Return Keras' metric, which counts each label by itself where there are many."""
    if output.activation == "softmax":
        return keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    if output.multilabel:
        return keras.metrics.BinaryAccuracy(name="accuracy")
    return keras.metrics.CategoricalAccuracy(name="accuracy")


def loss_and_accuracy(output: Output, logits: Any, y: Any, sample_weight: Any) -> Any:
    """Return the mean of the documents' weighted losses and the accuracy, as Keras has them.

    Parameters
    ----------
    output : Output
    logits : tensor of shape (n_documents, n_classes), float32
    y : tensor of shape (n_documents,) or (n_documents, n_classes)
        As `targets` gives it.
    sample_weight : tensor of shape (n_documents,), float32

    Returns
    -------
    tuple of two scalar tensors
    """
    import tensorflow as tf

    if output.activation == "softmax":
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
        right = tf.cast(tf.argmax(logits, axis=1), tf.int32) == y
    else:
        losses = tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits), axis=1
        )
        right = (logits > 0) == (y > 0.5)
        if not output.multilabel:
            right = tf.argmax(logits, axis=1) == tf.argmax(y, axis=1)
    return tf.reduce_mean(losses * sample_weight), tf.reduce_mean(tf.cast(right, tf.float32))
