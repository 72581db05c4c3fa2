from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, classification_report
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
    matrix, pairs = confusions(y, predicted, ["a", "b", "c"], listed=5)
    assert matrix.tolist() == [[1, 2, 0], [0, 1, 0], [1, 0, 0]]
    assert [(p["true"], p["predicted"], p["count"]) for p in pairs] == [
        ("a", "b", 2),
        ("c", "a", 1),
    ]
    assert pairs[0]["share"] == pytest.approx(2 / 3)


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
