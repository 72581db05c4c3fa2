from __future__ import annotations

import json
import signal

import pytest

from sklearn_w2v import load, read_card, save
from sklearn_w2v.cli import fit_run
from sklearn_w2v.networks import training_loop as _epochs


@pytest.fixture
def fit(command, weather, tmp_path):
    def run(*arguments, data=weather / "weather.csv"):
        return command("fit", data, "--out", tmp_path / "model.w2v", *arguments)

    return run


def test_a_model_and_its_comparison(fit, tmp_path, weather):
    done = fit("--folds", "2", "--epochs", "1", "--group", "place")
    assert done.status == 0
    assert "24 documents, 2 labels." in done.err
    assert "model.w2v" in done.err
    for wanted in ("2 folds, by group", "this model", "TF-IDF + LinearSVC", "most frequent label"):
        assert wanted in done.out
    model = load(tmp_path / "model.w2v")
    assert list(model.named_steps) == ["tokens", "ids", "clf"]
    assert model.predict(["雨と雪の日", "夏の海"]).tolist() == ["wet", "dry"]
    card = read_card(tmp_path / "model.w2v")
    for wanted in ("weather.csv", "dry (12), wet (12)", "Scores (2 folds, by group)", "± "):
        assert wanted in card
    assert str(weather) not in card


