"""The linear branch, against scikit-learn's own vectorizer and support vector machine."""

from __future__ import annotations

import warnings
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from joblib import Parallel, delayed
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer
from sklearn.svm import LinearSVC

from sklearn_w2v import WordVectors
from sklearn_w2v.classifiers import linear_branch as _branch
from sklearn_w2v.classifiers.linear_branch import Features, LinearBranch
from sklearn_w2v.features.flat_ids import FlatIds

EXACT = 1e-9  # where solvers stop, so that they stop at the same place

WORDS = [f"{a}{b}" for a in "あいうえお" for b in "かきくけこ"]
VECTORS = WordVectors(WORDS, np.random.default_rng(0).normal(size=(len(WORDS), 2)))


def corpus(n=90, n_classes=3, seed=0):
    """Documents whose class shifts the words that they draw; ids and lengths, and classes."""
    draw = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    lengths = draw.integers(1, 9, n)
    ids = (draw.integers(0, 12, (n, 8)) + 6 * y[:, None]) % len(WORDS) + 2
    ids[draw.random((n, 8)) < 0.1] = 1
    return np.where(np.arange(8) < lengths[:, None], ids, 0).astype(np.int32), lengths, y


IDS, LENGTHS, Y = corpus()


@pytest.fixture(autouse=True)
def _exact_solver(monkeypatch):
    monkeypatch.setattr(_branch, "_TOLERANCE", EXACT)


def strings(ids, pairs=False, characters=0, least=1):
    """N-grams of documents as strings, words in the order of their ids."""
    documents, df = [], Counter()
    for row in ids.tolist():
        words = [one for one in row if one]
        names = [f"{one:03d}" for one in words if one > 1]
        both = pairwise(words)
        names += [f"{a:03d}+{b:03d}" for a, b in both if pairs and a > 1 and b > 1]
        runs = "".join(WORDS[one - 2] if one > 1 else "\n" for one in words).split("\n")
        for size in range(1, characters + 1):
            names += [run[at : at + size] for run in runs for at in range(len(run) - size + 1)]
        documents.append(names)
        df.update(set(names))
    return [[one for one in names if one.isdigit() or df[one] >= least] for names in documents]


def decisions(documents, y, C=10.0, weights=None, other=None):
    """scikit-learn's way."""
    tfidf = TfidfVectorizer(analyzer=lambda tokens: tokens, sublinear_tf=True)
    X = tfidf.fit_transform(documents)
    svm = LinearSVC(C=C, tol=EXACT, max_iter=100_000, random_state=0)
    svm.fit(X, y, sample_weight=weights)
    return svm.decision_function(X if other is None else tfidf.transform(other))


def branch(y=Y, rows=slice(None), n_classes=3, kind="words", C=10.0, weights=None, vectors=VECTORS):
    counts = Features(kind).count(FlatIds.of(IDS[rows], LENGTHS[rows]), vectors)
    return LinearBranch(C, 0).fit(counts, y, n_classes, weights), counts


# --------------------------------------------------------------------- scikit-learn's
@pytest.mark.parametrize("C", [0.1, 10.0])
def test_decisions_on_words_are_scikit_learn_s(C):
    features = Features("words")
    counts = features.count(FlatIds.of(IDS, LENGTHS), VECTORS)
    fitted = LinearBranch(C, 0).fit(counts, Y, 3)
    out = fitted.decide(counts)
    assert out.shape == (90, 3)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, decisions(strings(IDS), Y, C), atol=1e-4)
    ids, lengths, _ = corpus(40, seed=1)  # words that training did not see, too
    np.testing.assert_allclose(
        fitted.decide(features.count(FlatIds.of(ids, lengths), VECTORS)),
        decisions(strings(IDS), Y, C, other=strings(ids)),
        atol=1e-4,
    )


