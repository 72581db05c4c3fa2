"""The classifiers as scikit-learn sees them."""

from __future__ import annotations

import copy
import os
import pickle
import random
import subprocess
import sys

import joblib
import keras
import numpy as np
import pytest
import sklearn
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, StratifiedKFold, check_cv, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from sklearn_w2v import TokenIds, W2VIndexer, W2VLSTMClassifier, WordVectors

RAIN, SUMMER = ["雨", "雪", "霧", "傘"], ["夏", "海", "砂", "祭"]


def small(**params):
    settings = {"units": 6, "hidden": None, "epochs": 8, "learning_rate": 0.05, "random_state": 0}
    return W2VLSTMClassifier(**{**settings, **params})


@pytest.fixture
def data(small_vectors):
    """40 documents of two to five words, rainy or sunny."""
    draw = np.random.default_rng(0)
    documents = [
        list(draw.choice(words, draw.integers(2, 6))) for _ in range(20) for words in (RAIN, SUMMER)
    ]
    X = W2VIndexer(small_vectors).fit_transform(documents)
    return X, np.array(["rainy", "sunny"] * 20)


def three(data):
    X, _ = data
    return X, np.arange(len(X)) % 3


# -------------------------------------------------------------- scikit-learn's ways
def test_it_is_a_scikeras_classifier_and_scikit_learn_knows(data):
    from scikeras.wrappers import KerasClassifier

    clf = small()
    assert isinstance(clf, KerasClassifier)
    assert is_classifier(clf)
    assert isinstance(check_cv(5, data[1], classifier=is_classifier(clf)), StratifiedKFold)


@pytest.mark.parametrize(
    "scoring", ["accuracy", "f1_macro", "roc_auc", "neg_log_loss", "average_precision"]
)
def test_built_in_scorings_of_two_classes_are_numbers(data, scoring):
    X, y = data
    result = cross_validate(small(epochs=2), X, y == "sunny", cv=2, scoring=scoring)
    assert np.isfinite(result["test_score"]).all()


@pytest.mark.parametrize("scoring", ["roc_auc_ovr", "roc_auc_ovo_weighted", "f1_weighted"])
def test_built_in_scorings_of_three_classes_are_numbers(data, scoring):
    result = cross_validate(small(epochs=1), *three(data), cv=2, scoring=scoring)
    assert np.isfinite(result["test_score"]).all()


@pytest.mark.parametrize(
    "wrapper",
    [
        lambda clf: CalibratedClassifierCV(clf, cv=2),
        lambda clf: VotingClassifier([("a", clf), ("b", clone(clf))], voting="soft"),
        lambda clf: StackingClassifier([("a", clf)], LogisticRegression(), cv=2),
        lambda clf: OneVsRestClassifier(clf),
    ],
    ids=["calibrated", "voting", "stacking", "one-vs-rest"],
)
def test_meta_estimators_take_it(data, wrapper):
    X, y = data
    model = wrapper(small()).fit(X, y)
    assert model.predict_proba(X).shape == (len(X), 2)
    assert model.score(X, y) > 0.9


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["b", "a"]),
        np.array([7, -3]),
        np.array([True, False]),
        np.array(["い", "あ"], object),
    ],
    ids=["str", "int", "bool", "object"],
)
def test_labels_come_back_as_they_were_given(data, labels):
    X, y = data
    y = labels[(y == "sunny").astype(int)]
    clf = small().fit(X, y)
    predicted = clf.predict(X)
    assert predicted.dtype == y.dtype
    assert clf.score(X, y) > 0.9
    assert clf.classes_.tolist() == sorted(labels.tolist())


def test_one_row_gives_one_row(data):
    X, y = data
    clf = small().fit(X, y)
    assert clf.predict_proba(X[:1]).shape == (1, 2)
    assert clf.predict(X[:1]).shape == (1,)
    np.testing.assert_allclose(clf.predict_proba(X[:1]), clf.predict_proba(X)[:1], atol=1e-5)


