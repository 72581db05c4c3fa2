from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.multiclass import OneVsRestClassifier

from sklearn_w2v import load, make_w2v_pipeline, save
from sklearn_w2v.cli.models import load_model


def test_a_pipeline_is_a_model(weather):
    path = weather / "weather.w2v"
    texts = ["雨", "海"]
    assert (
        load_model(path, None, None).predict(texts).tolist() == load(path).predict(texts).tolist()
    )


def test_steps_of_a_pipeline_are_none(weather, tmp_path):
    model = load(weather / "weather.w2v")
    save(model["clf"], tmp_path / "clf.w2v")
    with pytest.raises(ValueError, match="W2VLSTMClassifier, which does not take texts"):
        load_model(tmp_path / "clf.w2v", None, None)
    save(model["ids"], tmp_path / "ids.w2v")
    with pytest.raises(ValueError, match="W2VIndexer, which is not a classifier"):
        load_model(tmp_path / "ids.w2v", None, None)


TEXTS = ["雨と雪", "夏の海", "霧と傘", "砂と祭"] * 3
LABELS = np.array(["wet", "dry"] * 6)


def small():
    return make_w2v_pipeline(random_state=0, epochs=1, units=2, bow="words")


WRAPPERS = {
    "calibrated": lambda: CalibratedClassifierCV(small(), cv=2),
    "voting": lambda: VotingClassifier([("a", small()), ("b", small())], voting="soft"),
    "stacking": lambda: StackingClassifier([("a", small())], cv=2),
    "one against the rest": lambda: OneVsRestClassifier(small()),
    "frozen": lambda: FrozenEstimator(small().fit(TEXTS, LABELS)),
}


@pytest.mark.parametrize("which", WRAPPERS)
def test_wrappers_of_whole_pipelines_take_texts(which, tmp_path):
    model = WRAPPERS[which]().fit(TEXTS, LABELS)
    save(model, tmp_path / "m.w2v")
    loaded = load_model(tmp_path / "m.w2v", None, None)
    assert loaded.predict(TEXTS).tolist() == model.predict(TEXTS).tolist()


def test_wrappers_of_classifiers_alone_take_none(weather, tmp_path):
    ids = load(weather / "weather.w2v")[:-1].transform(TEXTS)
    voting = VotingClassifier([("a", small()[-1]), ("b", small()[-1])]).fit(ids, LABELS)
    save(voting, tmp_path / "m.w2v")
    with pytest.raises(ValueError, match="VotingClassifier, which does not take texts"):
        load_model(tmp_path / "m.w2v", None, None)


def test_many_labels_a_text_are_refused(tmp_path):
    many = np.column_stack([LABELS == "wet", np.arange(12) % 2])
    for model in (small(), OneVsRestClassifier(small())):
        save(model.fit(TEXTS, many.astype(int)), tmp_path / "m.w2v")
        with pytest.raises(ValueError, match="any number of labels, but the commands expect one"):
            load_model(tmp_path / "m.w2v", None, None)
