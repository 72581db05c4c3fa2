"""What a model is compared with."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from sklearn_w2v.inspection.report.baselines import baselines_of, tfidf_baseline
from sklearn_w2v.inspection.report.scores import outputs_of
from sklearn_w2v.inspection.report.task import Task


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
    clf = DummyClassifier().fit(np.zeros((2, 1)), ["a", "b"])
    found = Task(clf, ["a", "b", "b"], outputs_of(clf, np.zeros((3, 1))), 3, None)
    [one] = baselines_of(found, ["x"] * 3, None)
    assert one.predicted.tolist() == [1, 1, 1]
    assert "these documents" in one.note
    one, other = baselines_of(found, ["x", "y", "y"], None, ["x", "x", "y"], ["a", "a", "b"])
    assert one.predicted.tolist() == [0, 0, 0]
    assert other.predicted.tolist() == [0, 1, 1]


def test_without_documents_the_baseline_takes_lists_of_tokens():
    tokens = [["雨", "が", "降る"], ["夏", "が", "来る"]]
    model = tfidf_baseline().fit(tokens, [0, 1])
    assert model.predict(tokens).tolist() == [0, 1]
    assert sorted(model[0].vocabulary_) == ["が", "夏", "来る", "降る", "雨"]
