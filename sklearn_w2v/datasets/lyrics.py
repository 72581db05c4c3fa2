"""Original Japanese song lyrics by six invented artists."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import numpy as np
from sklearn.utils import Bunch

_DESCR = """Song lyrics by six invented artists
====================================

180 original Japanese song lyrics, written for this package and released under CC0 1.0
(public domain): six invented artists, 30 songs each on three albums of ten.

All artists sing of the same 30 things (rain, night trains, summer, leaving home, letters,
the kitchen, ...), so that the topic of a song does not reveal its artist. The voice does:
person words, sentence endings, dialect, rhythm, a few favourite images.

:Number of songs: 180 (30 for each artist)
:Number of albums: 18 (a song's neighbours on an album share its mood: use `album` as
    groups to see how well a model does on unseen albums)
:Columns: data (text, with the line breaks of the song), target (artist), album, title
:Artists: 朝霧ナツメ (ballads; polite letters), クロカワ重工 (hard rock; blunt commands),
    月見坂アパート (indie pop; hesitant talk), ハマナス楽団 (folk; northern dialect),
    琥珀ラジオ (city pop; quick and teasing), みずうみ通信 (chamber folk; literary endings)

The artists, albums and songs exist nowhere else. It is a small set for examples, tests and
teaching: a score on it says little about other texts.
"""

_ARTISTS = (
    "asagiri_natsume",
    "kurokawa_juko",
    "tsukimizaka_apartment",
    "hamanasu_gakudan",
    "kohaku_radio",
    "mizuumi_tsushin",
)


def load_lyrics(*, return_X_y: bool = False, as_frame: bool = False) -> Any:
    """Load the song lyrics that ship with the package.

    Parameters
    ----------
    return_X_y : bool, default=False
        Whether to return only the texts and the artists.
    as_frame : bool, default=False
        Whether `data` and the other fields are pandas objects.

    Returns
    -------
    sklearn.utils.Bunch
        ``data`` (list of 180 str, or a Series), ``target`` (int64 ndarray of shape (180,),
        or a Series), ``target_names`` (list of 6 str), ``album`` and ``title`` (ndarrays of
        str), ``frame`` (DataFrame with `as_frame`, else None), ``DESCR``.
    (data, target) : tuple
        With `return_X_y`.

    Raises
    ------
    ImportError
        `as_frame` without pandas.

    Examples
    --------
    >>> from sklearn_w2v.datasets import load_lyrics
    >>> lyrics = load_lyrics()
    >>> len(lyrics.data), lyrics.target_names[0]
    (180, '朝霧ナツメ')
    """
    names, songs = [], []
    for number, artist in enumerate(_ARTISTS):
        path = files(__package__) / "data" / "lyrics" / f"{artist}.txt"
        name, *rest = _read(path.read_text(encoding="utf-8"))
        names.append(name)
        songs += [(text, number, album, title) for album, title, text in rest]
    data: Any = [song[0] for song in songs]
    target: Any = np.array([song[1] for song in songs], np.int64)
    album: Any = np.array([song[2] for song in songs])
    title: Any = np.array([song[3] for song in songs])
    frame = None
    if as_frame:
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("as_frame=True needs pandas: pip install pandas") from error
        frame = pd.DataFrame({"data": data, "target": target, "album": album, "title": title})
        data, target = frame["data"], frame["target"]
        album, title = frame["album"], frame["title"]
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        target_names=names,
        album=album,
        title=title,
        frame=frame,
        DESCR=_DESCR,
    )


def _read(text: str) -> Iterator[Any]:
    """Yield the name of the artist, then (album, title, text) for each song."""
    album = title = ""
    lines: list[str] = []
    for line in [*text.split("\n"), "### "]:
        if line.startswith("#"):
            if lines and title:
                yield album, title, "\n".join(lines).strip()
            lines = []
            mark, _, name = line.partition(" ")
            if mark == "#":
                yield name
            elif mark == "##":
                album, title = name, ""
            else:
                title = name
        else:
            lines.append(line)
