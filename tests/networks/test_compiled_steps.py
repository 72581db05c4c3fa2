"""Shared compiled steps equal those of Keras."""

from __future__ import annotations

import gc
import pickle
import tempfile
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_w2v import TokenIds, W2VLSTMClassifier, WordVectors, explain
from sklearn_w2v.networks import compiled_steps, keras_internals, memory
from sklearn_w2v.networks.backend import on_cpu
from sklearn_w2v.networks.batches import Batches
from sklearn_w2v.networks.cnn import CNN
from sklearn_w2v.networks.design import Design
from sklearn_w2v.networks.embedding_table import RowMap, Table, padded_size
from sklearn_w2v.networks.layers import hold_constraints
from sklearn_w2v.networks.lstm import LSTM
from sklearn_w2v.networks.network import Network, SharedSteps
from sklearn_w2v.networks.optimizer_rules import OptimizerRule, is_that_of_keras
from sklearn_w2v.networks.output import Output
from sklearn_w2v.networks.training_loop import KerasSteps, run_epochs

pytestmark = pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="the steps are TensorFlow's"
)

RECURRENT = LSTM(
    dim=3, n_classes=4, units=5, hidden=6, bidirectional=True, pooling="max", dropout=0.0, seed=0
)
WINDOWS = CNN(
    dim=3,
    n_classes=4,
    filters=5,
    kernel_sizes=(1, 2),
    hidden=None,
    dropout=0.0,
    max_norm=0.5,
    seed=0,
)
WORDS = 40
OUTPUTS = {
    "softmax": Output("softmax"),
    "sigmoid": Output("sigmoid"),
    "multilabel": Output("sigmoid", multilabel=True),
}
OPTIMIZERS = {
    # a large epsilon, as else noise in gradients near zero comes to whole steps
    "adam": lambda: keras.optimizers.Adam(0.02, epsilon=0.01),
    "adam-clipnorm": lambda: keras.optimizers.Adam(0.02, beta_1=0.8, epsilon=0.01, clipnorm=0.1),
    "sgd": lambda: keras.optimizers.SGD(0.5),
    "sgd-global": lambda: keras.optimizers.SGD(0.5, global_clipnorm=0.02),
    "sgd-clipvalue": lambda: keras.optimizers.SGD(0.5, clipvalue=0.001),
}


def documents(kind, n=23, shortest=1):
    random = np.random.default_rng(0)
    lengths = random.integers(shortest, 32, n)
    ids = np.where(np.arange(32) < lengths[:, None], random.integers(1, WORDS, (n, 32)), 0)
    y = random.integers(0, 4, n)
    if kind == "sigmoid":
        y = np.eye(4, dtype=np.float32)[y]
    elif kind == "multilabel":
        y = (random.random((n, 4)) < 0.4).astype(np.float32)
    weights = random.random(n).astype(np.float32)
    return ids.astype(np.int32), lengths, y, weights


def network(spec, kind, optimizer, trainable=True, double=False, shared=True):
    vectors = WordVectors(
        [f"w{i}" for i in range(WORDS)], np.random.default_rng(0).normal(size=(WORDS, 3))
    )
    table = Table(RowMap.of(np.arange(WORDS, dtype=np.int32)), vectors, None, 0, double=double)
    channels = "non-static" if trainable else "static"
    design = Design(spec, channels, OUTPUTS[kind], None)
    new = Network(design, table, shares_steps=shared)
    new.compile(optimizer())
    return new


def trained(net, kind, epochs=3, weighted=True, even=True):
    """Batches that are even have one shape, so that Keras traces them once."""
    ids, lengths, y, weights = documents(kind, 24, shortest=25) if even else documents(kind)
    data = Batches(ids, lengths, y, weights if weighted else None, 6, np.random.default_rng(0))
    history = run_epochs(net.model, data, data, epochs, [], 0, net.steps())
    return history, net.model.get_weights()


