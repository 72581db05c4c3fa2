"""Where the words of a text stand in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from . import mecab
from .tokenizer import JapaneseTokenizer
from .unidic import _FIRST_FIELDS, _break_lines, _route

Span = tuple[int, int]

_LONGEST_BIT = 64  # characters; only a heap of combining marks is longer


def spans_of(
    tokenizer: Any, texts: Sequence[Any], documents: Sequence[Sequence[str]]
) -> list[list[Span] | None]:
    """Where each document's words stand in its text.

    Parameters
    ----------
    tokenizer : estimator or None
        What made the words.
    texts : sequence of str or of anything else
        What came in.
    documents : sequence of sequence of str
        The words.

    Returns
    -------
    list of (list of (int, int) or None)
        First character and last one + 1 of each word; None where that cannot be told: the text
        is no str, or the words are not those of the text.
    """
    out = []
    for text, words in zip(texts, documents, strict=True):
        spans = None
        if isinstance(text, str):
            if isinstance(tokenizer, JapaneseTokenizer):
                spans = _japanese_spans(tokenizer, text, words)
            if spans is None:
                spans = _aligned(text, words)
        out.append(spans)
    return out


def _japanese_spans(
    tokenizer: JapaneseTokenizer, text: str, words: Sequence[str]
) -> list[Span] | None:
    """Spans of what `JapaneseTokenizer` gives for a text; None if it gives other words."""
    pairs = _located(text, tokenizer._settings())
    places = None if pairs is None else _places(text, tokenizer.normalize)
    if pairs is None or places is None or [word for word, _ in pairs] != list(words):
        return None
    return [(places[start][0], places[end - 1][1]) for _, (start, end) in pairs]


def _located(text: str, settings: tuple[Any, ...]) -> list[tuple[str, Span]] | None:
    """Words of a text, as `_tokenize` gives them, with their spans in the cleaned text."""
    folder, user, form, pattern, normalize, stop, _, line_breaks = settings
    # which words come out hangs on no further forms
    known, unknown, find = _route(form, pattern, False, True)
    text = mecab.clean(text, normalize)
    lines = mecab.Lattice(folder, user, known, unknown).parse(text) if text else ""
    surfaces = _FIRST_FIELDS.findall(lines)[:-1]
    words = find(lines) if lines else []
    if len(words) != len(surfaces):
        return None
    entries: list[Any] = []
    end = 0
    for word, surface in zip(words, surfaces, strict=True):
        start = text.find(surface, end)
        if start < 0:
            return None
        end = start + len(surface)
        entries.append((word, (start, end)) if word else "")
    if line_breaks:
        entries = _break_lines(entries, lines, text)
    begin = len(text) - len(text.lstrip())
    feeds = [begin + at for at, one in enumerate(text.strip()) if one == "\n"]
    breaks = iter([("\n", (at, at + 1)) for at in feeds])
    pairs = [next(breaks) if entry == "\n" else entry for entry in entries if entry]
    return [pair for pair in pairs if pair[0] not in stop]


def _places(text: str, normalize: str | None) -> list[Span] | None:
    """Span in a text of each character of its cleaned form.

    Characters that cleaning changes together (a kana and its voicing mark) are found by
    cleaning the text bit by bit; None where that does not give the cleaned text.
    """
    cleaned = mecab.clean(text, normalize)
    if cleaned == text:
        return [(at, at + 1) for at in range(len(text))]
    bits: list[tuple[int, str]] = []  # start in the text, and the cleaned bit
    alone = [mecab.clean(character, normalize) for character in text]
    for at, character in enumerate(alone):
        if bits:
            start, former = bits[-1]
            if at - start > _LONGEST_BIT:
                return None
            together = mecab.clean(text[start : at + 1], normalize)
            if together != former + character or unicodedata.combining(character[0]):
                bits[-1] = start, together
                continue
        bits.append((at, character))
    if "".join(bit for _, bit in bits) != cleaned:
        return None
    places: list[Span] = []
    for (start, bit), end in zip(bits, [start for start, _ in bits[1:]] + [len(text)], strict=True):
        if bit == "".join(alone[start:end]):  # nothing has changed its neighbour
            places += [(at, at + 1) for at in range(start, end) for _ in alone[at]]
        else:
            places += [(start, end)] * len(bit)
    return places


def _aligned(text: str, words: Sequence[str]) -> list[Span] | None:
    """Spans of words that come in the text one after the other.

    None where a letter or a digit stands between two of them: then a word may have been left
    out, and the same word further on be taken for one that was changed.
    """
    spans = []
    end = 0
    for word in words:
        start = text.find(word, end)
        if start < 0 or any(map(str.isalnum, text[end:start])):
            return None
        spans.append((start, start + len(word)))
        end = start + len(word)
    return None if any(map(str.isalnum, text[end:])) else spans
