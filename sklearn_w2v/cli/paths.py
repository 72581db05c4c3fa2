"""Checks of the paths that a command reads and writes."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path

from ..utils.files import check_is_replaceable


def matching(names: Iterable[str]) -> list[str]:
    """Return files, with those that a pattern matches in its place: Windows' shells leave it.

    Parameters
    ----------
    names : iterable of str
        Files, or patterns such as ``texts/*.txt``; a name that nothing matches stays.
    """
    found = []
    for name in names:
        is_pattern = glob.has_magic(name) and not os.path.exists(name)
        found += (sorted(glob.glob(name)) if is_pattern else []) or [name]
    return found


def check_target(path: Path, *sources: Path | str | None) -> None:
    """Raise if a file cannot be written, or if it is one that is read and would be lost.

    Parameters
    ----------
    path : Path
        File to write.
    *sources : Path, str or None
        Files to read.
    """
    for source in sources:
        there = source is not None and path.exists() and os.path.exists(source)
        if there and os.path.samefile(path, str(source)):
            raise ValueError(
                f"Got {str(path)!r} as the file to write, but it is read, too, and would be lost."
            )
    folder = path.absolute().parent
    if path.is_dir():
        raise IsADirectoryError(f"Got {str(path)!r}, which is a folder, but expected a file.")
    check_is_replaceable(path)
    if not folder.is_dir():
        raise FileNotFoundError(f"The folder {str(folder)!r} of {path.name!r} does not exist.")
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"The folder {str(folder)!r} cannot be written to.")


def check_ending(path: Path) -> None:
    """Raise before an hour of training for what `WordVectors.save` would refuse after it."""
    if not path.name.removesuffix(".gz").endswith((".bin", ".txt", ".vec")):
        raise ValueError(
            f"Got {str(path)!r} but expected an ending of .bin, .txt or .vec (and .gz)."
        )
