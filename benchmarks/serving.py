"""Prediction before and after the forward pass in NumPy: speed, start, memory; and over HTTP.

Trees of two commits are measured in turn, each in processes of its own, with models that each
has trained itself (the same data and seeds). ``sklearn-w2v serve`` has two workers; ``wrk``
(Debian: apt-get install wrk) asks it through 16 connections, a line of a song each time.

    python benchmarks/serving.py --former bacf9a4
    python benchmarks/serving.py --former bacf9a4 --quick --out /tmp
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import numpy as np
import psutil
from _common import RESULTS, machine, markdown, write

ROOT = Path(__file__).parents[1]
TEXT = (  # 60 characters
    "雨が降る夜の街を歩きながら君のことを思い出していたら涙が"
    "止まらなくなって傘も差さずに海まで走った夏の終わりの日のことだよ"
)
WORDS, DIM, WIDTH = 30_000, 300, 400
NETWORKS = "lstm", "cnn"
PARTS = ("speed", "start", "command", "forks", "serve")


# --------------------------------------------------------------- what runs in a tree
def documents(n: int, mean: int, most: int, seed: int) -> np.ndarray:
    """Ids of documents; words come as often as in a language, by Zipf's law."""
    random = np.random.default_rng(seed)
    lengths = np.clip(random.lognormal(np.log(mean), 0.5, n).astype(int), 1, most)
    there = np.arange(WIDTH) < lengths[:, None]
    chance = 1 / np.arange(1, WORDS + 1)
    ids = np.zeros(there.shape, np.int32)
    ids[there] = 2 + random.choice(WORDS, int(there.sum()), p=chance / chance.sum())
    return ids


def train(folder: Path, quick: bool) -> dict[str, float]:
    """Train and save the models: of ids, and the recipe's network on lyrics."""
    from sklearn_w2v import (
        TokenIds,
        W2VCNNClassifier,
        W2VLSTMClassifier,
        WordVectors,
        make_w2v_pipeline,
        save,
    )
    from sklearn_w2v.datasets import load_lyrics

    rows = np.random.default_rng(0).normal(size=(WORDS, DIM)).astype(np.float32)
    vectors = WordVectors([f"w{number}" for number in range(WORDS)], rows)
    ids = TokenIds(documents(64, 40, 128, 0), vectors)
    kinds = {
        "lstm": W2VLSTMClassifier(bidirectional=True, pooling="max", epochs=1, random_state=0),
        "cnn": W2VCNNClassifier(epochs=1, random_state=0),
    }
    for name, clf in kinds.items():
        save(clf.fit(ids, np.arange(64) % 2), folder / f"{name}.w2v", vectors="all")
    songs = load_lyrics()
    model = make_w2v_pipeline(bow=None, epochs=1 if quick else 3, random_state=0)
    save(model.fit(songs.data, songs.target), folder / "recipe.w2v")
    return {}


