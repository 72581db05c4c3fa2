from __future__ import annotations

import math

import numpy as np
import pytest

from sklearn_w2v import W2VIndexer, W2VLSTMClassifier
from sklearn_w2v.cli.cross_validation import (
    MAJORITY,
    TFIDF,
    FoldScores,
    baselines,
    cross_validate,
    difference,
    make_splits,
)
from sklearn_w2v.cli.labelled import LabelledTexts

TOKENS = [["雨", "雪"], ["夏", "海"], ["霧", "傘"], ["砂", "祭"]] * 6
LABELS = ["wet", "dry"] * 12


def nothing(text):
    raise AssertionError(text)


def splits_of(labels, groups, n_folds, seed, warn):
    texts = [f"text {number}" for number in range(len(labels))]
    return make_splits(LabelledTexts(texts, labels, groups), n_folds, seed, warn)


def test_copies_of_a_text_stand_in_one_fold():
    texts = [f"text {number % 24}" for number in range(72)]
    said = []
    splits = make_splits(LabelledTexts(texts, LABELS * 3, None), 3, 0, said.append)
    assert said == ["48 texts are copies of others; all copies of a text stand in one fold."]
    assert sorted(np.concatenate([test for _, test in splits])) == list(range(72))
    for train, test in splits:
        assert len(train) + len(test) == 72
        assert not {texts[row] for row in train} & {texts[row] for row in test}
    once = make_splits(LabelledTexts(texts[:24], LABELS, None), 3, 0, nothing)
    for (_, of_all), (_, of_once) in zip(splits, once, strict=True):
        assert np.array_equal(of_all[of_all < 24], of_once)
    with pytest.raises(ValueError, match="no label has that many different texts"):
        make_splits(LabelledTexts(["a", "b"] * 12, LABELS, None), 3, 0, nothing)


def test_a_label_of_copies_alone_is_named_before_training():
    texts = [*(f"text {number}" for number in range(20)), *["q"] * 8]
    data = LabelledTexts(texts, ["x"] * 20 + ["y"] * 8, None)
    said = []
    with pytest.raises(
        ValueError, match=r"All different texts of 'y' \(1 different texts\) are in"
    ):
        make_splits(data, 5, 0, said.append)
    assert "1 labels have fewer than 5 different texts" in said[0]


def test_groups_stay_together():
    groups = [str(place // 2 % 6) for place in range(24)]
    splits = splits_of(LABELS, groups, 3, 0, nothing)
    assert len(splits) == 3
    for train, test in splits:
        assert not {groups[row] for row in train} & {groups[row] for row in test}


def test_folds_that_cannot_be_made():
    with pytest.raises(ValueError, match="Got 2 groups but expected 3 or more"):
        splits_of(LABELS, ["a", "b"] * 12, 3, 0, nothing)
    with pytest.raises(ValueError, match="no label has that many documents; lower --folds"):
        splits_of(LABELS, None, 13, 0, nothing)


def test_rare_labels_are_told():
    said = []
    splits_of([*LABELS, "fog", "fog"], None, 3, 0, said.append)
    assert "1 labels have fewer than 3 documents" in said[0]
    assert "fog" in said[0]


def test_labels_of_one_group_are_named_before_training():
    labels = ["wet"] * 12 + ["dry"] * 12
    groups = ["a"] * 12 + [f"b{place // 2}" for place in range(12)]
    with pytest.raises(ValueError, match=r"All groups of 'wet' \(1 groups\) are in one fold.*--fo"):
        splits_of(labels, groups, 3, 0, lambda text: None)
    said = []
    more = ["fog"] * 12, [f"c{place // 2}" for place in range(12)]
    splits = splits_of(labels + more[0], groups + more[1], 3, 0, said.append)
    assert len(splits) == 3
    assert "1 labels have fewer than 3 groups, so some folds do not test them (wet)" in said[0]
    assert "counts each of their documents as wrong" in said[1]
    assert "(wet (1 groups))" in said[1]
    assert len(said) == 2
    # two groups, both of which the folds may put on one side
    y = np.array(["x"] * 2 + ["y"] * 8 + ["z"] * 8)
    groups = ["g0", "g1", *(f"h{place // 2}" for place in range(16))]
    for seed in range(20):
        said.clear()
        splits = splits_of(y.tolist(), groups, 2, seed, said.append)
        torn = all(set(y[test]) <= set(y[train]) for train, test in splits)
        assert torn == (not said)


def test_baselines():
    y = np.array(LABELS)
    splits = splits_of(LABELS, None, 3, 0, nothing)
    linear, majority = baselines(TOKENS, y, splits, 0)
    assert (linear.name, majority.name) == (TFIDF, MAJORITY)
    assert linear.accuracy == [1.0, 1.0, 1.0]
    assert majority.accuracy == [0.5, 0.5, 0.5]
    assert majority.f1 == pytest.approx([1 / 3] * 3)


@pytest.fixture
def fit_all(small_vectors):
    splits = splits_of(LABELS, None, 2, 0, nothing)
    models = [
        (str(units), W2VLSTMClassifier(units=units, epochs=1, random_state=0)) for units in (2, 3)
    ]

    def run(told, jobs=1):
        indexer = W2VIndexer(small_vectors)
        return cross_validate(models, indexer, TOKENS, np.array(LABELS), splits, jobs, told)

    return run


def test_candidates_are_tested_on_all_folds_and_can_be_stopped(fit_all):
    told = []
    results = fit_all(told.append)
    assert [(result.name, result.folds) for result in results] == [("2", [0, 1]), ("3", [0, 1])]
    # before each fit, and after it, where it may have been stopped
    assert told == [0, 0, 1, 1, 2, 2, 3, 3, 4]
    stopped = fit_all(lambda done: done == 3)
    assert [result.folds for result in stopped] == [[0, 1], [0]]
    assert stopped[0].accuracy == results[0].accuracy


@pytest.mark.slow
def test_two_processes_give_the_same(fit_all):
    one, two = fit_all(lambda done: False), fit_all(lambda done: False, jobs=2)
    for first, second in zip(one, two, strict=True):
        assert first.accuracy == second.only({0, 1}).accuracy


def test_some_of_the_folds_in_their_order():
    result = FoldScores("x", [2, 0, 1], [0.2, 0.0, 0.1], [0.5] * 3, [1.0] * 3, [True, False, False])
    some = result.only({0, 2})
    assert (some.folds, some.accuracy, some.network) == ([0, 2], [0.0, 0.2], [False, True])
    assert some.summary()["accuracy"] == pytest.approx(0.1)


def test_the_error_of_a_difference_knows_that_folds_share_documents():
    splits = splits_of(LABELS * 50, None, 4, 0, nothing)
    ours = FoldScores("a", [0, 1, 2, 3], [0.9, 0.8, 0.9, 0.8])
    theirs = FoldScores("b", [0, 1, 2, 3], [0.8, 0.8, 0.8, 0.8])
    gap, error = difference(ours, theirs, splits)
    assert gap == pytest.approx(0.05)
    plain = np.std([0.1, 0, 0.1, 0], ddof=1) / 2
    assert error == pytest.approx(plain * math.sqrt(1 + 4 / 3))
    assert math.isnan(
        difference(FoldScores("a", [0], [1.0]), FoldScores("b", [0], [1.0]), splits)[1]
    )
