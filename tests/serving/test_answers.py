from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sklearn_w2v import explain, load
from sklearn_w2v.serving.answers import Answers, OutOfTimeError

TEXTS = ["雨と雪", "夏の海", "", "知らないこと"] * 40
LABELS = ["wet", "dry", "dry", "wet"] * 40


def test_predictions_are_those_of_the_model_in_order(answers, weather):
    model = load(weather / "weather.w2v")
    found = answers.predict(TEXTS)
    assert [one["label"] for one in found] == model.predict(TEXTS).tolist()
    rows = [[one["probabilities"][name] for name in answers.classes] for one in found]
    np.testing.assert_allclose(rows, model.predict_proba(TEXTS), atol=1e-6)
    assert [one["probability"] for one in found] == [max(row) for row in rows]


def test_explanations_are_those_of_the_library(answers, weather):
    [expected] = explain(load(weather / "weather.w2v"), ["雨の海"], target="dry")
    found = answers.explain("雨の海", "dry")
    assert found["target"] == "dry"
    assert [one["token"] for one in found["tokens"]] == ["雨", "の", "海"]
    assert [one["span"] for one in found["tokens"]] == [(0, 1), (1, 2), (2, 3)]
    assert [one["value"] for one in found["tokens"]] == expected.values.tolist()
    assert 0 < found["probability"] < 1


def test_work_stops_when_nobody_waits_any_more(answers):
    with pytest.raises(OutOfTimeError):
        answers.predict(TEXTS, until=0.0)


def test_models_of_others_answer_as_far_as_they_can():
    tfidf = TfidfVectorizer(analyzer="char")
    svm = Answers(make_pipeline(tfidf, LinearSVC()).fit(TEXTS, LABELS), "# card")
    assert svm.predict(["雨と雪"]) == [{"label": "wet", "probability": None, "probabilities": None}]
    assert "LinearSVC" in svm.cannot_explain
    logistic = Answers(make_pipeline(tfidf, LogisticRegression()).fit(TEXTS, LABELS), "# card")
    [found] = logistic.predict(["雨と雪"])
    assert found["label"] == "wet"
    assert found["probability"] == found["probabilities"]["wet"]


def test_numbers_are_labels_by_their_names():
    model = make_pipeline(TfidfVectorizer(analyzer="char"), LogisticRegression())
    found = Answers(model.fit(TEXTS, [1, 0, 0, 1] * 40), "").predict(["雨と雪"])
    assert found[0]["label"] == "1"
    assert list(found[0]["probabilities"]) == ["0", "1"]
