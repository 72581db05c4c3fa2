"""What Windows lacks is not needed, and what it refuses is not done, as `windows.py` has it."""

from __future__ import annotations

import csv
import errno
import os
import subprocess
import sys
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sklearn_w2v import W2VIndexer, W2VVectorizer, WordVectors, load, read_card, save
from sklearn_w2v.cli import app
from sklearn_w2v.cli.paths import matching
from sklearn_w2v.utils.files import file_name
from sklearn_w2v.vectors.sources import find_source

from . import windows

ROOT = Path(__file__).parents[1]
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")


def run(code: str, folder: Path) -> str:
    """Run Python where a few things are as on Windows."""
    path = os.pathsep.join([os.fspath(ROOT), os.fspath(ROOT / "tests")])
    done = subprocess.run(
        [sys.executable, "-c", f"import windows\nwindows.pretend()\n{code}"],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONPATH": path, "SKLEARN_W2V_CACHE": os.fspath(folder / "cache")},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


_FILES = """
import gc, os, time
from pathlib import Path
import pytest
from sklearn_w2v import WordVectors
from sklearn_w2v.utils import files
from sklearn_w2v.vectors.cache import open_source

def forms():
    return sorted(one.name for one in Path("cache", "vectors").iterdir())

# over vectors that this process has mapped
Path("v.txt").write_text("2 2\\na 1 2\\nb 3 4\\n", encoding="utf-8")
former = open_source(os.path.abspath("v.txt"))
for number in range(2):
    WordVectors(["a", "b"], [[1, 2], [3, 5 + number]]).save("v.txt")
    os.utime("v.txt", ns=(0, number))
    assert open_source(os.path.abspath("v.txt")).matrix.tolist() == [[1, 2], [3, 5 + number]]
    gc.collect()
assert former.matrix.tolist() == [[1, 2], [3, 4]]
assert len(forms()) == 2, forms()
assert {one.name for one in former.folder.iterdir()} > {"meta.json", "seen", "matrix.npy"}

# back to it: its form is still whole
del former
gc.collect()
WordVectors(["a", "b"], [[1, 2], [3, 9]]).save("v.txt")
assert open_source(os.path.abspath("v.txt")).matrix[1, 1] == 9
assert len(forms()) == 1, forms()

# a table that is open in another program
def write():
    with files.written_beside("table.csv") as work, open(work, "w", encoding="utf-8") as file:
        file.write("new")

Path("table.csv").write_text("former", encoding="utf-8")
files._WAITS = 0.01, 0.01
with open("table.csv", encoding="utf-8") as file:
    with pytest.raises(PermissionError, match="may be open in another program, so close") as error:
        write()
    assert error.value.filename == "table.csv"
    assert Path("table.csv").read_text(encoding="utf-8") == "former"
    files._WAITS = 0.01, 30
    waited = []
    sleep = files.time.sleep
    files.time.sleep = lambda seconds: waited.append(seconds) or (len(waited) == 2 and file.close())
    write()
    files.time.sleep = sleep
    assert waited == [0.01, 30]
assert Path("table.csv").read_text(encoding="utf-8") == "new"
assert sorted(os.listdir()) == ["cache", "table.csv", "v.txt"]

# temporary folders of living processes stay, those of others go after a day
folder = Path(files.locked_folder(os.getcwd(), "tmp-"))
(folder / "matrix").touch()
def age(days):
    then = time.time() - days * 86400
    for one in [*folder.iterdir(), folder]:
        os.utime(one, (then, then))
age(9)
files.sweep_folders(".", "tmp-", by_age=False)
assert sorted(one.name for one in folder.iterdir()) == [files.LOCK, "matrix"]
os.close(files._held.pop(str(folder)))  # as if it had been killed
age(0.5)
files.sweep_folders(".", "tmp-", by_age=False)
assert folder.exists()
age(2)
files.sweep_folders(".", "tmp-", by_age=False)
assert not folder.exists()
folder = files.locked_folder(os.getcwd(), "tmp-")
files.remove(folder, os.getpid())
assert not os.path.exists(folder)
"""


@linux
def test_files_that_are_mapped_or_open_are_left_alone_and_never_half_written(tmp_path):
    run(_FILES, tmp_path)


_COMMANDS = """
import io, os, sys
from pathlib import Path
from sklearn_w2v import explain, load, save
from sklearn_w2v.cli.app import main

def command(*arguments):
    sys.argv = ["sklearn-w2v", *map(str, arguments)]
    before = sys.stdout, sys.stderr
    console = sys.stdout = sys.stderr = windows.Console()
    try:
        main()
    except SystemExit as left:
        status = left.code
    finally:
        sys.stdout, sys.stderr = before
    assert not status, console.said()
    return console.said()

fit = ["fit", "weather.csv", "--vectors", "v.txt", "--epochs", 1, "--out", "model.w2v"]
command(*fit, "--folds", 2)
model = load("model.w2v")
texts = ["雨と雪の日\\U0001f327", "夏の海♥"]
before = model.predict_proba(texts)
save(model, "model.w2v")  # over the file that it came from
command(*fit, "--folds", 0)
assert (model.predict_proba(texts) == before).all()
assert explain(model, texts)[0].text == texts[0]
lines = command("predict", "model.w2v", "texts.txt", "--quiet").splitlines()
assert [line.partition(",")[0] for line in lines[1:]] == ["wet", "dry"]
said = command("predict", "model.w2v", "texts.csv", "--keep", "text", "--json", "--quiet")
assert "雨と雪の日?" in said and "夏の海" in said, said
assert "雨" in command("explain", "model.w2v", "雨と雪の日\\U0001f327", "--html", "page.html")
command("evaluate", "model.w2v", "weather.csv", "--report", "report.html")
assert "雪" in command("tokenize", "texts.txt")
assert "dimensions" in command("vectors", "info", "v.txt")
assert "雪" in command("vectors", "neighbors", "v.txt", "雨", "-n", 3)
command("vectors", "convert", "v.txt", "v.bin")
command("vectors", "convert", "v.bin", "v.txt")  # over what the form was made of
command("vectors", "train", "text*.txt", "--out", "new.bin", "--size", 3, "--min-count", 1)
for page in ("report.html", "page.html"):
    assert b"\\r\\n" not in Path(page).read_bytes()
assert not [one for one in os.listdir() if one.startswith(".tmp")], os.listdir()
"""


@linux
@pytest.mark.slow
def test_commands_run_on_a_console_of_cp932(tmp_path, weather, small_vectors):
    (tmp_path / "weather.csv").write_bytes((weather / "weather.csv").read_bytes())
    texts = ["雨と雪の日\U0001f327", "夏の海♥"]
    (tmp_path / "texts.txt").write_text("\r\n".join(texts), encoding="utf-8", newline="")
    with open(tmp_path / "texts.csv", "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([["text"], *([one] for one in texts)])
    small_vectors.save(tmp_path / "v.txt")
    run(_COMMANDS, tmp_path)


# ------------------------------------------------------------- names and paths
@pytest.mark.parametrize(
    "path", [r"C:\data\v.bin", "C:/data/v.bin", r"\\server\share\v.bin", "/data/v.bin", "v.bin"]
)
def test_the_last_part_of_a_path_of_any_system_is_its_name(path):
    assert file_name(path) == PureWindowsPath(path).name == "v.bin"


@pytest.mark.parametrize("mode", ["rows", "all"])
def test_the_card_names_a_file_of_windows_without_its_folders(tmp_path, mode):
    WordVectors(["雨", "雪"], np.eye(2)).save(tmp_path / "v.txt")
    model = make_pipeline(W2VIndexer(tmp_path / "v.txt"), W2VVectorizer()).fit([["雨"], ["雪"]])
    model[0].vectors_._store.path = r"C:\Users\someone\v.txt"  # what it is there
    save(model, tmp_path / "m.w2v", vectors=mode)
    save(load(tmp_path / "m.w2v"), tmp_path / "again.w2v", vectors="all")
    for name in ("m.w2v", "again.w2v"):
        assert "| from | v.txt |" in read_card(tmp_path / name)
        assert "someone" not in read_card(tmp_path / name)


def test_a_drive_is_not_the_prefix_of_a_model():
    assert find_source(r"C:\data\v.bin").name == r"C:\data\v.bin"
    with pytest.raises(FileNotFoundError, match="does not exist"):
        WordVectors.load(r"C:\data\v.bin")


def test_the_repository_can_be_checked_out_on_windows():
    """No name is forbidden there, or differs from another one in capitals only."""
    folders = (ROOT / name for name in ("sklearn_w2v", "tests", "docs", "benchmarks", "stress"))
    skip = {"__pycache__", "_build", "auto_examples", "generated"}
    names = [
        one.relative_to(ROOT).as_posix()
        for folder in folders
        for one in folder.rglob("*")
        if not skip & set(one.parts)
    ]
    assert len(names) > 300
    assert not [name for name in names if windows.forbidden(name.rpartition("/")[2])]
    assert len({name.lower() for name in names}) == len(names)
    assert max(map(len, names)) < 120


@pytest.mark.parametrize("name", ["a:b", "a?", "nul", "CON.txt", "com1.w2v", "a.", "a ", "x\ny"])
def test_names_that_windows_forbids(name):
    assert windows.forbidden(name)
    assert not windows.forbidden(f"x{name.strip(' .:?').replace(':', '').replace(chr(10), '')}x")


def test_the_list_of_public_names_is_ascii():
    """lazy_loader reads it in the machine's own encoding."""
    assert (ROOT / "sklearn_w2v" / "__init__.pyi").read_bytes().isascii()


# ------------------------------------------------------------------- the shell
def test_patterns_that_the_shell_has_left_are_the_files_that_match(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.txt", "a.txt", "c.csv", "[a].txt"):
        Path(name).touch()
    assert matching(["c.csv", "?.txt", "-"]) == ["c.csv", "a.txt", "b.txt", "-"]
    assert matching(["[a].txt", "*.tsv"]) == ["[a].txt", "*.tsv"]


@pytest.mark.parametrize(
    ("error", "system", "status"),
    [
        (OSError(errno.EINVAL, "Invalid argument"), "nt", 141),
        (OSError(errno.EINVAL, "Invalid argument", "a.csv"), "nt", 2),
        (OSError(errno.EINVAL, "Invalid argument"), "posix", 2),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "posix", 141),
    ],
)
def test_a_reader_that_goes_away_is_no_error(monkeypatch, capfd, error, system, status):
    def gone(*args, **kwargs):
        raise error

    monkeypatch.setattr(app, "app", gone)
    monkeypatch.setattr(app.os, "dup2", lambda *_: None)
    monkeypatch.setattr(app, "_is_windows", system == "nt")
    assert app._run(["tokenize"]) == status
    assert ("Error" in capfd.readouterr().err) == (status == 2)


def test_line_feeds_within_cells_stay_in_what_is_piped(tmp_path, weather):
    """Even where Python would put CR LF."""
    with open(tmp_path / "a.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text"], ["雨\n雪"]])
    code = (
        "import io, sys\n"
        "out = io.BytesIO()\n"
        "sys.stdout = io.TextIOWrapper(out, 'cp932', newline='\\r\\n')\n"
        "from sklearn_w2v.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "sys.__stdout__.buffer.write(out.getvalue())"
    )
    arguments = ["predict", weather / "weather.w2v", tmp_path / "a.csv", "--keep", "text"]
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, check=True
    )
    assert '"雨\n雪",wet' in done.stdout.decode()
    assert b"\r" not in done.stdout
    assert np.isfinite(float(done.stdout.split(b",")[-1]))
