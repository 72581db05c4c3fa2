"""Stores: words and rows, in memory and in the folder form."""

from __future__ import annotations

import gc
import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_w2v import WordVectors
from sklearn_w2v.vectors import folder as folder_module
from sklearn_w2v.vectors.folder import FolderStore, open_folder, write_store
from sklearn_w2v.vectors.store import MemoryStore
from sklearn_w2v.vectors.subwords import Subwords
from sklearn_w2v.vectors.worker_copies import folder_copy

WORDS = ["雨", "雪", "the", "a", "", "\ud83d", "\udc00x", "\u3000", "a\nb"]
TABLE = np.random.default_rng(0).normal(size=(len(WORDS), 3)).astype(np.float32)


def write_folder(folder, words=WORDS, table=TABLE, cut=4):
    folder.mkdir(exist_ok=True)
    blocks = [(words[:cut], table[:cut]), (words[cut:], table[cut:])]
    write_store(folder, [block for block in blocks if block[0]], {"fingerprint": "f"})
    return folder


# ------------------------------------------------------------------- stores
def test_folder_form_holds_words_and_rows_of_all_blocks(tmp_path):
    store = FolderStore(write_folder(tmp_path / "f"))
    assert store.words == WORDS
    np.testing.assert_array_equal(store.matrix, TABLE)
    assert store.fingerprint == "f"
    assert not store.matrix.flags.writeable


@pytest.mark.parametrize("words", [[""], ["", "a"], ["a"]])
def test_folder_form_of_hardly_any_bytes(tmp_path, words):
    store = FolderStore(write_folder(tmp_path / "f", words, np.ones((len(words), 2), np.float32)))
    assert store.words == words
    assert store.find(["", "a", "b"]).tolist() == [
        words.index(word) if word in words else -1 for word in ["", "a", "b"]
    ]


@pytest.mark.parametrize("kind", [MemoryStore, FolderStore])
def test_find_equals_a_dictionary(tmp_path, kind):
    store = (
        MemoryStore(WORDS, TABLE.copy())
        if kind is MemoryStore
        else FolderStore(write_folder(tmp_path / "f"))
    )
    index = {word: row for row, word in enumerate(WORDS)}
    asked = [*WORDS[::-1], "雷", "th", "thee", "\ud83e", "\udc00", "雨", "雨"]
    rows = store.find(asked)
    assert rows.dtype == np.int64
    assert rows.tolist() == [index.get(word, -1) for word in asked]
    assert store.find([]).tolist() == []


_any_word = st.text(st.characters(), max_size=4) | st.text("ab雨\ud800", max_size=3)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(words=st.lists(_any_word, min_size=1, max_size=30, unique=True), asked=st.lists(_any_word))
def test_find_in_a_folder_equals_a_dictionary_for_any_words(tmp_path_factory, words, asked):
    folder = write_folder(tmp_path_factory.mktemp("f"), words, np.ones((len(words), 1), np.float32))
    index = {word: row for row, word in enumerate(words)}
    asked = asked + words
    assert FolderStore(folder).find(asked).tolist() == [index.get(word, -1) for word in asked]


def test_words_of_one_hash_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(
        folder_module, "hashes_of", lambda words: np.array([len(word) for word in words], np.uint64)
    )
    words = ["ab", "c", "cd", "雨", "ef", "xyz"]
    store = FolderStore(write_folder(tmp_path / "f", words, np.ones((6, 1), np.float32)))
    assert store.find([*words, "zz", "no such"]).tolist() == [0, 1, 2, 3, 4, 5, -1, -1]


def test_one_object_for_each_open_folder(tmp_path):
    folder = write_folder(tmp_path / "f")
    store = open_folder(folder)
    assert open_folder(os.fspath(folder)) is store


