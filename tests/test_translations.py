"""The pages of docs/ja say what the English ones say.

The first line of each holds a checksum of the English text that it was translated from. Where that
text has changed since, bring the translation up to date, and then renew its checksum::

    python tests/test_translations.py --renew start
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
PAGES = sorted(path.stem for path in ROOT.glob("docs/ja/*.md"))
CHECKSUM = re.compile(r"\A% translated from docs/(\S+\.md), sha256 ([0-9a-f]{12})\n")
MARKDOWN = MarkdownIt("commonmark").enable("table")
FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
LINK = re.compile(r"\[([^][]*)\]\((?!https?:|#)([^)#]+)|{doc}`([^`<]*) <([^`>]+)>`")


@dataclass
class Page:
    """What a page shows, with what it includes from other files."""

    text: str
    included: str = ""
    headings: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)  # those of tables
    strays: list[str] = field(default_factory=list)  # line breaks, and asterisks that are shown

    def read(self, text: str, path: Path, offset: int = 0) -> Page:
        in_table = False
        for token in MARKDOWN.parse(text):
            directive = re.match(r"{(\S+)} *(\S*)", token.info)
            if token.type in ("table_open", "table_close"):
                in_table = token.type == "table_open"
            elif token.type == "heading_open":
                self.headings.append("#" * (int(token.tag[1:]) + offset))
            elif token.type == "inline" and in_table:
                self.figures += FIGURE.findall(token.content)
            elif token.type == "inline" and not offset:
                for one in token.children or []:
                    stray = one.type == "softbreak" or (one.type == "text" and "*" in one.content)
                    self.strays += [token.content] if stray else []
            elif directive and directive[1] == "include":
                self.include(path.parent / directive[2], token.content)
            elif directive and directive[1] in ("container", "figure"):
                self.read(re.sub(r"^:[\w-]+:.*\n", "", token.content, flags=re.M), path, offset)
            elif token.type in ("fence", "code_block") and (
                not directive or directive[1] == "code-block"
            ):
                self.code.append(token.info + "\n" + token.content)
        return self

    def include(self, path: Path, options: str) -> None:
        settings = dict(re.findall(r'^:([\w-]+): "?(.*?)"?$', options, re.M))
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        text = "".join(lines[int(settings.get("start-line", 0)) :])
        if "start-line" in settings:  # of a file whose English prose stands translated above
            assert text.startswith("Python 3."), f"{path}: other lines than before come first"
        text = text.split(settings.get("start-after", "\0"), 1)[-1]
        text = text.split(settings.get("end-before", "\0"), 1)[0]
        self.included += text
        self.read(text, path, int(settings.get("heading-offset", 0)))


@cache
def shown(name: str) -> Page:
    path = ROOT / "docs" / name
    text = path.read_text(encoding="utf-8")
    return Page(text).read(text, path)


def checksum(name: str) -> str:
    """Of all that is to be translated: not of included figures, which may be measured again."""
    page = shown(name)
    sentences = FIGURE.sub("0", re.sub(r"^\|.*\n", "", page.included, flags=re.M))
    return hashlib.sha256((page.text + sentences).encode()).hexdigest()[:12]


@pytest.mark.parametrize("page", PAGES)
def test_translation_is_of_the_text_that_is_there(page):
    found = CHECKSUM.match(shown(f"ja/{page}.md").text)
    assert found, f"docs/ja/{page}.md lacks its first line: `--renew {page}` writes it"
    assert found[1] == f"{page}.md"
    assert found[2] == checksum(f"{page}.md"), (
        f"docs/{page}.md, or what it includes, has changed since docs/ja/{page}.md was translated: "
        f"bring that up to date, then run `python tests/test_translations.py --renew {page}`"
    )


@pytest.mark.parametrize("page", PAGES)
def test_translation_has_the_same_headings_code_and_figures(page):
    english, japanese = shown(f"{page}.md"), shown(f"ja/{page}.md")
    assert japanese.headings == english.headings
    assert japanese.code == english.code
    # Japanese has more of them: it writes small numbers as figures, too
    assert not Counter(english.figures) - Counter(japanese.figures), "of tables"
    assert not figures(english) - figures(japanese), "of the text"


def figures(page: Page) -> set[str]:
    return set(FIGURE.findall(page.text + page.included))


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_japanese_pages_or_are_marked(page):
    for words, file, title, document in LINK.findall(shown(f"ja/{page}.md").text):
        target = file or document
        if target.startswith(("../", "/")) and not target.startswith("../_static/"):
            assert Path(target).stem not in PAGES or document, f"{target} is there in Japanese"
            assert (words or title.strip()).endswith("(英語)"), target


@pytest.mark.parametrize("page", PAGES)
def test_paragraphs_are_shown_as_meant(page):
    """Line breaks become blanks, which Japanese has not; `*なに。*` needs one to be emphasis."""
    assert not shown(f"ja/{page}.md").strays


if __name__ == "__main__":
    if sys.argv[1:2] != ["--renew"]:
        sys.exit(__doc__)
    for name in sys.argv[2:]:
        path = ROOT / "docs" / "ja" / f"{name}.md"
        first = f"% translated from docs/{name}.md, sha256 {checksum(f'{name}.md')}\n"
        text = path.read_text(encoding="utf-8")
        path.write_text(first + CHECKSUM.sub("", text), encoding="utf-8", newline="\n")
        print(path)
