"""Token: a word with its other forms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

Forms = tuple[str, ...]


class Token(str):
    """A word with other forms by which word vectors may know it.

    It is a str in every way: it equals, hashes, sorts and prints as its text, and can be used
    wherever a str can. Only `W2VIndexer` reads its forms.

    Parameters
    ----------
    text : str, default=""
        The word.
    forms : iterable of str, default=()
        Other forms, in the order in which they are to be tried; repeats are left out. If the
        text is among them, it is tried at that place, else after them.

    Attributes
    ----------
    forms : tuple of str
        The forms.

    Raises
    ------
    TypeError
        The text is not a str, or the forms are not an iterable of str.

    See Also
    --------
    JapaneseTokenizer : Makes tokens with ``forms=True``.
    W2VIndexer : Finds their vectors with ``match="auto"``.

    Examples
    --------
    >>> from sklearn_w2v import Token
    >>> token = Token("聴い", ["聞く", "聴く"])
    >>> token, token == "聴い", token.forms
    ('聴い', True, ('聞く', '聴く'))
    """

    __slots__ = ("forms",)

    forms: Forms

    def __new__(cls, text: str = "", forms: Iterable[str] = ()) -> Token:
        if not isinstance(text, str):
            raise TypeError(
                f"Got text={text!r:.40} of type {type(text).__name__} but expected a str."
            )
        if isinstance(forms, str):
            raise TypeError(
                f"Got forms={forms!r:.40} but expected an iterable of str, not a single str."
            )
        new = super().__new__(cls, text)
        new.forms = tuple(dict.fromkeys(forms))
        for form in new.forms:
            if not isinstance(form, str):
                raise TypeError(
                    f"Got {form!r:.40} of type {type(form).__name__} in forms but expected str."
                )
        return new

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.forms)


# ---------------------------------------------------------------- making tokens


def share_tokens(
    documents: Sequence[Sequence[str]], pool: dict[tuple[str, Forms], str]
) -> list[list[str]]:
    """Return the documents with one object, from a pool, for equal tokens of equal forms."""
    flat = chain.from_iterable
    objects = dict(zip(map(id, flat(documents)), flat(documents), strict=True))
    shared = {
        number: pool.setdefault((token, _forms(token)), token) for number, token in objects.items()
    }
    return [list(map(shared.__getitem__, map(id, document))) for document in documents]


# ------------------------------------------------------------- reading documents
def _any_token(words: Iterable[str]) -> bool:
    return any(issubclass(kind, Token) for kind in set(map(type, words)))


def _forms(word: str) -> Forms:
    return word.forms if isinstance(word, Token) else ()


def analyses(words: Sequence[str]) -> list[tuple[str, Forms]]:
    """Return distinct pairs of text and forms, in the order of their first use."""
    if not _any_token(words):
        return [(word, ()) for word in dict.fromkeys(words)]
    objects = {id(word): word for word in words}  # a shared token is read once
    return list(dict.fromkeys((str(word), _forms(word)) for word in objects.values()))


def count_words(documents: Sequence[Sequence[str]]) -> tuple[Counter[str], dict[str, Forms]]:
    """Count each text, and find the forms that it has most often.

    Parameters
    ----------
    documents : sequence of sequence of str
        Words, plain or as `Token`.

    Returns
    -------
    counts : Counter of str
        Keys are plain str.
    forms : dict of str to tuple of str
        Forms of each text; of equally frequent ones, those that sort first. Empty if no
        document holds a `Token`.
    """
    flat = chain.from_iterable
    if not _any_token(flat(documents)):
        return Counter(flat(documents)), {}
    objects = dict(zip(map(id, flat(documents)), flat(documents), strict=True))
    pairs: Counter[tuple[str, Forms]] = Counter()
    for number, count in Counter(map(id, flat(documents))).items():
        word = objects[number]
        pairs[str(word), _forms(word)] += count
    counts: Counter[str] = Counter()
    forms: dict[str, Forms] = {}
    for (text, of_text), count in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0])):
        counts[text] += count
        forms.setdefault(text, of_text)
    return counts, forms
