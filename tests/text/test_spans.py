"""Positions of words in their texts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_w2v import JapaneseTokenizer
from sklearn_w2v.text.mecab import clean
from sklearn_w2v.text.spans import spans_of

ODD = [
    "",
    " \n\u3000 ",
    "雨が降った",
    "  雨が\n\n降った。\r\n夏の海\u3000へ\n",
    "ｶﾞｷﾞｸﾞのﾊﾟﾝ",  # half-width kana, two characters for one
    "か\u3099きく\u3099",  # decomposed
    "20㎡①㍻の雨",
    "\ud83d\ude00雨\ud800が",  # a pair that is one character, and a lone surrogate
    "\x00雨\x00が\x0b降る\u2028夏",
    "😀雨👨‍👩‍👧が",
    "e\u0301te\u0323\u0301 Cafe\u0301",
    "각\u1100\u1161\u11a8雨",
    "\ufeff雨\ufeffが",
    "☆\u3000雨",
    "雨\n\u0301\u3099が",  # marks that change places, and nothing that they stand on
]
WAYS = [
    {},
    {"form": "surface", "pos": None},
    {"form": "surface", "pos": None, "forms": True, "line_breaks": True},
    {"form": "lemma", "line_breaks": True, "stop_words": ["雨"]},
    {"form": "base", "pos": ["助詞"], "stop_words": ["\n"], "line_breaks": True},
    {"form": "base", "normalize": "NFKC", "pos": None, "line_breaks": True},
    {"form": "surface", "normalize": None, "pos": None},
]


def located(tokenizer, texts):
    documents = tokenizer.transform(texts)
    return documents, spans_of(tokenizer, texts, documents)


def check(tokenizer, text):
    """Spans hold what the tokens are made of; of surfaces, they hold nothing else."""
    [words], [spans] = located(tokenizer, [text])
    assert spans is not None
    assert len(spans) == len(words)
    edges = [(0, 0), *spans, (len(text), len(text))]
    for word, (start, end), before, after in zip(words, spans, edges, edges[2:], strict=False):
        assert 0 <= start < end <= len(text)
        assert before <= (start, end) <= after
        held = clean(text[start:end], tokenizer.normalize)
        shared = start < before[1] or after[0] < end  # as of the two words of a square metre
        if word == "\n":
            assert text[start:end] == "\n"
        elif tokenizer.form == "surface":
            assert word in held if shared else word == held
    return words, spans


@pytest.mark.parametrize("params", WAYS, ids=str)
@pytest.mark.parametrize("text", ODD, ids=ascii)
def test_spans_of_odd_texts(text, params):
    check(JapaneseTokenizer(**params), text)


@settings(max_examples=200, deadline=None)
@given(
    st.text(
        st.sampled_from(
            "雨が降ったﾊﾞﾟか\u3099\u3099 \u3000\n\r\t\x00㎡①Aa1e\u0301😀\ud800\udc00。、-"
        ),
        max_size=30,
    ),
    st.sampled_from(WAYS),
)
def test_spans_of_any_mixture(text, params):
    check(JapaneseTokenizer(**params), text)


def test_base_forms_have_the_places_of_their_surfaces():
    text = "昨日、雨が降った。\n聴いた"
    words, spans = check(JapaneseTokenizer(line_breaks=True), text)
    assert list(zip(words, (text[a:b] for a, b in spans), strict=True)) == [
        ("昨日", "昨日"),
        ("雨", "雨"),
        ("降る", "降っ"),
        ("\n", "\n"),
        ("聴く", "聴い"),
    ]


def test_a_kana_and_its_mark_are_one_place():
    text = "ｶﾞｽと か\u3099す"
    _, spans = check(JapaneseTokenizer(form="surface", pos=None), text)
    assert [text[a:b] for a, b in spans] == ["ｶﾞｽ", "と", "か\u3099す"]


def test_tokens_of_one_character_share_its_place():
    words, spans = check(JapaneseTokenizer("surface", None, normalize="NFKC"), "㎡")
    assert len(words) > 1
    assert set(spans) == {(0, 1)}


def test_surfaces_of_lyrics_and_their_spans_are_the_same(lyrics):
    tokenizer = JapaneseTokenizer(form="surface", pos=None, forms=True, line_breaks=True)
    documents, spans = located(tokenizer, lyrics.data)
    for text, words, places in zip(lyrics.data, documents, spans, strict=True):
        assert [text[a:b] for a, b in places] == words


def test_long_documents(lyrics):
    text = "\n".join(lyrics.data)[:30_000]
    [words], [spans] = located(JapaneseTokenizer(form="surface", pos=None), [text])
    assert [text[a:b] for a, b in spans] == words


def test_a_heap_of_marks_has_no_spans_but_ends():
    text = "か" + "\u3099" * 10_000
    [words], [spans] = located(JapaneseTokenizer(form="surface", pos=None), [text])
    assert words
    assert spans is None


class Other:
    """Any tokenizer."""


@pytest.mark.parametrize(
    ("text", "words", "spans"),
    [
        ("rain, snow!", ["rain", "snow"], [(0, 4), (6, 10)]),
        ("rain, snow!", ["rain", ",", "snow", "!"], [(0, 4), (4, 5), (6, 10), (10, 11)]),
        ("  a  a ", ["a", "a"], [(2, 3), (5, 6)]),
        ("", [], []),
        ("...", [], []),
        ("Rain", ["rain"], None),  # not as written
        ("a b a", ["b", "a"], None),  # a word was left out: which of them is a?
        ("a b", ["a"], None),
        (["a", "b"], ["a", "b"], None),  # no text
    ],
)
def test_other_tokenizers_words_are_found_where_nothing_is_left_out(text, words, spans):
    assert spans_of(Other(), [text], [words]) == [spans]
    assert spans_of(None, [text], [words]) == [spans]


def test_words_that_the_tokenizer_does_not_give_have_no_spans():
    assert spans_of(JapaneseTokenizer(), ["雨が降った"], [["雨", "雪"]]) == [None]
