"""Beyond one machine's memory: searches on Dask, 2 GB of text, 5 million documents, their costs.

Run as ``python benchmarks/scaling.py --data FOLDER``; ``--parts`` chooses, ``--work`` names a
folder with 4 GB of room, in which nothing is left. It takes an hour on two cores. Memory is
``RssAnon``: what a process holds without the pages of files, which the system drops when it
needs room.
"""

from __future__ import annotations

import json
import lzma
import os
import signal
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from _common import CHIVE, machine, markdown, parser, write
from _memory import Peak, Wire, cpu_seconds
from dask import bag
from distributed import Client, LocalCluster, wait
from scipy.optimize import nnls
from sklearn.model_selection import GridSearchCV

from sklearn_w2v import (
    JapaneseTokenizer,
    TokenIds,
    W2VCNNClassifier,
    WordVectors,
    distributed,
    make_w2v_pipeline,
)
from sklearn_w2v.datasets import load_lyrics

Rows = list[list[str]]
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
COPIES = 17  # of the corpus: 2.1 GB
BLOCK = 8_000_000  # bytes of a partition
SHORT = 5_000_000  # documents of the fit from a file
CUT, READ = 64, 96  # words that the network reads, and their characters
ROUNDS = 3  # of the runs of the cost model
WIDTH, VOCABULARY, CLASSES = 16, 100_000, 5


@contextmanager
def cluster(workers: int) -> Iterator[Client]:
    """A client of worker processes of one thread, over TCP."""
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            protocol="tcp://",
            host="127.0.0.1",
            dashboard_address=":0",
            env=ONE_THREAD,
        ) as new,
        Client(new) as client,
    ):
        client.run(_start)
        yield client


def _start() -> int:
    import sklearn_w2v.networks.backend  # noqa: F401  (TensorFlow)

    return os.getpid()


def pids(client: Client) -> list[int]:
    """Process numbers of the workers."""
    return list(client.run(os.getpid).values())


# ---------------------------------------------------------------------------- searches
def wide_vectors(path: Path, words: list[str], rows: int, dim: int) -> Path:
    """Vectors of some words and many others, all at random, as a word2vec binary."""
    words = [*words, *(f"w{number}" for number in range(rows - len(words)))]
    WordVectors(words, np.random.default_rng(0).normal(size=(rows, dim)).astype(np.float32)).save(
        path
    )
    return path


KILLED_AFTER = 2  # seconds of a search


def kill_one(numbers: list[int], seconds: float) -> threading.Timer:
    """Kill the first of some processes after a while."""
    timer = threading.Timer(seconds, os.kill, (numbers[0], signal.SIGKILL))
    timer.start()
    return timer


def searches(data: Path, work: Path) -> dict[str, Any]:
    """A search on the lyrics with a table of 200,000 x 200: here, on Dask, with a worker killed."""
    songs = load_lyrics()
    tokens = make_w2v_pipeline()[0].transform(songs.data)
    words = sorted({str(word) for song in tokens for word in song if word.strip()})
    vectors = wide_vectors(work / "wide.bin", words, 200_000, 200)
    grid = {"clf__units": [8, 16], "clf__train_embeddings": [True, False]}

    def search(name: str) -> Any:
        model = make_w2v_pipeline(vectors, random_state=0, epochs=2, memory=str(work / name))
        return GridSearchCV(model, grid, cv=3, n_jobs=2).fit(songs.data, songs.target)

    def entry(how: str, found: Any, seconds: float, sent: float | None) -> list[str]:
        same = np.array_equal(
            found.cv_results_["mean_test_score"], local.cv_results_["mean_test_score"]
        )
        best = found.best_params_ == local.best_params_
        per_task = "" if sent is None else f"{sent / 12 / 1e3:.0f} kB"
        return [how, f"{seconds:.0f}", per_task, "yes" if same and best else "NO"]

    started = time.perf_counter()
    local = search("local")
    rows = [entry("here, two processes (loky)", local, time.perf_counter() - started, None)]
    with cluster(2) as client, distributed.parallel():
        started = time.perf_counter()
        with Wire(client) as wire:
            far = search("dask")
        rows.append(entry("Dask, two workers", far, time.perf_counter() - started, wire.bytes))
        before = pids(client)
        timer = kill_one(before, KILLED_AFTER)
        started = time.perf_counter()
        far = search("killed")
        seconds = time.perf_counter() - started
        timer.cancel()
        if before[0] in pids(client):
            raise RuntimeError("the search ended before its worker was killed")
        rows.append(entry(f"Dask, one killed after {KILLED_AFTER} s", far, seconds, None))
    size = vectors.stat().st_size / 1e6
    return {"rows": rows, "file": f"{size:.0f} MB"}


