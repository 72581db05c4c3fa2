"""Words composed of n-grams, against gensim's."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from gensim.models import FastText
from gensim.models.fasttext import ft_ngram_hashes
from hypothesis import example, given
from hypothesis import strategies as st

from sklearn_w2v import WordVectors
from sklearn_w2v.vectors.subwords import Subwords, ngram_hashes

DOCS = [["雨", "が", "降る", "rain", "raining"], ["夏", "の", "海", "summer", "seas"]] * 5
UNKNOWN = ["rained", "summers", "雨降り", "𠮷野家", "a", "", "é", "naïve", "sea" * 30]


@pytest.fixture(scope="module", params=[(3, 6), (1, 2), (2, 2)])
def keyed(request):
    low, high = request.param
    model = FastText(
        DOCS, vector_size=6, min_count=1, seed=0, workers=1, min_n=low, max_n=high, bucket=50
    )
    return model.wv


def test_rows_equal_gensims(keyed):
    subwords = Subwords(keyed.vectors_ngrams, keyed.min_n, keyed.max_n)
    rows, known = subwords.compose(UNKNOWN)
    assert rows.dtype == np.float32
    for word, row, there in zip(UNKNOWN, rows, known, strict=True):
        np.testing.assert_array_equal(row, keyed.get_vector(word))
        assert there == bool(row.any())
    assert known.tolist()[:4] == [True] * 4
    assert subwords.compose([])[0].shape == (0, 6)


def test_from_gensim_keeps_ngrams_of_models_and_vectors(keyed):
    vectors = WordVectors.from_gensim(keyed)
    assert vectors.has_subwords
    assert vectors.words == keyed.index_to_key
    np.testing.assert_array_equal(vectors.vectors, keyed.vectors)
    rows = vectors.compose(UNKNOWN)[0]
    expected = np.stack([keyed.get_vector(word) for word in UNKNOWN])
    np.testing.assert_array_equal(rows, expected)
    again = pickle.loads(pickle.dumps(vectors))
    assert again == vectors
    np.testing.assert_array_equal(again.compose(UNKNOWN)[0], rows)
    plain = WordVectors(vectors.words, vectors.vectors)
    assert plain != vectors
    assert not plain.has_subwords


def test_ngrams_that_came_from_gensim_are_a_copy():
    keyed = FastText(DOCS, vector_size=4, min_count=1, seed=0, workers=1, bucket=50).wv
    vectors = WordVectors.from_gensim(keyed)
    before = vectors.compose(["rained"])[0]
    keyed.vectors_ngrams[:] = 0
    np.testing.assert_array_equal(vectors.compose(["rained"])[0], before)


def test_lone_surrogates_are_composed_too():
    subwords = Subwords(np.ones((5, 2), np.float32), 3, 6)
    rows, known = subwords.compose(["\ud83d", "a\udc00b"])
    assert known.all()
    np.testing.assert_array_equal(rows, 1)


@given(
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.integers(0, 4),
    st.integers(1, 9),
    st.integers(1, 2**31),
)
@example("", 1, 1, 7)
@example("雨が降る", 3, 6, 2_000_000)
def test_buckets_are_gensims(word, min_n, max_n, n_buckets):
    expected = ft_ngram_hashes(word, min_n, max_n, n_buckets)
    assert ngram_hashes(word, min_n, max_n, n_buckets) == list(expected)
