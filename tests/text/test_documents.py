"""Documents that come in as lists or columns of any library, and documents that go out."""

from __future__ import annotations

import copy
import pickle
import random

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_w2v import JapaneseTokenizer, W2VIndexer
from sklearn_w2v.text.documents import (
    LabelledTokens,
    check_documents,
    check_texts,
    refuse_single_text,
    row_labels_of,
)

TEXTS = ["雨が降る", "夏の海"]


def test_columns_of_any_library_become_lists_of_str():
    for column in (TEXTS, tuple(TEXTS), iter(TEXTS), pd.Series(TEXTS), pl.Series(TEXTS)):
        assert check_documents(column, "it") == TEXTS
    assert check_documents(pd.Series(TEXTS, index=[7, 3]), "it") == TEXTS
    assert check_documents(pl.Series([["雨", "雪"], []]), "it") == [["雨", "雪"], []]


def test_columns_of_pyarrow_and_their_parts(small_vectors):
    pa = pytest.importorskip("pyarrow")
    for column in (pa.array(TEXTS), pa.chunked_array([TEXTS]), pa.array(TEXTS).dictionary_encode()):
        assert check_documents(column, "it") == TEXTS
        assert check_documents(list(column), "it") == TEXTS  # scalars, as predict_iter takes them
    assert check_documents(pa.array([["雨", "雪"]]), "it") == [["雨", "雪"]]
    indexer = W2VIndexer(small_vectors).fit(pa.array([["雨", "雪"], ["雨"]]))
    assert indexer.transform(pa.array([["雪", "雨"]])).shape == (1, 2)
    with pytest.raises(TypeError, match="Document 1 is of type NoneType"):
        JapaneseTokenizer().fit_transform(pa.array(["雨", None]))


def test_a_table_of_one_column_is_that_column(small_vectors):
    """Servers of models send texts in such tables."""
    pa = pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"text": TEXTS}, index=[7, 3])
    for table in (
        frame,
        pl.DataFrame({"text": TEXTS}),
        pa.table({"text": TEXTS}),
        frame.to_numpy(),
    ):
        assert check_documents(table, "it") == TEXTS
    tokens = JapaneseTokenizer().fit_transform(frame)
    assert tokens == JapaneseTokenizer().fit_transform(TEXTS)
    assert row_labels_of(tokens).tolist() == [7, 3]
    assert len(W2VIndexer(small_vectors).fit_transform(tokens)) == 2


@pytest.mark.parametrize("bad", ["雨", b"x", pd.DataFrame({"text": TEXTS, "n": 1}), 3])
def test_what_is_no_column_is_refused(bad):
    with pytest.raises(TypeError, match="but it expected"):
        check_documents(bad, "it")


def test_documents_that_are_no_texts_are_refused_by_their_position():
    assert check_texts(pd.Series(TEXTS), "it") == TEXTS
    with pytest.raises(TypeError, match=r"Document 1 is of type int \(3\) but it expected a str"):
        check_texts(["雨", 3], "it")


def test_a_single_text_is_refused_by_the_name_of_its_parameter():
    refuse_single_text(TEXTS, "it", "X")
    with pytest.raises(TypeError, match="Got a single str as X but it expected an iterable"):
        refuse_single_text("雨", "it", "X")
    with pytest.raises(TypeError, match="Got a single bytes but it expected"):
        refuse_single_text(b"x", "it")


@pytest.mark.parametrize("container", ["default", "pandas", "polars", None])
def test_output_stays_what_it_is(container, small_vectors):
    tokenizer = JapaneseTokenizer().set_output(transform=container)
    tokens = tokenizer.fit_transform(TEXTS)
    assert tokens == [["雨", "降る"], ["夏", "海"]]
    indexer = W2VIndexer(small_vectors).set_output(transform=container)
    ids = indexer.fit_transform(tokens)
    assert ids.vectors is indexer.vectors_
    assert tokenizer.get_feature_names_out(["text"]).tolist() == ["tokens0"]
    assert indexer.get_feature_names_out().tolist() == ["ids0", "ids1"]


def test_tokens_keep_the_index_of_a_column():
    texts = pd.Series(["雨", "雪"], index=["b", "a"])
    tokens = JapaneseTokenizer().fit_transform(texts)
    assert tokens == [["雨"], ["雪"]]
    for one in (tokens, pickle.loads(pickle.dumps(tokens)), copy.deepcopy(tokens)):
        assert row_labels_of(one).tolist() == ["b", "a"]
    tokens.append(["霧"])  # no label says which document that is
    assert row_labels_of(tokens) is None
    assert row_labels_of(tokens[:2]) is None
    assert row_labels_of(JapaneseTokenizer().fit_transform(texts.tolist())) is None


@pytest.mark.parametrize("estimator", [JapaneseTokenizer(), W2VIndexer()])
def test_a_batch_of_columns_is_no_documents(estimator):
    with pytest.raises(TypeError, match=r"Got a dict with \['text', 'label'\] but"):
        estimator.fit_transform({"text": ["雨が降る", "雪"], "label": [1, 2]})


def test_an_array_without_a_dimension_is_named(small_vectors):
    with pytest.raises(TypeError, match="Document 1 is of type int but W2VIndexer expected"):
        W2VIndexer(small_vectors).fit([["雨"], np.array(3)])
    assert W2VIndexer(small_vectors).fit([["雨"], np.array("雪")]).maxlen_ == 1


@pytest.mark.parametrize(
    "move",
    [
        lambda tokens: random.Random(0).shuffle(tokens),
        lambda tokens: tokens.reverse(),
        lambda tokens: tokens.sort(reverse=True),
    ],
)
def test_lists_whose_documents_change_places_have_no_index(move):
    tokens = LabelledTokens([["a"], ["b"], ["c"]], pd.Index(["x", "y", "z"]))
    move(tokens)
    assert list(tokens) != [["a"], ["b"], ["c"]]
    assert row_labels_of(tokens) is None
    assert row_labels_of(pickle.loads(pickle.dumps(tokens))) is None
