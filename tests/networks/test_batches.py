from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sklearn_w2v.features.token_ids import right_padded
from sklearn_w2v.networks import batches as _batches
from sklearn_w2v.networks.batches import batch_width, shuffled_batches, sorted_batches
from sklearn_w2v.utils.arrays import parts

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


@settings(max_examples=50, deadline=None)
@given(lengths=LENGTHS, words=st.integers(1, 5000))
def test_prediction_batches_hold_each_document_once_and_few_words(lengths, words):
    batches = sorted_batches(lengths, words)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    for rows in batches:
        assert len(rows) == 1 or len(rows) * batch_width(lengths[rows]) <= words


@settings(max_examples=80, deadline=None)
@given(
    ids=hnp.arrays(
        np.int32, st.tuples(st.integers(1, 8), st.integers(1, 9)), elements=st.integers(0, 3)
    )
)
def test_right_padding_keeps_words_and_their_order(ids):
    before = ids.copy()
    out, lengths = right_padded(ids, empty=1)
    assert np.array_equal(ids, before)
    for row, line, length in zip(before, out, lengths, strict=True):
        assert line[:length].tolist() == (row[row != 0].tolist() or [1])
        assert not line[length:].any()


@pytest.mark.parametrize(("length", "width"), [(1, 16), (16, 16), (17, 32)])
def test_widths_are_few(length, width):
    assert batch_width(np.array([1, length])) == width


# ------------------------------------------------------------------ arrays in parts
@pytest.mark.parametrize("shape", [(0,), (0, 3), (5,), (5, 3), (7, 1), (3, 0), (1, 100)])
@pytest.mark.parametrize("values", [1, 4, 6, 1000])
def test_parts_are_all_rows_in_order_and_small(shape, values, monkeypatch):
    monkeypatch.setattr(_batches, "_VALUES", values)
    array = np.arange(np.prod(shape)).reshape(shape)
    some = [array[part] for part in parts(array)]
    np.testing.assert_array_equal(np.concatenate([array[:0], *some]), array)
    assert all(len(part) == 1 or part.size <= values for part in some)


@pytest.mark.parametrize("values", [1, 8, 1000])
def test_ids_are_padded_alike_in_any_parts(values, monkeypatch):
    ids = np.random.default_rng(0).integers(0, 3, (40, 4)).astype(np.int32)
    ids[[0, 17, 39]] = 0
    ids.flags.writeable = False
    expected = [[one for one in row if one] or [9] for row in ids.tolist()]
    monkeypatch.setattr(_batches, "_VALUES", values)
    padded, lengths = right_padded(ids, 9)
    assert lengths.tolist() == list(map(len, expected))
    assert padded.tolist() == [row + [0] * (4 - len(row)) for row in expected]
    assert right_padded(padded, 9)[0] is padded
