"""Which words moved, on fits small enough to know."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_w2v import TokenIds, W2VIndexer, W2VLSTMClassifier, WordVectors, word_shift
from sklearn_w2v.inspection import word_shift as _word_shift

WORDS = ["雨", "雪", "霧", "傘", "夏", "海", "砂", "祭"]
# 傘 stands among the words of rain, but its documents are of the summer; 霧, 砂 and 祭 never come
DOCUMENTS = [["雨"], ["雪"], ["夏"], ["海"], ["傘"]] * 8
LABELS = ["rain", "rain", "summer", "summer", "summer"] * 8


def vectors():
    side = np.array([1, 1, 1, 1, -1, -1, -1, -1])
    noise = np.random.default_rng(0).normal(0, 0.3, (8, 3))
    return WordVectors(WORDS, np.column_stack([side, noise]))


def classifier(**params):
    # plain gradient descent: a word moves as far as its documents are mistaken
    settings = {"units": 6, "hidden": None, "optimizer": "sgd", "learning_rate": 0.3}
    return W2VLSTMClassifier(**{**settings, "epochs": 60, "random_state": 0, **params})


@pytest.fixture(scope="module")
def fitted():
    X = W2VIndexer(vectors()).fit_transform(DOCUMENTS)
    return classifier().fit(X, LABELS), X


class Moved(BaseEstimator):
    """What word_shift needs of a classifier, without one."""

    def __init__(self, before=None, after=None):
        self.before, self.after = before, after

    def fit(self, X=None, y=None):
        self.vectors_, self.made_ = self.before, 0
        return self

    @property
    def word_vectors_(self):
        self.made_ += 1
        return self.after


def moved(before, after, words=None):
    words = words or [f"w{i}" for i in range(len(before))]
    return Moved(WordVectors(words, before), WordVectors(words, after)).fit()


# ------------------------------------------------------------------ a real fit
def test_the_word_that_the_labels_push_comes_first(fitted):
    clf, _ = fitted
    shifts = word_shift(clf)
    assert shifts[0].word == "傘"
    assert {shift.word for shift in shifts} == {"雨", "雪", "夏", "海", "傘"}
    assert shifts[0].distance > 2 * shifts[1].distance
    assert {word for word, _ in shifts[0].before[:3]} == {"雨", "雪", "霧"}
    assert not {word for word, _ in shifts[0].after[:1]} & {"雨", "雪"}


def test_numbers_are_those_of_the_two_tables(fitted):
    clf, _ = fitted
    before, after = clf.vectors_, clf.word_vectors_
    shifts = word_shift(clf, neighbors=3)
    for shift in shifts:
        a, b = (np.asarray(table[shift.word], np.float64) for table in (before, after))
        cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        assert shift.cosine == pytest.approx(cosine, abs=1e-9)
        assert shift.distance == pytest.approx(1 - cosine, abs=1e-9)
        assert shift.euclidean == pytest.approx(np.linalg.norm(a - b), abs=1e-9)
        for table, near in ((before, shift.before), (after, shift.after)):
            words, cosines = zip(*near, strict=True)
            expected = table.most_similar(shift.word, topn=3)
            assert list(words) == [word for word, _ in expected]
            np.testing.assert_allclose(cosines, [one for _, one in expected], atol=1e-6)
    distances = [shift.distance for shift in shifts]
    assert distances == sorted(distances, reverse=True)


def test_topn_and_neighbors(fitted):
    clf, _ = fitted
    every = word_shift(clf, topn=None)
    assert len(every) == 5
    assert word_shift(clf, topn=2) == every[:2]
    assert all(len(shift.before) == len(shift.after) == 5 for shift in every)
    assert all(shift.before == shift.after == () for shift in word_shift(clf, neighbors=0))
    assert {len(shift.after) for shift in word_shift(clf, neighbors=100)} == {7}  # all others


def test_a_frozen_table_has_moved_nothing():
    X = W2VIndexer(vectors()).fit_transform(DOCUMENTS)
    assert word_shift(classifier(train_embeddings=False, epochs=2).fit(X, LABELS)) == []


def test_a_pipeline_and_counted_words():
    documents = [*DOCUMENTS, ["砂"]]
    labels = [*LABELS, "rain"]
    pipeline = make_pipeline(W2VIndexer(vectors()), classifier(epochs=20)).fit(documents, labels)
    whole = word_shift(pipeline)
    assert whole == word_shift(pipeline[-1])
    assert "砂" in {shift.word for shift in whole}
    often = word_shift(pipeline, min_count=2, X=documents)
    assert often == [shift for shift in whole if shift.word != "砂"]
    ids = pipeline[:-1].transform(documents)
    assert often == word_shift(pipeline[-1], min_count=2, X=ids)
    assert often == word_shift(pipeline[-1], min_count=2, X=np.asarray(ids))
    few = word_shift(pipeline, min_count=1, X=[["雨"], ["祭"]])  # 祭 has not moved
    assert [shift.word for shift in few] == ["雨"]
    assert word_shift(pipeline, min_count=9, X=documents) == []


def test_rows_drawn_at_random_have_nothing_before():
    documents = [*DOCUMENTS, ["嵐"], ["嵐"]]
    X = W2VIndexer(vectors(), random_state=0).fit_transform(documents)
    shifts = word_shift(classifier(epochs=5).fit(X, [*LABELS, "rain", "rain"]))
    assert {shift.word: bool(shift.before) for shift in shifts} == {
        "雨": True, "雪": True, "夏": True, "海": True, "傘": True, "嵐": False,
    }  # fmt: skip
    assert all(len(shift.after) == 5 for shift in shifts)


def test_a_pickled_classifier(fitted):
    clf, _ = fitted
    assert word_shift(pickle.loads(pickle.dumps(clf))) == word_shift(clf)


# ------------------------------------------------------------------- the record
def test_records_make_a_data_frame(fitted):
    pandas = pytest.importorskip("pandas")
    shifts = word_shift(fitted[0])
    frame = pandas.DataFrame(shifts)
    columns = ["word", "distance", "cosine", "euclidean", "before", "after"]
    assert frame.columns.tolist() == [field.name for field in fields(shifts[0])] == columns
    assert frame["word"].tolist() == [shift.word for shift in shifts]
    assert frame["before"][0] == shifts[0].before


def test_records_hold_plain_values_and_do_not_change(fitted):
    shift = word_shift(fitted[0])[0]
    with pytest.raises(FrozenInstanceError):
        shift.word = "海"
    assert type(shift.distance) is type(shift.cosine) is type(shift.euclidean) is float
    assert all(type(word) is str and type(cosine) is float for word, cosine in shift.before)
    assert pickle.loads(pickle.dumps(shift)) == shift
    assert hash(shift) == hash(pickle.loads(pickle.dumps(shift)))


# -------------------------------------------------------------- without a fit
def test_lengths_zeros_and_opposites():
    before = [[1.0, 0], [1, 0], [0, 0], [1, 0], [1, 0]]
    after = [[3.0, 0], [-1, 0], [1, 0], [1, 0], [0, 2]]
    shifts = {shift.word: shift for shift in word_shift(moved(before, after), neighbors=0)}
    assert list(shifts) == ["w1", "w4", "w2", "w0"]  # of equal distances, the longer way first
    numbers = {word: (one.distance, one.euclidean) for word, one in shifts.items()}
    assert numbers["w0"] == (0, 2)  # only longer
    assert numbers["w1"] == (2, 2)
    assert numbers["w2"] == (1, 1)  # from zeros
    assert numbers["w4"] == (1, pytest.approx(np.sqrt(5)))


def test_a_small_move_is_not_lost():
    before = np.random.default_rng(0).normal(size=(3, 200)).astype(np.float32)
    after = before.copy()
    after[1, 0] += 1e-3
    (shift,) = word_shift(moved(before, after))
    assert shift.word == "w1"
    assert 0 < shift.distance < 1e-7


def test_blocks_change_nothing(monkeypatch):
    draw = np.random.default_rng(0)
    before = draw.normal(size=(200, 5))
    after = before.copy()
    after[::3] += draw.normal(size=(67, 5))
    estimator = moved(before, after)
    whole = word_shift(estimator, topn=None)
    assert len(whole) == 67
    monkeypatch.setattr(_word_shift, "_BLOCK", 16)
    monkeypatch.setattr("sklearn_w2v.vectors.nearest._VALUES", 67 * 9)
    blocks = word_shift(estimator, topn=None)
    for one, other in zip(whole, blocks, strict=True):
        assert one.word == other.word
        for a, b in ((one.before, other.before), (one.after, other.after)):
            assert [word for word, _ in a] == [word for word, _ in b]
            np.testing.assert_allclose([c for _, c in a], [c for _, c in b], atol=1e-6)


def test_the_table_after_training_is_made_once():
    estimator = moved([[1.0, 0], [0, 1]], [[1.0, 1], [0, 1]])
    assert [shift.word for shift in word_shift(estimator)] == ["w0"]
    assert estimator.made_ == 1


def test_one_word_has_no_neighbours():
    (shift,) = word_shift(moved([[1.0, 0]], [[1.0, 1]]))
    assert shift.before == shift.after == ()


# ---------------------------------------------------------------- what is refused
def test_not_fitted():
    with pytest.raises(NotFittedError):
        word_shift(classifier())
    with pytest.raises(NotFittedError):
        word_shift(make_pipeline(W2VIndexer(vectors()), classifier()))


@pytest.mark.filterwarnings("ignore:X brings no word vectors:UserWarning")
def test_without_word_vectors():
    clf = classifier(epochs=1).fit([[2, 3], [3, 2]], ["a", "b"])
    with pytest.raises(ValueError, match="fitted without word vectors"):
        word_shift(clf)


def test_what_keeps_no_word_vectors():
    with pytest.raises(TypeError, match="Got LogisticRegression, which keeps no word vectors"):
        word_shift(LogisticRegression().fit([[0], [1]], [0, 1]))
    with pytest.raises(TypeError, match="Got W2VIndexer"):
        word_shift(W2VIndexer(vectors()).fit(DOCUMENTS))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"topn": 0}, "'topn' parameter of word_shift"),
        ({"neighbors": -1}, "'neighbors' parameter of word_shift"),
        ({"min_count": 0}, "'min_count' parameter of word_shift"),
        ({"min_count": 2}, "min_count=2 but X=None"),
    ],
)
def test_parameters_out_of_range(fitted, params, message):
    with pytest.raises(ValueError, match=message):
        word_shift(fitted[0], **params)


def test_ids_that_are_not_the_classifiers(fitted):
    clf, X = fitted
    other = WordVectors(WORDS, np.eye(8))
    with pytest.raises(ValueError, match="other word vectors"):
        word_shift(clf, X=TokenIds(np.asarray(X), other))
    with pytest.raises(ValueError, match="ids below 10"):
        word_shift(clf, X=np.full_like(np.asarray(X), 10))
