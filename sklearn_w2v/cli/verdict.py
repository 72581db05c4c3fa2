"""``sklearn-w2v fit``: the table at the end, and the advice which model to take."""

from __future__ import annotations

import math
from typing import Any

from rich.table import Table
from scipy.stats import t as student

from ..utils.language import between_sentences, translate
from .console import CommandOutput
from .cross_validation import MAJORITY, TFIDF, THIS_MODEL, FoldScores, Split, difference

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
    table = Table(title=translate("Search"))
    for name in search[0]["params"]:
        table.add_column(name)
    for column in (translate("accuracy"), translate("macro F1")):
        table.add_column(column, justify="right")
    for each in sorted(search, key=lambda each: -float(each["accuracy"])):
        scores = (f"{each[name]:.3f}" for name in ("accuracy", "f1_macro"))
        table.add_row(*map(str, each["params"].values()), *scores)
    return table


def _table(results: list[FoldScores], grouped: bool) -> Table:
    table = Table(title=_title(len(results[0].folds), grouped))
    table.add_column(translate("model"))
    accuracy, f1, seconds = translate("accuracy"), translate("macro F1"), translate("s/fold")
    for column in (accuracy, "±", f1, "±", seconds):
        table.add_column(column, justify="right")
    for result in results:
        scores = result.summary()
        numbers = [scores[name] for name in ("accuracy", "accuracy_sd", "f1_macro", "f1_macro_sd")]
        shown = "" if result.name == MAJORITY else f"{scores['seconds']:.1f}"
        table.add_row(model_name(result.name), *(f"{number:.3f}" for number in numbers), shown)
    return table


def _title(folds: int, grouped: bool) -> str:
    if folds == 1:
        if grouped:
            return translate("Cross-validation, one fold, by group")
        return translate("Cross-validation, one fold")
    if grouped:
        return translate("Cross-validation, {folds} folds, by group", folds=folds)
    return translate("Cross-validation, {folds} folds", folds=folds)


def model_name(name: str) -> str:
    """Return the name of a compared model, which JSON has in English."""
    if name == THIS_MODEL:
        return translate("this model")
    return translate("most frequent label") if name == MAJORITY else name


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
    # the error of few folds is uncertain: two folds need a gap of 12.7 times it, five of 2.8
    clear = error * student.ppf((1 + _LEVEL) / 2, max(1, len(ours.folds) - 1))
    found = {"baseline": TFIDF, "gap": abs(gap), "error": error}
    if math.isnan(error):
        take = "either"
        text = translate(
            "One fold cannot say which to take; the difference is {gap:.3f} in accuracy.",
            gap=abs(gap),
        )
    elif gap > clear:
        take = "model"
        text = translate(
            "Take this model: it is ahead of {baseline} by {gap:.3f} in accuracy (± {error:.3f}).",
            **found,
        )
    elif gap < -clear:
        take = "tfidf"
        text = translate(
            "Take {baseline}: it is ahead of this model by {gap:.3f} in accuracy (± {error:.3f}), "
            "and simpler.",
            **found,
        )
    else:
        take, text = "either", _no_difference(gap, found)
    return take, between_sentences().join([text, *_notes(results, searched)])


def _notes(results: list[FoldScores], searched: bool) -> list[str]:
    """Return sentences about the network, the search and the most frequent label."""
    ours = results[0]
    notes = []
    if not any(ours.network):
        notes.append(translate("The network counts in no fold: its linear branch decides alone."))
    elif not all(ours.network):
        notes.append(
            translate(
                "The network counts in {counts} of {folds} folds.",
                counts=sum(ours.network),
                folds=len(ours.folds),
            )
        )
    if searched:
        notes.append(
            translate("As the best of the search on these very folds, it is flattered a little.")
        )
    accuracy = {result.name: result.summary()["accuracy"] for result in results}
    most = accuracy.pop(MAJORITY, 0.0)
    if most >= max(accuracy.values()):
        notes.append(
            translate(
                "Always the most frequent label is right as often or more ({accuracy:.3f}).",
                accuracy=most,
            )
        )
    return notes


def _no_difference(gap: float, found: dict[str, Any]) -> str:
    if gap > 0:
        return translate(
            "No clear difference: this model is ahead of {baseline} by {gap:.3f} in accuracy "
            "(± {error:.3f}). Take {baseline}, which is simpler, unless you need probabilities.",
            **found,
        )
    if gap < 0:
        return translate(
            "No clear difference: this model is behind {baseline} by {gap:.3f} in accuracy "
            "(± {error:.3f}). Take {baseline}, which is simpler, unless you need probabilities.",
            **found,
        )
    return translate(
        "No clear difference: this model is as accurate as {baseline} (± {error:.3f}). Take "
        "{baseline}, which is simpler, unless you need probabilities.",
        **found,
    )
