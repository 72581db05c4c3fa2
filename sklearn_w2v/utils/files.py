"""Files that are written under another name and renamed, and temporary files with locks.

A process that writes a temporary file holds a lock on it, or on one file in a temporary
folder. The system releases the lock when the process ends, however it ends. So a file that
nobody has locked, and nobody has changed for a while, was left by a killed process. Process
ids would not show that, since containers that share a folder number their processes
independently.

On Windows, an open file is a lock by itself: nobody can remove, rename or replace it.
"""

from __future__ import annotations

import errno
import ntpath
import os
import platform
import re
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]

_PREFIX = ".tmp-w2v-"
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}  # the disk or the quota


@contextmanager
def written_beside(path: str) -> Iterator[str]:
    """Yield the name of a new file in the same folder, which replaces `path` at the end.

    If the block raises, the new file is removed, and a former file stays as it is. What a
    killed process could not remove, a later writer into the same folder removes. The new file
    has the permissions of a former one.

    Parameters
    ----------
    path : str
        Target; where it is a link, the file that it points to is written.

    Yields
    ------
    str
        Name of the file to write, which ends like the target.

    Raises
    ------
    OSError
        The file cannot be written; the error names the target.
    ValueError
        The target is a device or a pipe.
    """
    check_is_replaceable(path)
    if os.path.islink(path):
        path = os.path.realpath(path)
    folder, name = os.path.split(os.path.abspath(path))
    # only the end of the name, since the length of names is limited
    work = os.path.join(folder, f"{_PREFIX}{random_name()}{name[-12:]}")
    sweep_files(folder, _PREFIX)
    with naming(path, work):
        try:
            with locked_file(work):
                mode = _permissions(path)
                if mode is not None:  # of a private file, nobody may read the next one, either
                    _permit(work, mode | stat.S_IRUSR | stat.S_IWUSR)
                yield work
                with open(
                    work, "rb+"
                ) as file:  # a crash of the machine must not leave an empty file
                    os.fsync(file.fileno())
                if mode is not None:
                    _permit(work, mode)
                _replace(work, path)
        finally:
            with suppress(OSError):
                os.unlink(work)


def check_is_replaceable(path: str | os.PathLike[str]) -> None:
    """Raise a ValueError for a device or a pipe, which a renamed file would replace."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return  # nothing is there
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise ValueError(
            f"Got {os.fspath(path)!r}, which is a device or a pipe, but expected a file: it is "
            "written beside and renamed, which would replace it."
        )


def _permissions(path: str) -> int | None:
    """Return the permissions of a file; None where there is none."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return None


def _permit(path: str, mode: int) -> None:
    with suppress(OSError):  # a file system without permissions
        os.chmod(path, mode)


def _replace(work: str, path: str) -> None:
    """Give a finished file its name."""
    for last in when_free():
        try:
            os.replace(work, path)
            return
        except PermissionError as error:
            if last:
                text = error.strerror
                if fcntl is None and os.path.exists(path):
                    text = f"{text}; it may be open in another program, so close it there"
                raise PermissionError(error.errno, text, path) from error


def when_free() -> Iterator[bool]:
    """Yield whether this is the last try at what another program may hinder for a moment.

    On Windows, programs that look for viruses or index files open what is new; elsewhere, the
    first try is the last.
    """
    if fcntl is None:
        for wait in _WAITS:
            yield False
            time.sleep(wait)
    yield True


