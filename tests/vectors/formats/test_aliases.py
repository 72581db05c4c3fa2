"""Files of aliases, alone and through WordVectors.load."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import pickle
import warnings

import joblib
import numpy as np
import pytest

from sklearn_w2v import WordVectors
from sklearn_w2v.vectors.folder import FolderStore
from sklearn_w2v.vectors.formats.aliases import read_aliases

INDEX = {"雨": 0, "雪": 1, "the": 2}
TABLE = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
TEXT = "あめ\t雨\nスノー\t雪\n雨天\t雨\n".encode()


def write(path, data):
    path.write_bytes(data)
    return os.fspath(path)


@pytest.fixture
def files(tmp_path):
    WordVectors(list(INDEX), TABLE).save(tmp_path / "v.bin")
    write(tmp_path / "a.tsv", TEXT)
    return tmp_path / "v.bin", tmp_path / "a.tsv"


# ------------------------------------------------------------------ reading
@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_aliases_have_the_rows_of_their_words(tmp_path, compress):
    words, rows = read_aliases(write(tmp_path / "aliases", compress(TEXT)), INDEX)
    assert words == ["あめ", "スノー", "雨天"]
    assert rows.tolist() == [0, 1, 0]
    assert rows.dtype == np.int32


@pytest.mark.parametrize(
    "data",
    [
        TEXT.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + TEXT,
        TEXT[:-1],
        b"\n" + TEXT.replace(b"\n", b"\n\n"),
    ],
)
def test_line_ends_marks_and_empty_lines_of_other_tools(tmp_path, data):
    assert read_aliases(write(tmp_path / "a", data), INDEX)[0] == ["あめ", "スノー", "雨天"]


def test_blanks_belong_to_words(tmp_path):
    index = {"a b": 0, "\u3000": 1}
    path = write(tmp_path / "a", "New York\ta b\n x \t\u3000\n".encode())
    assert read_aliases(path, index)[0] == ["New York", " x "]


def test_an_empty_file_holds_no_aliases(tmp_path):
    words, rows = read_aliases(write(tmp_path / "a", b""), INDEX)
    assert words == []
    assert rows.shape == (0,)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"x\tnobody", "line 2 makes 'x' an alias of 'nobody', which has no vector"),
        ("あめ\tx".encode(), "line 2 makes 'あめ' an alias of 'x'"),
        (b"x", r"line 2 \('x'\) is not an alias, a tab and a word"),
        (b"x the", "line 2"),
        (b"x\tthe\t1", "line 2"),
        (b"\tthe", "line 2"),
        (b"x\t", "line 2"),
        (b" ", "line 2"),
        (b"\xe9\xff\tthe", "line 2"),
    ],
)
def test_broken_lines_are_named(tmp_path, line, reason):
    path = write(tmp_path / "a.tsv", "あめ\t雨\n".encode() + line + b"\nx\tthe\n")
    with pytest.raises(ValueError, match=rf"Cannot read aliases from .*a\.tsv.*: {reason}"):
        read_aliases(path, INDEX)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files_cut_are_refused(tmp_path, compress):
    whole = compress(TEXT)
    for length in range(6, len(whole), 5):
        with pytest.raises(ValueError, match="cut"):
            read_aliases(write(tmp_path / "cut", whole[:length]), INDEX)


def test_words_of_their_own_stay_and_one_warning_counts_them(tmp_path):
    path = write(tmp_path / "a", "雪\t雨\nthe\t雨\n雨\t雨\nx\t雨\n".encode())
    with pytest.warns(UserWarning, match=r"3 aliases of .* a vector of their own") as caught:
        words, _ = read_aliases(path, INDEX)
    assert len(caught) == 1
    assert words == ["x"]


def test_of_repeated_aliases_the_first_stays_and_one_warning_counts_the_rest(tmp_path):
    path = write(tmp_path / "a", "x\t雨\nx\t雨\nx\t雪\ny\t雪\ny\tthe\n".encode())
    said = r"2 aliases of .* repeat with another word; the first one is kept"
    with pytest.warns(UserWarning, match=said) as caught:
        words, rows = read_aliases(path, INDEX)
    assert len(caught) == 1
    assert words == ["x", "y"]
    assert rows.tolist() == [0, 1]


def test_the_same_alias_twice_is_no_mistake(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_aliases(write(tmp_path / "a", b"x\tthe\nx\tthe\n"), INDEX)


# ------------------------------------------------------------- in WordVectors
@pytest.mark.parametrize("as_type", [str, os.fspath, lambda path: path])
def test_load_with_aliases_knows_every_word(files, as_type):
    vectors = WordVectors.load(as_type(files[0]), aliases=as_type(files[1]))
    assert vectors.words == ["雨", "雪", "the", "あめ", "スノー", "雨天"]
    assert len(vectors) == 6
    assert vectors.find(["雨天", "雪", "?", "あめ"]).tolist() == [5, 1, -1, 3]
    np.testing.assert_array_equal(vectors.vectors, TABLE[[0, 1, 2, 0, 1, 0]])
    np.testing.assert_array_equal(vectors["スノー"], TABLE[1])
    assert vectors.path == os.fspath(files[0])


def test_rows_are_stored_and_read_once_however_many_words_share_them(files, monkeypatch):
    vectors = WordVectors.load(files[0], aliases=files[1])
    store = vectors._store.table
    assert isinstance(store, FolderStore)
    assert np.load(store.folder / "matrix.npy").shape == TABLE.shape
    assert isinstance(store.matrix, np.memmap)
    monkeypatch.setattr(FolderStore, "expanded", None)  # nothing inside needs the whole
    extended = vectors.extended(["x"], 0, like=[5])
    np.testing.assert_array_equal(extended["x"], TABLE[0])
    assert extended.most_similar("あめ", topn=1)[0][0] == "x"
    extended.take(np.arange(9))


def test_handles_with_aliases_are_small_and_open_again(files, monkeypatch, tmp_path):
    monkeypatch.chdir(files[0].parent)
    vectors = WordVectors.load("v.bin", aliases="a.tsv")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    data = pickle.dumps(vectors)
    assert len(data) < 600
    again = pickle.loads(data)
    assert again == vectors
    assert again.words == vectors.words
    back = joblib.Parallel(n_jobs=2)(joblib.delayed(lambda v: v["雨天"])(vectors) for _ in range(2))
    np.testing.assert_array_equal(back, TABLE[[0, 0]])


def test_what_is_saved_holds_a_row_for_each_word(files, tmp_path):
    vectors = WordVectors.load(files[0], aliases=files[1])
    vectors.save(tmp_path / "all.bin")
    again = WordVectors.load(tmp_path / "all.bin")
    assert again.words == vectors.words == vectors.to_gensim().index_to_key
    np.testing.assert_array_equal(again.vectors, vectors.vectors)


def test_other_aliases_are_other_vectors(files, tmp_path):
    plain = WordVectors.load(files[0])
    vectors = WordVectors.load(files[0], aliases=files[1])
    other = WordVectors.load(files[0], aliases=write(tmp_path / "b.tsv", b"x\tthe\n"))
    same = WordVectors.load(files[0], aliases=write(tmp_path / "c.tsv", TEXT))
    assert len({plain, vectors, other, same}) == 3
    assert vectors == same
    assert plain.words == list(INDEX)  # its own folder form is still there
    assert not vectors.is_extension_of(plain)


@pytest.mark.parametrize("changed", [0, 1])
def test_change_of_either_file_is_noticed(files, changed):
    data = pickle.dumps(WordVectors.load(files[0], aliases=files[1]))
    if changed == 0:
        WordVectors(list(INDEX), TABLE + 1).save(files[0])
    else:
        write(files[1], TEXT + b"x\tthe\n")
    os.utime(files[changed], ns=(0, 1))
    with pytest.raises(ValueError, match=r"v\.bin' or its aliases .*a\.tsv' has changed"):
        len(pickle.loads(data))
    new = WordVectors.load(files[0], aliases=files[1])
    assert len(new) == 6 + changed


@pytest.mark.parametrize("missing", [0, 1])
def test_missing_files_are_named(files, missing):
    data = pickle.dumps(WordVectors.load(files[0], aliases=files[1]))
    files[missing].unlink()
    name = files[missing].name
    with pytest.raises(FileNotFoundError, match=rf"{name}' does not exist"):
        WordVectors.load(files[0], aliases=files[1])
    with pytest.raises(FileNotFoundError, match=rf"{name}', which no longer exists"):
        len(pickle.loads(data))


def test_broken_aliases_leave_nothing_in_the_cache(files, tmp_path, monkeypatch):
    monkeypatch.setenv("SKLEARN_W2V_CACHE", os.fspath(tmp_path / "cache"))
    write(files[1], b"broken\n")
    with pytest.raises(ValueError, match=r"a\.tsv.*line 1"):
        WordVectors.load(files[0], aliases=files[1])
    assert not list((tmp_path / "cache" / "vectors").iterdir())


def test_aliases_of_the_corpora_all_find_their_words(corpora):
    folder = corpora / "vectors-chive"
    vectors = WordVectors.load(
        folder / "ja_ginza_chive_20000x300.bin.gz", aliases=folder / "aliases.tsv.gz"
    )
    with gzip.open(folder / "aliases.tsv.gz", "rt", encoding="utf-8", newline="\n") as file:
        pairs = [line.rstrip("\n").split("\t") for line in file]
    assert len(vectors) == 20_000 + len(pairs) == 480_425
    some = pairs[::457]
    aliases, words = vectors.find([a for a, _ in some]), vectors.find([w for _, w in some])
    assert (aliases >= 20_000).all()
    np.testing.assert_array_equal(vectors.take(aliases + 2), vectors.take(words + 2))
