"""The classifiers with their linear branch, from the parameters to the pickle."""

from __future__ import annotations

import pickle
import subprocess
import sys
from functools import cache

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from sklearn_w2v import (
    JapaneseTokenizer,
    TokenIds,
    W2VCNNClassifier,
    W2VIndexer,
    W2VLSTMClassifier,
    Word2VecTrainer,
    WordVectors,
    make_w2v_pipeline,
)
from sklearn_w2v.classifiers import blend_training
from sklearn_w2v.classifiers.inner_folds import inner_folds
from sklearn_w2v.classifiers.linear_branch import Features, LinearBranch
from sklearn_w2v.classifiers.weigher import Weigher
from sklearn_w2v.features.flat_ids import FlatIds
from sklearn_w2v.features.token_ids import check_ids
from sklearn_w2v.networks.design import NetworkWeights
from sklearn_w2v.networks.inference import Inference
from sklearn_w2v.networks.output import Output

SHARED = {
    "bow": "words",
    "train_network": True,
    "epochs": 6,
    "learning_rate": 0.05,
    "dropout": 0.0,
    "random_state": 0,
}


def lstm(**params):
    network = {"units": 4, "hidden": None, "pooling": "max", "batch_size": 16}
    return W2VLSTMClassifier(**{**SHARED, **network, **params})


def cnn(**params):
    network = {"filters": 4, "kernel_sizes": (1, 2), "batch_size": 16}
    return W2VCNNClassifier(**{**SHARED, **network, **params})


def useless(**params):
    """A network that learns nothing, so that the branch decides alone."""
    return cnn(**{"learning_rate": 1e-9, "channels": "static", **params})


both = pytest.mark.parametrize("small", [lstm, cnn])
kinds = pytest.mark.parametrize("bow", ["words", "ngrams"])

# 240 words whose vectors say what they mean, each in one document only; and behind them
# four words without a meaning, which go with the classes in three documents of four
MEANT = 240
SIDE = np.arange(MEANT) % 2
_DRAW = np.random.default_rng(0)
VECTORS = WordVectors(
    [chr(0xAC00 + one) for one in range(MEANT)] + ["雨", "雪", "夏", "海"],
    np.vstack(
        [
            np.column_stack([2.0 * SIDE - 1, _DRAW.normal(0, 0.3, (MEANT, 2))]),
            np.zeros((4, 3)),
        ]
    ),
)
TAIL = MEANT + 2


