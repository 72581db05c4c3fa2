"""Dask: documents in partitions, searches on a cluster, workers that die or lack a file.

Two worker processes and real TCP, for all tests of this module.
"""

from __future__ import annotations

import os
import platform
import signal
import sys
import threading
import time
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, cross_val_score
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_w2v import (
    JapaneseTokenizer,
    TokenIds,
    W2VCNNClassifier,
    W2VIndexer,
    W2VVectorizer,
    Word2VecTrainer,
    WordVectors,
    distributed,
    make_w2v_pipeline,
)
from sklearn_w2v.utils.dask import local_jobs

dask = pytest.importorskip("dask")
dask_distributed = pytest.importorskip("distributed")
bag = pytest.importorskip("dask.bag")
dd = pytest.importorskip("dask.dataframe")
pd = pytest.importorskip("pandas")

pytestmark = [
    pytest.mark.filterwarnings("ignore:The vectors know only:UserWarning"),
    pytest.mark.usefixtures("optimized_graphs_of_all"),  # results of workers are bit-equal
]

WET, DRY = ["雨", "雪", "霧", "傘"], ["夏", "海", "砂", "祭"]
TEXTS = [f"{words[i % 4]}と{words[i // 4 % 4]}の{i}日" for i in range(24) for words in (WET, DRY)]
LABELS = np.array(["wet", "dry"] * 24)


class Logged(JapaneseTokenizer):
    """A tokenizer that leaves a file with the number of its process, each time it works."""

    def __init__(self, log=None, form="surface", pos=None):
        super().__init__(form=form, pos=pos)
        self.log = log

    def transform(self, X):
        name = f"{os.getpid()}-{time.monotonic_ns()}-{len(X)}"
        Path(self.log, name).touch()
        return super().transform(X)


@pytest.fixture(scope="module")
def client():
    # workers, also those in place of killed ones, are forked from a process that has Keras
    forks = {"distributed.worker.multiprocessing-method": "forkserver"}
    with dask.config.set(forks):
        dask_distributed.utils.get_mp_context().set_forkserver_preload(["distributed", "keras"])
    with (
        dask.config.set(forks),
        dask_distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            protocol="tcp://",
            host="127.0.0.1",
            dashboard_address=":0",  # None would take a fixed port
        ) as cluster,
        dask_distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    """File with the words of the texts among 50,000 others: 10 MB."""
    words = [*WET, *DRY, *(f"w{number}" for number in range(50_000))]
    table = np.random.default_rng(0).normal(size=(len(words), 50)).astype(np.float32)
    path = tmp_path_factory.mktemp("vectors") / "vectors.bin"
    WordVectors(words, table).save(path)
    return path


def pipeline(vectors, **params):
    settings = {"network": "cnn", "bow": None, "epochs": 3, "filters": 4, "kernel_sizes": (1,)}
    settings |= {"channels": "static", "hidden": None, "learning_rate": 0.05, "random_state": 0}
    return make_w2v_pipeline(vectors, **{**settings, **params})


@pytest.fixture(scope="module")
def model(vectors):
    return pipeline(vectors).fit(TEXTS, LABELS)


@pytest.fixture(scope="module")
def probabilities(model):
    return model.predict_proba(TEXTS)


def texts(n_partitions=5):
    return bag.from_sequence(TEXTS, npartitions=n_partitions)


def frame(n_partitions=3):
    table = pd.DataFrame({"id": range(100, 148), "text": TEXTS}).set_index("id")
    return dd.from_pandas(table, npartitions=n_partitions)


# ------------------------------------------------------------ documents in partitions
@pytest.mark.parametrize("chunk_size", [3, 1000])
def test_labels_of_a_bag_are_the_local_ones(client, model, chunk_size):
    found = distributed.predict(model, texts(), chunk_size=chunk_size)
    assert isinstance(found, bag.Bag)
    assert found.npartitions == 5
    found = np.asarray(found.compute())
    expected = model.predict(TEXTS)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_probabilities_of_a_bag_are_the_local_ones(client, model, probabilities):
    found = distributed.predict(model, texts(), method="predict_proba").compute()
    np.testing.assert_allclose(np.asarray(found), probabilities, atol=1e-6)