def check_equal(ours, theirs, kind, rtol=2e-3, **params):
    assert isinstance(ours.steps(), SharedSteps)
    assert isinstance(theirs.steps(), KerasSteps)
    theirs.model.run_eagerly = True  # the same numbers without a graph, which takes longer to build
    a, b = trained(ours, kind, **params), trained(theirs, kind, **params)
    assert a[0].keys() == b[0].keys()
    for name in a[0]:
        np.testing.assert_allclose(a[0][name], b[0][name], rtol=rtol, atol=1e-5)
    for mine, keras_own in zip(a[1], b[1], strict=True):
        np.testing.assert_allclose(mine, keras_own, rtol=rtol, atol=2e-4)


@pytest.mark.parametrize(
    ("spec", "kind", "double", "trainable", "weighted"),
    [
        (RECURRENT, "softmax", False, True, True),
        (RECURRENT, "multilabel", False, False, False),
        (RECURRENT, "sigmoid", True, True, False),
        (WINDOWS, "softmax", True, True, False),
        (WINDOWS, "sigmoid", False, False, True),
        (WINDOWS, "multilabel", False, True, True),
    ],
)
@pytest.mark.usefixtures("optimized_graphs")
def test_plain_gradient_descent_is_that_of_keras(spec, kind, double, trainable, weighted):
    """Without a memory of its own, an optimizer of some rows is one of all."""
    both = [
        network(spec, kind, OPTIMIZERS["sgd"], trainable, double, shared)
        for shared in (True, False)
    ]
    check_equal(*both, kind, weighted=weighted, even=False)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_optimizers_are_those_of_keras_where_each_batch_has_all_words(name, monkeypatch):
    """Then no row is left out, and lazy updates are dense ones.

    Each word comes once, as Keras clips the gradient of each of its occurrences.
    """
    whole = np.roll(np.arange(WORDS, dtype=np.int32), -1)[None]  # padding is behind
    monkeypatch.setattr(Batches, "__iter__", lambda self: iter([(whole, np.array([2]), None)] * 4))
    both = [
        network(WINDOWS, "softmax", OPTIMIZERS[name], shared=shared) for shared in (True, False)
    ]
    check_equal(*both, "softmax")


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_is_that_of_keras_for_a_frozen_table(nesterov):
    def optimizer():
        return keras.optimizers.SGD(0.2, momentum=0.8, nesterov=nesterov)

    both = [
        network(WINDOWS, "softmax", optimizer, False, shared=shared) for shared in (True, False)
    ]
    check_equal(*both, "softmax")


def test_adam_of_a_frozen_table_is_that_of_keras():
    both = [
        network(WINDOWS, "softmax", OPTIMIZERS["adam"], False, shared=shared)
        for shared in (True, False)
    ]
    check_equal(*both, "softmax")


def test_rows_that_a_batch_lacks_are_left_alone_and_so_is_their_memory():
    net = network(WINDOWS, "softmax", OPTIMIZERS["adam"])
    steps = net.steps()
    first, second = np.array([[2, 3, 3, 0]], np.int32), np.array([[4, 5, 0, 0]], np.int32)
    steps.train((first, np.array([1]), None))
    after_one = net.embedding.get_weights()[0]
    m = net.model.optimizer._momentums[0].numpy()
    assert m[[2, 3]].all()
    assert not m[[0, 1, 4, 5]].any()
    steps.train((second, np.array([1]), None))
    after_two = net.embedding.get_weights()[0]
    changed = (after_one != after_two).any(axis=1)
    assert np.flatnonzero(changed).tolist() == [4, 5]
    again = net.model.optimizer._momentums[0].numpy()
    assert np.array_equal(again[[2, 3]], m[[2, 3]])
    assert int(net.model.optimizer.iterations) == 2


