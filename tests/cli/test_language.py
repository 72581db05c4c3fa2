"""``sklearn-w2v --language``: by the option, by the environment, by the locale."""

from __future__ import annotations

import json
import re

import pytest

from sklearn_w2v import load, read_card

# names that are the same in any language
NAMES = (
    "Pipeline JapaneseTokenizer W2VIndexer W2VLSTMClassifier TF IDF LinearSVC F1 weather csv wet "
    "dry sklearn_w2v Python scikit learn keras tensorflow gensim numpy fugashi unidic lite skops"
)


def latin(text):
    return set(re.findall("[A-Za-z][A-Za-z0-9_]*", text))


@pytest.fixture
def evaluate(command, weather):
    def run(*before, after=()):
        return command(
            *before, "evaluate", weather / "weather.w2v", weather / "weather.csv", *after
        )

    return run


def test_the_option_comes_before_the_environment_and_that_before_the_locale(evaluate, monkeypatch):
    japanese, english = "正解率 1.000、マクロ F1 1.000", "Accuracy 1.000, macro F1 1.000"
    assert english in evaluate().out
    assert japanese in evaluate("--language", "ja").out
    assert english in evaluate().out  # nothing is left of it
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert japanese in evaluate().out
    monkeypatch.setenv("SKLEARN_W2V_LANGUAGE", "en")
    assert english in evaluate().out
    assert japanese in evaluate("--language", "ja").out


def test_an_unknown_language_is_an_error_of_one_line(evaluate, monkeypatch):
    done = evaluate("--language", "fr")
    assert (done.status, done.out) == (2, "")
    assert re.fullmatch("Error: [^\n]*'--language'[^\n]*'fr'[^\n]*\n", done.err)
    monkeypatch.setenv("SKLEARN_W2V_LANGUAGE", "fr")
    done = evaluate()
    assert (done.status, done.out) == (2, "")
    assert re.fullmatch("Error: [^\n]*'--language'[^\n]*'fr'[^\n]*\n", done.err)


def test_errors_notes_and_json_stay_english(evaluate, command, weather, tmp_path):
    assert evaluate("--language", "ja", after=["--json"]).out == evaluate(after=["--json"]).out
    done = evaluate("--language", "ja", after=["--train", "x.csv"])
    assert done.err == "Error: Got --train without --report, but only the report uses it.\n"
    done = evaluate("--language", "ja", after=["--report", tmp_path / "r.html"])
    assert done.err == f"Wrote {tmp_path / 'r.html'}.\n"
    assert '<html lang="ja">' in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_fit_writes_table_verdict_and_card(command, weather, tmp_path):
    path = tmp_path / "model.w2v"
    done = command(
        "--language", "ja", "fit", weather / "weather.csv", "--out", path, "--folds", "2",
        "--epochs", "1", "--group", "place",
    )  # fmt: skip
    assert done.status == 0
    assert "交差検証(2 分割、グループ単位)" in done.out
    assert "最頻ラベル" in done.out
    assert latin(done.out) <= set(NAMES.split())
    card = read_card(path)
    for wanted in (
        "## モデル",
        "## データ",
        "## スコア(2 分割、グループ単位)",
        "| 手動での停止 | なし |",
    ):
        assert wanted in card
    card = re.sub(r"\| パラメーター \|.*", "", card)
    assert latin(re.sub(r"\b[0-9a-f]{32}\b", "", card)) <= set(NAMES.split())
    assert load(path).predict(["雨と雪の日", "夏の海"]).tolist() == ["wet", "dry"]
    found = command("--language", "ja", "predict", path, weather / "weather.csv", "--json")
    assert json.loads(found.out.splitlines()[0])["predicted"] == "wet"


def test_explain_writes_a_page(command, weather, tmp_path):
    page = tmp_path / "page.html"
    command("--language", "ja", "explain", weather / "weather.w2v", "雨と雪", "--html", page)
    shown = re.sub("<[^>]*>", "", page.read_text(encoding="utf-8"))
    assert "打ち消す語" in shown
    assert latin(shown) <= {"wet", "middot", "e"}  # e: of a small number


def test_the_probe_says_it_in_japanese(command, weather, small_vectors, tmp_path):
    small_vectors.save(tmp_path / "v.txt")
    arguments = "vectors", "probe", weather / "weather.csv", "--vectors", tmp_path / "v.txt"
    done = command("--language", "ja", *arguments)
    assert re.fullmatch("単語ベクトルを加え.*転移学習(が効きます|は効きません)。\n", done.out)