def test_tokens_and_ids_of_a_bag_are_the_local_ones(client, model):
    tokenizer, indexer = model.named_steps["tokens"], model.named_steps["ids"]
    tokens = distributed.transform(tokenizer, texts())
    local = tokenizer.transform(TEXTS)
    assert tokens.compute() == local
    ids = distributed.transform(indexer, tokens)
    again = distributed.predict(model.named_steps["clf"], ids)
    np.testing.assert_array_equal(again.compute(), model.predict(TEXTS))
    kept = distributed.predict(model.named_steps["clf"], ids.filter(lambda row: True))
    np.testing.assert_array_equal(kept.compute(), model.predict(TEXTS))
    rows = ids.compute()
    assert {type(row) for row in rows} == {TokenIds}
    assert rows[0].vectors == indexer.vectors_
    np.testing.assert_array_equal(rows, indexer.transform(local))


@pytest.mark.parametrize("form", ["named column", "series", "table of one column"])
def test_labels_of_a_dataframe_keep_index_and_dtype(client, model, form):
    given = frame()["text"] if form == "series" else frame()
    found = distributed.predict(model, given, column="text" if form == "named column" else None)
    assert isinstance(found, dd.Series)
    computed = found.compute()
    expected = pd.Series(model.predict(TEXTS), index=range(100, 148), name="label")
    pd.testing.assert_series_equal(computed, expected, check_names=True, check_index=False)
    assert computed.index.tolist() == list(range(100, 148))
    assert found.dtype == computed.dtype


def test_columns_of_probabilities_are_the_classes(client, model, probabilities):
    found = distributed.predict(model, frame(), method="predict_proba", column="text")
    assert list(found.columns) == ["dry", "wet"]
    computed = found.compute()
    assert list(computed.columns) == ["dry", "wet"]
    assert set(computed.dtypes) == {np.dtype(np.float32)}
    np.testing.assert_allclose(computed.to_numpy(), probabilities, atol=1e-6)


def test_labels_of_numbers_keep_their_dtype(client, vectors):
    numbers = pipeline(vectors).fit(TEXTS, np.arange(48, dtype=np.int16) % 2)
    found = distributed.predict(numbers, frame(), column="text")
    assert found.dtype == found.compute().dtype == np.int16
    assert np.asarray(distributed.predict(numbers, texts()).compute()).dtype == np.int16


def test_many_labels_a_document_are_columns(client, vectors):
    Y = np.column_stack([LABELS == "wet", LABELS == "dry", np.ones(48)]).astype(int)
    many = pipeline(vectors).fit(TEXTS, Y)
    found = distributed.predict(many, frame(), column="text").compute()
    assert list(found.columns) == [0, 1, 2]
    np.testing.assert_array_equal(found.to_numpy(), many.predict(TEXTS))


def test_tokens_and_ids_of_a_dataframe(client, model):
    tokenizer, indexer = model.named_steps["tokens"], model.named_steps["ids"]
    tokens = distributed.transform(tokenizer, frame(), column="text")
    local = tokenizer.transform(TEXTS)
    assert tokens.name == "text"
    assert tokens.compute().tolist() == local
    ids = distributed.transform(indexer, tokens)
    assert list(ids.columns) == indexer.get_feature_names_out().tolist()
    np.testing.assert_array_equal(ids.compute().to_numpy(), indexer.transform(local))
    again = distributed.predict(model.named_steps["clf"], ids).compute()
    assert again.tolist() == model.predict(TEXTS).tolist()


def test_empty_partitions_stay_empty(client, model, probabilities):
    few = frame(6).loc[lambda table: table.index < 108]
    found = distributed.predict(model, few, method="predict_proba", column="text").compute()
    np.testing.assert_allclose(found.to_numpy(), probabilities[:8], atol=1e-6)
    some = texts().filter(lambda text: text == TEXTS[-1])
    assert distributed.predict(model, some).compute() == [model.predict(TEXTS)[-1]]


