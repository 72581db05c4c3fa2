"""Open files that may be compressed; their content tells, not their names.

Python's own modules unpack without a limit, and raise an error of their own for each format.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import zlib
from collections.abc import Callable
from typing import IO, Any

_OPENERS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_NAMES = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}
_HEAD = 6
_RATIO = 100  # texts and vectors shrink to a tenth; a hundredth means padding, or a bomb
_LEAST = 1 << 28  # bytes that any file may unpack to


def open_plain(path: str) -> IO[bytes]:
    """Open a file for reading, and decompress it if its content is compressed."""
    raw = open(path, "rb")  # noqa: SIM115  (the caller closes it)
    try:
        plain = plain_of(raw)
    except BaseException:
        raw.close()
        raise
    if isinstance(plain, io.BufferedReader) and isinstance(plain.raw, _Unpacked):
        plain.raw.below = raw
    return plain


def plain_of(raw: IO[bytes]) -> IO[bytes]:
    """Return the decompressed content of an open file, whose position shows the progress.

    Raises
    ------
    ValueError
        While it is read: it unpacks to far more than vectors or texts would.
    OSError
        While it is read: the file is cut off or damaged.
    """
    head = raw.peek(_HEAD)[:_HEAD]  # type: ignore[attr-defined]
    opener = next((opener for magic, opener in _OPENERS.items() if head.startswith(magic)), None)
    if opener is None:
        return raw
    return io.BufferedReader(_Unpacked(opener(raw, "rb"), raw), 1 << 16)


def compression_of(head: bytes) -> str | None:
    """Return the name of the compression that a file's first bytes show, if there is one."""
    return next((name for magic, name in _NAMES.items() if head.startswith(magic)), None)


class _Unpacked(io.RawIOBase):
    """Decompressed content of a file, up to a multiple of the file's size.

    Parameters
    ----------
    packed : file
        Object that decompresses.
    raw : file
        File that it reads. The size of a pipe is not known, so it has no limit.
    """

    below: IO[bytes] | None = None  # closed together with this file

    def __init__(self, packed: Any, raw: IO[bytes]) -> None:
        self._packed, self._name = packed, getattr(raw, "name", "the input")
        self._left, self._size = float("inf"), 0
        try:
            status = os.fstat(raw.fileno())
        except OSError:
            return
        if stat.S_ISREG(status.st_mode):
            self._size = status.st_size
            self._left = max(_LEAST, _RATIO * status.st_size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            count: int = self._packed.readinto(buffer)
        except (EOFError, lzma.LZMAError, zlib.error) as error:
            # the kind of error that gzip and bzip2 raise for other damage
            raise OSError(str(error)) from error
        self._left -= count
        if self._left < 0:
            raise ValueError(
                f"{self._name!r} of {self._size} bytes unpacks to more than {_RATIO} times as "
                "much; if that is right, unpack it first"
            )
        return count

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._packed.close()
            if self.below is not None:
                self.below.close()
