"""Keys of ``Pipeline(memory=)`` change with files, functions and the version of the package."""

from __future__ import annotations

import copy
import functools
import importlib
import os
import pickle
import sys

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from sklearn_w2v import (
    JapaneseTokenizer,
    W2VIndexer,
    W2VVectorizer,
    Word2VecTrainer,
    WordVectors,
    make_w2v_pipeline,
)
from sklearn_w2v.utils import cache_keys
from sklearn_w2v.utils.cache_keys import SourceInKey, source_of

WORDS = list("abcd")
DOCS = [["a", "b"], ["c", "d"]] * 5


def rewrite(path, content):
    """Replace a file by one of the same size and time of change."""
    status = os.stat(path)
    assert len(content) == status.st_size
    with open(f"{path}.new", "wb") as file:
        file.write(content)
    os.utime(f"{path}.new", ns=(status.st_atime_ns, status.st_mtime_ns))
    os.replace(f"{path}.new", path)


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("v.bin", "user.dic", "one.txt", "two.txt", "dic/sys.dic"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"former")
    return tmp_path


STEPS = {
    "indexer": (lambda: W2VIndexer("v.bin"), "v.bin"),
    "indexer's trainer": (lambda: W2VIndexer(Word2VecTrainer(corpus="*.txt")), "two.txt"),
    "vectorizer": (lambda: W2VVectorizer("v.bin"), "v.bin"),
    "initial vectors": (lambda: Word2VecTrainer(initial_vectors="v.bin"), "v.bin"),
    "corpus": (lambda: Word2VecTrainer(corpus="one.txt"), "one.txt"),
    "glob": (lambda: Word2VecTrainer(corpus="*.txt"), "one.txt"),
    "list": (lambda: Word2VecTrainer(corpus=["one.txt", "two.txt"]), "two.txt"),
    "user dictionary": (lambda: JapaneseTokenizer(user_dictionary="user.dic"), "user.dic"),
    "dictionary": (lambda: JapaneseTokenizer(dictionary="dic"), "dic/sys.dic"),
}


@pytest.mark.parametrize("kind", STEPS)
def test_keys_change_with_files(files, kind):
    make, name = STEPS[kind]
    step = make()
    key = joblib.hash(step)
    assert joblib.hash(clone(step)) == joblib.hash(copy.deepcopy(step)) == key
    rewrite(files / name, b"newer.")
    changed = joblib.hash(step)
    assert changed != key
    os.unlink(files / name)
    assert joblib.hash(step) not in (key, changed)


@pytest.mark.parametrize("kind", STEPS)
def test_copies_and_pickles_know_nothing_of_stamps(files, kind):
    step = STEPS[kind][0]()
    for other in (
        clone(step),
        copy.copy(step),
        copy.deepcopy(step),
        *(pickle.loads(pickle.dumps(step, protocol)) for protocol in range(2, 6)),
    ):
        assert type(other) is type(step)
        assert vars(other).keys() == vars(step).keys()
        assert repr(other) == repr(step)


def test_a_glob_is_all_files_that_match(files):
    step = Word2VecTrainer(corpus="*.txt")
    key = joblib.hash(step)
    (files / "three.txt").write_text("a b")
    assert joblib.hash(step) != key


@pytest.mark.parametrize("step", [W2VIndexer(), W2VVectorizer(), Word2VecTrainer()])
def test_keys_change_with_the_version(step, monkeypatch):
    key = joblib.hash(step)
    monkeypatch.setattr(cache_keys, "__version__", "99.9")
    assert joblib.hash(step) != key


def test_pickles_of_fitted_steps_have_no_stamps(tmp_path):
    WordVectors(WORDS, np.eye(4)).save(tmp_path / "v.bin")
    indexer = W2VIndexer(str(tmp_path / "v.bin")).fit(DOCS)
    data = pickle.dumps(indexer)
    os.utime(tmp_path / "v.bin", ns=(1, 1))
    assert pickle.dumps(indexer) == data


def test_replaced_vectors_are_read_in_the_next_fit(tmp_path):
    path = str(tmp_path / "v.bin")
    steps = [("ids", W2VIndexer(path)), ("means", W2VVectorizer()), ("last", "passthrough")]
    pipeline = Pipeline(steps, memory=str(tmp_path / "cache"))
    for scale in (1, 2, 3):
        WordVectors(WORDS, scale * np.eye(4)).save(path)
        for _ in range(2):
            pipeline.fit(DOCS)
            assert pipeline["ids"].vectors_["a"].tolist() == [scale, 0, 0, 0]


def test_a_changed_corpus_is_read_in_the_next_fit(tmp_path):
    corpus = tmp_path / "more.txt"
    trainer = Word2VecTrainer(vector_size=2, epochs=1, min_count=1, corpus=str(corpus))
    pipeline = Pipeline(
        [("ids", W2VIndexer(trainer)), ("last", "passthrough")], memory=str(tmp_path / "cache")
    )
    for word in ("former", "newer."):
        if corpus.exists():
            rewrite(corpus, f"{word} x\n".encode())
        else:
            corpus.write_text(f"{word} x\n")
        assert word in pipeline.fit(DOCS)["ids"].vectors_


def test_a_changed_function_is_called_in_the_next_fit(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for end in ("?", "!", "!"):
        (tmp_path / "own_words.py").write_text(
            f"def words(text):\n    return [word + {end!r} for word in text.split()]\n"
        )
        sys.modules.pop("own_words", None)
        importlib.invalidate_caches()
        own = importlib.import_module("own_words")
        pipeline = make_w2v_pipeline(tokenizer=own.words, memory=str(tmp_path / "cache"))
        ids = pipeline.set_params(ids__vectors=Word2VecTrainer(2, epochs=1, min_count=1))[:-1]
        ids.steps.append(("last", "passthrough"))
        assert f"a{end}" in ids.fit(["a b", "a c"])["ids"].vectors_
    sys.modules.pop("own_words")


def test_sources_of_functions_partials_objects_and_what_has_none():
    class Words:
        def __call__(self, text):
            return text.split()

    assert "text.split()" in source_of(Words())
    assert source_of(functools.partial(rewrite, "x")).startswith("def rewrite")
    assert source_of(str.split) == source_of(len) == ""
    typed = {}
    exec("def one(x): return x\ndef two(x): return x.y", typed)
    assert source_of(typed["one"]) != source_of(typed["two"]) != ""


def test_a_function_with_its_source_is_the_function():
    one = SourceInKey(len)
    for other in (one, pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
        assert other("abc") == 3
        assert repr(other) == repr(len)


def test_constants_of_typed_functions_are_part_of_them():
    def typed(text):
        names = {}
        exec(
            f"def cut(t):\n return (lambda one: one.split({text!r}))(t) or t in {{'a', 'b'}}", names
        )
        return source_of(names["cut"])

    assert typed("、") == typed("、") != typed("。")


def test_what_is_no_path_has_a_stamp_too():
    assert pickle.loads(pickle.dumps(JapaneseTokenizer(user_dictionary=5))).user_dictionary == 5
