"""Models in one file: equal predictions, no code, and nothing half written."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import subprocess
import sys
import sysconfig
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import unidic_lite
from sklearn import calibration, config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    StratifiedKFold,
    TimeSeriesSplit,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_w2v import (
    JapaneseTokenizer,
    W2VCNNClassifier,
    W2VIndexer,
    W2VLSTMClassifier,
    W2VVectorizer,
    Word2VecTrainer,
    WordVectors,
    load,
    make_w2v_pipeline,
    read_card,
    save,
    trusted_types,
)
from sklearn_w2v.exceptions import NotSavedWarning
from sklearn_w2v.persistence import model_file as _persistence
from sklearn_w2v.utils.language import in_language

TEXTS = ["雨が降る夜に傘をさす", "雪と霧の朝に傘", "夏の海で泳ぐ", "砂の祭の夏"] * 5
LABELS = np.array(["雨", "雨", "夏", "夏"] * 5)
NEW = ["霧の海で傘をさす", "", "誰も知らない<言葉>", "夏"]
SMALL = {"epochs": 2, "units": 4, "hidden": None, "maxlen": 6, "learning_rate": 0.02}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A file of vectors, some of whose words no training document holds."""
    words = ["雨", "雪", "霧", "傘", "夏", "海", "砂", "祭", "夜", "朝", "嵐", "泳ぐ"]
    rows = np.random.default_rng(0).normal(size=(len(words), 5))
    path = tmp_path_factory.mktemp("vectors") / "v.txt"
    WordVectors(words, rows).save(path)
    return path


@pytest.fixture(scope="module")
def fitted(source):
    return make_w2v_pipeline(source, random_state=0, train_embeddings=False, **SMALL).fit(
        TEXTS, LABELS
    )


def network_counts(pipeline):
    """The same pipeline with a say for the network, whatever validation found."""
    pipeline["clf"]._built_network()  # few documents leave it untrained
    pipeline["clf"]._blend.weight = 0.5
    return pipeline


@pytest.mark.parametrize("vectors", ["rows", "all", "reference"])
def test_predictions_are_bit_equal(fitted, vectors, tmp_path):
    network_counts(fitted)
    save(fitted, tmp_path / "m.w2v", vectors=vectors)
    loaded = load(tmp_path / "m.w2v")
    for texts in (TEXTS, NEW):
        np.testing.assert_array_equal(loaded.predict_proba(texts), fitted.predict_proba(texts))
    assert loaded.predict(NEW).tolist() == fitted.predict(NEW).tolist()
    assert loaded["ids"].coverage_ == fitted["ids"].coverage_
    assert loaded["clf"].history_ == fitted["clf"].history_
    assert [path.name for path in tmp_path.iterdir()] == ["m.w2v"]


@pytest.mark.parametrize("classifier", [W2VLSTMClassifier, W2VCNNClassifier])
@pytest.mark.parametrize("bow", [None, "words", "ngrams"])
def test_every_network_and_branch(classifier, bow, source, tmp_path):
    params = {"epochs": 1, "bow": bow, "random_state": 0, "batch_size": 8}
    params |= {"units": 3} if classifier is W2VLSTMClassifier else {"filters": 3}
    model = make_pipeline(JapaneseTokenizer(), W2VIndexer(source), classifier(**params))
    model.fit(TEXTS, LABELS)
    save(model, tmp_path / "m.w2v")
    np.testing.assert_array_equal(
        load(tmp_path / "m.w2v").predict_proba(NEW), model.predict_proba(NEW)
    )


def test_learnt_vectors_many_labels_and_a_split_function(tmp_path):
    y = np.array([[1, 0], [1, 1], [0, 1], [0, 0]] * 5)
    texts = ["a b", "a c", "c d", "d e"] * 5
    model = make_w2v_pipeline(
        Word2VecTrainer(vector_size=4, min_count=1, epochs=1, corpus=[["a", "f"]]),
        tokenizer=str.split,
        random_state=0,
        **SMALL,
    ).fit(texts, y)
    save(model, tmp_path / "m.w2v")
    loaded = load(tmp_path / "m.w2v")
    np.testing.assert_array_equal(loaded.predict_proba(texts), model.predict_proba(texts))
    assert loaded["ids"].vectors.corpus is None
    assert "corpus" in read_card(tmp_path / "m.w2v")
    assert loaded["clf"].word_vectors_ == model["clf"].word_vectors_


