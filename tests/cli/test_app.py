from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import sklearn_w2v
from sklearn_w2v.cli.app import app

posix = pytest.mark.skipif(os.name == "nt", reason="calls a shell")


def test_version_and_help_need_no_keras():
    code = (
        "import sys; sys.argv = ['sklearn-w2v', '--version']\n"
        "from sklearn_w2v.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "assert not {'keras', 'sklearn'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == sklearn_w2v.__version__
    assert "demo" in CliRunner().invoke(app, ["--help"]).output


_SHORT_DEMO = """
import sys
from sklearn_w2v import Word2VecTrainer
from sklearn_w2v.cli import app, demo
whole = demo.make_w2v_pipeline
def small(**params):
    return whole(Word2VecTrainer(vector_size=20, epochs=3), **{"units": 8, "epochs": 2, **params})
demo.FOLDS, demo.make_w2v_pipeline = 2, small
sys.argv[0] = "sklearn-w2v"
app.main()
"""


def test_the_demo_runs_and_draws(tmp_path):
    """The main job, small: everything that it prints and writes is there."""
    arguments = ["demo", "--out", str(tmp_path), "--epochs", "2"]
    done = subprocess.run(
        [sys.executable, "-c", _SHORT_DEMO, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    for wanted in (
        "180 song lyrics by 6 artists",
        "TF-IDF + LinearSVC",
        "word2vec + LSTM, frozen",
        "word2vec + LSTM, fine-tuned",
        "content words",
        "all words",
        "loses to TF-IDF",
        "Nearest words before and after fine-tuning",
        "A verse that is on no album",
    ):
        assert wanted in done.stdout
    for name in ("confusion_matrix.png", "learning_curve.png"):
        assert (tmp_path / name).read_bytes()[:4] == b"\x89PNG"
    assert done.stderr == ""


def test_errors_are_one_line_and_exit_status_2(tmp_path):
    (tmp_path / "file").write_text("")
    code = (
        "import sys; sys.argv = ['sklearn-w2v', 'demo', '--out', sys.argv[1]]\n"
        "import sklearn_w2v.cli.demo\n"
        "def broken(*args, **kwargs): raise ValueError('no such [thing]')\n"
        "sklearn_w2v.cli.demo.run_demo = broken\n"
        "from sklearn_w2v.cli.app import main\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.strip() == "Error: no such [thing]"


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["demo", "--epochs", "0"], "--epochs"),
        (["nonsense"], "No such command 'nonsense'"),
        (["vectors"], "Missing command. (sklearn-w2v vectors --help)"),
        (["fit", "data.csv"], "--out"),
        (["fit", "data.csv", "--out", "x", "--network", "gru"], "gru"),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_status_2(command, arguments, wanted):
    assert CliRunner().invoke(app, arguments).exit_code == 2
    done = command(*arguments)
    assert (done.status, done.out) == (2, "")
    assert wanted in done.err
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1


def test_without_a_command_the_help_comes(command):
    done = command()
    assert done.status == 0
    assert "tokenize" in done.out


def test_unexpected_errors_are_one_line_too_and_debug_shows_where(command, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("out of\n paper")

    monkeypatch.setattr("sklearn_w2v.cli.demo.run_demo", broken)
    done = command("demo")
    assert (done.status, done.err) == (
        2,
        "Error: RuntimeError: out of paper (--debug shows where)\n",
    )
    assert "Traceback" in command("demo", "--debug").err


def test_ctrl_c_is_no_error(command, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("sklearn_w2v.cli.demo.run_demo", interrupted)
    assert command("demo")[:] == (130, "", "Interrupted.\n")


@posix
def test_a_reader_that_goes_is_no_error(tmp_path):
    (tmp_path / "many.txt").write_text("雨が降る\n" * 20_000, encoding="utf-8")
    line = f"{sys.executable} -m sklearn_w2v tokenize many.txt | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "雨 が 降る\n141\n"
    assert done.stderr == ""


@posix
def test_streams_may_be_closed(tmp_path):
    """As those of daemons are."""
    path = tmp_path / "lines.txt"
    path.write_text("雨が降る\n", encoding="utf-8")
    command = f"'{sys.executable}' -m sklearn_w2v tokenize '{path}'"
    done = subprocess.run(["sh", "-c", f"{command} <&-"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "雨 が 降る\n", "")
    done = subprocess.run(["sh", "-c", f"{command} <&- >&- 2>&-"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


OVERWRITES = [
    ("fit", "{data}", "--out", "{data}", "--folds", "0"),
    ("fit", "{data}", "--vectors", "{vectors}", "--out", "{vectors}", "--folds", "0"),
    ("evaluate", "{model}", "{data}", "--report", "{model}"),
    ("evaluate", "{model}", "{data}", "--report", "{data}"),
    ("explain", "{model}", "雨", "--html", "{folder}/../{name}/m.w2v"),
    ("vectors", "train", "{vectors}", "{lines}", "--out", "{lines}", "--epochs", "1"),
    ("vectors", "convert", "{vectors}", "{lines}", "--aliases", "{lines}"),
]


@pytest.mark.parametrize("arguments", OVERWRITES, ids=" ".join)
def test_nothing_that_is_read_is_written_over(command, weather, tmp_path, arguments):
    places = {"folder": tmp_path, "name": tmp_path.name}
    for name, file in (("data", "d.csv"), ("model", "m.w2v")):
        places[name] = tmp_path / file
    shutil.copy(weather / "weather.csv", places["data"])
    shutil.copy(weather / "weather.w2v", places["model"])
    places["lines"], places["vectors"] = tmp_path / "lines.txt", tmp_path / "v.txt"
    places["lines"].write_text("雨\t雪\n" * 5, encoding="utf-8")
    places["vectors"].write_text("2 2\n雨 1 2\n雪 3 4\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    done = command(*(argument.format(**places) for argument in arguments))
    assert done.status == 2
    assert "as the file to write, but it is read, too, and would be lost" in done.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
