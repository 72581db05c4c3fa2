"""Words added to a table: random, copied, and extended again."""

from __future__ import annotations

import pickle
import sys

import joblib
import numpy as np
import pytest

from sklearn_w2v import W2VIndexer, WordVectors
from sklearn_w2v.vectors import extension as _extension
from sklearn_w2v.vectors.store import MemoryStore
from sklearn_w2v.vectors.subwords import Subwords
from sklearn_w2v.vectors.word_vectors import FIRST_ID, has_random_row

WORDS = ["雨", "雪", "夏", "海"]
TABLE = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)


@pytest.fixture(params=["memory", "file"])
def base(request, tmp_path):
    vectors = WordVectors(WORDS, TABLE)
    if request.param == "memory":
        return vectors
    vectors.save(tmp_path / "v.bin")
    return WordVectors.load(tmp_path / "v.bin")


@pytest.fixture
def table_not_read(monkeypatch):
    """No row of a matrix may be read while this is in force."""

    def forbid():
        for name in ("take", "expanded"):
            monkeypatch.setattr(f"sklearn_w2v.vectors.store.TableStore.{name}", None)

    return forbid


# --------------------------------------------------------------------- like
def test_words_like_others_start_as_copies_of_their_rows(base):
    extended = base.extended(["行っ", "new", "降る"], seed=1, like=[2, -1, 0])
    np.testing.assert_array_equal(extended.vectors[:4], TABLE)
    np.testing.assert_array_equal(extended.vectors[[4, 6]], TABLE[[2, 0]])
    assert not np.isin(extended["new"], TABLE).any()
    assert extended.words == [*WORDS, "行っ", "new", "降る"]
    assert extended.find(["降る", "行っ", "new", "雨", "?"]).tolist() == [6, 4, 5, 0, -1]
    np.testing.assert_array_equal(extended.take(np.arange(9))[2:], extended.vectors)
    np.testing.assert_array_equal(extended.take(np.array([1]))[0], base.take(np.array([1]))[0])


def test_random_rows_do_not_depend_on_what_is_copied(base):
    words = ["a", "b", "c"]
    random = base.extended(words, seed=1).vectors
    mixed = base.extended(words, seed=1, like=[-1, 3, -1]).vectors
    np.testing.assert_array_equal(mixed[[4, 6]], random[[4, 6]])
    np.testing.assert_array_equal(mixed[5], TABLE[3])


def test_no_copy_at_all_equals_a_random_extension(base):
    assert base.extended(["a", "b"], 1, like=[-1, -1]) == base.extended(["a", "b"], 1)
    assert base.extended([], 1, like=[]) == base.extended([], 1) == base


def test_the_callers_arrays_are_copied(base):
    words, like = ["a", "b"], np.array([0, 1])
    extended = base.extended(words, 0, like=like)
    words[0], like[0] = "z", 3
    assert extended.words[4:] == ["a", "b"]
    np.testing.assert_array_equal(extended["a"], TABLE[0])


def test_copies_count_in_equality_hash_and_fingerprint(base):
    variants = [
        base,
        base.extended(["a", "b"], 0),
        base.extended(["a", "b"], 0, like=[0, -1]),
        base.extended(["a", "b"], 0, like=[-1, 0]),
        base.extended(["a", "b"], 0, like=[0, 1]),
        base.extended(["a", "b"], 1, like=[0, 1]),
        base.extended(["ab", ""], 0),
        base.extended(["a\0b"], 0),
        base.extended(["a"], 0).extended(["b"], 0),
    ]
    assert len(set(variants)) == len({v.fingerprint for v in variants}) == len(variants)
    again = base.extended(["a", "b"], 0, like=np.array([0, -1], np.int32))
    assert again == variants[2]
    assert hash(again) == hash(variants[2])


@pytest.mark.parametrize("make", ["pickle", "joblib", "workers"])
def test_copies_travel(base, make, tmp_path):
    extended = base.extended(["a", "b"], 5, like=[3, -1]).extended(["c"], 5, like=[4])
    if make == "pickle":
        again = pickle.loads(pickle.dumps(extended))
    elif make == "joblib":
        joblib.dump(extended, tmp_path / "v.joblib")
        again = joblib.load(tmp_path / "v.joblib")
    else:
        (again,) = joblib.Parallel(n_jobs=2)(joblib.delayed(lambda v: v)(v) for v in [extended])
    assert again == extended
    np.testing.assert_array_equal(again.vectors, extended.vectors)
    assert len(pickle.dumps(extended)) < 1_200


