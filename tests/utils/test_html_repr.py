from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.pipeline import make_pipeline

from sklearn_w2v import TokenIds, W2VIndexer, W2VLSTMClassifier, Word2VecTrainer, WordVectors
from sklearn_w2v.networks.design import NetworkWeights
from sklearn_w2v.networks.embedding_table import Table
from sklearn_w2v.utils import sklearn_compat

HAS_TABLES = hasattr(BaseEstimator, "_get_fitted_attr_html")


@pytest.fixture(scope="module")
def fitted():
    vectors = WordVectors([f"w{i}" for i in range(9)], [[float(i), 1.0] for i in range(9)])
    X, y = TokenIds([[2], [6]] * 6, vectors), ["<b>", "c"] * 6
    return W2VLSTMClassifier(units=2, hidden=None, epochs=1, random_state=0).fit(X, y)


def test_a_fitted_indexer_shows_coverage():
    indexer = W2VIndexer(WordVectors(["雨"], [[1.0, 0.0]]), random_state=0)
    pipeline = make_pipeline(indexer)
    assert "of words known" not in pipeline._repr_html_()
    html = pipeline.fit([["雨", "<i>"], ["雨", "雨"]])._repr_html_()
    assert "75.0% of words known · 2 × 2" in html
    assert "<i>" not in html
    if HAS_TABLES:
        assert "&lt;i&gt;" in html


def test_a_fitted_classifier_shows_its_table_and_does_not_copy_it(fitted, monkeypatch):
    def copied(*args):
        raise AssertionError("the table was copied")

    monkeypatch.setattr(Table, "word_vectors", copied)
    html = fitted._repr_html_()
    # padding, unknown and two words
    assert "2 classes · table 4 × 2" in html
    if HAS_TABLES:
        assert "history_: last accuracy" in html
    assert "<b>" not in html.split("</style>")[1].replace("<b>In a Jupyter", "")


def test_tables_of_pickled_classifiers_are_not_built_for_a_diagram(fitted):
    loaded = pickle.loads(pickle.dumps(fitted))
    assert loaded._network.table_shape == (4, 2)
    assert "table 4 × 2" in loaded._repr_html_()
    assert isinstance(loaded._network, NetworkWeights)
    assert "classes ·" not in W2VLSTMClassifier()._repr_html_()


def test_spare_rows_of_a_table_do_not_count():
    vectors = WordVectors([f"w{i}" for i in range(75)], np.eye(75, 2))
    X = TokenIds(np.arange(2, 77).reshape(-1, 3), vectors)
    clf = W2VLSTMClassifier(units=2, hidden=None, epochs=1, random_state=0)
    clf.fit(X, [0, 1] * 12 + [0])
    assert clf._network.table_shape == (77, 2)
    assert clf._network.embedding.embeddings.shape[0] > 77


def test_unfitted_indexers_show_their_trainer():
    html = W2VIndexer(Word2VecTrainer(vector_size=7))._repr_html_()
    assert "vectors: Word2VecTrainer" in html


def test_text_shows_no_diagram(fitted):
    with config_context(display="text"):
        assert not hasattr(fitted, "_repr_html_")


# ----------------------------------------------------------- other internals of scikit-learn
def test_without_such_boxes_scikit_learn_draws_its_own(fitted, monkeypatch):
    """Another release may have them elsewhere: the diagram is plain then, not broken."""
    monkeypatch.setattr(sklearn_compat, "_parameters", lambda cls: {"fitted_attrs"})
    assert not hasattr(fitted, "_sk_visual_block_")
    html = fitted._repr_html_()
    assert "W2VLSTMClassifier" in html
    assert "2 classes" not in html
    monkeypatch.undo()
    assert "2 classes" in fitted._repr_html_()


@pytest.mark.skipif(not HAS_TABLES, reason="this scikit-learn shows no fitted attributes")
@pytest.mark.parametrize("missing", ["the module", "a parameter"])
def test_without_such_a_table_scikit_learn_makes_its_own(fitted, monkeypatch, missing):
    if missing == "the module":
        monkeypatch.setitem(sys.modules, "sklearn.utils._repr_html.fitted_attributes", None)
    else:
        box = {"names", "name_details", "name_caption"}
        monkeypatch.setattr(sklearn_compat, "_parameters", lambda cls: box)
    html = fitted._repr_html_()
    assert "2 classes" in html
    assert "history_: last accuracy" not in html
    assert "history_" in html
