"""Looking words up: rows, ids and similar words, wherever the vectors lie."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_w2v import WordVectors
from sklearn_w2v.vectors.store import MemoryStore
from sklearn_w2v.vectors.subwords import Subwords

WORDS = ["雨", "雪", "夏", "海", "rain", "\ud83d"]
TABLE = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


def in_memory():
    return WordVectors(WORDS, TABLE)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "vectors.bin"
    WordVectors(WORDS[:5], TABLE[:5]).save(path)
    return path


KINDS = ["memory", "file", "aliases"]


@pytest.fixture(params=[*KINDS, *(f"extended {kind}" for kind in KINDS)])
def vectors(request, file):
    if "aliases" in request.param:
        (file.parent / "aliases.tsv").write_text("雨天\t雨\nあめ\t雨\n夏季\t夏\n", encoding="utf-8")
        vectors = WordVectors.load(file, aliases=file.parent / "aliases.tsv")
    else:
        vectors = WordVectors.load(file)
        if "memory" in request.param:
            vectors = WordVectors(WORDS[:5], TABLE[:5])
    if "extended" in request.param:
        return vectors.extended(["\ud83d", "雪の"], seed=3, like=[-1, 1])
    return vectors


def test_matrix_is_read_only(vectors):
    with pytest.raises(ValueError, match="read-only"):
        vectors.vectors[0] = 0


def test_words_are_looked_up(vectors):
    asked = [*vectors.words[::-1], "雷", ""]
    rows = [vectors.words.index(word) if word in vectors.words else -1 for word in asked]
    assert vectors.find(asked).tolist() == rows
    assert [word in vectors for word in asked] == [row >= 0 for row in rows]
    assert 3 not in vectors
    assert len(vectors) == len(vectors.words) == len(vectors.vectors)
    for row, word in enumerate(vectors.words):
        np.testing.assert_array_equal(vectors[word], vectors.vectors[row])
    with pytest.raises(KeyError, match="雷"):
        vectors["雷"]


@pytest.mark.parametrize(
    ("positive", "negative"), [("w3", []), (["w1", "w2"], []), (["w1", "w2"], ["w3", "w4"])]
)
@pytest.mark.parametrize("topn", [0, 1, 10, 47, 1_000])
def test_most_similar_equals_gensims(positive, negative, topn, monkeypatch):
    monkeypatch.setattr("sklearn_w2v.vectors.word_vectors._BLOCK", 16)
    table = np.random.default_rng(1).normal(size=(50, 8)) * np.arange(1, 51)[:, None]
    vectors = WordVectors([f"w{number}" for number in range(50)], table)
    expected = vectors.to_gensim().most_similar(positive, negative, topn=topn) if topn else []
    got = vectors.most_similar(positive, negative, topn=topn)
    assert [word for word, _ in got] == [word for word, _ in expected]
    np.testing.assert_allclose([c for _, c in got], [c for _, c in expected], atol=1e-6)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning:gensim")  # of the row of zeros
def test_most_similar_knows_words_of_an_extension_and_rows_of_zeros():
    vectors = WordVectors(["a", "b", "zero"], [[1, 0], [1, 0.1], [0, 0]]).extended(["x"], 0)
    assert {word for word, _ in vectors.most_similar("a")} == {"b", "zero", "x"}
    assert vectors.most_similar("x", topn=5)[0][1] == pytest.approx(
        vectors.to_gensim().most_similar("x")[0][1], abs=1e-6
    )
    assert dict(vectors.most_similar("a"))["zero"] == 0
    with pytest.raises(KeyError, match="雷"):
        vectors.most_similar(["a", "雷"])
    with pytest.raises(ValueError, match="no words"):
        vectors.most_similar([])


def test_take_gives_zeros_for_padding_the_mean_for_unknown_and_rows(vectors):
    last = len(vectors) + 1
    taken = vectors.take(np.array([0, 1, 2, last, 2]))
    assert taken.dtype == np.float32
    assert not taken[0].any()
    np.testing.assert_allclose(taken[1], TABLE[:5].mean(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(taken[[2, 3, 4]], vectors.vectors[[0, -1, 0]])
    taken[:] = 0  # a copy
    assert vectors.vectors.any()
    assert vectors.take(np.array([], np.int64)).shape == (0, 4)


@pytest.mark.parametrize("bad", [-1, 8, 10**9])
def test_take_refuses_ids_outside_the_table(bad):
    with pytest.raises(ValueError, match="expected 0 to 7: these vectors have 6 words"):
        in_memory().take(np.array([2, bad]))


def test_every_id_has_the_row_of_its_word(vectors):
    taken = vectors.take(np.arange(len(vectors) + 2))[2:]
    np.testing.assert_array_equal(taken, vectors.vectors)
    back = np.arange(len(vectors) + 1, 1, -1)
    np.testing.assert_array_equal(vectors.take(back), vectors.vectors[::-1])


def test_a_list_of_words_that_is_changed_changes_nothing(vectors):
    size, fingerprint = len(vectors), vectors.fingerprint
    vectors.words.append("added")
    assert len(vectors) == size
    assert vectors.find(["added"]).tolist() == [-1]
    assert vectors.extended(["x"], 0).words[size] == "x"
    assert vectors.fingerprint == fingerprint


def test_words_that_share_a_row_come_once_among_the_similar(file):
    aliases = file.parent / "aliases.tsv"
    aliases.write_text("".join(f"{word}{n}\t{word}\n" for word in WORDS[:4] for n in range(9)))
    vectors = WordVectors.load(file, aliases=aliases)
    plain = WordVectors.load(file)
    for asked in ("雨", "雨3"):  # what shares its row is the word itself
        assert vectors.most_similar(asked, topn=99) == plain.most_similar("雨", topn=99)
    assert vectors.most_similar(["雨", "雨1"], ["雪2"]) == plain.most_similar(["雨", "雨"], ["雪"])
    extended = vectors.extended(["new"], 0)
    expected = plain.extended(["new"], 0).most_similar("new", topn=99)
    assert extended.most_similar("new", topn=99) == expected


def test_vectors_without_ngrams_compose_nothing(vectors):
    assert not vectors.has_subwords
    rows, known = vectors.compose(["雨", "no such word"])
    assert rows.shape == (2, 4)
    assert rows.dtype == np.float32
    assert not rows.any()
    assert known.tolist() == [False, False]


def test_compose_gives_words_of_ngrams():
    ngrams = np.random.default_rng(1).normal(size=(7, 4)).astype(np.float32)
    subwords = Subwords(ngrams, 3, 4)
    vectors = WordVectors._of(MemoryStore(WORDS, TABLE.copy(), None, subwords))
    assert vectors.has_subwords
    rows, known = vectors.compose(("word", "雨", ""))
    np.testing.assert_array_equal(rows, subwords.compose(["word", "雨", ""])[0])
    assert known.tolist() == [True, True, False]
    assert (rows[1] != vectors["雨"]).any()  # its n-grams alone
    extended = vectors.extended(["word", "", "like"], 0, like=[-1, -1, 2])
    np.testing.assert_array_equal(extended["word"], rows[0])
    np.testing.assert_array_equal(extended["like"], TABLE[2])
    assert extended[""].any()  # random, as it has no n-grams
    assert extended.has_subwords
    np.testing.assert_array_equal(extended.compose(["word"])[0][0], rows[0])
