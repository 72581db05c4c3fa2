"""Say what a text of vectors is written in that is not word2vec's or GloVe's way."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

from ...utils.encodings import UTF8, encoding_of_bytes

# words that may be broken: word2vec's own program cuts long ones anywhere
_WRONG_SHARE, _WRONG = 0.1, 2
_COMMA = re.compile(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?")


def decoded(words: Sequence[bytes]) -> list[str]:
    """Return words of a file; broken characters in a few of them are replaced.

    Raises
    ------
    ValueError
        So many are not UTF-8 that the file is in another encoding.
    """
    try:
        return [word.decode() for word in words]
    except UnicodeDecodeError:
        out = [word.decode("utf-8", "replace") for word in words]
    broken = sum("\ufffd" in word for word in out)
    if broken > max(_WRONG, _WRONG_SHARE * len(out)):
        likely = encoding_of_bytes(b"\n".join(words))
        guess = "" if likely == UTF8 else f" but may be {likely}"
        raise ValueError(
            f"{broken} of its first {len(out)} words are not UTF-8{guess}: convert it to UTF-8"
        )
    return out


def refuse_utf16(head: bytes) -> None:
    """Raise a ValueError for UTF-16, whose blanks and digits are no bytes of their own."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError("it is UTF-16, as its start says: convert it to UTF-8")


def refuse_other_numbers(head: bytes, dim: int | None) -> None:
    """Raise a ValueError for a line of text whose numbers or separators are not word2vec's.

    Parameters
    ----------
    head : bytes
        Beginning of the file, after its header.
    dim : int or None
        Dimensions that the header promises.
    """
    try:
        line = head.partition(b"\n")[0].decode().strip()
    except UnicodeDecodeError:
        return  # the values of a binary file, most likely
    if not line.replace("\t", " ").isprintable():
        return
    word, *fields = line.split() or [""]
    found = next((one for one in fields if _COMMA.fullmatch(one)), None)
    if found is not None:
        raise ValueError(f"its numbers have decimal commas ({found!r}), not points")
    for mark in ",;|":
        cells = line.split(mark)
        if len(cells) == (dim + 1 if dim else max(3, len(cells))) and _number(cells[-1]):
            raise ValueError(f"its cells are separated by {mark!r}, not by blanks or tabs")
    if dim and len(fields) == dim:
        found = next((one for one in fields if not _number(one)), fields[0])
        raise ValueError(f"{found!r}, after the word {word!r}, is not a number")


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
