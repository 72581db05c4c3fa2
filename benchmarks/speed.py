"""Time and memory of ours and of other ways: training, search, vectors, words, prediction.

Ours and each peer run in turn, each in its own process, several rounds; the tables hold medians,
ratios, and the peak of the proportional set size of the process tree. Run as
``python benchmarks/speed.py --data FOLDER``; ``--parts`` chooses. The peers are in the extra
``benchmark``; one that is not installed is left out.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psutil
from _common import CHIVE, machine, markdown, parser, write

from sklearn_w2v import JapaneseTokenizer, W2VIndexer, WordVectors
from sklearn_w2v.datasets import load_livedoor

WORKER = Path(__file__).with_name("_speed_peers.py")
NEEDS = {
    "skorch": "skorch",
    "fastText": "fasttext",
    "SudachiPy, surfaces": "sudachipy",
    "Janome, surfaces": "janome",
}
N_TEST = 400
DIM, UNITS = 300, 100
SEARCH_ROWS = 200_000

Result = dict[str, Any]


class Runner:
    """Runs measurements in processes of their own and keeps what they print.

    Parameters
    ----------
    folder : Path
        Prepared documents and vectors.
    rounds : int
        How often each one runs.
    limit : float
        Seconds after which a process is stopped.
    """

    def __init__(self, folder: Path, rounds: int, limit: float) -> None:
        self.folder, self.rounds, self.limit = folder, rounds, limit
        # each process converts vectors by itself, unless it was done before
        self.environment = {**os.environ, "SKLEARN_W2V_CACHE": str(folder / "cache")}

    def once(self, job: str, options: dict[str, Any]) -> Result:
        """One measurement, and its peak memory."""
        command = [sys.executable, str(WORKER), job, str(self.folder), json.dumps(options)]
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
            child = subprocess.Popen(command, stdout=out, stderr=errors, env=self.environment)
            peak, started = 0, time.perf_counter()
            while child.poll() is None:
                peak = max(peak, tree_memory(child.pid))
                time.sleep(0.1)
                if time.perf_counter() - started > self.limit:
                    child.kill()
                    raise TimeoutError(f"{job} {options}: stopped after {self.limit:.0f} s")
            out.seek(0)
            errors.seek(0)
            if child.returncode:
                raise RuntimeError(f"{job} {options}: {errors.read()[-3000:]}")
            result: Result = json.loads(out.read().splitlines()[-1])
        print(job, options, result, f"{peak / 1e6:.0f} MB", flush=True)
        return {**result, "peak": peak}

    def turns(self, job: str, peers: Sequence[str], options: dict[str, Any]) -> dict[str, Result]:
        """Medians of peers that run in turn; without those that take too long."""
        runs: dict[str, list[Result]] = {peer: [] for peer in peers if has(peer)}
        for _ in range(self.rounds):
            for peer in list(runs):
                try:
                    runs[peer].append(self.once(job, {**options, "peer": peer}))
                except TimeoutError as error:
                    print(error, flush=True)
                    del runs[peer]
        return {
            peer: {key: median(one[key] for one in done) for key in done[0]}
            for peer, done in runs.items()
        }


def has(peer: str) -> bool:
    """Whether a peer is installed."""
    return peer not in NEEDS or importlib.util.find_spec(NEEDS[peer]) is not None


def tree_memory(pid: int) -> int:
    """Proportional set size of a process and its children."""
    total = 0
    try:
        process = psutil.Process(pid)
        for one in [process, *process.children(recursive=True)]:
            total += one.memory_full_info().pss
    except psutil.Error:
        pass
    return total


def prepare(data: Path, folder: Path, n: int, seed: int) -> str:
    """Write documents, tokens, texts and vectors; say what they are."""
    corpus = load_livedoor(data / "livedoor" / "ldcc-20140209-text.tar.gz")
    chosen = np.random.default_rng(seed).permutation(len(corpus.data))[: n + N_TEST]
    texts = [corpus.data[place] for place in chosen]
    (folder / "texts.json").write_text(json.dumps(corpus.data), encoding="utf-8")
    tokens = JapaneseTokenizer(form="base", pos=None).transform(texts)
    (folder / "tokens.json").write_text(json.dumps([tokens[:n], tokens[n:]]), encoding="utf-8")
    chive = WordVectors.load(data / CHIVE)
    chive.save(folder / "vectors.bin")
    longest = max(map(len, tokens))
    # words that the vectors lack are id 1, for us as for the others
    indexer = W2VIndexer(chive, maxlen=longest, min_count=10**9, match="exact", random_state=seed)
    ids = np.asarray(indexer.fit(tokens).transform(tokens))
    _, y = np.unique(corpus.target, return_inverse=True)
    y = y[chosen].astype(np.int32)
    np.savez(folder / "documents.npz", ids=ids[:n], y=y[:n], test=ids[n:], test_y=y[n:])
    lengths = (ids[:n] != 0).sum(axis=1)
    return (
        f"{n} articles of livedoor news to train on, {N_TEST} to test; {lengths.mean():.0f} words "
        f"on average, {lengths.max()} at most. chiVe vectors, {len(chive):,} x {chive.dim}."
    )


def flops(folder: Path, width: int | None, epochs: int, trained: bool) -> float:
    """Multiplications and additions that training cannot do without."""
    with np.load(folder / "documents.npz") as saved:
        words = np.minimum((saved["ids"] != 0).sum(axis=1), width or 10**9).sum()
    forward = 2 * 4 * UNITS * (DIM + UNITS)
    backward = 2 * 4 * UNITS * (DIM * (2 if trained else 1) + 2 * UNITS)
    return float(words) * epochs * (forward + backward)


def fits(run: Runner, epochs: int) -> str:
    """Training of the same network."""
    bound = run.turns("product", ["ours"], {})["ours"]["flops"]
    rows = []
    for width in (400, None):
        for trained in (False, True):
            options = {"width": width, "trained": trained, "epochs": epochs}
            peers = ["ours", "Keras", "scikeras", "skorch"]
            found = run.turns("fit", peers, options)
            late = [peer for peer in peers if has(peer) and peer not in found]
            if not trained:  # they have no table to freeze
                found |= run.turns("fit", ["fastText", "TF-IDF + LinearSVC"], options)
            second = run.turns("fit", ["ours"], {**options, "again": True})["ours"]
            found = {"ours": found.pop("ours"), "ours, second fit of a process": second, **found}
            least = flops(run.folder, width, epochs, trained) / bound
            for peer, one in found.items():
                network = peer not in ("fastText", "TF-IDF + LinearSVC")
                rows.append(
                    [
                        str(width or "uncut"),
                        ("trained" if trained else "frozen") if network else "",
                        peer,
                        f"{one['seconds']:.1f}",
                        f"{one['seconds'] / found['ours']['seconds']:.1f}",
                        f"{epochs * one['n'] / one['seconds']:.0f}" if network else "",
                        f"{100 * least / one['seconds']:.0f} %" if network else "",
                        f"{one['predict']:.1f}",
                        f"{one['peak'] / 1e9:.2f}",
                        f"{one['accuracy']:.3f}",
                    ]
                )
            kind = "trained" if trained else "frozen"
            for peer in late:
                above = f"> {run.limit:.0f}"
                rows.append([str(width or "uncut"), kind, peer, above, *[""] * 6])
    header = [
        "words",
        "table",
        "what",
        "fit, s",
        "times ours",
        "documents/s",
        "of the bound",
        "predict, s",
        "peak, GB",
        "accuracy",
    ]
    return (
        f"## The same network: {UNITS} units, last state, {epochs} epochs\n\n"
        "fastText and TF-IDF are other models, for the scale. Bound: the network's products at "
        f"the speed of one large product ({bound / 1e9:.0f} GFLOP/s), without padding.\n\n"
        + markdown(header, rows)
    )


def shortcuts(run: Runner) -> str:
    """What makes a fit faster, left out one by one."""
    peers = ["ours", "batches of any lengths", "Keras' steps, dense Adam", "Keras' LSTM"]
    options = {"width": 400, "trained": True, "epochs": 8}
    runs: dict[str, list[Result]] = {peer: [] for peer in peers}
    for seed in range(run.rounds):
        for peer in peers:
            runs[peer].append(run.once("shortcut", {**options, "peer": peer, "seed": seed}))
    rows = []
    for peer, done in runs.items():
        accuracy = np.array([one["accuracy"] for one in done])
        seconds = median(one["seconds"] for one in done)
        ratio = seconds / median(one["seconds"] for one in runs["ours"])
        spread = f"{accuracy.mean():.3f} ± {accuracy.std():.3f}"
        rows.append([peer, f"{seconds:.1f}", f"{ratio:.1f}", spread])
    return (
        "## What makes a fit faster, left out one by one (400 words, trained table, 8 epochs)\n\n"
        f"Accuracy: mean and standard deviation of seeds 0 to {run.rounds - 1}.\n\n"
        + markdown(["instead", "fit, s", "times ours", "accuracy"], rows)
    )


def searches(run: Runner, epochs: int) -> str:
    """A search over trainability, with more vectors than the documents have words."""
    name = "vectors-search.bin"
    big_vectors(run.folder / name, run.folder / "vectors.bin", SEARCH_ROWS)
    run.once("vectors", {"peer": "ours", "vectors": name, "word": "の"})  # convert
    options = {"width": 400, "epochs": epochs, "n": 320, "vectors": name}
    found = run.turns("search", ["ours", "scikeras"], options)
    rows = [
        [
            peer,
            f"{one['seconds']:.1f}",
            f"{one['seconds'] / found['ours']['seconds']:.1f}",
            f"{one['peak'] / 1e9:.2f}",
            f"{one['accuracy']:.3f}",
        ]
        for peer, one in found.items()
    ]
    return (
        "## GridSearchCV of `train_embeddings`, three folds, n_jobs=2\n\n"
        f"320 documents of at most 400 words; {SEARCH_ROWS:,} x {DIM} vectors.\n\n"
        + markdown(["what", "s", "times ours", "peak, GB", "best score"], rows)
    )


def big_vectors(path: Path, chive: Path, rows: int) -> None:
    """Words of chiVe and invented ones, in word2vec's binary format."""
    known = WordVectors.load(chive)
    random = np.random.default_rng(0)
    with open(path, "wb") as file:
        file.write(f"{rows} {known.dim}\n".encode())
        for start in range(0, rows, 10_000):
            block = random.normal(0, 0.1, (min(10_000, rows - start), known.dim)).astype("<f4")
            if start < len(known):
                own = known.vectors[start : start + len(block)]
                block[: len(own)] = own
            for place, row in enumerate(block, start):
                word = known.words[place] if place < len(known) else f"word{place}"
                file.write(word.encode() + b" " + row.tobytes() + b"\n")


