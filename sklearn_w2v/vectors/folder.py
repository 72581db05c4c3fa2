"""Writing the folder form of vectors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..utils.files import naming
from .subwords import Subwords

FORMAT = 1  # of the folder; another number in its meta.json means: write it again


def hashes_of(words: Iterable[bytes]) -> NDArray[np.uint64]:
    """Hash of each word, equal in all processes."""
    digests = [hashlib.blake2b(word, digest_size=8).digest() for word in words]
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64, copy=False)


def write_store(
    folder: Path,
    blocks: Iterable[tuple[Sequence[str], NDArray[np.float32]]],
    note: dict[str, Any],
    shared: Iterable[tuple[Sequence[str], NDArray[np.int32]]] = (),
    subwords: Subwords | None = None,
) -> int:
    """Write blocks of words and rows into an existing empty folder.

    Parameters
    ----------
    folder : Path
        Where the files go; ``meta.json`` is written last.
    blocks : iterable of (words, rows)
        Distinct words and as many rows, each block of the same width.
    note : dict
        More entries for ``meta.json``; ``fingerprint`` must be among them when all blocks
        are read.
    shared : iterable of (words, rows), default=()
        Further distinct words and the numbers of the rows that they share; read when all
        blocks are written.
    subwords : Subwords or None, default=None
        Vectors of n-grams.

    Returns
    -------
    int
        Number of words written.

    Raises
    ------
    OSError
        There is no room; the error names the folder.
    """
    with naming(folder, str(folder)):
        return _write(folder, blocks, note, shared, subwords)


def _write(
    folder: Path,
    blocks: Iterable[tuple[Sequence[str], NDArray[np.float32]]],
    note: dict[str, Any],
    shared: Iterable[tuple[Sequence[str], NDArray[np.int32]]],
    subwords: Subwords | None,
) -> int:
    lengths: list[int] = []
    hashes: list[NDArray[np.uint64]] = []
    dim = 0
    with (
        open(folder / "matrix.f32", "wb") as matrix_file,
        open(folder / "words.utf8", "wb") as word_file,
        ThreadPoolExecutor(1) as pool,  # the next block is read while one is written
    ):
        written: Future[int] | None = None

        def add(words: Sequence[str]) -> None:
            encoded = [word.encode("utf-8", "surrogatepass") for word in words]
            lengths.extend(map(len, encoded))
            hashes.append(hashes_of(encoded))
            word_file.write(b"".join(encoded))

        for words, rows in blocks:
            dim = rows.shape[1]
            add(words)
            data = np.ascontiguousarray(rows, np.float32).data
            if written is not None:
                written.result()
            written = pool.submit(matrix_file.write, data)
        if written is not None:
            written.result()
        size = len(lengths)
        parts = [np.arange(size, dtype=np.int32)]
        for words, own in shared:
            add(words)
            parts.append(np.asarray(own, np.int32))
        if not word_file.tell():
            word_file.write(b"\0")  # an empty file cannot be mapped
    if len(lengths) > size:
        _put(folder / "rows.i32", np.concatenate(parts))
    _write_index(folder, lengths, hashes)
    meta = {**note, "format": FORMAT, "rows": size, "words": len(lengths), "dim": dim}
    if subwords is not None:
        _put(folder / "ngrams.f32", np.ascontiguousarray(subwords.ngrams, np.float32))
        bucket = len(subwords.ngrams)
        meta["subwords"] = {"bucket": bucket, "min_n": subwords.min_n, "max_n": subwords.max_n}
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    return len(lengths)


def _write_index(folder: Path, lengths: list[int], hashes: list[NDArray[np.uint64]]) -> None:
    ends = np.cumsum(lengths, dtype=np.int64)
    _put(folder / "offsets.i64", np.concatenate([[0], ends]).astype(np.int64))
    keys = np.concatenate(hashes) if hashes else np.empty(0, np.uint64)
    order = np.argsort(keys, kind="stable").astype(np.int32)
    _put(folder / "hashes.u64", keys[order])
    _put(folder / "order.i32", order)


def _put(path: Path, array: NDArray[Any]) -> None:
    with open(path, "wb") as file:  # ndarray.tofile does not say why it failed
        file.write(array.data)
