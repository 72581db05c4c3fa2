"""Documents of any length, without padding, and the words beyond the width of their ids."""

from __future__ import annotations

import copy
import pickle

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from sklearn_w2v import TokenIds, W2VIndexer, WordVectors
from sklearn_w2v.features.flat_ids import FlatIds
from sklearn_w2v.features.token_ids import check_ids, whole_documents

WORDS = [f"w{number}" for number in range(12)]
VECTORS = WordVectors(WORDS, np.random.default_rng(0).normal(size=(12, 3)))
DOCUMENTS = [[WORDS[(row + place) % 12] for place in range(row % 9)] for row in range(40)]


def lists(flat):
    return [part.tolist() for part in np.split(flat.ids, flat.ends[:-1])]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(1, 9), max_size=6), min_size=1, max_size=8), st.data())
def test_rows_and_tails_are_the_documents(documents, data):
    width = data.draw(st.integers(1, 6))
    heads = [document[:width] for document in documents]
    padded = np.array([head + [0] * (width - len(head)) for head in heads], np.int32)
    tails = [np.array(document[width:], np.int32) for document in documents]
    lengths, beyond = (np.array(list(map(len, parts)), np.int64) for parts in (heads, tails))
    flat = FlatIds.of(padded, lengths, FlatIds(np.concatenate(tails), beyond))
    assert lists(flat) == documents
    assert flat.documents.tolist() == [row for row, one in enumerate(documents) for _ in one]
    rows = np.array(data.draw(st.lists(st.integers(-len(documents), len(documents) - 1))), int)
    taken = flat.take(rows)
    assert len(taken) == len(rows)
    assert [one for one in lists(taken) if len(rows)] == [documents[row] for row in rows]
    first, numbers = flat.distinct()
    assert [documents[first[number]] for number in numbers] == documents
    assert len({tuple(documents[row]) for row in first}) == len(first)
    assert all(documents[row] not in documents[:row] for row in first)


def test_the_indexer_keeps_words_beyond_its_width():
    ids = W2VIndexer(VECTORS).fit_transform([*DOCUMENTS[:38], DOCUMENTS[8] * 3])
    assert ids.shape[1] == 8
    assert ids.tails.lengths.sum() == 16
    whole = whole_documents(ids, *check_ids(W2VIndexer(), ids, VECTORS, True), VECTORS)
    assert lists(whole)[-1] == [WORDS.index(word) + 2 for word in DOCUMENTS[8] * 3]
    # who asks for a cut gets one
    assert W2VIndexer(VECTORS, maxlen=8).fit_transform([DOCUMENTS[8] * 3]).tails is None


@pytest.fixture(scope="module")
def long_ids():
    indexer = W2VIndexer(VECTORS).fit(DOCUMENTS)
    ids = indexer.transform([document * 2 for document in DOCUMENTS])
    assert ids.tails is not None
    return ids


def whole(ids):
    padded, lengths = check_ids(W2VIndexer(), ids, VECTORS, True)
    return lists(whole_documents(ids, padded, lengths, VECTORS))


@pytest.mark.parametrize(
    "take",
    [
        lambda ids: ids[[5, 3, 3, -1]],
        lambda ids: ids[np.arange(40) % 3 == 0],
        lambda ids: ids[10:30:3],
        lambda ids: ids[[7, 1], ...],
        lambda ids: ids[[7, 1], :],
        lambda ids: train_test_split(ids, random_state=0)[1],
        lambda ids: ids.copy(),
        lambda ids: copy.deepcopy(ids),
        lambda ids: pickle.loads(pickle.dumps(ids)),
        lambda ids: joblib.Parallel(2, prefer="threads")([joblib.delayed(len)(ids)]) and ids[::-1],
    ],
)
def test_tails_go_with_the_rows_that_are_taken(long_ids, take):
    numbered = TokenIds(np.arange(40)[:, None])  # rows as this way takes them
    rows = np.asarray(take(numbered)).ravel()
    assert whole(take(long_ids)) == [whole(long_ids)[row] for row in rows]


@pytest.mark.parametrize(
    "other",
    [
        lambda ids: ids[:, :3],
        lambda ids: ids.T,
        lambda ids: ids.reshape(80, -1),
        lambda ids: ids[:, ::-1],
        lambda ids: ids.astype(np.int64),
        lambda ids: np.sort(ids, axis=0),  # of a copy, in place
        lambda ids: np.vstack([ids, ids]),
        lambda ids: ids[5],
        lambda ids: ids[5, 2:],
    ],
)
def test_tails_are_lost_rather_than_those_of_other_rows(long_ids, other):
    assert getattr(other(long_ids), "tails", None) is None


@pytest.mark.parametrize(
    ("tails", "message"),
    [
        (FlatIds(np.array([2], np.int32), np.array([1])), "Got 40 documents but tails of 1"),
        (
            FlatIds(np.full(40, 99, np.int32), np.ones(40, np.int64)),
            "Got ids from 99 to 99 in the tails of X but expected ids from 1 and below 14",
        ),
        (FlatIds(np.full(40, 0, np.int32), np.ones(40, np.int64)), "Got ids from 0 to 0"),
    ],
)
def test_tails_that_fit_nothing_are_refused(long_ids, tails, message):
    ids = TokenIds(np.asarray(long_ids), VECTORS, tails=tails)
    with pytest.raises(ValueError, match=message):
        whole(ids)
