"""WordVectors: reading, pickling, looking up, similar words, ids and rows."""

from __future__ import annotations

import copy
import operator
import os
import pickle
from pathlib import Path

import joblib
import numpy as np
import pytest
from gensim.models import KeyedVectors, Word2Vec
from joblib.externals.loky.backend.reduction import dumps
from sklearn.base import clone

from sklearn_w2v import W2VIndexer, WordVectors
from sklearn_w2v.vectors.store import MemoryStore
from sklearn_w2v.vectors.subwords import Subwords
from sklearn_w2v.vectors.word_vectors import as_word_vectors

WORDS = ["雨", "雪", "夏", "海", "rain", "\ud83d"]
TABLE = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


def in_memory():
    return WordVectors(WORDS, TABLE)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "vectors.bin"
    WordVectors(WORDS[:5], TABLE[:5]).save(path)
    return path


@pytest.fixture(params=["memory", "file", "extended memory", "extended file"])
def vectors(request, file):
    if "file" in request.param:
        vectors, new = WordVectors.load(file), ["\ud83d"]
    else:
        vectors, new = WordVectors(WORDS[:5], TABLE[:5]), ["\ud83d"]
    return vectors.extended(new, seed=3) if "extended" in request.param else vectors


def replace(path):
    WordVectors(WORDS[:5], TABLE[:5] + 1).save(path)
    os.utime(path, ns=(0, 1))


# ------------------------------------------------------------------- making
def test_words_and_vectors_are_copied_as_float32():
    words, table = list(WORDS), TABLE.astype(np.float64)
    vectors = WordVectors(words, table)
    words[0], table[0] = "x", 9
    assert vectors.words == WORDS
    np.testing.assert_array_equal(vectors.vectors, TABLE)
    assert vectors.vectors.dtype == np.float32
    assert vectors.dim == 4
    assert vectors.path is None


@pytest.mark.parametrize(
    ("words", "table", "message"),
    [
        (["a", "b"], [[1, 2]], r"2 words and vectors of shape \(1, 2\)"),
        (["a"], [1, 2], "shape"),
        (["a"], [[]], "shape"),
        ([], np.empty((0, 3)), "no words"),
        (["a", "a"], [[1], [2]], "repeat"),
        (["a"], [[np.nan]], "not finite"),
        (["a"], [[np.inf]], "not finite"),
    ],
)
def test_what_is_no_table_of_words_is_refused(words, table, message):
    with pytest.raises(ValueError, match=message):
        WordVectors(words, table)


@pytest.mark.parametrize(("words", "shown"), [(["a", 7], "7 of type int"), ([b"a", "b"], "b'a'")])
def test_words_that_are_no_strings_are_refused(words, shown):
    with pytest.raises(TypeError, match=f"the word {shown}"):
        WordVectors(words, [[1], [2]])


@pytest.mark.parametrize("as_type", [str, Path])
def test_load_maps_a_file(file, as_type):
    vectors = WordVectors.load(as_type(file))
    assert vectors.path == os.fspath(file)
    assert isinstance(vectors.vectors, np.memmap)
    assert vectors.words == WORDS[:5]
    np.testing.assert_array_equal(vectors.vectors, TABLE[:5])


def test_load_of_a_relative_path_survives_a_change_of_folder(file, tmp_path, monkeypatch):
    monkeypatch.chdir(file.parent)
    vectors = pickle.loads(pickle.dumps(WordVectors.load(file.name)))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert vectors.words == WORDS[:5]


@pytest.mark.parametrize("model", [False, True])
def test_from_gensim_takes_keyed_vectors_and_models(model):
    gensim_model = Word2Vec([["a", "b", "c"]] * 5, vector_size=3, min_count=1, seed=1, workers=1)
    vectors = WordVectors.from_gensim(gensim_model if model else gensim_model.wv)
    assert vectors.words == gensim_model.wv.index_to_key
    np.testing.assert_array_equal(vectors.vectors, gensim_model.wv.vectors)
    gensim_model.wv.vectors[:] = 0
    assert vectors.vectors.any()


def test_from_gensim_refuses_other_things():
    with pytest.raises(TypeError, match="Got dict but expected gensim's KeyedVectors"):
        WordVectors.from_gensim({})


