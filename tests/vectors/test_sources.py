"""Sources: every real file of peers is read, or refused by name."""

from __future__ import annotations

import os
from pathlib import Path

import gensim
import pytest

from sklearn_w2v import WordVectors
from sklearn_w2v.vectors.formats.spacy import SpacySource
from sklearn_w2v.vectors.sources import FileSource, find_source

GENSIM_DATA = Path(gensim.__file__).parent / "test" / "test_data"
READ = {
    "euclidean_vectors.bin": 2_747,
    "poincare_vectors.bin": 1_182,
    "high_precision.kv.bin": 2,
    "high_precision.kv.txt": 2,
    "word2vec_pre_kv_c": 1_750,
    "lee_fasttext.vec": 1_762,
    "crime-and-punishment.vec": 291,
    "toy-model.vec": 22,
    "pang_lee_polarity_fasttext.vec": 1_694,
    "test_glove.txt": 76,
    "w2v_keyedvectors_load_test.modeldata": 2,
    "crime-and-punishment.bin": 291,
    "lee_fasttext_new.bin": 1_763,
    "toy-model.bin": 22,
    "toy-model-pretrained.bin": 24,
}
FASTTEXT = {
    "crime-and-punishment.bin",
    "lee_fasttext_new.bin",
    "toy-model.bin",
    "toy-model-pretrained.bin",
}
REFUSED = {
    "pretrained.vec": "promises 3 words, but it holds 1",
    "pang_lee_polarity_fasttext.bin": "supervised",
    "lee_fasttext.bin": "neither word2vec",  # fastText before it had a magic number
    "cp852_fasttext.bin": "neither word2vec",
    "non_ascii_fasttext.bin": "neither word2vec",
    "word2vec_pre_kv_py2": "pickle",
    "word2vec_pre_kv_py3": "pickle",
    "word2vec_pre_kv_py3_4": "pickle",
    "word2vec_pre_kv_sep_py2": "pickle",
    "word2vec_old": "pickle",
    "word2vec_3.3": "pickle",
    "fasttext_old": "pickle",
    "lee_fasttext": "pickle",
    "ft_kv_3.6.0.model.gz": "pickle",
    "model-from-gensim-3.8.0.w2v": "pickle",
    "old_keyedvectors_320.dat": "pickle",
    "varembed_vectors.pkl": "neither word2vec",  # protocol 0
    "w2v_keyedvectors_load_test.vocab": "neither word2vec",
    "word2vec_pre_kv_sep_py3.syn0.npy": "neither word2vec",
    "reproduce.dat.gz": "neither word2vec",
}


@pytest.mark.parametrize("name", [*READ, *REFUSED])
def test_files_of_peers_are_read_or_refused_by_name(name):
    path = GENSIM_DATA / name
    if name in READ:
        vectors = WordVectors.load(path)
        assert len(vectors) == len(set(vectors.words)) == READ[name]
        assert vectors.has_subwords == (name in FASTTEXT)
    else:
        with pytest.raises(ValueError, match=REFUSED[name]) as caught:
            WordVectors.load(path)
        assert repr(os.fspath(path)) in str(caught.value)


def test_names_of_models_are_told_from_paths():
    assert isinstance(find_source("spacy:ja_ginza"), SpacySource)
    for path in ("/a/spacy:ja_ginza", "/spacy", "/a.bin"):
        assert isinstance(find_source(path), FileSource)


@pytest.mark.skipif(os.name == "nt", reason="Windows forbids such names")
def test_a_file_whose_name_begins_like_a_models_is_read_by_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("spacy:x").write_text("2 2\na 1 2\nb 3 4\n")
    assert WordVectors.load("./spacy:x").words == ["a", "b"]
    assert WordVectors.load(Path("spacy:x")).words == ["a", "b"]


def test_names_and_stamps_part_what_differs(tmp_path):
    for name in ("v", "a", "b"):
        (tmp_path / name).write_text("x")
    v, a, b = (os.fspath(tmp_path / name) for name in ("v", "a", "b"))
    sources = [FileSource(v, None), FileSource(v, a), FileSource(v, b), FileSource(a, None)]
    assert len({source.name for source in sources}) == 4
    assert len({source.stamp() for source in sources}) == 4
    before = [source.stamp() for source in sources]
    os.utime(a, ns=(0, 1))
    after = [source.stamp() for source in sources]
    assert [old == new for old, new in zip(before, after, strict=True)] == [
        True,
        False,
        True,
        False,
    ]
