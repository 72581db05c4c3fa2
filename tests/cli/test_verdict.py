from __future__ import annotations

import json
import re

import numpy as np
import pytest

from sklearn_w2v.cli.console import CommandOutput
from sklearn_w2v.cli.cross_validation import MAJORITY, TFIDF, FoldScores, difference, make_splits
from sklearn_w2v.cli.labelled import LabelledTexts
from sklearn_w2v.cli.verdict import report, verdict
from sklearn_w2v.utils.language import in_language


def splits_of(labels, n_folds):
    texts = [f"text {number}" for number in range(len(labels))]
    return make_splits(LabelledTexts(texts, labels, None), n_folds, 0, print)


SPLITS = splits_of(["a", "b"] * 150, 3)


def results(ours, theirs, network=(True, True, True)):
    folds = list(range(len(ours)))
    each = [0.5] * len(ours)
    return [
        FoldScores("this model", folds, list(ours), each, each, list(network)[: len(ours)]),
        FoldScores(TFIDF, folds, list(theirs), each, each, [False] * len(ours)),
        FoldScores(MAJORITY, folds, each, each, each, [False] * len(ours)),
    ]


@pytest.mark.parametrize(
    ("ours", "take", "wanted"),
    [
        ([0.90, 0.91, 0.92], "model", "Take this model: it is ahead of TF-IDF"),
        ([0.70, 0.71, 0.72], "tfidf", "Take TF-IDF + LinearSVC: it is ahead of this model"),
        ([0.70, 0.81, 0.95], "either", "No clear difference: this model is ahead of"),
        ([0.60, 0.81, 0.95], "either", "No clear difference: this model is behind"),
        ([0.9], "either", "One fold cannot say"),
    ],
)
def test_which_to_take(ours, take, wanted):
    got, text = verdict(results(ours, [0.8, 0.81, 0.80][: len(ours)]), SPLITS, False)
    assert got == take
    assert text.startswith(wanted)
    assert "search" not in text


@pytest.mark.parametrize("order", [[1, 0, 3, 2, 4], [1, 2, 0, 4, 3]])
def test_folds_are_paired_by_their_number(order):
    """Workers finish folds in any order, and the baselines' come sorted."""
    splits = [(np.arange(1200), np.arange(300))] * 5
    ours, theirs = [0.80, 0.84, 0.88, 0.92, 0.96], [0.78, 0.823, 0.858, 0.902, 0.938]
    model, *rest = results(ours, theirs, [True] * 5)
    expected = verdict([model, *rest], splits, False)
    assert expected[0] == "model"
    mixed = FoldScores("this model")
    for fold in order:
        for name in ("folds", "accuracy", "f1", "seconds", "network"):
            getattr(mixed, name).append(getattr(model, name)[fold])
    assert verdict([mixed, *rest], splits, False) == expected
    # a fold that only one of both has is not compared
    assert difference(model.only({0, 3}), rest[0], splits) == pytest.approx(
        difference(mixed.only({0, 3}), rest[0].only({3, 0}), splits)
    )


def test_equal_gaps_of_two_folds_are_no_certainty():
    """Two folds whose gaps are equal by chance, in units of a document."""
    splits = splits_of(["a", "b"] * 50, 2)
    got, text = verdict(results([0.73, 0.73], [0.70, 0.70]), splits, False)
    assert got == "either"
    assert "± 0.024" in text  # a document of 50, and half as much again for shared documents
    five = splits_of(["a", "b"] * 50, 5)
    network = [True] * 5
    got, _ = verdict(results([0.93] * 5, [0.70] * 5, network), five, False)
    assert got == "model"


def test_no_difference_at_all():
    got, text = verdict(results([0.7] * 3, [0.7] * 3), SPLITS, False)
    assert got == "either"
    assert text.startswith("No clear difference: this model is as accurate as TF-IDF + LinearSVC")


def test_what_else_there_is_to_say():
    _, text = verdict(results([0.9] * 3, [0.8] * 3, [False] * 3), SPLITS, True)
    assert "counts in no fold" in text
    assert "flattered" in text
    _, text = verdict(results([0.9] * 3, [0.8] * 3, [True, False, False]), SPLITS, False)
    assert "counts in 1 of 3 folds" in text


@pytest.mark.parametrize(
    ("ours", "start"),
    [
        ([0.90, 0.91, 0.92], "このモデルを採用してください。正解率が TF-IDF + LinearSVC を 0.107("),
        ([0.70, 0.71, 0.72], "TF-IDF + LinearSVC を採用してください。正解率がこのモデルを 0.093("),
        (
            [0.70, 0.81, 0.95],
            "明確な差はありません。このモデルの正解率は TF-IDF + LinearSVC を 0.017(",
        ),
        (
            [0.60, 0.81, 0.95],
            "明確な差はありません。このモデルの正解率は TF-IDF + LinearSVC を 0.017(",
        ),
        (
            [0.80, 0.81, 0.80],
            "明確な差はありません。このモデルの正解率は TF-IDF + LinearSVC と同じです",
        ),
        (
            [0.9],
            "1 つの分割だけでは、どちらを採用すべきか判断できません。正解率の差は 0.100 です。",
        ),
    ],
)
@pytest.mark.parametrize("network", [(True, True, True), (True, False, False), (False,) * 3])
def test_in_japanese(capsys, ours, start, network):
    found = results(ours, [0.8, 0.81, 0.80][: len(ours)], network)
    expected, _ = verdict(found, SPLITS, True)
    with in_language("ja"):
        take, text = verdict(found, SPLITS, True)
        report({"results": found, "splits": SPLITS, "grouped": True}, CommandOutput(), False)
    assert take == expected
    assert text.startswith(start)
    assert text.endswith("スコアはやや高めに出ています。")
    assert not re.search(r"。\s", text)
    table = capsys.readouterr().out
    assert f"交差検証({len(ours)} 分割、グループ単位)" in table
    for shown in (text, table):
        assert set(re.findall("[A-Za-z][A-Za-z0-9]*", shown)) <= {"TF", "IDF", "LinearSVC", "F1"}


def test_the_table_and_json(capsys):
    summary = {"results": results([0.9] * 3, [0.8] * 3), "splits": SPLITS, "grouped": True}
    report(dict(summary), CommandOutput(), False)
    shown = capsys.readouterr().out
    assert "3 folds, by group" in shown
    assert "0.900" in shown
    assert "Take this model" in shown
    report({**summary, "scores": {}}, CommandOutput(), True)
    assert json.loads(capsys.readouterr().out) == {
        "grouped": True,
        "scores": {},
        "folds": 3,
        "take": "model",
    }


@pytest.mark.parametrize("ours", [0.3, 0.8])
def test_who_loses_to_the_most_frequent_label_is_told(ours):
    results = [
        FoldScores(name, [0, 1, 2], [accuracy] * 3, [accuracy] * 3, [0.0] * 3, [False] * 3)
        for name, accuracy in (("mine", ours), (TFIDF, 0.25), (MAJORITY, 0.5))
    ]
    _, why = verdict(results, SPLITS, False)
    assert ("most frequent label is right as often or more (0.500)" in why) == (ours < 0.5)
