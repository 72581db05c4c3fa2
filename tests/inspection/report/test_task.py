from __future__ import annotations

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from sklearn_w2v.inspection.report.baselines import baselines_of, tfidf_baseline
from sklearn_w2v.inspection.report.scores import outputs_of
from sklearn_w2v.inspection.report.task import Task


def task(y, classes=("a", "b"), names=None):
    clf = DummyClassifier().fit(np.zeros((len(classes), 1)), list(classes))
    return Task(clf, y, outputs_of(clf, np.zeros((len(y), 1))), len(y), names)


def test_labels_are_numbered_in_the_estimator_s_order():
    found = task(["b", "c", "a"])
    assert found.y.tolist() == [1, 2, 0]
    assert found.names == ["a", "b", "c"]
    assert found.label_of(2) == "c"
    assert task(["b", "c"], names=["x", "y"]).names == ["x", "y", "c"]


def test_labels_of_many_columns_need_as_many_predictions():
    with pytest.raises(ValueError, match=r"Got labels of shape \(2,\) but expected shape \(2, 2\)"):
        task(np.array([[0, 1], [1, 0]]))


@pytest.mark.parametrize(
    ("documents", "steps"),
    [
        (["雨が降る", "夏が来る"], ["japanesetokenizer", "tfidfvectorizer", "linearsvc"]),
        (["it rains", "it is summer"], ["tfidfvectorizer", "linearsvc"]),
        ([["雨", "が"], ["夏"]], ["tfidfvectorizer", "linearsvc"]),
    ],
    ids=["japanese", "english", "lists"],
)
def test_the_baseline_takes_the_documents_as_they_are(documents, steps):
    model = tfidf_baseline(documents, False)
    assert list(model.named_steps) == steps
    assert model.fit(documents, [0, 1]).predict(documents).tolist() == [0, 1]
    model = tfidf_baseline(documents, True).fit(documents, np.eye(2, dtype=int))
    assert model.predict(documents).tolist() == [[1, 0], [0, 1]]


def test_majorities_are_of_training_where_it_is_known():
    found = task(["a", "b", "b"])
    [one] = baselines_of(found, ["x"] * 3, None)
    assert one.predicted.tolist() == [1, 1, 1]
    assert "these documents" in one.note
    one, other = baselines_of(found, ["x", "y", "y"], None, ["x", "x", "y"], ["a", "a", "b"])
    assert one.predicted.tolist() == [0, 0, 0]
    assert other.predicted.tolist() == [0, 1, 1]
