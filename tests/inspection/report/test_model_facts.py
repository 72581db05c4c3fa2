from __future__ import annotations

import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_w2v import JapaneseTokenizer, W2VIndexer, WordVectors
from sklearn_w2v.inspection.report.model_facts import (
    coverage,
    facts,
    history_of,
    name_of,
    step_rows,
    training_note,
)
from sklearn_w2v.utils.versions import versions


class Trained(DummyClassifier):
    """Stands for a classifier with a linear branch."""

    history_ = {"loss": [1.0]}
    n_iter_ = 1

    def __init__(self, weight=0.0):
        super().__init__()
        self.weight = weight

    @property
    def bow_weights_(self):
        return 2.0, self.weight


def test_only_parameters_that_are_not_defaults_are_named():
    steps = step_rows(make_pipeline(JapaneseTokenizer(pos=None), LogisticRegression(C=3.0)))
    assert [step["estimator"] for step in steps] == ["JapaneseTokenizer", "LogisticRegression"]
    assert steps[0]["params"] == [("pos", "None")]
    assert steps[1]["params"] == [("C", "3.0")]
    assert step_rows(make_pipeline("passthrough", LogisticRegression()))[0]["params"] == []


def test_searches_are_unwrapped():
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2)
    search.fit([[0], [1], [0], [1]], [0, 1, 0, 1])
    assert name_of(search) == "LogisticRegression"


def test_coverage_is_that_of_the_indexer():
    indexer = W2VIndexer(WordVectors(["雨"], [[1.0, 0.0]]), maxlen=2, random_state=0)
    model = make_pipeline(indexer, DummyClassifier())
    ids = indexer.fit_transform([["雨", "嵐"], ["雨", "雨"]])
    found = coverage(model, ids)
    assert "(1 words in 2 dimensions) know 75.0%" in found["text"]
    assert [(part["kind"], part["shown"]) for part in found["parts"]] == [
        ("known", "75.0%"),
        ("forms", "0.0%"),
        ("unknown", "25.0%"),
    ]
    assert found["unknown"] == [("嵐", 1)]
    assert "0.0%" in found["notes"][-1]
    assert "50.0%" in coverage(model, indexer.transform([["雨", "霧"]]))["notes"][-1]
    assert coverage(make_pipeline(DummyClassifier()), None) is None


@pytest.mark.parametrize(("weight", "words"), [(0.0, "decides alone"), (0.5, "0.5 times")])
def test_what_branch_and_network_are_worth_is_said(weight, words):
    assert words in training_note(make_pipeline(Trained(weight)))
    assert training_note(LogisticRegression()) is None


def test_facts_and_versions():
    assert facts(make_pipeline(Trained())) == [("epochs", "1")]
    assert facts(LogisticRegression()) == []
    assert history_of(LogisticRegression()) == {}
    assert {"sklearn_w2v", "Python", "scikit-learn"} <= set(versions())
