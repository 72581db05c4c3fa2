"""Where vectors lie: in memory, or in a folder of flat files that processes share.

The folder form is written once for each vectors file and mapped from then on: a raw
float32 matrix, the words as one block of UTF-8 with offsets, and the words' hashes in
order, so that looking a word up needs no dictionary in memory. Words that share the row
of another stand behind those that have one; then a further file says which row is whose.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

import numpy as np
from joblib.externals.loky.backend.reduction import register as _register_for_workers
from numpy.typing import NDArray

from ._subwords import Subwords

FORMAT = 1  # of the folder; another number in its meta.json means: write it again
_SAMPLE = 10_000  # rows that the table's mean and variance are estimated from
_open_stores: weakref.WeakValueDictionary[str, FolderStore] = weakref.WeakValueDictionary()


def _hash(word: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(word, digest_size=8).digest(), "little")


def remove(folder: str, pid: int) -> None:
    """Remove a folder, if this is the process that made it."""
    if os.getpid() == pid:  # a forked child leaves alone what its parent uses
        shutil.rmtree(folder, ignore_errors=True)


class Store(ABC):
    """What `WordVectors` stand on: words, and rows that several words may share.

    A word's index is its place among the words. Rows 0 to ``n_rows - 1`` belong to words
    of their own, which `first_words` names; other words share them.
    """

    path: str | None = None
    aliases: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was seen that the content is there."""
        return True

    def continues(self, other: Store) -> bool:
        """Whether the words of another store, and their rows, stand at the front here."""
        return self is other or self.fingerprint == other.fingerprint

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Hash of the content."""

    @property
    @abstractmethod
    def dim(self) -> int:
        """Number of dimensions."""

    @property
    @abstractmethod
    def words(self) -> list[str]:
        """All words, in the order of their indices."""

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """Number of distinct rows."""

    @property
    @abstractmethod
    def moments(self) -> tuple[NDArray[np.float32], float]:
        """Mean row and variance of the values, estimated from rows over the whole table."""

    @property
    @abstractmethod
    def subwords(self) -> Subwords | None:
        """Vectors of n-grams, where there are some."""

    @abstractmethod
    def __len__(self) -> int:
        """Number of words."""

    @abstractmethod
    def find(self, words: Sequence[str]) -> NDArray[np.int64]:
        """Index of each word, -1 where it is not known."""

    @abstractmethod
    def row_of(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of words, by their indices."""

    @abstractmethod
    def first_words(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Index of the word that has a row for its own."""

    @abstractmethod
    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Copy of rows."""

    @abstractmethod
    def expanded(self) -> NDArray[np.float32]:
        """A read-only row for each word; a copy only where words share rows."""


class TableStore(Store):
    """A matrix whose first words have a row each, and further words that share these rows.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, dim), float32
        The rows.
    shared : ndarray of shape (n_words,), int32, or None
        Row of each word, counting up for the first `n_rows`; None where no word shares one.
    subwords : Subwords or None
        Vectors of n-grams.
    """

    def __init__(
        self,
        matrix: NDArray[np.float32],
        shared: NDArray[np.int32] | None,
        subwords: Subwords | None,
    ) -> None:
        self.matrix, self.shared, self._subwords = matrix, shared, subwords

    @property
    def dim(self) -> int:
        return int(self.matrix.shape[1])

    @property
    def n_rows(self) -> int:
        return len(self.matrix)

    @property
    def subwords(self) -> Subwords | None:
        return self._subwords

    def __len__(self) -> int:
        return len(self.matrix if self.shared is None else self.shared)

    def row_of(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        return indices if self.shared is None else self.shared[indices].astype(np.int64)

    def first_words(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return rows

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.asarray(self.matrix[rows])

    def expanded(self) -> NDArray[np.float32]:
        if self.shared is None:
            return self.matrix
        whole = np.asarray(self.matrix[self.shared])
        whole.flags.writeable = False
        return whole

    @cached_property
    def moments(self) -> tuple[NDArray[np.float32], float]:
        size = len(self.matrix)
        places = np.linspace(0, size - 1, min(size, _SAMPLE)).astype(np.int64)
        sample = np.asarray(self.matrix[places], np.float64)
        return sample.mean(axis=0).astype(np.float32), float(sample.var())


class MemoryStore(TableStore):
    """Words and a read-only float32 matrix in the memory of this process."""

    def __init__(
        self,
        words: Sequence[str],
        matrix: NDArray[np.float32],
        shared: NDArray[np.int32] | None = None,
        subwords: Subwords | None = None,
    ) -> None:
        super().__init__(matrix, shared, subwords)
        self._words = list(words)
        self.matrix.flags.writeable = False

    @property
    def words(self) -> list[str]:
        return self._words

    @cached_property
    def _index(self) -> dict[str, int]:
        return {word: index for index, word in enumerate(self.words)}

    def find(self, words: Sequence[str]) -> NDArray[np.int64]:
        get = self._index.get
        return np.fromiter((get(word, -1) for word in words), np.int64)

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.blake2b(digest_size=16)
        for word in self.words:
            digest.update(word.encode("utf-8", "surrogatepass") + b"\n")
        digest.update(np.ascontiguousarray(self.matrix).data)
        if self.shared is not None:
            digest.update(np.ascontiguousarray(self.shared).data)
        if self.subwords is not None:
            digest.update(f"{self.subwords.min_n} {self.subwords.max_n}".encode())
            digest.update(np.ascontiguousarray(self.subwords.ngrams).data)
        return digest.hexdigest()

    def __reduce__(self) -> tuple[Any, ...]:
        return MemoryStore, (self.words, self.matrix, self.shared, self.subwords)

    @cached_property
    def spilled(self) -> str:
        """Folder form in a temporary place, for worker processes; gone with this store."""
        folder = tempfile.mkdtemp(prefix="sklearn_w2v-")
        weakref.finalize(self, remove, folder, os.getpid())
        size = self.n_rows
        shared = [] if self.shared is None else [(self.words[size:], self.shared[size:])]
        write_store(
            Path(folder),
            [(self.words[:size], self.matrix)],
            {"fingerprint": self.fingerprint},
            shared,
            self.subwords,
        )
        return folder


class FolderStore(TableStore):
    """Words and matrix, mapped from a folder that :func:`write_store` wrote."""

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

    def __reduce__(self) -> tuple[Any, ...]:
        shared = None if self.shared is None else np.array(self.shared)
        return MemoryStore, (self.words, np.array(self.matrix), shared, self.subwords)

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    @cached_property
    def words(self) -> list[str]:
        blob, ends = self._blob.tobytes(), self._offsets.tolist()
        return [blob[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(ends)]

    def find(self, words: Sequence[str]) -> NDArray[np.int64]:
        encoded = [word.encode("utf-8", "surrogatepass") for word in words]
        hashes = np.fromiter(map(_hash, encoded), np.uint64, len(encoded))
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
        More entries for ``meta.json``; ``fingerprint`` must be among them.
    shared : iterable of (words, rows), default=()
        Further distinct words and the numbers of the rows that they share; read when all
        blocks are written.
    subwords : Subwords or None, default=None
        Vectors of n-grams.

    Returns
    -------
    int
        Number of words written.
    """
    lengths: list[int] = []
    hashes: list[int] = []
    dim = 0
    with (
        open(folder / "matrix.f32", "wb") as matrix_file,
        open(folder / "words.utf8", "wb") as word_file,
    ):

        def add(words: Sequence[str]) -> None:
            encoded = [word.encode("utf-8", "surrogatepass") for word in words]
            lengths.extend(map(len, encoded))
            hashes.extend(map(_hash, encoded))
            word_file.write(b"".join(encoded))

        for words, rows in blocks:
            dim = rows.shape[1]
            add(words)
            matrix_file.write(np.ascontiguousarray(rows, np.float32).data)
        size = len(lengths)
        parts = [np.arange(size, dtype=np.int32)]
        for words, own in shared:
            add(words)
            parts.append(np.asarray(own, np.int32))
        if not word_file.tell():
            word_file.write(b"\0")  # an empty file cannot be mapped
    if len(lengths) > size:
        np.concatenate(parts).tofile(folder / "rows.i32")
    _write_index(folder, lengths, hashes)
    meta = {**note, "format": FORMAT, "rows": size, "words": len(lengths), "dim": dim}
    if subwords is not None:
        np.ascontiguousarray(subwords.ngrams, np.float32).tofile(folder / "ngrams.f32")
        bucket = len(subwords.ngrams)
        meta["subwords"] = {"bucket": bucket, "min_n": subwords.min_n, "max_n": subwords.max_n}
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    return len(lengths)


def _write_index(folder: Path, lengths: list[int], hashes: list[int]) -> None:
    ends = np.cumsum(lengths, dtype=np.int64)
    np.concatenate([[0], ends]).astype(np.int64).tofile(folder / "offsets.i64")
    keys = np.array(hashes, np.uint64)
    order = np.argsort(keys, kind="stable").astype(np.int32)
    keys[order].tofile(folder / "hashes.u64")
    order.tofile(folder / "order.i32")


def open_folder(folder: str | os.PathLike[str]) -> FolderStore:
    """Open a folder form; one object for each folder in a process."""
    key = os.fspath(folder)
    store = _open_stores.get(key)
    if store is None:
        store = _open_stores[key] = FolderStore(Path(folder))
    return store


# worker processes of joblib map what this process holds in memory
def _reduce_memory_for_workers(store: MemoryStore) -> tuple[Any, ...]:
    if parent_process() is None:  # a worker's folder would be gone before its result is read
        return open_folder, (store.spilled,)
    return store.__reduce__()


def _reduce_folder_for_workers(store: FolderStore) -> tuple[Any, ...]:
    if (store.folder / "meta.json").exists():  # not if its process has let it go
        return open_folder, (str(store.folder),)
    return store.__reduce__()


_register_for_workers(MemoryStore, _reduce_memory_for_workers)
_register_for_workers(FolderStore, _reduce_folder_for_workers)
