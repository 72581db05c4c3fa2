"""Vector files from elsewhere: an error that names the file, and no more memory than it holds."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import pickle
import random
import struct
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from _hostile_files import COMPRESSORS, WORDS, binary_vectors, fasttext_vectors, text_vectors

import sklearn_w2v
from sklearn_w2v import WordVectors
from sklearn_w2v.utils import compression as _unpacking
from sklearn_w2v.vectors.formats import word2vec as _vector_files
from sklearn_w2v.vectors.formats.aliases import read_aliases
from sklearn_w2v.vectors.formats.fasttext import MAX_NGRAM, read_fasttext
from sklearn_w2v.vectors.formats.word2vec import read_blocks

PACKAGE = os.fspath(Path(sklearn_w2v.__file__).parents[1])
linux = pytest.mark.skipif(sys.platform != "linux", reason="limits and sizes as Linux has them")


@pytest.fixture(scope="module")
def whole():
    return {
        "text": text_vectors(),
        "glove": text_vectors(header=False),
        "binary": binary_vectors(),
        "fasttext": fasttext_vectors(),
        **{name: pack(binary_vectors()) for name, pack in COMPRESSORS.items()},
    }


def read(path, tmp_path):
    """Words and rows, or the error; anything else is a failure."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)  # that words repeat
        try:
            if path.read_bytes()[:4] == _vector_files.FASTTEXT:
                blocks, _ = read_fasttext(os.fspath(path), tmp_path)
            else:
                blocks = read_blocks(os.fspath(path))
            parts = list(blocks)
        except ValueError as error:
            return error if repr(os.fspath(path)) in str(error) else pytest.fail(str(error))
    words = [word for part, _ in parts for word in part]
    rows = np.concatenate([part for _, part in parts])
    assert len(words) == len(set(words)) == len(rows)
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    return words, rows


KINDS = ["text", "glove", "binary", "fasttext", *COMPRESSORS]


@pytest.mark.parametrize("kind", KINDS)
def test_files_cut_at_random_places(whole, kind, tmp_path):
    path, data = tmp_path / "cut", whole[kind]
    draw = random.Random(0)
    for length in [draw.randrange(len(data)) for _ in range(200)]:
        path.write_bytes(data[:length])
        got = read(path, tmp_path)
        if kind == "glove":  # which promises no number of words
            continue
        if isinstance(got, ValueError):
            continue
        if kind == "fasttext":  # cut in the network's other side, which is not read
            assert sorted(got[0]) == ["day", "night", "storm", "sun"]
        else:  # in the digits of the last number, or at the last line feed
            assert got[0] == WORDS
            assert length >= len(data) - (4 if kind == "text" else 1)


@pytest.mark.parametrize("kind", KINDS)
def test_files_with_bits_flipped(whole, kind, tmp_path):
    path, draw = tmp_path / "flipped", random.Random(1)
    for _ in range(200):
        data = bytearray(whole[kind])
        for _ in range(draw.choice((1, 1, 2, 8))):
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(data)
        read(path, tmp_path)


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_compressed_files_whose_first_bytes_cannot_be_unpacked(whole, kind, tmp_path):
    path = tmp_path / "damaged"
    for start in range(6, 40):
        data = bytearray(whole[kind])
        data[start : start + 20] = bytes(20)
        path.write_bytes(data)
        try:
            WordVectors.load(path)
        except ValueError as error:
            assert repr(os.fspath(path)) in str(error)  # noqa: PT017  (some can be unpacked)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"2 2\n0 n " + b"8" * 60 + b" 1\ni0 n 3201 2\n", id="beyond float32"),
        pytest.param(b"2 2\na\x00b 1 2\n\x00 3 4\n", id="NUL"),
        pytest.param(b"2 2\na 1_000 2\nb 3 4\n", id="underscores"),
        pytest.param("2 2\na ١ ٢\nb 3 4\n".encode(), id="Arabic digits"),
        pytest.param(b"3 2\n\xed\xa0\x80 1 2\n\xff\xfe 3 4\n\xc0\xaf 5 6\n", id="no UTF-8"),
        pytest.param(b"2 2\n 1 2\n 3 4\n", id="empty words"),
        pytest.param(b"9" * 5_000 + b" 2\na 1 2\n", id="a number too long for Python"),
        pytest.param(b"2 " + b"0" * 5_000 + b"2\na 1 2\nb 1 2\n", id="zeros ahead"),
        pytest.param(b"2 2\na 0x1p3 2\nb infinity nan\n", id="other numbers"),
        pytest.param(b"-1 2\na 1 2\n", id="negative rows"),
        pytest.param(b"2 -2\na 1 2\nb 1 2\n", id="negative dimensions"),
        pytest.param(b"\xef\xbb\xbf2 2\na 1 2\nb 1 2\n", id="BOM"),
        pytest.param(b"\x93NUMPY\x01\x00", id="an array"),
        pytest.param(b"PK\x03\x04" + bytes(64), id="a zip"),
        pytest.param(_vector_files.FASTTEXT + bytes(200), id="fastText of nothing"),
        pytest.param(_vector_files.FASTTEXT + b"\xff" * 200, id="fastText of -1"),
    ],
)
def test_odd_files(data, tmp_path):
    path = tmp_path / "odd"
    path.write_bytes(data)
    read(path, tmp_path)


