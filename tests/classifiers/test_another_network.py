"""A third network is one file in networks/, one in classifiers/, and a public name."""

from __future__ import annotations

import importlib
import pickle
import sys

import numpy as np
import pytest
from sklearn.base import clone, is_classifier

import sklearn_w2v
from sklearn_w2v import TokenIds, WordVectors, explain, load, make_w2v_pipeline, save

NETWORK = '''
from dataclasses import dataclass

import numpy as np

from sklearn_w2v.networks.forward import dense, dense_gradient


@dataclass(frozen=True)
class Average:
    """The mean of the word vectors, and dense layers on it."""

    dim: int
    n_classes: int
    hidden: int | None
    dropout: float
    seed: int

    def head(self):
        from sklearn_w2v.networks import layers
        from sklearn_w2v.networks.backend import keras

        seeds = layers.seeds(self.seed)
        vectors, mask = layers.inputs(self.dim)
        state = layers.pool(vectors, mask, "mean", next(seeds))
        state = layers.dropout(state, self.dropout, next(seeds))
        out = layers.classifier(state, self.hidden, self.n_classes, self.dropout, seeds)
        return keras.Model([vectors, mask], out, name="head")

    def shapes(self):
        from sklearn_w2v.networks.lstm import dense_shapes

        return dense_shapes(self.dim, self.hidden, self.n_classes)

    def project(self, weights, vectors):
        return vectors

    def logits(self, weights, documents):
        ends = documents.starts + documents.lengths
        each = [documents.places[a:b] for a, b in zip(documents.starts, ends)]
        return dense(np.stack([documents.words[one].mean(axis=0) for one in each]), weights)

    def gradients(self, weights, vectors, label):
        width = vectors.shape[1]
        logits, slopes = dense_gradient(vectors.mean(axis=1), weights, label)
        return logits, np.repeat(slopes[:, None] / width, width, axis=1)
'''
CLASSIFIER = '''
from sklearn_w2v.classifiers.base import W2VClassifier
from sklearn_w2v.networks.average import Average


class W2VAverageClassifier(W2VClassifier):
    """Mean of word vectors."""

    _parameter_constraints = {
        **W2VClassifier._parameter_constraints,
        "train_embeddings": ["boolean"],
    }

    def __init__(
        self, vectors=None, train_embeddings=True, hidden=None, dropout=0.0, maxlen=None, bow=None,
        bow_C=10.0, train_network="auto", output="softmax", optimizer="adam", learning_rate=None,
        epochs=10, batch_size=32, early_stopping=False, validation_fraction=0.1, n_iter_no_change=3,
        class_weight=None, callbacks=None, verbose=0, warm_start=False, n_jobs=None,
        random_state=None,
    ):
        given = dict(locals())
        for name in self._get_param_names():
            setattr(self, name, given[name])

    def _architecture(self, dim, n_classes, seed):
        return Average(dim, n_classes, self.hidden, float(self.dropout), seed)
'''
VECTORS = WordVectors(["雨", "雪", "夏", "海"], [[1, 0], [1, 1], [-1, 0], [-1, 1]])
X = TokenIds([[2, 3], [4, 5], [2, 0], [5, 0]] * 10, VECTORS)
Y = ["wet", "dry", "wet", "dry"] * 10


@pytest.fixture
def W2VAverageClassifier(tmp_path, monkeypatch):  # noqa: N802
    """A class in two new files of the package."""
    for room, name, code in (
        ("networks", "average", NETWORK),
        ("classifiers", "average", CLASSIFIER),
    ):
        folder = tmp_path / room
        folder.mkdir()
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
        package = importlib.import_module(f"sklearn_w2v.{room}")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    importlib.invalidate_caches()
    module = importlib.import_module("sklearn_w2v.classifiers.average")
    monkeypatch.setattr(sklearn_w2v, "W2VAverageClassifier", module.W2VAverageClassifier, False)
    yield module.W2VAverageClassifier
    for room in ("networks", "classifiers"):
        sys.modules.pop(f"sklearn_w2v.{room}.average", None)


@pytest.mark.parametrize("bow", [None, "words"])
def test_it_is_fitted_copied_and_saved(W2VAverageClassifier, bow, tmp_path):
    clf = W2VAverageClassifier(hidden=3, learning_rate=0.1, bow=bow, epochs=5, random_state=0)
    assert is_classifier(clf)
    clf = clone(clf).fit(X, Y)
    assert clf.predict(X).tolist() == Y
    expected = clf.predict_proba(X)
    assert np.array_equal(pickle.loads(pickle.dumps(clf)).predict_proba(X), expected)
    save(clf, tmp_path / "m.w2v")
    assert np.array_equal(load(tmp_path / "m.w2v").predict_proba(X), expected)
    assert "table 6 × 2" in clf._repr_html_()


def test_it_goes_on_from_learnt_weights(W2VAverageClassifier):
    clf = W2VAverageClassifier(hidden=3, epochs=2, warm_start=True, random_state=0).fit(X, Y)
    assert clf.fit(X, Y).n_iter_ == 4
    with pytest.raises(ValueError, match="hidden"):
        clf.set_params(hidden=4).fit(X, Y)


def test_it_explains_texts_at_the_end_of_a_pipeline(W2VAverageClassifier):
    pipeline = make_w2v_pipeline(VECTORS, tokenizer=str.split)
    pipeline.steps[-1] = ("clf", W2VAverageClassifier(learning_rate=0.1, epochs=5, random_state=0))
    pipeline.fit(["雨 雪", "夏 海"] * 10, ["wet", "dry"] * 10)
    [one] = explain(pipeline, ["雪 夏"], target="wet")
    assert one.values[0] > 0 > one.values[1]
