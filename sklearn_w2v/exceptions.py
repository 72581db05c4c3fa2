"""Warnings of this package, each in a class of its own, so that users can filter them.

Examples
--------
>>> import warnings
>>> from sklearn_w2v import W2VIndexer
>>> from sklearn_w2v.exceptions import TruncationWarning
>>> with warnings.catch_warnings():
...     warnings.simplefilter("ignore", TruncationWarning)
...     ids = W2VIndexer(maxlen=2).fit_transform([["雨", "が", "降る"]] * 3)
>>> ids.shape
(3, 2)
"""

from __future__ import annotations

__all__ = [
    "CoverageWarning",
    "DuplicateWordWarning",
    "FontWarning",
    "NoTransferWarning",
    "NotSavedWarning",
    "RowsLeftOutWarning",
    "TruncationWarning",
    "UnusedParameterWarning",
    "W2VWarning",
]


class W2VWarning(UserWarning):
    """Base of all warnings of this package.

    Parameters
    ----------
    what : str
        What was found, with numbers.
    way_out : str, default=""
        What the user can do about it, in terms of Python; the command line replaces it by its
        own options.
    """

    def __init__(self, what: str, way_out: str = "") -> None:
        super().__init__(what, way_out)
        self.what, self.way_out = what, way_out

    def __str__(self) -> str:
        return f"{self.what} {self.way_out}".strip()


class CoverageWarning(W2VWarning):
    """Words of the texts are unknown to the vectors, or count as unknown."""


class RowsLeftOutWarning(CoverageWarning):
    """Words count as unknown because a model file was saved without their rows."""


class TruncationWarning(W2VWarning):
    """Documents are longer than what is read of them."""


class NoTransferWarning(W2VWarning):
    """A network starts from random values although word vectors were expected."""


class UnusedParameterWarning(W2VWarning):
    """A parameter, or a part of it, has no effect."""


class DuplicateWordWarning(W2VWarning):
    """A file of word vectors or aliases contains some words more than once."""


class NotSavedWarning(W2VWarning):
    """A pickle or a model file leaves out a part of the estimator."""


class FontWarning(W2VWarning):
    """A plot has characters that no installed font contains."""