def test_another_process_and_another_folder(fitted, tmp_path):
    network_counts(fitted)
    save(fitted, tmp_path / "m.w2v")
    expected = fitted.predict_proba(TEXTS[:4])
    code = (
        "import json, sys; from sklearn_w2v import load\n"
        "print(json.dumps(load('m.w2v').predict_proba(json.loads(sys.argv[1])).tolist()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(TEXTS[:4])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "SKLEARN_W2V_CACHE": str(tmp_path / "no-cache")},
    )
    np.testing.assert_array_equal(np.float32(json.loads(done.stdout)), expected)
    assert done.stderr == ""


def wrappers(pipeline):
    network = {"clf__units": [2, 3]}
    voting = VotingClassifier([("a", pipeline), ("b", pipeline)], voting="soft")
    return {
        "search": GridSearchCV(pipeline, network, cv=2),
        "scored search": GridSearchCV(pipeline, network, cv=StratifiedKFold(2), scoring="f1_macro"),
        "calibrated": CalibratedClassifierCV(pipeline, cv=2),
        "isotonic": CalibratedClassifierCV(pipeline, cv=2, method="isotonic"),
        "voting": voting,
        "tuned": TunedThresholdClassifierCV(pipeline, cv=2),
        "threshold": FixedThresholdClassifier(pipeline, threshold=0.4, pos_label="夏"),
    }


WRAPPERS = [*("search", "scored search", "calibrated", "isotonic", "voting"), "tuned", "threshold"]


@pytest.mark.parametrize("which", WRAPPERS)
def test_wrappers_around_ours(which, source, tmp_path):
    pipeline = make_w2v_pipeline(source, random_state=0, **{**SMALL, "epochs": 1})
    model = wrappers(pipeline)[which].fit(TEXTS, LABELS)
    save(model, tmp_path / "m.w2v")
    loaded = load(tmp_path / "m.w2v")
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), model.predict_proba(TEXTS))
    assert loaded.predict(NEW).tolist() == model.predict(NEW).tolist()
    if "search" in which:
        save(model.best_estimator_, tmp_path / "best.w2v")
        best = load(tmp_path / "best.w2v")
        np.testing.assert_array_equal(best.predict_proba(NEW), model.predict_proba(NEW))
        assert loaded.best_params_ == model.best_params_


@pytest.mark.parametrize(
    "which",
    [
        "steps in lists",
        "splits in time",
        pytest.param(
            "temperature",
            marks=pytest.mark.skipif(
                not hasattr(calibration, "_TemperatureScaling"), reason="scikit-learn before 1.8"
            ),
        ),
    ],
)
def test_whatever_is_saved_without_a_word_is_loaded(which, tmp_path):
    model = make_w2v_pipeline(tokenizer=None, random_state=0, train_network=False, epochs=1)
    wrapped = {
        "steps in lists": lambda: Pipeline(list(map(list, model.steps))),
        "splits in time": lambda: GridSearchCV(
            model, {"clf__bow_C": [1.0, 10.0]}, cv=TimeSeriesSplit(2)
        ),
        "temperature": lambda: CalibratedClassifierCV(model, method="temperature", cv=2),
    }[which]()
    texts, labels = ["雨 が 降る", "海 の 夏"] * 12, ["a", "b"] * 12
    save(wrapped.fit(texts, labels), tmp_path / "m.w2v")
    assert load(tmp_path / "m.w2v").predict(texts).tolist() == labels


def test_requests_for_metadata_are_kept(source, tmp_path):
    with config_context(enable_metadata_routing=True):
        pipeline = make_w2v_pipeline(source, random_state=0, **{**SMALL, "epochs": 1})
        pipeline["clf"].set_fit_request(sample_weight=True)
        pipeline.fit(TEXTS, LABELS, sample_weight=np.ones(len(LABELS)))
        save(pipeline, tmp_path / "m.w2v")
        loaded = load(tmp_path / "m.w2v")
        assert loaded["clf"].get_metadata_routing().fit.requests["sample_weight"] is True
        np.testing.assert_array_equal(loaded.predict_proba(NEW), pipeline.predict_proba(NEW))


