"""The cache of converted vectors, and the store that opens its source when it is used."""

from __future__ import annotations

import atexit
import hashlib
import os
import platform
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from ..utils.files import (
    locked_folder,
    naming,
    release,
    remove,
    scratch_folder,
    sweep_folders,
    written_beside,
)
from ..utils.saved_state import expect, is_instance
from .folder import FolderStore, open_folder
from .sources import Source, find_source
from .store import Store
from .subwords import Subwords

_WORK = "tmp-"
_SEEN = "seen"  # the source's witness, when it was last found to be what the form was made of
_TRIES = 3
_NO_ROOM = (
    "the converted vectors do not fit there; make room, or set SKLEARN_W2V_CACHE to another folder"
)


class SourceStore(Store):
    """Vectors of a source, opened when they are used; pickles as what names them.

    Parameters
    ----------
    path : str
        What `find_source` knows.
    aliases : str or None
        Absolute path of a file of aliases.
    expected : str or None
        Fingerprint that the source must have; None opens it now.
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
        """The opened folder form.

        Raises
        ------
        FileNotFoundError
            The file is not there any more.
        ImportError
            The package is not there any more.
        ValueError
            The source holds something else now.
        """
        if self._opened is not None and not self._opened.is_whole:
            self._opened = None  # somebody cut the cache off under us: it is made again
        if self._opened is None:
            assert self.path is not None
            try:
                store = open_source(self.path, self.aliases)
            except FileNotFoundError as error:
                gone = self.aliases if os.path.isfile(self.path) else self.path
                raise FileNotFoundError(
                    f"These word vectors stand in {gone!r}, which is not there any more on the "
                    f"host {platform.node()!r}; put the file back."
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
    """Folder of converted vectors: ``$SKLEARN_W2V_CACHE`` or the user's cache folder."""
    named = os.environ.get("SKLEARN_W2V_CACHE")
    return Path(named) if named else Path(platformdirs.user_cache_dir("sklearn_w2v"))


def open_source(path: str, aliases: str | None = None) -> FolderStore:
    """Open vectors of any known source through their folder form.

    The form is keyed by the absolute paths of the source's files, their sizes and times
    of change; it is made in a folder beside the final one and renamed, so that processes
    that convert the same file at once do not meet, and a broken conversion leaves nothing
    behind. What a killed one leaves is removed by a later conversion. A source that changes
    while it is read is read again.

    Parameters
    ----------
    path : str
        What `find_source` knows.
    aliases : str or None, default=None
        Path of a file of aliases.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ImportError
        There is no such package.
    ValueError
        The content is in no known format, or broken.
    OSError
        There is no room for the form, or the source does not stop changing.
    """
    source = find_source(path, aliases)
    for _ in range(_TRIES):
        stamp, witness = source.stamp(), source.witness()
        store = _opened(source, stamp, witness)
        if store is not None and (source.stamp(), source.witness()) == (stamp, witness):
            return store
    raise OSError(f"{source.label} changes while it is read; wait until it is written.")


def _opened(source: Source, stamp: str, witness: str) -> FolderStore | None:
    """The folder form of a source, converted if need be; None where the source has changed."""
    name = _short(source.name)
    form = f"{name}-{_short(stamp)}"
    root = cache_folder() / "vectors"
    store = _known(source, root / form, witness)
    if store is not None:
        return store
    try:
        root.mkdir(parents=True, exist_ok=True)
        work = locked_folder(root, f"{_WORK}{name}-")
    except OSError:  # a cache that cannot be written: convert for this process alone
        root = _own_root(os.getpid())
        store = _known(source, root / form, witness)
        if store is not None:
            return store
        work = locked_folder(root, f"{_WORK}{name}-")
    try:
        sweep_folders(root, _WORK, by_age=True)
        with naming(root, work, hint=_NO_ROOM):
            source.convert(Path(work))
            (Path(work) / _SEEN).write_text(witness)
            _sync(Path(work))
            if (source.stamp(), source.witness()) != (stamp, witness):
                return None
            return _moved(work, root, form)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        release(work)


def _known(source: Source, folder: Path, witness: str) -> FolderStore | None:
    """The folder form in the cache, if it is whole and the source is what it was made of."""
    store = _whole(folder)
    if store is None or _seen(folder) == witness:
        return store
    if source.fingerprint() not in (None, store.fingerprint):
        shutil.rmtree(folder, ignore_errors=True)
        return None
    try:
        with written_beside(os.fspath(folder / _SEEN)) as work:
            Path(work).write_text(witness)
    except OSError:  # the cache cannot be written: each process looks for itself
        pass
    return store


def _sync(folder: Path) -> None:
    """Have all files on the disk: a crash of the machine must not leave names of empty ones."""
    for path in folder.iterdir():
        with open(path, "rb+") as file:
            os.fsync(file.fileno())


def _seen(folder: Path) -> str | None:
    try:
        return (folder / _SEEN).read_text()
    except (OSError, ValueError):
        return None


def cached_form(path: str, aliases: str | None = None) -> Path | None:
    """Folder form of a source in the cache; None where there is none that is whole.

    Parameters
    ----------
    path : str
        What `find_source` knows.
    aliases : str or None, default=None
        Path of a file of aliases.
    """
    source = find_source(path, aliases)
    folder = cache_folder() / "vectors" / f"{_short(source.name)}-{_short(source.stamp())}"
    return None if _whole(folder) is None else folder


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def _moved(work: str, root: Path, form: str) -> FolderStore:
    """Put a finished folder form in its place, and remove those of the source's past."""
    final = root / form
    for old in root.glob(f"{form.partition('-')[0]}-*"):  # forms of what the source was before
        if old != final:
            shutil.rmtree(old, ignore_errors=True)
    release(work)  # without its lock, nobody touches the folder for a day
    return _put(Path(work), final)


@cache
def _own_root(pid: int) -> Path:
    """Folder that stands in for a cache that cannot be written, as long as a process lives."""
    root = scratch_folder()
    atexit.register(remove, root, pid)
    return Path(root)


def _whole(folder: Path) -> FolderStore | None:
    """The folder form; None where it is not there yet, or broken."""
    try:
        return open_folder(folder)
    except (OSError, ValueError, KeyError):
        return None


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
