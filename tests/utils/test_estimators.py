"""Searches and pipelines, laid open."""

from __future__ import annotations

import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_w2v.utils.estimators import best_of, steps_of

X, Y = [[0.0], [1.0], [2.0], [3.0]] * 3, [0, 0, 1, 1] * 3


class Sampler:
    """A step that has its say in fit alone, as imbalanced-learn has them."""


def test_pipelines_within_pipelines():
    scaler, same, clf = StandardScaler().fit(X), FunctionTransformer(), LogisticRegression()
    clf.fit(X, Y)
    inner = Pipeline([("scale", scaler), ("nothing", "passthrough"), ("none", None)])
    last = Pipeline([("same", same), ("clf", clf)])
    outer = Pipeline([("inner", inner), ("sampler", Sampler()), ("last", last)])
    assert steps_of(outer) == [scaler, same, clf]
    assert steps_of(clf) == [clf]


def test_the_best_of_a_search_and_of_a_search_within():
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2)
    assert best_of(search) is search
    search.fit(X, Y)
    assert best_of(search) is search.best_estimator_
    assert steps_of(Pipeline([("clf", search)])) == [search.best_estimator_]


def test_what_is_not_fitted_is_refused():
    for estimator in (LogisticRegression(), Pipeline([("clf", LogisticRegression())])):
        with pytest.raises(NotFittedError):
            steps_of(estimator)
