from __future__ import annotations

import builtins
import json
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC
from sklearn.utils.validation import NotFittedError

from sklearn_w2v import TokenIds, W2VLSTMClassifier, explain, make_w2v_pipeline, write_report

TEXTS = ["rain wind fog", "rain fog", "sun sand", "sun sea sand", "snow ice", "snow wind ice"] * 4
LABELS = ["wet", "wet", "dry", "dry", "cold", "cold"] * 4
# as labelled by somebody who takes some snow for rain
Y = ["wet", "wet", "dry", "dry", "cold", "wet"] * 4
REGRESSOR = make_pipeline(CountVectorizer(), LinearRegression()).fit(TEXTS, range(24))


@pytest.fixture(scope="module")
def model():
    return make_pipeline(CountVectorizer(), MultinomialNB()).fit(TEXTS, LABELS)


@pytest.fixture(scope="module")
def network():
    """A fitted pipeline with word vectors."""
    from sklearn_w2v import WordVectors

    words = ["rain", "fog", "sun", "sand", "snow", "ice"]
    vectors = WordVectors(words, np.random.default_rng(0).normal(size=(6, 4)))
    pipeline = make_w2v_pipeline(
        vectors, tokenizer=None, random_state=0, epochs=3, units=3, hidden=None, bow=None
    )
    return pipeline.fit(TEXTS, LABELS)


def sections(path):
    return re.findall(r'<section id="(\w+)">', path.read_text(encoding="utf-8"))


def test_scores_are_scikit_learn_s_and_plain(model, tmp_path):
    scores = write_report(tmp_path / "r.html", model, TEXTS, Y)
    predicted = model.predict(TEXTS)
    assert scores["accuracy"] == accuracy_score(Y, predicted)
    assert scores["f1_macro"] == f1_score(Y, predicted, average="macro")
    assert scores["f1_weighted"] == f1_score(Y, predicted, average="weighted")
    np.testing.assert_allclose(
        scores["log_loss"], log_loss(Y, model.predict_proba(TEXTS), labels=model.classes_)
    )
    assert scores["n_documents"] == 24
    low, high = scores["interval"]
    assert low < scores["accuracy"] < high
    assert scores["baselines"]["Majority"]["accuracy"] == 12 / 24
    assert [row["label"] for row in scores["labels"]] == ["cold", "dry", "wet"]
    assert json.loads(json.dumps(scores)) == scores


def test_sections_are_those_that_apply(model, network, tmp_path):
    path = tmp_path / "r.html"
    write_report(path, model, TEXTS, Y)
    assert sections(path) == ["scores", "labels", "confusions", "errors", "doubtful", "model"]
    write_report(path, model, TEXTS, LABELS, n_examples=0)
    assert sections(path) == ["scores", "labels", "confusions", "model"]
    assert "No document is taken for another label" in path.read_text(encoding="utf-8")
    write_report(path, network, TEXTS, Y)
    assert sections(path) == [
        "scores",
        "labels",
        "confusions",
        "training",
        "words",
        "errors",
        "doubtful",
        "model",
    ]
    html = path.read_text(encoding="utf-8")
    assert "(6 words in 4 dimensions)" in html
    assert "<polyline" in html


def test_everything_is_escaped(tmp_path):
    evil = "<script>alert(1)</script>"
    texts = [f"rain {evil}", "sun & 'sea' \"sand\" \x00 \ud800"] * 4
    model = make_pipeline(CountVectorizer(), MultinomialNB()).fit(texts, [evil, "<b>"] * 4)
    path = tmp_path / "r.html"
    write_report(path, model, texts, ["<b>", evil] * 4, title=evil)
    html = path.read_text(encoding="utf-8")
    assert "<script>alert" not in html
    assert "<b>" not in html
    assert html.count("<script>") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "\x00" not in html
    assert "\ufffd" in html


