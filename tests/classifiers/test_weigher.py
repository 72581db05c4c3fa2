"""What members are worth, on documents that they have not seen."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_w2v.classifiers.weigher import Weigher, Weighing
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


@targets
@pytest.mark.parametrize("weighted", [False, True])
def test_factors_are_those_of_a_grid(y, activation, weighted):
    linear, network = logits_about(y, 0.3, 1, 0.3), logits_about(y, 1.0, 2)
    weights = np.random.default_rng(3).uniform(0.1, 3, N) if weighted else None
    weigher = Weigher(y, weights, Output(activation))

    def mean(scale, weight):
        return np.average(
            Output(activation).losses(scale * linear + weight * network, y), weights=weights
        )

    alone = weigher.weigh(linear)
    assert alone.loss == pytest.approx(
        min(mean(scale, 0) for scale in np.linspace(0.05, 15, 300)), abs=1e-4
    )
    assert alone.loss == pytest.approx(mean(*alone.factors, 0))
    best = min(
        (mean(scale, weight), scale, weight)
        for scale in np.linspace(0.05, 8, 60)
        for weight in np.linspace(0, 2, 61)
    )
    both = weigher.weigh(linear, network)
    assert both.loss <= best[0] + 1e-5
    assert both.factors == pytest.approx(best[1:], abs=0.15)
    assert both.loss == pytest.approx(mean(*both.factors))
    assert both.loss == pytest.approx(np.average(both.losses, weights=weights))
    assert both.loss < alone.loss


@targets
def test_a_member_that_says_the_contrary_gets_nothing(y, activation):
    weigher = Weigher(y, None, Output(activation))
    linear = logits_about(y, 0.5, 1, 0.5)
    alone, both = weigher.weigh(linear), weigher.weigh(linear, -logits_about(y, 3.0, 2))
    assert both.factors == (pytest.approx(alone.factors[0], rel=1e-4), 0.0)
    assert weigher.gain(alone, both)[0] == pytest.approx(0, abs=1e-9)


def test_three_members_lose_no_more_than_two():
    weigher = Weigher(Y, None, Output("softmax"))
    members = [logits_about(Y, 0.4, seed) for seed in (1, 2, 3)]
    losses = [weigher.weigh(*members[: n + 1]).loss for n in range(3)]
    assert losses[0] > losses[1] > losses[2]
    assert all(factor > 0 for factor in weigher.weigh(*members).factors)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_a_loss_that_is_nearly_zero_has_found_its_factors(activation):
    """Where the search ends where it starts, a member seems to count for nothing."""
    linear = 2.0 * np.eye(K)[Y] - 1
    noise = np.random.default_rng(0).normal(size=(N, K)) * 1e-3
    weigher = Weigher(Y, None, Output(activation))
    alone, both = weigher.weigh(linear), weigher.weigh(linear, noise)
    assert alone.loss < 1e-6
    assert alone.factors[0] > 10  # not the 8 with which the search starts
    assert weigher.gain(alone, both)[0] < 1e-6


def test_one_class_leaves_nothing_to_weigh():
    weigher = Weigher(np.zeros(20, np.int64), None, Output("softmax"))
    alone = weigher.weigh(np.ones((20, 1), np.float32))
    assert alone.loss == 0
    assert weigher.gain(alone, weigher.weigh(*np.ones((2, 20, 1)))) == (0, 0)


def test_weights_say_which_documents_matter():
    linear, network = np.zeros((N, K), np.float32), logits_about(Y, 2.0, 2)
    network[N // 2 :] *= -1  # wrong in the second half
    first = np.where(np.arange(N) < N // 2, 1.0, 1e-6)
    assert Weigher(Y, first, Output("softmax")).weigh(linear, network).factors[1] > 0.3
    assert Weigher(Y, first[::-1], Output("softmax")).weigh(linear, network).factors[1] == 0


def test_the_error_of_a_weighted_gain_is_what_fresh_samples_show():
    """With a heavy document in a hundred, fewer documents decide than there are."""
    draw = np.random.default_rng(0)
    means, errors = [], []
    for _ in range(300):
        weights = np.where(draw.random(N) < 0.05, 20.0, 1.0)
        linear, network = draw.normal(size=(2, N, K))
        weigher = Weigher(draw.integers(0, K, N), weights, Output("softmax"))

        def fixed(*factors, members=(linear, network), weigher=weigher, weights=weights):
            logits = sum(f * m for f, m in zip(factors, members, strict=True))
            losses = weigher._output.losses(logits, weigher._y)
            return Weighing(factors, losses, float(np.average(losses, weights=weights)))

        gain, error = weigher.gain(fixed(0.5, 0.0), fixed(0.5, 0.5))
        means.append(gain)
        errors.append(error)
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.15)
    equal = Weigher(Y, np.full(N, 3.0), Output("softmax"))
    plain = Weigher(Y, None, Output("softmax"))
    members = logits_about(Y, 0.4, 1), logits_about(Y, 0.4, 2)
    for one in (equal, plain):
        alone, both = one.weigh(members[0]), one.weigh(*members)
        each = alone.losses - both.losses
        assert one.gain(alone, both) == pytest.approx((each.mean(), each.std() / np.sqrt(N)))


def test_a_cluster_is_one_draw_of_the_error():
    draw = np.random.default_rng(0)
    y, branch, other = draw.integers(0, K, N), draw.normal(size=(N, K)), draw.normal(size=(N, K))
    times = 5

    def gain(weigher, *members):
        return weigher.gain(weigher.weigh(members[0]), weigher.weigh(*members))

    once = gain(Weigher(y, None, Output("softmax")), branch, other)
    copied = [np.repeat(one, times, axis=0) for one in (y, branch, other)]
    for clusters, error in (
        (None, once[1] / times**0.5),
        (np.repeat(np.arange(N), times), once[1]),
    ):
        found = gain(Weigher(copied[0], None, Output("softmax"), clusters), *copied[1:])
        assert found == pytest.approx((once[0], error), rel=1e-4)
