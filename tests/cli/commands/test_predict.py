from __future__ import annotations

import codecs
import contextlib
import csv
import io
import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import Pipeline

from sklearn_w2v import load, save
from sklearn_w2v.cli.commands.predict import _writer

TEXTS = ["雨と雪の日", "夏の海", "砂と祭"]


@pytest.fixture(scope="module")
def expected(weather):
    model = load(weather / "weather.w2v")
    return model.predict(TEXTS).tolist(), model.predict_proba(TEXTS)


def test_lines_become_csv_with_all_probabilities(command, weather, expected):
    done = command("predict", weather / "weather.w2v", stdin="\n".join(TEXTS).encode())
    assert (done.status, done.err) == (0, "")
    head, *rows = csv.reader(io.StringIO(done.out))
    assert head == ["predicted", "probability", "p_dry", "p_wet"]
    labels, probabilities = expected
    assert [row[0] for row in rows] == labels
    for row, each in zip(rows, probabilities, strict=True):
        assert [float(cell) for cell in row[1:]] == pytest.approx([max(each), *each], abs=1e-6)


def test_a_label_for_each_row_of_one_column(command, weather, tmp_path, expected):
    path = tmp_path / "one.csv"
    path.write_bytes("text\r\n雨と雪の日\r\n\r\n夏の海\r\n".encode())
    done = command("predict", weather / "weather.w2v", path, "--labels-only")
    labels = done.out.splitlines()
    assert (len(labels), labels[0], labels[2]) == (3, *expected[0][:2])


def test_labels_of_several_lines_are_refused_where_lines_are_labels():
    model = SimpleNamespace(classes_=np.array(["dry", "wet\nday"]))
    with pytest.raises(ValueError, match=r"--labels-only, but the label 'wet\\nday' holds a line"):
        _writer(model, [], "labels")


def test_tables_keep_columns_and_are_read_in_chunks(command, weather, tmp_path, expected):
    rows = [{"id": n, "本文": text} for n, text in enumerate(TEXTS)]
    path = tmp_path / "new.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    arguments = (weather / "weather.w2v", path, "--text", "本文", "--keep", "id", "--chunk", 2)
    done = command("predict", *arguments, "--json")
    got = [json.loads(line) for line in done.out.splitlines()]
    assert [(row["id"], row["predicted"]) for row in got] == list(enumerate(expected[0]))
    assert got[0]["probability"] == max(got[0]["probabilities"].values())
    assert done.out.count("\n") == 3
    done = command("predict", *arguments)
    assert [row["id"] for row in csv.DictReader(io.StringIO(done.out))] == ["0", "1", "2"]


def test_the_standard_input_may_be_a_table(command, weather, expected):
    data = "id,text\n" + "".join(f"{n},{text}\n" for n, text in enumerate(TEXTS))
    arguments = ("predict", weather / "weather.w2v", "-", "--labels-only")
    for further in (("--text", "text"), ("--format", "csv")):
        wrong = command(*arguments, *further, "--encoding", "utf-8", stdin=data.encode("cp932"))
        assert wrong.status == 2
        for known in ([], ["--encoding", "cp932"]):
            done = command(*arguments, *further, *known, stdin=data.encode("cp932"))
            assert done.out.splitlines() == expected[0]


def test_nothing_in_gives_the_head_alone(command, weather):
    assert command("predict", weather / "weather.w2v").out == "predicted,probability,p_dry,p_wet\n"
    assert command("predict", weather / "weather.w2v", "--json").out == ""


def test_what_comes_ahead_of_a_broken_row_is_written(command, weather, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "雨"}\n{"text": null}\n', encoding="utf-8")
    done = command("predict", weather / "weather.w2v", path, "--labels-only", "--chunk", 1)
    assert (done.status, done.out) == (2, "wet\n")
    assert "line 2: Got nothing in column 'text' but expected a text" in done.err


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["no.w2v"], "no.w2v"),
        (["{model}", "no.csv"], "There is no file 'no.csv'"),
        (["{data}", "{data}"], "weather.csv"),
        (["{model}", "{data}", "--text", "lyric"], "columns 'text', 'label', 'place'"),
        (["{model}", "{data}", "--keep", "id"], "Got --keep 'id'"),
        (["{model}", "{data}", "--json", "--labels-only"], "exclude each other"),
        (["{model}", "{data}", "--keep", "text", "--keep", "text"], "Got --keep 'text', but"),
        (
            ["{model}", "{odd}", "--text", "text", "--keep", "predicted"],
            "already has such a column",
        ),
        (["{model}", "{odd}", "--text", "text", "--keep", "p_wet", "--json"], "such a column"),
    ],
)
def test_errors_are_one_line(command, weather, arguments, wanted, tmp_path):
    odd = tmp_path / "odd.csv"
    odd.write_text("text,predicted,p_wet\n雨,wet,1\n", encoding="utf-8")
    places = {"model": weather / "weather.w2v", "data": weather / "weather.csv", "odd": odd}
    done = command("predict", *(argument.format(**places) for argument in arguments))
    assert done.status == 2
    assert wanted in done.err
    assert done.err.count("\n") == 1


def test_models_without_probabilities(command, weather, tmp_path):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    model = make_pipeline(TfidfVectorizer(analyzer="char"), LinearSVC())
    save(model.fit(TEXTS, ["wet", "dry", "dry"]), tmp_path / "svm.w2v")
    done = command("predict", tmp_path / "svm.w2v", stdin=TEXTS[0].encode())
    assert done.out == "predicted\nwet\n"


