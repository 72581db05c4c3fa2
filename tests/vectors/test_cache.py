"""The cache: folder forms of vectors files, made once and found again."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import sklearn_w2v
from sklearn_w2v.vectors import sources as _vector_sources
from sklearn_w2v.vectors.cache import cache_folder, open_source
from sklearn_w2v.vectors.formats.word2vec import write_file


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of this test's own."""
    monkeypatch.setenv("SKLEARN_W2V_CACHE", os.fspath(tmp_path / "cache"))
    return tmp_path / "cache" / "vectors"


@pytest.fixture
def reads(monkeypatch):
    """Paths that were parsed, one for each time."""
    paths = []
    real = _vector_sources.read_blocks
    monkeypatch.setattr(
        _vector_sources, "read_blocks", lambda path: paths.append(path) or real(path)
    )
    return paths


def write_vectors(path, words=("a", "b"), table=((1, 2), (3, 4))):
    table = np.asarray(table, np.float32)
    write_file(os.fspath(path), words, lambda start, stop: table[start:stop], table.shape[1])
    return os.fspath(path)


def run_python(code, *args, **environment):
    """A process that runs code with this package; to be waited for."""
    package = os.fspath(Path(sklearn_w2v.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(os.fspath, args)],
        env={**os.environ, "PYTHONPATH": package, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return out


def test_cache_lies_where_the_variable_says_or_in_the_users_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SKLEARN_W2V_CACHE", os.fspath(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv("SKLEARN_W2V_CACHE", "")
    monkeypatch.setenv("HOME", os.fspath(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder().name == "sklearn_w2v"
    if sys.platform == "linux":
        assert cache_folder() == tmp_path / "home" / ".cache" / "sklearn_w2v"


def test_first_opening_converts_and_later_ones_map(tmp_path, cache, reads):
    path = write_vectors(tmp_path / "v.txt")
    store = open_source(path)
    assert isinstance(store.matrix, np.memmap)
    assert open_source(path) is store
    del store
    gc.collect()
    assert open_source(path).words == ["a", "b"]
    assert reads == [path]
    assert [entry.name for entry in cache.iterdir()] == [open_source(path).folder.name]
    assert (
        open_source(path).fingerprint
        == hashlib.blake2b(Path(path).read_bytes(), digest_size=16).hexdigest()
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps what is mapped")
def test_replaced_file_is_noticed_and_its_former_form_removed(tmp_path, cache, reads):
    path = write_vectors(tmp_path / "v.txt")
    former = open_source(path)
    write_vectors(path, table=((1, 2), (3, 5)))
    os.utime(path, ns=(0, 1))
    store = open_source(path)
    assert store.matrix[1, 1] == 5
    assert former.matrix[1, 1] == 4  # what is mapped stays as it was
    assert store.fingerprint != former.fingerprint
    assert reads == [path, path]
    assert [entry.name for entry in cache.iterdir()] == [store.folder.name]


@pytest.mark.skipif(os.name == "nt", reason="its times are those of the former file")
def test_a_file_of_the_former_size_and_time_is_read_while_the_former_is_in_use(tmp_path, cache):
    path = write_vectors(tmp_path / "v.txt")
    os.utime(path, ns=(0, 1))
    former = open_source(path)
    write_vectors(path, table=((1, 2), (3, 5)))
    os.utime(path, ns=(0, 1))
    store = open_source(path)
    assert (former.matrix[1, 1], store.matrix[1, 1]) == (4, 5)
    assert store.folder == former.folder


def test_forms_of_other_files_stay(tmp_path, cache):
    one = open_source(write_vectors(tmp_path / "one.txt"))
    two = open_source(write_vectors(tmp_path / "two.txt"))
    assert one.folder != two.folder
    assert one.folder.exists()


@pytest.mark.parametrize("content", ["", "3 2\na 1 2\n", "2 2\na 1 2\nb 1 nan\n", "a 1 2\nb 1"])
def test_an_error_leaves_nothing_in_the_cache(tmp_path, cache, content):
    path = tmp_path / "v.txt"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"v\.txt"):
        open_source(os.fspath(path))
    assert not list(cache.iterdir())


def test_a_broken_file_in_place_of_a_whole_one_leaves_the_former_form(tmp_path, cache):
    path = write_vectors(tmp_path / "v.txt")
    former = open_source(path)
    Path(path).write_text("broken")
    with pytest.raises(ValueError, match="Cannot read"):
        open_source(path)
    assert list(cache.iterdir()) == [former.folder]


@pytest.mark.parametrize("what", ["folder", "missing"])
def test_missing_files_and_folders_are_not_found(tmp_path, what):
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileNotFoundError, match=what):
        open_source(os.fspath(tmp_path / what))


@pytest.mark.parametrize("damage", ["meta", "matrix", "format"])
def test_broken_and_outdated_forms_are_written_again(tmp_path, cache, damage):
    path = write_vectors(tmp_path / "v.txt")
    folder = open_source(path).folder
    gc.collect()
    if damage == "format":
        meta = json.loads((folder / "meta.json").read_text())
        (folder / "meta.json").write_text(json.dumps({**meta, "format": -1}))
    elif damage == "meta":
        (folder / "meta.json").unlink()
    else:
        (folder / "matrix.npy").write_bytes(b"")
    store = open_source(path)
    assert store.matrix.tolist() == [[1, 2], [3, 4]]
    assert list(cache.iterdir()) == [store.folder] == [folder]


def test_a_form_that_another_process_finished_meanwhile_is_kept(tmp_path, cache, monkeypatch):
    path = write_vectors(tmp_path / "v.txt")
    real = _vector_sources.read_blocks
    inodes = []

    def read_late(name):
        monkeypatch.setattr(_vector_sources, "read_blocks", real)
        inodes.append(open_source(name).folder.stat().st_ino)  # the other process
        gc.collect()
        return real(name)

    monkeypatch.setattr(_vector_sources, "read_blocks", read_late)
    store = open_source(path)
    assert store.words == ["a", "b"]
    assert inodes == [store.folder.stat().st_ino]  # or the other one would stand without it
    assert list(cache.iterdir()) == [store.folder]


_CONVERT = """
import sys, time, pathlib, hashlib
from sklearn_w2v.vectors.cache import open_source
folder, mine = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
mine.touch()
while len(list(folder.glob("ready-*"))) < 4:
    time.sleep(0.001)
for path in sorted(folder.glob("*.txt")):
    store = open_source(str(path))
    text = "".join(store.words).encode() + store.matrix.tobytes()
    print(hashlib.md5(text).hexdigest(), store.find(["w7"])[0])
"""


def test_what_a_killed_conversion_left_goes_with_a_later_one(tmp_path, cache):
    path = write_vectors(tmp_path / "v.txt")
    code = (
        "import os, sys; from sklearn_w2v.vectors import cache\n"
        "cache._sync_files = lambda folder: os.kill(os.getpid(), 9)\n"
        "cache.open_source(sys.argv[1])"
    )
    run_python(code, path, SKLEARN_W2V_CACHE=os.fspath(cache.parent)).wait(60)
    (left,) = cache.iterdir()
    long_ago = time.time() - 2 * 86_400
    for one in [*left.iterdir(), left]:
        os.utime(one, (long_ago, long_ago))
    assert [open_source(path).folder] == list(cache.iterdir())


def test_four_processes_that_convert_at_once_all_get_the_right_table(tmp_path, cache):
    words = [f"w{number}" for number in range(2_000)]
    expected = []
    for seed in range(6):
        table = np.random.default_rng(seed).normal(size=(2_000, 10)).astype(np.float32)
        write_vectors(tmp_path / f"v{seed}.txt", words, table)
        text = "".join(words).encode() + table.tobytes()
        expected.append(f"{hashlib.md5(text).hexdigest()} 7")
    processes = [run_python(_CONVERT, tmp_path, tmp_path / f"ready-{n}") for n in range(4)]
    assert [finish(process).splitlines() for process in processes] == [expected] * 4
    assert not list(cache.glob("tmp-*"))
    assert len(list(cache.iterdir())) == 6


def test_threads_that_convert_at_once_leave_the_warning_filters_alone(tmp_path, cache):
    words = [f"w{number}" for number in range(1_000)]
    table = np.random.default_rng(0).normal(size=(1_000, 5)).astype(np.float32)
    path = write_vectors(tmp_path / "v.txt", words, table)
    before = list(warnings.filters)
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(open_source, [path] * 4))
    assert warnings.filters == before
    for store in stores:
        assert store.words == words
        np.testing.assert_array_equal(store.matrix, table)
    assert len(list(cache.iterdir())) == 1


def test_a_cache_that_cannot_be_written_is_replaced_for_the_process(tmp_path, monkeypatch, reads):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SKLEARN_W2V_CACHE", os.fspath(tmp_path / "file"))
    path = write_vectors(tmp_path / "v.txt")
    store = open_source(path)
    assert store.matrix.tolist() == [[1, 2], [3, 4]]
    del store
    gc.collect()
    assert open_source(path).words == ["a", "b"]
    assert reads == [path]  # once for a process, not for each opening


@pytest.mark.skipif(sys.platform != "linux", reason="where homes come from differs")
def test_without_a_home_directory_vectors_are_converted_for_the_process(tmp_path):
    """Containers run as users whom no passwd file knows, and without HOME."""
    path = write_vectors(tmp_path / "v.txt")
    (tmp_path / "tmp").mkdir()
    code = (
        "import sys, os, pwd\n"
        "def unknown(uid): raise KeyError(uid)\n"
        "pwd.getpwuid = unknown\n"
        "for name in ('HOME', 'XDG_CACHE_HOME', 'SKLEARN_W2V_CACHE'): os.environ.pop(name, None)\n"
        "from sklearn_w2v.vectors.cache import cached_form, open_source\n"
        "print(open_source(sys.argv[1]).words, cached_form(sys.argv[1]) is None)\n"
        "print(len(os.listdir(os.environ['TMPDIR'])), os.listdir('.'))"
    )
    process = run_python(code, path, TMPDIR=os.fspath(tmp_path / "tmp"))
    assert finish(process).split("\n")[0] == "['a', 'b'] False"
    assert not list((tmp_path / "tmp").iterdir())


def test_the_replacement_of_an_unwritable_cache_goes_with_the_process(tmp_path):
    path = write_vectors(tmp_path / "v.txt")
    (tmp_path / "tmp").mkdir()
    code = (
        "import sys, os; from sklearn_w2v.vectors.cache import open_source\n"
        "print(open_source(sys.argv[1]).words, len(os.listdir(os.environ['TMPDIR'])))"
    )
    process = run_python(
        code, path, TMPDIR=os.fspath(tmp_path / "tmp"), SKLEARN_W2V_CACHE=os.fspath(path)
    )
    assert finish(process).split("\n")[0] == "['a', 'b'] 1"
    assert not list((tmp_path / "tmp").iterdir())
