"""Sources of vectors: what names them, when they have changed, how they are converted."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .folder import write_store
from .formats.aliases import read_aliases
from .formats.fasttext import is_fasttext, read_fasttext
from .formats.spacy import PREFIX, SpacySource
from .formats.word2vec import Block, read_blocks


class Source(Protocol):
    """What the cache needs to know of vectors."""

    label: str  # of what has changed
    remedy: str
    name: str  # the same before and after a change

    def stamp(self) -> str:
        """Text that changes with the source."""

    def witness(self) -> str:
        """Text that changes with the source, and without a change of it, too."""

    def fingerprint(self) -> str | None:
        """Hash of the content as it is now; None where it takes more than a look."""

    def convert(self, folder: Path) -> None:
        """Write the folder form."""


class FileSource:
    """A vectors file, and perhaps a file of aliases.

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
            self.name += f"\n{aliases}"

    def stamp(self) -> str:
        stamp = _stamp(self.path, "vectors")
        return stamp if self.aliases is None else f"{stamp}\n{_stamp(self.aliases, 'aliases')}"

    def witness(self) -> str:
        # the time of the inode's change: a file can be put in place with the former one's size
        # and time, but a copy of a machine has other ones, too
        files = [self.path] if self.aliases is None else [self.path, self.aliases]
        return "\n".join(str(os.stat(file).st_ctime_ns) for file in files)

    def convert(self, folder: Path) -> None:
        note = {"source": self.path}
        with ThreadPoolExecutor(1) as pool:  # hashing a file leaves other threads room
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
    """The source that a path, or the name of a spaCy model, means.

    Raises
    ------
    ValueError
        The name is no model's, or a model is to have aliases.
    """
    if not path.startswith(PREFIX):
        return FileSource(path, aliases)
    if aliases is not None:
        raise ValueError(
            f"Got aliases={aliases!r} but expected None: the words of {path!r} share rows as the "
            "model says."
        )
    return SpacySource(path)


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
    yield read_aliases(aliases, index)  # asked for when the index is full


def _stamp(path: str, what: str) -> str:
    if not os.path.isfile(path):
        # of many machines, one may lack it
        raise FileNotFoundError(
            f"{what} file {path!r} does not exist or is not a file on the host {platform.node()!r}."
        )
    status = os.stat(path)
    return f"{path}\n{status.st_size}\n{status.st_mtime_ns}"


def _content(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
