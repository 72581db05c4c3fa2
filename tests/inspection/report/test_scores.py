from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, classification_report, confusion_matrix
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC, LinearSVC

from sklearn_w2v.inspection.report.scores import (
    comparison,
    confusions,
    interval,
    label_rows,
    majority,
    outputs_of,
    scores_of,
)

X = np.random.default_rng(0).normal(size=(40, 3))
THREE = np.arange(40) % 3
TWO = np.arange(40) % 2


def test_confidences_have_one_column_a_label():
    out = outputs_of(LogisticRegression().fit(X, THREE), X)
    assert out.are_probabilities
    assert out.confidences.shape == (40, 3)
    out = outputs_of(LinearSVC().fit(X, TWO), X)
    assert not out.are_probabilities
    assert np.array_equal(out.confidences.argmax(axis=1), out.predicted)
    # decisions between pairs of labels say nothing about one label
    pairs = SVC(decision_function_shape="ovo").fit(X, np.arange(40) % 4)
    assert outputs_of(pairs, X).confidences is None
    many = np.column_stack([TWO, THREE > 1]).astype(int)
    out = outputs_of(KNeighborsClassifier(1).fit(X, many), X)
    assert np.array_equal(out.confidences, many)


def test_balanced_accuracy_is_scikit_learn_s():
    rng = np.random.default_rng(1)
    y, predicted = rng.integers(0, 3, 50), rng.integers(0, 3, 50)
    expected = balanced_accuracy_score(y, predicted)
    assert scores_of(y, predicted)["balanced_accuracy"] == pytest.approx(expected)
    # a label that is only predicted has no recall; and no warning comes
    assert scores_of(np.array([0, 0, 1]), np.array([0, 2, 1]))["balanced_accuracy"] == 0.75


def test_log_loss_needs_a_probability_of_each_label():
    probabilities = np.array([[0.5, 0.5], [0.25, 0.75]])
    scores = scores_of(np.array([0, 1]), np.array([0, 1]), probabilities)
    assert scores["log_loss"] == pytest.approx(-(np.log(0.5) + np.log(0.75)) / 2)
    assert "log_loss" not in scores_of(np.array([0, 2]), np.array([0, 1]), probabilities)


def test_labels_one_by_one_are_those_of_the_classification_report():
    rng = np.random.default_rng(2)
    for y, predicted in (
        (rng.integers(0, 3, 60), rng.integers(0, 3, 60)),
        (rng.integers(0, 2, (60, 3)), rng.integers(0, 2, (60, 3))),
    ):
        rows = label_rows(y, predicted, ["a", "b", "c"])
        expected = classification_report(
            y, predicted, target_names=["a", "b", "c"], output_dict=True, zero_division=0
        )
        for row in rows:
            found = expected[row["label"]]
            assert row["precision"] == pytest.approx(found["precision"])
            assert row["recall"] == pytest.approx(found["recall"])
            assert row["f1"] == pytest.approx(found["f1-score"])
            assert row["support"] == found["support"]
    assert label_rows(np.array([0]), np.array([0]), ["a", "b"])[1]["f1"] is None


def test_confusions_are_counted_from_truth_to_prediction():
    y, predicted = np.array([0, 0, 0, 1, 2]), np.array([0, 1, 1, 1, 0])
    pairs = confusions(y, predicted, ["a", "b", "c"], listed=5)
    assert [(p["true"], p["predicted"], p["count"]) for p in pairs] == [
        ("a", "b", 2),
        ("c", "a", 1),
    ]
    assert pairs[0]["share"] == pytest.approx(2 / 3)


def test_confusions_are_those_of_the_matrix():
    rng = np.random.default_rng(3)
    y, predicted = rng.integers(0, 6, 200), rng.integers(0, 6, 200)
    matrix = confusion_matrix(y, predicted)
    expected = [
        (-matrix[row, column], row, column)
        for row in range(6)
        for column in range(6)
        if row != column and matrix[row, column]
    ]
    names = list("abcdef")
    pairs = confusions(y, predicted, names, listed=9)
    assert [(-p["count"], names.index(p["true"]), names.index(p["predicted"])) for p in pairs] == (
        sorted(expected)[:9]
    )
    for pair in pairs:
        assert pair["share"] == pair["count"] / matrix[names.index(pair["true"])].sum()
    assert confusions(y, y, names, listed=9) == []
    assert len(confusions(np.array([5]), np.array([0]), names, listed=9)) == 1


@pytest.mark.parametrize("n_documents", [300, 3_000])
def test_memory_of_scores_does_not_grow_with_the_square_of_labels(n_documents):
    n_labels = 5_000  # a matrix of them takes 200 MB
    y = np.random.default_rng(0).integers(0, n_labels, n_documents)
    predicted = np.roll(y, 1)
    names = list(map(str, range(n_labels)))
    tracemalloc.start()
    try:
        scores_of(y, predicted)
        label_rows(y, predicted, names)
        assert len(confusions(y, predicted, names, listed=10)) == 10
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_majority_interval_and_comparison():
    assert majority(np.array([2, 1, 2]), 2).tolist() == [2, 2]
    assert majority(np.array([[1, 0], [1, 0], [0, 1]]), 2).tolist() == [[1, 0], [1, 0]]
    low, high = interval(np.array([True] * 8 + [False] * 2))
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)  # Wilson (1927), n = 10, 8 hits
    ours = np.array([True] * 12 + [False] * 2)
    theirs = np.array([False] * 10 + [True] * 4)
    found = comparison(ours, theirs)
    assert (found["ours"], found["theirs"], found["sure"]) == (10, 2, True)
    assert found["p"] == pytest.approx(2 * (1 + 12 + 66) / 2**12)
    assert comparison(ours, ours)["p"] == 1
