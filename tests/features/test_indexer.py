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
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks

import sklearn_w2v
from sklearn_w2v import JapaneseTokenizer, TokenIds, W2VIndexer, Word2VecTrainer, WordVectors
from sklearn_w2v.text.token import Token
from sklearn_w2v.vectors.store import MemoryStore
from sklearn_w2v.vectors.subwords import Subwords

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


def test_words_that_are_dropped_do_not_count_as_cut(vectors, recwarn):
    documents = [["雨"] * 3 + [f"q{n}{k}" for k in range(9)] for n in range(10)]
    indexer = W2VIndexer(vectors, min_count=2, oov="drop", maxlen=5)
    assert np.count_nonzero(indexer.fit_transform(documents), axis=1).tolist() == [3] * 10
    assert indexer.coverage_["cut"] == 0
    assert not [one for one in recwarn if "cut" in str(one.message)]
    assert W2VIndexer(vectors, min_count=2, oov="drop").fit(documents).maxlen_ == 3
    with pytest.warns(UserWarning, match=r"10 of 10 documents .*longest has 3\)"):
        W2VIndexer(vectors, min_count=2, oov="drop", maxlen=2).fit(documents)


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
        "exact": 5 / 8,
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


# -------------------------------------------------------------------- forms
NORMALISED = ["為る", "行く", "雨", "し", "京", "abc"]  # し is another word's
NORMAL_TABLE = np.random.default_rng(1).normal(size=(6, 5)).astype(np.float32)
DID, DO, WENT = Token("し", ["為る", "する"]), Token("する", ["為る"]), Token("行っ", ["行く"])
INFLECTED = [[DID, WENT, "雨"], [DO, "雨", WENT, DID], [DID, Token("雨"), "嵐"]]


@pytest.fixture
def normalised():
    return WordVectors(NORMALISED, NORMAL_TABLE)


def test_words_found_by_a_form_get_ids_of_their_own_that_start_from_its_row(normalised):
    indexer = W2VIndexer(normalised, maxlen=4, random_state=0)
    ids = indexer.fit_transform(INFLECTED)
    assert indexer.match_ == "forms"
    assert ids.tolist() == [[8, 9, 4, 0], [10, 4, 9, 8], [8, 4, 11, 0]]
    table = indexer.vectors_
    assert table.words == [*NORMALISED, "し/為る", "行っ", "する", "嵐"]
    for word, form in [("し/為る", "為る"), ("行っ", "行く"), ("する", "為る")]:
        np.testing.assert_array_equal(table[word], normalised[form])
    np.testing.assert_array_equal(table["し"], normalised["し"])
    assert not np.isin(table["嵐"], NORMAL_TABLE).any()
    assert {type(word) for word in table.words} == {str}


def test_vectors_of_words_as_written_are_asked_for_the_text_first():
    written = WordVectors(["し", "行っ", "雨", "行く"], TABLE)
    indexer = W2VIndexer(written, random_state=0)
    ids = indexer.fit_transform(INFLECTED)
    assert indexer.match_ == "text"
    assert ids[0].tolist() == [2, 3, 4, 0]
    assert indexer.vectors_.words == [*written.words, "する", "嵐"]
    # where the text lacks, the forms come behind it
    assert indexer.transform([[Token("行こ", ["行く"])]])[0, 0] == 5


def test_vectors_that_were_learnt_from_the_words_are_asked_for_the_text_first():
    docs = [[Token("し", ["為る"]), "為る", "為る", "為る"]] * 3 + [[Token("さ", ["為る"])]] * 4
    docs += [[Token("せ", ["為る"])]]
    indexer = W2VIndexer(trainer(min_count=4), random_state=0).fit(docs)
    assert indexer.trainer_.vectors_.words == ["為る", "さ"]
    assert indexer.match_ == "text"
    assert indexer.vectors_.words == ["為る", "さ", "し", "せ"]
    np.testing.assert_array_equal(indexer.vectors_["し"], indexer.vectors_["為る"])
    assert {type(word) for word in indexer.trainer_.vectors_.words} == {str}


