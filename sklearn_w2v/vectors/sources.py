"""Sources of vectors: their names, how to see that they changed, and how to convert them."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..utils.files import stamp_of
from .folder import write_store
from .formats.aliases import read_aliases
from .formats.fasttext import is_fasttext, read_fasttext
from .formats.spacy import PREFIX, SpacySource
from .formats.word2vec import Block, read_blocks


class Source(Protocol):
    """A place that vectors come from, as the cache sees it."""

    label: str  # what a message calls it
    remedy: str  # what to do if it has changed
    name: str  # the same before and after a change

    def stamp(self) -> str:
        """Return a text that usually changes with the source, made of names, sizes and times."""

    def witness(self) -> str:
        """Return a text that changes with every change of the source, and perhaps without one."""

    def fingerprint(self) -> str | None:
        """Return the hash of the present content; None if that would take a conversion."""

    def convert(self, folder: Path) -> None:
        """Write the folder form."""


class FileSource:
    """A file of vectors, which may come with a file of aliases.

    Parameters
    ----------
    path : str
        Absolute path of the vectors.
    aliases : str or None
        Absolute path of the aliases.
    """

    def __init__(self, path: str, aliases: str | None) -> None:
        self.path, self.aliases = path, aliases
        self.label = f"The vectors file {path!r}"
        self.remedy = "Put the former file back"
        self.name = path
        if aliases is not None:
            self.label += f" or its aliases {aliases!r}"
            self.name += f"\0{aliases}"  # which no path contains

    def stamp(self) -> str:
        stamp = _stamp(self.path, "vectors")
        return stamp if self.aliases is None else f"{stamp}\n{_stamp(self.aliases, 'aliases')}"

    def witness(self) -> str:
        # the time when the inode changed: a new file can have the former one's size and time of
        # change, but not this; it differs also after the files were copied to another machine
        files = [self.path] if self.aliases is None else [self.path, self.aliases]
        return "\n".join(str(os.stat(file).st_ctime_ns) for file in files)

    def convert(self, folder: Path) -> None:
        note = {"source": self.path}
        with ThreadPoolExecutor(1) as pool:  # hashing a file releases the GIL
            self._write(folder, note, pool.submit(self.fingerprint))

    def _write(self, folder: Path, note: dict[str, str], fingerprint: Future[str]) -> None:
        subwords = None
        if is_fasttext(self.path):
            blocks, subwords = read_fasttext(self.path, folder)
        else:
            blocks = read_blocks(self.path)
        blocks = _noted(blocks, note, fingerprint)
        if self.aliases is None:
            write_store(folder, blocks, note, subwords=subwords)
        else:
            index: dict[str, int] = {}
            shared = _shared(self.aliases, index)
            write_store(folder, _indexed(blocks, index), note, shared, subwords)

    def fingerprint(self) -> str:
        own = _content(self.path)
        if self.aliases is None:
            return own
        both = f"{own}\n{_content(self.aliases)}"
        return hashlib.blake2b(both.encode(), digest_size=16).hexdigest()


def find_source(path: str, aliases: str | None = None) -> Source:
    """Return the source that a path, or the name of a spaCy model, stands for.

    Raises
    ------
    ValueError
        The name is not one of a model, or aliases are given for a model.
    """
    if not path.startswith(PREFIX):
        return FileSource(path, aliases)
    if aliases is not None:
        raise ValueError(
            f"Got aliases={aliases!r} but expected None: in {path!r}, the model itself says which "
            "words share rows."
        )
    return SpacySource(path)


def stamp_of_source(vectors: Any) -> str:
    """Return a text that changes with what a ``vectors`` parameter names.

    Parameters
    ----------
    vectors : object
        A path or the name of a spaCy model; "" of anything else, which holds its content.
    """
    if not isinstance(vectors, str | os.PathLike):
        return ""
    name = os.fspath(vectors)
    try:
        if not (isinstance(vectors, str) and name.startswith(PREFIX)):
            return stamp_of(name)
        return find_source(name).stamp()
    except (ImportError, OSError, ValueError) as error:
        return f"{name}\n{type(error).__name__}"


def _noted(
    blocks: Iterable[Block], note: dict[str, str], fingerprint: Future[str]
) -> Iterator[Block]:
    yield from blocks
    note["fingerprint"] = fingerprint.result()


def _indexed(blocks: Iterable[Block], index: dict[str, int]) -> Iterator[Block]:
    for words, rows in blocks:
        index.update(zip(words, range(len(index), len(index) + len(words)), strict=True))
        yield words, rows


def _shared(aliases: str, index: dict[str, int]) -> Iterator[tuple[list[str], NDArray[np.int32]]]:
    yield read_aliases(aliases, index)  # read after all blocks, when the index is full


def _stamp(path: str, what: str) -> str:
    if not os.path.isfile(path):
        # names the host, since the file may be missing on one of several machines
        raise FileNotFoundError(
            f"{what} file {path!r} does not exist or is not a file on the host {platform.node()!r}."
        )
    status = os.stat(path)
    return f"{path}\n{status.st_size}\n{status.st_mtime_ns}"


def _content(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
