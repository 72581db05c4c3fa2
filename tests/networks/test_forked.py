"""Processes that are forked after a network has run predict, and refuse to train."""

from __future__ import annotations

import multiprocessing
import sys

import numpy as np
import pytest

from sklearn_w2v import TokenIds, W2VLSTMClassifier, WordVectors
from sklearn_w2v.networks.backend import keras

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or keras.config.backend() != "tensorflow",
    reason="forks, and TensorFlow's threads",
)
IDS = TokenIds([[2, 3], [4, 5]] * 8, WordVectors(list("雨雪夏海"), np.eye(4)))


def in_child(queue, clf, what):
    try:
        queue.put(getattr(clf, what)(*([IDS, [0, 1] * 8] if what == "fit" else [IDS])))
    except RuntimeError as error:
        queue.put(str(error))


def asked(clf, what):
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=in_child, args=(queue, clf, what))
    child.start()
    child.join(60)
    try:
        assert child.exitcode == 0, "it hangs, or died"
        return queue.get()
    finally:
        child.kill()


def test_a_forked_process_predicts_and_refuses_to_train():
    clf = W2VLSTMClassifier(units=2, hidden=None, epochs=1, random_state=0).fit(IDS, [0, 1] * 8)
    np.testing.assert_array_equal(asked(clf, "predict_proba"), clf.predict_proba(IDS))
    assert "forked after TensorFlow had run" in asked(clf, "fit")
    assert "get_context('spawn')" in asked(clf, "fit")
    clf.fit(IDS, [0, 1] * 8)  # the parent goes on