def test_predictions_are_in_the_order_of_the_input(data):
    X, y = data
    clf = small().fit(X, y)
    order = np.random.default_rng(1).permutation(len(X))
    np.testing.assert_allclose(clf.predict_proba(X)[order], clf.predict_proba(X[order]), atol=1e-5)


def test_not_fitted(data):
    with pytest.raises(NotFittedError):
        small().predict(data[0])
    with pytest.raises(AttributeError, match="not fitted"):
        _ = small().model_


def test_feature_names_are_kept(data):
    import pandas as pd

    X, y = data
    frame = pd.DataFrame(np.asarray(X), columns=[f"w{i}" for i in range(X.shape[1])])
    clf = small(vectors=X.vectors).fit(frame, y)
    assert clf.feature_names_in_.tolist() == frame.columns.tolist()
    with pytest.raises(ValueError, match="feature names"):
        clf.predict(frame.rename(columns={"w0": "other"}))


# ------------------------------------------------------------------ parameters
def test_routed_parameters_reach_keras_and_survive_clone_and_search(data):
    X, y = data
    clf = small(optimizer="sgd", optimizer__momentum=0.5)
    assert clone(clf).get_params()["optimizer__momentum"] == 0.5
    fitted = clone(clf).set_params(optimizer__clipnorm=0.1).fit(X, y)
    assert fitted.model_.optimizer.momentum == 0.5
    assert fitted.model_.optimizer.clipnorm == 0.1
    search = GridSearchCV(clf, {"optimizer__momentum": [0.0, 0.9]}, cv=2).fit(X, y)
    assert search.best_params_["optimizer__momentum"] in (0.0, 0.9)


def test_an_optimizer_instance_is_a_pattern(data):
    X, y = data
    optimizer = keras.optimizers.SGD(learning_rate=0.2)
    clf = small(optimizer=optimizer, learning_rate=None)
    clf.fit(X, y)
    clf.fit(X, y)
    assert not optimizer.built
    assert float(clf.model_.optimizer.learning_rate) == pytest.approx(0.2)


@pytest.mark.parametrize("wrong", [{"unitz": 3}, {"model": None}, {"loss": "mse"}])
def test_unknown_parameters_are_refused(wrong):
    with pytest.raises(TypeError, match="unexpected keyword"):
        W2VLSTMClassifier(**wrong)
    with pytest.raises(ValueError, match="Invalid parameter"):
        W2VLSTMClassifier().set_params(**wrong)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("units", 0),
        ("pooling", "sum"),
        ("dropout", 1.0),
        ("output", "relu"),
        ("epochs", 0),
        ("validation_fraction", 1.5),
        ("learning_rate", -1),
        ("class_weight", "heavy"),
        ("train_embeddings", "yes"),
        ("hidden", 0),
    ],
)
def test_wrong_values_are_named(data, name, value):
    with pytest.raises(sklearn.utils._param_validation.InvalidParameterError, match=name):
        small(**{name: value}).fit(*data)


def test_nothing_is_checked_or_set_in_the_constructor():
    clf = W2VLSTMClassifier(vectors="/no/such/file", units=-1)
    assert not [name for name in vars(clf) if name.endswith("_")]


def test_repr_shows_what_was_changed():
    assert repr(W2VLSTMClassifier(units=3, optimizer__clipnorm=1.0)) == (
        "W2VLSTMClassifier(optimizer__clipnorm=1.0, units=3)"
    )


# --------------------------------------------------------------------- weights
def test_zero_weight_is_absence(data):
    X, y = data
    weights = np.where(np.arange(len(X)) < 30, 1.0, 0.0)
    a = small().fit(X, y, sample_weight=weights)
    b = small().fit(X[:30], y[:30], sample_weight=np.ones(30))
    # rows of the table differ where left-out documents brought words; predictions do not
    np.testing.assert_allclose(a.predict_proba(X), b.predict_proba(X), atol=1e-5)


