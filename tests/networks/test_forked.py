"""Processes that are forked after a network has run predict, and refuse to train."""

from __future__ import annotations

import multiprocessing
import pickle
import sys
import threading

import numpy as np
import pytest

from sklearn_w2v import TokenIds, W2VCNNClassifier, W2VLSTMClassifier, WordVectors
from sklearn_w2v.networks.backend import keras

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or keras.config.backend() != "tensorflow",
    reason="forks, and TensorFlow's threads",
)
IDS = TokenIds([[2, 3], [4, 5]] * 8, WordVectors(list("雨雪夏海"), np.eye(4)))


# so many rows that TensorFlow would share their reading among its threads
MANY = TokenIds(
    np.arange(2, 4_002).reshape(16, 250),
    WordVectors(
        [f"w{number}" for number in range(4_000)], np.random.default_rng(0).random((4_000, 50))
    ),
)


def in_child(queue, clf, what, ids):
    try:
        queue.put(getattr(clf, what)(*([ids, [0, 1] * 8] if what == "fit" else [ids])))
    except RuntimeError as error:
        queue.put(str(error))


def asked(clf, what, ids=IDS):
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=in_child, args=(queue, clf, what, ids))
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


@pytest.mark.parametrize("channels", ["static", "multichannel"])
def test_of_many_words_too(channels):
    clf = W2VCNNClassifier(channels=channels, epochs=1, random_state=0).fit(MANY, [0, 1] * 8)
    np.testing.assert_array_equal(asked(clf, "predict_proba", MANY), clf.predict_proba(MANY))


class Waits(WordVectors):
    """Vectors that tell when they are read, and wait until they may go on."""

    def take(self, ids):
        if hasattr(self, "read"):
            self.read.set()
            self.go_on.wait(60)
        return super().take(ids)


def test_a_first_prediction_of_another_thread_holds_nobody_up():
    clf = W2VCNNClassifier(channels="static", epochs=1, random_state=0).fit(IDS, [0, 1] * 8)
    clf = pickle.loads(pickle.dumps(clf))
    expected = pickle.loads(pickle.dumps(clf)).predict_proba(IDS)
    vectors = clf.vectors_
    vectors.__class__ = Waits
    vectors.read, vectors.go_on = threading.Event(), threading.Event()
    reader = threading.Thread(target=clf.predict, args=(IDS,))
    reader.start()
    assert vectors.read.wait(60)
    of_parent = dict(vars(vectors))
    del vectors.read  # the child's own reading waits for nobody
    try:
        np.testing.assert_array_equal(asked(clf, "predict_proba"), expected)
    finally:
        of_parent["go_on"].set()
        reader.join()