def test_files_are_predicted_in_partitions(client, model, tmp_path):
    for number in range(3):
        lines = "".join(f"{text}\n" for text in TEXTS[number * 16 : number * 16 + 16])
        (tmp_path / f"{number}.txt").write_text(lines, encoding="utf-8")
    lines = bag.read_text(f"{tmp_path}/*.txt", blocksize=100).map(str.rstrip, "\n")
    assert lines.npartitions > 3
    expected = model.predict(TEXTS).tolist()
    assert distributed.predict(model, lines).compute() == expected
    frame().to_parquet(tmp_path / "texts")
    rows = dd.read_parquet(tmp_path / "texts")
    labels = distributed.predict(model, rows, column="text")
    labels.to_frame().to_parquet(tmp_path / "labels")
    assert pd.read_parquet(tmp_path / "labels")["label"].tolist() == expected


def transfers(client):
    """Keys that each worker got from another one."""

    def keys(dask_worker):
        return [key for entry in dask_worker.transfer_incoming_log for key in entry["keys"]]

    return client.run(keys)


def test_the_estimator_goes_to_each_worker_once(client, vectors):
    before = {worker: len(keys) for worker, keys in transfers(client).items()}
    other = pipeline(vectors, random_state=1).fit(TEXTS, LABELS)
    found = distributed.predict(other, texts(24))
    assert found.compute() == other.predict(TEXTS).tolist()
    loads = []
    for worker, keys in transfers(client).items():
        new = [key for key in keys[before[worker] :] if str(key).startswith("w2v-estimator")]
        assert len(new) <= 1
        loads += new
    assert len(loads) <= 1  # one of the two workers unpacked it itself


def test_a_large_estimator_gives_no_warning(client, recwarn):
    words = [f"w{number}" for number in range(30_000)]
    big = W2VIndexer(WordVectors(words, np.ones((len(words), 100), np.float32)), maxlen=2)
    big.fit([["w1"]])
    ids = distributed.transform(big, bag.from_sequence([["w1"], ["w2"]], npartitions=2))
    assert np.asarray(ids.compute()).tolist() == [[3, 0], [4, 0]]
    assert not [str(one.message) for one in recwarn.list if "large graph" in str(one.message)]


@pytest.mark.parametrize("scheduler", ["sync", "threads"])
def test_no_cluster_is_needed_and_a_setting_goes_by_one(client, scheduler, model, probabilities):
    with dask.config.set(scheduler=scheduler):
        found = distributed.predict(model, texts(), method="predict_proba")
        labels = distributed.predict(model, frame(), column="text")
        np.testing.assert_allclose(found.compute(), probabilities, atol=1e-6)
        assert labels.compute().tolist() == model.predict(TEXTS).tolist()


@pytest.mark.parametrize("n_partitions", [1, 2, 4])
def test_ids_of_subwords_keep_their_meaning_in_other_partitions(client, tmp_path, n_partitions):
    from gensim.models import FastText
    from gensim.models.fasttext import save_facebook_model

    known = [["night", "day"], ["storm", "sun"]] * 9
    learnt = FastText(known, vector_size=4, min_count=1, bucket=50, workers=1, seed=0)
    save_facebook_model(learnt, str(tmp_path / "ft.bin"))
    indexer = W2VIndexer(str(tmp_path / "ft.bin"), maxlen=3).fit(known)
    # words of no file, which have the first free id in each partition
    new = [["nights", "sun"], ["stormy"], ["sunday", "day"], ["daylight"]]
    ids = distributed.transform(indexer, bag.from_sequence(new, npartitions=4))
    means = W2VVectorizer().fit(indexer.transform(known))
    found = distributed.transform(means, ids.repartition(npartitions=n_partitions)).compute()
    np.testing.assert_allclose(found, means.transform(indexer.transform(new)), atol=1e-6)


