from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sklearn_w2v.networks.batches import batch_width, shuffled_batches

LENGTHS = hnp.arrays(np.int64, st.integers(1, 300), elements=st.integers(1, 500))


@settings(max_examples=50, deadline=None)
@given(lengths=LENGTHS, batch_size=st.integers(1, 40))
def test_an_epoch_holds_each_document_once(lengths, batch_size):
    batches = shuffled_batches(lengths, batch_size, np.random.default_rng(0))
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert max(map(len, batches)) <= batch_size
    assert len(batches) == -(-len(lengths) // batch_size)


def test_epochs_differ_and_seeds_repeat():
    lengths = np.random.default_rng(0).integers(1, 200, 1000)
    random = np.random.default_rng(1)
    first, second = (shuffled_batches(lengths, 32, random) for _ in range(2))
    again = shuffled_batches(lengths, 32, np.random.default_rng(1))
    assert not all(map(np.array_equal, first, second))
    assert all(map(np.array_equal, first, again))


def test_batches_are_hardly_padded():
    lengths = np.random.default_rng(0).integers(1, 500, 2000)
    batches = shuffled_batches(lengths, 32, np.random.default_rng(1))
    padded = sum(len(rows) * batch_width(lengths[rows]) for rows in batches)
    assert padded < 1.35 * lengths.sum() < 2000 * 500


@pytest.mark.parametrize(("length", "width"), [(1, 16), (16, 16), (17, 32)])
def test_widths_are_few(length, width):
    assert batch_width(np.array([1, length])) == width
