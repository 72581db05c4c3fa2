"""Labelled corpora with the splits on which the benchmarks compare."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from sklearn_w2v.datasets import load_livedoor, load_poets

Split = tuple[NDArray[Any], NDArray[Any]]


@dataclass(frozen=True)
class Corpus:
    """Texts, labels and how they are split.

    Parameters
    ----------
    texts : list of str
        Documents.
    y : ndarray of shape (n_documents,)
        Labels.
    splits : callable
        Gives rows to train and to test on, from a seed.
    """

    texts: list[str]
    y: NDArray[Any]
    splits: Callable[[int], Iterator[Split]]


def _jsonl(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _stratified(y: Any, groups: Any = None) -> Callable[[int], Iterator[Split]]:
    def splits(seed: int) -> Iterator[Split]:
        kind: Any = StratifiedKFold if groups is None else StratifiedGroupKFold
        yield from kind(5, shuffle=True, random_state=seed).split(y, y, groups)

    return splits


def few(y: NDArray[Any], n_labels: int, seed: int) -> Split:
    """`n_labels` documents of each class to train on, and all others."""
    random = np.random.default_rng(seed)
    train = np.concatenate(
        [random.choice(np.flatnonzero(y == label), n_labels, False) for label in np.unique(y)]
    )
    train.sort()
    return train, np.setdiff1d(np.arange(len(y)), train)


def livedoor(data: Path) -> Corpus:
    """News by outlet, stratified 5-fold."""
    corpus = load_livedoor(data / "livedoor" / "ldcc-20140209-text.tar.gz")
    return Corpus(corpus.data, corpus.target, _stratified(corpus.target))


def livedoor_10(data: Path) -> Corpus:
    """News by outlet, ten labels a class, ten draws."""
    corpus = load_livedoor(data / "livedoor" / "ldcc-20140209-text.tar.gz")
    y = corpus.target

    def splits(seed: int) -> Iterator[Split]:
        return (few(y, 10, 10 * seed + draw) for draw in range(10))

    return Corpus(corpus.data, y, splits)


def prose(data: Path) -> Corpus:
    """Passages of prose by author, grouped by work."""
    rows = _jsonl(data / "aozora-prose" / "prose_main.jsonl.gz")
    y = np.array([row["author"] for row in rows])
    groups = np.array([f"{row['author']}: {row['title']}" for row in rows])
    return Corpus([row["text"] for row in rows], y, _stratified(y, groups))


def poets(data: Path) -> Corpus:
    """Poems by author, random folds."""
    corpus = load_poets(data / "poets")
    return Corpus(corpus.data, corpus.target, _stratified(corpus.target))


def poets_grouped(data: Path) -> Corpus:
    """Poems by author, grouped by collection."""
    corpus = load_poets(data / "poets")
    return Corpus(corpus.data, corpus.target, _stratified(corpus.target, corpus.groups))


def kyoto(data: Path) -> Corpus:
    """Encyclopedia articles by subject, stratified 5-fold."""
    rows = _jsonl(data / "kyoto-wiki" / "kyoto_wiki_ja.jsonl.gz")
    y = np.array([row["label"] for row in rows])
    return Corpus([row["text"] for row in rows], y, _stratified(y))


def moral(data: Path) -> Corpus:
    """Short sentences, morally wrong or permissible, given train and validation sets."""
    rows: list[dict[str, str]] = []
    sizes = []
    for part in ("train", "val"):
        path = data / "commonsense-moral-ja" / f"data_{part}.csv"
        with open(path, encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file)
        sizes.append(len(rows))
    y = np.array([int(row["label"]) for row in rows])

    def splits(seed: int) -> Iterator[Split]:
        yield np.arange(sizes[0]), np.arange(sizes[0], sizes[1])

    return Corpus([row["sent"] for row in rows], y, splits)


def moral_part(n: int) -> Callable[[Path], Corpus]:
    """The same with fewer sentences to learn from, others for each seed."""

    def read(data: Path) -> Corpus:
        whole = moral(data)

        def splits(seed: int) -> Iterator[Split]:
            for train, test in whole.splits(seed):  # the file has no order
                yield train[seed * n : (seed + 1) * n], test

        return Corpus(whole.texts, whole.y, splits)

    return read


# name, title, reader, floor and goal that the recipe aims at
CORPORA: dict[str, tuple[str, Callable[[Path], Corpus], float, float]] = {
    "poets": ("poets, 8 authors, random 5-fold", poets, 0.905, 0.93),
    "poets-grouped": ("poets, grouped by collection", poets_grouped, 0.64, 0.70),
    "moral": ("commonsense-moral-ja, given train/val", moral, 0.72, 0.78),
    "moral-3000": ("commonsense-moral-ja, 3,000 sentences", moral_part(3000), 0.624, 0.665),
    "moral-1500": ("commonsense-moral-ja, 1,500 sentences", moral_part(1500), 0.593, 0.64),
    "livedoor-10": ("livedoor, 10 labels per class, 10 draws", livedoor_10, 0.83, 0.86),
    "prose": ("aozora-prose, 13 authors, grouped by work", prose, 0.90, 0.94),
    "livedoor": ("livedoor, 9 classes, stratified 5-fold", livedoor, 0.967, 0.975),
    "kyoto": ("kyoto-wiki, 15 classes, stratified 5-fold", kyoto, 0.855, 0.88),
}
