"""Among scikit-learn's tools and its neighbours'."""

from __future__ import annotations

from operator import itemgetter

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, get_scorer, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_score,
    cross_validate,
    train_test_split,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_w2v import (
    JapaneseTokenizer,
    TokenIds,
    W2VCNNClassifier,
    W2VIndexer,
    W2VVectorizer,
    make_w2v_pipeline,
    predict_iter,
)

RAIN, SUMMER = ["雨", "雪", "霧", "傘"], ["夏", "海", "砂", "祭"]
TEXTS = [f"{word}だ" for word in RAIN * 6 + SUMMER * 4]
LABELS = np.array(["rain"] * 24 + ["summer"] * 16)
GROUPS = np.arange(40) % 8  # a word is in one group


def network(**params):
    settings = {"filters": 4, "kernel_sizes": (1,), "epochs": 12, "learning_rate": 0.05}
    return W2VCNNClassifier(**{**settings, "random_state": 0, **params})


@pytest.fixture
def pipeline(small_vectors):
    """Texts to labels in a tenth of a second."""
    return Pipeline(
        [
            ("tokens", JapaneseTokenizer()),
            ("ids", W2VIndexer(small_vectors, maxlen=3, random_state=0)),
            ("clf", network()),
        ]
    )


@pytest.fixture
def ids(small_vectors):
    tokens = [[text[0]] for text in TEXTS]
    return W2VIndexer(small_vectors, maxlen=3, random_state=0).fit_transform(tokens)


def linear():
    return make_pipeline(TfidfVectorizer(analyzer="char"), LogisticRegression())


# ------------------------------------------------------------------ columns of tables
def pandas_column(values, dtype=None):
    return pd.Series(values, dtype=dtype, index=np.arange(len(values))[::-1])


def arrow_column(values, dtype=None):
    pa = pytest.importorskip("pyarrow")
    made = pa.array(list(values))
    return pa.chunked_array([made.dictionary_encode() if dtype else made])


@pytest.mark.parametrize(
    ("column", "dtype", "expected"),
    [
        (pandas_column, "object", object),
        (pandas_column, "str", object),
        (pandas_column, "string", object),
        (pandas_column, "category", object),
        (lambda values, _: pl.Series(list(values)), None, np.dtype("<U6")),
        (lambda values, _: pl.Series(list(values), dtype=pl.Categorical), None, object),
        (arrow_column, None, object),
        (arrow_column, "dictionary", object),
    ],
)
def test_columns_in_and_labels_of_their_dtype_out(pipeline, column, dtype, expected):
    texts = column(np.array(TEXTS, dtype=object), None)
    labels = column(LABELS, dtype)
    pipeline.fit(texts, labels)
    predicted = pipeline.predict(texts)
    # what scikit-learn's own classifiers give for the same column
    assert predicted.dtype == pipeline.classes_.dtype == linear().fit(TEXTS, labels).classes_.dtype
    assert predicted.dtype == expected
    assert np.mean(predicted == LABELS) == 1


@pytest.mark.parametrize("kind", ["pandas", "nullable", "polars", "pyarrow"])
@pytest.mark.parametrize("dtype", ["int64", "bool"])
def test_numbers_stay_numbers(pipeline, kind, dtype):
    y = (LABELS == "rain").astype(dtype)
    nullable = {"int64": "Int64", "bool": "boolean"}
    labels = {
        "pandas": lambda: pd.Series(y),
        "nullable": lambda: pd.Series(y).astype(nullable[dtype]),
        "polars": lambda: pl.Series(y),
        "pyarrow": lambda: arrow_column(y.tolist()),
    }[kind]()
    predicted = pipeline.fit(TEXTS, labels).predict(TEXTS)
    assert predicted.dtype == dtype
    assert pipeline.score(TEXTS, labels) == np.mean(predicted == y) == 1


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_columns_are_split_into_folds(pipeline, kind):
    make = {"pandas": pandas_column, "polars": pl.Series, "pyarrow": arrow_column}[kind]
    scores = cross_val_score(pipeline, make(TEXTS), make(LABELS.tolist()), cv=2)
    assert scores.tolist() == cross_val_score(pipeline, TEXTS, LABELS, cv=2).tolist()
    assert scores.min() > 0.9


def test_parts_of_an_arrow_column_are_predicted_as_they_come(pipeline):
    pipeline.fit(TEXTS, LABELS)
    column = arrow_column(TEXTS)
    assert list(predict_iter(pipeline, column, chunk_size=7)) == list(pipeline.predict(TEXTS))


