"""Folds of the training documents."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_w2v.classifiers.inner_folds import _SMALL, inner_folds

Y = np.random.default_rng(0).integers(0, 3, 200)


def checked(y, seed=0):
    """Folds that are what folds must be."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        folds = inner_folds(y, seed)
    for train, held in folds:
        assert len(train) > 0
        assert len(held) > 0
        assert np.array_equal(np.sort(np.concatenate([train, held])), np.arange(len(y)))
    if folds:
        everything = np.concatenate([held for _, held in folds])
        assert np.array_equal(np.sort(everything), np.arange(len(y)))
    return folds


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_few_documents_have_no_folds(n):
    assert checked(np.arange(n) % 2) == []
    assert checked(np.eye(2)[np.arange(n) % 2]) == []


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(
    ("n", "n_folds", "block"),
    [(10, 5, 1), (39, 5, 1), (40, 5, 2), (100, 5, 5), (1000, 5, 10), (_SMALL + 1, 10, 10)],
)
def test_neighbours_stand_on_one_side(n, n_folds, block, many):
    y = np.random.default_rng(0).integers(0, 3, n)
    folds = checked(np.eye(3)[y] if many else y)
    assert len(folds) == n_folds
    for _, held in folds:
        sizes = np.bincount(held // block, minlength=-(-n // block))
        assert set(sizes[:-1]) <= {0, block}
        assert len(held) == pytest.approx(n / n_folds, abs=max(2 * block, 0.3 * n / n_folds))


def test_folds_hold_classes_in_their_shares():
    y = np.repeat([0, 1, 2], [200, 120, 80])
    for _, held in checked(y):
        shares = np.bincount(y[held], minlength=3) / len(held)
        np.testing.assert_allclose(shares, [0.5, 0.3, 0.2], atol=0.1)


@pytest.mark.parametrize(
    "y",
    [
        [0, 1, 2] * 4,  # no class has a document for each fold
        list(range(30)),
        [0] * 40 + [1],
        [0, 1] + [2] * 60,
        [0] * 50,
        [*range(8), 8, 8],
    ],
    ids=["four-each", "one-each", "one-rare", "two-rare", "one-class", "two-of-one"],
)
def test_rare_classes_are_no_obstacle(y):
    assert len(checked(np.array(y))) == 5


@pytest.mark.parametrize(("n_classes", "each"), [(24, 10), (60, 4), (30, 9), (250, 10), (80, 2)])
def test_no_block_swallows_the_classes_of_a_sorted_file(n_classes, each):
    """Else a branch would have to decide about classes that it never saw."""
    y = np.repeat(np.arange(n_classes), each)
    folds = checked(y)
    unseen = [np.isin(y[held], y[train], invert=True).mean() for train, held in folds]
    assert np.mean(unseen) < 0.25  # chance leaves some where classes have fewer than folds
    shuffled = np.random.default_rng(0).permutation(y)
    if each > 2:  # nothing to mend: blocks are as large as ever
        block = 5 if len(y) < 200 else 10
        held = checked(shuffled)[0][1]
        assert set(np.bincount(held // block)) <= {0, block}


@settings(max_examples=60, deadline=None)
@given(y=st.lists(st.integers(0, 12), min_size=1, max_size=80), seed=st.integers(0, 2**31 - 1))
def test_folds_of_any_classes(y, seed):
    assert len(checked(np.array(y), seed)) == (5 if len(y) >= 10 else 0)


@pytest.mark.parametrize("many", [False, True])
def test_folds_come_from_the_seed_alone(many):
    y = np.eye(3)[Y] if many else Y
    first, again, other = (inner_folds(y, seed) for seed in (3, 3, 4))
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a[1], b[1]) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("n_copies", [1, 19])
def test_copies_stand_where_their_document_came_first(n_copies):
    """Oversampling appends copies in any order; a fold must not know what it holds out."""
    draw = np.random.default_rng(1)
    copies = np.concatenate([np.arange(120), draw.permutation(np.repeat(np.arange(9), n_copies))])
    y = (copies < 9).astype(int)
    folds = inner_folds(y, 0, copies)
    assert len(folds) == 5
    for train, held in folds:
        assert not np.intersect1d(copies[train], copies[held]).size
        assert len(train) + len(held) == len(y)
    # neighbours in the file still stand together
    plain = inner_folds(y[:120], 0)
    block = np.arange(120) // 6
    assert all(
        not np.intersect1d(block[train[train < 120]], block[held[held < 120]]).size
        for train, held in folds
    )
    assert len(plain) == 5


def test_copies_of_few_documents_have_no_folds():
    assert inner_folds(np.arange(90) % 2, 0, np.arange(90) % 9) == []