def test_to_gensim_holds_words_and_rows(vectors):
    keyed = vectors.to_gensim()
    assert keyed.index_to_key == vectors.words
    np.testing.assert_array_equal(keyed.vectors, vectors.vectors)
    keyed.vectors[:] = 0  # a copy
    assert vectors.vectors.any()


@pytest.mark.parametrize("suffix", [".bin", ".txt", ".vec", ".bin.gz", ".txt.gz"])
def test_save_and_load_round_trip(tmp_path, suffix):
    path = tmp_path / f"saved{suffix}"
    extended = WordVectors(WORDS[:5], TABLE[:5]).extended(["風", "嵐"], seed=0)
    extended.save(path)
    again = WordVectors.load(path)
    assert again.words == extended.words
    np.testing.assert_array_equal(again.vectors, extended.vectors)
    keyed = KeyedVectors.load_word2vec_format(os.fspath(path), binary=".bin" in suffix)
    assert keyed.index_to_key == extended.words
    np.testing.assert_array_equal(keyed.vectors, extended.vectors)


def test_save_over_the_file_that_is_mapped(file):
    vectors = WordVectors.load(file)
    vectors.save(file)
    assert WordVectors.load(file).words == WORDS[:5]
    np.testing.assert_array_equal(WordVectors.load(file).vectors, TABLE[:5])


def test_as_word_vectors_takes_what_a_parameter_may_hold(file):
    vectors = in_memory()
    assert as_word_vectors(vectors) is vectors
    assert as_word_vectors(file) == as_word_vectors(os.fspath(file)) == WordVectors.load(file)
    assert as_word_vectors(vectors.to_gensim()) == vectors
    with pytest.raises(TypeError, match="Got vectors of type int"):
        as_word_vectors(3)


# ------------------------------------------------------------------ reading
def test_repr_says_where_they_are_without_opening_a_file(file):
    assert repr(in_memory()) == "WordVectors(6 words, dim=4, in memory)"
    loaded = WordVectors.load(file)
    assert repr(loaded) == f"WordVectors(5 words, dim=4, path={os.fspath(file)!r})"
    pickled = pickle.dumps(loaded)
    file.unlink()
    assert repr(pickle.loads(pickled)) == f"WordVectors(path={os.fspath(file)!r})"


# ------------------------------------------------------------ further words
def test_extended_adds_words_and_leaves_the_table(vectors):
    size = len(vectors)
    extended = vectors.extended(["風", "嵐"], seed=7)
    assert extended.words == [*vectors.words, "風", "嵐"]
    assert extended.find(["嵐", "雪", "風", "雷"]).tolist() == [size + 1, 1, size, -1]
    np.testing.assert_array_equal(extended.vectors[:size], vectors.vectors)
    np.testing.assert_array_equal(extended.vectors[:5], TABLE[:5])
    assert len(vectors) == size
    assert "風" not in vectors


def test_rows_of_an_extension_come_from_the_seed_alone():
    one = in_memory().extended(["x", "y"], seed=7)
    again = in_memory().extended(["x", "y"], seed=7)
    other = in_memory().extended(["x", "y"], seed=8)
    np.testing.assert_array_equal(one.vectors, again.vectors)
    np.testing.assert_array_equal(one.vectors, pickle.loads(pickle.dumps(one)).vectors)
    assert not np.isin(one.vectors[6:], other.vectors[6:]).any()
    assert len(np.unique(one.vectors[6:])) == 8


def test_values_of_an_extension_vary_as_much_as_the_tables():
    table = np.random.default_rng(0).normal(0.1, 0.3, size=(2_000, 50))
    vectors = WordVectors([f"w{number}" for number in range(2_000)], table)
    rows = vectors.extended([f"x{number}" for number in range(2_000)], seed=0).vectors[2_000:]
    assert rows.var() == pytest.approx(table.var(), rel=0.1)
    assert abs(rows.mean()) < 0.01
    assert abs(rows).max() <= np.sqrt(3 * table.var()) * 1.001


def test_equality_and_hash_go_by_content():
    base = in_memory()
    assert base == in_memory()
    assert hash(base) == hash(in_memory())
    variants = [
        base,
        WordVectors(WORDS, TABLE + 1),
        WordVectors(WORDS[::-1], TABLE),
        base.extended(["x"], 0),
        base.extended(["x"], 1),
        base.extended(["y"], 0),
    ]
    assert len(set(variants)) == len({v.fingerprint for v in variants}) == 6
    assert base.extended(["x"], 0) == in_memory().extended(["x"], 0)
    assert base != "vectors"


