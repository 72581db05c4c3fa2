"""Predictions in a stream."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from sklearn_w2v import (
    JapaneseTokenizer,
    W2VIndexer,
    W2VLSTMClassifier,
    W2VVectorizer,
    WordVectors,
    predict_iter,
)

TEXTS = ["雨が降る", "雪が降る", "", "雨だ", "雪だ"] * 5


@pytest.fixture(scope="module")
def pipeline():
    vectors = WordVectors(["雨", "雪", "降る"], np.eye(3))
    clf = W2VLSTMClassifier(units=4, epochs=2, random_state=0)
    steps = JapaneseTokenizer(), W2VIndexer(vectors, random_state=0), clf
    return make_pipeline(*steps).fit(TEXTS, ["wet", "cold", "none", "wet", "cold"] * 5)


@pytest.mark.parametrize("chunk_size", [1, 7, 25, 1000])
def test_a_stream_gives_what_a_list_gives_in_its_order(pipeline, chunk_size):
    stream = predict_iter(pipeline, iter(TEXTS), chunk_size=chunk_size)
    assert list(stream) == pipeline.predict(TEXTS).tolist()
    rows = predict_iter(pipeline, iter(TEXTS), method="predict_proba", chunk_size=chunk_size)
    np.testing.assert_allclose(np.array(list(rows)), pipeline.predict_proba(TEXTS), atol=1e-6)


def test_no_more_than_a_chunk_is_read_ahead(pipeline):
    read = []
    stream = predict_iter(pipeline, (read.append(t) or t for t in TEXTS), chunk_size=4)
    assert read == []
    next(stream)
    assert len(read) == 4
    for _ in range(4):
        next(stream)
    assert len(read) == 8


def test_nothing_gives_nothing(pipeline):
    assert list(predict_iter(pipeline, [])) == []


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"X": "雨が降る"}, TypeError, "Got a single str as X"),
        ({"X": {"text": TEXTS}}, TypeError, "Got dict as X"),
        ({"X": pd.DataFrame({"text": TEXTS})}, TypeError, "Got DataFrame as X"),
        ({"chunk_size": 0}, ValueError, "chunk_size=0"),
        ({"chunk_size": 1.5}, TypeError, "chunk_size=1.5"),
        ({"chunk_size": True}, TypeError, "chunk_size=True"),
        ({"method": "guess"}, TypeError, "no method 'guess'"),
    ],
)
def test_wrong_values_are_named_at_once(pipeline, params, error, message):
    with pytest.raises(error, match=message):
        predict_iter(pipeline, **{"X": TEXTS, **params})


def test_an_estimator_that_is_not_fitted_says_so():
    with pytest.raises(NotFittedError):
        list(predict_iter(DummyClassifier(), TEXTS))


def test_rows_of_tables_are_results_of_documents():
    vectors = WordVectors(["雨", "雪"], np.eye(2))
    model = make_pipeline(JapaneseTokenizer(), W2VIndexer(vectors), W2VVectorizer()).fit(TEXTS)
    plain = list(predict_iter(model, TEXTS, method="transform", chunk_size=7))
    for kind in ("pandas", "polars"):
        pytest.importorskip(kind)
        model.set_output(transform=kind)
        rows = list(predict_iter(model, TEXTS, method="transform", chunk_size=7))
        np.testing.assert_array_equal(np.array([list(row) for row in rows]), plain)


def test_an_array_for_each_label_is_no_result_of_documents():
    model = DummyClassifier(strategy="prior").fit([[0]] * 4, np.eye(4, dtype=int))
    with pytest.raises(TypeError, match=r"DummyClassifier.predict_proba gives an array for each"):
        list(predict_iter(model, [[0]] * 4, method="predict_proba"))
