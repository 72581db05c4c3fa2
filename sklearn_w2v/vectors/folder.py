"""The folder form of vectors: files that are written once and mapped from then on.

Each array is a file in NumPy's own format: the matrix, the words as one block of UTF-8 with
their offsets, and the words' hashes in order, so that looking a word up needs no dictionary
in memory. Words that share the row of another word come after those that have a row of their
own; then one more file holds the row of each word. ``meta.json`` holds the rest.
"""

from __future__ import annotations

import hashlib
import json
import os
import weakref
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..utils.files import naming, stamp_of
from ..utils.forks import cached_property
from .store import MemoryStore, TableStore
from .subwords import Subwords

FORMAT = 2  # of the folder; a folder with another number in its meta.json is written again


def hashes_of(words: Iterable[bytes]) -> NDArray[np.uint64]:
    """Return the hash of each word, which is the same in all processes."""
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
        More entries for ``meta.json``; ``fingerprint`` must be among them once all blocks
        are read.
    shared : iterable of (words, rows), default=()
        More distinct words, and the numbers of the rows that they share; read after all
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
    with (
        _ArrayFile(folder / "matrix.npy", np.float32) as matrix_file,
        _ArrayFile(folder / "words.npy", np.uint8) as word_file,
        ThreadPoolExecutor(1) as pool,  # the next block is read while one is written
    ):
        written: Future[None] | None = None

        def add(words: Sequence[str]) -> None:
            encoded = [word.encode("utf-8", "surrogatepass") for word in words]
            lengths.extend(map(len, encoded))
            hashes.append(hashes_of(encoded))
            word_file.append(np.frombuffer(b"".join(encoded), np.uint8))

        for words, rows in blocks:
            add(words)
            if written is not None:
                written.result()
            written = pool.submit(matrix_file.append, rows)
        if written is not None:
            written.result()
        size = len(lengths)
        parts = [np.arange(size, dtype=np.int32)]
        for words, own in shared:
            add(words)
            parts.append(np.asarray(own, np.int32))
    if len(lengths) > size:
        _put(folder / "rows.npy", np.concatenate(parts))
    _write_index(folder, lengths, hashes)
    meta = {**note, "format": FORMAT}
    if subwords is not None:
        _put(folder / "ngrams.npy", np.asarray(subwords.ngrams, np.float32))
        meta["subwords"] = {"min_n": subwords.min_n, "max_n": subwords.max_n}
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    return len(lengths)


def _write_index(folder: Path, lengths: list[int], hashes: list[NDArray[np.uint64]]) -> None:
    _put(folder / "offsets.npy", np.cumsum([0, *lengths], dtype=np.int64))
    keys = np.concatenate(hashes) if hashes else np.empty(0, np.uint64)
    order = np.argsort(keys, kind="stable").astype(np.int32)
    _put(folder / "hashes.npy", keys[order])
    _put(folder / "order.npy", order)


class _ArrayFile:
    """A file of NumPy's format to which rows are appended.

    ``numpy.save`` needs the whole array, and does not say why writing failed.

    Parameters
    ----------
    path : Path
        The file, which is made anew.
    dtype : dtype
        Type of the values.
    """

    def __init__(self, path: Path, dtype: Any) -> None:
        self._file = open(path, "wb")  # noqa: SIM115  (closed by __exit__)
        self._dtype = np.dtype(dtype)
        self._shape: tuple[int, ...] | None = None

    def __enter__(self) -> _ArrayFile:
        return self

    def __exit__(self, kind: object, *error: object) -> None:
        with self._file:
            if kind is None:
                start = self._header(self._shape or (0,))
                assert self._shape is None or start == self._start

    def append(self, rows: NDArray[Any]) -> None:
        """Write rows after those that are there; all have the same shape."""
        if self._shape is None:
            self._shape = (0, *rows.shape[1:])
            self._start = self._header(self._shape)
        self._file.write(np.ascontiguousarray(rows, self._dtype).data)
        self._shape = (self._shape[0] + len(rows), *self._shape[1:])

    def _header(self, shape: tuple[int, ...]) -> int:
        """Write the header, whose size does not depend on the number of rows, and return it."""
        self._file.seek(0)
        described = np.lib.format.dtype_to_descr(self._dtype)
        header = {"descr": described, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, header)
        return self._file.tell()