def test_weights_decide_between_contradicting_labels(small_vectors):
    X = TokenIds([[2], [2]] * 10, small_vectors)
    y = np.array(["a", "b"] * 10)
    for heavy in "ab":
        clf = small().fit(X, y, sample_weight=np.where(y == heavy, 5, 1))
        assert set(clf.predict(X)) == {heavy}


def test_one_class_left_by_the_weights_is_predicted(data):
    X, y = data
    clf = small(epochs=20).fit(X, y, sample_weight=(y == "rainy").astype(float))
    assert set(clf.predict(X)) == {"rainy"}


@pytest.mark.parametrize("weights", [np.ones(40), np.ones(40, int)], ids=["float", "int"])
def test_class_weight_works_and_changes_nothing_in_place(data, weights):
    X, y = data
    y = np.where(np.arange(40) % 10 == 1, "sunny", "rainy")
    X = TokenIds(np.full((40, 1), 2), X.vectors)
    before = weights.copy()
    plain = small().fit(X, y, sample_weight=weights)
    heavy = small(class_weight={"sunny": 50}).fit(X, y, sample_weight=weights)
    assert np.array_equal(before, weights)
    assert set(plain.predict(X)) == {"rainy"}
    assert set(heavy.predict(X)) == {"sunny"}


@pytest.mark.parametrize("weight", [-1, float("nan"), float("inf")])
def test_class_weights_that_are_none_are_refused(data, weight):
    X, y = data
    with pytest.raises(ValueError, match=rf"Got class_weight of {weight} for 'sunny' but expected"):
        small(class_weight={"sunny": weight}).fit(X, y)


def test_balanced_weights_need_all_documents(data):
    X, y = data
    clf = small(class_weight="balanced")
    with pytest.raises(ValueError, match="Got class_weight='balanced' with partial_fit but"):
        clf.partial_fit(X, y, classes=np.unique(y))
    clf.fit(X, y)


def test_balanced_class_weight_equals_its_dict(data):
    X, _ = data
    y = np.array(["a"] * 30 + ["b"] * 10)
    balanced = small(class_weight="balanced").fit(X, y).predict_proba(X)
    by_hand = small(class_weight={"a": 40 / 60, "b": 2.0}).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(balanced, by_hand, atol=1e-6)


def test_wrong_weights_are_refused(data):
    X, y = data
    with pytest.raises(ValueError, match="'snow'"):
        small(class_weight={"snow": 2}).fit(X, y)
    with pytest.raises(ValueError, match="zero"):  # scikit-learn's words, or ours
        small().fit(X, y, sample_weight=np.zeros(len(X)))
    with pytest.raises(ValueError, match="zero for every document"):
        small(class_weight={"rainy": 0, "sunny": 0}).fit(X, y)
    with pytest.raises(ValueError, match="sample_weight"):
        small().fit(X, y, sample_weight=-np.ones(len(X)))


def test_metadata_routing_of_weights(data):
    X, y = data
    with sklearn.config_context(enable_metadata_routing=True):
        clf = small(epochs=20).set_fit_request(sample_weight=True)
        scorer = get_scorer("accuracy").set_score_request(sample_weight=True)
        grid = {"w2vlstmclassifier__units": [4]}
        search = GridSearchCV(make_pipeline(clf), grid, scoring=scorer, cv=2)
        search.fit(X, y, sample_weight=(y == "sunny").astype(float))
    assert set(search.predict(X)) == {"sunny"}


def test_validation_data_are_routed_through_a_pipeline(data, small_vectors):
    documents, y = [["雨"], ["夏"]] * 10, ["r", "s"] * 10
    with sklearn.config_context(enable_metadata_routing=True):
        clf = small(epochs=2).set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(W2VIndexer(small_vectors), clf)
        pipeline.set_params(transform_input=["X_val"])
        pipeline.fit(documents, y, X_val=[["雪"], ["海"]], y_val=["r", "s"])
    assert len(pipeline[-1].history_["val_loss"]) == 2