def test_decisions_on_n_grams_are_scikit_learn_s():
    """Up to the solver's tolerance: it sees the columns in another order."""
    fitted, counts = branch(kind="ngrams")
    documents = strings(IDS, pairs=True, characters=3, least=2)
    assert counts.shape[1] == len({name for names in documents for name in names})
    np.testing.assert_allclose(fitted.decide(counts), decisions(documents, Y), atol=1e-4)
    assert (fitted.decide(counts).argmax(axis=1) == Y).mean() > 0.95


def test_the_first_call_chooses_the_columns():
    features = Features("ngrams")
    first = features.count(FlatIds.of(IDS[:30], LENGTHS[:30]), VECTORS)
    keys = features.counter.keys_.copy()
    second = features.count(FlatIds.of(IDS, LENGTHS), VECTORS)
    assert np.array_equal(features.counter.keys_, keys)
    assert abs(second[:30] - first).sum() == 0


def test_without_vectors_n_grams_are_words_and_pairs():
    with_pairs = Features("ngrams").count(FlatIds.of(IDS, LENGTHS), None)
    names = {name for one in strings(IDS, pairs=True, least=2) for name in one}
    assert with_pairs.shape == (90, len(names))


def test_fitting_changes_no_counts():
    counts = Features("words").count(FlatIds.of(IDS, LENGTHS), None)
    before = counts.copy()
    fitted = LinearBranch(1.0, 0).fit(counts, Y, 3)
    fitted.decide(counts)
    assert abs(counts - before).sum() == 0
    assert np.array_equal(counts.data, before.data)


def test_the_solver_s_patience_is_no_matter_of_the_user():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        branch(C=1e6)


# ------------------------------------------------------------------------- few classes
def test_two_classes_have_opposite_decisions():
    y = (Y > 0).astype(int)
    fitted, counts = branch(y, n_classes=2)
    out = fitted.decide(counts)
    np.testing.assert_allclose(out[:, 1], decisions(strings(IDS), y), atol=1e-4)
    np.testing.assert_allclose(out[:, 0], -out[:, 1], atol=1e-6)


@pytest.mark.parametrize("there", [[1, 3], [0, 2, 3]], ids=str)
def test_classes_that_are_absent_are_the_last_choice(there):
    y = np.array(there)[np.arange(90) % len(there)]
    fitted, counts = branch(y, n_classes=4)
    out = fitted.decide(counts)
    absent = sorted({0, 1, 2, 3} - set(there))
    assert (out[:, absent] == -1).all()
    known = decisions(strings(IDS), y)
    known = np.column_stack([-known, known]) if known.ndim == 1 else known
    np.testing.assert_allclose(out[:, there], known, atol=1e-4)
    assert set(out.argmax(axis=1)) <= set(there)


@pytest.mark.parametrize("n_classes", [1, 3])
def test_one_class_is_always_chosen(n_classes):
    only = n_classes // 2
    fitted, counts = branch(np.full(90, only), n_classes=n_classes)
    out = fitted.decide(counts)
    assert out.shape == (90, n_classes)
    assert (out[:, only] == 1).all()
    assert (np.delete(out, only, axis=1) == -1).all()


def test_each_of_many_labels_has_its_own_machine():
    labels = np.column_stack([Y == 0, np.ones(90), Y > 0, np.zeros(90)]).astype(np.float32)
    fitted, counts = branch(labels, n_classes=4)
    out = fitted.decide(counts)
    for column in (0, 2):
        alone = decisions(strings(IDS), labels[:, column])
        np.testing.assert_allclose(out[:, column], alone, atol=1e-4)
    assert (out[:, 1] == 1).all()
    assert (out[:, 3] == -1).all()


# ----------------------------------------------------------------------------- weights
def test_weights_are_scikit_learn_s():
    weights = np.where(Y == 0, 0.1, 3.0)
    fitted, counts = branch(weights=weights)
    expected = decisions(strings(IDS), Y, weights=weights)
    np.testing.assert_allclose(fitted.decide(counts), expected, atol=1e-4)


