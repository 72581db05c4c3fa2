"""Faults, injected for real: kills, full and read-only disks, Ctrl-C, files that change.

Short forms; ``make stress`` runs the long ones.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from joblib._store_backends import CacheWarning
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

import sklearn_w2v
from sklearn_w2v import (
    W2VIndexer,
    W2VLSTMClassifier,
    W2VVectorizer,
    Word2VecTrainer,
    WordVectors,
    load,
    make_w2v_pipeline,
    save,
)
from sklearn_w2v.networks.backend import keras
from sklearn_w2v.vectors.cache import open_source

ROOT = Path(__file__).parents[1]
PACKAGE = os.fspath(Path(sklearn_w2v.__file__).parents[1])
TEXTS = ["雨 と 雪", "夏 の 海", "雪 と 霧", "海 の 祭"] * 8
LABELS = [0, 1] * 16

linux = pytest.mark.skipif(sys.platform != "linux", reason="forks, mounts and signals of Linux")


def write_vectors(path, words=400, dim=50, seed=0):
    rows = np.random.default_rng(seed).normal(size=(words, dim)).astype(np.float32)
    WordVectors([f"w{number}" for number in range(words)], rows).save(path)
    return os.fspath(path)


def python(code, *args, stdin=None, **environment):
    """Run code in another process."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(os.fspath, args)],
        input=stdin,
        env={**os.environ, "PYTHONPATH": PACKAGE, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SKLEARN_W2V_CACHE", os.fspath(tmp_path / "cache"))
    return tmp_path / "cache" / "vectors"


@pytest.fixture(scope="module")
def model():
    return make_w2v_pipeline(tokenizer=None, random_state=0, epochs=1, units=4, bow=None).fit(
        TEXTS, LABELS
    )


# -------------------------------------------------------- kills, races, lasting
@linux
@pytest.mark.parametrize(
    ("kinds", "n_rows"),
    [
        (["conversion", "training"], 4),
        (["search"], 2),
        (["save", "fits", "predictions", "threads"], 5),
    ],
    ids=lambda kinds: kinds[0] if isinstance(kinds, list) else "",
)
def test_the_stress_scripts_in_short(tmp_path, kinds, n_rows):
    rows = tmp_path / "rows.jsonl"
    command = [sys.executable, str(ROOT / "stress" / "faults.py"), "--quick", "--kinds", *kinds]
    done = subprocess.run(
        command,
        env={
            **os.environ,
            "PYTHONPATH": PACKAGE,
            "SKLEARN_W2V_STRESS_ROWS": str(rows),
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = list(map(json.loads, rows.read_text().splitlines()))
    assert len(seen) == n_rows
    assert all(row["count"] > 0 for row in seen)
    assert not any(row["failures"] for row in seen), done.stdout


# ------------------------------------------------------- full and read-only disks
@pytest.fixture
def small_disk(tmp_path):
    """A disk of 200 KB; what mounts it needs rights that few have."""
    yield from _mounted(tmp_path / "disk", "size=200k")


@pytest.fixture
def mount_read_only():
    """Give a folder another face that nobody can write to, root included."""
    mounted = []

    def mount(folder):
        command = ["mount", "--bind", folder, folder]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("mounting needs root and the right to mount")
        mounted.append(folder)
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", folder], check=True)


def _mounted(folder, options):
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if (
        shutil.which("mount") is None
        or subprocess.run(command, capture_output=True, check=False).returncode
    ):
        pytest.skip("mounting a small disk needs root and the right to mount")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder):
    """Leave no byte free."""
    with open(folder / "fill", "wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4_096)


def test_no_room_for_a_conversion(tmp_path, small_disk, monkeypatch):
    monkeypatch.setenv("SKLEARN_W2V_CACHE", os.fspath(small_disk))
    small = open_source(write_vectors(tmp_path / "small.bin", words=100))
    before = sorted((small_disk / "vectors").rglob("*"))
    with pytest.raises(OSError, match=r"No space left.*SKLEARN_W2V_CACHE") as caught:
        open_source(write_vectors(tmp_path / "big.bin", words=2_000))
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == os.fspath(small_disk / "vectors")
    assert sorted((small_disk / "vectors").rglob("*")) == before
    assert len(small.words) == 100


def test_no_room_to_unpack_a_fasttext_model(tmp_path, small_disk, monkeypatch):
    import gzip

    from gensim.models import FastText
    from gensim.models.fasttext import save_facebook_model

    model = FastText([["雨", "雪"]] * 5, vector_size=50, min_count=1, bucket=2_000, epochs=1)
    save_facebook_model(model, os.fspath(tmp_path / "model.bin"))
    packed = tmp_path / "model.bin.gz"
    packed.write_bytes(gzip.compress((tmp_path / "model.bin").read_bytes()))
    monkeypatch.setenv("SKLEARN_W2V_CACHE", os.fspath(small_disk))
    with pytest.raises(OSError, match=r"No space left.*SKLEARN_W2V_CACHE"):
        open_source(os.fspath(packed))
    assert not list((small_disk / "vectors").iterdir())


def test_no_room_for_a_model_or_vectors(model, small_disk):
    save(model, small_disk / "model.w2v")
    write_vectors(small_disk / "v.bin", words=20)
    former = {path: path.read_bytes() for path in small_disk.iterdir()}
    fill(small_disk)
    for path in former:
        with pytest.raises(OSError, match="No space left") as caught:
            save(model, path) if path.suffix == ".w2v" else write_vectors(path)
        assert caught.value.errno == errno.ENOSPC
        assert caught.value.filename == os.fspath(path)
    (small_disk / "fill").unlink()
    assert {path: path.read_bytes() for path in small_disk.iterdir()} == former
    assert (load(small_disk / "model.w2v").predict(TEXTS) == model.predict(TEXTS)).all()


def test_no_room_for_a_searchs_memory(tmp_path, small_disk):
    path = write_vectors(tmp_path / "v.bin", words=50, dim=5)
    texts = [" ".join(f"w{n}" for n in range(start, start + 9)) for start in range(40)] * 100
    labels = [0, 1] * 2_000
    memory = os.fspath(small_disk / "memory")
    steps = [("ids", W2VIndexer(path, random_state=0)), ("rows", W2VVectorizer())]
    pipeline = Pipeline([*steps, ("clf", LogisticRegression())], memory=memory)
    expected = clone(pipeline).set_params(memory=None).fit(texts, labels).predict(texts)
    with pytest.warns(CacheWarning, match="Unable to cache to disk"):  # joblib's: it costs time
        found = pipeline.fit(texts, labels).predict(texts)
    np.testing.assert_array_equal(found, expected)
    shutil.rmtree(small_disk / "memory")
    fill(small_disk)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:  # joblib raises or warns, as it comes
            found = pipeline.fit(texts, labels).predict(texts)
        except OSError as error:
            assert str(error.filename).startswith(memory)  # noqa: PT017
        else:
            np.testing.assert_array_equal(found, expected)


_LIMITED = """
import resource, signal, sys
from sklearn_w2v import WordVectors
vectors = WordVectors.load(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    vectors.save(sys.argv[2]) if len(sys.argv) > 2 else WordVectors.load(sys.argv[1] + ".gz")
except OSError as error:
    print(error.errno, error.filename)
"""


@linux
def test_a_quota_is_like_a_full_disk(tmp_path, cache):
    path = write_vectors(tmp_path / "v.bin")
    write_vectors(tmp_path / "v.bin.gz", seed=1)
    (tmp_path / "out.bin").write_text("old")
    done = python(_LIMITED, path, tmp_path / "out.bin")
    assert done.stdout.split() == [str(errno.EFBIG), str(tmp_path / "out.bin")], done.stderr
    done = python(_LIMITED, path)
    assert done.stdout.split() == [str(errno.EFBIG), str(cache)], done.stderr
    assert (tmp_path / "out.bin").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["cache", "out.bin", "v.bin", "v.bin.gz"]
    assert [entry.name for entry in cache.iterdir()] == [open_source(path).folder.name]


def test_a_read_only_cache_is_used_and_replaced_for_what_it_lacks(tmp_path, cache, mount_read_only):
    one = write_vectors(tmp_path / "one.bin", seed=1)
    folder = open_source(one).folder
    mount_read_only(os.fspath(tmp_path / "cache"))
    code = (
        "import sys; from sklearn_w2v.vectors.cache import open_source\n"
        "for path in sys.argv[1:]: store = open_source(path); print(store.folder, len(store.words))"
    )
    (tmp_path / "tmp").mkdir()
    two = write_vectors(tmp_path / "two.bin", seed=2)
    done = python(code, one, two, TMPDIR=os.fspath(tmp_path / "tmp"))
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == f"{folder} 400"
    assert second.startswith(os.fspath(tmp_path / "tmp" / "sklearn_w2v-"))
    assert not list((tmp_path / "tmp").iterdir())  # with the process
    assert list(cache.iterdir()) == [folder]


def test_a_read_only_folder_of_models(model, tmp_path, mount_read_only):
    folder = tmp_path / "models"
    folder.mkdir()
    save(model, folder / "model.w2v")
    write_vectors(folder / "v.bin", words=20)
    former = {path: path.read_bytes() for path in folder.iterdir()}
    mount_read_only(os.fspath(folder))
    for path in former:
        with pytest.raises(OSError, match="Read-only") as caught:
            save(model, path) if path.suffix == ".w2v" else write_vectors(path)
        assert caught.value.filename == os.fspath(path)
    assert {path: path.read_bytes() for path in folder.iterdir()} == former


# ---------------------------------------------------------------------- Ctrl-C
class CtrlC(keras.callbacks.Callback):
    """Press Ctrl-C in a batch of an epoch."""

    def __init__(self, epoch=0):
        super().__init__()
        self.epoch, self.now = epoch, 0

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.now == self.epoch:
            signal.raise_signal(signal.SIGINT)


WORDS = list("雨雪霧夏海祭")


@pytest.fixture(scope="module")
def ids():
    indexer = W2VIndexer(WordVectors(WORDS, np.eye(6) + 0.1), random_state=0)
    return indexer.fit_transform(TEXTS)


@pytest.fixture(scope="module")
def distinct_ids():
    """Each document once: a few that come again and again leave nothing to hold out."""
    indexer = W2VIndexer(WordVectors(WORDS, np.eye(6) + 0.1), random_state=0)
    draw = np.random.default_rng(0)
    return indexer.fit_transform([list(draw.choice(WORDS, 5)) for _ in LABELS])


def classifier(**params):
    return W2VLSTMClassifier(
        **{
            "units": 4,
            "hidden": None,
            "epochs": 3,
            "batch_size": 8,
            "random_state": 0,
            "train_network": True,
            **params,
        }
    )


@pytest.mark.parametrize("bow", [None, "words"])
@pytest.mark.parametrize("fitted", [False, True])
def test_ctrl_c_leaves_a_classifier_clearly_unfitted(distinct_ids, bow, fitted):
    clf = classifier(bow=bow, epochs=1)
    if fitted:
        clf.fit(distinct_ids, LABELS)
    clf.set_params(callbacks=CtrlC(), epochs=3)
    with pytest.raises(KeyboardInterrupt):
        clf.fit(distinct_ids, LABELS)
    with pytest.raises(NotFittedError):
        clf.predict(distinct_ids)
    clf.set_params(callbacks=None)
    expected = classifier(bow=bow).fit(distinct_ids, LABELS).predict_proba(distinct_ids)
    np.testing.assert_array_equal(
        clf.fit(distinct_ids, LABELS).predict_proba(distinct_ids), expected
    )


def test_ctrl_c_between_the_parts_of_a_classifier_leaves_it_unfitted(distinct_ids, monkeypatch):
    from sklearn_w2v.classifiers import blend_training

    clf = classifier(bow="words", epochs=1).fit(distinct_ids, LABELS)
    monkeypatch.setattr(
        blend_training, "Features", lambda kind: signal.raise_signal(signal.SIGINT) or kind
    )
    with pytest.raises(KeyboardInterrupt):
        clf.fit(distinct_ids, LABELS)
    with pytest.raises(NotFittedError):
        clf.predict(distinct_ids)


@pytest.mark.parametrize("how", ["warm_start", "partial_fit"])
def test_ctrl_c_keeps_the_steps_of_training_that_goes_on(ids, how):
    clf = classifier(warm_start=True).fit(ids, LABELS)
    before = clf.predict_proba(ids)
    clf.set_params(callbacks=CtrlC())
    with pytest.raises(KeyboardInterrupt):
        clf.fit(ids, LABELS) if how == "warm_start" else clf.partial_fit(ids, LABELS)
    after = clf.predict_proba(ids)
    assert np.abs(after - before).max() > 0
    clf.set_params(callbacks=None).partial_fit(ids, LABELS)
    assert np.abs(clf.predict_proba(ids) - after).max() > 0


def test_bad_input_leaves_the_former_fit(ids):
    clf = classifier(epochs=1).fit(ids, LABELS)
    before = clf.predict_proba(ids)
    with pytest.raises(ValueError, match="32"):
        clf.fit(ids[:, :2], LABELS[:5])
    np.testing.assert_array_equal(clf.predict_proba(ids), before)


@pytest.mark.parametrize("step", ["indexer", "vectorizer"])
def test_ctrl_c_leaves_transformers_as_they_were(ids, step, monkeypatch):
    from sklearn_w2v.features import indexer as _indexer
    from sklearn_w2v.features import vectorizer as _vectorizer

    if step == "indexer":
        one, X = W2VIndexer(maxlen=3, random_state=0), TEXTS
        module, name = _indexer, "make_vocabulary"
        other = ["雨 が 降る 夜 の 町"] * 9
    else:
        one, X, module, name = W2VVectorizer(pooling="sif"), ids, _vectorizer, "_first_directions"
        other = ids[:5]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        before = np.array(one.fit(X).transform(X))
        learnt = set(vars(one))
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # noqa: PT012
            patch.setattr(module, name, lambda *_: signal.raise_signal(signal.SIGINT))
            one.fit(other)
        np.testing.assert_array_equal(one.transform(X), before)
    assert set(vars(one)) == learnt


def test_ctrl_c_in_a_pipeline_never_leaves_parts_that_disagree():
    pipeline = make_w2v_pipeline(tokenizer=None, random_state=0, epochs=1, units=4, bow=None)
    pipeline.fit(TEXTS, LABELS)
    pipeline.set_params(clf__callbacks=CtrlC())
    with pytest.raises(KeyboardInterrupt):
        pipeline.fit(["夜 の 町", "朝 の 道"] * 16, LABELS)
    with pytest.raises(NotFittedError):
        pipeline.predict(TEXTS)


class Interrupting:
    """Sentences that press Ctrl-C in a walk through them."""

    def __init__(self, walk, size):
        self.walk, self.size, self.walks = walk, size, 0

    def __iter__(self):
        self.walks += 1
        for number in range(self.size):
            if self.walks == self.walk and number == self.size // 2:
                os.kill(os.getpid(), signal.SIGINT)
            yield TEXTS[number % 4].split() * 9


# few long epochs, or many short ones: while gensim's threads wait, or while they start
@pytest.mark.parametrize(("walk", "size"), [(2, 20_000), (300, 50)])
def test_ctrl_c_in_word2vec_keeps_the_former_vectors_and_leaves_no_thread(walk, size, capfd):
    trainer = Word2VecTrainer(vector_size=4, random_state=0, epochs=1).fit(TEXTS)
    former, threads = trainer.vectors_, threading.active_count()
    trainer.set_params(epochs=100_000, corpus=Interrupting(walk, size))
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(TEXTS)
    assert trainer.vectors_ is former
    # epochs may still begin until a busy machine lets the main thread hear of the signal
    assert walk <= trainer.corpus.walks < 100_000
    assert threading.active_count() == threads
    assert capfd.readouterr().err == ""


@linux
def test_ctrl_c_in_the_command_leaves_no_file(tmp_path):
    (tmp_path / "text.txt").write_text("\n".join(TEXTS * 200), encoding="utf-8")
    (tmp_path / "tmp").mkdir()
    (tmp_path / "out.bin").write_text("old")
    arguments = ["vectors", "train", tmp_path / "text.txt", "--out", tmp_path / "out.bin"]
    arguments += ["--tokenizer", "blanks", "--epochs", "100000", "--quiet"]
    process = subprocess.Popen(
        [sys.executable, "-m", "sklearn_w2v", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": PACKAGE, "TMPDIR": str(tmp_path / "tmp")},
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list((tmp_path / "tmp").glob("*/tokens.txt")) and process.poll() is None:
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert said.strip() == "Interrupted."
    assert (tmp_path / "out.bin").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["out.bin", "text.txt", "tmp"]
    assert not list((tmp_path / "tmp").iterdir())


# ----------------------------------------------------------------- going on
@pytest.mark.parametrize("how", ["warm_start", "partial_fit"])
def test_training_that_goes_on_from_a_file_gets_where_it_would_have_got(ids, tmp_path, how):
    rng = np.random.default_rng(0)
    labels = np.array(LABELS)
    labels[rng.choice(32, 4, replace=False)] ^= 1  # a loss that does not vanish
    whole = classifier(epochs=60, learning_rate=0.005, warm_start=True).fit(ids, labels)
    part = classifier(epochs=30, learning_rate=0.005, warm_start=True).fit(ids, labels)
    save(part, tmp_path / "half.w2v")
    part = load(tmp_path / "half.w2v")
    if how == "warm_start":
        part.fit(ids, labels)
    else:
        for _ in range(30):
            part.partial_fit(ids, labels)
    first, half = (part.history_["loss"][at] for at in (0, 29))
    goal, reached = whole.history_["loss"][-1], part.history_["loss"][-1]
    assert len(part.history_["loss"]) == 60
    assert half - goal > 0.01  # there was something left to learn
    assert abs(reached - goal) < 0.1 * (first - goal)


# ---------------------------------------------- vectors that change under a process
SONGS = [" ".join(f"w{n}" for n in range(start, start + 6)) for start in range(0, 48, 2)]


def fitted_on(path):
    pipeline = make_w2v_pipeline(
        os.fspath(path), tokenizer=None, random_state=0, epochs=1, units=4, bow=None
    )
    return pipeline.fit(SONGS, [0, 1] * 12)


@pytest.fixture
def in_file(tmp_path, cache):
    """A pipeline on vectors in a file, its texts, and the file."""
    path = Path(write_vectors(tmp_path / "v.bin", words=60, dim=6))
    return fitted_on(path), SONGS, path


NEW = ["w55 w56 w57", "w58 w1 w59"]  # words that training did not see


@pytest.mark.parametrize("what", ["replaced", "overwritten", "cut", "deleted"])
def test_vectors_that_change_under_a_live_process(in_file, what):
    pipeline, texts, path = in_file
    before = pipeline.predict_proba([*texts, *NEW])
    change(path, what)
    np.testing.assert_array_equal(pipeline.predict_proba([*texts, *NEW]), before)


CHANGES = ["replaced", "overwritten", "same time", "cut", "deleted"]
_READ = """
import json, sys, joblib
from sklearn_w2v import load
folders, texts = json.load(sys.stdin)
def said(read, path):
    try:
        return read(path).predict(texts).tolist()
    except (OSError, ValueError) as error:
        return f"{type(error).__name__} {error}"
print(json.dumps(
    [[said(load, f"{one}/model.w2v"), said(joblib.load, f"{one}/model.joblib")] for one in folders]
))
"""


@pytest.fixture(scope="module")
def saved_and_changed(tmp_path_factory):
    """Of each change of vectors: their file, and the predictions here, elsewhere, and after it.

    One process reads the models of all changes before, one after them.
    """
    import joblib

    files, expected = {}, []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKLEARN_W2V_CACHE", os.fspath(tmp_path_factory.mktemp("cache")))
        for seed, what in enumerate(CHANGES):  # a seed each, so that none shares a converted form
            path = tmp_path_factory.mktemp("changed") / "v.bin"
            files[what] = Path(write_vectors(path, words=60, dim=6, seed=seed))
            pipeline = fitted_on(path)
            expected.append(pipeline.predict([*SONGS, *NEW]).tolist())
            save(pipeline, path.with_name("model.w2v"), vectors="reference")
            joblib.dump(pipeline, path.with_name("model.joblib"))
        folders = [os.fspath(path.parent) for path in files.values()]
        given = json.dumps([folders, [*SONGS, *NEW]])
        before = json.loads(python(_READ, stdin=given).stdout)
        for what, path in files.items():
            change(path, what)
        after = json.loads(python(_READ, stdin=given).stdout)
    return dict(
        zip(CHANGES, zip(files.values(), expected, before, after, strict=True), strict=True)
    )


@pytest.mark.parametrize("what", CHANGES)
def test_vectors_that_change_under_a_saved_model(saved_and_changed, what):
    path, expected, before, after = saved_and_changed[what]
    assert before == [expected] * 2
    assert len(after) == 2
    for line in after:
        assert line.startswith(("ValueError", "FileNotFoundError"))
        assert os.fspath(path) in line


def change(path, what):
    status = path.stat()
    if what == "deleted":
        path.unlink()
    elif what == "cut":
        path.write_bytes(path.read_bytes()[:200])
    elif what == "overwritten":
        with open(path, "r+b") as file:
            file.seek(-40, os.SEEK_END)
            file.write(b"\0" * 8)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    else:
        write_vectors(path, words=60, dim=6, seed=9)
        if what == "same time":  # as rsync --times and cp --preserve have it
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_file_that_was_touched_or_copied_with_its_cache_is_not_converted_again(
    tmp_path, cache, monkeypatch
):
    from sklearn_w2v.vectors import sources as _vector_sources

    path = write_vectors(tmp_path / "v.bin")
    folder = open_source(path).folder
    os.chmod(path, 0o600)
    monkeypatch.setattr(_vector_sources, "read_blocks", None)
    assert open_source(path).folder == folder
    seen = (folder / "seen").read_text()
    assert seen == str(os.stat(path).st_ctime_ns)


def test_a_file_that_changes_while_it_is_converted_is_read_again(tmp_path, cache, monkeypatch):
    from sklearn_w2v.vectors import sources as _vector_sources

    path = write_vectors(tmp_path / "v.bin", seed=1)
    real = _vector_sources.read_blocks
    reads = []

    def replaced_meanwhile(name):
        reads.append(name)
        if len(reads) == 1:  # hashed before, read behind it
            write_vectors(path, seed=2)
        yield from real(name)

    monkeypatch.setattr(_vector_sources, "read_blocks", replaced_meanwhile)
    store = open_source(path)
    assert len(reads) == 2
    expected = np.random.default_rng(2).normal(size=(400, 50)).astype(np.float32)
    np.testing.assert_array_equal(store.matrix, expected)
    assert [entry.name for entry in cache.iterdir()] == [store.folder.name]


def test_a_file_that_never_stops_changing_is_an_error(tmp_path, cache, monkeypatch):
    from sklearn_w2v.vectors import sources as _vector_sources

    path = write_vectors(tmp_path / "v.bin", seed=1)
    real = _vector_sources.read_blocks
    seeds = iter(range(2, 99))

    def replaced_meanwhile(name):
        write_vectors(path, seed=next(seeds))
        yield from real(name)

    monkeypatch.setattr(_vector_sources, "read_blocks", replaced_meanwhile)
    with pytest.raises(OSError, match=r"v\.bin.*changes while it is read"):
        open_source(path)
    assert not list(cache.iterdir())


_MAPPED = """
import os, sys
from sklearn_w2v import WordVectors
from sklearn_w2v.vectors.folder import open_folder
vectors = WordVectors.load(sys.argv[1])
first = vectors["w399"].tolist()
folder = vectors._store.table.folder
direct = open_folder(folder)
name = sys.argv[2]
for one in os.listdir(folder) if name == "all" else [name]:
    os.unlink(folder / one) if sys.argv[3] == "deleted" else os.truncate(folder / one, 0)
if sys.argv[3] == "cut" and name != "meta.json":
    try:
        direct.find(["w1"]), direct.take([399])
    except OSError as error:
        print("refused", error)
print(vectors["w399"].tolist() == first, vectors.find(["w7"]).tolist(), len(vectors.words))
"""


@linux
@pytest.mark.parametrize("what", ["cut", "deleted"])
@pytest.mark.parametrize(
    "name",
    ["matrix.npy", "order.npy", "meta.json", "all"],
)
def test_a_cache_that_is_cut_or_deleted_under_a_live_process(tmp_path, cache, name, what):
    path = write_vectors(tmp_path / "v.bin")
    done = python(_MAPPED, path, name, what)
    assert done.returncode == 0, f"{done.returncode} {done.stderr}"  # -7 is SIGBUS
    *refused, last = done.stdout.splitlines()
    assert last == "True [7] 400"
    assert bool(refused) == (what == "cut" and name != "meta.json")
    assert open_source(path).words[7] == "w7"


def test_a_cache_that_is_cut_while_its_source_is_gone_is_an_error(in_file, cache):
    pipeline, _, path = in_file
    (form,) = cache.iterdir()
    path.unlink()
    os.truncate(form / "matrix.npy", 8)
    with pytest.raises(FileNotFoundError, match=r"v\.bin.*put the file back"):
        pipeline.predict(NEW)