# ------------------------------------------------------------- early stopping
def test_early_stopping_returns_to_the_best_weights(data):
    X, y = data
    y = np.random.default_rng(0).permutation(y)  # noise: validation gets worse soon
    clf = small(epochs=40, early_stopping=True, n_iter_no_change=3, learning_rate=0.2)
    clf.fit(X[:30], y[:30], X_val=X[30:], y_val=y[30:])
    losses = clf.history_["val_loss"]
    assert clf.n_iter_ == len(losses) < 40
    wanted = -np.log(clf.predict_proba(X[30:])[np.arange(10), (y[30:] == "sunny").astype(int)])
    assert wanted.mean() == pytest.approx(min(losses), abs=1e-4)


def test_a_part_is_split_off_for_early_stopping(data):
    clf = small(early_stopping=True, validation_fraction=0.25, epochs=3).fit(*data)
    assert set(clf.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert isinstance(clf.history_, dict)
    assert all(isinstance(value, float) for values in clf.history_.values() for value in values)


def test_a_class_with_one_document_does_not_stop_early_stopping(data):
    X, y = data
    y = y.copy()
    y[0] = "alone"
    small(early_stopping=True, epochs=2).fit(X, y)


def test_validation_data_come_in_pairs_and_with_known_labels(data):
    X, y = data
    with pytest.raises(ValueError, match="X_val and y_val"):
        small().fit(X, y, X_val=X)
    with pytest.raises(ValueError, match="'other'"):
        small().fit(X, y, X_val=X[:1], y_val=["other"])


# ------------------------------------------------------------------- callbacks
class Counter(keras.callbacks.Callback):
    def __init__(self, limit=100):
        super().__init__()
        self.limit = limit
        self.epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        self.epochs += 1
        self.model.stop_training = self.epochs >= self.limit


def test_callbacks_are_copied_for_each_fit(data):
    counter = Counter(limit=2)
    clf = small(callbacks=[counter])
    assert clf.fit(*data).n_iter_ == 2
    assert clf.fit(*data).n_iter_ == 2
    assert counter.epochs == 0


def test_callback_classes_take_routed_parameters(data):
    assert small(callbacks=[Counter], callbacks__limit=3).fit(*data).n_iter_ == 3


def test_a_callback_never_stops_a_pickle(data):
    seen = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    clf = small(callbacks=callback, epochs=2).fit(*data)
    loaded = pickle.loads(pickle.dumps(clf))
    assert np.array_equal(loaded.predict_proba(data[0]), clf.predict_proba(data[0]))
    assert isinstance(loaded.callbacks, keras.callbacks.LambdaCallback)


def test_wrong_callbacks_are_refused(data):
    with pytest.raises(TypeError, match="callbacks"):
        small(callbacks=["print"]).fit(*data)


# ------------------------------------------------------------------ travelling
@pytest.mark.parametrize("trained", [True, False], ids=["trained", "frozen"])
@pytest.mark.parametrize("way", ["pickle", "joblib", "deepcopy"])
def test_copies_predict_bit_equal_and_go_on(data, trained, way, tmp_path):
    X, y = data
    clf = small(train_embeddings=trained).fit(X, y)
    if way == "pickle":
        other = pickle.loads(pickle.dumps(clf))
    elif way == "joblib":
        joblib.dump(clf, tmp_path / "m.joblib")
        other = joblib.load(tmp_path / "m.joblib")
    else:
        other = copy.deepcopy(clf)
    expected = clf.predict_proba(X)
    assert np.array_equal(other.predict_proba(X), expected)
    other.partial_fit(X, y)
    assert len(other.history_["loss"]) == len(clf.history_["loss"]) + 1
    assert not np.array_equal(other.predict_proba(X), expected)
    assert np.array_equal(clf.predict_proba(X), expected)


def test_another_process_predicts_bit_equal(data, tmp_path):
    X, y = data
    clf = small().fit(X, y)
    joblib.dump((clf, X), tmp_path / "model")
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import joblib, numpy as np, sys\n"
            "clf, X = joblib.load(sys.argv[1])\n"
            "np.save(sys.argv[2], clf.predict_proba(X))",
            str(tmp_path / "model"),
            str(tmp_path / "out.npy"),
        ],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert np.array_equal(np.load(tmp_path / "out.npy"), clf.predict_proba(X))