# ------------------------------------------------------------------- 2 GB of text
def paragraphs(data: Path) -> bytes:
    """The unlabelled corpus, one paragraph a line."""
    return lzma.decompress((data / "aozora-corpus" / "corpus.txt.xz").read_bytes())


def reader(data: Path, vectors: Any = None, **params: Any) -> Any:
    """A fitted classifier of paragraphs (speech, or not), with a CNN; of 50 filters if not told."""
    lines = paragraphs(data)[:20_000_000].decode("utf-8", "ignore").splitlines()
    lines = [line for line in lines if len(line) > 10][:6_000]
    speech = ["speech" if line.startswith("「") else "prose" for line in lines]
    model = make_w2v_pipeline(
        vectors or data / CHIVE,
        network="cnn",
        random_state=0,
        **{"bow": None, "epochs": 2, "filters": 50, "channels": "static", "maxlen": CUT, **params},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # documents that are cut
        return model.fit(lines, speech)


def counted(model: Any, files: str | list[str], block: int = BLOCK) -> dict[str, int]:
    """How many paragraphs of some files belong to each class."""
    lines = bag.read_text(files, blocksize=block).map(str.rstrip, "\n")
    found = distributed.predict(model, lines).frequencies().compute()
    return {str(label): int(count) for label, count in found}


def big_text(data: Path, work: Path) -> dict[str, Any]:
    """2 GB of text on two workers: time, memory of each, and whether every label is right."""
    surfaces = JapaneseTokenizer(form="surface", pos=None)
    text = paragraphs(data)
    model = reader(data, filters=8, kernel_sizes=(1,), tokenizer=surfaces)
    one, many = work / "one.txt", work / "many.txt"
    one.write_bytes(text)
    with many.open("wb") as file:
        for _ in range(COPIES):
            file.write(text)
    rows = []
    with cluster(2) as client:
        numbers = pids(client)
        counted(model, str(one), 60_000_000)  # warm: the model is there, the graphs are traced
        base = Peak(*numbers)
        with base:
            time.sleep(0.5)
        seen: dict[str, dict[str, int]] = {}
        for name, path in (("one copy", one), (f"{COPIES} copies", many)):
            size, used = path.stat().st_size, cpu_seconds(numbers)
            started = time.perf_counter()
            with Peak(*numbers) as peak, Wire(client) as wire:
                seen[name] = counted(model, str(path))
            seconds = time.perf_counter() - started
            rows.append(
                [
                    name,
                    f"{size / 1e9:.2f} GB",
                    f"{sum(seen[name].values()):,}",
                    f"{seconds:.0f}",
                    f"{cpu_seconds(numbers) - used:.0f}",
                    " and ".join(f"{mb}" for mb in peak.mb),
                    f"{wire.bytes / 1e6:.1f}",
                ]
            )
            print(rows[-1], flush=True)
        many.unlink()
    first, last = seen.values()
    return {
        "rows": rows,
        "start": " and ".join(f"{mb}" for mb in base.mb),
        "same": last == {label: COPIES * count for label, count in first.items()},
        "labels": first,
    }


# ------------------------------------------------------- five million short documents
def write_ids(work: Path, n_documents: int) -> tuple[Path, Path]:
    """Ids of documents of some 12 words, and labels, of which some words tell; in files."""
    random = np.random.default_rng(0)
    frequency = 1 / np.arange(1, VOCABULARY + 1)
    frequency /= frequency.sum()
    ids = np.lib.format.open_memmap(
        work / "ids.npy", mode="w+", dtype=np.int32, shape=(n_documents, WIDTH)
    )
    y = random.integers(0, CLASSES, n_documents, dtype=np.int8)
    for start in range(0, n_documents, 500_000):
        part = slice(start, min(start + 500_000, n_documents))
        words = random.choice(VOCABULARY, (part.stop - start, WIDTH), p=frequency)
        telling = random.random(words.shape) < 0.15
        words = np.where(telling, words // CLASSES * CLASSES + y[part, None], words) % VOCABULARY
        lengths = random.integers(8, WIDTH + 1, part.stop - start)
        ids[part] = np.where(np.arange(WIDTH) < lengths[:, None], words + 2, 0)
    ids.flush()
    np.save(work / "y.npy", y)
    return work / "ids.npy", work / "y.npy"


def small(**params: Any) -> W2VCNNClassifier:
    """A small network of one epoch."""
    settings = {"filters": 16, "kernel_sizes": (1, 2), "hidden": None, "epochs": 1}
    return W2VCNNClassifier(
        **{**settings, "batch_size": 1024, "channels": "static", "random_state": 0, **params}
    )


def fits(data: Path, work: Path) -> dict[str, Any]:
    """Fits of 5 million documents in a file, at once and in chunks, and equality on fewer."""
    ids_file, y_file = write_ids(work, SHORT)
    table = np.random.default_rng(1).normal(size=(VOCABULARY, 50)).astype(np.float32)
    WordVectors([f"w{number}" for number in range(VOCABULARY)], table).save(work / "ids.bin")
    vectors = WordVectors.load(work / "ids.bin")
    y = np.load(y_file)

    def mapped(rows: slice) -> TokenIds:
        return TokenIds(np.load(ids_file, mmap_mode="r")[rows], vectors)

    test = mapped(slice(SHORT - 50_000, SHORT)), y[-50_000:]
    few = slice(0, 200_000)
    here, there = (
        small().fit(X, y[few]).predict_proba(test[0])
        for X in (TokenIds(np.array(mapped(few)), vectors), mapped(few))
    )
    rows = []

    def run(how: str, fit: Callable[[], Any]) -> None:
        with Peak(os.getpid()) as peak:
            started, used = time.perf_counter(), time.process_time()
            clf = fit()
            seconds, used = time.perf_counter() - started, time.process_time() - used
        accuracy = f"{clf.score(*test):.4f}"
        rows.append([how, f"{seconds:.0f}", f"{used:.0f}", f"{peak.mb[0]:,}", accuracy])
        print(rows[-1], flush=True)

    def chunks() -> Any:
        clf = small()
        for start in range(0, SHORT - 50_000, 200_000):
            part = slice(start, min(start + 200_000, SHORT - 50_000))
            clf.partial_fit(mapped(part), y[part], classes=range(CLASSES))
        return clf

    train = slice(0, SHORT - 50_000)
    with Peak(os.getpid()) as base:
        time.sleep(0.5)
    run("chunks of 200,000, `partial_fit`", chunks)
    run("at once, `fit` from the file", lambda: small().fit(mapped(train), y[train]))
    same = np.array_equal(here, there)
    size = ids_file.stat().st_size / 1e6
    return {"rows": rows, "base": base.mb[0], "same": bool(same), "file": f"{size:.0f} MB"}


# ----------------------------------------------------------------------- cost model
def lines_of(data: Path, shortest: int, longest: int, n: int, path: Path) -> tuple[str, float]:
    """File of `n` paragraphs of some lengths, and their mean length in characters."""
    lines = paragraphs(data).decode("utf-8", "replace").splitlines()
    lines = [line for line in lines if shortest <= len(line) <= longest]
    lines = (lines * (n // len(lines) + 1))[:n]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path), float(np.mean(list(map(len, lines))))


def costs(data: Path, work: Path) -> dict[str, Any]:
    """Constants from runs on one worker, and runs that they have to foretell."""
    chive = WordVectors.load(data / CHIVE)
    plans = [  # use, paragraphs, shortest, longest, rows of the table, workers
        ("measured", 20_000, 10, 40, 20_000, 1),
        ("measured", 16_000, 60, 120, 20_000, 1),
        ("measured", 10_000, 150, 300, 20_000, 1),
        ("foretold", 40_000, 10, 40, 20_000, 1),
        ("foretold", 16_000, 60, 120, 200_000, 1),
        ("foretold", 30_000, 60, 120, 200_000, 2),
        ("foretold", 60_000, 10, 40, 20_000, 2),
        ("foretold", 15_000, 150, 300, 20_000, 2),
        ("foretold", 10_000, 300, 600, 200_000, 2),
    ]
    models = {20_000: reader(data)}
    added = [f"w{number}" for number in range(180_000)]
    noise = np.random.default_rng(0).normal(size=(len(added), chive.dim)).astype(np.float32)
    matrix = np.concatenate([chive.take(np.arange(len(chive)) + 2), noise])
    WordVectors([*chive.words, *added], matrix).save(work / "wide.bin")
    models[200_000] = reader(data, work / "wide.bin")
    shortest_time: dict[int, list[float]] = {}
    for _ in range(ROUNDS):
        for workers in (1, 2):
            with cluster(workers) as client:
                numbers = pids(client)
                for place, (use, n, shortest, longest, table, wanted) in enumerate(plans):
                    if wanted != workers:
                        continue
                    path, length = lines_of(data, shortest, longest, n, work / "lines.txt")
                    block = os.path.getsize(path) // (4 * workers) + 1
                    counted(models[table], *part_of(path, 500 * workers, workers))  # warm
                    used, started = cpu_seconds(numbers), time.perf_counter()
                    counted(models[table], path, block)
                    seconds = time.perf_counter() - started
                    used = cpu_seconds(numbers) - used
                    run = [use, n, length, table, workers, seconds, used]
                    print(run, flush=True)
                    best = shortest_time.setdefault(place, run)
                    best[5:] = [min(best[5], seconds), min(best[6], used)]
    return {"runs": [shortest_time[place] for place in range(len(plans))]}


def part_of(path: str, n: int, workers: int) -> tuple[str, int]:
    """File of the first lines of another, and a block size that gives each worker a part."""
    part = f"{path}.part"
    with open(path, encoding="utf-8") as file:
        Path(part).write_text("".join(islice(file, n)), encoding="utf-8")
    return part, os.path.getsize(part) // workers + 1


def start_up(data: Path, work: Path) -> dict[str, Any]:
    """Time before the first document: workers, TensorFlow, the model, the vectors."""
    seconds = {}
    started = time.perf_counter()
    with cluster(2) as client:
        seconds["cluster and TensorFlow"] = time.perf_counter() - started
        model = reader(data)
        warm = bag.from_sequence(["雨が降る。"] * 2, npartitions=2)
        started = time.perf_counter()
        wait(distributed.predict(model, warm).persist())
        seconds["model and first prediction"] = time.perf_counter() - started
        del client
    for rows in (50_000, 200_000):
        path = wide_vectors(work / f"{rows}.bin", [], rows, 200)
        started = time.perf_counter()
        WordVectors.load(path)
        seconds[f"conversion of {rows:,} x 200 vectors"] = time.perf_counter() - started
    return {"seconds": seconds}


# ------------------------------------------------------------------------- report
def work_of(run: list[Any]) -> Any:
    """Documents, characters, and characters that the network reads."""
    n, length = run[1], run[2]
    return np.array([n, n * length, n * min(length, READ)])


def fitted(runs: list[list[Any]], column: int) -> Any:
    """Seconds of a document, a character and one that is read, from runs on one worker."""
    known = [run for run in runs if run[0] == "measured"]
    seconds = np.array([run[column] for run in known])
    shares = np.array([work_of(run) for run in known]) / seconds[:, None]  # relative errors
    return nnls(shares, np.ones(len(known)))[0]


def cost_table(runs: list[list[Any]]) -> tuple[str, str]:
    """The formula with its constants, and predicted next to measured seconds."""
    wall, cpu = fitted(runs, 5), fitted(runs, 6)
    rows = []
    for run in runs:
        use, n, length, table, workers, seconds, used = run
        predicted, predicted_cpu = work_of(run) @ wall / workers, work_of(run) @ cpu
        rows.append(
            [
                "constants" if use == "measured" else "test",
                f"{n:,}",
                f"{length:.0f}",
                f"{table:,}",
                str(workers),
                f"{predicted:.1f}",
                f"{seconds:.1f}",
                f"{100 * (predicted / seconds - 1):+.0f} %",
                f"{predicted_cpu:.1f}",
                f"{used:.1f}",
                f"{100 * (predicted_cpu / used - 1):+.0f} %",
            ]
        )
    head = ["use", "documents", "characters", "rows", "workers", "wall: predicted", "measured", ""]
    both = (" µs, ".join(f"{1e6 * one:.2f}" for one in kind) + " µs" for kind in (wall, cpu))
    note = "a, b and c of wall time: {}; of processor time: {}.\n".format(*both)
    return note, markdown([*head, "CPU: predicted", "measured", ""], rows)


def on_paper(runs: list[list[Any]]) -> str:
    """100 million documents by the formula."""
    cost = fitted(runs, 5)
    rows = []
    for length in (40, 400):
        one = float(work_of(["", 1e8, length]) @ cost)
        rows += [[f"{length}", f"{w}", f"{one / w / 3600:.1f}"] for w in (1, 16, 64)]
    return markdown(["characters a document", "workers", "hours"], rows)


def report(done: dict[str, Any], out: Path) -> None:
    """Write the table file of what was measured so far."""
    tables = []
    if part := done.get("search"):
        head = [
            "search of 12 fits and one refit",
            "seconds",
            "over the wire, a task",
            "same scores",
        ]
        tables += ["## Searches\n", f"Table of 200,000 x 200 in a file of {part['file']}.\n"]
        tables += [markdown(head, part["rows"])]
    if part := done.get("predict"):
        head = ["text", "size", "paragraphs", "seconds", "CPU seconds of the workers"]
        head += ["peak of each worker, MB", "over the wire, MB"]
        same = "are" if part["same"] else "ARE NOT"
        tables += [
            "## 2 GB of text on two workers\n",
            "Surfaces without their other forms, and a CNN of 8 filters on single words. "
            f"Before: {part['start']} MB (TensorFlow, the model). The numbers of labels in all "
            f"copies {same} {COPIES} times those of one.\n",
            markdown(head, part["rows"]),
        ]
    if part := done.get("fit"):
        head = ["5 million documents of 12 words", "seconds", "CPU seconds", "peak, MB"]
        head += ["accuracy"]
        same = "are equal bit by bit" if part["same"] else "DIFFER"
        tables += [
            "## A fit from a file\n",
            f"Ids in a file of {part['file']}; before the fits, the process has {part['base']:,} "
            "MB. On 200,000 documents, probabilities after fits from memory and from the file "
            f"{same}.\n",
            markdown(head, part["rows"]),
        ]
    if part := done.get("start"):
        rows = [[what, f"{seconds:.1f}"] for what, seconds in part["seconds"].items()]
        tables += ["## Ahead of the first document\n", markdown(["what", "seconds"], rows)]
    if part := done.get("cost"):
        note, table = cost_table(part["runs"])
        tables += [
            "## Cost of a prediction\n",
            "seconds = start + vectors + documents x (a + b x characters + c x min(characters, "
            f"{READ})) / workers\n",
            f"a: a document. b: a character, for tokens and ids. c: one that the network reads: "
            f"{READ} characters are some {CUT} words, where it is cut. The size of the table has "
            "no term.\n",
            note,
            "The constants come from three runs on one worker, the other rows test them; each is "
            f"the shortest of {ROUNDS}, in turn with all others.\n",
            table,
            "On paper, 100 million documents, each worker with a core of its own:\n",
            on_paper(part["runs"]),
        ]
    notes = f"{machine()}. Two cores that other work shares: trust processor time and ratios."
    write(out / "scaling.md", "Beyond one machine's memory", notes, tables)


PARTS = {
    "search": searches,
    "start": start_up,
    "cost": costs,
    "fit": fits,
    "predict": big_text,
}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    options.add_argument("--work", type=Path, default=None, help="folder with 4 GB of room")
    args = options.parse_args()
    kept = args.out / "scaling.json"
    done: dict[str, Any] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    os.environ.update(ONE_THREAD)  # as the workers
    for name in args.parts:
        with tempfile.TemporaryDirectory(dir=args.work) as folder:
            os.environ["SKLEARN_W2V_CACHE"] = str(Path(folder) / "cache")
            done[name] = PARTS[name](args.data, Path(folder))
        args.out.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(done, ensure_ascii=False, indent=1), encoding="utf-8")
        report(done, args.out)


if __name__ == "__main__":
    main()
