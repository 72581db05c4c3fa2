"""Tables of documents: CSV, TSV, JSON lines, Parquet and plain lines, read row by row.

pandas would read whole chunks, and its errors name neither the row nor the line of the file.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO, Any

from ..utils.compression import plain_of
from ..utils.encodings import UTF8, encoding_of
from ..utils.progress import report_progress

Row = tuple[str, dict[str, Any]]  # its place in the file, and its cells

_FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_COMPRESSED = (".gz", ".bz2", ".xz")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ROWS = 1_000  # rows of Parquet decoded together; lines of JSON searched for a column
_ROWS_PER_REPORT = 256  # rows between two reports of progress
LINES = "text"  # name of the column of plain lines
AUTO = "auto"  # goes by the bytes
# of a ZIP archive, which workbooks of Excel, Numbers and LibreOffice are, and of older workbooks
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_SEPARATOR = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)  # first line of Excel's own CSV


@dataclass(frozen=True)
class ReadOptions:
    """How to read a table.

    Parameters
    ----------
    format : str or None, default=None
        One of csv, tsv, jsonl, parquet and lines; None goes by the ending.
    encoding : str, default="auto"
        Encoding of every format but Parquet; ``"auto"`` goes by the bytes.
    delimiter : str or None, default=None
        Separator of cells; None is a tab in TSV, and in CSV a comma, or what the first line says.
    quotes : bool, default=True
        Whether quotation marks may enclose a cell.
    """

    format: str | None = None
    encoding: str = AUTO
    delimiter: str | None = None
    quotes: bool = True

    def __post_init__(self) -> None:
        if self.encoding != AUTO:
            check_encoding(self.encoding, "--encoding")

    @property
    def separator(self) -> str:
        """Separator of cells."""
        given = {"tab": "\t", "\\t": "\t", None: "\t" if self.format == "tsv" else ","}.get(
            self.delimiter, self.delimiter
        )
        if given is None or len(given) != 1 or given in '"\r\n':
            raise ValueError(
                f"Got --delimiter {self.delimiter!r} but expected one character, or tab."
            )
        return given

    def for_path(self, path: str, table: bool) -> ReadOptions:
        """Options with the format that the ending of a path says."""
        if self.format is not None:
            return self
        name, ending = os.path.splitext(path)
        if ending in _COMPRESSED:
            ending = os.path.splitext(name)[1]
        found = _FORMATS.get(ending.lower())
        if found is None and table and path != "-":
            raise ValueError(
                f"Got {path!r} but expected an ending of {', '.join(_FORMATS)}; --format "
                "names the format."
            )
        found = found or ("csv" if table else "lines")
        return ReadOptions(found, self.encoding, self.delimiter, self.quotes)


class Table:
    """An open table, read row by row.

    Parameters
    ----------
    path : str
        A file, or ``"-"`` for the standard input.
    read_options : ReadOptions
        How to read it.
    table : bool, default=True
        Whether the data must be a table; if not, plain lines are accepted.

    Attributes
    ----------
    columns : list of str
        Names of the columns; of JSON lines, those of the first line and of the lines that were
        searched for a column.
    notes : list of str
        What was told from the bytes: an encoding, a separator of cells.
    """

    columns: list[str]

    def __init__(
        self, path: str, read_options: ReadOptions | None = None, table: bool = True
    ) -> None:
        self.name = "the standard input" if path == "-" else path
        self._stack = ExitStack()
        self._raw: IO[bytes] = sys.stdin.buffer
        self._ahead: list[Row] = []
        self.notes: list[str] = []
        if path != "-":
            if os.path.isdir(path):
                raise IsADirectoryError(f"{path!r} is a folder, but a file was expected.")
            try:
                self._raw = self._stack.enter_context(open(path, "rb"))  # noqa: SIM115
            except FileNotFoundError:
                raise FileNotFoundError(f"There is no file {path!r}.") from None
        try:
            if self._raw.peek(8).startswith(_WORKBOOKS):  # type: ignore[attr-defined]
                raise ValueError(
                    f"{self.name} is a workbook (Excel, Numbers, LibreOffice) or another archive, "
                    "not text: save the sheet as CSV (in Excel: CSV UTF-8)."
                )
            self.read_options = (read_options or ReadOptions()).for_path(path, table)
            self._size = os.fstat(self._raw.fileno()).st_size if path != "-" else 0
            self._rows = self._guarded(getattr(self, f"_{self.read_options.format}")())
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def column(self, name: str | None, option: str) -> str:
        """Check that a column exists; returns its name.

        Parameters
        ----------
        name : str or None
            Its name; None means ``"text"``, or the only column.
        option : str
            Option of the command line for it, for messages.
        """
        if name is None:
            if len(self.columns) == 1:
                return self.columns[0]
            if LINES in self.columns:
                return LINES
            raise ValueError(
                f"{self.name} has the columns {self._shown()}; name the one with the "
                f"texts by {option}."
            )
        if name not in self.columns and not self._comes_later(name):
            hint = ""
            if len(self.columns) == 1 and set(self.columns[0]) & set(";\t|"):
                hint = " (--delimiter sets the separator of cells)"
            raise ValueError(
                f"Got {option} {name!r}, but {self.name} has the columns {self._shown()}{hint}."
            )
        return name

    def _comes_later(self, name: str) -> bool:
        """Whether one of the next JSON lines has a column that the first one lacks."""
        if self.read_options.format != "jsonl":
            return False
        for row in islice(self._rows, _ROWS - len(self._ahead)):
            self._ahead.append(row)
            self.columns += [other for other in row[1] if other not in self.columns]
            if name in self.columns:
                return True
        return False

    def _shown(self) -> str:
        return ", ".join(map(repr, self.columns))

    def rows(self) -> Iterator[Row]:
        """Iterate over all rows, once."""
        for count, row in enumerate(chain(self._ahead, self._rows)):
            if self._size and not count % _ROWS_PER_REPORT:
                report_progress("reading", self._raw.tell(), self._size)
            yield row

    # --------------------------------------------------------------- formats
    def _guarded(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Rows, with errors that name the file and the place; reads the first row now."""
        safe = self._safe(rows)
        first = next(safe, None)
        return iter(()) if first is None else chain([first], safe)

    def _safe(self, rows: Iterator[Row]) -> Iterator[Row]:
        place = "its start"
        try:
            for row in rows:
                yield row
                place = row[0]
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{self.name} is not {error.encoding}: byte 0x{error.object[error.start]:02x} "
                f"after {place} ({error.reason}). --encoding names another, such as cp932."
            ) from error
        except UnicodeError as error:  # UTF-16 without BOM, say
            raise ValueError(
                f"{self.name} is not {self.read_options.encoding}: {error}."
            ) from error
        except csv.Error as error:
            raise ValueError(
                f"Cannot read {self.name} after {place}: {error}. A quotation mark may be "
                "missing; --no-quotes takes them as text."
            ) from error
        except OSError as error:
            if error.errno is not None:
                raise
            raise ValueError(f"Cannot unpack {self.name} after {place}: {error}.") from error

    def _text(self, newline: str | None) -> IO[str]:
        encoding = self.read_options.encoding
        plain = plain_of(self._raw)
        if plain is not self._raw:
            self._stack.enter_context(plain)
        if encoding == AUTO:
            encoding = encoding_of(plain)
            if encoding != UTF8:
                self.notes.append(
                    f"{self.name} is read as {encoding}, as its bytes say; --encoding names "
                    "another."
                )
        elif codecs.lookup(encoding).name == "utf-8":
            if self._raw.peek(2)[:2] in _UTF16:  # type: ignore[attr-defined]
                raise ValueError(
                    f"{self.name} is not utf-8 but UTF-16, as its start says: --encoding utf-16."
                )
            encoding = UTF8
        text = io.TextIOWrapper(plain, encoding=encoding, newline=newline)
        self._stack.callback(_detach, text)
        return text

    def _lines(self) -> Iterator[Row]:
        self.columns = [LINES]
        for number, line in enumerate(self._text(None), 1):
            yield f"line {number}", {LINES: line.removesuffix("\n")}

    def _csv(self) -> Iterator[Row]:
        limit = csv.field_size_limit(2**31 - 1)  # the most that every platform takes
        self._stack.callback(csv.field_size_limit, limit)
        quoting: Any = csv.QUOTE_MINIMAL if self.read_options.quotes else csv.QUOTE_NONE
        lines, separator, before = self._separated(self._text(""))
        cells = csv.reader(lines, delimiter=separator, quoting=quoting, strict=True)
        self.columns = _without_empty_end(next(cells, []), 0)
        if not self.columns:
            raise ValueError(
                f"{self.name} is empty, but a line with names of columns was expected."
            )
        twice = sorted({name for name in self.columns if self.columns.count(name) > 1})
        if twice:
            raise ValueError(f"{self.name} has the column {twice[0]!r} more than once.")
        number, line = 0, cells.line_num
        for row in cells:
            place = f"row {number + 1} (line {before + line + 1})"
            line = cells.line_num
            if not row:  # an empty line: in a table of one column, an empty cell
                if len(self.columns) > 1:
                    continue
                row = [""]
            number += 1
            row = _without_empty_end(row, len(self.columns))
            if len(row) != len(self.columns):
                raise ValueError(
                    f"{self.name}, {place}: Got {len(row)} cells but expected "
                    f"{len(self.columns)}, as the first line has."
                )
            yield place, dict(zip(self.columns, row, strict=True))

    _tsv = _csv

    def _separated(self, lines: IO[str]) -> tuple[Iterator[str], str, int]:
        """Return lines of CSV, what separates their cells, and how many lines were before them."""
        given, first, before = self.read_options.separator, lines.readline(), 0
        while first and not first.strip("\r\n"):
            first, before = lines.readline(), before + 1
        if self.read_options.format == "csv":
            told = self.read_options.delimiter is None
            if said := _SEPARATOR.fullmatch(first):
                return iter(lines), said[1] if told else given, before + 1
            if told and given not in first and (found := [one for one in ";\t" if one in first]):
                [given, *_] = found
                self.notes.append(
                    f"Cells of {self.name} are separated by {given!r}, as its first line says; "
                    "--delimiter names another."
                )
        return chain([first] if first else [], lines), given, before

    def _jsonl(self) -> Iterator[Row]:
        self.columns = []
        for number, line in enumerate(self._text(None), 1):
            if not line.strip():
                continue
            try:
                cells = json.loads(line)
            except (ValueError, RecursionError) as error:  # the latter of deep nesting
                raise ValueError(f"{self.name}, line {number}: not JSON: {error}.") from error
            if isinstance(cells, str):
                cells = {LINES: cells}
            if not isinstance(cells, dict):
                raise ValueError(
                    f"{self.name}, line {number}: Got a {type(cells).__name__} but expected an "
                    "object of names and values, or a string."
                )
            self.columns = self.columns or list(cells)
            yield f"line {number}", cells
        self.columns = self.columns or [LINES]

    def _parquet(self) -> Iterator[Row]:
        parquet = _require_pyarrow()
        if self._raw is sys.stdin.buffer:
            raise ValueError("Parquet cannot be read from the standard input; name the file.")
        try:
            file = parquet.ParquetFile(self._raw)
        except Exception as error:  # pyarrow has exceptions of its own
            raise ValueError(f"{self.name} is not a Parquet file: {error}.") from error
        self.columns, number = list(file.schema_arrow.names), 0
        for batch in file.iter_batches(_ROWS):
            for cells in batch.to_pylist():
                number += 1
                yield f"row {number}", cells