def test_document_vectors_and_scikit_learns_own(source, tmp_path):
    model = make_pipeline(
        JapaneseTokenizer(), W2VIndexer(source), W2VVectorizer(pooling="sif"), LogisticRegression()
    ).fit(TEXTS, LABELS)
    save(model, tmp_path / "m.w2v", vectors="all")
    np.testing.assert_array_equal(
        load(tmp_path / "m.w2v").predict_proba(NEW), model.predict_proba(NEW)
    )


# ------------------------------------------------------------------ vectors
def test_rows_that_training_did_not_use_count_as_unknown_with_a_word_about_it(fitted, tmp_path):
    network_counts(fitted)
    save(fitted, tmp_path / "rows.w2v")
    save(fitted, tmp_path / "all.w2v", vectors="all")
    rows, whole = load(tmp_path / "rows.w2v"), load(tmp_path / "all.w2v")
    storm = ["嵐の夜に傘"]
    np.testing.assert_array_equal(whole.predict_proba(storm), fitted.predict_proba(storm))
    with pytest.warns(UserWarning, match="1 words are known to the vectors 'v.txt'") as caught:
        [rows.predict_proba(storm) for _ in range(2)]
    assert len(caught) == 1
    # the row is that of an unknown word; the place and the letters stay
    vectors = rows["ids"].vectors_
    np.testing.assert_array_equal(vectors["嵐"], vectors.take(np.array([1]))[0])
    assert vectors.find(["嵐"]) == fitted["ids"].vectors_.find(["嵐"])
    assert vectors == fitted["ids"].vectors_
    with pytest.raises(ValueError, match="of the 12 rows"):
        rows["clf"].word_vectors_  # noqa: B018
    with pytest.raises(ValueError, match="of the 12 rows"):
        vectors.save(tmp_path / "v.bin")
    assert "嵐" not in [word for word, _ in vectors.most_similar("雨", topn=20)]


def test_a_model_whose_training_used_all_rows_has_them_all(tmp_path):
    vectors = WordVectors(["雨", "夏"], [[1.0, 0.0], [0.0, 1.0]])
    vectors.save(tmp_path / "v.txt")
    pipeline = make_pipeline(W2VIndexer(tmp_path / "v.txt"), W2VLSTMClassifier(units=2, epochs=1))
    pipeline.fit([["雨"], ["夏"]] * 4, [0, 1] * 4)
    save(pipeline, tmp_path / "m.w2v")
    one = load(tmp_path / "m.w2v")
    np.testing.assert_array_equal(one[-1].word_vectors_.vectors, pipeline[-1].word_vectors_.vectors)
    save(one, tmp_path / "all.w2v", vectors="all")