def test_copies_are_saved_and_found_as_similar(base, tmp_path):
    extended = base.extended(["a", "b"], 5, like=[3, -1])
    extended.save(tmp_path / "saved.bin")
    again = WordVectors.load(tmp_path / "saved.bin")
    assert again.words == extended.words
    np.testing.assert_array_equal(again.vectors, extended.vectors)
    word, cosine = extended.most_similar("海", topn=1)[0]
    assert (word, round(cosine, 5)) == ("a", 1)
    assert extended.most_similar("a", topn=1)[0][0] == "海"


@pytest.mark.parametrize(
    ("words", "like", "message"),
    [
        (["a"], [4], r"like from 4 to 4 but expected -1 to 3"),
        (["a"], [-2], r"like from -2"),
        (["a", "b"], [0], r"shape \(1,\) and dtype int64 but expected an integer for each of 2"),
        (["a"], [[0]], r"shape \(1, 1\)"),
        (["a"], [0.0], "dtype float64"),
        (["a"], ["雨"], "dtype <U1"),
        (["a", "a"], None, "repeat"),
        (["a", "海"], None, "'海', which these vectors have"),
    ],
)
def test_what_does_not_fit_is_refused(base, words, like, message):
    with pytest.raises(ValueError, match=message):
        base.extended(words, 0, like=like)


def test_words_that_are_no_strings_are_refused(base):
    with pytest.raises(TypeError, match="the word 7 of type int"):
        base.extended(["a", 7], 0)


def test_of_subclasses_of_str_the_text_alone_is_kept(base):
    class Token(str):
        __slots__ = ("forms",)

    extended = base.extended([Token("a"), np.str_("b")], 0)
    assert list(map(type, extended.words[4:])) == [str, str]
    assert extended == base.extended(["a", "b"], 0)
    assert list(map(type, WordVectors([Token("a")], [[1]]).words)) == [str]


def test_a_words_row_depends_on_the_word_and_the_seed_alone(base):
    words = [f"語{number}" for number in range(5_000)]
    all_rows = base.extended(words, seed=3)
    for some in (words[::-1], words[4_090:4_100], ["other", words[7]], ["\ud83d", words[9]]):
        found = base.extended(some, seed=3)
        for word in {some[0], some[-1]} & set(words):
            np.testing.assert_array_equal(found[word], all_rows[word])
        assert not np.array_equal(found[some[-1]], base.extended(some, seed=4)[some[-1]])
    rows = all_rows.vectors[len(base) :]
    assert len(np.unique(rows, axis=0)) == 5_000
    bound = np.sqrt(3 * base.vectors.var())
    assert np.abs(rows).max() <= bound * 1.001
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=0.05 * bound)
    np.testing.assert_allclose(rows.std(axis=0), base.vectors.std(), rtol=0.05)
    assert np.abs(np.corrcoef(rows[:-1].ravel(), rows[1:].ravel())[0, 1]) < 0.03


def test_rows_are_drawn_when_they_are_needed(base, monkeypatch):
    drawn = []
    draw = _extension._drawn_rows
    monkeypatch.setattr(
        _extension, "_drawn_rows", lambda words, *more: drawn.extend(words) or draw(words, *more)
    )
    more = base.extended([f"w{number}" for number in range(100)], seed=0)
    more.take(more.find(["w7"]) + FIRST_ID)
    more.take(more.find(["雨", "w9"]) + FIRST_ID)
    assert drawn == ["w7", "w9"]


@pytest.mark.parametrize("seed", [-1, 0.5, None, "0"])
def test_seeds_are_whole_numbers(base, seed):
    with pytest.raises(ValueError, match=f"Got seed={seed!r} but expected a whole number"):
        base.extended(["a"], seed)
    assert base.extended(["a"], np.int64(3)) == base.extended(["a"], 3)


# ------------------------------------------------------------------- chains
def test_extensions_of_extensions_have_rows_of_their_own(base):
    first = base.extended(["a", "b"], seed=0)
    second = first.extended(["c", "d"], seed=0, like=[-1, 5])
    assert second.words == [*WORDS, "a", "b", "c", "d"]
    assert second.find(["d", "a", "雪", "?"]).tolist() == [7, 4, 1, -1]
    np.testing.assert_array_equal(second.vectors[:6], first.vectors)
    np.testing.assert_array_equal(second["d"], first["b"])
    assert not np.isin(second["c"], first.vectors).any()  # the seed is the same
    np.testing.assert_array_equal(second.take(np.arange(10))[2:], second.vectors)
    with pytest.raises(ValueError, match="'a', which these vectors have"):
        first.extended(["a"], 1)