@contextmanager
def naming(path: str | os.PathLike[str], *others: str, hint: str = "") -> Iterator[None]:
    """Make errors of writing name a path if they name none, or name one of `others`.

    Parameters
    ----------
    path : path
        Name that the user knows.
    *others : str
        Names that the user does not know, or folders of such names.
    hint : str, default=""
        What to do if there is no room.
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


_QUIET = 600  # seconds without a change; a new file may not be locked yet


_DAY = 86_400  # seconds, if the file system has no locks at all


_WAITS: tuple[float, ...] = 0.05, 0.2, 0.8  # seconds


_HOST = platform.node().encode("utf-8", "replace")  # machines may not share locks


_RANDOM = re.compile("[a-z0-9_]{8}")  # the part of names that mkdtemp makes up


_held: dict[str, int] = {}  # locks of the folders that this process uses


@contextmanager
def locked_file(path: str) -> Iterator[int | None]:
    """Make a new file with the usual permissions, and lock it within the block.

    Yields
    ------
    int or None
        Its handle; None on Windows, where an open file cannot be renamed.
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
    """Make a new folder that is locked until `release`, or until this process ends.

    Parameters
    ----------
    parent : path or None
        Folder to make it in; None is the system's folder of temporary files.
    prefix : str
        Start of its name.
    """
    folder = tempfile.mkdtemp(prefix=prefix, dir=parent)
    try:
        handle = os.open(os.path.join(folder, LOCK), os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    os.write(handle, _HOST)
    if fcntl is not None:
        _lock(handle)
    _held[folder] = handle
    return folder


def release(folder: str) -> None:
    """Release a folder's lock and remove the lock's file."""
    handle = _held.pop(folder, None)
    if handle is not None and fcntl is None:
        os.close(handle)
    with suppress(OSError):
        os.unlink(os.path.join(folder, LOCK))
    if handle is not None and fcntl is not None:
        os.close(handle)  # after it is gone, so that nobody takes the folder for one that was left


def scratch_folder() -> str:
    """Make a new locked folder for temporary files, and remove those of killed processes."""
    folder = locked_folder(None, "sklearn_w2v-")
    sweep_folders(os.path.dirname(folder), "sklearn_w2v-", by_age=False)
    return folder


def remove(folder: str, pid: int) -> None:
    """Remove a locked folder, if this is the process that made it."""
    if os.getpid() == pid:  # a forked child leaves alone what its parent uses
        release(folder)
        shutil.rmtree(folder, ignore_errors=True)


def sweep_folders(parent: str | os.PathLike[str], prefix: str, by_age: bool) -> None:
    """Remove folders that killed processes left.

    Parameters
    ----------
    parent : path
        Folder to look in.
    prefix : str
        Start of their names.
    by_age : bool
        Whether folders without a lock, or on a file system without locks, are removed when
        nothing in them has changed for a day. On Windows, all have to be that old.
    """
    for path in _entries(parent, prefix):
        if not _RANDOM.fullmatch(path.name.removeprefix(prefix)):
            continue  # a name that somebody chose
        with suppress(OSError):  # gone meanwhile, or not readable
            if path.is_symlink() or not path.is_dir() or not _mine(path):
                continue
            changed = max(one.lstat().st_mtime for one in [path, *path.iterdir()])
            if _is_left(path / LOCK, changed, by_age, _HOST):
                shutil.rmtree(path, ignore_errors=True)


def sweep_files(parent: str | os.PathLike[str], prefix: str) -> None:
    """Remove files that killed processes left; each file is its own lock."""
    for path in _entries(parent, prefix):
        with suppress(OSError):
            if path.is_symlink() or not path.is_file() or not _mine(path):
                continue
            if _is_left(path, path.stat().st_mtime, by_age=True):
                path.unlink()


def random_name() -> str:
    """Return sixteen random hexadecimal digits."""
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
    """Return whether, as far as is known, no process holds a file.

    The content of a lock is the name of its machine.
    """
    age = time.time() - changed
    if age < _QUIET:
        return False
    if fcntl is None:
        return age > _DAY and (content is None or _was_removed(path))
    old = by_age and age > _DAY
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return old or not os.listdir(path.parent)  # killed before it made its lock
    except OSError:
        return False
    try:
        # an empty lock belongs to a process that was killed before it wrote the name
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


def _was_removed(path: Path) -> bool:
    """Remove a lock unless a process has it open, and return whether it is gone."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def file_name(path: str) -> str:
    """Return the last part of a path, which may be one of Windows, since model files travel."""
    return ntpath.basename(path)


def stamp_of(path: str | os.PathLike[str]) -> str:
    """Return a text that changes with a file: its absolute path, size and times.

    Parameters
    ----------
    path : str or path
        A file, which may be missing; of anything else, the text is its repr.
    """
    if not isinstance(path, str | os.PathLike):
        return repr(path)
    name = os.path.abspath(os.fspath(path))
    try:
        status = os.stat(name)
    except (OSError, ValueError):
        return f"{name}\nmissing"
    # the inode's time changes also where a new file has the former one's size and time
    return f"{name}\n{status.st_size}\n{status.st_mtime_ns}\n{status.st_ctime_ns}"
