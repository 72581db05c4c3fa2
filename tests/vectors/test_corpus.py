"""Text for word2vec: what counts as a corpus, and how files are read."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from sklearn_w2v import Word2VecTrainer
from sklearn_w2v.vectors import corpus as _corpus
from sklearn_w2v.vectors.corpus import Sentences, Shards, check_corpus, stamps_of_corpus


def walk(corpus):
    sentences = Sentences([], check_corpus(corpus))
    out = list(sentences)
    sentences.check()
    return out


# ------------------------------------------------------------- what is a corpus
def test_a_glob_means_its_files_in_order_and_no_folders(tmp_path):
    for name in ("b.txt", "a.txt", "c.csv"):
        (tmp_path / name).write_text(f"{name}\n")
    (tmp_path / "d.txt").mkdir()
    (tmp_path / "d.txt" / "e.txt").write_text("e.txt\n")
    assert walk(tmp_path / "*.txt") == [["a.txt"], ["b.txt"]]
    assert walk(str(tmp_path / "**" / "*.txt")) == [["a.txt"], ["b.txt"], ["e.txt"]]


@pytest.mark.skipif(os.name == "nt", reason="Windows forbids such names")
def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path):
    (tmp_path / "[a]*.txt").write_text("x\n")
    (tmp_path / "a.txt").write_text("y\n")
    assert walk(tmp_path / "[a]*.txt") == [["x"]]


def test_a_list_of_paths_keeps_its_order(tmp_path):
    paths = [tmp_path / name for name in ("b", "a")]
    for path in paths:
        path.write_text(path.name)
    for corpus in (paths, list(map(str, paths)), [paths[0], str(paths[1])]):
        assert walk(corpus) == [["b"], ["a"]]


def test_strings_that_name_no_file_are_sentences(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert walk(["雨 が 降る", "x.txt"]) == [["雨", "が", "降る"], ["x.txt"]]
    assert walk([]) == []
    assert check_corpus(None) is None


@pytest.mark.parametrize(
    ("corpus", "error", "message"),
    [
        ("none.txt", ValueError, r"Got corpus='none\.txt', which is not a file"),
        ("*.xz", ValueError, r"Got corpus='\*\.xz' but no file matches it"),
        (["here.txt", "none.txt"], ValueError, r"'none\.txt' at place 1 of corpus"),
        (["here.txt", ["a"]], TypeError, "Got a list at place 1 of corpus, which holds paths"),
        (["none.txt", "here.txt"], ValueError, r"'none\.txt' at place 0 of corpus"),
        (iter(["here.txt"]), TypeError, "Got a generator as corpus"),
        (3, TypeError, "Got corpus=3 but expected the path"),
        (b"here.txt", TypeError, "Got corpus=b'here.txt' but expected the path"),
    ],
)
def test_what_is_no_corpus_is_refused(corpus, error, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.txt").write_text("a b\n")
    with pytest.raises(error, match=message):
        check_corpus(corpus)


# ---------------------------------------------------------------- reading files
@pytest.mark.parametrize("opener", [open, gzip.open, bz2.open, lzma.open])
def test_files_are_unpacked_as_their_content_says(opener, tmp_path):
    with opener(tmp_path / "words", "wt", encoding="utf-8") as file:
        file.write("雨 が　降る\n\n雪 が\n")
    assert walk(tmp_path / "words") == [["雨", "が", "降る"], ["雪", "が"]]


def test_a_byte_order_mark_is_no_part_of_a_word(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfa b\n")
    assert walk(tmp_path / "a.txt") == [["a", "b"]]


@pytest.mark.parametrize("opener", [gzip.open, bz2.open, lzma.open])
@pytest.mark.parametrize("damage", ["cut", "garbled"])
def test_a_broken_file_is_named(opener, damage, tmp_path):
    path = tmp_path / "words"
    with opener(path, "wb") as file:
        file.write(os.urandom(50_000).hex().encode())
    raw = bytearray(path.read_bytes())
    if damage == "cut":
        del raw[len(raw) // 2 :]
    else:
        raw[len(raw) // 2 : len(raw) // 2 + 100] = bytes(100)
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=r"Cannot read the file '.*words' of corpus after line"):
        walk([path])


def test_a_file_that_has_gone_is_named(tmp_path):
    (tmp_path / "a.txt").write_text("a\n")
    shards = check_corpus([tmp_path / "a.txt"])
    assert isinstance(shards, Shards)
    (tmp_path / "a.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"a\.txt' of corpus no longer exists"):
        list(shards)


@pytest.mark.parametrize("line", ["some words of a line\n", "some words of a line "])
def test_files_are_streamed_even_as_one_line(line, tmp_path):
    (tmp_path / "a.txt").write_text(line * 200_000)
    tracemalloc.start()
    try:
        sentences = Sentences([], check_corpus(tmp_path / "a.txt"))
        assert sum(map(len, sentences)) == 1_000_000
        sentences.check()
        assert tracemalloc.get_traced_memory()[1] < 30e6  # as a list of words: 65 MB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 8, 100])
def test_long_lines_are_cut_between_words(limit, monkeypatch, tmp_path):
    monkeypatch.setattr(_corpus, "_LINE", limit)
    (tmp_path / "a.txt").write_text("ab  cde f\nghijkl m\n\n no end")
    words = [word for sentence in walk(tmp_path / "a.txt") for word in sentence]
    if limit >= 8:  # longer than the longest word, so that none is torn
        assert words == ["ab", "cde", "f", "ghijkl", "m", "no", "end"]
    assert "".join(words) == "abcdefghijklmnoend"


def test_no_sentence_is_longer_than_gensim_reads(tmp_path):
    (tmp_path / "corpus.txt").write_text("b " * 20_001)
    lengths = list(map(len, Sentences([["a"] * 25_000], check_corpus(tmp_path / "corpus.txt"))))
    assert lengths == [10_000, 10_000, 5_000, 10_000, 10_000, 1]


# --------------------------------------------------------------------- errors
def test_an_error_ends_the_sentences_for_good():
    class Corpus:
        def __iter__(self):
            return (["a"] if number < 2 else 1 / 0 for number in range(4))

    sentences = Sentences([], check_corpus(Corpus()))
    sentences.check()
    assert list(sentences) == [["a"], ["a"]]
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            sentences.check()
    assert list(sentences) == []


@pytest.mark.parametrize(
    "corpus", [["corpus/one.txt", "corpus/two.txt"], ("a.txt.gz",), ["頁/一.jsonl"]]
)
def test_lists_of_paths_of_which_none_is_there_are_no_text(corpus):
    with pytest.raises(ValueError, match="look like paths, but none of them is a file"):
        check_corpus(corpus)


@pytest.mark.parametrize("corpus", [["雨 が 降る", "a.txt is a file"], ["雨"], [["a.txt"]]])
def test_sentences_are_no_paths(corpus):
    assert check_corpus(corpus) is corpus


@pytest.mark.parametrize(
    ("corpus", "message"),
    [
        ([["a", "b"], 1], "Got 1 at place 1 of corpus but expected the path"),
        ([["a", "b"], ["a", 1]], "Got 1 of type int in the sentence at place 1 of corpus"),
    ],
)
def test_what_is_no_sentence_is_named(corpus, message):
    with pytest.raises(TypeError, match=message):
        Word2VecTrainer(vector_size=2, min_count=1, epochs=1, corpus=corpus).fit([["a", "b"]])


@pytest.mark.parametrize(
    ("encoding", "why"),
    [("cp932", "may be cp932"), ("euc_jp", "may be euc_jp"), ("utf-16", "it is UTF-16")],
)
@pytest.mark.parametrize("times", [3, 5_000])
def test_a_file_in_another_encoding_is_named(tmp_path, encoding, why, times):
    path = tmp_path / "c.txt"
    path.write_bytes(("雨 が 降る\n雪 が 積もる\n" * times).encode(encoding))
    with pytest.raises(ValueError, match=rf"Cannot read the file .*c\.txt' of corpus: .*{why}"):
        Word2VecTrainer(vector_size=2, epochs=1, corpus=path).fit([])


def test_a_long_utf8_file_is_not_taken_for_another(tmp_path):
    path = tmp_path / "c.txt"
    path.write_text("x" + "雨が降る 雪\n" * 9_000, encoding="utf-8")
    assert sum(map(len, Shards([str(path)]))) == 18_000


@pytest.mark.parametrize("kind", [np.array, pd.Series])
def test_an_array_of_paths_is_a_list_of_paths(tmp_path, kind):
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(f"{name} x\n" * 3)
    paths = [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]
    trainer = Word2VecTrainer(vector_size=2, epochs=1, corpus=kind(paths))
    assert set(trainer.fit([]).vectors_.words) == {"a", "b", "x"}
    assert len(list(stamps_of_corpus(kind(paths)))) == 2