def growth(run: Runner, out: Path) -> str:
    """Cost as work grows."""
    base = {"peer": "ours", "predict": False, "epochs": 2, "width": 400, "trained": True, "n": 320}
    cases: dict[str, list[tuple[int, dict[str, Any]]]] = {
        "documents": [(n, {"n": n}) for n in (320, 640, 1280, 2560)],
        "words of a document": [(width, {"width": width}) for width in (100, 400, 1600)],
        "words of the table": [],
    }
    for size in (20_000, 200_000, 1_000_000):
        name = f"vectors-{size}.bin"
        big_vectors(run.folder / name, run.folder / "vectors.bin", size)
        run.once("vectors", {"peer": "ours", "vectors": name, "word": "の"})  # convert
        cases["words of the table"].append((size, {"vectors": name}))
    rows, plotted = [], {}
    for what, sizes in cases.items():
        for size, change in sizes:
            done = [run.once("fit", {**base, **change}) for _ in range(run.rounds)]
            seconds = median(one["seconds"] for one in done)
            each = 1e3 * seconds / base["epochs"] / done[0]["n"]
            peak = median(one["peak"] for one in done)
            rows.append([what, f"{size:,}", f"{seconds:.2f}", f"{each:.2f}", f"{peak / 1e9:.2f}"])
            plotted.setdefault(what, []).append((size, each, peak / 1e9))
    for size in (20_000, 200_000, 1_000_000):
        (run.folder / f"vectors-{size}.bin").unlink()
    plot(plotted, out)
    header = ["what grows", "to", "fit, s", "ms a document and epoch", "peak, GB"]
    return (
        "## Cost as work grows (ours, trained table, 2 epochs; else 320 documents of 400 words)\n\n"
        + markdown(header, rows)
        + "\n\n![cost as work grows](speed.png)\n"
    )