def _without_empty_end(cells: list[str], least: int) -> list[str]:
    """Return cells without the empty ones at the end that Excel writes for wider lines."""
    while len(cells) > least and not cells[-1]:
        cells = cells[:-1]
    return cells


def check_encoding(name: str, option: str) -> None:
    """Raise a ValueError for an encoding of texts that there is not."""
    try:
        "".encode(name)  # rot13 and base64 are codecs of something else
    except (LookupError, UnicodeError):
        raise ValueError(
            f"Got {option} {name}, which Python does not know; it knows utf-8, cp932 and euc-jp, "
            "for example."
        ) from None


def _detach(text: io.TextIOWrapper) -> None:
    """Detach a text stream without closing its bytes: stdin must stay open."""
    if not text.closed:
        text.detach()


def _require_pyarrow() -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError(
            'Parquet files need pyarrow: pip install "sklearn-w2v[parquet]"'
        ) from error
    return pyarrow.parquet


def text_of(row: Row, column: str, name: str) -> str:
    """The text of a row; raises if the cell is not a string."""
    place, cells = row
    text = cells.get(column)
    if not isinstance(text, str):
        shown = "nothing" if text is None else f"{text!r:.40} of type {type(text).__name__}"
        raise ValueError(f"{name}, {place}: Got {shown} in column {column!r} but expected a text.")
    return text
