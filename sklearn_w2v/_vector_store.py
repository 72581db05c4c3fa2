"""Where vectors lie: in memory, or in a folder of flat files that processes share.

The folder form is written once for each vectors file and mapped from then on: a raw
float32 matrix, the words as one block of UTF-8 with offsets, and the words' hashes in
order, so that looking a word up needs no dictionary in memory.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from ._vector_files import read_blocks

FORMAT = 1  # of the folder; another number in its meta.json means: write it again
_open_stores: weakref.WeakValueDictionary[str, FolderStore] = weakref.WeakValueDictionary()


def _hash(word: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(word, digest_size=8).digest(), "little")


def _remove(folder: str, pid: int) -> None:
    if os.getpid() == pid:  # a forked child leaves alone what its parent uses
        shutil.rmtree(folder, ignore_errors=True)


class MemoryStore:
    """Words and a read-only float32 matrix in the memory of this process."""

    def __init__(self, words: Sequence[str], matrix: NDArray[np.float32]) -> None:
        self.words = list(words)
        self.matrix = matrix
        self.matrix.flags.writeable = False

    @cached_property
    def _index(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.words)}

    def find(self, words: Iterable[str]) -> NDArray[np.int64]:
        """Row of each word, -1 where it is not known."""
        get = self._index.get
        return np.fromiter((get(word, -1) for word in words), np.int64)

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.blake2b(digest_size=16)
        for word in self.words:
            digest.update(word.encode("utf-8", "surrogatepass") + b"\n")
        digest.update(np.ascontiguousarray(self.matrix).data)
        return digest.hexdigest()

    def __reduce__(self) -> tuple[Any, ...]:
        return MemoryStore, (self.words, self.matrix)

    @cached_property
    def spilled(self) -> str:
        """Folder form in a temporary place, for worker processes; gone with this store."""
        folder = tempfile.mkdtemp(prefix="sklearn_w2v-")
        weakref.finalize(self, _remove, folder, os.getpid())
        write_store(Path(folder), [(self.words, self.matrix)], {"fingerprint": self.fingerprint})
        return folder


class FolderStore:
    """Words and matrix, mapped from a folder that :func:`write_store` wrote."""

    def __init__(self, folder: Path) -> None:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        if meta.get("format") != FORMAT:
            raise OSError(f"{folder} was written by another version")
        self.folder = folder
        self.fingerprint: str = meta["fingerprint"]
        self.note: dict[str, Any] = meta
        rows, dim = meta["rows"], meta["dim"]
        self.matrix = np.memmap(folder / "matrix.f32", np.float32, "r", shape=(rows, dim))
        self._blob = np.memmap(folder / "words.utf8", np.uint8, "r")
        self._offsets = np.memmap(folder / "offsets.i64", np.int64, "r", shape=(rows + 1,))
        if len(self._blob) < self._offsets[-1]:
            raise OSError(f"{folder} is cut off")
        self._hashes = np.memmap(folder / "hashes.u64", np.uint64, "r", shape=(rows,))
        self._order = np.memmap(folder / "order.i32", np.int32, "r", shape=(rows,))

    def __reduce__(self) -> tuple[Any, ...]:
        return MemoryStore, (self.words, np.array(self.matrix))

    @cached_property
    def words(self) -> list[str]:
        blob, ends = self._blob.tobytes(), self._offsets.tolist()
        return [blob[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(ends)]

    def find(self, words: Iterable[str]) -> NDArray[np.int64]:
        """Row of each word, -1 where it is not known."""
        encoded = [word.encode("utf-8", "surrogatepass") for word in words]
        hashes = np.fromiter(map(_hash, encoded), np.uint64, len(encoded))
        places = np.searchsorted(self._hashes, hashes)
        rows = np.full(len(encoded), -1, np.int64)
        for position, (word, place) in enumerate(zip(encoded, places.tolist(), strict=True)):
            while place < len(self._hashes) and self._hashes[place] == hashes[position]:
                row = int(self._order[place])
                start, end = self._offsets[row], self._offsets[row + 1]
                if self._blob[start:end].tobytes() == word:
                    rows[position] = row
                    break
                place += 1
        return rows


Store = MemoryStore | FolderStore


def write_store(
    folder: Path,
    blocks: Iterable[tuple[Sequence[str], NDArray[np.float32]]],
    note: dict[str, Any],
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

    Returns
    -------
    int
        Number of rows written.
    """
    lengths: list[int] = []
    hashes: list[int] = []
    dim = 0
    with (
        open(folder / "matrix.f32", "wb") as matrix_file,
        open(folder / "words.utf8", "wb") as word_file,
    ):
        for words, rows in blocks:
            dim = rows.shape[1]
            encoded = [word.encode("utf-8", "surrogatepass") for word in words]
            lengths += map(len, encoded)
            hashes += map(_hash, encoded)
            word_file.write(b"".join(encoded))
            matrix_file.write(np.ascontiguousarray(rows, np.float32).data)
        if not word_file.tell():
            word_file.write(b"\0")  # an empty file cannot be mapped
    np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64).tofile(
        folder / "offsets.i64"
    )
    keys = np.array(hashes, np.uint64)
    order = np.argsort(keys, kind="stable").astype(np.int32)
    keys[order].tofile(folder / "hashes.u64")
    order.tofile(folder / "order.i32")
    meta = {**note, "format": FORMAT, "rows": len(lengths), "dim": dim}
    (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    return len(lengths)


def cache_folder() -> Path:
    """Folder of converted vectors: ``$SKLEARN_W2V_CACHE`` or the user's cache folder."""
    named = os.environ.get("SKLEARN_W2V_CACHE")
    return Path(named) if named else Path(platformdirs.user_cache_dir("sklearn_w2v"))


def open_folder(folder: str | os.PathLike[str]) -> FolderStore:
    """Open a folder form; one object for each folder in a process."""
    key = os.fspath(folder)
    store = _open_stores.get(key)
    if store is None:
        store = _open_stores[key] = FolderStore(Path(folder))
    return store


def open_file(path: str) -> FolderStore:
    """Open a vectors file of any known format through its folder form.

    The form is keyed by the file's absolute path, size and time of change; it is made
    in a folder beside the final one and renamed, so that processes that convert the
    same file at once do not meet, and a broken conversion leaves nothing behind.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file's content is in no known format, or broken.
    """
    if not os.path.isfile(path):
        raise FileNotFoundError(f"vectors file {path!r} does not exist or is not a file.")
    status = os.stat(path)
    stamp = f"{path}\n{status.st_size}\n{status.st_mtime_ns}"
    name = hashlib.blake2b(path.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
    key = hashlib.blake2b(stamp.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
    root = cache_folder() / "vectors"
    store = _whole(root / f"{name}-{key}")
    if store is not None:
        return store
    try:
        root.mkdir(parents=True, exist_ok=True)
        work = tempfile.mkdtemp(prefix=f"tmp-{name}-", dir=root)
    except OSError:  # a cache that cannot be written: convert for this process alone
        root = _own_root(os.getpid())
        store = _whole(root / f"{name}-{key}")
        if store is not None:
            return store
        work = tempfile.mkdtemp(prefix=f"tmp-{name}-", dir=root)
    try:
        _convert(path, Path(work))
        final = root / f"{name}-{key}"
        for old in root.glob(f"{name}-*"):  # forms of what the file was before
            if old != final:
                shutil.rmtree(old, ignore_errors=True)
        return _put(Path(work), final)
    finally:
        shutil.rmtree(work, ignore_errors=True)


@cache
def _own_root(pid: int) -> Path:
    """Folder that stands in for a cache that cannot be written, as long as a process lives."""
    root = tempfile.mkdtemp(prefix="sklearn_w2v-")
    atexit.register(_remove, root, pid)
    return Path(root)


def _whole(folder: Path) -> FolderStore | None:
    """The folder form; None where it is not there yet, or broken."""
    try:
        return open_folder(folder)
    except (OSError, ValueError, KeyError):
        return None


def _convert(path: str, work: Path) -> None:
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
    note = {"fingerprint": digest.hexdigest(), "source": path}
    write_store(work, read_blocks(path), note)


def _put(work: Path, final: Path) -> FolderStore:
    """Rename a finished folder form and open it, or the one that another process put there."""
    for _ in range(3):
        try:
            os.rename(work, final)
        except OSError:
            store = _whole(final)
            if store is not None:
                return store
            shutil.rmtree(final, ignore_errors=True)  # it stands there, but broken
        else:
            return open_folder(final)
    raise OSError(f"Cannot write the converted vectors to {str(final)!r}.")
