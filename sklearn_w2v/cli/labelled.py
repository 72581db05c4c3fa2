"""Texts of a table and their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .tables import Row, Table, text_of


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
    table: Table, text: str | None, label: str, group: str | None, drop_empty: bool
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
        out.labels.append(_name(row, label, table.name))
        if out.groups is not None:
            out.groups.append(_name(row, str(group), table.name))
    if bad and not drop_empty:
        _refuse(table.name, bad)
    if not out.texts:
        raise ValueError(f"{table.name} has no rows with a text and a label.")
    return out


def _is_empty(value: Any) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _name(row: Row, column: str, name: str) -> str:
    """A label or a group as a string."""
    place, cells = row
    value = cells[column]
    if isinstance(value, dict | list):
        raise ValueError(
            f"{name}, {place}: Got {value!r:.40} in column {column!r} but expected one label."
        )
    return str(value).strip()


def _refuse(name: str, bad: dict[str, list[str]]) -> None:
    said = [
        f"column {column!r} is empty in {places[0]}"
        + (f" and {len(places) - 1} more" if len(places) > 1 else "")
        for column, places in bad.items()
    ]
    raise ValueError(f"{name}: {'; '.join(said)}. --drop-empty leaves such rows out.")
