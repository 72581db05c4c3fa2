"""What the linear branch and the network are worth, and the folds that say so."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_w2v.classifiers.blend import (
    SMALL,
    Blend,
    HeldOut,
    LinearFolds,
    Weigher,
    inner_folds,
)
from sklearn_w2v.classifiers.linear_branch import Features, LinearBranch
from sklearn_w2v.classifiers.training_set import TrainingSet
from sklearn_w2v.networks.output import Output

N, K = 200, 3
DRAW = np.random.default_rng(0)
Y = DRAW.integers(0, K, N)
MANY = (DRAW.random((N, K)) < 0.4).astype(np.float32)


def logits_about(y, strength, seed, noise=1.0):
    """Logits that are right as far as they are strong."""
    there = y if y.ndim == 2 else np.eye(K)[y]
    draw = np.random.default_rng(seed)
    out = strength * (2 * there - 1) + noise * draw.normal(size=there.shape)
    return out.astype(np.float32)


targets = pytest.mark.parametrize(
    ("y", "activation"),
    [(Y, "softmax"), (Y, "sigmoid"), (MANY, "sigmoid")],
    ids=["softmax", "sigmoid", "many-labels"],
)


# ------------------------------------------------------------------------------ Weigher
@targets
@pytest.mark.parametrize("weighted", [False, True])
def test_factors_are_those_of_a_grid(y, activation, weighted):
    linear, network = logits_about(y, 0.3, 1, 0.3), logits_about(y, 1.0, 2)
    weights = np.random.default_rng(3).uniform(0.1, 3, N) if weighted else None
    weigher = Weigher(linear, y, weights, Output(activation))

    def mean(scale, weight):
        return np.average(
            Output(activation).losses(scale * linear + weight * network, y), weights=weights
        )

    alone = min(mean(scale, 0) for scale in np.linspace(0.05, 15, 300))
    assert weigher.loss == pytest.approx(alone, abs=1e-4)
    assert weigher.loss == pytest.approx(mean(weigher.scale, 0))
    best = min(
        (mean(scale, weight), scale, weight)
        for scale in np.linspace(0.05, 8, 60)
        for weight in np.linspace(0, 2, 61)
    )
    loss, scale, weight = weigher.weigh(network)
    assert loss <= best[0] + 1e-5
    assert (scale, weight) == pytest.approx(best[1:], abs=0.15)
    assert loss == pytest.approx(mean(scale, weight))
    assert loss < weigher.loss
    assert weight > 0


@targets
@pytest.mark.parametrize("seed", range(5))
def test_a_network_that_knows_nothing_counts_nothing(y, activation, seed):
    weigher = Weigher(logits_about(y, 0.5, 1, 0.5), y, None, Output(activation))
    noise = np.random.default_rng(seed).normal(size=(N, K)).astype(np.float32)
    assert weigher.weigh(noise) == (weigher.loss, weigher.scale, 0.0)
    assert weigher.weigh(-logits_about(y, 3.0, seed)) == (weigher.loss, weigher.scale, 0.0)


def test_a_network_that_says_the_same_counts_nothing():
    linear = logits_about(Y, 0.5, 1, 0.5)
    weigher = Weigher(linear, Y, None, Output("softmax"))
    assert weigher.weigh(2 * linear)[2] == 0
    assert weigher.weigh(np.zeros_like(linear))[2] == 0


def test_a_gain_within_three_standard_errors_is_none():
    """The same gain of each document counts once there are enough of them."""
    linear, network = logits_about(Y, 0.5, 1), logits_about(Y, 0.35, 2)
    few = Weigher(linear[:30], Y[:30], None, Output("softmax"))
    many = Weigher(linear, Y, None, Output("softmax"))
    assert few.weigh(network[:30])[2] == 0
    assert many.weigh(network)[2] > 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_network_that_went_astray_counts_nothing_and_says_nothing(bad):
    weigher = Weigher(logits_about(Y, 0.5, 1), Y, None, Output("softmax"))
    network = logits_about(Y, 2.0, 2)
    network[7, 1] = bad
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert weigher.weigh(network) == (weigher.loss, weigher.scale, 0.0)


def test_one_document_proves_nothing():
    linear, network = logits_about(Y, 0.1, 1), logits_about(Y, 3.0, 2)
    weigher = Weigher(linear[:1], Y[:1], None, Output("softmax"))
    assert weigher.weigh(network[:1])[2] == 0


def test_weights_say_which_documents_matter():
    linear, network = np.zeros((N, K), np.float32), logits_about(Y, 2.0, 2)
    network[N // 2 :] *= -1  # wrong in the second half
    first = np.where(np.arange(N) < N // 2, 1.0, 1e-6)
    assert Weigher(linear, Y, first, Output("softmax")).weigh(network)[2] > 0
    assert Weigher(linear, Y, first[::-1], Output("softmax")).weigh(network)[2] == 0


def test_one_class_leaves_nothing_to_weigh():
    linear, y = np.ones((20, 1), np.float32), np.zeros(20, np.int64)
    weigher = Weigher(linear, y, None, Output("softmax"))
    assert weigher.loss == 0
    assert weigher.weigh(np.ones((20, 1), np.float32))[2] == 0


# ------------------------------------------------------------------------------ HeldOut
class Model:
    """As much of a model as a callback sees; its weights count the epochs."""

    def __init__(self):
        self.weights, self.stop_training = [np.array(0)], False

    def get_weights(self):
        return [one.copy() for one in self.weights]

    def set_weights(self, weights):
        self.weights = weights


class Told:
    """A weigher that finds what it is told to."""

    loss, scale = 1.0, 8.0

    def __init__(self, *found):
        self._found = iter(found)

    def weigh(self, logits):
        assert logits == "logits"
        loss = next(self._found)
        return (self.loss, self.scale, 0.0) if loss >= self.loss else (loss, 10 * loss, loss / 2)


def run(weigher, patience, epochs):
    """A training as the callback sees it; the number of epochs, and what came out."""
    watch, model = HeldOut(lambda: "logits", weigher, patience), Model()
    watch.set_model(model)
    watch.on_train_begin()
    for epoch in range(epochs):
        model.weights = [np.array(epoch + 1)]
        watch.on_epoch_end(epoch)
        if model.stop_training:
            break
    watch.on_train_end()
    return epoch + 1, int(model.weights[0]), watch


@pytest.mark.parametrize(
    ("found", "patience", "ran", "best"),
    [
        ([0.9, 0.8, 0.85, 0.7, 0.75, 0.72, 0.71], 3, 7, 4),
        ([0.9, 0.8, 0.85, 0.7, 0.75, 0.72, 0.71], 2, 6, 4),
        ([0.9, 0.8, 0.85, 0.7, 0.75, 0.72, 0.71], 1, 3, 2),
        ([0.9, 0.8, 0.7], 1, 3, 3),
        ([1.5, 0.9, 0.95], 2, 3, 2),
        ([0.9, 0.9, 0.9], 2, 3, 1),  # as good is no better
    ],
)
def test_the_best_weights_stay_and_training_stops_behind_them(found, patience, ran, best):
    epochs, weights, watch = run(Told(*found), patience, len(found))
    assert (epochs, weights) == (ran, best)
    assert watch.loss == found[best - 1]
    assert (watch.scale, watch.weight) == (10 * watch.loss, watch.loss / 2)


def test_training_stops_where_the_network_never_helps():
    epochs, weights, watch = run(Told(*[1.0] * 9), 3, 9)
    assert epochs == weights == 3
    assert (watch.loss, watch.scale, watch.weight) == (1.0, 8.0, 0.0)


# -------------------------------------------------------------------------- inner_folds
def documents_of(y):
    n = len(y)
    return TrainingSet(np.ones((n, 1), np.int32), np.ones(n, np.int64), np.asarray(y), None)


def checked(y, seed=0):
    """Folds that are what folds must be."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        folds = inner_folds(documents_of(y), seed)
    for train, held in folds:
        assert len(train) > 0
        assert len(held) > 0
        assert np.array_equal(np.sort(np.concatenate([train, held])), np.arange(len(y)))
    if folds:
        everything = np.concatenate([held for _, held in folds])
        assert np.array_equal(np.sort(everything), np.arange(len(y)))
    return folds


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_few_documents_have_no_folds(n):
    assert checked(np.arange(n) % 2) == []
    assert checked(np.eye(2)[np.arange(n) % 2]) == []


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(
    ("n", "n_folds", "block"),
    [(10, 5, 1), (39, 5, 1), (40, 5, 2), (100, 5, 5), (1000, 5, 10), (SMALL + 1, 10, 10)],
)
def test_neighbours_stand_on_one_side(n, n_folds, block, many):
    y = np.random.default_rng(0).integers(0, 3, n)
    folds = checked(np.eye(3)[y] if many else y)
    assert len(folds) == n_folds
    for _, held in folds:
        sizes = np.bincount(held // block, minlength=-(-n // block))
        assert set(sizes[:-1]) <= {0, block}
        assert len(held) == pytest.approx(n / n_folds, abs=max(2 * block, 0.3 * n / n_folds))


def test_folds_hold_classes_in_their_shares():
    y = np.repeat([0, 1, 2], [200, 120, 80])
    for _, held in checked(y):
        shares = np.bincount(y[held], minlength=3) / len(held)
        np.testing.assert_allclose(shares, [0.5, 0.3, 0.2], atol=0.1)


@pytest.mark.parametrize(
    "y",
    [
        [0, 1, 2] * 4,  # no class has a document for each fold
        list(range(30)),
        [0] * 40 + [1],
        [0, 1] + [2] * 60,
        [0] * 50,
        [*range(8), 8, 8],
    ],
    ids=["four-each", "one-each", "one-rare", "two-rare", "one-class", "two-of-one"],
)
def test_rare_classes_are_no_obstacle(y):
    assert len(checked(np.array(y))) == 5


@pytest.mark.parametrize(("n_classes", "each"), [(24, 10), (60, 4), (30, 9), (250, 10), (80, 2)])
def test_no_block_swallows_the_classes_of_a_sorted_file(n_classes, each):
    """Else a branch would have to decide about classes that it never saw."""
    y = np.repeat(np.arange(n_classes), each)
    folds = checked(y)
    unseen = [np.isin(y[held], y[train], invert=True).mean() for train, held in folds]
    assert np.mean(unseen) < 0.25  # chance leaves some where classes have fewer than folds
    shuffled = np.random.default_rng(0).permutation(y)
    if each > 2:  # nothing to mend: blocks are as large as ever
        block = 5 if len(y) < 200 else 10
        held = checked(shuffled)[0][1]
        assert set(np.bincount(held // block)) <= {0, block}


@settings(max_examples=60, deadline=None)
@given(y=st.lists(st.integers(0, 12), min_size=1, max_size=80), seed=st.integers(0, 2**31 - 1))
def test_folds_of_any_classes(y, seed):
    assert len(checked(np.array(y), seed)) == (5 if len(y) >= 10 else 0)


@pytest.mark.parametrize("many", [False, True])
def test_folds_come_from_the_seed_alone(many):
    y = np.eye(3)[Y] if many else Y
    first, again, other = (inner_folds(documents_of(y), seed) for seed in (3, 3, 4))
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a[1], b[1]) for a, b in zip(first, other, strict=True))


# -------------------------------------------------------------------- LinearFolds, Blend
def counted(n=60, seed=0):
    draw = np.random.default_rng(seed)
    y = np.arange(n) % K
    ids = (draw.integers(0, 6, (n, 5)) + 4 * y[:, None] + 2).astype(np.int32)
    return TrainingSet(ids, np.full(n, 5), y, draw.uniform(0.5, 2, n).astype(np.float32))


def test_decisions_of_folds_are_those_of_branches_that_did_not_see_them():
    documents = counted()
    counts = Features("words").count(documents.ids, documents.lengths, None)
    linear = LinearFolds(documents, counts, lambda: LinearBranch(1.0, 0), K)
    folds = inner_folds(documents, 0)
    out = linear.decide(folds)
    assert out.shape == (60, K)
    start = 0
    for train, held in folds:
        branch = LinearBranch(1.0, 0).fit(
            counts[train], documents.y[train], K, documents.weights[train]
        )
        expected = branch.decide(counts[held])
        np.testing.assert_array_equal(out[start : start + len(held)], expected)
        start += len(held)
    whole = linear.fit(slice(None)).decide(counts)
    expected = LinearBranch(1.0, 0).fit(counts, documents.y, K, documents.weights).decide(counts)
    np.testing.assert_array_equal(whole, expected)
    assert not np.array_equal(whole[np.concatenate([held for _, held in folds])], out)


def test_folds_without_a_class_and_without_a_word():
    documents = counted()
    y = np.where(np.arange(60) == 59, 3, documents.y)
    ids = np.ones_like(documents.ids)
    for counts in (
        Features("words").count(documents.ids, documents.lengths, None),
        Features("words").count(ids, documents.lengths, None),
        sp.csr_matrix((60, 2)),
    ):
        some = TrainingSet(ids, documents.lengths, y, None)
        linear = LinearFolds(some, counts, lambda: LinearBranch(1.0, 0), 4)
        out = linear.decide(inner_folds(some, 0))
        assert out.shape == (60, 4)
        assert np.isfinite(out).all()


def test_a_blend_scales_the_decisions():
    documents = counted()
    features = Features("words")
    counts = features.count(documents.ids, documents.lengths, None)
    branch = LinearBranch(1.0, 0).fit(counts, documents.y, K)
    out = Blend(features, branch, 3.0, 0.5).linear(documents.ids, documents.lengths, None)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, 3 * branch.decide(counts), rtol=1e-6)
