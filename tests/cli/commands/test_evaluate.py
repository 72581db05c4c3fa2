from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.metrics import f1_score

from sklearn_w2v import make_w2v_pipeline, save
from sklearn_w2v.cli.commands.evaluate import _scores
from sklearn_w2v.cli.cross_validation import FoldScores
from sklearn_w2v.inspection.report.scores import scores_of


def test_scores_in_a_table_and_as_json(command, weather):
    arguments = ("evaluate", weather / "weather.w2v", weather / "weather.csv")
    done = command(*arguments)
    assert done.status == 0
    assert done.err == ""
    assert "Accuracy 1.000, macro F1 1.000" in done.out
    assert "dry" in done.out
    found = json.loads(command(*arguments, "--json").out)
    assert found["documents"] == 24
    assert found["accuracy"] == 1.0
    assert found["labels"]["wet"] == {"precision": 1, "recall": 1, "f1": 1, "documents": 12}


def test_labels_that_the_model_does_not_know_count_as_wrong(command, weather, tmp_path):
    path = tmp_path / "test.csv"
    path.write_text("text,label\n雨と雪,wet\n夏の海,windy\n", encoding="utf-8")
    done = command("evaluate", weather / "weather.w2v", path, "--json")
    assert json.loads(done.out)["accuracy"] == 0.5
    assert "does not know 1 of the labels: 'windy'" in done.err


@pytest.mark.parametrize(
    ("labels", "written"),
    [
        ([" a", "a "], [" a", "a "]),  # two labels
        ([" a", "b"], ["a", " b "]),
        ([1.0, 2.0], ["1", "2.00"]),
        ([1, 2], ["1.0", " 2"]),
        ([True, False], ["true", "FALSE"]),
    ],
    ids=str,
)
def test_labels_may_be_written_in_other_ways(command, tmp_path, labels, written):
    texts = ["雨 が 降る", "海 の 夏"]
    model = make_w2v_pipeline(tokenizer=None, random_state=0, train_network=False, epochs=1)
    save(model.fit(texts * 12, np.array(labels * 12)), tmp_path / "model.w2v")
    rows = "".join(f'{text},"{name}"\n' for text, name in zip(texts, written, strict=True))
    (tmp_path / "test.csv").write_text(f"text,label\n{rows}", encoding="utf-8")
    arguments = "evaluate", tmp_path / "model.w2v", tmp_path / "test.csv"
    done = command(*arguments, "--json", "--report", tmp_path / "report.html")
    assert done.status == 0, done.err
    found = json.loads(done.out)
    assert found["accuracy"] == 1.0
    assert sorted(found["labels"]) == sorted(map(str, labels))
    assert "does not know" not in done.err


def test_a_model_that_knows_none_of_the_labels_has_no_scores(command, weather, tmp_path):
    path = tmp_path / "test.csv"
    path.write_text("text,label\n雨と雪,rainy\n夏の海,sunny\n", encoding="utf-8")
    done = command("evaluate", weather / "weather.w2v", path)
    assert done.status == 2
    assert "knows none of the labels, such as 'rainy'; its own are 'dry', 'wet'." in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    ("labels", "predicted"),
    [
        ("aaabbb", "aacbbc"),  # a label that is only predicted
        ("aabbcc", "aabbab"),  # one that never is
        ("aab", "bba"),
        ("abz", "abc"),  # a label that the model does not know
    ],
)
def test_one_macro_f1_for_command_report_and_comparison(labels, predicted):
    y, found = np.array(list(labels)), np.array(list(predicted))
    codes = {name: code for code, name in enumerate(sorted({*labels, *predicted}))}
    folds = FoldScores("this model")
    folds.add(0, y, found, 0.0, True)
    report = scores_of(*(np.array([codes[name] for name in one]) for one in (y, found)))
    expected = f1_score(y, found, average="macro", zero_division=0)
    assert _scores(list(y), list(found))["f1_macro"] == expected
    assert folds.f1 == [expected]
    assert report["f1_macro"] == expected


def test_labels_without_documents_are_listed():
    assert _scores(["a", "a", "b"], ["a", "c", "b"])["labels"]["c"]["documents"] == 0


def test_the_report_is_written(command, weather, tmp_path, monkeypatch):
    given = {}

    def write_report(path, estimator, X, y, **kwargs):
        given.update(kwargs, path=path, X=X, y=y)

    monkeypatch.setattr("sklearn_w2v.write_report", write_report, raising=False)
    data, report = weather / "weather.csv", tmp_path / "report.html"
    done = command(
        "evaluate", weather / "weather.w2v", data, "--report", report, "--train", data, "--quiet"
    )
    assert done.status == 0
    assert given["path"] == report
    assert (len(given["X"]), set(given["y"])) == (24, {"wet", "dry"})
    assert (len(given["X_train"]), len(given["y_train"])) == (24, 24)


def test_the_report_is_a_page(command, weather, tmp_path):
    pytest.importorskip("jinja2", reason="the report needs jinja2")
    data, page = weather / "weather.csv", tmp_path / "report.html"
    done = command("evaluate", weather / "weather.w2v", data, "--report", page)
    assert (done.status, done.err) == (0, f"Wrote {page}.\n")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--label", "genre"], "columns 'text', 'label', 'place'"),
        (["--train", "x.csv"], "--report"),
        (["--report", "/nowhere/report.html"], "'/nowhere'"),
    ],
)
def test_errors_are_one_line(command, weather, arguments, wanted):
    done = command("evaluate", weather / "weather.w2v", weather / "weather.csv", *arguments)
    assert (done.status, done.out) == (2, "")
    assert wanted in done.err
    assert done.err.count("\n") == 1


def test_a_report_of_labels_that_are_numbers_to_the_model(command, tmp_path):
    model = make_w2v_pipeline(random_state=0, train_network=False)
    save(model.fit(["雨と雪", "夏の海"] * 12, [0, 1] * 12), tmp_path / "m.w2v")
    path, page = tmp_path / "t.csv", tmp_path / "r.html"
    path.write_text("text,label\n雨と雪,0\n夏の海,1\n霧,2\n", encoding="utf-8")
    done = command("evaluate", tmp_path / "m.w2v", path, "--report", page)
    assert done.status == 0, done.err
    assert page.stat().st_size > 10_000
    path.write_text("text,label\n雨と雪,0\n夏の海,fog\n", encoding="utf-8")
    done = command("evaluate", tmp_path / "m.w2v", path, "--report", page)
    assert "Got the label 'fog', but those of the model are of type int64" in done.err
    path.write_text("text,label\n雨と雪,0\n夏の海,01\n", encoding="utf-8")
    done = command("evaluate", tmp_path / "m.w2v", path, "--report", page)
    assert "Got the label '01', but those of the model are of type int64" in done.err
