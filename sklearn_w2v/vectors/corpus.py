"""Text that word2vec is trained on: documents in memory, and files that are read in a stream."""

from __future__ import annotations

import glob
import io
import os
import re
from collections.abc import Iterable, Iterator
from typing import IO, Any

import numpy as np

from ..utils.compression import open_plain
from ..utils.encodings import UTF8, encoding_of_bytes
from ..utils.files import stamp_of
from .formats.foreign_text import decoded, refuse_utf16

Tokens = list[str]

_SENTENCE = 10_000  # words; gensim ignores the rest of a longer sentence without a warning
_HEAD = 1 << 16  # bytes that tell the encoding of a file
_LINE = 1 << 20  # characters of a line that are read at a time
_PATH = re.compile(r"\S+\.(?:txt|text|csv|tsv|jsonl|gz|bz2|xz)")
_KINDS = (
    "the path of a text file, a glob of such files ('shards/*.txt.gz'), a list of paths, or an "
    "iterable of token lists"
)


class Shards:
    """Sentences of text files: one on each line, with blanks between the words.

    Parameters
    ----------
    paths : list of str
        Files, in the order in which they are read; plain or compressed with gzip, bzip2 or
        xz.
    """

    def __init__(self, paths: list[str]) -> None:
        self.paths = paths

    def __iter__(self) -> Iterator[Tokens]:
        for path in self.paths:
            number = 0
            try:
                _check_encoding(path)
                with open_plain(path) as raw:
                    text = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace")
                    for line in _lines(text):
                        number += 1
                        yield line.split()
            except FileNotFoundError as error:
                raise FileNotFoundError(f"The file {path!r} of corpus no longer exists.") from error
            except OSError as error:
                raise ValueError(
                    f"Cannot read the file {path!r} of corpus after line {number}: {error}."
                ) from error


class Sentences:
    """Sentences of documents and of a corpus, which gensim may read several times.

    gensim reads them in a thread of its own, and would wait for ever after an error in that
    thread. So an error ends the sentences, and `check` raises it later.

    Parameters
    ----------
    documents : list of list of str
        Token lists.
    corpus : iterable or None
        Result of `check_corpus`.
    """

    def __init__(self, documents: list[Tokens], corpus: Iterable[Any] | None) -> None:
        self._documents = documents
        self._corpus = corpus
        self._error: Exception | None = None
        self._stopped = False

    def __iter__(self) -> Iterator[Tokens]:
        if self._error is not None:
            return
        try:
            for sentence in self._sentences():
                if self._stopped:
                    return
                yield sentence
        except Exception as error:  # of a file, or of any kind from the user's iterable
            self._error = error

    def stop(self) -> None:
        """End the sentences here; `check` raises from now on."""
        self._error = self._error or InterruptedError("the sentences were stopped")
        self._stopped = True

    def check(self) -> None:
        """Raise the error that ended the sentences, if there was one."""
        if self._error is not None:
            raise self._error

    def _sentences(self) -> Iterator[Tokens]:
        for tokens in self._documents:
            yield from _pieces(tokens)
        for place, line in enumerate(() if self._corpus is None else self._corpus):
            yield from _pieces(line.split() if isinstance(line, str) else _words(line, place))


def stamps_of_corpus(corpus: Any) -> Iterator[str]:
    """Yield a text for each file that a corpus names, which changes with the file.

    Parameters
    ----------
    corpus : object
        As `check_corpus` takes it; nothing is raised.
    """
    corpus = _plain(corpus)
    if isinstance(corpus, str | os.PathLike):
        name = os.fspath(corpus)
        for path in [name] if os.path.isfile(name) else sorted(glob.glob(name, recursive=True)):
            yield stamp_of(path)
    elif isinstance(corpus, list | tuple):
        for one in corpus:
            if isinstance(one, str | os.PathLike) and _is_path(one):
                yield stamp_of(one)