def test_columns_keep_their_names_where_the_estimator_knows_them(client):
    X = pd.DataFrame({"a": [0.0, 0.0, 5.0, 5.0], "b": [9.0, 7.0, 9.0, 7.0]})
    clf = make_pipeline(ColumnTransformer([("a", "passthrough", ["a"])]), LogisticRegression())
    clf.fit(X, ["low", "low", "high", "high"])
    X.index = [-3.0, -2.0, 0.0, 1.0]  # labels that look like places
    found = distributed.predict(clf, dd.from_pandas(X[["b", "a"]], npartitions=2))
    assert found.compute().tolist() == ["low", "low", "high", "high"]
    plain = LogisticRegression().fit(X, [0, 0, 1, 1])
    with pytest.raises(ValueError, match="same order"):
        distributed.predict(plain, dd.from_pandas(X[["b", "a"]], npartitions=2))


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_rows_of_a_bag_are_rows_whatever_the_output_is_set_to(client, vectors, container):
    pytest.importorskip(container)
    rows = make_pipeline(W2VIndexer(vectors, maxlen=3), W2VVectorizer()).fit([[one] for one in WET])
    expected = rows.transform([["雨"], ["雪"], ["霧"]])
    rows.set_output(transform=container)
    found = distributed.transform(rows, bag.from_sequence([["雨"], ["雪"], ["霧"]], npartitions=2))
    np.testing.assert_allclose(found.compute(), expected, atol=1e-6)


def test_columns_that_no_made_up_document_fits(client, vectors):
    pa = pytest.importorskip("pyarrow")
    lists = pd.ArrowDtype(pa.list_(pa.string()))
    table = pd.DataFrame({"t": pd.Series([["雨", "雪"], ["霧"], ["傘"]], dtype=lists)})
    indexer = W2VIndexer(vectors, maxlen=2).fit([[one] for one in WET])
    with dask.config.set({"dataframe.convert-string": False}):
        frame_of_lists = dd.from_pandas(table, npartitions=2)
        found = distributed.transform(indexer, frame_of_lists, column="t").compute()
        assert found.to_numpy().tolist() == [[2, 3], [4, 0], [5, 0]]
        counts = make_pipeline(DictVectorizer(), LogisticRegression(C=100))
        dicts = pd.DataFrame({"t": [{"a": 1}, {"b": 1}, {"a": 1}]})
        counts.fit(dicts["t"].tolist(), [0, 1, 0])
        found = distributed.predict(counts, dd.from_pandas(dicts, npartitions=2), column="t")
        assert found.compute().tolist() == [0, 1, 0]


def test_a_missing_text_is_named_by_its_place(client, model):
    table = pd.DataFrame({"text": TEXTS}, index=[f"row {i}" for i in range(48)])
    table.loc["row 29", "text"] = None
    found = distributed.predict(
        model, dd.from_pandas(table, npartitions=2, sort=False), column="text", chunk_size=3
    )
    with pytest.raises(TypeError, match="Document 2 is") as caught:
        found.compute()
    [note] = caught.value.__notes__
    assert note == (
        "Documents are counted from document 3 of the partition, whose index is 'row 27'."
    )


# ------------------------------------------------------------------------ mistakes
def test_mistakes_are_told_before_anything_is_sent(model):
    with pytest.raises(TypeError, match=r"Got builtins\.list as X but expected a dask\.bag"):
        distributed.predict(model, TEXTS)
    with pytest.raises(TypeError, match=r"Got dask\.delayed\.DelayedLeaf as X"):
        distributed.predict(model, dask.delayed(1))
    with pytest.raises(TypeError, match="Pipeline has no method 'nonsense'"):
        distributed.predict(model, texts(), method="nonsense")
    with pytest.raises(ValueError, match="method='transform' but expected one that predicts"):
        distributed.predict(model["tokens"], texts(), method="transform")
    with pytest.raises(TypeError, match="W2VCNNClassifier has no method 'transform'"):
        distributed.transform(W2VCNNClassifier(), texts())
    with pytest.raises(NotFittedError):
        distributed.predict(pipeline(None), texts())
    with pytest.raises(ValueError, match=r"column='words' but expected one of \['text'\]"):
        distributed.predict(model, frame(), column="words")
    with pytest.raises(ValueError, match="column='text' but a Series has no columns"):
        distributed.predict(model, frame()["text"], column="text")
    with pytest.raises(ValueError, match="column='text' but a Bag has no columns"):
        distributed.predict(model, texts(), column="text")
    with pytest.raises(TypeError, match="pass the column that holds the documents"):
        distributed.predict(model, frame().assign(more=1))
    with pytest.raises(ValueError, match="chunk_size=0 but expected 1 or more"):
        distributed.predict(model, texts(), chunk_size=0)
    for wrong in (1.5, True, "many"):
        with pytest.raises(TypeError, match="but expected a whole number"):
            distributed.predict(model, texts(), chunk_size=wrong)