def test_the_page_asks_for_nothing_outside_of_itself(model, tmp_path):
    path = tmp_path / "r.html"
    write_report(path, model, TEXTS, Y)
    html = path.read_text(encoding="utf-8")
    assert "default-src 'none'" in html
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?[^#\"'\s]", html.split("<style>")[1])
    assert "url(" not in html
    assert "http" not in html.replace("http-equiv", "")


def test_baselines_are_tfidf_or_what_is_passed(model, tmp_path):
    path = tmp_path / "r.html"
    scores = write_report(path, model, TEXTS, Y, X_train=TEXTS, y_train=["dry"] * 20 + ["wet"] * 4)
    assert list(scores["baselines"]) == ["Majority", "TF-IDF + LinearSVC"]
    assert scores["baselines"]["Majority"]["accuracy"] == 8 / 24  # dry, which training had most
    other = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)
    scores = write_report(path, model, TEXTS, Y, baseline=other)
    assert list(scores["baselines"]) == ["Majority", "LogisticRegression"]
    assert "log_loss" in scores["baselines"]["LogisticRegression"]
    scores = write_report(path, model, TEXTS, Y, baseline=model)
    assert "MultinomialNB (baseline)" in scores["baselines"]
    assert "The same documents are right with MultinomialNB" in path.read_text(encoding="utf-8")
    other = make_pipeline(CountVectorizer(), MultinomialNB()).fit(TEXTS, Y)
    write_report(path, model, TEXTS, Y, baseline=other)
    html = re.sub("<[^>]*>", "", path.read_text(encoding="utf-8"))
    assert "0 documents right with this model alone, 4 documents with the other alone" in html
    assert "Chance could explain the difference" in html


def test_a_model_that_is_worse_is_called_so(model, tmp_path):
    path = tmp_path / "r.html"
    bad = make_pipeline(CountVectorizer(), MultinomialNB()).fit(TEXTS, LABELS[1:] + LABELS[:1])
    write_report(path, bad, TEXTS, LABELS, baseline=model)
    assert '<p class="verdict behind">Worse than MultinomialNB' in path.read_text(encoding="utf-8")
    write_report(path, model, TEXTS, LABELS, baseline=bad)
    assert '<p class="verdict ahead">Better than MultinomialNB' in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "kind", [OneVsRestClassifier(LinearSVC()), RandomForestClassifier(5, random_state=0)]
)
def test_many_labels_a_document(kind, tmp_path):
    y = pd.DataFrame({"濡れ": [1, 1, 0, 0, 0, 1] * 4, "砂": [0, 0, 1, 1, 0, 0] * 4})
    model = make_pipeline(CountVectorizer(), kind).fit(TEXTS, y.to_numpy())
    wrong = y.copy()
    wrong.iloc[:3] = 1 - wrong.iloc[:3]
    path = tmp_path / "r.html"
    scores = write_report(path, model, TEXTS, wrong, X_train=TEXTS, y_train=y)
    predicted = model.predict(TEXTS)
    for average in ("micro", "macro"):
        expected = f1_score(wrong, predicted, average=average)
        assert scores[f"f1_{average}"] == pytest.approx(expected)
    assert scores["exact_match"] == accuracy_score(wrong, predicted)
    assert [row["label"] for row in scores["labels"]] == ["濡れ", "砂"]
    assert "confusions" not in sections(path)
    assert "errors" in sections(path)
    json.dumps(scores)


@pytest.mark.parametrize(
    "as_labels",
    [
        lambda y: pd.Series(y, index=range(100, 100 + len(y))),
        lambda y: np.array([("cold", "dry", "wet").index(one) for one in y]),
        lambda y: np.array([one == "wet" for one in y]),
        lambda y: pd.Series(y, dtype="category"),
    ],
    ids=["series", "int", "bool", "category"],
)
def test_labels_of_all_types(as_labels, tmp_path):
    texts = pd.Series(TEXTS, index=[f"doc{i}" for i in range(len(TEXTS))])
    model = make_pipeline(CountVectorizer(), MultinomialNB()).fit(texts, as_labels(LABELS))
    path = tmp_path / "r.html"
    scores = write_report(path, model, texts, as_labels(Y))
    assert scores["accuracy"] == 20 / 24
    assert "Document doc5<" in path.read_text(encoding="utf-8")
    json.dumps(scores)