# ------------------------------------------------------------------ imbalanced-learn
def balanced(ids, y):
    """Rows that a sampler of imbalanced-learn chooses, with all that they bring along."""
    from imblearn.under_sampling import RandomUnderSampler

    rows = np.arange(len(y)).reshape(-1, 1)
    chosen = RandomUnderSampler(random_state=0).fit_resample(rows, y)[0].ravel()
    return ids[chosen], np.asarray(y)[chosen]


def test_a_sampler_ahead_of_the_texts(pipeline):
    over = pytest.importorskip("imblearn.over_sampling")
    imblearn = pytest.importorskip("imblearn.pipeline")
    model = imblearn.Pipeline(
        [
            ("sampler", over.RandomOverSampler(random_state=0)),
            ("column", FunctionTransformer(itemgetter("text"))),
            *clone(pipeline).steps,
        ]
    )
    frame = pd.DataFrame({"text": TEXTS})
    model.fit(frame, LABELS)
    assert model["clf"].vectors_ is model["ids"].vectors_
    assert model.score(frame, LABELS) == 1


def test_a_sampler_between_ids_and_classifier_keeps_the_vectors(pipeline):
    imblearn = pytest.importorskip("imblearn")
    steps = clone(pipeline).steps
    sampler = imblearn.FunctionSampler(func=balanced, validate=False)
    model = pytest.importorskip("imblearn.pipeline").Pipeline(
        [*steps[:-1], ("sampler", sampler), steps[-1]]
    )
    model.fit(TEXTS, LABELS)
    assert model["clf"].vectors_ is model["ids"].vectors_
    assert model.score(TEXTS, LABELS) == 1
    few = balanced(model[:2].transform(TEXTS), LABELS)[0]
    assert isinstance(few, TokenIds)
    assert len(few) == 32


def test_a_sampler_that_strips_the_vectors_is_named(pipeline):
    under = pytest.importorskip("imblearn.under_sampling").RandomUnderSampler(random_state=0)
    steps = clone(pipeline).steps
    model = pytest.importorskip("imblearn.pipeline").Pipeline(
        [*steps[:-1], ("sampler", under), steps[-1]]
    )
    with pytest.warns(UserWarning, match="imbalanced-learn's samplers"):
        model.fit(TEXTS, LABELS)
    assert model.predict(TEXTS[:1]).shape == (1,)


def test_synthetic_documents_behind_the_vectorizer(small_vectors):
    smote = pytest.importorskip("imblearn.over_sampling").SMOTE(random_state=0, k_neighbors=2)
    model = pytest.importorskip("imblearn.pipeline").make_pipeline(
        JapaneseTokenizer(), W2VIndexer(small_vectors), W2VVectorizer(), smote, LogisticRegression()
    )
    assert model.fit(TEXTS, LABELS).score(TEXTS, LABELS) == 1


# ------------------------------------------------------------------ columns beside text
@pytest.mark.parametrize("container", ["default", "pandas", "polars"])
def test_text_beside_numbers(small_vectors, container):
    frame = pd.DataFrame({"text": TEXTS, "length": np.arange(40.0), "lines": np.ones(40)})
    words = make_pipeline(JapaneseTokenizer(), W2VIndexer(small_vectors), W2VVectorizer())
    columns = ColumnTransformer(
        [("text", words, "text"), ("numbers", StandardScaler(), ["length", "lines"])]
    ).set_output(transform=container)
    model = make_pipeline(columns, LogisticRegression()).fit(frame, LABELS)
    assert model.score(frame, LABELS) == 1
    names = [*(f"text__w2vvectorizer{i}" for i in range(4)), "numbers__length", "numbers__lines"]
    assert columns.get_feature_names_out().tolist() == names
    if container != "default":
        assert list(columns.transform(frame).columns) == names


def own_tokens(texts):
    """Return the words of texts, in a Series if they came in one."""
    return texts.map(str.split) if isinstance(texts, pd.Series) else list(map(str.split, texts))


TOKENIZERS = {
    "MeCab": JapaneseTokenizer(),
    "MeCab in workers": JapaneseTokenizer(n_jobs=2),
    "a callable": make_w2v_pipeline(tokenizer=list)["tokens"],
    "str.split": make_w2v_pipeline(tokenizer=str.split)["tokens"],
    "own function": FunctionTransformer(own_tokens),
    "none": "passthrough",
}


