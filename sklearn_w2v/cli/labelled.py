"""Texts of a table and their labels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .tables import Row, Table, text_of

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*)?")


@dataclass
class LabelledTexts:
    """Texts and their labels.

    Parameters
    ----------
    texts, labels : list of str
        One for each document.
    groups : list of str or None
        Group of each document, such as an album.
    left_out : int
        Number of rows without a text or a label.
    """

    texts: list[str]
    labels: list[str]
    groups: list[str] | None
    left_out: int = 0


def read_labelled(
    table: Table,
    text: str | None,
    label: str,
    group: str | None,
    drop_empty: bool,
    strip: bool = True,
) -> LabelledTexts:
    """Read all labelled texts.

    Parameters
    ----------
    table : Table
        Source of the rows.
    text, label, group : str or None
        Names of the columns.
    drop_empty : bool
        Whether rows without a text or a label are left out.
    strip : bool, default=True
        Whether labels lose the blanks around them; `labels_of_model` asks for them as they are.

    Raises
    ------
    ValueError
        A column is missing, or rows have no text, label or group.
    """
    text = table.column(text, "--text")
    label = table.column(label, "--label")
    needed = {text: "--text", label: "--label"}
    if group is not None:
        needed[table.column(group, "--group")] = "--group"
    if len(needed) < 2:
        raise ValueError(f"Got {text!r} as --text and as --label; they must be two columns.")
    bad: dict[str, list[str]] = {}
    out = LabelledTexts([], [], None if group is None else [])
    for row in table.rows():
        place, cells = row
        missing = next((name for name in needed if _is_empty(cells.get(name))), None)
        if missing is not None:
            bad.setdefault(missing, []).append(place)
            out.left_out += 1
            continue
        out.texts.append(text_of(row, text, table.name))
        out.labels.append(_name(row, label, table.name, strip))
        if out.groups is not None:
            out.groups.append(_name(row, str(group), table.name))
    if bad and not drop_empty:
        _refuse(table.name, bad)
    if not out.texts:
        raise ValueError(f"{table.name} has no rows with a text and a label.")
    return out


def _is_empty(value: Any) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _name(row: Row, column: str, name: str, strip: bool = True) -> str:
    """A label or a group as a string."""
    place, cells = row
    value = cells[column]
    if isinstance(value, dict | list):
        raise ValueError(
            f"{name}, {place}: Got {value!r:.40} in column {column!r} but expected one label."
        )
    return str(value).strip() if strip else str(value)


def labels_of_model(labels: list[str], classes: NDArray[Any]) -> list[str]:
    """Return labels as a model's own are written, where they mean one of them.

    Blanks around them do not count where the model has no label with such ones, nor how a number
    is written, nor the case of True and False.

    Parameters
    ----------
    labels : list of str
        As they were read.
    classes : ndarray of shape (n_classes,)
        The model's labels.

    Returns
    -------
    list of str
        Those that it does not know are without the blanks.

    Raises
    ------
    ValueError
        It knows none of them.
    """
    names = list(map(str, classes))
    kind = np.asarray(classes).dtype.kind
    own = {name.strip(): name for name in names} | {name: name for name in names}
    others = {_key(name, kind): name for name in names}

    def found(label: str) -> str | None:
        for key in (label, label.strip()):
            if key in own:
                return own[key]
        return others.get(_key(label, kind))

    out = {label: found(label) for label in set(labels)}
    if not any(name is not None for name in out.values()):
        raise ValueError(
            f"The model knows none of the labels, such as {labels[0]!r}; its own are "
            f"{few_of(names)}."
        )
    return [label.strip() if (name := out[label]) is None else name for label in labels]


def _key(label: str, kind: str) -> Any:
    """Return what is equal for labels of one kind that are written in several ways."""
    if kind in "iuf":  # 01 is no number, but a name of digits
        return float(label) if _NUMBER.fullmatch(label.strip()) else label
    return label.strip().casefold() if kind == "b" else label


def few_of(names: list[str]) -> str:
    """Return the first labels of a list, for a message."""
    return ", ".join(map(repr, names[:5])) + (" ..." if len(names) > 5 else "")


def _refuse(name: str, bad: dict[str, list[str]]) -> None:
    said = [
        f"column {column!r} is empty in {places[0]}"
        + (f" and {len(places) - 1} more" if len(places) > 1 else "")
        for column, places in bad.items()
    ]
    raise ValueError(f"{name}: {'; '.join(said)}. --drop-empty leaves such rows out.")
