from __future__ import annotations

import pytest

from sklearn_w2v import load, save
from sklearn_w2v._cli_models import load_model


def test_a_pipeline_is_a_model(weather):
    path = weather / "weather.w2v"
    texts = ["雨", "海"]
    assert (
        load_model(path, None, None).predict(texts).tolist() == load(path).predict(texts).tolist()
    )


def test_steps_of_a_pipeline_are_none(weather, tmp_path):
    model = load(weather / "weather.w2v")
    save(model["clf"], tmp_path / "clf.w2v")
    with pytest.raises(ValueError, match="W2VLSTMClassifier, which takes no texts"):
        load_model(tmp_path / "clf.w2v", None, None)
    save(model["ids"], tmp_path / "ids.w2v")
    with pytest.raises(ValueError, match="W2VIndexer, which is no classifier"):
        load_model(tmp_path / "ids.w2v", None, None)
