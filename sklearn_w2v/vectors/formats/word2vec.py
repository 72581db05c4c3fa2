"""Read and write word vector files; the content tells the format, not the name.

gensim would hold all vectors in memory; these readers give block after block.
"""

from __future__ import annotations

import codecs
import gzip
import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ...exceptions import DuplicateWordWarning
from ...utils.compression import compression_of, open_plain, plain_of
from ...utils.files import written_beside
from ...utils.progress import report_progress
from .foreign_text import decoded, refuse_other_numbers, refuse_utf16

Block = tuple[list[str], NDArray[np.float32]]

FASTTEXT = (793712314).to_bytes(4, "little")  # first bytes of a Facebook fastText model

_CHUNK = 1 << 23
_ROWS = 4_096  # rows of a block
_MAX_DIM = 100_000
_BLOCK = 1 << 22  # values of a block, whatever a header promises
_LINE = 1 << 20  # bytes of a line, without its numbers
_HEADER = re.compile(rb"^[ \t]*(\d+)[ \t]+(\d+)[ \t\r]*\n")


def read_blocks(path: str) -> Iterator[Block]:
    """Read words and rows of a vectors file, in the file's order, without repeated words.

    Parameters
    ----------
    path : str
        word2vec binary or text, or GloVe text without a header, plain or compressed
        with gzip, bzip2 or xz.

    Yields
    ------
    (words, rows) : list of str, ndarray of shape (n, dim) and dtype float32

    Raises
    ------
    ValueError
        The content is not in a known format, is broken, or holds values that are not finite.

    Warns
    -----
    UserWarning
        Once, if words repeat; the first row of each is kept.
    """
    seen: set[str] = set()
    dropped = 0
    try:
        for words, rows in _parse(path):
            bad = ~np.isfinite(rows).all(axis=1)
            if bad.any():
                raise ValueError(f"the vector of {words[int(bad.argmax())]!r} is not finite")
            block = set(words)
            if len(block) < len(words) or not seen.isdisjoint(block):
                fresh = [word not in seen and not seen.add(word) for word in words]  # type: ignore[func-returns-value]
                dropped += len(fresh) - sum(fresh)
                words = [word for word, new in zip(words, fresh, strict=True) if new]
                rows = rows[np.array(fresh)]
            seen |= block
            if words:
                yield words, rows
        if not seen:
            raise ValueError("it holds no vectors")
    except (ValueError, OSError) as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise ValueError(f"Cannot read word vectors from {path!r}: {error}.") from error
    if dropped:
        warnings.warn(
            DuplicateWordWarning(
                f"{dropped} words of {path!r} come more than once; the first row of each is kept."
            ),
            stacklevel=2,
        )


def format_of(path: str) -> str:
    """Return the name of a vectors file's format."""
    with open(path, "rb") as file:
        packed = compression_of(file.read(6))
    name = f", {packed}" if packed else ""
    with open_plain(path) as plain:
        head = _head(plain)
    if head.startswith(FASTTEXT):
        return f"fastText{name}"
    header = _HEADER.match(head)
    if header is None:
        return f"GloVe text{name}"
    text = (_text_dim(head[header.end() :]) or 0) >= int(header[2])
    return f"word2vec {'text' if text else 'binary'}{name}"


def _parse(path: str) -> Iterator[Block]:
    with open(path, "rb") as raw, plain_of(raw) as file:
        size = os.fstat(raw.fileno()).st_size
        for block in _blocks(file):
            report_progress("reading vectors", raw.tell(), size)
            yield block