def test_without_dask_the_message_holds_the_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.bag", None)
    with pytest.raises(ImportError, match=r'pip install "sklearn-w2v\[distributed\]"'):
        distributed.transform(JapaneseTokenizer(), ["雨"])


# ------------------------------------------------------------------------- searches
def tokenizing(vectors, log, memory=None):
    """A pipeline of which one step writes down where and when it works."""
    steps = pipeline(vectors).set_params(tokens=Logged(os.fspath(log)))
    return steps.set_params(memory=memory and os.fspath(memory))


GRID = {"clf__epochs": [1, 3]}  # one architecture: each is traced anew in each process


def search(estimator, **params):
    return GridSearchCV(estimator, GRID, cv=3, error_score="raise", **params)


@pytest.fixture(scope="module")
def local(vectors):
    return search(pipeline(vectors).set_params(tokens=Logged.__mro__[1](form="surface", pos=None)))


@pytest.fixture(scope="module")
def expected(local):
    return local.fit(TEXTS, LABELS)


def assert_same(found, expected):
    assert found.best_params_ == expected.best_params_
    for name, values in expected.cv_results_.items():
        if name.startswith(("split", "mean_test", "std_test", "rank")):
            np.testing.assert_array_equal(found.cv_results_[name], values)


class Wire:
    """Bytes that all processes of a cluster send to each other within a block."""

    def __init__(self, client):
        self.client = client

    def __enter__(self):
        _count_writes()
        self.client.run(_count_writes)
        self.before = self._all()
        return self

    def __exit__(self, *error):
        self.bytes = self._all() - self.before

    def _all(self):
        return sum(self.client.run(_written).values()) + _written()


def _count_writes():
    from distributed.comm.tcp import TCP

    if hasattr(TCP, "written_by_tests"):
        return
    TCP.written_by_tests = 0
    plain = TCP.write

    async def write(self, *args, **kwargs):
        size = await plain(self, *args, **kwargs)
        TCP.written_by_tests += size
        return size

    TCP.write = write


def _written():
    from distributed.comm.tcp import TCP

    return getattr(TCP, "written_by_tests", 0)  # of a worker that was made anew


def test_a_search_equals_the_local_one_tokenizes_once_and_sends_no_vectors(
    client, vectors, expected, tmp_path
):
    (tmp_path / "log").mkdir()
    far = search(tokenizing(vectors, tmp_path / "log", tmp_path / "cache"))
    with Wire(client) as wire, joblib.parallel_config("dask"):
        far.fit(TEXTS, LABELS)
    assert_same(far, expected)
    assert wire.bytes < 6 * 100_000  # six tasks; the vectors have 10 MB
    workers = {int(log.name.split("-")[0]) for log in (tmp_path / "log").iterdir()}
    assert len(workers - {os.getpid()}) == 2
    fits = [log for log in (tmp_path / "log").iterdir() if log.name.endswith("-32")]
    assert len(fits) <= 4  # three folds; two workers may begin the same one at once