def speed(folder: Path, quick: bool) -> dict[str, float]:
    """Documents a second, and milliseconds for one text through a pipeline."""
    from sklearn_w2v import TokenIds, load

    share = 10 if quick else 1
    out = {}
    for name in NETWORKS:
        clf = load(folder / f"{name}.w2v")
        for label, n, mean, most in (("short", 10_000, 45, 128), ("long", 2_000, 280, 400)):
            ids = TokenIds(documents(n // share, mean, most, 1), clf.vectors_)
            clf.predict_proba(ids[:200])
            started = time.perf_counter()
            clf.predict_proba(ids)
            out[f"{name}, {label}"] = len(ids) / (time.perf_counter() - started)
    model = load(folder / "recipe.w2v")
    model.predict([TEXT])
    laps = []
    for _ in range(50 if quick else 500):
        started = time.perf_counter()
        model.predict([TEXT])
        laps.append(1e3 * (time.perf_counter() - started))
    out["one text, p50"], out["one text, p99"] = np.quantile(laps, [0.5, 0.99])
    return out


def forks(folder: Path, quick: bool) -> dict[str, float]:
    """Proportional memory in MB of four workers that are forked after a prediction."""
    from sklearn_w2v import load

    model = load(folder / "recipe.w2v")
    model.predict([TEXT])
    context = multiprocessing.get_context("fork")
    ready, queue = context.Barrier(4), context.Queue()

    def work() -> None:
        model.predict([TEXT])
        ready.wait(60)
        queue.put(_memory("smaps_rollup", "Pss"))
        ready.wait(60)

    workers = [context.Process(target=work, daemon=True) for _ in range(4)]
    for worker in workers:
        worker.start()
    return {"four workers": sum(queue.get(timeout=60) for _ in workers)}


def _memory(file: str, name: str) -> float:
    for line in Path(f"/proc/self/{file}").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"{file} has no {name}")


def serve(folder: Path, quick: bool) -> dict[str, float]:
    """Answers a second over HTTP, their latency, and the memory of all processes."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return {}
    command = [sys.executable, "-m", "sklearn_w2v", "serve", os.fspath(folder / "recipe.w2v")]
    service = subprocess.Popen(
        [*command, "--workers", "2", "--port", "0"], stderr=subprocess.PIPE, text=True
    )
    assert service.stderr is not None
    try:
        [address] = re.findall(r"on (http://\S+)", service.stderr.readline())
        Thread(target=service.stderr.read, daemon=True).start()  # so that it never waits for us
        (folder / "ask.lua").write_text(_questions(), encoding="utf-8")
        ask = [wrk, "-t1", "-c16", "--latency", "--script", os.fspath(folder / "ask.lua")]
        subprocess.run([*ask, "-d2s", f"{address}/predict"], capture_output=True, check=True)
        before = _memory_of(service.pid)
        seconds = 10 if quick else 60
        done = subprocess.run(
            [*ask, f"-d{seconds}s", f"{address}/predict"],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        return {
            "served, a second": float(re.findall(r"Requests/sec:\s+([\d.]+)", done)[0]),
            "served, p50": _milliseconds(done, "50"),
            "served, p99": _milliseconds(done, "99"),
            "served, errors": float(sum(map(int, re.findall(_ERRORS, done)))),
            "served, memory": _memory_of(service.pid),
            "served, grown": _memory_of(service.pid) - before,
        }
    finally:
        service.terminate()
        service.wait(60)


_ERRORS = r"(?:connect|read|write|timeout|responses:?) (\d+)"  # as wrk counts them


def _questions() -> str:
    """Return a script for wrk that asks for one line of a song after the other."""
    from sklearn_w2v.datasets import load_lyrics

    lines = [line for song in load_lyrics().data for line in song.splitlines() if line][:500]
    bodies = [json.dumps({"texts": [line]}, ensure_ascii=False) for line in lines]
    listed = ",\n".join(f"[=[{body}]=]" for body in bodies)
    return (
        f"local bodies = {{{listed}}}\nlocal place = 0\n"
        'local headers = {["Content-Type"] = "application/json"}\n'
        "request = function()\n"
        "  place = place % #bodies + 1\n"
        '  return wrk.format("POST", nil, headers, bodies[place])\n'
        "end\n"
    )


def _milliseconds(said: str, percent: str) -> float:
    [(number, unit)] = re.findall(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s)$", said, re.MULTILINE)
    return float(number) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[unit]


def _memory_of(pid: int) -> float:
    """Proportional memory of a process and its children, in MB."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(one.memory_full_info().pss for one in family) / 2**20


JOBS: dict[str, Callable[[Path, bool], dict[str, float]]] = {
    "train": train,
    "speed": speed,
    "forks": forks,
    "serve": serve,
}


# of a process that has imported nothing yet: seconds until it has predicted, and its memory in MB
START = """
import sys, time
started = time.perf_counter()
from sklearn_w2v import load
load(sys.argv[1]).predict([sys.argv[2]])
seconds = time.perf_counter() - started
[memory] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS:")]
print(seconds, int(memory) / 1024)
"""


# -------------------------------------------------------------- what runs both trees
class Tree:
    """One commit's sources, with the models that it has trained.

    Parameters
    ----------
    sources : Path
        Folder that holds the package.
    folder : Path
        For its models.
    quick : bool
        A tenth of the documents.
    """

    def __init__(self, sources: Path, folder: Path, quick: bool) -> None:
        self._folder, self._quick = folder, quick
        folder.mkdir()
        self._environment = {**os.environ, "PYTHONPATH": os.fspath(sources)}

    def run(self, job: str) -> dict[str, float]:
        """Do a job in a process of its own; nothing where the tree cannot."""
        command = [sys.executable, "-W", "ignore", __file__, "--job", job]
        command += ["--folder", os.fspath(self._folder), *(["--quick"] if self._quick else [])]
        try:
            done = subprocess.run(
                command, env=self._environment, capture_output=True, text=True, timeout=1800
            )
        except subprocess.TimeoutExpired:
            return {}
        if done.returncode:
            print(done.stderr[-500:], file=sys.stderr)
            return {}
        return dict(json.loads(done.stdout.splitlines()[-1]))

    def start(self) -> dict[str, float]:
        """Let a fresh process predict."""
        command = [sys.executable, "-W", "ignore", "-c", START, self._folder / "recipe.w2v", TEXT]
        done = subprocess.run(
            command,
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            check=True,
            timeout=600,
        )
        seconds, memory = map(float, done.stdout.split())
        return {"first prediction": seconds, "resident": memory}

    def command(self) -> dict[str, float]:
        """Time ``sklearn-w2v predict`` of one sentence."""
        command = [sys.executable, "-m", "sklearn_w2v", "predict", self._folder / "recipe.w2v"]
        started = time.perf_counter()
        subprocess.run(
            command,
            cwd=self._folder,  # -m looks there first
            env=self._environment,
            input="友達を殴った\n".encode(),
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=600,
        )
        return {"command": time.perf_counter() - started}


@contextmanager
def sources_of(commit: str) -> Iterator[Path]:
    """Give a folder with the sources of a commit."""
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", commit, "sklearn_w2v"], cwd=ROOT, capture_output=True, check=True
        )
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        yield Path(folder)