def test_schedules_and_rates_that_callbacks_set_reach_the_steps():
    spec = replace(WINDOWS, max_norm=None)
    net = network(spec, "softmax", lambda: keras.optimizers.SGD(0.0))
    before = net.model.get_weights()
    trained(net, "softmax", epochs=1)
    assert all(map(np.array_equal, before, net.model.get_weights()))
    net.model.optimizer.learning_rate = 0.1
    trained(net, "softmax", epochs=1)
    assert not all(map(np.array_equal, before, net.model.get_weights()))
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([3], [0.0, 1.0])
    both = [
        network(spec, "softmax", lambda: keras.optimizers.SGD(schedule), shared=shared)
        for shared in (True, False)
    ]
    check_equal(*both, "softmax")


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.RMSprop(),
        keras.optimizers.AdamW(),
        keras.optimizers.Adam(amsgrad=True),
        keras.optimizers.Adam(weight_decay=0.1),
        keras.optimizers.SGD(use_ema=True),
        keras.optimizers.Adam(gradient_accumulation_steps=2),
    ],
    ids=lambda optimizer: type(optimizer).__name__,
)
def test_other_optimizers_are_left_to_keras(optimizer):
    assert OptimizerRule.of(optimizer) is None
    net = network(WINDOWS, "softmax", lambda: optimizer)
    assert isinstance(net.steps(), KerasSteps)
    history, _ = trained(net, "softmax", epochs=2)
    assert np.isfinite(history["loss"]).all()


class Swap(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            self.model.compile(
                keras.optimizers.SGD(0.0), keras.losses.SparseCategoricalCrossentropy()
            )


def test_an_optimizer_that_a_callback_brings_takes_over():
    net = network(WINDOWS, "softmax", OPTIMIZERS["adam"])
    ids, lengths, y, _ = documents("softmax")
    data = Batches(ids, lengths, y, None, 6, None)
    seen = []
    log = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(net.embedding.get_weights()[0])
    )
    run_epochs(net.model, data, None, 2, [Swap(), log], 0, net.steps())
    assert np.array_equal(seen[0], seen[1])


def test_dropout_draws_anew_at_each_step_and_from_the_seed():
    def losses(seed):
        spec = LSTM(3, 4, 5, 6, False, "last", 0.5, seed)
        net = network(spec, "softmax", lambda: keras.optimizers.SGD(0.0))
        steps, (ids, _, y, _) = net.steps(), documents("softmax")
        return [steps.train((ids, y, None))["loss"] for _ in range(3)]

    first = losses(0)
    assert len(set(first)) == 3
    assert losses(0) == first
    assert losses(1) != first


def data(n_words, n=40, seed=0):
    random = np.random.default_rng(seed)
    vectors = WordVectors([f"w{i}" for i in range(n_words)], random.normal(size=(n_words, 8)))
    return random.integers(2, n_words + 2, (n, 12)), random.integers(0, 3, n), vectors


def test_fits_of_one_architecture_share_their_graphs(monkeypatch):
    """Whatever their seeds, learning rates and numbers of words."""
    monkeypatch.setattr(compiled_steps, "_compiled", OrderedDict())
    clf = W2VLSTMClassifier(units=6, hidden=None, epochs=2, batch_size=16, random_state=0)
    for n_words, seed, rate in ((30, 0, 0.01), (50, 1, 0.02), (20, 2, 0.03)):
        X, y, vectors = data(n_words, seed=seed)
        clf.set_params(vectors=vectors, random_state=seed, learning_rate=rate).fit(X, y).predict(X)
    [steps] = compiled_steps._compiled.values()
    [step] = steps._steps.values()
    assert step.experimental_get_tracing_count() == 1
    clf.set_params(units=7).fit(X, y)
    assert len(compiled_steps._compiled) == 2


def test_models_of_one_architecture_do_not_disturb_each_other():
    X, y, vectors = data(30)
    params = {"vectors": vectors, "units": 6, "epochs": 3, "batch_size": 16}
    first = W2VLSTMClassifier(random_state=0, **params).fit(X, y)
    expected = first.predict_proba(X)
    W2VLSTMClassifier(random_state=1, **params).fit(X, 2 - y)
    assert np.array_equal(first.predict_proba(X), expected)
    alone = W2VLSTMClassifier(random_state=0, **params).fit(X, y)
    assert np.array_equal(alone.predict_proba(X), expected)


def test_a_search_over_many_architectures_does_not_pile_up_steps(monkeypatch):
    monkeypatch.setattr(compiled_steps, "_KEPT", 2)
    monkeypatch.setattr(compiled_steps, "_compiled", OrderedDict())
    for units in (3, 4, 5):
        architecture = LSTM(3, 4, units, 6, True, "max", 0.0, 0)
        design = Design(architecture, "non-static", Output("softmax"), None)
        compiled_steps.compiled_steps_of(design, False)
    assert [key[0].units for key in compiled_steps._compiled] == [4, 5]