@pytest.mark.parametrize("damage", ["format", "matrix", "words", "offsets", "meta"])
def test_folders_of_another_version_or_cut_off_are_not_opened(tmp_path, damage):
    folder = write_folder(tmp_path / "f")
    if damage == "format":
        meta = json.loads((folder / "meta.json").read_text())
        (folder / "meta.json").write_text(json.dumps({**meta, "format": -1}))
    else:
        name = {"matrix": "matrix.npy", "words": "words.npy", "offsets": "offsets.npy"}
        file = folder / name.get(damage, "meta.json")
        file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises((OSError, ValueError)):
        FolderStore(folder)


# -------------------------------------------------------------- shared rows
SHARING = ["雨天", "スノー", "A"]
ROWS = np.array([0, 1, 3], np.int32)
NGRAMS = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)


def sharing_store(kind, folder):
    shared = np.concatenate([np.arange(len(WORDS)), ROWS]).astype(np.int32)
    subwords = Subwords(NGRAMS, 3, 6)
    memory = MemoryStore(WORDS + SHARING, TABLE.copy(), shared, subwords)
    if kind == "memory":
        return memory
    folder.mkdir()
    note = {"fingerprint": memory.fingerprint}
    write_store(
        folder, [(WORDS, TABLE)], note, [(SHARING[:2], ROWS[:2]), (SHARING[2:], ROWS[2:])], subwords
    )
    if kind == "copied to a folder":
        return FolderStore(Path(folder_copy(memory)))
    return FolderStore(folder)


@pytest.mark.parametrize("kind", ["memory", "folder", "copied to a folder", "pickled"])
def test_words_may_share_rows(tmp_path, kind):
    store = sharing_store(kind, tmp_path / "f")
    expected = sharing_store("memory", None)
    if kind == "pickled":
        store = pickle.loads(pickle.dumps(store))
        assert isinstance(store, MemoryStore)
    assert store.words == WORDS + SHARING
    assert len(store) == len(WORDS) + 3
    assert store.n_rows == len(WORDS)
    assert store.find(["A", "雨", "スノー", "no"]).tolist() == [
        len(WORDS) + 2,
        0,
        len(WORDS) + 1,
        -1,
    ]
    rows = store.row_of(np.arange(len(store)))
    assert rows.dtype == np.int64
    np.testing.assert_array_equal(rows[len(WORDS) :], ROWS)
    np.testing.assert_array_equal(store.take(rows), store.expanded())
    np.testing.assert_array_equal(store.expanded()[len(WORDS) :], TABLE[ROWS])
    assert not store.expanded().flags.writeable
    np.testing.assert_array_equal(store.moments[0], expected.moments[0])
    np.testing.assert_array_equal(store.subwords.ngrams, NGRAMS)
    assert (store.subwords.min_n, store.subwords.max_n) == (3, 6)
    assert store.fingerprint == expected.fingerprint


def test_a_folder_in_which_no_word_shares_a_row_has_no_file_of_rows(tmp_path):
    assert not (write_folder(tmp_path / "f") / "rows.npy").exists()
    assert (sharing_store("folder", tmp_path / "g").folder / "rows.npy").exists()


def test_each_array_is_a_file_of_numpys_format(tmp_path):
    folder = sharing_store("folder", tmp_path / "f").folder
    arrays = {file.stem: np.load(file) for file in folder.glob("*.npy")}
    assert len(arrays) == len(list(folder.iterdir())) - 1  # and meta.json
    np.testing.assert_array_equal(arrays["matrix"], TABLE)
    np.testing.assert_array_equal(arrays["ngrams"], NGRAMS)
    np.testing.assert_array_equal(arrays["rows"], [*range(len(WORDS)), *ROWS])
    assert arrays["words"].tobytes().decode("utf-8", "surrogatepass") == "".join(WORDS + SHARING)


def test_blocks_are_written_one_after_the_other(tmp_path):
    """The number of rows in a file's header is known only at the end."""
    tmp_path = tmp_path / "f"
    tmp_path.mkdir()
    draw = np.random.default_rng(0)
    blocks = [
        ([f"{number}-{row}" for row in range(size)], draw.random((size, 3), np.float32))
        for number, size in enumerate((1, 9, 1100))
    ]
    write_store(tmp_path, blocks, {"fingerprint": "f"})
    store = FolderStore(tmp_path)
    assert store.words == [word for words, _ in blocks for word in words]
    np.testing.assert_array_equal(store.matrix, np.concatenate([rows for _, rows in blocks]))