def test_truth_beside_prediction(command, weather, tmp_path):
    path = tmp_path / "k.jsonl"
    path.write_text('{"text": "雨", "label": "dry"}\n', encoding="utf-8")
    done = command("predict", weather / "weather.w2v", path, "--keep", "label", "--json")
    row = json.loads(done.out)
    assert (row["label"], row["predicted"]) == ("dry", "wet")


def thresholds(model, texts, labels):
    """Models whose label is not that of the largest probability."""
    strict = {"threshold": 0.0, "pos_label": "wet"}
    last = ("clf", FixedThresholdClassifier(model[-1], **strict))
    grid = {"pos_label": ["wet"], "threshold": [0.0]}
    return {
        "step": Pipeline([*model.steps[:-1], last]).fit(texts, labels),
        "whole": FixedThresholdClassifier(model, **strict).fit(texts, labels),
        "search": GridSearchCV(FixedThresholdClassifier(model), grid, cv=2).fit(texts, labels),
    }


def test_labels_are_those_of_predict(command, weather, tmp_path):
    with open(weather / "weather.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts, labels = ([row[name] for row in rows] for name in ("text", "label"))
    for model in thresholds(load(weather / "weather.w2v"), texts, labels).values():
        assert model.predict(TEXTS).tolist() == ["wet"] * 3
        save(model, tmp_path / "m.w2v")
        expected = model.predict_proba(TEXTS)
        assert expected[1, 1] < 0.5
        arguments = ("predict", tmp_path / "m.w2v", "--chunk", 2)
        done = command(*arguments, stdin="\n".join(TEXTS).encode())
        got = list(csv.DictReader(io.StringIO(done.out)))
        assert [row["predicted"] for row in got] == ["wet"] * 3
        assert [float(row["probability"]) for row in got] == pytest.approx(expected[:, 1], abs=1e-6)
        done = command(*arguments, "--json", stdin=TEXTS[1].encode())
        assert json.loads(done.out)["probability"] == pytest.approx(expected[1, 1], abs=1e-6)


def test_tables_of_excel_open_and_close(command, weather, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("sep=;\r\ntext;名前;\r\n雨と雪;髙橋;\r\n".encode("cp932"))
    done = command(
        "predict",
        weather / "weather.w2v",
        path,
        "--text",
        "text",
        "--keep",
        "名前",
        "--out-encoding",
        "utf-8-sig",
    )
    assert "is read as cp932" in done.err
    assert done.out.lstrip("\ufeff").splitlines()[0] == "名前,predicted,probability,p_dry,p_wet"
    assert "髙橋,wet," in done.out


def test_output_in_other_encodings(command, weather):
    arguments = ["predict", weather / "weather.w2v", "--keep", "text", "--out-encoding"]

    def run(text, encoding):
        out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")  # what the console has
        with contextlib.redirect_stdout(out):
            done = command(*arguments, encoding, stdin=text.encode())
            out.flush()
        return done, out.buffer.getvalue()

    _, written = run("雨と雪\n", "utf-8-sig")
    assert written.startswith(b"\xef\xbb\xbftext,predicted")
    assert written.count(b"\xef\xbb\xbf") == 1
    assert run("雨と雪\n", "cp932")[1].decode("cp932").splitlines()[1].startswith("雨と雪,wet")
    for unknown in ("cp9999", "rot13", "base64", "undefined"):
        done = run("雨\n", unknown)[0]
        assert done.status == 2
        assert f"Got --out-encoding {unknown}, which Python does not know" in done.err
    done, _ = run("雨と𠮟\n", "cp932")
    assert done.status == 2
    assert "Got --out-encoding cp932, which lacks '𠮟'; utf-8-sig" in done.err


@pytest.mark.parametrize("encoding", ["cp932", "utf-16", "utf-8-sig"])
def test_output_in_another_encoding_through_a_pipe(weather, encoding):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sklearn_w2v", "predict", weather / "weather.w2v"),
            *("--keep", "text", "--out-encoding", encoding),
        ],
        input="雨と雪\n".encode(),
        capture_output=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.decode(encoding).splitlines()[1].startswith("雨と雪,wet")
    marks = {"utf-16": codecs.BOM_UTF16, "utf-8-sig": codecs.BOM_UTF8}
    assert done.stdout.startswith(marks.get(encoding, b"text"))
    assert done.stdout.decode(encoding).startswith("text,predicted")  # and no second mark


def test_half_of_a_pair_is_a_question_mark_in_all_of_unicode(command, weather, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "\\ud800雨"}\n', encoding="utf-8")
    for encoding in ("utf-8", "utf-8-sig"):
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="replace")
        with contextlib.redirect_stdout(out):
            done = command(
                *("predict", weather / "weather.w2v", path, "--keep", "text"),
                *("--out-encoding", encoding),
            )
            out.flush()
        assert done.status == 0
        assert "?雨,wet" in out.buffer.getvalue().decode(encoding)


def test_a_carriage_return_in_a_cell_comes_back(command, weather, tmp_path):
    path, out = tmp_path / "a.csv", tmp_path / "out.csv"
    path.write_bytes('text\n"雨の\r日"\n夏\n'.encode())
    done = command("predict", weather / "weather.w2v", path, "--text", "text", "--keep", "text")
    out.write_bytes(done.out.encode())
    again = command("predict", weather / "weather.w2v", out, "--text", "text", "--keep", "text")
    assert again.status == 0, again.err
    rows = list(csv.DictReader(io.StringIO(again.out, newline="")))
    assert [row["text"] for row in rows] == ["雨の\r日", "夏"]


def test_numbers_that_json_does_not_have_are_null(command, weather, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "雨", "score": NaN}\n', encoding="utf-8")
    done = command(
        *("predict", weather / "weather.w2v", path, "--text", "text", "--keep", "score", "--json")
    )
    assert json.loads(done.out, parse_constant=pytest.fail)["score"] is None