@pytest.mark.filterwarnings("ignore:When `set_output`", "ignore:The vectors know only")
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_rows_of_tables_belong_together(small_vectors, library, tokenizer, monkeypatch):
    monkeypatch.setattr("sklearn_w2v.text.tokenizer._PARALLEL_FROM", 2)
    texts = [f"{text[0]} だ" for text in TEXTS]
    frame = pd.DataFrame({"text": texts, "number": np.arange(40.0)}).sample(frac=1, random_state=3)
    frame = frame if library == "pandas" else pl.from_pandas(frame)
    words = make_pipeline(
        TOKENIZERS[tokenizer], W2VIndexer(small_vectors, maxlen=3), W2VVectorizer()
    )
    rows = clone(words).fit(texts).transform(texts)  # in the order of the numbers
    assert len(np.unique(rows, axis=0)) == 8
    columns = ColumnTransformer(
        [("words", words, "text"), ("number", "passthrough", ["number"])]
    ).set_output(transform=library)
    _, part = train_test_split(frame, random_state=0)
    for given, method in [(frame, "fit_transform"), (frame, "transform"), (part, "transform")]:
        table = getattr(columns, method)(given)
        numbers = table.to_numpy()[:, 4]  # scikit-learn loses the names after a function
        assert numbers.tolist() == given["number"].to_list()
        np.testing.assert_allclose(table.to_numpy()[:, :4], rows[numbers.astype(int)], atol=1e-6)
        if library == "pandas":
            pd.testing.assert_index_equal(table.index, given.index)


def test_frames_as_output_for_all_leave_the_ids_alone(pipeline):
    with sklearn.config_context(transform_output="pandas"):
        assert pipeline.fit(TEXTS, LABELS).score(TEXTS, LABELS) == 1
        assert isinstance(pipeline[:2].transform(TEXTS), TokenIds)
    assert pipeline.set_output(transform="polars").predict(TEXTS[:1]).tolist() == ["rain"]


# ------------------------------------------------------------------ scikit-learn's wrappers
def test_tuned_threshold(pipeline):
    scorer = make_scorer(f1_score, pos_label="summer")
    tuned = TunedThresholdClassifierCV(pipeline, cv=2, scoring=scorer).fit(TEXTS, LABELS)
    assert 0 < tuned.best_threshold_ < 1
    assert f1_score(LABELS, tuned.predict(TEXTS), pos_label="summer") > 0.9


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_calibration(pipeline, method):
    calibrated = CalibratedClassifierCV(pipeline, cv=2, method=method)
    try:
        calibrated.fit(TEXTS, LABELS)
    except ValueError as error:  # of scikit-learn's parameter, not of ours
        if "'method' parameter" not in str(error):
            raise
        pytest.skip(f"this scikit-learn has no calibration by {method}")
    assert np.allclose(calibrated.predict_proba(TEXTS).sum(axis=1), 1)
    assert calibrated.score(TEXTS, LABELS) > 0.9


def test_calibration_of_a_model_that_stands(pipeline):
    frozen = FrozenEstimator(pipeline.fit(TEXTS[::2], LABELS[::2]))
    calibrated = CalibratedClassifierCV(frozen).fit(TEXTS[1::2], LABELS[1::2])
    assert calibrated.score(TEXTS, LABELS) == 1


@pytest.mark.parametrize("kind", [VotingClassifier, StackingClassifier])
def test_votes_and_stacks_with_a_linear_model(pipeline, kind):
    params = {"voting": "soft"} if kind is VotingClassifier else {"cv": 2}
    both = kind([("network", pipeline), ("linear", linear())], **params).fit(TEXTS, LABELS)
    assert both.score(TEXTS, LABELS) == 1
    assert both.predict(TEXTS[:1]).tolist() == ["rain"]


def test_one_network_for_each_class(ids):
    each = OneVsRestClassifier(network()).fit(ids, LABELS)
    assert each.estimators_[0].vectors_ is ids.vectors
    assert each.score(ids, LABELS) == 1


def test_where_a_wrapper_strips_the_vectors_the_parameter_says_them(ids):
    bag = BaggingClassifier(network(vectors=ids.vectors), n_estimators=2, random_state=0)
    bag.fit(ids, LABELS)
    assert bag.estimators_[0].vectors_ is ids.vectors
    assert bag.score(ids, LABELS) == 1


