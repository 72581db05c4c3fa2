"""matplotlib with a font that has Japanese characters, after the fonts of the user.

matplotlib-fontja brings a font, but puts it in the place of the user's; so it is found and added
here, and only where no other font has the characters.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...exceptions import FontWarning
from ...utils.printable import clean

_SAMPLE = "あア漢語々ー。"
# where several are there: gothic faces of usual systems first, as they are drawn best when small
_FAMILIES = (
    "Noto Sans CJK JP",
    "Noto Sans JP",
    "Source Han Sans JP",
    "IPAexGothic",
    "IPAGothic",
    "Hiragino Sans",
    "Hiragino Kaku Gothic ProN",
    "BIZ UDGothic",
    "Yu Gothic",
    "Meiryo",
    "MS Gothic",
    "TakaoGothic",
    "VL Gothic",
    "IPAPGothic",
    "IPAexMincho",
)
_FONTJA = ("matplotlib_fontja", "fonts", "ipaexg.ttf")


def require_matplotlib(texts: Iterable[str] = ()) -> Any:
    """Return ``matplotlib.pyplot``, with a Japanese font after those of the user.

    Characters that the user's fonts have are drawn by them, in plots of this package and any
    other (a confusion matrix with Japanese labels, say).

    Parameters
    ----------
    texts : iterable of str, default=()
        What will be drawn.

    Raises
    ------
    ImportError
        matplotlib is not installed; the message holds the pip line.

    Warns
    -----
    FontWarning
        The texts hold Japanese, and no font has its characters.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "Plots need matplotlib, which is not installed: pip install 'sklearn-w2v[plot]'"
        ) from error
    families = plt.rcParams["font.family"]
    if not _covered(_SAMPLE, families):
        family = _japanese_family()
        if family is not None:
            plt.rcParams["font.family"] = [*families, family]
        elif any(map(_is_japanese, "".join(texts))):
            warnings.warn(
                FontWarning(
                    "No font with Japanese characters was found; they will show as boxes.",
                    "pip install matplotlib-fontja brings one, or install a font such as Noto "
                    "Sans CJK JP.",
                ),
                stacklevel=3,
            )
    return plt


def label(word: str) -> str:
    """Return a word as matplotlib can write it: line feeds show, dollars begin no formula."""
    return clean(word.replace("\n", "↵").replace("$", r"\$"))


def missing_glyphs(text: str, families: Iterable[str]) -> set[str]:
    """Return characters of a text for which no font of some families has a glyph."""
    from matplotlib import font_manager

    missing = {character for character in text if not character.isspace()}
    for family in families:
        properties = font_manager.FontProperties(family=[family])
        try:
            path = font_manager.findfont(properties, fallback_to_default=False)
        except ValueError:  # there is no such family
            continue
        missing -= _glyphs(str(path))
        if not missing:
            break
    return missing


def _covered(text: str, families: Iterable[str]) -> bool:
    return not missing_glyphs(text, families)


@functools.cache
def _glyphs(path: str) -> frozenset[str]:
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(map(chr, FT2Font(path).get_charmap()))
    except (OSError, RuntimeError, ValueError):  # a file that is gone, or no font
        return frozenset()


@functools.cache
def _japanese_family() -> str | None:
    """Return the name of an installed font that has Japanese characters."""
    from matplotlib import font_manager

    entries = font_manager.fontManager.ttflist
    there = {entry.name for entry in entries}
    for family in _FAMILIES:
        if family in there and _covered(_SAMPLE, [family]):
            return family
    spec = find_spec(_FONTJA[0])  # not imported: that would replace the user's font
    if spec is not None and spec.origin is not None:
        file = Path(spec.origin).parent.joinpath(*_FONTJA[1:])
        if file.is_file():
            font_manager.fontManager.addfont(str(file))
            return str(font_manager.FontProperties(fname=str(file)).get_name())
    for entry in entries:  # whatever else there is, but fonts that draw all characters as boxes
        if entry.style != "normal" or "LastResort" in entry.name.replace(" ", ""):
            continue
        if set(_SAMPLE) <= _glyphs(str(entry.fname)):
            return str(entry.name)
    return None


def _is_japanese(character: str) -> bool:
    return "\u3000" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff"
