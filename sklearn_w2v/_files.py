"""Files that are written beside their place and renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def written_beside(path: str) -> Iterator[str]:
    """Name of a new file in the same folder, which takes the place of `path` at the end.

    Where the block raises, the new file is removed, and a former one stays as it is.

    Parameters
    ----------
    path : str
        Target.

    Yields
    ------
    str
        Name to write to; it ends like the target.
    """
    folder, name = os.path.split(os.path.abspath(path))
    # the end of the name alone: names have a longest length
    handle, work = tempfile.mkstemp(dir=folder, prefix=".tmp-", suffix=name[-12:])
    os.close(handle)
    try:
        yield work
        with open(work, "rb+") as file:  # a crash of the machine must not leave a name alone
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(work, 0o666 & ~umask)  # mkstemp made it private
        os.replace(work, path)
    finally:
        if os.path.exists(work):
            os.unlink(work)