# ---------------------------------------------------------------- travelling
def test_copies_and_clones_share(vectors):
    assert copy.copy(vectors) is vectors
    assert copy.deepcopy(vectors) is vectors
    assert copy.deepcopy({"a": [vectors]})["a"][0] is vectors
    assert clone(W2VIndexer(vectors)).vectors is vectors


@pytest.mark.parametrize("protocol", [2, 5])
def test_pickles_give_equal_vectors(vectors, protocol):
    again = pickle.loads(pickle.dumps(vectors, protocol))
    assert again == vectors
    assert again.words == vectors.words
    np.testing.assert_array_equal(again.vectors, vectors.vectors)
    assert not again.vectors.flags.writeable
    assert pickle.loads(pickle.dumps(again)) == vectors


def test_pickles_of_a_file_are_small_and_hold_its_fingerprint(tmp_path):
    words = [f"w{number}" for number in range(3_000)]
    WordVectors(words, np.ones((3_000, 5))).save(tmp_path / "v.bin")
    vectors = WordVectors.load(tmp_path / "v.bin")
    for some in (vectors, vectors.extended(["x", "y"], 0)):
        some.words, some.vectors, some.find(["x"]), some.take(np.arange(5))  # fill its caches
        data = pickle.dumps(some)
        assert len(data) < 1_000
        assert vectors.fingerprint.encode() in data


def test_pickle_of_a_replaced_file_is_refused_when_used(file):
    data = pickle.dumps(WordVectors.load(file))
    replace(file)
    vectors = pickle.loads(data)
    with pytest.raises(ValueError, match=r"vectors\.bin' has changed: its fingerprint"):
        vectors.find(["雨"])
    with pytest.raises(ValueError, match="has changed"):
        pickle.loads(pickle.dumps(vectors)).extended(["x"], 0).take(np.array([2]))


def test_pickle_of_a_missing_file_is_refused_when_used_until_it_is_back(file):
    data = pickle.dumps(WordVectors.load(file))
    file.rename(file.with_suffix(".away"))
    vectors = pickle.loads(data)
    with pytest.raises(FileNotFoundError, match=r"vectors\.bin', which no longer exists"):
        len(vectors)
    file.with_suffix(".away").rename(file)
    assert len(vectors) == 5


def test_open_vectors_of_a_replaced_file_stay_what_they_were(file):
    vectors = WordVectors.load(file)
    replace(file)
    changed = WordVectors.load(file)
    np.testing.assert_array_equal(vectors.vectors, TABLE[:5])
    np.testing.assert_array_equal(changed.vectors, TABLE[:5] + 1)
    assert vectors != changed


def test_vectors_in_memory_travel_once_in_a_pickle():
    vectors = WordVectors([f"w{number}" for number in range(1_000)], np.ones((1_000, 50)))
    alone = len(pickle.dumps(vectors))
    assert alone > 200_000
    both = pickle.loads(pickle.dumps([vectors, vectors.extended(["x"], 0)]))
    assert len(pickle.dumps(both)) < 1.1 * alone
    assert both[0] == vectors
    assert both[1] == vectors.extended(["x"], 0)


def test_joblib_dump_and_load(tmp_path, vectors):
    joblib.dump(vectors, tmp_path / "v.joblib")
    again = joblib.load(tmp_path / "v.joblib", mmap_mode="r")
    assert again == vectors
    np.testing.assert_array_equal(again.vectors, vectors.vectors)


def big_in_memory():
    table = np.random.default_rng(0).normal(size=(20_000, 100)).astype(np.float32)
    return WordVectors([f"w{number}" for number in range(20_000)], table)


def test_workers_get_a_big_table_cheaply_and_read_the_right_values():
    big = big_in_memory()
    for vectors in (big, big.extended(["new"], 0)):
        assert len(bytes(dumps(vectors))) < 1_000
        wanted = ["w3", vectors.words[-1]]
        rows = joblib.Parallel(n_jobs=2)(
            joblib.delayed(operator.getitem)(vectors, word) for word in wanted
        )
        np.testing.assert_array_equal(rows, [vectors[word] for word in wanted])


