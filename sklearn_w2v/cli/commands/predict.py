"""``sklearn-w2v predict``: labels and probabilities, chunk by chunk."""

from __future__ import annotations

import codecs
import csv
import json
import math
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import tee
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import options
from ..console import CommandOutput


def predict(
    model: Annotated[Path, typer.Argument(help="Model file, as written by fit.")],
    data: Annotated[str, typer.Argument(help=f"Texts. {options.DATA_HELP}")] = "-",
    text: options.Text = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(help="Column of the data to copy to the output; may be repeated."),
    ] = None,
    labels_only: Annotated[
        bool, typer.Option("--labels-only", help="Write only the label of each text.")
    ] = False,
    chunk: Annotated[
        int, typer.Option(min=1, help="Number of texts that are predicted together.")
    ] = 500,
    vectors: options.Vectors = None,
    trust: options.Trust = None,
    format: options.Format = None,  # noqa: A002
    encoding: options.Encoding = "auto",
    out_encoding: Annotated[
        str, typer.Option(help="Encoding of the output; utf-8-sig is what Excel reads rightly.")
    ] = "utf-8",
    delimiter: options.Delimiter = None,
    no_quotes: options.NoQuotes = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Label texts with a model; the data may be larger than the memory.

    The output is CSV with the label, its probability and that of each label; with --json, one
    object per line.
    """
    from ..models import load_model
    from ..tables import ReadOptions, Table, check_encoding

    check_encoding(out_encoding, "--out-encoding")
    if json and labels_only:
        raise ValueError("Got --json and --labels-only, but they exclude each other.")
    output = CommandOutput(quiet)
    read_options = ReadOptions(format, encoding, delimiter, not no_quotes)
    # a progress bar would get between rows in a terminal
    bars = CommandOutput(quiet or sys.stdout.isatty()).progress_bars()
    with output.catch_warnings(), bars, Table(data, read_options, text is not None) as table:
        output.notes(table.notes)
        column = table.column(text, "--text")
        kept = [table.column(name, "--keep") for name in keep or ()]
        estimator = load_model(model, vectors, trust)
        if not labels_only:
            _check_kept(kept, estimator)
        with _written_in(out_encoding):
            write = _writer(estimator, kept, "json" if json else "labels" if labels_only else "csv")
            for cells, label, probabilities in _predictions(estimator, table, column, chunk):
                write([cells.get(name) for name in kept], label, probabilities)
            sys.stdout.flush()


@contextmanager
def _written_in(encoding: str) -> Iterator[None]:
    """Write the output in another encoding than UTF-8; a character that it lacks is an error."""
    change: Any = getattr(sys.stdout, "reconfigure", None)
    if change is None or codecs.lookup(encoding).name == "utf-8":
        yield
        return
    # Unicode lacks halves of surrogate pairs alone, which are question marks as in UTF-8
    name = codecs.lookup(encoding).name
    change(encoding=encoding, errors="replace" if name.startswith("utf") else "strict")
    if name in ("utf-16", "utf-32") and not sys.stdout.seekable():
        sys.stdout.write("\ufeff")  # Python leaves the mark out where it cannot look back
    try:
        yield
    except UnicodeEncodeError as error:
        lacking = error.object[error.start : error.end]
        raise ValueError(
            f"Got --out-encoding {encoding}, which lacks {lacking!r}; utf-8-sig has all "
            "characters, and Excel reads it."
        ) from error


def _predictions(estimator: Any, table: Any, column: str, chunk: int) -> Iterator[tuple[Any, ...]]:
    """Cells, label and probabilities of each row."""
    from ...pipeline import predict_iter
    from ...serving.answers import label_is_most_probable
    from ..tables import text_of

    waiting: deque[dict[str, Any]] = deque()  # the rows of one chunk

    def texts() -> Iterator[str]:
        for row in table.rows():
            text = text_of(row, column, table.name)
            waiting.append(row[1])
            yield text

    if not hasattr(estimator, "predict_proba"):
        for label in predict_iter(estimator, texts(), chunk_size=chunk):
            yield waiting.popleft(), str(label), None
        return
    names = list(map(str, estimator.classes_))
    if label_is_most_probable(estimator):
        rows = predict_iter(estimator, texts(), method="predict_proba", chunk_size=chunk)
        for probabilities in rows:
            yield waiting.popleft(), names[int(probabilities.argmax())], probabilities
        return
    one, other = tee(texts())  # they differ by one chunk at most
    rows = predict_iter(estimator, other, method="predict_proba", chunk_size=chunk)
    for label, probabilities in zip(
        predict_iter(estimator, one, chunk_size=chunk), rows, strict=True
    ):
        yield waiting.popleft(), str(label), probabilities


def _check_kept(kept: list[str], estimator: Any) -> None:
    """Raise for columns that the output would have twice."""
    own = {"predicted", "probability", "probabilities", *(f"p_{one}" for one in estimator.classes_)}
    for place, name in enumerate(kept):
        if name in own or name in kept[:place]:
            raise ValueError(f"Got --keep {name!r}, but the output already has such a column.")


def _writer(estimator: Any, kept: list[str], kind: str) -> Callable[[list[Any], str, Any], None]:
    """Function that writes a prediction; the header of CSV is written at once."""
    names = list(map(str, estimator.classes_)) if hasattr(estimator, "predict_proba") else []
    if kind == "labels":
        for name in map(str, getattr(estimator, "classes_", ())):
            if len(f"{name}.".splitlines()) > 1:
                raise ValueError(
                    f"Got --labels-only, but the label {name!r} holds a line break, so that its "
                    "lines would not be those of the data; leave --labels-only out."
                )
        return lambda cells, label, probabilities: print(label)
    if kind == "json":

        def write_json(cells: list[Any], label: str, probabilities: Any) -> None:
            line: dict[str, Any] = {**dict(zip(kept, cells, strict=True)), "predicted": label}
            for name, cell in line.items():
                if isinstance(cell, float) and not math.isfinite(cell):
                    line[name] = None  # JSON has no such numbers
            if names:
                each = [round(float(p), 6) for p in probabilities]
                line["probability"] = each[names.index(label)]
                line["probabilities"] = dict(zip(names, each, strict=True))
            print(json.dumps(line, ensure_ascii=False, default=str))

        return write_json
    write_row = _row_writer()
    head = ["predicted", "probability", *(f"p_{name}" for name in names)]
    write_row([*kept, *(head if names else head[:1])])

    def write_csv(cells: list[Any], label: str, probabilities: Any) -> None:
        numbers = []
        if names:
            of_label = probabilities[names.index(label)]
            numbers = [f"{p:.6f}" for p in (of_label, *probabilities)]
        write_row([*cells, label, *numbers])

    return write_csv


def _row_writer() -> Callable[[list[Any]], Any]:
    """Return what writes a row of CSV, each cell quoted where one holds a carriage return.

    Before Python 3.13, csv quotes that only where it ends its lines with one.
    """
    plain = csv.writer(sys.stdout, lineterminator="\n")
    quoted = csv.writer(sys.stdout, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def write(cells: list[Any]) -> None:
        (quoted if any("\r" in str(cell) for cell in cells) else plain).writerow(cells)

    return write
