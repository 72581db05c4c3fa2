"""A search on real texts with 200,000 x 200 vectors in a file: time, memory, sizes.

``GridSearchCV`` of ``train_embeddings`` and of the words that are kept, on two processes, with the
poets' texts grouped by collection; also a nested search and ``HalvingGridSearchCV``. Memory is the
peak of the proportional set size of the whole process tree. Run as
``python benchmarks/search.py --data FOLDER``.
"""

from __future__ import annotations

import pickle
import tempfile
import threading
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from _common import machine, markdown, parser, write
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    cross_val_score,
)

from sklearn_w2v import JapaneseTokenizer, WordVectors, make_w2v_pipeline
from sklearn_w2v.datasets import load_poets
from sklearn_w2v.exceptions import TruncationWarning

ROWS, DIM = 200_000, 200


def make_vectors(folder: Path, texts: list[str], seed: int) -> Path:
    """A vectors file of the texts' words and as many invented ones as it takes."""
    documents = JapaneseTokenizer(pos=None).transform(texts)
    words = list(dict.fromkeys(word for document in documents for word in document))
    words += [f"word{number}" for number in range(ROWS - len(words))]
    table = np.random.default_rng(seed).normal(0, 0.1, (ROWS, DIM))
    path = folder / "vectors.bin"
    WordVectors(words, table).save(path)
    return path


class PeakMemory:
    """Context that samples the proportional set size of this process and its children."""

    def __enter__(self) -> PeakMemory:
        self.peak = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def _watch(self) -> None:
        me = psutil.Process()
        while not self._stop.wait(0.2):
            total = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    total += process.memory_full_info().pss
                except psutil.Error:
                    continue
            self.peak = max(self.peak, total)

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()


def searches(model: Any, texts: list[str], y: Any, groups: Any) -> dict[str, Any]:
    """What is measured: name and a function that runs it."""
    trainability = {"clf__train_embeddings": [True, False]}
    folds = GroupKFold(3)
    article = clone(model).set_params(
        clf__pooling="last", clf__bidirectional=False, clf__dropout=0.0
    )
    return {
        "GridSearchCV over train_embeddings of the article's network, n_jobs=2": lambda: (
            GridSearchCV(article, trainability, cv=folds, n_jobs=2).fit(texts, y, groups=groups)
        ),
        "GridSearchCV over train_embeddings, n_jobs=2": lambda: GridSearchCV(
            model, trainability, cv=folds, n_jobs=2
        ).fit(texts, y, groups=groups),
        "GridSearchCV over tokens__pos and tokens__form, n_jobs=2": lambda: GridSearchCV(
            model,
            {"tokens__pos": ["content", None], "tokens__form": ["surface", "base"]},
            cv=folds,
            n_jobs=2,
        ).fit(texts, y, groups=groups),
        "HalvingGridSearchCV over train_embeddings": lambda: HalvingGridSearchCV(
            model,
            trainability,
            resource="clf__epochs",
            min_resources=2,
            max_resources=4,
            factor=2,
            cv=3,
            random_state=0,
        ).fit(texts, y),
        "nested: cross_val_score of GridSearchCV": lambda: cross_val_score(
            GridSearchCV(model, trainability, cv=2), texts, y, groups=groups, cv=folds
        ),
    }


def main() -> None:
    """Run and write ``results/search.md``."""
    options = parser(__doc__)
    options.add_argument("--epochs", type=int, default=3)
    args = options.parse_args()
    # collections differ in the lengths of poems; how many are cut does not matter here
    warnings.simplefilter("ignore", TruncationWarning)
    corpus = load_poets(args.data / "poets")
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # in a process of its own, whose memory is not the search's
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            path = pool.submit(make_vectors, folder, corpus.data, args.seed).result()
        model = make_w2v_pipeline(
            path,
            random_state=args.seed,
            epochs=args.epochs,
            memory=str(folder / "memory"),
            bow=None,  # what word vectors and networks cost
            maxlen=None,
        )
        started = time.perf_counter()
        for _ in range(100):
            clone(model)
        rows.append(["clone", f"{(time.perf_counter() - started) * 10:.2f} ms", ""])
        rows.append(["unfitted pickle", f"{len(pickle.dumps(model)):,} bytes", ""])
        for label, run in searches(model, corpus.data, corpus.target, corpus.groups).items():
            started = time.perf_counter()
            with PeakMemory() as memory:
                run()
            seconds = time.perf_counter() - started
            rows.append([label, f"{seconds:.1f} s", f"{memory.peak / 1e9:.2f} GB"])
            print(*rows[-1], flush=True)
            if "train_embeddings, n_jobs" in label:
                for trained in (True, False):
                    best = clone(model).set_params(clf__train_embeddings=trained, memory=None)
                    best.fit(corpus.data, corpus.target)
                    kind = "fine-tuned" if trained else "frozen"
                    size = len(pickle.dumps(best)) / 1e6
                    rows.append([f"fitted pickle, {kind}", f"{size:.2f} MB", ""])
    table = markdown(["what", "cost", "peak memory of all processes"], rows)
    notes = (
        f"{len(corpus.data)} poems, vectors of {ROWS:,} x {DIM} in a file (160 MB), "
        f"`make_w2v_pipeline(path, memory=...)`, {args.epochs} epochs. Peak memory: proportional "
        f"set size of the process tree, five samples a second.\n\n{machine()}"
    )
    write(args.out / "search.md", "Searches with big vectors", notes, [table])


if __name__ == "__main__":
    main()