@pytest.mark.parametrize("unit", ["D", "s", "ns"])
def test_dates_are_labels(network, tmp_path, unit):
    """Not the nanoseconds that Python makes of them."""
    days = {"wet": "2020-01-01", "dry": "2021-01-01", "cold": "2022-01-01"}

    def dates(labels):
        return np.array([days[one] for one in labels], f"datetime64[{unit}]")

    model = clone(network).fit(TEXTS, dates(LABELS))
    path = tmp_path / "r.html"
    write_report(path, model, TEXTS, dates(Y))
    assert "2020-01-01" in path.read_text(encoding="utf-8")
    assert "1577836800" not in path.read_text(encoding="utf-8")
    [one] = explain(model, ["rain"])
    assert one.target == model.predict(["rain"])[0]
    for label in model.classes_:
        assert explain(model, ["rain"], target=label)[0].target == label


@pytest.mark.filterwarnings("error")
def test_one_document(model, tmp_path):
    scores = write_report(tmp_path / "r.html", model, TEXTS[:1], Y[:1])
    assert scores["accuracy"] == scores["balanced_accuracy"] == 1


def test_labels_that_training_did_not_have_are_listed(model, tmp_path):
    scores = write_report(tmp_path / "r.html", model, TEXTS, ["wet"] * 20 + ["new"] * 4)
    assert [row["label"] for row in scores["labels"]] == ["cold", "dry", "wet", "new"]
    assert scores["labels"][3]["recall"] == 0
    assert scores["labels"][3]["precision"] is None
    assert "log_loss" not in scores
    with pytest.raises(ValueError, match=r"Got y with the labels \[0, 1\].*'cold'"):
        write_report(tmp_path / "r.html", model, TEXTS, [0, 1] * 12)


def test_names_of_labels(model, tmp_path):
    path = tmp_path / "r.html"
    scores = write_report(path, model, TEXTS, Y, target_names=["さむい", "かわき", "ぬれ"])
    assert [row["label"] for row in scores["labels"]] == ["さむい", "かわき", "ぬれ"]
    assert '<bdi lang="ja">かわき</bdi>' in path.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="Got 2 target_names but expected 3"):
        write_report(path, model, TEXTS, Y, target_names=["a", "b"])


def test_searches_networks_and_ids(network, tmp_path, small_vectors):
    path = tmp_path / "r.html"
    search = GridSearchCV(network, {"clf__units": [2]}, cv=2).fit(TEXTS, LABELS)
    scores = write_report(path, search, iter(TEXTS), Y)
    assert "training" in sections(path)
    assert scores["accuracy"] == accuracy_score(Y, search.predict(TEXTS))
    X = TokenIds([[2, 3], [6, 0]] * 6, small_vectors)
    y = [0, 1] * 6
    clf = W2VLSTMClassifier(units=2, hidden=None, epochs=1, random_state=0).fit(X, y)
    write_report(path, clf, X, y[::-1])
    assert "雨 雪" in re.sub("<[^>]*>", "", path.read_text(encoding="utf-8"))


def marks(path):
    """Words that are highlighted in the texts."""
    texts = re.findall('<div class="text"[^>]*>(.*?)</div>', path.read_text(encoding="utf-8"), re.S)
    return [re.findall(r"rgba\([^>]*>([^<]*)</span>", text) for text in texts]


