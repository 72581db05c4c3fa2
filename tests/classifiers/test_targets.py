"""Labels of one class a document, and indicator matrices of any number of them."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.exceptions import DataConversionWarning
from sklearn.preprocessing import MultiLabelBinarizer

from sklearn_w2v.classifiers.targets import Targets, check_labels


class Classifier:
    """What messages name."""


MATRIX = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 1], [1, 1, 1]])


def checked(y, n_documents=None):
    n = n_documents if n_documents is not None else len(MATRIX)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return check_labels(Classifier(), y, n)


# ------------------------------------------------------------------- indicator matrices
@pytest.mark.parametrize(
    "y",
    [
        MATRIX,
        MATRIX.astype(bool),
        MATRIX.astype(float),
        MATRIX.astype(np.int8),
        MATRIX.tolist(),
        list(MATRIX),
        [tuple(row) for row in MATRIX.tolist()],
        sp.csr_matrix(MATRIX),
        sp.csc_array(MATRIX),
        sp.coo_matrix(MATRIX.astype(bool)),
        pd.DataFrame(MATRIX, columns=["a", "b", "c"]),
        pd.DataFrame(MATRIX).astype("boolean"),
        pd.DataFrame(MATRIX).astype("Int64"),
        MultiLabelBinarizer(sparse_output=True).fit_transform([[0, 2], [], [1, 2], [0, 1, 2]]),
    ],
    ids=lambda y: f"{type(y).__name__}-{getattr(y, 'dtype', '')}",
)
def test_any_indicator_matrix_becomes_an_array_of_whole_numbers(y):
    labels = checked(y)
    assert type(labels) is np.ndarray
    assert labels.dtype == np.int64
    assert np.array_equal(labels, MATRIX)


def test_a_polars_frame_is_an_indicator_matrix():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(MATRIX, schema=["a", "b", "c"])
    assert np.array_equal(checked(frame), MATRIX)


@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("make", [np.array, sp.csr_matrix], ids=["dense", "sparse"])
def test_one_value_everywhere_is_an_indicator_matrix(value, make):
    y = np.full((4, 3), value)
    assert np.array_equal(checked(make(y)), y)


def test_one_document_may_come_alone():
    assert checked([[0, 1, 1]], 1).tolist() == [[0, 1, 1]]


# scikit-learn takes any two whole numbers for an indicator matrix
@pytest.mark.parametrize(
    "y",
    [2 * MATRIX - 1, MATRIX + 1, 5 * MATRIX, 2 * np.ones_like(MATRIX), -MATRIX],
    ids=["-1 and 1", "1 and 2", "0 and 5", "2", "0 and -1"],
)
@pytest.mark.parametrize("make", [np.array, sp.csr_matrix, np.ndarray.tolist])
def test_two_other_values_than_0_and_1_are_refused(y, make):
    with pytest.raises(ValueError, match=r"shape \(4, 3\) with other values than 0 and 1"):
        checked(make(y))


@pytest.mark.parametrize(
    "y",
    [MATRIX * [1, 2, 3], np.array([["a", "b"], ["b", "c"], ["c", "a"], ["a", "a"]])],
    ids=["numbers", "names"],
)
def test_several_targets_of_classes_are_refused_with_the_way_out(y):
    with pytest.raises(ValueError, match=r"Classifier expected one label.*MultiLabelBinarizer"):
        checked(y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([["a"], ["b", "c"], [], ["a"]], "MultiLabelBinarizer"),
        ([[0.5, 1.0]] * 4, "continuous-multioutput"),
        (np.where(MATRIX == 1, 1.0, np.nan), "y contains NaN"),
        (np.empty((4, 0)), "Unknown label type"),
        (MATRIX[None], "Unknown label type"),
    ],
    ids=["lists of names", "floats", "NaN", "no columns", "three dimensions"],
)
def test_what_is_no_target_at_all_is_refused(y, message):
    # scikit-learn casts the NaN on its way
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match=message):
        checked(y)


# -------------------------------------------------------------------- one label each
@pytest.mark.parametrize(
    "y",
    [
        ["b", "a", "b", "c"],
        np.array(["b", "a", "b", "c"], object),
        pd.Series(["b", "a", "b", "c"]),
        pd.Series(["b", "a", "b", "c"], dtype="string"),
        pd.Series(["b", "a", "b", "c"]).astype("category"),
    ],
    ids=["list", "object", "series", "string", "category"],
)
def test_labels_of_any_container_are_an_array(y):
    labels = checked(y)
    assert type(labels) is np.ndarray
    assert labels.tolist() == ["b", "a", "b", "c"]


@pytest.mark.parametrize("y", [MATRIX[:, :1], MATRIX[:, :1].tolist()], ids=["array", "lists"])
def test_a_single_column_counts_as_labels_with_scikit_learns_warning(y):
    with pytest.warns(DataConversionWarning, match="column-vector"):
        labels = check_labels(Classifier(), y, 4)
    assert labels.tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize("container", [list, tuple, lambda y: np.array(y, object)])
@pytest.mark.parametrize("y", [["a", 1, "b", 2], ["a", None, "b", "a"], ["a", float("nan")] * 2])
def test_labels_of_several_types_are_refused(y, container):
    with pytest.raises(TypeError, match="labels of several types in y"):
        checked(container(y))


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (None, ValueError, "Classifier estimator requires y"),
        ([0.5, 1.5, 0.1, 0.2], ValueError, "Unknown label type: continuous"),
        ("abcd", ValueError, "array-like"),
        (3, ValueError, "array-like"),
        (sp.csr_matrix(MATRIX[:, :1]), TypeError, "toarray"),
        (sp.coo_array(np.array([0, 1, 1, 0])), ValueError, r"sparse y of shape \(4,\)"),
    ],
    ids=["none", "floats", "str", "number", "sparse column", "sparse vector"],
)
def test_what_are_no_labels_is_refused(y, error, message):
    with pytest.raises(error, match=message):
        checked(y)


@pytest.mark.parametrize(
    "y", [["a", "b", "a"], MATRIX[:3], sp.csr_matrix(MATRIX[:3])], ids=["one", "many", "sparse"]
)
@pytest.mark.parametrize("n_documents", [2, 4])
def test_the_numbers_of_documents_and_labels_are_equal(y, n_documents):
    with pytest.raises(ValueError, match=f"{n_documents} documents in X but 3 labels in y"):
        checked(y, n_documents)


# ------------------------------------------------------------------ coding of labels
@pytest.mark.parametrize(
    "labels",
    [
        np.array(["b", "a", "b"]),
        np.array(["b", "a", "b"], object),
        np.array([7, -3, 7]),
        np.array([True, False, True]),
        np.array([2.0, 1.0, 2.0]),
    ],
    ids=lambda labels: str(labels.dtype),
)
def test_labels_are_coded_as_places_and_come_back(labels):
    targets = Targets.of(labels)
    places = targets.encode(labels)
    assert not targets.multilabel
    assert places.dtype == np.int64
    assert places.tolist() == [1, 0, 1]
    decoded = targets.decode(np.eye(2, dtype=np.float32)[places])
    assert decoded.dtype == labels.dtype
    assert decoded.tolist() == labels.tolist()


def test_classes_that_will_come_later_have_their_place():
    targets = Targets.of(np.array(["b", "b"]), ["c", "b", "a", "b"])
    assert targets.classes.tolist() == ["a", "b", "c"]
    assert targets.encode(np.array(["b", "c"])).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("classes", "labels", "wrong"),
    [
        (["a", "c"], ["a", "b"], "'b'"),
        (["a", "c"], ["d", "a"], "'d'"),
        (["a", "c"], [1, 0], "1"),
        ([1, 2], ["1", "2"], "'1'"),
        ([1, 2], [1.0, 1.5], "1.5"),
    ],
)
def test_a_label_that_is_no_class_is_named(classes, labels, wrong):
    targets = Targets.of(np.array(classes))
    with pytest.raises(ValueError, match=f"Got label {wrong} in y but the classes are") as caught:
        targets.encode(np.array(labels))
    assert str(classes) in str(caught.value)


def test_an_indicator_matrix_is_coded_as_floats_and_comes_back():
    targets = Targets.of(MATRIX)
    assert targets.multilabel
    assert targets.classes.tolist() == [0, 1, 2]
    encoded = targets.encode(MATRIX)
    assert encoded.dtype == np.float32
    assert np.array_equal(encoded, MATRIX)
    decoded = targets.decode(np.where(MATRIX == 1, 0.6, 0.4).astype(np.float32))
    assert decoded.dtype == np.int64
    assert np.array_equal(decoded, MATRIX)


def test_a_label_that_is_as_probable_as_not_is_left_out():
    proba = np.array([[0.5, np.nextafter(np.float32(0.5), np.float32(1))]], np.float32)
    assert Targets.of(MATRIX[:, :2]).decode(proba).tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("first", "later", "wanted"),
    [
        (MATRIX, MATRIX[:, :2], "an indicator matrix of 3 columns"),
        (MATRIX, np.hstack([MATRIX, MATRIX]), "an indicator matrix of 3 columns"),
        (MATRIX, np.array([1, 0, 1, 2]), "an indicator matrix of 3 columns"),
        (np.array(["a", "b"]), MATRIX, r"one of the labels \['a', 'b'\]"),
    ],
    ids=["fewer", "more", "labels", "a matrix"],
)
def test_another_kind_of_target_than_the_first_is_refused(first, later, wanted):
    with pytest.raises(ValueError, match=wanted) as caught:
        Targets.of(first).encode(later)
    assert f"y of shape {later.shape}" in str(caught.value)


@pytest.mark.parametrize("classes", [[0, 1], ["a", "b", "c"], [0, 1, 2, 3], [1, 2, 3]])
def test_classes_beside_a_matrix_are_the_numbers_of_its_columns(classes):
    assert Targets.of(MATRIX, [2, 1, 0]).classes.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match=r"columns of the indicator matrix.*\[0, 1, 2\]"):
        Targets.of(MATRIX, classes)


@pytest.mark.parametrize("labels", [MATRIX, np.array(["a", "b"])], ids=["many", "one"])
def test_no_classes_are_refused(labels):
    with pytest.raises(ValueError, match=r"classes=\[\]"):
        Targets.of(labels, [])


@pytest.mark.parametrize("dtype", ["Int64", "UInt8", "boolean"])
def test_nullable_labels_keep_their_dtype(dtype):
    y = pd.Series([0, 1, 1], dtype=dtype)
    labels = check_labels(object(), y, 3)
    assert labels.dtype == y.dtype.numpy_dtype
    assert labels.tolist() == [0, 1, 1]


def test_a_column_of_a_table_is_like_one_by_itself():
    with pytest.warns(DataConversionWarning, match="column-vector"):
        labels = check_labels(object(), pd.DataFrame({"y": pd.Series([0, 1, 1], dtype="Int64")}), 3)
    assert labels.dtype == np.int64


def test_a_sparse_column_holds_labels():
    labels = checked(pd.get_dummies(pd.Series(list("abab")), sparse=True)["a"])
    assert labels.tolist() == [True, False, True, False]


def test_nullable_labels_that_are_missing_are_refused():
    with pytest.raises(ValueError, match="y"):
        check_labels(object(), pd.Series([0, None, 1], dtype="Int64"), 3)