# --------------------------------------------------------- other internals of Keras
def check_left_to_keras(ours, theirs):
    """Training is that of Keras then, not another one."""
    a, b = trained(ours, "softmax"), trained(theirs, "softmax")
    for name in a[0]:
        np.testing.assert_allclose(a[0][name], b[0][name], atol=1e-6)
    for mine, keras_own in zip(a[1], b[1], strict=True):
        np.testing.assert_allclose(mine, keras_own, atol=1e-6)


@pytest.fixture
def no_compiled_training(monkeypatch):
    monkeypatch.setattr(compiled_steps.CompiledSteps, "train", None)  # must not be called


def without_slots(optimizer, monkeypatch):
    optimizer.moments = optimizer._momentums
    del optimizer._momentums


def in_another_order(optimizer, monkeypatch):
    for name in ("_momentums", "_velocities", "_trainable_variables"):
        monkeypatch.setattr(optimizer, name, list(getattr(optimizer, name))[::-1])


def without_handles(optimizer, monkeypatch):
    plain = keras_internals.variable_handles
    moments = set(map(id, optimizer._momentums))

    def handles(variables):
        if moments & set(map(id, variables)):
            raise AttributeError("handle")
        return plain(variables)

    monkeypatch.setattr(keras_internals, "variable_handles", handles)


@pytest.mark.parametrize("change", [without_slots, in_another_order, without_handles])
def test_the_variables_of_an_optimizer_are_as_expected_or_left_to_keras(change, monkeypatch):
    """A release may rename, sort or hold them otherwise."""
    net = network(RECURRENT, "softmax", OPTIMIZERS["adam"])
    optimizer, variables = net.model.optimizer, net.model.trainable_variables
    optimizer.build(variables)
    slots = keras_internals.optimizer_slots(optimizer, "adam", 2, variables)
    assert [[tuple(one.shape) for one in of_one] for of_one in slots] == [
        [tuple(variable.shape)] * 2 for variable in variables
    ]
    change(optimizer, monkeypatch)
    assert keras_internals.optimizer_slots(optimizer, "adam", 2, variables) is None


@pytest.mark.usefixtures("no_compiled_training")
def test_without_the_variables_of_an_optimizer_keras_trains(monkeypatch):
    ours, theirs = (
        network(WINDOWS, "softmax", OPTIMIZERS["adam"], shared=shared) for shared in (True, False)
    )
    monkeypatch.setattr(OptimizerRule, "slots", lambda *args: None)
    check_left_to_keras(ours, theirs)


@pytest.fixture
def untried():
    is_that_of_keras.cache_clear()
    yield
    is_that_of_keras.cache_clear()


@pytest.mark.usefixtures("untried", "no_compiled_training")
@pytest.mark.parametrize("name", ["adam", "sgd", "sgd-global"])
def test_an_optimizer_with_another_formula_is_left_to_keras(name, monkeypatch):
    optimizer = OPTIMIZERS[name]()
    assert OptimizerRule.of(optimizer) is not None
    is_that_of_keras.cache_clear()
    plain = type(optimizer).update_step

    def update_step(self, gradient, variable, learning_rate):
        plain(self, gradient, variable, learning_rate * 0.9)

    monkeypatch.setattr(type(optimizer), "update_step", update_step)
    assert OptimizerRule.of(optimizer) is None
    ours, theirs = (
        network(WINDOWS, "softmax", OPTIMIZERS[name], shared=shared) for shared in (True, False)
    )
    assert isinstance(ours.steps(), KerasSteps)
    check_left_to_keras(ours, theirs)


@pytest.mark.usefixtures("no_compiled_training")
def test_variables_without_handles_are_left_to_keras(monkeypatch):
    def missing(variables):
        raise AttributeError("handle")

    theirs = network(WINDOWS, "softmax", OPTIMIZERS["adam"], shared=False)
    monkeypatch.setattr(keras_internals, "variable_handles", missing)
    ours = network(WINDOWS, "softmax", OPTIMIZERS["adam"])
    assert isinstance(ours.steps(), KerasSteps)
    check_left_to_keras(ours, theirs)


