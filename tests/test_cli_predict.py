from __future__ import annotations

import csv
import io
import json

import pytest

from sklearn_w2v import load

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


def test_tables_keep_columns_and_are_read_in_chunks(command, weather, tmp_path, expected):
    rows = [{"id": n, "本文": text} for n, text in enumerate(TEXTS)]
    path = tmp_path / "new.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    arguments = (weather / "weather.w2v", path, "--text", "本文", "--keep", "id", "--chunk", 2)
    done = command("predict", *arguments, "--json")
    got = [json.loads(line) for line in done.out.splitlines()]
    assert [(row["id"], row["label"]) for row in got] == list(enumerate(expected[0]))
    assert got[0]["probability"] == max(got[0]["probabilities"].values())
    assert done.out.count("\n") == 3
    done = command("predict", *arguments)
    assert [row["id"] for row in csv.DictReader(io.StringIO(done.out))] == ["0", "1", "2"]


def test_the_standard_input_may_be_a_table(command, weather, expected):
    data = "id,text\n" + "".join(f"{n},{text}\n" for n, text in enumerate(TEXTS))
    arguments = ("predict", weather / "weather.w2v", "-", "--labels-only")
    for further in (("--text", "text"), ("--format", "csv")):
        done = command(*arguments, *further, stdin=data.encode("cp932"))
        assert done.status == 2
        done = command(*arguments, *further, "--encoding", "cp932", stdin=data.encode("cp932"))
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
    ],
)
def test_errors_are_one_line(command, weather, arguments, wanted):
    places = {"model": weather / "weather.w2v", "data": weather / "weather.csv"}
    done = command("predict", *(argument.format(**places) for argument in arguments))
    assert done.status == 2
    assert wanted in done.err
    assert done.err.count("\n") == 1


def test_models_without_probabilities(command, weather, tmp_path):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    from sklearn_w2v import save

    model = make_pipeline(TfidfVectorizer(analyzer="char"), LinearSVC())
    save(model.fit(TEXTS, ["wet", "dry", "dry"]), tmp_path / "svm.w2v")
    done = command("predict", tmp_path / "svm.w2v", stdin=TEXTS[0].encode())
    assert done.out == "predicted\nwet\n"
