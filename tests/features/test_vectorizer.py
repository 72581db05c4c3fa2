"""Document vectors: against plain loops, in pipelines, and what they refuse."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import make_pipeline

from sklearn_w2v import (
    JapaneseTokenizer,
    TokenIds,
    W2VIndexer,
    W2VVectorizer,
    Word2VecTrainer,
    WordVectors,
)
from sklearn_w2v.features import word_counts

POOLINGS = ["mean", "max", "mean_max", "sif", "tfidf"]
WEIGHTED = ["mean", "sif", "tfidf"]


@pytest.fixture
def vectors():
    rows = np.random.default_rng(1).normal(size=(40, 6)).astype(np.float32)
    return WordVectors([f"w{i}" for i in range(40)], rows)


def documents(vectors, n=30, width=12, seed=0, words=(2, 30)):
    """Ids of documents of different lengths, with unknown words, one empty, one unknown."""
    draw = np.random.default_rng(seed)
    ids = draw.integers(*words, (n, width))
    ids[draw.random((n, width)) < 0.2] = 1
    ids[np.arange(width) >= draw.integers(1, width + 1, n)[:, None]] = 0
    ids[3] = 0
    ids[4] = [1, 1] + [0] * (width - 2)
    return TokenIds(ids, vectors)


def words_of(document):
    return [int(number) for number in np.asarray(document) if number > 1]


def naive_weights(pooling, fitted, a=1e-3):
    """Weight of a word in a document, as a function of the word and its count."""
    train = [words_of(document) for document in fitted]
    flat = [word for document in train for word in document]

    def weight(word, count):
        if pooling == "sif":
            seen = flat.count(word)
            p = seen / len(flat) if seen else 1 / (len(flat) + 1)
            return count * a / (a + p)
        if pooling == "tfidf":
            df = sum(word in document for document in train)
            return (1 + np.log(count)) * (np.log((1 + len(train)) / (1 + df)) + 1)
        return count

    return weight


def naive(pooling, fitted, X, matrix, a=1e-3):
    """Document vectors by plain loops, before the removal of components."""
    weight = naive_weights(pooling, fitted, a)
    out = []
    for document in X:
        words = words_of(document)
        rows = {word: np.asarray(matrix[word - 2], np.float64) for word in words}
        if not words:
            out.append(np.zeros(matrix.shape[1]))
            continue
        if pooling == "max":
            out.append(np.max([rows[word] for word in words], axis=0))
            continue
        weights = {word: weight(word, words.count(word)) for word in rows}
        total = len(words) if pooling == "sif" else sum(weights.values())
        out.append(sum(weights[word] * rows[word] for word in rows) / total)
    return np.array(out)


def removed(fitted_rows, rows, number):
    """Rows without the first right singular vectors of the fitted ones."""
    directions = np.linalg.svd(fitted_rows, full_matrices=False)[2][:number]
    return rows - rows @ directions.T @ directions


# ------------------------------------------------------------- what comes out
@pytest.mark.parametrize("pooling", ["mean", "max", "tfidf"])
def test_equals_plain_loops(vectors, pooling):
    X, more = documents(vectors), documents(vectors, seed=1, words=(2, 42))
    assert set(np.asarray(more).ravel()) - set(np.asarray(X).ravel())  # words unseen in fit
    vectorizer = W2VVectorizer(pooling=pooling)
    first = vectorizer.fit_transform(X)
    np.testing.assert_allclose(first, naive(pooling, X, X, vectors.vectors), atol=1e-6)
    second = vectorizer.transform(more)
    np.testing.assert_allclose(second, naive(pooling, X, more, vectors.vectors), atol=1e-6)
    assert first.dtype == second.dtype == np.float32


@pytest.mark.parametrize("number", [0, 1, 3])
@pytest.mark.parametrize("a", [1e-3, 0.1])
def test_sif_equals_plain_loops(vectors, number, a):
    X, more = documents(vectors), documents(vectors, seed=1, words=(2, 42))
    vectorizer = W2VVectorizer(pooling="sif", sif_a=a, remove_components=number)
    raw = naive("sif", X, X, vectors.vectors, a)
    raw_more = naive("sif", X, more, vectors.vectors, a)
    np.testing.assert_allclose(vectorizer.fit_transform(X), removed(raw, raw, number), atol=1e-6)
    np.testing.assert_allclose(
        vectorizer.transform(more), removed(raw, raw_more, number), atol=1e-6
    )
    assert vectorizer.components_.shape == (number, 6)


def test_mean_max_is_both(vectors):
    X = documents(vectors)
    both = W2VVectorizer(pooling="mean_max").fit_transform(X)
    parts = [W2VVectorizer(pooling=pooling).fit_transform(X) for pooling in ("mean", "max")]
    np.testing.assert_array_equal(both, np.hstack(parts))


def test_tfidf_weights_are_those_of_scikit_learn(vectors):
    """Vectors that are unit vectors show the weights themselves."""
    eye = WordVectors(vectors.words, np.eye(40))
    X = documents(eye)
    counts = np.array([np.bincount(document, minlength=42)[2:] for document in np.asarray(X)])
    tfidf = TfidfTransformer(sublinear_tf=True, norm="l1")
    np.testing.assert_allclose(
        W2VVectorizer(pooling="tfidf").fit_transform(X),
        tfidf.fit_transform(counts).toarray(),
        atol=1e-6,
    )


def test_sif_removes_what_the_documents_share():
    draw = np.random.default_rng(0)
    shared = np.array([0.6, 0.8, 0, 0, 0])
    rows = draw.normal(0, 0.1, (50, 5)) + shared
    X = documents(WordVectors([f"w{i}" for i in range(50)], rows), n=80, words=(2, 52))
    with_it = W2VVectorizer(pooling="sif", sif_a=1, remove_components=0).fit_transform(X)
    vectorizer = W2VVectorizer(pooling="sif", sif_a=1)
    without = vectorizer.fit_transform(X)
    (direction,) = vectorizer.components_
    assert abs(direction @ shared) > 0.99
    assert np.linalg.norm(direction) == pytest.approx(1, abs=1e-6)
    assert abs(np.mean(with_it @ direction)) > 0.5
    assert np.abs(without @ direction).max() < 1e-6
    assert np.abs(without).max() > 0.01


def test_sif_of_documents_of_small_rank(vectors):
    X = TokenIds([[2, 3], [2, 3]], vectors)
    vectorizer = W2VVectorizer(pooling="sif", sif_a=1, remove_components=4).fit(X)
    assert vectorizer.components_.shape == (1, 6)  # the others would be arbitrary
    assert np.abs(vectorizer.transform(X)).max() < 1e-6
    other = TokenIds([[5, 0]], vectors)
    assert np.abs(vectorizer.transform(other)).max() > 0.1


@pytest.mark.parametrize("pooling", POOLINGS)
def test_documents_without_a_known_word_are_zeros(vectors, pooling):
    X = documents(vectors)
    for norm in (None, "l2"):
        vectorizer = W2VVectorizer(pooling=pooling, norm=norm)
        for out in (vectorizer.fit_transform(X), vectorizer.transform(X)):
            assert not out[[3, 4]].any()
            assert np.isfinite(out).all()
            assert np.flatnonzero(~out.any(axis=1)).tolist() == [3, 4]


@pytest.mark.parametrize("pooling", POOLINGS)
def test_l2_norm(vectors, pooling):
    X = documents(vectors)
    plain = W2VVectorizer(pooling=pooling).fit_transform(X)
    out = W2VVectorizer(pooling=pooling, norm="l2").fit_transform(X)
    lengths = np.linalg.norm(plain, axis=1, keepdims=True)
    np.testing.assert_allclose(out * lengths, plain, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(np.delete(out, [3, 4], axis=0), axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_order_padding_and_unknown_words_change_nothing(vectors, pooling):
    a, b = (
        [[2, 5, 5, 9, 0, 0, 0], [7, 3, 0, 0, 0, 0, 0]],
        [[5, 1, 0, 9, 2, 1, 5], [1, 3, 7, 0, 1, 0, 0]],
    )
    vectorizer = W2VVectorizer(pooling=pooling).fit(documents(vectors, width=7))
    np.testing.assert_array_equal(
        vectorizer.transform(TokenIds(a, vectors)), vectorizer.transform(TokenIds(b, vectors))
    )


@pytest.mark.parametrize("pooling", POOLINGS)
def test_blocks_change_nothing(vectors, pooling, monkeypatch):
    X = documents(vectors, n=60)
    whole = W2VVectorizer(pooling=pooling).fit_transform(X)
    monkeypatch.setattr(word_counts, "_WORDS", 3)
    monkeypatch.setattr(word_counts, "_VALUES", 40)
    np.testing.assert_allclose(W2VVectorizer(pooling=pooling).fit_transform(X), whole, atol=1e-6)
    monkeypatch.setattr(word_counts, "_VALUES", 1)  # less than one document
    np.testing.assert_allclose(W2VVectorizer(pooling=pooling).fit_transform(X), whole, atol=1e-6)


def test_memory_is_bounded_by_blocks_not_by_documents_times_words(monkeypatch):
    rows = np.random.default_rng(0).normal(size=(300, 8))
    vectors = WordVectors([f"w{i}" for i in range(300)], rows)
    X = documents(vectors, n=200, width=50, words=(2, 302))
    taken = []
    original = WordVectors.take
    monkeypatch.setattr(
        WordVectors, "take", lambda self, ids: taken.append(len(ids)) or original(self, ids)
    )
    monkeypatch.setattr(word_counts, "_WORDS", 64)
    monkeypatch.setattr(word_counts, "_VALUES", 1024)
    W2VVectorizer(pooling="mean_max").fit_transform(X)
    assert max(taken) <= 128  # 1024 values are 128 rows
    assert sum(taken) > 1000


# ------------------------------------------------------------ random rows
@pytest.mark.parametrize("pooling", POOLINGS)
def test_words_with_random_rows_do_not_count(small_vectors, pooling):
    tokens = [["雨", "嵐", "雪"], ["夏", "海", "風"], ["嵐"], ["雨", "夏", "夏"]]
    known = [[word for word in document if word in small_vectors] for document in tokens]
    out = [
        W2VVectorizer(pooling=pooling).fit_transform(
            W2VIndexer(small_vectors, maxlen=3, random_state=0).fit_transform(some)
        )
        for some in (tokens, known)
    ]
    np.testing.assert_allclose(*out, atol=1e-6)
    assert not out[0][2].any()


def test_words_that_start_as_a_copy_count(small_vectors):
    row = int(small_vectors.find(["雨"])[0])
    more = small_vectors.extended(["雨だ"], seed=0, like=[row])
    (id_,) = (more.find(["雨だ"]) + 2).tolist()
    out = W2VVectorizer().fit_transform(TokenIds([[id_]], more))
    np.testing.assert_array_equal(out[0], small_vectors["雨"])


# --------------------------------------------------- whose ids, and which ids
@pytest.mark.parametrize("pooling", POOLINGS)
def test_vectors_say_what_plain_ids_mean(vectors, tmp_path, pooling):
    X = documents(vectors)
    path = tmp_path / "v.bin"
    vectors.save(path)
    expected = W2VVectorizer(pooling=pooling).fit_transform(X)
    for given in (vectors, path, str(path), vectors.to_gensim()):
        vectorizer = W2VVectorizer(given, pooling=pooling)
        np.testing.assert_array_equal(vectorizer.fit_transform(np.asarray(X)), expected)
        np.testing.assert_array_equal(vectorizer.transform(np.asarray(X).tolist()), expected)


def test_plain_ids_without_vectors_are_refused(vectors):
    X = documents(vectors)
    with pytest.raises(ValueError, match=r"vectors=None.*Pass vectors=, or the output"):
        W2VVectorizer().fit(np.asarray(X))
    with pytest.raises(ValueError, match="vectors=None"):
        W2VVectorizer().fit(TokenIds(np.asarray(X), None))
    # once fitted, it knows
    fitted = W2VVectorizer().fit(X)
    np.testing.assert_array_equal(fitted.transform(np.asarray(X)), fitted.transform(X))


def test_ids_of_other_vectors_are_refused(vectors):
    X = documents(vectors)
    other = WordVectors(vectors.words, vectors.vectors + 1)
    fitted = W2VVectorizer().fit(X)
    with pytest.raises(ValueError, match="ids of other word vectors than this W2VVectorizer"):
        fitted.transform(TokenIds(np.asarray(X), other))


def test_ids_of_an_extension_are_taken(vectors):
    X = documents(vectors, width=3)
    fitted = W2VVectorizer().fit(X)
    more = vectors.extended(["like w0"], seed=0, like=[0])
    out = fitted.transform(TokenIds([[42, 0, 0], [5, 0, 0]], more))
    np.testing.assert_array_equal(out, vectors.vectors[[0, 3]])
    with pytest.raises(ValueError, match="ids below 42"):  # without the handle
        fitted.transform([[42, 0, 0]])
    # the other way round, ids mean the same words, too
    fitted = W2VVectorizer().fit(TokenIds(np.asarray(X), more))
    np.testing.assert_array_equal(fitted.transform(X), W2VVectorizer().fit_transform(X))
    with pytest.raises(ValueError, match="ids of other word vectors"):
        fitted.transform(TokenIds(np.asarray(X), vectors.extended(["like w1"], seed=0, like=[1])))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[2, -1]], "got -1 in X"),
        ([[2.5, 3.0]], r"Got 2\.5 in X"),
        ([[2, 42]], "Got id 42 in X but W2VVectorizer expected ids below 42"),
        ([2, 3], "Expected 2D array"),
        (np.zeros((0, 2), int), "0 sample"),
        ([[np.nan, 2.0]], "NaN"),
        ([["雨", "雪"]], "could not convert|numeric"),
    ],
    ids=["negative", "fraction", "beyond", "flat", "empty", "nan", "words"],
)
def test_what_is_no_ids_is_refused(vectors, X, message):
    with pytest.raises(ValueError, match=message):
        W2VVectorizer(vectors).fit(X)
    fitted = W2VVectorizer().fit(TokenIds([[2, 3]], vectors))
    with pytest.raises(ValueError, match=message):
        fitted.transform(X)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"pooling": "sum"}, "'pooling' parameter of W2VVectorizer"),
        ({"sif_a": 0}, "'sif_a' parameter"),
        ({"remove_components": -1}, "'remove_components' parameter"),
        ({"norm": "l1"}, "'norm' parameter"),
        (
            {"pooling": "sif", "remove_components": 6},
            "remove_components=6 but expected less than 6",
        ),
    ],
)
def test_parameters_out_of_range_are_refused(vectors, params, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        W2VVectorizer(**params).fit(documents(vectors))


def test_components_are_not_checked_where_none_are_removed(vectors):
    W2VVectorizer(remove_components=6).fit(documents(vectors))


@pytest.mark.parametrize("pooling", POOLINGS)
def test_no_known_word_at_all(vectors, pooling):
    X = TokenIds([[1, 1], [0, 0]], vectors)
    vectorizer = W2VVectorizer(pooling=pooling)
    with pytest.warns(UserWarning, match="None of the 2 documents"):
        out = vectorizer.fit_transform(X)
    assert not out.any()
    later = vectorizer.transform(TokenIds([[2, 2], [1, 0]], vectors))
    row = vectors.vectors[0] * (1e-3 / (1e-3 + 1) if pooling == "sif" else 1)
    np.testing.assert_allclose(later[0, :6], row, rtol=1e-5)


# ------------------------------------------------------------- scikit-learn
def test_feature_names_and_pandas_output(vectors):
    X = documents(vectors)
    vectorizer = W2VVectorizer(pooling="mean_max").set_output(transform="pandas")
    frame = vectorizer.fit_transform(X)
    assert frame.columns.tolist() == [f"w2vvectorizer{i}" for i in range(12)]
    assert (frame.dtypes == np.float32).all()
    np.testing.assert_array_equal(
        frame.to_numpy(), W2VVectorizer(pooling="mean_max").fit_transform(X)
    )
    assert vectorizer.transform(X).columns.tolist() == vectorizer.get_feature_names_out().tolist()


@pytest.mark.parametrize("pooling", POOLINGS)
def test_pickles_and_joblib(vectors, pooling, tmp_path):
    X, more = documents(vectors), documents(vectors, seed=1, words=(2, 42))
    fitted = W2VVectorizer(pooling=pooling).fit(X)
    joblib.dump(fitted, tmp_path / "v.joblib")
    for copy in (pickle.loads(pickle.dumps(fitted)), joblib.load(tmp_path / "v.joblib")):
        np.testing.assert_array_equal(copy.transform(more), fitted.transform(more))


def test_a_pickle_does_not_hold_a_files_vectors(tmp_path):
    rows = np.random.default_rng(0).normal(size=(5000, 50))
    WordVectors([f"w{i}" for i in range(5000)], rows).save(tmp_path / "v.bin")
    vectors = WordVectors.load(tmp_path / "v.bin")
    for pooling in POOLINGS:
        fitted = W2VVectorizer(pooling=pooling).fit(documents(vectors))
        assert len(pickle.dumps(fitted)) < 5000


def test_fit_again_forgets_the_former_fit(vectors):
    X, more = documents(vectors), documents(vectors, seed=1, width=8)
    vectorizer = W2VVectorizer(pooling="sif").fit(X)
    vectorizer.set_params(pooling="max").fit(more)
    assert vectorizer.components_.shape == (0, 6)
    np.testing.assert_array_equal(
        vectorizer.transform(more), W2VVectorizer(pooling="max").fit_transform(more)
    )


def test_fit_changes_neither_ids_nor_parameters(vectors):
    X = documents(vectors)
    before = np.array(X)
    vectorizer = W2VVectorizer(pooling="tfidf", norm="l2")
    params = vectorizer.get_params()
    vectorizer.fit_transform(X)
    assert np.array_equal(X, before)
    assert vectorizer.get_params() == params
    assert clone(vectorizer).get_params() == params


@pytest.fixture(scope="module")
def folds_of_lyrics(lyrics):
    """Ids of three folds by album, with vectors that were learnt on the training part alone."""
    tokens = JapaneseTokenizer(pos=None).transform(lyrics.data)
    folds = StratifiedGroupKFold(3, shuffle=True, random_state=0)
    out = []
    for train, test in folds.split(tokens, lyrics.target, lyrics.album):
        trainer = Word2VecTrainer(vector_size=50, epochs=20, random_state=0)
        indexer = W2VIndexer(trainer, maxlen=200).fit([tokens[row] for row in train])
        ids = [indexer.transform([tokens[row] for row in part]) for part in (train, test)]
        out.append((*ids, lyrics.target[train], lyrics.target[test]))
    return out


@pytest.mark.parametrize("pooling", POOLINGS)
def test_beats_chance_on_the_lyrics(folds_of_lyrics, pooling):
    """Six artists, albums that training did not see: chance is 1 in 6."""
    for X_train, X_test, y_train, y_test in folds_of_lyrics:
        vectorizer = W2VVectorizer(pooling=pooling, norm="l2")
        pipeline = make_pipeline(vectorizer, LogisticRegression(C=100, max_iter=2000))
        assert pipeline.fit(X_train, y_train).score(X_test, y_test) > 0.6


def test_search_over_pooling_from_texts_to_labels(lyrics):
    chosen = np.flatnonzero(lyrics.target < 2)
    texts, y = [lyrics.data[i] for i in chosen], lyrics.target[chosen]
    pipeline = make_pipeline(
        JapaneseTokenizer(pos=None),
        W2VIndexer(Word2VecTrainer(vector_size=20, epochs=8, random_state=0), maxlen=200),
        W2VVectorizer(norm="l2"),
        LogisticRegression(C=100),
    )
    search = GridSearchCV(
        pipeline, {"w2vvectorizer__pooling": POOLINGS}, cv=2, error_score="raise"
    ).fit(texts, y)
    assert search.best_score_ > 0.8
    assert search.score(texts, y) > 0.9
    assert len(set(search.cv_results_["mean_test_score"])) > 1


def test_memory_with_indexer_and_vectorizer_as_one_step(tmp_path):
    """Equal ids of other vectors: apart they are an error, together they are right."""
    tokens = [["雨", "雪"], ["夏", "海"], ["雨"], ["夏"]] * 4
    y = [0, 1, 0, 1] * 4
    rows = np.array([[1.0, 0], [1, 0.1], [-1, 0], [-1, 0.2]])
    tables = [WordVectors(["雨", "雪", "夏", "海"], sign * rows) for sign in (1, -1)]
    apart = make_pipeline(
        W2VIndexer(tables[0]), W2VVectorizer(), LogisticRegression(), memory=str(tmp_path / "a")
    ).fit(tokens, y)
    apart = clone(apart).set_params(w2vindexer__vectors=tables[1]).fit(tokens, y)
    with pytest.raises(ValueError, match="make indexer and vectorizer one step"):
        apart.predict(tokens)
    together = make_pipeline(
        make_pipeline(W2VIndexer(tables[0]), W2VVectorizer()),
        LogisticRegression(),
        memory=str(tmp_path / "b"),
    )
    for table in tables:
        fitted = clone(together).set_params(pipeline__w2vindexer__vectors=table).fit(tokens, y)
        assert fitted.predict(tokens).tolist() == y
        np.testing.assert_array_equal(fitted[0].transform([["雨"]])[0], table["雨"])


def test_no_keras_is_imported():
    code = (
        "import sys\n"
        "from sklearn_w2v import TokenIds, W2VVectorizer, WordVectors\n"
        "X = TokenIds([[2, 3]], WordVectors(['雨', '雪'], [[1, 0], [0, 1]]))\n"
        "assert W2VVectorizer().fit_transform(X).tolist() == [[0.5, 0.5]]\n"
        "print({'tensorflow', 'keras', 'gensim'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.strip() == "set()"