def test_ids_of_words_that_the_parameter_lacks_are_refused_with_a_way_out(small_vectors):
    own = W2VIndexer(small_vectors, random_state=0).fit_transform([["雨", "嵐"], ["夏", "浜"]])
    with pytest.raises(ValueError, match=r"Got id 11.*vectors=indexer\.vectors_"):
        network(vectors=small_vectors).fit(np.asarray(own), [0, 1])


# ------------------------------------------------------------------ metadata routing
@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("routing")
def test_weights_and_groups_reach_their_place(pipeline):
    pipeline["clf"].set_fit_request(sample_weight=True)
    weights = np.where(LABELS == "rain", 1.0, 0.0)  # nothing is known of summer
    params = {"sample_weight": weights, "groups": GROUPS}
    done = cross_validate(
        pipeline,
        TEXTS,
        LABELS,
        scoring=get_scorer("accuracy").set_score_request(sample_weight=True),
        params=params,
        cv=GroupKFold(2),
        return_estimator=True,
        return_indices=True,
        error_score="raise",
    )
    assert done["test_score"].tolist() == [1, 1]  # summer has no weight in the score, either
    for model, rows in zip(done["estimator"], done["indices"]["train"], strict=True):
        assert set(model.predict(TEXTS)) == {"rain"}
        assert len(set(GROUPS[rows])) == 4


@pytest.mark.usefixtures("routing")
def test_weights_reach_the_score_of_a_pipeline(pipeline):
    pipeline["clf"].set_score_request(sample_weight=True)
    pipeline.fit(TEXTS, LABELS)
    weights = np.where(LABELS == "rain", 1.0, 0.0)
    wrong = np.full(len(LABELS), "rain")
    assert pipeline.score(TEXTS, wrong, sample_weight=weights) == 1
    assert pipeline.score(TEXTS, wrong, sample_weight=1 - weights) == 0


@pytest.mark.usefixtures("routing")
def test_routing_through_a_search(pipeline):
    pipeline["clf"].set_fit_request(sample_weight=True)
    search = GridSearchCV(
        pipeline,
        {"clf__filters": [2, 4]},
        scoring=get_scorer("accuracy").set_score_request(sample_weight=True),
        cv=GroupKFold(2),
        error_score="raise",
    )
    weights = np.where(LABELS == "rain", 1.0, 0.0)
    search.fit(TEXTS, LABELS, sample_weight=weights, groups=GROUPS)
    assert set(search.predict(TEXTS)) == {"rain"}


@pytest.mark.usefixtures("routing")
def test_documents_to_validate_on_go_through_the_first_steps(pipeline):
    pipeline["clf"].set_fit_request(X_val=True, y_val=True)
    model = Pipeline(pipeline.steps, transform_input=["X_val"])
    model.fit(TEXTS[::2], LABELS[::2], X_val=TEXTS[1::2], y_val=LABELS[1::2])
    assert model["clf"].history_["val_accuracy"][-1] == 1


# ------------------------------------------------------------------ searches
def test_halving_over_epochs(pipeline):
    search = HalvingGridSearchCV(
        pipeline,
        {"clf__filters": [1, 2, 4]},
        cv=2,
        resource="clf__epochs",
        min_resources=2,
        max_resources=8,
        factor=2,
        random_state=0,
    ).fit(TEXTS, LABELS)
    assert search.n_resources_ == [2, 4]
    assert search.best_params_["clf__epochs"] == 4


def test_an_optuna_study(pipeline):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def score(trial):
        model = clone(pipeline).set_params(
            clf__learning_rate=trial.suggest_float("learning_rate", 1e-3, 1e-1, log=True),
            clf__channels=trial.suggest_categorical("channels", ["static", "non-static"]),
        )
        return cross_val_score(model, TEXTS, LABELS, cv=2).mean()

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(score, n_trials=4)
    assert study.best_value > 0.9
    assert study.best_value == max(trial.value for trial in study.trials)


@pytest.mark.filterwarnings("ignore:OptunaSearchCV is experimental", "ignore:.*optuna.terminator")
def test_optunas_search_estimator(pipeline):
    optuna = pytest.importorskip("optuna")
    integration = pytest.importorskip("optuna_integration")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rates = optuna.distributions.FloatDistribution(1e-3, 1e-1, log=True)
    search = integration.OptunaSearchCV(
        pipeline,
        {"clf__learning_rate": rates},
        n_trials=3,
        cv=GroupKFold(2),
        random_state=0,
        error_score="raise",
    )
    search.fit(TEXTS, LABELS, groups=GROUPS)
    assert search.best_score_ > 0.9
    assert search.predict(TEXTS[:1]).tolist() == ["rain"]
