from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from sklearn_w2v import WordVectors, load
from sklearn_w2v.cli import fit_run


@pytest.fixture
def small_file(small_vectors, tmp_path):
    small_vectors.save(tmp_path / "small.bin")
    return tmp_path / "small.bin"


@pytest.mark.parametrize(
    ("ending", "wanted"),
    [(".bin", "word2vec binary"), (".txt.gz", "word2vec text, gzip"), (".glove", "GloVe text")],
)
def test_info_tells_the_format_and_what_is_in_it(command, small_vectors, tmp_path, ending, wanted):
    path = tmp_path / f"small{ending}"
    if ending == ".glove":
        small_vectors.save(tmp_path / "small.txt")
        text = (tmp_path / "small.txt").read_text(encoding="utf-8").partition("\n")[2]
        path.write_text(text, encoding="utf-8")
    else:
        small_vectors.save(path)
    found = json.loads(command("vectors", "info", path, "--json").out)
    assert found["format"] == wanted
    assert (found["words"], found["dimensions"], found["aliases"]) == (8, 4, 0)
    assert (found["subwords"], found["cached_before"]) == (False, False)
    assert found["file_bytes"] == path.stat().st_size
    assert found["cache_bytes"] > 8 * 4 * 4
    shown = command("vectors", "info", path)
    lines = shown.out.splitlines()
    assert "cached before  yes" in lines
    assert f"cache          {found['cache']}" in lines  # whole, as users delete that folder
    assert [line.rstrip() for line in lines] == lines


def test_info_counts_aliases(command, small_file, tmp_path):
    (tmp_path / "aliases.tsv").write_text("あめ\t雨\nゆき\t雪\n", encoding="utf-8")
    arguments = (small_file, "--aliases", tmp_path / "aliases.tsv", "--json")
    found = json.loads(command("vectors", "info", *arguments).out)
    assert (found["words"], found["rows"], found["aliases"]) == (10, 8, 2)


def test_convert_gives_the_same_vectors(command, small_file, small_vectors, tmp_path):
    done = command("vectors", "convert", small_file, tmp_path / "small.txt.gz")
    assert (done.status, done.out) == (0, "")
    assert "8 words, 4 dimensions" in done.err
    got = WordVectors.load(tmp_path / "small.txt.gz")
    assert got.words == small_vectors.words
    np.testing.assert_array_equal(got.vectors, small_vectors.vectors)


def test_neighbors(command, small_file, small_vectors):
    done = command("vectors", "neighbors", small_file, "雨", "-n", 2)
    rows = [line.split("\t") for line in done.out.splitlines()]
    expected = small_vectors.most_similar("雨", topn=2)
    assert [word for _, word in rows] == [word for word, _ in expected]
    assert float(rows[0][0]) == pytest.approx(expected[0][1], abs=1e-4)
    found = json.loads(
        command("vectors", "neighbors", small_file, "雨", "夏", "--without", "雪", "--json").out
    )
    expected = small_vectors.most_similar(["雨", "夏"], ["雪"])
    assert [each["word"] for each in found] == [word for word, _ in expected]


def test_train_on_files_of_several_formats(command, tmp_path, weather):
    (tmp_path / "more.txt").write_text("雨が降る\n雨が止む\n", encoding="utf-8")
    arguments = (weather / "weather.csv", tmp_path / "more.txt", "--out", tmp_path / "new.bin")
    settings = ("--size", 6, "--epochs", 2, "--seed", 1)
    done = command("vectors", "train", *arguments, *settings)
    assert done.status == 0, done.err
    got = WordVectors.load(tmp_path / "new.bin")
    assert got.dim == 6
    assert {"雨", "海", "が"} < set(got.words)
    assert "降る" not in got  # once alone
    assert command("vectors", "train", *arguments, *settings).status == 0
    np.testing.assert_array_equal(WordVectors.load(tmp_path / "new.bin").vectors, got.vectors)


