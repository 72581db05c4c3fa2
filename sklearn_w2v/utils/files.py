"""Files that are written beside their place and renamed."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .leftovers import locked_file, random_name, sweep_files

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
