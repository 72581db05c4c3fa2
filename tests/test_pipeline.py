"""The recipe, and the searches that the package exists for, on the lyrics that ship."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    StratifiedGroupKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import Pipeline

import sklearn_w2v
from sklearn_w2v import (
    JapaneseTokenizer,
    W2VCNNClassifier,
    W2VIndexer,
    W2VLSTMClassifier,
    Word2VecTrainer,
    WordVectors,
    make_w2v_pipeline,
)

TRAINER = Word2VecTrainer(vector_size=20, epochs=5, random_state=0)


@pytest.fixture(scope="module")
def songs(lyrics):
    """Texts, artists and albums of two artists that are easy to tell apart."""
    chosen = np.flatnonzero(np.isin(lyrics.target, [0, 1]))
    return [lyrics.data[i] for i in chosen], lyrics.target[chosen], lyrics.album[chosen]


def pipeline(**params):
    """The three estimators of the README, small."""
    return Pipeline(
        [
            ("tokens", JapaneseTokenizer(pos=None)),
            ("ids", W2VIndexer(TRAINER, maxlen=60, random_state=0)),
            (
                "clf",
                W2VLSTMClassifier(
                    units=8, hidden=None, pooling="max", learning_rate=0.03, random_state=0
                ),
            ),
        ]
    ).set_params(**{"clf__epochs": 4, **params})


def count_tokenized(monkeypatch) -> list[str]:
    """Every text that is tokenized in this process from now on."""
    seen: list[str] = []
    original = sklearn_w2v.text.tokenizer.tokenize

    def spy(texts, settings):
        seen.extend(texts)
        return original(texts, settings)

    monkeypatch.setattr(sklearn_w2v.text.tokenizer, "tokenize", spy)
    return seen


pytestmark = pytest.mark.filterwarnings("ignore:.*longer than maxlen.*:UserWarning")


def test_fit_on_texts_predicts_artists(songs, lyrics):
    texts, y, _ = songs
    names = np.array(lyrics.target_names)[y]
    model = pipeline(clf__epochs=12).fit(texts, names)
    assert model.score(texts, names) > 0.9
    assert model.predict(["俺は行くぜ、お前も来いよ"]).shape == (1,)


def test_cross_val_score_grouped_by_album_beats_chance(songs):
    texts, y, albums = songs
    model = pipeline(
        ids__maxlen=150,
        ids__vectors__epochs=40,
        clf__epochs=25,
        clf__learning_rate=0.01,
        clf__pooling="mean",
    )
    folds = GroupKFold(3, shuffle=True, random_state=0)
    scores = cross_val_score(model, texts, y, groups=albums, cv=folds)
    assert scores.mean() > 0.7


def test_a_search_over_trainability_on_two_processes_equals_one(songs):
    texts, y, albums = songs
    grid = {"clf__train_embeddings": [True, False]}
    cv = list(StratifiedGroupKFold(2).split(texts, y, albums))
    one, two = (
        GridSearchCV(pipeline(clf__epochs=2), grid, cv=cv, n_jobs=jobs, scoring="neg_log_loss").fit(
            texts, y
        )
        for jobs in (None, 2)
    )
    assert np.array_equal(one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"])
    assert len(set(one.cv_results_["mean_test_score"])) == 2  # the parameter does something
    assert np.array_equal(one.predict_proba(texts), two.predict_proba(texts))


# the processes of one of these serve the next
def test_vectors_in_a_file_are_shared_by_the_processes_of_a_search(small_vectors, tmp_path):
    path = tmp_path / "vectors.txt"
    small_vectors.save(path)
    texts, y = [f"{word}だ" for word in "雨雪霧傘夏海砂祭" * 4], [0, 0, 0, 0, 1, 1, 1, 1] * 4
    network = W2VCNNClassifier(
        filters=4, kernel_sizes=(1,), epochs=20, learning_rate=0.05, random_state=0
    )
    model = Pipeline(
        [("tokens", JapaneseTokenizer()), ("ids", W2VIndexer(path, maxlen=3)), ("clf", network)]
    )
    search = GridSearchCV(model, {"clf__filters": [4, 8]}, cv=2, n_jobs=2).fit(texts, y)
    assert search.best_score_ > 0.9
    words = search.best_estimator_["ids"].vectors_
    assert isinstance(words, WordVectors)
    assert words.words[:8] == small_vectors.words


def test_ids_give_bit_equal_scores_in_one_process_and_two(small_vectors):
    X = W2VIndexer(small_vectors).fit_transform([["雨", "雪"], ["夏", "海", "砂"]] * 20)
    clf = W2VLSTMClassifier(units=6, hidden=None, epochs=3, learning_rate=0.05, random_state=0)
    a, b = (
        cross_validate(clf, X, [0, 1] * 20, cv=3, scoring="neg_log_loss", n_jobs=jobs)["test_score"]
        for jobs in (1, 2)
    )
    assert np.array_equal(a, b)


def test_a_search_over_words_forms_and_vectors(songs, tmp_path):
    texts, y, _ = songs
    tokens = JapaneseTokenizer(form="surface", pos=None).transform(texts)
    path = tmp_path / "surface.bin"
    clone(TRAINER).fit(tokens).vectors_.save(path)
    grid = [
        {"tokens__pos": ["content", None]},
        {"tokens__form": ["surface", "base"], "ids__vectors": [str(path), TRAINER]},
        {"ids__vectors__window": [2]},
    ]
    search = GridSearchCV(pipeline(clf__epochs=2), grid, cv=2).fit(texts, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(search.cv_results_["params"]) == 7


def test_memory_tokenizes_each_text_once_for_a_fold(songs, tmp_path, monkeypatch):
    texts, y, _ = songs
    seen = count_tokenized(monkeypatch)
    grid = {"clf__train_embeddings": [True, False]}
    cached = pipeline(clf__epochs=1).set_params(memory=str(tmp_path))
    plain = pipeline(clf__epochs=1)
    a = GridSearchCV(cached, grid, cv=2, refit=False, scoring="neg_log_loss").fit(texts, y)
    with_memory = len(seen)
    b = GridSearchCV(plain, grid, cv=2, refit=False, scoring="neg_log_loss").fit(texts, y)
    # in fit, once for each of the folds; in scoring, the test part once for each candidate
    assert with_memory == 2 * 30 + 2 * 2 * 30
    assert len(seen) - with_memory == 2 * 2 * 60
    assert np.array_equal(a.cv_results_["mean_test_score"], b.cv_results_["mean_test_score"])


def test_halving_and_nested_searches(songs):
    texts, y, albums = songs
    halving = HalvingGridSearchCV(
        pipeline(ids__vectors__epochs=1),
        {"clf__units": [2, 8]},
        resource="clf__epochs",
        max_resources=4,
        min_resources=2,
        factor=2,
        cv=2,
        random_state=0,
    ).fit(texts, y)
    assert halving.best_estimator_["clf"].n_iter_ in (2, 4)
    inner = GridSearchCV(
        pipeline(clf__epochs=1, ids__vectors__epochs=1),
        {"clf__train_embeddings": [True, False]},
        cv=2,
    )
    scores = cross_val_score(inner, texts, y, groups=albums, cv=GroupKFold(2))
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()


def test_cross_val_predict_gives_probabilities_in_order(songs):
    texts, y, _ = songs
    out = cross_val_predict(pipeline(clf__epochs=1), texts, y, cv=2, method="predict_proba")
    assert out.shape == (len(texts), 2)
    np.testing.assert_allclose(out.sum(axis=1), 1, atol=1e-5)


def test_a_fitted_pipeline_survives_pickling(songs):
    texts, y, _ = songs
    model = pipeline(clf__epochs=2).fit(texts, y)
    loaded = pickle.loads(pickle.dumps(model))
    assert np.array_equal(loaded.predict_proba(texts), model.predict_proba(texts))


def test_big_vectors_cost_nothing_to_clone_or_send(tmp_path):
    path = tmp_path / "big.bin"
    table = np.random.default_rng(0).normal(size=(20_000, 100)).astype(np.float32)
    WordVectors([f"w{i}" for i in range(20_000)], table).save(path)
    for vectors in (str(path), WordVectors.load(path)):
        model = make_w2v_pipeline(vectors)
        assert len(pickle.dumps(model)) < 100_000
        assert len(pickle.dumps(clone(model))) < 100_000
        if isinstance(vectors, WordVectors):
            assert clone(model)["ids"].vectors is vectors


# -------------------------------------------------------------------- the recipe
def test_the_recipe_keeps_all_words_and_takes_classifier_parameters():
    model = make_w2v_pipeline(random_state=3, units=7, optimizer__clipnorm=1.0)
    assert list(model.named_steps) == ["tokens", "ids", "clf"]
    assert model["tokens"].pos is None
    assert model["ids"].random_state == model["clf"].random_state == 3
    assert model["clf"].units == 7
    assert model["clf"].get_params()["optimizer__clipnorm"] == 1.0


def split_on_dots(text: str) -> list[str]:
    return text.split(".")


@pytest.mark.parametrize(
    ("tokenizer", "documents"),
    [
        (None, [["雨", "が"], ["夏", "の"]] * 10),
        (None, ["雨 が", "夏 の"] * 10),
        (split_on_dots, ["雨.が", "夏.の"] * 10),
        (JapaneseTokenizer(form="surface", pos=None), ["雨が", "夏の"] * 10),
    ],
    ids=["lists", "strings", "callable", "estimator"],
)
def test_any_tokenizer_will_do(tokenizer, documents):
    trainer = Word2VecTrainer(vector_size=8)
    model = make_w2v_pipeline(
        trainer, tokenizer=tokenizer, random_state=0, epochs=10, units=6, learning_rate=0.03
    )
    y = ["r", "s"] * 10
    clone(model).fit(documents, y)
    model = pickle.loads(pickle.dumps(model)).fit(documents, y)
    assert model["ids"].transform([["雨"]]).vectors.words[:4] == model["ids"].vectors_.words[:4]
    assert model.score(documents, y) == 1.0


def test_a_single_string_is_no_collection_for_a_callable():
    model = make_w2v_pipeline(Word2VecTrainer(vector_size=8), tokenizer=split_on_dots, epochs=1)
    with pytest.raises(TypeError, match="put the text into a list"):
        model.fit("雨.が", ["r"])


@pytest.mark.parametrize(
    "wrong", [{"network": "transformer"}, {"tokenizer": "english"}, {"tokenizer": 3}]
)
def test_wrong_choices_are_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        make_w2v_pipeline(**wrong)


def test_memory_folder_is_used(tmp_path, songs):
    texts, y, _ = songs
    model = make_w2v_pipeline(TRAINER, memory=str(tmp_path), random_state=0, epochs=1, units=4)
    model.fit(texts, y)
    assert os.listdir(tmp_path)
