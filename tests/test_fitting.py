from __future__ import annotations

import pickle

import numpy as np
import pytest

from sklearn_w2v import TokenIds, W2VCNNClassifier, WordVectors

VECTORS = WordVectors(["雨", "夏"], [[1.0, 0.0], [-1.0, 0.0]])
MORE = VECTORS.extended(["雪", "海"], 0, np.array([0, 1]))
X = TokenIds([[2, 0], [3, 0]] * 10, VECTORS)
X_MORE = TokenIds([[4, 0], [5, 0]] * 10, MORE)
Y = ["rainy", "sunny"] * 10


def small(**params):
    settings = {"filters": 4, "kernel_sizes": (1,), "learning_rate": 0.1, "epochs": 8}
    return W2VCNNClassifier(**{**settings, "random_state": 0, **params})


def test_words_that_extend_the_vectors_are_predicted_by_their_rows():
    clf = small(channels="static").fit(X, Y)
    np.testing.assert_array_equal(clf.predict_proba(X_MORE), clf.predict_proba(X))


def test_partial_fit_takes_words_that_extend_the_vectors():
    clf = small().fit(X, Y).partial_fit(X_MORE, Y)
    assert clf.vectors_ == MORE
    assert clf.predict(X_MORE).tolist() == Y
    assert clf.predict(X).tolist() == Y  # ids of the former vectors mean the same


def test_validation_documents_may_hold_further_words():
    clf = small().fit(X, Y, X_val=X_MORE, y_val=Y)
    assert len(clf.history_["val_accuracy"]) == 8
    assert clf.predict(X).tolist() == Y


def test_other_vectors_are_refused():
    other = WordVectors(["a", "b"], [[1.0, 0.0], [0.0, 1.0]])
    with pytest.raises(ValueError, match="other word vectors"):
        small().fit(X, Y, X_val=TokenIds(np.asarray(X), other), y_val=Y)
    with pytest.raises(ValueError, match="other word vectors"):
        small().fit(X, Y).predict(TokenIds(np.asarray(X), other))


@pytest.mark.parametrize("channels", ["rand", "multichannel"])
def test_tables_do_not_change_in_a_warm_start(channels):
    clf = small(warm_start=True, epochs=1).fit(X, Y)
    with pytest.raises(ValueError, match=f"channels='{channels}'"):
        clf.set_params(channels=channels).fit(X, Y)
    clf.set_params(channels="static").fit(X, Y)  # training stops, the table stays


def test_random_channels_know_nothing_about_the_vectors():
    with pytest.raises(AttributeError, match="rand"):
        small(channels="rand", epochs=1).fit(X, Y).word_vectors_  # noqa: B018


@pytest.mark.parametrize("grows", [False, True])
def test_a_warm_start_takes_up_another_rate_and_optimizer(grows):
    more, y = X_MORE if grows else X, Y
    clf = small(epochs=2, warm_start=True).fit(X, y)

    def optimizer():
        return clf.model_.optimizer

    first = optimizer()
    steps = int(first.iterations)
    first.learning_rate.assign(0.5)  # as a callback might
    clf.fit(more, y)
    assert float(optimizer().learning_rate) == 0.5
    assert (optimizer() is first) is not grows
    clf.set_params(learning_rate=0.25).fit(more, y)
    assert float(optimizer().learning_rate) == 0.25
    assert int(optimizer().iterations) == 3 * steps  # its state goes on
    clf.set_params(optimizer="sgd").fit(more, y)
    assert type(optimizer()).__name__ == "SGD"
    again = pickle.loads(pickle.dumps(clf))
    again.fit(more, y)
    assert len(again.history_["loss"]) == 10
