"""Folds of the training documents, on which parts of a classifier are judged."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from ..utils.sklearn_compat import stratified_group_folds

_FOLDS = 5  # twice as many where there are many documents
_SMALL = 2_000
_BLOCK = 10  # neighbours that stand on one side
_SWALLOWED = 0.1  # share of the documents whose class may stand in one block

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]


def inner_folds(y: NDArray[Any], seed: int, copies: NDArray[np.int64] | None = None) -> list[Fold]:
    """Split training documents into inner folds; none where they are too few.

    Neighbours in a file belong together more often than not (pairs of a statement and its
    contrary, passages of a book, songs of an album), so they stand on one side; as copies of
    one document do, wherever they are (oversampling makes them).

    Parameters
    ----------
    y : ndarray of shape (n_documents,) or (n_documents, n_classes)
        Places of the classes, or an indicator matrix.
    seed : int
        Of the shuffling.
    copies : ndarray of shape (n_documents,) or None, default=None
        Equal numbers of equal documents; None where all are different.

    Returns
    -------
    list of (ndarray, ndarray)
        Rows to train on, and rows that are held out.
    """
    first = np.arange(len(y))
    if copies is not None:
        first = np.sort(np.unique(copies, return_index=True)[1])
    n_folds = _FOLDS if len(first) <= _SMALL else 2 * _FOLDS
    of_distinct = _blocks(y[first], n_folds)
    if of_distinct[-1] + 1 < 2 * n_folds:
        return []
    blocks = of_distinct
    if copies is not None:  # a copy stands where its document came first
        blocks = np.empty(int(copies.max()) + 1, np.int64)
        blocks[copies[first]] = of_distinct
        blocks = blocks[copies]
    return _split(y, blocks, n_folds, seed)


def folds_by_group(
    y: NDArray[Any], groups: NDArray[np.int64], seed: int, copies: NDArray[np.int64] | None
) -> list[Fold]:
    """Split documents into folds that take no group apart; none where groups are too few.

    Parameters
    ----------
    y : ndarray of shape (n_documents,) or (n_documents, n_classes)
        Places of the classes, or an indicator matrix.
    groups : ndarray of shape (n_documents,)
        Group of each document, counted from 0.
    seed : int
        Of the shuffling.
    copies : ndarray of shape (n_documents,) or None
        Equal numbers of equal documents. What the training part holds, too, is not held out.
    """
    if groups.max() + 1 < _FOLDS:
        return []
    folds = _split(y, groups, _FOLDS, seed)
    if copies is not None:
        unseen = [(rows, held[~np.isin(copies[held], copies[rows])]) for rows, held in folds]
        folds = [(rows, held) for rows, held in unseen if len(held)]
    return folds


def _split(y: NDArray[Any], blocks: NDArray[Any], n_folds: int, seed: int) -> list[Fold]:
    stratified = y.ndim == 1 and np.bincount(y).max() >= n_folds
    if not stratified:
        folds = GroupKFold(n_folds, shuffle=True, random_state=seed)
        return list(folds.split(blocks, groups=blocks))
    with warnings.catch_warnings():  # of classes with fewer documents than folds
        warnings.simplefilter("ignore", UserWarning)
        return stratified_group_folds(y, blocks, n_folds, seed)


def _blocks(y: NDArray[Any], n_folds: int) -> NDArray[np.int64]:
    """Return the number of each document's block of neighbours.

    Where blocks swallow whole classes (a sorted file of many small ones), they are smaller:
    about a class that no other block has, the other side could say nothing.
    """
    size = max(1, min(_BLOCK, len(y) // (4 * n_folds)))
    blocks = np.arange(len(y)) // size
    while size > 1 and y.ndim == 1:
        pairs = np.unique(np.column_stack([y, blocks]), axis=0)
        counts = np.bincount(y)
        swallowed = (np.bincount(pairs[:, 0]) == 1) & (counts > 1)
        if counts[swallowed].sum() <= _SWALLOWED * len(y):
            break
        size //= 2
        blocks = np.arange(len(y)) // size
    return blocks
