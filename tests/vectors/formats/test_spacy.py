"""Vectors of installed spaCy models: small ones that are made here."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest

import sklearn_w2v
from sklearn_w2v import W2VIndexer, Word2VecTrainer, WordVectors
from sklearn_w2v.vectors.formats.spacy import SpacySource
from sklearn_w2v.vectors.word_vectors import as_word_vectors

WORDS = ["雨", "雪", "the", "降る"]
SHARING = {"雨天": 0, "あめ": 0, "DEP": 1, "スノー": 1, "New York": 3}  # DEP: a symbol of spaCy's
TABLE = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
NAME = "xx_tiny_for_tests"
PIP = r'pip install "sklearn-w2v\[ginza\]"'


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of packages on sys.path."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(os.fspath(folder))
    return folder


@pytest.fixture
def without_spacy(monkeypatch):
    for name in ("spacy", "spacy.strings", "spacy.vectors"):
        monkeypatch.setitem(sys.modules, name, None)


def package(site, version="1.0.0", name=NAME):
    """Folder of the vocabulary of a package that fails when it is imported."""
    lang, _, rest = name.partition("_")
    folder = site / name
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    meta = {"lang": lang, "name": rest, "version": version}
    (folder / "meta.json").write_text(json.dumps(meta))
    vocab = folder / f"{name}-{version}" / "vocab"
    vocab.mkdir(parents=True)
    return vocab


def write_model(site, table=TABLE, version="1.0.0", strings=True, name=NAME):
    pytest.importorskip("spacy", reason="spaCy is not installed")
    from spacy.vocab import Vocab

    vocab = Vocab()
    vocab.reset_vectors(shape=(len(table), table.shape[1]))
    for word, row in zip(WORDS, table, strict=True):
        vocab.set_vector(word, row)
    for word, row in SHARING.items():
        vocab.vectors.add(vocab.strings.add(word), row=row)
    folder = package(site, version, name)
    vocab.to_disk(folder)
    if not strings:  # one string was not kept
        kept = [
            word for word in json.loads((folder / "strings.json").read_text()) if word != "あめ"
        ]
        (folder / "strings.json").write_text(json.dumps(kept))
    return folder


# ------------------------------------------------------------------ reading
def test_every_key_of_the_table_is_a_word_and_sharers_come_last(site):
    write_model(site)
    vectors = WordVectors.load(f"spacy:{NAME}")
    assert vectors.words == [*WORDS, *SHARING]
    np.testing.assert_array_equal(vectors.vectors, TABLE[[0, 1, 2, 3, *SHARING.values()]])
    assert vectors.path == f"spacy:{NAME}"
    assert repr(vectors) == f"WordVectors(9 words, dim=3, path='spacy:{NAME}')"
    folder = vectors._store.table.folder
    assert np.load(folder / "matrix.npy").shape == TABLE.shape


def test_rows_equal_spacys_own_after_pruning(site):
    pytest.importorskip("spacy", reason="spaCy is not installed")
    from spacy.vocab import Vocab

    vocab = Vocab()
    words = [f"w{number}" for number in range(40)]
    for word, row in zip(words, np.random.default_rng(1).normal(size=(40, 5)), strict=True):
        vocab.set_vector(word, row)
    vocab.prune_vectors(10)
    vocab.to_disk(package(site))
    vectors = WordVectors.load(f"spacy:{NAME}")
    assert sorted(vectors.words) == sorted(words)
    assert vectors._store.n_rows == len({vocab.vectors.find(key=word) for word in words}) == 10
    for word in words:
        np.testing.assert_array_equal(vectors[word], vocab.get_vector(word))


def test_words_whose_strings_were_not_kept_are_left_out(site):
    write_model(site, strings=False)
    assert WordVectors.load(f"spacy:{NAME}").words == [*WORDS, *(w for w in SHARING if w != "あめ")]


def test_rows_without_a_word_are_left_out(site):
    pytest.importorskip("spacy", reason="spaCy is not installed")
    from spacy.vocab import Vocab

    vocab = Vocab()
    vocab.reset_vectors(shape=(5, 3))
    for row, word in [(4, "a"), (1, "b"), (4, "c")]:
        vocab.vectors.add(vocab.strings.add(word), row=row, vector=np.full(3, row))
    vocab.to_disk(package(site))
    vectors = WordVectors.load(f"spacy:{NAME}")
    assert vectors.words == ["b", "a", "c"]
    assert vectors.vectors[:, 0].tolist() == [1, 4, 4]


def test_a_second_opening_needs_no_spacy(site, tmp_path):
    write_model(site)
    code = (
        f"import sys; from sklearn_w2v import WordVectors; v = WordVectors.load('spacy:{NAME}')\n"
        "print(len(v), v.find(['あめ'])[0], 'spacy' in sys.modules, 'keras' in sys.modules)"
    )
    paths = [os.fspath(site), os.fspath(Path(sklearn_w2v.__file__).parents[1])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "SKLEARN_W2V_CACHE": os.fspath(tmp_path / "cache"),
    }
    lines = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    assert lines == ["9 5 True False\n", "9 5 False False\n"]


@pytest.mark.parametrize("take", ["as_word_vectors", "indexer", "trainer", "classifier"])
def test_the_name_is_taken_wherever_a_path_is(site, take):
    write_model(site)
    source, expected = f"spacy:{NAME}", WordVectors.load(f"spacy:{NAME}")
    if take == "as_word_vectors":
        assert as_word_vectors(source) == expected
    elif take == "indexer":
        ids = W2VIndexer(source).fit_transform([["あめ", "雪"], ["the"]])
        assert ids.vectors == expected
        assert ids[0].tolist() == [7, 3]
    elif take == "trainer":
        trainer = Word2VecTrainer(vector_size=3, min_count=1, initial_vectors=source)
        assert "あめ" in trainer.fit([["あめ", "雪"]] * 3).vectors_
    else:
        from sklearn_w2v.features.token_ids import check_vectors

        assert check_vectors(np.array([[2]]), source, None, None) == expected


@pytest.mark.parametrize("name", [NAME.replace("_", "-"), NAME])
def test_names_of_distributions_are_taken_too(site, name):
    write_model(site)
    assert len(WordVectors.load(f"spacy:{name}")) == 9


# --------------------------------------------------------------- travelling
def test_handles_are_small_and_open_the_model_again(site):
    write_model(site)
    vectors = WordVectors.load(f"spacy:{NAME}")
    data = pickle.dumps(vectors)
    assert len(data) < 300
    again = pickle.loads(data)
    assert again == vectors
    np.testing.assert_array_equal(again.vectors, vectors.vectors)
    (row,) = joblib.Parallel(n_jobs=1)([joblib.delayed(lambda v: v["あめ"])(vectors)])
    np.testing.assert_array_equal(row, TABLE[0])


def test_another_version_with_other_vectors_is_refused_when_used(site):
    write_model(site)
    data = pickle.dumps(WordVectors.load(f"spacy:{NAME}"))
    write_model(site, TABLE + 1, version="1.0.1")
    vectors = pickle.loads(data)
    with pytest.raises(
        ValueError, match=rf"The spaCy model '{NAME}' has changed: .*Install its former version"
    ):
        len(vectors)
    np.testing.assert_array_equal(WordVectors.load(f"spacy:{NAME}")["雨"], TABLE[0] + 1)


def test_another_version_with_the_same_vectors_is_the_same(site):
    write_model(site)
    vectors = WordVectors.load(f"spacy:{NAME}")
    data = pickle.dumps(vectors)
    write_model(site, version="1.0.1")
    assert pickle.loads(data).words == vectors.words


def test_a_model_that_is_gone_is_named_when_used(site):
    write_model(site)
    data = pickle.dumps(WordVectors.load(f"spacy:{NAME}"))
    (site / NAME).rename(site / "elsewhere")
    with pytest.raises(ImportError, match=f"'{NAME}' is not installed"):
        len(pickle.loads(data))


# ------------------------------------------------- errors, spaCy or no spaCy
def test_a_missing_model_says_how_to_install_it():
    with pytest.raises(
        ImportError,
        match=r"'xx_none' is not installed; pip install spacy, then "
        r"python -m spacy download xx_none\.$",  # on PyPI, its name may be anybody's
    ):
        WordVectors.load("spacy:xx_none")


def test_a_missing_ja_ginza_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr("sklearn_w2v.vectors.formats.spacy.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=f"'ja_ginza' is not installed; {PIP}"):
        as_word_vectors("spacy:ja_ginza")


@pytest.mark.parametrize(
    ("name", "line"),
    [("ja_ginza", PIP), (NAME, rf"pip install spacy, then python -m spacy download {NAME}\.$")],
)
def test_missing_spacy_says_how_to_install_it(site, without_spacy, name, line):
    package(site, name=name)
    with pytest.raises(
        ImportError, match=rf"spaCy is needed to read the vectors of 'spacy:{name}'; {line}"
    ):
        WordVectors.load(f"spacy:{name}")


def test_vectors_in_floret_mode_are_refused(site, without_spacy):
    (package(site) / "vectors.cfg").write_text('{"mode": "floret", "minn": 3}')
    with pytest.raises(ValueError, match=rf"'{NAME}' has vectors in floret mode.*{PIP}"):
        WordVectors.load(f"spacy:{NAME}")


def test_models_without_vectors_are_refused(site, tmp_path, monkeypatch):
    pytest.importorskip("spacy", reason="spaCy is not installed")
    from spacy.vocab import Vocab

    monkeypatch.setenv("SKLEARN_W2V_CACHE", os.fspath(tmp_path / "cache"))
    Vocab(strings=["a"]).to_disk(package(site))
    with pytest.raises(ValueError, match=rf"'{NAME}' has no word vectors; .*{PIP}"):
        WordVectors.load(f"spacy:{NAME}")
    assert not list((tmp_path / "cache" / "vectors").iterdir())


@pytest.mark.parametrize("damage", ["vectors", "key2row", "strings.json", "vectors.cfg", "nan"])
def test_broken_models_are_named(site, damage):
    table = TABLE.copy()
    if damage == "nan":
        table[0, 0] = np.nan
    vocab = write_model(site, table)
    if damage != "nan":
        whole = (vocab / damage).read_bytes()
        (vocab / damage).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=f"Cannot read the vectors of 'spacy:{NAME}'"):
        WordVectors.load(f"spacy:{NAME}")


@pytest.mark.parametrize("row", [-1, 4])
def test_rows_outside_the_table_are_refused(site, row):
    vocab = write_model(site)
    srsly = pytest.importorskip("srsly")
    rows = {**srsly.read_msgpack(vocab / "key2row")}
    rows[next(iter(rows))] = row
    srsly.write_msgpack(vocab / "key2row", rows)
    with pytest.raises(ValueError, match=rf"has row {row} of 4"):
        WordVectors.load(f"spacy:{NAME}")


def test_pickles_in_a_model_are_never_unpickled(site, tmp_path):
    class Hostile:
        def __reduce__(self):
            return Path.touch, (tmp_path / "was-here",)

    vocab = write_model(site)
    np.save(vocab / "vectors", np.array([Hostile()], object), allow_pickle=True)
    os.replace(vocab / "vectors.npy", vocab / "vectors")
    with pytest.raises(ValueError, match="Cannot read"):
        WordVectors.load(f"spacy:{NAME}")
    assert not (tmp_path / "was-here").exists()
    np.load(vocab / "vectors", allow_pickle=True)
    assert (tmp_path / "was-here").exists()  # so the file would have done it


def test_packages_that_are_no_models_are_refused(site):
    (site / "no_model").mkdir()
    (site / "no_model" / "__init__.py").write_text("")
    for name in ("no_model", "json"):
        with pytest.raises(ValueError, match=f"'{name}' is not a spaCy model"):
            WordVectors.load(f"spacy:{name}")


@pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "a.b", "../x", "1x"])
def test_odd_names_are_refused(name):
    with pytest.raises(ValueError, match="but expected spacy:NAME"):
        SpacySource(f"spacy:{name}")


def test_aliases_of_a_model_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"Got aliases='.*a\.tsv' but expected None"):
        WordVectors.load("spacy:ja_ginza", aliases=tmp_path / "a.tsv")
