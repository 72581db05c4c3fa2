"""Tell the encoding of a text from its bytes, as programs in Japan write them."""

from __future__ import annotations

import codecs
from typing import Any

_BLOCK, _MOST = 1 << 20, 1 << 26  # bytes that are read at once, and that are looked at
_SETTLED = 1 << 16  # bytes that tell one Japanese encoding from the other
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_KATAKANA = 0.3  # share of half-width katakana above which cp932 is EUC-JP that was misread
_NO_TEXT = "\x80\xa0\uf8f0\uf8f1\uf8f2\uf8f3"  # of single bytes that cp932 gives no meaning
UTF8 = "utf-8-sig"  # with or without BOM


def encoding_of(stream: Any) -> str:
    """Return the encoding of a text: by its BOM, else UTF-8, cp932 or EUC-JP.

    Parameters
    ----------
    stream : buffered binary file
        The text; it is left where it was. If it cannot go back there (a pipe), only what it has
        buffered is looked at.

    Returns
    -------
    str
        One of ``"utf-8-sig"`` (with or without BOM), ``"utf-16"``, ``"cp932"`` and
        ``"euc_jp"``; where the bytes are none of these, UTF-8, which will say so.
    """
    start = stream.peek(3)[:3]
    for mark, name in _BOMS.items():
        if start.startswith(mark):
            return name
    if not stream.seekable():
        return _Candidates().told(stream.peek(_BLOCK), last=False)
    candidates, size, begin = _Candidates(), 0, stream.tell()
    try:
        while True:
            block = stream.read(_BLOCK)
            size += len(block)
            found = candidates.told(block, last=not block)
            if not block or candidates.settled(size):
                return found
    finally:
        stream.seek(begin)


def encoding_of_bytes(text: bytes) -> str:
    """Return the encoding of a whole text without a BOM, as `encoding_of` does."""
    return _Candidates().told(text, last=True)


class _Candidates:
    """Encodings in which all bytes so far are text."""

    def __init__(self) -> None:
        names = "utf-8", "cp932", "euc_jp"
        self._decoders = {name: codecs.getincrementaldecoder(name)() for name in names}
        self._katakana = self._others = 0

    def told(self, block: bytes, last: bool) -> str:
        """Take in more bytes; return the likeliest encoding."""
        for name, decoder in list(self._decoders.items()):
            try:
                text = decoder.decode(block, last)
            except UnicodeDecodeError:
                del self._decoders[name]
                continue
            if name == "cp932" and not block.isascii():  # looking at characters is slow
                if any(one in text for one in _NO_TEXT):
                    del self._decoders[name]
                    continue
                katakana = sum("\uff61" <= one <= "\uff9f" for one in text)
                self._katakana += katakana
                self._others += sum(one > "\x7f" for one in text) - katakana
        if "utf-8" in self._decoders or not self._decoders:
            return UTF8
        misread = self._katakana > _KATAKANA * (self._katakana + self._others)
        if "euc_jp" in self._decoders and (misread or "cp932" not in self._decoders):
            return "euc_jp"
        return "cp932" if "cp932" in self._decoders else UTF8

    def settled(self, size: int) -> bool:
        """Return whether more bytes would change nothing that matters."""
        if not self._decoders:
            return True
        return size >= (_MOST if "utf-8" in self._decoders else _SETTLED)