def test_json_without_folds_and_with_a_network_of_windows(fit, tmp_path):
    done = fit("--folds", "0", "--epochs", "1", "--network", "cnn", "--json", "--quiet")
    assert (done.status, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["documents"] == 24
    assert found["labels"] == {"dry": 12, "wet": 12}
    assert found["interrupted"] is False
    assert "scores" not in found
    assert type(load(tmp_path / "model.w2v")["clf"]).__name__ == "W2VCNNClassifier"


def test_vectors_of_a_file_and_texts_of_words(fit, tmp_path, small_vectors, weather):
    small_vectors.save(tmp_path / "small.bin")
    path = tmp_path / "words.jsonl"
    rows = [{"text": "雨 雪", "label": 1}, {"text": "夏 海", "label": 2}] * 6
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    arguments = ("--vectors", tmp_path / "small.bin", "--tokenizer", "blanks", "--epochs", "1")
    done = fit(*arguments, "--folds", "0", "--json", data=path)
    assert json.loads(done.out)["coverage"] == 1.0
    model = load(tmp_path / "model.w2v")
    assert list(model.named_steps) == ["ids", "clf"]
    assert model["ids"].vectors_.dim == 4
    assert model.classes_.tolist() == ["1", "2"]


def test_a_search_takes_the_best_candidate(fit, monkeypatch, tmp_path):
    monkeypatch.setitem(fit_run._GRIDS, "lstm", {"units": [2, 3]})
    done = fit("--search", "--folds", "2", "--epochs", "1", "--json")
    found = json.loads(done.out)
    assert [each["params"] for each in found["search"]] == [{"units": 2}, {"units": 3}]
    assert found["folds"] == 2
    best = max(found["search"], key=lambda each: each["accuracy"])["params"]
    assert found["best_params"] == best
    assert load(tmp_path / "model.w2v")["clf"].units == best["units"]
    assert f"Best parameters: units={best['units']}." in done.err


def test_of_equal_candidates_the_recipe_is_taken(fit, monkeypatch, tmp_path):
    monkeypatch.setitem(fit_run._GRIDS, "lstm", {"maxlen": [63, "auto", 65]})
    done = fit("--search", "--folds", "2", "--epochs", "1")
    assert load(tmp_path / "model.w2v")["clf"].maxlen == "auto"
    assert "Search" in done.out
    assert "flattered" in done.out


def test_the_data_may_come_through_a_pipe(command, tmp_path):
    rows = "".join(f"{text},{label}\n" for text, label in (("雨", 1), ("海", 2)) * 4)
    data = f"本文,label\n{rows}".encode("cp932")
    options = ("--text", "本文", "--encoding", "cp932", "--folds", 0, "--epochs", 1, "--maxlen", 7)
    done = command("fit", "-", "--out", tmp_path / "model.w2v", *options, stdin=data)
    assert done.status == 0, done.err
    assert load(tmp_path / "model.w2v")["ids"].maxlen_ == 7


def test_warnings_name_options_and_not_python(command, fit, small_vectors, tmp_path):
    small_vectors.save(tmp_path / "small.bin")
    path = csv_of(tmp_path, [("雨", "wet"), ("海", "dry")] * 8)
    options = ("--vectors", tmp_path / "small.bin", "--folds", "0", "--epochs", "1")
    fit(*options, "--keep", "rows", data=path)
    model = load(tmp_path / "model.w2v")
    model["clf"]._built_network()
    model["clf"]._blend.weight = 0.5  # the rows matter
    save(model, tmp_path / "model.w2v", vectors="rows")
    done = command("predict", tmp_path / "model.w2v", stdin="雪と霧".encode())
    warnings = done.err.splitlines()
    assert len(warnings) == 2
    assert any("--keep all" in line for line in warnings)
    assert any("larger --maxlen" in line for line in warnings)


def test_vectors_are_held_whole_unasked_where_they_are_small_and_count(small_vectors, monkeypatch):
    from sklearn_w2v import W2VIndexer

    indexer = W2VIndexer(small_vectors).fit([["雨", "雪"]])
    kept = fit_run._default_keep
    assert (kept(indexer, True), kept(indexer, False)) == ("all", "rows")
    monkeypatch.setattr(fit_run, "_MAX_WHOLE", 20)
    assert kept(indexer, True) == "rows"


ALWAYS = "--train-network", "always"


def press_ctrl_c(monkeypatch, at, times=1):
    """Press it in the given calls of what training tells."""
    calls = []
    report = _epochs.report_progress

    def pressed(*args):
        calls.append(args)
        if len(calls) == at:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        return report(*args)

    monkeypatch.setattr(_epochs, "report_progress", pressed)
    return calls


@pytest.fixture(autouse=True)
def _ctrl_c_is_heard():
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def test_ctrl_c_in_training_keeps_what_was_learnt(fit, monkeypatch, tmp_path):
    calls = press_ctrl_c(monkeypatch, at=2)
    done = fit("--folds", "2", "--epochs", "9", *ALWAYS)
    assert done.status == 130
    assert len(calls) == 2
    assert "Stopped in epoch 2 of 9: the model has the best weights so far." in done.err
    assert "Interrupted." in done.err
    assert done.out == ""
    model = load(tmp_path / "model.w2v")
    assert model["clf"].n_iter_ == 2
    assert model.predict(["雨と雪の日"]).tolist() == ["wet"]
    assert "stopped by hand | True" in read_card(tmp_path / "model.w2v")


def test_ctrl_c_in_the_comparison_shows_the_folds_that_are_done(fit, monkeypatch, tmp_path):
    press_ctrl_c(monkeypatch, at=3)  # one epoch of the model, one of the first fold
    done = fit("--folds", "3", "--epochs", "1", *ALWAYS)
    assert done.status == 130
    assert "one fold" in done.out
    card = read_card(tmp_path / "model.w2v")
    assert "stopped by hand | False" in card
    assert "## Scores (1 fold" in card
    assert done.err.count("Word vectors") == 1


def test_a_second_ctrl_c_writes_nothing(fit, monkeypatch, tmp_path):
    press_ctrl_c(monkeypatch, at=1, times=2)
    done = fit("--folds", "0", *ALWAYS)
    assert done.status == 130
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_in_a_search_trains_the_best_so_far(fit, monkeypatch, tmp_path):
    monkeypatch.setitem(fit_run._GRIDS, "lstm", {"units": [2, 3]})
    press_ctrl_c(monkeypatch, at=1)
    done = fit("--search", "--folds", "2", "--epochs", "1", *ALWAYS)
    assert done.status == 130
    assert "No candidate was finished" in done.err
    assert load(tmp_path / "model.w2v")["clf"].units == 100


def csv_of(tmp_path, rows):
    path = tmp_path / "rows.csv"
    path.write_text("text,label\n" + "".join(f"{t},{y}\n" for t, y in rows), encoding="utf-8")
    return path


def test_rare_labels_are_named_or_left_out(fit, tmp_path):
    rows = [("雨", "wet"), ("海", "dry")] * 4 + [("霧", "fog")]
    path = csv_of(tmp_path, rows)
    done = fit(data=path)
    assert done.status == 2
    assert "1 of 3 labels in column 'label' have one document ('fog')" in done.err
    done = fit("--drop-rare", "2", "--folds", "0", "--epochs", "1", data=path)
    assert done.status == 0
    assert "1 labels with fewer than 2 documents are left out (1 documents)." in done.err
    assert load(tmp_path / "model.w2v").classes_.tolist() == ["dry", "wet"]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--label", "genre"], "Got --label 'genre', but"),
        (["--group", "genre"], "Got --group 'genre', but"),
        (["--label", "place", "--folds", "9"], "lower --folds"),
        (["--folds", "1"], "Got --folds 1"),
        (["--search", "--folds", "0"], "Got --folds 0"),
        (["--jobs", "0"], "Got --jobs 0"),
        (["--keep", "reference"], "needs --vectors"),
        (["--aliases", "x"], "needs --vectors"),
        (["--vectors", "/nowhere.bin"], "/nowhere.bin"),
        (["--out", "/nowhere/model.w2v"], "The folder '/nowhere'"),
        (["--out", "/"], "is a folder"),
    ],
)
def test_errors_come_ahead_of_training(fit, tmp_path, arguments, wanted):
    done = fit(*arguments)
    assert (done.status, done.out) == (2, "")
    assert wanted in done.err.splitlines()[-1]
    assert not (tmp_path / "model.w2v").exists()


def test_a_label_of_one_group_is_refused_before_training(fit, tmp_path):
    path = tmp_path / "groups.csv"
    rows = [("雨", "wet", "a")] * 6 + [("海", "dry", f"b{place}") for place in range(6)]
    path.write_text(
        "text,label,group\n" + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8"
    )
    done = fit("--group", "group", "--folds", "3", data=path)
    assert (done.status, done.out) == (2, "")
    assert "All groups of 'wet' (1 groups) are in one fold" in done.err
    assert not (tmp_path / "model.w2v").exists()


def test_one_label_is_too_few(fit, tmp_path):
    done = fit(data=csv_of(tmp_path, [("雨", "wet"), ("雪", "wet")]))
    assert done.status == 2
    assert "has 1 label ('wet') but expected two or more" in done.err