@pytest.mark.parametrize("resets", [True, False])
def test_keras_own_losses_are_those_of_one_batch(resets, monkeypatch):
    """Older releases of Keras go on with the mean over all batches so far."""
    net = network(WINDOWS, "softmax", lambda: keras.optimizers.SGD(0.0), shared=False)
    if not resets:
        for name in ("train_on_batch", "test_on_batch"):
            monkeypatch.setattr(type(net.model), name, without_reset(type(net.model), name))
    ids, _, y, _ = documents("softmax")
    steps = net.steps()
    assert isinstance(steps, KerasSteps)
    for rows in (slice(0, 10), slice(10, 14)):
        probabilities = np.asarray(net.model(ids[rows]))
        loss = -np.log(probabilities[np.arange(len(ids[rows])), y[rows]]).mean()
        right = (probabilities.argmax(axis=1) == y[rows]).mean()
        for step in (steps.train, steps.test):
            logs = step((ids[rows], y[rows], None))
            assert logs == pytest.approx({"loss": loss, "accuracy": right}, rel=1e-4)


def without_reset(cls, name):
    plain = getattr(cls, name)

    def on_batch(self, *args, **kwargs):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cls, "reset_metrics", lambda self: None)
            return plain(self, *args, **kwargs)

    return on_batch


def resident_mb():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


@pytest.mark.skipif(not on_cpu(), reason="counts this process' memory alone")
def test_memory_is_flat_over_many_fits():
    X, y, vectors = data(2_000, n=64)
    clf = W2VLSTMClassifier(vectors, units=16, epochs=2, random_state=0)
    for _ in range(10):
        clf.fit(X, y).predict(X)
    gc.collect()
    before = resident_mb()
    for _ in range(25):
        clf.fit(X, y).predict(X)
    gc.collect()
    assert resident_mb() - before < 15


@pytest.mark.skipif(not on_cpu(), reason="counts this process' memory alone")
def test_kernels_are_let_go(monkeypatch):
    from tensorflow.python.eager import context

    cleared = []
    monkeypatch.setattr(
        type(context.context()), "clear_kernel_cache", lambda self: cleared.append(self)
    )
    monkeypatch.setattr(memory, "_built", 0)
    for _ in range(2 * memory._KERNELS):
        memory.free_previous_fits(0)
    assert len(cleared) == 2