def documents_of(first, last):
    """Two words of one meaning, then two of the four words."""
    draw = np.random.default_rng(first)
    rows = np.arange(first, last)
    words = np.column_stack([4 * (rows // 2) + rows % 2, 4 * (rows // 2) + rows % 2 + 2]) + 2
    cue = np.where(draw.random(len(rows)) < 0.75, rows % 2, 1 - rows % 2)
    tail = TAIL + 2 * cue[:, None] + draw.integers(0, 2, (len(rows), 2))
    return TokenIds(np.hstack([words, tail]).astype(np.int32), VECTORS), rows % 2


X, Y = documents_of(0, 80)
NEW, NEW_Y = documents_of(80, 120)
NAMES = np.array(["rain", "summer"])[Y]


@cache
def learnt(small=cnn, bow="words"):
    """A fitted classifier, which tests may look at but not change."""
    return small(bow=bow, maxlen=2).fit(X, NAMES)


@cache
def alone():
    """One whose network does not count."""
    return useless().fit(X, NAMES)


def network_logits(clf, ids):
    return clf._inference().logits(*check_ids(clf, ids, ids.vectors, False), ids.vectors)


def same_predictions(a, b, ids=NEW):
    return np.array_equal(a.predict_proba(ids), b.predict_proba(ids))


# ------------------------------------------------------------------------ the two parts
@both
@kinds
def test_the_network_helps_where_words_are_new(small, bow):
    clf = learnt(small, bow)
    scale, weight = clf.bow_weights_
    assert scale > 0
    assert weight > 0
    proba = clf.predict_proba(NEW)
    assert proba.shape == (40, 2)
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-6)
    assert (clf.predict(NEW) == clf.classes_[proba.argmax(axis=1)]).all()
    assert clf.score(NEW, np.array(["rain", "summer"])[NEW_Y]) > 0.9


@both
@kinds
def test_probabilities_are_those_of_the_sum_of_both(small, bow):
    clf = learnt(small, bow)
    scale, weight = clf.bow_weights_
    features = Features(bow)
    words, new = (
        FlatIds.of(np.asarray(X), np.full(80, 4)),
        FlatIds.of(np.asarray(NEW), np.full(40, 4)),
    )
    branch = LinearBranch(10.0, clf._seed).fit(features.count(words, VECTORS), Y, 2)
    linear = scale * branch.decide(features.count(new, VECTORS))
    assert clf.means_weight_ == 0  # the network stands in their place
    logits = np.exp(linear + weight * network_logits(clf, NEW))
    expected = logits / logits.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(clf.predict_proba(NEW), expected, atol=1e-5)


@pytest.mark.parametrize(("width", "expected"), [(5, 128), (128, 128), (129, 64)])
def test_a_network_reads_short_documents_whole_and_the_beginning_of_long_ones(width, expected):
    ids = np.tile(np.arange(width) % 6 + 2, (4, 1))
    clf = cnn(maxlen="auto", bow=None, epochs=1).fit(ids, [0, 1, 0, 1])
    assert clf._network.design.maxlen == expected
    changed = np.where(np.arange(width) < expected, ids, 7)  # what stands behind
    assert np.array_equal(clf.predict_proba(ids), clf.predict_proba(changed))
    assert width <= expected or not np.array_equal(ids, changed)
    clf.partial_fit(ids, [0, 1, 0, 1])
    assert clf._network.design.maxlen == expected


@both
def test_words_behind_maxlen_reach_the_branch_alone(small):
    clf = learnt(small)
    other = np.asarray(NEW).copy()
    other[:, 2:] = TAIL + 2 * (other[:, 2:] < TAIL + 2)
    other = TokenIds(other, VECTORS)
    assert np.array_equal(network_logits(clf, NEW), network_logits(clf, other))
    unlikely, otherwise = (clf.predict_proba(ids).min(axis=1) for ids in (NEW, other))
    assert (unlikely != otherwise).all()


def test_where_the_network_does_not_help_the_branch_decides_alone(monkeypatch):
    clf = alone()
    assert clf.bow_weights_[1] == 0
    assert clf.n_iter_ == 1 + clf.n_iter_no_change == 4  # and training stopped
    expected = clf.predict_proba(NEW)
    loaded = pickle.loads(pickle.dumps(clf))

    def touched(*args):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(Inference, "logits", touched)
    np.testing.assert_array_equal(clf.predict_proba(NEW), expected)
    np.testing.assert_array_equal(loaded.predict_proba(NEW), expected)
    assert isinstance(loaded._network, NetworkWeights)  # not even built


@pytest.mark.parametrize("enough", [10_000, 17, 10], ids=["all-folds", "two-folds", "first-fold"])
def test_the_scale_of_the_branch_alone(monkeypatch, enough):
    """From all folds where documents are few: one fold of 16 would say little."""
    monkeypatch.setattr(blend_training, "_ENOUGH", enough)
    clf = useless(channels="rand", epochs=1).fit(X, NAMES)  # which asks for no mean vectors
    counts = Features("words").count(FlatIds.of(np.asarray(X), np.full(80, 4)), VECTORS)
    folds = inner_folds(Y, clf._seed)[: {10_000: 5, 17: 2, 10: 1}[enough]]
    decisions = []
    for train, held in folds:
        known = counts[:, counts[train].getnnz(axis=0) > 0]  # the columns, too, are learnt
        branch = LinearBranch(10.0, clf._seed).fit(known[train], Y[train], 2)
        decisions.append(branch.decide(known[held]))
    held = np.concatenate([out for _, out in folds])
    expected = Weigher(Y[held], None, Output("softmax")).weigh(np.concatenate(decisions))
    assert clf.bow_weights_ == (pytest.approx(expected.factors[0]), 0.0)


def test_the_network_keeps_its_best_epoch():
    """Its weights on the held-out documents are those that were weighed."""
    seen = []

    class Spy(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append([one.copy() for one in self.model.get_weights()])

    clf = cnn(maxlen=2, epochs=12, n_iter_no_change=1, learning_rate=0.3)
    clf.set_params(callbacks=Spy).fit(X, NAMES)
    assert clf.bow_weights_[1] > 0
    assert clf.n_iter_ < 12
    kept = [all(map(np.array_equal, clf.model_.get_weights(), one)) for one in seen]
    assert sum(kept) == 1
    assert kept.index(True) >= len(seen) - 2  # the last one was no progress
    rows = clf._network.table.rows.rows(np.asarray(X)[:, :2])
    logits = np.exp(network_logits(clf, X))
    expected = logits / logits.sum(axis=1, keepdims=True)  # the table goes with the network
    np.testing.assert_allclose(clf.model_.predict_on_batch(rows), expected, atol=1e-5)


# -------------------------------------------------------------------- held-out documents
@pytest.fixture
def weighers(monkeypatch):
    """Labels and weights of each Weigher of a fit, and the decisions that it got first."""
    made = []

    class Spy(Weigher):
        def __init__(self, y, weights, output, clusters=None):
            self.got = [y, weights]
            made.append(self.got)
            super().__init__(y, weights, output, clusters)

        def weigh(self, *members):
            self.got += members
            return super().weigh(*members)

    monkeypatch.setattr(blend_training, "Weigher", Spy)
    return made


def test_validation_documents_are_the_held_out_ones(weighers):
    clf = cnn(maxlen=2, epochs=4).fit(
        X, NAMES, X_val=NEW, y_val=np.array(["rain", "summer"])[NEW_Y]
    )
    assert len(weighers) == 2  # for the vectors, and for the network
    features = Features("words")
    counts = features.count(FlatIds.of(np.asarray(X), np.full(80, 4)), VECTORS)
    branch = LinearBranch(10.0, clf._seed).fit(counts, Y, 2)  # all the others
    counts = features.count(FlatIds.of(np.asarray(NEW), np.full(40, 4)), VECTORS)
    for y, weights, linear, *_ in weighers:
        assert y.tolist() == NEW_Y.tolist()
        assert weights is None
        np.testing.assert_allclose(linear, branch.decide(counts), atol=1e-5)
    assert clf.bow_weights_[1] > 0
    assert len(clf.history_["val_loss"]) == clf.n_iter_


def test_a_fifth_of_the_documents_is_held_out_with_its_weights(weighers):
    weights = np.random.default_rng(0).uniform(0.5, 2, 80)
    cnn(maxlen=2, epochs=1).fit(X, NAMES, sample_weight=weights)
    (y, held, *_), (of_network, *_) = weighers
    assert len(y) == len(held) == 80  # the vectors are judged on all folds
    assert sorted(held) == sorted(weights.astype(np.float32))
    assert len(of_network) == 16


@pytest.mark.parametrize("labels", ["one", "many"])
def test_validation_documents_have_the_weights_of_their_classes(weighers, labels):
    """Those that training documents of the same class have: both losses mean the same."""
    rows = np.r_[np.flatnonzero(Y == 0)[:10], np.flatnonzero(Y == 1)]
    y, y_val = Y[rows], NEW_Y
    if labels == "many":
        y, y_val = np.column_stack([y, y]), np.column_stack([y_val, y_val])
    params = {"class_weight": "balanced", "maxlen": 2, "epochs": 1}
    cnn(**params).fit(X[rows], y, X_val=NEW, y_val=y_val)
    for _, weights, *_ in weighers:
        np.testing.assert_allclose(weights, np.where(NEW_Y == 0, 50 / 20, 50 / 80))


@pytest.mark.parametrize("early", [False, True])
def test_few_documents_leave_the_branch_alone(early):
    clf = cnn(epochs=2, early_stopping=early).fit(X[:6, 2:], Y[:6])
    assert clf.bow_weights_ == (1.0, 0.0)
    assert clf.n_iter_ == 0  # nothing could say what it is worth
    assert clf.transfer_ is None
    assert clf.predict_proba(X[:6, 2:]).shape == (6, 2)


@pytest.mark.parametrize("n", [1, 2])
def test_a_document_or_two_are_enough(n):
    clf = useless(epochs=1).fit(X[:n], NAMES[:n])
    assert (clf.predict(X[:n]) == NAMES[:n]).all()


@pytest.mark.parametrize("n_each", [1, 4])
def test_classes_of_a_few_documents(n_each):
    y = np.repeat(np.arange(12 // n_each), n_each)
    clf = useless(epochs=1).fit(X[:12], y)
    assert clf.predict_proba(X[:12]).shape == (12, 12 // n_each)


def test_one_class():
    clf = useless(epochs=1).fit(X, ["rain"] * 80)
    assert set(clf.predict(NEW)) == {"rain"}
    np.testing.assert_array_equal(clf.predict_proba(NEW), np.ones((40, 1)))


# --------------------------------------------------------- stopping, callbacks, weights
def test_early_stopping_is_what_the_branch_brings_anyway():
    clf = cnn(maxlen=2, early_stopping=True).fit(X, NAMES)
    assert same_predictions(clf, learnt())
    assert clf.history_ == learnt().history_


def test_callbacks_are_called_and_see_the_held_out_loss():
    calls = []

    class Log(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            calls.append((epoch, sorted(logs)))
            self.model.stop_training = epoch == 1

        def on_train_end(self, logs=None):
            calls.append("end")

    clf = cnn(maxlen=2, callbacks=[Log()]).fit(X, NAMES)
    logs = ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert calls == [(0, logs), (1, logs), "end"]
    assert clf.n_iter_ == 2
    assert len(clf.callbacks) == 1


def test_zero_weight_is_absence():
    weights = np.where(np.arange(80) < 60, 1.0, 0.0)
    wrong = np.where(weights > 0, NAMES, "rain")
    a = cnn(bow="ngrams", maxlen=2, epochs=3).fit(X, wrong, sample_weight=weights)
    b = cnn(bow="ngrams", maxlen=2, epochs=3).fit(X[:60], NAMES[:60], sample_weight=np.ones(60))
    np.testing.assert_allclose(a.predict_proba(NEW), b.predict_proba(NEW), atol=1e-5)
    assert a.bow_weights_ == pytest.approx(b.bow_weights_, abs=1e-4)


@pytest.mark.parametrize("heavy", ["rain", "summer"])
def test_weights_decide_between_contradicting_labels(heavy):
    ids, y = TokenIds([[TAIL]] * 40, VECTORS), ["rain", "summer"] * 20
    for params, weights in (
        ({}, np.where(np.array(y) == heavy, 5, 1)),
        ({"class_weight": {heavy: 5.0}}, None),
    ):
        clf = useless(epochs=1, **params).fit(ids, y, sample_weight=weights)
        assert set(clf.predict(ids)) == {heavy}


def test_many_labels():
    labels = np.column_stack([Y, 1 - Y, np.ones(80, int), np.arange(80) % 3 == 0])
    clf = cnn(maxlen=2).fit(X, labels)
    assert clf.bow_weights_[1] > 0
    proba = clf.predict_proba(NEW)
    assert (proba.sum(axis=1) > 1.5).any()
    predicted = clf.predict(NEW)
    assert (predicted[:, 0] == NEW_Y).mean() > 0.9
    assert predicted[:, 2].all()
    loaded = pickle.loads(pickle.dumps(clf))
    assert same_predictions(loaded, clf)


def test_one_sigmoid_for_each_class():
    clf = cnn(maxlen=2, output="sigmoid").fit(X, NAMES)
    assert clf.bow_weights_[1] > 0
    np.testing.assert_allclose(clf.predict_proba(NEW).sum(axis=1), 1, atol=1e-6)
    assert clf.score(NEW, np.array(["rain", "summer"])[NEW_Y]) > 0.9


# ------------------------------------------------------------------ randomness, travelling
@both
def test_the_same_seed_gives_bit_equal_fits(small):
    a, b = learnt(small, "ngrams"), small(bow="ngrams", maxlen=2).fit(X, NAMES)
    assert a.bow_weights_ == b.bow_weights_
    assert a.history_ == b.history_
    assert same_predictions(a, b)
    c = small(bow="ngrams", maxlen=2, random_state=1).fit(X, NAMES)
    assert not same_predictions(a, c)


def test_global_seeds_are_left_alone(global_seed_is_left_alone):
    useless(epochs=1).fit(X, NAMES).predict(NEW)


@both
def test_clone_copies_parameters_and_nothing_learnt(small):
    clf = learnt(small, "ngrams")
    copied = clone(clf)
    assert copied.get_params() == clf.get_params()
    assert (copied.bow, copied.bow_C) == ("ngrams", 10.0)
    assert not hasattr(copied, "bow_weights_")
    with pytest.raises(AttributeError, match="is not fitted yet"):
        _ = copied.bow_weights_
    with pytest.raises(NotFittedError):
        copied.predict_proba(NEW)


def test_a_pickle_predicts_alike_in_a_fresh_process(tmp_path):
    for name, clf in (("lstm", learnt(lstm, "ngrams")), ("cnn", learnt(cnn, "ngrams"))):
        (tmp_path / name).write_bytes(pickle.dumps((clf, NEW)))
        np.save(tmp_path / f"{name}.npy", clf.predict_proba(NEW))
    code = """
import pickle, sys
from pathlib import Path
import numpy as np
for name in ("lstm", "cnn"):
    clf, ids = pickle.loads((Path(sys.argv[1]) / name).read_bytes())
    assert clf.bow_weights_[1] > 0
    expected = np.load(Path(sys.argv[1]) / f"{name}.npy")
    np.testing.assert_array_equal(clf.predict_proba(ids), expected)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_search_over_the_branch():
    documents = [[VECTORS.words[one - 2] for one in row] for row in np.asarray(X)[:, 2:].tolist()]
    model = Pipeline([("ids", W2VIndexer(VECTORS)), ("clf", useless(epochs=1))])
    grid = {"clf__bow": [None, "ngrams"]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(documents, NAMES)
    without, with_branch = search.cv_results_["mean_test_score"]
    assert with_branch > 0.6 > without
    assert search.best_params_ == {"clf__bow": "ngrams"}
    assert search.best_estimator_["clf"].bow_weights_ is not None


# ---------------------------------------------------------------------- ids of other kinds
def test_ids_of_an_extension_bring_their_characters():
    """New words have no column, but runs of known characters have."""
    words = ["夏空", "夏雲", "海風", "海辺", "雨空", "雨雲", "雪風", "雪辺"]
    vectors = WordVectors(words, np.zeros((8, 3)))
    summer, rain = [(2, 3), (3, 2), (4, 5), (5, 4)], [(6, 7), (7, 6), (8, 9), (9, 8)]
    ids = TokenIds(summer + rain, vectors)
    clf = useless(bow="ngrams", epochs=1).fit(ids, ["summer"] * 4 + ["rain"] * 4)
    longer = vectors.extended(["夏海", "雨雪"], seed=0)
    predicted = clf.predict(TokenIds([[10, 0], [11, 0], [10, 10]], longer))
    assert predicted.tolist() == ["summer", "rain", "summer"]


@kinds
def test_plain_ids_without_vectors(bow):
    plain = np.asarray(X)[:, 2:]
    with pytest.warns(UserWarning, match="X brings no word vectors"):
        clf = useless(bow=bow, epochs=1, channels="rand").fit(plain, NAMES)
    assert clf.score(plain, NAMES) > 0.6
    loaded = pickle.loads(pickle.dumps(clf))
    assert same_predictions(loaded, clf, plain)


@kinds
def test_empty_documents_and_unknown_words_have_the_intercept_alone(bow):
    ids = np.asarray(X).copy()
    ids[::7] = 0
    ids[3::7] = 1
    clf = useless(bow=bow, epochs=1).fit(TokenIds(ids, VECTORS), NAMES)
    out = clf.predict_proba(TokenIds([[0, 0, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0]], VECTORS))
    assert (out == out[0]).all()
    np.testing.assert_allclose(out.sum(axis=1), 1, atol=1e-6)


@both
@kinds
def test_documents_of_unknown_words_alone_decide_by_the_classes_shares(small, bow):
    ids = TokenIds(np.ones((20, 3), np.int32), VECTORS)
    y = np.array(["rain"] * 5 + ["summer"] * 15)[np.random.default_rng(0).permutation(20)]
    clf = small(bow=bow, epochs=1).fit(ids, y)
    assert set(clf.predict(NEW[:, :3])) == {"summer"}
    out = clf.predict_proba(TokenIds([[1, 1, 0], [0, 0, 0]], VECTORS))
    np.testing.assert_allclose(out[:, 1], 0.75, atol=0.15)


def test_documents_that_are_all_equal():
    ids = TokenIds([[TAIL, TAIL + 1]] * 40, VECTORS)
    y = np.array(["rain", "summer", "summer", "summer"] * 10)
    clf = useless(bow="ngrams", epochs=1).fit(ids, y)
    assert set(clf.predict(ids)) == {"summer"}
    assert np.isfinite(clf.predict_proba(NEW[:, :2])).all()


# -------------------------------------------------------------------------- what is refused
@both
@pytest.mark.parametrize("fitted", [False, True])
def test_going_on_is_refused_and_changes_nothing(small, fitted):
    clf = small(bow="ngrams", maxlen=2, epochs=3)
    if fitted:
        clf.fit(X, NAMES)
        before = clf.predict_proba(NEW), clf.bow_weights_, clf.history_
    with pytest.raises(ValueError, match="Got bow='ngrams' with partial_fit but expected bow=None"):
        clf.partial_fit(X, NAMES, classes=["rain", "summer"])
    clf.set_params(warm_start=True)
    with pytest.raises(ValueError, match="Got bow='ngrams' with warm_start=True but"):
        clf.fit(NEW, np.arange(40) % 2)
    if not fitted:
        with pytest.raises(NotFittedError):
            clf.predict_proba(NEW)
        return
    assert np.array_equal(clf.predict_proba(NEW), before[0])
    assert (clf.bow_weights_, clf.history_) == before[1:]


@pytest.mark.parametrize(
    ("name", "value"),
    [("bow", "chars"), ("bow", True), ("bow_C", 0), ("bow_C", -1.0), ("maxlen", 0)],
)
def test_wrong_values_are_named(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter of W2VCNNClassifier"):
        cnn(**{name: value}).fit(X, NAMES)


# ------------------------------------------------------------- no old branch, new network
class Interrupt(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            raise KeyboardInterrupt


def is_a_network_alone(clf, ids=NEW):
    rows = clf._network.table.rows.rows(np.asarray(ids)[:, :2])
    known = (rows >= 0).all(axis=1)
    assert known.any()
    np.testing.assert_allclose(
        clf.predict_proba(ids)[known], clf.model_.predict_on_batch(rows[known]), atol=1e-5
    )
    return clf.bow_weights_ is None


@pytest.mark.parametrize("again", [False, True])
def test_an_interrupted_fit_leaves_nothing_that_predicts(again):
    clf = cnn(maxlen=2, epochs=2)
    if again:
        clf.fit(X, NAMES)
    clf.set_params(callbacks=Interrupt)
    with pytest.raises(KeyboardInterrupt):
        clf.fit(X, np.arange(80) % 3)  # other classes than before
    for one in (clf, pickle.loads(pickle.dumps(clf))):
        with pytest.raises(NotFittedError):
            one.predict_proba(X)
    clf.set_params(callbacks=None).fit(X, NAMES)  # and it can be fitted as if nothing had been
    assert same_predictions(clf, cnn(maxlen=2, epochs=2).fit(X, NAMES))


def test_initialize_forgets_the_branch():
    clf = cnn(maxlen=2, epochs=1).fit(X, NAMES).initialize(X, np.arange(80) % 3)
    assert clf.predict_proba(X).shape == (80, 3)
    assert is_a_network_alone(clf, X)


def test_a_fit_that_fails_before_it_begins_changes_nothing():
    clf = useless(epochs=1).fit(X, NAMES)
    clf.set_params(optimizer__no_such_parameter=1)
    with pytest.raises((ValueError, TypeError), match="no_such_parameter"):
        clf.fit(X, np.arange(80) % 3)
    assert clf.predict_proba(X).shape == (80, 2)  # it is as it was


def test_a_fit_without_the_branch_forgets_it():
    clf = cnn(maxlen=2, epochs=1).fit(X, NAMES)
    assert clf.bow_weights_ is not None
    clf.set_params(bow=None).fit(X, NAMES)
    assert is_a_network_alone(clf, X)
    clf = cnn(maxlen=2, epochs=1).fit(X, NAMES).set_params(bow=None).partial_fit(X, NAMES)
    assert is_a_network_alone(clf, X)


# ------------------------------------------------------------------------- more than noise
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*longer than maxlen.*:UserWarning")
def test_the_recipe_loses_nothing_to_a_linear_model(lyrics):
    """On songs of six artists, where words decide."""
    folds = list(StratifiedGroupKFold(3).split(lyrics.data, lyrics.target, lyrics.album))
    trainer = Word2VecTrainer(vector_size=20, epochs=5, random_state=0)
    recipe = make_w2v_pipeline(trainer, network="cnn", filters=10, epochs=4, random_state=0)
    tokens = JapaneseTokenizer(form="surface", pos=None).transform(lyrics.data)
    linear = make_pipeline(
        TfidfVectorizer(analyzer=list, sublinear_tf=True), LinearSVC(C=10.0, random_state=0)
    )
    accuracies = [
        accuracy_score(lyrics.target, cross_val_predict(model, texts, lyrics.target, cv=folds))
        for model, texts in ((recipe, lyrics.data), (linear, tokens))
    ]
    assert accuracies[1] > 0.5  # six artists
    assert accuracies[0] >= accuracies[1] - 0.02
