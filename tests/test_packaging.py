"""What is built, installed and seen by type checkers."""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import sklearn_w2v

ROOT = Path(__file__).parents[1]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """Folder with a wheel and an sdist."""
    pytest.importorskip("hatchling", reason="hatchling builds the package")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_wheel_holds_the_package_and_nothing_else(built):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(next(n for n in names if n.endswith("/METADATA"))).decode()
    info = f"sklearn_w2v-{sklearn_w2v.__version__}.dist-info"
    package = {name for name in names if not name.startswith(info)}
    wanted = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "sklearn_w2v").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert package == wanted
    for needed in (
        "__init__.pyi",
        "py.typed",
        "datasets/data/lyrics/LICENSE",
        "inspection/report/template/report.html",
        "inspection/report/template/report.css",
        "inspection/report/template/report.js",
        "serving/page/page.html",
        "serving/page/page.css",
        "serving/page/page.js",
        "utils/messages/ja.json",
    ):
        assert f"sklearn_w2v/{needed}" in package
    assert len([name for name in package if name.endswith(".txt")]) == 6
    assert {f"{info}/entry_points.txt", f"{info}/licenses/LICENSE"} < names
    assert f"Version: {sklearn_w2v.__version__}\n" in metadata
    assert "License-Expression: BSD-3-Clause AND CC0-1.0\n" in metadata


def test_the_sdist_holds_what_its_tests_read(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for wanted in (
        "README.ja.md",
        "CITATION.cff",
        "docs/conf.py",
        "docs/examples/plot_lyrics.py",
        "tests/test_packaging.py",
        "benchmarks/results/recipe.md",
        "Makefile",
    ):
        assert wanted in names
    assert not [name for name in names if "_build" in name or name.endswith(".pyc")]


SCRIPT = """
from typing import assert_type

import sklearn_w2v
from sklearn_w2v import JapaneseTokenizer, TokenIds, W2VIndexer, WordVectors, predict_iter

tokens = JapaneseTokenizer(form="base").fit_transform(["雨"])
assert_type(JapaneseTokenizer().transform(["雨"]), list[list[str]])
indexer = sklearn_w2v.W2VIndexer("vectors.bin", maxlen=5)
assert_type(indexer, W2VIndexer)
assert_type(indexer.fit([["雨"]]), W2VIndexer)
ids = indexer.transform([["雨"]])
assert_type(ids, TokenIds)
assert_type(ids.vectors, WordVectors | None)
assert_type(indexer.maxlen_, int)
clf = sklearn_w2v.W2VLSTMClassifier(units=8, pooling="max")
assert_type(clf, sklearn_w2v.W2VLSTMClassifier)
assert_type(sklearn_w2v.W2VCNNClassifier(filters=3), sklearn_w2v.W2VCNNClassifier)
assert_type(WordVectors(["雨"], [[1.0]]).words, list[str])
"""
WRONG = """
from sklearn_w2v import W2VIndexer
W2VIndexer(maxlen="five")
W2VIndexer(maxlem=5)
"""


def test_type_checkers_see_precise_types(tmp_path):
    pytest.importorskip("mypy")
    for name, code in (("right.py", SCRIPT), ("wrong.py", WRONG)):
        (tmp_path / name).write_text(code, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text(f"[mypy]\nmypy_path = {ROOT}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "right.py", "wrong.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line for line in done.stdout.splitlines() if "error:" in line]
    assert [line.partition(":")[0] for line in errors] == ["wrong.py", "wrong.py"], done.stdout
    assert '"maxlen"' in errors[0]
    assert '"maxlem"' in errors[1]


def test_one_version_everywhere():
    version = sklearn_w2v.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|rc\d+)?", version)
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(rf"^version: {re.escape(version)}$", citation, re.M)
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (name, date), *_ = re.findall(r"^## \[(\d[^]]*)\] - (.+)$", changes, re.M)
    assert datetime.date.fromisoformat(date)
    if re.fullmatch(r"[\d.]+", version):  # not one that is still being made
        assert name == version
        assert re.search(rf"^date-released: {date}$", citation, re.M)


def test_pins_exist_for_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {plain(line.partition("==")[0]) for line in lines if "==" in line}
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"]]
    for extra in ("test", "docs", "plot", "serve"):
        wanted += extras[extra]
    names = {plain(re.match(r"[\w.-]+", one).group()) for one in wanted}
    assert names - {"sklearn-w2v"} <= pinned


def test_the_oldest_versions_that_are_tested_are_the_oldest_that_are_allowed():
    """`make test-oldest` installs each floor of pyproject.toml, not a later version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "constraints-oldest.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    pinned = {plain(name): Version(version) for name, version in pinned.items()}
    wanted = [*project["dependencies"]]
    for extra in ("test", "plot", "report", "serve", "distributed", "pandas", "parquet"):
        wanted += project["optional-dependencies"][extra]
    needed = [one for one in map(Requirement, wanted) if one.name != "sklearn-w2v"]
    for one in needed:
        (floor,) = one.specifier
        assert pinned[plain(one.name)] == Version(floor.version.removesuffix(".*")), one


def test_the_container_file_of_the_documentation_installs_what_serving_needs():
    page = (ROOT / "docs" / "saving.md").read_text(encoding="utf-8")
    (container,) = re.findall(r"^```dockerfile\n(.*?)^```", page, re.M | re.S)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [one.partition(";")[0] for one in project["optional-dependencies"]["serve"]]
    assert sorted(re.findall(r'"([^" ]+>=[^" ]+)"', container)) == sorted(needed)