def test_a_loaded_model_can_be_saved_again(fitted, tmp_path):
    save(fitted, tmp_path / "1.w2v")
    once = load(tmp_path / "1.w2v")
    save(once, tmp_path / "2.w2v")
    twice = load(tmp_path / "2.w2v")
    np.testing.assert_array_equal(twice.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    with pytest.raises(ValueError, match="vectors='all'"):
        save(once, tmp_path / "3.w2v", vectors="all")


def test_pickles_and_joblib_know_the_rows_in_use_too(fitted, tmp_path):
    network_counts(fitted)
    save(pickle.loads(pickle.dumps(fitted)), tmp_path / "m.w2v")
    loaded = load(tmp_path / "m.w2v")
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    again = pickle.loads(pickle.dumps(loaded))
    np.testing.assert_array_equal(again.predict_proba(TEXTS), fitted.predict_proba(TEXTS))


def test_words_beyond_the_networks_maxlen_keep_their_rows(source, tmp_path):
    texts = ["雨 雨 雨 雪 霧", "夏 夏 夏 海 砂"] * 5
    model = make_w2v_pipeline(source, tokenizer=None, random_state=0, **{**SMALL, "maxlen": 2})
    model.fit(texts, ["雨", "夏"] * 5)
    network_counts(model)
    save(model, tmp_path / "m.w2v")
    np.testing.assert_array_equal(
        load(tmp_path / "m.w2v").predict_proba(["雪 霧", "海 砂"]),
        model.predict_proba(["雪 霧", "海 砂"]),
    )


@pytest.mark.parametrize("how", ["path", "vectors", "extended"])
def test_a_file_that_only_parameters_name_may_be_gone(how, source, tmp_path):
    """They matter to a further fit alone: a model is made in one place and used in others."""
    here = tmp_path / "here.txt"
    here.write_bytes(source.read_bytes())
    given = here if how == "path" else WordVectors.load(here)
    given = given.extended(["新"], 0) if how == "extended" else given
    model = make_w2v_pipeline(given, random_state=0, **SMALL).fit(TEXTS, LABELS)
    expected = model.predict_proba(NEW)
    save(model, tmp_path / "m.w2v")
    save(model, tmp_path / "reference.w2v", vectors="reference")
    del model, given
    here.rename(tmp_path / "there.txt")
    np.testing.assert_array_equal(load(tmp_path / "m.w2v").predict_proba(NEW), expected)
    moved = load(tmp_path / "reference.w2v", vectors=tmp_path / "there.txt")
    np.testing.assert_array_equal(moved.predict_proba(NEW), expected)


def test_references_that_are_gone_changed_or_elsewhere(fitted, source, tmp_path):
    model, here = tmp_path / "m.w2v", tmp_path / "here.txt"
    here.write_bytes(source.read_bytes())
    own = make_w2v_pipeline(here, random_state=0, **SMALL).fit(TEXTS, LABELS)
    save(own, model, vectors="reference")
    expected = own.predict_proba(NEW)
    here.rename(tmp_path / "there.txt")
    with pytest.raises(FileNotFoundError, match=r"here\.txt"):
        load(model)
    moved = load(model, vectors=tmp_path / "there.txt")
    np.testing.assert_array_equal(moved.predict_proba(NEW), expected)
    WordVectors(["雨"], [[1.0] * 5]).save(here)
    with pytest.raises(ValueError, match="has changed"):
        load(model)
    with pytest.raises(ValueError, match="fingerprint"):
        load(model, vectors=here)
    with pytest.raises(TypeError, match="in memory"):
        load(model, vectors=WordVectors.load(source).extended(["新"], 0))
    save(fitted, model)
    with pytest.raises(ValueError, match="refers to no file"):
        load(model, vectors=source)


def compiled(path, lemma):
    """A user dictionary with one invented noun."""
    source = path.with_suffix(".csv")
    fields = f"名詞,普通名詞,一般,*,*,*,サエズリ,{lemma},さえずりぬく,サエズリ,{lemma}"
    source.write_text(f"さえずりぬく,0,0,-20000,{fields},サエズリ,混,*,*,*,*\n", encoding="utf-8")
    script = Path(sysconfig.get_path("scripts")) / "fugashi-build-dict"
    arguments = ["-d", unidic_lite.DICDIR, "-f", "utf8", "-t", "utf8", "-u", path, source]
    subprocess.run([sys.executable, script, *arguments], check=True, capture_output=True)
    return path


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps what MeCab has mapped")
def test_user_dictionaries_are_referred_to_as_vectors_are(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    compiled(tmp_path / "here" / "user.dic", "囀り貫く")
    other = compiled(tmp_path / "other.dic", "鳴き貫く")
    texts = ["さえずりぬくの声", "雨の日"]
    tokenizer = JapaneseTokenizer(user_dictionary=Path("user.dic"))
    vectors = WordVectors(["囀り貫く", "雨"], np.eye(2))
    model = make_pipeline(tokenizer, W2VIndexer(vectors), W2VVectorizer()).fit(texts)
    path, expected = tmp_path / "m.w2v", model.transform(texts).tolist()
    assert expected == [[1, 0], [0, 1]]
    save(model, path)
    fingerprint = tokenizer._files["user_dictionary"][2]
    assert f"| user dictionary | user.dic, fingerprint {fingerprint}: " in read_card(path)
    with in_language("ja"):
        save(model, tmp_path / "ja.w2v")
    line = f"| ユーザー辞書 | user.dic、フィンガープリント {fingerprint}: 参照のみ。"
    assert line in read_card(tmp_path / "ja.w2v")
    monkeypatch.chdir(tmp_path)
    assert load(path).transform(texts).tolist() == expected
    (tmp_path / "here").rename(tmp_path / "there")
    with pytest.raises(FileNotFoundError, match=r"load\(\.\.\., user_dictionary=\)"):
        load(path)
    moved = load(path, user_dictionary="there/user.dic")
    monkeypatch.chdir("/")
    assert moved.transform(texts).tolist() == expected
    assert clone(moved[0]).transform(texts) == moved[0].transform(texts)
    with pytest.raises(ValueError, match=r"with the fingerprint .* but the model was fitted with"):
        load(path, user_dictionary=other)
    with pytest.raises(FileNotFoundError, match="There is no user_dictionary"):
        load(path, user_dictionary=tmp_path / "no.dic")
    with pytest.raises(ValueError, match="Got dictionary, but this model refers to no such file"):
        load(path, dictionary=tmp_path)
    os.replace(other, tmp_path / "there" / "user.dic")
    with pytest.raises(ValueError, match="has changed"):
        moved.transform(texts)


def test_subwords_stay_with_the_whole_table_only(tmp_path, fasttext_file):
    model = make_w2v_pipeline(fasttext_file, tokenizer=None, random_state=0, **SMALL)
    model.fit(["night storm", "day sun"] * 6, [0, 1] * 6)
    network_counts(model)
    new = ["nights", "stormy day"]
    with pytest.warns(UserWarning, match="subwords"):
        save(model, tmp_path / "rows.w2v")
    save(model, tmp_path / "all.w2v", vectors="all")
    texts = ["night storm", "day sun"]
    for name in ("rows", "all"):
        loaded = load(tmp_path / f"{name}.w2v")
        np.testing.assert_array_equal(loaded.predict_proba(texts), model.predict_proba(texts))
    np.testing.assert_array_equal(loaded.predict_proba(new), model.predict_proba(new))


@pytest.fixture
def fasttext_file(tmp_path):
    from gensim.models import FastText
    from gensim.models.fasttext import save_facebook_model

    model = FastText(
        [["night", "day"], ["storm", "sun"]] * 20, vector_size=4, min_count=1, bucket=50, workers=1
    )
    save_facebook_model(model, str(tmp_path / "ft.bin"))
    return tmp_path / "ft.bin"


def test_skops_and_joblib_hold_the_same_models(fitted, tmp_path):
    import joblib
    from skops import io as skops

    network_counts(fitted)
    skops.dump(fitted, tmp_path / "m.skops")
    trusted = skops.get_untrusted_types(file=tmp_path / "m.skops")
    assert all(name.startswith(("sklearn_w2v.", "pathlib.")) for name in trusted)
    assert set(trusted) <= set(trusted_types())
    joblib.dump(fitted, tmp_path / "m.joblib")
    again = (
        skops.load(tmp_path / "m.skops", trusted=trusted_types()),
        joblib.load(tmp_path / "m.joblib"),
    )
    for loaded in again:
        np.testing.assert_array_equal(loaded.predict_proba(NEW), fitted.predict_proba(NEW))


# --------------------------------------------------------------- parameters
def test_callbacks_memory_and_optimizers(source, tmp_path):
    import keras

    model = make_w2v_pipeline(
        source,
        random_state=0,
        memory=str(tmp_path / "cache"),
        optimizer=keras.optimizers.Adam(clipnorm=0.5),
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: None)],
        **SMALL,
    ).fit(TEXTS, LABELS)
    save(model, tmp_path / "m.w2v")
    loaded = load(tmp_path / "m.w2v")
    np.testing.assert_array_equal(loaded.predict_proba(NEW), model.predict_proba(NEW))
    clf = loaded["clf"]
    assert (clf.optimizer, clf.optimizer__clipnorm, clf.callbacks) == ("adam", 0.5, None)
    assert loaded.memory is None
    assert model["clf"].callbacks is not None
    assert model.memory is not None
    assert "callbacks, memory" in read_card(tmp_path / "m.w2v")
    loaded.fit(TEXTS, LABELS)