def test_pickles_hold_weights_only(tmp_path):
    draw = np.random.default_rng(0)
    path = tmp_path / "vectors.bin"
    WordVectors([f"w{i}" for i in range(5000)], draw.normal(size=(5000, 50))).save(path)
    X = TokenIds(draw.integers(2, 5002, (60, 80)), WordVectors.load(path))
    y = np.arange(60) % 2
    table = len(np.unique(np.asarray(X))) * 50 * 4
    frozen = small(train_embeddings=False, epochs=1).fit(X, y)
    trained = small(epochs=1).fit(X, y)
    assert len(pickle.dumps(frozen)) < 50_000 < table
    assert table < len(pickle.dumps(trained)) < 1.15 * table  # Adam's slots would make it 3 x


def test_a_replaced_vectors_file_is_noticed(tmp_path):
    path = tmp_path / "vectors.bin"
    WordVectors(["a", "b"], [[1.0, 0.0], [0.0, 1.0]]).save(path)
    X = TokenIds([[2], [3]] * 10, WordVectors.load(path))
    saved = pickle.dumps((small(train_embeddings=False).fit(X, [0, 1] * 10), X))
    WordVectors(["a", "b"], [[0.0, 1.0], [1.0, 0.0]]).save(path)
    clf, X = pickle.loads(saved)
    with pytest.raises(ValueError, match="has changed"):
        clf.predict(X)
    path.unlink()
    clf, X = pickle.loads(saved)
    with pytest.raises(FileNotFoundError, match="put the file back"):
        clf.predict(X)


