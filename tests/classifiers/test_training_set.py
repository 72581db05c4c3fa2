"""Documents as the classifiers keep them."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from sklearn_w2v.classifiers.training_set import TrainingSet, class_weights_of, total_weights


@pytest.fixture
def documents():
    """Four documents of one to four words."""
    return TrainingSet(
        ids=np.array([[2, 3, 4, 5], [6, 0, 0, 0], [7, 8, 0, 0], [9, 2, 3, 0]], np.int32),
        lengths=np.array([4, 1, 2, 3]),
        y=np.array([0, 1, 0, 1]),
        weights=np.array([1.0, 0.0, 2.0, 0.0], np.float32),
    )


@pytest.mark.parametrize(
    "rows",
    [
        np.array([2, 0]),
        np.array([False, True, False, True]),
        np.array([], np.int64),
        slice(None),
        slice(1, 3),
    ],
    ids=["order", "mask", "none", "all", "slice"],
)
def test_all_that_belongs_to_a_document_is_taken_with_it(documents, rows):
    taken = documents.take(rows)
    assert len(taken) == len(documents.ids[rows])
    for name in ("ids", "lengths", "y", "weights"):
        assert np.array_equal(getattr(taken, name), getattr(documents, name)[rows]), name


def test_what_is_not_there_stays_away():
    plain = TrainingSet(np.ones((3, 2), np.int32), np.full(3, 2), np.eye(3), None)
    taken = plain.take(np.array([1]))
    assert taken.weights is None
    assert taken.y.tolist() == [[0.0, 1.0, 0.0]]


def test_cut_shortens_long_documents_alone(documents):
    short = documents.cut(2)
    assert short.ids.tolist() == [[2, 3], [6, 0], [7, 8], [9, 2]]
    assert short.lengths.tolist() == [2, 1, 2, 2]
    assert short.y is documents.y
    assert short.weights is documents.weights
    assert documents.lengths.tolist() == [4, 1, 2, 3]


@pytest.mark.parametrize("width", [None, 4, 99])
def test_cut_leaves_what_is_short_enough(documents, width):
    assert documents.cut(width) is documents


def test_documents_of_no_weight_are_left_out(documents):
    weighted = documents.weighted()
    assert weighted.ids.tolist() == [[2, 3, 4, 5], [7, 8, 0, 0]]
    assert weighted.weights.tolist() == [1.0, 2.0]


def test_without_weights_all_documents_count():
    plain = TrainingSet(np.ones((3, 2), np.int32), np.full(3, 2), np.arange(3), None)
    assert plain.weighted() is plain


def test_where_all_documents_have_weight_none_is_copied(documents):
    heavy = documents.take(np.array([0, 2]))
    assert heavy.weighted() is heavy


def test_documents_are_immutable_and_compare_by_identity(documents):
    with pytest.raises(FrozenInstanceError):
        documents.y = None
    assert documents == documents
    assert documents != documents.take(np.arange(4))


# --------------------------------------------------------------------- class_weight
def weights(class_weight, labels, sample_weight=None):
    labels = np.asarray(labels)
    return total_weights(sample_weight, class_weight, labels, np.unique(labels))


def test_labels_of_digits_have_the_weights_that_a_dict_names():
    got = weights({"1": 5.0, "5": 2.0}, ["1", "5", "3"])
    assert got.tolist() == [5.0, 2.0, 1.0]


def test_a_part_without_a_class_that_has_a_weight():
    got = total_weights(None, {0: 5.0}, np.array([1, 2]), np.arange(3))
    assert got.tolist() == [1.0, 1.0]


def test_documents_without_weight_balance_nothing():
    labels, sample = np.array([0, 0, 1, 1, 1, 1]), np.array([1, 1, 1, 1, 0, 0])
    assert weights("balanced", labels, sample).tolist() == [1, 1, 1, 1, 0, 0]
    many = np.column_stack([labels, labels])
    assert weights("balanced", many, sample).tolist() == [1, 1, 1, 1, 0, 0]
    found = class_weights_of(np.array([0, 1, 2]), "balanced", labels[sample > 0])
    assert found.tolist() == [1, 1, 1]


def test_a_weight_that_is_no_number_is_named():
    with pytest.raises(ValueError, match="Got class_weight of 'x' for 'a' but expected a finite"):
        weights({"a": "x"}, ["a", "b"])
