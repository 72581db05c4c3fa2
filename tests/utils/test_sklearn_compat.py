from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from sklearn_w2v.utils.sklearn_compat import stratified_group_folds

# twelve albums of one artist each, those of the second artist four times as long
SIZES = [5] * 6 + [20] * 6
Y, GROUPS = np.repeat([0] * 6 + [1] * 6, SIZES), np.repeat([f"album {i}" for i in range(12)], SIZES)


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_folds_are_stratified_and_take_no_group_apart(seed):
    folds = stratified_group_folds(Y, GROUPS, 3, seed)
    assert [round(Y[held].mean(), 6) for _, held in folds] == [0.8] * 3
    for train, held in folds:
        assert not set(GROUPS[train]) & set(GROUPS[held])
    assert sorted(np.concatenate([held for _, held in folds])) == list(range(len(Y)))


def test_folds_depend_on_the_seed():
    first, again, other = (stratified_group_folds(Y, GROUPS, 3, seed) for seed in (0, 0, 1))
    assert np.array_equal(first[0][1], again[0][1])
    assert not np.array_equal(first[0][1], other[0][1])


def held_out(folds):
    return [held.tolist() for _, held in folds]


def test_folds_are_those_of_scikit_learn_where_it_shuffles_groups():
    shuffled = StratifiedGroupKFold(3, shuffle=True, random_state=0)
    if not all(
        Y[held].mean() == pytest.approx(0.8) for held in held_out(shuffled.split(Y, Y, GROUPS))
    ):
        pytest.skip("the shuffled folds of this scikit-learn are not stratified")
    random = np.random.default_rng(0)
    y, groups = random.integers(0, 3, 200), random.permutation(np.arange(200) // 7)
    theirs = StratifiedGroupKFold(4, shuffle=True, random_state=1).split(y, y, groups)
    assert held_out(stratified_group_folds(y, groups, 4, 1)) == held_out(theirs)