def _blocks(file: IO[bytes]) -> Iterator[Block]:
    head = _head(file)
    _refuse(head)
    header = _HEADER.match(head)
    if header is None:
        dim = _text_dim(head)
        if (
            dim is None or not 2 <= dim <= _MAX_DIM
        ):  # a word and one number: a vocabulary with counts
            refuse_other_numbers(head, None)
            raise ValueError(
                "it is neither word2vec binary or text nor GloVe text (no line of a word "
                "and numbers at its start)"
            )
        yield from _read_text(file, head, None, dim)
        return
    rows, dim = int(header[1]), int(header[2])
    if not rows or not 0 < dim <= _MAX_DIM:
        raise ValueError(f"its header promises {rows} words of {dim} dimensions")
    rest = head[header.end() :]
    if (
        _text_dim(rest) or 0
    ) >= dim:  # more if the first word has several parts and ends in a number
        yield from _read_text(file, rest, rows, dim)
    else:
        refuse_other_numbers(rest, dim)
        yield from _read_binary(file, rest, rows, dim)


def _head(file: IO[bytes]) -> bytes:
    """Read the beginning, without a byte order mark, which would be part of the first word."""
    return file.read(1 << 20).removeprefix(codecs.BOM_UTF8)


def _refuse(head: bytes) -> None:
    """Refuse, by name, known formats that are not read here."""
    if not head:
        raise ValueError("it is empty")
    refuse_utf16(head)
    if head[:1] == b"\x80":
        raise ValueError(
            "it is a pickle (gensim's native format), which can run code when it is loaded; if "
            "you trust it, load it with gensim's KeyedVectors.load and pass the result"
        )
    if head.startswith(b"PK\x03\x04"):
        raise ValueError("it is a zip archive; unpack it, and pass the file that it holds")