# ---------------------------------------------------------- is_extension_of
def test_an_extension_continues_what_it_was_made_from(base):
    first = base.extended(["a", "b"], 0, like=[2, -1])
    second = first.extended(["c"], 0)
    for longer, shorter in [(first, base), (second, first), (second, base), (second, second)]:
        assert longer.is_extension_of(shorter)
        assert pickle.loads(pickle.dumps(longer)).is_extension_of(shorter)
        assert (longer == shorter) == shorter.is_extension_of(longer)


def test_the_same_first_words_make_an_extension_too(base):
    one = base.extended(["a", "b"], 0, like=[2, -1])
    assert one.is_extension_of(base.extended(["a"], 0, like=[2]))
    assert base.extended(["a", "b", "c"], 0, like=[2, -1, 1]).is_extension_of(one)
    longer = base.extended(["b", "a", "c"], 0, like=[-1, -1, 1])
    assert longer.is_extension_of(base.extended(["b", "a"], 0))
    np.testing.assert_array_equal(longer.vectors[:6], base.extended(["b", "a"], 0).vectors)


def test_other_words_seeds_or_copies_make_none(base):
    one = base.extended(["a", "b"], 0, like=[2, -1])
    others = [
        base.extended(["b", "a"], 0, like=[2, -1]),
        base.extended(["a"], 0),
        base.extended(["a"], 1, like=[2]),
        base.extended(["a"], 0, like=[1]),
        base.extended(["a", "b", "c"], 0, like=[2, -1, -1]),
        WordVectors(WORDS, TABLE + 1),
        WordVectors(WORDS[:3], TABLE[:3]),
        WordVectors(WORDS, TABLE + 1).extended(["a"], 0, like=[2]),
        None,
        "vectors",
    ]
    assert [one.is_extension_of(other) for other in others] == [False] * len(others)


def test_ids_of_what_is_extended_mean_the_same_rows(base):
    first = base.extended(["a", "b"], 3)
    second = first.extended(["c"], 4)
    assert second.is_extension_of(first)
    ids = np.arange(len(first) + 2)
    np.testing.assert_array_equal(second.take(ids), first.take(ids))


def test_extensions_are_told_without_reading_rows(base, table_not_read):
    first = base.extended(["a"], 0)
    second = pickle.loads(pickle.dumps(first.extended(["b"], 0)))
    assert base.fingerprint  # of a table in memory, made once
    table_not_read()
    assert second.is_extension_of(first)
    assert not first.is_extension_of(second)
    assert sys.getsizeof(second) < 200


# -------------------------------------------------------------- random rows
def test_a_random_row_depends_on_the_word_and_the_seed_alone(base):
    one = base.extended(["嵐", "霰"], seed=3)
    other = base.extended(["風", "霰", "x", "嵐"], seed=3)
    later = base.extended(["風"], seed=9).extended(["嵐"], seed=3)
    np.testing.assert_array_equal(one["嵐"], other["嵐"])
    np.testing.assert_array_equal(one["嵐"], later["嵐"])
    assert not np.isin(one["嵐"], [one["霰"], base.extended(["嵐"], seed=4)["嵐"]]).any()


def test_random_rows_are_uniform_with_the_variance_of_the_table(base):
    more = base.extended([f"w{number}" for number in range(20_000)], seed=0)
    rows = more.vectors[4:]
    assert abs(rows.mean()) < 0.01 * TABLE.std()
    assert rows.var() == pytest.approx(TABLE.var(), rel=0.02)
    counts, _ = np.histogram(rows, bins=10, range=(rows.min(), rows.max()))
    np.testing.assert_allclose(counts, rows.size / 10, rtol=0.05)
    assert np.corrcoef(rows.T)[0, 1:] == pytest.approx(0, abs=0.03)


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
    draw = np.random.default_rng(0)
    store = MemoryStore(
        ["rain"], np.ones((1, 3), np.float32), None, Subwords(draw.random((50, 3)), 3, 6)
    )
    more = WordVectors._of(store).extended(["rainy", ""], seed=0)
    # <> of the empty word is shorter than the shortest n-gram
    assert has_random_row(more, ids_of(more, ["rainy", ""])).tolist() == [False, True]