@settings(deadline=None)
@given(st.integers(1, 10**9))
def test_spare_rows_are_few_and_sizes_fewer(n):
    size = padded_size(n)
    assert n <= size <= max(64, n + n // 8 + 1)
    assert padded_size(size) == size
    assert len({padded_size(n) for n in range(1_000, 2_000)}) <= 9


def test_spare_rows_are_zeros_that_stay(monkeypatch):
    X, y, vectors = data(97)
    clf = W2VLSTMClassifier(
        vectors, units=6, hidden=None, epochs=2, optimizer="adamw", warm_start=True, random_state=0
    ).fit(X[:20], y[:20])
    table = clf._network.table
    used = len(table.rows.ids)
    assert clf.model_.get_layer("embedding").get_weights()[0].shape[0] == padded_size(used) > used
    for half in (slice(0, 20), slice(20, None)):
        clf.fit(X[half], y[half])
        table = clf._network.table
        whole = clf.model_.get_layer("embedding").get_weights()[0]
        assert not whole[len(table.rows.ids) :].any()
        assert table.values.shape == (len(table.rows.ids), 8)
        assert np.array_equal(whole[: len(table.rows.ids)], table.values)
    again = pickle.loads(pickle.dumps(clf))
    assert np.array_equal(again.predict_proba(X), clf.predict_proba(X))


# ------------------------------------------------------------- what a user may do in between
PARAMS = {"units": 6, "hidden": None, "epochs": 2, "batch_size": 16, "random_state": 0}


def test_a_table_that_was_trained_and_then_frozen_travels():
    X, y, vectors = data(30)
    clf = W2VLSTMClassifier(vectors, learning_rate=0.05, **PARAMS).fit(X, y)
    clf.set_params(train_embeddings=False, warm_start=True).fit(X, y)
    copy = pickle.loads(pickle.dumps(clf))
    assert np.array_equal(copy.predict_proba(X), clf.predict_proba(X))
    untouched = W2VLSTMClassifier(vectors, train_embeddings=False, **PARAMS).fit(X, y)
    assert untouched.__getstate__()["_network"].values is None  # the vectors have them


@pytest.mark.parametrize("trained", [True, False])
def test_weights_that_a_user_sets_reach_prediction_and_pickle(trained):
    X, y, vectors = data(30)
    clf = W2VLSTMClassifier(vectors, train_embeddings=trained, **PARAMS).fit(X, y)
    weights = [np.random.default_rng(0).normal(size=w.shape) for w in clf.model_.get_weights()]
    clf.model_.set_weights(weights)
    rows = clf._network.table.rows.rows(X.astype(np.int32))
    expected = np.asarray(clf.model_(rows))
    np.testing.assert_allclose(clf.predict_proba(X), expected, atol=1e-5)
    np.testing.assert_allclose(
        pickle.loads(pickle.dumps(clf)).predict_proba(X), expected, atol=1e-5
    )


class Watch(keras.callbacks.Callback):
    """Predicts, pickles and looks at the words while training goes on."""

    clf, X, seen = None, None, []

    def on_epoch_end(self, epoch, logs=None):
        cls = type(self)
        there = cls.clf.predict_proba(cls.X)
        copy = pickle.loads(pickle.dumps(cls.clf))
        cls.seen.append((there, copy.predict_proba(cls.X), cls.clf.word_vectors_.vectors))


def test_a_callback_sees_the_model_as_it_is():
    X, y, vectors = data(30)
    clf = W2VLSTMClassifier(vectors, callbacks=Watch, learning_rate=0.05, **PARAMS)
    Watch.clf, Watch.X, Watch.seen = clf, X, []
    clf.fit(X, y)
    assert len(Watch.seen) == 2
    for there, copied, _ in Watch.seen:
        assert np.array_equal(there, copied)
    assert not np.array_equal(Watch.seen[0][0], Watch.seen[1][0])
    assert not np.array_equal(Watch.seen[0][2], Watch.seen[1][2])
    assert np.array_equal(Watch.seen[1][0], clf.predict_proba(X))


def test_a_model_that_was_compiled_anew_is_trained_as_keras_trains_it():
    """Another loss, or a layer that is not to be trained."""
    net = network(RECURRENT, "softmax", OPTIMIZERS["sgd"])
    assert isinstance(net.steps(), SharedSteps)
    net.model.compile(net.model.optimizer, loss="kl_divergence")
    assert isinstance(net.steps(), KerasSteps)
    net = network(RECURRENT, "softmax", OPTIMIZERS["sgd"])
    net.head.get_layer("bidirectional").trainable = False
    assert isinstance(net.steps(), KerasSteps)


def freeze_table(model):
    model.get_layer("embedding").trainable = False


def freeze_output(model):
    model.get_layer("head").get_layer("output").trainable = False


def drop_nothing(model):
    next(layer for layer in model.get_layer("head").layers if hasattr(layer, "rate")).rate = 0.0


def clip(model):
    model.optimizer.clipnorm = 1e-3


@pytest.mark.parametrize("change", [freeze_table, freeze_output, drop_nothing, clip])
@pytest.mark.parametrize("when", ["on_train_begin", "on_epoch_begin"])
def test_what_a_callback_changes_before_the_first_step_counts_as_with_keras(change, when):
    class Changes(keras.callbacks.Callback):
        def set_model(self, model):
            super().set_model(model)
            setattr(self, when, lambda *_: change(model))

    spec = replace(WINDOWS, dropout=0.5, max_norm=None)
    weights = []
    for shared in (True, False):
        net = network(spec, "softmax", OPTIMIZERS["adam"], shared=shared)
        steps = net.steps()
        assert isinstance(steps, SharedSteps if shared else KerasSteps)
        ids, lengths, y, _ = documents("softmax", 24, shortest=25)
        data = Batches(ids, lengths, y, None, 6, np.random.default_rng(0))
        run_epochs(net.model, data, None, 2, [Changes()], 0, steps)
        weights.append(net.model.get_weights())
    for mine, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=2e-3, atol=2e-4)


