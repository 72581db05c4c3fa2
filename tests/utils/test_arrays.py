"""Parts of arrays that may be larger than memory."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_w2v.utils import arrays
from sklearn_w2v.utils.arrays import parts


@pytest.mark.parametrize("shape", [(0,), (0, 3), (5,), (5, 3), (7, 1), (3, 0), (1, 100)])
@pytest.mark.parametrize("values", [1, 4, 6, 1000])
def test_parts_are_all_rows_in_order_and_small(shape, values, monkeypatch):
    monkeypatch.setattr(arrays, "_VALUES", values)
    array = np.arange(np.prod(shape)).reshape(shape)
    some = [array[part] for part in parts(array)]
    np.testing.assert_array_equal(np.concatenate([array[:0], *some]), array)
    assert all(len(part) == 1 or part.size <= values for part in some)
