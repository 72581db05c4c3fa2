from __future__ import annotations

import numpy as np
import pandas as pd

from sklearn_w2v import TokenAttribution, TokenIds
from sklearn_w2v.inspection.report.examples import (
    as_text,
    documents_at,
    examples,
    excerpt,
    is_japanese,
    marked,
    window,
)
from sklearn_w2v.utils.printable import clean

CONFIDENCES = np.array([[0.9, 0.1, 0.0], [0.2, 0.5, 0.3], [0.1, 0.3, 0.6], [0.6, 0.4, 0.0]])


def test_errors_come_by_confidence_and_hits_by_doubt():
    predicted = CONFIDENCES.argmax(axis=1)
    errors, hits = examples(np.array([1, 0, 2, 0]), predicted, CONFIDENCES, 0.5, 9)
    assert [one.row for one in errors] == [0, 1]
    assert (errors[0].label, errors[0].confidence) == (0, 0.9)
    assert (errors[0].rival, errors[0].rival_confidence) == (1, 0.1)  # what is true
    assert [one.row for one in hits] == [3, 2]
    assert (hits[0].rival, hits[0].rival_confidence) == (1, 0.4)
    assert [len(part) for part in examples(predicted, predicted, CONFIDENCES, 0.5, 1)] == [0, 1]


def test_labels_that_the_model_does_not_know_have_no_confidence():
    errors, _ = examples(np.array([3, 1, 2, 0]), CONFIDENCES.argmax(axis=1), CONFIDENCES, 0.5, 9)
    assert (errors[0].rival, errors[0].rival_confidence) == (3, None)


def test_without_confidences_errors_come_in_order():
    errors, hits = examples(np.array([1, 0, 2, 0]), np.array([0, 1, 2, 0]), None, 0.5, 9)
    assert [(one.row, one.label, one.confidence) for one in errors] == [(0, 0, None), (1, 1, None)]
    assert hits == []


def test_of_many_labels_the_surest_wrong_one_counts():
    y = np.array([[1, 0], [1, 1], [0, 0]])
    confidences = np.array([[0.9, 0.6], [0.1, 0.2], [0.4, 0.1]])
    predicted = (confidences > 0.5).astype(int)
    errors, hits = examples(y, predicted, confidences, 0.5, 9)
    assert [(one.row, one.label) for one in errors] == [(1, 0), (0, 1)]
    assert [(one.row, one.label) for one in hits] == [(2, 0)]
    errors, hits = examples(y, predicted, None, 0.5, 1)
    assert [(one.row, one.label) for one in errors] == [(0, 1)]
    assert hits == []


def test_documents_of_all_kinds_become_text(small_vectors):
    assert as_text("雨が", ["雨が"]) == "雨が"
    assert as_text(["雨", "が"], [["雨", "が"]]) == "雨 が"
    ids = TokenIds([[2, 1, 0]], small_vectors)
    assert as_text(documents_at(ids, [0])[0], ids) == "雨 ?"
    bare = TokenIds([[2, 1, 0]], None)
    assert as_text(documents_at(bare, [0])[0], bare) == "2 1"
    table = pd.DataFrame({"text": ["雨", "雪"], "n": [1, 2]}, index=["a", "b"])
    assert as_text(documents_at(table, [1])[0], table) == "text: 雪\nn: 2"
    assert documents_at(pd.Series(["x", "y"], index=[7, 8]), [1]) == ["y"]


def test_texts_are_cleaned_and_cut():
    assert clean("a\x00b\x1bc\ud800d\n\te") == "a\ufffdb\ufffdc\ufffdd\n\te"
    assert excerpt("短い") == "短い"
    long = excerpt("あ" * 5000)
    assert len(long) < 1000
    assert long.endswith("…")


def test_japanese_is_told_by_kana():
    assert is_japanese(["雨が降る", "rain"])
    assert not is_japanese(["rain", "sun"] * 20 + ["はれ"])
    assert not is_japanese([["雨", "が"]])
    assert not is_japanese([])


def test_the_window_holds_what_weighs_most():
    starts, weights = list(range(0, 100, 10)), np.array([1.0, 0, 0, 0, 5, 0, 6, 0, 0, 1])
    assert window(starts, weights, 30) == (4, 7)
    assert window(starts, weights, 1000) == (0, 10)


def test_a_long_text_without_words_is_shown_in_part():
    found = TokenAttribution("<" + "。" * 900, [], [], np.empty(0), "x", 1, 0)
    html = marked(found)
    assert html.startswith("&lt;。")
    assert html.endswith(" …")
    assert len(html) < 900
