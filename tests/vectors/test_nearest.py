"""Nearest rows: the same as those of the whole matrix of cosines, however it is read."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_w2v.vectors.nearest import nearest

TABLE = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
TABLE[[7, 30, 31, 59]] = TABLE[3] * 2  # equal cosines, to the last bit
TABLE[12] = 0


def expected(queries, candidates, topn, excluded):
    units = TABLE / np.maximum(np.linalg.norm(TABLE, axis=1, keepdims=True), 1e-12)
    found = []
    for query, without in zip(queries, excluded, strict=True):
        allowed = np.setdiff1d(candidates, without)
        cosines = units[allowed] @ (query / max(np.linalg.norm(query), 1e-12))
        order = np.argsort(-cosines.round(6), kind="stable")[:topn]
        found.append((allowed[order], cosines[order]))
    return found


@pytest.mark.parametrize("block", [1, 7, 1000])
@pytest.mark.parametrize("topn", [1, 4, 100])
@pytest.mark.parametrize("candidates", [np.arange(60), np.arange(1, 60, 2)])
def test_nearest_rows_are_those_of_the_whole_matrix(monkeypatch, block, topn, candidates):
    monkeypatch.setattr("sklearn_w2v.vectors.nearest._BLOCK", block)
    queries = np.concatenate([TABLE[[3, 5, 12]], np.ones((1, 5), np.float32)])
    excluded = [[3, 7], [5, 5], [12, -1], [99, 0]]  # some of them are not candidates
    got = nearest(queries, candidates, TABLE.__getitem__, topn, excluded)
    for (rows, cosines), (wanted, values) in zip(
        got, expected(queries, candidates, topn, excluded), strict=True
    ):
        np.testing.assert_allclose(cosines, values, atol=1e-6)
        assert rows.tolist() == wanted.tolist()


def test_equal_cosines_come_in_the_order_of_the_rows():
    table = np.ones((9, 2), np.float32)
    ((rows, _),) = nearest(table[:1], np.arange(9), table.__getitem__, 3, [[0]])
    assert rows.tolist() == [1, 2, 3]


@pytest.mark.parametrize(("queries", "topn"), [(0, 3), (2, 0), (2, -1)])
def test_nothing_is_asked_for(queries, topn):
    got = nearest(TABLE[:queries], np.arange(60), None, topn, np.zeros((queries, 1), int))
    assert [len(rows) for rows, _ in got] == [0] * queries


def test_the_table_is_read_once_and_in_blocks(monkeypatch):
    monkeypatch.setattr("sklearn_w2v.vectors.nearest._VALUES", 40)
    asked = []

    def take(numbers):
        asked.append(numbers.tolist())
        return TABLE[numbers]

    nearest(TABLE[:4], np.arange(25), take, 2, np.arange(4)[:, None])
    assert asked == [list(range(start, min(start + 10, 25))) for start in (0, 10, 20)]
