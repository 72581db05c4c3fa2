"""TokenIds: what keeps the handle to the vectors, and what loses it."""

from __future__ import annotations

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import _safe_indexing, check_array, resample, shuffle

from sklearn_w2v import TokenIds, WordVectors
from sklearn_w2v.features.flat_ids import FlatIds

VECTORS = WordVectors(["雨", "雪", "夏", "海"], np.eye(4))
ARRAY = np.array([[2, 3, 0], [4, 0, 0], [5, 2, 3], [1, 0, 0], [3, 3, 3], [2, 5, 0]])


@pytest.fixture
def ids():
    return TokenIds(ARRAY, VECTORS)


@pytest.mark.parametrize(
    "given",
    [ARRAY, ARRAY.tolist(), ARRAY.astype("i8"), ARRAY.astype(float), ARRAY.astype("u1")],
)
def test_whole_numbers_become_int32(given):
    ids = TokenIds(given, VECTORS)
    assert ids.dtype == np.int32
    assert ids.vectors is VECTORS
    assert ids.tolist() == ARRAY.tolist()


@pytest.mark.parametrize(
    "given", [[[0.5, 1.0]], [[np.nan]], [[np.inf]], [[2**31]], np.array([[2**40]]), [["2"]]]
)
def test_what_is_no_whole_number_of_32_bits_is_refused(given):
    with pytest.raises(ValueError, match=r"Got ids of dtype .* not whole numbers of 32 bits"):
        TokenIds(given, VECTORS)


def test_int32_is_not_copied():
    array = ARRAY.astype(np.int32)
    assert np.shares_memory(TokenIds(array), array)


def test_without_vectors_the_handle_is_none():
    assert TokenIds(ARRAY).vectors is None
    assert TokenIds(ARRAY)[:2].vectors is None
    assert pickle.loads(pickle.dumps(TokenIds(ARRAY))).vectors is None


KEEPS = {
    "slice": lambda ids: ids[1:],
    "one row": lambda ids: ids[1],
    "columns": lambda ids: ids[:, :2],
    "index array": lambda ids: ids[np.array([3, 0])],
    "list": lambda ids: ids[[3, 0]],
    "boolean mask": lambda ids: ids[np.array([True, False] * 3)],
    "take": lambda ids: ids.take([0, 2], axis=0),
    "reshape": lambda ids: ids.reshape(3, 6),
    "safe indexing": lambda ids: _safe_indexing(ids, [0, 2]),
    "safe indexing by mask": lambda ids: _safe_indexing(ids, np.array([True, False] * 3)),
    "train_test_split": lambda ids: train_test_split(ids, random_state=0)[0],
    "its test part": lambda ids: train_test_split(ids, random_state=0)[1],
    "shuffle": lambda ids: shuffle(ids, random_state=0),
    "resample": lambda ids: resample(ids, n_samples=3, random_state=0),
    "astype": lambda ids: ids.astype(np.int64),
    "copy": lambda ids: ids.copy(),
    "copy.copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "asanyarray": np.asanyarray,
    "ascontiguousarray by columns": lambda ids: ids[:, ::2].copy(),
    "pickle 2": lambda ids: pickle.loads(pickle.dumps(ids, 2)),
    "pickle 5": lambda ids: pickle.loads(pickle.dumps(ids, 5)),
    "pipeline": lambda ids: make_pipeline(FunctionTransformer(), "passthrough").fit_transform(ids),
    "loky": lambda ids: joblib.Parallel(n_jobs=2)([joblib.delayed(copy.copy)(ids)] * 2)[1],
    "threads": lambda ids: joblib.Parallel(n_jobs=2, backend="threading")(
        [joblib.delayed(copy.copy)(ids)] * 2
    )[1],
}


@pytest.mark.parametrize("step", KEEPS)
def test_handle_survives(ids, step):
    result = KEEPS[step](ids)
    assert type(result) is TokenIds
    assert result.vectors == VECTORS
    assert result.vectors.words == VECTORS.words


