"""Files of aliases: words that share the vector of another word."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ...exceptions import DuplicateWordWarning
from ...utils.compression import open_plain


def read_aliases(path: str, index: Mapping[str, int]) -> tuple[list[str], NDArray[np.int32]]:
    """Read aliases and the rows that they share.

    Parameters
    ----------
    path : str
        Lines of an alias, a tab and the word that has the vector, in UTF-8; plain or
        compressed with gzip, bzip2 or xz. Empty lines are skipped.
    index : mapping of str to int
        Rows of the words that have one.

    Returns
    -------
    words : list of str
        The aliases that have no row of their own, in the file's order.
    rows : ndarray of shape (n_words,), int32
        Their rows.

    Raises
    ------
    ValueError
        A line is broken, or names a word that has no vector.

    Warns
    -----
    UserWarning
        Once if aliases are words with a vector of their own, which is kept, and once if
        aliases repeat with another word; the first one is kept.
    """
    rows: dict[str, int] = {}
    own = again = 0
    try:
        with open_plain(path) as file:
            for number, line in enumerate(file, 1):
                if not line.strip(b"\r\n"):
                    continue
                alias, word = _split(line, number)
                row = index.get(word)
                if row is None:
                    raise ValueError(
                        f"line {number} makes {alias!r} an alias of {word!r}, which has no vector"
                    )
                if alias in index:
                    own += 1
                elif rows.setdefault(alias, row) != row:
                    again += 1
    except (ValueError, OSError) as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise ValueError(f"Cannot read aliases from {path!r}: {error}.") from error
    _warn(path, own, "are words with a vector of their own, which is kept")
    _warn(path, again, "repeat with another word; the first one is kept")
    return list(rows), np.fromiter(rows.values(), np.int32, len(rows))


def _split(line: bytes, number: int) -> tuple[str, str]:
    text = line.rstrip(b"\n").removesuffix(b"\r")
    if number == 1:
        text = text.removeprefix(b"\xef\xbb\xbf")
    try:
        parts = text.decode("utf-8").split("\t")
    except UnicodeDecodeError:
        parts = []
    if len(parts) != 2 or not all(parts):
        shown = text[:40].decode("utf-8", "replace")
        raise ValueError(f"line {number} ({shown!r}) is not an alias, a tab and a word")
    return parts[0], parts[1]


def _warn(path: str, count: int, what: str) -> None:
    if count:
        warnings.warn(DuplicateWordWarning(f"{count} aliases of {path!r} {what}."), stacklevel=3)
