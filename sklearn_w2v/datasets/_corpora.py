"""Readers of known corpora from the user's own copies."""

from __future__ import annotations

import csv
import io
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import Bunch

_ARTICLE = re.compile(r"(?:^|/)([a-z0-9-]+)/\1-\d+\.txt$")


def load_livedoor(path: str | os.PathLike[str]) -> Any:
    """Read the livedoor news corpus.

    Parameters
    ----------
    path : str or path
        ``ldcc-20140209.tar.gz``, or the folder that it was unpacked to.

    Returns
    -------
    sklearn.utils.Bunch
        ``data`` (list of str, the articles' bodies), ``target`` (int64 ndarray),
        ``target_names`` (categories), ``title``, ``url``, ``date`` and ``name``
        (ndarrays of str), ``DESCR``; in the order of categories and file names.

    Raises
    ------
    ValueError
        There are no articles in it, or the archive is damaged.

    Notes
    -----
    CC BY-ND 2.1 JP, Rondhuit Co., Ltd. / NHN Japan: 7,367 articles of nine outlets. The
    bodies name their outlets (in 99 % of smax), which makes the task easier than it looks.
    """
    rows = []
    for name, text in sorted(_articles(Path(path))):
        url, date, title, *body = [*text.split("\n", 3), "", "", ""][:4]
        match = _ARTICLE.search(name)
        assert match is not None
        rows.append((match[1], match[0].rsplit("/", 1)[-1], url, date, title, body[0].strip()))
    if not rows:
        raise ValueError(
            f"Got {os.fspath(path)!r}, which holds no livedoor articles "
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


def _articles(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_dir():
        for file in path.rglob("*.txt"):
            if _ARTICLE.search(file.as_posix()):
                yield file.as_posix(), file.read_text(encoding="utf-8-sig")
        return
    if not path.is_file():
        raise FileNotFoundError(f"{os.fspath(path)!r} is neither a file nor a folder.")
    try:
        with tarfile.open(path) as archive:  # read in a stream, nothing is unpacked
            for member in archive:
                if member.isfile() and _ARTICLE.search(member.name):
                    content = archive.extractfile(member)
                    assert content is not None
                    # line ends as read_text has them
                    yield member.name, io.TextIOWrapper(content, encoding="utf-8-sig").read()
    except (tarfile.ReadError, EOFError, zlib.error) as error:  # the last two: cut off, damaged
        raise ValueError(
            f"Got {os.fspath(path)!r}, which is no whole tar archive: {error}."
        ) from error


def load_poets(path: str | os.PathLike[str]) -> Any:
    """Read poems by author from a CSV file.

    Parameters
    ----------
    path : str or path
        CSV file in UTF-8 with the columns ``author``, ``work``, ``title`` and ``text``, or
        the folder that holds it as ``ja_poets.csv``.

    Returns
    -------
    sklearn.utils.Bunch
        ``data`` (list of str), ``target`` (int64 ndarray), ``target_names`` (authors),
        ``title``, ``work`` and ``groups`` (ndarrays of str; author and collection, for
        splits that keep a collection together), ``DESCR``.

    Raises
    ------
    ValueError
        A column is missing, a row is not as long as the first, or there are no poems.
    """
    file = Path(path)
    if file.is_dir():
        file = file / "ja_poets.csv"
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
    if not rows:
        raise ValueError(f"Got {os.fspath(file)!r}, which holds no poems.")
    authors = [row["author"] for row in rows]
    target_names, target = np.unique(authors, return_inverse=True)
    return Bunch(
        data=[row["text"] for row in rows],
        target=target.astype(np.int64),
        target_names=target_names.tolist(),
        title=np.array([row["title"] for row in rows]),
        work=np.array([row["work"] for row in rows]),
        groups=np.array([f"{row['author']}: {row['work']}" for row in rows]),
        DESCR="Poems and song texts by author, one row a poem; public domain (Aozora Bunko).",
    )
