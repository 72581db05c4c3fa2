"""Facebook's fastText models, against gensim's own reader."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import pickle
import struct
import warnings
from pathlib import Path

import gensim
import joblib
import numpy as np
import pytest
from gensim.models.fasttext import FastText, load_facebook_vectors, save_facebook_model

from sklearn_w2v import W2VIndexer, WordVectors
from sklearn_w2v.vectors.folder import FolderStore
from sklearn_w2v.vectors.formats.fasttext import is_fasttext, read_fasttext

GENSIM_DATA = Path(gensim.__file__).parent / "test" / "test_data"
MODELS = [
    "crime-and-punishment.bin",
    "lee_fasttext_new.bin",
    "toy-model.bin",
    "toy-model-pretrained.bin",
]
UNKNOWN = ["landlord", "無駄", "rained", "x", "a", "naïve", ""]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A little model's file."""
    docs = [["雨", "が", "降る", "rain"], ["夏", "の", "海", "summer"]] * 5
    model = FastText(
        docs, vector_size=3, min_count=1, seed=0, workers=1, min_n=2, max_n=3, bucket=7
    )
    path = tmp_path_factory.mktemp("fasttext") / "small.bin"
    save_facebook_model(model, os.fspath(path))
    return path


def write(path, data):
    path.write_bytes(data)
    return path


def read(path, tmp_path):
    blocks, subwords = read_fasttext(os.fspath(path), tmp_path)
    blocks = list(blocks)
    words = [word for some, _ in blocks for word in some]
    return words, np.concatenate([rows for _, rows in blocks]), subwords


# ------------------------------------------------------------------ reading
@pytest.mark.parametrize("name", MODELS)
def test_models_read_as_gensim_reads_them(name):
    expected = load_facebook_vectors(os.fspath(GENSIM_DATA / name))
    vectors = WordVectors.load(GENSIM_DATA / name)
    assert vectors.words == expected.index_to_key
    np.testing.assert_array_equal(vectors.vectors, expected.vectors)
    assert isinstance(vectors.vectors, np.memmap)
    assert vectors.has_subwords
    unknown = [word for word in UNKNOWN if word not in expected.key_to_index]
    rows, known = vectors.compose(unknown)
    for word, row, there in zip(unknown, rows, known, strict=True):
        np.testing.assert_array_equal(row, expected.get_vector(word))
        assert there == bool(row.any())
    assert known.any()


def test_ngrams_are_mapped_and_not_loaded(small):
    vectors = WordVectors.load(small)
    store = vectors._store.table
    assert isinstance(store, FolderStore)
    assert isinstance(store.subwords.ngrams, np.memmap)
    assert len(pickle.dumps(vectors)) < 600
    again = pickle.loads(pickle.dumps(vectors))
    np.testing.assert_array_equal(again.compose(["rained"])[0], vectors.compose(["rained"])[0])
    (row,) = joblib.Parallel(n_jobs=2)(
        joblib.delayed(lambda v: v.compose(["rained"])[0])(v) for v in [vectors]
    )
    np.testing.assert_array_equal(row, vectors.compose(["rained"])[0])


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, bytes])
@pytest.mark.parametrize("suffix", ["", ".bin", ".gz", ".bin.bz2"])
def test_content_counts_and_not_the_ending(small, tmp_path, compress, suffix):
    path = write(tmp_path / f"model{suffix}", compress(small.read_bytes()))
    assert is_fasttext(os.fspath(path))
    vectors, expected = WordVectors.load(path), WordVectors.load(small)
    assert vectors.words == expected.words
    np.testing.assert_array_equal(vectors.vectors, expected.vectors)
    np.testing.assert_array_equal(vectors.compose(UNKNOWN)[0], expected.compose(UNKNOWN)[0])
    # what was unpacked is gone
    names = {file.name for file in vectors._store.table.folder.iterdir()}
    assert "fasttext.bin" not in names
    assert "ngrams.npy" in names


def test_words_of_an_extension_start_from_their_ngrams(small):
    vectors = WordVectors.load(small)
    extended = vectors.extended(["rained", "q", "summers"], seed=0, like=[-1, -1, 2])
    np.testing.assert_array_equal(extended["rained"], vectors.compose(["rained"])[0][0])
    np.testing.assert_array_equal(extended["summers"], vectors.vectors[2])
    assert (extended["q"] != vectors.extended(["q"], seed=1)["q"]).any() == (
        not vectors.compose(["q"])[1][0]
    )
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(extended)).vectors, extended.vectors)


def test_an_indexer_gives_unknown_words_their_composed_rows(small):
    indexer = W2VIndexer(small, random_state=0).fit([["雨", "rained"], ["summers", "海"]])
    vectors = WordVectors.load(small)
    np.testing.assert_array_equal(indexer.vectors_["rained"], vectors.compose(["rained"])[0][0])


def test_a_model_without_ngrams_has_no_subwords(tmp_path):
    docs = [["a", "b", "c"]] * 5
    model = FastText(docs, vector_size=3, min_count=1, seed=0, workers=1, max_n=0)
    save_facebook_model(model, os.fspath(tmp_path / "words.bin"))
    vectors = WordVectors.load(tmp_path / "words.bin")
    assert sorted(vectors.words) == ["a", "b", "c"]
    assert not vectors.has_subwords
    assert vectors.compose(["ab"])[1].tolist() == [False]