def test_exact_match_looks_at_no_form(normalised):
    indexer = W2VIndexer(normalised, match="exact", random_state=0)
    plain = [[str(word) for word in document] for document in INFLECTED]
    np.testing.assert_array_equal(indexer.fit_transform(INFLECTED), indexer.fit_transform(plain))
    assert indexer.match_ == "exact"
    assert indexer.vectors_.words == [*NORMALISED, "行っ", "する", "嵐"]
    assert indexer.transform([[Token("行こ", ["行く"]), "ＡＢＣ"]]).tolist() == [[1, 1, 0, 0]]


def test_plain_words_are_tried_in_nfkc_and_in_lower_case(normalised):
    indexer = W2VIndexer(normalised, random_state=0)
    ids = indexer.fit_transform([["ＡＢＣ", "Abc", "abc", "雨", "雨"]])
    assert ids.tolist() == [[9, 8, 7, 4, 4]]
    for word in ("ＡＢＣ", "Abc"):
        np.testing.assert_array_equal(indexer.vectors_[word], normalised["abc"])
    assert indexer.transform([["ａｂｃ", "aBC", "xyz"]]).tolist() == [[7, 7, 1, 0, 0]]


def test_words_that_fit_never_saw_take_the_id_of_their_form(normalised):
    indexer = W2VIndexer(normalised, maxlen=3).fit([document[:3] for document in INFLECTED])
    went = Token("行き", ["行く"])
    ids = indexer.transform([[went, Token("走っ", ["走る"]), Token("さ", ["した", "為る"])]])
    assert ids.tolist() == [[3, 1, 2]]
    # each occurrence by its own forms, whatever stands beside it
    rained = Token("行き", ["雨"])
    assert indexer.transform([[went, rained, "行き"]]).tolist() == [[3, 4, 1]]
    assert indexer.transform([[rained, "行き", went]]).tolist() == [[4, 1, 3]]


def test_a_text_has_one_id_by_the_forms_that_it_brings_most_often(normalised):
    rare, often = Token("行っ", ["為る"]), Token("行っ", ["行く"])
    for docs in ([[rare, often], [often, "雨"]], [["雨", often], [often, rare]]):
        indexer = W2VIndexer(normalised, maxlen=3).fit(docs)
        np.testing.assert_array_equal(indexer.vectors_["行っ"], normalised["行く"])
        assert len(set(indexer.transform([[rare, often, "行っ"]])[0].tolist())) == 1


def test_equally_frequent_forms_are_decided_by_their_order_and_not_by_the_documents(normalised):
    one, other = Token("行っ", ["行く"]), Token("行っ", ["為る"])
    fitted = [
        W2VIndexer(normalised, random_state=0).fit(d) for d in ([[one, other]], [[other, one]])
    ]
    assert fitted[0].vectors_ == fitted[1].vectors_
    np.testing.assert_array_equal(fitted[0].vectors_["行っ"], normalised["為る"])


def test_ids_of_tokens_do_not_depend_on_the_order_of_documents(normalised):
    one = W2VIndexer(normalised, random_state=0).fit(INFLECTED)
    other = W2VIndexer(normalised, random_state=0).fit(INFLECTED[::-1])
    assert one.vectors_ == other.vectors_
    np.testing.assert_array_equal(one.transform(INFLECTED), other.transform(INFLECTED))


def test_text_that_shares_its_vector_with_the_form_keeps_its_own_id():
    spellings = WordVectors(["行く", "ゆく", "雨"], TABLE[[0, 0, 1]])
    going = Token("ゆく", ["行く"])
    indexer = W2VIndexer(spellings).fit([[going, Token("行っ", ["行く"])]])
    assert indexer.match_ == "forms"
    assert indexer.vectors_.words == [*spellings.words, "行っ"]
    again = pickle.loads(pickle.dumps(indexer))
    for fitted in (indexer, again):
        assert fitted.transform([[going, Token("ゆく", ["雨"])]]).tolist() == [[3, 3]]
    # unseen in fit, too
    assert W2VIndexer(spellings).fit([[Token("行っ", ["行く"])]]).transform([[going]])[0, 0] == 3