def test_a_weight_of_two_is_a_document_twice():
    """In the loss; the idf counts documents whatever they weigh."""
    counts = Features("words").count(FlatIds.of(IDS, LENGTHS), None)
    weights = np.where(Y == 0, 2.0, 1.0)
    X = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    more = np.flatnonzero(Y == 0)
    svm = LinearSVC(C=10.0, tol=EXACT, max_iter=100_000, random_state=0)
    svm.fit(sp.vstack([X, X[more]]), np.concatenate([Y, Y[more]]))
    out = LinearBranch(10.0, 0).fit(counts, Y, 3, weights).decide(counts)
    np.testing.assert_allclose(out, svm.decision_function(X), atol=1e-4)
    plain = LinearBranch(10.0, 0).fit(counts, Y, 3).decide(counts)
    assert np.abs(plain - out).max() > 0.05


def test_a_weight_of_zero_is_no_part_of_the_loss():
    counts = Features("words").count(FlatIds.of(IDS, LENGTHS), None)
    weights = np.where(np.arange(90) % 4, 1.0, 0.0)
    wrong = np.where(weights == 0, (Y + 1) % 3, Y)
    outs = [LinearBranch(10.0, 0).fit(counts, y, 3, weights).decide(counts) for y in (Y, wrong)]
    np.testing.assert_allclose(outs[0], outs[1], atol=1e-4)


# --------------------------------------------------------------------------- no words
@pytest.mark.parametrize("kind", ["words", "ngrams"])
@pytest.mark.parametrize("weighted", [False, True])
def test_documents_of_unknown_words_decide_by_the_classes_shares(kind, weighted):
    """What an SVM without any column but its intercept comes to: twice the share less one."""
    ids, lengths = np.ones((10, 3), np.int32), np.full(10, 3)
    features = Features(kind)
    counts = features.count(FlatIds.of(ids, lengths), VECTORS)
    assert counts.shape == (10, 0)
    y = np.array([2] * 5 + [0] * 4 + [3])
    weights = np.where(y == 0, 3.0, 1.0) if weighted else None
    shares = np.array([12, 0, 5, 1]) / 18 if weighted else np.array([4, 0, 5, 1]) / 10
    out = LinearBranch(10.0, 0).fit(counts, y, 4, weights).decide(counts[:2])
    np.testing.assert_allclose(out, [2 * shares - 1] * 2, atol=1e-6)
    assert out.dtype == np.float32
    labels = np.eye(4, dtype=np.float32)[y]
    many = LinearBranch(10.0, 0).fit(counts, labels, 4, weights).decide(counts[:2])
    np.testing.assert_allclose(many, [2 * shares - 1] * 2, atol=1e-6)
    later = features.count(FlatIds.of(IDS, LENGTHS), VECTORS)
    assert LinearBranch(10.0, 0).fit(counts, y, 4).decide(later).shape == (90, 4)


def test_documents_without_a_known_word_stand_among_others():
    ids, lengths = IDS.copy(), LENGTHS.copy()
    ids[::5], lengths[::5] = 0, 1
    ids[::5, 0] = 1
    counts = Features("words").count(FlatIds.of(ids, lengths), None)
    fitted = LinearBranch(10.0, 0).fit(counts, Y, 3)
    out = fitted.decide(counts)
    np.testing.assert_allclose(out, decisions(strings(ids), Y), atol=1e-4)
    assert len(np.unique(out[::5], axis=0)) == 1  # all that is left is the intercept


def test_fits_are_equal_however_many_run_at_once():
    """liblinear draws the order of its steps from one generator of the whole process."""
    random = np.random.default_rng(0)
    counts = sp.random(600, 20_000, 0.01, "csr", np.float64, random_state=random)
    counts.data[:] = 1
    y = random.integers(0, 8, 600)
    expected = LinearBranch(10.0, 0).fit(counts, y, 8)

    def fitted():
        return LinearBranch(10.0, 0).fit(counts, y, 8)

    for branch in Parallel(4, prefer="threads")(delayed(fitted)() for _ in range(4)):
        assert np.array_equal(branch.coef, expected.coef)
        assert np.array_equal(branch.intercept, expected.intercept)