def _put(path: Path, array: NDArray[Any]) -> None:
    with _ArrayFile(path, array.dtype) as file:
        file.append(array)


_open_stores: weakref.WeakValueDictionary[str, FolderStore] = weakref.WeakValueDictionary()


class FolderStore(TableStore):
    """Words and matrix, mapped from a folder that :func:`write_store` wrote.

    If a mapped file is cut off, reading beyond its end kills the process (SIGBUS), so the
    files' sizes are checked before each use. A file that is deleted stays readable.

    Parameters
    ----------
    folder : Path
        The folder.

    Raises
    ------
    OSError
        It was written by another version, or its files do not fit each other.
    """

    def __init__(self, folder: Path) -> None:
        self._stamp = stamp_of(folder / "meta.json")
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        if meta.get("format") != FORMAT:
            raise OSError(f"{folder} was written by another version")
        self.folder = folder
        self._fingerprint: str = meta["fingerprint"]
        self._mapped: list[Any] = []
        matrix = self._map("matrix", np.float32)
        shared = grams = None
        if (folder / "rows.npy").exists():
            shared = self._map("rows", np.int32)
        if "subwords" in meta:
            grams = Subwords(self._map("ngrams", np.float32), **meta["subwords"])
        super().__init__(matrix, shared, grams)
        self._blob = self._map("words", np.uint8)
        self._offsets = self._map("offsets", np.int64)
        self._hashes = self._map("hashes", np.uint64)
        self._order = self._map("order", np.int32)
        if not self._fits():
            raise OSError(f"{folder} holds files that do not fit each other")

    def _map(self, name: str, dtype: Any) -> Any:
        array = np.lib.format.open_memmap(self.folder / f"{name}.npy", mode="r")
        if array.dtype != dtype:
            raise OSError(f"{self.folder} holds {name} of the type {array.dtype}")
        self._mapped.append(array)
        return array

    def _fits(self) -> bool:
        size, rows = len(self), self.n_rows
        shared, grams = self.shared, self.subwords
        return bool(
            self.matrix.ndim == 2
            and all(one.ndim == 1 for one in (self._blob, self._offsets, self._hashes, self._order))
            and len(self._hashes) == len(self._order) == len(self._offsets) - 1 == size
            and self._offsets[-1] == len(self._blob)
            and (shared is None or shared.ndim == 1)
            and (shared is None or 0 <= shared.min() <= shared.max() < rows < size)
            and (grams is None or grams.ngrams.shape[1:] == (self.dim,))
        )

    @property
    def is_current(self) -> bool:
        """Whether the folder is still the one that was opened, and not another in its place."""
        return self._stamp == stamp_of(self.folder / "meta.json")

    @property
    def is_whole(self) -> bool:
        """Whether no file has become shorter since it was mapped."""
        return all(one._mmap.size() >= one.offset + one.nbytes for one in self._mapped)

    def _check(self) -> None:
        if not self.is_whole:
            raise OSError(
                f"The converted vectors in {os.fspath(self.folder)!r} were cut off while they "
                "were in use. Start again; they will be converted again."
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

    def words_at(self, indices: NDArray[np.int64]) -> list[str]:
        self._check()
        starts, ends = self._offsets[indices].tolist(), self._offsets[indices + 1].tolist()
        blob = memoryview(self._blob)
        return [
            str(blob[start:end], "utf-8", "surrogatepass")
            for start, end in zip(starts, ends, strict=True)
        ]

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


def open_folder(folder: str | os.PathLike[str]) -> FolderStore:
    """Open a folder form; in a process, each folder has one object."""
    key = os.fspath(folder)
    store = _open_stores.get(key)
    if store is None or not (store.is_whole and store.is_current):
        store = _open_stores[key] = FolderStore(Path(folder))
    return store