ROWS = {
    "lstm, short": ("LSTM, 10,000 texts of up to 128 words, documents a second", "{:,.0f}"),
    "lstm, long": ("LSTM, 2,000 texts of up to 400 words, documents a second", "{:,.0f}"),
    "cnn, short": ("CNN, 10,000 texts of up to 128 words, documents a second", "{:,.0f}"),
    "cnn, long": ("CNN, 2,000 texts of up to 400 words, documents a second", "{:,.0f}"),
    "one text, p50": ("one text of 60 characters through the pipeline, p50, ms", "{:.2f}"),
    "one text, p99": ("the same, p99, ms", "{:.2f}"),
    "first prediction": ("import, load and first prediction in a fresh process, s", "{:.2f}"),
    "resident": ("resident memory of that process, MB", "{:,.0f}"),
    "command": ("`sklearn-w2v predict` of one sentence, s", "{:.2f}"),
    "four workers": ("proportional memory of four forked workers, MB", "{:,.0f}"),
    "served, a second": (
        "`serve --workers 2`, 16 connections, texts a second",
        "{:,.0f}",
    ),
    "served, p50": ("the same, p50 of the answers, ms", "{:.1f}"),
    "served, p99": ("the same, p99, ms", "{:.1f}"),
    "served, errors": ("the same, errors", "{:.0f}"),
    "served, memory": ("proportional memory of its three processes afterwards, MB", "{:,.0f}"),
    "served, grown": ("by how much it has grown, MB", "{:.1f}"),
}


def main() -> None:
    """Measure both trees in turn, and write the table."""
    new = argparse.ArgumentParser(description=__doc__)
    new.add_argument("--former", help="commit to compare with; none measures this tree alone")
    new.add_argument("--repeats", type=int, default=5)
    new.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    new.add_argument("--quick", action="store_true", help="a tenth of the documents, once")
    new.add_argument("--out", type=Path, default=RESULTS, help="folder for the table")
    new.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    new.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = new.parse_args()
    if options.job:
        print(json.dumps(JOBS[options.job](options.folder, options.quick)))
        return
    repeats = 1 if options.quick else options.repeats
    with tempfile.TemporaryDirectory() as folder, sources_of(options.former or "HEAD") as former:
        trees = {"after": Tree(ROOT, Path(folder) / "after", options.quick)}
        if options.former:
            trees = {"before": Tree(former, Path(folder) / "before", options.quick), **trees}
        seen: dict[str, dict[str, list[float]]] = {name: {} for name in trees}
        for tree in trees.values():
            tree.run("train")
        for _ in range(repeats):
            for job in options.parts:
                for name, tree in trees.items():  # in turn, so that both see the same machine
                    if job in ("forks", "serve") and name == "before":
                        continue  # TensorFlow's threads do not survive a fork
                    ways = {"start": tree.start, "command": tree.command}
                    found = ways[job]() if job in ways else tree.run(job)
                    for key, value in found.items():
                        seen[name].setdefault(key, []).append(value)
                    print(name, job, found, flush=True)
    rows = [
        [title, *(_cell(seen[name].get(key), form) for name in trees)]
        for key, (title, form) in ROWS.items()
    ]
    notes = (
        f"`python benchmarks/serving.py{f' --former {options.former}' if options.former else ''}`"
        f"{' --quick' if options.quick else ''}; medians of {repeats}. {machine()}. Networks of "
        f"{DIM} dimensions with the defaults of their class, the LSTM in both directions with the "
        "maximum of its states; the rows from one text on are of the recipe's network alone "
        "(`bow=None`). `serve`: `wrk` on the same cores for "
        f"{10 if options.quick else 60} s, a line of a song a request."
    )
    header = ["", *(f"{name}" for name in trees)]
    write(options.out / "serving.md", "Prediction", notes, [markdown(header, rows)])


def _cell(values: list[float] | None, form: str) -> str:
    return form.format(statistics.median(values)) if values else "—"


if __name__ == "__main__":
    main()
