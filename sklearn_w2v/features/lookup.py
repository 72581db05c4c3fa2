"""Look up the rows of words, by themselves or by their other forms."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..text.token import Forms
from ..vectors.word_vectors import FIRST_ID, WordVectors, copied_words

Word = tuple[str, Forms]
Find = Callable[[list[str]], NDArray[np.int64]]


def candidates(word: Word, forms_first: bool) -> Iterator[str]:
    """Yield what to look a word up by, one after the other."""
    text, forms = word
    if not forms_first:
        yield text
        yield from (form for form in forms if form != text)
    else:
        yield from forms
        if text not in forms:
            yield text
    normal = unicodedata.normalize("NFKC", text)
    if normal != text:
        yield normal
    if normal.lower() != normal:
        yield normal.lower()


def find_by_forms(
    find: Find, words: Sequence[Word], forms_first: bool
) -> tuple[NDArray[np.int64], list[str]]:
    """Look words up by one form after the other.

    Parameters
    ----------
    find : callable
        Rows of a list of words, -1 for unknown ones; called for many words at once.
    words : sequence of (str, tuple of str)
        Texts and their forms.
    forms_first : bool
        Whether the forms are tried before the text.

    Returns
    -------
    rows : ndarray of shape (n_words,), int64
        -1 where no form is known.
    found : list of str
        The form by which each was found; ``""`` where none was.
    """
    rows = np.full(len(words), -1, np.int64)
    found = [""] * len(words)
    chains = [candidates(word, forms_first) for word in words]
    places = list(range(len(words)))
    while places:
        tried = [(place, next(chains[place], None)) for place in places]
        asked = [(place, form) for place, form in tried if form is not None]
        places = []
        answers = find([form for _, form in asked]).tolist()
        for (place, form), row in zip(asked, answers, strict=True):
            if row < 0:
                places.append(place)
            else:
                rows[place], found[place] = row, form
    return rows, found


def forms_are_known_better(find: Find, counts: Counter[str], forms: dict[str, Forms]) -> bool:
    """Whether vectors know more of the running words by their first form than by their text.

    Counted where the two differ. Vectors of normalised words hold most first forms and,
    by chance, the texts of other words; vectors of words as written hold the texts.
    """
    words = [text for text, of_text in forms.items() if of_text and of_text[0] != text]
    weights = np.array([counts[word] for word in words], np.int64)
    by_text = find(words) >= 0
    by_form = find([forms[word][0] for word in words]) >= 0
    return bool(weights[by_form].sum() > weights[by_text].sum())


def _match(
    vectors: WordVectors, words: Sequence[Word], order: str
) -> tuple[NDArray[np.int64], list[str], NDArray[np.int64]]:
    """Return rows, the forms by which they were found, and the rows of the texts themselves."""
    texts = [text for text, _ in words]
    exact = vectors.find(texts)
    if order == "exact":
        return exact.copy(), texts, exact
    # only words without a row of their own, or whose forms come first, are looked up again
    ask = exact < 0
    if order == "forms":
        ask |= np.array([bool(forms) and forms[0] != text for text, forms in words], bool)
    places = np.flatnonzero(ask).tolist()
    rows, found = exact.copy(), texts.copy()
    rows[places], forms_found = find_by_forms(
        vectors.find, [words[place] for place in places], order == "forms"
    )
    for place, form in zip(places, forms_found, strict=True):
        found[place] = form
    # a text that shares its vector with the form (another spelling) keeps its own row
    both = np.flatnonzero((exact >= 0) & (rows >= 0) & (exact != rows))
    same = vectors.take(exact[both] + FIRST_ID) == vectors.take(rows[both] + FIRST_ID)
    both = both[same.all(axis=1)]
    rows[both] = exact[both]
    return rows, found, exact


def composed(vectors: WordVectors, texts: list[str]) -> list[str]:
    """Return the unknown words for which the vectors make a row out of subwords."""
    if not texts or not vectors.has_subwords:
        return []
    known = vectors.compose(texts)[1].tolist()
    return [text for text, there in zip(texts, known, strict=True) if there]


class Vocabulary(NamedTuple):
    """The vocabulary that fitting settles on: vectors, own words and the order of looking up."""

    vectors: WordVectors  # with rows for words that get one of their own
    rows: NDArray[np.int64]  # of the texts, in the order of the counts
    own: dict[str, int]  # rows of texts that are found by the text alone, whatever its forms
    unknown: list[str]  # found in no way
    inexact: list[str]  # not found as themselves


def make_vocabulary(
    vectors: WordVectors,
    counts: Counter[str],
    forms: dict[str, Forms],
    order: str,
    min_count: int,
    seed: int,
) -> Vocabulary:
    """Give words that the vectors lack, or know by another form only, rows of their own.

    Parameters
    ----------
    vectors : WordVectors
        The vectors.
    counts : Counter of str
        How often each text occurs.
    forms : dict of str to tuple of str
        Forms of the texts.
    order : {"exact", "text", "forms"}
        Whether forms are looked up, and what is tried first.
    min_count : int
        How often a word must occur to get a row of its own; words that are composed of
        subwords get one in any case.
    seed : int
        Where random rows come from.

    Returns
    -------
    Vocabulary
        The result; rows of own words are copies of the row of the form that was found.
    """
    texts = list(counts)
    words = [(text, forms.get(text, ())) for text in texts]
    rows, found, exact = _match(vectors, words, order)
    unknown = [text for text, row in zip(texts, rows.tolist(), strict=True) if row < 0]
    of_subwords = set(composed(vectors, unknown))
    often = np.array([counts[text] >= min_count for text in texts], bool)
    new = often & ((rows < 0) | (rows != exact))
    new |= np.array([text in of_subwords for text in texts], bool)
    # in the order of frequency, like a file's words; so ids do not depend on the documents' order
    places = sorted(np.flatnonzero(new).tolist(), key=lambda n: (-counts[texts[n]], texts[n]))
    names = _names(vectors, [(texts[n], found[n] if exact[n] >= 0 else "") for n in places])
    extended = vectors.extended(names, seed, like=rows[places])
    rows[places] = np.arange(len(places)) + len(vectors)
    kept = np.flatnonzero(often & (exact >= 0) & (order == "forms")).tolist()
    own = {str(texts[n]): int(rows[n]) for n in kept}
    inexact = [text for text, row in zip(texts, exact.tolist(), strict=True) if row < 0]
    unknown = [text for text in unknown if text not in of_subwords]
    return Vocabulary(extended, rows, own, unknown, inexact)


def _names(vectors: WordVectors, pairs: list[tuple[str, str]]) -> list[str]:
    """Name own words by their text, or ``text/form`` where the vectors mean another word."""
    taken = {text for text, form in pairs if not form}
    names = []
    for text, form in pairs:
        name = str(text)
        if form:
            name = f"{text}/{form}"
            while name in taken or name in vectors:
                name += "/"
            taken.add(name)
        names.append(name)
    return names


def look_up(
    vectors: WordVectors, n_known: int, own: dict[str, int], words: Sequence[Word], order: str
) -> NDArray[np.int64]:
    """Return the rows of words in the vectors of a vocabulary.

    Parameters
    ----------
    vectors : WordVectors
        With the rows of own words.
    n_known : int
        Number of words before the own ones.
    own : dict of str to int
        `Vocabulary.own`.
    words : sequence of (str, tuple of str)
        Texts and their forms.
    order : {"exact", "text", "forms"}
        Whether forms are looked up, and what is tried first.

    Returns
    -------
    ndarray of shape (n_words,), int64
        -1 where a word is not known.
    """
    rows = vectors.find([text for text, _ in words])
    if order == "exact":
        return rows
    rows = np.array(
        [
            own.get(text, row if row >= n_known else -1)
            for (text, _), row in zip(words, rows.tolist(), strict=True)
        ],
        np.int64,
    )
    rest = np.flatnonzero(rows < 0)
    rows[rest] = _match(vectors, [words[n] for n in rest.tolist()], order)[0]
    return rows


def texts_of(vectors: WordVectors, names: Sequence[str]) -> list[str]:
    """Return words as they were written: without the form in the names of own words.

    An own word has a copy of the row of its form; a slash in any other word is part of it.
    """
    texts = list(names)
    places = [place for place, name in enumerate(texts) if "/" in name]
    rows = vectors.find([texts[place] for place in places])
    places = [place for place, row in zip(places, rows.tolist(), strict=True) if row >= 0]
    forms = copied_words(vectors, rows[rows >= 0] + FIRST_ID)
    parted = [_without_form(texts[place], form) for place, form in zip(places, forms, strict=True)]
    known = vectors.find(parted) >= 0  # only such texts have the form in their name
    for place, text, both in zip(places, parted, known.tolist(), strict=True):
        if both:
            texts[place] = text
    return texts


def _without_form(name: str, form: str) -> str:
    """Return the text of a name that `_names` made of a text and a form; ``""`` for another one."""
    if not form:
        return ""
    end = f"/{form}"
    while not name.endswith(end) and name.endswith("/"):
        name = name[:-1]
    return name.removesuffix(end) if name.endswith(end) else ""