@pytest.mark.parametrize("how", [lambda indexer: indexer, lambda i: pickle.loads(pickle.dumps(i))])
def test_rare_words_take_the_id_of_their_form(normalised, how):
    docs = [*INFLECTED, [Token("せよ", ["為る"])], [Token("せよ", ["行く"])]]
    indexer = W2VIndexer(normalised, min_count=3, maxlen=4, random_state=0)
    ids = indexer.fit_transform(docs)
    assert indexer.vectors_.words == [*NORMALISED, "し/為る"]  # 行っ, する, せよ and 嵐 are rare
    assert ids.tolist() == [[8, 3, 4, 0], [2, 4, 3, 8], [8, 4, 1, 0], [2, 0, 0, 0], [3, 0, 0, 0]]
    np.testing.assert_array_equal(how(indexer).transform(docs), ids)


def test_names_of_own_words_stay_apart():
    vectors = WordVectors(["し", "し/為る", "為る", "雨"], TABLE)
    docs = [[DID, Token("し/為る/", ["雨"]), Token("行っ", ["為る"])], [Token("行こ", ["為る"])]]
    indexer = W2VIndexer(vectors, maxlen=3)
    ids = indexer.fit_transform(docs)
    assert indexer.match_ == "forms"
    assert set(indexer.vectors_.words[4:]) == {"し/為る//", "し/為る/", "行っ", "行こ"}
    assert len(np.unique(ids[0])) == 3
    word = indexer.vectors_.words[ids[0, 0] - 2]
    assert word == "し/為る//"
    np.testing.assert_array_equal(indexer.vectors_[word], vectors["為る"])


def test_coverage_tells_found_in_any_way_from_found_as_written(normalised):
    coverage = W2VIndexer(normalised, maxlen=9).fit(INFLECTED).coverage_
    assert coverage["tokens"] == 9 / 10
    assert coverage["types"] == 4 / 5
    assert coverage["exact"] == 6 / 10  # し and 雨
    assert coverage["unknown"] == [("嵐", 1)]
    assert type(coverage["unknown"][0][0]) is str


