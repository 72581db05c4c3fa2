"""``sklearn-w2v fit``: what it does."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline

from ..persistence.model_file import save
from ..pipeline import make_w2v_pipeline
from ..vectors.word_vectors import WordVectors
from .console import Bars, Ui
from .cross_validation import Result, Split, Tokens, baselines, cross_validate, make_splits
from .interrupt import SIGINT_STATUS, Stop
from .labelled import Labelled, read_labelled
from .paths import check_target
from .tables import Reading, Table
from .verdict import report

_AT_ONCE = 500  # documents between two moves of a bar
_WHOLE = 100_000_000  # bytes of vectors that a model holds unasked
# small: each of them is trained once for each fold
_GRIDS: dict[str, dict[str, list[Any]]] = {
    "lstm": {"train_embeddings": [True, False], "units": [50, 100], "bow_C": [1.0, 10.0]},
    "cnn": {"channels": ["multichannel", "non-static", "static"], "bow_C": [1.0, 10.0]},
}


@dataclass(frozen=True)
class Fit:
    """Options of ``sklearn-w2v fit``, by their names there."""

    data: str
    out: Path
    text: str | None
    label: str
    group: str | None
    vectors: str | None
    aliases: Path | None
    network: str
    tokenizer: str
    search: bool
    folds: int
    maxlen: int | None
    epochs: int | None
    keep: str | None
    drop_empty: bool
    drop_rare: int
    seed: int
    jobs: int
    reading: Reading

    def check(self) -> None:
        """Refuse at once what would fail after an hour of training."""
        if self.keep == "reference" and self.vectors is None:
            raise ValueError("Got --keep reference, which needs --vectors to refer to.")
        if self.aliases is not None and self.vectors is None:
            raise ValueError("Got --aliases, which needs --vectors.")
        if self.folds == 1 or (self.search and not self.folds):
            raise ValueError(f"Got --folds {self.folds} but expected 2 or more.")
        if self.jobs == 0:
            raise ValueError("Got --jobs 0 but expected a number of processes, or -1.")
        check_target(self.out, self.data, self.vectors, self.aliases)


def run_fit(order: Fit, ui: Ui, as_json: bool) -> int:
    """Read, train, write, compare; gives the exit status.

    Parameters
    ----------
    order : Fit
        What to do.
    ui : Ui
        Where the report goes.
    as_json : bool
        Whether the report is JSON.
    """
    order.check()
    with ui.catch_warnings():
        with ui.bars() as bars:
            data = _read(order, ui)
            vectors = None
            if order.vectors is not None:
                vectors = WordVectors.load(order.vectors, order.aliases)
            bars.tell("loading TensorFlow", 0, 0)
            params = {} if order.epochs is None else {"epochs": order.epochs}
            pipeline = make_w2v_pipeline(
                vectors,
                tokenizer="japanese" if order.tokenizer == "japanese" else None,
                network=order.network,
                random_state=order.seed,
                **params,
            )
            pipeline["ids"].set_params(maxlen=order.maxlen)
            splits: list[Split] = []
            if order.folds:
                splits = make_splits(data.labels, data.groups, order.folds, order.seed, ui.warn)
            tokens = _tokenize(pipeline, data.texts, order.jobs, bars)
        with Stop(ui.note) as stop, ui.bars(stop) as bars:
            run = _Run(order, ui, data, tokens, pipeline, splits, stop, bars)
            summary = run.all()
        report(summary, ui, as_json)
    return SIGINT_STATUS if stop.requested else 0


def _read(order: Fit, ui: Ui) -> Labelled:
    with Table(order.data, order.reading) as table:
        data = read_labelled(table, order.text, order.label, order.group, order.drop_empty)
    if data.left_out:
        ui.note(f"{data.left_out} rows without text or label are left out.")
    counts = Counter(data.labels)
    rare = {label for label, count in counts.items() if count < order.drop_rare}
    if rare:
        kept = [place for place, label in enumerate(data.labels) if label not in rare]
        ui.note(
            f"{len(rare)} labels with fewer than {order.drop_rare} documents are left out "
            f"({len(data.labels) - len(kept)} documents)."
        )
        data = Labelled(
            [data.texts[place] for place in kept],
            [data.labels[place] for place in kept],
            None if data.groups is None else [data.groups[place] for place in kept],
        )
        counts = Counter(data.labels)
    single = sorted(label for label, count in counts.items() if count == 1)
    if single:
        raise ValueError(
            f"{len(single)} of {len(counts)} labels in column {order.label!r} have one document "
            f"({', '.join(map(repr, single[:5]))}), too few to learn from and to test; "
            "--drop-rare 2 leaves such labels out."
        )
    if len(counts) < 2:
        shown = ", ".join(map(repr, counts)) or "none"
        raise ValueError(
            f"Column {order.label!r} has {len(counts)} label ({shown}) but expected two or more."
        )
    ui.note(f"{len(data.texts)} documents, {len(counts)} labels.")
    return data if data.groups is None else _side_by_side(data, data.groups)


def _side_by_side(data: Labelled, groups: list[str]) -> Labelled:
    """Documents of a group behind each other: the classifier holds neighbours out together."""
    first: dict[str, int] = {}
    for group in groups:
        first.setdefault(group, len(first))
    order = sorted(range(len(groups)), key=lambda place: first[groups[place]])
    return Labelled(
        [data.texts[place] for place in order],
        [data.labels[place] for place in order],
        [groups[place] for place in order],
    )


def _tokenize(pipeline: Pipeline, texts: list[str], jobs: int, bars: Bars) -> Tokens:
    """Words of all texts: folds, candidates, baseline and model share them."""
    if "tokens" not in pipeline.named_steps:
        return [text.split() for text in texts]
    tokenizer = clone(pipeline["tokens"]).set_params(n_jobs=jobs)
    size = _AT_ONCE if jobs == 1 else 20 * _AT_ONCE
    tokens: Tokens = []
    for start in bars.walk("tokenizing", range(0, len(texts), size), -(-len(texts) // size)):
        tokens += tokenizer.transform(texts[start : start + size])
    return tokens


class _Run:
    """One run of the command, once all is read."""

    def __init__(
        self,
        order: Fit,
        ui: Ui,
        data: Labelled,
        tokens: Tokens,
        pipeline: Pipeline,
        splits: list[Split],
        stop: Stop,
        bars: Bars,
    ) -> None:
        self.order, self.ui, self.data, self.tokens = order, ui, data, tokens
        self.pipeline, self.splits, self.stop, self.bars = pipeline, splits, stop, bars
        self.y = np.asarray(data.labels)
        self.grouped, self.stopped = data.groups is not None, False
        self.summary: dict[str, Any] = {}

    def all(self) -> dict[str, Any]:
        """Search, train, write, compare; the model stands on the disk ahead of the comparison."""
        order = self.order
        results = self._search() if order.search else []
        self._train()
        self._write({})
        if order.folds and not order.search and not self.stop.requested:
            results = [self._validate([("this model", self.pipeline["clf"])])[0]]
        if results and results[0].folds:
            done = set(results[0].folds)
            compared = baselines(self.tokens, self.y, self.splits, order.seed)
            results += [result.of(done) for result in compared]
            self._compare(results)
            self._write(self.summary["scores"])
        elif order.folds and not self.stopped:
            self.ui.note("No fold was done: nothing to compare with.")
        self.summary["interrupted"] = self.stop.requested
        return self.summary

    def _validate(self, candidates: list[tuple[str, Any]]) -> list[Result]:
        total = len(candidates) * len(self.splits)

        def told(done: int) -> bool:
            return self.bars.outer(done, total, f"cross-validation, fit {done + 1} of {total}")

        jobs = min(effective_n_jobs(self.order.jobs), total)
        return cross_validate(
            candidates, self.pipeline["ids"], self.tokens, self.y, self.splits, jobs, told
        )

    def _search(self) -> list[Result]:
        """Set the parameters of the best candidate; its scores."""
        grid = list(ParameterGrid(_GRIDS[self.order.network]))
        self.ui.note(f"Searching: {len(grid)} candidates on {len(self.splits)} folds.")
        candidates = [
            (
                ", ".join(f"{k}={v}" for k, v in params.items()),
                clone(self.pipeline["clf"]).set_params(**params),
            )
            for params in grid
        ]
        results = self._validate(candidates)
        done = set.intersection(*(set(result.folds) for result in results))
        if not done:
            self.ui.note("No candidate was finished: the recipe's parameters are taken.")
            return []
        results = [result.of(done) for result in results]
        recipe = self.pipeline["clf"].get_params()

        def rank(place: int) -> tuple[float, int]:  # of equals, the one that is most like it
            own = sum(recipe[name] == value for name, value in grid[place].items())
            return float(np.mean(results[place].accuracy)), own

        best = max(range(len(grid)), key=rank)
        self.pipeline["clf"].set_params(**grid[best])
        self.summary["search"] = [
            {"params": params, **result.summary()}
            for params, result in zip(grid, results, strict=True)
        ]
        self.summary["best_params"] = grid[best]
        self.ui.note(f"Best parameters: {candidates[best][0]}.")
        results[best].name = "this model"
        return [results[best]]

    def _train(self) -> None:
        if self.stop.requested:  # of the search: a second one is to stop the training
            self.ui.note("Training with these parameters; Ctrl-C ends at once.")
            self._fit(lambda: False)
            return
        self._fit(self.stop)

    def _fit(self, stop: Any) -> None:
        classifier = self.pipeline["clf"]
        self.bars.tell("looking words up", 0, 0)
        ids = self.pipeline["ids"].fit_transform(self.tokens)
        self.bars.asks(stop)
        classifier.fit(ids, self.y)
        self.bars.asks(self.stop)
        self.stopped = stop()
        if self.stopped:
            self.ui.note(
                f"Stopped in epoch {classifier.n_iter_} of {classifier.epochs}: the model has the "
                "best weights so far."
            )

    def _write(self, scores: dict[str, Any]) -> None:
        order, indexer, classifier = self.order, self.pipeline["ids"], self.pipeline["clf"]
        weights = classifier.bow_weights_
        counts = Counter(self.data.labels)
        network = weights is None or weights[1] > 0
        details: dict[str, dict[str, Any]] = {
            "Data": {
                "file": os.path.basename(order.data),
                "documents": len(self.data.texts),
                "labels": ", ".join(f"{name} ({n})" for name, n in sorted(counts.items())),
            },
            "Training": {
                "epochs": f"{classifier.n_iter_} of at most {classifier.epochs}",
                "stopped by hand": self.stopped,
                "network counts": network,
            },
        }
        if scores:
            details[f"Scores ({len(self.splits)} folds{', by group' * self.grouped})"] = {
                name: "accuracy {accuracy:.3f} ± {accuracy_sd:.3f}, macro F1 {f1_macro:.3f} "
                "± {f1_macro_sd:.3f}".format(**each)
                for name, each in scores.items()
            }
        self.bars.tell("writing the model", 0, 0)
        save(
            self.pipeline,
            order.out,
            vectors=order.keep or _kept_unasked(indexer, network),
            details=details,
        )
        if not scores:
            size = os.path.getsize(order.out) / 1e6
            self.ui.note(f"Wrote {order.out} ({size:.1f} MB).")
        self.summary.update(
            model=str(order.out),
            documents=len(self.data.texts),
            labels=dict(sorted(counts.items())),
            coverage=indexer.coverage_["tokens"],
            epochs=classifier.n_iter_,
            network_counts=network,
        )

    def _compare(self, results: list[Result]) -> None:
        self.summary["results"] = results
        self.summary["splits"] = self.splits
        self.summary["grouped"] = self.grouped
        self.summary["scores"] = {result.name: result.summary() for result in results}


def _kept_unasked(indexer: Any, network: bool) -> str:
    """How vectors are kept: so that predictions are those of the comparison, if it is cheap.

    Where the linear branch decides alone, words are enough.
    """
    store = indexer.vectors_._store
    rows = store.n_rows + (0 if store.subwords is None else len(store.subwords.ngrams))
    return "all" if network and 4 * store.dim * rows <= _WHOLE else "rows"