def test_vectors_come_back_from_workers():
    def made(number):  # in the worker's memory, which is gone soon
        return WordVectors(["a", "b"], [[number, 1], [2, 3]])

    def same(vectors):
        return vectors

    big = big_in_memory()
    with joblib.Parallel(n_jobs=2) as parallel:
        new = parallel(joblib.delayed(made)(number) for number in range(4))
        assert [vectors["a"][0] for vectors in new] == [0, 1, 2, 3]
        back = parallel(joblib.delayed(same)(v) for v in [*new, big])
        assert back == [*new, big]
        assert len(bytes(dumps(back[-1]))) < 1_000  # still that one folder
        fingerprint = big.fingerprint
        del big
        again = parallel(joblib.delayed(same)(v) for v in back)  # the folder is gone now
        assert again[-1].fingerprint == fingerprint
        assert again[-1].vectors.any()


def test_workers_open_the_file_themselves(file):
    vectors = WordVectors.load(file)
    assert len(bytes(dumps(vectors))) < 1_000
    assert isinstance(vectors.vectors, np.memmap)
    rows = joblib.Parallel(n_jobs=2)(
        joblib.delayed(operator.getitem)(vectors, word) for word in ["雨", "rain"]
    )
    np.testing.assert_array_equal(rows, TABLE[[0, 4]])


# -------------------------------------------------------------------- keras
def test_keras_embedding_has_rows_for_padding_and_unknown_words_and_is_saved(tmp_path):
    import keras

    vectors = WordVectors(WORDS[:5], TABLE[:5]).extended(["x"], 0)
    layer = vectors.get_keras_embedding()
    (table,) = layer.get_weights()
    np.testing.assert_array_equal(table, vectors.take(np.arange(8)))
    np.testing.assert_array_equal(table[2:], vectors.vectors)
    assert not layer.trainable
    assert layer.trainable_variables == []
    assert len(vectors.get_keras_embedding(train_embeddings=True).trainable_variables) == 1
    assert "[" not in str(layer.get_config()["embeddings_initializer"])  # no table in the config

    model = keras.Sequential([keras.Input((None,), dtype="int32"), layer, keras.layers.LSTM(3)])
    ids = np.array([[2, 3, 0, 0], [1, 7, 4, 5]], np.int32)
    output = model.predict(ids, verbose=0)
    np.testing.assert_allclose(  # padding is masked
        model.predict(ids[:1, :2], verbose=0), output[:1], rtol=1e-5
    )
    assert not np.allclose(model.predict(ids[:1, [0, 0]], verbose=0), output[:1])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(ids, verbose=0), output)


