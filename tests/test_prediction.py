"""Models that were loaded predict, explain and report without Keras, and train with it."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score

from sklearn_w2v import W2VLSTMClassifier, load, make_w2v_pipeline, save
from sklearn_w2v.utils.files import written_beside

from .prediction import HEAVY

ROOT = Path(__file__).parents[1]
WET, DRY = "雨雪霧傘", "夏海砂祭"
TEXTS = [
    f"{words[number % 4]}と{words[(number + 1) % 4]}の{number}日"
    for number in range(12)
    for words in (WET, DRY)
]
LABELS = ["wet", "dry"] * 12
MODELS = {
    "lstm": {"bow": None, "units": 4},
    "attention": {"bow": None, "units": 4},
    "cnn": {"bow": None, "network": "cnn"},
    "blend": {"units": 4, "train_network": True},
}


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    """Folder of models, their predictions and texts; SKLEARN_W2V_MODELS keeps it for others."""
    folder = tmp_path_factory.mktemp("models")
    rows = [f"{text},{label}" for text, label in zip(TEXTS, LABELS, strict=True)]
    (folder / "texts.csv").write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")
    for name, params in MODELS.items():
        model = make_w2v_pipeline(random_state=0, epochs=2, **params)
        if name == "attention":
            model.set_params(clf__pooling="attention")
        model.fit(TEXTS, LABELS)
        save(model, folder / f"{name}.w2v")
        np.save(folder / f"{name}.npy", model.predict_proba(TEXTS))
    if kept := os.environ.get("SKLEARN_W2V_MODELS"):
        for path in folder.iterdir():
            with written_beside(os.fspath(Path(kept) / path.name)) as work:
                shutil.copyfile(path, work)
    return folder


def test_a_process_that_predicts_imports_nothing_that_trains(models):
    """One process for all: Python, the command line and forked workers."""
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "prediction.py", models],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert f"{len(MODELS)} models predict" in done.stdout


def fresh(code: str) -> str:
    """Run code in a process of its own; return its output."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_was_loaded_becomes_one_of_scikeras_when_it_trains(models):
    code = f"""
import pickle, sys
import numpy as np
from sklearn.base import clone
from sklearn_w2v import load
pipeline = load({os.fspath(models / "lstm.w2v")!r})
clf = pipeline[-1]
X = pipeline[:-1].transform({TEXTS!r})
before, kind, shown = clf.predict_proba(X), type(clf), repr(clf)
copy = pickle.loads(pickle.dumps(clf))
assert "keras" not in sys.modules
clf.set_params(warm_start=True).fit(X, {LABELS!r})
from scikeras.wrappers import KerasClassifier
for one in (clf, copy, clone(clf)):
    assert isinstance(one, KerasClassifier) and type(one) is kind
assert kind.__mro__.index(KerasClassifier) > 1
assert np.array_equal(copy.predict_proba(X), before)
from sklearn_w2v import W2VLSTMClassifier
assert W2VLSTMClassifier is kind and repr(copy) == shown
np.save({os.fspath(models / "went_on")!r}, clf.predict_proba(X))
"""
    fresh(code)
    pipeline = load(models / "lstm.w2v")
    X = pipeline[:-1].transform(TEXTS)
    clf = pipeline[-1].set_params(warm_start=True).fit(X, LABELS)
    assert np.array_equal(np.load(models / "went_on.npy"), clf.predict_proba(X))


@pytest.mark.parametrize("name", MODELS)
def test_the_keras_model_is_built_when_it_is_asked_for_and_says_the_same(models, name):
    clf = load(models / f"{name}.w2v")[-1]
    ids = load(models / f"{name}.w2v")[:-1].transform(TEXTS)
    before = clf.predict_proba(ids)
    if clf.bow is None:
        rows = clf._inference().table.rows.rows(np.asarray(ids))
        assert (rows >= 0).all()
        np.testing.assert_allclose(clf.model_.predict_on_batch(rows), before, atol=1e-5)
    clf.model_  # noqa: B018
    assert np.array_equal(clf.predict_proba(ids), before)
    assert np.array_equal(pickle.loads(pickle.dumps(clf)).predict_proba(ids), before)


def test_wrappers_of_scikit_learn_work_around_what_was_loaded(models):
    model = load(models / "lstm.w2v")
    expected = model.predict(TEXTS)
    assert is_classifier(model)
    frozen = FrozenEstimator(model)
    calibrated = CalibratedClassifierCV(frozen).fit(TEXTS, LABELS)
    assert calibrated.predict_proba(TEXTS).shape == (len(TEXTS), 2)
    voting = VotingClassifier([("one", frozen), ("other", frozen)], voting="soft")
    assert np.array_equal(voting.fit(TEXTS, LABELS).predict(TEXTS), expected)
    stack = StackingClassifier([("one", model)], LogisticRegression(), cv="prefit")
    assert stack.fit(TEXTS, LABELS).predict(TEXTS).shape == (len(TEXTS),)
    assert np.array_equal(model.predict(TEXTS), expected)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_copies_of_what_was_loaded_train_in_searches(models):
    model = load(models / "cnn.w2v")
    search = GridSearchCV(model, {"clf__filters": [2, 3]}, cv=2, error_score="raise")
    search.fit(TEXTS, LABELS)
    assert search.best_estimator_[-1].filters == search.best_params_["clf__filters"]
    assert len(cross_val_score(clone(model), TEXTS, LABELS, cv=2, error_score="raise")) == 2


def test_what_is_missing_to_train_is_said(models, monkeypatch):
    clf = load(models / "lstm.w2v")[-1]
    monkeypatch.setitem(sys.modules, "sklearn_w2v.classifiers.keras_training", None)
    monkeypatch.delattr("sklearn_w2v.classifiers.keras_training", raising=False)
    with pytest.raises(ImportError, match="pip install sklearn-w2v"):
        clf.fit([[2, 3]] * 2, [0, 1])


def prediction_requirements() -> list[str]:
    """Return the dependencies of pyproject.toml without what trains."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [one for one in project["dependencies"] if not one.startswith(HEAVY)]


def test_requirements_of_a_prediction_environment_are_those_of_the_project():
    lines = (ROOT / "requirements-prediction.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == prediction_requirements()
    assert {one.split(">")[0] for one in prediction_requirements()} >= {"numpy", "scikit-learn"}


def test_a_classifier_of_the_public_name_is_one_of_scikeras():
    from scikeras.wrappers import KerasClassifier

    assert issubclass(W2VLSTMClassifier, KerasClassifier)


def test_the_documentation_has_the_same_requirements():
    page = (ROOT / "docs" / "saving.md").read_text(encoding="utf-8")
    assert "\n".join(["```text", *prediction_requirements(), "```"]) in page
