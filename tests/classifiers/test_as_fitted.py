"""Parameters that change after a fit: what was fitted stays as it is, in every copy."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from sklearn_w2v import (
    W2VCNNClassifier,
    W2VIndexer,
    W2VLSTMClassifier,
    W2VVectorizer,
    WordVectors,
    load,
    save,
)

VECTORS = WordVectors(["雨", "雪", "夏", "海"], [[1, 0], [1, 1], [-1, 0], [-1, 1]])
DOCUMENTS = [["雨"], ["夏", "雨", "雨"], ["雨", "夏"], ["夏", "夏"]] * 5
Y = [0, 1] * 10
INDEXER = W2VIndexer(VECTORS).fit(DOCUMENTS)
X = INDEXER.transform(DOCUMENTS)
NEW = INDEXER.transform([["雪", "雨"], ["海", "夏", "雪"], []])  # words that training never saw


def lstm(**params):
    settings = {"units": 4, "hidden": None, "epochs": 2, "learning_rate": 0.1, "random_state": 0}
    return W2VLSTMClassifier(**{**settings, **params})


def cnn(**params):
    settings = {"filters": 4, "kernel_sizes": (1, 2), "epochs": 2, "random_state": 0}
    return W2VCNNClassifier(**{**settings, **params})


CHANGES = [
    (lstm, {}, {"pooling": "max"}),
    (lstm, {"pooling": "max"}, {"pooling": "mean"}),
    (lstm, {}, {"pooling": "attention"}),
    (lstm, {}, {"units": 8}),
    (lstm, {}, {"hidden": 3}),
    (lstm, {}, {"bidirectional": True}),
    (lstm, {}, {"train_embeddings": False}),
    (lstm, {"train_embeddings": False}, {"train_embeddings": True}),
    (lstm, {}, {"output": "sigmoid"}),
    (lstm, {"output": "sigmoid"}, {"output": "softmax"}),
    (lstm, {}, {"maxlen": 1}),
    (lstm, {"maxlen": 1}, {"maxlen": None}),
    (cnn, {"maxlen": 1}, {"maxlen": 2}),
    (cnn, {}, {"filters": 8}),
    (cnn, {}, {"kernel_sizes": (1, 3)}),
    (cnn, {}, {"hidden": 3}),
    (cnn, {}, {"channels": "multichannel"}),
    (cnn, {}, {"channels": "static"}),
    (cnn, {}, {"channels": "rand"}),
    (cnn, {"channels": "multichannel"}, {"channels": "non-static"}),
    (cnn, {"channels": "static"}, {"channels": "multichannel"}),
    (cnn, {"channels": "static"}, {"channels": "rand"}),
    (cnn, {"channels": "rand"}, {"channels": "static"}),
    (cnn, {"channels": "rand"}, {"channels": "non-static"}),
]
NAMES = [f"{make.__name__}-{before}-{after}" for make, before, after in CHANGES]


def saved_and_loaded(model, tmp_path):
    save(model, tmp_path / "m.w2v", vectors="all")
    return load(tmp_path / "m.w2v")


@pytest.mark.parametrize(("make", "before", "after"), CHANGES, ids=NAMES)
def test_copies_predict_as_the_fitted_model_does(make, before, after, tmp_path):
    clf = make(**before).fit(X, Y)
    expected = clf.predict_proba(NEW)
    unused = pickle.loads(pickle.dumps(clf)).set_params(**after)  # no network built yet
    clf.set_params(**after)
    for one in (clf, copy.deepcopy(clf), unused, saved_and_loaded(clf, tmp_path)):
        np.testing.assert_array_equal(one.predict_proba(NEW), expected)
    again = clf.fit(X, Y)  # and the next fit takes them up
    np.testing.assert_array_equal(
        again.predict_proba(NEW), make(**{**before, **after}).fit(X, Y).predict_proba(NEW)
    )


REFUSED = [
    (lstm, {"units": 8}),
    (lstm, {"hidden": 3}),
    (lstm, {"bidirectional": True}),
    (lstm, {"pooling": "max"}),
    (lstm, {"output": "sigmoid"}),
    (cnn, {"filters": 8}),
    (cnn, {"kernel_sizes": (2, 1)}),
    (cnn, {"hidden": 3}),
    (cnn, {"channels": "multichannel"}),
    (cnn, {"channels": "rand"}),
]


@pytest.mark.parametrize(("make", "after"), REFUSED, ids=[str(after) for _, after in REFUSED])
def test_a_warm_start_takes_no_other_network(make, after, tmp_path):
    clf = make(warm_start=True).fit(X, Y)
    expected = clf.predict_proba(NEW)
    [(name, value)] = after.items()
    former = getattr(clf, name)
    clf.set_params(**after)
    with pytest.raises(ValueError, match=rf"^Got {name}=") as caught:
        clf.fit(X, Y)
    said = str(caught.value)
    assert f"Got {name}={value!r} but" in said
    assert f"{name}={former!r}" in said
    assert "warm_start=False" in said
    with pytest.raises(ValueError, match=f"Got {name}="):
        clf.partial_fit(X, Y)
    for one in (clf, saved_and_loaded(clf, tmp_path)):
        np.testing.assert_array_equal(one.predict_proba(NEW), expected)


@pytest.mark.parametrize(
    ("make", "after"), [(lstm, {"dropout": 0.5}), (cnn, {"dropout": 0.0}), (cnn, {"max_norm": 0.1})]
)
def test_a_warm_start_takes_up_how_weights_are_regularized(make, after):
    same = make(warm_start=True).fit(X, Y)
    other = copy.deepcopy(same).set_params(**after)
    iterations = int(same.model_.optimizer.iterations)
    start = same.predict_proba(NEW)
    np.testing.assert_array_equal(other.predict_proba(NEW), start)
    same.fit(X, Y)
    assert int(same.model_.optimizer.iterations) == 2 * iterations
    other.fit(X, Y)
    assert not np.array_equal(other.predict_proba(NEW), same.predict_proba(NEW))
    if "max_norm" in after:
        kernel = other.model_.get_layer("head").get_layer("output").get_weights()[0]
        assert np.linalg.norm(kernel, axis=0).max() <= 0.1 + 1e-6


def test_the_optimizer_goes_on_where_dropout_changes():
    clf = cnn(warm_start=True).fit(X, Y)
    steps = int(clf.model_.optimizer.iterations)
    clf.set_params(dropout=0.1).fit(X, Y)
    assert int(clf.model_.optimizer.iterations) == 2 * steps


POOLINGS = ["mean", "max", "mean_max", "sif", "tfidf"]


@pytest.mark.parametrize("pooling", POOLINGS)
def test_vectorizers_of_every_pooling_are_saved(pooling, tmp_path):
    vectorizer = W2VVectorizer(pooling=pooling).fit(X)
    one = saved_and_loaded(vectorizer, tmp_path)
    np.testing.assert_array_equal(one.transform(NEW), vectorizer.transform(NEW))


@pytest.mark.parametrize("after", POOLINGS)
@pytest.mark.parametrize("before", POOLINGS)
def test_a_vectorizer_transforms_as_it_was_fitted(before, after, tmp_path):
    vectorizer = W2VVectorizer(pooling=before).fit(X)
    expected = vectorizer.transform(NEW)
    vectorizer.set_params(pooling=after)
    for one in (vectorizer, copy.deepcopy(vectorizer), saved_and_loaded(vectorizer, tmp_path)):
        np.testing.assert_array_equal(one.transform(NEW), expected)
        assert len(one.get_feature_names_out()) == expected.shape[1]