def test_training_goes_on(source, tmp_path):
    ids = W2VIndexer(source).fit(JapaneseTokenizer().transform(TEXTS))
    X = ids.transform(JapaneseTokenizer().transform(TEXTS))
    clf = W2VLSTMClassifier(epochs=2, units=3, random_state=0).fit(X, LABELS)
    save(clf, tmp_path / "m.w2v")
    loaded = load(tmp_path / "m.w2v")
    loaded.partial_fit(X, LABELS)
    assert len(loaded.history_["loss"]) == 3


def tokens_of(text):
    """A tokenizer of a module that no list knows."""
    return text.split()


def test_own_functions_must_be_trusted_by_name(tmp_path):
    model = make_w2v_pipeline(tokenizer=tokens_of, random_state=0, **SMALL)
    model.fit(["a b", "c d"] * 5, [0, 1] * 5)
    save(model, tmp_path / "m.w2v")
    name = f"{tokens_of.__module__}.tokens_of"
    with pytest.raises(ValueError, match=rf"{name}.*trusted="):
        load(tmp_path / "m.w2v")
    assert load(tmp_path / "m.w2v", trusted=[name]).predict(["a b"]) == model.predict(["a b"])


class Splits:
    """Holder of a function whose name is not where it can be found."""

    inner = staticmethod(lambda text: text.split())