def _text_dim(head: bytes) -> int | None:
    """Return the number of values in the first line; None if it is not a line of vectors."""
    line, end, _ = head.partition(b"\n")
    if not end and len(head) >= 1 << 19:
        return None
    fields = re.split(rb"[ \t]+", line.lstrip(b" ").rstrip())  # other white space can be a word
    if len(fields) < 3:
        return 1 if len(fields) == 2 and _is_number(fields[1]) else None
    count = 0
    for field in reversed(fields[1:]):
        if not _is_number(field):
            break
        count += 1
    return count or None


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _read_text(file: IO[bytes], head: bytes, rows: int | None, dim: int) -> Iterator[Block]:
    words: list[bytes] = []
    size = max(1, min(_ROWS, _BLOCK // dim))
    table = np.empty((size, dim), np.float32)
    total = 0
    lines = _lines(file, head, _LINE + 64 * dim)
    for number, line in enumerate(lines, 1 if rows is None else 2):
        if not line.strip():
            continue
        word, values = _split_line(line, dim, number)
        table[len(words)] = values
        words.append(word)
        total += 1
        if len(words) == size:
            yield decoded(words), table
            words, table = [], np.empty((size, dim), np.float32)
    if words:
        yield decoded(words), table[: len(words)]
    if rows is not None and total != rows:
        raise ValueError(f"its header promises {rows} words, but it holds {total}")


def _lines(file: IO[bytes], head: bytes, longest: int) -> Iterator[bytes]:
    """Yield the lines of what was already read and of the rest, split at line feeds only."""
    rest = head
    while True:
        chunk = file.read(_CHUNK)
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
        if len(rest) > longest:
            shown = rest[:40].decode("utf-8", "replace")
            raise ValueError(f"a line ({shown!r} ...) has more than {longest} bytes")
        if not chunk:
            if rest:
                yield rest
            return


def _split_line(line: bytes, dim: int, number: int) -> tuple[bytes, NDArray[np.float32]]:
    line = line.lstrip(b" ").rstrip()
    for blank in (b" ", b"\t"):
        word, _, text = line.partition(blank)
        values = text.split()
        if len(values) == dim:
            try:
                return word, _floats(values)
            except ValueError:
                break
    fields = line.split()  # a word with blanks, or a broken line
    parts, numbers = fields[:-dim], fields[-dim:]
    if len(parts) > 1 and all(map(_is_number, numbers)):
        last = parts[-1]  # 0.25 is one value too many; 2003 or a lone point is a word
        if not (b"." in last and _is_number(last)):
            return b" ".join(parts), _floats(numbers)
    shown = line[:40].decode("utf-8", "replace")
    raise ValueError(f"line {number} ({shown!r} ...) does not hold a word and {dim} numbers")


def _floats(fields: list[bytes]) -> NDArray[np.float32]:
    """Convert text to numbers, as fast as numpy.fromstring, which would only warn of errors."""
    with np.errstate(over="ignore"):  # beyond float32 becomes infinite, which is refused later
        return np.array(fields, np.float32)


def _read_binary(file: IO[bytes], head: bytes, rows: int, dim: int) -> Iterator[Block]:
    width = 4 * dim
    buffer, place = head, 0
    words: list[bytes] = []
    starts: list[int] = []  # of the values of `words` in the buffer
    for row in range(rows):
        end = buffer.find(b" ", place)
        while end < 0 or end + 1 + width > len(buffer):
            if starts:
                yield decoded(words), _values(buffer, starts, dim)
                words, starts = [], []
            chunk = file.read(_CHUNK)
            if not chunk or (end < 0 and len(buffer) - place > 1 << 20):
                raise ValueError(f"its header promises {rows} words, but it ends in word {row + 1}")
            buffer, place = buffer[place:] + chunk, 0
            end = buffer.find(b" ", place)
        words.append(buffer[place:end].lstrip(b"\n"))
        starts.append(end + 1)
        place = end + 1 + width
    if starts:
        yield decoded(words), _values(buffer, starts, dim)
    if (
        buffer[place:] + file.read(_CHUNK)
    ).strip():  # then the header is wrong, and so are all rows
        raise ValueError(f"its header promises {rows} words, but more follows them")


def _values(buffer: bytes, starts: list[int], dim: int) -> NDArray[np.float32]:
    """Return a copy of rows whose bytes start anywhere in a buffer."""
    windows = sliding_window_view(np.frombuffer(buffer, np.uint8), 4 * dim)
    return windows[starts].view("<f4")


def write_file(
    path: str, words: Sequence[str], blocks: Callable[[int, int], Any], dim: int
) -> None:
    """Write vectors as word2vec binary (``.bin``) or text (``.txt``, ``.vec``).

    Parameters
    ----------
    path : str
        Target; an additional ``.gz`` compresses. It is written under another name and renamed.
    words : sequence of str
        The words, in order.
    blocks : callable
        ``blocks(start, stop)`` returns the float32 rows of a range.
    dim : int
        Number of dimensions.

    Raises
    ------
    ValueError
        The ending is not one of these, or a word cannot be written in this format.
    """
    plain = path.removesuffix(".gz")
    binary = plain.endswith(".bin")
    if not binary and not plain.endswith((".txt", ".vec")):
        raise ValueError(
            f"Got path={path!r} but expected an ending of .bin, .txt or .vec (and .gz)."
        )
    for word in words:
        if not word or " " in word or "\n" in word:
            raise ValueError(f"word2vec files cannot hold the word {word!r}: it has a blank.")
        try:
            word.encode()
        except UnicodeEncodeError:
            raise ValueError(
                f"word2vec files cannot hold the word {word!r}: it has half of a character."
            ) from None
    opener = gzip.open if path.endswith(".gz") else open
    with written_beside(path) as work, opener(work, "wb") as file:
        file.write(f"{len(words)} {dim}\n".encode())
        for start in range(0, len(words), _ROWS):
            rows = np.asarray(blocks(start, start + _ROWS), np.float32)
            report_progress("writing vectors", start, len(words))
            for word, row in zip(words[start : start + _ROWS], rows, strict=True):
                name = word.encode()
                if binary:
                    file.write(name + b" " + row.astype("<f4").tobytes() + b"\n")
                else:
                    values = " ".join(map(repr, row.tolist()))
                    file.write(name + b" " + values.encode() + b"\n")
