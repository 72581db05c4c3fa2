"""Writing the folder form of vectors."""

from __future__ import annotations

import hashlib
import json
import os
import weakref
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..utils.files import naming
from .store import MemoryStore, TableStore
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


_open_stores: weakref.WeakValueDictionary[str, FolderStore] = weakref.WeakValueDictionary()


class FolderStore(TableStore):
    """Words and matrix, mapped from a folder that :func:`write_store` wrote.

    Where a mapped file is cut off, reading behind its end kills the process (SIGBUS), so the
    files' sizes are looked at ahead of each use. A file that is deleted stays readable.
    """

    def __init__(self, folder: Path) -> None:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        if meta.get("format") != FORMAT:
            raise OSError(f"{folder} was written by another version")
        self.folder = folder
        self._fingerprint: str = meta["fingerprint"]
        self.note: dict[str, Any] = meta
        rows, dim = meta["rows"], meta["dim"]
        size = meta.get("words", rows)
        matrix = np.memmap(folder / "matrix.f32", np.float32, "r", shape=(rows, dim))
        shared = None
        if size != rows:
            shared = np.memmap(folder / "rows.i32", np.int32, "r", shape=(size,))
            if shared.min() < 0 or shared.max() >= rows:
                raise OSError(f"{folder} holds rows that are not there")
        super().__init__(matrix, shared, _mapped_subwords(folder, meta.get("subwords"), dim))
        self._blob = np.memmap(folder / "words.utf8", np.uint8, "r")
        self._offsets = np.memmap(folder / "offsets.i64", np.int64, "r", shape=(size + 1,))
        if len(self._blob) < self._offsets[-1]:
            raise OSError(f"{folder} is cut off")
        self._hashes = np.memmap(folder / "hashes.u64", np.uint64, "r", shape=(size,))
        self._order = np.memmap(folder / "order.i32", np.int32, "r", shape=(size,))
        grams = None if self.subwords is None else self.subwords.ngrams
        mapped: list[Any] = [matrix, shared, grams, self._blob, self._offsets]
        mapped += [self._hashes, self._order]
        self._mapped = [one for one in mapped if one is not None]

    @property
    def is_whole(self) -> bool:
        """Whether no file has become shorter since it was mapped."""
        return all(one._mmap.size() >= one.nbytes for one in self._mapped)

    def _check(self) -> None:
        if not self.is_whole:
            raise OSError(
                f"The converted vectors in {os.fspath(self.folder)!r} were cut off while they "
                "were in use. Start again; they are converted anew."
            )

    def __reduce__(self) -> tuple[Any, ...]:
        shared = None if self.shared is None else np.array(self.shared)
        return MemoryStore, (self.words, np.array(self.matrix), shared, self.subwords)

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        self._check()
        return super().take(rows)

    @cached_property
    def words(self) -> list[str]:
        self._check()
        blob, ends = self._blob.tobytes(), self._offsets.tolist()
        return [blob[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(ends)]

    def find(self, words: Sequence[str]) -> NDArray[np.int64]:
        self._check()
        encoded = [word.encode("utf-8", "surrogatepass") for word in words]
        hashes = hashes_of(encoded)
        places = np.searchsorted(self._hashes, hashes)
        found = np.full(len(encoded), -1, np.int64)
        for position, (word, place) in enumerate(zip(encoded, places.tolist(), strict=True)):
            while place < len(self._hashes) and self._hashes[place] == hashes[position]:
                index = int(self._order[place])
                start, end = self._offsets[index], self._offsets[index + 1]
                if self._blob[start:end].tobytes() == word:
                    found[position] = index
                    break
                place += 1
        return found


def _mapped_subwords(folder: Path, note: dict[str, int] | None, dim: int) -> Subwords | None:
    if note is None:
        return None
    shape = (note["bucket"], dim)
    ngrams = np.memmap(folder / "ngrams.f32", np.float32, "r", shape=shape)
    return Subwords(ngrams, note["min_n"], note["max_n"])


def open_folder(folder: str | os.PathLike[str]) -> FolderStore:
    """Open a folder form; one object for each folder in a process."""
    key = os.fspath(folder)
    store = _open_stores.get(key)
    if store is None or not store.is_whole:
        store = _open_stores[key] = FolderStore(Path(folder))
    return store