def _nested():
    def tokens_of(text):  # a module's function has this name as well
        return text.split()

    return tokens_of


@pytest.mark.parametrize(
    "function", [lambda text: text.split(), _nested(), partial(_nested()), Splits.inner]
)
def test_functions_that_nobody_can_find_are_refused_by_save(tmp_path, function):
    model = make_w2v_pipeline(tokenizer=tokens_of, random_state=0, **SMALL)
    model.fit(["a b", "c d"] * 5, [0, 1] * 5)
    save(model, tmp_path / "m.w2v")
    before = (tmp_path / "m.w2v").read_bytes()
    model["tokens"].kw_args["tokenizer"].function = function
    with pytest.raises(TypeError, match=r"Got .*(lambda|tokens_of).* cannot refer to by name"):
        save(model, tmp_path / "m.w2v")
    assert (tmp_path / "m.w2v").read_bytes() == before
    vectorizer = CountVectorizer(tokenizer=function, token_pattern=None).fit(["a b"])
    with pytest.raises(TypeError, match="as tokenizer of CountVectorizer"):
        save(vectorizer, tmp_path / "m.w2v")


def test_functions_of_the_script_are_warned_of(tmp_path, monkeypatch):
    import __main__

    def tokens_here(text):
        return text.split()

    tokens_here.__module__, tokens_here.__qualname__ = "__main__", "tokens_here"
    monkeypatch.setattr(__main__, "tokens_here", tokens_here, raising=False)
    vectorizer = CountVectorizer(tokenizer=tokens_here, token_pattern=None).fit(["a b"])
    with pytest.warns(NotSavedWarning, match="__main__.tokens_here as tokenizer of CountVec"):
        save(vectorizer, tmp_path / "m.w2v")
    loaded = load(tmp_path / "m.w2v", trusted=["__main__.tokens_here"])
    assert loaded.transform(["b b"]).toarray().tolist() == [[0, 2]]


def test_what_cannot_be_held_is_an_error_and_the_former_file_stays(fitted, tmp_path):
    path = tmp_path / "m.w2v"
    save(fitted, path)
    before = path.read_bytes()
    odd = make_w2v_pipeline(tokenizer=None, random_state=0, **SMALL)
    odd.fit(["a b", "c d"] * 5, [0, 1] * 5)
    odd.note_ = (one for one in "ab")  # no format holds a generator
    with pytest.raises(TypeError, match=r"Pipeline that no model file can hold.*joblib"):
        save(odd, path)
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match="Got vectors='some'"):
        save(fitted, path, vectors="some")
    with pytest.raises(NotFittedError):
        save(make_w2v_pipeline(), path)
    with pytest.raises(TypeError, match="details"):
        save(fitted, path, details={"Scores": 1})
    with pytest.raises(FileNotFoundError):
        save(fitted, tmp_path / "no" / "m.w2v")
    assert [one.name for one in tmp_path.iterdir()] == ["m.w2v"]
    assert path.read_bytes() == before


def test_the_card(fitted, tmp_path):
    save(fitted, tmp_path / "m.w2v", details={"Scores": {"accuracy": 0.91234, "a|b": "<i>x</i>"}})
    card = read_card(tmp_path / "m.w2v")
    for wanted in ("## Scores", "0.9123", "a\\|b", "&lt;i>x", "2: 夏, 雨", "v.txt", "scikit-learn"):
        assert wanted in card
    assert "| known running words |" in card


