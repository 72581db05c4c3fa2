"""Readers and writers of word vector files, against gensim's own."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import pickle
import stat
import tempfile
import warnings
import zipfile
from itertools import islice
from pathlib import Path

import gensim
import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_w2v.vectors.formats import word2vec as _vector_files
from sklearn_w2v.vectors.formats.word2vec import format_of, read_blocks, write_file

GENSIM_DATA = Path(gensim.__file__).parent / "test" / "test_data"
WORDS = ["雨", "雪", "the", "12", "é", "𠮷野", "a-b", "。", "①", "New_York", "\u3000"]
TABLE = np.random.default_rng(0).normal(size=(len(WORDS), 5)).astype(np.float32)
COMPRESS = {
    "plain": lambda data: data,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


def read(path):
    blocks = list(read_blocks(os.fspath(path)))
    return [w for words, _ in blocks for w in words], np.concatenate([rows for _, rows in blocks])


def write(path, data):
    path.write_bytes(data)
    return path


def save(path, words, table):
    table = np.asarray(table, np.float32)
    write_file(os.fspath(path), words, lambda start, stop: table[start:stop], table.shape[1])


def binary(rows, header=None, end=b""):
    """word2vec binary of (word as bytes, values) pairs."""
    dim = len(rows[0][1])
    header = f"{len(rows)} {dim}" if header is None else header
    body = b"".join(word + b" " + np.array(v, "<f4").tobytes() + end for word, v in rows)
    return header.encode() + b"\n" + body


@pytest.fixture(scope="module")
def by_gensim(tmp_path_factory):
    """Files of each format as gensim writes them, and what gensim reads from them."""
    folder = tmp_path_factory.mktemp("gensim")
    keyed = KeyedVectors(5)
    keyed.add_vectors(WORDS, TABLE)
    files = {}
    for name, keywords in {
        "bin": {"binary": True},
        "txt": {"binary": False},
        "vec": {"binary": False, "append": False},
        "glove": {"binary": False, "write_header": False},
    }.items():
        path = folder / f"vectors.{name}"
        keyed.save_word2vec_format(os.fspath(path), **keywords)
        again = KeyedVectors.load_word2vec_format(
            os.fspath(path), binary=name == "bin", no_header=name == "glove"
        )
        files[name] = (path.read_bytes(), again)
    return files


# ------------------------------------------------------------------ formats
@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("form", ["bin", "txt", "vec", "glove"])
def test_formats_read_as_gensim_reads_them(tmp_path, by_gensim, form, compression):
    data, expected = by_gensim[form]
    suffix = "" if compression == "plain" else f".{compression}"
    path = write(tmp_path / f"vectors.{form}{suffix}", COMPRESS[compression](data))
    words, rows = read(path)
    assert words == expected.index_to_key == WORDS
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, expected.vectors)


@pytest.mark.parametrize(
    ("form", "compression", "name"),
    [
        ("txt", "plain", "vectors.bin"),
        ("bin", "plain", "vectors.txt"),
        ("glove", "plain", "vectors.bin"),
        ("bin", "plain", "vectors.vec.gz"),
        ("txt", "gz", "vectors.txt"),
        ("glove", "xz", "vectors.gz"),
        ("bin", "bz2", "vectors"),
    ],
)
def test_content_counts_and_not_the_ending(tmp_path, by_gensim, form, compression, name):
    path = write(tmp_path / name, COMPRESS[compression](by_gensim[form][0]))
    words, rows = read(path)
    assert words == WORDS
    np.testing.assert_array_equal(rows, by_gensim[form][1].vectors)


@pytest.mark.parametrize("form", ["bin", "txt"])
def test_files_of_many_blocks_and_chunks(tmp_path, monkeypatch, form):
    words = [f"w{number}" for number in range(6_000)]
    table = np.random.default_rng(1).normal(size=(6_000, 50)).astype(np.float32)
    path = tmp_path / f"vectors.{form}"
    save(path, words, table)
    assert path.stat().st_size > 1 << 20  # what is read ahead to know the format
    monkeypatch.setattr(_vector_files, "_CHUNK", 1_001)
    read_words, rows = read(path)
    assert read_words == words
    np.testing.assert_array_equal(rows, table)


@pytest.mark.parametrize(
    ("name", "keywords"),
    [
        ("euclidean_vectors.bin", {"binary": True}),
        ("poincare_vectors.bin", {"binary": True}),
        ("high_precision.kv.bin", {"binary": True}),
        ("high_precision.kv.txt", {}),
        ("word2vec_pre_kv_c", {}),
        ("lee_fasttext.vec", {}),
        ("crime-and-punishment.vec", {}),
        ("toy-model.vec", {}),
        ("pang_lee_polarity_fasttext.vec", {"unicode_errors": "replace"}),
        ("test_glove.txt", {"no_header": True}),
        ("w2v_keyedvectors_load_test.modeldata", {"unicode_errors": "replace"}),
    ],
)
def test_files_of_peers_read_as_gensim_reads_them(name, keywords):
    expected = KeyedVectors.load_word2vec_format(os.fspath(GENSIM_DATA / name), **keywords)
    words, rows = read(GENSIM_DATA / name)
    assert words == expected.index_to_key
    np.testing.assert_array_equal(rows, expected.vectors)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("word2vec_pre_kv_py3", "pickle"),
        ("word2vec_pre_kv_py2", "pickle"),
        ("ft_kv_3.6.0.model.gz", "pickle"),
        ("varembed_vectors.pkl", "neither word2vec"),  # protocol 0
        ("lee_fasttext.bin", "neither word2vec"),  # fastText before it had a magic number
        ("word2vec_pre_kv_sep_py3.syn0.npy", "neither word2vec"),
        ("pretrained.vec", "promises 3 words, but it holds 1"),
        ("w2v_keyedvectors_load_test.vocab", "neither word2vec"),
        ("alldata-id-10.txt", "neither word2vec"),
        ("reproduce.dat.gz", "neither word2vec"),
    ],
)
def test_files_that_are_no_vectors_end_in_an_error_that_names_them(name, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        read(GENSIM_DATA / name)
    assert repr(os.fspath(GENSIM_DATA / name)) in str(caught.value)


def test_vectors_of_the_corpora_read_as_gensim_reads_them(corpora):
    path = corpora / "vectors-chive" / "ja_ginza_chive_20000x300.bin.gz"
    expected = KeyedVectors.load_word2vec_format(os.fspath(path), binary=True, limit=3_000)
    blocks = list(islice(read_blocks(os.fspath(path)), 2))
    words = [word for part, _ in blocks for word in part]
    rows = np.concatenate([part for _, part in blocks])
    assert words[:3_000] == expected.index_to_key
    np.testing.assert_array_equal(rows[:3_000], expected.vectors)


# ------------------------------------------------------------- broken files
def test_binary_cut_anywhere_is_refused(tmp_path):
    data = binary([(b"a", [1, 2]), ("雨".encode(), [3, 4]), (b"bc", [5, 6])])
    for length in range(len(data)):
        path = write(tmp_path / "cut.bin", data[:length])
        with pytest.raises(ValueError, match=r"Cannot read word vectors from .*cut\.bin"):
            read(path)


def test_text_cut_anywhere_is_refused_unless_only_digits_of_the_last_number_are_lost(tmp_path):
    data = "3 2\na 1.25 2.5\n雨 3.125 4.5\nbc 5.75 6.625\n".encode()
    for length in range(len(data)):
        path = write(tmp_path / "cut.txt", data[:length])
        if length > data.rindex(b" ") + 1:
            words, rows = read(path)
            assert words == ["a", "雨", "bc"]
            assert rows.ravel()[:5].tolist() == [1.25, 2.5, 3.125, 4.5, 5.75]
        else:
            with pytest.raises(ValueError, match=r"cut\.txt"):
                read(path)


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz"])
@pytest.mark.parametrize("form", ["bin", "glove"])
def test_compressed_files_cut_or_damaged_are_refused(tmp_path, by_gensim, form, compression):
    whole = COMPRESS[compression](by_gensim[form][0])
    for length in range(6, len(whole), 7):
        with pytest.raises(ValueError, match="cut"):
            read(write(tmp_path / "cut", whole[:length]))
    for place in range(20, len(whole) - 8, 17):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        with pytest.raises(ValueError, match="damaged"):
            read(write(tmp_path / "damaged", bytes(damaged)))


@pytest.mark.parametrize("rows", [4, 10**12, 0, -3, 2])
@pytest.mark.parametrize("form", ["bin", "txt"])
def test_headers_that_promise_another_number_of_words_are_refused(tmp_path, form, rows):
    if form == "bin":
        data = binary([(b"a", [1, 2]), (b"b", [3, 4]), (b"c", [5, 6])], header=f"{rows} 2")
    else:
        data = f"{rows} 2\na 1 2\nb 3 4\nc 5 6\n".encode()
    with pytest.raises(ValueError, match="vectors-file"):
        read(write(tmp_path / "vectors-file", data))


@pytest.mark.parametrize("dim", [0, 1, 3, 10**12])
@pytest.mark.parametrize("form", ["bin", "txt"])
def test_headers_that_promise_another_dimension_are_refused(tmp_path, form, dim):
    rows = [(f"word{number}".encode(), [0.25, 0.5]) for number in range(4)]
    text = b"".join(word + b" 0.25 0.5\n" for word, _ in rows)
    data = binary(rows, f"4 {dim}") if form == "bin" else f"4 {dim}\n".encode() + text
    with pytest.raises(ValueError, match="Cannot read"):
        read(write(tmp_path / "vectors", data))


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"3 2\n", b"word", b"the 5\nof 3\n", gzip.compress(b"", mtime=0), b"\x00" * 100],
)
def test_files_without_vectors_are_refused(tmp_path, data):
    with pytest.raises(ValueError, match="nothing"):
        read(write(tmp_path / "nothing", data))


@pytest.mark.parametrize("line", ["b 1", "b", "b 1 x", "b x 1", "b 0.5 1 2"])
def test_broken_lines_are_named(tmp_path, line):
    with pytest.raises(ValueError, match=r"line 2 \('b"):
        read(write(tmp_path / "glove.txt", f"a 1 2\n{line}\nc 1 2\n".encode()))


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e39"])
def test_values_that_are_not_finite_are_refused_with_their_word(tmp_path, value):
    text = write(tmp_path / "a.txt", f"2 2\nfine 1 2\nodd 3 {value}\n".encode())
    with np.errstate(over="ignore"):
        pairs = [(b"fine", [1, 2]), (b"odd", np.array([3, float(value)]).astype(np.float32))]
    for path in (text, write(tmp_path / "a.bin", binary(pairs))):
        with pytest.raises(ValueError, match="'odd' is not finite"):
            read(path)


# -------------------------------------------------------------------- words
def test_of_repeated_words_the_first_is_kept_and_one_warning_counts_the_rest(tmp_path):
    words = ["a", "b", "a"] + [f"w{n}" for n in range(5_000)] + ["b", "a"]  # over two blocks
    lines = "".join(f"{word} {row} 1\n" for row, word in enumerate(words))
    path = write(tmp_path / "v.txt", f"{len(words)} 2\n{lines}".encode())
    with pytest.warns(UserWarning, match=r"3 words of .*v\.txt.* more than once") as caught:
        got, rows = read(path)
    assert len(caught) == 1
    assert got == ["a", "b"] + [f"w{n}" for n in range(5_000)]
    assert rows[:3, 0].tolist() == [0, 1, 3]


@pytest.mark.parametrize("form", ["bin", "txt"])
def test_undecodable_words_stay_visible_and_kill_nothing(tmp_path, form):
    half = "雨".encode()[:2]
    if form == "bin":
        data = binary([(b"a", [1, 2]), (half + b"x", [3, 4]), (b"x", [5, 6])])
    else:
        data = b"3 2\na 1 2\n" + half + b"x 3 4\nx 5 6\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        words, rows = read(write(tmp_path / "v", data))
    assert words == ["a", "\ufffdx", "x"]
    assert rows.tolist() == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize("header", ["", "4 2\n"])
def test_words_with_blanks_are_read_from_text(tmp_path, header):
    text = header + "a 1 2\n. . . 3 4\nat name@domain.com 5 6\nin 2003 7 8\n"
    words, rows = read(write(tmp_path / "glove.txt", text.encode()))
    assert words == ["a", ". . .", "at name@domain.com", "in 2003"]
    assert rows.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]


def test_a_first_word_with_a_blank_and_a_number_does_not_pass_for_binary(tmp_path):
    words, rows = read(write(tmp_path / "v.txt", b"2 2\nin 2003 1 2\nb 3 4\n"))
    assert words == ["in 2003", "b"]
    assert rows.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "text", ["2 2\r\n雨 1 2\r\n雪 3 4\r\n", "雨\t1\t2\n雪\t3\t4\n", "2 2\n雨 1 2 \n\n雪 3 4 \n\n"]
)
def test_line_ends_tabs_and_blank_lines_of_other_tools(tmp_path, text):
    words, rows = read(write(tmp_path / "v.txt", text.encode()))
    assert words == ["雨", "雪"]
    assert rows.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("header", [b"", b"2 2\n"])
def test_a_byte_order_mark_is_no_part_of_the_first_word(tmp_path, header):
    path = write(tmp_path / "v.txt", b"\xef\xbb\xbf" + header + "雨 1 2\n雪 3 4\n".encode())
    words, rows = read(path)
    assert words == ["雨", "雪"]
    assert rows.tolist() == [[1, 2], [3, 4]]
    assert format_of(path) == ("word2vec text" if header else "GloVe text")


def test_archives_are_to_be_unpacked_first(tmp_path):
    with zipfile.ZipFile(tmp_path / "glove.zip", "w") as archive:
        archive.writestr("glove.txt", "雨 1 2\n雪 3 4\n")
    with pytest.raises(ValueError, match="it is a zip archive; unpack it, and pass the file"):
        read(os.fspath(tmp_path / "glove.zip"))


def test_binary_of_the_c_tool_ends_each_word_with_a_line_feed(tmp_path):
    data = binary([(b"a", [1, 2]), (b"b", [3, 4])], end=b"\n")
    words, rows = read(write(tmp_path / "v.bin", data))
    assert words == ["a", "b"]
    assert rows.tolist() == [[1, 2], [3, 4]]


# ------------------------------------------------------------------ pickles
class _Hostile:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_pickles_are_never_unpickled(tmp_path, protocol, compression):
    target = tmp_path / "was-here"
    data = pickle.dumps(_Hostile(target), protocol)
    path = write(tmp_path / "model.bin", COMPRESS[compression](data))
    with pytest.raises(ValueError, match=r"model\.bin"):
        read(path)
    assert not target.exists()
    pickle.loads(data)
    assert target.exists()  # so the file would have done it


# ------------------------------------------------------------------ writing
@pytest.mark.parametrize("suffix", [".bin", ".txt", ".vec", ".bin.gz", ".txt.gz", ".vec.gz"])
def test_written_files_read_the_same_here_and_in_gensim(tmp_path, suffix):
    path = tmp_path / f"vectors{suffix}"
    save(path, WORDS, TABLE)
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == suffix.endswith(".gz")
    keyed = KeyedVectors.load_word2vec_format(os.fspath(path), binary=suffix.startswith(".bin"))
    assert keyed.index_to_key == WORDS
    np.testing.assert_array_equal(keyed.vectors, TABLE)
    words, rows = read(path)
    assert words == WORDS
    np.testing.assert_array_equal(rows, TABLE)


_character = st.characters(codec="utf-8", exclude_characters=" \n")
_word = st.text(_character | st.sampled_from("\r\t\x0b\x0c\x851.-"), min_size=1, max_size=6)
_finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("suffix", [".bin", ".txt", ".vec.gz"])
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_any_words_without_blanks_and_any_finite_values_come_back(suffix, data):
    words = data.draw(st.lists(_word, min_size=1, max_size=5, unique=True))
    dim = data.draw(st.integers(1, 4))
    table = data.draw(arrays(np.float32, (len(words), dim), elements=_finite))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"vectors{suffix}")
        save(path, words, table)
        read_words, rows = read(path)
    assert read_words == words
    assert rows.tobytes() == table.tobytes()  # the sign of zero, too


@pytest.mark.parametrize("suffix", [".bin", ".txt"])
def test_characters_that_only_look_like_line_ends_stay_in_words(tmp_path, suffix):
    words = ["\r", "a\r", "\x0c", "\x1c", "\x85", "\u2028", "\t", "a\tb", "\x00"]
    save(tmp_path / f"v{suffix}", words, np.eye(len(words)))
    read_words, rows = read(tmp_path / f"v{suffix}")
    assert read_words == words
    np.testing.assert_array_equal(rows, np.eye(len(words)))


@pytest.mark.parametrize("name", ["v", "v.npy", "v.gz", "v.bin.bz2", "v.model"])
def test_other_endings_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"expected an ending of \.bin, \.txt or \.vec"):
        save(tmp_path / name, ["a"], [[1, 2]])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("word", ["", "New York", "a\nb"])
@pytest.mark.parametrize("suffix", [".bin", ".txt"])
def test_words_that_the_formats_cannot_hold_are_refused(tmp_path, suffix, word):
    with pytest.raises(ValueError, match="cannot hold the word"):
        save(tmp_path / f"v{suffix}", ["a", word], np.ones((2, 2)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".bin", ".txt.gz"])
def test_an_error_while_writing_leaves_the_former_file_and_nothing_else(tmp_path, suffix):
    path = tmp_path / f"v{suffix}"
    save(path, WORDS, TABLE)
    former = path.read_bytes()
    words = [f"w{number}" for number in range(5_000)]

    def rows(start, stop):
        if start:
            raise RuntimeError("disk full")
        return np.zeros((stop - start, 2), np.float32)

    with pytest.raises(RuntimeError, match="disk full"):
        write_file(os.fspath(path), words, rows, 2)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == former


def test_written_files_have_the_usual_permissions(tmp_path):
    before = os.umask(0o027)
    try:
        save(tmp_path / "v.bin", WORDS, TABLE)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "v.bin").stat().st_mode) == 0o640


def test_half_of_a_character_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"cannot hold the word '\\ud800': it has half"):
        write_file(str(tmp_path / "v.txt"), ["雨", "\ud800"], lambda a, b: np.eye(2), 2)
    assert list(tmp_path.iterdir()) == []
