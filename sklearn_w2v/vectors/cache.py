"""The cache of converted vectors, and a store that opens its source on first use."""

from __future__ import annotations

import atexit
import hashlib
import os
import platform
import shutil
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from ..utils.files import (
    locked_folder,
    naming,
    random_name,
    release,
    remove,
    scratch_folder,
    sweep_folders,
    when_free,
    written_beside,
)
from ..utils.saved_state import expect, is_instance
from .folder import FolderStore, open_folder
from .sources import Source, find_source
from .store import Store
from .subwords import Subwords

_WORK = "tmp-"
_SEEN = "seen"  # file with the source's witness when it last was what the form was made of
_TRIES = 3
_NO_ROOM = (
    "the converted vectors do not fit there; make room, or set SKLEARN_W2V_CACHE to another folder"
)


class SourceStore(Store):
    """Vectors of a source, opened on first use; their pickle holds the name and the fingerprint.

    Parameters
    ----------
    path : str
        A name that `find_source` knows.
    aliases : str or None
        Absolute path of a file of aliases.
    expected : str or None
        Fingerprint that the source must have; with None, it is opened at once to find out.
    """

    def __init__(self, path: str, aliases: str | None, expected: str | None = None) -> None:
        self.path, self.aliases = path, aliases
        self._opened = open_source(path, aliases) if expected is None else None
        self._expected = self._opened.fingerprint if self._opened is not None else expected

    def __reduce__(self) -> tuple[Any, ...]:
        return SourceStore, (self.path, self.aliases, self._expected)

    def _check_saved_state(self) -> None:
        text = is_instance(str)
        expect(
            self,
            {"path": text, "_expected": text, "aliases": is_instance(str, type(None))},
        )

    @property
    def is_open(self) -> bool:
        return self._opened is not None

    @property
    def table(self) -> FolderStore:
        """The folder form, opened if it is not open.

        Raises
        ------
        FileNotFoundError
            The file no longer exists.
        ImportError
            The package is no longer installed.
        ValueError
            The source has changed.
        """
        if self._opened is not None and not self._opened.is_whole:
            self._opened = None  # its files were cut off: convert again
        if self._opened is None:
            assert self.path is not None
            try:
                store = open_source(self.path, self.aliases)
            except FileNotFoundError as error:
                gone = self.aliases if os.path.isfile(self.path) else self.path
                raise FileNotFoundError(
                    f"These word vectors are in {gone!r}, which no longer exists on the host "
                    f"{platform.node()!r}; put the file back."
                ) from error
            if store.fingerprint != self._expected:
                raise ValueError(self._changed(store))
            self._opened = store
        return self._opened

    def _changed(self, store: FolderStore) -> str:
        source = find_source(str(self.path), self.aliases)
        return (
            f"{source.label} has changed: its fingerprint is {store.fingerprint} but "
            f"{self._expected} was expected. {source.remedy}, or fit again."
        )

    @property
    def fingerprint(self) -> str:
        return str(self._expected)

    @property
    def dim(self) -> int:
        return self.table.dim

    @property
    def words(self) -> list[str]:
        return self.table.words

    @property
    def n_rows(self) -> int:
        return self.table.n_rows

    @property
    def moments(self) -> tuple[NDArray[np.float32], float]:
        return self.table.moments

    @property
    def subwords(self) -> Subwords | None:
        return self.table.subwords

    def __len__(self) -> int:
        return len(self.table)

    def words_at(self, indices: NDArray[np.int64]) -> list[str]:
        return self.table.words_at(indices)

    def find(self, words: Sequence[str]) -> NDArray[np.int64]:
        return self.table.find(words)

    def row_of(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.table.row_of(indices)

    def first_words(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.table.first_words(rows)

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return self.table.take(rows)

    def expanded(self) -> NDArray[np.float32]:
        return self.table.expanded()


def cache_folder() -> Path:
    """Return the folder of converted vectors: ``$SKLEARN_W2V_CACHE`` or the user's cache folder.

    A user without a home directory, as in containers with an unknown user, gets a folder that
    lives as long as this process.
    """
    named = os.environ.get("SKLEARN_W2V_CACHE")
    if named:
        return Path(named)
    try:
        return Path(platformdirs.user_cache_dir("sklearn_w2v"))
    except RuntimeError:
        return _own_root(os.getpid())


def open_source(path: str, aliases: str | None = None) -> FolderStore:
    """Open vectors of any known source: convert them if needed, and map the result.

    The name of the converted form depends on the absolute paths of the source's files, their
    sizes and times of change. The form is written in a folder of its own and then renamed, so
    that several processes may convert the same file at the same time, and a failed conversion
    leaves nothing. What a killed one leaves, a later conversion removes. A source that changes
    while it is read is read again.

    Parameters
    ----------
    path : str
        A name that `find_source` knows.
    aliases : str or None, default=None
        Path of a file of aliases.

    Raises
    ------
    FileNotFoundError
        The file does not exist.
    ImportError
        The package is not installed.
    ValueError
        The content is not in a known format, or broken.
    OSError
        There is no room for the form, or the source keeps changing.
    """
    source = find_source(path, aliases)
    for _ in range(_TRIES):
        stamp, witness = source.stamp(), source.witness()
        store = _open_or_convert(source, stamp, witness)
        if store is not None and (source.stamp(), source.witness()) == (stamp, witness):
            return store
    raise OSError(f"{source.label} changes while it is read; wait until it is written completely.")


def _open_or_convert(source: Source, stamp: str, witness: str) -> FolderStore | None:
    """Return the folder form of a source, converted if needed; None if the source has changed."""
    name = _hash_of(source.name)
    form = f"{name}-{_hash_of(stamp)}"
    root = cache_folder() / "vectors"
    store = _find_form(source, root / form, witness)
    if store is not None:
        return store
    try:
        root.mkdir(parents=True, exist_ok=True)
        work = locked_folder(root, _WORK)
    except OSError:  # the cache cannot be written, so convert for this process alone
        root = _own_root(os.getpid())
        store = _find_form(source, root / form, witness)
        if store is not None:
            return store
        work = locked_folder(root, _WORK)
    try:
        sweep_folders(root, _WORK, by_age=True)
        with naming(root, work, hint=_NO_ROOM):
            source.convert(Path(work))
            (Path(work) / _SEEN).write_text(witness, encoding="utf-8")
            _sync_files(Path(work))
            if (source.stamp(), source.witness()) != (stamp, witness):
                return None
            return _move_into_cache(work, root, form)
    finally:
        release(work)
        shutil.rmtree(work, ignore_errors=True)


def _find_form(source: Source, folder: Path, witness: str) -> FolderStore | None:
    """Return the folder form in the cache if it is whole and was made of the present source."""
    store = _open_if_whole(folder)
    if store is None or _read_witness(folder) == witness:
        return store
    if source.fingerprint() not in (None, store.fingerprint):
        _discard(folder)
        return None
    try:
        with written_beside(os.fspath(folder / _SEEN)) as work:
            Path(work).write_text(witness, encoding="utf-8")
    except OSError:  # the cache cannot be written, so each process compares again
        pass
    return store


def _sync_files(folder: Path) -> None:
    """Have all files written to the disk, since a crash of the machine would leave them empty."""
    for path in folder.iterdir():
        with open(path, "rb+") as file:
            os.fsync(file.fileno())


def _read_witness(folder: Path) -> str | None:
    try:
        return (folder / _SEEN).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def cached_form(path: str, aliases: str | None = None) -> Path | None:
    """Return the folder of a source's form in the cache; None if there is no whole one.

    Parameters
    ----------
    path : str
        A name that `find_source` knows.
    aliases : str or None, default=None
        Path of a file of aliases.
    """
    source = find_source(path, aliases)
    folder = cache_folder() / "vectors" / f"{_hash_of(source.name)}-{_hash_of(source.stamp())}"
    return None if _open_if_whole(folder) is None else folder


def _hash_of(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def _move_into_cache(work: str, root: Path, form: str) -> FolderStore:
    """Rename a finished folder form, open it, and remove forms of the source's former states."""
    final = root / form
    for old in root.glob(f"{form.partition('-')[0]}-*"):
        if old != final:
            _discard(old)
    release(work)  # without a lock, the folder is left alone for a day
    return _rename_and_open(Path(work), final)


@cache
def _own_root(pid: int) -> Path:
    """Return a folder to use, while this process lives, in place of a cache that is read-only."""
    root = scratch_folder()
    atexit.register(remove, root, pid)
    return Path(root)


def _open_if_whole(folder: Path) -> FolderStore | None:
    """Open a folder form; return None if it does not exist yet or is broken."""
    try:
        return open_folder(folder)
    except (OSError, ValueError, KeyError):
        return None


def _rename_and_open(work: Path, final: Path) -> FolderStore:
    """Rename a finished folder form and open it, or open the one of a faster process."""
    for _ in when_free():
        for _ in range(_TRIES):
            try:
                os.rename(work, final)
            except OSError:
                store = _open_if_whole(final)
                if store is not None:
                    return store
                _discard(final)  # it exists but is broken
            else:
                return open_folder(final)
    in_use = "; close the programs that use those that are there" if final.exists() else ""
    raise OSError(f"Cannot write the converted vectors to {str(final)!r}{in_use}.")


def _discard(folder: Path) -> None:
    """Remove a form, which Windows leaves as it is while a process has it mapped."""
    gone = folder.with_name(f"{_WORK}{random_name()[:8]}")
    with suppress(OSError):
        os.rename(folder, gone)  # all of it or nothing
        shutil.rmtree(gone, ignore_errors=True)