@pytest.mark.parametrize("min_count", [1, 2])
@pytest.mark.parametrize("oov", ["unk", "drop"])
def test_fit_transform_of_tokens_equals_fit_and_transform_and_survives_pickling(
    normalised, lyrics, min_count, oov
):
    docs = JapaneseTokenizer(form="surface", pos=None, forms=True).transform(lyrics.data)
    indexer = W2VIndexer(normalised, min_count=min_count, oov=oov, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        at_once = indexer.set_params(maxlen=400).fit_transform(docs[:30])
        fitted = clone(indexer).fit(docs[:30])
    np.testing.assert_array_equal(at_once, fitted.transform(docs[:30]))
    again = pickle.loads(pickle.dumps(indexer))
    for documents in (docs, docs[::-1], pickle.loads(pickle.dumps(docs))):
        ids = indexer.transform(documents)
        np.testing.assert_array_equal(ids, fitted.transform(documents))
        np.testing.assert_array_equal(ids, again.transform(documents))
    alone = np.concatenate([indexer.transform([document]) for document in docs])
    np.testing.assert_array_equal(indexer.transform(docs), alone)


def test_forms_find_the_vectors_of_lemmas_and_keep_surfaces_apart(lyrics):
    lemmas = JapaneseTokenizer(form="lemma", pos=None).transform(lyrics.data)
    words = sorted({word for document in lemmas for word in document})
    vectors = WordVectors(words, np.random.default_rng(0).normal(size=(len(words), 4)))
    docs = JapaneseTokenizer(form="surface", pos=None, forms=True).transform(lyrics.data)
    indexer = W2VIndexer(vectors, maxlen=500).fit(docs)
    assert indexer.match_ == "forms"
    assert indexer.coverage_["exact"] < 0.8
    assert indexer.coverage_["tokens"] == 1
    ids = indexer.transform(docs)
    of_text = {}
    for document, lemma_document, line in zip(docs, lemmas, ids.tolist(), strict=True):
        for word, _, number in zip(document, lemma_document, line, strict=False):
            assert of_text.setdefault(str(word), number) == number
    assert len(set(of_text.values())) == len(of_text)  # surfaces stay apart


def test_tokens_go_through_a_pipeline_with_a_cache_and_a_search(lyrics, normalised, tmp_path):
    pipeline = make_pipeline(
        JapaneseTokenizer(form="surface", pos=None, forms=True),
        W2VIndexer(normalised, maxlen=300, random_state=0),
        FunctionTransformer(np.ndarray.tolist),
        CountVectorizer(analyzer=list),
        MultinomialNB(),
        memory=joblib.Memory(tmp_path, verbose=0),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        search = GridSearchCV(pipeline, {"w2vindexer__match": ["auto", "exact"]}, cv=3)
        search.fit(lyrics.data, lyrics.target)
        again = clone(search).fit(lyrics.data, lyrics.target)  # out of the cache
    scores = search.cv_results_["mean_test_score"]
    assert min(scores) > 1.5 / len(np.unique(lyrics.target))
    np.testing.assert_array_equal(scores, again.cv_results_["mean_test_score"])


# ----------------------------------------------------------------- subwords
@pytest.fixture
def subword_vectors():
    ngrams = np.random.default_rng(2).normal(size=(50, 5)).astype(np.float32)
    return WordVectors._of(MemoryStore(WORDS, TABLE, None, Subwords(ngrams, 4, 5)))


def test_words_of_fit_are_composed_however_rare_they_are(subword_vectors):
    indexer = W2VIndexer(subword_vectors, min_count=5, random_state=0)
    ids = indexer.fit_transform([["雨", "大雨警報", "雷", "雷"]])  # 雷 is too short
    assert ids.vectors is indexer.vectors_
    assert indexer.vectors_.words == [*WORDS, "大雨警報"]
    assert ids.tolist() == [[2, 6, 1, 1]]
    assert indexer.coverage_["tokens"] == indexer.coverage_["exact"] + 1 / 4 == 1 / 2
    rows, _ = subword_vectors.compose(["大雨警報"])
    np.testing.assert_array_equal(indexer.vectors_["大雨警報"], rows[0])
    np.testing.assert_array_equal(indexer.transform([["雨", "大雨警報", "雷", "雷"]]), ids)


@pytest.mark.parametrize("token", [str, Token])
@pytest.mark.parametrize("match", ["auto", "exact"])
def test_transform_composes_unknown_words_behind_the_fitted_ones(subword_vectors, match, token):
    indexer = W2VIndexer(subword_vectors, match=match, maxlen=4, random_state=0)
    indexer.fit([["雨", "自分"]])
    assert indexer.vectors_.words == [*WORDS, "自分"]
    docs = [[token("暴風雪"), "雪"], [token("大雨警報"), token("暴風雪"), "自分"]]
    ids = indexer.transform(docs)
    assert ids.tolist() == [[8, 3, 0, 0], [7, 8, 6, 0]]
    assert ids.vectors.words == [*indexer.vectors_.words, "大雨警報", "暴風雪"]
    assert ids.vectors.is_extension_of(indexer.vectors_)
    rows, _ = subword_vectors.compose(["大雨警報", "暴風雪"])
    np.testing.assert_array_equal(ids.vectors.take(np.array([7, 8])), rows)
    assert {type(word) for word in ids.vectors.words} == {str}
    # nothing is remembered
    assert indexer.transform(docs[:1]).tolist() == [[7, 3, 0, 0]]


def test_a_form_goes_before_subwords_in_transform(subword_vectors):
    indexer = W2VIndexer(subword_vectors).fit([["雨"]])
    ids = indexer.transform([[Token("雪だるま", ["雪"])]])
    assert ids.tolist() == [[3]]
    assert ids.vectors is indexer.vectors_


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


def test_without_a_seed_each_word_has_one_row_in_every_fold(vectors):
    """A seeded classifier is reproducible, and folds agree on what a new word means."""
    found = [
        W2VIndexer(vectors).fit(documents).vectors_
        for documents in ([["嵐", "風"]], [["凪"], ["風", "嵐"]], [["風"]])
    ]
    for other in found[1:]:
        np.testing.assert_array_equal(other["風"], found[0]["風"])
    np.testing.assert_array_equal(found[1]["嵐"], found[0]["嵐"])
    seeded = W2VIndexer(vectors, random_state=1).fit([["風"]]).vectors_
    assert not np.array_equal(seeded["風"], found[0]["風"])


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
    assert len(data) < 3_000 + 4 * 4_080  # the ids of the words in use
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
    [
        {"maxlen": 0},
        {"maxlen": 2.5},
        {"min_count": 0},
        {"oov": "keep"},
        {"match": "text"},
        {"match": None},
        {"random_state": "x"},
    ],
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
    assert indexer.set_output(transform="pandas") is indexer  # a table would lose the handle
    assert indexer.transform([["雨"]]).vectors is indexer.vectors_
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


def test_line_breaks_are_no_unknown_words():
    vectors = WordVectors(["雨", "雪"], [[1, 0], [0, 1]])
    documents = [["雨", "\n", "\n", "\n", "雪", "\n", "風"]]
    coverage = W2VIndexer(vectors).fit(documents).coverage_
    assert coverage["tokens"] == pytest.approx(2 / 3)
    assert coverage["types"] == pytest.approx(2 / 3)
    assert coverage["unknown"] == [("風", 1)]


# ------------------------------------------------------------- documents of other kinds
def test_tokens_in_arrays_are_plain_words_in_the_coverage():
    indexer = W2VIndexer(WordVectors(["雨"], [[1.0, 0.0]]))
    indexer.fit([np.array(["雨", "風"]), [np.str_("雨"), np.str_("雪")]])
    assert [type(word) for word, _ in indexer.coverage_["unknown"]] == [str, str]
    again = pickle.loads(pickle.dumps(indexer))
    again._check_saved_state()
    with pytest.raises(TypeError, match="Document 1 is of type int"):
        indexer.transform([["雨"], 5])


@pytest.mark.parametrize(
    ("documents", "rare"),
    [([["iphone", "雨"], ["iphone", "IPHONE"]], "IPHONE"), ([["A", "Ａ"], ["A"]], "Ａ")],
)
def test_rare_words_have_one_id_before_and_after_pickling(documents, rare):
    vectors = WordVectors(["雨"], [[1.0, 0.0]])
    indexer = W2VIndexer(vectors, min_count=2, maxlen=2)
    first = indexer.fit_transform(documents)
    for one in (indexer, pickle.loads(pickle.dumps(indexer))):
        assert np.array_equal(one.transform(documents), first)
        assert np.array_equal(one.transform([[rare]]), indexer.transform([[rare]]))


def test_what_is_set_after_fit_counts_in_the_next_one():
    vectors = WordVectors(["a", "b", "c"], [[1, 0], [0, 1], [1, 1]])
    indexer = W2VIndexer(vectors).fit([["a"]] * 40 + [["a", "b", "c"]])
    before = indexer.transform([["a", "b", "c", "x"]])
    after = indexer.set_params(maxlen=50, oov="drop").transform([["a", "b", "c", "x"]])
    assert np.array_equal(before, after)
    assert after.tails.ids.tolist() == before.tails.ids.tolist() == [3, 4, 1]
    assert indexer.fit([["a", "b", "c", "x"]]).transform([["a", "x", "b"]]).shape == (1, 50)
