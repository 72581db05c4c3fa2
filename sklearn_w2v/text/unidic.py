"""Makes tokens of UniDic's fields: the wanted form, other forms, parts of speech."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from . import mecab
from .token import Forms, Token

# 自立語: words that can be used alone and carry meaning
CONTENT_POS: tuple[str, ...] = ("名詞", "代名詞", "動詞", "形容詞", "形状詞", "副詞")
CONTENT_POS_WITHOUT: tuple[str, ...] = ("数詞", "助動詞語幹")
_FIELD = {"base": r"%f[10]\t%m", "lemma": r"%f[7]\t%m"}
FIRST_FIELDS = re.compile(r"^[^\t\n]*", re.MULTILINE)
_GLOSS = re.compile(r"(?<=.)-.*")  # スポーツ-sport


class UnidicTokens(dict[str, Token]):
    """Tokens, by MeCab's lines ``pos1,pos2 TAB surface TAB orthBase TAB lemma``.

    Each distinct line is parsed once, and lines of equal tokens share one object.

    Parameters
    ----------
    form : {"surface", "base", "lemma"}
        The form that becomes the text.
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
        if forms[-1] == text:  # the text is tried last anyway
            forms = forms[:-1]
        self[line] = token = self._pool.setdefault((text, forms), Token(text, forms))
        return token


class _Words(dict[str, str]):
    """Words by themselves, so that equal ones share one object; blank ones are empty."""

    def __missing__(self, word: str) -> str:
        self[word] = kept = "" if word.isspace() else word
        return kept


def _unidic_forms(name: bool, surface: str, base: str, lemma: str) -> Forms:
    """Return the forms of a word, those first that normalised vectors most often know.

    The lemma of a name is its reading in katakana (東京 -> トウキョウ), which other names may
    share, so it comes last.
    """
    forms = [base, surface] if name else [lemma, base, surface]
    normal = [unicodedata.normalize("NFKC", form) for form in forms]
    return tuple(dict.fromkeys([*forms, *normal, *map(str.lower, normal), lemma]))


def pos_pattern(pos: Any) -> str | None:
    """Return a regular expression for the ``pos1,pos2`` field of the words to keep."""
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


def tokenize(texts: list[str], settings: tuple[Any, ...]) -> list[list[str]]:
    """Tokenize texts in this process.

    MeCab writes exactly the fields that are needed, and one regular expression finds the tokens
    in its whole output, so that no Python code runs for each token.
    """
    folder, user, form, pattern, normalize, stop, forms, line_breaks = settings
    known, unknown, find = output_formats(form, pattern, forms, line_breaks)
    lattice = mecab.Lattice(folder, user, known, unknown)
    tokens = UnidicTokens(form)
    tokens["\n"] = Token("\n")  # which MeCab never writes
    shared = _Words()
    shared["\n"] = "\n"
    documents = []
    for text in texts:
        text = mecab.clean(text, normalize)
        lines = lattice.parse(text) if text else ""
        words = find(lines)
        if line_breaks:
            words = break_lines(words, lines, text)
        if forms:
            words = list(map(tokens.__getitem__, words))
        if stop:
            words = [word for word in words if word not in stop]
        documents.append(words if forms else list(filter(None, map(shared.__getitem__, words))))
    return documents


def output_formats(
    form: str, pattern: str | None, forms: bool, every_line: bool
) -> tuple[str, str, Callable[[str], list[str]]]:
    """Return MeCab's output formats of known and unknown words, and a function that finds words.

    With `every_line`, the lines start with the surface, and the function returns an item for
    each line: an empty str if the word is dropped.
    """
    if form == "surface" and pattern is None and not forms:
        return "%m", "%m", _surfaces_or_empty if every_line else _surfaces
    head = r"%f[0],%f[1]\t"
    pos = pattern or r"[^\t\n]*"
    if forms:  # whole lines
        known, unknown = head + r"%m\t%f[10]\t%f[7]", head + r"%m\t\t"
        find = rf"({pos}\t(?!\s+\t).+)"
    else:
        field = _FIELD.get(form, "%m")
        known, unknown = head + field, head + r"\t%m"
        # if the dictionary leaves the field empty, a second tab and the surface follow
        word = r"[^\t\n]+"
        if form == "lemma":  # cut off the gloss, but never of a surface
            word = rf"(?:(?<=\t\t){word}|(?<!\t\t)[^\t\n][^\t\n-]*)"
        find = rf"{pos}\t\t?(?!\s+$)({word})"
    if every_line:
        known, unknown, find = rf"%m\t{known}", rf"%m\t{unknown}", rf"[^\t\n]*\t(?:{find}|)"
    return known, unknown, re.compile(f"^{find}", re.MULTILINE).findall


def _surfaces(lines: str) -> list[str]:
    """Return the surfaces of an output of one field."""
    words = lines.split("\n")
    words.pop()
    return words


def _surfaces_or_empty(lines: str) -> list[str]:
    """Return the same; blank ones are empty."""
    words = _surfaces(lines)
    if "\u3000" in lines:  # the only blank that MeCab returns as a token
        words = ["" if word.isspace() else word for word in words]
    return words


def break_lines(words: list[str], lines: str, text: str) -> list[str]:
    """Insert the line feeds of the text between its words, and drop the empty words.

    Without blanks, the surfaces together are the text. So a line feed comes before the first
    word that has as many characters before it as the line feed.
    """
    rows = ["".join(row.split()) for row in text.strip().split("\n")]
    if len(rows) > 1:
        # words of a user dictionary may hold blanks, symbols an ideographic space
        surfaces = FIRST_FIELDS.findall(lines.replace("\u3000", "").replace(" ", ""))[:-1]
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
    """Find where surfaces start in a text of which a dictionary drops more than blanks."""
    starts = []
    end = 0
    for surface in surfaces:
        start = max(end, text.find(surface, end))  # find returns -1 if it is not there
        starts.append(start)
        end = start + len(surface)
    return starts
