"""Which rows were drawn at random."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from sklearn_w2v import W2VIndexer, WordVectors
from sklearn_w2v.vectors.word_vectors import FIRST_ID, has_random_row

VECTORS = WordVectors(["行く", "雨"], [[1.0, 2.0], [3.0, 4.0]])


def ids_of(vectors, words):
    found = vectors.find(words)
    assert (found >= 0).all()
    return found + FIRST_ID


def test_words_of_a_table_have_rows_of_their_own():
    assert not has_random_row(VECTORS, ids_of(VECTORS, ["雨", "行く"])).any()


def test_copies_are_not_random():
    more = VECTORS.extended(["行っ", "嵐"], seed=0, like=[0, -1])
    words = ["嵐", "行っ", "雨"]
    assert has_random_row(more, ids_of(more, words)).tolist() == [True, False, False]


def test_copies_of_random_rows_are_random():
    more = VECTORS.extended(["嵐"], seed=0)
    row = int(more.find(["嵐"])[0])
    twice = more.extended(["嵐だ", "雨だ", "雹"], seed=0, like=[row, 1, -1])
    words = ["嵐だ", "雨だ", "雹", "嵐", "雨"]
    expected = [True, False, True, True, False]
    assert has_random_row(twice, ids_of(twice, words)).tolist() == expected
    copy = pickle.loads(pickle.dumps(twice))
    assert has_random_row(copy, ids_of(copy, words)).tolist() == expected


def test_no_ids():
    for vectors in (VECTORS, VECTORS.extended(["嵐"], seed=0)):
        assert has_random_row(vectors, np.zeros(0, np.int32)).shape == (0,)


def test_words_that_an_indexer_adds(small_vectors):
    indexer = W2VIndexer(small_vectors, random_state=0).fit([["雨", "嵐"], ["風", "夏"]])
    words = indexer.vectors_.words
    random = has_random_row(indexer.vectors_, np.arange(len(words)) + FIRST_ID)
    assert {word for word, one in zip(words, random, strict=True) if one} == {"嵐", "風"}


def test_rows_from_subwords_are_not_random():
    gensim = pytest.importorskip("gensim.models.fasttext")
    subwords = pytest.importorskip("sklearn_w2v.vectors.subwords")
    from sklearn_w2v.vectors.store import MemoryStore

    assert gensim  # what hashes the n-grams
    draw = np.random.default_rng(0)
    store = MemoryStore(
        ["rain"], np.ones((1, 3), np.float32), None, subwords.Subwords(draw.random((50, 3)), 3, 6)
    )
    more = WordVectors._of(store).extended(["rainy", ""], seed=0)
    # <> of the empty word is shorter than the shortest n-gram
    assert has_random_row(more, ids_of(more, ["rainy", ""])).tolist() == [False, True]
