from __future__ import annotations

import logging
import pickle
import tracemalloc

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from sklearn_w2v import (
    TokenIds,
    W2VCNNClassifier,
    W2VIndexer,
    W2VVectorizer,
    WordVectors,
    explain,
)
from sklearn_w2v.exceptions import NoTransferWarning
from sklearn_w2v.networks.backend import keras

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


ASTRAY = {"optimizer": "sgd", "learning_rate": 1e30}


@pytest.mark.parametrize(
    ("channels", "y"),
    [
        *((channels, Y) for channels in ("static", "non-static", "multichannel")),
        ("non-static", [[1, 0], [0, 1]] * 10),
    ],
)
def test_training_that_goes_astray_gives_no_model(channels, y):
    clf = small(channels=channels, max_norm=None, **ASTRAY)
    with pytest.raises(ValueError, match=r"not finite.*Lower learning_rate.*optimizer__clipnorm"):
        clf.fit(X, y)
    with pytest.raises(NotFittedError):
        clf.predict(X)


def test_early_stopping_goes_back_to_weights_that_are_finite():
    class Astray(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 3:
                weight = self.model.trainable_variables[-1]
                weight.assign(np.full(weight.shape, np.nan, np.float32))

    clf = small(early_stopping=True, n_iter_no_change=1, callbacks=Astray()).fit(X, Y)
    assert np.isnan(clf.history_["loss"][-1])
    assert np.isfinite(clf.predict_proba(X)).all()


def test_beside_a_network_that_goes_astray_the_branch_decides_alone():
    clf = small(bow="words", max_norm=None, **ASTRAY)
    X_long = TokenIds([[2, 0], [3, 0]] * 100, VECTORS)
    clf.fit(X_long, ["rainy", "sunny"] * 100)
    assert clf.bow_weights_[1] == 0
    assert np.isfinite(clf.predict_proba(X_long)).all()


def test_too_few_documents_to_hold_some_out():
    clf = small(early_stopping=True)
    with pytest.raises(ValueError, match=r"validation_fraction=0\.1 of 1 document .* leaves none"):
        clf.fit(X[:1], Y[:1])
    clf.set_params(validation_fraction=0.999)
    with pytest.raises(ValueError, match=r"validation_fraction=0\.999 of 20 documents .* none"):
        clf.fit(X, Y)


@pytest.mark.parametrize(
    ("bad", "n"),
    [
        ({"kernel_sizes": (0,)}, 20),
        ({"filters": 0}, 20),
        ({"early_stopping": True, "validation_fraction": 0.5}, 1),
        ({"optimizer": int}, 20),
        ({"callbacks": [3]}, 20),
    ],
    ids=str,
)
def test_bad_input_leaves_a_fitted_classifier_as_it_was(bad, n):
    clf = small().fit(X, Y)
    expected = clf.predict_proba(X)
    with pytest.raises((TypeError, ValueError)):
        clf.set_params(**bad).fit(X[:n], Y[:n])
    np.testing.assert_array_equal(clf.predict_proba(X), expected)


@pytest.mark.parametrize("how", ["object", "path"])
def test_plain_ids_of_other_vectors_are_refused_in_a_warm_start(how, tmp_path):
    ids, swapped = np.asarray(X), WordVectors(["夏", "雨"], [[-1.0, 0.0], [1.0, 0.0]])
    swapped.save(tmp_path / "swapped.txt")
    MORE.save(tmp_path / "more.txt")
    others = {"object": (swapped, MORE), "path": (tmp_path / "swapped.txt", tmp_path / "more.txt")}
    other, more = others[how]
    clf = small(vectors=VECTORS, warm_start=True).fit(ids, Y)
    for go_on in (clf.fit, clf.partial_fit):
        clf.set_params(vectors=other)
        with pytest.raises(ValueError, match="other word vectors in vectors= than"):
            go_on(ids, Y)
        clf.set_params(vectors=tmp_path / "gone.txt")  # nothing says that these are others
        go_on(ids[:0:-1], Y[:0:-1])
    assert clf.predict(ids).tolist() == Y
    with pytest.warns(NoTransferWarning):
        without = small(warm_start=True, channels="rand").fit(ids, Y)
    with pytest.raises(ValueError, match="other word vectors in vectors= than"):
        without.set_params(vectors=VECTORS).fit(ids, Y)
    if how == "object":
        clf.set_params(vectors=more).partial_fit(np.asarray(X_MORE), Y)
        assert clf.vectors_ is MORE
        assert clf.predict(X_MORE).tolist() == Y


def test_training_does_not_go_on_from_a_linear_branch():
    clf = small(bow="words", train_network=False, epochs=1).fit(X, Y)
    expected = clf.predict_proba(X)
    clf.set_params(bow=None, train_network="auto")
    for go_on in (clf.partial_fit, clf.set_params(warm_start=True).fit):
        with pytest.raises(ValueError, match="fitted is the linear branch"):
            go_on(X, Y)
    np.testing.assert_array_equal(clf.predict_proba(X), expected)


def test_validation_documents_without_weight_are_refused():
    with pytest.raises(ValueError, match="In X_val and y_val: the weight is zero for every"):
        small(bow="words", class_weight={"rainy": 0.0}).fit(X, Y, X_val=X[::2], y_val=Y[::2])


def test_what_callbacks_log_beside_numbers_costs_nothing():
    class Logs(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs.update(half=np.float32(0.5), of_classes=np.array([0.5, 0.7]), word="x")

    clf = small(epochs=2, callbacks=[Logs()]).fit(X, Y)
    assert clf.history_["half"] == [0.5, 0.5]
    assert sorted(clf.history_) == ["accuracy", "half", "loss"]


@pytest.mark.parametrize("make", [small, W2VVectorizer])
def test_ids_of_other_vectors_than_those_given_are_refused_in_fit(make):
    """Not only in predict: ids that mean other words teach nonsense."""
    turned = WordVectors(VECTORS.words[::-1], VECTORS.vectors[::-1])
    with pytest.raises(ValueError, match=r"ids of other word vectors than vectors=.*W2VIndexer"):
        make(vectors=turned).fit(X, Y)


@pytest.mark.parametrize("make", [small, W2VVectorizer])
def test_given_vectors_and_extensions_of_them(make):
    for given, ids in ((VECTORS, X), (VECTORS, X_MORE), (MORE, X)):
        model = make(vectors=given).fit(ids, Y)
        assert model.vectors_ == max(given, ids.vectors, key=len)
        use = model.predict if hasattr(model, "predict") else model.transform
        assert len(use(ids)) == len(Y)


def test_the_next_model_starts_from_learnt_vectors():
    learnt = small().fit(X, Y).word_vectors_
    indexer = W2VIndexer(learnt)
    again = small(epochs=1).fit(indexer.fit_transform([["雨"], ["夏"]] * 10), Y)
    np.testing.assert_array_equal(again.vectors_.vectors, learnt.vectors)
    with pytest.raises(ValueError, match=r"other word vectors than vectors="):
        small(vectors=learnt).fit(X, Y)


def test_tensorflow_s_advice_about_tracing_stays_away():
    """It speaks in predictions too, where networks of several shapes come one after another."""
    records = []

    class Keep(logging.Handler):
        def emit(self, record):
            records.append(record.getMessage())

    logger, handler = logging.getLogger("tensorflow"), Keep(level=logging.WARNING)
    logger.addHandler(handler)
    try:
        for n in range(1, 9):
            clf = small(filters=n, epochs=1).fit(X, Y)
            clf.predict(X)
            explain(clf, X[:1])
    finally:
        logger.removeHandler(handler)
    assert records == []


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


# ------------------------------------------------------- ids that stay in their file
@pytest.fixture
def mapped(tmp_path):
    """Ids of 20,000 documents of a few words in rows of 200 places, mapped from a file."""
    random = np.random.default_rng(0)
    ids = np.zeros((20_000, 200), np.int32)
    ids[:, 0] = random.integers(2, 4, 20_000)
    ids[:, 1:4] = np.where(random.random((20_000, 3)) < 0.5, ids[:, :1], 1)
    y = np.where(ids[:, 0] == 2, "rainy", "sunny")
    np.save(tmp_path / "ids.npy", ids)
    return np.load(tmp_path / "ids.npy", mmap_mode="r"), y


@pytest.mark.parametrize(
    "params", [{}, {"early_stopping": True}, {"maxlen": 3}, {"class_weight": "balanced"}], ids=str
)
def test_a_fit_from_a_file_equals_that_in_memory_and_copies_no_more_than_a_batch(mapped, params):
    ids, y = mapped
    settings = {"vectors": VECTORS, "epochs": 2, "batch_size": 1000, **params}
    expected = small(**settings).fit(np.array(ids), y).predict_proba(ids[:100])
    tracemalloc.start()
    try:
        clf = small(**settings).fit(TokenIds(ids, VECTORS), y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(clf.predict_proba(ids[:100]), expected)
    held = 0.11 * ids.nbytes if "early_stopping" in params else 0
    assert peak - held < ids.nbytes / 2  # 16 MB; labels and orders take some


def test_chunks_of_a_file_are_learnt_from_one_after_another(mapped):
    ids, y = mapped
    clf = small(vectors=VECTORS, batch_size=100)
    for start in range(0, len(ids), 5_000):
        clf.partial_fit(ids[start : start + 5_000], y[start : start + 5_000], ["rainy", "sunny"])
    assert clf.score(ids[:500], y[:500]) > 0.95


def test_ids_in_a_file_that_cannot_be_written_are_padded_in_memory(mapped):
    ids, y = mapped
    turned = ids[:200, ::-1]
    assert not turned.flags.writeable
    clf = small(vectors=VECTORS).fit(turned, y[:200])
    # the order of the words is another one, but it is a bag of single words
    np.testing.assert_allclose(clf.predict_proba(turned), clf.predict_proba(ids[:200]), atol=1e-6)
