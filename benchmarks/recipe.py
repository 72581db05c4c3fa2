"""The recipe, ``make_w2v_pipeline(vectors)``, and TF-IDF + LinearSVC on nine tasks.

The same defaults for every corpus, the same folds for every model. What the branch and the
network reach alone is read off the same fits. Each corpus runs in a process of its own, so
that its peak memory is its own. Run as ``python benchmarks/recipe.py --data FOLDER``;
``--network lstm`` runs the article's own network instead (last state, no bag of words).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from _common import ALIASES, CHIVE, machine, markdown, parser, peak_memory_mb, tfidf, write
from _corpora import CORPORA, Corpus
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from sklearn_w2v import (
    JapaneseTokenizer,
    W2VIndexer,
    W2VLSTMClassifier,
    W2VVectorizer,
    WordVectors,
    make_w2v_pipeline,
)
from sklearn_w2v.exceptions import NoTransferWarning, TruncationWarning

BASELINE = "TF-IDF + LinearSVC"
CHARACTERS = "TF-IDF of characters 1-3 + LinearSVC"
MEAN = "mean vector + logistic regression"
BRANCH = "recipe: linear branch alone"
NETWORK = "recipe: network alone"
OURS = "recipe"
PLAIN = ("LSTM, vectors fine-tuned", "LSTM, vectors frozen", "LSTM, random vectors")


def objects(documents: list[list[str]]) -> Any:
    """Token lists that fancy indexing can pick from."""
    out = np.empty(len(documents), object)
    out[:] = documents
    return out


class Run:
    """One corpus, and the scores of all models on it."""

    def __init__(self, corpus: Corpus, vectors: WordVectors, out: Path, name: str) -> None:
        self.corpus, self.vectors, self.out, self.name = corpus, vectors, out, name
        self.texts = np.array(corpus.texts, dtype=object)
        started = time.perf_counter()
        recipe = make_w2v_pipeline(vectors).named_steps["tokens"]
        self.tokens = objects(recipe.transform(corpus.texts))
        self.tokenizing = time.perf_counter() - started
        surfaces = JapaneseTokenizer(form="surface", pos=None)
        self.surfaces = objects(surfaces.transform(corpus.texts))

    def add(
        self, model: str, seed: int, y: Any, predicted: Any, seconds: float, **more: Any
    ) -> None:
        """Take in one fold of one model."""
        row = {
            "corpus": self.name,
            "model": model,
            "seed": seed,
            "accuracy": float(accuracy_score(y, predicted)),
            "f1": float(f1_score(y, predicted, average="macro")),
            "seconds": seconds,
            "memory": peak_memory_mb(),
            **more,
        }
        print(json.dumps(row), flush=True)
        with open(self.out, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def baselines(self, train: Any, test: Any, seed: int) -> None:
        """Linear models on the same folds."""
        y = self.corpus.y
        characters = make_pipeline(
            TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True), LinearSVC()
        )
        mean = make_pipeline(
            W2VIndexer(self.vectors, random_state=seed),
            W2VVectorizer(pooling="mean"),
            StandardScaler(),
            LogisticRegression(C=0.01, max_iter=1000),
        )
        models = [(BASELINE, tfidf(), self.surfaces), (MEAN, mean, self.tokens)]
        if len(y) < 10_000:  # millions of columns are too slow beyond
            models.append((CHARACTERS, characters, self.texts))
        for name, model, X in models:
            started = time.perf_counter()
            predicted = clone(model).fit(X[train], y[train]).predict(X[test])
            self.add(name, seed, y[test], predicted, time.perf_counter() - started)

    def recipe(self, train: Any, test: Any, seed: int) -> None:
        """The recipe, and its parts by themselves."""
        y = self.corpus.y
        started = time.perf_counter()
        pipeline = make_w2v_pipeline(self.vectors, tokenizer=None, random_state=seed)
        pipeline.fit(self.tokens[train], y[train])
        fitted = time.perf_counter() - started
        predicted = pipeline.predict(self.tokens[test])
        seconds = time.perf_counter() - started
        clf = pipeline["clf"]
        scale, weight = clf.bow_weights_
        more = {"fit": fitted, "scale": scale, "weight": weight, "epochs": clf.n_iter_}
        more["means_weight"] = clf.means_weight_
        if clf.transfer_ is not None:
            more |= {"z": clf.transfer_.z, "gain": clf.transfer_.gain}
        more["coverage"] = pipeline["ids"].coverage_["tokens"]
        self.add(OURS, seed, y[test], predicted, seconds, **more)
        ids = pipeline["ids"].transform(self.tokens[test])
        network, linear = parts(clf, ids)
        self.add(BRANCH, seed, y[test], clf.classes_[linear.argmax(1)], 0.0)
        if network is not None:
            self.add(NETWORK, seed, y[test], clf.classes_[network.argmax(1)], 0.0)

    def plain(self, train: Any, test: Any, seed: int, epochs: int) -> None:
        """The article's network, with and without what the vectors bring."""
        y = self.corpus.y
        indexer = W2VIndexer(self.vectors, maxlen=250, random_state=seed)
        X_train = indexer.fit_transform(self.tokens[train])
        X_test = indexer.transform(self.tokens[test])
        for name in PLAIN:
            random = name == PLAIN[2]
            started = time.perf_counter()
            clf = W2VLSTMClassifier(
                train_embeddings=name != PLAIN[1], epochs=epochs, batch_size=32, random_state=seed
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NoTransferWarning)
                clf.fit(np.asarray(X_train) if random else X_train, y[train])
            predicted = clf.predict(np.asarray(X_test) if random else X_test)
            self.add(name, seed, y[test], predicted, time.perf_counter() - started)


