"""ProjectedLSTM equals keras.layers.LSTM."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_w2v.networks.backend import keras, on_cpu
from sklearn_w2v.networks.projected_lstm import ProjectedLSTM

pytestmark = pytest.mark.skipif(not on_cpu(), reason="the layer's own path needs a CPU")

STEPS, DIM, UNITS = 9, 5, 4
RANDOM = np.random.default_rng(0)
MASKS = {
    "none": None,
    "right": np.arange(STEPS) < np.array([9, 1, 4, 0, 8])[:, None],
    "left": np.arange(STEPS) >= np.array([0, 8, 4, 9, 1])[:, None],
    "any": RANDOM.random((5, STEPS)) < 0.5,
}


def layers(**params):
    """Keras' layer and ours with the same weights."""
    theirs = keras.layers.LSTM(UNITS, **params)
    ours = ProjectedLSTM(UNITS, **params)
    for layer in (theirs, ours):
        layer.build((None, None, DIM))
    random = np.random.default_rng(1)
    weights = [random.normal(size=w.shape).astype("float32") for w in theirs.get_weights()]
    theirs.set_weights(weights)
    ours.set_weights(weights)
    return theirs, ours


@pytest.fixture
def own_runs(monkeypatch):
    """Numbers of runs of the layer's own path."""
    runs = []
    own = ProjectedLSTM._run
    monkeypatch.setattr(
        ProjectedLSTM, "_run", lambda self, *args: runs.append(1) or own(self, *args)
    )
    return runs


def run(layer, inputs, mask, eager=True, training=True):
    """Outputs, and gradients of a weighted sum of them."""
    import tensorflow as tf

    x = tf.constant(inputs)

    def both():
        with tf.GradientTape() as tape:
            tape.watch(x)
            out = layer(x, mask=None if mask is None else tf.constant(mask), training=training)
            factors = tf.reshape(tf.sin(tf.range(tf.size(out), dtype=tf.float32)), tf.shape(out))
            total = tf.reduce_sum(out * factors)
        sources = [x, *(w.value for w in layer.trainable_variables)]
        return [out, *tape.gradient(total, sources)]

    step = both if eager else tf.function(both, autograph=False)
    return [value.numpy() for value in step()]


@pytest.mark.parametrize("eager", [True, False])
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("mask", list(MASKS))
def test_outputs_and_gradients_are_those_of_keras(
    mask, return_sequences, go_backwards, use_bias, eager, own_runs
):
    theirs, ours = layers(
        return_sequences=return_sequences, go_backwards=go_backwards, use_bias=use_bias
    )
    inputs = RANDOM.normal(size=(5, STEPS, DIM)).astype("float32")
    expected, got = run(theirs, inputs, MASKS[mask]), run(ours, inputs, MASKS[mask], eager)
    assert len(own_runs) == 1
    assert len(expected) == len(got)
    for a, b in zip(expected, got, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("go_backwards", [False, True])
def test_outputs_and_gradients_without_training_are_those_of_keras(go_backwards):
    """Nothing is kept for a gradient then, which can still be had."""
    theirs, ours = layers(return_sequences=True, go_backwards=go_backwards)
    inputs = RANDOM.normal(size=(5, STEPS, DIM)).astype("float32")
    expected = run(theirs, inputs, MASKS["any"], training=False)
    got = run(ours, inputs, MASKS["any"], eager=False, training=False)
    for a, b in zip(expected, got, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("return_sequences", [False, True])
def test_a_promise_of_right_padding_changes_nothing(return_sequences, go_backwards):
    theirs, ours = layers(return_sequences=return_sequences, go_backwards=go_backwards)
    ours.right_padded = True
    inputs = RANDOM.normal(size=(5, STEPS, DIM)).astype("float32")
    expected, got = run(theirs, inputs, MASKS["right"]), run(ours, inputs, MASKS["right"])
    for a, b in zip(expected, got, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mask", list(MASKS))
@pytest.mark.parametrize("merge", ["concat", "sum"])
def test_both_directions_are_those_of_keras(mask, merge, own_runs):
    inner = layers(return_sequences=True)
    theirs, ours = (keras.layers.Bidirectional(layer, merge_mode=merge) for layer in inner)
    inputs = RANDOM.normal(size=(5, STEPS, DIM)).astype("float32")
    theirs.build(inputs.shape)
    ours.build(inputs.shape)
    ours.set_weights(theirs.get_weights())
    assert isinstance(ours.backward_layer, ProjectedLSTM)
    expected, got = run(theirs, inputs, MASKS[mask]), run(ours, inputs, MASKS[mask])
    assert len(own_runs) == 2
    for a, b in zip(expected, got, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "params",
    [{"activation": "relu"}, {"recurrent_activation": "hard_sigmoid"}, {"return_state": True}],
)
def test_what_it_has_no_path_for_is_keras(params, own_runs):
    theirs, ours = layers(**params)
    inputs = RANDOM.normal(size=(2, STEPS, DIM)).astype("float32")
    for a, b in zip(
        keras.tree.flatten(theirs(inputs)), keras.tree.flatten(ours(inputs)), strict=True
    ):
        np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-6)
    assert not own_runs


def test_an_initial_state_counts():
    theirs, ours = layers()
    inputs = RANDOM.normal(size=(2, STEPS, DIM)).astype("float32")
    state = [np.full((2, UNITS), value, "float32") for value in (0.5, -0.5)]
    np.testing.assert_allclose(
        ours(inputs, initial_state=state), theirs(inputs, initial_state=state), atol=1e-6
    )


def test_dropout_within_the_layer_drops():
    layer = ProjectedLSTM(UNITS, dropout=0.5, seed=0)
    inputs = np.ones((1, STEPS, DIM), "float32")
    first, second = (np.asarray(layer(inputs, training=True)) for _ in range(2))
    assert not np.allclose(first, second)


def test_it_is_saved_and_loaded(tmp_path):
    inputs = keras.Input((None, DIM))
    encoder = keras.layers.Bidirectional(ProjectedLSTM(UNITS, right_padded=True))
    model = keras.Model(inputs, encoder(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    x = RANDOM.normal(size=(3, STEPS, DIM)).astype("float32")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    assert loaded.layers[1].forward_layer.right_padded


def test_steps_and_documents_may_be_of_any_number_in_one_graph():
    import tensorflow as tf

    _, ours = layers(return_sequences=True)
    function = tf.function(
        lambda x: ours(x), input_signature=[tf.TensorSpec([None, None, DIM], tf.float32)]
    )
    for shape in ((2, 3), (5, 7), (1, 1)):
        x = RANDOM.normal(size=(*shape, DIM)).astype("float32")
        np.testing.assert_allclose(function(x), ours(x), atol=1e-6)