def test_train_from_vectors_keeps_them_all(command, small_file, tmp_path):
    (tmp_path / "words.txt").write_text("雨 嵐\n嵐 雨\n", encoding="utf-8")
    arguments = (tmp_path / "words.txt", "--tokenizer", "blanks", "--from", small_file)
    done = command("vectors", "train", *arguments, "--out", tmp_path / "new.vec", "--epochs", 1)
    assert done.status == 0, done.err
    got = WordVectors.load(tmp_path / "new.vec")
    assert (len(got), got.dim) == (9, 4)
    assert "嵐" in got


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["info", "no.bin"], "no.bin"),
        (["info", "{folder}/bad.bin"], "Cannot read word vectors"),
        (["convert", "{folder}/small.bin", "x.npy"], "expected an ending of .bin"),
        (["convert", "{folder}/small.bin", "/nowhere/x.bin"], "'/nowhere'"),
        (
            ["convert", "{folder}/small.bin", "{folder}/small.bin"],
            "read, too, and would be lost",
        ),
        (["neighbors", "{folder}/small.bin", "嵐"], "'嵐' is not among the 8 words"),
        (["train", "no.txt", "--out", "{folder}/x.bin"], "There is no file 'no.txt'"),
        (["train", "{folder}/empty.txt", "--out", "{folder}/x.bin"], "there are no words"),
        (["train", "{folder}/empty.txt", "--out", "{folder}/x"], "expected an ending"),
    ],
)
def test_errors_are_one_line(command, small_file, tmp_path, arguments, wanted):
    (tmp_path / "bad.bin").write_text("no vectors", encoding="utf-8")
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    done = command("vectors", *(argument.format(folder=tmp_path) for argument in arguments))
    assert (done.status, done.out) == (2, "")
    assert wanted in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "x.bin").exists()


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Labelled words that are in one row each, and vectors that know what they mean."""
    folder = tmp_path_factory.mktemp("asked")
    words = [f"word{number}" for number in range(120)]
    rows = [f"{word},{'odd' if n % 2 else 'even'},g{n // 10}" for n, word in enumerate(words)]
    (folder / "data.csv").write_text("\n".join(["text,label,group", *rows]), encoding="utf-8")
    WordVectors(words, [[n % 2, 1] for n in range(120)]).save(folder / "telling.bin")
    WordVectors(words, np.random.default_rng(1).normal(size=(120, 3))).save(folder / "mute.bin")
    return folder


def test_probe_says_in_words_whether_vectors_pay(command, asked):
    ask = ["vectors", "probe", asked / "data.csv", "--tokenizer", "blanks"]
    done = command(*ask, "--vectors", asked / "telling.bin")
    assert done.out.startswith("Word vectors lower the held-out loss by ")
    assert done.out.endswith(": transfer pays.\n")
    assert "120 held-out documents" in done.err
    found = json.loads(
        command(*ask, "--vectors", asked / "mute.bin", "--group", "group", "--json").out
    )
    assert set(found) == {"gain", "standard_error", "z", "pays", "n_documents", "seconds"}
    assert found["pays"] is False


def test_fit_says_what_the_vectors_brought(command, asked, tmp_path):
    done = command(
        "fit", asked / "data.csv", "--vectors", asked / "mute.bin", "--tokenizer", "blanks",
        "--folds", "0", "--out", tmp_path / "model.w2v",
    )  # fmt: skip
    assert "no network is trained." in done.err


def test_fit_keeps_vectors_that_count_by_their_means(command, asked, tmp_path, monkeypatch):
    """They know words that training lacks, as a network does; else the file would not."""
    arguments = [
        "fit", asked / "data.csv", "--vectors", asked / "telling.bin", "--tokenizer", "blanks",
        "--folds", "0", "--train-network", "never", "--out", tmp_path / "model.w2v",
    ]  # fmt: skip
    done = command(*arguments)
    assert load(tmp_path / "model.w2v")["clf"].means_weight_ > 0
    with zipfile.ZipFile(tmp_path / "model.w2v") as file:
        assert json.loads(file.read("meta.json"))["vectors"] == "all"
    assert "less well than the comparison" not in done.err
    monkeypatch.setattr(fit_run, "_MAX_WHOLE", 20)
    assert "less well than the comparison shows" in command(*arguments).err
    with zipfile.ZipFile(tmp_path / "model.w2v") as file:
        assert json.loads(file.read("meta.json"))["vectors"] == "rows"
