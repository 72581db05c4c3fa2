"""Finds the positions of words in their text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from . import mecab
from .tokenizer import JapaneseTokenizer
from .unidic import FIRST_FIELDS, break_lines, output_formats

Span = tuple[int, int]

_LONGEST_BIT = 64  # characters; only a heap of combining marks is longer


def spans_of(
    tokenizer: Any, texts: Sequence[Any], documents: Sequence[Sequence[str]]
) -> list[list[Span] | None]:
    """Find the position of each document's words in its text.

    Parameters
    ----------
    tokenizer : estimator or None
        The tokenizer that made the words.
    texts : sequence of str or of anything else
        Texts, as the user passed them.
    documents : sequence of sequence of str
        Words of each text.

    Returns
    -------
    list of (list of (int, int) or None)
        First character and last one + 1 of each word; None for a document whose text is not a
        str, or whose words are not found in it.
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
    """Return the spans of `JapaneseTokenizer`'s words; None if it makes other words."""
    pairs = _locate(text, tokenizer._settings())
    places = None if pairs is None else _character_spans(text, tokenizer.normalize)
    if pairs is None or places is None or [word for word, _ in pairs] != list(words):
        return None
    return [(places[start][0], places[end - 1][1]) for _, (start, end) in pairs]


def _locate(text: str, settings: tuple[Any, ...]) -> list[tuple[str, Span]] | None:
    """Return the words of a text, as `tokenize` does, with their spans in the cleaned text."""
    folder, user, form, pattern, normalize, stop, _, line_breaks = settings
    # the words do not depend on whether they have their forms
    known, unknown, find = output_formats(form, pattern, False, True)
    text = mecab.clean(text, normalize)
    lines = mecab.Lattice(folder, user, known, unknown).parse(text) if text else ""
    surfaces = FIRST_FIELDS.findall(lines)[:-1]
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
        entries = break_lines(entries, lines, text)
    begin = len(text) - len(text.lstrip())
    feeds = [begin + at for at, one in enumerate(text.strip()) if one == "\n"]
    breaks = iter([("\n", (at, at + 1)) for at in feeds])
    pairs = [next(breaks) if entry == "\n" else entry for entry in entries if entry]
    return [pair for pair in pairs if pair[0] not in stop]


def _character_spans(text: str, normalize: str | None) -> list[Span] | None:
    """Return the span in a text of each character of its cleaned form.

    To find characters that cleaning changes together, such as a kana and its voicing mark, the
    text is cleaned bit by bit. None if the bits together are not the cleaned text.
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
            # marks may change places among themselves; they stand on no blank and no line feed
            marks = unicodedata.combining(character[0]) and not former[-1].isspace()
            if marks or together != former + character:
                bits[-1] = start, together
                continue
        bits.append((at, character))
    if "".join(bit for _, bit in bits) != cleaned:
        return None
    places: list[Span] = []
    for (start, bit), end in zip(bits, [start for start, _ in bits[1:]] + [len(text)], strict=True):
        if bit == "".join(alone[start:end]):  # no character was changed by a neighbour
            places += [(at, at + 1) for at in range(start, end) for _ in alone[at]]
        else:
            places += [(start, end)] * len(bit)
    return places


def _aligned(text: str, words: Sequence[str]) -> list[Span] | None:
    """Return the spans of words that follow each other in the text.

    None if there is a letter or a digit between two of them: then the tokenizer may have
    changed or dropped a word, and the spans could be those of later words.
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