LABELS = pd.MultiIndex.from_arrays([[3, 1, 4, 1, 5, 9], list("abcdef")])
MASK = [True, False, True, True, False, False]
FOLLOWS = {
    "slice": lambda x: x[1:4],
    "backwards": lambda x: x[::-1],
    "everything": lambda x: x[...],
    "empty key": lambda x: x[()],
    "index array": lambda x: x[np.array([3, 0])],
    "list": lambda x: x[[3, 0, 3]],
    "none": lambda x: x[[]] if isinstance(x, pd.Index) else x[np.array([], int)],
    "mask": lambda x: x[MASK],
    "twice": lambda x: x[2:][[2, 0]],
}
FOLLOWS_COLUMNS = {
    "columns": lambda x: x[:, :2],
    "chosen columns": lambda x: x[:, [2, 0]],
    "columns after dots": lambda x: x[..., 1:],
    "columns of some rows": lambda x: x[1:4, 1:],
    "columns of an array of rows": lambda x: x[[3, 0], 1:],
    "dots after an array": lambda x: x[[3, 0], ...],
}
FIRST = {
    "columns of some rows": slice(1, 4),
    "columns of an array of rows": [3, 0],
    "dots after an array": [3, 0],
}
DROPS = {
    "one row": lambda ids: ids[1],
    "a new axis": lambda ids: ids[None, 1],
    "a new axis after rows": lambda ids: ids[:, 0, None],
    "pairs": lambda ids: ids[[0, 1], [1, 0]],
    "rows that are broadcast": lambda ids: ids[[0, 1], [[0], [1]]],
    "a mask of values": lambda ids: ids[ids > 1],
    "take": lambda ids: ids.take([1, 0, 2, 3, 4, 5], axis=0),
    "transpose": lambda ids: ids.T,
    "reshape": lambda ids: ids.reshape(3, 6),
    "sort": lambda ids: np.sort(ids, axis=0),
    "partition": lambda ids: np.partition(ids, 2, axis=0),
    "roll": lambda ids: np.roll(ids, 1, axis=0),
}


@pytest.mark.parametrize("step", [*FOLLOWS, *FOLLOWS_COLUMNS])
def test_row_labels_follow_the_rows(step):
    ids = TokenIds(ARRAY, VECTORS, LABELS)
    if step in FOLLOWS:
        result, expected = FOLLOWS[step](ids), FOLLOWS[step](LABELS)
    else:
        result, expected = FOLLOWS_COLUMNS[step](ids), LABELS[FIRST.get(step, slice(None))]
    assert len(result) == len(expected)
    pd.testing.assert_index_equal(result.row_labels, expected)


@pytest.mark.parametrize(
    "step",
    ["copy", "copy.copy", "deepcopy", "pickle 2", "pickle 5", "loky", "threads", "pipeline"],
)
def test_row_labels_are_copied(step):
    result = KEEPS[step](TokenIds(ARRAY, VECTORS, LABELS))
    pd.testing.assert_index_equal(result.row_labels, LABELS)
    assert result.tolist() == ARRAY.tolist()


def test_row_labels_are_split_with_the_documents():
    ids = TokenIds(ARRAY, VECTORS, pd.Index(range(6)))
    for part in train_test_split(ids, random_state=0):
        assert part.tolist() == ARRAY[part.row_labels].tolist()
    part = shuffle(ids, random_state=1)
    assert part.tolist() == ARRAY[part.row_labels].tolist()


@pytest.mark.parametrize("step", DROPS)
def test_row_labels_are_dropped_where_rows_may_have_moved(step):
    result = DROPS[step](TokenIds(ARRAY, VECTORS, LABELS))
    assert getattr(result, "row_labels", None) is None
    assert getattr(result, "vectors", VECTORS) is VECTORS


def test_row_labels_of_other_documents_are_refused():
    with pytest.raises(ValueError, match="Got 5 row_labels but expected one for each of 6"):
        TokenIds(ARRAY, VECTORS, LABELS[:5])


@pytest.mark.parametrize("step", ["pickle 2", "pickle 5", "deepcopy", "copy", "loky", "pipeline"])
def test_copies_hold_the_same_ids(ids, step):
    np.testing.assert_array_equal(np.asarray(KEEPS[step](ids)), ARRAY)


def test_deepcopy_and_clones_share_the_vectors(ids):
    assert copy.deepcopy(ids).vectors is VECTORS


def test_handle_survives_joblib_memory(ids, tmp_path):
    calls = []

    def same(ids):
        calls.append(1)
        return ids

    cached = joblib.Memory(tmp_path, verbose=0).cache(same)
    for _ in range(2):
        result = cached(ids)
        assert result.vectors == VECTORS
        assert result.tolist() == ARRAY.tolist()
    assert calls == [1]