def test_ids_bring_their_vectors_to_the_workers(client, model):
    """Dask sends arrays in a way of its own, which knows nothing of subclasses."""
    clf = model.named_steps["clf"]
    ids = model[:-1].transform(TEXTS * 10)
    scores = cross_val_score(clf, ids, np.tile(LABELS, 10), cv=2)
    with joblib.parallel_config("dask"):
        far = cross_val_score(clf, ids, np.tile(LABELS, 10), cv=2)
    np.testing.assert_array_equal(far, scores)
    assert client.submit(lambda ids: ids.vectors, client.scatter(ids)).result() == ids.vectors


def test_a_fold_keeps_its_texts_and_threads_to_itself(client, recwarn):
    """joblib would count the cluster's cores, and send the texts of a fold to all workers."""
    many = TEXTS * 50  # enough for processes to pay
    with joblib.parallel_config("dask"):
        assert [local_jobs(n_jobs) for n_jobs in (None, 1, 3, -1)] == [1, 1, 3, joblib.cpu_count()]
        with Wire(client) as wire:
            lengths = client.submit(_n_tokens, many).result()
        Word2VecTrainer(vector_size=2, epochs=1, random_state=0).fit([["a", "b"]] * 9)
    assert lengths == sum(map(len, JapaneseTokenizer().transform(many)))
    assert wire.bytes < 2 * len("".join(many).encode())  # the texts, and no tokens
    assert not [one for one in recwarn.list if "n_jobs" in str(one.message)]
    assert local_jobs(None) == 1


def _n_tokens(texts):
    with joblib.parallel_config("dask"):  # as joblib does in each of its tasks
        return sum(map(len, JapaneseTokenizer().transform(texts)))


def test_scores_and_halving_equal_the_local_ones(client, vectors):
    steps = pipeline(vectors)
    halving = HalvingGridSearchCV(steps, GRID, cv=2, min_resources=24, random_state=0)
    scores = cross_val_score(steps, TEXTS, LABELS, cv=2)
    best = halving.fit(TEXTS, LABELS)
    with joblib.parallel_config("dask"):
        np.testing.assert_array_equal(cross_val_score(steps, TEXTS, LABELS, cv=2), scores)
        assert_same(
            HalvingGridSearchCV(steps, GRID, cv=2, min_resources=24, random_state=0).fit(
                TEXTS, LABELS
            ),
            best,
        )


# --------------------------------------------------------------------------- faults
@pytest.fixture
def other_view(client, vectors, tmp_path):
    """One worker of its own cache and folder, where the vectors are not; gives their path."""
    folders, caches = {}, {}
    for worker in client.scheduler_info()["workers"]:
        folders |= client.run(os.getcwd, workers=[worker])
    caches = client.run(os.environ.get, "SKLEARN_W2V_CACHE")
    here = os.getcwd()
    blind = sorted(folders)[0]
    os.chdir(vectors.parent)
    client.run(os.chdir, os.fspath(vectors.parent))
    client.run(os.chdir, os.fspath(tmp_path), workers=[blind])
    client.run(os.environ.__setitem__, "SKLEARN_W2V_CACHE", str(tmp_path), workers=[blind])
    yield "/proc/self/cwd/vectors.bin"  # each process has a folder of its own
    os.chdir(here)
    for worker, folder in folders.items():
        client.run(os.chdir, folder, workers=[worker])
        client.run(os.environ.__setitem__, "SKLEARN_W2V_CACHE", caches[worker], workers=[worker])


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="needs Linux's /proc")
def test_vectors_that_a_worker_lacks_are_named_with_its_host(client, other_view):
    message = rf"vectors file '/proc/self/cwd/vectors\.bin'.* on the host '{platform.node()}'"
    with joblib.parallel_config("dask"), pytest.raises(FileNotFoundError, match=message):
        search(pipeline(other_view)).fit(TEXTS, LABELS)
    fitted = pipeline(other_view).fit(TEXTS, LABELS)
    message = rf"are in '/proc/self/cwd/vectors\.bin', .* on the host '{platform.node()}'"
    with pytest.raises(FileNotFoundError, match=message):
        distributed.predict(fitted, texts(24)).compute()


KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # which on Windows kills, too


