"""Highlight the tokens of a text in HTML, on a background of two colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..utils.language import translate
from ..utils.printable import escaped

# on a half transparent background, black text and white text can be read
FOR, AGAINST = (230, 97, 1), (33, 102, 172)
OPACITY = 0.5


def highlighted(
    text: str,
    tokens: Sequence[str],
    spans: Sequence[tuple[int, int]] | None,
    values: NDArray[np.float64],
    scale: float,
) -> str:
    """Return a text, or its tokens side by side, each on the colour of its value.

    Parameters
    ----------
    text : str
        The text.
    tokens : sequence of str
        Its words.
    spans : sequence of (int, int) or None
        Where the words stand; None shows the words alone.
    values : ndarray of shape (n_tokens,)
        Their values.
    scale : float
        The value that has the full colour.
    """
    if spans is None:
        marks = zip(tokens, tokens, values.tolist(), strict=True)
        return " ".join(_mark(shown, token, value, scale) for shown, token, value in marks)
    out, end = [], 0
    for start, stop, token, value in _merged(tokens, spans, values):
        out.append(escaped(text[end:start]))
        out.append(_mark(text[start:stop], token, value, scale))
        end = stop
    return "".join([*out, escaped(text[end:])])


def legend(scale: float) -> str:
    """Return the colours' meaning, with the value that the full colours stand for."""
    lowest, highest = (_style(sign * scale, scale) for sign in (-1, 1))
    return translate(
        "{lowest} against {highest} for",
        lowest=f'<span style="{lowest}">{-scale:+.3g}</span>',
        highest=f'<span style="{highest}">{scale:+.3g}</span>',
    )


def _merged(
    tokens: Sequence[str], spans: Sequence[tuple[int, int]], values: NDArray[np.float64]
) -> Iterator[tuple[int, int, str, float]]:
    """Merge spans that share characters (m, 2 of ㎡), with their tokens and values."""
    names: list[str] = []
    start, stop, total = 0, 0, 0.0
    for token, (begin, end), value in zip(tokens, spans, values.tolist(), strict=True):
        if names and begin < stop:
            stop, total = max(stop, end), total + value
            names.append(token)
            continue
        if names:
            yield start, stop, " ".join(names), total
        start, stop, names, total = begin, end, [token], value
    if names:
        yield start, stop, " ".join(names), total


def _mark(shown: str, token: str, value: float, scale: float) -> str:
    shown = shown.replace("\n", "↵\n")  # a line feed has nothing that could have a colour
    name = "↵" if token == "\n" else token
    title = escaped(f"{name} {value:+.4f}")
    return f'<span title="{title}" style="{_style(value, scale)}">{escaped(shown)}</span>'


def _style(value: float, scale: float) -> str:
    share = min(abs(value) / scale, 1.0) if scale > 0 else 0.0
    color = ",".join(map(str, FOR if value > 0 else AGAINST))
    return f"background-color:rgba({color},{OPACITY * share:.3f});border-radius:2px"