def parts(clf: Any, ids: Any) -> tuple[Any, Any]:
    """Logits of the network (None where it was not trained), and of the linear members."""
    from sklearn_w2v.features.token_ids import right_padded, whole_documents

    plain, lengths = right_padded(np.asarray(ids), 1)
    linear = clf._blend.linear(whole_documents(ids, plain, lengths, ids.vectors), ids.vectors)
    if not clf.n_iter_:
        return None, linear
    return clf._inference().logits(plain, lengths, ids.vectors), linear


def run(args: argparse.Namespace) -> None:
    """One corpus, in this process."""
    warnings.simplefilter("ignore", TruncationWarning)
    _, read, _, _ = CORPORA[args.only]
    vectors = WordVectors.load(args.data / CHIVE, aliases=args.data / ALIASES)
    task = Run(read(args.data), vectors, scores(args), args.only)
    for seed in args.seeds:
        for train, test in task.corpus.splits(seed):
            if args.network:
                task.plain(train, test, seed, args.epochs)
            else:
                task.baselines(train, test, seed)
                task.recipe(train, test, seed)


def scores(args: argparse.Namespace) -> Path:
    """File of the scores of all folds."""
    return Path(args.out) / ("recipe_lstm.jsonl" if args.network else "recipe.jsonl")


def table(args: argparse.Namespace) -> None:
    """Write the tables of all scores that are there."""
    rows = [json.loads(line) for line in scores(args).read_text(encoding="utf-8").splitlines()]
    models = PLAIN if args.network else (BASELINE, CHARACTERS, MEAN, BRANCH, NETWORK, OURS)
    cells = []
    for name, (title, _, floor, goal) in CORPORA.items():
        for model in models:
            mine = [row for row in rows if row["corpus"] == name and row["model"] == model]
            if not mine:
                continue
            accuracy = [row["accuracy"] for row in mine]
            first = [row for row in mine if row["seed"] == min(one["seed"] for one in mine)]
            timed = any(row["seconds"] for row in mine)
            cells.append(
                [
                    title,
                    model,
                    f"{np.mean(accuracy):.3f} ± {np.std(accuracy):.3f}",
                    f"{np.mean([row['f1'] for row in mine]):.3f}",
                    _seconds(first, rows, name) if timed else "",
                    f"{(max if model == OURS else min)(_memory(first))}" if timed else "",
                    f"{floor} / {goal}" if model == OURS else "",
                    _asked(mine) if model == OURS else "",
                    _weights(mine) if model == OURS else "",
                    f"{len(mine)} / {len({row['seed'] for row in mine})}",
                ]
            )
    header = ["task", "model", "accuracy", "macro-F1", "seconds a fold", "peak MB", "floor / goal"]
    header.append("z of the probe")
    shown = markdown([*header, "network used", "folds / seeds"], cells)
    write(scores(args).with_suffix(".md"), *_notes(args), [shown])


