"""The language of reports, pages, cards, tables and labels of plots; errors stay English.

Messages stand in the code in English, and each is its own key in ``messages/ja.json``. They hold
``{named}`` fields, so that another language may put them in another order.
"""

from __future__ import annotations

import functools
import json
import locale
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.resources import files
from typing import Any

LANGUAGES = "en", "ja"
ENVIRONMENT = "SKLEARN_W2V_LANGUAGE"

_chosen: ContextVar[str | None] = ContextVar("language", default=None)


def language() -> str:
    """Return the language in use: the one that was chosen, else the environment's, else English.

    An unknown name in the environment is ignored: a model shall not be lost over its card.
    """
    asked = os.environ.get(ENVIRONMENT)
    return _chosen.get() or (asked if asked in LANGUAGES else "en")


@contextmanager
def in_language(name: str | None) -> Iterator[str]:
    """Use a language within a block, and give it; None leaves the language as it is.

    Raises
    ------
    ValueError
        There is no such language here.
    """
    if name is not None and name not in LANGUAGES:
        expected = ", ".join(map(repr, LANGUAGES))
        raise ValueError(f"Got language={name!r} but expected one of {expected}, or None.")
    former = _chosen.set(name or _chosen.get())
    try:
        yield language()
    finally:
        _chosen.reset(former)


def language_of_locale() -> str:
    """Return the language of the user's locale: Japanese, or English for any other.

    The variables are read first, since a small container knows no locale but C. Windows has none.
    """
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    try:
        name = next(filter(None, names), None) or locale.getlocale()[0] or ""
    except ValueError:  # a name that Python does not know
        name = ""
    return "ja" if name.lower().startswith("ja") else "en"  # ja_JP.UTF-8, Japanese_Japan


def message(english: str) -> str:
    """Return a message in the language in use, with its fields not yet filled in."""
    return english if language() == "en" else _catalogue(language()).get(english, english)


def translate(english: str, /, **fields: Any) -> str:
    """Return a message in the language in use.

    Parameters
    ----------
    english : str
        The message in English, as a literal: tests look for it in the catalogue.
    **fields : object
        What its fields stand for. They are not translated, and braces in them mean nothing.
    """
    return message(english).format(**fields)


def between_sentences() -> str:
    """Return what stands between two sentences: a blank in English, nothing in Japanese."""
    return "" if language() == "ja" else " "


@functools.cache
def _catalogue(name: str) -> dict[str, str]:
    text = files(__package__).joinpath("messages", f"{name}.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return found
