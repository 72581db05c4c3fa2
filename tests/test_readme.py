"""The code blocks of README.md, README.ja.md and the docs run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", "README.ja.md", "docs/article.md"]


def blocks(page: str) -> list[str]:
    return re.findall(
        r"^```python\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.M | re.S
    )


def test_both_readmes_hold_the_same_code():
    def code(page):
        return [re.sub(r"\s*#.*", "", block) for block in blocks(page)]

    assert code("README.md") == code("README.ja.md")
    assert blocks("README.md")


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("page", [PAGES[0], PAGES[2]])
def test_code_blocks_run(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "readme"}
    for block in blocks(page):
        exec(compile(block, page, "exec"), names)
    if page == "README.md":
        assert "clf__train_embeddings" in capsys.readouterr().out


@pytest.mark.parametrize("page", ["README.md", "README.ja.md"])
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / page).read_text("utf-8")):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("page", ["README.md", "README.ja.md"])
def test_tables_are_those_that_the_benchmarks_wrote(page, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import update_readme

    assert (ROOT / page).read_text("utf-8") == update_readme.updated(page)
    assert "TF-IDF" in update_readme.table(page)