def _seconds(first: list[dict[str, Any]], rows: list[dict[str, Any]], corpus: str) -> str:
    """Seconds of a fold, and how many times those of the baseline on the same folds they are."""
    seed = first[0]["seed"]
    base = [
        row["seconds"]
        for row in rows
        if (row["corpus"], row["model"], row["seed"]) == (corpus, BASELINE, seed)
    ]
    mean = float(np.mean([row["seconds"] for row in first]))
    times = f" ({mean / np.mean(base):.0f} x)" if base and first[0]["model"] == OURS else ""
    return f"{mean:.2f}{times}"


def _asked(rows: list[dict[str, Any]]) -> str:
    """Standard errors by which word vectors helped, least and most."""
    found = [row["z"] for row in rows if "z" in row]
    return f"{min(found):.1f} to {max(found):.1f}" if found else ""


def _memory(rows: list[dict[str, Any]]) -> list[int]:
    return [row["memory"] for row in rows]


def _weights(rows: list[dict[str, Any]]) -> str:
    """In how many folds the network counts."""
    return f"{sum(row['weight'] > 0 for row in rows)} of {len(rows)} folds"


def _notes(args: argparse.Namespace) -> tuple[str, str]:
    if args.network:
        return "The article's network: what the vectors bring", (
            "LSTM(100), last state, hidden layer of 50, all words, the first 250 of a document, "
            f"{args.epochs} epochs; chiVe with aliases. Means and standard deviations over folds "
            f"and seeds.\n\n{machine()}"
        )
    return "The recipe beside TF-IDF + LinearSVC", (
        "`make_w2v_pipeline(vectors)` without further arguments; chiVe with aliases. Same folds, "
        "mean and standard deviation over folds and seeds. TF-IDF: sublinear, all surface tokens. "
        "*Linear branch alone* (with mean vectors where these count) and *network alone* are "
        "parts of the same fits; the network is trained where the probe says that "
        "vectors pay (z of 2 and more), and counts where it lowers the held-out loss more than the "
        "mean vectors do. "
        "Seconds: fit and predict of one fold of the first seed (further seeds ran beside other "
        "work), from tokens on. Memory: the highest that the process had so far, with corpus and "
        "libraries in it; a baseline's at its first fold, the recipe's over all folds of the "
        "first seed.\n\n" + machine()
    )


def _replaced(row: dict[str, Any], args: argparse.Namespace) -> bool:
    return row["corpus"] in args.corpora and row["seed"] in args.seeds


def main() -> None:
    """Run all corpora, each in a process of its own, and write the tables."""
    options = parser(__doc__)
    options.add_argument("--corpora", nargs="+", choices=list(CORPORA), default=list(CORPORA))
    options.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options.add_argument("--network", choices=["lstm"], help="the article's own network instead")
    options.add_argument("--epochs", type=int, default=10, help="of the article's network")
    options.add_argument("--only", choices=list(CORPORA), help=argparse.SUPPRESS)
    options.add_argument("--tables", action="store_true", help="only write the tables again")
    args = options.parse_args()
    if args.tables:
        table(args)
        return
    if args.only:
        run(args)
        return
    file = scores(args)
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists():  # scores of these corpora and seeds are replaced, others stay
        lines = file.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not _replaced(json.loads(line), args)]
        file.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
    for name in args.corpora:
        subprocess.run([sys.executable, __file__, *sys.argv[1:], "--only", name], check=True)
        table(args)


if __name__ == "__main__":
    main()
