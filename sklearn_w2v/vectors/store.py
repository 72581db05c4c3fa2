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
import weakref
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

import numpy as np
from joblib.externals.loky.backend.reduction import register as _register_for_workers
from numpy.typing import NDArray

from ..utils.leftovers import remove, scratch_folder
from .folder import FORMAT, hashes_of, write_store
from .subwords import Subwords

_SAMPLE = 10_000  # rows that the table's mean and variance are estimated from
_open_stores: weakref.WeakValueDictionary[str, FolderStore] = weakref.WeakValueDictionary()


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

    def holds(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which rows are there; a model file may hold some of them only."""
        return np.ones(len(rows), bool)

    def check_whole(self) -> None:
        """Refuse to go on where rows are missing.

        Raises
        ------
        ValueError
            Some rows are not there.
        """
        return

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
        folder = scratch_folder()
        weakref.finalize(self, remove, folder, os.getpid())
        size = self.n_rows
        shared = [] if self.shared is None else [(self.words[size:], self.shared[size:])]
        try:
            write_store(
                Path(folder),
                [(self.words[:size], self.matrix)],
                {"fingerprint": self.fingerprint},
                shared,
                self.subwords,
            )
        except BaseException:
            remove(folder, os.getpid())
            raise
        return folder


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