def test_a_line_break_is_saved_under_the_name_that_word2vec_has_for_it(tmp_path):
    vectors = WordVectors(["雨", "\n"], [[1, 2], [3, 4]])
    for name in ("v.bin", "v.txt"):
        vectors.save(tmp_path / name)
        loaded = WordVectors.load(tmp_path / name)
        assert loaded.words == ["雨", "</s>"]
        np.testing.assert_array_equal(loaded["</s>"], [3, 4])
    both = WordVectors(["</s>", "\n"], [[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="blank"):
        both.save(tmp_path / "both.bin")


# --------------------------------------------------------------- looking up
KINDS = ["memory", "file", "aliases"]


@pytest.fixture(params=[*KINDS, *(f"extended {kind}" for kind in KINDS)])
def any_vectors(request, file):
    if "aliases" in request.param:
        (file.parent / "aliases.tsv").write_text("雨天\t雨\nあめ\t雨\n夏季\t夏\n", encoding="utf-8")
        vectors = WordVectors.load(file, aliases=file.parent / "aliases.tsv")
    else:
        vectors = WordVectors.load(file)
        if "memory" in request.param:
            vectors = WordVectors(WORDS[:5], TABLE[:5])
    if "extended" in request.param:
        return vectors.extended(["\ud83d", "雪の"], seed=3, like=[-1, 1])
    return vectors


def test_matrix_is_read_only(any_vectors):
    with pytest.raises(ValueError, match="read-only"):
        any_vectors.vectors[0] = 0


def test_words_are_looked_up(any_vectors):
    asked = [*any_vectors.words[::-1], "雷", ""]
    rows = [any_vectors.words.index(word) if word in any_vectors.words else -1 for word in asked]
    assert any_vectors.find(asked).tolist() == rows
    assert [word in any_vectors for word in asked] == [row >= 0 for row in rows]
    assert 3 not in any_vectors
    assert len(any_vectors) == len(any_vectors.words) == len(any_vectors.vectors)
    for row, word in enumerate(any_vectors.words):
        np.testing.assert_array_equal(any_vectors[word], any_vectors.vectors[row])
    with pytest.raises(KeyError, match="雷"):
        any_vectors["雷"]


@pytest.mark.parametrize(
    ("positive", "negative"), [("w3", []), (["w1", "w2"], []), (["w1", "w2"], ["w3", "w4"])]
)
@pytest.mark.parametrize("topn", [0, 1, 10, 47, 1_000])
def test_most_similar_equals_gensims(positive, negative, topn, monkeypatch):
    monkeypatch.setattr("sklearn_w2v.vectors.nearest._BLOCK", 16)
    table = np.random.default_rng(1).normal(size=(50, 8)) * np.arange(1, 51)[:, None]
    vectors = WordVectors([f"w{number}" for number in range(50)], table)
    expected = vectors.to_gensim().most_similar(positive, negative, topn=topn) if topn else []
    got = vectors.most_similar(positive, negative, topn=topn)
    assert [word for word, _ in got] == [word for word, _ in expected]
    np.testing.assert_allclose([c for _, c in got], [c for _, c in expected], atol=1e-6)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning:gensim")  # of the row of zeros
def test_most_similar_knows_words_of_an_extension_and_rows_of_zeros():
    vectors = WordVectors(["a", "b", "zero"], [[1, 0], [1, 0.1], [0, 0]]).extended(["x"], 1)
    assert {word for word, _ in vectors.most_similar("a")} == {"b", "zero", "x"}
    assert vectors.most_similar("x", topn=5)[0][1] == pytest.approx(
        vectors.to_gensim().most_similar("x")[0][1], abs=1e-6
    )
    assert dict(vectors.most_similar("a"))["zero"] == 0
    with pytest.raises(KeyError, match="雷"):
        vectors.most_similar(["a", "雷"])
    with pytest.raises(ValueError, match="no words"):
        vectors.most_similar([])


def test_take_gives_zeros_for_padding_the_mean_for_unknown_and_rows(any_vectors):
    last = len(any_vectors) + 1
    taken = any_vectors.take(np.array([0, 1, 2, last, 2]))
    assert taken.dtype == np.float32
    assert not taken[0].any()
    np.testing.assert_allclose(taken[1], TABLE[:5].mean(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(taken[[2, 3, 4]], any_vectors.vectors[[0, -1, 0]])
    taken[:] = 0  # a copy
    assert any_vectors.vectors.any()
    assert any_vectors.take(np.array([], np.int64)).shape == (0, 4)


@pytest.mark.parametrize("bad", [-1, 8, 10**9])
def test_take_refuses_ids_outside_the_table(bad):
    with pytest.raises(ValueError, match="expected 0 to 7: these vectors have 6 words"):
        in_memory().take(np.array([2, bad]))


def test_every_id_has_the_row_of_its_word(any_vectors):
    taken = any_vectors.take(np.arange(len(any_vectors) + 2))[2:]
    np.testing.assert_array_equal(taken, any_vectors.vectors)
    back = np.arange(len(any_vectors) + 1, 1, -1)
    np.testing.assert_array_equal(any_vectors.take(back), any_vectors.vectors[::-1])


def test_a_list_of_words_that_is_changed_changes_nothing(any_vectors):
    size, fingerprint = len(any_vectors), any_vectors.fingerprint
    any_vectors.words.append("added")
    assert len(any_vectors) == size
    assert any_vectors.find(["added"]).tolist() == [-1]
    assert any_vectors.extended(["x"], 0).words[size] == "x"
    assert any_vectors.fingerprint == fingerprint


def test_words_that_share_a_row_come_once_among_the_similar(file):
    aliases = file.parent / "aliases.tsv"
    aliases.write_text("".join(f"{word}{n}\t{word}\n" for word in WORDS[:4] for n in range(9)))
    vectors = WordVectors.load(file, aliases=aliases)
    plain = WordVectors.load(file)
    for asked in ("雨", "雨3"):  # what shares its row is the word itself
        assert vectors.most_similar(asked, topn=99) == plain.most_similar("雨", topn=99)
    assert vectors.most_similar(["雨", "雨1"], ["雪2"]) == plain.most_similar(["雨", "雨"], ["雪"])
    extended = vectors.extended(["new"], 0)
    expected = plain.extended(["new"], 0).most_similar("new", topn=99)
    assert extended.most_similar("new", topn=99) == expected


def test_vectors_without_ngrams_compose_nothing(any_vectors):
    assert not any_vectors.has_subwords
    rows, known = any_vectors.compose(["雨", "no such word"])
    assert rows.shape == (2, 4)
    assert rows.dtype == np.float32
    assert not rows.any()
    assert known.tolist() == [False, False]


def test_compose_gives_words_of_ngrams():
    ngrams = np.random.default_rng(1).normal(size=(7, 4)).astype(np.float32)
    subwords = Subwords(ngrams, 3, 4)
    vectors = WordVectors._of(MemoryStore(WORDS, TABLE.copy(), None, subwords))
    assert vectors.has_subwords
    rows, known = vectors.compose(("word", "雨", ""))
    np.testing.assert_array_equal(rows, subwords.compose(["word", "雨", ""])[0])
    assert known.tolist() == [True, True, False]
    assert (rows[1] != vectors["雨"]).any()  # its n-grams alone
    extended = vectors.extended(["word", "", "like"], 0, like=[-1, -1, 2])
    np.testing.assert_array_equal(extended["word"], rows[0])
    np.testing.assert_array_equal(extended["like"], TABLE[2])
    assert extended[""].any()  # random, as it has no n-grams
    assert extended.has_subwords
    np.testing.assert_array_equal(extended.compose(["word"])[0][0], rows[0])


# ---------------------------------------------------------------- replacing
def test_replaced_rows_are_those_of_their_words_alone(any_vectors):
    rows = np.arange(8, dtype=np.float64).reshape(2, 4)
    size = len(any_vectors)
    new = any_vectors.replaced([size + 1, 2], rows)
    table = np.array(any_vectors.vectors)
    table[[size - 1, 0]] = rows
    np.testing.assert_array_equal(new.vectors, table)
    assert new.words == any_vectors.words
    assert new.path is None
    assert new != any_vectors
    assert (
        any_vectors.replaced([], np.zeros((0, 4))).vectors.tolist() == any_vectors.vectors.tolist()
    )


@pytest.mark.parametrize(
    ("ids", "rows", "message"),
    [
        ([1], np.zeros((1, 4)), "ids from 1 to 1 but expected 2 to 7: these vectors have 6 words"),
        ([2, 8], np.zeros((2, 4)), "ids from 2 to 8 but expected 2 to 7"),
        ([2], np.zeros((2, 4)), r"rows of shape \(2, 4\) but expected \(1, 4\)"),
        ([2], np.zeros((1, 3)), r"rows of shape \(1, 3\) but expected \(1, 4\)"),
        ([2], np.full((1, 4), np.nan), "not finite"),
    ],
)
def test_rows_that_do_not_fit_replace_nothing(ids, rows, message):
    with pytest.raises(ValueError, match=message):
        in_memory().replaced(ids, rows)


def test_a_word_to_subtract_is_one_word():
    words = ["王", "男性", "男", "性", "女"]
    vectors = WordVectors(words, [[1, 0], [0, 1], [1, 1], [-1, 0.5], [0.3, 0.4]])
    assert vectors.most_similar("王", "男性") == vectors.most_similar("王", ["男性"])


def test_a_list_of_words_that_is_sorted_changes_no_file_and_no_copy(tmp_path):
    vectors = WordVectors(["c", "a", "b"], [[1, 0], [0, 1], [1, 1]])
    vectors.words.sort()
    vectors.save(tmp_path / "v.txt")
    for other in (
        WordVectors.load(tmp_path / "v.txt"),
        vectors.replaced([3], [[0, 1]]),
        WordVectors.from_gensim(vectors.to_gensim()),
    ):
        other.words.sort()
        for word in "abc":
            assert np.array_equal(other[word], vectors[word])