def test_aliases_share_rows_of_a_model(small, tmp_path):
    (tmp_path / "a.tsv").write_text("あめ\t雨\n", encoding="utf-8")
    vectors = WordVectors.load(small, aliases=tmp_path / "a.tsv")
    np.testing.assert_array_equal(vectors["あめ"], vectors["雨"])
    assert vectors.has_subwords


def test_words_that_are_no_utf8_stay_visible(small, tmp_path):
    data = small.read_bytes().replace("雨\0".encode(), b"\xff\xfe\xfd\0")
    vectors = WordVectors.load(write(tmp_path / "odd.bin", data))
    assert "\\xff\\xfe\\xfd" in vectors
    assert len(vectors) == len(WordVectors.load(small))


# ------------------------------------------------------------- broken files
def test_models_cut_anywhere_are_refused(small, tmp_path):
    """gensim alone would read on for ever in some of these."""
    data = small.read_bytes()
    whole = WordVectors.load(small)
    first_matrix = data.index(struct.pack("<2q", len(whole) + 7, 3)) + 16
    needed = first_matrix + 4 * 3 * (len(whole) + 7)
    assert needed < len(data)  # behind it is the hidden layer, which nobody needs
    for length in [*range(4, first_matrix + 4), needed - 4, needed - 1]:
        path = write(tmp_path / "cut.bin", data[:length])
        with pytest.raises(ValueError, match=r"Cannot read word vectors from .*cut\.bin"):
            read(path, tmp_path)
    assert read(write(tmp_path / "cut.bin", data[:needed]), tmp_path)[0] == whole.words


@pytest.mark.parametrize("value", [0x00, 0xFF, 0x80, 0x01])
def test_damaged_models_are_read_or_refused(small, tmp_path, value):
    data = small.read_bytes()
    read_well = 0
    for place in range(8, 260):  # header and words
        damaged = bytearray(data)
        damaged[place] = value
        path = write(tmp_path / "damaged.bin", bytes(damaged))
        try:
            words, rows, _ = read(path, tmp_path)
        except ValueError as error:
            assert "damaged.bin" in str(error)  # noqa: PT017
        else:
            assert len(words) == len(rows) == len(set(words))
            assert np.isfinite(rows).all()
            read_well += 1
    assert 0 < read_well < 252


@pytest.mark.parametrize(
    ("place", "packed", "message"),
    [
        (8, "<i", "2000000 dimensions, but a matrix of 15 rows and 3 columns"),
        (64, "<i", "it promises 2000000 words, but it ends in word"),
        (68, "<i", "2000000 of them proper"),
        (72, "<i", "supervised"),
        (40, "<i", "2000000 buckets"),
        (84, "<q", "quantised"),
    ],
)
def test_headers_that_promise_other_things_are_refused(small, tmp_path, place, packed, message):
    data = bytearray(small.read_bytes())
    struct.pack_into(packed, data, place, 2_000_000)
    with pytest.raises(ValueError, match=message):
        read(write(tmp_path / "model.bin", bytes(data)), tmp_path)


@pytest.mark.parametrize("which", ["word", "ngram"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(small, tmp_path, which, value):
    data = bytearray(small.read_bytes())
    size = len(WordVectors.load(small))
    start = data.index(struct.pack("<2q", size + 7, 3)) + 16
    struct.pack_into("<f", data, start + (0 if which == "word" else 12 * size), value)
    with pytest.raises(ValueError, match=r"model\.bin.* not finite"):
        read(write(tmp_path / "model.bin", bytes(data)), tmp_path)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_models_cut_are_refused_and_leave_nothing(
    small, tmp_path, compress, monkeypatch
):
    monkeypatch.setenv("SKLEARN_W2V_CACHE", os.fspath(tmp_path / "cache"))
    whole = compress(small.read_bytes())
    path = write(tmp_path / "model.bin", whole[:-20])
    with pytest.raises(ValueError, match=r"model\.bin"):
        WordVectors.load(path)
    assert not list((tmp_path / "cache" / "vectors").iterdir())


def test_supervised_models_are_refused_with_the_way_out():
    with pytest.raises(ValueError, match=r"pang_lee.* a classifier.* use its \.vec file"):
        WordVectors.load(GENSIM_DATA / "pang_lee_polarity_fasttext.bin")


def test_quantised_models_are_refused(small, tmp_path):
    data = bytearray(small.read_bytes())
    size = len(WordVectors.load(small))
    data[data.index(struct.pack("<2q", size + 7, 3)) - 1] = 1
    with pytest.raises(ValueError, match="quantised"):
        read(write(tmp_path / "model.ftz", bytes(data)), tmp_path)


def test_other_files_are_no_models(tmp_path):
    for data in (b"", b"\xba", b"2 2\na 1 2\nb 1 2\n", gzip.compress(b"word"), b"\x1f\x8bbroken"):
        assert not is_fasttext(os.fspath(write(tmp_path / "file", data)))


def test_reading_warns_of_nothing(small, tmp_path):
    odd = bytearray(small.read_bytes())
    struct.pack_into("<d", odd, 56, -1)  # the threshold of sampling
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        words = read(small, tmp_path)[0]
        assert read(write(tmp_path / "odd.bin", bytes(odd)), tmp_path)[0] == words
