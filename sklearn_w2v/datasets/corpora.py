"""Readers of published corpora, from copies that the user has."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from sklearn.utils import Bunch

_ANNOTATION = re.compile(r"(?:^|/)[^/.][^/]*_ann\.json$")
_ARTICLE = re.compile(r"(?:^|/)([a-z0-9-]+)/\1-\d+\.txt$")


def load_livedoor(path: str | os.PathLike[str]) -> Any:
    """Read the livedoor news corpus.

    Parameters
    ----------
    path : str or path
        ``ldcc-20140209.tar.gz``, or the folder with its unpacked files.

    Returns
    -------
    sklearn.utils.Bunch
        ``data`` (list of str, the articles' bodies), ``target`` (int64 ndarray),
        ``target_names`` (categories), ``title``, ``url``, ``date`` and ``name``
        (ndarrays of str), ``DESCR``; in the order of categories and file names.

    Raises
    ------
    ValueError
        The path contains no articles, or the archive is damaged.

    Notes
    -----
    CC BY-ND 2.1 JP, Rondhuit Co., Ltd. / NHN Japan: 7,367 articles of nine outlets. The
    bodies name their outlets (in 99 % of smax), which makes the task easier than it looks.
    """
    rows = []
    for name, text in sorted(_texts(Path(path), _ARTICLE)):
        url, date, title, *body = [*text.split("\n", 3), "", "", ""][:4]
        match = _ARTICLE.search(name)
        assert match is not None
        rows.append((match[1], match[0].rsplit("/", 1)[-1], url, date, title, body[0].strip()))
    if not rows:
        raise ValueError(
            f"Got {os.fspath(path)!r}, which contains no livedoor articles "
            "(.../CATEGORY/CATEGORY-NNNN.txt)."
        )
    categories, names, urls, dates, titles, bodies = zip(*rows, strict=True)
    target_names, target = np.unique(categories, return_inverse=True)
    return Bunch(
        data=list(bodies),
        target=target.astype(np.int64),
        target_names=target_names.tolist(),
        title=np.array(titles),
        url=np.array(urls),
        date=np.array(dates),
        name=np.array(names),
        DESCR="livedoor news corpus (ldcc-20140209): articles by outlet. CC BY-ND 2.1 JP, "
        "Rondhuit Co., Ltd. / NHN Japan.",
    )


def _texts(path: Path, pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Names and contents of the files of a folder or tar archive that match a pattern."""
    if path.is_dir():
        for file in path.rglob("*.*"):
            if pattern.search(file.as_posix()) and file.is_file():
                with open(file, "rb") as stream:
                    yield file.as_posix(), _read(stream, file.as_posix())
        return
    if not path.is_file():
        raise FileNotFoundError(f"{os.fspath(path)!r} is neither a file nor a folder.")
    try:
        with tarfile.open(path) as archive:  # as a stream; nothing is written to disk
            for member in archive:
                if member.isfile() and pattern.search(member.name):
                    content = archive.extractfile(member)
                    assert content is not None
                    yield member.name, _read(content, member.name)
    except (
        tarfile.ReadError,
        EOFError,
        zlib.error,
    ) as error:  # EOFError: cut off; zlib.error: damaged
        raise ValueError(
            f"Got {os.fspath(path)!r}, which is not a complete tar archive: {error}."
        ) from error


def _read(stream: IO[bytes], name: str) -> str:
    """Decode a text and normalize its line ends."""
    try:
        return io.TextIOWrapper(stream, encoding="utf-8-sig").read()
    except UnicodeDecodeError as error:
        raise ValueError(f"Got {name!r}, which is not UTF-8: {error}.") from error


def load_chabsa(path: str | os.PathLike[str]) -> Any:
    """Read the chABSA corpus: what sentences of annual reports have an opinion on.

    Parameters
    ----------
    path : str or path
        ``chABSA.tar.gz``, or the folder with its unpacked files.

    Returns
    -------
    sklearn.utils.Bunch
        ``data`` (list of str, the sentences), ``target`` (int64 ndarray of shape
        (n_sentences, n_categories): 1 where a sentence has an opinion on a category),
        ``target_names`` (categories, "ENTITY#ATTRIBUTE", sorted), ``groups`` (ndarray of
        str, the documents' ids, for splits that keep a document together), ``DESCR``; in
        the order of file names and sentences.

    Raises
    ------
    ValueError
        The path contains no annotations, one of them is broken, or the archive is damaged.

    See Also
    --------
    load_livedoor : A corpus with one label for each document.

    Notes
    -----
    CC BY 4.0, TIS Inc.: 6,119 sentences of 230 annual reports (EDINET), 24 categories. 2,904
    sentences have no opinion, and so no label; 1,582 have more than one. The rarest category
    has four sentences.

    References
    ----------
    chABSA-dataset, 2018. https://github.com/chakki-works/chABSA-dataset

    Examples
    --------
    >>> from sklearn_w2v.datasets import load_chabsa
    >>> corpus = load_chabsa("chABSA.tar.gz")  # doctest: +SKIP
    >>> corpus.target.shape  # doctest: +SKIP
    (6119, 24)
    """
    sentences: list[str] = []
    categories: list[set[str]] = []
    groups: list[str] = []
    # sorted by file name, whatever the folder
    for name, text in sorted(
        _texts(Path(path), _ANNOTATION), key=lambda file: file[0].rsplit("/", 1)[-1]
    ):
        document, rows = _annotation(name, text)
        for sentence, labels in rows:
            sentences.append(sentence)
            categories.append(labels)
            groups.append(document)
    if not sentences:
        raise ValueError(
            f"Got {os.fspath(path)!r}, which contains no sentences of chABSA (.../eNNNNN_ann.json)."
        )
    names = sorted(set().union(*categories))
    columns = {name: column for column, name in enumerate(names)}
    target = np.zeros((len(sentences), len(names)), np.int64)
    for row, labels in enumerate(categories):
        target[row, [columns[label] for label in labels]] = 1
    return Bunch(
        data=sentences,
        target=target,
        target_names=names,
        groups=np.array(groups),
        DESCR="chABSA: sentences of Japanese annual reports (EDINET) and the categories that they "
        "have an opinion on. CC BY 4.0, TIS Inc.",
    )


def _annotation(name: str, text: str) -> tuple[str, list[tuple[str, set[str]]]]:
    """A document's id, and its sentences with the categories of their opinions."""
    try:
        content = json.loads(text)
        rows = [
            (_text(row["sentence"]), {_text(one["category"]) for one in row["opinions"]})
            for row in content["sentences"]
        ]
        return _text(content["header"]["document_id"]), rows
    except (ValueError, KeyError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise ValueError(
            f"Got {name!r}, which is not an annotation of chABSA ({reason})."
        ) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a str")
    return value


def _poems(file: Path) -> list[dict[str, str]]:
    with open(file, encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = {"author", "work", "title", "text"} - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f"Got {os.fspath(file)!r}, which lacks the columns {sorted(missing)}.")
        rows = []
        for row in reader:
            if None in row or None in row.values():
                raise ValueError(
                    f"Got {os.fspath(file)!r}, whose line {reader.line_num} has more or fewer "
                    "cells than the first line."
                )
            rows.append(row)
    return rows


def load_poets(path: str | os.PathLike[str]) -> Any:
    """Read poems by author from a CSV file.

    Parameters
    ----------
    path : str or path
        CSV file in UTF-8 with the columns ``author``, ``work``, ``title`` and ``text``, or
        the folder that contains it as ``ja_poets.csv``.

    Returns
    -------
    sklearn.utils.Bunch
        ``data`` (list of str), ``target`` (int64 ndarray), ``target_names`` (authors),
        ``title``, ``work`` and ``groups`` (ndarrays of str; author and collection, for
        splits that keep a collection together), ``DESCR``.

    Raises
    ------
    ValueError
        A column is missing, a row is not as long as the header, or there are no poems.
    """
    file = Path(path)
    if file.is_dir():
        file = file / "ja_poets.csv"
    try:
        rows = _poems(file)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"Got {os.fspath(file)!r}, which is not CSV in UTF-8: {error}.") from error
    if not rows:
        raise ValueError(f"Got {os.fspath(file)!r}, which contains no poems.")
    authors = [row["author"] for row in rows]
    target_names, target = np.unique(authors, return_inverse=True)
    return Bunch(
        data=[row["text"] for row in rows],
        target=target.astype(np.int64),
        target_names=target_names.tolist(),
        title=np.array([row["title"] for row in rows]),
        work=np.array([row["work"] for row in rows]),
        groups=np.array([f"{row['author']}: {row['work']}" for row in rows]),
        DESCR="Poems and song texts by author, a row for each poem; public domain (Aozora Bunko).",
    )
