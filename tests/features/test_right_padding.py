"""Ids are right-padded, whatever came in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sklearn_w2v.features.token_ids import right_padded
from sklearn_w2v.utils import arrays


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


@pytest.mark.parametrize("values", [1, 8, 1000])
def test_ids_are_padded_alike_in_any_parts(values, monkeypatch):
    ids = np.random.default_rng(0).integers(0, 3, (40, 4)).astype(np.int32)
    ids[[0, 17, 39]] = 0
    ids.flags.writeable = False
    expected = [[one for one in row if one] or [9] for row in ids.tolist()]
    monkeypatch.setattr(arrays, "_VALUES", values)
    padded, lengths = right_padded(ids, 9)
    assert lengths.tolist() == list(map(len, expected))
    assert padded.tolist() == [row + [0] * (4 - len(row)) for row in expected]
    assert right_padded(padded, 9)[0] is padded
