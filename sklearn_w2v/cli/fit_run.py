"""``sklearn-w2v fit``: train, write the model, and compare it with a baseline."""

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
from ..utils.language import translate
from ..vectors.word_vectors import WordVectors
from .console import CommandOutput, ProgressBars
from .cross_validation import (
    THIS_MODEL,
    FoldScores,
    Split,
    Tokens,
    baselines,
    cross_validate,
    make_splits,
)
from .interrupt import SIGINT_STATUS, Stop
from .labelled import LabelledTexts, read_labelled
from .paths import check_target
from .tables import ReadOptions, Table
from .verdict import model_name, report

_CHUNK = 500  # documents that are tokenized together
_MAX_WHOLE = 100_000_000  # bytes; smaller tables of vectors are kept whole by default
# small grids, since each candidate is trained once for each fold
_GRIDS: dict[str, dict[str, list[Any]]] = {
    "lstm": {"train_embeddings": [True, False], "units": [50, 100], "bow_C": [1.0, 10.0]},
    "cnn": {"channels": ["multichannel", "non-static", "static"], "bow_C": [1.0, 10.0]},
}


@dataclass(frozen=True)
class FitOptions:
    """Options of ``sklearn-w2v fit``, under the same names."""

    data: str
    out: Path
    text: str | None
    label: str
    group: str | None
    vectors: str | None
    aliases: Path | None
    network: str
    train_network: str
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
    read_options: ReadOptions

    def check(self) -> None:
        """Raise now for what would fail after an hour of training."""
        if self.keep == "reference" and self.vectors is None:
            raise ValueError("Got --keep reference, which needs --vectors to refer to.")
        if self.aliases is not None and self.vectors is None:
            raise ValueError("Got --aliases, which needs --vectors.")
        if self.folds == 1 or (self.search and not self.folds):
            raise ValueError(f"Got --folds {self.folds} but expected 2 or more.")
        if self.jobs == 0:
            raise ValueError("Got --jobs 0 but expected a number of processes, or -1.")
        check_target(self.out, self.data, self.vectors, self.aliases)


def run_fit(options: FitOptions, output: CommandOutput, as_json: bool) -> int:
    """Read, train, write and compare; returns the exit status.

    Parameters
    ----------
    options : FitOptions
        Options of the command.
    output : CommandOutput
        Where notes and the report are written.
    as_json : bool
        Whether the report is JSON.
    """
    options.check()
    with output.catch_warnings():
        with output.progress_bars() as bars:
            data = _read(options, output)
            vectors = None
            if options.vectors is not None:
                vectors = WordVectors.load(options.vectors, options.aliases)
            bars.update("loading TensorFlow", 0, 0)
            params = {} if options.epochs is None else {"epochs": options.epochs}
            pipeline = make_w2v_pipeline(
                vectors,
                tokenizer="japanese" if options.tokenizer == "japanese" else None,
                network=options.network,
                random_state=options.seed,
                train_network={"always": True, "never": False}.get(options.train_network, "auto"),
                **params,
            )
            pipeline["ids"].set_params(maxlen=options.maxlen)
            splits: list[Split] = []
            if options.folds:
                splits = make_splits(data, options.folds, options.seed, output.warn)
            tokens = _tokenize(pipeline, data.texts, options.jobs, bars)
        with Stop(output.note) as stop, output.progress_bars(stop) as bars:
            run = _FitRun(options, output, data, tokens, pipeline, splits, stop, bars)
            summary = run.run()
        report(summary, output, as_json)
    return SIGINT_STATUS if stop.requested else 0


def _read(options: FitOptions, output: CommandOutput) -> LabelledTexts:
    with Table(options.data, options.read_options) as table:
        data = read_labelled(table, options.text, options.label, options.group, options.drop_empty)
    output.notes(table.notes)
    if data.left_out:
        output.note(f"{data.left_out} rows without text or label are left out.")
    counts = Counter(data.labels)
    rare = {label for label, count in counts.items() if count < options.drop_rare}
    if rare:
        kept = [place for place, label in enumerate(data.labels) if label not in rare]
        output.note(
            f"{len(rare)} labels with fewer than {options.drop_rare} documents are left out "
            f"({len(data.labels) - len(kept)} documents)."
        )
        data = LabelledTexts(
            [data.texts[place] for place in kept],
            [data.labels[place] for place in kept],
            None if data.groups is None else [data.groups[place] for place in kept],
        )
        counts = Counter(data.labels)
    single = sorted(label for label, count in counts.items() if count == 1)
    if single:
        raise ValueError(
            f"{len(single)} of {len(counts)} labels in column {options.label!r} have one document "
            f"({', '.join(map(repr, single[:5]))}), too few to learn from and to test; "
            "--drop-rare 2 leaves such labels out."
        )
    if len(counts) < 2:
        shown = ", ".join(map(repr, counts)) or "none"
        raise ValueError(
            f"Column {options.label!r} has {len(counts)} label ({shown}) but expected two or more."
        )
    output.note(f"{len(data.texts)} documents, {len(counts)} labels.")
    return data if data.groups is None else _sorted_by_group(data, data.groups)