def plot(series: dict[str, list[tuple[int, float, float]]], out: Path) -> None:
    """Two lines for each thing that grows."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.2), layout="constrained")
    for ax, (what, points) in zip(figure.subplots(1, len(series)), series.items(), strict=True):
        sizes, each, peaks = zip(*points, strict=True)
        ax.plot(sizes, each, "o-", label="ms a document and epoch")
        ax.plot(sizes, peaks, "s--", label="peak memory, GB")
        ax.set(xscale="log", xlabel=what, ylim=(0, None))
        ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
        ax.minorticks_off()
    ax.legend(fontsize="small")
    figure.savefig(out / "speed.png", dpi=110)


def tokenizers(run: Runner, n: int) -> str:
    """Words of livedoor."""
    peers = [
        "MeCab, -Owakati",
        "ours, surfaces",
        "ours, base forms of content words",
        "ours, base forms of content words, n_jobs=2",
        "MeCab's nodes, base forms of content words",
    ]
    found = run.turns("tokenizer", peers, {"n": n})
    slow = run.turns("tokenizer", ["SudachiPy, surfaces", "Janome, surfaces"], {"n": 300})
    first = found["MeCab, -Owakati"]["seconds"] / n
    rows = [
        [peer, f"{one['n'] / one['seconds']:.0f}", f"{first * one['n'] / one['seconds']:.2f}"]
        for peer, one in {**found, **slow}.items()
    ]
    return (
        f"## Words: the first {n} articles of livedoor (SudachiPy and Janome: 300)\n\n"
        + markdown(["what", "documents/s", "times MeCab's speed"], rows)
    )


def files(run: Runner, size: int) -> str:
    """Opening vectors."""
    folder, rows = run.folder, []
    big_vectors(folder / "big.bin", folder / "vectors.bin", size)
    WordVectors.load(folder / "vectors.bin").save(folder / "small.vec")
    for name, words in (("big.bin", size), ("small.vec", 20_000)):
        options = {"vectors": name, "word": "の"}
        first, later, theirs = [], [], []
        for _ in range(run.rounds):
            for path in (folder / "cache").rglob("meta.json"):
                path.unlink()  # the next one converts
            first.append(run.once("vectors", {"peer": "ours", **options}))
            later.append(run.once("vectors", {"peer": "ours", **options}))
            theirs.append(run.once("vectors", {"peer": "gensim", **options}))
        label = f"{words:,} x {DIM}, {'binary' if name.endswith('bin') else 'text'}"
        megabytes = (folder / name).stat().st_size / 1e6
        for who, done in (
            ("ours, first opening", first),
            ("ours, later ones", later),
            ("gensim", theirs),
        ):
            seconds = median(one["seconds"] for one in done)
            peak = median(one["peak"] for one in done) / 1e6
            rate = f"{megabytes / seconds:.0f}" if who != "ours, later ones" else ""
            rows.append([label, who, f"{seconds:.4f}", rate, f"{peak:.0f}"])
    return "## Vectors: seconds until a word is looked up\n\n" + markdown(
        ["file", "what", "s", "MB/s", "peak of the process, MB"], rows
    )


def predictions(run: Runner) -> str:
    """Latency and throughput."""
    found = run.turns("predict", ["ours", "Keras"], {"copies": 2})
    rows = [
        [
            peer,
            f"{1e3 * one['seconds']:.1f}",
            f"{1e3 * one['p99']:.1f}",
            f"{60 * one['rate']:,.0f}",
        ]
        for peer, one in found.items()
    ]
    return (
        "## Prediction: one text of 60 characters through the loaded pipeline; token lists of up "
        "to 400 words\n\n" + markdown(["what", "p50, ms", "p99, ms", "documents a minute"], rows)
    )


def main() -> None:
    """Run and write ``results/speed.md``; parts that are not run keep their tables."""
    options = parser(__doc__)
    options.add_argument("--n", type=int, default=640, help="training documents")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--limit", type=float, default=300, help="seconds of one process")
    options.add_argument("--epochs", type=int, default=2)
    options.add_argument("--texts", type=int, default=3000, help="texts to cut into words")
    options.add_argument("--table", type=int, default=300_000, help="rows of the vectors file")
    names = ["fit", "shortcuts", "search", "growth", "tokenizer", "vectors", "predict"]
    options.add_argument("--parts", nargs="+", choices=names, default=names)
    args = options.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    kept = args.out / "speed.json"
    done: dict[str, str] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        notes = prepare(args.data, folder, args.n, args.seed)
        run = Runner(folder, args.rounds, args.limit)
        parts: dict[str, Callable[[], str]] = {
            "fit": lambda: fits(run, args.epochs),
            "shortcuts": lambda: shortcuts(run),
            "search": lambda: searches(run, args.epochs),
            "growth": lambda: growth(run, args.out),
            "tokenizer": lambda: tokenizers(run, args.texts),
            "vectors": lambda: files(run, args.table),
            "predict": lambda: predictions(run),
        }
        for part in args.parts:
            done[part] = f"{parts[part]()}\nRounds: {args.rounds}; {date.today()}.\n"
            kept.write_text(json.dumps(done, ensure_ascii=False, indent=1), encoding="utf-8")
            above = f"{notes} Medians of rounds, in turn.\n\n{machine()}"
            write(
                args.out / "speed.md",
                "Speed and memory",
                above,
                [done[n] for n in names if n in done],
            )


if __name__ == "__main__":
    main()
