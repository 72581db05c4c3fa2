"""Looking words up by their forms."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from sklearn_w2v import JapaneseTokenizer, W2VIndexer, Word2VecTrainer, WordVectors
from sklearn_w2v.features.lookup import (
    candidates,
    find_by_forms,
    forms_are_known_better,
    texts_of,
)


@pytest.mark.parametrize(
    ("word", "text_first", "forms_first"),
    [
        (("雨", ()), ["雨"], ["雨"]),
        (("行っ", ("行く", "ゆく")), ["行っ", "行く", "ゆく"], ["行く", "ゆく", "行っ"]),
        (("東京", ("東京", "トウキョウ")), ["東京", "トウキョウ"], ["東京", "トウキョウ"]),
        (("ＡＢＣ", ()), ["ＡＢＣ", "ABC", "abc"], ["ＡＢＣ", "ABC", "abc"]),
        (("Abc", ("x",)), ["Abc", "x", "abc"], ["x", "Abc", "abc"]),
        (("㍿", ()), ["㍿", "株式会社"], ["㍿", "株式会社"]),
    ],
)
def test_what_is_tried_in_which_order(word, text_first, forms_first):
    assert list(candidates(word, False)) == text_first
    assert list(candidates(word, True)) == forms_first


class Find:
    """Rows of a few words; counts how often it is asked."""

    def __init__(self, *words):
        self.words = {word: row for row, word in enumerate(words)}
        self.calls = 0

    def __call__(self, words):
        self.calls += 1
        return np.array([self.words.get(word, -1) for word in words], np.int64)


def test_all_words_are_looked_up_together():
    find = Find("行く", "雨", "行っ")
    words = [("雨", ()), ("行っ", ("行く",)), ("x", ("", "y", "雨")), ("z", ())] * 100
    rows, found = find_by_forms(find, words, True)
    assert rows[:4].tolist() == [1, 0, 1, -1]
    assert found[:4] == ["雨", "行く", "雨", ""]
    assert rows[:4].tolist() * 100 == rows.tolist()
    assert find.calls <= 5
    assert find_by_forms(find, words, False)[0][:4].tolist() == [1, 2, 1, -1]


def test_no_words_are_no_rows():
    rows, found = find_by_forms(Find("a"), [], True)
    assert (len(rows), rows.dtype, found) == (0, np.int64, [])


@pytest.mark.parametrize(
    ("known", "better"),
    [
        (["行く"], True),
        (["行っ"], False),
        (["行く", "行っ"], False),  # no evidence
        ([], False),
        (["行く", "し"], False),  # し occurs more often
        (["為る", "行っ"], True),
    ],
)
def test_running_words_decide_whether_forms_are_known_better(known, better):
    counts = Counter({"行っ": 2, "し": 3, "雨": 9})
    forms = {"行っ": ("行く",), "し": ("為る",), "雨": ("雨", "あめ")}
    assert forms_are_known_better(Find("雨", *known), counts, forms) is better
    assert not forms_are_known_better(Find("雨", *known), counts, {})


@pytest.mark.parametrize(
    ("trained_on", "form", "match"),
    [
        ("surface", "surface", "text"),
        ("surface", "base", "text"),
        ("base", "base", "text"),
        ("lemma", "surface", "forms"),
        ("lemma", "base", "forms"),
        ("lemma", "lemma", "text"),
    ],
)
def test_order_fits_the_vectors_of_real_texts(lyrics, trained_on, form, match):
    half = len(lyrics.data) // 2
    learn = JapaneseTokenizer(form=trained_on, pos=None).transform(lyrics.data[::2])
    trainer = Word2VecTrainer(vector_size=4, epochs=1, min_count=1, random_state=0).fit(learn)
    docs = JapaneseTokenizer(form=form, pos=None, forms=True).transform(lyrics.data[1::2])
    assert len(docs) >= half
    indexer = W2VIndexer(trainer.vectors_, maxlen=1_000).fit(docs)
    assert indexer.match_ == match
    assert isinstance(indexer.vectors_, WordVectors)


# ---------------------------------------------------------------- texts of own words
def test_a_slash_is_part_of_a_word_unless_it_stands_before_the_form():
    vectors = WordVectors(["1", "2", "1/2"], [[1, 0], [0, 1], [0, 1]])
    assert texts_of(vectors, ["1/2", "nothing/1"]) == ["1/2", "nothing/1"]
    extended = vectors.extended(["1/2/1", "2/1//", "3/1", "9/9"], 0, like=[0, 0, 0, -1])
    names = ["1/2/1", "2/1//", "3/1", "9/9", "1/2"]
    assert texts_of(extended, names) == ["1/2", "2", "3/1", "9/9", "1/2"]


def test_a_token_of_many_slashes_is_looked_at_once(monkeypatch):
    token = "data:" + "abc/" * 20_000
    vectors = WordVectors(["a", token], np.eye(2))
    asked = []
    find = WordVectors.find
    monkeypatch.setattr(WordVectors, "find", lambda self, w: asked.extend(w) or find(self, w))
    assert texts_of(vectors, [token]) == [token]
    assert sum(map(len, asked)) <= 2 * len(token)
