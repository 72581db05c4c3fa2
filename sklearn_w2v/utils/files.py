"""Files that are written beside their place and renamed; temporary files that locks tell.

Who writes a temporary file holds a lock on it, or on one file in a temporary folder. The
system lets go of the lock when the process ends, however it ends: what nobody holds, and
nobody has changed for a while, is left over. Process ids would not tell, since containers
that share a folder count their processes apart.
"""

from __future__ import annotations

import errno
import os
import platform
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: there, age decides
    fcntl = None  # type: ignore[assignment]

_PREFIX = ".tmp-w2v-"
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}  # no room, or no more


@contextmanager
def written_beside(path: str) -> Iterator[str]:
    """Name of a new file in the same folder, which takes the place of `path` at the end.

    Where the block raises, the new file is removed, and a former one stays as it is. What a
    killed process could not remove is removed by a later writer into the same folder.

    Parameters
    ----------
    path : str
        Target.

    Yields
    ------
    str
        Name to write to; it ends like the target.

    Raises
    ------
    OSError
        It cannot be written; the error names the target.
    """
    folder, name = os.path.split(os.path.abspath(path))
    # the end of the name alone: names have a longest length
    work = os.path.join(folder, f"{_PREFIX}{random_name()}{name[-12:]}")
    sweep_files(folder, _PREFIX)
    with naming(path, work):
        try:
            with locked_file(work):
                yield work
                with open(work, "rb+") as file:  # a crash of the machine must not leave a name
                    os.fsync(file.fileno())
                os.replace(work, path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(work)


@contextmanager
def naming(path: str | os.PathLike[str], *others: str, hint: str = "") -> Iterator[None]:
    """Let errors of writing name a path: those that name none, and those that name `others`.

    Parameters
    ----------
    path : path
        What the user knows.
    *others : str
        Names that mean nothing to the user; or folders of such names.
    hint : str, default=""
        What to do when there is no room.
    """
    try:
        yield
    except OSError as error:
        inner = error.filename is None or str(error.filename).startswith(others)
        if error.errno is None or not inner:
            raise
        text = os.strerror(error.errno)
        if error.errno in FULL and hint:
            text = f"{text}; {hint}"
        raise OSError(error.errno, text, os.fspath(path)) from error


LOCK = ".sklearn_w2v-lock"


_QUIET = 600  # seconds without a change; ahead of its first one, a lock is not held yet


_DAY = 86_400  # where the file system has no locks at all


_HOST = platform.node().encode("utf-8", "replace")  # machines may not share locks, either


_RANDOM = re.compile("[a-z0-9_]{8}")  # what mkdtemp makes names with


_held: dict[str, int] = {}  # locks of the folders that this process uses


@contextmanager
def locked_file(path: str) -> Iterator[int | None]:
    """A new file that is locked within the block; the permissions are the usual ones.

    Yields
    ------
    int or None
        Its handle; None where an open file could not be renamed (Windows).
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    if fcntl is None:
        os.close(handle)
        yield None
        return
    try:
        _lock(handle)
        yield handle
    finally:
        os.close(handle)


def locked_folder(parent: str | os.PathLike[str] | None, prefix: str) -> str:
    """A new folder that is locked until `release`, or until this process ends.

    Parameters
    ----------
    parent : path or None
        Where it stands; None is the system's folder of temporary files.
    prefix : str
        What its name begins with.
    """
    folder = tempfile.mkdtemp(prefix=prefix, dir=parent)
    try:
        handle = os.open(os.path.join(folder, LOCK), os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    os.write(handle, _HOST)
    if fcntl is None:
        os.close(handle)
    else:
        _lock(handle)
        _held[folder] = handle
    return folder


def release(folder: str) -> None:
    """Let go of a folder's lock, and remove its file."""
    with suppress(OSError):
        os.unlink(os.path.join(folder, LOCK))
    handle = _held.pop(folder, None)
    if handle is not None:
        os.close(handle)


def scratch_folder() -> str:
    """A new locked folder in the system's place for temporary files; former ones are swept."""
    folder = locked_folder(None, "sklearn_w2v-")
    sweep_folders(os.path.dirname(folder), "sklearn_w2v-", by_age=False)
    return folder


def remove(folder: str, pid: int) -> None:
    """Remove a locked folder, if this is the process that made it."""
    if os.getpid() == pid:  # a forked child leaves alone what its parent uses
        shutil.rmtree(folder, ignore_errors=True)
        release(folder)


def sweep_folders(parent: str | os.PathLike[str], prefix: str, by_age: bool) -> None:
    """Remove folders that killed processes left behind.

    Parameters
    ----------
    parent : path
        Where they stand.
    prefix : str
        What their names begin with.
    by_age : bool
        Whether those without a lock, or on a file system that has none, are removed when
        nothing in them has changed for a day.
    """
    for path in _entries(parent, prefix):
        if not _RANDOM.fullmatch(path.name.removeprefix(prefix)):
            continue  # a name that somebody chose
        with suppress(OSError):  # gone meanwhile, or not ours to look into
            if path.is_symlink() or not path.is_dir() or not _mine(path):
                continue
            changed = max(one.lstat().st_mtime for one in [path, *path.iterdir()])
            if _is_left(path / LOCK, changed, by_age, _HOST):
                shutil.rmtree(path, ignore_errors=True)


def sweep_files(parent: str | os.PathLike[str], prefix: str) -> None:
    """Remove files that killed processes left behind; each of them is its own lock."""
    for path in _entries(parent, prefix):
        with suppress(OSError):
            if path.is_symlink() or not path.is_file() or not _mine(path):
                continue
            if _is_left(path, path.stat().st_mtime, by_age=True):
                path.unlink()


def random_name() -> str:
    """Sixteen hexadecimal digits."""
    return secrets.token_hex(8)


def _entries(parent: str | os.PathLike[str], prefix: str) -> list[Path]:
    try:
        with os.scandir(parent) as entries:
            return [Path(entry.path) for entry in entries if entry.name.startswith(prefix)]
    except OSError:
        return []


def _mine(path: Path) -> bool:
    return not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()


def _lock(handle: int) -> None:
    with suppress(OSError):  # a file system without locks
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_left(path: Path, changed: float, by_age: bool, content: bytes | None = None) -> bool:
    """Whether nobody holds a file, as far as can be told; a lock's content is its machine."""
    age = time.time() - changed
    if age < _QUIET:
        return False
    old = by_age and age > _DAY
    if fcntl is None:
        return old
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return old or not os.listdir(path.parent)  # killed ahead of its lock
    except OSError:
        return False
    try:
        # an empty lock is of a process that was killed ahead of its first word
        if content is not None and os.read(handle, len(content) + 1) not in (b"", content):
            return old
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return old
    else:
        return True
    finally:
        os.close(handle)