@pytest.mark.parametrize("mmap_mode", [None, "r"])
def test_handle_survives_joblib_dump(ids, tmp_path, mmap_mode):
    joblib.dump(ids, tmp_path / "ids.joblib")
    result = joblib.load(tmp_path / "ids.joblib", mmap_mode=mmap_mode)
    assert result.vectors == VECTORS
    assert result.tolist() == ARRAY.tolist()


def test_handle_survives_workers_with_more_ids_than_joblib_sends_by_pipe():
    ids = TokenIds(np.tile(ARRAY, (60_000, 1)), VECTORS)
    assert ids.nbytes > 1_000_000  # joblib's max_nbytes
    (result,) = joblib.Parallel(n_jobs=2)([joblib.delayed(_sum_of_handle)(ids)])
    assert result == (int(ARRAY.sum()) * 60_000, VECTORS.words)


def _sum_of_handle(ids):
    return int(ids.sum()), ids.vectors.words


class _Memorizer(FunctionTransformer):
    """Predicts, for each document, how many words its vectors have."""

    def fit(self, X, y=None):
        self.vectors_ = X.vectors
        return self

    def predict(self, X):
        return np.full(len(X), len(X.vectors) if X.vectors == self.vectors_ else -1)


def test_handle_reaches_every_fold_of_a_cross_validation(ids):
    predicted = cross_val_predict(_Memorizer(), ids, np.zeros(6), cv=KFold(3))
    assert predicted.tolist() == [4] * 6


@pytest.mark.parametrize(
    "step",
    [
        np.asarray,
        np.array,
        lambda ids: np.vstack([ids, ids]),
        lambda ids: np.concatenate([ids, ids]),
        lambda ids: np.hstack([ids, ids]),
        check_array,
        lambda ids: ids.tolist(),
    ],
    ids=["asarray", "array", "vstack", "concatenate", "hstack", "check_array", "tolist"],
)
def test_handle_is_lost_where_a_plain_array_is_made(ids, step):
    result = step(ids)
    assert type(result) is not TokenIds
    assert not hasattr(result, "vectors")


@pytest.mark.parametrize(
    "step",
    [
        lambda ids: ids == 2,
        lambda ids: ids > 0,
        lambda ids: ids + 1,
        lambda ids: -ids,
        lambda ids: ids.astype(float) / 2,
        lambda ids: np.sqrt(ids),
        lambda ids: ids.sum(axis=1),
        lambda ids: ids.max(axis=0),
        lambda ids: (ids != 0).sum(axis=1),
    ],
)
def test_results_of_arithmetic_are_plain_arrays(ids, step):
    result = step(ids)
    assert type(result) is np.ndarray
    np.testing.assert_array_equal(result, step(ARRAY))


def test_results_of_one_number_are_numbers(ids):
    assert isinstance(ids.max(), np.integer)
    assert isinstance(ids[0, 0], np.integer)
    assert ids.sum() == ARRAY.sum()


def test_slices_are_views_that_can_be_written(ids):
    ids[:, 0] = 9
    assert ids[:, 0].tolist() == [9] * 6
    assert ids[0].vectors is VECTORS


def whole():
    tails = FlatIds(np.array([7, 8, 9], np.int32), np.array([2, 1]))
    return TokenIds([[2], [3]], None, pd.Index(["first", "second"]), tails)


@pytest.mark.parametrize("key", [((1, 0), slice(None)), ([1, 0], slice(None)), (1, 0)])
def test_positions_move_what_belongs_to_the_rows(key):
    taken = whole()[list(key) if isinstance(key[0], int) else key]
    assert taken.tolist() == [[3], [2]]
    assert list(taken.row_labels) == ["second", "first"]
    assert taken.tails.ids.tolist() == [9, 7, 8]


def test_no_rows_of_labelled_ids():
    for key in ([], np.array([], int), ([], slice(None))):
        taken = whole()[key]
        assert taken.shape == (0, 1)
        assert len(taken.row_labels) == len(taken.tails) == 0


def test_a_shuffle_in_place_drops_what_belonged_to_the_rows():
    ids = TokenIds([[n] for n in range(9)], None, pd.Index(range(9)))
    np.random.RandomState(1).shuffle(ids)
    assert ids.ravel().tolist() != list(range(9))
    assert ids.row_labels is ids.tails is None
    ids = whole()
    ids[:] = ids[::-1].copy()
    assert ids.row_labels is ids.tails is None