@pytest.mark.parametrize(
    "name", ["matrix", "rows", "ngrams", "words", "offsets", "hashes", "order"]
)
@pytest.mark.parametrize("change", ["dtype", "length", "dimensions"])
def test_arrays_that_do_not_fit_each_other_are_not_opened(tmp_path, name, change):
    file = sharing_store("folder", tmp_path / "f").folder / f"{name}.npy"
    array = np.load(file)
    if change == "dtype":
        array = array.astype(np.int16)
    elif name == "ngrams" or change == "dimensions":
        array = array[..., None]
    else:
        array = array[:-2]
    np.save(file, array)
    with pytest.raises((OSError, ValueError)):
        FolderStore(tmp_path / "f")


@pytest.mark.parametrize("damage", ["cut", "beyond", "negative", "missing", "ngrams"])
def test_folders_whose_rows_do_not_fit_are_not_opened(tmp_path, damage):
    folder = sharing_store("folder", tmp_path / "f").folder
    file = folder / ("ngrams.npy" if damage == "ngrams" else "rows.npy")
    if damage in ("cut", "ngrams"):
        file.write_bytes(file.read_bytes()[:-4])
    elif damage == "missing":
        file.unlink()
    else:
        rows = np.load(file)
        rows[-1] = len(WORDS) if damage == "beyond" else -1
        np.save(file, rows)
    with pytest.raises((OSError, ValueError)):
        FolderStore(folder)


@pytest.mark.parametrize("change", ["shared", "ngrams", "max_n"])
def test_memory_fingerprint_depends_on_shared_rows_and_ngrams(change):
    store = sharing_store("memory", None)
    shared, ngrams, longest = np.array(store.shared), NGRAMS.copy(), 6
    if change == "shared":
        shared[-1] = 0
    elif change == "ngrams":
        ngrams[0] += 1
    else:
        longest = 5
    other = MemoryStore(store.words, TABLE.copy(), shared, Subwords(ngrams, 3, longest))
    assert other.fingerprint != store.fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((["a\n", "b"], [[1, 2], [3, 4]]), (["a", "\nb"], [[1, 2], [3, 4]])),
        ((["a\nb"], [[1, 2, 3, 4]]), (["a", "b"], [[1, 2], [3, 4]])),
        ((["a", "b"], [[1, 2], [3, 4]]), (["a 1 b"], [[1, 2, 3, 4]])),
        ((["a", "b"], [[1], [2]]), (["a", "b", ""], [[1], [2], [0]])),
    ],
)
def test_memory_fingerprint_does_not_join_words(one, other):
    one, other = (WordVectors(words, rows) for words, rows in (one, other))
    assert one != other
    assert not one.is_extension_of(other)
    assert not other.is_extension_of(one)


def test_memory_fingerprint_depends_on_words_and_values():
    prints = {
        MemoryStore(words, np.array(table, np.float32)).fingerprint
        for words, table in [
            (["a", "b"], [[1], [2]]),
            (["b", "a"], [[1], [2]]),
            (["a", "b"], [[1], [3]]),
        ]
    }
    assert len(prints) == 3


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps what is mapped")
def test_a_folder_copy_holds_the_same_and_is_removed_with_its_store():
    store = MemoryStore(WORDS, TABLE.copy())
    folder = Path(folder_copy(store))
    mapped = FolderStore(folder)
    assert mapped.words == WORDS
    assert mapped.fingerprint == store.fingerprint
    np.testing.assert_array_equal(mapped.matrix, TABLE)
    del store, mapped
    gc.collect()
    assert not folder.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_leaves_the_folder_copy_to_its_parent():
    store = MemoryStore(WORDS, TABLE.copy())
    folder = Path(folder_copy(store))
    child = os.fork()
    if child == 0:
        del store
        gc.collect()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert FolderStore(folder).words == WORDS
