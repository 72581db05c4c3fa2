"""``sklearn-w2v fit``: the table at the end, and the advice which model to take."""

from __future__ import annotations

import math
from typing import Any

from rich.table import Table
from scipy.stats import t as student

from .console import CommandOutput
from .cross_validation import MAJORITY, TFIDF, FoldScores, Split, difference

_LEVEL = 0.95  # confidence from which a difference is called clear


def report(summary: dict[str, Any], output: CommandOutput, as_json: bool) -> None:
    """Write the report of ``fit``.

    Parameters
    ----------
    summary : dict
        What the run found.
    output : CommandOutput
        Where the report is written.
    as_json : bool
        Whether the report is JSON.
    """
    results: list[FoldScores] = summary.pop("results", [])
    splits: list[Split] = summary.pop("splits", [])
    if results:
        summary["folds"] = len(results[0].folds)
        summary["take"], text = verdict(results, splits, "search" in summary)
        if not as_json:
            if "search" in summary:
                output.stdout.print(_candidates(summary["search"]))
            output.stdout.print(_table(results, summary["grouped"]))
            output.stdout.print(text, soft_wrap=not output.stdout.is_terminal)
    if as_json:
        output.json(summary)


def _candidates(search: list[dict[str, Any]]) -> Table:
    """Table of the candidates of a search, best first."""
    table = Table(title="Search")
    for name in search[0]["params"]:
        table.add_column(name)
    for column in ("accuracy", "macro F1"):
        table.add_column(column, justify="right")
    for each in sorted(search, key=lambda each: -float(each["accuracy"])):
        scores = (f"{each[name]:.3f}" for name in ("accuracy", "f1_macro"))
        table.add_row(*map(str, each["params"].values()), *scores)
    return table


def _table(results: list[FoldScores], grouped: bool) -> Table:
    folds = len(results[0].folds)
    how = f"{folds} folds" if folds != 1 else "one fold"
    table = Table(title=f"Cross-validation, {how}" + (", by group" if grouped else ""))
    table.add_column("model")
    for column in ("accuracy", "±", "macro F1", "±", "s/fold"):
        table.add_column(column, justify="right")
    for result in results:
        scores = result.summary()
        numbers = [scores[name] for name in ("accuracy", "accuracy_sd", "f1_macro", "f1_macro_sd")]
        seconds = "" if result.name == MAJORITY else f"{scores['seconds']:.1f}"
        table.add_row(result.name, *(f"{number:.3f}" for number in numbers), seconds)
    return table


def verdict(results: list[FoldScores], splits: list[Split], searched: bool) -> tuple[str, str]:
    """Which model to take: ``"model"``, ``"tfidf"`` or ``"either"``, and why.

    Parameters
    ----------
    results : list of FoldScores
        Scores of the model, then of the baselines.
    splits : list of (train, test)
        The folds.
    searched : bool
        Whether the model is the best of many on these very folds.
    """
    by_name = {result.name: result for result in results}
    ours, theirs = results[0], by_name[TFIDF]
    gap, error = difference(ours, theirs, splits)
    by = f"{abs(gap):.3f} in accuracy" + ("" if math.isnan(error) else f" (± {error:.3f})")
    notes = []
    if not any(ours.network):
        notes.append("The network counts in no fold: its linear branch decides alone.")
    elif not all(ours.network):
        notes.append(f"The network counts in {sum(ours.network)} of {len(ours.folds)} folds.")
    if searched:
        notes.append("As the best of the search on these very folds, it is flattered a little.")
    # the error of few folds is uncertain: two folds need a gap of 12.7 times it, five of 2.8
    clear = error * student.ppf((1 + _LEVEL) / 2, max(1, len(ours.folds) - 1))
    if math.isnan(error):
        take, text = "either", f"One fold cannot say which to take; the difference is {by}."
    elif gap > clear:
        take, text = "model", f"Take this model: it is ahead of {TFIDF} by {by}."
    elif gap < -clear:
        take, text = "tfidf", f"Take {TFIDF}: it is ahead of this model by {by}, and simpler."
    else:
        take, side = "either", f"{'ahead of' if gap > 0 else 'behind'} {TFIDF} by {by}"
        if not gap:
            side = f"as accurate as {TFIDF} (± {error:.3f})"
        text = (
            f"No clear difference: this model is {side}. Take {TFIDF}, which is simpler, unless "
            "you need probabilities."
        )
    return take, " ".join([text, *notes])
