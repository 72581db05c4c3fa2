"""The code blocks of README.md, README.ja.md and the docs run."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from sklearn_w2v.classifiers import keras_training
from sklearn_w2v.networks.training_loop import run_epochs

ROOT = Path(__file__).parents[1]
READMES = ["README.md", "README.ja.md"]
DOCS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/*.md"))
JAPANESE = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/ja/*.md"))
NEEDED = {  # extras that a page shows
    "docs/ecosystem.md": ["imblearn", "pandas", "polars"],
    "docs/report.md": ["jinja2"],
    "docs/searching.md": ["optuna", "optuna_integration"],
}
ELSEWHERE = {"docs/scaling.md"}  # in test_scaling_page.py, on workers of its own


def blocks(page: str) -> list[str]:
    return re.findall(
        r"^```python\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.M | re.S
    )


def two_epochs_at_most(model, train, validation, epochs, *args):
    return run_epochs(model, train, validation, min(epochs, 2), *args)


def test_both_readmes_hold_the_same_code():
    def code(page):
        return [re.sub(r"\s*#.*", "", block) for block in blocks(page)]

    assert code("README.md") == code("README.ja.md")
    assert blocks("README.md")


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.usefixtures("few_lyrics")
@pytest.mark.parametrize(
    "page", ["README.md", *(page for page in DOCS if blocks(page) and page not in ELSEWHERE)]
)
def test_code_blocks_run(page, tmp_path, monkeypatch, capsys):
    """The blocks of a page share names, as a reader's session does."""
    for module in NEEDED.get(page, []):
        pytest.importorskip(module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(keras_training, "run_epochs", two_epochs_at_most)
    names: dict[str, object] = {"__name__": "page"}
    for number, block in enumerate(blocks(page), 1):
        exec(compile(block, f"{page}, block {number}", "exec"), names)
    if page == "README.md":
        assert "ねえ" in capsys.readouterr().out


def test_every_page_is_reached():
    reached = {"docs/index.md"}
    for page in [*DOCS, *JAPANESE]:
        folder = (ROOT / page).parent
        for tree in re.findall(
            r"^```{toctree}\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.M | re.S
        ):
            for line in filter(None, tree.splitlines()):
                name = re.sub(r".*<(.*)>", r"\1", line)
                found = [] if line.startswith(":") else folder.glob(f"{name}.md")
                reached |= {path.relative_to(ROOT).as_posix() for path in found}
    assert reached == {*DOCS, *JAPANESE}


@pytest.mark.parametrize("page", [*READMES, "CONTRIBUTING.md", *DOCS, *JAPANESE])
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", text):
        assert (ROOT / page).parent.joinpath(target).exists(), target
    for target in re.findall(r"^```{include} (\S+)", text, re.M):
        assert (ROOT / page).parent.joinpath(target).exists(), target
    for target in re.findall(r"{doc}`(?:[^`<]*<)?/?auto_examples/(plot_\w+)>?`", text):
        assert (ROOT / "docs" / "examples" / f"{target}.py").exists(), target


def test_tables_are_those_that_the_benchmarks_wrote(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import update_readme

    found = set()
    for page in update_readme.PAGES:
        text = (ROOT / page).read_text("utf-8")
        assert text == update_readme.updated(page), "python benchmarks/update_readme.py renews it"
        found |= {(name, japanese(page)) for name in re.findall(r"^<!-- (\w+) -->\n\|", text, re.M)}
    tables = ("cost", "recipe", "results")
    assert found == {(name, language) for name in tables for language in (False, True)}


def japanese(page: str) -> bool:
    return page.endswith(".ja.md") or "/ja/" in page


def test_the_start_page_lists_every_extra_of_users():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {*project["optional-dependencies"]} - {"test", "stress", "docs", "benchmark"}
    (table,) = re.findall(
        r"^\| extra \|.*\n((?:\|.*\n)+)", (ROOT / "docs/start.md").read_text("utf-8"), re.M
    )
    listed = [
        name
        for line in table.splitlines()[1:]
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    ]
    assert sorted(listed) == sorted(extras)


def test_every_public_name_is_on_the_api_page():
    import sklearn_w2v
    from sklearn_w2v import datasets, distributed, exceptions

    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    listed = re.findall(r"^   ([\w.]+)$", page, re.M)
    modules = {"datasets": datasets, "distributed": distributed, "exceptions": exceptions}
    names = [name for name in sklearn_w2v.__all__ if name not in modules]
    names += [f"{name}.{one}" for name, module in modules.items() for one in module.__all__]
    assert sorted(listed) == sorted(names)