@pytest.mark.parametrize(
    "as_labels",
    [
        lambda y: np.array([one == "wet" for one in y]),
        lambda y: np.array([("cold", "dry", "wet").index(one) for one in y]),
        lambda y: np.array([[one == "wet", one != "cold"] for one in y], int),
    ],
    ids=["bool", "int", "many"],
)
def test_words_of_shown_documents_are_highlighted(network, tmp_path, as_labels):
    path = tmp_path / "r.html"
    model = clone(network).fit(TEXTS, as_labels(LABELS))
    write_report(path, model, TEXTS, as_labels(Y), n_examples=3)
    found = marks(path)
    assert len(found) == 6
    assert all(set(words) <= set(" ".join(TEXTS).split()) for words in found)
    assert all(map(len, found))
    assert "counts most" in path.read_text(encoding="utf-8")


def test_steps_that_explain_does_not_know_leave_plain_text(network, tmp_path):
    model = clone(network)
    model.steps.insert(1, ("own", FunctionTransformer()))  # behind the ids
    model.fit(TEXTS, LABELS)
    path = tmp_path / "r.html"
    write_report(path, model, TEXTS, Y)
    assert "errors" in sections(path)
    assert not any(marks(path))


def test_more_labels_than_a_matrix_can_show(tmp_path):
    X = [f"word{i}" for i in range(100)] * 2
    y = list(range(100)) * 2
    model = make_pipeline(CountVectorizer(), MultinomialNB()).fit(X, y)
    path = tmp_path / "r.html"
    scores = write_report(path, model, X, [*y[:150], *y[100:150]])
    assert len(scores["labels"]) == 100
    html = path.read_text(encoding="utf-8")
    assert 'class="matrix' not in html
    assert "Most frequent confusions" in html


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"X": "rain"}, TypeError, "single str as X"),
        ({"X": 3}, TypeError, "int as X"),
        ({"X": []}, ValueError, "X with 0 documents"),
        ({"y": Y[:3]}, ValueError, "24 documents in X but 3 labels"),
        ({"y": np.ones((24, 3), int)}, ValueError, "Got labels of shape"),
        ({"X_train": TEXTS}, ValueError, "X_train without y_train"),
        ({"y_train": LABELS}, ValueError, "y_train without X_train"),
        ({"estimator": MultinomialNB()}, NotFittedError, "MultinomialNB"),
        ({"estimator": MultinomialNB}, TypeError, "estimator="),
        ({"baseline": MultinomialNB()}, NotFittedError, "MultinomialNB"),
        ({"estimator": CountVectorizer().fit(TEXTS)}, TypeError, "no predict"),
        ({"estimator": REGRESSOR}, TypeError, "a regressor"),
        ({"baseline": REGRESSOR}, TypeError, "a regressor"),
        ({"X_train": pd.DataFrame({"a": TEXTS}), "y_train": Y}, ValueError, "DataFrame as X_train"),
        ({"title": 3}, ValueError, "title"),
        ({"n_examples": -1}, ValueError, "n_examples"),
    ],
)
def test_mistakes_are_named_and_leave_no_file(model, tmp_path, wrong, error, message):
    given = {"estimator": model, "X": TEXTS, "y": Y, **wrong}
    with pytest.raises(error, match=message):
        write_report(tmp_path / "r.html", **given)
    assert list(tmp_path.iterdir()) == []


def test_a_former_report_stays_until_the_new_one_is_complete(model, tmp_path, monkeypatch):
    path = tmp_path / "r.html"
    path.write_text("former")
    with monkeypatch.context() as patch:
        patch.setattr(
            "sklearn_w2v.inspection.report.page._render", lambda *args: "\ud800"
        )  # no UTF-8
        with pytest.raises(UnicodeEncodeError):
            write_report(path, model, TEXTS, Y)
    assert path.read_text() == "former"
    write_report(str(path), model, TEXTS, Y)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [one.name for one in tmp_path.iterdir()] == ["r.html"]


def test_a_missing_jinja2_names_the_extra(model, tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("jinja2"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-w2v\[report\]'"):
        write_report(tmp_path / "r.html", model, TEXTS, Y)