def check_corpus(corpus: Any) -> Iterable[Any] | None:
    """Return the corpus as an iterable that can be read more than once.

    Parameters
    ----------
    corpus : path, glob, list of paths, iterable of token lists, or None
        A str, or each str of a list, is taken for a path if such a file exists.

    Returns
    -------
    Shards, iterable or None

    Raises
    ------
    ValueError
        A file does not exist, or no file matches a glob.
    TypeError
        It is none of these, or can be read only once.
    """
    if corpus is None:
        return None
    corpus = _plain(corpus)
    if isinstance(corpus, str | os.PathLike):
        return Shards(_matching(os.fspath(corpus)))
    if isinstance(corpus, bytes) or not isinstance(corpus, Iterable):
        raise TypeError(f"Got corpus={corpus!r:.60} but expected {_KINDS}.")
    if iter(corpus) is corpus:
        raise TypeError(
            f"Got a generator as corpus but expected what can be read more than once: {_KINDS}."
        )
    if isinstance(corpus, list | tuple) and any(map(_is_path, corpus)):
        return Shards([_path(one, place) for place, one in enumerate(corpus)])
    if isinstance(corpus, list | tuple) and corpus and all(map(_looks_like_path, corpus)):
        raise ValueError(
            f"Got corpus={list(corpus)!r:.200}, which look like paths, but none of them is a file."
        )
    return corpus


def _plain(corpus: Any) -> Any:
    """Return an array or a column as a list; paths in it are paths."""
    return list(corpus) if hasattr(corpus, "__array__") and np.ndim(corpus) else corpus


def _check_encoding(path: str) -> None:
    """Refuse a file in another encoding than UTF-8, whose words would be garbage.

    Bytes that are no text in any encoding are replaced, as big corpora have some.
    """
    with open_plain(path) as raw:
        head = raw.read(_HEAD)
    words = head.split()[:-1] if len(head) == _HEAD else head.split()  # the last one may be cut
    try:
        refuse_utf16(head)
        if encoding_of_bytes(b"\n".join(words)) != UTF8:
            decoded(words)
    except ValueError as error:
        raise ValueError(f"Cannot read the file {path!r} of corpus: {error}.") from None


def _is_path(one: Any) -> bool:
    return isinstance(one, os.PathLike) or (isinstance(one, str) and os.path.isfile(one))


def _looks_like_path(one: Any) -> bool:
    """Return whether a str is more likely a path than a sentence."""
    return isinstance(one, str) and bool(_PATH.fullmatch(one))


def _matching(path: str) -> list[str]:
    if os.path.isfile(path):
        return [path]
    if not glob.has_magic(path):
        raise ValueError(f"Got corpus={path!r}, which is not a file.")
    # sorted, since the result depends on the order of the text
    paths = sorted(filter(os.path.isfile, glob.glob(path, recursive=True)))
    if not paths:
        raise ValueError(f"Got corpus={path!r} but no file matches it.")
    return paths


def _path(one: Any, place: int) -> str:
    if not isinstance(one, str | os.PathLike):
        raise TypeError(
            f"Got a {type(one).__name__} at place {place} of corpus, which holds paths, but "
            "expected paths alone."
        )
    path = os.fspath(one)
    if not os.path.isfile(path):
        raise ValueError(
            f"Got {path!r:.200} at place {place} of corpus, which holds paths, but it is "
            "not a file."
        )
    return path


def _lines(text: IO[str]) -> Iterator[str]:
    """Yield lines, and very long ones in pieces, since some corpora are a single line."""
    rest = ""
    while piece := text.readline(_LINE):
        piece = rest + piece
        rest = ""
        if len(piece) >= _LINE and not piece.endswith("\n"):
            words = piece.rsplit(maxsplit=1)  # the last word may not be complete
            if len(words) == 2 and not piece[-1].isspace():
                piece, rest = words
        yield piece
    if rest:
        yield rest


def _words(sentence: Any, place: int) -> Tokens:
    if not isinstance(sentence, Iterable):
        raise TypeError(f"Got {sentence!r:.60} at place {place} of corpus but expected {_KINDS}.")
    words = list(sentence)
    odd = next((word for word in words if not isinstance(word, str)), None)
    if odd is not None:
        raise TypeError(
            f"Got {odd!r:.60} of type {type(odd).__name__} in the sentence at place {place} of "
            "corpus but expected words of type str."
        )
    return words


def _pieces(tokens: Tokens) -> Iterator[Tokens]:
    for start in range(0, len(tokens), _SENTENCE):
        yield tokens[start : start + _SENTENCE]
