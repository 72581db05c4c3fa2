"""What the benchmark scripts share: the machine's line, the baseline, tables."""

from __future__ import annotations

import argparse
import platform
import resource
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from joblib import cpu_count
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

RESULTS = Path(__file__).parent / "results"
CHIVE = Path("vectors-chive") / "ja_ginza_chive_20000x300.bin.gz"
ALIASES = Path("vectors-chive") / "aliases.tsv.gz"
_PACKAGES = ("scikit-learn", "scikeras", "keras", "tensorflow", "gensim", "numpy", "fugashi")


def parser(description: str | None) -> argparse.ArgumentParser:
    """Argument parser with the options that all scripts have."""
    new = argparse.ArgumentParser(description=description)
    new.add_argument("--data", type=Path, required=True, help="folder that holds the corpora")
    new.add_argument("--out", type=Path, default=RESULTS, help="folder for the tables")
    new.add_argument("--seed", type=int, default=0)
    return new


def machine() -> str:
    """One line about versions and the machine."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"Python {platform.python_version()}, {versions}; {platform.machine()}, "
        f"{cpu_count()} cores, {time.strftime('%Y-%m-%d')}"
    )


def identity(tokens: list[str]) -> list[str]:
    """Analyzer of a vectorizer that gets tokens."""
    return tokens


def tfidf() -> Pipeline:
    """Sublinear TF-IDF and a linear SVM on token lists."""
    return make_pipeline(TfidfVectorizer(analyzer=identity, sublinear_tf=True), LinearSVC())


def peak_memory_mb() -> int:
    """Largest resident memory of this process so far, in MB."""
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


class Folds:
    """Scores of one model over folds, added as they come."""

    def __init__(self, *labels: str) -> None:
        self.labels = labels
        self.accuracy: list[float] = []
        self.f1: list[float] = []
        self.seconds: list[float] = []

    def add(self, y: Any, predicted: Any, seconds: float) -> None:
        """Take in one fold."""
        self.accuracy.append(float(accuracy_score(y, predicted)))
        self.f1.append(float(f1_score(y, predicted, average="macro")))
        self.seconds.append(seconds)
        print(
            f"{' | '.join(self.labels)}: fold {len(self.accuracy)}, "
            f"accuracy {self.accuracy[-1]:.4f}, macro-F1 {self.f1[-1]:.4f}, {seconds:.1f} s",
            flush=True,
        )

    def row(self) -> list[str]:
        """Cells of a table."""
        return [
            *self.labels,
            f"{np.mean(self.accuracy):.3f} ± {np.std(self.accuracy):.3f}",
            f"{np.mean(self.f1):.3f}",
            f"{np.mean(self.seconds):.1f}",
        ]


SCORES = ["accuracy", "macro-F1", "seconds a fold"]


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Table in Markdown."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def write(path: Path, title: str, notes: str, tables: Sequence[str]) -> None:
    """Write a result file under a temporary name, and rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    work = path.with_suffix(".tmp")
    work.write_text("\n".join([f"# {title}\n", notes, "", *tables]), encoding="utf-8")
    work.replace(path)
    print(f"\n{path}\n" + "\n".join(tables))