def test_a_longest_line_and_a_widest_row(tmp_path, monkeypatch):
    monkeypatch.setattr(_vector_files, "_LINE", 1_000)
    monkeypatch.setattr(_vector_files, "_CHUNK", 100)
    path = tmp_path / "long"
    path.write_bytes(b"2 2\na 1 2\nb" + b"b" * 3_000_000)
    assert "has more than 1128 bytes" in str(read(path, tmp_path))
    path.write_bytes(b"a" + b" 1" * 100_001 + b"\n")
    assert "neither word2vec" in str(read(path, tmp_path))


def test_blocks_of_wide_rows_are_small(tmp_path, monkeypatch):
    monkeypatch.setattr(_vector_files, "_BLOCK", 7)
    path = tmp_path / "v.txt"
    path.write_bytes(text_vectors())
    sizes = [rows.shape for _, rows in read_blocks(os.fspath(path))]
    assert sizes == [(2, 3)] * 4
    words, rows = read(path, tmp_path)
    assert words == WORDS
    assert rows[:, 0].tolist() == [n + 0.5 for n in range(8)]


# ------------------------------------------------------------------ memory
_MEASURE = """
import json, os, resource, sys
from sklearn_w2v import WordVectors
import gensim.models.fasttext, sklearn_w2v.vectors.cache
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
seen = {}
for name in sys.argv[1:]:
    try:
        WordVectors.load(name)
        text = ""
    except ValueError as error:
        text = str(error)
    now = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seen[os.path.basename(name)] = (now - peak) / 1024, text
    peak = now
print(json.dumps(seen))
"""


def fasttext_header(dim, size, bucket, shortest=3, longest=6):
    numbers = struct.pack("<12i", dim, 5, 5, 1, 5, 1, 2, 2, bucket, shortest, longest, 100)
    counts = struct.pack("<3i2q", size, size, 0, 100, -1)
    return _vector_files.FASTTEXT + struct.pack("<i", 12) + numbers + bytes(8) + counts


def huge_files():
    """Small files that promise, or unpack to, gigabytes."""
    line = b"x" * (1 << 20)
    return {
        "many rows.bin": f"{10**12} 300\n".encode() + b"a " + bytes(1_200),
        "many rows.txt": f"{10**12} 3\na 1 2 3\n".encode(),
        "wide rows.bin": b"1 100000\na " + bytes(4_000),
        "wide rows.txt": b"2 100000\na" + b" 1" * 100_000 + b"\n",
        "zeros.gz": gzip.compress(bytes(1 << 28), 1),
        "zeros.xz": lzma.compress(bytes(1 << 28), preset=1),
        "one line.gz": gzip.compress(b"5 2\n" + line * 400, 1),
        "one word of many members.bin.gz": gzip.compress(b"5 2\n") + gzip.compress(line) * 400,
        "fasttext.bin": fasttext_header(300, 2**31 - 1, 2**31 - 1) + b"a\0" + bytes(9),
        "fasttext ngrams.bin": fasttext_header(2, 1, 1, 1, 2**31 - 1) + b"a" * 200_000,
    }


@linux
def test_memory_depends_on_the_files_true_size(tmp_path):
    files = huge_files()
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *(os.fspath(tmp_path / name) for name in files)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": PACKAGE, "SKLEARN_W2V_CACHE": str(tmp_path / "cache")},
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    for name, (megabytes, text) in seen.items():
        assert "Cannot read word vectors from" in text
        assert repr(os.fspath(tmp_path / name)) in text
        assert megabytes < 100, name
    assert list(seen) == list(files)
    assert not list((tmp_path / "cache" / "vectors").glob("*-*"))