# ------------------------------------------------------------- hostile files
def rewritten(path, **changes):
    """A model file with other entries, and checksums that fit, as an attacker makes them."""
    with zipfile.ZipFile(path) as file:
        entries = {info.filename: file.read(info) for info in file.infolist()}
    entries |= {name.replace("__", "."): data for name, data in changes.items()}
    if "meta__json" not in changes:
        meta = json.loads(entries["meta.json"])
        for name in meta["sha256"]:
            meta["sha256"][name] = _persistence._digest(entries[name])
        entries["meta.json"] = json.dumps(meta).encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, data in entries.items():
            file.writestr(name, data)


class Harm:
    """Runs code when pickle reads it."""

    def __reduce__(self):
        return os.mkdir, ("harm",)


@pytest.fixture
def model_file(fitted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(fitted, "m.w2v")
    return tmp_path / "m.w2v"


def inner(path):
    with zipfile.ZipFile(path) as file, zipfile.ZipFile(io.BytesIO(file.read("model.skops"))) as m:
        return {info.filename: m.read(info) for info in m.infolist()}


def packed(entries, compression=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return out.getvalue()


def test_pickles_and_garbage_are_no_models(model_file):
    for data in (pickle.dumps(Harm()), b"", b"PK\x05\x06" + bytes(18), os.urandom(999)):
        model_file.write_bytes(data)
        with pytest.raises(ValueError, match="Cannot read the model file"):
            load(model_file)
        with pytest.raises(ValueError, match="Cannot read the model file"):
            read_card(model_file)
    assert not os.path.exists("harm")
    with pytest.raises(FileNotFoundError):
        load("none.w2v")


def test_cut_files_and_flipped_bits(model_file):
    whole = model_file.read_bytes()
    random = np.random.default_rng(0)
    for at in random.integers(0, len(whole), 60).tolist():
        model_file.write_bytes(whole[:at])
        with pytest.raises(ValueError, match="Cannot read the model file"):
            load(model_file)
    changed = 0
    for at in random.integers(0, len(whole), 60).tolist():
        flipped = bytearray(whole)
        flipped[at] ^= 1 << int(random.integers(8))
        model_file.write_bytes(flipped)
        try:
            load(model_file)  # a date in the zip's directory means nothing
        except ValueError as error:
            changed += "Cannot read the model file" in str(error)
    assert changed > 40


def test_arrays_of_pickles_are_refused(model_file):
    entries = inner(model_file)
    name = next(name for name in entries if name.endswith(".npy"))
    buffer = io.BytesIO()
    np.save(buffer, np.array([Harm()], dtype=object), allow_pickle=True)
    entries[name] = buffer.getvalue()
    rewritten(model_file, model__skops=packed(entries))
    with pytest.raises(ValueError, match="is not an array"):
        load(model_file)
    assert not os.path.exists("harm")


def test_types_and_functions_that_nobody_trusts_are_refused(model_file):
    entries = inner(model_file)
    schema = json.loads(entries["schema.json"])
    evil = {
        "__class__": "system",
        "__module__": "posix",
        "__loader__": "FunctionNode",
        "__id__": -1,
    }
    schema["content"]["content"]["memory"] = evil
    entries["schema.json"] = json.dumps(schema).encode()
    rewritten(model_file, model__skops=packed(entries))
    with pytest.raises(ValueError, match=r"refers to posix\.system"):
        load(model_file)


def test_a_classifiers_state_cannot_smuggle_a_pickle(model_file):
    entries = inner(model_file)
    data = pickle.dumps(Harm())
    entries["harm.bin"] = data
    schema = entries["schema.json"].decode()
    for key in ("_packed_callbacks", "callbacks"):
        node = {
            "__class__": "bytes",
            "__module__": "builtins",
            "__loader__": "BytesNode",
            "file": "harm.bin",
            "__id__": -77,
        }
        tree = json.loads(schema)
        put(tree, "W2VLSTMClassifier", key, node)
        entries["schema.json"] = json.dumps(tree).encode()
        rewritten(model_file, model__skops=packed(entries))
        with contextlib.suppress(ValueError, TypeError):
            load(model_file).predict(NEW)
        assert not os.path.exists("harm")


def put(node, name, key, value):
    """Give an attribute to an object in a skops tree."""
    if isinstance(node, dict):
        if node.get("__class__") == name and "content" in node:
            node["content"]["content"][key] = value
            return
        for child in node.values():
            put(child, name, key, value)
    elif isinstance(node, list):
        for child in node:
            put(child, name, key, value)


def test_declared_sizes_are_checked_ahead_of_memory(model_file):
    entries = inner(model_file)
    name = next(name for name in entries if name.endswith(".npy"))
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f4", "fortran_order": False, "shape": (10**12, 300)}
    )
    rewritten(model_file, model__skops=packed({**entries, name: head.getvalue() + bytes(64)}))
    with pytest.raises(ValueError, match="is not an array"):
        load(model_file)
    bomb = packed({**entries, "zeros.npy": bytes(1 << 24)}, zipfile.ZIP_DEFLATED)
    rewritten(model_file, model__skops=bomb)
    with pytest.raises(ValueError, match="compressed or too big"):
        load(model_file)
    with zipfile.ZipFile(model_file, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("meta.json", bytes(1 << 24))
    with pytest.raises(ValueError, match="compressed or too many"):
        load(model_file)


def test_newer_formats_and_other_zips(model_file):
    with zipfile.ZipFile(model_file) as file:
        meta = json.loads(file.read("meta.json"))
    newer = {**meta, "format": 2, "versions": {"sklearn_w2v": "9.0"}}
    rewritten(model_file, meta__json=json.dumps(newer).encode())
    with pytest.raises(ValueError, match=r"format 2, by sklearn_w2v 9\.0.*pip install --upgrade"):
        load(model_file)
    rewritten(model_file, meta__json=b'{"kind": "other"}')
    with pytest.raises(ValueError, match="was not written by"):
        load(model_file)
    rewritten(model_file, meta__json=b"[" * 100_000)
    with pytest.raises(ValueError, match="Cannot read the model file"):
        load(model_file)


@pytest.mark.parametrize("title", ["Model", "Versions", "Word vectors", "Coverage", "Left out"])
def test_sections_of_the_card_stay_its_own(fitted, tmp_path, title):
    with pytest.raises(ValueError, match=rf"Got details\['{title}'\], a section that the card has"):
        save(fitted, tmp_path / "m.w2v", details={title: {"data": "v2"}})
    assert not list(tmp_path.iterdir())


def test_labels_that_utf_8_cannot_hold(tmp_path):
    labels = ["\ud800", "雪"] * 5
    model = make_w2v_pipeline(tokenizer=None, random_state=0, bow="words", epochs=1, units=2)
    model.fit([["a", "b"], ["c", "d"]] * 5, labels)
    save(model, tmp_path / "m.w2v")
    assert load(tmp_path / "m.w2v").predict([["a"]]).tolist() == model.predict([["a"]]).tolist()
    assert "ud800" in read_card(tmp_path / "m.w2v")


def test_equal_models_are_equal_files(source, tmp_path):
    """Whenever they are written, and wherever their parts are in memory."""
    params = {"random_state": 0, "train_network": True, **SMALL}
    models = [make_w2v_pipeline(source, **params).fit(TEXTS, LABELS) for _ in range(2)]
    for place, model in enumerate((models[0], models[0], models[1])):
        save(model, tmp_path / f"{place}.w2v", vectors="all")
    first, again, other = ((tmp_path / f"{place}.w2v").read_bytes() for place in range(3))
    assert first == again == other
    loaded = load(tmp_path / "0.w2v")
    for place in (3, 4):
        save(loaded, tmp_path / f"{place}.w2v", vectors="all")
        loaded.predict(TEXTS)  # which changes nothing
    assert (tmp_path / "3.w2v").read_bytes() == (tmp_path / "4.w2v").read_bytes()


def test_a_classifier_alone_keeps_the_rows_that_its_mean_vectors_read(tmp_path):
    words = [f"w{number}" for number in range(120)] + ["then", "never"]
    side = np.arange(120) % 2
    rows = np.column_stack([2.0 * side - 1, np.random.default_rng(0).normal(size=(120, 3))])
    WordVectors(words, np.vstack([rows, np.ones((2, 4))])).save(tmp_path / "v.txt")
    documents = [["then", word] for word in words[:120]]
    X = W2VIndexer(tmp_path / "v.txt").fit_transform(documents)
    clf = W2VCNNClassifier(bow="words", maxlen=1, train_network=False, random_state=0).fit(X, side)
    assert clf.means_weight_ > 0
    save(clf, tmp_path / "m.w2v")
    loaded = load(tmp_path / "m.w2v")
    assert np.array_equal(loaded.predict_proba(np.asarray(X)), clf.predict_proba(np.asarray(X)))
