"""The linear members of a blend, and what is known of documents that are held out."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from sklearn_w2v import WordVectors
from sklearn_w2v.classifiers import blend_training
from sklearn_w2v.classifiers.blend import Blend
from sklearn_w2v.classifiers.blend_training import LinearDesign, LinearMembers, NetworkTraining
from sklearn_w2v.classifiers.inner_folds import inner_folds
from sklearn_w2v.classifiers.linear_branch import Features, LinearBranch
from sklearn_w2v.classifiers.mean_vectors import MeanVectors
from sklearn_w2v.classifiers.training_set import TrainingSet
from sklearn_w2v.classifiers.weigher import Weigher
from sklearn_w2v.features.flat_ids import FlatIds
from sklearn_w2v.features.word_counts import mean_vectors
from sklearn_w2v.networks.output import Output

K = 3
VECTORS = WordVectors(
    [f"w{number}" for number in range(20)], np.random.default_rng(0).normal(size=(20, 4))
)
DESIGN = LinearDesign("words", 1.0, K, Output("softmax"), 0)


def documents_of(n=60, seed=0):
    """Documents of five words that go with their class, and their weights."""
    draw = np.random.default_rng(seed)
    y = np.arange(n) % K
    ids = (draw.integers(0, 6, (n, 5)) + 4 * y[:, None] + 2).astype(np.int32)
    weights = draw.uniform(0.5, 2, n).astype(np.float32)
    documents = TrainingSet(ids, np.full(n, 5), y, weights)
    return documents, FlatIds.of(ids, documents.lengths)


def test_decisions_are_those_of_members_that_did_not_see_the_documents():
    documents, words = documents_of()
    members = LinearMembers(DESIGN, documents, words, VECTORS)
    folds = inner_folds(documents.y, 0)
    branch, means = members.decide(folds)
    assert branch.shape == means.shape == (60, K)
    start = 0
    for train, held in folds:
        features = Features("words")  # which know no word that is held out alone
        counts = features.count(words.take(train), None)
        y, weights = documents.y[train], documents.weights[train]
        expected = LinearBranch(1.0, 0).fit(counts, y, K, weights)
        part = slice(start, start + len(held))
        unseen = features.count(words.take(held), None)
        np.testing.assert_allclose(branch[part], expected.decide(unseen), atol=1e-5)
        vectors = mean_vectors(words, VECTORS)
        expected = MeanVectors().fit(vectors[train], y, K, weights).decide(vectors[held])
        np.testing.assert_allclose(means[part], expected, atol=1e-5)
        start += len(held)


def test_columns_are_chosen_without_the_documents_that_are_judged():
    """A pair of words in one training document and one held-out one is no feature for both."""
    documents, _ = documents_of(40)
    ids = np.column_stack([np.arange(40) % 13 + 2, np.arange(40) % 7 + 2, np.full(40, 1)])
    ids[:2, 1:] = 20, 21
    words = FlatIds.of(ids.astype(np.int32), np.full(40, 3))
    members = LinearMembers(replace(DESIGN, kind="ngrams"), documents, words, None)
    keys = members.features.counter.keys_
    pair = np.flatnonzero(keys == (1 << 62) | (20 << 31) | 21)
    assert len(pair) == 1
    assert pair[0] in members.features.counter.chosen_by(members._counts)
    assert pair[0] not in members.features.counter.chosen_by(members._counts[1:])
    assert pair[0] not in members.features.counter.chosen_by(members._counts[2:])


def test_further_documents_are_judged_by_all():
    documents, words = documents_of()
    _, new = documents_of(9, seed=1)
    members = LinearMembers(DESIGN, documents, words, VECTORS)
    branch, means = members.decide_new(new)
    counts = members.features.count(new, None)
    np.testing.assert_array_equal(branch, members.branch.decide(counts))
    np.testing.assert_array_equal(means, members.means.decide(mean_vectors(new, VECTORS)))
    (alone,) = LinearMembers(DESIGN, documents, words, None).decide_new(new)
    np.testing.assert_array_equal(alone, branch)


@pytest.mark.parametrize("kind", ["words", "ngrams"])
def test_copies_change_no_feature(kind):
    """Oversampled documents are more of the same for the solver, and nothing for idf."""
    documents, words = documents_of()
    rows = np.r_[np.arange(60), np.repeat([4, 7], 30)]
    design = replace(DESIGN, kind=kind)
    plain = LinearMembers(design, documents, words, VECTORS)
    copied = LinearMembers(design, documents.take(rows), words.take(rows), VECTORS)
    np.testing.assert_array_equal(copied.features.counter.keys_, plain.features.counter.keys_)
    np.testing.assert_array_equal(copied.branch._tfidf.idf_, plain.branch._tfidf.idf_)
    assert copied.copies.max() == 59
    np.testing.assert_array_equal(copied.copies, rows)
    assert not np.array_equal(copied.branch.coef, plain.branch.coef)


def test_threads_change_nothing():
    documents, words = documents_of()
    folds = inner_folds(documents.y, 0)
    one, two = (
        LinearMembers(replace(DESIGN, n_jobs=n), documents, words, VECTORS).decide(folds)
        for n in (1, 2)
    )
    assert all(map(np.array_equal, one, two))


def test_documents_without_a_known_word_and_a_class_that_is_held_out():
    documents, words = documents_of()
    y = np.where(np.arange(60) == 59, 3, documents.y)
    for part in (words, FlatIds(np.ones(60, np.int32), np.ones(60, np.int64))):
        members = LinearMembers(
            replace(DESIGN, n_classes=4), replace(documents, y=y), part, VECTORS
        )
        folds = [(np.arange(0, 59), np.array([59])), (np.arange(20, 60), np.arange(20))]
        for decisions in members.decide(folds):
            assert decisions.shape == (21, 4)
            assert np.isfinite(decisions).all()


# ------------------------------------------------------------------- how many are asked
@pytest.mark.parametrize(("strength", "asked"), [(0.0, 48), (2.0, 96)])
def test_without_prospect_half_as_many_documents_are_asked(monkeypatch, strength, asked):
    monkeypatch.setattr(blend_training, "_HALF", 40)
    monkeypatch.setattr(blend_training, "_ENOUGH", 80)
    y = np.random.default_rng(0).integers(0, K, 120)
    documents = TrainingSet(np.ones((120, 1), np.int32), np.ones(120, np.int64), y, None)
    branch, means = logits_about(y, 0.1, 1), logits_about(y, strength, 2)
    if not strength:
        means[:] = 0

    class Members:
        def decide(self, folds):
            [(_, held)] = folds
            return branch[held], means[held]

    folds = inner_folds(y, 0)
    decisions, rows = blend_training._ask(Members(), documents, Output("softmax"), folds)
    assert len(rows) == len(decisions[0]) == asked
    np.testing.assert_array_equal(decisions[1], means[rows])


# ---------------------------------------------------------------------------- members
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_mean_vectors_are_scikit_learns_regression(n_classes, weighted):
    draw = np.random.default_rng(0)
    X, y = draw.normal(3, 2, (80, 5)).astype(np.float32), np.arange(80) % n_classes
    X[:, 0] += y
    weights = draw.uniform(0.5, 2, 80) if weighted else None
    model = MeanVectors().fit(X, y, n_classes, weights)
    scaler = StandardScaler().fit(X, sample_weight=weights)
    expected = LogisticRegression(C=0.01, max_iter=1000).fit(
        scaler.transform(X), y, sample_weight=weights
    )
    logits = model.decide(X)
    assert logits.dtype == np.float32
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        probabilities, expected.predict_proba(scaler.transform(X)), atol=1e-4
    )


def test_mean_vectors_of_many_labels_and_of_one_class():
    X = np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32)
    many = np.column_stack([X[:, 0] > 0, np.ones(200), np.zeros(200)])
    logits = MeanVectors().fit(X, many, 3).decide(X)
    assert ((logits[:, 0] > 0) == (X[:, 0] > 0)).mean() > 0.9
    assert (logits[:, 1] > 3).all()
    assert (logits[:, 2] < -3).all()
    logits = MeanVectors().fit(X, np.ones(200, np.int64), 3).decide(X)
    assert (logits.argmax(axis=1) == 1).all()


def test_a_blend_scales_what_its_members_say():
    documents, words = documents_of()
    members = LinearMembers(DESIGN, documents, words, VECTORS)
    counts, vectors = members.features.count(words, None), mean_vectors(words, VECTORS)
    alone = Blend(members.features, members.branch, 3.0, 0.5)
    both = replace(alone, means=members.means, means_weight=0.25)
    out = alone.linear(words, VECTORS)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, 3 * members.branch.decide(counts), rtol=1e-5)
    added = both.linear(words, VECTORS) - out
    np.testing.assert_allclose(added, 0.25 * members.means.decide(vectors), atol=1e-5)


# ---------------------------------------------------------------------------- the gate
Y = np.random.default_rng(0).integers(0, K, 200)


def logits_about(y, strength, seed, noise=1.0):
    """Logits that are right as far as they are strong."""
    out = strength * (2 * np.eye(K)[y] - 1)
    return (out + noise * np.random.default_rng(seed).normal(size=out.shape)).astype(np.float32)


def weighed(members, network, y=Y, weights=None):
    """What a network is worth that has these logits whenever it is asked; None: nothing."""
    held = TrainingSet(np.ones((len(y), 1), np.int32), np.ones(len(y), np.int64), y, weights)
    training = NetworkTraining(True, lambda *parts: None, lambda documents: network, 1)
    return training.weigh(held, held, members, Output("softmax"))


def test_a_network_that_helps_counts_beside_the_branch_alone():
    branch, means = logits_about(Y, 0.3, 1), logits_about(Y, 0.2, 2)
    found = weighed((branch, means), logits_about(Y, 1.0, 3))
    assert len(found.factors) == 2  # the mean vectors give way
    assert found.factors[1] > 0


def test_a_network_must_be_better_than_branch_and_means_together():
    branch, means = logits_about(Y, 0.2, 1), logits_about(Y, 1.0, 2)
    weak = logits_about(Y, 0.3, 3)
    assert weighed((branch,), weak) is not None
    assert weighed((branch, means), weak) is None


def test_networks_that_know_nothing_hardly_ever_count():
    """The gain of a factor that was fitted to noise is half its z statistic."""
    branch = logits_about(Y, 0.5, 1)
    noise = np.random.default_rng(2).normal(size=(300, 200, K))
    counted = [weighed((branch,), network) is not None for network in noise]
    assert np.mean(counted) < 0.05
    assert weighed((branch,), 2 * branch) is None
    assert weighed((branch,), np.zeros_like(branch)) is None
    assert weighed((branch,), -logits_about(Y, 3.0, 3)) is None


def test_the_better_one_of_network_and_means_counts_without_an_error_between_them():
    branch = logits_about(Y, 0.5, 1)
    means, network = logits_about(Y, 0.6, 2), logits_about(Y, 0.7, 3)
    few = slice(60)
    assert weighed((branch[few], means[few]), network[few], Y[few]) is not None
    assert weighed((branch[few], network[few]), means[few], Y[few]) is None
    weigher = Weigher(Y[few], None, Output("softmax"))
    gain, error = weigher.gain(
        weigher.weigh(branch[few], means[few]), weigher.weigh(branch[few], network[few])
    )
    assert 0 < gain < error


def test_the_same_gain_counts_once_there_are_enough_documents():
    branch, network = logits_about(Y, 0.5, 1), logits_about(Y, 0.35, 2)
    assert weighed((branch[:10],), network[:10], Y[:10]) is None
    assert weighed((branch,), network) is not None
    assert weighed((branch[:1],), 9 * network[:1], Y[:1]) is None


def test_a_gain_of_next_to_nothing_is_none():
    branch = 20 * np.eye(K)[Y]
    assert weighed((branch,), logits_about(Y, 9.0, 1, 0.0)) is None


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_network_that_went_astray_counts_nothing_and_says_nothing(bad):
    network = logits_about(Y, 2.0, 2)
    network[7, 1] = bad
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert weighed((logits_about(Y, 0.5, 1),), network) is None
