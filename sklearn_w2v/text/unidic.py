"""UniDic's fields as tokens: the form that is asked for, other forms, parts of speech."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from . import mecab
from .token import Forms, Token

_GLOSS = re.compile(r"(?<=.)-.*")  # スポーツ-sport


class UnidicTokens(dict[str, Token]):
    """Tokens of MeCab's lines ``pos1,pos2 TAB surface TAB orthBase TAB lemma``.

    Each distinct line is read once, and lines that come to the same token share it.

    Parameters
    ----------
    form : {"surface", "base", "lemma"}
        Which form becomes the text.
    """

    def __init__(self, form: str) -> None:
        super().__init__()
        self._form = form
        self._pool: dict[tuple[str, Forms], Token] = {}

    def __missing__(self, line: str) -> Token:
        pos, surface, base, lemma = line.split("\t", 3)
        base = base or surface
        lemma = _GLOSS.sub("", lemma) or surface
        text = {"surface": surface, "base": base, "lemma": lemma}[self._form]
        forms = _unidic_forms(pos.endswith(",固有名詞"), surface, base, lemma)
        if forms[-1] == text:  # behind the others it is tried anyway
            forms = forms[:-1]
        self[line] = token = self._pool.setdefault((text, forms), Token(text, forms))
        return token


def _unidic_forms(name: bool, surface: str, base: str, lemma: str) -> Forms:
    """Forms of a word in the order in which normalised vectors know most of them.

    The lemma of a name is its reading in katakana (東京 -> トウキョウ), which is also the
    lemma of other names: it comes last.
    """
    forms = [base, surface] if name else [lemma, base, surface]
    normal = [unicodedata.normalize("NFKC", form) for form in forms]
    return tuple(dict.fromkeys([*forms, *normal, *map(str.lower, normal), lemma]))


# 自立語: words that stand alone and carry meaning.
CONTENT_POS: tuple[str, ...] = ("名詞", "代名詞", "動詞", "形容詞", "形状詞", "副詞")


CONTENT_POS_WITHOUT: tuple[str, ...] = ("数詞", "助動詞語幹")


_FIELD = {"base": r"%f[10]\t%m", "lemma": r"%f[7]\t%m"}


_FIRST_FIELDS = re.compile(r"^[^\t\n]*", re.MULTILINE)


def _pos_pattern(pos: Any) -> str | None:
    """Regular expression of the ``pos1,pos2`` field that the words to keep have."""
    if pos is None:
        return None
    if pos == "content":
        names = "|".join(CONTENT_POS)
        without = "|".join(CONTENT_POS_WITHOUT)
        return rf"(?:{names}),(?!(?:{without})\t)[^\t\n]*"
    entries = []
    for entry in pos:
        if isinstance(entry, str) and entry:
            entries.append(re.escape(entry) + r",[^\t\n]*")
        elif (
            isinstance(entry, tuple | list)
            and len(entry) == 2
            and all(isinstance(name, str) for name in entry)
        ):
            entries.append(re.escape(",".join(entry)))
        else:
            raise ValueError(
                f"Got {entry!r} in pos but expected a str (pos1) or a pair of str (pos1, pos2)."
            )
    return "(?:" + "|".join(entries) + ")" if entries else "(?!)"


def _tokenize(texts: list[str], settings: tuple[Any, ...]) -> list[list[str]]:
    """Tokenize in this process.

    MeCab writes exactly the fields that are needed, and one regular expression picks the
    tokens out of its whole output: no Python code runs for a single token.
    """
    folder, user, form, pattern, normalize, stop, forms, line_breaks = settings
    known, unknown, find = _route(form, pattern, forms, line_breaks)
    lattice = mecab.Lattice(folder, user, known, unknown)
    tokens = UnidicTokens(form)
    tokens["\n"] = Token("\n")  # no line of MeCab's
    pool: dict[str, str] = {}
    documents = []
    for text in texts:
        text = mecab.clean(text, normalize)
        lines = lattice.parse(text) if text else ""
        words = find(lines)
        if line_breaks:
            words = _break_lines(words, lines, text)
        if forms:
            words = list(map(tokens.__getitem__, words))
        if stop:
            words = [word for word in words if word not in stop]
        documents.append(words if forms else list(map(pool.setdefault, words, words)))
    return documents


def _route(
    form: str, pattern: str | None, forms: bool, every_line: bool
) -> tuple[str, str, Callable[[str], list[str]]]:
    """MeCab's output formats of known and unknown words, and what finds the words in it.

    With `every_line`, the lines begin with the surface, and each of them has its place in
    what is found: an empty str where the word is dropped.
    """
    if form == "surface" and pattern is None and not forms:
        return "%m", "%m", _surfaces if every_line else _split_surfaces
    head = r"%f[0],%f[1]\t"
    pos = pattern or r"[^\t\n]*"
    if forms:  # the whole lines
        known, unknown = head + r"%m\t%f[10]\t%f[7]", head + r"%m\t\t"
        find = rf"({pos}\t(?!\s+\t).+)"
    else:
        field = _FIELD.get(form, "%m")
        known, unknown = head + field, head + r"\t%m"
        # where the dictionary leaves the field empty, a second tab and the surface follow
        word = r"[^\t\n]+"
        if form == "lemma":  # cut the gloss, but never in a surface
            word = rf"(?:(?<=\t\t){word}|(?<!\t\t)[^\t\n][^\t\n-]*)"
        find = rf"{pos}\t\t?(?!\s+$)({word})"
    if every_line:
        known, unknown, find = rf"%m\t{known}", rf"%m\t{unknown}", rf"[^\t\n]*\t(?:{find}|)"
    return known, unknown, re.compile(f"^{find}", re.MULTILINE).findall


def _surfaces(lines: str) -> list[str]:
    """Surfaces of an output of one field, without the last line; empty where blank."""
    words = lines.split("\n")
    words.pop()
    if "\u3000" in lines:  # the only blank that comes out of MeCab
        words = ["" if word.isspace() else word for word in words]
    return words


def _split_surfaces(lines: str) -> list[str]:
    """Surfaces of an output of one field, without the blank ones and the last line."""
    words = _surfaces(lines)
    return list(filter(None, words)) if "\u3000" in lines else words


def _break_lines(words: list[str], lines: str, text: str) -> list[str]:
    """Words with the line feeds of the text among them, without the empty ones.

    The surfaces make up the text, but for blanks; so a line feed stands ahead of the first
    word that has as many characters before it as the line feed has.
    """
    rows = ["".join(row.split()) for row in text.strip().split("\n")]
    if len(rows) > 1:
        # with blanks: words of a user dictionary, and symbols with an ideographic space
        surfaces = _FIRST_FIELDS.findall(lines.replace("\u3000", "").replace(" ", ""))[:-1]
        starts = list(accumulate(map(len, surfaces), initial=0))
        places = list(accumulate(map(len, rows)))
        if starts[-1] != places[-1]:
            starts = _starts_in("".join(rows), surfaces)
        broken: list[str] = []
        done = 0
        for place in places[:-1]:
            ahead = bisect_left(starts, place)
            broken += words[done:ahead]
            broken.append("\n")
            done = ahead
        words = broken + words[done:]
    return list(filter(None, words))


def _starts_in(text: str, surfaces: Sequence[str]) -> list[int]:
    """Where each surface starts in a text of which a dictionary drops more than blanks."""
    starts = []
    end = 0
    for surface in surfaces:
        start = max(end, text.find(surface, end))  # where it is not found, -1
        starts.append(start)
        end = start + len(surface)
    return starts
