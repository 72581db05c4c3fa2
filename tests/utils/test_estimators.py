"""Parts and steps of estimators, and attributes that are restored after an error."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_w2v.utils.estimators import best_of, everything_in, restore_on_error, steps_of

X, Y = [[0.0], [1.0], [2.0], [3.0]] * 3, [0, 0, 1, 1] * 3


def test_a_walk_meets_everything_once():
    clf = LogisticRegression().fit(X, Y)
    twice = Pipeline([("a", clf), ("b", clf)])
    twice.itself = twice  # a cycle ends
    found = list(everything_in([{"model": twice}, (twice,), {clf}]))
    assert sum(one is clf for one in found) == 1
    assert sum(one is twice for one in found) == 1
    assert any(one is clf.coef_ for one in found)


def test_a_walk_enters_neither_leaves_nor_what_is_not_an_estimators():
    clf, sampler = LogisticRegression(), Sampler()
    sampler.inner = clf
    pipeline = Pipeline([("sampler", sampler)])
    found = list(everything_in(pipeline))
    assert any(one is sampler for one in found)
    assert not any(one is clf for one in found)
    assert list(everything_in(pipeline, (Pipeline,))) == [pipeline]


def test_arrays_of_objects_are_entered_on_request():
    clf = LogisticRegression()
    outer = np.empty(2, object)
    outer[0] = inner = np.empty(1, object)
    inner[0] = {"model": clf}
    assert any(one is clf for one in everything_in(outer))
    masked = np.ma.MaskedArray(outer, mask=True)
    assert any(one is clf for one in everything_in({"a": masked}))


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


# ---------------------------------------------------------------- restoring
class Thing:
    def __init__(self):
        self.width, self.learnt = 3, [1]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_all_attributes_are_as_before(error):
    thing = Thing()
    learnt = thing.learnt
    with pytest.raises(error), restore_on_error(thing):  # noqa: PT012
        thing.width, thing.learnt, thing.new = 4, [2], 5
        raise error
    assert vars(thing) == {"width": 3, "learnt": [1]}
    assert thing.learnt is learnt


def test_of_named_attributes_the_others_stay_changed():
    thing = Thing()
    with pytest.raises(ValueError, match="bad"), restore_on_error(thing, "width", "new"):  # noqa: PT012
        thing.width, thing.learnt, thing.new = 4, [2], 5
        raise ValueError("bad")
    assert vars(thing) == {"width": 3, "learnt": [2]}


def test_without_an_error_all_stays_changed():
    thing = Thing()
    with restore_on_error(thing):
        thing.width = 4
    assert thing.width == 4