def _sorted_by_group(data: LabelledTexts, groups: list[str]) -> LabelledTexts:
    """Make groups contiguous, since the classifier holds out neighbours together."""
    first: dict[str, int] = {}
    for group in groups:
        first.setdefault(group, len(first))
    order = sorted(range(len(groups)), key=lambda place: first[groups[place]])
    return LabelledTexts(
        [data.texts[place] for place in order],
        [data.labels[place] for place in order],
        [groups[place] for place in order],
    )


def _tokenize(pipeline: Pipeline, texts: list[str], jobs: int, bars: ProgressBars) -> Tokens:
    """Tokenize all texts once, for folds, candidates, baseline and model."""
    if "tokens" not in pipeline.named_steps:
        return [text.split() for text in texts]
    tokenizer = clone(pipeline["tokens"]).set_params(n_jobs=jobs)
    size = _CHUNK if jobs == 1 else 20 * _CHUNK
    tokens: Tokens = []
    for start in bars.track("tokenizing", range(0, len(texts), size), -(-len(texts) // size)):
        tokens += tokenizer.transform(texts[start : start + size])
    return tokens


class _FitRun:
    """Search, training and comparison on the tokens of all texts."""

    def __init__(
        self,
        options: FitOptions,
        output: CommandOutput,
        data: LabelledTexts,
        tokens: Tokens,
        pipeline: Pipeline,
        splits: list[Split],
        stop: Stop,
        bars: ProgressBars,
    ) -> None:
        self.options, self.output, self.data, self.tokens = options, output, data, tokens
        self.pipeline, self.splits, self.stop, self.bars = pipeline, splits, stop, bars
        self.y = np.asarray(data.labels)
        self.grouped, self.stopped = data.groups is not None, False
        self.summary: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        """Search, train, write and compare; the model is written before the comparison."""
        options = self.options
        results = self._search() if options.search else []
        self._train()
        self._write({})
        if options.folds and not options.search and not self.stop.requested:
            results = [self._validate([(THIS_MODEL, self.pipeline["clf"])])[0]]
        if results and results[0].folds:
            done = set(results[0].folds)
            compared = baselines(self.tokens, self.y, self.splits, options.seed)
            results += [result.only(done) for result in compared]
            self._compare(results)
            self._write(self.summary["scores"])
        elif options.folds and not self.stopped:
            self.output.note("No fold was finished, so there is nothing to compare.")
        self.summary["interrupted"] = self.stop.requested
        return self.summary

    def _validate(self, candidates: list[tuple[str, Any]]) -> list[FoldScores]:
        total = len(candidates) * len(self.splits)

        def report_done(done: int) -> bool:
            note = f"cross-validation, fit {done + 1} of {total}"
            return self.bars.update_total(done, total, note)

        jobs = min(effective_n_jobs(self.options.jobs), total)
        return cross_validate(
            candidates, self.pipeline["ids"], self.tokens, self.y, self.splits, jobs, report_done
        )

    def _search(self) -> list[FoldScores]:
        """Set the parameters of the best candidate; returns its scores."""
        grid = list(ParameterGrid(_GRIDS[self.options.network]))
        self.output.note(f"Searching: {len(grid)} candidates on {len(self.splits)} folds.")
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
            self.output.note("No candidate was finished, so the recipe's parameters are used.")
            return []
        results = [result.only(done) for result in results]
        recipe = self.pipeline["clf"].get_params()

        def rank(place: int) -> tuple[float, int]:  # among equals, the one closest to the recipe
            own = sum(recipe[name] == value for name, value in grid[place].items())
            return float(np.mean(results[place].accuracy)), own

        best = max(range(len(grid)), key=rank)
        self.pipeline["clf"].set_params(**grid[best])
        self.summary["search"] = [
            {"params": params, **result.summary()}
            for params, result in zip(grid, results, strict=True)
        ]
        self.summary["best_params"] = grid[best]
        self.output.note(f"Best parameters: {candidates[best][0]}.")
        results[best].name = THIS_MODEL
        return [results[best]]

    def _train(self) -> None:
        if self.stop.requested:  # it ended the search; a second one ends the training
            self.output.note("Training with these parameters; Ctrl-C ends at once.")
            self._fit(lambda: False)
            return
        self._fit(self.stop)

    def _fit(self, stop: Any) -> None:
        classifier = self.pipeline["clf"]
        self.bars.update("looking up words", 0, 0)
        ids = self.pipeline["ids"].fit_transform(self.tokens)
        self.bars.set_stop(stop)
        classifier.fit(ids, self.y)
        self.bars.set_stop(self.stop)
        self.stopped = stop()
        if self.stopped:
            self.output.note(
                f"Stopped in epoch {classifier.n_iter_} of {classifier.epochs}: the model has the "
                "best weights so far."
            )

    def _write(self, scores: dict[str, Any]) -> None:
        options, indexer, classifier = self.options, self.pipeline["ids"], self.pipeline["clf"]
        weights = classifier.bow_weights_
        network = weights is None or weights[1] > 0
        transfer = classifier._transfer_in_words()
        if transfer is not None and not scores:
            self.output.note(transfer)
        matter = network or bool(classifier.means_weight_)
        keep = options.keep or _default_keep(indexer, matter)
        self.bars.update("writing the model", 0, 0)
        save(
            self.pipeline,
            options.out,
            vectors=keep,
            details=self._details(network, transfer, scores),
        )
        if keep == "rows" and matter and not scores:
            self.output.note(
                "The file holds the vectors of the words in these texts alone: it may predict less "
                "well than the comparison shows, in which all words had theirs. --keep all or "
                "--keep reference keeps them."
            )
        if not scores:
            size = os.path.getsize(options.out) / 1e6
            self.output.note(f"Wrote {options.out} ({size:.1f} MB).")
        self.summary.update(
            model=str(options.out),
            documents=len(self.data.texts),
            labels=dict(sorted(Counter(self.data.labels).items())),
            coverage=indexer.coverage_["tokens"],
            epochs=classifier.n_iter_,
            network_counts=network,
        )

    def _details(
        self, network: bool, transfer: str | None, scores: dict[str, Any]
    ) -> dict[str, dict[str, Any]]:
        """Return sections of the model card."""
        classifier, counts = self.pipeline["clf"], Counter(self.data.labels)
        details: dict[str, dict[str, Any]] = {
            translate("Data"): {
                translate("file"): os.path.basename(self.options.data),
                translate("documents"): len(self.data.texts),
                translate("labels"): ", ".join(
                    f"{name} ({n})" for name, n in sorted(counts.items())
                ),
            },
            translate("Training"): {
                translate("epochs"): translate(
                    "{epochs} of at most {most}", epochs=classifier.n_iter_, most=classifier.epochs
                ),
                translate("stopped by hand"): _yes_or_no(self.stopped),
                translate("network counts"): _yes_or_no(network),
            },
        }
        if transfer is not None:
            details[translate("Training")][translate("word vectors")] = transfer
        if scores:
            n_folds = len(self.summary["results"][0].folds)  # fewer where somebody stopped them
            details[_scores_title(n_folds, self.grouped)] = {
                model_name(name): translate(
                    "accuracy {accuracy:.3f} ± {accuracy_sd:.3f}, macro F1 {f1_macro:.3f} "
                    "± {f1_macro_sd:.3f}",
                    **each,
                )
                for name, each in scores.items()
            }
        return details

    def _compare(self, results: list[FoldScores]) -> None:
        self.summary["results"] = results
        self.summary["splits"] = self.splits
        self.summary["grouped"] = self.grouped
        self.summary["scores"] = {result.name: result.summary() for result in results}


def _yes_or_no(whether: bool) -> str:
    return translate("True") if whether else translate("False")


def _scores_title(folds: int, grouped: bool) -> str:
    if grouped:
        return translate("Scores ({folds} folds, by group)", folds=folds)
    return translate("Scores ({folds} folds)", folds=folds)


def _default_keep(indexer: Any, matter: bool) -> str:
    """How to keep the vectors where ``--keep`` is not given.

    With the whole table, predictions are those of the comparison, but it may be large. The vectors
    matter where the network or mean vectors count, and not where the branch decides alone.
    """
    store = indexer.vectors_._store
    rows = store.n_rows + (0 if store.subwords is None else len(store.subwords.ngrams))
    return "all" if matter and 4 * store.dim * rows <= _MAX_WHOLE else "rows"
