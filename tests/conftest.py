"""Shared fixtures: seeds, a cache of its own, small vectors, and corpora where they are."""

from __future__ import annotations

import csv
import gc
import io
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import namedtuple
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

# before anything converts vectors, here or in a worker process
_CACHE = tempfile.TemporaryDirectory(prefix="sklearn_w2v-tests-")
os.environ["SKLEARN_W2V_CACHE"] = _CACHE.name
# English, whatever the locale of who runs the tests
os.environ.pop("SKLEARN_W2V_LANGUAGE", None)
os.environ["LC_ALL"] = "C.UTF-8"

# processes that work side by side have their share of the cores, as in scikit-learn's own tests
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_SHARE = str(max(1, (os.cpu_count() or 1) // _WORKERS))
for _name in ("OMP_NUM", "OPENBLAS_NUM", "TF_NUM_INTRAOP", "TF_NUM_INTEROP"):
    os.environ.setdefault(f"{_name}_THREADS", _SHARE)

# a shell lets its background jobs, and all that they start, ignore Ctrl-C
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

DATA = Path(os.environ.get("SKLEARN_W2V_DATA", Path(__file__).parents[2] / "shared" / "data"))


def pytest_collection_finish() -> None:
    """Leave what is imported out of garbage collections, which each few fits ask for."""
    gc.collect()
    gc.freeze()
    if "tensorflow" in sys.modules:
        _optimize_graphs(False)


@pytest.fixture(autouse=True)
def _fixed_seeds() -> None:
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  (what libraries still draw from)


@pytest.fixture(autouse=True)
def _graphs_are_kept() -> None:
    """Keep compiled steps for the whole session: tracing takes most of the time of a small fit."""
    steps = sys.modules.get("sklearn_w2v.networks.compiled_steps")
    if steps is not None:
        steps._KEPT, steps._RULES = 10_000, 1_000


@pytest.fixture(autouse=True, scope="module")
def _kept_graphs_are_not_walked_through() -> Iterator[None]:
    """Leave what a file's tests have compiled out of later collections, too."""
    yield
    if "tensorflow" in sys.modules:
        gc.collect()
        gc.freeze()


def _optimize_graphs(whether: bool) -> None:
    """Let TensorFlow rewrite graphs before their first run, or not.

    That takes longer than all steps of a small fit. Processes that tests start do it as ever,
    and so do tests with one of the next two fixtures.
    """
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": not whether})


@pytest.fixture
def optimized_graphs() -> Iterator[None]:
    """Run graphs as users do, and bit-equal to those of other processes."""
    _optimize_graphs(True)
    yield
    _optimize_graphs(False)


@pytest.fixture(scope="module")
def optimized_graphs_of_all() -> Iterator[None]:
    """The same for the shared fixtures of a module too."""
    _optimize_graphs(True)
    yield
    _optimize_graphs(False)


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Folder of real corpora; the tests that need it are skipped where it is missing."""
    if not DATA.is_dir():
        pytest.skip(f"no corpora at {DATA} (set SKLEARN_W2V_DATA to their folder)")
    return DATA


@pytest.fixture(scope="session")
def lyrics():
    from sklearn_w2v.datasets import load_lyrics

    return load_lyrics()


@pytest.fixture
def few_lyrics(monkeypatch) -> None:
    """Let `load_lyrics` return a third of the songs of each album, for code that is only run."""
    from sklearn_w2v.datasets import lyrics

    whole = lyrics._read
    monkeypatch.setattr(lyrics, "_read", lambda text: islice(whole(text), 0, None, 3))


@pytest.fixture
def small_vectors():
    """Eight words in four dimensions: rain words on one side, summer words on the other."""
    from sklearn_w2v import WordVectors

    words = ["雨", "雪", "霧", "傘", "夏", "海", "砂", "祭"]
    rows = np.array(
        [[1, 0], [1, 0.1], [0.9, -0.1], [1, 0.2], [-1, 0], [-1, 0.1], [-0.9, 0], [-1, 1]]
    )
    noise = np.random.default_rng(0).normal(0, 0.05, (8, 2))
    return WordVectors(words, np.hstack([rows, noise]))


@pytest.fixture
def global_seed_is_left_alone():
    """Fails a test that draws from NumPy's global generator, or seeds it."""
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.rand()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    yield
    assert np.random.rand() == expected  # noqa: NPY002


Done = namedtuple("Done", "status out err")


@pytest.fixture
def command(monkeypatch, capsys):
    """Run ``sklearn-w2v`` within this process; gives status, output and error output."""
    from sklearn_w2v.cli.app import main

    def run(*arguments, stdin: bytes = b"") -> Done:
        bytes_in = io.BufferedReader(io.BytesIO(stdin))
        monkeypatch.setattr(sys, "argv", ["sklearn-w2v", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(bytes_in))
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        return Done(left.value.code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def weather(tmp_path_factory) -> Path:
    """Folder with ``weather.csv`` (text, label, place), and a model of it, ``weather.w2v``."""
    from sklearn_w2v import make_w2v_pipeline, save

    folder = tmp_path_factory.mktemp("weather")
    wet, dry = ["雨", "雪", "霧", "傘"], ["夏", "海", "砂", "祭"]
    rows = [
        (f"{places[0]}と{places[1]}の{number}日", label, f"町{number % 6}")
        for number in range(12)
        for label, words in (("wet", wet), ("dry", dry))
        for places in [(words[number % 4], words[(number + 1) % 4])]
    ]
    with open(folder / "weather.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label", "place"), *rows])
    model = make_w2v_pipeline(random_state=0, epochs=1, units=4)
    model.fit([row[0] for row in rows], [row[1] for row in rows])
    save(model, folder / "weather.w2v")
    return folder


_CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _missing(why: str) -> None:
    """Skip, or fail where a browser has to be there."""
    if os.environ.get("SKLEARN_W2V_BROWSER") == "required":
        pytest.fail(f"{why}, but SKLEARN_W2V_BROWSER=required")
    pytest.skip(why)


@pytest.fixture(scope="module")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        _missing("there is no Chromium (Debian: apt-get install chromium fonts-noto-cjk)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_CHROMIUM)
        yield browser
        browser.close()


class Pages:
    """Pages of a browser, what they said on the console, and what they asked for."""

    def __init__(self, browser) -> None:
        self._browser, self._contexts = browser, []
        self.said, self.asked = [], []

    def open(self, address: str, **options):
        """Open a page in a context of its own."""
        context = self._browser.new_context(**options)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(address)
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def pages(browser) -> Iterator[Pages]:
    opened = Pages(browser)
    yield opened
    opened.close()
