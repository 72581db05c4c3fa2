"""Documents with any number of labels, from the indicator matrix to the search."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.special import expit
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    get_scorer,
    roc_auc_score,
)
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags

from sklearn_w2v import TokenIds, W2VCNNClassifier, W2VIndexer, W2VLSTMClassifier, WordVectors

RAIN, SUMMER = ["雨", "雪", "霧", "傘"], ["夏", "海", "砂", "祭"]
SHARED = {"epochs": 20, "learning_rate": 0.05, "dropout": 0.0, "random_state": 0}


def lstm(**params):
    return W2VLSTMClassifier(**{**SHARED, "units": 6, "hidden": None, "pooling": "max", **params})


def cnn(**params):
    return W2VCNNClassifier(**{**SHARED, "filters": 8, "kernel_sizes": (1, 2), **params})


both = pytest.mark.parametrize("small", [lstm, cnn])


@pytest.fixture
def corpus():
    """48 documents: of rain, of summer, of both, of neither; and which of them are of what."""
    draw = np.random.default_rng(0)
    documents, y = [], []
    for row in range(48):
        of_rain, of_summer = row % 2, row // 2 % 2
        words = of_rain * list(draw.choice(RAIN, 2)) + of_summer * list(draw.choice(SUMMER, 2))
        documents.append(list(map(str, words)) or ["駅", "窓"][: 1 + row % 8 // 4])
        y.append([of_rain, of_summer, of_rain * of_summer])
    return documents, np.array(y)


@pytest.fixture
def data(corpus, small_vectors):
    documents, y = corpus
    return W2VIndexer(small_vectors, random_state=0).fit_transform(documents), y


# --------------------------------------------------------------- fitting and predicting
@both
def test_labels_are_learnt_each_by_itself(data, small):
    X, y = data
    clf = small().fit(X, y)
    proba, predicted = clf.predict_proba(X), clf.predict(X)
    assert proba.shape == y.shape
    assert proba.dtype == np.float32
    assert ((proba > 0) & (proba < 1)).all()
    assert np.abs(proba.sum(axis=1) - 1).max() > 0.5  # nothing is divided by the sum
    assert type(predicted) is np.ndarray
    assert predicted.dtype == np.int64
    assert np.array_equal(predicted, proba > 0.5)
    assert f1_score(y, predicted, average="micro") > 0.95
    assert clf.classes_.tolist() == [0, 1, 2]
    assert clf.n_classes_ == 3


@pytest.mark.parametrize(
    ("small", "form"),
    [
        (lstm, sp.csr_matrix),
        (cnn, sp.csc_array),
        (cnn, np.ndarray.tolist),
        (cnn, lambda y: pd.DataFrame(y, columns=["rain", "summer", "both"])),
    ],
    ids=["lstm-sparse", "cnn-sparse", "lists", "frame"],
)
def test_every_form_of_the_matrix_gives_the_same_fit(data, small, form):
    X, y = data
    expected = small(epochs=1).fit(X, y).predict_proba(X)
    clf = small(epochs=1).fit(X, form(y))
    assert np.array_equal(clf.predict_proba(X), expected)
    assert clf.score(X, form(y)) == accuracy_score(y, clf.predict(X))


def test_the_score_counts_documents_whose_labels_are_all_right(data):
    X, y = data
    clf = cnn(epochs=3).fit(X, y)
    predicted = clf.predict(X)
    assert clf.score(X, y) == np.mean((predicted == y).all(axis=1))
    nearly = y.copy()
    nearly[:, 0] = 1 - predicted[:, 0]
    assert clf.score(X, nearly) == 0


@both
def test_the_model_gives_what_predict_proba_gives(data, small):
    X, y = data
    clf = small(epochs=1).fit(X, y)
    rows = clf._network.table.rows.rows(np.asarray(X))
    np.testing.assert_allclose(clf.model_.predict_on_batch(rows), clf.predict_proba(X), atol=1e-5)


def test_the_history_is_that_of_single_labels(data):
    X, y = data
    clf = cnn(epochs=1, learning_rate=1e-9).fit(X, y)  # nothing moves
    proba = clf.predict_proba(X)
    loss = -np.mean(y * np.log(proba) + (1 - y) * np.log(1 - proba))
    assert clf.history_["loss"] == pytest.approx([loss], abs=1e-5)
    assert clf.history_["accuracy"] == pytest.approx([np.mean((proba > 0.5) == y)], abs=1e-6)


def test_one_row_gives_one_row(data):
    X, y = data
    clf = cnn(epochs=1).fit(X, y)
    assert clf.predict(X[:1]).shape == (1, 3)
    np.testing.assert_allclose(clf.predict_proba(X[:1]), clf.predict_proba(X)[:1], atol=1e-5)


def test_output_makes_no_difference(data):
    X, y = data
    softmax, sigmoid = (cnn(epochs=1, output=one).fit(X, y) for one in ("softmax", "sigmoid"))
    assert np.array_equal(softmax.predict_proba(X), sigmoid.predict_proba(X))


@both
@pytest.mark.parametrize("value", [0, 1])
def test_a_label_that_is_always_the_same_is_learnt_too(data, small, value):
    X, y = data
    y = np.column_stack([y[:, 0], np.full(48, value)])
    clf = small().fit(X, y)
    assert (clf.predict(X)[:, 1] == value).all()
    assert f1_score(y[:, 0], clf.predict(X)[:, 0]) > 0.9


def test_no_document_has_a_label(data):
    X, y = data
    clf = cnn(epochs=8).fit(X, np.zeros_like(y))
    assert not clf.predict(X).any()


def test_two_columns_are_two_labels_and_no_classes(data):
    X, y = data
    clf = cnn().fit(X, y[:, :2])
    assert clf.predict_proba(X).shape == (48, 2)
    assert set(map(tuple, clf.predict(X))) == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_one_column_is_one_label_for_each_document(data):
    X, y = data
    with pytest.warns(DataConversionWarning, match="column-vector"):
        clf = cnn(epochs=2).fit(X, y[:, :1])
    assert clf.predict(X).shape == (48,)
    assert clf.classes_.tolist() == [0, 1]
    np.testing.assert_allclose(clf.predict_proba(X).sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("network", [lstm, cnn])
@pytest.mark.parametrize("kind", ["words", "ngrams"])
def test_the_linear_branch_has_many_labels_too(data, network, kind):
    X, y = data
    clf = network(bow=kind).fit(X, y)
    assert clf.predict_proba(X).shape == y.shape
    assert f1_score(y, clf.predict(X), average="micro") > 0.95
    other = pickle.loads(pickle.dumps(clf))
    assert np.array_equal(other.predict_proba(X), clf.predict_proba(X))


# ------------------------------------------------------------------- scikit-learn's ways
@both
def test_tags_promise_many_labels(small):
    tags = get_tags(small())
    assert tags.classifier_tags.multi_label
    assert tags.target_tags.required


def test_a_search_over_a_pipeline_of_token_lists(corpus, small_vectors):
    documents, y = corpus
    pipeline = make_pipeline(W2VIndexer(small_vectors, random_state=0), cnn())
    search = GridSearchCV(
        pipeline, {"w2vcnnclassifier__epochs": [1, 15]}, scoring="f1_micro", cv=2
    ).fit(documents, y)
    assert search.best_params_ == {"w2vcnnclassifier__epochs": 15}
    assert search.best_score_ > 0.7
    assert search.predict(documents).shape == y.shape


@pytest.mark.filterwarnings("ignore:F-score is ill-defined")
def test_built_in_scorings_are_numbers(data):
    X, y = data
    scoring = ["f1_macro", "f1_samples", "roc_auc", "average_precision", "jaccard_micro"]
    result = cross_validate(cnn(epochs=1), X, y, cv=2, scoring=scoring, error_score="raise")
    for name in scoring:
        assert np.isfinite(result[f"test_{name}"]).all(), name


@pytest.mark.parametrize("n_labels", [2, 3])
def test_scorings_of_two_labels_are_those_of_each(data, n_labels):
    """Two columns are no two classes, of which scorers would take one column."""
    X, y = data
    y = y[:, :n_labels]
    clf = cnn(epochs=3).fit(X, y)
    decisions = clf.decision_function(X)
    assert decisions.shape == y.shape
    np.testing.assert_allclose(expit(decisions), clf.predict_proba(X), rtol=1e-5)
    for name, measure in (
        ("roc_auc", roc_auc_score),
        ("average_precision", average_precision_score),
    ):
        assert get_scorer(name)(clf, X, y) == measure(y, decisions)


def test_decisions_are_those_of_many_labels_alone(data):
    X, y = data
    assert not hasattr(cnn(), "decision_function")
    clf = cnn(epochs=1).fit(X, y[:, 0])
    assert not hasattr(clf, "decision_function")  # scorers go on taking probabilities
    with pytest.raises(AttributeError, match="decision_function"):
        clf.decision_function(X)


def test_cross_validated_probabilities(data):
    X, y = data
    proba = cross_val_predict(cnn(), X, y, cv=2, method="predict_proba")
    assert proba.shape == y.shape
    assert f1_score(y, proba > 0.5, average="micro") > 0.7


def test_one_classifier_for_each_column(data):
    X, y = data
    model = MultiOutputClassifier(cnn(epochs=8)).fit(X, y[:, :2])
    assert f1_score(y[:, :2], model.predict(X), average="micro") > 0.9


@both
def test_clones_and_same_seeds_give_the_same(data, small):
    X, y = data
    clf = small(epochs=1).fit(X, y)
    other = clone(clf)
    assert not hasattr(other, "classes_")
    assert np.array_equal(other.fit(X, y).predict_proba(X), clf.predict_proba(X))


@both
def test_copies_predict_bit_equal_and_go_on(data, small):
    X, y = data
    clf = small(epochs=2).fit(X, y)
    other = pickle.loads(pickle.dumps(clf))
    assert np.array_equal(other.predict_proba(X), clf.predict_proba(X))
    assert other.predict(X).dtype == np.int64
    other.partial_fit(X, y)
    assert len(other.history_["loss"]) == 3
    with pytest.raises(ValueError, match="indicator matrix of 3 columns"):
        other.partial_fit(X, y[:, :2])


# ------------------------------------------------------------------- going on training
@both
def test_warm_start_goes_on(data, small):
    X, y = data
    clf = small(warm_start=True, epochs=2).fit(X, y)
    clf.fit(X, sp.csr_matrix(y))
    assert len(clf.history_["loss"]) == 4
    assert clf.history_["loss"][2] < clf.history_["loss"][0]
    with pytest.raises(ValueError, match=r"y of shape \(48, 2\).*matrix of 3 columns"):
        clf.fit(X, y[:, :2])
    with pytest.raises(ValueError, match=r"y of shape \(48,\).*matrix of 3 columns"):
        clf.fit(X, y[:, 0])
    assert clf.predict(X).shape == y.shape


def test_warm_start_of_single_labels_takes_no_matrix(data):
    X, y = data
    clf = cnn(warm_start=True, epochs=1).fit(X, y[:, 0])
    with pytest.raises(ValueError, match=r"expected one of the labels \[0, 1\]"):
        clf.fit(X, y)


def test_a_cold_start_forgets_how_many_labels_there_were(data):
    X, y = data
    clf = cnn(epochs=1).fit(X, y)
    assert clf.fit(X, y[:, :2]).predict(X).shape == (48, 2)
    assert clf.fit(X, y[:, 0]).predict(X).shape == (48,)


@both
def test_partial_fit_takes_batches_and_new_words(data, small):
    X, y = data
    clf = small().partial_fit(X[:8], y[:8], classes=[0, 1, 2])
    before = np.mean((clf.predict_proba(X) - y) ** 2)
    for _ in range(4):
        clf.partial_fit(X, y)
    assert np.mean((clf.predict_proba(X) - y) ** 2) < before
    assert clf.n_iter_ == 5
    clf.partial_fit(X[:1], y[:1].tolist(), classes=[0, 1, 2])


def test_partial_fit_wants_the_numbers_of_the_columns(data):
    X, y = data
    with pytest.raises(ValueError, match="classes must be passed"):
        cnn().partial_fit(X, y)
    for wrong in ([0, 1], [1, 2, 3], ["a", "b", "c"], []):
        clf = cnn()
        with pytest.raises(ValueError, match="Got classes="):
            clf.partial_fit(X, y, classes=wrong)
        assert not hasattr(clf, "classes_")


def test_initialize_builds_without_training(data):
    X, y = data
    clf = cnn().initialize(X, y)
    assert clf.history_ == {}
    assert clf.predict_proba(X).shape == y.shape


# ------------------------------------------------------------------------ early stopping
def test_early_stopping_returns_to_the_best_weights(data):
    X, y = data
    y = np.random.default_rng(0).permutation(y)  # noise: validation gets worse soon
    clf = cnn(epochs=40, early_stopping=True, n_iter_no_change=2, learning_rate=0.1)
    clf.fit(X[:36], y[:36], X_val=X[36:], y_val=sp.csr_matrix(y[36:]))
    losses = clf.history_["val_loss"]
    assert clf.n_iter_ == len(losses) < 40
    proba = clf.predict_proba(X[36:])
    loss = -np.mean(y[36:] * np.log(proba) + (1 - y[36:]) * np.log(1 - proba))
    assert loss == pytest.approx(min(losses), abs=1e-4)


def test_a_part_is_split_off_for_early_stopping(data):
    X, y = data
    y = y.copy()
    y[:, 2] = np.arange(48) == 0  # one document cannot stand on both sides
    clf = cnn(early_stopping=True, validation_fraction=0.25, epochs=3).fit(X, y)
    assert set(clf.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}


def test_validation_labels_have_the_same_columns(data):
    X, y = data
    with pytest.raises(ValueError, match="matrix of 3 columns"):
        cnn().fit(X, y, X_val=X, y_val=y[:, :2])
    with pytest.raises(ValueError, match="one of the labels"):
        cnn().fit(X, y[:, 0], X_val=X, y_val=y)


# ------------------------------------------------------------------------------- weights
def test_weights_decide_between_contradicting_labels(small_vectors):
    X = TokenIds([[2], [2]] * 10, small_vectors)
    y = np.array([[1, 0], [0, 1]] * 10)
    for heavy in (0, 1):
        clf = cnn().fit(X, y, sample_weight=np.where(y[:, heavy] == 1, 5.0, 1.0))
        assert (clf.predict(X) == np.eye(2)[heavy]).all()


def test_zero_weight_is_absence(data):
    X, y = data
    weights = (np.arange(48) < 36).astype(float)
    a = cnn(epochs=3).fit(X, y, sample_weight=weights)
    b = cnn(epochs=3).fit(X[:36], y[:36], sample_weight=np.ones(36))
    np.testing.assert_allclose(a.predict_proba(X), b.predict_proba(X), atol=1e-5)


def test_weights_of_classes_as_a_dict_are_refused(data):
    with pytest.raises(ValueError, match=r"Got a dict as class_weight.*sample_weight"):
        cnn(class_weight={0: 2.0}).fit(*data)


def test_balanced_weights_let_a_rare_label_through(small_vectors):
    X = TokenIds([[2]] * 20, small_vectors)
    y = np.zeros((20, 2), int)
    y[:3, 0] = 1  # of equal documents, three have the label
    assert not cnn().fit(X, y).predict(X)[:, 0].any()
    assert cnn(class_weight="balanced").fit(X, y).predict_proba(X)[0, 0] > 0.4


def test_balanced_weights_of_a_dozen_rare_labels_do_no_harm():
    draw = np.random.default_rng(0)
    y = (draw.random((240, 12)) < 0.06).astype(int)
    ids = np.zeros((240, 13), np.int32)
    for row, labels in enumerate(y):
        words = [*(2 + np.flatnonzero(labels)), 14]  # a word for each label, and one for all
        ids[row, : len(words)] = words
    vectors = WordVectors([f"word{i}" for i in range(13)], draw.normal(size=(13, 8)))
    X = TokenIds(ids, vectors)
    plain, balanced = (
        cnn(kernel_sizes=(1,), filters=16, epochs=30, learning_rate=0.02, class_weight=weight)
        .fit(X, y)
        .predict(X)
        for weight in (None, "balanced")
    )
    assert f1_score(y, plain, average="micro") > 0.95
    assert f1_score(y, balanced, average="micro") > 0.9


# ----------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda y: 2 * y - 1, "other values than 0 and 1"),
        (lambda y: y * [1, 2, 3], "other values than 0 and 1"),
        (lambda y: y * 0.5, "continuous-multioutput"),
        (lambda y: y[:-1], "48 documents in X but 47 labels in y"),
        (lambda y: sp.csr_matrix(y[:-1]), "48 documents in X but 47 labels in y"),
        (lambda y: [list(np.flatnonzero(row)) for row in y], "MultiLabelBinarizer"),
    ],
    ids=["-1 and 1", "classes", "floats", "short", "short sparse", "lists of labels"],
)
def test_what_is_no_indicator_matrix_is_refused(data, change, message):
    X, y = data
    clf = cnn()
    with pytest.raises(ValueError, match=message):
        clf.fit(X, change(y))
    assert not hasattr(clf, "classes_")
