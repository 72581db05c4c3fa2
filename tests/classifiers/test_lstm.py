"""What the hyper-parameters of the classifiers do."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from sklearn_w2v import TokenIds, W2VIndexer, W2VLSTMClassifier


def small(**params):
    settings = {"units": 6, "hidden": None, "epochs": 12, "learning_rate": 0.05, "random_state": 0}
    return W2VLSTMClassifier(**{**settings, **params})


@pytest.fixture
def train(small_vectors):
    """Documents of two rain words and two summer words; the other four never come."""
    documents = [["雨", "雪"], ["夏", "海"], ["雪"], ["海"], ["雨"], ["夏"]] * 8
    indexer = W2VIndexer(small_vectors)
    X = indexer.fit_transform(documents)
    return indexer, X, np.array(["rain", "summer"] * 24)


@pytest.mark.parametrize("trained", [True, False], ids=["trained", "frozen"])
def test_words_that_training_never_saw_count_as_their_neighbours(train, trained):
    indexer, X, y = train
    clf = small(train_embeddings=trained).fit(X, y)
    unseen = indexer.transform([["霧", "傘"], ["砂"], ["傘"], ["祭", "砂"]])
    assert not set(np.asarray(unseen).ravel()) & set(np.asarray(X).ravel()) - {0}
    assert clf.predict(unseen).tolist() == ["rain", "summer", "rain", "summer"]


def test_the_table_holds_only_rows_that_training_used(train):
    _, X, y = train
    clf = small().fit(X, y)
    assert clf.model_.get_layer("embedding").get_weights()[0].shape == (2 + 4, 4)


def test_frozen_rows_stay_and_trained_rows_move(train, small_vectors):
    _, X, y = train
    frozen = small(train_embeddings=False).fit(X, y).word_vectors_
    trained = small().fit(X, y).word_vectors_
    assert np.array_equal(frozen.vectors, small_vectors.vectors)
    assert not np.array_equal(trained["雨"], small_vectors["雨"])
    assert np.array_equal(trained["霧"], small_vectors["霧"])
    assert trained.words == small_vectors.words


@pytest.mark.parametrize("pooling", ["last", "max", "mean", "attention"])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_every_encoder_learns(train, pooling, bidirectional):
    _, X, y = train
    clf = small(pooling=pooling, bidirectional=bidirectional, dropout=0.1).fit(X, y)
    assert clf.score(X, y) == 1.0


def test_sigmoid_outputs_are_normalised(train):
    _, X, _ = train
    y = np.arange(len(X)) % 3
    clf = small(output="sigmoid", epochs=3).fit(X, y)
    np.testing.assert_allclose(clf.predict_proba(X).sum(axis=1), 1, atol=1e-5)
    assert clf.model_.loss.name == "binary_crossentropy"
    assert 0.2 < clf.history_["accuracy"][-1] < 0.6  # of classes, not of single outputs


def test_vectors_say_what_plain_ids_mean(train, small_vectors, tmp_path):
    _, X, y = train
    path = tmp_path / "v.bin"
    small_vectors.save(path)
    plain = np.asarray(X)
    expected = small().fit(X, y).predict_proba(X)
    for vectors in (small_vectors, path, str(path), small_vectors.to_gensim()):
        clf = small(vectors=vectors).fit(plain, y)
        np.testing.assert_array_equal(clf.predict_proba(plain), expected)


LOADS = """
import sys
import keras
import numpy as np
import sklearn_w2v.networks.projected_lstm
np.save(sys.argv[2], keras.models.load_model(sys.argv[1]).predict(np.load(sys.argv[2]), verbose=0))
"""


def test_a_model_that_keras_saved_is_loaded_by_another_process(train, tmp_path):
    _, X, y = train
    clf = small(epochs=1, bidirectional=True, pooling="attention").fit(X, y)
    model, array = tmp_path / "model.keras", tmp_path / "array.npy"
    clf.model_.save(model)
    rows = np.arange(6).reshape(2, 3)
    np.save(array, rows)
    subprocess.run([sys.executable, "-c", LOADS, model, array], check=True, capture_output=True)
    np.testing.assert_allclose(np.load(array), np.asarray(clf.model_(rows)), atol=1e-6)


def test_padding_behind_a_document_changes_nothing(train):
    _, X, y = train
    wide = TokenIds(np.pad(np.asarray(X), ((0, 0), (0, 40))), X.vectors)
    np.testing.assert_array_equal(
        small().fit(X, y).predict_proba(X), small().fit(wide, y).predict_proba(wide)
    )


def test_long_and_short_documents_together(small_vectors):
    draw = np.random.default_rng(0)
    ids = np.zeros((50, 120), np.int32)
    y = np.arange(50) % 2
    for row, length in enumerate(draw.integers(1, 121, 50)):
        ids[row, :length] = draw.integers(2, 6, length) + 4 * y[row]
    X = TokenIds(ids, small_vectors)
    clf = small(pooling="max", batch_size=4, early_stopping=True).fit(X, y)
    assert clf.score(X, y) == 1.0
    assert clf.predict_proba(X[::-1])[0] == pytest.approx(clf.predict_proba(X)[-1], abs=1e-5)


@pytest.mark.parametrize("verbose", [1, 2])
def test_verbose_shows_epochs_and_silence_is_the_default(train, capsys, verbose):
    _, X, y = train
    small(epochs=2).fit(X, y)
    assert capsys.readouterr().out == ""
    small(epochs=2, verbose=verbose).fit(X, y)
    assert "Epoch 2/2" in capsys.readouterr().out


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_other_backends_train_and_predict(backend):
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    code = (
        "import numpy as np, keras\n"
        "from sklearn_w2v import W2VLSTMClassifier, WordVectors, TokenIds, explain\n"
        f"assert keras.config.backend() == {backend!r}\n"
        "X = TokenIds([[2, 3], [3, 0]] * 8, WordVectors(['a', 'b'], [[1.0], [-1.0]]))\n"
        "for pooling in ('last', 'max', 'mean', 'attention'):\n"
        "    clf = W2VLSTMClassifier(pooling=pooling, units=4, epochs=15, learning_rate=0.05,\n"
        "                            random_state=0, early_stopping=True)\n"
        "    assert clf.fit(X, [0, 1] * 8).score(X, [0, 1] * 8) == 1.0, pooling\n"
        "    [one] = explain(clf, X[:1])\n"
        "    assert abs(one.residual) < 1e-2 * max(1, abs(one.score)), pooling\n"
    )
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        check=True,
        env={**os.environ, "KERAS_BACKEND": backend},
    )


@pytest.mark.gpu
def test_a_gpu_predicts_what_the_cpu_does(train):
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        pytest.skip("no GPU on this machine")
    _, X, y = train
    with tf.device("GPU:0"):
        gpu = small().fit(X, y)
        seen = gpu.predict_proba(X)
    assert gpu.score(X, y) == 1.0
    with tf.device("CPU:0"):
        np.testing.assert_allclose(
            pickle.loads(pickle.dumps(gpu)).predict_proba(X), seen, atol=1e-3
        )