class Killer(threading.Thread):
    """Kills the first worker that writes into a folder."""

    def __init__(self, log):
        super().__init__(daemon=True)
        self.log, self.killed = log, None

    def run(self):
        for _ in range(6_000):
            for file in self.log.iterdir():
                process = int(file.name.split("-")[0])
                if process != os.getpid():
                    self.killed = process
                    os.kill(process, KILL)
                    return
            time.sleep(0.01)


def test_a_search_survives_a_worker_that_is_killed(client, vectors, expected, tmp_path):
    killer = Killer(tmp_path)
    killer.start()
    with distributed.parallel():
        far = search(tokenizing(vectors, tmp_path)).fit(TEXTS, LABELS)
    killer.join(timeout=60)
    assert killer.killed
    assert_same(far, expected)


class HolderKiller(Killer):
    """Kills the workers that hold the data of a search, but one, as soon as it has begun."""

    def __init__(self, log, client):
        super().__init__(log)
        self.client, self.n_keys = client, 0

    def run(self):
        for _ in range(6_000):
            held = self.client.who_has()
            workers = {one for key, ones in held.items() if "w2v-data" in str(key) for one in ones}
            if any(self.log.iterdir()) and workers:
                self.killed = self.client.run(os.getpid, workers=[min(workers)])[min(workers)]
                os.kill(self.killed, KILL)
                return
            time.sleep(0.01)


@pytest.mark.parametrize("as_array", [False, True], ids=["list", "array"])
def test_the_data_of_a_search_outlive_the_worker_that_has_them(client, tmp_path, as_array):
    """joblib puts an array, a fold's rows included, on a single worker."""
    words = make_pipeline(Logged(os.fspath(tmp_path)), TfidfVectorizer(analyzer=list))
    model = make_pipeline(words, LogisticRegression())
    X = TEXTS * 10
    X, y = np.array(X, dtype=object) if as_array else X, np.tile(LABELS, 10)
    grid = {"logisticregression__C": np.logspace(-2, 2, 4)}
    killer = HolderKiller(tmp_path, client)
    killer.start()
    with distributed.parallel(X):
        far = GridSearchCV(model, grid, cv=3, error_score="raise").fit(X, y)
    killer.join(timeout=60)
    assert killer.killed
    assert_same(far, GridSearchCV(model, grid, cv=3).fit(X, y))


def slowly(documents):
    time.sleep(0.3)
    return documents


@pytest.mark.parametrize("shared", [False, True])
def test_texts_that_are_shared_do_not_go_with_each_task(client, shared):
    client.wait_for_workers(2, timeout=60)  # one alone, behind a kill, and joblib sends nothing
    texts = [text * 50 for text in TEXTS * 10]
    size = sum(len(text.encode()) for text in texts)
    # joblib sends quick tasks together, and their texts once
    slow = FunctionTransformer(slowly, validate=False)
    model = make_pipeline(slow, CountVectorizer(analyzer=set), MultinomialNB())
    with Wire(client) as wire, distributed.parallel(*([texts] if shared else [])):
        cross_val_score(model, texts, np.tile(LABELS, 10), cv=10)
    assert size < 1e6
    times = wire.bytes / size
    assert (times < 5) == shared


def test_a_search_on_a_cluster_needs_one(monkeypatch):
    monkeypatch.setattr("distributed.get_client", lambda: (_ for _ in ()).throw(ValueError))
    with (
        pytest.raises(ValueError, match="client=None and there is no current client"),
        distributed.parallel(),
    ):
        pass
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(ImportError, match="Searches on a cluster need Dask"),
        distributed.parallel(),
    ):
        pass


def test_a_prediction_survives_a_worker_that_is_killed(client, model, tmp_path):
    logged = make_pipeline(Logged(os.fspath(tmp_path)), *list(model.named_steps.values())[1:])
    killer = Killer(tmp_path)
    found = distributed.predict(logged, texts(12), chunk_size=2)
    killer.start()
    labels = found.compute()
    killer.join(timeout=60)
    assert killer.killed
    assert labels == model.predict(TEXTS).tolist()