def test_what_packs_too_well_is_no_data(tmp_path, monkeypatch):
    monkeypatch.setattr(_unpacking, "_LEAST", 1 << 16)
    for name, pack in COMPRESSORS.items():
        path = tmp_path / f"v.txt.{name}"
        path.write_bytes(pack(b"a 1 2\n" * 1_000_000))
        assert "unpacks to more than 100 times" in str(read(path, tmp_path))
        path.write_bytes(pack(b"b\ta\n" * 1_000_000))
        with pytest.raises(ValueError, match="unpacks to more than 100 times"):
            read_aliases(os.fspath(path), {"a": 0})
        path.write_bytes(pack(text_vectors()))
        assert read(path, tmp_path)[0] == WORDS


def test_xz_that_asks_for_a_dictionary_of_gigabytes(tmp_path):
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 20}]
    data = bytearray(lzma.compress(text_vectors(), filters=filters))
    place = data.index(bytes([0x21, 0x01])) + 2  # LZMA2, one byte of properties
    data[place] = 40  # 4 GiB
    header = data[12 : 12 + (data[12] + 1) * 4 - 4]
    data[12 + len(header) : 16 + len(header)] = lzma_crc(header)
    path = tmp_path / "v.xz"
    path.write_bytes(data)
    got = read(path, tmp_path)
    assert isinstance(got, ValueError) or got[0] == WORDS


def lzma_crc(data):
    import zlib

    return struct.pack("<I", zlib.crc32(data))


# ------------------------------------------------------------------ fastText
def test_fasttext_of_endless_ngrams(whole, tmp_path):
    data = bytearray(whole["fasttext"])
    path = tmp_path / "ft.bin"
    struct.pack_into("<i", data, 8 + 4 * 10, MAX_NGRAM + 1)
    path.write_bytes(data)
    assert f"to {MAX_NGRAM + 1} characters" in str(read(path, tmp_path))
    struct.pack_into("<i", data, 8 + 4 * 10, MAX_NGRAM)
    path.write_bytes(data)
    assert not isinstance(read(path, tmp_path), ValueError)


# ------------------------------------------------------------------ pickles
class Harm:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("ahead", [b"", b"2 2\n", text_vectors(), _vector_files.FASTTEXT])
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_no_pickle_is_read_wherever_it_stands(protocol, ahead, tmp_path):
    harm = tmp_path / "harm"
    for name in ("v.bin", "v.txt", "v.kv", "v.model", "v.pkl"):
        path = tmp_path / name
        path.write_bytes(ahead + pickle.dumps(Harm(os.fspath(harm)), protocol))
        with pytest.raises(ValueError, match="Cannot read word vectors"):
            WordVectors.load(path)
    assert not harm.exists()


# ------------------------------------------------------------------ aliases
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x00\t\x00\n", "has no vector"),
        (b"a\tb\tc\n", "is not an alias"),
        (b"a\n", "is not an alias"),
        (b"\xff\t\xe9\x9b\xa8\n", "is not an alias"),
        (b"\t\xe9\x9b\xa8\n", "is not an alias"),
        (b"\x80\x04pickle", "is not an alias"),
        (b"\x1f\x8b\x08", "Cannot read aliases"),
        (b"BZh9" + bytes(9), "Cannot read aliases"),
        (b"\xfd7zXZ\x00" + bytes(9), "Cannot read aliases"),
    ],
)
def test_broken_aliases(data, reason, tmp_path):
    (tmp_path / "v.txt").write_bytes(text_vectors())
    path = tmp_path / "aliases"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=reason) as caught:
        WordVectors.load(tmp_path / "v.txt", aliases=path)
    assert repr(os.fspath(path)) in str(caught.value)


def test_paths_that_are_no_files(tmp_path):
    for path in (tmp_path, tmp_path / "none", "/dev/zero", "spacy:os.path", "spacy:../x"):
        with pytest.raises((FileNotFoundError, ValueError, ImportError)):
            WordVectors.load(path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")  # which would wait for a writer
        with pytest.raises(FileNotFoundError):
            WordVectors.load(tmp_path / "pipe")
