"""Word2VecTrainer: what training sees, what it returns, and that it is reproducible."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils import estimator_checks

import sklearn_w2v
from sklearn_w2v import Token, W2VIndexer, Word2VecTrainer, WordVectors
from sklearn_w2v.text.documents import check_tokens

DOCS = [["雨", "が", "降る"], ["雪", "が", "降る"], ["夏", "の", "海"]] * 10
FROZEN = {"alpha": 1e-9, "min_alpha": 1e-9}  # training that hardly moves a row


def trainer(**parameters):
    return Word2VecTrainer(**{"vector_size": 6, "epochs": 2, "random_state": 0, **parameters})


# ---------------------------------------------------------------- documents
@pytest.mark.parametrize(
    "documents",
    [
        [["a", "b"], ["c"], []],
        [("a", "b"), ("c",), ()],
        ["a  b\n", "\tc", " "],
        [np.array(["a", "b"]), ["c"], np.array([], str)],
        iter([["a", "b"], "c", ""]),
    ],
)
def test_documents_of_all_kinds_become_token_lists(documents):
    assert check_tokens(documents, "X") == [["a", "b"], ["c"], []]


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ([["a"], 3], "Document 1 is of type int but Thing expected"),
        ([["a"], None], "Document 1 is of type NoneType"),
        ([["a"], ["b"], ["c", 4.5]], "Document 2 holds 4.5 of type float but Thing expected"),
        ([["a"], [b"c"]], "Document 1 holds b'c' of type bytes"),
        ([[["a", "b"]]], "Document 0 holds .* of type list"),
    ],
)
def test_documents_of_wrong_types_are_named(documents, message):
    with pytest.raises(TypeError, match=message):
        check_tokens(documents, "Thing")


@pytest.mark.parametrize("documents", ["雨 が 降る", b"bytes", 3, np.array([["a", "b"]])])
def test_fit_refuses_what_is_no_list_of_documents(documents):
    with pytest.raises(TypeError, match="Word2VecTrainer expected"):
        trainer().fit(documents)


# ------------------------------------------------------------------ results
@pytest.mark.parametrize("sg", [0, 1])
def test_vectors_hold_the_words_of_min_count_by_frequency(sg):
    docs = [["a"] * 3 + ["b"] * 5 + ["c"] * 2 + ["d"]]
    fitted = trainer(min_count=2, sg=sg).fit(docs)
    assert isinstance(fitted.vectors_, WordVectors)
    assert fitted.vectors_.words == ["b", "a", "c"]
    assert fitted.vectors_.dim == 6
    assert fitted.vectors_.path is None
    assert trainer(min_count=1, sg=sg).fit(docs).vectors_.words == ["b", "a", "c", "d"]


def test_strings_are_split():
    joined = [" ".join(tokens) for tokens in DOCS]
    assert trainer().fit(joined).vectors_ == trainer().fit(DOCS).vectors_


@pytest.mark.parametrize("initial", [None, WordVectors(["雨", "風"], np.ones((2, 6)))])
def test_words_of_tokens_are_plain_str(initial):
    tokens = [[Token(word, [word, "x"]) for word in doc] for doc in DOCS]
    vectors = trainer(initial_vectors=initial).fit(tokens).vectors_
    assert {type(word) for word in vectors.words} == {str}
    assert vectors == trainer(initial_vectors=initial).fit(DOCS).vectors_


def test_words_of_like_contexts_come_out_alike():
    rng = np.random.default_rng(0)
    weather, summer = ["雨", "雪", "霧", "傘"], ["夏", "海", "砂", "祭"]
    docs = [rng.choice(group, 8).tolist() for group in [weather, summer] * 200]
    vectors = trainer(vector_size=10, epochs=10).fit(docs).vectors_
    assert {word for word, _ in vectors.most_similar("雨", topn=3)} == {"雪", "霧", "傘"}


def test_automatic_epochs_let_scarce_text_be_seen_often(monkeypatch):
    import gensim.models

    seen = []
    real = gensim.models.Word2Vec.train
    monkeypatch.setattr(
        gensim.models.Word2Vec,
        "train",
        lambda self, *args, **kw: seen.append(kw["epochs"]) or real(self, *args, **kw),
    )
    for times in (1, 1_000, 10_000):
        monkeypatch.setattr("sklearn_w2v.vectors.trainer._AIM", 200_000)
        trainer(epochs="auto", vector_size=2).fit([["a", "b"] * 5] * times)
    assert seen == [50, 20, 5]


def test_loss_is_that_of_the_last_epoch():
    one, many = (
        trainer(epochs=epochs, word2vec_kwargs={"sample": 0}).fit(DOCS * 20).loss_
        for epochs in (1, 10)
    )
    assert 0 < many < one  # gensim's own sum over all epochs would grow


def test_min_count_too_high_is_refused():
    for docs in (DOCS, [[]], []):
        with pytest.raises(ValueError, match=rf"min_count=99 times in the {len(docs)} documents"):
            trainer(min_count=99).fit(docs)


# ---------------------------------------------------------- reproducibility
@pytest.mark.parametrize("sg", [0, 1])
def test_same_seed_gives_bit_equal_vectors_and_another_seed_others(sg):
    one, again, other = (trainer(sg=sg, random_state=seed).fit(DOCS) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.vectors_.vectors, again.vectors_.vectors)
    assert one.vectors_.words == again.vectors_.words
    assert one.loss_ == again.loss_
    assert not np.isin(one.vectors_.vectors, other.vectors_.vectors).any()


_FINGERPRINT = """
from sklearn_w2v import Word2VecTrainer
docs = [["雨", "が", "降る"], ["雪", "が", "降る"], ["夏", "の", "海"]] * 10
print(Word2VecTrainer(vector_size=6, epochs=2, random_state=0).fit(docs).vectors_.fingerprint)
"""


def test_result_does_not_depend_on_the_hash_seed():
    package = os.fspath(Path(sklearn_w2v.__file__).parents[1])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _FINGERPRINT],
            env={**os.environ, "PYTHONPATH": package, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    prints = [process.communicate(timeout=120)[0].strip() for process in processes]
    assert prints == [trainer().fit(DOCS).vectors_.fingerprint] * 2


def test_a_random_state_instance_moves_on():
    state = np.random.RandomState(0)
    one, two = (trainer(random_state=state).fit(DOCS).vectors_ for _ in range(2))
    assert one != two
    assert trainer(random_state=np.random.RandomState(0)).fit(DOCS).vectors_ == one


def test_global_random_state_stays_as_it_was():
    drawn = []
    for fit in (False, True):
        np.random.seed(0)  # noqa: NPY002
        random.seed(0)
        if fit:
            trainer().fit(DOCS)
        drawn.append((np.random.random(), random.random()))  # noqa: NPY002
    assert drawn[0] == drawn[1]


def test_without_a_seed_runs_differ_and_threads_may_be_used(recwarn):
    one, two = (trainer(random_state=None, n_jobs=2).fit(DOCS).vectors_ for _ in range(2))
    assert one != two
    assert not recwarn.list


def test_threads_and_a_seed_warn_and_change_nothing(recwarn):
    expected = trainer().fit(DOCS).vectors_
    trainer(n_jobs=1).fit(DOCS)
    assert not recwarn.list
    with pytest.warns(UserWarning, match="n_jobs=2 is not used: with a random_state") as caught:
        assert trainer(n_jobs=2).fit(DOCS).vectors_ == expected
    assert caught[0].filename == __file__


@pytest.mark.filterwarnings("ignore:n_jobs=3 is not used:UserWarning")
@pytest.mark.parametrize(
    ("n_jobs", "seed", "threads"), [(3, 0, 1), (3, None, 3), (None, None, 1), (None, 0, 1)]
)
def test_number_of_threads(monkeypatch, n_jobs, seed, threads):
    import gensim.models

    seen = []
    real = gensim.models.Word2Vec.__init__
    monkeypatch.setattr(
        gensim.models.Word2Vec,
        "__init__",
        lambda self, *args, **kw: seen.append(kw["workers"]) or real(self, *args, **kw),
    )
    trainer(n_jobs=n_jobs, random_state=seed).fit(DOCS)
    assert seen == [threads]


# ------------------------------------------------------------------- corpus
def test_corpus_of_a_path_or_of_lists_or_strings_is_learnt_from(tmp_path):
    more = [["風", "が", "吹く"], ["嵐", "が", "来る"]] * 5
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(" ".join(tokens) for tokens in more) + "\n\n", encoding="utf-8")
    expected = trainer().fit(DOCS + more).vectors_
    for corpus in (path, os.fspath(path), more, [" ".join(tokens) for tokens in more]):
        assert trainer(corpus=corpus).fit(DOCS).vectors_ == expected
    assert trainer(corpus=path).fit([]).vectors_ == trainer().fit(more).vectors_


def test_corpus_with_bytes_that_are_no_utf8_is_read(tmp_path):
    (tmp_path / "corpus.txt").write_bytes(b"a b\n\xff a\n" * 5)
    words = trainer(corpus=tmp_path / "corpus.txt").fit([]).vectors_.words
    assert set(words) == {"a", "b", "\ufffd"}


def test_corpus_may_be_any_iterable_that_starts_again():
    class Corpus:
        walks = 0

        def __iter__(self):
            self.walks += 1
            return iter([("x", "y")] * 5)

    corpus = Corpus()
    assert set(trainer(corpus=corpus, epochs=3).fit([]).vectors_.words) == {"x", "y"}
    assert corpus.walks == 1 + 1 + 3  # the check, the vocabulary, the epochs


@pytest.mark.parametrize("corpus", [(line for line in DOCS), iter(DOCS), io.StringIO("a b")])
def test_corpus_that_can_be_walked_once_is_refused(corpus):
    with pytest.raises(TypeError, match="Got a generator as corpus"):
        trainer(corpus=corpus).fit(DOCS)


def test_corpus_file_that_is_missing_is_refused(tmp_path):
    for path in (tmp_path / "none.txt", os.fspath(tmp_path)):
        with pytest.raises(ValueError, match=r"Got corpus=.*which is not a file"):
            trainer(corpus=path).fit(DOCS)


@pytest.mark.parametrize("as_corpus", [False, True])
def test_words_at_the_end_of_a_very_long_document_are_trained(as_corpus):
    document = ["start"] * 12_000 + ["end", "last"] * 50
    initial = WordVectors(["start", "end", "last"], np.random.default_rng(0).normal(size=(3, 6)))
    both = trainer(
        initial_vectors=initial,
        corpus=[document] if as_corpus else None,
        word2vec_kwargs={"sample": 0},
    ).fit([] if as_corpus else [document])
    for word in initial.words:
        assert not np.array_equal(both.vectors_[word], initial[word]), word


def test_shards_are_learnt_from_as_one_file(tmp_path):
    more = [["風", "が", "吹く"], ["嵐", "が", "来る"], ["雪", "が", "来る"]] * 5
    lines = [" ".join(tokens) + "\n" for tokens in more]
    with gzip.open(tmp_path / "b.txt.gz", "wt", encoding="utf-8") as file:
        file.writelines(lines[4:9])
    with lzma.open(tmp_path / "c.txt.xz", "wt", encoding="utf-8") as file:
        file.writelines(lines[9:])
    (tmp_path / "a.txt").write_text("".join(lines[:4]), encoding="utf-8")
    paths = [tmp_path / name for name in ("a.txt", "b.txt.gz", "c.txt.xz")]
    expected = trainer().fit(DOCS + more).vectors_
    for corpus in (paths, tuple(map(str, paths)), tmp_path / "*.txt*", f"{tmp_path}/[abc].*"):
        assert trainer(corpus=corpus).fit(DOCS).vectors_ == expected


@pytest.mark.parametrize("fails_in", [1, 2, 3])
def test_an_error_in_any_walk_through_the_corpus_is_raised(fails_in):
    """gensim reads in a thread, whose error it would wait for without an end."""

    class Corpus:
        walks = -1  # the check

        def __iter__(self):
            self.walks += 1
            return self.sentences()

        def sentences(self):
            yield ["x", "y"]
            if self.walks == fails_in:
                raise OSError("the disk is gone")
            yield ["x", "y"]

    corpus = Corpus()
    with pytest.raises(OSError, match="the disk is gone"):
        trainer(corpus=corpus, epochs=5).fit([])
    assert corpus.walks == fails_in


# ---------------------------------------------------------- initial vectors
@pytest.fixture
def initial():
    table = np.random.default_rng(1).normal(size=(4, 6))
    return WordVectors(["elsewhere", "雨", "海", "nowhere"], table)


def test_initial_vectors_are_where_their_words_start(initial):
    fitted = trainer(initial_vectors=initial, epochs=1, word2vec_kwargs=FROZEN).fit(DOCS)
    for word in initial.words:
        np.testing.assert_allclose(fitted.vectors_[word], initial[word], atol=1e-6)
    plain = trainer(epochs=1, word2vec_kwargs=FROZEN).fit(DOCS).vectors_
    np.testing.assert_array_equal(fitted.vectors_["雪"], plain["雪"])


def test_trained_words_move_untouched_ones_stay_and_new_ones_are_added(initial):
    every_word = {"sample": 0}
    vectors = trainer(initial_vectors=initial, word2vec_kwargs=every_word).fit(DOCS).vectors_
    text = trainer().fit(DOCS).vectors_.words
    assert vectors.words == [*text, "elsewhere", "nowhere"]
    for word in ("elsewhere", "nowhere"):
        np.testing.assert_array_equal(vectors[word], initial[word])
    for word in ("雨", "海"):
        assert not np.array_equal(vectors[word], initial[word])


def test_initial_vectors_may_be_a_path_or_gensims(tmp_path, initial):
    initial.save(tmp_path / "v.bin")
    expected = trainer(initial_vectors=initial).fit(DOCS).vectors_
    for given in (tmp_path / "v.bin", initial.to_gensim()):
        assert trainer(initial_vectors=given).fit(DOCS).vectors_ == expected


def test_initial_vectors_of_another_size_are_refused(initial):
    with pytest.raises(ValueError, match="vector_size=100 but initial_vectors have 6 dimensions"):
        trainer(vector_size=100, initial_vectors=initial).fit(DOCS)


# --------------------------------------------------------------- parameters
def test_further_parameters_reach_gensim():
    plain, hierarchical = (
        trainer(word2vec_kwargs=extra).fit(DOCS).vectors_
        for extra in (None, {"hs": 1, "negative": 0})
    )
    assert plain != hierarchical


@pytest.mark.parametrize("name", ["vector_size", "seed", "workers", "epochs", "callbacks"])
def test_parameters_given_twice_are_refused(name):
    with pytest.raises(ValueError, match=rf"Got \['{name}'\] in word2vec_kwargs"):
        trainer(word2vec_kwargs={name: 1}).fit(DOCS)


@pytest.mark.parametrize(
    "bad",
    [{"vector_size": 0}, {"window": 1.5}, {"min_count": 0}, {"sg": 2}, {"epochs": "many"}],
)
def test_parameters_are_checked_in_fit(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        trainer(**bad).fit(DOCS)


def test_clone_and_nested_parameters():
    indexer = W2VIndexer(trainer(window=3))
    copy = clone(indexer).set_params(vectors__window=7, vectors__min_count=1)
    assert copy.get_params()["vectors__window"] == 7
    assert indexer.vectors.window == 3
    assert "雨" in copy.fit(DOCS).trainer_.vectors_
    assert copy.trainer_.window == 7


def test_silent_unless_verbose_on_a_terminal(capfd, monkeypatch):
    expected = trainer().fit(DOCS).vectors_
    assert trainer(verbose=1).fit(DOCS).vectors_ == expected  # no terminal here
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert trainer(verbose=1).fit(DOCS).vectors_ == expected
    out, err = capfd.readouterr()
    assert out == ""
    assert "word2vec" in err
    assert "100%" in err


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
    getattr(estimator_checks, check)("Word2VecTrainer", Word2VecTrainer())


def test_tags_say_strings():
    tags = trainer().__sklearn_tags__()
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array


def test_a_rule_for_words_is_followed():
    from gensim import utils

    def rule(word, count, min_count):
        return utils.RULE_DISCARD if word == "が" else utils.RULE_DEFAULT

    settings = {"vector_size": 2, "epochs": 1, "min_count": 1, "random_state": 0}
    trainer = Word2VecTrainer(**settings, word2vec_kwargs={"trim_rule": rule})
    assert trainer.fit([["雨", "が"]] * 3).vectors_.words == ["雨"]
    with pytest.raises(ValueError, match=r"Got \['sorted_vocab'\] in word2vec_kwargs"):
        Word2VecTrainer(**settings, word2vec_kwargs={"sorted_vocab": 0}).fit([["雨"]])


def test_where_no_word_is_frequent_enough():
    trainer = Word2VecTrainer(vector_size=2, epochs=1, min_count=9, corpus=[["雨", "雪"]])
    with pytest.raises(ValueError, match="occurs min_count=9 times in the corpus; lower"):
        trainer.fit([])
    with pytest.raises(ValueError, match="times in the 1 documents and the corpus; lower"):
        trainer.fit([["雨"]])