# ------------------------------------------------------------------ randomness
@pytest.mark.parametrize("trained", [True, False], ids=["trained", "frozen"])
@pytest.mark.parametrize("pooling", ["last", "attention"])
def test_a_seed_gives_bit_equal_fits(data, trained, pooling):
    X, y = data
    params = {
        "train_embeddings": trained,
        "pooling": pooling,
        "dropout": 0.3,
        "early_stopping": True,
    }
    a, b = (small(**params).fit(X, y).predict_proba(X) for _ in range(2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, small(**params, random_state=1).fit(X, y).predict_proba(X))


def test_random_state_instances_are_drawn_from(data):
    X, y = data
    a, b = (
        small(random_state=np.random.RandomState(seed), epochs=1).fit(X, y).predict_proba(X)
        for seed in (1, 2)
    )
    assert not np.array_equal(a, b)
    state = np.random.RandomState(1)
    one = small(random_state=state, epochs=1).fit(X, y).predict_proba(X)
    two = small(random_state=state, epochs=1).fit(X, y).predict_proba(X)
    assert np.array_equal(one, a)
    assert not np.array_equal(one, two)


def test_global_random_state_is_left_alone(data):
    import tensorflow as tf
    from tensorflow.python.framework.config import is_op_determinism_enabled

    X, y = data
    before = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    small(dropout=0.2, bidirectional=True, pooling="attention", early_stopping=True).fit(X, y)
    assert random.getstate() == before[0]
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert not is_op_determinism_enabled()
    keras.random.normal((2,))  # raises where determinism was left on without a seed
    tf.random.normal((2,))


# ----------------------------------------------------------- going on training
def test_partial_fit_needs_classes_first_and_knows_them_later(data):
    X, y = data
    with pytest.raises(ValueError, match="classes must be passed"):
        small().partial_fit(X, y)
    clf = small().partial_fit(X[:4], y[:4], classes=["fog", "rainy", "sunny"])
    assert clf.predict_proba(X).shape == (40, 3)
    for _ in range(30):
        clf.partial_fit(X, y)
    assert clf.score(X, y) > 0.9
    with pytest.raises(ValueError, match="'hail'"):
        clf.partial_fit(X[:1], ["hail"])


def test_partial_fit_takes_in_new_words_and_keeps_what_it_knew(small_vectors):
    clf = small(epochs=20)
    X = TokenIds([[2], [6]] * 10, small_vectors)
    clf.fit(X, ["r", "s"] * 10)
    before = clf.word_vectors_
    step = clf.model_.optimizer.iterations
    new = TokenIds([[3], [7]] * 10, small_vectors)
    clf.partial_fit(new, ["r", "s"] * 10)
    assert int(clf.model_.optimizer.iterations) > int(step)  # Adam goes on, it does not restart
    after = clf.word_vectors_
    assert not np.array_equal(before["雪"], after["雪"])
    assert np.array_equal(after["霧"], small_vectors["霧"])  # never came
    assert clf.score(X, ["r", "s"] * 10) == 1.0


def test_warm_start_goes_on(data):
    X, y = data
    clf = small(warm_start=True, epochs=2).fit(X, y)
    clf.fit(X, y)
    assert len(clf.history_["loss"]) == 4
    assert clf.history_["loss"][2] < clf.history_["loss"][0]
    cold = small(epochs=2).fit(X, y)
    cold.fit(X, y)
    assert len(cold.history_["loss"]) == 2


def test_warm_start_takes_up_another_trainability(data):
    X, y = data
    clf = small(warm_start=True, train_embeddings=False, epochs=2).fit(X, y)
    assert np.array_equal(clf.word_vectors_.vectors, X.vectors.vectors)
    clf.set_params(train_embeddings=True).fit(X, y)
    assert not np.array_equal(clf.word_vectors_.vectors, X.vectors.vectors)
    assert len(clf.history_["loss"]) == 4


class Interrupt(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise KeyboardInterrupt


def test_an_interrupted_warm_start_keeps_the_steps_that_were_made(data):
    X, y = data
    clf = small(epochs=1, warm_start=True).fit(X, y)
    before = clf.predict_proba(X)
    clf.set_params(callbacks=[Interrupt])
    with pytest.raises(KeyboardInterrupt):
        clf.fit(X, y)
    ids = clf._network.table.rows.rows(np.asarray(X))
    np.testing.assert_allclose(clf.predict_proba(X), clf.model_.predict_on_batch(ids), atol=1e-5)
    assert not np.array_equal(clf.predict_proba(X), before)


def test_initialize_builds_without_training(data):
    clf = small().initialize(*data)
    assert clf.history_ == {}
    assert clf.predict_proba(data[0]).shape == (40, 2)


# ------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[0.5, 2.0]], "whole numbers"),
        ([[-1, 2]], "Negative values"),
        ([[2, 99]], "ids below 10"),
        ([["雨", "雪"]], "."),
        ([[np.nan, 1]], "NaN"),
    ],
)
def test_anything_but_ids_is_refused(small_vectors, X, message):
    with pytest.raises(ValueError, match=message):
        small(vectors=small_vectors).fit(np.array(X * 4), [0, 1] * 2)


def test_tfidf_floats_are_refused_and_whole_floats_are_ids(small_vectors):
    X = np.array([[2.0, 3.0], [6.0, 0.0]] * 5)
    clf = small(vectors=small_vectors).fit(X, [0, 1] * 5)
    assert np.array_equal(clf.predict(X), clf.predict(X.astype(int)))


