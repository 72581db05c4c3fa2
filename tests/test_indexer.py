"""W2VIndexer: which ids words get, and what is known about the documents."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import KFold, cross_validate
from sklearn.utils import estimator_checks

import sklearn_w2v
from sklearn_w2v import TokenIds, W2VIndexer, Word2VecTrainer, WordVectors

WORDS = ["雨", "雪", "夏", "海"]
TABLE = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
DOCS = [["雨", "風", "雪"], ["海", "風"], ["嵐", "雨", "夏"], ["虹"]]


@pytest.fixture
def vectors():
    return WordVectors(WORDS, TABLE)


@pytest.fixture
def path(tmp_path, vectors):
    vectors.save(tmp_path / "vectors.bin")
    return tmp_path / "vectors.bin"


def trainer(**parameters):
    return Word2VecTrainer(**{"vector_size": 5, "epochs": 2, "min_count": 1, **parameters})


# ---------------------------------------------------------------------- ids
def test_ids_are_rows_plus_two_then_words_of_the_documents_by_frequency(vectors):
    ids = W2VIndexer(vectors, maxlen=4).fit_transform(DOCS)
    assert isinstance(ids, TokenIds)
    assert ids.dtype == np.int32
    # 風 came twice; 嵐 and 虹 once, in the order of their characters
    assert ids.tolist() == [[2, 6, 3, 0], [5, 6, 0, 0], [7, 2, 4, 0], [8, 0, 0, 0]]
    assert ids.vectors.words == [*WORDS, "風", "嵐", "虹"]


def test_handle_of_the_ids_is_vectors_and_holds_the_table(vectors):
    indexer = W2VIndexer(vectors, random_state=0)
    ids = indexer.fit_transform(DOCS)
    assert ids.vectors is indexer.vectors_
    np.testing.assert_array_equal(ids.vectors.vectors[:4], TABLE)
    np.testing.assert_array_equal(ids.vectors.take(np.asarray(ids[0, :1])), TABLE[:1])


def test_fit_transform_equals_fit_and_transform(vectors):
    for oov in ("unk", "drop"):
        indexer = W2VIndexer(vectors, min_count=2, oov=oov, random_state=0)
        at_once = indexer.fit_transform(DOCS)
        after = clone(indexer).fit(DOCS).transform(DOCS)
        np.testing.assert_array_equal(at_once, after)
        assert at_once.vectors == after.vectors


def test_unknown_words_and_known_words_that_fit_never_saw(vectors):
    indexer = W2VIndexer(vectors, maxlen=3).fit([["雨", "風"]])
    assert indexer.transform([["海", "虹", "風"], ["海", "夏"]]).tolist() == [[5, 1, 6], [5, 4, 0]]


def test_ids_of_known_words_do_not_depend_on_the_fold(vectors):
    docs = [[WORDS[n % 4], f"own{n % 3}"] for n in range(12)]
    for train, _ in KFold(3).split(docs):
        indexer = W2VIndexer(vectors).fit([docs[row] for row in train])
        assert indexer.transform([[word] for word in WORDS])[:, 0].tolist() == [2, 3, 4, 5]


def test_ids_do_not_depend_on_the_order_of_documents(vectors):
    docs = [["b", "c", *WORDS], ["a", "c"], ["雨", "b"], ["d", "雪"]]
    one = W2VIndexer(vectors, random_state=0).fit(docs)
    other = W2VIndexer(vectors, random_state=0).fit(docs[::-1])
    assert one.vectors_ == other.vectors_
    np.testing.assert_array_equal(one.transform(docs), other.transform(docs))


@pytest.mark.parametrize(
    ("min_count", "own"), [(1, ["風", "嵐", "虹"]), (2, ["風"]), (3, []), (10**6, [])]
)
def test_min_count_says_which_words_get_rows_of_their_own(vectors, min_count, own):
    indexer = W2VIndexer(vectors, min_count=min_count).fit(DOCS)
    assert indexer.vectors_.words == WORDS + own
    ids = indexer.set_params(maxlen=3).fit_transform(DOCS)
    assert ids[3, 0] == (8 if "虹" in own else 1)


@pytest.mark.parametrize("oov", ["unk", "drop"])
def test_empty_and_unknown_documents_hold_one_id_1(vectors, oov):
    indexer = W2VIndexer(vectors, maxlen=3, oov=oov, min_count=9)
    ids = indexer.fit_transform([["雨", "雪", "夏"], [], ["風", "虹"]])
    assert ids[:2].tolist() == [[2, 3, 4], [1, 0, 0]]
    assert ids[2].tolist() == ([1, 1, 0] if oov == "unk" else [1, 0, 0])


def test_oov_drop_leaves_words_out_before_cutting(vectors):
    indexer = W2VIndexer(vectors, maxlen=2, oov="drop").fit([["雨"]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing is cut
        ids = indexer.transform([["風", "雨", "風", "雪"], ["風", "海"]])
    assert ids.tolist() == [[2, 3], [5, 0]]


@pytest.mark.parametrize(
    "documents",
    [
        ["雨 風\t雪\n", "海  風", "嵐 雨 夏", "虹"],
        [tuple(document) for document in DOCS],
        [np.array(document) for document in DOCS],
        np.array(["雨 風 雪", "海 風", "嵐 雨 夏", "虹"], object),
        iter(DOCS),
    ],
)
def test_documents_of_all_kinds(vectors, documents):
    expected = W2VIndexer(vectors).fit_transform(DOCS)
    np.testing.assert_array_equal(W2VIndexer(vectors).fit_transform(documents), expected)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_documents_of_a_column(vectors, library):
    column = pytest.importorskip(library).Series(["雨 風 雪", "海 風", "嵐 雨 夏", "虹"])
    expected = W2VIndexer(vectors).fit_transform(DOCS)
    np.testing.assert_array_equal(W2VIndexer(vectors).fit_transform(column), expected)
    np.testing.assert_array_equal(W2VIndexer(vectors).fit(DOCS).transform(column[1:]), expected[1:])


# ------------------------------------------------------------------- length
def test_default_length_is_the_95th_percentile(vectors):
    docs = [["雨"] * length for length in range(1, 101)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no more than a twentieth is cut
        indexer = W2VIndexer(vectors).fit(docs)
        ids = indexer.transform(docs)
    assert indexer.maxlen_ == 96
    assert ids.shape == (100, 96)
    assert (np.asarray(ids) != 0).sum(axis=1).tolist() == [*range(1, 96)] + [96] * 5
    assert indexer.coverage_["cut"] == 0.04


@pytest.mark.parametrize("n", range(1, 41))
def test_default_length_cuts_no_more_than_a_twentieth_of_few_documents(vectors, n):
    docs = [["雨"] * 2**row for row in range(min(n, 10))] + [["雨"]] * max(0, n - 10)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        indexer = W2VIndexer(vectors).fit(docs)
    assert indexer.coverage_["cut"] <= 0.05
    assert indexer.maxlen_ in map(len, docs)


def test_length_is_at_least_one(vectors):
    assert W2VIndexer(vectors).fit_transform([[], []]).tolist() == [[1], [1]]


def test_given_length_pads_and_cuts_on_the_right(vectors):
    with pytest.warns(UserWarning, match="1 of 2 documents are longer than maxlen=2"):
        ids = W2VIndexer(vectors, maxlen=2).fit_transform([["雨", "雪", "夏"], ["海"]])
    assert ids.tolist() == [[2, 3], [5, 0]]


@pytest.mark.parametrize(("longer", "warned"), [(1, False), (2, True)])
def test_more_than_a_tenth_cut_warns(vectors, longer, warned):
    short = [["雨"]] * (10 - longer)
    docs = [["雨"] * 7] * longer + short
    indexer = W2VIndexer(vectors, maxlen=3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        indexer.fit(docs)
        indexer.fit_transform(docs)
        indexer.transform(docs)
    assert len(caught) == (3 if warned else 0)  # one for each call
    if warned:
        assert "2 of 10 documents are longer than maxlen=3 words and are cut" in str(
            caught[0].message
        )
        assert "(the longest has 7)" in str(caught[0].message)
    assert indexer.coverage_["cut"] == longer / 10


# ----------------------------------------------------------------- coverage
def test_coverage_counts_what_the_vectors_know(vectors):
    docs = [["雨", "雨", "雨", "風"], ["風", "虹", "雪", "海"]]
    indexer = W2VIndexer(vectors, maxlen=3)
    with pytest.warns(UserWarning, match="2 of 2"):
        indexer.fit(docs)
    assert indexer.coverage_ == {
        "tokens": 5 / 8,
        "types": 3 / 5,
        "unknown": [("風", 2), ("虹", 1)],
        "cut": 1.0,
    }


def test_coverage_names_twenty_words_at_most(vectors):
    docs = [["雨"] * 500, [f"w{n:02}" for n in range(30) for _ in range(n)]]
    unknown = W2VIndexer(vectors).fit(docs).coverage_["unknown"]
    assert unknown == [(f"w{n:02}", n) for n in range(29, 9, -1)]


@pytest.mark.parametrize("known", [1, 2])
def test_vectors_that_know_less_than_half_warn_and_five_words_are_named(vectors, known):
    docs = [["雨"] * (20 + known), ["a", "b", "c", "d", "e", "f"], ["f"] * 15 + ["e"]]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        W2VIndexer(vectors, maxlen=99).fit(docs)
    if known == 2:  # half of them
        assert not caught
        return
    (warning,) = caught
    assert "The vectors know only 49% of the words" in str(warning.message)
    assert "Most frequent unknown words: f, e, a, b, c." in str(warning.message)


def test_warnings_point_to_the_callers_line(vectors):
    indexer = W2VIndexer(vectors, maxlen=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        indexer.fit([["風", "虹"]] * 3)  # unknown, and cut
        indexer.fit_transform([["風", "虹"]] * 3)
        indexer.transform([["雨", "雨"]])
    assert [warning.filename for warning in caught] == [__file__] * 5


def test_words_left_out_by_a_trainer_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        indexer = W2VIndexer(trainer(min_count=5)).fit([["a"] * 5, [f"w{n}" for n in range(9)]])
    assert indexer.coverage_["tokens"] == pytest.approx(5 / 14)


# ---------------------------------------------------- where vectors come from
def test_vectors_of_all_kinds_give_the_same_ids(vectors, path):
    expected = W2VIndexer(vectors, random_state=0).fit_transform(DOCS)
    for given in (path, os.fspath(path), WordVectors.load(path), vectors.to_gensim()):
        indexer = W2VIndexer(given, random_state=0)
        ids = indexer.fit_transform(DOCS)
        np.testing.assert_array_equal(ids, expected)
        np.testing.assert_array_equal(ids.vectors.vectors, expected.vectors.vectors)
        assert not hasattr(indexer, "trainer_")


def test_a_trainer_learns_from_the_documents_and_is_not_changed_itself():
    template = trainer(random_state=3)
    indexer = W2VIndexer(template).fit(DOCS * 5)
    assert indexer.vectors is template
    assert not hasattr(template, "vectors_")
    assert indexer.trainer_ is not template
    assert indexer.vectors_ == indexer.trainer_.vectors_
    assert indexer.vectors_ == clone(template).fit(DOCS * 5).vectors_


def test_without_vectors_word2vec_learns_and_rare_words_get_random_rows():
    indexer = W2VIndexer(random_state=0).fit([["a", "b"]] * 3 + [["once"]])
    assert indexer.vectors is None
    assert indexer.trainer_.get_params() == {
        **Word2VecTrainer().get_params(),
        "random_state": indexer.trainer_.random_state,
    }
    assert indexer.vectors_.words[2:] == ["once"]
    assert indexer.trainer_.vectors_.words == indexer.vectors_.words[:2]


def test_a_trainers_own_seed_is_kept():
    indexer = W2VIndexer(trainer(random_state=7), random_state=0).fit(DOCS)
    assert indexer.trainer_.random_state == 7


def test_refit_keeps_nothing_of_the_former_fit(vectors):
    indexer = W2VIndexer(trainer(), random_state=0).fit([["x", "y"]] * 5)
    refitted = indexer.set_params(vectors=vectors).fit(DOCS)
    assert not hasattr(refitted, "trainer_")
    assert refitted.vectors_.words == [*WORDS, "風", "嵐", "虹"]
    fresh = W2VIndexer(vectors, random_state=0).fit(DOCS)
    assert refitted.coverage_ == fresh.coverage_
    ids = refitted.transform([["x", "雨", "虹"]])
    np.testing.assert_array_equal(ids, fresh.transform([["x", "雨", "虹"]]))
    assert ids[0, 0] == 1


def test_folds_of_a_cross_validation_learn_vectors_of_their_own():
    docs = [[f"fold{n // 4}", "all", "all"] for n in range(8)]
    fitted = cross_validate(
        W2VIndexer(trainer(random_state=0)),
        docs,
        cv=KFold(2),
        n_jobs=2,
        scoring=lambda *_: 0.0,
        return_estimator=True,
    )["estimator"]
    assert [set(indexer.vectors_.words) for indexer in fitted] == [
        {"all", "fold1"},
        {"all", "fold0"},
    ]
    assert fitted[0].transform([["fold0", "all"]]).tolist() == [[1, 2, 0]]


# ------------------------------------------------------------- random state
def test_random_state_decides_the_random_rows(vectors):
    rows = [
        W2VIndexer(vectors, random_state=seed).fit(DOCS).vectors_.vectors[4:] for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(rows[0], rows[1])
    assert not np.isin(rows[0], rows[2]).any()


def test_random_state_decides_a_trainers_vectors():
    learnt = [W2VIndexer(trainer(), random_state=seed).fit(DOCS).vectors_ for seed in (0, 0, 1)]
    assert learnt[0] == learnt[1] != learnt[2]


def test_result_does_not_hang_on_the_hash_seed():
    code = (
        "from sklearn_w2v import W2VIndexer, WordVectors\n"
        "docs = [['b', 'c', 'a', '雨'], ['d', 'b', 'e']]\n"
        "i = W2VIndexer(WordVectors(['雨'], [[1, 2]]), random_state=0)\n"
        "import warnings; warnings.simplefilter('ignore')\n"
        "print(i.fit_transform(docs).tolist(), i.vectors_.fingerprint)"
    )
    package = os.fspath(Path(sklearn_w2v.__file__).parents[1])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": package, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in "12"
    ]
    out = [process.communicate(timeout=120)[0] for process in processes]
    assert out[0] == out[1]
    assert out[0].startswith("[[3, 5, 4, 2], [6, 3, 7, 0]]")


# ----------------------------------------------------------------- pickling
def test_pickles_of_a_file_are_small_and_transform_alike(tmp_path):
    words = [f"w{n}" for n in range(5_000)]
    WordVectors(words, np.ones((5_000, 20))).save(tmp_path / "v.bin")
    docs = [[*words[n : n + 50], f"own{n}"] for n in range(0, 4_000, 50)]
    indexer = W2VIndexer(tmp_path / "v.bin", random_state=0).fit(docs)
    data = pickle.dumps(indexer)
    assert len(data) < 3_000
    again = pickle.loads(data)
    more = [*docs, ["w4999", "own50", "nobody's"]]
    np.testing.assert_array_equal(again.transform(more), indexer.transform(more))
    assert again.transform(more).vectors == indexer.vectors_
    assert pickle.loads(pickle.dumps(again)).transform(more).vectors == indexer.vectors_


def test_pickles_of_learnt_vectors_hold_them_once():
    docs = [[f"w{n}", f"w{n + 1}", "all"] for n in range(1_000)]
    indexer = W2VIndexer(trainer(vector_size=50), random_state=0).fit(docs)
    table = indexer.vectors_.vectors.nbytes
    data = pickle.dumps(indexer)
    assert table < len(data) < 1.5 * table
    again = pickle.loads(data)
    assert again.vectors_ == indexer.vectors_
    assert again.trainer_.vectors_ == indexer.trainer_.vectors_
    np.testing.assert_array_equal(again.transform(docs), indexer.transform(docs))


def test_unpickled_indexer_refuses_a_replaced_file(path, vectors):
    data = pickle.dumps(W2VIndexer(path).fit(DOCS))
    WordVectors(WORDS[::-1], TABLE).save(path)
    os.utime(path, ns=(0, 1))
    with pytest.raises(ValueError, match="has changed"):
        pickle.loads(data).transform(DOCS)


def test_unfitted_indexer_is_pickled_and_cloned_with_a_handle_only(path):
    indexer = W2VIndexer(WordVectors.load(path))
    assert len(pickle.dumps(indexer)) < 1_000
    assert clone(indexer).vectors is indexer.vectors
    assert pickle.loads(pickle.dumps(indexer)).vectors == indexer.vectors


def test_workers_transform_alike(vectors):
    indexer = W2VIndexer(vectors, random_state=0).fit(DOCS)
    results = joblib.Parallel(n_jobs=2)([joblib.delayed(indexer.transform)(DOCS)] * 2)
    for ids in results:
        np.testing.assert_array_equal(ids, indexer.transform(DOCS))
        assert ids.vectors == indexer.vectors_


# ------------------------------------------------------------------- errors
def test_transform_before_fit_is_refused(vectors):
    with pytest.raises(NotFittedError):
        W2VIndexer(vectors).transform(DOCS)
    with pytest.raises(NotFittedError):
        pickle.loads(pickle.dumps(W2VIndexer(vectors))).transform(DOCS)


@pytest.mark.parametrize("method", ["fit", "transform", "fit_transform"])
@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ([["雨"], 3], "Document 1 is of type int but W2VIndexer expected"),
        ([["雨"], ["雪", None]], "Document 1 holds None of type NoneType"),
        ("雨 雪", "single str"),
        (np.array([["雨", "雪"]]), r"shape \(1, 2\)"),
        (3, "Got int"),
    ],
)
def test_wrong_types_are_named(vectors, method, documents, message):
    indexer = W2VIndexer(vectors)
    if method == "transform":
        indexer.fit(DOCS)
    with pytest.raises(TypeError, match=message):
        getattr(indexer, method)(documents)


def test_no_documents_are_refused_in_fit_and_fine_in_transform(vectors):
    with pytest.raises(ValueError, match="0 sample"):
        W2VIndexer(vectors).fit([])
    ids = W2VIndexer(vectors, maxlen=3).fit(DOCS).transform([])
    assert ids.shape == (0, 3)
    assert ids.vectors.words[:4] == WORDS


@pytest.mark.parametrize(
    "bad",
    [{"maxlen": 0}, {"maxlen": 2.5}, {"min_count": 0}, {"oov": "keep"}, {"random_state": "x"}],
)
def test_parameters_are_checked_in_fit(vectors, bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        W2VIndexer(vectors, **bad).fit(DOCS)


def test_vectors_of_a_wrong_type_or_that_are_not_there(tmp_path):
    with pytest.raises(TypeError, match="Got vectors of type int but expected a path"):
        W2VIndexer(3).fit(DOCS)
    with pytest.raises(FileNotFoundError, match=r"none\.bin"):
        W2VIndexer(tmp_path / "none.bin").fit(DOCS)


@pytest.mark.parametrize(
    "check",
    [
        "check_estimator_cloneable",
        "check_estimator_tags_renamed",
        "check_valid_tag_types",
        "check_estimator_repr",
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_get_params_invariance",
        "check_set_params",
        "check_do_not_raise_errors_in_init_or_set_params",
        "check_mixin_order",
    ],
)
def test_estimator_checks_that_need_no_data(check):
    getattr(estimator_checks, check)("W2VIndexer", W2VIndexer())


def test_it_needs_no_labels_and_gives_no_feature_names(vectors):
    indexer = W2VIndexer(vectors)
    ids = indexer.fit_transform(DOCS, [0, 1, 0, 1])
    assert ids.vectors is indexer.vectors_
    assert not hasattr(indexer, "get_feature_names_out")  # pandas output would lose the handle
    assert indexer.__sklearn_tags__().input_tags.string
    assert not indexer.__sklearn_tags__().input_tags.two_d_array


def test_neither_keras_nor_tensorflow_is_imported():
    code = (
        "import sys, warnings; warnings.simplefilter('ignore')\n"
        "from sklearn_w2v import W2VIndexer, WordVectors\n"
        "W2VIndexer(WordVectors(['a'], [[1.0, 2.0]])).fit_transform([['a', 'b']])\n"
        "print(sorted({'keras', 'tensorflow', 'gensim', 'scikeras', 'fugashi'} & {*sys.modules}))"
    )
    package = os.fspath(Path(sklearn_w2v.__file__).parents[1])
    process = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": package},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert process.stdout == "[]\n"
