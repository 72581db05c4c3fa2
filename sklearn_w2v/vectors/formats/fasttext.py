"""Facebook's fastText models: words, and n-grams from which other words get vectors."""

from __future__ import annotations

import mmap
import os
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...utils.compression import open_plain
from ...utils.files import FULL
from ...utils.missing import needed_for
from ..subwords import MAX_NGRAM, Subwords
from .word2vec import FASTTEXT as MAGIC
from .word2vec import Block

_ROWS = 4_096  # of a block
_MAX_DIM = 100_000
# names of files that smart_open, which gensim uses, would decompress
_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".lz4")


def is_fasttext(path: str) -> bool:
    """Return whether a file, plain or compressed, is one of Facebook's fastText models."""
    try:
        with open_plain(path) as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):  # the reader of other formats raises the error
        return False


def read_fasttext(path: str, work: Path) -> tuple[Iterator[Block], Subwords | None]:
    """Read words, rows and n-grams of a Facebook fastText model.

    gensim reads it into memory. Before, the numbers in its header are compared with its size,
    since gensim never stops reading a file that ends within its words.

    Parameters
    ----------
    path : str
        The model, plain or compressed with gzip, bzip2 or xz.
    work : Path
        Folder in which a compressed model may be unpacked for a while.

    Returns
    -------
    blocks : iterator of (words, rows)
        As `read_blocks` yields them.
    subwords : Subwords or None
        The n-grams; None for a model without them.

    Raises
    ------
    ValueError
        The model is broken, quantised or supervised; the message names the file.
    """
    plain = work / "fasttext.bin"
    try:
        with open_plain(path) as file, open(path, "rb") as raw:
            packed = raw.read(len(MAGIC)) != MAGIC
            if packed or path.endswith(_SUFFIXES):
                with open(plain, "wb") as target:
                    shutil.copyfileobj(file, target, 1 << 22)
        name = os.fspath(plain) if plain.exists() else path
        keyed = _load(name, *_check(name))
    except (MemoryError, FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # gensim raises errors of many kinds
        if isinstance(error, OSError) and error.errno in FULL:
            raise  # there is no room to unpack it
        text = f"{error}" or type(error).__name__
        raise ValueError(f"Cannot read word vectors from {path!r}: {text}.") from error
    finally:
        plain.unlink(missing_ok=True)
    ngrams = keyed.vectors_ngrams
    subwords = Subwords(ngrams, keyed.min_n, keyed.max_n) if _has_ngrams(keyed) else None
    return _blocks(keyed), subwords


def _has_ngrams(keyed: Any) -> bool:
    return len(keyed.vectors_ngrams) > 0 and keyed.max_n >= max(1, keyed.min_n)


def subwords_of(keyed: Any) -> Subwords | None:
    """Return a copy of the n-grams of gensim's vectors; None if they have none."""
    if not hasattr(keyed, "vectors_ngrams") or not _has_ngrams(keyed):
        return None
    return Subwords(np.array(keyed.vectors_ngrams, np.float32), keyed.min_n, keyed.max_n)


def _blocks(keyed: Any) -> Iterator[Block]:
    for start in range(0, len(keyed), _ROWS):
        stop = start + _ROWS
        yield keyed.index_to_key[start:stop], np.asarray(keyed.vectors[start:stop], np.float32)


def _check(name: str) -> tuple[int, int]:
    """Return the numbers of words and dimensions, after a check of the whole file."""
    with open(name, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return _check_parts(data)
        except struct.error as error:
            raise ValueError("it is cut off") from error


def _check_parts(data: mmap.mmap) -> tuple[int, int]:
    numbers = struct.unpack_from("<11i", data, 8)  # after them come the rate of updates and t
    dim, bucket, shortest, longest = numbers[0], *numbers[8:11]
    size, words, labels, _, pruned = struct.unpack_from("<3i2q", data, 64)
    if labels > 0:
        raise ValueError(
            "it is a supervised fastText model, a classifier, whose vectors gensim does not "
            "read; use its .vec file"
        )
    if longest > MAX_NGRAM:
        raise ValueError(f"it promises n-grams of {shortest} to {longest} characters")
    place = 92
    for word in range(size):
        end = data.find(b"\0", place)
        if end < 0:
            raise ValueError(f"it promises {size} words, but it ends in word {word + 1}")
        place = end + 10  # after it come the count and the type
    if pruned > 0 or struct.unpack_from("<?", data, place)[0]:
        raise ValueError("it is a quantised fastText model, which gensim does not read")
    rows, columns = struct.unpack_from("<2q", data, place + 1)
    if size < 1 or words != size or bucket < 0 or rows != size + bucket or columns != dim:
        raise ValueError(
            f"it promises {size} words ({words} of them proper), {bucket} buckets of n-grams and "
            f"{dim} dimensions, but a matrix of {rows} rows and {columns} columns"
        )
    if not 0 < dim <= _MAX_DIM or rows * columns * 4 > len(data) - place - 17:
        raise ValueError(f"it promises {rows} rows of {dim} dimensions, but it ends before")
    return size, dim


def _load(name: str, size: int, dim: int) -> Any:
    with needed_for("Converting a fastText model"):
        from gensim.models.fasttext import load_facebook_vectors

    with np.errstate(all="ignore"):  # broken values raise an error below
        keyed = load_facebook_vectors(name)
    if len(keyed) != size or keyed.vectors.shape != (size, dim):
        raise ValueError(f"it promises {size} words, but gensim reads {len(keyed)}")
    bad = _first_bad(keyed.vectors)
    if bad is not None:
        raise ValueError(f"the vector of {keyed.index_to_key[bad]!r} is not finite")
    if _first_bad(keyed.vectors_ngrams) is not None:
        raise ValueError("vectors of its n-grams are not finite")
    return keyed


def _first_bad(matrix: NDArray[np.float32]) -> int | None:
    """Return the first row with a value that is not finite, without a mask of the whole matrix."""
    for start in range(0, len(matrix), _ROWS):
        bad = ~np.isfinite(matrix[start : start + _ROWS]).all(axis=1)
        if bad.any():
            return start + int(bad.argmax())
    return None