def test_y_is_checked(data):
    X, y = data
    with pytest.raises(ValueError, match="labels in y"):
        small().fit(X, y[:-1])
    with pytest.raises(ValueError, match="one label for each"):
        small().fit(X, np.eye(40, 3, dtype=int) * [1, 2, 3])
    with pytest.raises(ValueError, match="Unknown label type"):
        small().fit(X, np.linspace(0, 1, 40))
    with pytest.raises(ValueError, match="requires y"):
        small().fit(X, None)


def test_without_vectors_the_user_is_told(data):
    X, y = data
    with pytest.warns(UserWarning, match="nothing is transferred"):
        clf = small().fit(np.asarray(X), y)
    assert clf.vectors_ is None
    with pytest.raises(AttributeError, match="without word vectors"):
        _ = clf.word_vectors_


def test_ids_of_other_vectors_are_refused(data):
    X, y = data
    other = WordVectors(["x", "y"], np.eye(2, 4))
    with pytest.raises(ValueError, match="other word vectors"):
        small().fit(X, y).predict(TokenIds([[2]], other))
    with pytest.raises(ValueError, match="other word vectors"):
        small().fit(X, y, X_val=TokenIds([[2] * X.shape[1]], other), y_val=["rainy"])


def test_padding_may_stand_anywhere_and_empty_rows_are_unknown_words(small_vectors):
    clf = small(vectors=small_vectors)
    right = np.array([[2, 3, 0], [6, 7, 0], [0, 0, 0]] * 6)
    left = np.array([[0, 2, 3], [6, 0, 7], [0, 0, 0]] * 6)
    y = ["r", "s", "n"] * 6
    a, b = (clone(clf).fit(X, y).predict_proba(X) for X in (right, left))
    assert np.array_equal(a, b)
    unknown = clone(clf).fit(right, y).predict_proba(np.array([[1, 0, 0], [0, 0, 0]]))
    np.testing.assert_allclose(unknown[0], unknown[1], atol=1e-6)


def test_parameters_of_callbacks_that_are_not_there_are_refused(data):
    clf = small(callbacks__patience=3)
    with pytest.raises(ValueError, match="Got callbacks__patience but callbacks=None"):
        clf.fit(*data)


def test_parameters_of_further_callbacks_are_refused(data):
    clf = small(callbacks=[Counter], callbacks__limit=3, callbacks__0__limit=2)
    assert clf.fit(*data).n_iter_ == 2
    clf.set_params(callbacks__1__limit=1)
    with pytest.raises(ValueError, match=r"Got callbacks__1__limit but expected a place below 1"):
        clf.fit(*data)


class Falling(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule whose class Keras does not know by name."""

    def __call__(self, step):
        return 0.1 / (1 + keras.ops.cast(step, "float32"))

    def get_config(self):
        return {}


def test_a_schedule_of_ones_own_in_an_optimizer(data):
    optimizer = keras.optimizers.Adam(Falling())
    clf = small(learning_rate=None, optimizer=optimizer).fit(*data)
    expected = small(learning_rate=Falling(), optimizer="adam").fit(*data)
    np.testing.assert_array_equal(clf.predict_proba(data[0]), expected.predict_proba(data[0]))
    assert not optimizer.built


@pytest.mark.parametrize("optimizer", [int, keras.layers.Dense(2)], ids=["class", "object"])
def test_what_is_no_optimizer_is_refused(data, optimizer):
    with pytest.raises(TypeError, match=r"as optimizer but expected a name, or a class"):
        small(optimizer=optimizer).fit(*data)


def test_faults_of_validation_documents_are_told_as_theirs(data):
    X, y = data
    with pytest.raises(ValueError, match=r"In X_val and y_val: .*label 'foggy'"):
        small().fit(X, y, X_val=X[:2], y_val=["rainy", "foggy"])
    with pytest.raises(ValueError, match=r"In X_val and y_val: .*but 1 label"):
        small().fit(X, y, X_val=X[:2], y_val=["rainy"])
