"""Counts of words, pairs and characters, against a naive counter over the words themselves."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sklearn_w2v import JapaneseTokenizer, W2VIndexer, WordVectors
from sklearn_w2v.features import ngrams as _ngrams
from sklearn_w2v.features.flat_ids import FlatIds
from sklearn_w2v.features.ngrams import NgramCounter

MANY = 1 << 20


def vectors_of(words):
    return WordVectors(words, np.random.default_rng(0).normal(size=(len(words), 2)))


def flat(documents, width=None):
    lengths = np.array([len(document) for document in documents], np.int64)
    ids = np.zeros((len(documents), width or max(lengths.max(), 1)), np.int32)
    for row, document in zip(ids, documents, strict=True):
        row[: len(document)] = document
    return FlatIds.of(ids, lengths)


def naive(document, words, pairs=True, characters=3):
    """What a document holds, by loops over its words."""
    counts = Counter(("word", one) for one in document if one > 1)
    if pairs:
        counts.update(("pair", a, b) for a, b in pairwise(document) if a > 1 and b > 1)
    if words is None:
        return counts
    runs, text = [], ""
    for one in document:
        if one <= 1:
            runs, text = [*runs, text], ""
            continue
        word = words[one - 2]
        blank = text and text[-1] < "\u2e80" and word[0] < "\u2e80"
        text += " " * bool(blank) + word
    for run in [*runs, text]:
        for size in range(1, characters + 1):
            ends = range(size, len(run) + 1)
            counts.update(("characters", run[end - size : end]) for end in ends)
    return counts


def named(keys):
    """What the keys of columns stand for."""
    names = []
    for key in keys.tolist():
        if key < 0:
            codes = [-key >> (21 * place) & (1 << 21) - 1 for place in range(3)]
            names.append(("characters", "".join(chr(code - 1) for code in codes if code)))
        elif key < 1 << 62:
            names.append(("word", key))
        else:
            names.append(("pair", key >> 31 & (1 << 31) - 1, key & (1 << 31) - 1))
    assert len(set(names)) == len(names)
    return names


def rows_of(counter, counts):
    """Rows of a matrix as dictionaries."""
    assert isinstance(counts, sp.csr_matrix)
    assert counts.dtype == np.float32
    assert counts.has_canonical_format
    names = named(counter.keys_)
    assert counts.shape[1] == len(names)
    return [{names[c]: row[0, c] for c in row.indices.tolist()} for row in counts]


def counted(documents, words, width=None, **params):
    settings = {"pairs": True, "characters": 3, "min_df": 1, "max_features": MANY, **params}
    counter = NgramCounter(**settings)
    vectors = None if words is None else vectors_of(words)
    counts = counter.fit_transform(flat(documents, width), vectors)
    assert np.all(np.diff(counter.keys_) > 0)
    return counter, rows_of(counter, counts)


def expected(documents, words, min_df=1, **params):
    counts = [naive(document, words, **params) for document in documents]
    df = Counter(name for one in counts for name in one)
    keep = {name for name in df if name[0] == "word" or df[name] >= min_df}
    return [{name: number for name, number in one.items() if name in keep} for one in counts]


LETTERS = st.sampled_from("ab/é 雨雪\u2e7f\u2e80。😀𠮷\U0010ffff\x00")


@st.composite
def corpora_of(draw):
    words = draw(st.lists(st.text(LETTERS, min_size=1, max_size=4), min_size=1, unique=True))
    one = st.integers(1, len(words) + 1)
    documents = draw(st.lists(st.lists(one, max_size=8), min_size=1, max_size=8))
    return words, documents


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    corpus=corpora_of(),
    pairs=st.booleans(),
    characters=st.integers(0, 3),
    min_df=st.integers(1, 3),
    chunk=st.sampled_from([1, 3, 1 << 18]),
    padding=st.integers(0, 3),
)
def test_counts_are_those_of_a_naive_counter(corpus, pairs, characters, min_df, chunk, padding):
    words, documents = corpus
    how = {"pairs": pairs, "characters": characters, "min_df": min_df}
    width = max(1, *map(len, documents)) + padding if len(documents) > 1 else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_ngrams, "_CHUNK", chunk)
        counter, rows = counted(documents, words, width, **how)
        assert rows == expected(documents, words, **how)
        # the same columns of other documents, and in another order
        again = counter.transform(flat(documents[::-1]), vectors_of(words))
        assert rows_of(counter, again) == rows[::-1]


def test_n_grams_end_with_their_document():
    """Whatever stands before or behind it: a prediction hangs on no neighbour."""
    words = ["cat", "dog"]
    _, (cat, dog) = counted([[2], [3]], words)
    assert cat == expected([[2]], words)[0]
    assert dog == expected([[3]], words)[0]
    assert ("characters", "t ") not in cat


@pytest.mark.parametrize("unknown", [[1], [1, 1]])
def test_nothing_reaches_over_an_unknown_word(unknown):
    _, (row,) = counted([[2, *unknown, 3]], ["ab", "cd"])
    assert not [name for name in row if name[0] == "pair"]
    assert {name[1] for name in row if name[0] == "characters"} == set("abcd") | {"ab", "cd"}


def test_blanks_stand_between_words_of_scripts_that_have_them():
    words = ["as", "is", "雨", "が", "№"]
    _, (row,) = counted([[2, 3, 4, 5, 2, 6]], words)
    runs = {name[1] for name in row if name[0] == "characters" and len(name[1]) == 3}
    assert runs == {"as ", "s i", " is", "is雨", "s雨が", "雨がa", "がas", "s №"}


@pytest.mark.parametrize("documents", [[[]], [[], []], [[1]], [[1, 1], [], [1]]], ids=str)
@pytest.mark.parametrize("words", [["雨"], None], ids=["vectors", "none"])
def test_documents_without_any_word(documents, words):
    counter, rows = counted(documents, words, width=3)
    assert rows == [{}] * len(documents)
    assert counter.keys_.shape == (0,)
    later = counter.transform(flat([[2], [1]]), vectors_of(["雨"]))
    assert later.shape == (2, 0)


def test_without_vectors_there_are_no_characters():
    _, rows = counted([[2, 3], [1_000_000, 2, 3]], None)
    assert rows == expected([[2, 3], [1_000_000, 2, 3]], None)


def test_keys_of_the_largest_ids_and_characters_never_collide():
    last = 2**31 - 2
    ids = [last, last - 1, 2, last, 2, 3, last - 1, last]
    _, rows = counted([ids], None)
    assert rows == expected([ids], None)
    highest = "".join(map(chr, [0x10FFFF, 0x10FFFE, 0, 0xFFFF, 1]))
    words = [*highest, highest, highest[::-1], "\ud800"]
    document = list(range(2, len(words) + 2)) * 2
    _, rows = counted([document], words)
    assert rows == expected([document], words)


# ------------------------------------------------------------------ which columns stay
def test_rare_n_grams_are_left_out_and_rare_words_never():
    documents = [[2, 3], [2, 3, 2, 3], [4, 5, 4, 5, 4, 5]]
    _, rows = counted(documents, ["雨", "雪", "霧", "傘"], min_df=2)
    assert rows == expected(documents, ["雨", "雪", "霧", "傘"], min_df=2)
    assert ("pair", 2, 3) in rows[0]
    assert set(rows[2]) == {("word", 4), ("word", 5)}  # often, but in one document


@pytest.mark.parametrize(
    ("most", "kept"),
    [
        (0, []),
        (1, [(2, 3)]),
        (2, [(2, 3), (4, 5)]),
        (3, [(2, 3), (4, 5)]),  # three are as rare: all of them or none
        (4, [(2, 3), (4, 5)]),
        (5, [(2, 3), (4, 5), (6, 7), (8, 9), (10, 11)]),
        (6, [(2, 3), (4, 5), (6, 7), (8, 9), (10, 11)]),
    ],
)
def test_the_most_frequent_n_grams_stay_and_ties_all_or_none(most, kept):
    documents = [[2, 3], [2, 3], [2, 3], [4, 5], [4, 5], [6, 7], [8, 9], [10, 11]]
    counter, rows = counted(documents, None, max_features=most)
    pairs = [name[1:] for name in named(counter.keys_) if name[0] == "pair"]
    assert pairs == kept
    assert all(
        row[("word", name)] for row, doc in zip(rows, documents, strict=True) for name in doc
    )


# --------------------------------------------------------------------- other documents
def test_what_fitting_never_saw_has_no_column():
    words = ["雨", "雪", "霧"]
    counter, _ = counted([[2, 3], [2]], words)
    out = rows_of(counter, counter.transform(flat([[4], [2, 4, 3, 3], [3, 2]]), vectors_of(words)))
    known = set(named(counter.keys_))
    for row, document in zip(out, [[4], [2, 4, 3, 3], [3, 2]], strict=True):
        whole = naive(document, words)
        assert row == {name: number for name, number in whole.items() if name in known}
    assert out[0] == {}


def test_words_of_an_extension_bring_their_characters():
    vectors = vectors_of(["雨", "雪"])
    counter = NgramCounter(pairs=True, characters=3, min_df=1, max_features=MANY)
    counter.fit_transform(flat([[2, 3]]), vectors)
    longer = vectors.extended(["雪雨", "海"], seed=0)
    out = rows_of(counter, counter.transform(flat([[4, 5, 2]]), longer))
    assert out == [{("word", 2): 1, ("characters", "雨"): 2, ("characters", "雪"): 1}]


# ------------------------------------------------------ words by the form that they have
def characters_of(vectors, ids):
    counter = NgramCounter(pairs=False, characters=3, min_df=1, max_features=MANY)
    (row,) = rows_of(counter, counter.fit_transform(flat([ids]), vectors))
    return {name[1] for name in row if name[0] == "characters"}


def test_own_words_count_as_they_were_written():
    vectors = vectors_of(["行っ", "行く", "w/o"])
    longer = vectors.extended(["行っ/行く", "行っ/行く/", "行っ/w/o"], seed=0, like=[1, 1, 2])
    for one in (5, 6, 7):
        assert characters_of(longer, [one]) == {"行", "っ", "行っ"}


def test_slashes_of_words_that_the_vectors_have_are_characters():
    """``and/or`` is no own word, though both its sides are words."""
    vectors = vectors_of(["and", "or", "and/or", "/", "a/", "/a", "//"])
    assert {"and", "d/o", "/or"} <= characters_of(vectors, [4])
    for name in ("/", "a/", "/a", "//"):
        one = vectors.words.index(name) + 2
        assert characters_of(vectors, [one]) == set(name) | {name}
    # nor does an extension change what characters of the same ids are
    vectors = vectors_of(["and", "and/or"])
    assert characters_of(vectors.extended(["or"], 0), [3]) == characters_of(vectors, [3])


def test_forms_of_the_tokenizer_leave_no_trace_in_the_characters():
    vectors = vectors_of(["行く", "行っ", "た", "雨", "降る"])
    tokens = JapaneseTokenizer(form="surface", pos=None, forms=True).transform(
        ["雨が降り、行った。"]
    )
    ids = W2VIndexer(vectors, random_state=0).fit_transform(tokens)
    names = [ids.vectors.words[one - 2] for one in np.asarray(ids)[0]]
    assert any("/" in name for name in names)  # else there is nothing to tell
    got = characters_of(ids.vectors, np.asarray(ids)[0].tolist())
    assert not [run for run in got if "/" in run]
    assert {"雨が降", "が降り", "降り、", "り、行", "、行っ", "行った", "った。"} <= got


def test_occurrences_stand_where_their_words_do():
    words = ["雨", "ab", "c", "夏の海"]
    vectors = vectors_of(words)
    documents = [[2, 3, 4, 1, 5, 2], [3, 4, 3], [5, 2, 3]]
    counter = NgramCounter(True, 3, 1, MANY)
    counts = counter.fit_transform(flat(documents), vectors).toarray()
    names = named(counter.keys_)
    for row, document in enumerate(documents):
        columns, first, last = counter.occurrences(np.array(document, np.int32), vectors)
        np.testing.assert_array_equal(np.bincount(columns, minlength=len(names)), counts[row])
        for column, begin, end in zip(columns.tolist(), first.tolist(), last.tolist(), strict=True):
            kind, *what = names[column]
            made_of = [words[one - 2] for one in document[begin : end + 1]]
            if kind == "characters":
                text = "".join(made_of) if end == begin else _joined(made_of)
                # nothing of it is to spare: no word at an end is there without a character
                assert what[0] in text
                assert len(made_of) < 3 or what[0] not in _joined(made_of[:-1])
            else:
                assert len(made_of) == {"word": 1, "pair": 2}[kind]
    assert ("characters", " ") in names


def _joined(words):
    text = ""
    for word in words:
        text += " " * bool(text and text[-1] < "\u2e80" and word[0] < "\u2e80") + word
    return text


def test_occurrences_of_what_has_no_column_are_left_out():
    counter = NgramCounter(True, 3, 1, MANY)
    vectors = vectors_of(["雨", "雪"])
    counter.fit_transform(flat([[2]]), vectors)
    columns, first, last = counter.occurrences(np.array([3, 2, 3], np.int32), vectors)
    assert first.tolist() == last.tolist() == [1] * len(columns)
    assert len(columns) == 2  # the word, and the character
    assert not len(counter.occurrences(np.array([3], np.int32), vectors)[0])
