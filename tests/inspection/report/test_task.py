from __future__ import annotations

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

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