@pytest.mark.parametrize("spec", [RECURRENT, WINDOWS])
def test_moving_averages_end_in_the_weights(spec):
    def optimizer():
        return keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5)

    net = network(spec, "softmax", optimizer)
    ids, lengths, y, _ = documents("softmax", n=6)
    run_epochs(net.model, Batches(ids, lengths, y, None, 6, None), None, 2, [], 0)
    other = network(spec, "softmax", optimizer)
    other.model.fit(ids, y, batch_size=6, epochs=2, shuffle=False, verbose=0)
    hold_constraints(other.model)  # Keras averages weights ahead of their constraint
    for mine, theirs in zip(net.model.get_weights(), other.model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-4)


def test_lazy_momentum_moves_the_rows_of_the_batch_alone():
    net = network(WINDOWS, "softmax", lambda: keras.optimizers.SGD(0.1, momentum=0.9))
    steps = net.steps()
    steps.train((np.array([[2, 3, 0, 0]], np.int32), np.array([1]), None))
    before = net.embedding.get_weights()[0]
    steps.train((np.array([[4, 5, 0, 0]], np.int32), np.array([1]), None))
    changed = (before != net.embedding.get_weights()[0]).any(axis=1)
    assert np.flatnonzero(changed).tolist() == [4, 5]


@pytest.mark.parametrize("change", [{"dropout": 0.3}, {"train_embeddings": False}, {}])
def test_a_network_that_grows_stays_what_it_is(change):
    X, y, vectors = data(30)
    clf = W2VLSTMClassifier(vectors, **PARAMS).partial_fit(X.clip(2, 15), y, classes=[0, 1, 2])
    clf.set_params(**change).partial_fit(X, y)  # with further words
    rows = clf._network.table.rows.rows(X.astype(np.int32))
    np.testing.assert_allclose(clf.predict_proba(X), np.asarray(clf.model_(rows)), atol=1e-5)


def test_other_types_of_numbers_are_left_to_keras():
    former = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy("mixed_bfloat16")
        assert (
            compiled_steps.compiled_steps_of(
                Design(RECURRENT, "non-static", Output("softmax"), None), False
            )
            is None
        )
    finally:
        keras.config.set_dtype_policy(former)


def test_settings_of_an_optimizer_do_not_pile_up_graphs(monkeypatch):
    monkeypatch.setattr(compiled_steps, "_RULES", 2)
    X, y, vectors = data(30)
    monkeypatch.setattr(compiled_steps, "_compiled", OrderedDict())
    for bound in (0.5, 0.6, 0.7):
        clf = W2VLSTMClassifier(vectors, optimizer__clipnorm=bound, **PARAMS).fit(X, y)
    [steps] = compiled_steps._compiled.values()
    assert len(steps._steps) == 2
    clf.predict(X)


def test_threads_that_ask_a_loaded_model_at_once_get_what_one_gets():
    X, y, vectors = data(30)
    clf = W2VLSTMClassifier(vectors, **PARAMS).fit(X, y)
    expected = clf.predict_proba(X)
    for _ in range(3):
        loaded = pickle.loads(pickle.dumps(clf))
        with ThreadPoolExecutor(8) as pool:
            for got in pool.map(loaded.predict_proba, [X] * 16):
                assert np.array_equal(got, expected)


def test_no_generated_file_is_left_where_a_process_may_be_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    vectors = WordVectors([f"w{number}" for number in range(20)], np.eye(20, 3))
    X = TokenIds([[2, 3], [4, 5]] * 10, vectors)
    # sizes that no other test has traced
    clf = W2VLSTMClassifier(units=7, hidden=9, epochs=1, early_stopping=True, random_state=0)
    clf.fit(X, [0, 1] * 10).predict(X)
    explain(clf, X[:1])
    assert [path.name for path in tmp_path.iterdir() if "autograph" in path.name] == []
